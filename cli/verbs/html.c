#include "cli/verbs/html.h"

#include <math.h>
#include <stdio.h>

/* On a narrow screen each row of a table becomes a card, and cells say by data-l what their
 * column's head would. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6470;--line:#d8dde3;--paper:#fff;"
    "--good:#2a7f62;--bad:#b3403a;--warm:#9a6700;--cool:#3a6ea5;--back:#eef1f4}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa3ad;--line:#3a424b;"
    "--paper:#15191d;--good:#5fc29b;--bad:#e5857f;--warm:#e0b155;--cool:#7fb0e0;--back:#242a30}}"
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:68rem;margin:2rem auto;padding:0 1.25rem}"
    "h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}"
    ".soft{color:var(--soft)}.verdict{font-size:1.25rem;padding:.8rem 1rem;background:var(--back);"
    "border-left:.35rem solid var(--cool);margin:1rem 0}.verdict.good{border-color:var(--good)}"
    ".verdict.bad{border-color:var(--bad)}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);"
    "vertical-align:top;overflow-wrap:anywhere}"
    "th{font-weight:600;color:var(--soft);font-size:.85rem;white-space:nowrap}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n,td.id{white-space:nowrap}"
    "tr.all td{font-weight:600;border-bottom:0}"
    "code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--back);padding:.8rem 1rem;"
    "overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0 1rem}"
    "svg{vertical-align:middle;max-width:100%}svg text{font:12px system-ui,sans-serif;"
    "fill:var(--ink)}.tag{font-size:.8rem;font-weight:600;white-space:nowrap}"
    ".tag.up{color:var(--good)}.tag.down{color:var(--warm)}.tag.noise{color:var(--bad)}"
    ".err{margin:1rem 0 0}"
    "@media(max-width:46rem){tr:has(th){display:none}tr{display:block;padding:.5rem 0;"
    "border-bottom:1px solid var(--line)}td,td.n{display:block;text-align:left;border:0;"
    "padding:.1rem "
    "0}td[data-l]{display:flex;gap:.8rem}td[data-l]::before{content:attr(data-l);color:var(--soft);"
    "flex:0 0 7.5rem}td.id{font-weight:600}}";

void html_text(struct sbuf *b, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
            sbuf_printf(b, "&#%d;", c);
        else if ((unsigned char)c >= 0x20 || c == '\n' || c == '\t')
            sbuf_putc(b, c);
    }
}

void html_begin(struct sbuf *b, struct str title)
{
    sbuf_printf(b,
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    html_text(b, title);
    sbuf_printf(b, "</title><style>%s</style></head><body>\n", style);
}

void html_end(struct sbuf *b)
{
    sbuf_printf(b, "</body></html>\n");
}

enum { BAR_WIDTH = 170, BAR_HEIGHT = 16 };

void html_rate(struct sbuf *b, struct rate r, const char *without)
{
    if (isnan(r.value)) {
        sbuf_printf(b, "<span class=soft>%s</span>", without);
        return;
    }
    const char *colour = r.value >= 0.9 ? "good" : r.value >= 0.75 ? "warm" : "bad";

    sbuf_printf(
        b,
        "<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"%.3f, between %.3f and "
        "%.3f\"><rect width=\"%d\" height=\"%d\" fill=\"var(--back)\"/><rect width=\"%.1f\" "
        "height=\"%d\" fill=\"var(--%s)\"/>",
        BAR_WIDTH + 50, BAR_HEIGHT, r.value, r.low, r.high, BAR_WIDTH, BAR_HEIGHT,
        r.value * BAR_WIDTH, BAR_HEIGHT, colour);
    sbuf_printf(b,
                "<path d=\"M%.1f 8H%.1fM%.1f 4v8M%.1f 4v8\" stroke=\"var(--ink)\" "
                "stroke-width=\"1.5\"/><text x=\"%d\" y=\"13\">%.3f</text></svg>",
                r.low * BAR_WIDTH, r.high * BAR_WIDTH, r.low * BAR_WIDTH, r.high * BAR_WIDTH,
                BAR_WIDTH + 8, r.value);
}

void html_bar(struct sbuf *b, double value, double max, const char *colour, const char *label)
{
    double width = max > 0 ? value / max * BAR_WIDTH : 0;

    sbuf_printf(b,
                "<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"%s\"><rect width=\"%d\" "
                "height=\"%d\" fill=\"var(--back)\"/><rect width=\"%.1f\" height=\"%d\" "
                "fill=\"var(--%s)\"/><text x=\"%d\" y=\"13\">%s</text></svg>",
                BAR_WIDTH + 80, BAR_HEIGHT, label, BAR_WIDTH, BAR_HEIGHT, width, BAR_HEIGHT, colour,
                BAR_WIDTH + 8, label);
}
