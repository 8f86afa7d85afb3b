#!/usr/bin/env python3
"""The recipes of cli/man/consumers.md, as they stand there, with the real clients.

    consumers.py COUACD COUAC SHARE"""

import json
import os
import re
import shutil
import subprocess
import sys

import redis_rig
from redis_rig import wait_for
from telling import LATE, Worker, available, events, listen

PROGRAM = sys.argv[1]
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cli/man/consumers.md")


def recipe(rig, name):
    """Writes the block of that name into the rig's folder."""
    with open(PAGE, encoding="utf-8") as f:
        body = re.search(r"^```\w+ %s\n(.*?)^```$" % re.escape(name), f.read(), re.M | re.S)[1]
    path = os.path.join(rig.folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(body)
    return path


def surroundings(rig, redis):
    """redis-cli that finds this Redis; handlers that note, and fail for one alert."""
    tools = os.path.join(rig.folder, "bin")
    os.makedirs(tools, exist_ok=True)
    scripts = {"redis-cli": '#!/bin/sh\nexec %s -s %s "$@"\n' % (shutil.which("redis-cli"), redis.path),
               "handle": '#!/bin/sh\nread -r alert\nprintf "%%s\\n" "$alert" >>%s/handled\nsleep 0.5\n'
                         'case "$alert" in *"8 jours"*) exit 1;; esac\n' % rig.folder}
    for name, text in scripts.items():
        with open(os.path.join(tools, name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(os.path.join(tools, name), 0o755)
    os.environ["PATH"] = tools + ":" + os.environ["PATH"]
    os.environ["REDIS_URL"], os.environ["RETRY_MS"] = redis.url, "3000"
    return os.path.join(tools, "handle"), os.path.join(rig.folder, "handled")


def filled(rig):
    redis, _, couacd = listen(rig, *LATE)
    wait_for("the alerts", lambda: couacd.alerts() == len(LATE))
    return redis, couacd


def handled(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [json.loads(line)["data"]["alert"]["id"] for line in f]


def ids(redis):
    return sorted(e["data"]["alert"]["id"] for e in events(redis))


def a_look_with_redis_cli(rig):
    redis, _ = filled(rig)
    surroundings(rig, redis)
    wait_for("the board", lambda: redis.do("EXISTS", "couac:ledger:delivery-48h"))
    done = subprocess.run(["sh", recipe(rig, "look.sh")], capture_output=True, timeout=20, check=True)
    assert b"couac.alert.v1" in done.stdout and b"logistics" in done.stdout, done


def the_shell_worker_loses_nothing_when_it_is_killed(rig):
    redis, _ = filled(rig)
    handle, out = surroundings(rig, redis)
    redis.do("LMOVE", "couac:queue", "couac:queue:doing", "LEFT", "RIGHT")  # one that died before us had it
    rig.keep(Worker(rig.folder, "sh", recipe(rig, "worker.sh"), handle))
    wait_for("all of them", lambda: sorted(handled(out)) == ids(redis))
    wait_for("an empty list", lambda: not redis.do("EXISTS", "couac:queue:doing"))
    failed = redis.do("LRANGE", "couac:queue:failed", 0, -1)
    assert len(failed) == 1 and "8 jours" in failed[0], failed


def the_python_group_retries_and_buries(rig):
    redis, _ = filled(rig)
    handle, out = surroundings(rig, redis)
    script = recipe(rig, "worker.py")
    for _ in range(2):  # two share the work; a command has 1.5 s of the 3 s until the next try
        rig.keep(Worker(rig.folder, "/usr/bin/python3", script, handle))
    wait_for("the dead letter", lambda: redis.do("XLEN", "crm:dead") == 1)
    wait_for("nothing pending", lambda: redis.do("XPENDING", "couac:alerts", "crm")[0] == 0)
    seen = handled(out)
    bad = next(e["data"]["alert"]["id"] for e in events(redis) if "8 jours" in e["data"]["mention"]["excerpt"])
    assert sorted(set(seen)) == ids(redis) and seen.count(bad) == 5, seen
    assert all(seen.count(i) == 1 for i in ids(redis) if i != bad), seen


def the_node_group_reads_all(rig):
    if not shutil.which("node") or not shutil.which("npm"):
        return "skipped: node or npm is not installed"
    if not available("npm", "install", "--prefix", rig.folder, "--no-audit", "--no-fund", "--fetch-retries=0",
                     "--fetch-timeout=15000", "ioredis"):
        return "skipped: npm cannot fetch ioredis"
    redis, _ = filled(rig)
    script = recipe(rig, "worker.js")
    with open(os.path.join(rig.folder, "out"), "wb") as out:
        worker = subprocess.Popen(["node", script], cwd=rig.folder, stdout=out, stdin=subprocess.DEVNULL,
                                  env={**os.environ, "REDIS_URL": redis.path})
    rig.keep(worker)
    want = ids(redis)

    def lines():
        with open(os.path.join(rig.folder, "out"), encoding="utf-8") as f:
            return sorted(line.split()[0] for line in f)
    wait_for("all of them", lambda: lines() == want)
    wait_for("nothing pending", lambda: redis.do("XPENDING", "couac:alerts", "dashboard")[0] == 0)


def feedback_with_redis_cli(rig):
    redis, couacd = filled(rig)
    surroundings(rig, redis)
    subprocess.run(["sh", recipe(rig, "feedback.sh"), ids(redis)[0]], check=True, capture_output=True, timeout=20)
    path = os.path.join(couacd.state, "feedback.jsonl")
    wait_for("the line", lambda: os.path.exists(path) and os.path.getsize(path))
    with open(path, encoding="utf-8") as f:
        assert json.loads(f.readline())["want"] == {"delivery-48h": False}


TESTS = [a_look_with_redis_cli, the_shell_worker_loses_nothing_when_it_is_killed, the_python_group_retries_and_buries,
         the_node_group_reads_all, feedback_with_redis_cli]

if __name__ == "__main__":
    sys.exit(redis_rig.run(TESTS, PROGRAM, at_once=1))
