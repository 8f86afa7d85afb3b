#!/usr/bin/env python3
"""couacd against a scripted web server: what a poller must do, and what it must survive."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import redis_rig
from redis_rig import wait_for
from web_rig import RULES, Couacd, Reply, Web, complaint, rss

PROGRAM, SHARE = sys.argv[1], sys.argv[2]


def start(rig, sources, redis=True, **more):
    return rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False) if redis else None, SHARE, sources,
                           **more)).start()


def feed(n, **headers):
    body = rss(complaint(n))
    return lambda request: Reply(200, body, **headers)


def a_complaint_in_a_feed_becomes_one_alert(rig):
    web = rig.keep(Web())
    url = web.on("/feed", feed(1))
    couacd = start(rig, {"shop": url})
    wait_for("an alert", couacd.alerts)
    wait_for("two more polls", lambda: len(web.seen("/feed")) >= 3)
    assert couacd.alerts() == 1, "the same post alerted twice"
    assert couacd.stop() == 0


def endless(request):
    request.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss><channel>")
    while True:
        request.sock.sendall(b"<item><title>and on</title></item>" * 1000)


def bomb(layers):
    data = b"<rss>" + b" " * (64 << 20)
    for _ in range(layers):
        data = gzip.compress(data, 9)
    return Reply(200, data, Content_Encoding=", ".join(["gzip"] * layers))


def trickle(request):
    request.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        request.sock.sendall(b"x")
        time.sleep(0.2)


def slow_headers(request):
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10000:
        request.sock.sendall(bytes([byte]))
        time.sleep(0.1)


def many_headers(request):
    request.sock.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        request.sock.sendall(b"X-Header: of which there are many\r\n" * 100)


HOSTILE = {
    "endless": (endless, "body-too-large"),
    "bomb": (bomb(1), "bomb|body-too-large"),
    "bombs": (bomb(3), "bomb|body-too-large"),
    "loop": (Reply(301, Location="/loop"), "redirects"),
    "scheme": (Reply(302, Location="file:///etc/passwd"), "url|broken"),
    "gopher": (Reply(302, Location="gopher://127.0.0.1:6379/_FLUSHALL"), "url|broken"),
    "garbage": (b"\x00\xff\x7f garbage, no HTTP at all\r\n\r\n", "broken"),
    "cut": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>", "broken"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "broken"),
    "badgzip": (Reply(200, b"\x1f\x8bnot gzip", Content_Encoding="gzip"), "broken"),
    "html": (Reply(200, b"<!doctype html><title>Sign in</title><p>Log in"), "not-a-feed"),
    "binary": (Reply(200, bytes(range(256)) * 50), "not-a-feed"),
    "empty": (Reply(200, b""), "not-a-feed"),
    "wall": (Reply(403, b"<title>Just a moment...</title>", cf_mitigated="challenge"), "wall"),
    "trickle": (trickle, "timeout"),
    "slow": (slow_headers, "timeout"),
    "headers": (many_headers, "headers-too-large"),
    "unasked": (Reply(304), "status"),
    "silent": (lambda r: time.sleep(30), "timeout"),
    "closing": (lambda r: None, "broken"),
}


def hostile_servers_are_named_and_harm_nobody(rig):
    web = rig.keep(Web())
    for name, (script, _) in HOSTILE.items():
        web.on("/" + name, script)
    posts = [0]
    fast = threading.Event()

    def growing(request):
        if fast.is_set():
            posts[0] += 1
        return Reply(200, rss(*[complaint(n) for n in range(posts[0] + 1)]))
    web.on("/good", growing)
    sources = {name: web.base + "/" + name for name in HOSTILE}
    sources["good"] = web.base + "/good"
    sources["refused"] = "http://127.0.0.1:1/"
    sources["noname"] = "http://no-such-host.invalid/"
    couacd = start(rig, sources, poll={"headers_timeout": "2 s", "stall_timeout": "1 s", "timeout": "5 s"})
    start_kib = couacd.rss_kib()
    fast.set()
    for name, (_, why) in HOSTILE.items():
        wait_for(f"{name}: {why}",
                 lambda n=name, w=why: couacd.logged(rf"event=poll.failed source={n} why=({w}) "))
    wait_for("refused", lambda: couacd.logged(r"source=refused why=connect"))
    wait_for("noname", lambda: couacd.logged(r"source=noname why=(dns|timeout)"))
    wait_for("alerts of the good one", lambda: couacd.alerts() >= 3)
    good = [r.at for r in web.seen("/good")]
    worst = max(b - a for a, b in zip(good, good[1:]))
    assert worst < 4, f"the good source waited {worst:.1f} s"
    assert not couacd.stalls(), f"the loop stalled, {couacd.stalls()} ms"
    grown = couacd.rss_kib() - start_kib
    assert rig.sanitized_program(PROGRAM) or grown < 48 << 10, f"memory grew by {grown} KiB"
    assert couacd.stop() == 0
    return f"memory +{grown} KiB"


def a_loop_that_stood_still_says_so(rig):
    couacd = start(rig, {}, redis=False)

    def told_of_standing_still():  # the first stop may come before the loop turns
        couacd.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        couacd.process.send_signal(signal.SIGCONT)
        time.sleep(.5)
        return couacd.stalls()
    wait_for("the stall", told_of_standing_still)
    assert couacd.stop() == 0
    assert couacd.logged(r"event=couacd.stopping .*loop_lag_max_ms=\d{3}")


def items(*inside):
    return "".join(f"<item>{i}</item>" for i in inside)


def channel(body, head="<?xml version='1.0'?>"):
    return f"{head}<rss version='2.0'><channel>{body}</channel></rss>".encode()


def told(name, **tags):
    """An item with a complaint that only this source has."""
    return "".join(f"<{k}>{v}</{k}>" for k, v in {"guid": name, **tags}.items()) + f"<description>{complaint(name)}</description>"


LAUGHS = "<!DOCTYPE rss [<!ENTITY l0 'ha'>" + "".join(
    f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10)) + "]>"
# what is served, and how many alerts it makes; None: it is no feed
DOCUMENTS = {
    "truncated": (channel(items(told("truncated"), told("cut off")))[:-60], 1),
    "utf8": (channel(items(told("utf8"))).replace(b"days", b"days \xff\xc3"), 1),
    "nul": (channel(items(told("nul"))).replace(b"days", b"days\0 "), 1),
    "charset": (channel(items(told("charset")), "<?xml version='1.0' encoding='utf-16'?>"), 1),
    "laughs": (channel(items(told("laughs", title="&l9;")), LAUGHS), 1),
    "outside": (channel(items(told("outside", title="&x;")), "<!DOCTYPE rss [<!ENTITY x SYSTEM '{base}/secret'>]>"), 1),
    "deepxml": (channel(items(told("deepxml")) + "<item><title>" + "<b>" * 10000), 1),
    "deepjson": (b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 10000, None),
    "hugeid": (channel(items(told("hugeid").replace("<guid>", "<guid>" + "i" * (1 << 20)))), 1),
    "twins": (channel(items(told("twins"), told("twins"))), 1),
    "undated": (channel(items(told("undated"))), 1),
    "future": (channel(items(told("future", pubDate="Fri, 31 Dec 9999 23:59:59 GMT"))), 1),
}


def hostile_documents_harm_nobody_and_what_can_be_read_is(rig):
    web = rig.keep(Web())
    for name, (body, _) in DOCUMENTS.items():
        web.on("/" + name, Reply(200, body.replace(b"{base}", web.base.encode()), Content_Type="application/xml"))
    long = "Been waiting 6 days for my parcel and nobody at all answers the telephone at your shop"
    # The guid is another one each time, the post the same.
    web.on("/changing", lambda r: Reply(200, channel(items(
        f"<guid>{len(web.seen('/changing'))}</guid><link>/post</link><description>{long}</description>"))))
    web.on("/good", lambda r: Reply(200, rss("x")))
    couacd = start(rig, {name: web.base + "/" + name for name in (*DOCUMENTS, "changing", "good")})
    before_kib = couacd.rss_kib()
    for name, (_, alerts) in DOCUMENTS.items():
        wait_for(name, lambda n=name: couacd.logged(rf"event=poll.done source={n} status=200"))
        failed = couacd.logged(rf"event=poll.failed source={name} why=(\S+)")
        assert failed == (["not-a-feed"] if alerts is None else []), (name, failed)
    expected = sum(alerts or 0 for _, alerts in DOCUMENTS.values()) + 1
    wait_for("alerts", lambda: couacd.alerts() >= expected)
    asked = len(web.seen("/good"))
    wait_for("more polls", lambda: len(web.seen("/good")) >= asked + 3 and len(web.seen("/changing")) >= 4)
    entries = [json.loads(entry[1][1])["data"]["alert"] for entry in couacd.redis.do("XRANGE", "couac:alerts", "-", "+")]
    assert len(entries) == expected, entries  # another guid at the same place is no new post
    assert not web.seen("/secret"), "an external entity was fetched"
    assert not couacd.stalls(), f"the loop stalled, {couacd.stalls()} ms"
    grown = couacd.rss_kib() - before_kib
    assert rig.sanitized_program(PROGRAM) or grown < 32 << 10, f"memory grew by {grown} KiB"
    return f"memory +{grown} KiB"


SSRF = ["http://127.0.0.1:{p}/", "http://127.1:{p}/", "http://2130706433:{p}/", "http://0x7f000001:{p}/",
        "http://0177.0.0.1:{p}/", "http://localhost:{p}/", "http://0.0.0.0:{p}/", "http://0:{p}/",
        "http://[::1]:{p}/", "http://[::ffff:127.0.0.1]:{p}/", "http://[::ffff:7f00:1]:{p}/",
        "http://[::127.0.0.1]:{p}/", "http://[0:0:0:0:0:ffff:127.0.0.1]:{p}/", "http://user:pw@127.0.0.1:{p}/",
        "http://LOCALHOST:{p}/", "http://127.0.0.1.:{p}/", "http://%31%32%37.0.0.1:{p}/"]


def public_sources_never_reach_inside_however_it_is_spelt(rig):
    web = rig.keep(Web())
    web.on("/", feed(1))
    sources = {f"s{i}": {"url": u.format(p=web.port), "network": "public", "every": None}
               for i, u in enumerate(SSRF)}
    couacd = start(rig, sources, redis=False, poll={"host_gap": "0 s"})
    for i, url in enumerate(SSRF):
        wait_for(url, lambda n=i: couacd.logged(rf"event=poll.failed source=s{n} why=(forbidden|dns|url|connect|broken)"))
    assert web.connections == 0, f"{web.connections} connections got through"
    assert len(couacd.logged(r"why=forbidden")) >= 10


def a_broken_rule_file_at_reload_keeps_the_old_rules(rig):
    web = rig.keep(Web())
    posts = [complaint(0)]
    web.on("/feed", lambda r: Reply(200, rss(*posts)))
    couacd = start(rig, {"shop": web.base + "/feed"})
    wait_for("an alert", couacd.alerts)
    couacd.write_rules(RULES.replace("limit: at most 48 h", "limit: at most 48 heurs"))
    wait_for("the error", lambda: couacd.logged(r"event=reload.failed"))
    where = couacd.logged(r"event=config.error at=\S*rules/rules.yaml:(\d+):(\d+) ")
    assert where == [("8", "12")] or where[0][0] == "8", where
    posts.append(complaint(1))
    wait_for("the old rules at work", lambda: couacd.alerts() >= 2)
    ops = couacd.redis.do("XRANGE", "couac:ops", "-", "+")
    assert any("reload-failed" in str(e) for e in ops), ops
    couacd.write_rules(RULES)
    couacd.hup()
    wait_for("the good rules again", lambda: couacd.logged(r"event=reload.done"))


def a_regex_past_its_limit_is_counted_and_told(rig):
    web = rig.keep(Web())
    posts = [complaint(0)]
    web.on("/feed", lambda r: Reply(200, rss(*posts)))
    couacd = start(rig, {"shop": web.base + "/feed"})
    wait_for("the heartbeat", lambda: couacd.redis.do("HGET", "couac:status", "engine"))
    assert couacd.redis.do("HGET", "couac:status", "engine") == "none" and couacd.logged("event=couacd.started.* engine=none")
    couacd.write_rules(RULES.replace("against: [", "against: ['/(a+)+z/', "))
    couacd.hup()
    wait_for("the engine", lambda: couacd.logged("event=reload.done.* engine=(jit|interpreter) regex_limits=0"))
    assert not couacd.logged("event=rules.unfinished")
    posts.append("My parcel " + "a" * 300 + "! z")
    wait_for("the line", lambda: couacd.logged(r"event=rules.unfinished regex_limits=[1-9]"), 60)
    wait_for("the count", lambda: couacd.redis.do("HGET", "couac:status", "regex_limits") != "0", 60)
    assert couacd.redis.do("HGET", "couac:status", "engine") in ("jit", "interpreter")


def a_reload_adds_and_removes_sources_without_asking_the_others_again(rig):
    web = rig.keep(Web())
    for name in ("kept", "dropped", "added"):
        web.on("/" + name, feed(name, Cache_Control="max-age=3600"))
    couacd = start(rig, {"kept": web.base + "/kept", "dropped": web.base + "/dropped"}, redis=False)
    wait_for("both", lambda: web.seen("/kept") and web.seen("/dropped"))
    time.sleep(0.3)
    couacd.write_config({"kept": web.base + "/kept", "added": web.base + "/added"})
    couacd.hup()
    wait_for("the new one", lambda: web.seen("/added"))
    couacd.write_config({"kept": web.base + "/kept", "added": web.base + "/added", "broken": {"url": "ftp://x"}})
    couacd.hup()
    wait_for("the refusal", lambda: couacd.logged("event=reload.failed"))
    assert len(web.seen("/kept")) == 1 and len(web.seen("/added")) == 1


def reloads_in_the_middle_of_requests_harm_nothing(rig):
    web = rig.keep(Web())

    def slow(request):
        time.sleep(0.15)
        return Reply(200, rss(*[complaint(f"{request.path}-{n}") for n in range(20)]))
    names = [f"s{n}" for n in range(40)]
    for name in names:
        web.on("/" + name, slow)
    couacd = start(rig, {n: web.base + "/" + n for n in names})
    for turn in range(12):
        chosen = [n for i, n in enumerate(names) if (i + turn) % 3]
        couacd.write_config({n: {"url": web.base + "/" + n, "every": f"{1 + (turn + i) % 2} s"}
                             for i, n in enumerate(chosen)})
        couacd.hup()
        time.sleep(0.07)
    couacd.write_config({n: web.base + "/" + n for n in names})
    couacd.hup()
    wait_for("all alerts once", lambda: couacd.alerts() == 20 * len(names))
    couacd.hup()
    assert couacd.stop() == 0, open(couacd.log).read()[-3000:]
    assert couacd.alerts() == 20 * len(names)


def wrong_configuration_or_rules_at_start_end_with_78(rig):
    couacd = rig.keep(Couacd(rig, PROGRAM, None, SHARE, {}, rules=RULES.replace("48 h\n    about", "48 heurs\n    about")))
    couacd.start()
    assert couacd.process.wait(10) == 78
    assert couacd.logged(r"rules/rules.yaml:8:\d+: error: "), open(couacd.log).read()
    checked = subprocess.run([PROGRAM, "--check-config", "-c", couacd.config], capture_output=True, text=True)
    assert checked.returncode == 78 and "rules.yaml:8:" in checked.stderr, checked
    couacd.write_rules(RULES)
    couacd.write_config({"a": {"url": "http://x/", "evry": "1 s"}})
    couacd.start(wait=False)
    assert couacd.process.wait(10) == 78
    assert couacd.logged(r"couac.yaml:\d+:\d+: error: unknown key 'evry'")


def sources_may_stand_in_a_folder_of_files(rig):
    web = rig.keep(Web())
    for name in "abc":
        web.on("/" + name, feed(name))
    couacd = rig.keep(Couacd(rig, PROGRAM, None, SHARE, {"a": web.base + "/a"}, sources_folder="more"))
    folder = os.path.join(couacd.folder, "more")
    os.makedirs(folder)

    def write(name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    write("1.yaml", f"b: {{url: {web.base}/b, network: private, every: 1 s}}\n")
    couacd.start()
    wait_for("both", lambda: web.seen("/a") and web.seen("/b"))
    write("2.yaml", f"c: {{url: {web.base}/c, network: private, every: 1 s}}\n")
    wait_for("the new file, by itself", lambda: web.seen("/c"))
    write("3.yaml", "b: {url: http://other.example/}\n")
    wait_for("the refusal", lambda: couacd.logged(r"more/3.yaml:1:1: error: source 'b' is in another file too"))
    assert couacd.stop() == 0


def two_daemons_cannot_share_one_state(rig):
    first = rig.keep(Couacd(rig, PROGRAM, None, SHARE, {})).start()
    second = subprocess.run([PROGRAM, "-c", first.config], capture_output=True, text=True, timeout=10)
    assert second.returncode == 75, second
    assert first.stop() == 0


def systemd_hears_ready_reloading_status_and_watchdog(rig):
    path = os.path.join(rig.folder, "notify")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(path)
    sock.settimeout(10)
    couacd = rig.keep(Couacd(rig, PROGRAM, None, SHARE, {}))
    couacd.start(NOTIFY_SOCKET=path, WATCHDOG_USEC="600000")
    heard = []

    def hear(what):
        while not any(what in h for h in heard):
            heard.append(sock.recv(4096).decode())
    hear("READY=1")
    hear("WATCHDOG=1")
    hear("STATUS=0 sources")
    del heard[:]
    couacd.write_rules("couac: 1\nnonsense: {}\n")
    couacd.hup()
    hear("READY=1")
    text = "\n".join(heard)
    assert text.index("RELOADING=1") < text.index("STATUS=reload failed") < text.index("READY=1"), text
    assert "MONOTONIC_USEC=" in text
    couacd.process.send_signal(signal.SIGTERM)
    hear("STOPPING=1")
    assert couacd.process.wait(10) == 0


def sigterm_commits_what_came_and_redis_gets_it_later(rig):
    web = rig.keep(Web())
    web.on("/feed", Reply(200, rss(*[complaint(n) for n in range(300)])))
    redis = rig.redis(start=False, durable=False)
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {"shop": web.base + "/feed"})).start()
    wait_for("the poll", lambda: web.seen("/feed"))
    time.sleep(0.2)
    assert couacd.stop() == 0
    redis.start()
    couacd.start()
    wait_for("all alerts", lambda: couacd.alerts() == 300)
    couacd.stop()
    assert couacd.alerts() == 300


TESTS = [value for name, value in list(globals().items())
         if callable(value) and getattr(value, "__module__", "") == "__main__" and "_" in name
         and value.__code__.co_varnames[:1] == ("rig",) and value.__code__.co_argcount == 1]


def sanitized_program(self, program):
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


redis_rig.Rig.sanitized_program = sanitized_program

if __name__ == "__main__":
    wanted = sys.argv[3:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
