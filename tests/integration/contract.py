#!/usr/bin/env python3
"""What couacd sends is what `couac schema alert` says, and what the posts said.

    contract.py COUACD COUAC SHARE TEST_DESK

A daemon hears posts of every kind that its rules know; each event in Redis is
validated, its evidence looked up in the excerpt, its flat copies compared."""

import copy
import json
import os
import re
import subprocess
import sys

import json_schema
import redis_rig
from redis_rig import wait_for
from web_rig import Couacd, Reply, Web, rss

PROGRAM, COUAC = sys.argv[1:3]
SHARE = os.path.abspath(sys.argv[3])
TEST_DESK = sys.argv[4]

RULES = """couac: 1
owners:
  logistics: {queue: logistics}
  care: {}
promises:
  delivery-48h:
    says: Livré chez vous en 48 h
    source: https://brume.example/envoi
    owner: logistics
    limit: at most 48 h
    about: [<parcel>]
    against: [<elapsed>, <not-there>]
    unless: [précommande]
    severity: {high: [over 5 days]}
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

ALERTS = ["6 jours que j'attends mon colis, merci pour la « livraison 48h » 👏 …",
          "Étrange 🇫🇷 : toujours rien reçu, mon colis n'est jamais arrivé",
          "They took 4,90 € for the return of my shoes",
          "Been waiting 9 days for my parcel. " + "Really 🙂 " * 120]
QUIET = ["Colis reçu en 24 h, parfait", "Précommande : 6 jours que j'attends mon colis"]
SHADOW = ["They charged me a fee out of nothing"]


def schema():
    return json.loads(subprocess.run([COUAC, "schema", "alert"], check=True, capture_output=True, timeout=20).stdout)


def heard(rig):
    """(redis, entries of the streams by name) after a daemon heard all posts."""
    web = rig.keep(Web())
    redis = rig.redis(durable=False)
    url = web.on("/feed", lambda request: Reply(200, rss(*ALERTS, *QUIET, *SHADOW)))
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {"reviews": url}, rules=RULES)).start()
    wait_for("all alerts", lambda: couacd.alerts() >= len(ALERTS) and redis.do("XLEN", "couac:shadow"))
    wait_for("one poll more", lambda: len(web.seen("/feed")) >= 2)
    assert couacd.stop() == 0
    streams = {name: [dict(zip(f[::2], f[1::2])) for _, f in redis.do("XRANGE", f"couac:{name}", "-", "+")]
               for name in ("alerts", "incidents", "ops", "shadow")}
    return redis, streams


def check_evidence(event):
    data = event["data"]
    excerpt = data["mention"]["excerpt"]
    for piece in data["evidence"] + data.get("against", []):
        if "start" in piece:
            assert excerpt[piece["start"]:piece["end"]] == piece["text"], (piece, excerpt)


def check_entry(entry):
    event = json.loads(entry["data"])
    assert "\n" not in entry["data"] and len(entry["data"].encode()) <= 64 * 1024
    wrong = json_schema.errors(event, schema())
    assert not wrong, wrong
    if event["type"] != "couac.alert.v1":
        return event
    alert = event["data"]["alert"]
    flat = {"id": alert["id"], "type": event["type"], "status": alert["status"], "severity": alert["severity"],
            "promise": event["subject"], "owner": alert["owner"], "title": alert["title"]}
    for key, value in flat.items():
        assert entry[key] == value, (key, entry[key], value)
    check_evidence(event)
    return event


def every_event_fits_the_schema_and_quotes_the_post(rig):
    redis, streams = heard(rig)
    events = [check_entry(e) for entries in streams.values() for e in entries]
    alerts = [json.loads(e["data"]) for e in streams["alerts"]]
    assert len(alerts) == len(ALERTS), [a["data"]["mention"]["excerpt"] for a in alerts]
    assert [json.loads(e["data"])["subject"] for e in streams["shadow"]] == ["draft-fees"]
    measured = [a["data"]["contradiction"] for a in alerts if a["data"]["contradiction"]["strength"] == "measured"]
    assert sorted(m["observed"]["amount"] for m in measured) == [4.9, 6, 9], measured
    assert any(a["data"]["mention"]["truncated"] for a in alerts)
    assert len({e["id"] for e in events}) == len(events)
    seqs = [e["data"]["trace"]["seq"] for e in events if "trace" in e["data"]]
    assert len(set(seqs)) == len(seqs)
    queued = [e for e in redis.do("LRANGE", "couac:queue", "0", "-1")]
    assert queued == [e["data"] for e in streams["alerts"]]
    own = redis.do("LRANGE", "couac:queue:logistics", "0", "-1")
    assert own == [e["data"] for e in streams["alerts"] if e["owner"] == "logistics"], own
    return f"{len(events)} events"


def the_schema_refuses_what_is_damaged(rig):
    _, streams = heard(rig)
    whole = json.loads(streams["alerts"][0]["data"])
    rules = schema()
    assert not json_schema.errors(whole, rules)
    damages = [lambda e: e.pop("specversion"), lambda e: e.update(type="couac.alert.v2"),
               lambda e: e["data"]["alert"].update(id="short"), lambda e: e["data"]["alert"].update(revision=0),
               lambda e: e["data"].pop("evidence"), lambda e: e["data"].update(evidence=[]),
               lambda e: e["data"]["alert"].update(severity="urgent"), lambda e: e.pop("subject"),
               lambda e: e["data"]["mention"].update(excerpt="x" * 501), lambda e: e.update(time="yesterday"),
               lambda e: e["data"]["rules"].update(sha256="0"), lambda e: e["data"]["trace"].update(seq="1")]
    for n, damage in enumerate(damages):
        broken = copy.deepcopy(whole)
        damage(broken)
        assert json_schema.errors(broken, rules), f"damage {n} was not seen"


def the_tool_shows_what_the_daemon_sent(rig):
    redis, streams = heard(rig)
    done = subprocess.run([COUAC, "alerts", "--once", "--url", redis.url], capture_output=True, timeout=20, check=True)
    text = done.stdout.decode()
    assert len(re.findall(r"^(low|medium|high|critical)  ", text, re.M)) == len(streams["alerts"])
    for entry in streams["alerts"]:
        assert entry["title"] in text, entry["title"]
    assert '"6 jours que j\'attends"' in text or "6 jours" in text


def every_event_of_the_desks_own_tests_fits_the_schema(rig):
    path = os.path.join(rig.folder, "events")
    subprocess.run([TEST_DESK], check=True, capture_output=True, timeout=60, env={**os.environ, "COUAC_EVENTS": path})
    with open(path, encoding="utf-8") as f:
        events = [json.loads(line) for line in f]
    rules = schema()
    for event in events:
        wrong = json_schema.errors(event, rules)
        assert not wrong, (wrong, event)
    known = {t for part in rules["allOf"] for t in part["if"]["properties"]["type"]["enum"]}
    seen = {e["type"] for e in events}
    assert seen <= known, seen - known
    # couacd's own troubles are told by couacd, not by the desk
    assert known - seen == {"couac.system.v1"}, known - seen
    states = {e["data"]["alert"]["status"] for e in events if "alert" in e["data"]}
    assert states == {"open", "acknowledged", "answered", "resolved", "withdrawn"}, states
    return f"{len(events)} events of {len(seen)} types"


TESTS = [every_event_of_the_desks_own_tests_fits_the_schema, every_event_fits_the_schema_and_quotes_the_post, the_schema_refuses_what_is_damaged,
         the_tool_shows_what_the_daemon_sent]

if __name__ == "__main__":
    sys.exit(redis_rig.run(TESTS, PROGRAM))
