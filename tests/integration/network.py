#!/usr/bin/env python3
"""couacd and networks that speak JSON: no post lost, none twice, limits obeyed.

A network of posts is scripted, newest first in pages of three; couacd listens to it
through a connector, is killed between two pages, refused, sent elsewhere.
"""

import json
import os
import sys
import time
import urllib.parse

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, complaint

PROGRAM, SHARE = sys.argv[1], sys.argv[2]

API = {"kind": "api", "network": "private", "every": "1 s"}

CONNECTOR = """connector: 1
about: a network of our own
credential: optional
with: {base: its address}
request:
  url: "{base}/posts"
  query: {after: "{page}"}
  headers: {Authorization: "Bearer {credential}"}
cursor: {next: {token: /next}, since: {id: /id}}
limits: {remaining: X-Left, reset: X-Reset, backoff: /backoff}
items: /posts/*
fields: {id: /id, text: /text, author: /by/name, published: /at}
"""


class Network(Web):
    """Posts 1, 2, 3 ...; `?after=N` shows those before N."""

    PAGE = 3

    def __init__(self):
        super().__init__()
        self.posts = []
        self.script = None
        self.on("/posts", self.answer)

    def add(self, *numbers, **fields):
        for n in numbers:
            self.posts.insert(0, {"id": n, "text": complaint(n), "by": {"name": f"a{n}"},
                                  "at": int(time.time()), **fields})

    def answer(self, request):
        if self.script and (reply := self.script(request)):
            return reply
        after = self.after(request)
        older = [p for p in self.posts if after is None or p["id"] < after]
        page = older[:self.PAGE]
        body = {"posts": page}
        if len(older) > self.PAGE:
            body["next"] = str(page[-1]["id"])
        return Reply(200, json.dumps(body).encode(), Content_Type="application/json")

    @staticmethod
    def after(request):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        return int(query["after"][0]) if "after" in query else None


class Paged(Network):
    """The same posts, shown in each of the five ways in which networks page."""

    def __init__(self, way):
        super().__init__()
        self.way = way

    def cursor(self):
        return {"link": "next: {link: next}, since: {id: /id}",
                "token": "next: {token: /next}, since: {id: /id}",
                "id": "order: oldest first, since: {id: /id}, full: 3",
                "epoch": "next: {count: 0, step: 3}, since: {time: /at, overlap: 2 s}",
                "stored": "since: {stored: /after}, end: /end"}[self.way]

    def connector(self):
        query = {"link": "", "token": "after: '{page}'", "id": "min: '{since}'",
                 "epoch": "from: '{since}', offset: '{page}'",
                 "stored": "cursor: '{since}', start: '{start}'"}[self.way]
        text = CONNECTOR.replace('after: "{page}"', query)
        return text.replace("next: {token: /next}, since: {id: /id}", self.cursor())

    def answer(self, request):
        if self.script and (reply := self.script(request)):
            return reply
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.path).query))
        page, body, headers = getattr(self, self.way)({k: int(v) for k, v in query.items()})
        return Reply(200, json.dumps({"posts": page, **body}).encode(), **headers)

    def link(self, query):
        older = [p for p in self.posts if p["id"] < query.get("before", 1 << 30)]
        page = older[:self.PAGE]
        link = f'<{self.base}/posts?before={page[-1]["id"]}>; rel="next"' if len(older) > self.PAGE else ""
        return page, {}, {"Link": f'<{self.base}/posts>; rel="first", {link}'}

    def token(self, query):
        older = [p for p in self.posts if p["id"] < query.get("after", 1 << 30)]
        page = older[:self.PAGE]
        return page, {"next": str(page[-1]["id"])} if len(older) > self.PAGE else {}, {}

    def id(self, query):
        newer = [p for p in self.posts if p["id"] > query.get("min", 0)]
        return newer[-self.PAGE:] if "min" in query else newer[:self.PAGE], {}, {}

    def epoch(self, query):
        newer = [p for p in self.posts if p["at"] >= query["from"]]
        return newer[query["offset"]:][:self.PAGE], {}, {}

    def stored(self, query):
        at = query.get("cursor", 0)
        page = self.posts[::-1][at:at + self.PAGE]
        return page, {"after": str(at + len(page)), "end": at + len(page) == len(self.posts)}, {}


def start(rig, network, connector=CONNECTOR, **keys):
    folder = os.path.join(rig.folder, "couacd")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "net.yaml"), "w", encoding="utf-8") as f:
        f.write(connector)
    source = {**API, "connector": "./net.yaml", "with": {"base": network.base}, **keys}
    return rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False), SHARE, {"net": source})).start()


def settled(couacd, network, want):
    wait_for(f"{want} alerts", lambda: couacd.alerts() >= want)
    polls = len(network.requests)
    wait_for("two more polls", lambda: len(network.requests) >= polls + 2)
    assert couacd.alerts() == want, f"{couacd.alerts()} alerts instead of {want}"


def all_pages_back_to_the_former_poll_are_read(rig):
    network = rig.keep(Network())
    network.add(1)
    couacd = start(rig, network)
    wait_for("the first", couacd.alerts)
    network.add(*range(2, 12))
    settled(couacd, network, 11)
    asked = [network.after(r) for r in network.requests]
    assert 3 in asked and 9 in asked, asked
    assert not [a for a in asked if a is not None and a < 3], f"read on past the mark: {asked}"


def a_kill_between_two_pages_loses_nothing(rig):
    network = rig.keep(Network())
    network.add(1)
    couacd = start(rig, network)
    wait_for("the first", couacd.alerts)
    seen = []

    def hang(request):
        """The second page never comes."""
        if network.after(request) == 9 and len(seen) < 1:
            seen.append(request)
            time.sleep(30)
        return None
    network.script = hang
    network.add(*range(2, 12))
    wait_for("page two asked for", lambda: seen)
    couacd.kill()
    network.add(12, 13)
    before = len(network.requests)
    couacd.start()
    settled(couacd, network, 13)
    assert network.after(network.requests[before]) == 9, "the walk did not go on where it was"


def more_pages_than_one_poll_may_read_are_read_by_the_next(rig):
    network = rig.keep(Network())
    network.add(1)
    couacd = start(rig, network)
    wait_for("the first", couacd.alerts)
    network.add(*range(2, 46))
    settled(couacd, network, 45)


def the_first_poll_does_not_read_the_whole_past(rig):
    network = rig.keep(Network())
    network.add(*range(1, 20))
    couacd = start(rig, network)
    settled(couacd, network, 3)


def a_refused_page_begins_the_walk_anew_without_loss(rig):
    network = rig.keep(Network())
    network.add(1)
    couacd = start(rig, network)
    wait_for("the first", couacd.alerts)
    refused = []

    def expire(request):
        if network.after(request) and not refused:
            refused.append(request)
            return Reply(400, b'{"error": "cursor expired"}')
        return None
    network.script = expire
    network.add(*range(2, 12))
    settled(couacd, network, 11)
    assert refused


def _each_way_of_paging_loses_nothing(rig, way):
    """Four pages to read; the second is refused, cut off, and then hangs until we are killed."""
    network = rig.keep(Paged(way))
    network.add(1)
    couacd = start(rig, network, connector=network.connector())
    wait_for("the first", couacd.alerts)
    troubles = [Reply(503, b"later"), b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"]
    passed, hung = [], []

    def trouble(request):
        passed.append(request.path)
        if len(passed) == 1 or hung:
            return None
        if troubles:
            return troubles.pop(0)
        hung.append(request.path)
        time.sleep(30)
        return None
    network.add(*range(2, 13))
    network.script = trouble
    wait_for("all of the trouble", lambda: hung, 60)
    assert 1 < couacd.alerts() < 12, "the trouble was not between two pages"
    couacd.kill()
    network.add(13, 14)
    couacd.start()
    settled(couacd, network, 14)
    assert couacd.stop() == 0


def a_link_header_loses_nothing(rig):
    _each_way_of_paging_loses_nothing(rig, "link")


def a_token_in_the_body_loses_nothing(rig):
    _each_way_of_paging_loses_nothing(rig, "token")


def a_newest_id_watermark_loses_nothing(rig):
    _each_way_of_paging_loses_nothing(rig, "id")


def an_epoch_watermark_loses_nothing(rig):
    _each_way_of_paging_loses_nothing(rig, "epoch")


def a_stored_continuation_loses_nothing(rig):
    _each_way_of_paging_loses_nothing(rig, "stored")


def limits_are_obeyed_in_every_form(rig):
    network = rig.keep(Network())
    network.add(1)
    forms = {"seconds": lambda: Reply(429, b"", X_Reset="2"),
             "epoch": lambda: Reply(429, b"", X_Reset=str(int(time.time()) + 3)),
             "date": lambda: Reply(429, b"", X_Reset=time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                                                   time.gmtime(time.time() + 3))),
             "retry": lambda: Reply(503, b"", Retry_After="2"),
             "body": lambda: Reply(200, b'{"posts": [], "backoff": 2}'),
             "used up": lambda: Reply(200, b'{"posts": []}', X_Left="0", X_Reset="2")}
    waits = []
    pending = list(forms.items())

    def limit(request):
        if pending and not (waits and waits[-1][2] is None):
            name, make = pending.pop(0)
            waits.append([name, request.at, None])
            return make()
        if waits and waits[-1][2] is None:
            waits[-1][2] = request.at
        return None
    network.script = limit
    couacd = start(rig, network)
    wait_for("all forms", lambda: not pending and waits[-1][2], 40)
    for name, refused_at, again_at in waits:
        assert again_at - refused_at >= 1.9, f"{name}: asked again after {again_at - refused_at:.2f} s"
    settled(couacd, network, 1)


def absent_fields_and_strange_answers_are_survived(rig):
    network = rig.keep(Network())
    network.posts = [{"id": 3, "text": complaint(3)}, {"text": complaint(2), "by": None, "at": "soon"},
                     {"id": None, "text": None}, None, 7, []]
    network.PAGE = 10
    couacd = start(rig, network)
    settled(couacd, network, 2)
    strange = [Reply(200, b"<html>log in</html>"), Reply(200, b'{"error": "no"}'), Reply(200, b"[1")]
    network.script = lambda request: strange.pop() if strange else None
    wait_for("all of them", lambda: not strange, 60)
    network.add(4)
    settled(couacd, network, 3)


def the_credential_goes_to_its_host_only(rig):
    network, other = rig.keep(Network()), rig.keep(Web())
    other.on("/posts", Reply(200, json.dumps({"posts": [{"id": 1, "text": complaint(1)}]}).encode()))
    secret = os.path.join(rig.folder, "secret")
    with open(secret, "w", encoding="utf-8") as f:
        f.write("hunter2\n")
    network.script = lambda request: Reply(302, Location=other.base + "/posts")
    couacd = start(rig, network, credential=secret)
    wait_for("an alert", couacd.alerts)
    assert network.requests[0].get("authorization") == "Bearer hunter2", network.requests[0].lines
    assert other.requests[0].get("authorization") is None, other.requests[0].lines
    with open(secret, "w", encoding="utf-8") as f:
        f.write("renewed")
    wait_for("the new one", lambda: network.requests[-1].get("authorization") == "Bearer renewed")
    with open(couacd.log, encoding="utf-8") as f:
        assert "hunter2" not in f.read()


def a_shipped_connector_walks_forward(rig):
    web = rig.keep(Web())
    posts = {}

    def timeline(request):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        after = int(query.get("min_id", ["0"])[0])
        newer = sorted(n for n in posts if n > after)
        page = newer[:20] if after else newer[-20:]
        return Reply(200, json.dumps([posts[n] for n in reversed(page)]).encode())
    web.on("/api/v1/timelines/tag/acme%20fr", timeline)

    def add(n):
        posts[n] = {"id": str(n), "uri": f"https://m.example/{n}", "content": f"<p>{complaint(n)}</p>",
                    "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())}
    add(1000)
    couacd = rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False), SHARE, {
        "fedi": {**API, "connector": "mastodon-tag",
                 "with": {"instance": web.base, "tag": "acme fr"}}})).start()
    wait_for("the first", couacd.alerts)
    for n in range(1001, 1051):
        add(n)
    settled(couacd, web, 51)


def the_log_names_a_connector_as_it_was_written(rig):
    network = rig.keep(Network())
    secret = os.path.join(rig.folder, "token")
    with open(secret, "w", encoding="utf-8") as f:
        f.write("s")
    os.chmod(secret, 0o600)
    couacd = start(rig, network, credential=secret)
    wait_for("a poll", lambda: network.requests)
    os.remove(secret)
    line = wait_for("a failure before asking", lambda: couacd.logged(r"event=poll.failed.*status=0.*url=.*"))[0]
    assert f'url="connector:./net.yaml?base={network.base}"' in line, line


TESTS = [the_log_names_a_connector_as_it_was_written, a_link_header_loses_nothing, a_token_in_the_body_loses_nothing, a_newest_id_watermark_loses_nothing,
         an_epoch_watermark_loses_nothing, a_stored_continuation_loses_nothing,
         all_pages_back_to_the_former_poll_are_read, a_kill_between_two_pages_loses_nothing,
         more_pages_than_one_poll_may_read_are_read_by_the_next,
         the_first_poll_does_not_read_the_whole_past, a_refused_page_begins_the_walk_anew_without_loss,
         limits_are_obeyed_in_every_form, absent_fields_and_strange_answers_are_survived,
         the_credential_goes_to_its_host_only, a_shipped_connector_walks_forward]

if __name__ == "__main__":
    wanted = sys.argv[3:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
