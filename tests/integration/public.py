#!/usr/bin/env python3
"""couacd on a public network of its own: a namespace where 93.184.216.34 is this machine.

Needs the right to make namespaces (root, or unprivileged ones); else it is skipped.
"""

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from web_rig import Couacd, Reply, Web, certificate, complaint, rss

HOSTS = """127.0.0.1 localhost
93.184.216.34 public.example other.example slow.example good.example blind.example deaf.example expired.example
127.0.0.1 inside.example
::ffff:127.0.0.1 mapped.example
192.168.7.7 lan.example
"""
MARK, CERT, KEY, EXPIRED = "COUAC_TEST_NAMESPACE", "COUAC_TEST_CERT", "COUAC_TEST_KEY", "COUAC_TEST_EXPIRED"
TRUSTED = "/etc/ssl/certs/ca-certificates.crt"


def enter():
    """Runs this program again in namespaces of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts, \
            tempfile.NamedTemporaryFile("w", suffix=".resolv") as resolv, \
            tempfile.TemporaryDirectory(prefix="couac-public-") as folder:
        cert, key = certificate(folder, "public.example")
        expired = certificate(folder, "expired.example", days=-1)
        trusted = os.path.join(folder, "trusted.pem")
        with open(trusted, "w", encoding="ascii") as f:
            for path in (cert, expired[0]):
                with open(path, encoding="ascii") as one:
                    f.write(one.read())
        hosts.write(HOSTS)
        hosts.flush()
        resolv.write("nameserver 93.184.216.34\n")
        resolv.flush()
        script = ('ip link set lo up && ip addr add 93.184.216.34/32 dev lo && '
                  'ip addr add 192.168.7.7/32 dev lo && mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/resolv.conf && '
                  f'mount --bind "$2" {TRUSTED} && shift 2 && exec "$@"')
        line = ["unshare", "--net", "--mount", "--map-root-user"]
        if os.geteuid() == 0:
            line.pop()
        probe = subprocess.run(line + ["sh", "-c", script, hosts.name, resolv.name, trusted, "true"], capture_output=True, check=False)
        if probe.returncode:
            print("1..0 # SKIP no right to make a network namespace")
            return 0
        return subprocess.run(line + ["sh", "-c", script, hosts.name, resolv.name, trusted, sys.executable] + sys.argv,
                              env={**os.environ, MARK: "1", CERT: cert, KEY: key, EXPIRED: " ".join(expired)}, check=False).returncode


if MARK not in os.environ and __name__ == "__main__":
    sys.exit(enter())

import redis_rig  # noqa: E402
from redis_rig import wait_for  # noqa: E402

PROGRAM, SHARE, COUAC = (*sys.argv[1:4], None)[:3]  # citizen.py only looks at TESTS
FAST = {"floor": "1 s", "floor_blind": "1 s", "floor_deaf": "1 s", "host_gap": "200 ms"}


def public(url, **more):
    return {"url": url, "network": "public", "every": "1 s", **more}


def start(rig, sources, redis=False, **poll):
    return rig.keep(Couacd(rig, PROGRAM, rig.redis(durable=False) if redis else None, SHARE, sources,
                           poll={**FAST, **poll})).start()


def outside(rig):
    return rig.keep(Web("93.184.216.34"))


def b26_a_public_name_cannot_lead_inside(rig):
    web, inside = outside(rig), rig.keep(Web())
    inside.on("/", Reply(200, rss(complaint(1))))
    at = f"http://public.example:{web.port}"
    spellings = [f"http://{host}:{inside.port}/" for host in
                 ("127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "inside.example",
                  "mapped.example", "localhost", "0.0.0.0", "lan.example", "user@127.0.0.1")]
    sources = {}
    for n, target in enumerate(spellings):
        web.on(f"/to/{n}", Reply(301 + n % 2, Location=target))
        sources[f"to{n}"] = public(f"{at}/to/{n}")
    web.on("/hop", Reply(302, Location=f"http://other.example:{web.port}/to/0"))
    sources["hops"] = public(f"{at}/hop")
    for n, host in enumerate(("inside.example", "mapped.example", "lan.example")):
        sources[f"name{n}"] = public(f"http://{host}:{inside.port}/")
    posts = [0]

    def good(request):
        posts[0] += 1
        return Reply(200, rss(*[complaint(n) for n in range(posts[0])]))
    web.on("/good", good)
    sources["good"] = public(f"http://other.example:{web.port}/good")
    couacd = start(rig, sources, redis=True)
    for name in sources:
        if name != "good":
            wait_for(name, lambda s=name: couacd.logged(rf"event=poll.failed source={s} why=(forbidden|dns)"))
    wait_for("alerts of the good one", lambda: couacd.alerts() >= 3)
    assert inside.connections == 0, f"{inside.connections} connections got inside"
    assert len(couacd.logged(r"why=forbidden")) >= len(sources) - 3


def couac_add_is_not_led_inside_either(rig):
    web, inside = outside(rig), rig.keep(Web())
    inside.on("/feed", Reply(200, rss("x")))
    web.on("/redirect", Reply(302, Location=inside.base + "/feed"))
    web.on("/page", Reply(200, f"<link rel=alternate type=application/rss+xml href='{inside.base}/feed'>".encode(),
                          Content_Type="text/html"))
    web.on("/feed", Reply(200, rss("x")))
    config = os.path.join(rig.folder, "couac.yaml")

    def add(url):
        with open(config, "w", encoding="ascii") as f:
            f.write("couac: 1\n")
        done = subprocess.run([COUAC, "add", "--config", config, url], capture_output=True, text=True, check=False)
        with open(config, encoding="ascii") as f:
            return done.returncode, done.stderr, f.read()
    for path in ("/redirect", "/page"):
        status, err, text = add(f"http://public.example:{web.port}{path}")
        assert status == 1 and "private address" in err and text == "couac: 1\n", (status, err, text)
    status, err, text = add(f"http://public.example:{web.port}/feed")
    assert status == 0 and "network" not in text, (err, text)
    status, err, text = add(inside.base + "/feed")
    assert status == 0 and "network: private" in text, (err, text)


def b09_retry_after_holds_the_whole_public_host_and_no_other(rig):
    web = outside(rig)
    web.on("/busy", Reply(429, Retry_After="3600"))
    for name in ("calm", "elsewhere"):
        web.on("/" + name, Reply(200, rss("x")))
    couacd = start(rig, {"busy": public(f"http://public.example:{web.port}/busy"),
                         "calm": public(f"http://public.example:{web.port}/calm"),
                         "elsewhere": public(f"http://other.example:{web.port}/elsewhere")})
    wait_for("the 429", lambda: web.seen("/busy"))
    time.sleep(0.5)
    calm = len(web.seen("/calm"))
    wait_for("the other host", lambda: len(web.seen("/elsewhere")) >= 4)
    assert len(web.seen("/busy")) == 1
    assert len(web.seen("/calm")) == calm <= 1, "the same host was asked again"
    couacd.stop()
    couacd.start()
    time.sleep(2)
    assert len(web.seen("/calm")) == calm, "the restart forgot that the host asked for patience"


def b17_a_host_gets_two_requests_at_once_and_a_gap_between_them(rig):
    web = outside(rig)

    def slow(request):
        time.sleep(0.5)
        return Reply(200, rss("x"))
    names = [f"f{n}" for n in range(12)]
    for name in names:
        web.on("/" + name, slow)
    start(rig, {n: public(f"http://slow.example:{web.port}/{n}") for n in names})
    wait_for("all of them", lambda: all(web.seen("/" + n) for n in names))
    times = sorted(r.at for r in web.requests)
    gaps = [b - a for a, b in zip(times, times[1:])]
    # 0.2 s is asked for; what the server notes comes late by what a busy machine takes.
    assert min(gaps) >= 0.1, f"a gap of {min(gaps):.3f} s"
    assert web.most_open <= 2, f"{web.most_open} connections at once"


def a_name_server_that_never_answers_stalls_nobody(rig):
    web = outside(rig)
    hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hole.bind(("93.184.216.34", 53))
    rig.keep(hole)
    web.on("/good", Reply(200, rss("x")))
    sources = {f"lost{n}": public(f"http://n{n}.nowhere.test/") for n in range(80)}
    sources["good"] = public(f"http://other.example:{web.port}/good")
    couacd = start(rig, sources, connect_timeout="1 s", at_once=200)
    before_kib = couacd.rss_kib()
    wait_for("timeouts", lambda: len(couacd.logged(r"poll.failed source=lost\d+ why=(timeout|dns)")) >= 60)
    wait_for("the good one", lambda: len(web.seen("/good")) >= 4)
    assert not couacd.stalls(), f"the loop stalled, {couacd.stalls()} ms: a name alone takes a second"
    assert rig.sanitized() or couacd.rss_kib() - before_kib < 16 << 10, f"memory grew by {couacd.rss_kib() - before_kib} KiB"
    began = time.monotonic()
    assert couacd.stop() == 0
    assert time.monotonic() - began < 4, "the end waited for the name server"


def an_expired_certificate_is_refused_and_a_good_one_is_not(rig):
    webs, sources = {}, {}
    for name, pair in (("public", (os.environ[CERT], os.environ[KEY])), ("expired", os.environ[EXPIRED].split())):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        webs[name] = rig.keep(Web("93.184.216.34", tls=context))
        webs[name].on("/feed", Reply(200, rss("x")))
        sources[name] = public(f"https://{name}.example:{webs[name].port}/feed")
    couacd = start(rig, sources)
    wait_for("the refusal", lambda: couacd.logged(r"event=poll.failed source=expired why=tls .*detail=\"[^\"]*expired"))
    wait_for("the good one", lambda: len(webs["public"].seen("/feed")) >= 2)
    assert not webs["expired"].requests, "a request went to a server with an expired certificate"


def b13_floors_are_five_minutes_an_hour_and_a_day(rig):
    web = outside(rig)
    hasty = rig.keep(Couacd(rig, PROGRAM, None, SHARE, {"a": public("http://public.example/", every="299 s")}, name="hasty"))
    assert hasty.start().process.wait(10) == 78 and hasty.logged("more often than 5 min"), "a wish below the floor"
    web.on("/good", lambda r: Reply(304) if r.get("if-none-match") else Reply(200, rss("x"), ETag='"1"'))
    web.on("/blind", Reply(200, rss("x")))
    web.on("/deaf", Reply(200, rss("x"), ETag='"1"'))
    couacd = rig.keep(Couacd(rig, PROGRAM, None, SHARE, {
        name: public(f"http://{name}.example:{web.port}/{name}", every="5 min") for name in ("good", "blind", "deaf")})).start()
    floors = {"good": [300] * 5, "blind": [3600] * 5, "deaf": [300, 300, 300, 86400, 86400]}
    for turn in range(5):  # a server is deaf when it ignored three conditional requests
        for name, want in floors.items():
            at, interval = couacd.plan(name, turn + 1)
            assert interval == want[turn] and at - time.time() > want[turn] - 30, (name, turn, interval)
        if turn < 4:
            couacd.passes(2 * 86400)


class Http2(threading.Thread):
    """Just enough of RFC 9113 to answer each request with the same feed."""

    SETTINGS, HEADERS, DATA = 4, 1, 0
    END_STREAM, ACK, END_HEADERS = 1, 1, 4
    STATUS_200 = b"\x88"  # RFC 7541: the 8th of the static table

    def __init__(self, cert, key, body):
        super().__init__(daemon=True)
        self.body, self.streams, self.connections, self.refused = body, 0, 0, 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.context.set_alpn_protocols(["h2"])
        self.listener = socket.create_server(("93.184.216.34", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def close(self):
        self.listener.close()

    def run(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

    def serve(self, client):
        with contextlib.suppress(OSError), self.context.wrap_socket(client, server_side=True) as sock:
            self.connections += 1
            file = sock.makefile("rb")
            if sock.selected_alpn_protocol() != "h2" or file.read(24) != b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":
                self.refused += 1
                return
            sock.sendall(self.frame(self.SETTINGS, 0, 0))
            while head := file.read(9):
                file.read(int.from_bytes(head[:3], "big"))
                kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
                if kind == self.SETTINGS and not flags & self.ACK:
                    sock.sendall(self.frame(self.SETTINGS, self.ACK, 0))
                elif kind == self.HEADERS:
                    self.streams += 1
                    sock.sendall(self.frame(self.HEADERS, self.END_HEADERS, stream, self.STATUS_200) +
                                 self.frame(self.DATA, self.END_STREAM, stream, self.body))


def b18_http_2_is_spoken_when_it_is_offered(rig):
    server = rig.keep(Http2(os.environ[CERT], os.environ[KEY], rss("x")))
    couacd = start(rig, {"shop": public(f"https://public.example:{server.port}/feed")})
    wait_for("three answers", lambda: couacd.row("shop").get("polls", 0) >= 3)
    assert not couacd.logged("poll.failed") and server.refused == 0, couacd.logged("poll.failed.*")
    assert server.streams >= 3 and server.connections == 1, (server.streams, server.connections)


TESTS = [a_name_server_that_never_answers_stalls_nobody, an_expired_certificate_is_refused_and_a_good_one_is_not, couac_add_is_not_led_inside_either, b26_a_public_name_cannot_lead_inside,
         b09_retry_after_holds_the_whole_public_host_and_no_other, b13_floors_are_five_minutes_an_hour_and_a_day,
         b17_a_host_gets_two_requests_at_once_and_a_gap_between_them, b18_http_2_is_spoken_when_it_is_offered]

if __name__ == "__main__":
    wanted = sys.argv[4:]
    sys.exit(redis_rig.run([t for t in TESTS if not wanted or any(w in t.__name__ for w in wanted)], PROGRAM))
