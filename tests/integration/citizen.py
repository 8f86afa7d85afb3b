#!/usr/bin/env python3
"""couacd as a good citizen: what a poller owes the servers it asks, one test for each behaviour.

A real couacd against a scripted server. Clocks are short (`every: 1 s`), or virtual: a
stopped couacd's state is made older (`passes`), and what it plans is read there (`plan`), so
that the figures that it is shipped with are tested and not only small ones. The texts are
RFC 9110 and 9111, Rachel Kroll's "Feed Reader Behaviors" and those it refers to.

  1 citizen b01_if_none_match_is_the_etag_byte_for_byte
  2 citizen b02_if_modified_since_is_the_last_modified_byte_for_byte
  3 citizen b03_validators_are_one_set_that_each_200_replaces
  4 citizen b04_a_304_renews_validators_and_freshness
  5 citizen b05_validators_survive_restart_upgrade_429_500_and_timeouts
  6 citizen b06_nothing_is_kept_of_a_cut_a_too_large_or_an_unreadable_body
  7 citizen b07_validators_belong_to_the_url_that_gave_them
  8 citizen b08_after_eight_days_of_304_one_request_is_unconditional
  9 citizen b09_retry_after_is_obeyed_as_seconds_and_as_a_date_for_a_day_at_most
  9 public b09_retry_after_holds_the_whole_public_host_and_no_other
 10 citizen b10_429_and_503_without_a_hint_double_the_interval
 11 citizen b11_nothing_is_asked_before_it_is_stale
 12 citizen b12_the_wishes_of_the_feed_are_a_floor_below_http
 13 public b13_floors_are_five_minutes_an_hour_and_a_day
 14 citizen b14_the_interval_follows_the_rhythm_of_the_feed
 15 citizen b15_requests_are_spread_and_the_first_minute_of_an_hour_is_left_out
 16 citizen b16_a_restart_asks_nothing_before_its_time
 17 public b17_a_host_gets_two_requests_at_once_and_a_gap_between_them
 18 citizen b18_connections_are_used_again
 18 public b18_http_2_is_spoken_when_it_is_offered
 19 citizen b19_only_get
 20 citizen b20_the_url_goes_out_as_given_and_nothing_else_is_asked
 21 citizen b21_no_cookie
 22 citizen b22_no_referer
 23 citizen b23_the_user_agent_names_us_and_nobody_else
 24 citizen b24_accept_names_feeds_and_compression_is_offered
 25 citizen b25_permanent_redirects_are_believed_after_three_and_temporary_ones_never
 26 citizen b26_redirects_end_and_stay_with_http
 26 public b26_a_public_name_cannot_lead_inside
 27 citizen b27_gone_is_gone_and_all_else_is_tried_again_more_and_more_slowly
 28 citizen b28_a_login_page_is_a_failure_and_all_that_was_known_stays
 29 citizen b29_adding_a_feed_costs_one_request
 30 citizen b30_bodies_and_times_have_limits
 31 citizen b31_a_reload_gets_round_neither_validators_nor_retry_after
"""

import email.utils
import gzip
import importlib
import os
import re
import ssl
import subprocess
import sys
import time

import listening
import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, certificate, complaint, rss

PROGRAM, SHARE, COUAC = sys.argv[1:4]
MINUTE, HOUR, DAY = 60, 3600, 86400
PLANNED = {"every": None}  # not said: poll.interval, or what the feed's rhythm says


def start(rig, sources, redis=False, **more):
    return rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False) if redis else None, SHARE, sources, **more)).start()


def is_new(request):
    return request.get("if-none-match") is None and request.get("if-modified-since") is None


def polls(web, path, n):
    wait_for(f"{n} requests for {path}", lambda: len(web.seen(path)) >= n)
    return web.seen(path)[:n]


def then(*replies):
    """One reply after the other, the last for ever."""
    left = list(replies)

    def script(request):
        reply = left.pop(0) if len(left) > 1 else left[0]
        return reply(request) if callable(reply) else reply
    return script


# --- validators ----------------------------------------------------------------------


def b01_if_none_match_is_the_etag_byte_for_byte(rig):
    web = rig.keep(Web())
    etags = ['"x"', 'W/"a, b  c"', "bare-1/2", '"in"side"', '""', 'w/"lower"', '"caf\xe9"']
    for n, etag in enumerate(etags):
        web.on(f"/{n}", Reply(200, rss("x"), ETag=etag))
    start(rig, {f"s{n}": web.base + f"/{n}" for n in range(len(etags))})
    for n, etag in enumerate(etags):
        first, second = polls(web, f"/{n}", 2)
        assert is_new(first)
        assert f"If-None-Match: {etag}" in second.lines, (etag, second.lines)


def b02_if_modified_since_is_the_last_modified_byte_for_byte(rig):
    web = rig.keep(Web())
    dates = ["Sat, 22 Nov 2025 09:14:05 GMT", "Sat, 22 nov 2025 09:14:05 +0000", "2025-11-22T09:14:05Z",
             "Saturday, 22-Nov-25 09:14:05 GMT", "yesterday", "Fri, 31 Dec 9999 23:59:59 GMT"]
    for n, date in enumerate(dates):
        web.on(f"/{n}", Reply(200, rss("x"), Last_Modified=date))
    web.on("/none", Reply(200, rss("x"), ETag='"1"', Date=email.utils.formatdate(usegmt=True)))
    start(rig, {f"s{n}": web.base + f"/{n}" for n in [*range(len(dates)), "none"]} | {"none": web.base + "/none"})
    for n, date in enumerate(dates):
        assert f"If-Modified-Since: {date}" in polls(web, f"/{n}", 2)[1].lines, (date, web.seen(f"/{n}")[1].lines)
    assert all(r.get("if-modified-since") is None for r in polls(web, "/none", 3)), "a date of our own"


def b03_validators_are_one_set_that_each_200_replaces(rig):
    web = rig.keep(Web())
    date = "Sat, 22 Nov 2025 09:14:05 GMT"
    web.on("/feed", then(Reply(200, rss("a"), ETag='"1"', Last_Modified=date), Reply(200, rss("b"), ETag='"2"'),
                         Reply(200, rss("c"), Last_Modified=date), Reply(200, rss("d"))))
    start(rig, {"shop": web.base + "/feed"})
    got = [(r.get("if-none-match"), r.get("if-modified-since")) for r in polls(web, "/feed", 5)]
    assert got == [(None, None), ('"1"', date), ('"2"', None), (None, date), (None, None)], got


def b04_a_304_renews_validators_and_freshness(rig):
    web = rig.keep(Web())
    dates = [f"Sat, 22 Nov 2025 09:14:0{n} GMT" for n in range(2)]
    web.on("/feed", then(Reply(200, rss("x"), ETag='"1"', Last_Modified=dates[0]), Reply(304, ETag='"2"'),
                         Reply(304, Last_Modified=dates[1]), Reply(304), Reply(304, Cache_Control="max-age=7200")))
    couacd = start(rig, {"shop": web.base + "/feed"})
    got = [(r.get("if-none-match"), r.get("if-modified-since")) for r in polls(web, "/feed", 5)[1:]]
    assert got == [('"1"', dates[0]), ('"2"', dates[0]), ('"2"', dates[1]), ('"2"', dates[1])], got
    at, interval = couacd.plan("shop", 5)
    assert interval == 2 * HOUR and at - time.time() > 2 * HOUR - 30, (at - time.time(), interval)


def downgrade(couacd):
    """The state as version 4 left it: without what later ones added."""
    old = {"meta", "seen", "alert", "held", "note", "ledger", "source", "outbox", "dead", "mark", "desk"}
    new = ["why", "detail", "polls", "not_modified", "bytes", "full_bytes", "saved_bytes", "posts", "recent", "recent_ms",
           "since_ms"]
    with couacd.database() as db:
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            if table not in old:
                db.execute(f"DROP TABLE {table}")
        for column in new:
            db.execute(f"ALTER TABLE source DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 4")
        db.commit()


def b05_validators_survive_restart_upgrade_429_500_and_timeouts(rig):
    web = rig.keep(Web())

    def silent(request):
        time.sleep(1.5)
    web.on("/feed", then(Reply(200, rss("x"), ETag='"1"'), Reply(500), Reply(429, Retry_After="1"), silent, Reply(304)))
    couacd = start(rig, {"shop": web.base + "/feed"}, poll={"headers_timeout": "1 s", "backoff_max": "1 s"})
    polls(web, "/feed", 5)
    for what in ("status=500", "status=429 why=busy", "status=0 why=timeout"):
        assert couacd.logged(f"event=poll.done source=shop {what}"), what
    for how in ("restart", "kill", "upgrade"):
        if how == "kill":
            couacd.kill()
        else:
            assert couacd.stop() == 0
        if how == "upgrade":
            downgrade(couacd)
        before = len(web.seen("/feed"))
        couacd.start()
        polls(web, "/feed", before + 1)
    asked = [r.get("if-none-match") for r in web.seen("/feed")]
    assert asked[0] is None and set(asked[1:]) == {'"1"'}, asked


def b06_nothing_is_kept_of_a_cut_a_too_large_or_an_unreadable_body(rig):
    web = rig.keep(Web())
    body = rss("x")
    replies = {"cut": Reply(200, body, ETag='"1"', Content_Length=str(len(body) + 9), Connection="close"),
               "large": Reply(200, body + b" " * 2000, ETag='"1"', Last_Modified="today"),
               "page": Reply(200, b"<html><p>Sign in", ETag='"1"')}
    for name, reply in replies.items():
        web.on("/" + name, (lambda r, b=reply.encode(): b) if name == "cut" else reply)
    couacd = start(rig, {name: web.base + "/" + name for name in replies}, poll={"body_max": "2 KiB", "backoff_max": "1 s"})
    for name in replies:
        assert all(map(is_new, polls(web, "/" + name, 3))), (name, web.seen("/" + name)[2].lines)
        assert couacd.logged(f"event=poll.failed source={name}"), "it was taken for a feed"


def b07_validators_belong_to_the_url_that_gave_them(rig):
    web = rig.keep(Web())
    web.on("/old", then(Reply(200, rss("x"), ETag='"old"'), Reply(302, Location="/new")))
    web.on("/new", Reply(200, rss("x"), ETag='"new"'))
    start(rig, {"shop": web.base + "/old"})
    first, second = polls(web, "/new", 2)
    assert is_new(first), "the validators of /old were told to /new"
    assert second.get("if-none-match") == '"new"'
    assert polls(web, "/old", 3)[2].get("if-none-match") is None


def b08_after_eight_days_of_304_one_request_is_unconditional(rig):
    web = rig.keep(Web())
    web.on("/feed", lambda r: Reply(200, rss("x"), ETag='"1"') if is_new(r) else Reply(304))
    couacd = start(rig, {"shop": {"url": web.base + "/feed", "every": "1 h"}})
    asked = []
    for days in (1, 6.9, 0.2, 1, 0):
        couacd.plan("shop", len(asked) + 1)
        asked.append(is_new(web.seen("/feed")[-1]))
        couacd.passes(days * DAY)
    assert asked == [True, False, False, True, False], asked


# --- when ----------------------------------------------------------------------------


def b09_retry_after_is_obeyed_as_seconds_and_as_a_date_for_a_day_at_most(rig):
    web = rig.keep(Web())
    web.on("/seconds", Reply(429, Retry_After="7200"))
    web.on("/date", Reply(503, Retry_After=email.utils.formatdate(time.time() + 7200, usegmt=True)))
    web.on("/never", Reply(503, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"))
    web.on("/years", Reply(429, Retry_After="99999999"))
    web.on("/soon", then(Reply(429, Retry_After="2"), Reply(200, rss("x"))))
    web.on("/calm", Reply(200, rss("x")))  # a private host is no reason to wait for others
    names = ("seconds", "date", "never", "years", "soon", "calm")
    couacd = start(rig, {name: web.base + "/" + name for name in names})
    first, second = polls(web, "/soon", 2)
    assert second.at - first.at >= 1.99, second.at - first.at
    for name, least in (("seconds", 2 * HOUR), ("date", 2 * HOUR - 2), ("never", DAY), ("years", DAY)):
        at, interval = couacd.plan(name)
        wait = at - time.time()
        assert least - 30 < wait <= least * 1.13 + 5 * MINUTE and least - 2 <= interval <= DAY, (name, wait, interval)
    polls(web, "/calm", 3)
    assert couacd.stop() == 0
    couacd.start()
    polls(web, "/calm", len(web.seen("/calm")) + 2)
    assert [len(web.seen("/" + n)) for n in names[:4]] == [1] * 4, "a restart forgot Retry-After"


def b10_429_and_503_without_a_hint_double_the_interval(rig):
    web = rig.keep(Web())
    couacd = start(rig, {str(n): web.on(f"/{n}", Reply(n)) for n in (429, 503)})
    for n in (429, 503):
        a, b, c = (r.at for r in polls(web, f"/{n}", 3))
        assert b - a >= 2 and c - b >= 4, (n, b - a, c - b)
        assert couacd.plan(str(n), 3)[1] == 8


def http_date(after):
    return email.utils.formatdate(time.time() + after, usegmt=True)


def b11_nothing_is_asked_before_it_is_stale(rig):
    web = rig.keep(Web())
    yesterday = {"Date": http_date(-DAY), "Expires": http_date(HOUR - DAY)}  # their clock is late
    cases = {"age": (HOUR, {"Cache_Control": "max-age=3600"}),
             "aged": (HOUR - 1000, {"Cache_Control": "public, max-age=3600", "Age": "1000"}),
             "expires": (HOUR, yesterday), "rank": (2 * HOUR, {"Cache_Control": "max-age=7200", **yesterday}),
             "year": (DAY, {"Cache_Control": "max-age=31536000"}), "stale": (1, {"Cache_Control": "max-age=0"}),
             "past": (1, {"Expires": http_date(-HOUR)}), "nothing": (1, {"Expires": "0"})}
    for name, (_, headers) in cases.items():
        web.on("/" + name, lambda r, h=headers: Reply(200, rss("x"), **h) if is_new(r) else Reply(304, **h))
    web.on("/kept", then(Reply(200, rss("x"), ETag='"1"'), Reply(304, Cache_Control="max-age=3600")))
    couacd = start(rig, {name: web.base + "/" + name for name in [*cases, "kept"]})
    for name, (least, _) in cases.items():
        at, interval = couacd.plan(name)
        wait = at - time.time()
        assert interval == least and wait <= least * 1.13 + 300, (name, wait, interval)
        assert least == 1 or wait > least - 30, (name, wait)
    assert couacd.plan("kept", 2)[1] == HOUR


def gmt_hour(at):
    return time.gmtime(at).tm_hour


def b12_the_wishes_of_the_feed_are_a_floor_below_http(rig):
    web = rig.keep(Web())
    now = time.time()
    hour, day = gmt_hour(now + 6 * HOUR), time.strftime("%A", time.gmtime(now + 3 * DAY))
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    sy = "<sy:updatePeriod xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>hourly</sy:updatePeriod>" \
         "<sy:updateFrequency xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>2</sy:updateFrequency>"
    heads = {"ttl": "<ttl>90</ttl>", "sy": sy, "rank": "<ttl>90</ttl>",
             "hours": "<skipHours>" + "".join(f"<hour>{h}</hour>" for h in range(24) if h != hour) + "</skipHours>",
             "days": "<skipDays>" + "".join(f"<day>{d}</day>" for d in days if d != day) + "</skipDays>"}
    for name, head in heads.items():
        web.on("/" + name, Reply(200, rss("x", head=head), **({"Cache_Control": "max-age=2"} if name == "rank" else {})))
    couacd = start(rig, {name: web.base + "/" + name for name in heads})
    assert [couacd.plan(name)[1] for name in ("ttl", "sy", "rank")] == [90 * MINUTE, 30 * MINUTE, 2]
    at = couacd.plan("hours")[0]
    assert gmt_hour(at) == hour and 4 * HOUR < at - now < 7 * HOUR, (at - now, hour)
    at = couacd.plan("days")[0]
    assert time.strftime("%A", time.gmtime(at)) == day and DAY < at - now < 4 * DAY, (at - now, day)


def posts_every(seconds, n=12):
    items = "".join(f"<item><guid>{i}</guid><description>{i}</description>"
                    f"<pubDate>{email.utils.formatdate(time.time() - 10 - i * seconds)}</pubDate></item>" for i in range(n))
    return Reply(200, f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode(), ETag='"1"')


def b14_the_interval_follows_the_rhythm_of_the_feed(rig):
    web = rig.keep(Web())
    # half the gap, between 5 min and 2 h; a single post has no rhythm: poll.interval
    gaps = {"hourly": (HOUR, 12, 30 * MINUTE), "busy": (MINUTE, 12, 5 * MINUTE), "rare": (DAY, 12, 2 * HOUR),
            "one": (HOUR, 1, 15 * MINUTE)}
    for name, (gap, n, _) in gaps.items():
        web.on("/" + name, posts_every(gap, n))
    couacd = start(rig, {name: {"url": web.base + "/" + name, **PLANNED} for name in gaps})
    for name, (_, _, want) in gaps.items():
        at, interval = couacd.plan(name)
        wait = at - time.time()
        assert abs(interval - want) < 2 and wait > want - 30, (name, wait, interval)


def b15_requests_are_spread_and_the_first_minute_of_an_hour_is_left_out(rig):
    web = rig.keep(Web())
    n, now = 150, time.time()
    # The interval ends a little before a full hour, so that its jitter leads across it.
    every = int((now // HOUR + 3) * HOUR - now) - 120
    web.on("/f", Reply(200, rss("x")))
    couacd = start(rig, {f"s{i}": {"url": f"{web.base}/f?{i}", "every": f"{every} s"} for i in range(n)})
    wait_for("all of them", lambda: len(web.requests) >= n)
    wait_for("all on the disk", lambda: row_count(couacd) >= n)
    at = sorted(r.at for r in web.requests)
    assert at[-1] - at[0] >= n * 0.05 * 0.6, f"all asked within {at[-1] - at[0]:.1f} s"
    with couacd.database() as db:
        planned = [ms / 1000 for (ms,) in db.execute("SELECT next_ms FROM source")]
    assert min(planned) >= now + every and max(planned) - min(planned) >= every * 0.1, (every, planned)
    assert not [t for t in planned if t % HOUR < MINUTE], [t % HOUR for t in planned]
    across = sum(t // HOUR > (now + every) // HOUR for t in planned)
    assert across > n // 4, f"only {across} were led across the hour: the test shows nothing"


def row_count(couacd):
    with couacd.database() as db:
        return db.execute("SELECT count(*) FROM source WHERE polls > 0").fetchone()[0]


def b16_a_restart_asks_nothing_before_its_time(rig):
    web = rig.keep(Web())
    web.on("/old", Reply(200, rss("x")))
    web.on("/bad", Reply(404))
    couacd = start(rig, {n: {"url": web.base + "/" + n, "every": "1 h"} for n in ("old", "bad")})
    couacd.plan("old"), couacd.plan("bad")
    for n, end in enumerate((couacd.stop, couacd.kill, couacd.stop)):
        end()
        couacd.write_config({n: {"url": web.base + "/" + n, "every": "1 h"} for n in ("old", "bad")} |
                            {f"new{n}": web.on(f"/new{n}", Reply(200, rss("x")))})
        couacd.start()
        polls(web, f"/new{n}", 2)
    assert len(web.seen("/old")) == len(web.seen("/bad")) == 1
    couacd.passes(3 * HOUR)
    polls(web, "/old", 2), polls(web, "/bad", 2)


# --- the request ---------------------------------------------------------------------


def observed(rig, path="/feed", n=3, **reply):
    """The requests that one ordinary source makes."""
    web = rig.keep(Web())
    web.on(path, Reply(200, rss("x"), **reply))
    start(rig, {"shop": web.base + path}, poll={"contact": "https://shop.example/bot"})
    polls(web, path, n)
    return web


def b18_connections_are_used_again(rig):
    web = observed(rig)
    assert web.connections == 1, f"{web.connections} connections for {len(web.requests)} requests"


def b19_only_get(rig):
    web = rig.keep(Web())
    for path, reply in (("/feed", Reply(200, rss("x"))), ("/no", Reply(405, Allow="GET")), ("/to", Reply(307, Location="/feed"))):
        web.on(path, reply)
    start(rig, {n: web.base + "/" + n for n in ("feed", "no", "to")})
    polls(web, "/feed", 4), polls(web, "/no", 2)
    assert {r.method for r in web.requests} == {"GET"}


def b20_the_url_goes_out_as_given_and_nothing_else_is_asked(rig):
    path = "/a/../b//c?z=1&a=%7e&z=2&A=%C3%A9;x"
    web = observed(rig, path)
    assert {r.path for r in web.requests} == {path}, {r.path for r in web.requests}


def b21_no_cookie(rig):
    web = observed(rig, Set_Cookie="id=1; Path=/; Max-Age=9999")
    assert all(r.get("cookie") is None for r in web.requests)


def b22_no_referer(rig):
    web = rig.keep(Web())
    web.on("/from", Reply(302, Location="/feed"))
    web.on("/feed", Reply(200, rss("x")))
    start(rig, {"shop": web.base + "/from"})
    polls(web, "/feed", 2)
    assert all(r.get("referer") is None for r in web.requests)


def b23_the_user_agent_names_us_and_nobody_else(rig):
    web = observed(rig)
    version = subprocess.run([COUAC, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    assert {r.get("user-agent") for r in web.requests} == {f"couac/{version} (+https://shop.example/bot)"}


def b24_accept_names_feeds_and_compression_is_offered(rig):
    for request in observed(rig).requests:
        for kind in ("application/rss+xml", "application/atom+xml", "application/feed+json", "text/xml"):
            assert kind in request.get("accept"), request.lines
        assert "gzip" in request.get("accept-encoding"), request.lines


# --- elsewhere, or nowhere -----------------------------------------------------------


def b25_permanent_redirects_are_believed_after_three_and_temporary_ones_never(rig):
    web = rig.keep(Web())
    codes = (301, 308, 302, 303, 307)
    for code in codes:
        web.on(f"/from{code}", Reply(code, Location=f"/to{code}"))
        web.on(f"/to{code}", Reply(200, rss(f"at {code}")))
    web.on("/page", Reply(301, Location="/parked"))
    web.on("/parked", Reply(200, b"<html>This domain is for sale"))
    web.on("/wavers", then(*[Reply(301, Location=f"/to{(301, 308)[n % 2]}") for n in range(50)]))
    sources = {f"s{code}": f"{web.base}/from{code}" for code in codes}
    couacd = start(rig, {**sources, "page": web.base + "/page", "wavers": web.base + "/wavers"}, poll={"backoff_max": "1 s"})
    for code in (301, 308):
        wait_for("the move", lambda c=code: couacd.logged(rf"event=source.moved source=s{c} from=\S+/from{c} to=\S+/to{c}"))
        polls(web, f"/to{code}", len(web.seen(f"/to{code}")) + 2)
        assert len(web.seen(f"/from{code}")) == 3, (code, len(web.seen(f"/from{code}")))
    for path in ("/from302", "/from303", "/from307", "/page", "/wavers"):
        polls(web, path, 5)
    assert len(couacd.logged("event=source.moved")) == 2
    assert couacd.stop() == 0
    before = len(web.seen("/from301"))
    couacd.start()
    polls(web, "/to301", len(web.seen("/to301")) + 1)
    assert len(web.seen("/from301")) == before, "the restart forgot the move"


def b26_redirects_end_and_stay_with_http(rig):
    web = rig.keep(Web())
    web.on("/loop", Reply(301, Location="/loop"))
    targets = ["file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://127.0.0.1/x", "data:text/xml,<rss/>",
               "javascript:1"]
    for n, target in enumerate(targets):
        web.on(f"/{n}", Reply(302, Location=target))
    couacd = start(rig, {**{f"s{n}": f"{web.base}/{n}" for n in range(len(targets))}, "loop": web.base + "/loop"})
    wait_for("the loop", lambda: couacd.logged("event=poll.failed source=loop why=redirects"))
    assert len(web.seen("/loop")) <= 6 * len(couacd.logged("event=poll.done source=loop")) + 6
    for n in range(len(targets)):
        wait_for(targets[n], lambda s=n: couacd.logged(rf"event=poll.failed source=s{s} why=(url|broken|status)"))


def b27_gone_is_gone_and_all_else_is_tried_again_more_and_more_slowly(rig):
    web, context = rig.keep(Web()), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(rig.folder))
    urls = {"gone": web.on("/gone", Reply(410)), "lost": web.on("/lost", Reply(404)), "shut": web.on("/shut", Reply(403)),
            "dns": "http://no-such-host.invalid/", "tls": f"https://localhost:{rig.keep(Web(tls=context)).port}/", "connect": "http://127.0.0.1:1/"}
    couacd = start(rig, urls)
    whys = {"lost": "status status=404", "shut": "status status=403", "dns": "(dns|timeout)", "tls": "tls", "connect": "connect"}
    for name, why in whys.items():
        wait_for(name, lambda n=name, w=why: couacd.logged(f"event=poll.failed source={n} why={w} "))
    assert couacd.logged("event=source.gone source=gone"), "the operator was not told"
    for name in ("lost", "shut"):
        a, b, c = (r.at for r in polls(web, "/" + name, 3))
        assert b - a >= 2 and c - b >= 4, (name, b - a, c - b)
    assert couacd.stop() == 0
    with couacd.database() as db:
        db.execute("UPDATE source SET failures = 60, next_ms = next_ms - 30000 WHERE id <> 'gone'")
        db.commit()
    couacd.start()
    for name in whys:
        row = wait_for(name, lambda n=name: (r := couacd.row(n))["failures"] > 60 and r)
        assert row["interval_ms"] == 7 * DAY * 1000, (name, row["interval_ms"])
        assert row["next_ms"] / 1000 - time.time() <= 7 * DAY * 1.13, name
    web.on("/lost", Reply(200, rss("x")))
    couacd.passes(8 * DAY)
    wait_for("that it is well again", lambda: couacd.logged("event=poll.recovered source=lost"))
    assert len(web.seen("/gone")) == 1


def b28_a_login_page_is_a_failure_and_all_that_was_known_stays(rig):
    web = rig.keep(Web())
    page, feed = Reply(200, b"<!doctype html><title>Sign in</title>", ETag='"page"'), Reply(200, rss(complaint(1)), ETag='"1"')
    web.on("/feed", then(feed, page, page, Reply(304)))
    couacd = start(rig, {"shop": web.base + "/feed"}, redis=True)
    a, b, c, d = polls(web, "/feed", 4)
    assert c.at - b.at >= 2 and d.at - c.at >= 4, "it was asked as often as before"
    assert [r.get("if-none-match") for r in (b, c, d)] == ['"1"'] * 3
    assert couacd.logged("event=poll.failed source=shop why=not-a-feed")
    wait_for("that it is well again", lambda: couacd.logged("event=poll.recovered source=shop"))
    web.on("/feed", feed)
    polls(web, "/feed", len(web.seen("/feed")) + 2)
    assert couacd.alerts() == 1


def b29_adding_a_feed_costs_one_request(rig):
    web = rig.keep(Web())
    url = web.on("/feed", Reply(200, rss(complaint(1), complaint(2)), ETag='"1"'))
    couacd = rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False), SHARE, {"other": {"url": web.base + "/x", "every": "1 h"}}))
    done = subprocess.run([COUAC, "add", url, "--config", couacd.config], capture_output=True, text=True, check=False,
                          env={**os.environ, "COUAC_SHARE": SHARE})
    assert done.returncode == 0 and [r.path for r in web.requests] == ["/feed"], (done, [r.path for r in web.requests])
    couacd.write_config({"shop": {"url": url, "every": "1 h"}})
    couacd.start()
    wait_for("its posts", lambda: couacd.alerts() == 2)
    assert [r.path for r in web.requests] == ["/feed"] * 2, "feed and posts come from the same body"


def b30_bodies_and_times_have_limits(rig):
    web = rig.keep(Web())
    cases = {"endless": (listening.endless, "body-too-large"), "inflates": (listening.bomb(1), "bomb|body-too-large"),
             "ratio": (Reply(200, gzip.compress(b"<rss>" + b" " * (3 << 20), 9), Content_Encoding="gzip"), "bomb"), "headers": (listening.slow_headers, "timeout"),
             "drips": (listening.trickle, "timeout"), "body": (steady, "timeout"),
             "lines": (listening.many_headers, "headers-too-large")}
    for name, (script, _) in cases.items():
        web.on("/" + name, script)
    couacd = start(rig, {name: web.base + "/" + name for name in cases},
                   poll={"headers_timeout": "2 s", "stall_timeout": "1 s", "timeout": "4 s"})
    for name, (_, why) in cases.items():
        took = wait_for(f"{name}: {why}", lambda n=name, w=why: couacd.logged(
            rf"event=poll.done source={n} status=\d+ why=(?:{w}) .*took_ms=(\d+)"))
        assert int(took[0]) < 15000, (name, took)
    for name, limit in {"drips": "stall_timeout", "headers": "headers_timeout"}.items():
        wait_for(f"{name}: {limit}", lambda n=name, w=limit: couacd.logged(rf"event=poll.failed source={n} why=timeout .*{w}"))
    assert not couacd.logged(r"event=poll.failed source=body .*stall_timeout"), "a steady body is no stall"


def steady(request):
    """Never slow enough to be called stalled, and without an end."""
    request.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
    while True:
        request.sock.sendall(b" " * 2000)
        time.sleep(0.1)


def b31_a_reload_gets_round_neither_validators_nor_retry_after(rig):
    web = rig.keep(Web())
    web.on("/busy", Reply(429, Retry_After="3600"))
    web.on("/calm", Reply(200, rss("x"), ETag='"1"'))
    web.on("/new", Reply(200, rss("x")))
    couacd = start(rig, {"busy": web.base + "/busy", "calm": {"url": web.base + "/calm", "every": "1 h"}})
    couacd.plan("busy"), couacd.plan("calm")
    for every in ("2 h", "1 s", "1 s"):  # to wish for more is no reason to be asked at once
        couacd.write_config({"busy": {"url": web.base + "/busy", "every": every},
                             "calm": {"url": web.base + "/calm", "every": every}, "new": web.base + "/new"})
        couacd.hup()
        polls(web, "/new", len(web.seen("/new")) + 2)
    assert len(web.seen("/busy")) == len(web.seen("/calm")) == 1
    couacd.passes(50 * MINUTE)
    polls(web, "/new", len(web.seen("/new")) + 2)
    assert len(web.seen("/busy")) == len(web.seen("/calm")) == 1
    couacd.passes(HOUR)
    assert polls(web, "/calm", 2)[1].get("if-none-match") == '"1"'
    polls(web, "/busy", 2)


# --- the table above -----------------------------------------------------------------


def missing(table):
    """Numbers that stand in no line of the table, or in one that names no test of theirs."""
    lines = re.findall(r"^ *(\d+) (\w+) (\w+)$", table, re.M)
    wrong = set(range(1, 32)) - {int(number) for number, _, _ in lines}
    for number, module, name in lines:
        tests = TESTS if module == "citizen" else importlib.import_module(module).TESTS
        if not name.startswith(f"b{int(number):02d}_") or name not in [t.__name__ for t in tests]:
            wrong.add(int(number))
    return sorted(wrong)


def every_behaviour_has_its_test(rig):
    os.environ.setdefault("COUAC_TEST_NAMESPACE", "only looked at")  # of public.py
    assert not missing(__doc__), missing(__doc__)
    assert missing(__doc__.replace(" b10_", " b11_").replace("b31_a_reload", "b31_no_such")) == [10, 31]
    unnamed = [t.__name__ for t in TESTS[:-1] if t.__name__ not in __doc__]
    assert not unnamed, unnamed


TESTS = [value for name, value in list(globals().items()) if re.match(r"b\d\d_", name)] + [every_behaviour_has_its_test]

if __name__ == "__main__":
    wanted = sys.argv[4:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM, at_once=8))
