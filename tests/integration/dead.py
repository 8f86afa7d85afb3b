#!/usr/bin/python3
"""dead - rows that Redis refused for good are listed and queued again by couacd --dead.

usage: dead.py FEEDER COUACD
"""

import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from redis_rig import rows_of, run, wait_for  # noqa: E402

COUACD = sys.argv[2] if len(sys.argv) > 2 else ""
N = 300


def couacd(rig, *arguments):
    config = os.path.join(rig.folder, "couac.yaml")
    with open(config, "w", encoding="ascii") as f:
        f.write(f"couac: 1\nstate: {rig.folder}\nsources: {{}}\n")
    return subprocess.run([COUACD, "-c", config, *arguments], capture_output=True, text=True, check=False,
                          timeout=10)


def a_buried_row_is_listed_and_sent_again_at_the_end(rig):
    redis = rig.redis()
    mended = threading.Event()

    def judge(_, args):
        bad = rows_of(args) & {7, 50} and not mended.is_set()
        return b"-ERR too \x1b[31mstrange\r\n" if bad else None

    feeder = rig.feeder(rig.meddler(redis, judge).url, N, name="couac", linger=1500)
    wait_for("all but two", lambda: redis.do("XLEN", "couac:alerts") == N - 2)
    listed = couacd(rig, "--dead", "list")
    assert listed.returncode == 0, listed
    lines = [line.split("\t") for line in listed.stdout.splitlines()]
    assert [(line[0], line[5]) for line in lines] == [("7", "row-7"), ("50", "row-50")], lines
    assert lines[0][6] == "ERR too ?[31mstrange", lines
    mended.set()
    again = couacd(rig, "--dead", "retry")
    assert again.stdout == "2 queued again\n", again
    feeder.done()  # a running one sends them within a second
    rows = redis.rows()
    assert rows == [n for n in range(1, N + 1) if n not in (7, 50)] + [7, 50], rows[-5:]
    assert couacd(rig, "--dead", "list").stdout == ""
    rig.feeder(redis.url, N + 3, name="couac").done()
    assert redis.rows()[N:] == [N + 3], "the numbers given out by --dead retry are not given twice"


def without_a_state_or_with_a_wrong_word_it_says_so(rig):
    none = couacd(rig, "--dead", "list")
    assert none.returncode == 75 and "couac.db" in none.stderr, none
    wrong = couacd(rig, "--dead", "lst")
    assert wrong.returncode == 64 and "'list' or 'retry'" in wrong.stderr, wrong


TESTS = [a_buried_row_is_listed_and_sent_again_at_the_end, without_a_state_or_with_a_wrong_word_it_says_so]

if __name__ == "__main__":
    sys.exit(run(TESTS, sys.argv[1]))
