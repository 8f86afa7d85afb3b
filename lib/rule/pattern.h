#pragma once

/* pattern - regular expressions over folded text (PCRE2 10.42, the one file that knows it).
 *
 * Always the last step and never in `about`. Compiled with UTF, UCP and no
 * captures of ours; JIT where the system lets us (MemoryDenyWriteExecute makes
 * it fail: matching is then interpreted, and pattern_engine says so). Every
 * match has match, depth and heap limits; reaching one is counted and is never
 * "no match" in silence. */

#include "lib/base/str.h"

struct pattern;

struct pattern_error {
    size_t offset; /* bytes into the regex */
    char message[200];
};

enum {
    PATTERN_MATCH_LIMIT = 100000, /* (a+)+$ costs 1.25 ms at most */
    PATTERN_DEPTH_LIMIT = 1000,
    PATTERN_HEAP_LIMIT_KIB = 1024,
};

/* NULL on an error, with *ret_error filled. Free with pattern_free. */
struct pattern *pattern_new(struct str regex, struct pattern_error *ret_error);
void pattern_free(struct pattern *p); /* NULL is fine */

enum pattern_result { PATTERN_NO_MATCH, PATTERN_MATCH, PATTERN_LIMIT };

/* The first match at or after byte `from` of `text`, which must be valid UTF-8 (folded
 * text always is), as must the cut at `from`. *ret_start and *ret_end are bytes.
 * PATTERN_LIMIT: a limit was reached, the answer is not known. */
enum pattern_result pattern_find(const struct pattern *p, struct str text, size_t from,
                                 size_t *ret_start, size_t *ret_end) MUST_CHECK;

/* "jit" or "interpreter" */
const char *pattern_engine(const struct pattern *p);
