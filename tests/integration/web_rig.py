"""web_rig - a scripted web server, and a couacd that listens to it.

Each path has a script: a function that is given the request and answers with bytes, a
Reply, or writes to the socket itself. All requests are kept, with their times.
"""

import contextlib
import email.utils
import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from redis_rig import DEADLINE, wait_for  # noqa: F401 (wait_for is for the tests)

RULES = """couac: 1
owners:
  logistics: {}
promises:
  delivery-48h:
    says: Delivered within 48 hours
    owner: logistics
    limit: at most 48 h
    about: [parcel|order]
    against: [<elapsed>]
"""


def complaint(n, days=6):
    # Under eight words, so that each is a complaint of its own and no copy of the others.
    return f"Been waiting {days} days, parcel number {n}"


def rss(*texts, head="", ids=None):
    items = "".join(
        f"<item><guid>{(ids or {}).get(t, t)}</guid><link>http://shop.example/{abs(hash(t))}</link>"
        f"<pubDate>{email.utils.formatdate(time.time() - 60)}</pubDate>"
        f"<description>{t}</description></item>" for t in texts)
    return (f"<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>{head}{items}"
            "</channel></rss>").encode()


class Request:
    def __init__(self, path, headers, lines, sock, body=b""):
        self.path, self.headers, self.lines, self.sock, self.body = path, headers, lines, sock, body
        self.method = lines[0].split(" ")[0]
        self.at = time.monotonic()

    def get(self, name):
        return self.headers.get(name.lower())


class Reply:
    def __init__(self, status=200, body=b"", **headers):
        self.status, self.body = status, body
        self.headers = {k.replace("_", "-"): v for k, v in headers.items()}

    def encode(self):
        head = [f"HTTP/1.1 {self.status} X"]
        names = {k.lower() for k in self.headers}
        if "content-length" not in names and "transfer-encoding" not in names:
            head.append(f"Content-Length: {0 if self.status == 304 else len(self.body)}")
        head += [f"{k}: {v}" for k, v in self.headers.items()]
        return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + self.body


class Web:
    """`on(path, script)`; script(request) -> Reply, bytes (sent raw), or None (the connection ends)."""

    def __init__(self, host="127.0.0.1", family=socket.AF_INET, tls=None):
        self.tls = tls
        self.scripts, self.requests, self.lock = {}, [], threading.Lock()
        self.connections = self.open = self.most_open = 0
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, 0))
        self.listener.listen(512)
        self.port = self.listener.getsockname()[1]
        self.base = f"http://{host}:{self.port}"
        self.closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def on(self, path, script):
        self.scripts[path] = script if callable(script) else lambda request: script
        return self.base + path

    def seen(self, path):
        with self.lock:
            return [r for r in self.requests if r.path == path]

    def close(self):
        self.closed = True
        self.listener.close()

    def _accept(self):
        while not self.closed:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with self.lock:
            self.connections += 1
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            with client.makefile("rb") as file:
                while self._one(client, file):
                    pass
        except OSError:
            pass
        finally:
            with self.lock:
                self.open -= 1
            client.close()

    def _one(self, client, file):
        lines = []
        while True:
            line = file.readline(65536).decode("latin-1")
            if not line:
                return False
            if line in ("\r\n", "\n"):
                break
            lines.append(line.rstrip("\r\n"))
        headers = {k.lower(): v.strip(" ") for k, _, v in (x.partition(":") for x in lines[1:])}
        body = file.read(int(headers.get("content-length", 0)))
        request = Request(lines[0].split(" ")[1], headers, lines, client, body)
        with self.lock:
            self.requests.append(request)
        script = self.scripts.get(request.path) or self.scripts.get(request.path.partition("?")[0])
        reply = script(request) if script else Reply(404, b"no such thing")
        if reply is None:
            return False
        client.sendall(reply.encode() if isinstance(reply, Reply) else reply)
        return isinstance(reply, Reply)


def certificate(folder, name="localhost", days=2):
    """(certificate, key) that nobody but its bearer trusts."""
    cert, key = (os.path.join(folder, f"{name}.{kind}.pem") for kind in ("cert", "key"))
    request, extensions = os.path.join(folder, "request.pem"), os.path.join(folder, "extensions")
    with open(extensions, "w", encoding="ascii") as f:
        f.write(f"subjectAltName=DNS:{name}\nbasicConstraints=CA:TRUE\n")
    for line in (["req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request],
                 ["x509", "-req", "-in", request, "-signkey", key, "-days", str(days), "-extfile", extensions, "-out", cert]):
        subprocess.run(["openssl", *line], check=True, capture_output=True)
    return cert, key


class Couacd:
    def __init__(self, rig, program, redis, share, sources, poll=None, rules=RULES, name="couacd", **more):
        self.folder = os.path.join(rig.folder, name)
        self.program, self.process = program, None
        self.rules = os.path.join(self.folder, "rules")
        self.state = os.path.join(self.folder, "state")
        os.makedirs(self.rules, exist_ok=True)
        os.makedirs(self.state, exist_ok=True)
        self.config = os.path.join(self.folder, "couac.yaml")
        self.log = os.path.join(self.folder, "log")
        self.redis, self.share, self.poll, self.more = redis, share, poll or {}, more
        self.write_rules(rules)
        self.write_config(sources)

    def write_rules(self, text):
        with open(os.path.join(self.rules, "rules.yaml.new"), "w", encoding="utf-8") as f:
            f.write(text)
        os.rename(os.path.join(self.rules, "rules.yaml.new"), os.path.join(self.rules, "rules.yaml"))

    def write_config(self, sources):
        url = self.redis.url if self.redis else "unix:///nonexistent/redis.sock"
        lines = ["couac: 1", f"state: {self.state}", "rules: rules", f"share: {self.share}",
                 f"redis: {{url: {url}}}", "log: {level: debug, format: logfmt}", "poll:"]
        lines += [f"  {k}: {v}" for k, v in {"connect_timeout": "2 s", **self.poll}.items()]
        lines += [f"{k}: {v}" for k, v in self.more.items()]
        lines.append("sources:" if sources else "sources: {}")
        for name, keys in sources.items():
            if isinstance(keys, str):
                keys = {"url": keys}
            if keys.get("kind", "feed") == "feed":
                keys = {"network": "private", "every": "1 s", **keys}
            lines.append(f"  {name}: {{" + ", ".join(f"{k}: {v!r}" for k, v in keys.items() if v) + "}")
        temporary = self.config + ".new"
        with open(temporary, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        os.rename(temporary, self.config)

    def start(self, wait=True, **env):
        before = len(self.logged("event=couacd.started")) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as log:
            before = len(self.logged("event=couacd.started"))
            self.process = subprocess.Popen([self.program, "--config", self.config], stderr=log,
                                            env={**os.environ, **env})
        if wait:
            wait_for("couacd to start", lambda: self.process.poll() is not None or
                     len(self.logged("event=couacd.started")) > before)
        return self

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.terminate()
        code, self.process = self.process.wait(timeout=DEADLINE), None
        return code

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def logged(self, pattern):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return re.findall(pattern, f.read())

    def stalls(self):
        """What was too long for the loop, in ms, without the time in which it had no processor."""
        times = [(int(late), int(without)) for late, without in
                 self.logged(r"event=loop.stall late_ms=(\d+) without_cpu_ms=(\d+)")]
        return [late - without for late, without in times if late - without > 250]

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    def alerts(self):
        return self.redis.do("XLEN", "couac:alerts")

    # What it remembers of its sources, and a clock that a test moves.

    def database(self):
        return contextlib.closing(sqlite3.connect(f"file:{self.state}/couac.db?mode=rw", uri=True, timeout=20))

    def row(self, source):
        with self.database() as db:
            db.row_factory = sqlite3.Row
            row = db.execute("SELECT * FROM source WHERE id = ?", (source,)).fetchone()
        return dict(row) if row else {}

    def plan(self, source, polled=1):
        """(when it is asked next, the interval behind that), in seconds, after so many answers."""
        row = wait_for(f"{polled} answers of {source} on the disk",
                       lambda: (r := self.row(source)) and r["polls"] >= polled and r)
        return row["next_ms"] / 1000, row["interval_ms"] / 1000

    def passes(self, seconds):
        """Stops it, makes all that it remembers so much older, and starts it again."""
        assert self.stop() == 0
        with self.database() as db:
            for source, cursor in db.execute("SELECT id, cursor FROM source").fetchall():
                cursor = re.sub(r"(?m)^full (\d+)$", lambda m: f"full {int(m[1]) - int(seconds * 1000)}", cursor)
                db.execute("UPDATE source SET cursor = ?, next_ms = next_ms - ?, last_ok_ms = last_ok_ms - ? WHERE id = ?",
                           (cursor, int(seconds * 1000), int(seconds * 1000), source))
            db.commit()
        self.start()
