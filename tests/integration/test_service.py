#!/usr/bin/python3
"""The systemd unit: well written, tight, and (suite `system`) run for real in a booted machine.

    test_service.py verify BUILD      systemd-analyze verify and security, on an installed copy
    test_service.py boot BUILD        boot an overlay of / with systemd-nspawn: start, alerts, reload, stop

Skipped, with a word, where systemd's tools, root or overlays are missing. TAP.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SCORE_MAX = 2.0  # of systemd-analyze security: 0 is the tightest, 10 the loosest
BOOT_S = 90

PROBE = r'''
import json, pathlib, subprocess, sys, time
import redis

CONF = pathlib.Path("@etc@/couac")
out = open("/result.tap", "w", buffering=1)
count = 0

def check(good, sentence, why=""):
    global count
    count += 1
    print("%s %d - %s" % ("ok" if good else "not ok", count, sentence), file=out)
    if not good:
        for line in str(why).splitlines():
            print("# " + line, file=out)

def run(*command):
    p = subprocess.run(command, capture_output=True, text=True)
    return p.returncode, p.stdout + p.stderr

def show(name):
    return run("systemctl", "show", "-P", name, "couacd")[1].strip()

def journal():
    return run("journalctl", "-u", "couacd", "--no-pager", "-o", "cat")[1]

def wait(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False

def main():
    link = redis.Redis()
    wait(lambda: run("redis-cli", "ping")[1].strip() == "PONG")
    status, words = run("systemctl", "start", "couacd")
    check(status == 0 and show("ActiveState") == "active", "it_starts_and_says_that_it_is_ready", words + journal())
    check(show("User") == "couac" and run("stat", "-c", "%U", "/var/lib/private/couac")[0] == 0,
          "it_runs_as_a_user_of_its_own_with_its_own_state_folder", show("User"))
    check(wait(lambda: link.xlen("couac:alerts") == 1), "an_alert_arrives_in_redis", journal())
    entries = link.xrange("couac:alerts")
    if entries:
        data = json.loads(entries[0][1][b"data"])["data"]
        check(data["promise"]["id"] == "delivery-3-days", "it_is_about_the_promise_that_was_broken", data)

    pid = show("MainPID")
    status, words = run("systemctl", "reload", "couacd")
    check(status == 0 and wait(lambda: show("ActiveState") == "active") and show("MainPID") == pid,
          "a_reload_keeps_the_process", words)

    good = (CONF / "rules/promises.yaml").read_text()
    (CONF / "rules/promises.yaml").write_text(good.replace("says:", "sais:", 1))
    run("systemctl", "reload", "couacd")
    check(wait(lambda: "promises.yaml:" in journal()) and show("ActiveState") == "active" and show("MainPID") == pid,
          "a_broken_rule_file_is_named_in_the_journal_and_the_service_stays", journal())
    (CONF / "rules/promises.yaml").write_text(good)
    run("systemctl", "reload", "couacd")

    status, words = run("systemctl", "stop", "couacd")
    check(status == 0 and show("Result") == "success" and show("ExecMainStatus") == "0",
          "it_stops_when_asked_and_leaves_with_0", words + show("Result") + show("ExecMainStatus"))
    run("systemctl", "start", "couacd")
    time.sleep(2)
    check(link.xlen("couac:alerts") == 1, "after_a_restart_nothing_is_told_twice", link.xlen("couac:alerts"))
    run("systemctl", "stop", "couacd")

    (CONF / "couac.yaml").write_text("couac: 1\nredsi: {}\n")
    status, _ = run("systemctl", "start", "couacd")
    check(status != 0 and show("ExecMainStatus") == "78" and show("NRestarts") == "0",
          "a_wrong_configuration_is_not_tried_again", show("ExecMainStatus") + " restarts " + show("NRestarts"))

try:
    main()
except Exception as error:  # the machine must go down whatever happens
    check(False, "the_probe_ran_to_its_end", repr(error))
print("1..%d" % count, file=out)
out.close()
subprocess.run(["systemctl", "poweroff", "--force"])
'''

UNITS = {
    "probe.target": "[Unit]\nRequires=basic.target probe.service\nAfter=basic.target\nAllowIsolate=yes\n",
    "probe.service": "[Unit]\nRequires=probe-redis.service probe-feed.service\n"
                     "After=probe-redis.service probe-feed.service\n"
                     "[Service]\nType=exec\nExecStart=/usr/bin/python3 /probe.py\n",
    "probe-redis.service": "[Service]\nExecStart=/usr/bin/redis-server --port 6379 --bind 127.0.0.1 --save \"\"\n",
    "probe-feed.service": "[Service]\nWorkingDirectory=/srv/probe\n"
                          "ExecStart=/usr/bin/python3 -m http.server --bind 127.0.0.1 8099\n",
}

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Reviews</title><link>http://reviews.example/</link>
<description>Reviews</description><item><guid>1</guid><title>I have been waiting 9 days for my parcel</title>
<pubDate>{now}</pubDate></item></channel></rss>
"""


def skip(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


def run(*command, **kwargs):
    return subprocess.run([str(c) for c in command], check=True, **kwargs)


def install(build, root):
    done = subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet"], capture_output=True,
                          text=True, env={**os.environ, "DESTDIR": str(root)})
    if done.returncode:
        sys.exit("Bail out! meson install: " + done.stdout + done.stderr)
    units = list(root.glob("**/systemd/system/couacd.service"))
    return next(u for u in units if "couacd" in u.read_text())


def tell(number, good, sentence, why=""):
    print("%s %d - %s" % ("ok" if good else "not ok", number, sentence))
    if not good:
        for line in why.splitlines():
            print("# " + line)
    return good


def verify(build):
    if not shutil.which("systemd-analyze"):
        skip("systemd-analyze is not installed")
    with tempfile.TemporaryDirectory(prefix="couac-unit-") as folder:
        root = pathlib.Path(folder)
        unit = install(build, root)
        # Checked where it lies: the program is named by its place in the copy, other units are the machine's.
        here = root / "couacd.service"
        here.write_text(re.sub(r"^(ExecStart=)", r"\g<1>" + folder, unit.read_text(), flags=re.M))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(here)],
                              capture_output=True, text=True)
        print("1..2")
        good = tell(1, done.returncode == 0 and "couacd.service" not in done.stderr,
                    "the_unit_has_no_mistake_that_systemd_knows", done.stderr)
        done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager",
                               "--threshold=%d" % (SCORE_MAX * 10), str(here)], capture_output=True, text=True)
        last = (done.stdout.strip().splitlines() or [""])[-1]
        print("# " + last)
        good = tell(2, done.returncode == 0, "its_exposure_is_%.1f_at_most" % SCORE_MAX, done.stdout + done.stderr) and good
    sys.exit(0 if good else 1)


class Machine:
    """An overlay of / in a tmpfs: what happens inside is forgotten."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="couac-boot-"))
        self.root = self.folder / "t/root"
        self.mounted = []
        try:
            self.mount("tmpfs", "tmpfs", self.folder, "size=512m", below="t")
            for name in ("upper", "work", "root"):
                (self.folder / "t" / name).mkdir()
            self.mount("overlay", "overlay", self.root, "lowerdir=/,upperdir=%s,workdir=%s" % (
                self.folder / "t/upper", self.folder / "t/work"))
        except subprocess.CalledProcessError:
            self.__exit__()
            skip("an overlay of / cannot be mounted here")
        return self

    def mount(self, kind, what, where, options, below=""):
        where = where / below
        where.mkdir(exist_ok=True)
        run("mount", "-t", kind, "-o", options, what, where, stderr=subprocess.DEVNULL)
        self.mounted.append(where)

    def __exit__(self, *_):
        for where in reversed(self.mounted):
            subprocess.run(["umount", "-l", str(where)])
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, path, text):
        path = self.root / path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def boot(self):
        return subprocess.run(
            ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--boot",
             "--machine=couac-probe", "--link-journal=no", "-D", str(self.root), "systemd.unit=probe.target"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BOOT_S)


def boot(build):
    if os.geteuid() != 0:
        skip("booting a machine needs root")
    for program in ("systemd-nspawn", "redis-server", "systemctl"):
        if not shutil.which(program):
            skip(program + " is not installed")
    with Machine() as machine:
        unit = install(build, machine.root)
        etc = re.search(r"--config (\S+)/couac/couac.yaml", unit.read_text())[1]
        for name, text in UNITS.items():
            machine.write("/etc/systemd/system/" + name, text)
        machine.write("/probe.py", PROBE.replace("@etc@", etc))
        machine.write("/srv/probe/feed.rss", FEED.format(now=time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())))
        conf = (machine.root / etc.lstrip("/") / "couac/couac.yaml")
        text, n = re.subn(r"^sources: \{\}$", "sources:\n  reviews: {url: \"http://127.0.0.1:8099/feed.rss\", "
                          "about: us, network: private, every: 1 s}", conf.read_text(), flags=re.M)
        assert n == 1, "couac.yaml has no line 'sources: {}'"
        conf.write_text(text)
        try:
            done = machine.boot()
            said = done.stdout + done.stderr
        except subprocess.TimeoutExpired as late:
            said = "the machine did not go down in %d s\n%s" % (BOOT_S, late.stdout)
        result = machine.root / "result.tap"
        if not result.exists():
            if "Operation not permitted" in said or "Failed to create" in said:
                skip("systemd-nspawn cannot boot here: " + said.strip().splitlines()[-1])
            print("1..1")
            tell(1, False, "the_machine_boots", said)
            sys.exit(1)
        tap = result.read_text()
        print(tap, end="")
    sys.exit(1 if "not ok" in tap or "1.." not in tap else 0)


if __name__ == "__main__":
    {"verify": verify, "boot": boot}[sys.argv[1]](pathlib.Path(sys.argv[2]))
