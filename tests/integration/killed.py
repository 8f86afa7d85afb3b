#!/usr/bin/env python3
"""couacd killed at random moments while it polls, judges and delivers.

    killed.py COUACD SHARE [kills=N] [seed=N]

A feed shows ever more complaints. couacd is killed with SIGKILL N times and started again;
Redis (AOF, fsync always) is killed now and then too. In the end each complaint must be in the
stream once, and in the order it was written.
"""

import json
import os
import random
import subprocess
import sys
import time

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, complaint, rss

PROGRAM, SHARE = sys.argv[1], sys.argv[2]
OPTIONS = dict(a.split("=") for a in sys.argv[3:])
KILLS, SEED = int(OPTIONS.get("kills", 10)), int(OPTIONS.get("seed", time.time_ns() % 10 ** 6))


def nothing_is_lost_and_nothing_comes_twice(rig):
    chance = random.Random(SEED)
    web, posts = rig.keep(Web()), []

    def growing(request):
        for _ in range(chance.randrange(1, 6)):
            posts.append(complaint(f"{len(posts):05d}."))
        return Reply(200, rss(*posts[-60:]))
    web.on("/feed", growing)
    redis = rig.redis()
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {"shop": web.base + "/feed"})).start()
    for n in range(KILLS):
        polls = len(web.seen("/feed"))
        wait_for("a poll", lambda: len(web.seen("/feed")) > polls)
        time.sleep(chance.random() * chance.choice((0.01, 0.1, 0.4)))
        if n % 4 == 3:
            redis.kill()
        couacd.kill()
        if not redis.process:
            redis.start()
        couacd.start(wait=False)
    web.on("/feed", lambda r: Reply(200, rss(*posts[-60:])))
    polls = len(web.seen("/feed"))
    wait_for("last polls", lambda: len(web.seen("/feed")) >= polls + 2)
    # What the feed shows no more when it is polled again cannot be known; sixty is plenty.
    wait_for("all alerts", lambda: couacd.alerts() >= len(posts))
    couacd.stop()
    got = []
    for _, fields in redis.do("XRANGE", "couac:alerts", "-", "+"):
        event = json.loads(dict(zip(fields[::2], fields[1::2]))["data"])
        got.append(event["data"]["mention"]["excerpt"].split("number ")[1][:5])
    want = [f"{n:05d}" for n in range(len(posts))]
    assert sorted(got) == want, f"lost {sorted(set(want) - set(got))[:5]}, twice {len(got) - len(set(got))}"
    assert got == want, "not in order"
    check = subprocess.run(["sqlite3", os.path.join(couacd.state, "couac.db"), "PRAGMA integrity_check"],
                           capture_output=True, text=True, check=False) if os.path.exists("/usr/bin/sqlite3") else None
    assert check is None or check.stdout.strip() == "ok", check
    return f"{KILLS} kills, {len(posts)} alerts, seed {SEED}"


if __name__ == "__main__":
    redis_rig.DEADLINE = 60.0
    sys.exit(redis_rig.run([nothing_is_lost_and_nothing_comes_twice], PROGRAM))
