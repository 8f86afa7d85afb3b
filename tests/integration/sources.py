#!/usr/bin/env python3
"""couac sources: what couacd knows of each source, by way of Redis, and what a person sees of it."""

import json
import os
import subprocess
import sys
import time

import redis_rig
from push import free_port
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, complaint, rss

PROGRAM, COUAC, SHARE = sys.argv[1:4]
CONNECTOR = """connector: 1
about: a network of our own
with: {base: its address}
request: {url: "{base}/posts"}
items: /posts/*
fields: {id: /id, text: /text}
"""


def tool(redis, *args, status=None):
    done = subprocess.run([COUAC, "sources", *args, "--url", redis.url], capture_output=True, timeout=60, check=False)
    assert status is None or done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr)
    return done.stdout.decode(), done.stderr.decode()


def rows(redis, *args):
    return {row["source"]: row for row in map(json.loads, tool(redis, "--json", *args)[0].splitlines())}


def row_when(redis, name, condition):
    """The row of a source, once it is as it should be."""
    def look():
        row = rows(redis).get(name)
        return row if row and condition(row) else None
    try:
        return wait_for(f"the row of {name}", look)
    except AssertionError as error:
        raise AssertionError(f"{error}: {rows(redis).get(name)}") from None


def start(rig, sources, redis=None, **more):
    return rig.keep(Couacd(rig, PROGRAM, redis or rig.redis(durable=False), SHARE, sources, **more)).start()


def every_kind_says_what_it_can(rig):
    web, redis = rig.keep(Web()), rig.redis(durable=False)
    token, port = os.path.join(rig.folder, "token"), free_port()
    folder = os.path.join(rig.folder, "couacd")
    os.makedirs(folder)
    with open(token, "w", encoding="ascii") as f:
        f.write("secret")
    with open(os.path.join(folder, "net.yaml"), "w", encoding="utf-8") as f:
        f.write(CONNECTOR)

    def stream(request):
        body = json.dumps({"id": "e1", "text": complaint(7), "lang": "en"})
        request.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                             b"id: 1\ndata: " + body.encode() + b"\n\n")
        wait_for("the other end", lambda: request.sock.recv(1) == b"")
    web.on("/stream", stream)
    web.on("/posts", Reply(200, json.dumps({"posts": [{"id": "1", "text": complaint(1)}]}).encode()))
    start(rig, {
        "feed": web.on("/feed", Reply(200, rss(complaint(2), complaint(3)))) + "?key=hidden",
        "net": {"kind": "api", "connector": "./net.yaml", "with": {"base": web.base}, "network": "private", "every": "1 s"},
        "live": {"kind": "stream", "url": web.base + "/stream", "network": "private"},
        "tickets": {"kind": "redis", "url": redis.url, "list": "tickets"},
        "care": {"kind": "push", "token_file": token, "about": "us"},
        "mail": {"kind": "mailbox", "url": f"imap://127.0.0.1:{free_port()}/INBOX", "user": "u",
                 "token_file": token, "network": "private"},
    }, redis, push=f"{{listen: 'http://127.0.0.1:{port}'}}")
    assert row_when(redis, "care", lambda r: True)["state"] == "new"
    redis.do("RPUSH", "tickets", json.dumps({"id": "t1", "text": complaint(4), "lang": "en"}))
    done = subprocess.run(["curl", "-sf", "-H", "Authorization: Bearer secret", "-d",
                           json.dumps({"id": "p1", "text": complaint(5), "lang": "en"}),
                           f"http://127.0.0.1:{port}/push/care"], capture_output=True, check=False)
    assert done.returncode == 0, done
    for name, kind, posts in (("feed", "feed", 2), ("net", "api", 1), ("live", "stream", 1), ("tickets", "redis", 1),
                              ("care", "push", 1)):
        row = row_when(redis, name, lambda r, n=posts: r["state"] == "ok" and r["posts"] == n)
        assert row["kind"] == kind and row["failures"] == 0 and row["bytes"] > 20 and row["last"], row
        assert "last_new" in row and "since" in row and "why" not in row, row
    row = row_when(redis, "feed", lambda r: r["polls"] >= 2)
    assert "next" in row and row["interval_s"] == 1 and "hidden" not in json.dumps(row), row
    row = row_when(redis, "mail", lambda r: r["failures"] >= 1)
    assert row["kind"] == "mailbox" and row["state"] == "backing-off" and row["reason"] and "next" in row, row
    assert "last" not in row and row["posts"] == 0, row


WALL = Reply(403, b"<title>Just a moment...</title>", cf_mitigated="challenge")


def failures_are_told_in_words(rig):
    web, redis = rig.keep(Web()), rig.redis(durable=False)
    for name, reply in (("lost", Reply(404)), ("gone", Reply(410)), ("wall", WALL), ("busy", Reply(429, Retry_After="3600")),
                        ("page", Reply(200, b"<html><p>Sign in")), ("fine", Reply(200, rss("x")))):
        web.on("/" + name, reply)
    sources = {name: web.base + "/" + name for name in ("lost", "gone", "wall", "busy", "page", "fine")}
    start(rig, {**sources, "closed": "http://127.0.0.1:1/"}, redis)
    for name, state, words in (("lost", "backing-off", "nothing is at this address (HTTP 404)"),
                               ("gone", "gone", "it is gone for good: change or remove it (HTTP 410)"),
                               ("wall", "walled", "the server wants a browser"),
                               ("busy", "waiting", "the server asks for patience (HTTP 429)"),
                               ("page", "backing-off", "what comes is no feed any more"),
                               ("closed", "backing-off", "the server takes no connection"), ("fine", "ok", "")):
        row = row_when(redis, name, lambda r, s=state: r["state"] == s)
        assert row.get("reason", "").startswith(words) and bool(words) == bool(row["failures"]), row
    assert "next" not in rows(redis)["gone"]
    failing = rows(redis, "--failing")
    assert sorted(failing) == ["busy", "closed", "gone", "lost", "page", "wall"], failing
    out, _ = tool(redis, status=1)
    names = [line.split()[0] for line in out.splitlines()[1:-1]]
    assert names[:2] == ["gone", "wall"] and names[-2:] == ["busy", "fine"], out
    assert out.splitlines()[-1].startswith("7 sources, 1 ok, 1 waiting, 3 backing-off, 1 walled, 1 gone; "), out
    out, _ = tool(redis, "fine", status=0)
    assert len(out.splitlines()) == 3 and "1 source, 1 ok;" in out, out
    _, err = tool(redis, "fine", "nosuch", status=2)
    assert "knows no source 'nosuch'" in err, err
    _, err = tool(redis, "--sort", "colour", status=2)
    assert "--sort" in err, err
    out, _ = tool(redis, "--sort=id", "--limit=2", "--color=always", status=1)
    assert out.split("\n")[1].startswith("busy") and "\033[33m" in out and "5 more are not shown" in out, out


def what_304_saves_is_counted_and_a_restart_goes_on(rig):
    web, redis = rig.keep(Web()), rig.redis(durable=False)
    body = rss(complaint(1))
    web.on("/feed", lambda r: Reply(304) if r.get("if-none-match") else Reply(200, body, ETag='"1"'))
    couacd = start(rig, {"shop": web.base + "/feed", "other": web.base + "/nothing"}, redis)
    row = row_when(redis, "shop", lambda r: r["not_modified"] >= 3)
    assert row["bytes"] == len(body) and row["saved_bytes"] == row["not_modified"] * len(body), row
    assert row["polls"] == row["not_modified"] + 1 and row["posts"] == 1, row
    assert couacd.stop() == 0
    redis.do("DEL", "couac:status")  # as after 90 s
    before = rows(redis)["shop"]
    _, err = tool(redis, "shop", status=1)
    assert "no sign of life" in err, err
    couacd.write_config({"shop": web.base + "/feed"})
    couacd.start()
    after = row_when(redis, "shop", lambda r: r["polls"] > before["polls"])
    assert after["not_modified"] > before["not_modified"] and after["since"] == before["since"], (before, after)
    wait_for("the removed one to go", lambda: list(rows(redis)) == ["shop"])
    tool(redis, status=0)
    web.on("/moved", Reply(200, body))
    couacd.write_config({"shop": web.base + "/moved"})  # another address is another source
    couacd.hup()
    row = row_when(redis, "shop", lambda r: r["url"].endswith("/moved") and r["polls"])
    assert row["not_modified"] == row["saved_bytes"] == 0, row


def a_redis_that_refuses_or_forgets_gets_the_list_later(rig):
    web, redis = rig.keep(Web()), rig.redis(durable=False)
    web.on("/feed", Reply(200, rss(complaint(1))))
    redis.do("ACL", "SETUSER", "default", "resetkeys", "%R~*", "~couac:[a-r]*", "~couac:status", "~couac:stream*")
    couacd = start(rig, {"shop": web.base + "/feed", "quiet": web.base + "/feed2"}, redis)
    wait_for("the refusal", lambda: couacd.logged("event=roster.failed why=.*NOPERM"))
    wait_for("an alert all the same", couacd.alerts)
    wait_for("the heartbeat", lambda: redis.do("EXISTS", "couac:status"))
    _, err = tool(redis, status=2)
    assert "roster.failed" in err, err
    redis.do("ACL", "SETUSER", "default", "allkeys")
    row_when(redis, "shop", lambda r: r["state"] == "ok")
    assert 80000 < redis.do("TTL", "couac:sources") <= 86400
    redis.do("DEL", "couac:sources")
    wait_for("all of it again", lambda: sorted(rows(redis)) == ["quiet", "shop"])
    assert redis.do("TTL", "couac:sources") > 80000 and not redis.do("EXISTS", "couac:sources:new")
    assert len(couacd.logged("event=roster.failed")) < 10, "it insists"


def no_couacd_is_said(rig):
    _, err = tool(rig.redis(durable=False), status=2)
    assert "is couacd running" in err, err


def a_hundred_thousand_are_shown_within_bounds(rig):
    redis, n = rig.redis(durable=False), 100000
    client = redis.client()
    redis.do("HSET", "couac:status", "producer", "x")
    for i in range(0, n, 1000):
        words = []
        for k in range(i, i + 1000):
            state = "backing-off" if k % 1000 == 0 else "ok"
            words += [f"s{k}", json.dumps({"kind": "feed", "url": f"https://h{k}.example/feed.xml", "state": state,
                                           "last": "2025-11-22T09:14:05Z", "failures": int(state != "ok"), "polls": 9,
                                           "not_modified": 8, "bytes": 1000, "saved_bytes": 8000, "posts": 2,
                                           "per_day": 0.5, **({"why": "dns", "detail": "\033[31mred"} if state != "ok"
                                                              else {})})]
        client("HSET", "couac:sources", *words)
    with open(os.path.join(rig.folder, "out"), "w+b") as out:
        process = subprocess.Popen([COUAC, "sources", "--url", redis.url], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    assert process.returncode == 1 and len(text.splitlines()) == 103, text[-2000:]
    assert "\033" not in text and text.splitlines()[-1].startswith(
        "100000 sources, 99900 ok, 100 backing-off; 50000 posts a day; 100 MB received, 800 MB saved by 800000 "), text
    assert text.splitlines()[1].startswith("s0 ") and "99900 more are not shown" in text
    assert rig.sanitized() or usage.ru_maxrss < 200 << 10, f"{usage.ru_maxrss} KiB"
    assert len(tool(redis, "--json", status=1)[0].splitlines()) == n
    assert len(tool(redis, "--json", "--failing", "--limit=7", status=1)[0].splitlines()) == 7
    return f"{usage.ru_maxrss >> 10} MiB, {usage.ru_utime:.2f} s"


TESTS = [every_kind_says_what_it_can, failures_are_told_in_words, what_304_saves_is_counted_and_a_restart_goes_on,
         a_redis_that_refuses_or_forgets_gets_the_list_later, a_hundred_thousand_are_shown_within_bounds,
         no_couacd_is_said]

if __name__ == "__main__":
    wanted = sys.argv[4:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
