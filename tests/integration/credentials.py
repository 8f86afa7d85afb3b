#!/usr/bin/python3
"""credentials - couacd proves to Redis, and to its Sentinels, who it is.

usage: credentials.py COUACD SHARE
"""

import os
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from redis_rig import run, wait_for  # noqa: E402
from tls import authority, certificate  # noqa: E402
from web_rig import Couacd  # noqa: E402

PROGRAM, SHARE = sys.argv[1], os.path.abspath(sys.argv[2])


class Settings:
    """Stands for a Redis in Couacd's configuration: a URL and more settings."""

    def __init__(self, url, **more):
        self.url = ", ".join([url] + [f"{key}: {value!r}" for key, value in more.items()])


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def heartbeat(redis):
    return redis.do("HGET", "couac:status", "producer")


def mutual(rig):
    """(redis, its URL, the authority's file, the client's stem): a server that wants certificates."""
    ca, port = authority(rig.folder, "ca"), free_port()
    certificate(rig.folder, "ca", "server", "DNS:localhost")
    certificate(rig.folder, "ca", "client", "DNS:couacd")
    stem = os.path.join(rig.folder, "server")
    redis = rig.redis(bind="127.0.0.1", tls_port=port, tls_cert_file=stem + ".crt", tls_key_file=stem + ".key",
                      tls_ca_cert_file=ca, tls_auth_clients="yes")
    return redis, f"rediss://localhost:{port}", ca, os.path.join(rig.folder, "client")


def a_certificate_of_ours_is_shown_to_a_server_that_asks(rig):
    redis, url, ca, client = mutual(rig)
    settings = Settings(url, ca_file=ca, cert_file=client + ".crt", key_file=client + ".key")
    couacd = rig.keep(Couacd(rig, PROGRAM, settings, SHARE, {})).start()
    wait_for("a heartbeat", lambda: heartbeat(redis))
    assert couacd.stop() == 0


def certificate_and_key_may_stand_in_one_file(rig):
    redis, url, ca, client = mutual(rig)
    with open(client + ".pem", "wb") as both:
        for part in (".crt", ".key"):
            with open(client + part, "rb") as f:
                both.write(f.read())
    couacd = rig.keep(Couacd(rig, PROGRAM, Settings(url, ca_file=ca, cert_file=client + ".pem"), SHARE, {})).start()
    wait_for("a heartbeat", lambda: heartbeat(redis))
    assert couacd.stop() == 0


def without_one_the_server_refuses_and_couacd_says_so(rig):
    redis, url, ca, _ = mutual(rig)
    couacd = rig.keep(Couacd(rig, PROGRAM, Settings(url, ca_file=ca), SHARE, {})).start()
    wait_for("a word", lambda: couacd.logged(r"event=redis.down .*why="))
    assert not heartbeat(redis)
    assert couacd.stop() == 0


def a_key_with_a_passphrase_is_refused_without_asking(rig):
    redis, url, ca, client = mutual(rig)
    subprocess.run(["openssl", "ec", "-in", client + ".key", "-aes256", "-passout", "pass:secret", "-out",
                    client + ".locked"], check=True, capture_output=True)
    settings = Settings(url, ca_file=ca, cert_file=client + ".crt", key_file=client + ".locked")
    couacd = rig.keep(Couacd(rig, PROGRAM, settings, SHARE, {})).start()
    wait_for("a word", lambda: couacd.logged(r"event=redis.down .*why="))
    assert not heartbeat(redis)
    assert couacd.stop() == 0


def sentinel(rig, password):
    """(redis, the sentinel's port): a master, and a sentinel with a password that watches it."""
    master, port = free_port(), free_port()
    redis = rig.redis(bind="127.0.0.1", port=master)
    path = os.path.join(rig.folder, "sentinel.conf")
    with open(path, "w", encoding="ascii") as f:
        f.write(f"port {port}\nbind 127.0.0.1\ndir {rig.folder}\nrequirepass {password}\n"
                f"sentinel monitor mine 127.0.0.1 {master} 1\n")
    with open(path + ".log", "wb") as log:
        rig.keep(Process(["redis-server", path, "--sentinel"], log))
    return redis, port


class Process:
    def __init__(self, command, log):
        self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()


def sentinels_may_have_a_password_of_their_own(rig):
    redis, port = sentinel(rig, "hush")
    path = os.path.join(rig.folder, "password")
    with open(path, "w", encoding="ascii") as f:
        f.write("hush\n")
    settings = Settings("redis://127.0.0.1:1", sentinels=f"127.0.0.1:{port}", master="mine",
                        sentinel_password_file=path)
    couacd = rig.keep(Couacd(rig, PROGRAM, settings, SHARE, {})).start()
    wait_for("a heartbeat", lambda: heartbeat(redis))
    assert couacd.stop() == 0


def without_it_they_name_no_master(rig):
    redis, port = sentinel(rig, "hush")
    settings = Settings("redis://127.0.0.1:1", sentinels=f"127.0.0.1:{port}", master="mine")
    couacd = rig.keep(Couacd(rig, PROGRAM, settings, SHARE, {})).start()
    wait_for("a word", lambda: couacd.logged("NOAUTH"))
    assert not heartbeat(redis)
    assert couacd.stop() == 0


TESTS = [a_certificate_of_ours_is_shown_to_a_server_that_asks, certificate_and_key_may_stand_in_one_file,
         without_one_the_server_refuses_and_couacd_says_so, a_key_with_a_passphrase_is_refused_without_asking,
         sentinels_may_have_a_password_of_their_own, without_it_they_name_no_master]

if __name__ == "__main__":
    if not shutil.which("openssl"):
        print("1..0 # SKIP openssl is not installed")
        sys.exit(0)
    sys.exit(run(TESTS, PROGRAM))
