#!/usr/bin/python3
"""couac from outside: its frame, its exit codes, what it prints to whom.

    cli.py COUAC SOURCE_ROOT

TAP. Verbs that judge have tests of their own; here are help, options, reading
of lines, init, schema, and alerts from a real redis-server on a unix socket."""

import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

import redis_rig

COUAC = sys.argv[1]
ROOT = pathlib.Path(sys.argv[2])


def couac(*args, stdin=None, **env):
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COUAC_SHARE")}
    return subprocess.run([COUAC, *args], input=stdin, capture_output=True, timeout=20,
                          env={**clean, **env}, check=False)


def expect(done, status, out=b"", err=b""):
    seen = f"{done.args[1:]}: {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}"
    assert done.returncode == status, seen
    assert re.search(out, done.stdout, re.S) and re.search(err, done.stderr, re.S), seen


def verbs():
    listing = couac("--help").stdout.decode()
    return re.findall(r"^  ([a-z]+) {2,}\S", listing, re.M)


def help_is_there_for_every_verb(_rig):
    expect(couac("--help"), 0, rb"usage: couac VERB")
    expect(couac("--version"), 0, rb"^couac [0-9.]+\n$")
    assert len(verbs()) >= 4
    for verb in verbs():
        expect(couac(verb, "--help"), 0, rb"^couac %s - .*usage: .*--json.*--help" % verb.encode())
        expect(couac("help", verb), 0, rb"^couac %s - " % verb.encode())
        assert couac(verb, "--help").stderr == b""


def the_manual_names_every_verb_and_its_options(_rig):
    page = (ROOT / "cli/man/couac.1").read_text(encoding="utf-8").replace("\\-", "-")
    for verb in verbs():
        assert re.search(rf"^\.It Cm {verb}\b", page, re.M), f"couac.1 lacks {verb}"
        own = re.findall(r"--([a-z0-9-]+)", couac(verb, "--help").stdout.decode().split("\n\n")[2])
        for option in set(own) - {"json", "color", "help"}:
            assert f"-{option}" in page, f"couac.1 lacks --{option} of {verb}"


def wrong_usage_says_what_and_exits_with_2(_rig):
    expect(couac(), 2, b"^$", rb"usage: couac VERB")
    expect(couac("schmea"), 2, b"^$", rb"no verb 'schmea'.*mean 'schema'")
    expect(couac("\x1b[2Jx"), 2, b"^$", rb"no verb 'x'")
    expect(couac("help", "nothing"), 2, b"^$", rb"no verb 'nothing'")
    expect(couac("schema"), 2, b"^$", rb"an argument is missing.*usage: couac schema")
    expect(couac("schema", "rules", "x"), 2, b"^$", rb"'x' is one argument too many")
    expect(couac("schema", "--jsn", "rules"), 2, b"^$", rb"mean --json\?")
    expect(couac("schema", "--color=blue", "rules"), 2, b"^$", rb"auto, always or never")
    expect(couac("schema", "--", "--rules"), 2, b"^$", rb"none of '--rules'")


def a_full_disk_is_not_success(_rig):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([COUAC, "schema", "rules"], stdout=full, stderr=subprocess.PIPE,
                              timeout=20, check=False)
    assert done.returncode == 2 and b"No space left" in done.stderr, done


def schemas_are_json_and_name_their_draft(_rig):
    for which in ("rules", "alert"):
        done = couac("schema", which)
        expect(done, 0)
        schema = json.loads(done.stdout)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        for ref in re.findall(r'"\$ref": "#/\$defs/(\w+)"', done.stdout.decode()):
            assert ref in schema["$defs"], ref


def init_writes_files_once(_rig):
    with tempfile.TemporaryDirectory(prefix="couac-cli-") as folder:
        target = os.path.join(folder, "new")
        expect(couac("init", target), 0, rb"wrote .*couac.yaml.*couac check")
        share = {"COUAC_SHARE": str(ROOT / "rules")}
        expect(couac("check", "--strict", f"{target}/rules", **share), 0)
        expect(couac("test", f"{target}/rules", **share), 0)
        made = sorted(p.relative_to(target).as_posix() for p in pathlib.Path(target).rglob("*.yaml"))
        assert made == ["couac.yaml", "rules/brand.yaml", "rules/promises.yaml"], made
        assert os.path.isdir(f"{target}/state")  # couacd asks for it
        os.mkdir(f"{folder}/here")
        here = subprocess.run([os.path.abspath(COUAC), "init"], cwd=f"{folder}/here", capture_output=True, check=True,
                              timeout=20)
        assert b"wrote couac.yaml\nwrote rules/brand.yaml\n" in here.stdout, here.stdout
        expect(couac("init", f"{folder}/slash/"), 0, rb"wrote %s/slash/couac.yaml" % folder.encode())
        expect(couac("init", target), 2, b"^$", rb"there already; nothing was written")
        os.unlink(os.path.join(target, "couac.yaml"))
        expect(couac("init", target), 2, b"^$", rb"brand.yaml is there already")
        assert not os.path.exists(os.path.join(target, "couac.yaml"))
        expect(couac("init", "/dev/null/x"), 2, b"^$", rb"Not a directory")


def init_copies_the_pack_of_a_sector(_rig):
    with tempfile.TemporaryDirectory(prefix="couac-cli-") as folder:
        share = pathlib.Path(folder, "share/sectors")
        share.mkdir(parents=True)
        (share / "tea.yaml").write_text("couac: 1\n# tea\n", encoding="utf-8")
        env = {"COUAC_SHARE": str(share.parent)}
        done = couac("init", "--json", "--sector=tea", folder, **env)
        expect(done, 0)
        assert json.loads(done.stdout)["written"][2] == f"{folder}/rules/tea.yaml"
        assert pathlib.Path(folder, "rules/tea.yaml").read_text(encoding="utf-8") == "couac: 1\n# tea\n"
        expect(couac("init", "--sector=ecommerce", f"{folder}/shop", COUAC_SHARE=str(ROOT / "rules")), 0)
        expect(couac("test", f"{folder}/shop/rules", COUAC_SHARE=str(ROOT / "rules")), 0)
        expect(couac("init", "--sector", "coffee", folder, **env), 2, b"^$", rb"no sector 'coffee'.*there are: tea")
        expect(couac("init", "--sector", "../tea", folder, **env), 2, b"^$", rb"only a-z")


EXCERPT = "Été \x1b[31m6 jours\x1b[0m que j'attends \u202emon colis, merci"


def event(n, **alert):
    start = EXCERPT.index("mon")
    return json.dumps({
        "specversion": "1.0", "type": "couac.alert.v1", "id": f"{n:026}", "subject": "delivery-48h",
        "source": "urn:couac:by-hand", "time": "2025-11-22T09:14:05.212Z",
        "data": {"alert": {"id": f"{n:026}", "severity": "high", "status": "open", "title": f"n° {n}",
                           "owner": "logistics", **alert},
                 "mention": {"excerpt": EXCERPT, "url": "https://a.example/1"},
                 "evidence": [{"role": "about", "start": start, "end": start + 9,
                               "text": "mon colis", "at": "rules/a.yaml:3"}]}}, ensure_ascii=False)


def alerts_are_printed_safely_with_their_evidence(rig):
    redis = rig.redis(durable=False)
    for n in range(3):
        redis.do("XADD", "couac:alerts", "*", "id", n, "data", event(n))
    redis.do("XADD", "couac:alerts", "*", "data", "{broken")
    done = couac("alerts", "--url", redis.url, "--once")
    expect(done, 0, rb"high  delivery-48h  for logistics.*n\xc2\xb0 2.*about: \"mon colis\"  rules/a.yaml:3",
           rb"is not JSON")
    assert b"\x1b" not in done.stdout and "\u202e".encode() not in done.stdout
    assert done.stdout.count("Été 6 jours que j'attends mon colis, merci".encode()) == 3
    done = couac("alerts", "--url", redis.url, "--once", "--color=always", "--count=1")
    expect(done, 0, rb"\x1b\[1;33mmon colis\x1b\[0m, merci")
    done = couac("alerts", "--url", redis.url, "--once", "--json")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [f"{n:026}" for n in range(3)]


def alerts_follow_what_arrives_and_survive_a_restart(rig):
    redis = rig.redis()
    redis.do("XADD", "couac:alerts", "*", "data", event(1))
    process = subprocess.Popen([COUAC, "alerts", "--json", "--url", redis.url, "--count", "2"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        # the reader is there once it blocks in XREAD
        redis_rig.wait_for("a blocked reader", lambda: "xread" in redis.do("CLIENT", "LIST"))
        redis.do("XADD", "couac:alerts", "*", "data", event(2))
        assert json.loads(process.stdout.readline())["id"] == f"{2:026}"
        redis.kill()
        redis.start()
        redis.do("XADD", "couac:alerts", "*", "data", event(3))
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0 and json.loads(out)["id"] == f"{3:026}", (out, err)
    assert b"the connection is lost" in err, err


def ctrl_c_ends_alerts_with_130(rig):
    redis = rig.redis(durable=False)
    process = subprocess.Popen([COUAC, "alerts", "--url", redis.url], stdout=subprocess.PIPE)
    try:
        redis_rig.wait_for("a blocked reader", lambda: "xread" in redis.do("CLIENT", "LIST"))
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
    finally:
        process.kill()
        process.stdout.close()


def alerts_say_why_they_cannot(rig):
    redis = rig.redis(durable=False, requirepass="s3cret")
    for url, why in [("redis://127.0.0.1:1", rb"refused"), ("rediss://a", rb"no TLS"), ("http://a", rb"must begin"),
                     ("redis://", rb"no host"), ("redis://a:99999", rb"port"), ("unix:///x?y", rb"db=NUMBER"),
                     (redis.url, rb"NOAUTH")]:
        expect(couac("alerts", "--once", "--url", url), 2, b"^$", why)
    expect(couac("alerts", "--once", "--url", redis.url, REDISCLI_AUTH="s3cret"), 0)
    expect(couac("alerts", "--once", "--url", redis.url, REDISCLI_AUTH="wrong"), 2, b"^$", rb"WRONGPASS")
    expect(couac("alerts", "--from", "yesterday"), 2, b"^$", rb"--from takes")
    expect(couac("alerts", "--count", "0"), 2, b"^$", rb"--count takes")


def bad_lines_are_told_and_left_behind(_rig):
    lines = b'{"text":"6 jours","id":"a"}\n\n{"text":\n{"id":1}\n"x"\n{"text":"2 h","published":"soon"}\n' \
            b"une semaine\n" + b"x" * (1 << 20) + b"y\n" + b'{"text":"3 days","id":"z"}'
    done = couac("measure", stdin=lines)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 4, done.stdout[:2000]
    assert found[0]["id"] == "a" and found[-1]["id"] == "z", found
    places = re.findall(rb"\(standard input\):(\d+):(\d+): error", done.stderr)
    assert [int(line) for line, _ in places] == [3, 4, 6, 8], done.stderr


def colours_obey_the_terminal_and_no_color(rig):
    redis = rig.redis(durable=False)
    redis.do("XADD", "couac:alerts", "*", "data", event(1))

    def on_terminal(**env):
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.pop("NO_COLOR", None)
            os.environ.update({"TERM": "xterm", **env})
            os.execv(COUAC, [COUAC, "alerts", "--once", "--url", redis.url])
        out, end = b"", time.monotonic() + 15
        while time.monotonic() < end and select.select([fd], [], [], 1):
            try:
                piece = os.read(fd, 4096)
            except OSError:
                break
            if not piece:
                break
            out += piece
        os.close(fd)
        os.waitpid(pid, 0)
        return out
    assert b"\x1b[" in on_terminal()
    assert b"\x1b[" not in on_terminal(NO_COLOR="1")
    assert b"\x1b[" not in on_terminal(TERM="dumb")


def a_count_shows_on_the_terminal_when_it_takes_long(_rig):
    master, slave = pty.openpty()
    process = subprocess.Popen([COUAC, "measure"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=slave)
    try:
        end = time.monotonic() + 20
        while time.monotonic() < end and not select.select([master], [], [], 0.1)[0]:
            process.stdin.write(b"6 jours\n")
            process.stdin.flush()
        assert select.select([master], [], [], 0)[0], "no count in 20 s"
        assert b"lines read" in os.read(master, 4096)
        process.stdin.close()
        assert process.wait(10) == 0
    finally:
        process.kill()
        os.close(slave)
        os.close(master)


TESTS = [help_is_there_for_every_verb, the_manual_names_every_verb_and_its_options,
         wrong_usage_says_what_and_exits_with_2, a_full_disk_is_not_success,
         schemas_are_json_and_name_their_draft, init_writes_files_once,
         init_copies_the_pack_of_a_sector, alerts_are_printed_safely_with_their_evidence,
         alerts_follow_what_arrives_and_survive_a_restart, ctrl_c_ends_alerts_with_130,
         alerts_say_why_they_cannot, bad_lines_are_told_and_left_behind,
         colours_obey_the_terminal_and_no_color, a_count_shows_on_the_terminal_when_it_takes_long]

if __name__ == "__main__":
    sys.exit(redis_rig.run(TESTS, COUAC))
