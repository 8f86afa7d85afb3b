#!/usr/bin/python3
"""latency - from the moment a post's bytes arrive to its alert in Redis: p50, p99.

usage: latency.py COUACD SHARE [posts=300] [most_ms=50]

Three ways in, one clock. The time begins when the last byte of the answer (of the request,
for a push) was given to the socket; it ends when a consumer blocked in XREAD has the alert.
`feed` brings one post a poll; `push` one a request; `burst` fifty in one feed, where the time
of the last of them is what counts. Redis has its AOF with fsync always: the slow kind.
It fails when the p99 of any of them is above `most_ms`.
"""

import http.client
import json
import os
import random
import re
import sys
import threading
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "integration"))
import redis_rig  # noqa: E402
import web_rig  # noqa: E402

SETTINGS = {"posts": 300, "most_ms": 50}
TOKEN = "bench"


def complaint(n):
    """In words of its own: what is near a known post is told as an update of it."""
    chance = random.Random(n)
    words = ("".join(chance.choice("bdfklmnrstv") + chance.choice("aeiou") for _ in range(3)) for _ in range(14))
    return f"Been waiting 6 days for a parcel {' '.join(words)} number {n}"


class Consumer(threading.Thread):
    """Notes when the alert of the post that bears a number came out of Redis."""

    def __init__(self, redis):
        super().__init__(daemon=True)
        self.client, self.heard, self.stop = redis.client(), {}, False
        self.start()

    def run(self):
        last = "0"
        while not self.stop:
            try:
                answer = self.client("XREAD", "BLOCK", 200, "STREAMS", "couac:alerts", last)
            except OSError:  # the rig is being taken down
                return
            now = time.monotonic()
            for last, fields in answer[0][1] if answer else []:
                found = re.search(r"number (\d+)", dict(zip(fields[::2], fields[1::2]))["data"])
                self.heard.setdefault(int(found.group(1)), now)


class Timed(web_rig.Web):
    """Notes when the whole of an answer was given to the socket."""

    def __init__(self):
        super().__init__()
        self.sent = {}

    def _one(self, client, file):
        more = super()._one(client, file)
        now = time.monotonic()
        for n in getattr(threading.current_thread(), "fresh", ()):
            self.sent[n] = now
        threading.current_thread().fresh = ()
        return more


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def wait(consumer, sent, total):
    redis_rig.wait_for("all alerts", lambda: len(sent) >= total and all(n in consumer.heard for n in sent), 120)
    consumer.stop = True
    return [(consumer.heard[n] - sent[n]) * 1000 for n in sorted(sent)]


def daemon(rig, program, share, name, sources, **more):
    redis = rig.redis(name="redis-" + name)
    couacd = rig.keep(web_rig.Couacd(rig, program, redis, share, sources, name=name, **more,
                                     poll={"floor": "1 s", "host_gap": "0 s"}))
    return couacd, Consumer(redis)


def by_feed(rig, program, share, name, total, portion, sources):
    web = rig.keep(Timed())
    shown = iter(range(0, total, portion))
    lock = threading.Lock()

    def script(_request):
        with lock:
            first = next(shown, None)
        if first is None:
            return web_rig.Reply(200, web_rig.rss())
        threading.current_thread().fresh = range(first, first + portion)
        return web_rig.Reply(200, web_rig.rss(*(complaint(n) for n in range(first, first + portion))))

    urls = {f"s{i}": web.on(f"/{i}", script) for i in range(sources)}
    couacd, consumer = daemon(rig, program, share, name, urls)
    couacd.start()
    times = wait(consumer, web.sent, total)
    assert couacd.stop() == 0
    if portion > 1:  # of a burst its last counts
        times = [max(times[i:i + portion]) for i in range(0, total, portion)]
    return times


def by_push(rig, program, share, total):
    token = os.path.join(rig.folder, "token")
    with open(token, "w", encoding="ascii") as f:
        f.write(TOKEN + "\n")
    with redis_rig.socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    couacd, consumer = daemon(rig, program, share, "push",
                              {"care": {"kind": "push", "token_file": token, "about": "us"}},
                              push=f"{{listen: 'http://127.0.0.1:{port}'}}")
    couacd.start()
    sent, line = {}, http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for n in range(total):
        line.request("POST", "/push/care", json.dumps({"id": f"m{n}", "text": complaint(n), "lang": "en"}),
                     {"Authorization": f"Bearer {TOKEN}"})
        sent[n] = time.monotonic()
        assert line.getresponse().read()
        time.sleep(0.01)
    times = wait(consumer, sent, total)
    assert couacd.stop() == 0
    return times


def main(program, share):
    total, late = SETTINGS["posts"], []
    with redis_rig.Rig(program) as rig:
        ways = {"feed": lambda: by_feed(rig, program, share, "feed", total, 1, 20),
                "push": lambda: by_push(rig, program, share, total),
                "burst": lambda: by_feed(rig, program, share, "burst", 1000, 50, 1)}
        for name, way in ways.items():
            times = way()
            p99 = percentile(times, 0.99)
            print(f"{name:6} {len(times):5} samples  p50 {percentile(times, 0.5):6.1f} ms  p99 {p99:6.1f} ms  "
                  f"longest {max(times):6.1f} ms", flush=True)
            if p99 > SETTINGS["most_ms"]:
                late.append(name)
    if late:
        print(f"above {SETTINGS['most_ms']} ms: {', '.join(late)}")
    return 1 if late else 0


if __name__ == "__main__":
    for setting in sys.argv[3:]:
        key, value = setting.split("=")
        SETTINGS[key] = int(value)
    sys.exit(main(sys.argv[1], os.path.abspath(sys.argv[2])))
