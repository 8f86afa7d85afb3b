#!/usr/bin/python3
"""tls - rediss:// with names checked: the right certificate works, no other does.

usage: tls.py FEEDER
"""

import os
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from redis_rig import run  # noqa: E402

N = 300


def openssl(*args, folder):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def authority(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
            "-out", name + ".pem", "-subj", "/CN=" + name, "-days", "2", folder=folder)
    return os.path.join(folder, name + ".pem")


def certificate(folder, ca, name, names, days="2"):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
            "-out", name + ".csr", "-subj", "/CN=" + name, folder=folder)
    with open(os.path.join(folder, name + ".ext"), "w", encoding="ascii") as f:
        f.write("subjectAltName=" + names)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial",
            "-out", name + ".crt", "-days", days, "-extfile", name + ".ext", folder=folder)


def server(rig, cert, **settings):
    """redis-server with a TLS port beside its socket; returns it and the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    path = os.path.join(rig.folder, cert)
    redis = rig.redis(bind="127.0.0.1", tls_port=port, tls_cert_file=path + ".crt", tls_key_file=path + ".key",
                      tls_ca_cert_file=os.path.join(rig.folder, "ca.pem"), tls_auth_clients="no", **settings)
    return redis, port


def the_right_certificate_for_the_right_name(rig):
    ca = authority(rig.folder, "ca")
    certificate(rig.folder, "ca", "good", "DNS:localhost,IP:127.0.0.1")
    redis, port = server(rig, "good")
    for n, host in enumerate(("localhost", "127.0.0.1")):
        report = rig.feeder(f"rediss://{host}:{port}", N * (n + 1), ca=ca).done()
        assert report["acked"] == N * (n + 1), report
    assert redis.rows() == list(range(1, 2 * N + 1))


def refused(rig, url, want, **settings):
    feeder = rig.feeder(url, N, limit=600, **settings)
    report = feeder.done()
    assert report["delivered"] == 0, report
    said = feeder.logged(r'why="([^"]+)"')
    assert any(want in s for s in said), said


def a_certificate_for_another_name_is_refused(rig):
    ca = authority(rig.folder, "ca")
    certificate(rig.folder, "ca", "other", "DNS:elsewhere.example,IP:127.0.0.2")
    _, port = server(rig, "other")
    refused(rig, f"rediss://localhost:{port}", "ostname mismatch", ca=ca)
    refused(rig, f"rediss://127.0.0.1:{port}", "IP address mismatch", ca=ca)


def an_unknown_authority_is_refused(rig):
    authority(rig.folder, "ca")
    other = authority(rig.folder, "another")
    certificate(rig.folder, "ca", "good", "DNS:localhost")
    _, port = server(rig, "good")
    refused(rig, f"rediss://localhost:{port}", "certificate", ca=other)
    refused(rig, f"rediss://localhost:{port}", "certificate")


def an_expired_certificate_is_refused(rig):
    ca = authority(rig.folder, "ca")
    certificate(rig.folder, "ca", "old", "DNS:localhost", days="-1")
    _, port = server(rig, "old")
    refused(rig, f"rediss://localhost:{port}", "expired", ca=ca)


def tls_before_one_point_two_is_refused(rig):
    ca = authority(rig.folder, "ca")
    certificate(rig.folder, "ca", "good", "DNS:localhost")
    _, port = server(rig, "good", tls_protocols="TLSv1.1", tls_ciphers="DEFAULT@SECLEVEL=0")
    refused(rig, f"rediss://localhost:{port}", "TLS", ca=ca)


def plain_text_where_tls_is_expected_and_the_reverse(rig):
    ca = authority(rig.folder, "ca")
    certificate(rig.folder, "ca", "good", "DNS:localhost")
    _, port = server(rig, "good")
    refused(rig, f"redis://localhost:{port}", "", ca=ca)
    listener = socket.create_server(("127.0.0.1", 0))  # accepts, never speaks
    refused(rig, f"rediss://localhost:{listener.getsockname()[1]}", "in time", ca=ca, timeout=200)
    listener.close()


def a_name_that_does_not_exist_is_said(rig):
    refused(rig, "redis://no-such-host.invalid:6379", "", timeout=200)


TESTS = [the_right_certificate_for_the_right_name, a_certificate_for_another_name_is_refused,
         an_unknown_authority_is_refused, an_expired_certificate_is_refused, tls_before_one_point_two_is_refused,
         plain_text_where_tls_is_expected_and_the_reverse, a_name_that_does_not_exist_is_said]

if __name__ == "__main__":
    if not shutil.which("openssl"):
        print("1..0 # SKIP openssl is not installed")
        sys.exit(0)
    sys.exit(run(TESTS, sys.argv[1]))
