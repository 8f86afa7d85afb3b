#!/usr/bin/env python3
"""Server-Sent Events: cut anywhere, nothing is lost and nothing alerts twice."""

import json
import os
import random
import socket
import sys
import threading
import time
import urllib.parse

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
    script = Stream(60, cut=lambda n: random.randrange(30, min(n + 60, 1200)))
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


class Mastodon(Web):
    """A server whose streams cannot be resumed: who was away must ask the timeline."""

    def __init__(self):
        super().__init__()
        self.posts, self.lines, self.refusals, self.opened = {}, [], [], 0
        self.on("/api/v1/streaming/hashtag", self.stream)
        self.on("/api/v1/timelines/tag/acme", self.timeline)

    def stream(self, request):
        assert request.get("Authorization") == "Bearer let-me-in", request.lines
        self.opened += 1
        request.sock.sendall(HEAD + b"retry: 100\n:)\n\n")
        self.lines.append(request.sock)
        wait_for("the other end", lambda: request.sock.recv(1) == b"")

    def timeline(self, request):
        if self.refusals:
            return self.refusals.pop(0)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        after = int(query.get("min_id", ["0"])[0])
        newer = sorted(n for n in self.posts if n > after)
        page = newer[:20] if after else newer[-20:]
        return Reply(200, json.dumps([self.posts[n] for n in reversed(page)]).encode())

    def write(self, n, days=6, live=True, type="update"):
        self.posts[n] = {"id": str(n), "uri": f"https://m.example/{n}", "account": {"acct": f"a{n}"},
                         "content": f"<p>{complaint(n, days)}</p>", "language": "en",
                         "url": f"https://m.example/@a/{n}", "created_at": _now()}
        if live:
            self.send(type, json.dumps(self.posts[n]))

    def send(self, type, data):
        for line in self.lines:
            line.sendall(f"event: {type}\ndata: {data}\n\n".encode())

    def cut(self):
        while self.lines:
            line = self.lines.pop()
            line.shutdown(socket.SHUT_RDWR)

    def asked(self):
        """Where the timeline was asked from."""
        return [r.path.partition("min_id=")[2] for r in self.requests if "/timelines/" in r.path]


def _now():
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


def mastodon(rig, **more):
    server, token = rig.keep(Mastodon()), os.path.join(rig.folder, "token")
    with open(token, "w", encoding="ascii") as f:
        f.write("let-me-in\n")
    with_ = {"instance": server.base, "streaming": server.base, "tag": "acme"}
    return server, {"fedi": {"connector": "mastodon-stream", "with": with_, "credential": token, **more}}


def a_networks_own_events_are_read_by_its_connector(rig):
    server, sources = mastodon(rig)
    couacd = start(rig, sources)
    wait_for("a connection", lambda: server.lines)
    server.write(101)
    all_of(couacd, 1)
    server.send("filters_changed", "undefined")
    server.send("announcement", json.dumps({"content": complaint(1)}))
    server.send("update", "{broken")
    server.send("update", json.dumps({"id": "102", "content": None}))
    server.write(103)
    all_of(couacd, 2)
    assert couacd.logged("source.skipped source=fedi what=update why=.*JSON")
    assert server.opened == 1
    server.write(103, days=9, type="status.update")  # edited: the same alert, told again
    wait_for("the update", lambda: couacd.alerts() == 3)
    first, _, edited = events(couacd)
    assert edited["data"]["alert"]["revision"] == 2, edited
    server.send("delete", "101")
    server.send("delete", "4711")
    wait_for("the withdrawal", lambda: couacd.alerts() == 4)
    gone = events(couacd)[3]
    assert gone["type"] == "couac.withdrawn.v1" and gone["data"]["because"] == "gone", gone
    assert gone["data"]["alert"]["id"] == first["data"]["alert"]["id"], gone
    assert couacd.stop() == 0


def events(couacd):
    return [json.loads(dict(zip(row[1][::2], row[1][1::2]))["data"])
            for row in couacd.redis.do("XRANGE", "couac:alerts", "-", "+")]


def what_came_while_a_stream_was_cut_is_asked_for(rig):
    server, sources = mastodon(rig)
    server.write(100, live=False)
    couacd = start(rig, sources)
    all_of(couacd, 1)
    server.write(101)
    all_of(couacd, 2)
    server.refusals = [Reply(503, Retry_After="1"), Reply(500), Reply(200, b"<html>")]
    for n in range(102, 150):  # more than two pages
        server.write(n, live=False)
    server.cut()
    wait_for("a new connection", lambda: server.opened == 2)
    server.write(150)  # ahead of what is missing: it must not move the mark
    wait_for("the refusals", lambda: not server.refusals, 60)
    all_of(couacd, 51)
    walk = server.asked()[-4:]
    assert walk[0] == "101" and "121" in walk and "141" in walk, server.asked()
    assert couacd.stop() == 0


def killed_while_catching_up_a_stream_goes_on_from_the_disk(rig):
    server, sources = mastodon(rig)
    server.write(100, live=False)
    couacd = start(rig, sources)
    all_of(couacd, 1)
    for n in range(101, 161):
        server.write(n, live=False)
    slow = threading.Event()
    page = server.timeline

    def second_page_hangs(request):
        if request.path.endswith("min_id=120") and not slow.is_set():
            slow.set()
            time.sleep(20)
        return page(request)
    server.on("/api/v1/timelines/tag/acme", second_page_hangs)
    server.cut()
    wait_for("page two asked for", slow.is_set)
    server.write(161)
    wait_for("the first page, and what the stream brought", lambda: couacd.alerts() == 22)
    couacd.kill()
    couacd.start(wait=False)
    all_of(couacd, 62)
    assert "120" in server.asked()[server.asked().index("120") + 1:], server.asked()
    assert couacd.stop() == 0


def what_is_nobodys_does_not_fill_us_up(rig):
    web = rig.keep(Web())

    def chatter(request):
        request.sock.sendall(HEAD)
        for n in range(70):  # 7 MB: more than waits here for the disk
            request.sock.sendall(b"event: chatter\ndata: " + b"x" * 100_000 + b"\n\n")
        request.sock.sendall(event(1))
        wait_for("the other end", lambda: request.sock.recv(1) == b"")
    couacd = start(rig, {"live": web.on("/s", chatter)})
    all_of(couacd, 1)
    assert len(web.seen("/s")) == 1, "in one connection"
    assert couacd.stop() == 0


TESTS = [a_networks_own_events_are_read_by_its_connector, what_came_while_a_stream_was_cut_is_asked_for,
         killed_while_catching_up_a_stream_goes_on_from_the_disk,
         cut_anywhere_nothing_is_lost_or_told_twice, killed_in_the_middle_it_goes_on_behind_what_is_on_the_disk,
         silence_ends_a_line_and_heartbeats_keep_it, walls_and_strangers_are_told_and_waited_for,
         tokens_are_shown_and_strange_events_passed_over, a_flood_is_taken_at_our_pace,
         what_is_nobodys_does_not_fill_us_up]

if __name__ == "__main__":
    wanted = sys.argv[3:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
