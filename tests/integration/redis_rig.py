"""redis_rig - a private redis-server, a client, a feeder and a meddling proxy for tests.

Everything lives in one temporary folder on unix sockets and is gone afterwards.
"""

import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import json_schema

DEADLINE = 25.0  # seconds any single wait may take


def wait_for(what, condition, seconds=DEADLINE):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


class RedisError(Exception):
    pass


class Client:
    """Just enough RESP 2 for tests."""

    def __init__(self, path, password=None):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(path)
        self.file = self.sock.makefile("rb")
        if password:
            self("AUTH", password)

    def __call__(self, *args):
        self.send(*args)
        return self.reply()

    def send(self, *args):
        parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
        out = b"*%d\r\n" % len(parts)
        self.sock.sendall(out + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            n = int(rest)
            return None if n < 0 else self.file.read(n + 2)[:-2].decode()
        return None if int(rest) < 0 else [self.reply() for _ in range(int(rest))]

    def close(self):
        self.file.close()
        self.sock.close()


class Redis:
    """A real redis-server; `settings` as on its command line."""

    def __init__(self, folder, name="redis", durable=True, **settings):
        self.folder = os.path.join(folder, name)
        self.path = os.path.join(folder, name + ".sock")
        self.process, self.more = None, []
        self.settings = {"port": "0", "unixsocket": self.path, "save": "", "dir": self.folder,
                         "appendonly": "yes" if durable else "no", "appendfsync": "always"}
        self.settings.update({k.replace("_", "-"): str(v) for k, v in settings.items()})
        os.makedirs(self.folder, exist_ok=True)

    def start(self, wait=True):
        args = ["redis-server"]
        for key, value in self.settings.items():
            args += ["--" + key, value]
        args += self.more
        with open(self.folder + ".log", "ab") as log:
            self.process = subprocess.Popen(args, stdout=log, stderr=log)
        if wait:
            wait_for("redis-server", self.answers)
        return self

    def answers(self):
        try:
            client = self.client()
            client("PING")
            client.close()
            return True
        except RedisError as error:
            return "LOADING" not in str(error)
        except OSError:
            return False

    def client(self, password=None):
        return Client(self.path, password)

    def do(self, *args, password=None):
        client = self.client(password)
        try:
            return client(*args)
        finally:
            client.close()

    def kill(self):
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def wipe(self):
        """What a restart without persistence finds: nothing."""
        shutil.rmtree(self.folder)
        os.makedirs(self.folder)

    @property
    def url(self):
        return "unix://" + self.path

    def rows(self, stream="couac:alerts", password=None):
        """The N of every row-N of the stream, in its order."""
        entries = self.do("XRANGE", stream, "-", "+", password=password)
        return [int(dict(zip(f[::2], f[1::2]))["id"][4:]) for _, f in entries]


class Feeder:
    """The delivering half of couacd (feeder.c); settings as its key=value."""

    def __init__(self, program, folder, url, rows, name="state", **settings):
        self.state = os.path.join(folder, name + ".db")
        self.args = [program, self.state, url, str(rows)]
        self.args += [f"{k.replace('_', '-')}={v}" for k, v in settings.items()]
        self.process = None
        self.log = os.path.join(folder, name + ".log")

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.args, stdout=subprocess.PIPE, stderr=log)
        return self

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def done(self, code=0, seconds=None):
        """Waits for its end; returns its report as a dict, with `told` a list."""
        out, _ = self.process.communicate(timeout=seconds or DEADLINE)
        ended, self.process = self.process.returncode, None
        assert ended == code, f"the feeder ended with {ended}"
        text = out.decode()
        report = dict(re.findall(r"(\w+)=(\d+)", text.splitlines()[-1])) if text else {}
        report = {k: int(v) for k, v in report.items()}
        report["told"] = re.findall(r"^told=(\S+)", text, re.M)
        report["text"] = text
        return report

    def logged(self, pattern):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return re.findall(pattern, f.read())

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


class Meddler:
    """A proxy before a real Redis that sees each command and may answer in its place.

    `judge(n, args)` gets the command's number and its arguments and returns None (pass it
    on), bytes (the answer instead), or "cut" (reset the connection now).
    """

    def __init__(self, folder, redis, judge, name="meddler"):
        self.path = os.path.join(folder, name + ".sock")
        self.redis, self.judge, self.n = redis, judge, 0
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return "unix://" + self.path

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
        try:
            server = self.redis.client() if self.redis else None
            file = client.makefile("rb")
            while self._one(client, file, server):
                pass
        except (OSError, ValueError):
            pass
        finally:
            client.close()

    def _one(self, client, file, server):
        head = file.readline()
        if not head.startswith(b"*"):
            return False
        args = []
        for _ in range(int(head[1:])):
            size = int(file.readline()[1:])
            args.append(file.read(size + 2)[:-2])
        with self.lock:
            self.n += 1
            answer = self.judge(self.n, args)
        if answer == "cut":
            return False
        client.sendall(answer if answer is not None else self._ask(server, args))
        return True

    @staticmethod
    def _ask(server, args):
        server.send(*args)
        return Meddler._copy(server.file)

    @staticmethod
    def _copy(file):
        line = file.readline()
        kind = line[:1]
        if kind == b"$" and int(line[1:]) >= 0:
            return line + file.read(int(line[1:]) + 2)
        if kind == b"*":
            return line + b"".join(Meddler._copy(file) for _ in range(max(0, int(line[1:]))))
        return line


class Rig:
    """A folder, and all that was started in it."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="couac-rig-")
        self.things = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for thing in reversed(self.things):
            getattr(thing, "kill", getattr(thing, "close", None))()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sanitized(self):
        """A sanitizer keeps freed memory: then figures of memory say nothing."""
        with open(self.program, "rb") as f:
            return b"__asan_init" in f.read()

    def keep(self, thing):
        self.things.append(thing)
        return thing

    def redis(self, start=True, **settings):
        redis = self.keep(Redis(self.folder, **settings))
        return redis.start() if start else redis

    def feeder(self, url, rows, start=True, **settings):
        feeder = self.keep(Feeder(self.program, self.folder, url, rows, **settings))
        return feeder.start() if start else feeder

    def meddler(self, redis, judge):
        return self.keep(Meddler(self.folder, redis, judge))


def rows_of(args):
    """The N of every row-N that a command appends; empty for other commands."""
    if args[0] != b"EVALSHA":
        return set()
    return {int(arg[4:]) for arg in args if re.fullmatch(rb"row-\d+", arg)}


SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cli/schema/alert.json")
EVENTS_CHECKED = 500  # of one stream


def check_events(redis):
    """Every event that a test left in Redis fits the published schema."""
    with open(SCHEMA, encoding="utf-8") as f:
        schema = json.load(f)
    for stream in ("alerts", "incidents", "ops", "shadow"):
        try:
            entries = redis.do("XRANGE", f"couac:{stream}", "-", "+", "COUNT", EVENTS_CHECKED)
        except (OSError, RedisError):
            return  # gone, or closed to us: the test's own matter
        for _, fields in entries:
            data = dict(zip(fields[::2], fields[1::2])).get("data", "")
            if not data.startswith('{"specversion"'):
                continue  # a row of the feeder's
            if '"urn:couac:by-hand"' in data:
                continue  # a test's own, with only what it needs
            wrong = json_schema.errors(json.loads(data), schema)
            assert not wrong, f"an event in {stream} breaks the schema: {wrong} {data}"


def _one(test, program):
    started = time.monotonic()
    try:
        with Rig(program) as rig:
            note = test(rig)
            for redis in rig.things:
                if isinstance(redis, Redis) and redis.process and redis.process.poll() is None:
                    check_events(redis)
        took = time.monotonic() - started
        return None, f"{note + ', ' if note else ''}{took:.1f} s"
    except Exception as error:  # pylint: disable=broad-except
        if not isinstance(error, AssertionError):
            traceback.print_exc(file=sys.stderr)
        return f"{type(error).__name__}: {error}", ""


def run(tests, program, at_once=4):
    """TAP; tests are functions named as sentences, taking a Rig."""
    if not shutil.which("redis-server"):
        print("1..0 # SKIP redis-server is not installed")
        return 0
    failures = 0
    print(f"1..{len(tests)}")
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        outcomes = pool.map(lambda test: _one(test, program), tests)
        for n, (test, (error, note)) in enumerate(zip(tests, outcomes), 1):
            name = test.__name__.replace("_", " ")
            print(f"{'not ok' if error else 'ok'} {n} - {name}{f' ({note})' if note else ''}", flush=True)
            for line in (error or "").splitlines()[:20]:
                print("# " + line, flush=True)
            failures += error is not None
    return 1 if failures else 0
