#!/usr/bin/env python3
"""couac add, import and export: what is written into couac.yaml, and what never is."""

import json
import os
import subprocess
import sys
import tempfile

from web_rig import Reply, Web, rss

COUAC, COUACD, SHARE = map(os.path.abspath, sys.argv[1:4])

YAML = """# ours, please keep
couac: 1
state: {folder}
sources:
    # the press
    press: {{url: "http://press.example/feed"}}   # daily

    blog:
        url: http://blog.example/rss
        every: 30 min
    # the end of the list

# after
log: {{level: info}}
"""

OPML = """<opml version="2.0"><head><title>t</title></head><body>
<outline text="News"><outline type="rss" text="One &amp; Only" xmlUrl="http://one.example/feed"/>
<outline type="rss" text="Press" xmlUrl="http://press.example/feed"/></outline>
<outline type="rss" text="One &amp; Only" xmlUrl="http://one.example/other"/>
<outline type="rss" text="bad" xmlUrl="ftp://bad.example/"/><outline type="rss" text="none"/></body></opml>"""


class Box:
    def __init__(self, text=YAML):
        self.kept = tempfile.TemporaryDirectory(prefix="couac-adding-")  # gone with the box
        self.folder = self.kept.name
        self.file = os.path.join(self.folder, "couac.yaml")
        self.write(text.format(folder=self.folder) if "{folder}" in text else text)

    def write(self, text):
        with open(self.file, "w", encoding="utf-8") as f:
            f.write(text)

    def read(self):
        with open(self.file, encoding="utf-8") as f:
            return f.read()

    def couac(self, *args):
        return subprocess.run([COUAC, *args], cwd=self.folder, capture_output=True, text=True, check=False,
                              env={**os.environ, "COUAC_SHARE": SHARE}, timeout=60)

    def couacd_accepts(self):
        """What we wrote is what the daemon reads: it goes on to look for rules."""
        run = subprocess.run([COUACD, "--check-config", "--config", self.file], capture_output=True, text=True,
                             check=False, timeout=20)
        return "couac.yaml:" not in run.stderr, run.stderr


def new_lines(box, before):
    """The lines that came; all others must stand as they stood."""
    old, now = before.splitlines(), box.read().splitlines()
    fresh = list(now)
    for line in old:
        assert line in fresh, f"lost: {line!r}\n{box.read()}"
        fresh.remove(line)
    assert [x for x in now if x not in fresh] == [x for x in old if x not in fresh], box.read()
    return [x for x in fresh if x]


def a_feed_is_added_behind_the_last_and_nothing_else_changes():
    box, web = Box(), Web()
    url = web.on("/feed", Reply(200, rss("hello")))
    os.chmod(box.file, 0o640)
    before = box.read()
    run = box.couac("add", url)
    assert run.returncode == 0, run.stderr
    assert new_lines(box, before) == [f'    t: {{url: "{url}", network: private}}'], box.read()
    assert box.read().index("# the end of the list") < box.read().index("    t: ") < box.read().index("# after")
    assert os.stat(box.file).st_mode & 0o777 == 0o640
    assert os.listdir(box.folder) == ["couac.yaml"]
    for other in (url, web.on("/moved", Reply(301, Location="/feed"))):  # and where a redirect leads there
        again = box.couac("add", other)
        assert again.returncode == 2 and f"{url} is in couac.yaml already" in again.stderr, again
    run = box.couac("add", "--json", web.on("/json", Reply(200, rss("one", "two"))))
    assert json.loads(run.stdout) == {"source": "t-2", "title": "t", "posts": 2}, run


def the_feed_of_a_page_is_found():
    box, web = Box("couac: 1\nsources: {}   # none yet\n"), Web()
    web.on("/", Reply(200, b'<html><head><link rel="alternate" type="application/rss+xml" href="/gone">'
                           b'<link rel="alternate" type="application/rss+xml" href="/feed"></head></html>',
                      Content_Type="text/html"))
    url = web.on("/feed", Reply(200, rss("hello")))
    run = box.couac("add", web.base + "/")
    assert run.returncode == 0, run.stderr
    assert box.read() == f'couac: 1\nsources:   # none yet\n  t: {{url: "{url}", network: private}}\n', box.read()


def without_a_file_there_is_a_way_out():
    box = Box()
    os.unlink(box.file)
    run = box.couac("add", "http://x.example/")
    if not os.path.exists("/etc/couac/couac.yaml"):
        assert run.returncode == 2 and "couac init" in run.stderr, run
    run = box.couac("add", "--search")
    assert run.returncode == 2 and "Did you mean" not in run.stderr, run


def what_does_not_work_is_not_written():
    box, web = Box(), Web()
    web.on("/page", Reply(200, b"<html><p>no feed here</p></html>"))
    before = box.read()
    for url, status in ((web.base + "/nothing", 1), (web.base + "/page", 1), ("ftp://x.example/", 2),
                        ("http://127.0.0.1:9/feed", 1)):
        run = box.couac("add", url)
        assert run.returncode == status and run.stderr, (url, run)
    assert box.read() == before


def shapes_that_cannot_be_added_to_are_refused():
    web = Web()
    url = web.on("/feed", Reply(200, rss("hello")))
    for text, status in (("couac: 1\nsources: {a: {url: http://a.example/}}\n", 2), ("couac: 1\nx: [\n", 1)):
        box = Box(text)
        run = box.couac("add", url)
        assert run.returncode == status and box.read() == text, (run, box.read())
    for text in ("couac: 1\n", "couac: 1\nsources:\n", "couac: 1\nsources:\n  a: {url: http://a.example/}"):
        box = Box(text)
        run = box.couac("add", url)
        assert run.returncode == 0 and url in box.read(), (text, run, box.read())


def a_search_is_tried_first():
    box, web = Box(), Web()
    web.on("/api/v1/timelines/tag/acme", Reply(200, json.dumps([{"id": "1", "content": "<p>x</p>"}]).encode()))
    before = box.read()
    run = box.couac("add", "--search", "mastodon", "--instance", web.base, "#acme")
    assert run.returncode == 0 and run.stdout == "added mastodon-acme: mastodon #acme, 1 post now; it is on a private network\n", run
    assert new_lines(box, before) == ['    mastodon-acme: {kind: api, connector: mastodon-tag, with: '
                                      f'{{tag: "acme", instance: "{web.base}"}}, network: private}}'], box.read()
    fine, why = box.couacd_accepts()
    assert fine, why
    before = box.read()
    run = box.couac("add", "--search", "mastodon", "--instance", web.base, "acme")
    assert run.returncode == 1 and "--credential" in run.stderr, run
    run = box.couac("add", "--search", "mastodon", "--instance", web.base, "#acme")
    assert run.returncode == 2 and "mastodon-acme is in couac.yaml already" in run.stderr, run
    for words in ("#", " "):
        run = box.couac("add", "--search", "mastodon", "--instance", web.base, words)
        assert run.returncode == 2 and "no words" in run.stderr, run
    assert box.couac("add", "--search", "myspace", "acme").returncode == 2
    assert box.read() == before


def a_list_is_imported_and_exported():
    box = Box()
    with open(os.path.join(box.folder, "x.opml"), "w", encoding="utf-8") as f:
        f.write(OPML)
    before = box.read()
    run = box.couac("import", "x.opml")
    assert run.returncode == 1 and run.stdout == "5 read, 2 added, 1 duplicates, 2 failed\n", run
    assert "ftp://bad.example/" in run.stderr and "without an address" in run.stderr
    assert new_lines(box, before) == ['    one-only: {url: "http://one.example/feed"}',
                                      '    one-only-2: {url: "http://one.example/other"}'], box.read()
    out = box.couac("export")
    assert out.returncode == 0 and out.stdout.count("xmlUrl=") == 4 and "<title>couac</title>" in out.stdout, out
    other = Box("couac: 1\n")
    with open(os.path.join(other.folder, "y.opml"), "w", encoding="utf-8") as f:
        f.write(out.stdout)
    run = other.couac("import", "--json", "y.opml")
    assert json.loads(run.stdout) == {"read": 4, "added": 4, "duplicates": 0, "failed": 0}, run


TESTS = [a_feed_is_added_behind_the_last_and_nothing_else_changes, the_feed_of_a_page_is_found,
         without_a_file_there_is_a_way_out, what_does_not_work_is_not_written, shapes_that_cannot_be_added_to_are_refused,
         a_search_is_tried_first, a_list_is_imported_and_exported]


def main():
    failed = 0
    print(f"1..{len(TESTS)}")
    for i, test in enumerate(TESTS, 1):
        try:
            test()
            print(f"ok {i} - {test.__name__.replace('_', ' ')}")
        except Exception as e:  # noqa: BLE001 (each failure is told)
            failed += 1
            print(f"not ok {i} - {test.__name__.replace('_', ' ')}\n# {type(e).__name__}: " +
                  str(e).replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
