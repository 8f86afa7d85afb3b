#!/usr/bin/python3
"""couac in twenty seconds: sources, couacd, Redis and a consumer, all real, all on this machine.

    tests/demo/demo.py --build BUILD [--pace 0.5]

Starts a private redis-server on a unix socket and three local sources that
release posts, runs couacd with the rules that ship (the e-commerce sector),
and reads the alerts from the Redis stream as any consumer would. Everything
lives in one temporary folder and is gone afterwards. Exit 0 when every post
was treated as it should be and the first alert took less than two seconds.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import redis

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from feeds import Feeds  # noqa: E402
from posts import POSTS  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIRST_ALERT_S = 2.0
GRACE_S = 4.0  # after the last post

COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36", "against": "1;31"}


class Terminal:
    def __init__(self, colour):
        self.colour = colour

    def paint(self, name, text):
        return "\033[%sm%s\033[0m" % (COLOURS[name], text) if self.colour else text

    def line(self, text=""):
        print(text, flush=True)

    def evidence(self, data):
        """The excerpt with the words that contradict the promise marked."""
        text, spans = data["mention"]["excerpt"], []
        for e in sorted(data.get("evidence", []), key=lambda e: (e["start"], -e["end"])):
            if e["role"] == "against" and (not spans or e["start"] >= spans[-1][1]):
                spans.append((e["start"], e["end"]))
        for start, end in reversed(spans):
            marked = self.paint("against", text[start:end]) if self.colour else "[%s]" % text[start:end]
            text = text[:start] + marked + text[end:]
        return text


class Stage:
    """Starts the actors, and ends them whatever happens."""

    def __init__(self, build):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="couac-demo-"))
        self.build, self.actors = build, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for actor in reversed(self.actors):
            if actor.poll() is None:
                actor.send_signal(signal.SIGTERM)
        for actor in reversed(self.actors):
            try:
                actor.wait(5)
            except subprocess.TimeoutExpired:
                actor.kill()
                actor.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *command, env=None, log):
        with open(self.folder / log, "wb") as out:
            self.actors.append(subprocess.Popen([str(c) for c in command], stdout=out, stderr=subprocess.STDOUT,
                                                stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}))
        return self.actors[-1]

    def redis(self):
        path = self.folder / "redis.sock"
        self.start("redis-server", "--port", "0", "--unixsocket", path, "--dir", self.folder, "--save", "",
                   "--appendonly", "no", log="redis.log")
        link = redis.Redis(unix_socket_path=str(path))
        wait_for(lambda: answers(link), "redis-server did not answer", self.folder / "redis.log")
        return link, "unix://%s" % path

    def couacd(self, redis_url, feeds):
        rules = self.folder / "rules"
        rules.mkdir()
        (self.folder / "state").mkdir()
        shutil.copy(ROOT / "rules/sectors/ecommerce.yaml", rules)
        (rules / "acme.yaml").write_text(ACME)
        (self.folder / "couac.yaml").write_text(CONFIG.format(
            folder=self.folder, redis=redis_url, share=ROOT / "rules",
            **{name: feeds.url(name) for name in ("press", "social", "reviews")}))
        hears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        hears.bind(str(self.folder / "notify"))
        hears.setblocking(False)
        daemon = self.start(self.build / "daemon/couacd", "--config", self.folder / "couac.yaml",
                            env={"NOTIFY_SOCKET": str(self.folder / "notify")}, log="couacd.log")
        wait_for(lambda: is_ready(hears, daemon), "couacd did not get ready", self.folder / "couacd.log")
        return daemon


ACME = """\
couac: 1
brand:
  names: [acme, "@acme", "#acme*"]
  accounts: ["@acme", "@acme_help"]
"""

CONFIG = """\
couac: 1
instance: acme-demo
state: {folder}/state
rules: {folder}/rules
share: {share}
redis: {{url: "{redis}"}}
log: {{format: logfmt}}
sources:
  press: {{url: "{press}", every: 1 s, network: private}}
  social: {{url: "{social}", every: 1 s, network: private}}
  reviews: {{url: "{reviews}", every: 1 s, network: private}}
"""


def answers(link):
    try:
        return link.ping()
    except redis.exceptions.RedisError:
        return False


def is_ready(hears, daemon):
    if daemon.poll() is not None:
        raise RuntimeError("couacd left with %d" % daemon.returncode)
    try:
        return b"READY=1" in hears.recv(4096)
    except BlockingIOError:
        return False


def wait_for(condition, complaint, log, seconds=15):
    end = time.monotonic() + seconds
    try:
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(complaint)
            time.sleep(0.02)
    except RuntimeError as error:
        sys.exit("demo: %s\n%s" % (error, log.read_text(errors="replace")))


class Show:
    """Prints what happens as it happens, and remembers it for the end."""

    def __init__(self, terminal, feeds):
        self.t, self.feeds = terminal, feeds
        self.shown = 0
        self.alerts = {}   # alert id -> latest data
        self.latency = {}  # index of the post -> seconds
        self.folded = 0

    def clock(self):
        return "%5.1f s" % (time.time() - self.feeds.began)

    def posts(self):
        while self.shown < len(POSTS) and time.time() >= self.feeds.appears(self.shown):
            post = POSTS[self.shown]
            self.t.line("%s  %s %s" % (self.t.paint("dim", self.clock()),
                                       self.t.paint("cyan", "%-8s" % post.source), post.text))
            if post.note:
                self.t.line(self.t.paint("dim", "                  (%s)" % post.note))
            self.shown += 1

    def event(self, event):
        data = event["data"]
        if event["type"] != "couac.alert.v1":
            return
        alert = data["alert"]
        known = self.alerts.get(alert["id"])
        self.alerts[alert["id"]] = data
        if known:
            self.folded += 1
            self.t.line("%s  %s now said %d times" % (
                self.t.paint("dim", self.clock()), self.t.paint("yellow", "⤷ same alert,"),
                data.get("group", {}).get("count", 0)))
            return
        index = int(data["mention"]["id"].rsplit(":", 1)[1])
        self.latency[index] = time.time() - self.feeds.appears(index)
        colour = "red" if alert["severity"] in ("high", "critical") else "yellow"
        self.t.line("%s  %s  %s" % (self.t.paint("dim", self.clock()),
                                    self.t.paint(colour, "COUAC " + alert["severity"]),
                                    self.t.paint("bold", alert["title"])))
        self.t.line("         “%s”" % self.t.evidence(data))
        self.t.line("         promise %s · for %s · %.1f s after it appeared" % (
            data["promise"]["id"], alert["owner"], self.latency[index]))

    def verdicts(self):
        """One (post, what happened, as it should be) per post."""
        broken = {int(d["mention"]["id"].rsplit(":", 1)[1]): d["promise"]["id"] for d in self.alerts.values()}
        for i, post in enumerate(POSTS):
            if post.expect == "repost":
                yield post, "folded in" if self.folded and i not in broken else "not folded", \
                    self.folded == 1 and i not in broken
            else:
                promise = broken.get(i)
                wanted = None if post.expect in ("kept", "own", "nothing") else post.expect
                yield post, promise or "no alert", promise == wanted


def play(stage, terminal, pace):
    feeds = Feeds(POSTS, pace)
    link, url = stage.redis()
    daemon = stage.couacd(url, feeds)
    terminal.line(terminal.paint("bold", "couacd polls three sources every second; a consumer reads %s" % "couac:alerts"))
    terminal.line()
    show, last = Show(terminal, feeds), "0"
    feeds.start()
    end = feeds.appears(len(POSTS) - 1) + GRACE_S * pace
    while time.time() < end:
        show.posts()
        if daemon.poll() is not None:
            sys.exit("demo: couacd left with %d\n%s" % (
                daemon.returncode, (stage.folder / "couacd.log").read_text(errors="replace")))
        for _, entries in link.xread({"couac:alerts": last}, block=50) or []:
            for last, fields in entries:
                show.event(json.loads(fields[b"data"]))
    feeds.close()
    return show


def tell(show, terminal):
    ok = True
    terminal.line()
    rows = list(show.verdicts())
    for post, what, right in rows:
        if not right:
            ok = False
            terminal.line(terminal.paint("red", "wrong: %s: %s, expected %s" % (post.text, what, post.expect)))
    first = min(show.latency.items(), default=(None, 99.0))[1]
    terminal.line(terminal.paint("bold", "%d posts, %d alerts, %d repost folded in; the first alert came %.1f s after its post" % (
        len(rows), len(show.alerts), show.folded, first)))
    if first >= FIRST_ALERT_S:
        ok = False
        terminal.line(terminal.paint("red", "the first alert took %.1f s, more than %.0f s" % (first, FIRST_ALERT_S)))
    return ok


def next_steps(terminal, build):
    couac = os.path.relpath(build / "cli/couac")
    if not couac.startswith("."):
        couac = "./" + couac
    terminal.line()
    terminal.line("Next:")
    for command in ("init --sector ecommerce my-shop",
                    "test my-shop/rules",
                    "explain my-shop/rules \"8 jours que j'attends mon colis\""):
        terminal.line("  %s %s" % (couac, command))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--pace", type=float, default=1.0, help="0.5 plays twice as fast")
    parser.add_argument("--colour", choices=("auto", "always"), default="auto")
    options = parser.parse_args()
    terminal = Terminal(options.colour == "always" or (sys.stdout.isatty() and not os.environ.get("NO_COLOR")))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with Stage(options.build.resolve()) as stage:
            show = play(stage, terminal, options.pace)
    except KeyboardInterrupt:
        sys.exit(130)
    ok = tell(show, terminal)
    if ok:
        next_steps(terminal, options.build.resolve())
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
