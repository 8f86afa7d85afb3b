#!/usr/bin/env python3
"""What becomes of alerts: the board of promises, routing, what consumers say, forgetting.

    telling.py COUACD COUAC SHARE

A daemon, a real Redis, and the tool, together."""

import json
import os
import subprocess
import sys
import time

import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, rss

PROGRAM, COUAC = sys.argv[1:3]
SHARE = os.path.abspath(sys.argv[3])

RULES = """couac: 1
owners:
  logistics: {queue: logistics}
  care: {contact: care@brume.example}
promises:
  delivery-48h:
    says: Livré chez vous en 48 h
    owner: logistics
    limit: at most 48 h
    about: [<parcel>]
    against: [<elapsed>, <not-there>]
    kept: [recu en <duration>]
  free-returns:
    says: Free returns
    owner: care
    limit: at most 0 €
    about: [return|returns]
    against: [<money>]
  draft-fees:
    says: No fee
    owner: care
    status: draft
    about: [fee|fees]
    against: [charged|billed]
"""
LATE = ["6 jours que j'attends mon colis", "8 jours que j'attends mon colis", "Colis jamais arrivé, toujours rien reçu",
        "Been waiting 4 days for my parcel"]
KEPT = ["Colis recu en 24 h, parfait"]


def tool(redis, *args, status=(0,)):
    done = subprocess.run([COUAC, *args, "--url", redis.url], capture_output=True, timeout=30, check=False)
    assert done.returncode in status, (done.returncode, done.stdout.decode(), done.stderr.decode())
    return done.stdout.decode()


def board(redis):
    lines = subprocess.run([COUAC, "promises", "--json", "--url", redis.url], capture_output=True, timeout=30,
                           check=False).stdout.decode().splitlines()
    return {line["promise"]: line for line in map(json.loads, lines)}


def listen(rig, *posts, rules=RULES, durable=False, **more):
    """(redis, web, couacd): a daemon that hears these posts at /feed."""
    web, redis = rig.keep(Web()), rig.redis(durable=durable)
    web.posts = list(posts)
    url = web.on("/feed", lambda request: Reply(200, rss(*web.posts)))
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {"reviews": url}, rules=rules, **more)).start()
    return redis, web, couacd


def the_board_shows_how_promises_fare(rig):
    redis, web, couacd = listen(rig, *LATE, *KEPT)
    wait_for("the counts", lambda: board(redis).get("delivery-48h", {}).get("total") == 5)
    seen = board(redis)
    assert list(seen) == ["delivery-48h", "draft-fees", "free-returns"], list(seen)
    line = seen["delivery-48h"]
    assert line["owner"] == "logistics" and line["state"] == "strained" and line["rate"] == 0.2, line
    assert line["low"] < 0.05 and 0.6 < line["high"] < 0.7 and line["against"][-1] == 4, line
    today = line["today"]
    assert (today["broken"], today["suspected"], today["kept"]) == (3, 1, 1), today
    assert today["median_excess"] == 3.0, today
    assert seen["free-returns"]["state"] == "unheard"
    web.posts.append("9 jours que j'attends mon colis")
    web.posts += [f"{n} jours que j'attends mon colis" for n in range(10, 20)]
    wait_for("the change", lambda: board(redis)["delivery-48h"]["state"] == "broken")
    text = tool(redis, "promises", status=(1,))
    assert "broken" in text and "█" in text and "delivery-48h" in text.splitlines()[1], text
    fields = redis.do("HGETALL", "couac:ledger:delivery-48h")
    fields = dict(zip(fields[::2], fields[1::2]))
    assert fields["state"] == "broken" and json.loads(fields["today"])["broken"] == 14, fields
    assert json.loads(fields[time.strftime("%Y-%m-%d", time.gmtime())]) == json.loads(fields["today"])
    assert 80 * 86400 < redis.do("TTL", "couac:ledger:delivery-48h") <= 90 * 86400
    assert redis.do("TTL", "couac:promises") > 80 * 86400


def the_board_comes_back_after_a_restart_of_either_side(rig):
    redis, _, couacd = listen(rig, *LATE, *KEPT)
    wait_for("the counts", lambda: board(redis).get("delivery-48h", {}).get("total") == 5)
    before = board(redis)
    redis.kill()
    redis.wipe()
    redis.start()
    wait_for("all of it in the empty Redis", lambda: board(redis) == before)
    couacd.stop()
    redis.do("FLUSHALL")
    couacd.start()
    wait_for("all of it from the disk", lambda: board(redis) == before)


def the_board_follows_the_rules(rig):
    redis, _, couacd = listen(rig, *LATE)
    wait_for("the counts", lambda: board(redis).get("delivery-48h", {}).get("total") == 4)
    couacd.write_rules(RULES.replace("free-returns:", "returns-free:").replace("Livré chez vous", "Livré"))
    couacd.hup()
    wait_for("the new promises", lambda: "returns-free" in board(redis))
    seen = board(redis)
    assert "free-returns" not in seen and seen["delivery-48h"]["says"] == "Livré en 48 h", seen
    assert seen["delivery-48h"]["total"] == 4


def nothing_in_redis_is_said_to_be_so(rig):
    redis = rig.redis(durable=False)
    done = subprocess.run([COUAC, "promises", "--url", redis.url], capture_output=True, timeout=30, check=False)
    assert done.returncode == 2 and b"is couacd running" in done.stderr, done


TESTS = [the_board_shows_how_promises_fare, the_board_comes_back_after_a_restart_of_either_side,
         the_board_follows_the_rules, nothing_in_redis_is_said_to_be_so]

if __name__ == "__main__":
    wanted = sys.argv[4:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
