#!/usr/bin/python3
"""The README's picture of a terminal: what the demonstration prints, as SVG.

    tests/demo/picture.py --build build > tests/demo/demo.svg

Runs the demonstration for real; nothing in the picture is written by hand.
"""
import pathlib
import re
import subprocess
import sys
from xml.sax.saxutils import escape

WIDTH, LINE, CHAR, MARGIN = 112, 19, 8.15, 18
PAPER, INK = "#16181d", "#d6d9de"
COLOURS = {"2": "#7d8590", "31": "#ff6b64", "32": "#56d364", "33": "#e3b341", "36": "#6cb6ff"}


def spans(line):
    """(style, text) pieces of a line with ANSI colours."""
    style, place = "", 0
    for m in re.finditer("\033\\[([0-9;]*)m", line):
        if line[place:m.start()]:
            yield style, line[place:m.start()]
        style, place = ("" if m[1] in ("", "0") else m[1]), m.end()
    if line[place:]:
        yield style, line[place:]


def wrapped(pieces):
    """Lines of at most WIDTH characters; what goes on is indented."""
    row, used = [], 0
    for style, text in pieces:
        while used + len(text) > WIDTH:
            cut = text.rfind(" ", 0, WIDTH - used)
            row.append((style, text[:max(cut, 0)]))
            yield row
            text, row, used = text[cut + 1 if cut >= 0 else 0:], [("", " " * 16)], 16
        row.append((style, text))
        used += len(text)
    yield row


def tspan(style, text):
    codes = style.split(";")
    looks = ["fill='%s'" % COLOURS[c] for c in codes if c in COLOURS] + ["font-weight='bold'"] * ("1" in codes)
    return "<tspan %s>%s</tspan>" % (" ".join(looks), escape(text)) if looks else escape(text)


def main():
    here = pathlib.Path(__file__).parent
    done = subprocess.run(["/usr/bin/python3", str(here / "demo.py"), "--colour", "always", *sys.argv[1:]],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    rows = [row for line in ["$ ./bootstrap demo"] + done.stdout.rstrip().split("\n") for row in wrapped(spans(line))]
    width, height = WIDTH * CHAR + 2 * MARGIN, len(rows) * LINE + 2 * MARGIN
    print("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d'>" % (width, height, width, height))
    print("<rect width='100%%' height='100%%' rx='8' fill='%s'/>" % PAPER)
    print("<g font-family='ui-monospace,DejaVu Sans Mono,Menlo,Consolas,monospace' font-size='13.5' fill='%s' "
          "style='white-space:pre'>" % INK)
    for i, row in enumerate(rows):
        print("<text x='%d' y='%d' xml:space='preserve'>%s</text>" % (
            MARGIN, MARGIN + 14 + i * LINE, "".join(tspan(*piece) for piece in row)))
    print("</g></svg>")


if __name__ == "__main__":
    main()
