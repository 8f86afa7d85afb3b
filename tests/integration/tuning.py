#!/usr/bin/python3
"""The verbs that judge a corpus and tune rules, from outside.

    tuning.py COUAC SOURCE_ROOT

TAP."""

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from html import unescape

import redis_rig

COUAC = sys.argv[1]
ROOT = pathlib.Path(sys.argv[2])
ENV = {**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, "COUAC_SHARE": str(ROOT / "rules")}

RULES = """couac: 1
owners: {care: {contact: care@acme.example}}
promises:
  fast:
    says: Delivered in 48 h
    owner: care
    limit: at most 48 h
    about: [parcel*]
    against: [for|after <duration>, never came]
    unless: [preorder*]
    examples:
      alert: [my parcel is late for 6 days, my parcel never came]
      ignore: [parcel preordered 6 days ago]
"""

LINES = [
    {"id": "1", "text": "parcel late for 6 days", "want": {"fast": True}},
    {"id": "2", "text": "parcel never came", "want": {"fast": True}},
    {"id": "3", "text": "where is my parcel?", "want": {"fast": True}},
    {"id": "4", "text": "parcel works for 9 days now", "want": {"fast": False}},
    {"id": "5", "text": "nothing", "want": {"fast": False}},
    {"id": "6", "text": "another parcel, kept waiting for 3 days"},
]


def couac(*args, stdin=None):
    return subprocess.run([COUAC, *map(str, args)], input=stdin, capture_output=True, timeout=120, env=ENV,
                          check=False)


def expect(done, status, out=b"", err=b""):
    seen = f"{done.args[1:]}: {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}"
    assert done.returncode == status, seen
    assert re.search(out, done.stdout, re.S) and re.search(err, done.stderr, re.S), seen


class Folder(tempfile.TemporaryDirectory):
    def file(self, name, text):
        path = pathlib.Path(self.name, name)
        path.write_text(text, encoding="utf-8")
        return path

    def corpus(self, name="posts.jsonl", lines=LINES, more=""):
        return self.file(name, "".join(json.dumps(line) + "\n" for line in lines) + more)


def replay_scores_labelled_pairs(_rig):
    folder = Folder()
    rules, corpus = folder.file("r.yaml", RULES), folder.corpus()
    done = couac("replay", "--json", rules, corpus)
    expect(done, 0)
    got = json.loads(done.stdout)
    assert (got["mentions"], got["labelled"], got["bad_lines"]) == (6, 5, 0), got
    fast = got["promises"]["fast"]
    assert [fast[k] for k in ("true_alerts", "noise", "misses", "true_silence", "broken")] == [2, 1, 1, 1, 4]
    assert abs(fast["precision"]["value"] - 2 / 3) < 1e-9 and fast["precision"]["low"] < 0.3
    assert [m["line"] for m in got["misses"]] == [3] and [m["line"] for m in got["noisy"]] == [4]
    assert {p["phrase"]: p["only_this"] for p in got["phrases"]}["never came"] == 1
    expect(couac("replay", rules, corpus), 0, rb"fast.*0\.667 \[0\.21-0\.94\].*miss .*noise .*for 9 days")
    expect(couac("replay", rules, "-", stdin=corpus.read_bytes()), 0, rb"6 mentions")
    expect(couac("replay", rules, corpus, "--min-f1", "0.8"), 1, b"", rb"F1 is 0\.667, at least 0\.800")
    expect(couac("replay", rules, corpus, "--min-f1", "0.6"), 0)
    for wrong in ("much", "0,8", "1.5", "-1"):
        expect(couac("replay", rules, corpus, "--min-f1", wrong), 2, b"^$", rb"from 0 to 1")
    folder.cleanup()


def a_corpus_is_read_past_its_bad_lines(_rig):
    folder = Folder()
    rules = folder.file("r.yaml", RULES)
    corpus = folder.corpus(more='{"text":\n\n{"id":1}\n{"text":"x","want":{"fats":true}}\n')
    done = couac("replay", "--json", rules, corpus)
    expect(done, 2, b"", rb"posts\.jsonl:7:\d+: error: .*posts\.jsonl:9:1: error: neither.*posts\.jsonl:10: "
                         rb"error: \"want\" names 'fats'.*did you mean 'fast'")
    got = json.loads(done.stdout)
    assert (got["bad_lines"], got["unknown_labels"], got["labelled"]) == (2, 1, 5), got
    expect(couac("replay", rules, folder.corpus("b.jsonl", more="oops\n")), 1)
    expect(couac("replay", rules, "/nowhere"), 2, b"^$", rb"No such file")
    folder.cleanup()


def a_corpus_may_begin_with_a_byte_order_mark(_rig):
    folder = Folder()
    rules = folder.file("r.yaml", RULES)
    corpus = folder.file("bom.jsonl", "\ufeff" + json.dumps(LINES[0]) + "\r\n" + json.dumps(LINES[1]) + "\r\n")
    got = json.loads(couac("replay", "--json", rules, corpus).stdout)
    assert (got["mentions"], got["labelled"], got["bad_lines"]) == (2, 2, 0), got
    got = [json.loads(line) for line in couac("judge", rules, corpus).stdout.splitlines()]
    assert [verdict["id"] for verdict in got] == ["1", "2"], got
    folder.cleanup()


def what_cannot_be_judged_is_said_before_the_work(_rig):
    folder = Folder()
    rules, corpus = folder.file("r.yaml", RULES), folder.corpus()
    nothing, plain = folder.file("none.jsonl", "\n  \n"), folder.file("plain.jsonl", "my parcel never came\n")
    for verb in ("replay", "report", "suggest"):
        expect(couac(verb, rules, nothing), 2, b"^$", rb"none\.jsonl holds no mention")
        expect(couac(verb, rules, folder.name), 2, b"^$", rb"Is a directory")
    expect(couac("diff", rules, rules, nothing), 2, b"^$", rb"holds no mention")
    expect(couac("judge", rules, folder.name), 2, b"^$", rb"couac judge: .*Is a directory")
    expect(couac("judge", rules, nothing), 0, b"^$")
    expect(couac("replay", rules, plain), 1, rb"", rb"plain\.jsonl:1:1: error: each line is a JSON object, like")
    expect(couac("suggest", rules, folder.corpus("c.jsonl", more='{"text":"x","want":{"fats":true}}\n')), 2, b"^$",
           rb"'fats'.*did you mean 'fast'")
    expect(couac("suggest", rules, corpus), 0, b"^$", rb"nothing to suggest: no word stands in 2 posts")
    for verb, option in [("replay", "--list"), ("replay", "--phrases"), ("replay", "--threads"), ("report", "--threads")]:
        expect(couac(verb, rules, corpus, option, "x"), 2, b"^$", rb"%s takes a whole number" % option.encode())
    expect(couac("diff", rules, rules, corpus, "--list=-1"), 2, b"^$", rb"--list takes a whole number from 0")
    expect(couac("test", rules, "--coverage", "101"), 2, b"^$", rb"at most 100 percent")
    expect(couac("check", "/nowhere"), 2, rb"No such file")
    unlabelled = folder.corpus("u.jsonl", lines=LINES[5:])
    expect(couac("replay", rules, unlabelled), 0, rb'nothing is labelled.*"want": \{"fast": true\}')
    expect(couac("replay", rules, unlabelled, "--min-f1", "0"), 1, b"", rb"there is no F1")
    folder.cleanup()


def an_alert_is_counted_once_and_its_reposts_apart(_rig):
    folder = Folder()
    rules = folder.file("r.yaml", RULES)
    post = {"text": "the parcel that I ordered is late for 6 days, not amusing", "published": "2025-01-02T00:00:00Z"}
    lines = [{**post, "id": str(n), "author": f"a{n}", "url": f"https://a.example/{n}"} for n in range(4)]
    corpus = folder.corpus(lines=lines)
    got = json.loads(couac("replay", "--json", rules, corpus).stdout)
    assert [got["all"][key] for key in ("broken", "alerts", "updates")] == [4, 1, 3], got["all"]
    expect(couac("replay", rules, corpus), 0, rb"1 alert, updated 3 times by reposts \(3\)")
    folder.cleanup()


def interrupted(args, corpus, patience):
    process = subprocess.Popen([COUAC, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=ENV)
    process.stdin.write(corpus)
    process.stdin.close()
    process.stdin = None
    time.sleep(patience)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def an_interrupted_comparison_compares_what_both_have_judged(_rig):
    folder = Folder()
    old = folder.file("old.yaml", RULES)
    new = folder.file("new.yaml", RULES.replace("never came]", "never came, nothing]"))
    line = json.dumps({"text": "parcel late for 6 days " + "x y " * 60}).encode() + b"\n"
    for args in (["diff", old, new, "-"], ["replay", new, "-", "--against", old]):
        for patience in (0.3, 0.6, 1.2, 2.4):  # until it has read all and judges; loaded machines take longer
            code, out, err = interrupted([args[0], "--json", "--threads=1", *map(str, args[1:])], line * 250000, patience)
            if out:
                break
        got = json.loads(out)
        assert code == 130 and got["interrupted"], (code, err)
        assert 0 < got["mentions"] < 250000 and got["changes"] == [], got["mentions"]
        assert re.search(rb"interrupted: \d+ % of the corpus", err), err
    folder.cleanup()


def explain_takes_what_is_asked(_rig):
    folder = Folder()
    rules = folder.file("r.yaml", RULES)
    done = couac("explain", "--json", rules, "-", stdin=b"my parcel\nis late for 6 days\n")
    expect(done, 1)
    got = json.loads(done.stdout)[0]
    assert (got["verdict"], got["owner"], got["contact"]) == ("broken", "care", "care@acme.example"), got
    expect(couac("explain", rules, "hello"), 0, rb"\n1 promise: nothing of theirs")
    expect(couac("explain", rules, "  "), 2, b"^$", rb"there is no text")
    expect(couac("explain", rules, "hello", "--lang", "de"), 2, b"^$", rb"--lang takes en, fr or es")
    folder.cleanup()


def threads_change_nothing(_rig):
    folder = Folder()
    rules = folder.file("r.yaml", RULES)
    lines = [{**line, "id": f"{n}-{line['id']}"} for n in range(6000) for line in LINES]
    for line in lines[300:]:
        line.pop("want", None)
    corpus = folder.corpus(lines=lines)
    runs = [json.loads(couac("replay", "--json", "-t", n, rules, corpus).stdout) for n in (1, 2, 3)]
    for run in runs:
        for key in ("threads", "wall_ns", "cpu_ns"):
            run.pop(key)
        for tally in [run["all"], *run["promises"].values()]:
            tally.pop("ns_per_post")
    assert runs[0] == runs[1] == runs[2] and runs[0]["mentions"] == 36000, runs[0]["all"]
    folder.cleanup()


def diff_tells_what_a_change_does(_rig):
    folder = Folder()
    old, corpus = folder.file("old.yaml", RULES), folder.corpus()
    new = folder.file("new.yaml", RULES.replace("never came", "where is").replace("preorder*", "works, preorder*"))
    expect(couac("diff", old, old, corpus), 0, rb"0 gained, 0 lost among 6")
    expect(couac("diff", old, new, corpus), 1, rb"1 gained, 2 lost.*lost.*, wrongly  .*:2  fast.*nothing speaks against"
                                               rb".*gained.*, rightly.*:3.*lost.*, rightly.*:4.*excused: \"works\"")
    done = couac("diff", "--json", old, new, corpus)
    expect(done, 1)
    changes = json.loads(done.stdout)["changes"]
    assert [(c["change"], c["line"], c["want"]) for c in changes] == [
        ("lost", 2, "alert"), ("gained", 3, "alert"), ("lost", 4, "silence")], changes
    expect(couac("replay", new, corpus, "--against", old), 0, rb"F1 0\.667 -> 0\.800")
    folder.cleanup()


def the_report_is_one_page_without_script(_rig):
    folder = Folder()
    rules = folder.file("r.yaml", RULES)
    corpus = folder.corpus(more=json.dumps({"text": "parcel <script>alert(1)</script> & for 7 days",
                                            "want": {"fast": False}}) + "\n")
    page = pathlib.Path(folder.name, "report.html")
    expect(couac("report", rules, corpus, "-o", page, "--against", rules), 0, rb"wrote .*report\.html")
    expect(couac("report", rules, corpus, "-o", "-"), 0, rb"^<!doctype html>.*</html>\n$")
    expect(couac("report", rules, folder.corpus("c.jsonl", more="oops\n"), "-o", f"{folder.name}/c.html"), 1, b"", rb"c\.jsonl:7:1: error")
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html and "&#60;script" in html, html
    for piece in ("<svg", "As good as before", "The worst errors", "ignore:", "alert:", "Microseconds a post"):
        assert piece in html, piece
    pasted = [unescape(item) for item in re.findall(r"<pre>(.*?)</pre>", html, re.S)]
    assert len(pasted) == 3, pasted
    folder.file("pasted.yaml", RULES.replace("      ignore: [parcel preordered 6 days ago]\n",
                                             "      ignore:\n" + "\n".join(pasted) + "\n"))
    expect(couac("check", f"{folder.name}/pasted.yaml"), 0, rb"1 promise, 5 examples")
    expect(couac("report", rules, corpus, "-o", "/nowhere/x.html"), 2, b"^$", rb"cannot write")
    folder.cleanup()


# What companies say, and what a rule made of it must bound, and about what.
SENTENCES = [
    ("Livraison en 48h partout en France", "at most 48 h", "parcel"),
    ("Votre colis livré en 24h, sinon remboursé", "at most 24 h", "parcel"),
    ("Livraison garantie en 24 h", "at most 24 h", "parcel"),
    ("Commandez avant 18 h, livré demain", "at most 1 day", "parcel"),
    ("Votre repas livré chaud en 30 minutes", "at most 30 min", "meal"),
    ("Votre commande prête en 2 h au drive", "at most 2 h", "pickup"),
    ("Nous rétablissons votre ligne en moins de 8 heures", "at most 8 h", "internet"),
    ("Panne réparée en 4 heures ou nous vous remboursons", "at most 4 h", "outage"),
    ("Un conseiller vous répond en moins de 5 minutes", "at most 5 min", "phone"),
    ("Réponse à vos e-mails sous 24 heures ouvrées", "at most 24 h", "message"),
    ("Remboursé sous 14 jours", "at most 14 days", "refund"),
    ("Satisfait ou remboursé pendant 30 jours", "at least 30 days", "refund"),
    ("100 % satisfait ou remboursé pendant 30 jours", "at least 30 days", "refund"),
    ("14 jours pour changer d'avis", "at least 14 days", "return"),
    ("Retours gratuits", "at most 0 EUR", "return"),
    ("Retours gratuits pendant 30 jours", "at most 0 EUR", "return"),
    ("Frais de port offerts dès 25 €", "at most 0 EUR", "fee"),
    ("Votre train à l'heure ou remboursé à partir de 30 minutes de retard", "at most 30 min", "train"),
    ("Garantie 2 ans pièces et main d'œuvre", "at least 2 years", "warranty"),
    ("Rendez-vous chez le médecin sous 3 jours", "at most 3 days", "doctor"),
    ("Passeport délivré en 30 jours", "at most 30 days", "document"),
    ("Indemnisation du sinistre en 10 jours", "at most 10 days", "claim"),
    ("Moins de 5 minutes d'attente en caisse", "at most 5 min", "queue"),
    ("Virement instantané en 10 secondes", "at most 10 s", "transfer"),
    ("Remplacement de votre carte bancaire sous 5 jours", "at most 5 days", "bank-card"),
    ("Chambre prête dès 15 h", "", "room"),
    ("Un parfum unique", "", ""),
    ("Une place en crèche sous 6 mois", "at most 6 months", ""),
    ("Free next-day delivery", "at most 1 day", "parcel"),
    ("Free shipping over $25", "at most 0 EUR", "parcel"),
    ("Free returns for 30 days", "at most 0 EUR", "return"),
    ("Returns accepted for 60 days", "at least 60 days", "return"),
    ("30-day money-back guarantee", "at least 30 days", "refund"),
    ("Money back within 7 days if your train is an hour late", "at most 7 days", "refund"),
    ("We fix your line within 8 hours", "at most 8 h", "internet"),
    ("We answer your call within 2 minutes", "at most 2 min", "phone"),
    ("We call you back within 2 hours", "at most 2 h", "callback"),
    ("We reply within 24 hours", "at most 24 h", "message"),
    ("We reply to every email within 24 hours", "at most 24 h", "message"),
    ("2 year warranty on every phone", "at least 2 years", "warranty"),
    ("99.9% uptime", "at least 99.9 %", "app"),
    ("No more than 2% of flights cancelled", "at most 2 %", "flight"),
    ("Your pizza in 30 minutes or it's free", "at most 30 min", "meal"),
    ("Never more than 5 minutes at the checkout", "at most 5 min", "queue"),
    ("Bags at the carousel within 20 minutes", "at most 20 min", "bag"),
    ("Power back within 24 hours", "at most 24 h", "energy"),
    ("Same-day repair", "at most 1 day", "technician"),
    ("Your taxi in 5 minutes", "at most 5 min", ""),
]


def a_sentence_becomes_a_rule_that_passes(_rig):
    folder = Folder()
    wrong = []
    for sentence, limit, topic in SENTENCES:
        done = couac("promise", "--json", sentence)
        got = json.loads(done.stdout)
        rules = folder.file("p.yaml", got["yaml"])
        told = (got.get("limit", ""), got.get("topic", ""), got["examples_todo"], done.returncode)
        if told != (limit, topic, 0, 0 if topic else 1):
            wrong.append((sentence, told))
        for check in (["check", "--strict", rules], ["test", rules]):
            done = couac(*check)
            if done.returncode:
                wrong.append((sentence, done.stdout.decode()))
    assert not wrong, wrong
    expect(couac("promise", "--id", "my-id", "Livré en 2 jours"), 0, rb"care:.*  my-id:\n", rb"'care' is new")
    expect(couac("promise", "--id", "My id", "x"), 2, b"^$", rb"a-z, 0-9")
    expect(couac("promise", "!!!"), 2, b"^$", rb"no words")
    folder.cleanup()


def drafts_stand_beside_one_another(_rig):
    folder = Folder()
    folder.file("a.yaml", couac("promise", "Livré en 2 jours").stdout.decode())
    done = couac("promise", "Remboursé sous 14 jours", "--owner", "care")
    expect(done, 0, rb"^couac: 1\npromises:\n.*owner: care", rb"^$")
    folder.file("b.yaml", done.stdout.decode())
    expect(couac("check", "--strict", folder.name), 0, rb"2 promises")
    folder.cleanup()


def suggestions_come_with_what_they_are_worth(_rig):
    folder = Folder()
    os.mkdir(f"{folder.name}/rules")
    folder.file("rules/r.yaml", RULES)
    lines = [{"id": f"{n}", "text": f"my parcel went missing again zz{n}", "want": {"fast": True}} for n in range(30)]
    lines += [{"id": f"q{n}", "text": f"a parcel for grandma zz{n}", "want": {"fast": False}} for n in range(30)]
    lines += [{"id": f"w{n}", "text": f"warranty: parcel insured for {n + 3} days", "want": {"fast": False}}
              for n in range(30)]
    lines += LINES[:2]
    corpus = folder.corpus(lines=lines)
    done = couac("suggest", "--json", f"{folder.name}/rules", corpus)
    expect(done, 1)
    got = json.loads(done.stdout)
    assert {s["slot"] for s in got["suggestions"]} == {"against", "unless"}, got
    assert got["held_out_f1"]["after"] > 0.99 > 0.5 > got["held_out_f1"]["before"] and got["confirmed"], got
    assert not os.path.exists(f"{folder.name}/rules/suggested.yaml")
    expect(couac("suggest", f"{folder.name}/rules", corpus, "--apply"), 0, rb"against\+:.*held-out half: F1",
           rb"wrote .*suggested.yaml")
    expect(couac("check", f"{folder.name}/rules"), 0)
    expect(couac("suggest", f"{folder.name}/rules", corpus), 0, b"^$", rb"nothing to suggest")
    expect(couac("suggest", f"{folder.name}/rules/r.yaml", corpus, "--apply"), 2, b"", rb"must be a folder")
    expect(couac("suggest", f"{folder.name}/rules", folder.corpus("u.jsonl", lines=LINES[5:])), 2, b"^$",
           rb"no labels")
    folder.cleanup()


def a_suggestion_that_the_other_half_does_not_confirm_says_so(_rig):
    folder = Folder()
    rules = folder.file("r.yaml", RULES)
    for n in range(60):  # the halves are dealt by a hash: some lines fall into one of them together
        lines = [{"text": f"parcel swallowed whole {n} {k}", "want": {"fast": True}} for k in range(2)] + LINES * 3
        corpus = folder.corpus(lines=lines)
        got = json.loads(couac("suggest", "--json", rules, corpus).stdout)
        if got["suggestions"] and not got["confirmed"]:
            expect(couac("suggest", rules, corpus), 1, rb"the held-out half does not confirm it")
            folder.cleanup()
            return
    raise AssertionError("all of them were confirmed")


def junit_is_what_ci_reads(_rig):
    folder = Folder()
    rules = RULES.replace("my parcel never came]", """'the "parcel" & <i>it</i>',
        {text: "a parcel\\nof stone", todo: yes}]""")
    path = folder.file("r.yaml", rules)
    expect(couac("test", path, "--junit", f"{folder.name}/j.xml"), 1)
    root = xml.etree.ElementTree.parse(f"{folder.name}/j.xml").getroot()
    suite = root.find("testsuite")
    assert root.tag == "testsuites" and suite.get("name") == "couac", root
    assert [suite.get(k) for k in ("tests", "failures", "errors", "skipped", "time")] == ["4", "1", "0", "1", "0"]
    cases = {case.get("name"): case for case in suite}
    assert len(cases) == 4, list(cases)
    bad = cases['alert: the "parcel" & <i>it</i>']
    assert (bad.get("classname"), bad.get("file"), bad.get("line")) == ("fast", str(path), "12"), bad.attrib
    assert bad.find("failure").get("message").startswith("is ignored"), bad.find("failure").attrib
    assert bad.find("failure").text == f'{path}:12: the "parcel" & <i>it</i>'
    assert cases["alert: a parcel\nof stone"].find("skipped").get("message") == "todo"
    assert len(cases["ignore: parcel preordered 6 days ago"]) == 0
    folder.cleanup()


def watching_runs_again_after_a_change(_rig):
    folder = Folder()
    near = RULES.replace("parcel preordered 6 days ago", "\"parcel preordered, waiting for 6 days\"")
    rules = folder.file("r.yaml", near)
    process = subprocess.Popen([COUAC, "test", "--watch", str(rules)], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=ENV)

    def until(pattern):
        end, seen = time.monotonic() + 10, ""
        while time.monotonic() < end:
            if select.select([process.stdout], [], [], 0.2)[0]:
                seen += os.read(process.stdout.fileno(), 65536).decode()
            if re.search(pattern, seen, re.S):
                return
        raise AssertionError(seen)
    try:
        until(r"near miss  [^\n]*only 'preordered' excuses it.*3 passed, 0 failed.*watching")
        folder.file("r.yaml", near.replace("never came]\n    unless", "nothing]\n    unless"))
        until(r"failed.*is ignored.*2 passed, 1 failed.*watching")
        folder.file("r.yaml", "couac: 1\nnonsense: {}\n")
        until(r"unknown key 'nonsense'.*watching")
        folder.file("r.yaml", RULES)
        until(r"3 passed, 0 failed.*watching")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        folder.cleanup()


def check_counts_common_words_in_a_corpus(_rig):
    folder = Folder()
    rules = folder.file("r.yaml", RULES.replace("preorder*]", "preorder*, posted]"))
    posts = folder.file("posts.txt", "posted my parcel\n" * 10 + "a parcel\n" * 90)
    expect(couac("check", rules, "--corpus", posts), 0, rb"r\.yaml:10:25: warning: 'posted' hits 10 % of the posts")
    expect(couac("check", rules, "--corpus", folder.file("some.txt", "posted\n" * 99)), 0, rb"(?!.*hits)")
    expect(couac("check", rules, "--corpus", folder.file("bad.txt", '{"id":\na parcel\n')), 1, rb"\nok:",
           rb"bad\.txt:1:\d+: error")
    expect(couac("check", rules, "--corpus", "/nowhere"), 2, b"^$", rb"No such file")
    folder.cleanup()


TESTS = [a_suggestion_that_the_other_half_does_not_confirm_says_so, junit_is_what_ci_reads, check_counts_common_words_in_a_corpus, watching_runs_again_after_a_change, suggestions_come_with_what_they_are_worth, replay_scores_labelled_pairs, a_corpus_is_read_past_its_bad_lines, threads_change_nothing,
         a_corpus_may_begin_with_a_byte_order_mark, what_cannot_be_judged_is_said_before_the_work,
         an_alert_is_counted_once_and_its_reposts_apart, explain_takes_what_is_asked,
         an_interrupted_comparison_compares_what_both_have_judged,
         diff_tells_what_a_change_does, the_report_is_one_page_without_script,
         a_sentence_becomes_a_rule_that_passes, drafts_stand_beside_one_another]

if __name__ == "__main__":
    sys.exit(redis_rig.run(TESTS, COUAC))
