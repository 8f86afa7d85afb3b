#!/usr/bin/env python3
"""Mentions that others send to couacd: taken once they are on the disk, refused with a reason."""

import concurrent.futures
import hmac
import http.client
import json
import os
import socket
import sys
import time

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, complaint

PROGRAM, SHARE = sys.argv[1], sys.argv[2]
TOKEN = "s3cret-of-the-shop"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(rig, listen=None, redis=True):
    token = os.path.join(rig.folder, "token")
    with open(token, "w", encoding="ascii") as f:
        f.write(TOKEN + "\n")
    port = free_port()
    couacd = rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False) if redis else None, SHARE,
                             {"care": {"kind": "push", "token_file": token, "about": "us"}},
                             push=f"{{listen: '{listen or f'http://127.0.0.1:{port}'}'}}"))
    couacd.port = port
    return couacd.start()


def post(couacd, body, path="/push/care", token=TOKEN, method="POST"):
    connection = http.client.HTTPConnection("127.0.0.1", couacd.port, timeout=20)
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    try:
        connection.request(method, path, body, {"Authorization": f"Bearer {token}"} if token else {})
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before all of it was sent: the answer is there
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text) if text.startswith("{") else text


def mention(n):
    return {"id": f"m{n}", "text": complaint(n), "lang": "en"}


def one_many_or_one_a_line_are_taken(rig):
    couacd = start(rig)
    assert post(couacd, mention(1)) == (200, {"accepted": 1})
    assert post(couacd, [mention(2), mention(3)]) == (200, {"accepted": 2})
    assert post(couacd, "\n".join(json.dumps(mention(n)) for n in (4, 5, 6)) + "\n") == (200, {"accepted": 3})
    assert post(couacd, mention(6)) == (200, {"accepted": 1})
    wait_for("alerts", lambda: couacd.alerts() >= 6)
    time.sleep(0.2)
    assert couacd.alerts() == 6, "the same post alerted twice"
    assert couacd.stop() == 0


def what_was_answered_with_200_survives_a_kill(rig):
    couacd = start(rig)
    for n in range(5):
        assert post(couacd, [mention(f"{n}.{i}") for i in range(7)])[0] == 200
        couacd.kill()
        couacd.start(wait=False)
        wait_for("the listener", lambda: post(couacd, "{}", token=None)[0] == 401
                 if _open(couacd) else False)
    wait_for("all alerts", lambda: couacd.alerts() >= 35)
    assert couacd.alerts() == 35


def _open(couacd):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", couacd.port)) == 0


def refusals_say_why(rig):
    couacd = start(rig, redis=False)
    assert post(couacd, mention(1), token="wrong-of-the-shop")[0] == 401
    assert post(couacd, mention(1), token=None)[0] == 401
    assert post(couacd, mention(1), path="/push/nobody")[0] == 404
    assert post(couacd, mention(1), path="/")[0] == 404
    assert post(couacd, "", method="GET")[0] == 405
    status, why = post(couacd, '{"text": ')
    assert status == 400 and "post 1: at byte" in why["error"], why
    status, why = post(couacd, [mention(1), {"url": "http://x/"}])
    assert status == 400 and why["error"].startswith("post 2: "), why
    assert post(couacd, [mention(n) for n in range(1001)])[0] == 400
    assert post(couacd, b"x" * (1 << 20) + b"x")[0] == 413
    assert post(couacd, "")[0] == 400
    assert post(couacd, b"\xff\x00")[0] == 400
    assert post(couacd, mention(1)) == (200, {"accepted": 1})
    assert couacd.stop() == 0


def many_at_once_and_those_who_leave_early_harm_nobody(rig):
    couacd = start(rig)
    body = json.dumps(mention("early")).encode()
    head = (f"POST /push/care HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    for n in range(60):
        with socket.create_connection(("127.0.0.1", couacd.port)) as s:
            s.sendall((head + body)[:None if n % 2 else n * 3])
    idle = [socket.create_connection(("127.0.0.1", couacd.port)) for _ in range(200)]
    for s in idle:
        s.sendall(b"POST /push/care HT")
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda n: post(couacd, mention(n))[0], range(200)))
    assert answers.count(200) == 200, answers
    wait_for("alerts", lambda: couacd.alerts() >= 201)
    wait_for("idle connections closed", lambda: idle[0].recv(100) == b"" or True)
    for s in idle:
        s.close()
    assert couacd.stop() == 0, open(couacd.log, encoding="utf-8").read()[-3000:]


def a_unix_socket_works_too_and_survives_a_kill(rig):
    path = os.path.join(rig.folder, "push.sock")
    couacd = start(rig, listen="unix://" + path)
    couacd.kill()
    couacd.start(wait=False)

    def send():
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            try:
                s.connect(path)
            except OSError:
                return b""
            body = json.dumps(mention(1)).encode()
            s.sendall(f"POST /push/care HTTP/1.0\r\nAuthorization: bearer {TOKEN}\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            return s.recv(1000)
    answer = wait_for("an answer", send)
    assert b" 200 OK" in answer, answer
    wait_for("the alert", couacd.alerts)
    assert couacd.stop() == 0
    assert not os.path.exists(path)


def _signed(rig, sources):
    for name, word in (("app", "app-secret"), ("verify", "let-meta-in")):
        with open(os.path.join(rig.folder, name), "w", encoding="ascii") as f:
            f.write(word + "\n")
    port = free_port()
    couacd = rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False), SHARE, sources,
                             push=f"{{listen: 'http://127.0.0.1:{port}'}}"))
    couacd.port = port
    return couacd.start()


def _send(couacd, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", couacd.port, timeout=20)
    connection.request("POST" if body is not None else "GET", path, body,
                       {k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def _hmac(data):
    return hmac.new(b"app-secret", data, "sha256").hexdigest()


def metas_signature_and_challenge_are_answered(rig):
    couacd = _signed(rig, {"page": {"kind": "push", "signed": "meta", "connector": "facebook-webhook",
                                    "token_file": rig.folder + "/app", "verify_file": rig.folder + "/verify",
                                    "about": "us", "lang": "en"}})
    ask = "/push/page?hub.mode=subscribe&hub.challenge={}&hub.verify_token={}"
    assert _send(couacd, ask.format("1158201444", "let-meta-in")) == (200, "1158201444")
    assert _send(couacd, ask.format("1158201444", "let-me-in"))[0] == 403
    assert _send(couacd, ask.format("%3Cscript%3E", "let-meta-in"))[0] == 403

    def body(n, message):
        return json.dumps({"object": "page", "entry": [{"id": "1", "time": int(time.time()), "changes": [
            {"field": "feed", "value": {"item": "comment", "verb": "add", "comment_id": f"1_{n}",
                                        "post_id": "1_0", "created_time": int(time.time()), "message": message,
                                        "from": {"id": "7", "name": "L\u00e9a"}}}]}]}).encode()
    one = body(1, complaint(1))
    assert _send(couacd, "/push/page", one)[0] == 401
    assert _send(couacd, "/push/page", one, X_Hub_Signature_256="sha256=" + "0" * 64)[0] == 401
    assert _send(couacd, "/push/page", one + b" ", X_Hub_Signature_256="sha256=" + _hmac(one))[0] == 401
    assert _send(couacd, "/push/page", one, Authorization="Bearer app-secret")[0] == 401
    for _ in range(3):  # sent again, as a replay would be
        assert _send(couacd, "/push/page", one, X_Hub_Signature_256="sha256=" + _hmac(one))[0] == 200
    like = json.dumps({"object": "page", "entry": [{"changes": [{"field": "likes"}]}]}).encode()
    assert _send(couacd, "/push/page", like, X_Hub_Signature_256="sha256=" + _hmac(like))[0] == 200
    wait_for("the alert", couacd.alerts)
    time.sleep(0.3)
    assert couacd.alerts() == 1, couacd.alerts()
    assert couacd.stop() == 0


def linkedins_signature_and_challenge_are_answered(rig):
    couacd = _signed(rig, {"li": {"kind": "push", "signed": "linkedin", "token_file": rig.folder + "/app",
                                  "about": "us"}})
    status, text = _send(couacd, "/push/li?challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0")
    assert status == 200 and json.loads(text) == {
        "challengeCode": "890e4665-4dfe-4ab1-b689-ed553bceeed0",
        "challengeResponse": _hmac(b"890e4665-4dfe-4ab1-b689-ed553bceeed0")}
    assert _send(couacd, "/push/li?challengeCode=%22x")[0] == 400
    body = json.dumps(mention(1)).encode()
    assert _send(couacd, "/push/li", body, X_LI_Signature=_hmac(body))[0] == 401
    assert _send(couacd, "/push/li", body, X_LI_Signature=_hmac(b"hmacsha256=" + body))[0] == 200
    wait_for("the alert", couacd.alerts)
    assert couacd.stop() == 0


TESTS = [metas_signature_and_challenge_are_answered, linkedins_signature_and_challenge_are_answered,
         one_many_or_one_a_line_are_taken, what_was_answered_with_200_survives_a_kill, refusals_say_why,
         many_at_once_and_those_who_leave_early_harm_nobody, a_unix_socket_works_too_and_survives_a_kill]

if __name__ == "__main__":
    wanted = sys.argv[3:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
