#include "daemon/net/freshness.h"

#include <curl/curl.h>

enum { DATE_MAX = 64, YEAR_S = 366 * 24 * 3600 };

bool freshness_date(struct str text, int64_t *ret_ms)
{
    char cstr[DATE_MAX];

    text = str_trim(text);
    if (text.n == 0 || text.n >= sizeof(cstr) || memchr(text.p, '\0', text.n))
        return false;
    memcpy(cstr, text.p, text.n);
    cstr[text.n] = '\0';
    time_t at_s = curl_getdate(cstr, NULL);

    if (at_s == -1)
        return false;
    *ret_ms = (int64_t)at_s * 1000;
    return true;
}

/* Delta seconds, capped as RFC 9111 1.2.2 allows; a year is for ever here. */
static bool seconds(struct str text, int64_t *ret_ms)
{
    int64_t value = 0;

    text = str_trim(text);
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        text = str_slice(text, 1, text.n - 1);
    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        value = MIN(value * 10 + (text.p[i] - '0'), (int64_t)YEAR_S);
    }
    *ret_ms = value * 1000;
    return true;
}

enum cache_word { CACHE_NONE, CACHE_STALE, CACHE_AGE };

static enum cache_word cache_control(struct str header, int64_t *ret_ms)
{
    enum cache_word found = CACHE_NONE;
    struct str piece;

    while (str_split(&header, ',', &piece)) {
        struct str word = str_trim(piece);

        if (str_eq_nocase(word, STR("no-cache")) || str_eq_nocase(word, STR("no-store")))
            return CACHE_STALE;
        if (str_starts_nocase(word, STR("max-age=")) &&
            seconds(str_slice(word, sizeof("max-age=") - 1, word.n), ret_ms))
            found = CACHE_AGE;
    }
    return found;
}

int64_t freshness_lifetime_ms(const struct freshness_headers *h, int64_t now_ms)
{
    int64_t lifetime_ms, age_ms = 0, date_ms = now_ms, expires_ms;

    switch (cache_control(h->cache_control, &lifetime_ms)) {
    case CACHE_STALE:
        return 0;
    case CACHE_AGE:
        if (!seconds(h->age, &age_ms))
            age_ms = 0;
        return MAX(lifetime_ms - age_ms, 0);
    case CACHE_NONE:
        break;
    }
    if (h->expires.n == 0)
        return FRESHNESS_UNKNOWN;
    if (!freshness_date(h->expires, &expires_ms))
        return 0;
    if (!freshness_date(h->date, &date_ms))
        date_ms = now_ms;
    return MAX(MIN(expires_ms - date_ms, (int64_t)YEAR_S * 1000), 0);
}

int64_t freshness_retry_ms(const struct freshness_headers *h, int64_t now_ms)
{
    int64_t ms, date_ms = now_ms;

    if (h->retry_after.n == 0)
        return FRESHNESS_UNKNOWN;
    if (seconds(h->retry_after, &ms))
        return ms;
    if (!freshness_date(h->retry_after, &ms))
        return FRESHNESS_UNKNOWN;
    if (!freshness_date(h->date, &date_ms))
        date_ms = now_ms;
    return MAX(MIN(ms - date_ms, (int64_t)YEAR_S * 1000), 0);
}
