#!/usr/bin/python3
"""delivery - every fault a Redis can show, and every row arrives once, in order.

usage: delivery.py FEEDER [word in a test's name]
"""

import json
import os
import signal
import socket
import sqlite3
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from redis_rig import rows_of, run, wait_for  # noqa: E402

N = 3000


def all_once(redis, n=N, password=None):
    rows = redis.rows(password=password)
    assert rows == list(range(1, n + 1)), f"{len(rows)} rows, {len(set(rows))} distinct, want {n}"


def slow_feeder(rig, url, **settings):
    """Feeds for about a second, so that faults meet traffic."""
    return rig.feeder(url, N, every=5, batch=15, **settings)


def delivered(redis, least, password=None):
    def enough():
        return redis.do("XLEN", "couac:alerts", password=password) >= least
    wait_for(f"{least} rows in the stream", enough)


# --- coming and going ---------------------------------------------------------------


def redis_absent_at_the_start_and_then_arriving(rig):
    redis = rig.redis(start=False)
    feeder = slow_feeder(rig, redis.url)
    time.sleep(0.4)
    redis.start()
    report = feeder.done()
    all_once(redis)
    assert report["repeats"] == 0, report
    assert redis.do("LLEN", "couac:queue") == N
    assert redis.do("TTL", "couac:status") > 80


def redis_killed_in_the_middle_and_restarted(rig):
    redis = rig.redis()
    feeder = slow_feeder(rig, redis.url)
    delivered(redis, 500)
    redis.kill()
    time.sleep(0.1)
    redis.start()
    report = feeder.done()
    all_once(redis)
    return f"{report['repeats']} repeats refused"


def redis_hung_and_back_with_flat_memory(rig):
    redis = rig.redis()
    feeder = rig.feeder(redis.url, 40000, every=5, batch=200, timeout=300)
    delivered(redis, 2000)
    before = feeder.rss_kib()
    redis.process.send_signal(signal.SIGSTOP)
    time.sleep(1.2)
    grown = feeder.rss_kib() - before
    redis.process.send_signal(signal.SIGCONT)
    feeder.done()
    all_once(redis, 40000)
    assert grown < 8192 or rig.sanitized(), f"memory grew by {grown} KiB"
    return f"memory grew by {grown} KiB"


def connections_reset_in_mid_pipeline(rig):
    redis = rig.redis()
    cuts = {40, 41, 300, 777, 1500, 2600}
    seen = set()

    def judge(_, args):
        hit = rows_of(args) & cuts - seen
        seen.update(hit)
        return "cut" if hit else None

    feeder = rig.feeder(rig.meddler(redis, judge).url, N)
    feeder.done()
    all_once(redis)
    assert seen == cuts


def replies_lost_after_the_work_was_done(rig):
    """The row is in Redis, the yes never came: fate unknown, and the number decides."""
    redis = rig.redis()
    lost = {10, 500, 2999}
    inner = redis.client()

    def judge(_, args):
        hit = rows_of(args) & lost
        lost.difference_update(hit)
        if hit:
            inner(*args)
        return "cut" if hit else None

    rig.feeder(rig.meddler(redis, judge).url, N).done()
    all_once(redis)
    assert not lost


def a_server_that_talks_garbage_costs_no_memory(rig):
    path = os.path.join(rig.folder, "garbage.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)
    lines = [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"*2147483647\r\n" * 20, b"$999999999\r\n" + b"x" * 70000,
             b"*1\r\n" * 50000, os.urandom(65536), b":1\r\n" * 5000, b"$-5\r\n", b"+" + b"y" * 9000000]

    def serve():
        n = 0
        while True:
            try:
                client, _ = listener.accept()
                client.settimeout(1)
                n += 1
                client.sendall(lines[n % len(lines)])
                client.recv(65536)
                time.sleep(0.02)
                client.close()
            except TimeoutError:
                pass
            except OSError:
                if listener.fileno() < 0:
                    return

    threading.Thread(target=serve, daemon=True).start()
    feeder = rig.feeder("unix://" + path, N, limit=2500, backoff_max=30, timeout=200)
    report = feeder.done()
    listener.close()
    assert report["delivered"] == 0, report
    assert report["peak_kib"] < 60000 or rig.sanitized(), report["peak_kib"]
    kinds = set(feeder.logged(r'why="([^"]+)"'))
    assert any("protocol" in k for k in kinds), kinds
    return f"peak {report['peak_kib']} KiB"


# --- Redis goes back ------------------------------------------------------------------


def flushall_while_connected(rig):
    redis = rig.redis()
    feeder = slow_feeder(rig, redis.url, linger=300)
    delivered(redis, 1000)
    redis.do("FLUSHALL")
    report = feeder.done()
    all_once(redis)
    assert report["rewinds"] >= 1 and "redis-went-back" in report["told"], report


def redis_restarted_empty(rig):
    redis = rig.redis(durable=False)
    feeder = slow_feeder(rig, redis.url)
    delivered(redis, 1000)
    redis.kill()
    redis.start()
    report = feeder.done()
    all_once(redis)
    assert report["rewinds"] == 1, report


def redis_restored_from_an_older_copy(rig):
    redis = rig.redis(durable=False)
    feeder = slow_feeder(rig, redis.url)
    delivered(redis, 700)
    redis.do("SAVE")
    had = redis.do("XLEN", "couac:alerts")
    delivered(redis, had + 800)
    redis.kill()
    redis.start()
    report = feeder.done()
    all_once(redis)
    assert report["rewinds"] == 1, report


def without_the_rewind_what_redis_lost_stays_lost(rig):
    """The control: a producer that trusts its own marks."""
    redis = rig.redis(durable=False)
    feeder = slow_feeder(rig, redis.url, linger=20000)
    delivered(redis, N)
    time.sleep(1.3)  # it notes what was acknowledged once a second
    feeder.kill()
    acked = sqlite3.connect(feeder.state).execute("SELECT max(seq) FROM mark").fetchone()[0] or 0
    redis.kill()
    redis.start()
    client = redis.client()
    rows = sqlite3.connect(feeder.state).execute("SELECT seq, id FROM outbox WHERE seq > ?", (acked,))
    for _, name in rows:
        client("XADD", "couac:alerts", "*", "id", name)
    lost = acked if acked else 0
    client.close()
    have = len(redis.rows()) if redis.do("EXISTS", "couac:alerts") else 0
    assert lost > 0, "the control must lose rows"
    return f"the control lost {lost} rows, kept {have}"


def a_state_file_older_than_redis_counts_on_under_a_new_name(rig):
    redis = rig.redis()
    first = rig.feeder(redis.url, 100)
    first.done()
    for tail in ("", "-wal", "-shm"):
        if os.path.exists(first.state + tail):
            os.unlink(first.state + tail)
    # the same numbers again, but the name of the lost file: as if a backup were restored
    field = redis.do("HKEYS", "couac:producer")[0]
    second = rig.feeder(redis.url, 1, start=False)
    second.start().done()
    db = sqlite3.connect(second.state)
    db.execute("UPDATE meta SET epoch = ?", (field.split(":")[1],))
    db.commit()
    db.close()
    redis.do("HSET", "couac:producer", field, 100)
    second.args[3] = "60"
    report = second.start().done()
    assert "state-went-back" in report["told"], report
    assert redis.rows()[-59:] == list(range(2, 61)), redis.rows()


# --- what Redis refuses ----------------------------------------------------------------


def script_flush_between_rows(rig):
    redis = rig.redis()
    feeder = slow_feeder(rig, redis.url)
    for least in (300, 900, 1500, 2000):
        delivered(redis, least)
        redis.do("SCRIPT", "FLUSH")
    feeder.done()
    all_once(redis)


def loading_and_masterdown_and_tryagain(rig):
    redis = rig.redis()
    faults = {100: b"-LOADING Redis is loading the dataset in memory\r\n",
              400: b"-MASTERDOWN Link with MASTER is down\r\n",
              800: b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
              1200: b"-CLUSTERDOWN The cluster is down\r\n",
              1600: b"-NOREPLICAS Not enough good replicas to write.\r\n",
              2000: b"-BUSY Redis is busy running a script.\r\n"}

    def judge(_, args):
        hit = sorted(rows_of(args) & set(faults))
        return faults.pop(hit[0]) if hit else None

    report = rig.feeder(rig.meddler(redis, judge).url, N).done()
    all_once(redis)
    assert not faults and report["gaps"] == 0, report


def a_busy_script_of_somebody_else(rig):
    redis = rig.redis(busy_reply_threshold=20)
    feeder = slow_feeder(rig, redis.url)
    delivered(redis, 500)
    other = redis.client()
    other.send("EVAL", "local n = 0 while true do n = n + 1 end", 0)
    wait_for("BUSY", lambda: feeder.logged("BUSY"))
    redis.do("SCRIPT", "KILL")
    other.close()
    feeder.done()
    all_once(redis)


def out_of_memory_and_room_again(rig):
    redis = rig.redis()
    feeder = slow_feeder(rig, redis.url)
    delivered(redis, 500)
    redis.do("CONFIG", "SET", "maxmemory", 1)
    wait_for("OOM", lambda: feeder.logged("OOM"))
    assert redis.rows() == list(range(1, len(redis.rows()) + 1))
    redis.do("CONFIG", "SET", "maxmemory", 0)
    feeder.done()
    all_once(redis)


def misconf_until_saving_works_again(rig):
    redis = rig.redis(durable=False, enable_protected_configs="yes")
    feeder = slow_feeder(rig, redis.url)
    delivered(redis, 500)
    os.makedirs(os.path.join(redis.folder, "a-folder.rdb"))
    redis.do("CONFIG", "SET", "dbfilename", "a-folder.rdb")
    redis.do("CONFIG", "SET", "save", "3600 1")
    redis.do("BGSAVE")
    wait_for("MISCONF", lambda: feeder.logged("MISCONF"))
    redis.do("CONFIG", "SET", "dbfilename", "fine.rdb")
    redis.do("BGSAVE")
    feeder.done()
    all_once(redis)


def readonly_replica_and_promoted(rig):
    redis = rig.redis()
    feeder = slow_feeder(rig, redis.url)
    delivered(redis, 500)
    master = rig.redis(name="master")
    redis.do("CONFIG", "SET", "replica-read-only", "yes")
    redis.do("REPLICAOF", "127.0.0.1", "1")  # nobody there: the data stays
    wait_for("READONLY", lambda: feeder.logged("READONLY"))
    redis.do("REPLICAOF", "NO", "ONE")
    feeder.done()
    all_once(redis)
    master.kill()


def a_key_of_the_wrong_type_and_mended(rig):
    redis = rig.redis()
    redis.do("SET", "couac:queue", "not a list")
    feeder = slow_feeder(rig, redis.url)
    wait_for("WRONGTYPE", lambda: feeder.logged("WRONGTYPE"))
    assert redis.do("EXISTS", "couac:alerts") == 0 or redis.do("XLEN", "couac:alerts") == 0
    redis.do("DEL", "couac:queue")
    feeder.done()
    all_once(redis)
    assert redis.do("LLEN", "couac:queue") == N


def a_guard_of_the_wrong_type_and_mended(rig):
    redis = rig.redis()
    redis.do("SET", "couac:producer", "not a hash")
    feeder = slow_feeder(rig, redis.url)
    wait_for("WRONGTYPE", lambda: feeder.logged("WRONGTYPE"))
    redis.do("DEL", "couac:producer")
    feeder.done()
    all_once(redis)


def a_password_missing_then_wrong_then_right(rig):
    redis = rig.redis()
    secret = os.path.join(rig.folder, "password")
    redis.do("CONFIG", "SET", "requirepass", "right")
    with open(secret, "w", encoding="ascii") as f:
        f.write("wrong\n")
    feeder = slow_feeder(rig, redis.url, password=secret)
    wait_for("WRONGPASS", lambda: feeder.logged("WRONGPASS"))
    with open(secret, "w", encoding="ascii") as f:
        f.write("right\n")
    feeder.done()
    all_once(redis, password="right")
    assert not feeder.logged("right\b|wrong\b"), "a password was logged"


def no_password_where_one_is_asked(rig):
    redis = rig.redis()
    redis.do("CONFIG", "SET", "requirepass", "right")
    feeder = slow_feeder(rig, redis.url)
    wait_for("NOAUTH", lambda: feeder.logged("NOAUTH"))
    redis.do("CONFIG", "SET", "requirepass", "", password="right")
    feeder.done()
    all_once(redis)


def an_acl_user_who_may_not_yet(rig):
    redis = rig.redis()
    secret = os.path.join(rig.folder, "password")
    with open(secret, "w", encoding="ascii") as f:
        f.write("pw")
    allowed = ["+@connection", "+evalsha", "+eval", "+script|load", "+hget", "+hset", "+hdel", "+xadd",
               "+xdel", "+rpush", "+rpop", "+ltrim", "+publish", "+multi", "+exec", "+expire"]
    redis.do("ACL", "SETUSER", "couac", "on", ">pw", "~couac:*", "&couac:*", *allowed, "-xadd")
    tcp = rig.feeder("unix://" + redis.path, N, start=False)
    # a user needs a host form of URL: a forwarder from TCP to the socket
    port = forward(rig, redis.path)
    tcp.args[2] = f"redis://couac@127.0.0.1:{port}"
    tcp.args += [f"password={secret}", "every=5", "batch=15"]
    tcp.start()
    wait_for("NOPERM", lambda: tcp.logged("NOPERM|user executing the script can't"))
    assert redis.do("EXISTS", "couac:alerts", "couac:queue") == 0
    redis.do("ACL", "SETUSER", "couac", "+xadd")
    report = tcp.done()
    all_once(redis)
    assert report["unpublished"] == 0


def forward(rig, path):
    listener = socket.create_server(("127.0.0.1", 0))

    class Closer:
        def kill(self):
            listener.close()
    rig.keep(Closer())

    def copy(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(path)
            threading.Thread(target=copy, args=(client, server), daemon=True).start()
            threading.Thread(target=copy, args=(server, client), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def a_poison_row_steps_aside_and_the_others_go_on(rig):
    redis = rig.redis()

    def judge(_, args):
        return b"-ERR this very row is indigestible\r\n" if rows_of(args) & {77, 1500} else None

    report = rig.feeder(rig.meddler(redis, judge).url, N).done()
    rows = redis.rows()
    assert rows == [i for i in range(1, N + 1) if i not in (77, 1500)], len(rows)
    assert report["buried"] == 2 and report["told"].count("row-buried") == 2, report


def when_every_row_is_refused_only_three_are_buried(rig):
    redis = rig.redis()
    mended = threading.Event()

    def judge(_, args):
        return b"-ERR a module is broken\r\n" if rows_of(args) and not mended.is_set() else None

    feeder = rig.feeder(rig.meddler(redis, judge).url, N, limit=20000)
    wait_for("pause", lambda: feeder.logged("redis.down.*a module is broken"))
    mended.set()
    report = feeder.done()
    assert report["buried"] == 3, report
    assert redis.rows() == list(range(4, N + 1))


def a_refused_row_holds_back_those_behind_it(rig):
    """One row fails in mid-pipeline, the next would succeed: order must win."""
    redis = rig.redis()
    fail = {50, 90, 999}

    def judge(_, args):
        hit = rows_of(args) & fail
        fail.difference_update(hit)
        return b"-LOADING for once\r\n" if hit else None

    rig.feeder(rig.meddler(redis, judge).url, N).done()
    all_once(redis)
    assert redis.do("HVALS", "couac:producer") == [str(N)]


# --- upkeep -----------------------------------------------------------------------------


def what_is_too_old_goes_whoever_has_not_read_it(rig):
    redis = rig.redis()
    redis.do("XADD", "couac:alerts", "1000-1", "id", "row-0")
    redis.do("XGROUP", "CREATE", "couac:alerts", "slow", "0")
    rig.feeder(redis.url, 100, trim=50, linger=400).done()
    all_once(redis, 100)


def it_ends_while_a_trim_is_unanswered(rig):
    redis, asked, answered = rig.redis(), threading.Event(), threading.Event()

    def judge(_, args):
        if args[0] == b"EVAL":
            asked.set()
            answered.wait(60)

    feeder = rig.feeder(rig.meddler(redis, judge).url, 100, trim=50, limit=5000, timeout=60000, linger=60000)
    report = feeder.done()  # a sanitizer sees what the late reply would touch
    answered.set()
    assert asked.is_set() and report["acked"] == 100, report


def above_the_cap_only_what_all_groups_finished_with_goes(rig):
    redis = rig.redis()
    redis.do("XGROUP", "CREATE", "couac:alerts", "fast", "0", "MKSTREAM")
    redis.do("XGROUP", "CREATE", "couac:alerts", "slow", "0")
    rig.feeder(redis.url, 900, cap=500, trim=50, linger=400).done()
    all_once(redis, 900)
    for group, n in (("fast", 900), ("slow", 300)):
        redis.do("XREADGROUP", "GROUP", group, "me", "COUNT", n, "NOACK", "STREAMS", "couac:alerts", ">")
    # delivered but not acknowledged counts as unread: 150 of the slow one's are pending
    redis.do("XGROUP", "SETID", "couac:alerts", "slow", redis.do("XRANGE", "couac:alerts", "-", "+")[149][0])
    redis.do("XREADGROUP", "GROUP", "slow", "me", "COUNT", 150, "STREAMS", "couac:alerts", ">")
    report = rig.feeder(redis.url, 900, cap=500, trim=50, linger=400).done()
    rows = redis.rows()
    assert rows[-1] == 900 and 100 < rows[0] <= 151, rows[0]
    assert "queue-trimmed" not in report["told"], report


def at_twice_the_cap_the_stream_is_trimmed_and_that_is_told(rig):
    redis = rig.redis()
    redis.do("XGROUP", "CREATE", "couac:alerts", "dead-consumer", "0", "MKSTREAM")
    report = rig.feeder(redis.url, 1500, cap=500, trim=50, linger=500).done()
    assert 500 <= redis.do("XLEN", "couac:alerts") <= 1000
    assert redis.rows()[-1] == 1500
    assert "queue-trimmed" in report["told"] and report["stream_drops"] >= 400, report


def what_leaves_a_stream_without_groups_is_counted(rig):
    redis = rig.redis()
    report = rig.feeder(redis.url, 1500, cap=500, trim=50, linger=500).done()
    assert report["stream_rolled"] == 1500 - redis.do("XLEN", "couac:alerts") >= 800, report
    assert "queue-trimmed" not in report["told"] and report["stream_drops"] == 0, report


def the_list_keeps_its_cap_and_the_fallen_are_counted(rig):
    redis = rig.redis()
    report = rig.feeder(redis.url, N, queue=100).done()
    assert redis.do("LLEN", "couac:queue") == 100
    assert report["list_drops"] == N - 100, report
    assert '"row-3000"' in redis.do("LINDEX", "couac:queue", -1)


def event(n, time="2020-01-01T00:00:00.000Z", source="urn:couac:by-hand"):
    return json.dumps({"specversion": "1.0", "id": str(n), "source": source, "time": time, "data": {}},
                      separators=(",", ":"))


def old_entries_of_the_list_go_and_that_is_told(rig):
    redis = rig.redis()
    redis.do("RPUSH", "couac:queue", *[event(n) for n in range(2500)])
    report = rig.feeder(redis.url, 50, trim=50, linger=3000).done()
    assert redis.do("LLEN", "couac:queue") == 50 and '"row-1"' in redis.do("LINDEX", "couac:queue", 0)
    assert "list-trimmed" in report["told"] and report["list_aged"] == 2500, report


def what_is_young_or_not_ours_stays_in_the_list_with_all_behind_it(rig):
    redis = rig.redis()
    redis.do("RPUSH", "couac:queue", event(1), event(2, source="urn:other:jobs"), event(3))
    report = rig.feeder(redis.url, 5, trim=50, linger=1500).done()
    assert redis.do("LLEN", "couac:queue") == 7 and report["list_aged"] == 1, report
    redis.do("DEL", "couac:queue")
    redis.do("RPUSH", "couac:queue", event(1, time="2999-01-01T00:00:00.000Z"), event(2))
    report = rig.feeder(redis.url, 10, trim=50, linger=1500).done()
    assert redis.do("LLEN", "couac:queue") == 7 and report["list_aged"] == 0, report


def times_in_texts_do_not_make_an_event_old(rig):
    redis = rig.redis()
    young = json.dumps({"note": 'said "time":"2020-01-01T00:00:00.000Z" of urn:couac:x', "source": "urn:couac:x",
                        "time": "2999-01-01T00:00:00.000Z"}, separators=(",", ":"))
    foreign = json.dumps({"class": "Job", "args": [{"text": event(1)}]}, separators=(",", ":"))
    celery = json.dumps({"body": json.dumps([[json.loads(event(2))], {}, {}]), "headers": {}})
    sidekiq = json.dumps({"class": "CouacAlert", "args": [json.loads(event(3))]})
    for kept in (young, foreign, "no JSON", "[1]", '{"args":[null]}', '{"body":"[null]"}', '{"args":null}'):
        redis.do("DEL", "couac:queue")
        redis.do("RPUSH", "couac:queue", celery, sidekiq, kept, event(4))
        report = rig.feeder(redis.url, 1, name=f"f{len(kept)}", producer=f"f{len(kept)}", trim=50, linger=600).done()
        assert report["list_aged"] == 2 and redis.do("LINDEX", "couac:queue", 0) == kept, (kept, report)


def the_status_dies_with_the_daemon(rig):
    redis = rig.redis()
    feeder = rig.feeder(redis.url, N, linger=20000)
    wait_for("status", lambda: redis.do("EXISTS", "couac:status"))
    assert redis.do("HGET", "couac:status", "producer") == "feeder"
    assert 0 < redis.do("TTL", "couac:status") <= 90
    feeder.kill()


def other_prefixes_and_producers_do_not_meet(rig):
    redis = rig.redis()
    first = rig.feeder(redis.url, 200, name="a", prefix="{couac}:", producer="a")
    second = rig.feeder(redis.url, 200, name="b", prefix="{couac}:", producer="b")
    first.done(), second.done()
    assert sorted(redis.rows("{couac}:alerts")) == sorted(list(range(1, 201)) * 2)
    assert redis.do("HLEN", "{couac}:producer") == 2
    assert redis.do("KEYS", "couac:*") == []


TESTS = [f for name, f in list(globals().items())
         if callable(f) and getattr(f, "__module__", "") == "__main__"
         and f.__code__.co_varnames[:1] == ("rig",)
         and name not in ("slow_feeder", "forward")]

if __name__ == "__main__":
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    sys.exit(run([t for t in TESTS if wanted in t.__name__], sys.argv[1]))
