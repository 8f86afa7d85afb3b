#!/usr/bin/env python3
"""Mention JSON that other tools put into a Redis list or stream: acknowledged once it is on the disk."""

import json
import random
import sys
import time

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, complaint

PROGRAM, SHARE = sys.argv[1], sys.argv[2]


def post(n):
    return json.dumps({"id": f"t{n}", "text": complaint(n), "lang": "en"})


def start(rig, keys, go=True):
    redis = rig.redis(durable=True)
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {"tickets": {"kind": "redis", "url": redis.url, **keys}}))
    return couacd.start() if go else couacd, redis


def all_of(couacd, n):
    wait_for(f"{n} alerts", lambda: couacd.alerts() >= n)
    time.sleep(0.3)
    assert couacd.alerts() == n, couacd.alerts()


def a_list_is_emptied_into_alerts(rig):
    couacd, redis = start(rig, {"list": "tickets"}, go=False)
    redis.do("RPUSH", "tickets", *[post(n) for n in range(300)])
    couacd.start()
    all_of(couacd, 300)
    redis.do("RPUSH", "tickets", post(300), "[" + post(301) + "," + post(302) + "]", post(7))
    all_of(couacd, 303)
    wait_for("the lists to be empty", lambda: redis.do("LLEN", "tickets") + redis.do("LLEN", "tickets:couac-1") == 0)
    assert couacd.stop() == 0


def what_is_no_post_is_set_aside(rig):
    couacd, redis = start(rig, {"list": "tickets"})
    redis.do("RPUSH", "tickets", "{broken", post(1), '{"id":"no text"}', "", post(2))
    all_of(couacd, 2)
    wait_for("refused", lambda: redis.do("LLEN", "tickets:refused") == 3)
    kept = redis.do("LRANGE", "tickets:refused", 0, -1)
    assert kept == ["{broken", '{"id":"no text"}', ""], kept
    assert couacd.logged("source.skipped source=tickets")


def _hammer(rig, keys, push, empty, rounds=8, each=120):
    """kill -9 of couacd and of Redis at random moments while others push."""
    couacd, redis = start(rig, keys)
    for n in range(rounds):
        push(redis, [post(n * each + i) for i in range(each)])
        time.sleep(random.random() * 0.15)
        couacd.kill()
        if n % 3 == 2:
            redis.kill()
            redis.start()
        couacd.start(wait=False)
    wait_for("alerts", lambda: couacd.alerts() >= rounds * each)
    wait_for("the queue to be empty", lambda: empty(redis))
    time.sleep(0.3)
    assert couacd.alerts() == rounds * each, couacd.alerts()


def a_list_survives_kills_of_both_sides(rig):
    _hammer(rig, {"list": "tickets"}, lambda redis, posts: redis.do("RPUSH", "tickets", *posts),
            lambda redis: redis.do("LLEN", "tickets") + redis.do("LLEN", "tickets:couac-1") == 0)


def _xadd(redis, posts):
    client = redis.client()
    for one in posts:
        client.send("XADD", "tickets", "*", "from", "desk", "mention", one)
    for _ in posts:
        client.reply()
    client.close()


def _pending(redis):
    return redis.do("XPENDING", "tickets", "couac")[0]


def a_stream_survives_kills_of_both_sides(rig):
    _hammer(rig, {"stream": "tickets"}, _xadd, lambda redis: _pending(redis) == 0)


def a_stream_has_its_group_its_fields_and_its_strangers(rig):
    couacd, redis = start(rig, {"stream": "tickets", "group": "ears"}, go=False)
    redis.do("XADD", "tickets", "*", "mention", post(1), "by", "x")
    redis.do("XADD", "tickets", "*", "any", post(2))
    redis.do("XADD", "tickets", "*", "a", "1", "b", "2")
    redis.do("XADD", "tickets", "*", "mention", "{broken")
    couacd.start()
    all_of(couacd, 2)
    wait_for("all acknowledged", lambda: redis.do("XPENDING", "tickets", "ears")[0] == 0)
    assert redis.do("XLEN", "tickets") == 4
    assert len(couacd.logged("source.skipped source=tickets")) == 2
    redis.do("DEL", "tickets")
    time.sleep(0.2)
    redis.do("XADD", "tickets", "*", "mention", post(3))
    all_of(couacd, 3)
    assert couacd.stop() == 0


def a_wrong_type_is_told_and_mended_by_people(rig):
    couacd, redis = start(rig, {"list": "tickets"}, go=False)
    redis.do("SET", "tickets", "x")
    couacd.start()
    wait_for("the failure", lambda: couacd.logged("source.failed source=tickets why=redis .*WRONGTYPE"))
    redis.do("DEL", "tickets")
    redis.do("RPUSH", "tickets", post(1))
    couacd.write_config({"tickets": {"kind": "redis", "url": redis.url, "list": "tickets", "about": "us"}})
    couacd.hup()
    time.sleep(0.3)
    couacd.kill()
    couacd.start()
    all_of(couacd, 1)
    assert couacd.stop() == 0


TESTS = [a_list_is_emptied_into_alerts, what_is_no_post_is_set_aside, a_list_survives_kills_of_both_sides,
         a_stream_survives_kills_of_both_sides, a_stream_has_its_group_its_fields_and_its_strangers,
         a_wrong_type_is_told_and_mended_by_people]

if __name__ == "__main__":
    wanted = sys.argv[3:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
