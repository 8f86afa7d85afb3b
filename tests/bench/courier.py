#!/usr/bin/python3
"""courier - alerts a second into Redis, beside a bare pipelining client in the same run.

usage: courier.py FEEDER BARE [rows=200000] [bytes=1200] [rounds=5]

A backlog of `rows` waits in the state file; what is timed is its way into Redis. The peak
of memory and the longest stall of the loop are the feeder's own. On a machine with other
work the speeds are those of the scheduler; the seconds of CPU, of the client and of Redis,
then still say what a row costs (the courier's include its start).
"""

import os
import resource
import statistics
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "integration"))
import redis_rig  # noqa: E402

SETTINGS = {"rows": 200000, "bytes": 1200, "rounds": 5}


def cpu(redis):
    """Seconds used so far, (of our children that ended, of Redis)."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    info = dict(line.split(":") for line in redis.do("INFO", "cpu").split("\r\n") if ":" in line)
    return used.ru_utime + used.ru_stime, float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def since(redis, before):
    return " + ".join(f"{now - then:.2f}" for now, then in zip(cpu(redis), before))


def bare(redis, program):
    before = cpu(redis)
    out = subprocess.run([program, redis.path, str(SETTINGS["rows"]), str(SETTINGS["bytes"])],
                         check=True, capture_output=True, text=True).stdout
    used = since(redis, before)
    redis.do("FLUSHALL")
    return float(out), used


def courier(rig, redis, n):
    rows = SETTINGS["rows"]
    # first only fill the outbox: nobody listens there, and its life is short
    rig.feeder("unix:///nowhere", rows, name=f"state{n}", bytes=SETTINGS["bytes"], batch=1000, limit=1).done()
    before = cpu(redis)
    # without a group's floor the stream would be cut to its cap, 100,000, five seconds from now
    report = rig.feeder(redis.url, rows, name=f"state{n}", bytes=SETTINGS["bytes"], cap=rows).done()
    report["cpu"] = since(redis, before)
    there = redis.do("XLEN", "couac:alerts")
    assert there == rows, f"{there} rows of {rows} are in Redis: {report['text']}"
    redis.do("FLUSHALL")
    return rows * 1000 / report["ms"], report


def main(feeder, bare_program):
    redis_rig.DEADLINE = 600
    floors, speeds = [], []
    with redis_rig.Rig(feeder) as rig:
        redis = rig.redis(durable=False)
        for n in range(SETTINGS["rounds"]):
            floor, used = bare(redis, bare_program)
            speed, report = courier(rig, redis, n)
            floors.append(floor)
            speeds.append(speed)
            print(f"round {n + 1}: bare {floor:8.0f}/s ({used} s)  courier {speed:8.0f}/s ({report['cpu']} s)  "
                  f"peak {report['peak_kib'] / 1024:.1f} MiB  longest stall {report['lag_ms']} ms", flush=True)
    ratio = statistics.median(s / f for s, f in zip(speeds, floors))
    print(f"{SETTINGS['rows']} rows of {SETTINGS['bytes']} bytes: courier {statistics.median(speeds):.0f}/s, "
          f"{ratio:.2f} of the bare client; the best rounds: {max(speeds):.0f}/s, {max(speeds) / max(floors):.2f}")


if __name__ == "__main__":
    for setting in sys.argv[3:]:
        key, value = setting.split("=")
        SETTINGS[key] = int(value)
    main(sys.argv[1], sys.argv[2])
