#!/usr/bin/env python3
"""Server-Sent Events: cut anywhere, nothing is lost and nothing alerts twice."""

import json
import os
import random
import sys
import time

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, complaint

PROGRAM, SHARE = sys.argv[1], sys.argv[2]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n"


def event(n, end="\n", type=""):
    data = json.dumps({"id": f"e{n}", "text": complaint(n), "lang": "en"})
    lines = ([f"event: {type}"] if type else []) + [f"id: {n}", f"data: {data}", "", ""]
    return end.join(lines).encode()


class Stream:
    """Events 1..n, from the one after Last-Event-ID on; `cut(bytes_left)` says where it ends."""

    def __init__(self, n, cut=None, hold=False):
        self.n, self.cut, self.hold, self.from_ids = n, cut, hold, []

    def __call__(self, request):
        last = int(request.get("Last-Event-ID") or 0)
        self.from_ids.append(last)
        body = b"retry: 100\n:hello\n\n" + b"".join(
            event(i, random.choice(["\n", "\r\n", "\r"]), random.choice(["", "update"]))
            for i in range(last + 1, self.n + 1))
        if self.cut and last < self.n:
            body = body[:self.cut(len(body))]
        request.sock.sendall(HEAD + body)
        if last >= self.n or self.hold:
            wait_for("the other end", lambda: request.sock.recv(1) == b"")
        return None


def start(rig, sources, **more):
    sources = {k: {"kind": "stream", "network": "private", **(v if isinstance(v, dict) else {"url": v})}
               for k, v in sources.items()}
    return rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False), SHARE, sources, **more)).start()


def all_of(couacd, n):
    wait_for(f"{n} alerts", lambda: couacd.alerts() >= n)
    time.sleep(0.3)
    assert couacd.alerts() == n, couacd.alerts()


def cut_anywhere_nothing_is_lost_or_told_twice(rig):
    web = rig.keep(Web())
    script = Stream(60, cut=lambda n: random.randrange(30, min(n + 60, 2500)))
    couacd = start(rig, {"live": web.on("/s", script)})
    all_of(couacd, 60)
    assert len(script.from_ids) > 5, script.from_ids
    assert script.from_ids == sorted(script.from_ids), script.from_ids
    first = web.seen("/s")[0]
    assert first.get("Accept") == "text/event-stream" and first.get("Last-Event-ID") is None
    assert couacd.stop() == 0


def killed_in_the_middle_it_goes_on_behind_what_is_on_the_disk(rig):
    web = rig.keep(Web())
    script = Stream(200)
    couacd = start(rig, {"live": web.on("/s", script)})
    for n in range(6):
        wait_for("a connection", lambda: len(script.from_ids) > n)
        time.sleep(random.random() * 0.06)
        couacd.kill()
        couacd.start(wait=False)
    all_of(couacd, 200)
    assert script.from_ids == sorted(script.from_ids), script.from_ids


def silence_ends_a_line_and_heartbeats_keep_it(rig):
    web = rig.keep(Web())
    opened = {"dead": 0, "alive": 0}

    def dead(request):
        opened["dead"] += 1
        request.sock.sendall(HEAD + b"retry: 100\n\n" + event(opened["dead"]))
        wait_for("the other end", lambda: request.sock.recv(1) == b"")

    def alive(request):
        opened["alive"] += 1
        request.sock.sendall(HEAD)
        while True:
            request.sock.sendall(b":thump\n\n")
            time.sleep(0.3)
    couacd = start(rig, {"dead": {"url": web.on("/dead", dead), "silence": "1 s"},
                         "alive": {"url": web.on("/alive", alive), "silence": "1 s"}})
    all_of(couacd, 3)
    assert opened["alive"] == 1
    assert couacd.stop() == 0


def walls_and_strangers_are_told_and_waited_for(rig):
    web = rig.keep(Web())
    couacd = start(rig, {"busy": web.on("/busy", Reply(503, b"x" * 9999, Retry_After=30)),
                         "page": web.on("/page", Reply(200, b"<html>", Content_Type="text/html")),
                         "gone": "http://127.0.0.1:1/s",
                         "inside": {"url": web.on("/inside", Stream(3)), "network": "public"},
                         "large": web.on("/large", lambda r: HEAD + b"data: " + b"x" * 3000000),
                         "good": web.on("/good", Stream(5))})
    all_of(couacd, 5)
    for source, why, detail in (("busy", "status", "HTTP 503"), ("page", "refused", "no text/event-stream"),
                                ("gone", "connect", ""), ("inside", "forbidden", "loopback"),
                                ("large", "refused", "1 MiB")):
        wait_for(source, lambda: couacd.logged(f"source.failed source={source} why={why} .*{detail}"))
    time.sleep(2)
    assert len(web.seen("/busy")) == 1 and not web.seen("/inside")
    assert couacd.stop() == 0


def tokens_are_shown_and_strange_events_passed_over(rig):
    web = rig.keep(Web())
    token = os.path.join(rig.folder, "token")
    with open(token, "w", encoding="ascii") as f:
        f.write("let-me-in\n")

    def script(request):
        if request.get("Authorization") != "Bearer let-me-in":
            return Reply(401)
        request.sock.sendall(HEAD + b"event: delete\ndata: 4711\n\nevent: filters_changed\ndata: undefined\n\n"
                             b"data: {broken\n\ndata: {\"id\":\"x\"}\n\n" + event(1))
        wait_for("the other end", lambda: request.sock.recv(1) == b"")
    couacd = start(rig, {"live": {"url": web.on("/s", script), "token_file": token}})
    all_of(couacd, 1)
    assert couacd.logged("source.skipped source=live")
    web.on("/other", Stream(4))
    couacd.write_config({"live": {"kind": "stream", "network": "private", "url": web.base + "/other"}})
    couacd.hup()
    all_of(couacd, 4)
    assert web.seen("/other")[0].get("Last-Event-ID") is None, "the id of another stream"
    assert couacd.stop() == 0


def a_flood_is_taken_at_our_pace(rig):
    web = rig.keep(Web())
    couacd = start(rig, {"flood": web.on("/s", Stream(8000))}, keep="{}")
    wait_for("alerts", lambda: couacd.alerts() >= 8000)
    assert couacd.alerts() == 8000
    assert rig.sanitized() or couacd.rss_kib() < 80 * 1024, couacd.rss_kib()
    assert couacd.stop() == 0


TESTS = [cut_anywhere_nothing_is_lost_or_told_twice, killed_in_the_middle_it_goes_on_behind_what_is_on_the_disk,
         silence_ends_a_line_and_heartbeats_keep_it, walls_and_strangers_are_told_and_waited_for,
         tokens_are_shown_and_strange_events_passed_over, a_flood_is_taken_at_our_pace]

if __name__ == "__main__":
    wanted = sys.argv[3:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
