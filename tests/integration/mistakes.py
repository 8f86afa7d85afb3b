#!/usr/bin/python3
"""What `couac check` says of each mistake, word for word.

    mistakes.py COUAC SOURCE_ROOT

TAP. tests/golden/mistakes.txt holds a file with its mistake, the exit status, and what is
printed (without times and the size of the shared vocabulary). Every message that the
readers of rules can print must be among them, or be tested elsewhere for a reason told here."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import redis_rig

COUAC = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(sys.argv[2]).resolve()
ENV = {**os.environ, "COUAC_SHARE": str(ROOT / "rules")}
GOLDEN = (ROOT / "tests/golden/mistakes.txt").read_text(encoding="utf-8")

SOURCES = ["lib/rule/*.c", "lib/tune/lint.c", "lib/tune/common.c", "lib/data/yaml.c"]
# Two files, more bytes than a golden file should hold, or no text: below, tests/unit, tuning.py.
ELSEWHERE = ["the file has %zu bytes", "is not UTF-8", "'%.*s' hits %zu %% of the posts",
             "more than %d alternatives", "'brand' is written twice"]


def cases():
    for part in re.split(r"^=== ", GOLDEN, flags=re.M)[1:]:
        name, rest = part.split("\n", 1)
        text, said = re.split(r"^--- ", rest, maxsplit=1, flags=re.M)
        status, said = said.split("\n", 1)
        yield name, text, int(status), said.strip("\n")


def check(text):
    with tempfile.TemporaryDirectory(prefix="couac-mistakes-") as folder:
        pathlib.Path(folder, "r.yaml").write_text(text, encoding="utf-8")
        done = subprocess.run([COUAC, "check", "r.yaml"], cwd=folder, capture_output=True, env=ENV, check=False)
    said = re.sub(r" \([0-9.]+ ms\)$", "", done.stdout.decode(), flags=re.M)
    said = re.sub(r"(ok: .*?), \d+ lists, \d+ phrases in \d+ files", r"\1", said)
    said = said.replace("no brand names are written, so every post is taken to be about you\n", "")
    said = re.sub(re.escape(str(ROOT)) + r"/rules/words/[a-z]+\.yaml:[0-9]+", "SHARE", said)
    return done.returncode, said.strip("\n")


def each_mistake_gets_its_words_and_a_way_out(_rig):
    wrong = []
    for name, text, status, want in cases():
        got = check(text)
        if got != (status, want):
            wrong.append(f"{name}: wanted {status}\n{want}\ngot {got[0]}\n{got[1]}")
    assert not wrong, "\n\n".join(wrong)


def literals(source):
    joined = re.sub(r'"\s*\n\s*"', "", source)
    call = r'\b(?:diag|value_error|fault|complain)\((?:[^"()]|\((?:[^()]|\([^()]*\))*\))*?"((?:[^"\\]|\\.)*)"'
    return {m.group(1) for m in re.finditer(call, joined)}


def every_message_is_among_them(_rig):
    printed = "\n".join(said for _, _, _, said in cases())
    untested, n = [], 0
    for pattern in SOURCES:
        for path in ROOT.glob(pattern):
            for message in literals(path.read_text(encoding="utf-8")):
                n += 1
                pieces = re.split(r"%(?:\.\*|\.?[0-9]+)?(?:zu|lld|[sdugX])", message.replace("%%", "%"))
                want = ".*".join(re.escape(piece) for piece in pieces)
                known = any(part in message for part in ELSEWHERE)
                if want.strip(".*") and not known and not re.search(rf"(?:error|warning): {want}$", printed, re.M):
                    untested.append(f"{path.name}: {message}")
    assert n > 70, n
    assert not untested, "\n".join(sorted(untested))


def what_two_files_define_names_both(_rig):
    with tempfile.TemporaryDirectory(prefix="couac-mistakes-") as folder:
        for name in ("a", "b"):
            pathlib.Path(folder, f"{name}.yaml").write_text(
                "couac: 1\nbrand: {names: [acme]}\nowners: {care: {contact: c}}\n", encoding="utf-8")
        done = subprocess.run([COUAC, "check", "."], cwd=folder, capture_output=True, env=ENV, check=False)
    said = done.stdout.decode()
    assert "b.yaml:2:1: error: 'brand' is written twice" in said, said
    assert "the first is at ./a.yaml:2; put all names and accounts there" in said, said
    assert "b.yaml:3:10: error: owner 'care' is defined twice" in said, said
    assert "the first is at ./a.yaml:3; all files share it, so take this one out" in said, said


TESTS = [what_two_files_define_names_both, each_mistake_gets_its_words_and_a_way_out, every_message_is_among_them]

if __name__ == "__main__":
    sys.exit(redis_rig.run(TESTS, COUAC))
