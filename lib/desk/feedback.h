#pragma once

/* feedback - what people made of an alert, as a line of a corpus.
 *
 *     {"id":"…","url":"…","text":"…","published":"…","lang":"fr","source":"…",
 *      "want":{"delivery-48h":false},"alert":"01K…","by":"ann","note":"…","noted":"…"}
 *
 * The text is the excerpt that left the house, masked as it was; authors are not in it.
 * `couac replay` and `couac judge` read such lines. */

#include "lib/desk/recall.h"

struct arena;

enum feedback_verdict { FEEDBACK_RIGHT, FEEDBACK_WRONG };
/* "right" or "wrong"; false for anything else. */
bool feedback_verdict_of(struct str word, enum feedback_verdict *ret) MUST_CHECK;

struct feedback {
    enum feedback_verdict verdict;
    struct str by, note; /* cut to FEEDBACK_NOTE_MAX code points */
    int64_t at_ms;
};

enum { FEEDBACK_NOTE_MAX = 500 };

/* One line with its newline. Empty: the alert was kept by another version, or the arena's limit. */
struct str feedback_line(const struct feedback *f, const struct recall_alert *alert,
                         struct arena *arena);
