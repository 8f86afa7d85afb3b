#!/usr/bin/env python3
"""Access tokens that expire (RFC 6749): fetched, renewed in time, rotated, never lost, never told.

A network asks for a token that its token endpoint hands out; the endpoint is scripted to
refuse, to be slow, to answer nonsense, and to replace the refresh token at each use.
"""

import base64
import glob
import json
import os
import sys
import threading
import time
import urllib.parse

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, complaint

PROGRAM, SHARE = sys.argv[1], sys.argv[2]
ID, SECRET = "app & co", "s3cret-of-the-app"

CONNECTOR = """connector: 1
about: a network of our own
credential: required
with: {base: its address}
oauth: {token: "{base}/token", grant: %s, client: %s, scope: read all}
request:
  url: "{base}/posts"
  headers: {Authorization: "Bearer {credential}"}
cursor: {since: {id: /id}}
items: /posts/*
fields: {id: /id, text: /text}
"""


class Network(Web):
    """Valid are the tokens in `good`; each refresh token is good for one use."""

    def __init__(self, life=3600, rotates=False):
        super().__init__()
        self.life, self.rotates, self.script = life, rotates, []
        self.made, self.good, self.refresh, self.posts, self.forms = 0, set(), "first", 1, []
        self.shown = []  # (time, access token)
        self.on("/token", self.token)
        self.on("/posts", self.answer)

    def token(self, request):
        form = dict(urllib.parse.parse_qsl(request.body.decode(), strict_parsing=True))
        assert request.method == "POST" and request.get("content-type") == "application/x-www-form-urlencoded"
        self.forms.append((time.monotonic(), form, request.get("authorization")))
        if self.script:
            reply = self.script.pop(0)
            return reply(request) if callable(reply) else reply
        return self.grant(form)

    def grant(self, form):
        answer = {"access_token": f"access-{self.made}", "token_type": "Bearer", "expires_in": self.life}
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != self.refresh:
            return refusal("invalid_grant", description="refresh token was used before")
        if form["grant_type"] == "refresh_token" and self.rotates:
            self.refresh = answer["refresh_token"] = f"refresh-{self.made}"
        self.made += 1
        self.good.add(answer["access_token"])
        return Reply(200, json.dumps(answer).encode(), Content_Type="application/json", Cache_Control="no-store")

    def answer(self, request):
        token = (request.get("authorization") or "").partition("Bearer ")[2]
        self.shown.append((time.monotonic(), token))
        if token not in self.good:
            return Reply(401, b'{"error": "expired"}')
        posts = [{"id": n, "text": complaint(n)} for n in range(1, self.posts + 1)]
        return Reply(200, json.dumps({"posts": posts}).encode())


def refusal(error, status=400, description=""):
    return Reply(status, json.dumps({"error": error, "error_description": description}).encode())


def credential(rig, **lines):
    path = os.path.join(rig.folder, "credential")
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write("".join(f"{k}: {v}\n" for k, v in {"client_id": ID, "client_secret": SECRET, **lines}.items()))
    os.rename(path + ".new", path)
    return path


def start(rig, network, grant="[client_credentials, refresh_token]", client="basic", sources=1, start=True, **lines):
    folder = os.path.join(rig.folder, "couacd")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "net.yaml"), "w", encoding="utf-8") as f:
        f.write(CONNECTOR % (grant, client))
    source = {"kind": "api", "network": "private", "every": "1 s", "connector": "./net.yaml",
              "with": {"base": network.base}, "credential": credential(rig, **lines)}
    couacd = rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False), SHARE,
                             {f"net{i}": source for i in range(sources)}))
    return couacd.start() if start else couacd


def nothing_told(couacd, *secrets):
    """No secret in the log, nor in the state but for the file that is made for it."""
    for path in [couacd.log, *glob.glob(couacd.state + "/couac.db*")]:
        with open(path, "rb") as f:
            content = f.read()
        for secret in (SECRET, *secrets):
            assert secret.encode() not in content, f"{secret} is in {path}"


def heard(couacd, network, n):
    network.posts = n
    wait_for(f"{n} alerts", lambda: couacd.alerts() >= n, 60)


def one_token_serves_all_sources_of_a_credential(rig):
    network = rig.keep(Network())
    couacd = start(rig, network, sources=3)
    heard(couacd, network, 2)
    assert len(network.forms) == 1, network.forms
    _, form, proof = network.forms[0]
    assert form == {"grant_type": "client_credentials", "scope": "read all"}, form
    pair = base64.b64decode(proof.partition("Basic ")[2]).decode()
    assert pair == "app%20%26%20co:" + SECRET, pair
    assert network.shown[0][1] == "access-0", "asked before there was a token"
    nothing_told(couacd, "access-0")
    assert couacd.stop() == 0


def the_client_may_stand_in_the_form_and_need_no_secret(rig):
    network = rig.keep(Network())
    couacd = start(rig, network, client="body", refresh_token="first", client_secret="")
    heard(couacd, network, 1)
    _, form, proof = network.forms[0]
    assert form == {"grant_type": "refresh_token", "refresh_token": "first", "client_id": ID}, form
    assert proof is None
    assert couacd.stop() == 0


def a_token_is_renewed_before_it_expires(rig):
    network = rig.keep(Network(life=8))
    couacd = start(rig, network)
    wait_for("three tokens", lambda: network.made >= 3, 60)
    gaps = [b[0] - a[0] for a, b in zip(network.forms, network.forms[1:])]
    assert all(gap >= 5 for gap in gaps), gaps
    assert "access-1" in [token for _, token in network.shown]
    polls = couacd.logged("event=poll.failed")
    assert not polls, polls
    assert couacd.stop() == 0


def after_a_401_one_other_token_is_tried(rig):
    network = rig.keep(Network())
    couacd = start(rig, network)
    heard(couacd, network, 1)
    network.good.clear()  # revoked, long before its time
    heard(couacd, network, 2)
    assert network.made == 2
    assert not couacd.logged("event=poll.failed"), "a renewed token is no failure"
    network.grant = lambda form: Reply(200, b'{"access_token": "never-good", "token_type": "Bearer"}')
    network.good.clear()
    wait_for("the failure", lambda: couacd.logged("event=poll.failed .*why=refused"))
    polls, asked = len(network.shown), len(network.forms)
    wait_for("another poll", lambda: len(network.shown) > polls, 60)
    assert len(network.forms) == asked == 2, "a token that is not good is replaced once in ten minutes"
    assert couacd.stop() == 0


def a_rotated_token_survives_restarts_and_kills(rig):
    network = rig.keep(Network(life=3, rotates=True))
    couacd = start(rig, network, refresh_token="first")
    heard(couacd, network, 1)
    for n in range(2, 6):
        made = network.made
        if n % 2:
            couacd.kill()
        else:
            assert couacd.stop() == 0
        couacd.start()
        heard(couacd, network, n)
        wait_for("another token", lambda: network.made > made)
    assert network.made >= 5 and not couacd.logged("invalid_grant")
    files = glob.glob(couacd.state + "/token-*")
    assert len(files) == 1 and os.stat(files[0]).st_mode & 0o777 == 0o600, files
    nothing_told(couacd, "refresh-1", "access-1")
    assert couacd.stop() == 0


def who_stops_couacd_waits_for_a_token_under_way(rig):
    network = rig.keep(Network(rotates=True))

    def slow(request):
        time.sleep(1)
        return network.grant(dict(urllib.parse.parse_qsl(request.body.decode())))
    network.script = [slow]
    couacd = start(rig, network, refresh_token="first")
    wait_for("the question", lambda: network.forms)
    assert couacd.stop() == 0
    assert network.refresh == "refresh-0"
    couacd.start()
    heard(couacd, network, 1)
    assert network.forms[-1][1]["refresh_token"] == "refresh-0", network.forms
    assert couacd.stop() == 0


def a_new_credential_is_obeyed_and_ends_a_refusal(rig):
    network = rig.keep(Network(rotates=True))
    couacd = start(rig, network, refresh_token="stolen")
    wait_for("the refusal", lambda: couacd.logged(
        'event=token.failed .*invalid_grant, refresh token was used before.*hint="[^"]*authorise couacd anew'))
    wait_for("the failure", lambda: couacd.logged("event=poll.failed .*why=unasked .*invalid_grant"))
    time.sleep(3)
    assert len(network.forms) <= 3, "a refusal is asked about again and again"
    assert not network.shown, "asked without a token"
    credential(rig, refresh_token="first")
    heard(couacd, network, 1)
    wait_for("the word", lambda: couacd.logged("event=poll.recovered"))
    network.refresh = "second"
    credential(rig, refresh_token="second")  # not what grew from the first
    wait_for("the new one", lambda: network.forms[-1][1]["refresh_token"] == "second")
    assert couacd.stop() == 0


def a_reload_tries_another_credential_at_once(rig):
    network = rig.keep(Network())
    couacd = start(rig, network, start=False)
    path = os.path.join(rig.folder, "credential")
    with open(path, "w", encoding="ascii") as f:
        f.write("an-old-token\n")
    couacd.write_config({"net": {"kind": "api", "network": "private", "every": "1 h", "connector": "./net.yaml",
                                 "with": {"base": network.base}, "credential": path}})
    couacd.start()
    wait_for("the refusal", lambda: couacd.logged("event=poll.failed .*why=refused"))
    assert network.shown[-1][1] == "an-old-token" and not network.forms, network.shown
    credential(rig)
    couacd.hup()
    wait_for("the alert", couacd.alerts)
    assert len(network.forms) == 1
    assert couacd.stop() == 0


def slowness_and_nonsense_are_waited_out(rig):
    network = rig.keep(Network())
    elsewhere = rig.keep(Web())
    elsewhere.on("/token", Reply(200, b'{"access_token": "stolen", "token_type": "Bearer"}'))
    network.script = [Reply(200, b"<html>log in</html>"), Reply(503, Retry_After="1"),
                      Reply(200, b'{"access_token": "a\\r\\nX: 1", "token_type": "Bearer"}'),
                      Reply(200, b'{"access_token": "a", "token_type": "mac"}'),
                      Reply(307, Location=elsewhere.base + "/token"), None]
    network.script[-1] = lambda request: time.sleep(3)
    couacd = start(rig, network, start=False)
    couacd.poll = {"headers_timeout": "1 s", "backoff_max": "3 s"}
    couacd.write_config({"net0": {"kind": "api", "network": "private", "every": "1 s", "connector": "./net.yaml",
                                  "with": {"base": network.base}, "credential": rig.folder + "/credential"}})
    couacd.start()
    wait_for("all of it", lambda: not network.script, 200)
    assert not elsewhere.requests, "the secret went to another host"
    heard(couacd, network, 1)
    assert couacd.logged("token.recovered")
    nothing_told(couacd)
    assert couacd.stop() == 0


def without_room_for_the_next_token_none_is_asked_for(rig):
    network = rig.keep(Network(rotates=True))
    couacd = start(rig, network, start=False, refresh_token="first")
    couacd.start()
    heard(couacd, network, 1)
    name = os.path.basename(glob.glob(couacd.state + "/token-*")[0])
    assert couacd.stop() == 0
    os.mkdir(os.path.join(couacd.state, name + ".new"))  # nothing can be written there
    asked = len(network.forms)
    couacd.start()
    wait_for("a word", lambda: couacd.logged("token.failed .*no room for the next refresh token"))
    assert len(network.forms) == asked, "a token was spent that could not be replaced"
    os.rmdir(os.path.join(couacd.state, name + ".new"))
    heard(couacd, network, 2)
    assert couacd.stop() == 0


def a_stream_shows_a_fetched_token_too(rig):
    network = rig.keep(Network())

    def live(request):
        if request.get("authorization") != "Bearer access-1":
            return Reply(401)
        event = json.dumps({"id": 1, "text": complaint(1)})
        request.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: " + event.encode() + b"\n\n")
        threading.Event().wait(20)
    network.on("/live", live)
    couacd = start(rig, network, start=False)
    with open(os.path.join(couacd.folder, "live.yaml"), "w", encoding="utf-8") as f:
        text = CONNECTOR.replace("request:", "stream:").replace("/posts\"", "/live\"")
        f.write(text.replace("cursor: {since: {id: /id}}\n", "").replace("/posts/*", "/*") % ("client_credentials", "basic"))
    couacd.write_config({"live": {"kind": "stream", "network": "private", "connector": "./live.yaml",
                                  "with": {"base": network.base}, "credential": rig.folder + "/credential"}})
    couacd.start()
    wait_for("the alert", couacd.alerts)
    assert network.made == 2, "the first one was refused"
    assert couacd.stop() == 0


TESTS = [one_token_serves_all_sources_of_a_credential, the_client_may_stand_in_the_form_and_need_no_secret,
         a_token_is_renewed_before_it_expires, after_a_401_one_other_token_is_tried,
         a_rotated_token_survives_restarts_and_kills, who_stops_couacd_waits_for_a_token_under_way,
         a_new_credential_is_obeyed_and_ends_a_refusal, a_reload_tries_another_credential_at_once, slowness_and_nonsense_are_waited_out,
         without_room_for_the_next_token_none_is_asked_for, a_stream_shows_a_fetched_token_too]

if __name__ == "__main__":
    wanted = sys.argv[3:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
