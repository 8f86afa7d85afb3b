#!/usr/bin/python3
"""couac items: documents of all kinds, one by one and in a batch.

    items.py COUAC SOURCE_ROOT

TAP. The golden feeds show what is read; here is how it is asked and told."""

import json
import pathlib
import subprocess
import sys
import tempfile

COUAC = sys.argv[1]
FEEDS = sorted((pathlib.Path(sys.argv[2]) / "tests/golden/feeds").iterdir())
BASE = "https://base.example/dir/feed"


def items(*args, stdin=b""):
    done = subprocess.run([COUAC, "items", *map(str, args)], input=stdin, capture_output=True,
                          timeout=20, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def the_feed_comes_first_when_asked_for():
    status, lines, _ = items("--feed", "--url", BASE, FEEDS[0])
    assert status == 0 and lines[0]["kind"] == "feed" and "kind" not in lines[1]
    assert items("--url", BASE, FEEDS[0])[1] == lines[1:]


def a_batch_prints_what_single_runs_print():
    lines = b"".join(f"{path}\ttext/xml\t{BASE}\n".encode() for path in FEEDS)
    status, batch, _ = items("--batch", "--feed", stdin=lines)
    want = []
    for path in FEEDS:
        want += items("--feed", "--url", BASE, path)[1]
        want.append({"end": str(path), "error": None})
    assert status == 0 and batch == want


def every_document_of_a_batch_ends_whatever_it_is():
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder) / "page.html"
        page.write_text("<!DOCTYPE html><html><p>hello</p></html>")
        lines = f"{page}\n{folder}/nowhere\t\t\n\n{FEEDS[0]}\r\n{folder}\n".encode()
        status, out, _ = items("--batch", stdin=lines)
    ends = [line for line in out if "end" in line]
    assert status == 1 and len(ends) == 4
    assert ends[0]["error"] == "a web page, not a feed"
    assert ends[1]["error"] and ends[2]["error"] is None and ends[3]["error"]


def the_content_type_lends_its_charset():
    body = "<rss><channel><item><title>Пр</title></item></channel></rss>".encode("cp1251")
    status, out, _ = items("--type", "text/xml; charset=windows-1251", stdin=body)
    assert status == 0 and out[0]["title"] == "Пр"


def a_language_that_is_not_said_is_guessed_where_words_tell_it():
    body = b"""<rss version="2.0"><channel><title>t</title>
<item><description>Mon colis n'est toujours pas arriv\xc3\xa9 et personne ne me r\xc3\xa9pond</description></item>
<item><description>My parcel has not arrived and nobody is answering me</description></item>
<item xml:lang="de"><description>My parcel has not arrived and nobody is answering me</description></item>
<item><description>42</description></item></channel></rss>"""
    langs = [item.get("lang") for item in items(stdin=body)[1]]
    assert langs == ["fr", "en", "de", None], langs


def trouble_and_findings_have_their_own_status():
    assert items("/nonexistent")[0] == 2
    assert items(stdin=b"not a feed")[0] == 1
    assert items("--batch", "file")[0] == 2
    assert items(stdin=b"")[2].endswith(b"the document is empty\n")


TESTS = [value for value in list(globals().values())
         if callable(value) and getattr(value, "__module__", "") == "__main__" and value is not items]


def main():
    print(f"1..{len(TESTS)}")
    failed = 0
    for number, test in enumerate(TESTS, 1):
        try:
            test()
            print(f"ok {number} - {test.__name__}")
        except Exception as error:  # a test that falls must not hide the others
            failed += 1
            print(f"not ok {number} - {test.__name__}\n# {error!r}")
    return failed > 0


sys.exit(main())
