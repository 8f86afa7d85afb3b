#!/usr/bin/env python3
"""Feeds that a hub brings to couacd (W3C WebSub): asked for, verified, renewed, ended; nobody else is believed."""

import hmac
import http.client
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, complaint, rss

PROGRAM, SHARE = sys.argv[1], sys.argv[2]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def http_call(method, url, body=None, **headers):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    try:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body,
                           {k.replace("_", "-"): v for k, v in headers.items()})
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before all of it was sent: the answer is there
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


class Hub:
    """A scripted hub: keeps what it was asked, verifies when told to (or at once), delivers."""

    def __init__(self, web, path="/hub", lease=3600, verify=True, status=202):
        self.web, self.lease, self.verify, self.status = web, lease, verify, status
        self.asked, self.verified = [], []
        self.url = web.on(path, self._ask)

    def _ask(self, request):
        form = dict(urllib.parse.parse_qsl(request.body.decode(), strict_parsing=True))
        self.asked.append(form)
        if self.verify and self.status == 202:
            threading.Thread(target=self.check, args=(form,), daemon=True).start()
        return Reply(self.status, Connection="close")

    def check(self, form, **changes):
        question = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"],
                    "hub.challenge": "x+/=&1 \u00e9", "hub.lease_seconds": str(self.lease), **changes}
        question = {k: v for k, v in question.items() if v is not None}
        answer = http_call("GET", form["hub.callback"] + "?" + urllib.parse.urlencode(question))
        self.verified.append((form["hub.mode"], answer))
        return answer

    def subscribed(self):
        return [f for f in self.asked if f["hub.mode"] == "subscribe"]

    def wait_verified(self, mode="subscribe", times=1):
        wait_for(f"{mode} verified", lambda: len([v for v in self.verified if v[0] == mode
                                                 and v[1] == (200, "x+/=&1 \u00e9")]) >= times)
        return [f for f in self.asked if f["hub.mode"] == mode][-1]

    @staticmethod
    def deliver(form, body, method="sha256", signature=None, secret=None, **headers):
        if signature is None:
            digest = hmac.new((secret or form["hub.secret"]).encode(), body, method).hexdigest()
            signature = f"{method}={digest}"
        if signature:
            headers["X_Hub_Signature"] = signature
        return http_call("POST", form["hub.callback"], body, Content_Type="application/rss+xml", **headers)


class Site:
    """A feed with a hub, by its document or by Link headers."""

    def __init__(self, web, hub, path="/feed", by="document"):
        self.web, self.hub, self.path, self.by = web, hub, path, by
        self.texts = []
        self.url = web.on(path, self._serve)

    def document(self, *texts):
        links = (f"<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='hub' href='{self.hub.url}'/>"
                 f"<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='self' href='{self.url}'/>")
        return rss(*(texts or self.texts), head=links if self.by == "document" else "")

    def _serve(self, request):
        body = self.document()
        if self.by == "document":
            return Reply(200, body, Content_Type="application/rss+xml")
        head = (f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nLink: </other>; rel=alternate\r\n"
                f"Link: <{self.hub.url}>; rel=\"hub\"\r\nLink: <{self.path}>; rel=self\r\n\r\n")
        return head.encode() + body

    def polls(self):
        return len(self.web.seen(self.path))


def start(rig, sources, poll=None, redis=True, **push):
    port = free_port()
    push = {"listen": f"http://127.0.0.1:{port}", "public": f"http://127.0.0.1:{port}", **push}
    settings = ", ".join(f"{k}: {v!r}" if isinstance(v, str) and " " not in v else f"{k}: {v}"
                         for k, v in push.items() if v)
    couacd = rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False) if redis else None, SHARE, sources,
                             poll={"host_gap": "0 s", "pushed": "1 h", **(poll or {})}, push="{" + settings + "}"))
    couacd.port = port
    return couacd.start()


def feed(site, **more):
    return {"url": site.url, "about": "us", **more}


def rows(couacd):
    with sqlite3.connect(f"file:{couacd.state}/couac.db?mode=ro", uri=True) as db:
        return db.execute("SELECT source, wish, state, delivers FROM subscription").fetchall()


def next_poll(couacd, source):
    with sqlite3.connect(f"file:{couacd.state}/couac.db?mode=ro", uri=True) as db:
        return db.execute("SELECT next_ms FROM source WHERE id = ?", (source,)).fetchone()[0] / 1000


def what_a_hub_brings_is_heard_at_once_and_once(rig):
    web = rig.keep(Web())
    hub = Hub(web)
    site = Site(web, hub)
    couacd = start(rig, {"shop": feed(site)})
    form = hub.wait_verified()
    assert form["hub.topic"] == site.url, form
    assert len(form["hub.secret"]) >= 32 and len(form["hub.secret"]) < 200
    assert int(form["hub.lease_seconds"]) > 3600
    assert re.fullmatch(rf"http://127.0.0.1:{couacd.port}/push/websub/[0-9a-f]{{32}}", form["hub.callback"])
    for n, method in enumerate(("sha1", "sha256", "sha384", "sha512")):
        status, text = hub.deliver(form, site.document(complaint(n)), method)
        assert (status, text) == (200, '{"accepted":1}\n'), (status, text)
    wait_for("alerts", lambda: couacd.alerts() >= 4)
    # A replay, and the same posts by a poll: nothing new.
    assert hub.deliver(form, site.document(complaint(0)))[0] == 200
    site.texts = [complaint(n) for n in range(4)]
    assert couacd.stop() == 0
    couacd.start()
    assert hub.deliver(form, site.document(*site.texts, complaint(9)))[0] == 200
    wait_for("the new post", lambda: couacd.alerts() >= 5)
    time.sleep(0.3)
    assert couacd.alerts() == 5, couacd.alerts()
    assert len(hub.subscribed()) == 1, "a restart must not subscribe anew"
    assert couacd.stop() == 0


def polls_are_rare_while_a_hub_delivers_and_only_then(rig):
    web = rig.keep(Web())
    hub = Hub(web, lease=12)
    site = Site(web, hub, by="header")
    couacd = start(rig, {"shop": feed(site)})
    form = hub.wait_verified()
    assert form["hub.topic"] == site.url, "the Link header's self, made absolute"
    before = site.polls()
    wait_for("polls though the hub could deliver", lambda: site.polls() >= before + 2)
    hub.verify = False  # this lease is the last one
    assert hub.deliver(form, site.document(complaint(1)))[0] == 200
    delivered, polls = time.monotonic(), site.polls()
    wait_for("polls again when the lease has ended", lambda: site.polls() >= polls + 5)
    times = [r.at for r in web.seen("/feed") if r.at > delivered - 2]
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert max(gaps) > 3, f"the hub's deliveries did not slow the polls: {gaps}"
    assert min(gaps[-2:]) < 3, f"polls are slow though the lease has ended: {gaps}"
    # Now the callback is over.
    assert hub.deliver(form, site.document(complaint(2)))[0] == 410
    assert couacd.stop() == 0


def a_lease_of_a_second_does_not_make_us_ask_each_second(rig):
    web = rig.keep(Web())
    hub = Hub(web, lease=1)
    site = Site(web, hub)
    couacd = start(rig, {"shop": feed(site, every="6 s")})
    hub.wait_verified()
    first = time.monotonic()
    hub.wait_verified(times=2)
    assert time.monotonic() - first >= 5, "renewed sooner than the feed is polled"
    assert couacd.stop() == 0


def a_hub_that_misses_a_post_is_not_relied_upon(rig):
    web = rig.keep(Web())
    hub = Hub(web)
    site = Site(web, hub)
    couacd = start(rig, {"shop": feed(site)}, poll={"pushed": "4 s"})
    form = hub.wait_verified()
    assert hub.deliver(form, site.document(complaint(1)))[0] == 200
    wait_for("reliance", lambda: any(r[3] for r in rows(couacd)))
    site.texts = [complaint(1), complaint(2)]
    wait_for("the miss", lambda: couacd.logged("event=websub.missed"))
    wait_for("the alert", lambda: couacd.alerts() >= 2)
    polls = site.polls()
    wait_for("polls as before", lambda: site.polls() >= polls + 2)
    assert [r[3] for r in rows(couacd)] == [0]
    assert hub.deliver(form, site.document(complaint(3)))[0] == 200
    wait_for("reliance again", lambda: any(r[3] for r in rows(couacd)))
    assert couacd.stop() == 0


def posts_pushed_during_a_poll_are_in_the_tally(rig):
    web = rig.keep(Web())
    hub = Hub(web)
    site = Site(web, hub)
    couacd = start(rig, {"shop": feed(site)}, redis=False)
    form = hub.wait_verified()
    wait_for("the first poll on the disk", lambda: couacd.row("shop").get("polls", 0) >= 1)
    slow, go = threading.Event(), threading.Event()

    def held(request):
        slow.set()
        go.wait(20)
        return site._serve(request)
    web.on(site.path, held)
    wait_for("a slow poll", slow.is_set)
    polls = couacd.row("shop")["polls"]
    for n in range(3):
        assert hub.deliver(form, site.document(complaint(n)))[0] == 200
    assert couacd.row("shop")["posts"] == 3
    go.set()
    wait_for("its answer on the disk", lambda: couacd.row("shop")["polls"] > polls)
    row = couacd.row("shop")
    assert row["posts"] == 3 and row["recent"] > 2.9 and row["last_new_ms"] > 0, row
    assert couacd.stop() == 0


def only_what_we_asked_for_is_confirmed(rig):
    web = rig.keep(Web())
    hub = Hub(web, verify=False)
    site = Site(web, hub)
    couacd = start(rig, {"shop": feed(site)}, redis=False)
    wait_for("the request", lambda: hub.asked)
    form = hub.asked[0]
    stranger = {**form, "hub.callback": form["hub.callback"][:-1] + ("0" if form["hub.callback"][-1] != "0" else "1")}
    assert hub.check(stranger)[0] == 404
    assert hub.check(form, **{"hub.topic": site.url + "x"})[0] == 404
    assert hub.check(form, **{"hub.topic": None})[0] == 404
    assert hub.check(form, **{"hub.mode": "unsubscribe"})[0] == 404
    assert hub.check(form, **{"hub.mode": None})[0] == 404
    assert hub.check(form, **{"hub.challenge": None})[0] == 404
    assert hub.deliver(form, site.document(complaint(1)))[0] == 410, "before it was verified"
    assert hub.check(form) == (200, "x+/=&1 \u00e9")
    assert hub.check(form)[0] == 404, "nothing is pending any more"
    assert hub.check(form, **{"hub.mode": "unsubscribe"})[0] == 404
    assert http_call("GET", form["hub.callback"])[0] == 404
    assert couacd.stop() == 0


def unsigned_documents_are_acknowledged_and_ignored(rig):
    web = rig.keep(Web())
    hub = Hub(web)
    site = Site(web, hub)
    couacd = start(rig, {"shop": feed(site)}, poll={"pushed": "1 h"})
    form = hub.wait_verified()
    body = site.document(complaint(1))
    for signature in ("", "sha256=" + "0" * 64, "sha256=", "md5=" + "0" * 32, "nonsense"):
        assert hub.deliver(form, body, signature=signature) == (200, '{"accepted":0}\n'), signature
    assert hub.deliver(form, body, secret="guessed")[1] == '{"accepted":0}\n'
    good = "sha256=" + hmac.new(form["hub.secret"].encode(), body, "sha256").hexdigest()
    assert hub.deliver(form, body + b" ", signature=good)[1] == '{"accepted":0}\n'
    assert hub.deliver({**form, "hub.callback": form["hub.callback"] + "0"}, body)[0] == 404
    assert hub.deliver(form, b"x" * ((1 << 20) + 1))[0] == 413
    assert hub.deliver(form, b"<html><p>no feed</p></html>") == (200, '{"accepted":0}\n')
    assert hub.deliver(form, b"")[1] == '{"accepted":0}\n'
    assert not any(r[3] for r in rows(couacd)), "forged documents must not slow the polls"
    time.sleep(0.3)
    assert couacd.alerts() == 0
    assert hub.deliver(form, body, signature=good) == (200, '{"accepted":1}\n')
    wait_for("the alert", lambda: couacd.alerts() == 1)
    assert couacd.stop() == 0


def a_lease_is_renewed_before_its_end_under_the_same_callback(rig):
    web = rig.keep(Web())
    hub = Hub(web, lease=3)
    site = Site(web, hub)
    couacd = start(rig, {"shop": feed(site)})
    hub.wait_verified()
    first = time.monotonic()
    hub.wait_verified(times=3)
    assert time.monotonic() - first < 2 * 3, "each renewal came before its lease's end"
    callbacks = {(f["hub.callback"], f["hub.secret"]) for f in hub.subscribed()}
    assert len(callbacks) == 1, callbacks
    assert hub.deliver(hub.asked[0], site.document(complaint(1)))[0] == 200
    wait_for("the alert", couacd.alerts)
    assert couacd.stop() == 0


def denials_and_failures_are_lived_with(rig):
    web = rig.keep(Web())
    hub = Hub(web)
    site = Site(web, hub)
    sick = Hub(web, path="/sick", status=500)
    other = Site(web, sick, path="/other")
    couacd = start(rig, {"shop": feed(site), "other": feed(other)})
    form = hub.wait_verified()
    assert hub.deliver(form, site.document(complaint(1)))[0] == 200
    wait_for("reliance", lambda: any(r[3] for r in rows(couacd)))
    polls = site.polls()
    assert hub.check(form, **{"hub.mode": "denied", "hub.reason": "no more", "hub.topic": "http://x/"})[0] == 404
    assert hub.check(form, **{"hub.mode": "denied", "hub.reason": "no more"})[0] == 200
    wait_for("the time of the next poll to be kept", lambda: next_poll(couacd, "shop") < time.time() + 60)
    wait_for("polls as before", lambda: site.polls() >= polls + 3)
    assert couacd.logged('event=websub.denied.*reason="no more"')
    assert hub.deliver(form, site.document(complaint(2)))[0] == 410
    wait_for("the failure", lambda: couacd.logged("event=websub.failed.*source=other.*status=500"))
    polls = other.polls()
    wait_for("polls that go on", lambda: other.polls() >= polls + 2)
    assert len(sick.asked) == 1, "a hub that fails is left alone for a while"
    assert couacd.stop() == 0


def a_hub_that_moved_is_followed_with_the_form(rig):
    web = rig.keep(Web())
    hub, wrong = Hub(web), Hub(web, path="/wrong")
    moved, asking = Hub(web, path="/moved"), Hub(web, path="/asking")
    web.on("/moved", Reply(307, Location=hub.url))
    web.on("/asking", Reply(302, Location=wrong.url))
    sites = [Site(web, moved), Site(web, asking, path="/other")]
    couacd = start(rig, {"shop": feed(sites[0]), "other": feed(sites[1])})
    form = hub.wait_verified()
    assert form["hub.topic"] == sites[0].url
    wait_for("the failure", lambda: couacd.logged("event=websub.failed.*source=other.*status=302"))
    assert wrong.asked == [] and not web.seen("/wrong"), "a POST must not become a GET"
    assert couacd.stop() == 0


def a_source_that_goes_is_unsubscribed(rig):
    web = rig.keep(Web())
    hub = Hub(web)
    site, other = Site(web, hub), Site(web, hub, path="/other")
    couacd = start(rig, {"shop": feed(site), "other": feed(other)})
    hub.wait_verified(times=2)
    form = next(f for f in hub.asked if f["hub.topic"] == site.url)
    couacd.write_config({"other": feed(other)})
    couacd.hup()
    gone = hub.wait_verified("unsubscribe")
    assert gone["hub.callback"] == form["hub.callback"] and gone["hub.topic"] == site.url
    wait_for("the row to go", lambda: [r[0] for r in rows(couacd)] == ["other"])
    assert hub.deliver(form, site.document(complaint(1)))[0] == 404
    couacd.write_config({"other": feed(other, websub="no")})
    couacd.hup()
    hub.wait_verified("unsubscribe", times=2)
    wait_for("the row to go", lambda: rows(couacd) == [])
    polls = other.polls()
    wait_for("polls", lambda: other.polls() >= polls + 2)
    assert len(hub.subscribed()) == 2
    assert couacd.stop() == 0


def a_request_that_a_kill_cut_off_is_still_known(rig):
    web = rig.keep(Web())
    hub = Hub(web, verify=False)
    site = Site(web, hub)
    couacd = start(rig, {"shop": feed(site)})
    wait_for("the request", lambda: hub.asked)
    couacd.kill()
    couacd.start()
    assert hub.check(hub.asked[0])[0] == 200
    couacd.kill()
    couacd.start()
    assert hub.deliver(hub.asked[0], site.document(complaint(1)))[0] == 200
    couacd.kill()
    couacd.start()
    wait_for("the alert that was answered with 200", lambda: couacd.alerts() == 1)
    assert len(hub.asked) == 1
    assert couacd.stop() == 0


def without_a_public_address_no_hub_is_asked(rig):
    web = rig.keep(Web())
    hub = Hub(web)
    site = Site(web, hub)
    couacd = start(rig, {"shop": feed(site)}, redis=False, public=None)
    wait_for("polls", lambda: site.polls() >= 3)
    assert hub.asked == [], "without push.public nobody is asked"
    couacd.stop()
    for push, why in (({"listen": None}, "nothing listens behind this address"),
                      ({"public": "https://a.example/?x=1"}, "paths are added to this address"),
                      ({"public": "ftp://a.example"}, "https")):
        bad = Couacd(rig, PROGRAM, None, SHARE, {}, name="bad", push="{" + ", ".join(
            f"{k}: '{v}'" for k, v in {"listen": "http://127.0.0.1:1", "public": "https://a.example", **push}.items()
            if v) + "}")
        done = subprocess.run([PROGRAM, "--check-config", "--config", bad.config], capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode != 0 and why in done.stdout + done.stderr, (push, done)


TESTS = [what_a_hub_brings_is_heard_at_once_and_once, polls_are_rare_while_a_hub_delivers_and_only_then,
         a_hub_that_misses_a_post_is_not_relied_upon, posts_pushed_during_a_poll_are_in_the_tally, only_what_we_asked_for_is_confirmed,
         unsigned_documents_are_acknowledged_and_ignored, a_lease_is_renewed_before_its_end_under_the_same_callback,
         a_lease_of_a_second_does_not_make_us_ask_each_second,
         denials_and_failures_are_lived_with, a_hub_that_moved_is_followed_with_the_form, a_source_that_goes_is_unsubscribed,
         a_request_that_a_kill_cut_off_is_still_known, without_a_public_address_no_hub_is_asked]

if __name__ == "__main__":
    wanted = sys.argv[3:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
