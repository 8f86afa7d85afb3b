#!/usr/bin/env python3
"""Pages that link to ours and say so (W3C Webmention): queued, fetched within bounds, verified, updated, withdrawn."""

import sqlite3
import subprocess
import sys
import time
import urllib.parse

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, complaint
from websub import free_port, http_call

PROGRAM, SHARE = sys.argv[1], sys.argv[2]
OURS = "https://acme.example/parcels"


def start(rig, redis=True, poll=None, **source):
    port = free_port()
    source = {"kind": "webmention", "sites": "acme.example, acme.fr", "about": "us", "network": "private", **source}
    couacd = rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False) if redis else None, SHARE, {"blogs": source},
                             poll={"host_gap": "0 s", **(poll or {})}, push=f"{{listen: 'http://127.0.0.1:{port}'}}"))
    couacd.endpoint = f"http://127.0.0.1:{port}/push/blogs"
    return couacd.start()


def tell(couacd, source, target=OURS, **fields):
    form = {"source": source, "target": target, **fields}
    return http_call("POST", couacd.endpoint, urllib.parse.urlencode({k: v for k, v in form.items() if v is not None}),
                     Content_Type="application/x-www-form-urlencoded")


def page(text, link=OURS, author="Ann O"):
    a = f"<a href='{link}'>parcel</a>" if link else "parcel"
    return Reply(200, (f"<!doctype html><html lang=en><title>Blog</title><nav>home</nav><article class=h-entry>"
                       f"<a class='p-author h-card' href=/>{author}</a><div class=e-content><p>{text} {a}</div>"
                       "</article><footer>imprint</footer></html>").encode(), Content_Type="text/html; charset=utf-8")


def rows(couacd):
    with sqlite3.connect(f"file:{couacd.state}/couac.db?mode=ro", uri=True) as db:
        return db.execute("SELECT url, target, tries, due_ms > 0, known_ms > 0 FROM webmention ORDER BY url").fetchall()


def settled(couacd):
    wait_for("the queue to be done", lambda: not any(r[3] for r in rows(couacd)))


def a_page_that_links_becomes_a_mention(rig):
    web = rig.keep(Web())
    url = web.on("/post", page("Waiting 6 days for my"))
    couacd = start(rig)
    assert tell(couacd, url, extra="ignored") == (202, '{"queued":1}\n')
    wait_for("the alert", couacd.alerts)
    alert = str(couacd.redis.do("XRANGE", "couac:alerts", "-", "+"))
    assert url in alert and "Waiting 6 days for my parcel" in alert and "imprint" not in alert, alert
    request = web.seen("/post")[0]
    assert request.method == "GET" and "Webmention" in request.get("User-Agent"), request.lines
    assert request.get("User-Agent").startswith("couac/")
    settled(couacd)
    assert rows(couacd) == [(url, OURS, 0, 0, 1)]
    # Told again, and nothing changed: fetched, and no second alert.
    assert tell(couacd, url)[0] == 202
    wait_for("the second look", lambda: len(web.seen("/post")) == 2)
    settled(couacd)
    assert couacd.alerts() == 1
    # An edited page is an edited post.
    web.on("/post", page("Waiting 9 days for my"))
    assert tell(couacd, url)[0] == 202
    wait_for("the update", lambda: "9 days" in str(couacd.redis.do("XRANGE", "couac:alerts", "-", "+")))
    assert couacd.stop() == 0


def what_does_not_link_any_more_is_withdrawn(rig):
    web = rig.keep(Web())
    first = web.on("/first", page(complaint(1)))
    second = web.on("/second", page(complaint(2)))
    third = web.on("/third", page(complaint(3)))
    couacd = start(rig)
    for url in (first, second, third):
        assert tell(couacd, url)[0] == 202
    wait_for("alerts", lambda: couacd.alerts() >= 3)
    settled(couacd)
    web.on("/first", page(complaint(1), link=None))
    web.on("/second", Reply(410))
    web.on("/third", Reply(404))
    for url in (first, second, third):
        assert tell(couacd, url)[0] == 202
    wait_for("withdrawals", lambda: len(couacd.logged("event=webmention.withdrawn")) == 2)
    wait_for("the answer to the third", lambda: couacd.logged("event=webmention.refused.*HTTP 404"))
    settled(couacd)
    assert [r[0] for r in rows(couacd)] == [third], "a page that is only lost is not withdrawn"
    wait_for("the events", lambda: str(couacd.redis.do("XRANGE", "couac:alerts", "-", "+")).count(
        "couac.withdrawn.v1") >= 2)
    assert couacd.stop() == 0


def a_page_with_two_links_stays_while_one_is_left(rig):
    web = rig.keep(Web())
    other = "https://www.acme.fr/colis"
    url = web.on("/post", Reply(200, f"<p>{complaint(1)} <a href='{OURS}'>a</a><a href='{other}'>b</a>".encode(),
                                Content_Type="text/html"))
    couacd = start(rig)
    assert tell(couacd, url)[0] == 202 and tell(couacd, url, other)[0] == 202
    wait_for("both", lambda: [r[4] for r in rows(couacd)] == [1, 1])
    assert couacd.alerts() == 1
    web.on("/post", Reply(200, f"<p>{complaint(1)} <a href='{other}'>b</a>".encode(), Content_Type="text/html"))
    assert tell(couacd, url)[0] == 202
    wait_for("the first to go", lambda: [r[1] for r in rows(couacd)] == [other])
    assert not couacd.logged("event=webmention.withdrawn")
    web.on("/post", Reply(410))
    assert tell(couacd, url, other)[0] == 202
    wait_for("the mention to go", lambda: couacd.logged("event=webmention.withdrawn"))
    wait_for("the row to go", lambda: rows(couacd) == [])
    assert couacd.stop() == 0


def bad_requests_are_refused_with_a_reason(rig):
    couacd = start(rig, redis=False)
    good = "https://blog.example/post"
    for source, target, why in ((None, OURS, "`source` must be"), (good, None, "`target` must be"),
                                ("ftp://blog.example/", OURS, "`source` must be"),
                                ("javascript:alert(1)", OURS, "`source` must be"),
                                ("/post", OURS, "`source` must be"), ("https://", OURS, "`source` must be"),
                                ("https://blog.example/a b", OURS, "`source` must be"),
                                ("https://blog.example/\r\nX: y", OURS, "`source` must be"),
                                ("https://blog.example/" + "x" * 3000, OURS, "`source` must be"),
                                (good, "acme.example/parcels", "`target` must be"), (OURS, OURS, "same page"),
                                (good, "https://other.example/", "no page of ours"),
                                (good, "https://notacme.example/", "no page of ours"),
                                (good, "https://acme.example@other.example/", "no page of ours")):
        status, text = tell(couacd, source, target)
        assert status == 400 and why in text, (source, target, status, text)
    for body in (b"", b"source", b"{}", b"\xff\x00=1", b"source=%00&target=%00", b"x" * (1 << 20)):
        assert http_call("POST", couacd.endpoint, body)[0] == 400, body[:20]
    assert http_call("POST", couacd.endpoint, b"x" * ((1 << 20) + 1))[0] == 413
    assert http_call("GET", couacd.endpoint)[0] == 405
    assert http_call("POST", couacd.endpoint + "x", "source=1")[0] == 404
    assert rows(couacd) == []
    assert couacd.stop() == 0


def pages_that_only_pretend_are_dropped(rig):
    web = rig.keep(Web())
    body = f"<p>{complaint(1)} {OURS} <!-- <a href='{OURS}'>x</a> --><script>'<a href={OURS}>'</script>".encode()
    pages = {"/text": Reply(200, body, Content_Type="text/html"),
             "/other": page(complaint(2), link=OURS + "2"),
             "/pdf": Reply(200, b"%PDF " + OURS.encode(), Content_Type="application/pdf"),
             "/redirect": Reply(302, Location="http://127.0.0.1:1/"), "/none": Reply(403),
             "/old": Reply(200, (f"<div class=h-entry><time class=dt-published datetime=2001-01-01></time><p>"
                                 f"{complaint(3)} <a href='{OURS}'>x</a></div>").encode(), Content_Type="text/html")}
    couacd = start(rig)
    for path, reply in pages.items():
        assert tell(couacd, web.on(path, reply))[0] == 202
    # The redirect leads to a closed port, which may open again: that one waits.
    wait_for("refusals", lambda: len(couacd.logged("event=webmention.refused")) == len(pages) - 1)
    wait_for("the wait", lambda: [r[2:4] for r in rows(couacd)] == [(1, 1)])
    assert tell(couacd, web.on("/good", page(complaint(9))))[0] == 202
    wait_for("the good one", couacd.alerts)
    assert couacd.alerts() == 1
    assert couacd.stop() == 0


def private_addresses_and_floods_of_bytes_are_refused(rig):
    web = rig.keep(Web())
    web.on("/post", page(complaint(1)))
    couacd = start(rig, network="public", redis=False)
    port = web.port
    addresses = [f"http://127.0.0.1:{port}/post", f"http://localhost:{port}/post", f"http://2130706433:{port}/post",
                 f"http://0x7f.1:{port}/post", f"http://[::ffff:127.0.0.1]:{port}/post", "http://169.254.169.254/latest/"]
    for url in addresses:
        assert tell(couacd, url)[0] == 202, url
    settled(couacd)
    assert len(couacd.logged("event=webmention.refused.*why=forbidden")) >= 5  # repeats are told less often
    assert not couacd.logged("event=webmention.failed")
    assert web.requests == [], "a private address was asked"
    assert rows(couacd) == []
    assert couacd.stop() == 0
    large = rig.keep(Couacd(rig, PROGRAM, None, SHARE, {"blogs": {
        "kind": "webmention", "sites": "acme.example", "network": "private"}}, name="large",
        poll={"body_max": "64 KiB"}, push=f"{{listen: 'http://127.0.0.1:{free_port()}'}}"))
    large.endpoint = large.more["push"].split("'")[1] + "/push/blogs"
    large.start()
    url = web.on("/large", Reply(200, page("x").body + b"y" * (65 << 10), Content_Type="text/html"))
    assert tell(large, url)[0] == 202
    wait_for("the refusal", lambda: large.logged("event=webmention.refused.*why=body-too-large"))
    assert large.stop() == 0


def one_host_gets_so_much_and_no_more(rig):
    web = rig.keep(Web())
    couacd = start(rig, redis=False)
    answers = [tell(couacd, web.on(f"/{n}", page(complaint(n))))[0] for n in range(30)]
    assert answers[:20] == [202] * 20 and set(answers[20:]) == {429}, answers
    status, text = tell(couacd, f"{web.base}/0")
    assert status == 429 and "too many" in text
    assert tell(couacd, f"http://localhost:{web.port}/0")[0] == 202, "another host has a ration of its own"
    settled(couacd)
    assert len(web.requests) == 21
    assert couacd.stop() == 0


def all_hosts_together_get_so_much_and_no_more(rig):
    couacd = start(rig, redis=False)
    port, begun = free_port(), time.monotonic()  # nobody answers there
    answers = [tell(couacd, f"http://127.0.1.{n // 10}:{port}/{n % 10}")[0] for n in range(250)]
    allowed = 200 + int(time.monotonic() - begun) + 1
    assert 200 <= answers.count(202) <= min(allowed, 250), answers.count(202)
    assert set(answers[:200]) == {202} and set(answers) <= {202, 429}
    assert len(rows(couacd)) == answers.count(202)
    assert couacd.stop() == 0


def what_was_answered_with_202_survives_a_kill(rig):
    web = rig.keep(Web())
    fail = [True]
    urls = [web.on(f"/{n}", lambda request, n=n: None if fail[0] else page(complaint(n))) for n in range(6)]
    couacd = start(rig)
    for url in urls:
        assert tell(couacd, url)[0] == 202
    couacd.kill()
    couacd.start()
    wait_for("a first try of each", lambda: [r[2] for r in rows(couacd)] == [1] * 6)
    couacd.kill()
    fail[0] = False
    couacd.start()
    for url in urls:  # told again, it is not after the long wait
        assert tell(couacd, url)[0] == 202
    wait_for("all alerts", lambda: couacd.alerts() >= 6)
    settled(couacd)
    assert couacd.alerts() == 6 and [r[4] for r in rows(couacd)] == [1] * 6
    assert couacd.stop() == 0


def the_configuration_says_what_is_missing(rig):
    for source, push, why in (({"kind": "webmention"}, "http://127.0.0.1:1", "has no sites"),
                              ({"kind": "webmention", "sites": "acme.example"}, None, "nothing listens for source"),
                              ({"kind": "webmention", "sites": "https://acme.example/"}, "http://127.0.0.1:1",
                               "is no host")):
        more = {"push": f"{{listen: '{push}'}}"} if push else {}
        bad = Couacd(rig, PROGRAM, None, SHARE, {"blogs": source}, name="bad", **more)
        done = subprocess.run([PROGRAM, "--check-config", "--config", bad.config], capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode != 0 and why in done.stdout + done.stderr, (source, done)
        assert "\n      = " in done.stdout + done.stderr, "no way out is shown"


TESTS = [a_page_that_links_becomes_a_mention, what_does_not_link_any_more_is_withdrawn,
         a_page_with_two_links_stays_while_one_is_left, bad_requests_are_refused_with_a_reason,
         pages_that_only_pretend_are_dropped, private_addresses_and_floods_of_bytes_are_refused,
         one_host_gets_so_much_and_no_more, all_hosts_together_get_so_much_and_no_more, what_was_answered_with_202_survives_a_kill,
         the_configuration_says_what_is_missing]

if __name__ == "__main__":
    wanted = sys.argv[3:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
