#!/usr/bin/env python3
"""What becomes of alerts: the board of promises, routing, what consumers say, forgetting.

    telling.py COUACD COUAC SHARE

A daemon, a real Redis, and the tool, together."""

import contextlib
import json
import os
import sqlite3
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


def a_long_ledger_does_not_hold_up_the_loop(rig):
    redis = rig.redis(durable=False)
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {}, rules=RULES)).start()
    couacd.stop()
    today, lines = int(time.time()) // 86400, 300_000
    with contextlib.closing(sqlite3.connect(os.path.join(couacd.state, "couac.db"))) as db, db:
        db.executemany("INSERT INTO ledger (promise, day, verdict, author, ratio) VALUES (?,?,?,?,?)",
                       (("delivery-48h" if n % 4 else "free-returns", today - n % 3 * 10, "measured", f"k1:{n % 300000}",
                         1 + n % 9) for n in range(lines)))
    os.unlink(couacd.log)
    couacd.start()

    def total(promise, day):
        told = redis.do("HGET", f"couac:ledger:{promise}", time.strftime("%Y-%m-%d", time.gmtime(day * 86400)))
        return json.loads(told) if told else {"broken": 0}
    days = [(promise, day) for promise in ("delivery-48h", "free-returns") for day in (today, today - 10, today - 20)]
    wait_for("all of it", lambda: sum(total(*d)["broken"] for d in days) == lines, 100)
    assert total("delivery-48h", today)["median_excess"] == 4 and total("delivery-48h", today)["authors"] == 75000, (
        total("delivery-48h", today))
    assert couacd.stop() == 0
    assert not couacd.stalls(), f"the loop stalled, {couacd.stalls()} ms"


def the_board_follows_the_rules(rig):
    redis, _, couacd = listen(rig, *LATE)
    wait_for("the counts", lambda: board(redis).get("delivery-48h", {}).get("total") == 4)
    couacd.write_rules(RULES.replace("free-returns:", "returns-free:").replace("Livré chez vous", "Livré"))
    couacd.hup()
    wait_for("the new promises", lambda: "returns-free" in board(redis))
    seen = board(redis)
    assert "free-returns" not in seen and seen["delivery-48h"]["says"] == "Livré en 48 h", seen
    assert seen["delivery-48h"]["total"] == 4


def a_redis_that_forbids_the_board_still_gets_its_alerts(rig):
    web, redis = rig.keep(Web()), rig.redis(durable=False)
    redis.do("ACL", "SETUSER", "default", "-sadd", "-xrange", "-expire")
    url = web.on("/feed", lambda request: Reply(200, rss(*LATE)))
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {"reviews": url}, rules=RULES)).start()
    wait_for("the alerts", lambda: couacd.alerts() == len(LATE))
    wait_for("the complaint", lambda: couacd.logged("event=board.failed.*NOPERM"))
    assert not board(redis)
    redis.do("ACL", "SETUSER", "default", "+@all")
    wait_for("the board, when it may be written", lambda: board(redis).get("delivery-48h", {}).get("total") == 4)


def nothing_in_redis_is_said_to_be_so(rig):
    redis = rig.redis(durable=False)
    done = subprocess.run([COUAC, "promises", "--url", redis.url], capture_output=True, timeout=30, check=False)
    assert done.returncode == 2 and b"is couacd running" in done.stderr, done


def events(redis, stream="alerts"):
    return [json.loads(dict(zip(f[::2], f[1::2]))["data"]) for _, f in
            redis.do("XRANGE", f"couac:{stream}", "-", "+")]


def status_of(redis, field):
    return redis.do("HGET", "couac:status", field)


def feedback_becomes_lines_of_a_corpus(rig):
    redis, _, couacd = listen(rig, *LATE)
    wait_for("the alerts", lambda: couacd.alerts() == len(LATE))
    first, second = events(redis)[:2]
    path = os.path.join(couacd.state, "feedback.jsonl")
    redis.do("XADD", "couac:feedback", "*", "alert", first["data"]["alert"]["id"], "verdict", "wrong", "by", "ann",
             "note", 'a "joke"')
    redis.do("XADD", "couac:feedback", "*", "alert", second["data"]["alert"]["id"], "verdict", "right")
    redis.do("XADD", "couac:feedback", "*", "alert", second["data"]["alert"]["id"], "verdict", "maybe")
    redis.do("XADD", "couac:feedback", "*", "alert", "0" * 26, "verdict", "right")
    redis.do("XADD", "couac:feedback", "*", "note", "x" * 6_000_000)
    wait_for("the refusals", lambda: len(couacd.logged("event=inbox.refused")) == 3)
    with open(path, encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    assert [line["want"] for line in lines] == [{"delivery-48h": False}, {"delivery-48h": True}], lines
    assert lines[0]["text"] == first["data"]["mention"]["excerpt"] and lines[0]["by"] == "ann", lines[0]
    assert lines[0]["note"] == 'a "joke"' and lines[0]["alert"] == first["data"]["alert"]["id"]
    # a restart goes on behind what was taken
    couacd.stop()
    couacd.start()
    redis.do("XADD", "couac:feedback", "*", "alert", first["data"]["alert"]["id"], "verdict", "right")
    wait_for("the third line", lambda: sum(1 for _ in open(path, encoding="utf-8")) == 3)
    done = subprocess.run([COUAC, "judge", "--json", couacd.rules, path], capture_output=True, timeout=20, check=False,
                          env={**os.environ, "COUAC_SHARE": SHARE})
    assert done.returncode in (0, 1) and done.stdout.count(b"broken") >= 3, done
    done = subprocess.run([COUAC, "replay", "--json", couacd.rules, path], capture_output=True, timeout=20, check=False,
                          env={**os.environ, "COUAC_SHARE": SHARE})
    assert done.returncode in (0, 1) and b"delivery-48h" in done.stdout, done


def dump(folder):
    return b"".join(open(os.path.join(root, name), "rb").read() for root, _, names in os.walk(folder)
                    for name in names)


def forget(redis, *args):
    done = subprocess.run([COUAC, "forget", "--json", *args, "--redis", redis.url], capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def a_person_can_be_forgotten(rig):
    web, redis = rig.keep(Web()), rig.redis(durable=False)
    items = [f"<item><guid>https://forum.example/{n}</guid><link>https://forum.example/{n}</link>"
             f"<dc:creator>{who}</dc:creator><description>{6 + n} jours que j'attends mon colis, {word}</description>"
             f"<pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime(time.time() - 60))}</pubDate></item>"
             for n, (who, word) in enumerate([("ursula", "zanzibar"), ("ursula", "quixote"), ("viktor", "marmelade"),
                                              ("viktor", "kaleidoscope")])]
    feed = ('<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>t</title>' +
            "".join(items) + "</channel></rss>").encode()
    url = web.on("/feed", lambda request: Reply(200, feed))
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {"reviews": url}, rules=RULES)).start()
    wait_for("the alerts", lambda: couacd.alerts() == 4)
    ids = {e["data"]["mention"]["url"][-1]: e["data"]["alert"]["id"] for e in events(redis)}
    for n in "023":
        redis.do("XADD", "couac:feedback", "*", "alert", ids[n], "verdict", "right")
    path = os.path.join(couacd.state, "feedback.jsonl")
    wait_for("feedback", lambda: os.path.exists(path) and sum(1 for _ in open(path, "rb")) == 3)

    # 2 alerts; 2 entries in the stream, 2 in the queue, 2 in the owner's list
    assert forget(redis, "--author", "@Ursula") == {"alerts": 2, "entries": 6}
    wait_for("the withdrawals", lambda: couacd.alerts() == 4)
    gone = [e for e in events(redis) if e["type"] == "couac.withdrawn.v1"]
    assert {e["data"]["alert"]["id"] for e in gone} == {ids["0"], ids["1"]}
    assert all(e["data"]["because"] == "forget-author" for e in gone)
    assert redis.do("XLEN", "couac:requests") == 0, "the request names the person"
    assert sum(1 for _ in open(path, "rb")) == 2

    # one post of another; its neighbour, whose URL begins alike, stays
    assert forget(redis, "--url", "https://forum.example/2") == {"alerts": 1, "entries": 3}
    wait_for("the third withdrawal", lambda: couacd.alerts() == 4)
    texts = " ".join(redis.do("LRANGE", "couac:queue", 0, -1) + redis.do("LRANGE", "couac:queue:logistics", 0, -1))
    assert "kaleidoscope" in texts and not any(w in texts for w in ("zanzibar", "quixote", "marmelade"))
    assert [e["data"]["alert"]["id"] for e in events(redis) if e["type"] == "couac.alert.v1"] == [ids["3"]]

    # nothing is heard again, asked twice nothing is left, and the disk has forgotten as well
    polls = len(web.seen("/feed"))
    wait_for("two polls more", lambda: len(web.seen("/feed")) >= polls + 2)
    assert couacd.alerts() == 4
    assert forget(redis, "--author", "ursula") == {"alerts": 0, "entries": 0}
    couacd.stop()
    kept = dump(couacd.state)
    assert b"kaleidoscope" in kept
    for word in (b"zanzibar", b"quixote", b"marmelade", b"ursula", b"Ursula"):
        assert word not in kept, f"the state still holds {word}"


def forgetting_reaches_into_the_lists_of_workers(rig):
    redis, web, couacd = listen(rig, *LATE, rules=RULES.replace("{queue: logistics}",
                                                                "{queue: logistics, envelope: celery}"))
    wait_for("the alerts", lambda: redis.do("LLEN", "logistics") == len(LATE))
    url = events(redis)[1]["data"]["mention"]["url"]
    assert forget(redis, "--url", url)["alerts"] == 1
    wait_for("the withdrawal", lambda: redis.do("LLEN", "logistics") == len(LATE))
    tasks = redis.do("LRANGE", "logistics", 0, -1)
    assert not any(url + "\\" in task for task in tasks), "the post is still there"
    assert sum("couac.withdrawn.v1" in task for task in tasks) == 1


def owners_lists_forget_with_age(rig):
    """In whatever form they are: plain, and the plain body of a Celery task."""
    redis = rig.redis(durable=False)
    old = json.dumps({"source": "urn:couac:by-hand", "time": "2020-01-01T00:00:00.000Z"}, separators=(",", ":"))
    for key in ("couac:queue", "couac:queue:care", "logistics"):
        redis.do("RPUSH", key, old, json.dumps({"body": f"[[{old}],{{}},{{}}]"}), "another's job", old)
    redis.do("RPUSH", "couac:queue:nobody", old)
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {}, rules=RULES.replace(
        "{queue: logistics}", "{queue: logistics, envelope: celery}").replace("care: {", "care: {queue: care, "))).start()
    for key in ("couac:queue", "couac:queue:care", "logistics"):
        wait_for(key, lambda key=key: redis.do("LLEN", key) == 2)
        assert redis.do("LINDEX", key, 0) == "another's job"
    wait_for("the event", lambda: any(e["data"]["what"] == "list-trimmed" for e in events(redis, "ops")))
    assert redis.do("LLEN", "couac:queue:nobody") == 1 and not couacd.logged("event=errand.age ")


def lists_of_owners_that_are_gone_forget_with_age_too(rig):
    redis, web, couacd = listen(rig, *LATE, rules=RULES)
    wait_for("the alerts", lambda: redis.do("LLEN", "couac:queue:logistics") == len(LATE))
    couacd.stop()
    old = json.dumps({"source": "urn:couac:by-hand", "time": "2020-01-01T00:00:00.000Z"}, separators=(",", ":"))
    redis.do("LPUSH", "couac:queue:logistics", old)
    couacd.write_rules(RULES.replace("{queue: logistics}", "{}"))
    couacd.start()
    wait_for("the old one to go", lambda: redis.do("LLEN", "couac:queue:logistics") == len(LATE))


def without_couacd_nothing_is_said_to_be_forgotten(rig):
    redis = rig.redis(durable=False)
    done = subprocess.run([COUAC, "forget", "--author", "x", "--url", "y", "--redis", redis.url], capture_output=True,
                          timeout=20, check=False)
    assert done.returncode == 2 and b"either --author or --url" in done.stderr


def dated(*texts):
    """Posts with ids and times of their own, as real feeds have them."""
    at = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(time.time() // 86400 * 86400 - 7200))
    items = [f"<item><guid>https://forum.example/{n}</guid><link>https://forum.example/{n}</link>"
             f"<description>{text}</description><pubDate>{at}</pubDate></item>" for n, text in enumerate(texts)]
    return ('<rss version="2.0"><channel><title>t</title>' + "".join(items) + "</channel></rss>").encode()


def identity(redis):
    """What must never change about alerts, whoever tells them and when."""
    return sorted((a["fingerprint"], a["id"], a["revision"], a["severity"], a["status"])
                  for a in (e["data"]["alert"] for e in events(redis)))


def ids_and_revisions_are_the_same_after_restarts_and_from_another_producer(rig):
    web, posts = rig.keep(Web()), list(LATE)
    url = web.on("/feed", lambda request: Reply(200, dated(*posts)))
    redis = rig.redis(durable=False)
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {"reviews": url}, rules=RULES)).start()
    wait_for("the alerts", lambda: couacd.alerts() == len(LATE))
    couacd.kill()
    couacd.start()
    polls = len(web.seen("/feed"))
    wait_for("two polls more", lambda: len(web.seen("/feed")) >= polls + 2)
    assert couacd.alerts() == len(LATE), "a restart told them again"
    posts[0] = posts[0].replace("6 jours", "7 jours") + " !!!"  # an edit, heard after another restart
    wait_for("its next revision", lambda: couacd.alerts() == len(LATE) + 1)
    edited = events(redis)[-1]["data"]["alert"]
    assert edited["revision"] == 2 and edited["id"] in {e["data"]["alert"]["id"] for e in events(redis)[:-1]}, edited
    couacd.stop()

    posts[0] = LATE[0]
    first = [i for i in identity(redis) if i[2] == 1]
    again = rig.redis(durable=False, name="second")
    other = rig.keep(Couacd(rig, PROGRAM, again, SHARE, {"elsewhere": url}, rules=RULES, name="other",
                            producer="couac-2")).start()
    wait_for("the alerts again", lambda: other.alerts() == len(LATE))
    assert identity(again) == first, (identity(again), first)
    assert {e["data"]["trace"]["producer"] for e in events(again)} == {"couac-2"}


CELERY = '''
import sys
from celery import Celery
app = Celery(broker="redis+socket://%s")
app.conf.update(worker_hijack_root_logger=False, broker_connection_retry_on_startup=True)

@app.task(name="couac.alert")
def alert(event):
    with open(%r, "a", encoding="utf-8") as f:
        print(event["data"]["alert"]["id"], event["data"]["mention"]["excerpt"], file=f, flush=True)
'''
SIDEKIQ = '''
require "sidekiq"
Sidekiq.configure_server { |config| config.redis = { url: "unix://%s" } }
class CouacAlert
  include Sidekiq::Worker
  def perform(event)
    File.open(%r, "a") { |f| f.puts event["data"]["alert"]["id"] + " " + event["data"]["mention"]["excerpt"] }
  end
end
'''


class Worker:
    def __init__(self, folder, *command):
        with open(os.path.join(folder, "worker.log"), "ab") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, "LANG": "C.UTF-8"})

    def kill(self):
        self.process.kill()
        self.process.wait()


def available(*command):
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except OSError:
        return False


def worked(rig, kind, source, name, *command):
    """A real worker does what couacd put into its list; forgetting reaches what it has not taken yet."""
    redis, _, couacd = listen(rig, *LATE, rules=RULES.replace("{queue: logistics}",
                                                              "{queue: logistics, envelope: %s}" % kind))
    wait_for("the alerts", lambda: couacd.alerts() == len(LATE))
    assert redis.do("EXISTS", "couac:queue:logistics") == 0
    out = os.path.join(rig.folder, "done")
    with open(os.path.join(rig.folder, name), "w", encoding="utf-8") as f:
        f.write(source % (redis.path, out))
    rig.keep(Worker(rig.folder, *command))
    wait_for("all tasks", lambda: os.path.exists(out) and sum(1 for _ in open(out, "rb")) == len(LATE))
    with open(out, encoding="utf-8") as f:
        lines = [line.rstrip("\n") for line in f]
    want = [e["data"]["alert"]["id"] + " " + e["data"]["mention"]["excerpt"] for e in events(redis)]
    assert sorted(lines) == sorted(want), (lines, want)


def a_celery_worker_runs_the_alerts_as_tasks(rig):
    if not available("/usr/bin/python3", "-c", "import celery, redis"):
        return "skipped: python3-celery is not installed"
    return worked(rig, "celery", CELERY, "jobs.py", "/usr/bin/python3", "-m", "celery", "-A", "jobs", "worker", "-P",
                  "solo", "-Q", "logistics", "-l", "warning", "--without-gossip", "--without-mingle",
                  "--without-heartbeat")


def sidekiq_runs_the_alerts_as_jobs(rig):
    if not available("ruby", "-e", 'require "sidekiq"'):
        return "skipped: ruby-sidekiq is not installed"
    return worked(rig, "sidekiq", SIDEKIQ, "jobs.rb", "sidekiq", "-r", "./jobs.rb", "-q", "logistics", "-c", "1")


def a_paused_promise_is_silent_until_the_pause_ends(rig):
    day = [time.strftime("%Y-%m-%d", time.gmtime(time.time() + n * 86400)) for n in (-1, 1)]
    pause = (f"pauses:\n  - promises: [delivery-48h]\n    from: {day[0]}\n    until: {day[1]}\n"
             "    because: strike at the carrier\n")
    redis, web, couacd = listen(rig, *LATE, "They took 4,90 € for the return of my shoes", rules=RULES + pause)
    wait_for("the other promise's alert", lambda: couacd.alerts() == 1)
    polls = len(web.seen("/feed"))
    wait_for("two polls more", lambda: len(web.seen("/feed")) >= polls + 2)
    assert [e["subject"] for e in events(redis)] == ["free-returns"]
    couacd.write_rules(RULES)
    couacd.hup()
    wait_for("the reload", lambda: couacd.logged("event=reload.done"))
    web.posts.append("12 jours que j'attends mon colis")
    wait_for("an alert after the pause", lambda: couacd.alerts() == 2)


def drafts_are_judged_and_counted_in_the_shadow(rig):
    redis, _, couacd = listen(rig, "They charged me a fee out of nothing", LATE[0])
    wait_for("both", lambda: couacd.alerts() == 1 and redis.do("XLEN", "couac:shadow") == 1)
    assert [e["subject"] for e in events(redis, "shadow")] == ["draft-fees"]
    assert redis.do("LLEN", "couac:queue") == 1
    wait_for("its counts", lambda: board(redis).get("draft-fees", {}).get("total") == 1)
    assert redis.do("XLEN", "couac:incidents") == 0


VOICES = """brand: {accounts: [acme, acme_help]}
promises:
  returns:
    says: Easy returns
    owner: care
    about: [return|returns]
    against: [refused]
    ours: [return|returns ... <duration>]
"""


def said(*posts):
    items = [f"<item><guid>https://forum.example/{n}</guid><link>https://forum.example/{n}</link><dc:creator>{who}"
             f"</dc:creator><description>{text}</description></item>" for n, (who, text) in enumerate(posts)]
    return ('<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>t</title>' +
            "".join(items) + "</channel></rss>").encode()


def two_of_our_voices_are_held_against_each_other_across_a_kill(rig):
    web, redis = rig.keep(Web()), rig.redis(durable=False)
    posts = [("acme", "Free returns within 30 days, always"), ("somebody", "I returned it within 9 days")]
    url = web.on("/feed", lambda request: Reply(200, said(*posts)))
    rules = RULES.replace("promises:\n", VOICES).replace("about: [return|returns]\n    against: [<money>]",
                                                         "about: [return|returns]\n    against: [<money> return]")
    couacd = rig.keep(Couacd(rig, PROGRAM, redis, SHARE, {"reviews": url}, rules=rules)).start()
    wait_for("both", lambda: status_of(redis, "posts_new") is not None and len(web.seen("/feed")) >= 2)
    couacd.kill()
    couacd.start()
    posts.append(("acme_help", "You have a month for returns: returns take 30 days"))
    posts.append(("acme_help", "Sorry, a return must reach us within 14 days"))
    wait_for("the dissonance", lambda: redis.do("XLEN", "couac:incidents"))
    polls = len(web.seen("/feed"))
    wait_for("two polls more", lambda: len(web.seen("/feed")) >= polls + 2)
    told = events(redis, "incidents")
    assert [e["type"] for e in told] == ["couac.dissonance.v1"] and told[0]["subject"] == "returns", told
    assert told[0]["data"]["contradiction"]["other"] == {"said": "returns within 30 days",
                                                         "url": "https://forum.example/0"}, told
    assert redis.do("XLEN", "couac:alerts") == 0


TESTS = [a_long_ledger_does_not_hold_up_the_loop, owners_lists_forget_with_age,
         lists_of_owners_that_are_gone_forget_with_age_too, two_of_our_voices_are_held_against_each_other_across_a_kill, a_redis_that_forbids_the_board_still_gets_its_alerts,
         ids_and_revisions_are_the_same_after_restarts_and_from_another_producer,
         forgetting_reaches_into_the_lists_of_workers,
         a_celery_worker_runs_the_alerts_as_tasks, sidekiq_runs_the_alerts_as_jobs,
         a_paused_promise_is_silent_until_the_pause_ends, drafts_are_judged_and_counted_in_the_shadow,
         feedback_becomes_lines_of_a_corpus, a_person_can_be_forgotten,
         without_couacd_nothing_is_said_to_be_forgotten, the_board_shows_how_promises_fare, the_board_comes_back_after_a_restart_of_either_side,
         the_board_follows_the_rules, nothing_in_redis_is_said_to_be_so]

if __name__ == "__main__":
    wanted = sys.argv[4:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
