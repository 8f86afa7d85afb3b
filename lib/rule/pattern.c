#define PCRE2_CODE_UNIT_WIDTH 8

#include "lib/rule/pattern.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/alloc.h"

struct pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    bool jit;
};

static struct pattern *with_limits(struct pattern *p)
{
    p->match = pcre2_match_data_create(1, NULL);
    p->limits = pcre2_match_context_create(NULL);
    if (!p->match || !p->limits)
        abort();
    (void)pcre2_set_match_limit(p->limits, PATTERN_MATCH_LIMIT);   /* always 0 */
    (void)pcre2_set_depth_limit(p->limits, PATTERN_DEPTH_LIMIT);   /* always 0 */
    (void)pcre2_set_heap_limit(p->limits, PATTERN_HEAP_LIMIT_KIB); /* always 0 */
    return p;
}

struct pattern *pattern_new(struct str regex, struct pattern_error *ret_error)
{
    int error;
    PCRE2_SIZE offset;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)regex.p, regex.n,
                      PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE,
                      &error, &offset, NULL);

    if (!code) {
        ret_error->offset = offset;
        (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)ret_error->message,
                                      sizeof(ret_error->message)); /* at worst cut off */
        return NULL;
    }
    struct pattern *p = alloc_zeroed(1, sizeof(*p));

    p->code = code;
    size_t jit_bytes = 0;

    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);              /* may be forbidden */
    (void)pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &jit_bytes); /* always 0 */
    p->jit = jit_bytes > 0; /* "(*NO_JIT)" in front of a regex turns it off as well */
    return with_limits(p);
}

void pattern_free(struct pattern *p)
{
    if (!p)
        return;
    pcre2_code_free(p->code);
    pcre2_match_data_free(p->match);
    pcre2_match_context_free(p->limits);
    free(p);
}

enum pattern_result pattern_find(const struct pattern *p, struct str text, size_t from,
                                 size_t *ret_start, size_t *ret_end)
{
    if (from > text.n)
        return PATTERN_NO_MATCH;
    int rc = pcre2_match(p->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.n, from,
                         PCRE2_NO_UTF_CHECK, p->match, p->limits);

    if (rc == PCRE2_ERROR_NOMATCH)
        return PATTERN_NO_MATCH;
    if (rc < 0)
        return PATTERN_LIMIT;
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->match);

    if (at[1] < at[0]) /* \K in a look-ahead: no span that could be quoted */
        return PATTERN_NO_MATCH;
    *ret_start = at[0];
    *ret_end = at[1];
    return PATTERN_MATCH;
}

const char *pattern_engine(const struct pattern *p)
{
    return p->jit ? "jit" : "interpreter";
}
