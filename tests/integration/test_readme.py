#!/usr/bin/python3
"""README.md tells the truth: its commands are run, its files are written, its consumers consume.

    test_readme.py SOURCE BUILD

Blocks are taken in order. `yaml` blocks are written to the file that their
first line names; `sh` blocks run line by line; `python` and `js` blocks must
print an alert. Blocks marked `not-here` need root, or this very build. What
the README says of the outside is replaced: the Redis on 127.0.0.1:6379 by a
private one, the feed on the internet by one made here. TAP.
"""
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import redis

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Reviews</title><link>http://reviews.example/</link>
<description>Reviews</description>{items}</channel></rss>"""
ITEM = "<item><guid>{n}</guid><title>{text}</title><link>http://reviews.example/{n}</link><pubDate>{now}</pubDate></item>"
COMPLAINTS = ["I have been waiting 9 days for my parcel", "Colis jamais reçu après 3 semaines d'attente",
              "Still waiting for my refund after 6 weeks", "Three mails to customer service and no answer in 10 days",
              "Been waiting 5 hours for my pick-up"]


class Tap:
    def __init__(self):
        self.n, self.bad = 0, 0

    def tell(self, good, sentence, why=""):
        self.n += 1
        self.bad += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.n, sentence), flush=True)
        if not good:
            for line in str(why).splitlines():
                print("# " + line)

    def skip(self, sentence, why):
        self.n += 1
        print("ok %d - %s # SKIP %s" % (self.n, sentence, why))


def blocks(text):
    """(language, words after it, body) of every fenced block."""
    return [(m[1], m[2].split(), m[3]) for m in re.finditer(r"^```(\w+)([^\n]*)\n(.*?)^```$", text, re.M | re.S)]


class Reader:
    """Follows the README in a folder of its own."""

    def __init__(self, build, folder, tap):
        self.build, self.folder, self.tap = build, folder, tap
        self.socket = folder / "redis.sock"
        self.children = []
        tools = folder / "bin"
        tools.mkdir()
        cli = tools / "redis-cli"
        cli.write_text('#!/bin/sh\nexec %s -s %s "$@"\n' % (shutil.which("redis-cli"), self.socket))
        cli.chmod(0o755)
        self.env = {**os.environ, "PATH": ":".join(map(str, (tools, build / "cli", build / "daemon"))) + ":"
                    + os.environ["PATH"], "NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs"}
        self.start("redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(folder))

    def start(self, *command):
        child = subprocess.Popen(command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def close(self):
        for child in reversed(self.children):
            child.terminate()
        for child in self.children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()

    def listen(self):
        """couacd on the README's own configuration, with the outside replaced."""
        now = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        body = FEED.format(items="".join(ITEM.format(n=i, text=t, now=now) for i, t in enumerate(COMPLAINTS))).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = "http://127.0.0.1:%d/reviews.rss\n    network: private" % server.server_port
        conf = self.folder / "shop/couac.yaml"
        text = conf.read_text().replace("https://reviews.example/my-shop.rss", here)
        text = text.replace("redis://127.0.0.1:6379/0", "unix://%s" % self.socket)
        text = re.sub(r"  forum:.*", "", text, flags=re.S)  # needs the outside
        conf.write_text(text)
        self.start("couacd", "--config", str(conf))
        return self.answer("redis-cli LLEN couac:queue", lambda s: int(s or 0) >= 4, 10)

    def answer(self, command, wanted, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            said = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.env, capture_output=True, text=True)
            if said.returncode == 0 and wanted(said.stdout.strip()):
                return True
            time.sleep(0.1)
        return False

    def shell(self, body):
        for line in body.splitlines():
            command = line.split("  #")[0].strip()
            local = command.replace("couac alerts", "couac alerts --url unix://%s" % self.socket)
            done = subprocess.run(["bash", "-ec", local], cwd=self.folder, env=self.env, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=20)
            # `explain` finds a broken promise, which is a finding: 1.
            self.tap.tell(done.returncode in ((0, 1) if " explain " in command else (0,)), command.replace("#", ""),
                          done.stdout + done.stderr)

    def file(self, body):
        name = re.match(r"# (\S+)\n", body)[1]
        path = self.folder / name
        self.tap.tell(path.parent.is_dir(), "%s has a folder to stand in" % name)
        path.write_text(body)

    def refill(self):
        """The list is emptied by whoever pops from it: the stream's first alert is put there again."""
        link = redis.Redis(unix_socket_path=str(self.socket))
        link.rpush("couac:queue", link.xrange("couac:alerts", count=1)[0][1][b"data"])

    def consumer(self, what, command):
        self.refill()
        child = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True)
        watch = threading.Timer(10, child.kill)
        watch.start()
        line = child.stdout.readline()
        child.kill()
        self.tap.tell(re.search("contradicted|contredite", line), "the %s consumer prints an alert" % what, line + child.stderr.read())
        watch.cancel()
        child.wait()

    def python(self, body):
        self.consumer("Python", ["/usr/bin/python3", "-c", body.replace(
            "redis.Redis()", "redis.Redis(unix_socket_path=%r)" % str(self.socket))])

    def node(self, body):
        if not shutil.which("node") or subprocess.run(["node", "-e", 'require("redis").createClient().connect'],
                                                      env=self.env, capture_output=True).returncode:
            self.tap.skip("the Node consumer prints an alert", "node-redis is not installed")
            return
        self.consumer("Node", ["node", "-e", body.replace(
            "createClient()", "createClient({socket: {path: %r}})" % str(self.socket))])


def main(source, build):
    tap = Tap()
    text = (source / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        tap.tell((source / target).exists(), "the README's link to %s leads somewhere" % target)
    with tempfile.TemporaryDirectory(prefix="couac-readme-") as folder:
        reader = Reader(build, pathlib.Path(folder), tap)
        listening = False
        try:
            for language, marks, body in blocks(text):
                if "not-here" in marks:
                    continue
                if not listening and "BLPOP" in body:
                    listening = True
                    tap.tell(reader.listen(), "couacd hears the README's sources and fills the queue")
                {"sh": reader.shell, "yaml": reader.file, "python": reader.python, "js": reader.node}[language](body)
        finally:
            reader.close()
    print("1..%d" % tap.n)
    return 1 if tap.bad else 0


if __name__ == "__main__":
    sys.exit(main(*map(lambda p: pathlib.Path(p).resolve(), sys.argv[1:])))
