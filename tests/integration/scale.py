#!/usr/bin/env python3
"""A hundred thousand sources: start-up, memory at rest, and no rush.

    scale.py COUACD SHARE [sources=N]
"""

import os
import sys
import time

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, rss

PROGRAM, SHARE = sys.argv[1], sys.argv[2]
SOURCES = int(dict(a.split("=") for a in sys.argv[3:]).get("sources", 100000))
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
    time.sleep(3)
    rate = len(web.requests) / (time.monotonic() - began)
    each = (couacd.rss_kib() - empty_kib) * 1024 / SOURCES
    fair = SOURCES / 900
    wait_for("all of them in Redis", lambda: redis.do("HLEN", "couac:sources") == SOURCES, 100)
    listed = time.monotonic() - began
    stalls = couacd.logged(r"event=loop.stall late_ms=(\d+)")
    assert couacd.stop() == 0
    sanitized = rig.sanitized()
    assert sanitized or took <= 2.0 * SOURCES / 100000 + 1, f"start-up took {took:.2f} s"
    assert sanitized or each <= 2048, f"{each:.0f} bytes a source"
    assert 0.3 * fair <= rate <= 2 * fair + 20, f"{rate:.0f} requests/s where {fair:.0f} are fair"
    return (f"{SOURCES} sources: start {took:.2f} s, {each:.0f} bytes each, {rate:.0f} requests/s, "
            f"listed after {listed:.0f} s, stalls {stalls} ms")


if __name__ == "__main__":
    sys.exit(redis_rig.run([many_sources_start_fast_rest_cheaply_and_do_not_rush], PROGRAM))
