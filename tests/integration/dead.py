#!/usr/bin/python3
"""dead - rows that Redis refused for good are listed and queued again, by couac and couacd.

usage: dead.py FEEDER COUACD COUAC
"""

import json
import os
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from redis_rig import rows_of, run, wait_for  # noqa: E402

COUACD, COUAC = sys.argv[2:4] if len(sys.argv) > 3 else ("", "")
N = 300


def configure(rig):
    config = os.path.join(rig.folder, "couac.yaml")
    with open(config, "w", encoding="ascii") as f:
        f.write(f"couac: 1\nstate: {rig.folder}\nsources: {{}}\n")
    return config


def couacd(rig, *arguments):
    return subprocess.run([COUACD, "-c", configure(rig), *arguments], capture_output=True, text=True, check=False,
                          timeout=10)


def couac(rig, *arguments, path=None, program=COUAC):
    """As couac dead; finds couacd in `path`, which is where the build has it."""
    env = dict(os.environ, PATH=path or os.path.dirname(COUACD))
    return subprocess.run([program, "dead", "-c", configure(rig), *arguments], capture_output=True, text=True,
                          check=False, timeout=10, env=env)


def a_buried_row_is_listed_and_sent_again_at_the_end(rig):
    redis = rig.redis()
    mended = threading.Event()

    def judge(_, args):
        bad = rows_of(args) & {7, 50} and not mended.is_set()
        return b"-ERR too \x1b[31mstrange\r\n" if bad else None

    feeder = rig.feeder(rig.meddler(redis, judge).url, N, name="couac", linger=600000)
    wait_for("all but two", lambda: redis.do("XLEN", "couac:alerts") == N - 2)
    listed = couacd(rig, "--dead", "list")
    assert listed.returncode == 0, listed
    lines = [line.split("\t") for line in listed.stdout.splitlines()]
    assert [(line[0], line[5]) for line in lines] == [("7", "row-7"), ("50", "row-50")], lines
    assert lines[0][6] == "ERR too ?[31mstrange", lines
    same = couac(rig, "list")
    assert (same.returncode, same.stdout) == (0, listed.stdout), same
    objects = [json.loads(line) for line in couac(rig, "list", "--json").stdout.splitlines()]
    assert [(o["seq"], o["id"]) for o in objects] == [(7, "row-7"), (50, "row-50")], objects
    assert [o["buried"] for o in objects] == [line[1] for line in lines], objects
    assert all(o["reason"] == "ERR too ?[31mstrange" for o in objects), objects
    mended.set()
    again = couac(rig, "retry")
    assert (again.returncode, again.stdout) == (0, "2 queued again\n"), again
    wait_for("those two", lambda: redis.do("XLEN", "couac:alerts") == N)  # the running one sends them
    feeder.kill()
    rows = redis.rows()
    assert rows == [n for n in range(1, N + 1) if n not in (7, 50)] + [7, 50], rows[-5:]
    assert couacd(rig, "--dead", "list").stdout == couac(rig, "list", "--json").stdout == ""
    assert json.loads(couac(rig, "retry", "--json").stdout) == {"queued": 0}
    rig.feeder(redis.url, N + 3, name="couac").done()
    assert redis.rows()[N:] == [N + 3], "the numbers given out by --dead retry are not given twice"


def without_a_state_or_with_a_wrong_word_it_says_so(rig):
    none = couacd(rig, "--dead", "list")
    assert none.returncode == 75 and "couac.db" in none.stderr, none
    wrong = couacd(rig, "--dead", "lst")
    assert wrong.returncode == 64 and "'list' or 'retry'" in wrong.stderr, wrong
    none = couac(rig, "list")
    assert (none.returncode, none.stdout) == (2, "") and "couac.db" in none.stderr, none
    wrong = couac(rig, "lst")
    assert wrong.returncode == 2 and "list or retry, not 'lst'" in wrong.stderr, wrong


def couac_asks_the_couacd_beside_it_and_says_when_there_is_none(rig):
    os.makedirs(os.path.join(rig.folder, "nothing"))
    nowhere = couac(rig, "list", path=os.path.join(rig.folder, "nothing"))
    assert nowhere.returncode == 2 and "couacd: No such file" in nowhere.stderr, nowhere
    copy = shutil.copy(COUAC, os.path.join(rig.folder, "couac"))
    beside = os.path.join(rig.folder, "couacd")
    with open(beside, "w", encoding="ascii") as f:
        f.write('#!/bin/sh\necho "$@"\n')
    os.chmod(beside, 0o755)
    asked = couac(rig, "list", program=copy)
    assert asked.stdout == f"--config {configure(rig)} --dead list\n", asked


TESTS = [a_buried_row_is_listed_and_sent_again_at_the_end, without_a_state_or_with_a_wrong_word_it_says_so,
         couac_asks_the_couacd_beside_it_and_says_when_there_is_none]

if __name__ == "__main__":
    sys.exit(run(TESTS, sys.argv[1]))
