#pragma once

/* slip - what somebody most likely meant when their YAML cannot be read.
 *
 * libyaml says where it gave up and what it expected; people need to hear which
 * of the usual slips they made: a word that starts with @, a tab, text behind a
 * closing quote, a colon without a space, a list item that lost its dash. */

#include "lib/base/diag.h"
#include "lib/base/str.h"

struct slip {
    const char *problem, *context;            /* libyaml's words; context may be NULL */
    struct pos at;                            /* where it gave up */
    struct pos context_at;                    /* what it was reading; line 0: nothing */
    struct pos open_at;                       /* the list or map it is in; line 0: none */
    struct pos scalar_at;                     /* the latest text it could read; line 0: none */
    unsigned scalar_end_line, scalar_end_col; /* behind that text */
    bool scalar_quoted;
};

/* One error with a way out, at the place that must be changed. */
void slip_report(const struct slip *slip, struct str text, struct diags *diags);
