#!/usr/bin/env python3
"""A hundred thousand sources: start-up, flat memory, no stall, and no rush.

    scale.py COUACD SHARE [sources=N] [seconds=N]

`seconds` is how long it is watched after the list of sources stands in Redis.
"""

import collections
import os
import sys
import time

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, rss

PROGRAM, SHARE = sys.argv[1], sys.argv[2]
SETTINGS = {"sources": 100000, "seconds": 5, **{k: int(v) for k, v in (a.split("=") for a in sys.argv[3:])}}
SOURCES = SETTINGS["sources"]
GROWTH_KIB = 8192
PER_FILE = 5000


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        user, system = f.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def many_sources_start_fast_rest_cheaply_and_do_not_rush(rig):
    web = rig.keep(Web())
    answer = Reply(200, rss("x"), ETag='"1"')
    web.scripts = type("Any", (dict,), {"get": lambda self, path: lambda request: answer})()
    redis = rig.redis(durable=False)
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {}, sources_folder="more",
                             log="{level: info, format: logfmt}"))
    with open(couacd.config, encoding="utf-8") as f:
        text = "".join(line for line in f if "level: debug" not in line)
    with open(couacd.config, "w", encoding="utf-8") as f:
        f.write(text)
    folder = os.path.join(couacd.folder, "more")
    os.makedirs(folder)
    couacd.start()
    empty_kib = couacd.rss_kib()
    couacd.stop()
    for start in range(0, SOURCES, PER_FILE):
        with open(os.path.join(folder, f"{start:07d}.yaml"), "w", encoding="utf-8") as f:
            for n in range(start, min(start + PER_FILE, SOURCES)):
                f.write(f"feed-{n}: {{url: {web.base}/feeds/number/{n}.xml, network: private, every: 15 min}}\n")
    os.unlink(couacd.log)
    couacd.start()
    took = cpu_seconds(couacd.process.pid)  # what other programs do meanwhile is not its matter
    began = time.monotonic()
    wait_for("polls", lambda: len(web.requests) >= 200)
    wait_for("all of them in Redis", lambda: redis.do("HLEN", "couac:sources") == SOURCES, 100)
    listed, rest_kib = time.monotonic() - began, couacd.rss_kib()
    each = (rest_kib - empty_kib) * 1024 / SOURCES
    time.sleep(SETTINGS["seconds"])
    grown_kib = couacd.rss_kib() - rest_kib
    rate = len(web.requests) / (time.monotonic() - began)
    busiest = max(collections.Counter(int(r.at) for r in web.requests).values())
    fair = SOURCES / 900
    assert couacd.stop() == 0
    sanitized = rig.sanitized()
    assert sanitized or took <= 2.0 * SOURCES / 100000 + 1, f"start-up took {took:.2f} s"
    assert sanitized or each <= 2048, f"{each:.0f} bytes a source"
    assert sanitized or grown_kib <= GROWTH_KIB, f"memory grew by {grown_kib} KiB in {SETTINGS['seconds']} s"
    assert 0.3 * fair <= rate <= 2 * fair + 20, f"{rate:.0f} requests/s where {fair:.0f} are fair"
    assert busiest <= 3 * fair + 60, f"{busiest} requests in one second, {fair:.0f} are fair"
    assert not couacd.stalls(), f"the loop stalled, {couacd.stalls()} ms"
    return (f"{SOURCES} sources: start {took:.2f} s, {each:.0f} bytes each, +{grown_kib} KiB in {SETTINGS['seconds']} s, "
            f"{rate:.0f} requests/s, {busiest} in the busiest second, listed after {listed:.0f} s")


if __name__ == "__main__":
    sys.exit(redis_rig.run([many_sources_start_fast_rest_cheaply_and_do_not_rush], PROGRAM))
