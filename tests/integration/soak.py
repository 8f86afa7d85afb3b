#!/usr/bin/python3
"""soak - Redis hangs for long, a backlog is large: memory stays flat.

usage: soak.py FEEDER [seconds=60] [rows=1000000]

Twenty thousand rows a second are queued while redis-server stands still (SIGSTOP) for `seconds`:
the feeder may grow by less than 8 MiB. Then a backlog of `rows` is delivered: it may need
less than 8 MiB more than one of 20,000.
"""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from redis_rig import run, wait_for  # noqa: E402

SETTINGS = {"seconds": 60, "rows": 1000000}
GROWTH_KIB = 8192
ORDERED = """
local n, last, from = tonumber(ARGV[1]), ARGV[2], ARGV[2]
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. from, '+', 'COUNT', 10000)) do
  n, last = n + 1, entry[1]
  if entry[2][4] ~= 'row-' .. n then return {-n, last} end
end
return {n, last}
"""


def ordered(redis):
    """How many rows the stream has, all in order from the first; read inside Redis."""
    n, last = 0, "0"
    while True:
        more, last = redis.do("EVAL", ORDERED, 1, "couac:alerts", n, last)
        assert more >= 0, f"out of order at row {-more}"
        if more == n:
            return n
        n = more


def redis_hung_for_long_with_flat_memory(rig):
    redis = rig.redis(durable=False)
    # no trim: a stream without groups is cut to its cap, and the rows are counted below
    feeder = rig.feeder(redis.url, 10**9, every=8, batch=260, cap=10**9)
    wait_for("rows", lambda: len(redis.do("HVALS", "couac:producer")) and redis.do("XLEN", "couac:alerts") > 20000)
    before = most = feeder.rss_kib()
    started, had = time.monotonic(), redis.do("XLEN", "couac:alerts")
    redis.process.send_signal(signal.SIGSTOP)
    while time.monotonic() < started + SETTINGS["seconds"]:
        time.sleep(0.1)
        most = max(most, feeder.rss_kib())
    feeder.process.send_signal(signal.SIGUSR1)
    took = time.monotonic() - started
    redis.process.send_signal(signal.SIGCONT)
    report = feeder.done(seconds=120)
    assert ordered(redis) == report["last"]
    assert most - before < GROWTH_KIB or rig.sanitized(), f"memory grew by {most - before} KiB"
    return (f"{(report['last'] - had) / took:.0f} rows a second queued for {took:.0f} s, memory grew by "
            f"{most - before} KiB")


def backlog(rig, redis, rows):
    name = f"backlog{rows}"
    rig.feeder("unix:///nowhere", rows, name=name, batch=1000, limit=1).done(seconds=300)
    report = rig.feeder(redis.url, rows, name=name, batch=1000, producer=name, cap=rows).done(seconds=300)
    assert ordered(redis) == rows
    redis.do("FLUSHALL")
    return report


def a_large_backlog_drains_with_flat_memory(rig):
    redis, rows = rig.redis(durable=False), SETTINGS["rows"]
    small, large = backlog(rig, redis, 20000), backlog(rig, redis, rows)
    grown = large["peak_kib"] - small["peak_kib"]
    assert grown < GROWTH_KIB or rig.sanitized(), f"memory grew by {grown} KiB"
    return (f"{rows} rows, {rows * 1000 / large['ms']:.0f} a second, peak {large['peak_kib'] / 1024:.1f} MiB, "
            f"{grown} KiB more than for 20000, longest stall {large['lag_ms']} ms")


TESTS = [redis_hung_for_long_with_flat_memory, a_large_backlog_drains_with_flat_memory]

if __name__ == "__main__":
    for setting in sys.argv[2:]:
        key, value = setting.split("=")
        SETTINGS[key] = int(value)
    sys.exit(run(TESTS, sys.argv[1], at_once=1))
