#!/usr/bin/python3
"""killpoints - death at the N-th write, fsync, send, rename ..., by strace injection.

usage: killpoints.py FEEDER [points=300] [writes=1000] [seed=1]

A first run counts the feeder's system calls. Then, for each sampled point (a call and its N),
the feeder gets forty more rows to queue and deliver and is killed with SIGKILL as that call
begins. State and Redis are the same throughout, so each start meets what the last death left.
After every death the state file must be sound; at the end every row is in Redis once, in
order. 1,500 points take a few minutes. Then the disk fails (EIO), or is full (ENOSPC), at the
N-th write and sync of a run, for each N up to `writes`.
"""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from redis_rig import run, wait_for  # noqa: E402

SETTINGS = {"points": 300, "writes": 1000, "seed": 1}
ROWS = 40
CALLS = ["write", "writev", "pwrite64", "pread64", "fsync", "fdatasync", "ftruncate", "fcntl", "read", "readv",
         "recvfrom", "sendto", "openat", "close", "unlink", "rename", "mmap", "munmap", "epoll_wait",
         "epoll_ctl", "connect", "socket", "flock", "newfstatat", "getrandom"]


def strace_works():
    if not shutil.which("strace"):
        return False
    probe = subprocess.run(["strace", "-o", "/dev/null", "-e", "inject=write:retval=1:when=100", "true"],
                           capture_output=True, check=False)
    return probe.returncode == 0


def traced(feeder, arguments):
    """The feeder under strace; returns its exit status."""
    with open(feeder.log, "ab") as log:
        return subprocess.run(["strace", "-f", "-qq", *arguments, *feeder.args], stdout=subprocess.DEVNULL,
                              stderr=log, check=False, timeout=60).returncode


def count_calls(rig, feeder):
    """How often a run makes each call; the first run, which creates the state, does not count."""
    feeder.start().done()
    feeder.args[3] = str(2 * ROWS)
    table = os.path.join(rig.folder, "calls")
    traced(feeder, ["-c", "-o", table])
    with open(table, encoding="ascii", errors="replace") as f:
        lines = [line.split() for line in f]  # % seconds us/call calls [errors] name
    counts = {parts[-1]: int(parts[3]) for parts in lines if len(parts) >= 5 and parts[3].isdigit()}
    return {call: counts[call] for call in CALLS if counts.get(call)}


def sound(feeder):
    db = sqlite3.connect(feeder.state)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    seq, top = db.execute("SELECT seq, (SELECT max(seq) FROM outbox) FROM meta").fetchone()
    db.close()
    assert top is None or seq == top, f"numbered to {seq}, queued to {top}"


def dead_at_any_system_call_and_nothing_lost_or_doubled(rig):
    chance, points = random.Random(SETTINGS["seed"]), SETTINGS["points"]
    redis = rig.redis()
    feeder = rig.feeder(redis.url, ROWS, every=1, batch=4, start=False)
    counts = count_calls(rig, feeder)
    assert counts.get("fdatasync") or counts.get("fsync"), counts
    sample = [(call, n) for call, total in counts.items() for n in range(1, total + 1)]
    chance.shuffle(sample)
    deaths, rows, hit = 0, 2 * ROWS, set()
    for i in range(points):
        call, n = sample[i % len(sample)]
        rows += ROWS
        feeder.args[3] = str(rows)
        code = traced(feeder, ["-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"])
        if code != 0:
            deaths += 1
            hit.add(call)
            sound(feeder)
    feeder.start().done()
    got = redis.rows()
    assert got == list(range(1, rows + 1)), f"{rows} rows queued, {len(got)} there, {len(set(got))} distinct"
    assert deaths > points * 0.7, f"only {deaths} deaths"
    return f"{deaths} deaths in {len(hit)} kinds of calls, {rows} rows"


def a_failing_fsync_is_fatal_and_loses_nothing(rig):
    redis = rig.redis()
    feeder = rig.feeder(redis.url, ROWS, every=1, batch=4, start=False)
    counts, codes, rows = count_calls(rig, feeder), set(), 2 * ROWS
    for call in ("fdatasync", "fsync", "pwrite64"):
        for n in range(1, min(counts.get(call, 0), SETTINGS["writes"]) + 1):
            rows += ROWS
            feeder.args[3] = str(rows)
            codes.add(traced(feeder, ["-o", "/dev/null", "-e", f"trace={call}",
                                      "-e", f"inject={call}:error=EIO:when={n}"]))
            sound(feeder)
    feeder.start().done()
    got = redis.rows()
    assert got == list(range(1, rows + 1)), f"{rows} rows queued, {len(got)} there"
    assert codes <= {0, 1, 75} and 75 in codes, codes
    return f"{rows // ROWS - 2} faults, exit codes {sorted(codes)}, {rows} rows"


def no_space_at_any_write_is_waited_out(rig):
    redis = rig.redis()
    feeder = rig.feeder(redis.url, ROWS, every=1, batch=4, start=False)
    counts, codes, rows = count_calls(rig, feeder), set(), 2 * ROWS
    for n in range(1, min(counts["pwrite64"], SETTINGS["writes"]) + 1):
        rows += ROWS
        feeder.args[3] = str(rows)
        codes.add(traced(feeder, ["-o", "/dev/null", "-e", "trace=pwrite64",
                                  "-e", f"inject=pwrite64:error=ENOSPC:when={n}"]))
        sound(feeder)
    feeder.start().done()
    got = redis.rows()
    assert got == list(range(1, rows + 1)), f"{rows} rows queued, {len(got)} there"
    assert 0 in codes and codes <= {0, 1}, codes
    return f"{rows // ROWS - 2} faults, {rows} rows"


def a_full_disk_stops_accepting_not_delivering_and_resumes_by_itself(rig):
    disk = os.path.join(rig.folder, "disk")
    os.mkdir(disk)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1536k", "none", disk],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        return "SKIPPED: may not mount a small disk here"
    redis = rig.redis()
    feeder = rig.feeder(redis.url, 6000, every=1, batch=20, start=False)
    feeder.args[1] = feeder.state = os.path.join(disk, "state.db")
    try:
        feeder.start()
        full = wait_for("the same count twice, short of all", lambda: stalled(redis, 6000))
        db = sqlite3.connect(feeder.state)
        assert db.execute("SELECT max(seq) FROM outbox").fetchone()[0] == full
        db.close()
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        feeder.done()
        sound(feeder)
    finally:
        feeder.kill()
        subprocess.run(["umount", disk], check=True)
    got = redis.rows()
    assert got == list(range(1, 6001)), f"{len(got)} there, {len(set(got))} distinct"
    return f"full after {full} rows, all of them delivered while full"


def stalled(redis, least):
    """The stream's length once it stopped growing short of `least`."""
    before = redis.do("XLEN", "couac:alerts")
    time.sleep(0.5)
    after = redis.do("XLEN", "couac:alerts")
    return after if 0 < before == after < least else 0


TESTS = [dead_at_any_system_call_and_nothing_lost_or_doubled, a_failing_fsync_is_fatal_and_loses_nothing,
         no_space_at_any_write_is_waited_out,
         a_full_disk_stops_accepting_not_delivering_and_resumes_by_itself]

if __name__ == "__main__":
    for setting in sys.argv[2:]:
        key, value = setting.split("=")
        SETTINGS[key] = int(value)
    if not strace_works():
        print("1..0 # SKIP strace is missing or may not trace here")
        sys.exit(0)
    sys.exit(run(TESTS, sys.argv[1], at_once=3))
