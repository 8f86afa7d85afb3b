#include "lib/quantity/quantity.h"

#include <errno.h>
#include <math.h>

#include "lib/base/arena.h"
#include "lib/quantity/context.h"
#include "lib/quantity/measure.h"
#include "lib/quantity/number.h"

/* Reading goes left to right over the tokens: at each one the readers try, and
 * the first that succeeds takes its tokens. Then the words around say the bound
 * and the role.
 *
 * Long texts pass through a window of tokens; a part of it is kept when it moves
 * on, so that a quantity at the border still sees the words around it. */

enum {
    WINDOW = 512, /* tokens held at once */
    BEHIND = 24,  /* kept before the next quantity */
    AHEAD = 48,   /* a quantity begins at least so far from an open end */
    PARSE_TOKENS = 16,
};

/* The latest time that began with a date, and when that was: "commandé le 3". */
struct span {
    size_t found; /* which quantity it is, from 1 on; 0: there is none */
    int64_t from, to;
};

struct reader {
    struct tokens tokens;
    size_t at; /* bytes of the text that are tokens already */
    const struct quantity_reader_options *options;
    struct arena *arena;
    struct quantity *found;
    size_t n, cap;
    size_t first;       /* token behind the latest quantity */
    bool since;         /* the moment being finished has "since" before it */
    struct moment date; /* the latest that is not past for sure, found[date_at] */
    size_t date_at;
    struct span open;
    struct token window[WINDOW];
};

/* Forgets what lies far behind token *from and reads on; *from follows. */
static void refill(struct reader *r, size_t *from)
{
    size_t drop = *from > BEHIND ? *from - BEHIND : 0;
    size_t kept = r->tokens.n - drop, more;

    memmove(r->window, r->window + drop, kept * sizeof(*r->window));
    more = tokens_read(r->tokens.text, &r->at, r->window + kept, WINDOW - kept);
    if (r->tokens.lang == LANG_UNKNOWN)
        r->tokens.lang = tokens_language(r->window, more, r->options->lang);
    tokens_settle(r->tokens.text, r->window + kept, more, r->tokens.lang);
    r->tokens.n = kept + more;
    *from -= drop;
    r->first -= MIN(r->first, drop);
}

static int grow(struct reader *r)
{
    size_t cap = r->cap ? r->cap * 4 : 8;
    struct quantity *bigger = arena_array(r->arena, cap, sizeof(*bigger));

    if (!bigger)
        return -ENOMEM;
    if (r->n)
        memcpy(bigger, r->found, r->n * sizeof(*bigger));
    r->found = bigger;
    r->cap = cap;
    return 0;
}

static bool opens_up(const struct quantity *q)
{
    return isinf(q->high) && !isinf(q->low);
}

static bool opens_down(const struct quantity *q)
{
    return isinf(q->low) && !isinf(q->high);
}

/* "more than 10 and less than 40" is one range. */
static bool merge(struct reader *r, const struct quantity *q)
{
    static const struct str joiners[] = {{"and", 3}, {"but", 3}, {"et", 2}, {"mais", 4},
                                         {"y", 1},   {",", 1},   {"", 0}};
    struct quantity *before = r->n ? &r->found[r->n - 1] : NULL;
    const struct quantity *low, *high;
    struct str between;

    if (!before || before->kind != q->kind || before->unit != q->unit)
        return false;
    if (!(opens_up(before) && opens_down(q)) && !(opens_down(before) && opens_up(q)))
        return false;
    low = opens_up(before) ? before : q;
    high = opens_up(before) ? q : before;
    if (low->low >= high->high)
        return false;
    if (q->start < before->end)
        return false;
    between = str_trim(str_slice(r->tokens.text, before->end, q->start));
    for (size_t i = 0; i < ARRAY_LEN(joiners); i++) {
        if (!str_eq(between, joiners[i]))
            continue;
        *before = (struct quantity){.kind = q->kind,
                                    .role = before->role,
                                    .unit = q->unit,
                                    .amount = low->amount,
                                    .low = low->low,
                                    .high = high->high,
                                    .start = before->start,
                                    .end = q->end};
        memcpy(before->currency, q->currency, sizeof(q->currency));
        return true;
    }
    return false;
}

static int keep(struct reader *r, const struct quantity *q)
{
    if (merge(r, q))
        return 0;
    if (r->n == r->cap && grow(r) < 0)
        return -ENOMEM;
    r->found[r->n++] = *q;
    return 0;
}

/* Bounds that open one side of the range. */
static void apply_bound(struct quantity *q, int bound)
{
    q->bound = bound == BOUND_ALMOST ? QUANTITY_LESS_THAN : (enum quantity_bound)bound;
    if (bound == QUANTITY_AT_LEAST || bound == QUANTITY_MORE_THAN)
        q->high = INFINITY;
    else if (bound == QUANTITY_AT_MOST || bound == QUANTITY_LESS_THAN)
        q->low = -INFINITY;
}

/* People's clocks run behind or ahead of UTC, the post's: an elapsed time that
 * counts hours is widened by what their language's countries differ. */
static void widen(enum lang lang, struct quantity *q)
{
    if (lang == LANG_EN)
        q->low -= 8 * 3600;
    else
        q->high += 2 * 3600;
    q->low = MAX(q->low, 0);
}

/* Nobody says since which hour, or part of the day, for less. */
enum { SINCE_LEAST_S = 1800 };

/* "depuis lundi": from the day's end to its beginning, until now. */
static bool elapse(struct reader *r, const struct moment *m, enum quantity_role role,
                   struct quantity *q)
{
    int64_t from, to, now = r->options->at_s;

    /* "delivery on the 10th" may lie ahead, "since the 10th" may not */
    if (!r->since && (m->form != MOMENT_WEEKDAY || role == QUANTITY_DELAY) &&
        calendar_resolve(m, now, TENSE_NEAREST, &from, &to) && from > now)
        return false;
    if (now == CLOCK_NONE || !calendar_resolve(m, now, TENSE_PAST, &from, &to) || from > now)
        return false;
    q->kind = QUANTITY_DURATION;
    q->role = role;
    q->low = (double)MAX(now - to, 0);
    q->high = (double)(now - from);
    q->unit = now / 86400 > from / 86400 ? UNIT_DAY : UNIT_HOUR;
    q->amount = q->unit == UNIT_DAY ? (double)(now / 86400 - from / 86400) : floor(q->high / 3600);
    if (m->clock != CLOCK_UNSAID)
        widen(r->tokens.lang, q);
    if (m->clock != CLOCK_UNSAID && r->since)
        q->low = MAX(q->low, SINCE_LEAST_S);
    r->open = (struct span){r->n + 1, from, to};
    return true;
}

/* "commandé le 3, reçu le 8": what began with the first date ended with the second,
 * and did not go on until now. */
static bool close_span(struct reader *r, const struct moment *m)
{
    bool kept = r->open.found > 0 && r->open.found <= r->n;
    struct quantity *q = kept ? &r->found[r->open.found - 1] : NULL;
    int64_t from, to, now = r->options->at_s;

    if (!q || !calendar_resolve(m, now, TENSE_PAST, &from, &to) || from < r->open.from ||
        from > now)
        return false;
    q->low = (double)MAX(from - r->open.to, 0);
    q->high = (double)(to - r->open.from);
    q->unit = UNIT_DAY;
    q->amount = (double)(from / 86400 - r->open.from / 86400);
    r->open.found = 0;
    return true;
}

/* The time of day read last, if not long ago. */
static const struct quantity *last_clock(const struct reader *r)
{
    for (size_t i = r->n; i > 0 && r->n - i < 3; i--)
        if (r->found[i - 1].kind == QUANTITY_TIME)
            return &r->found[i - 1];
    return NULL;
}

/* "called at 1, it's 4:30": hours between the last time of day and this one. Behind "instead of"
 * the later one comes first: "arrived at 9:40 instead of 8:05". */
static bool between_clocks(struct reader *r, const struct moment *m, struct quantity *q)
{
    const struct quantity *before = last_clock(r);
    double turn = m->vague_hour ? 12 * 3600 : 24 * 3600, seconds;

    if (!before)
        return false;
    seconds = fmod(m->clock * 60.0 - before->low + 2 * turn, turn);
    if (q->role == QUANTITY_DELAY)
        seconds = turn - seconds;
    if (seconds <= 0 || seconds > (m->vague_hour ? 9 : 12) * 3600)
        return false; /* "closes at 9, it's 8:50" */
    *q = (struct quantity){.kind = QUANTITY_DURATION,
                           .role = q->role,
                           .unit = UNIT_HOUR,
                           .amount = seconds / 3600,
                           .low = seconds,
                           .high = seconds};
    return true;
}

/* "pas avant lundi", "due on the 20th" while that is to come: how far off it is. */
static bool lies_ahead(const struct reader *r, const struct moment *m, struct quantity *q)
{
    int64_t from, to, now = r->options->at_s;

    if (now == CLOCK_NONE || !calendar_resolve(m, now, TENSE_NEAREST, &from, &to) || from <= now)
        return false;
    q->kind = QUANTITY_DURATION;
    q->role = QUANTITY_AHEAD;
    q->low = (double)(from - now);
    q->high = (double)(to - now);
    q->unit = from / 86400 > now / 86400 ? UNIT_DAY : UNIT_HOUR;
    q->amount = q->unit == UNIT_DAY ? (double)(from / 86400 - now / 86400) : floor(q->low / 3600);
    if (m->clock != CLOCK_UNSAID)
        widen(r->tokens.lang, q);
    return true;
}

/* "since 7am": half an hour at least, and no day as far as is known. How long exactly, no one knows
 * who does not know the zone. */
static bool since_clock(const struct reader *r, struct quantity *q)
{
    if (!r->since || r->options->at_s == CLOCK_NONE)
        return false;
    *q = (struct quantity){.kind = QUANTITY_DURATION,
                           .bound = QUANTITY_ABOUT,
                           .role = QUANTITY_ELAPSED,
                           .unit = UNIT_HOUR,
                           .amount = .5,
                           .low = SINCE_LEAST_S,
                           .high = 86400};
    return true;
}

static bool is_today(const struct token *t)
{
    return t->m->mask & LEX(DAY) && t->m->cal == 0;
}

/* "it's Tuesday", "today is the 5th", "now mid August", "today: 19 June" */
static bool is_called_today(const struct tokens *ts, size_t from)
{
    size_t i = from - token_is(ts, from - 1, LEX(THE) | LEX(EARLY)) - 1;
    const struct token *t = token_at(ts, i);

    if (t->m->mask & LEX(ITIS))
        return true;
    if (token_sign(ts, i, ':') || str_eq_nocase(str_slice(ts->text, t->start, t->end), STR("is")))
        return is_today(token_at(ts, i - 1)) ||
               str_eq_nocase(str_slice(ts->text, token_at(ts, i - 1)->start, t->start), STR("it "));
    return is_today(t);
}

/* Whether the moment is the day of the post; zones may put it a day off. */
static bool is_day_of_post(const struct moment *m, int64_t now)
{
    int64_t from, to;
    int64_t today = now / 86400;

    if (m->form == MOMENT_WEEKDAY)
        return (m->weekday - clock_weekday(today) + 8) % 7 <= 2;
    return calendar_resolve(m, now, TENSE_NEAREST, &from, &to) && from <= now + 86400 &&
           now - 86400 < to;
}

/* "Supposed to come Friday. It's Tuesday": the day named before has been waited since. */
static void count_from_date(struct reader *r, const struct moment *m)
{
    int64_t now = r->options->at_s;

    if (r->date.form == MOMENT_NONE || now == CLOCK_NONE || !is_called_today(&r->tokens, m->from) ||
        !is_day_of_post(m, now))
        return;
    r->since = true;
    if (elapse(r, &r->date, QUANTITY_ELAPSED, &r->found[r->date_at])) /* else it stays a date */
        r->open.found = r->date_at + 1;
    r->date.form = MOMENT_NONE;
}

static void finish_moment(struct reader *r, const struct measure *m, struct quantity *q)
{
    bool elapsed = q->role == QUANTITY_ELAPSED || q->role == QUANTITY_DELAY;
    bool announced = q->role == QUANTITY_AHEAD || (q->role == QUANTITY_DELAY && !r->since);
    int64_t from, to;

    if (m->moment.form == MOMENT_CLOCK) {
        if (elapsed && (since_clock(r, q) || between_clocks(r, &m->moment, q)))
            return;
        q->role = QUANTITY_CLOCK;
        q->amount = q->low = m->moment.clock * 60.0;
        q->high = m->moment.clock_end * 60.0;
        return;
    }
    if (q->role == QUANTITY_LENGTH) {
        announced = !close_span(r, &m->moment);
        q->role = QUANTITY_ROLE_NONE;
    }
    if ((elapsed && elapse(r, &m->moment, q->role, q)) ||
        (announced && lies_ahead(r, &m->moment, q)))
        return;
    if ((elapsed || announced) && r->options->at_s != CLOCK_NONE) {
        q->role = QUANTITY_ROLE_NONE;
        elapsed = false;
    }
    q->low = -INFINITY;
    q->high = INFINITY;
    if (!calendar_resolve(&m->moment, r->options->at_s, elapsed ? TENSE_PAST : TENSE_NEAREST, &from,
                          &to))
        return;
    q->amount = q->low = (double)from;
    q->high = (double)(to - 1);
}

static void place(const struct tokens *ts, const struct context *c, struct quantity *q)
{
    q->start = token_at(ts, c->from)->start;
    q->end = token_at(ts, c->next - 1)->end;
}

/* Customers of two days wait, and "$5 a month" is a price. */
static void settle_role(const struct reader *r, struct quantity *q)
{
    const struct quantity *before = r->n ? &r->found[r->n - 1] : NULL;
    bool next_to = before && q->start - before->end <= 1 && q->start >= before->end;

    if (q->kind != QUANTITY_DURATION)
        return;
    if (q->role == QUANTITY_SENIORITY && q->low < 60 * 86400.0)
        q->role = QUANTITY_ELAPSED;
    if (q->role == QUANTITY_ROLE_NONE && next_to && q->amount == 1 &&
        before->kind == QUANTITY_MONEY)
        q->role = QUANTITY_PERIOD;
    if (q->role == QUANTITY_ROLE_NONE && next_to && q->amount == 1 &&
        (before->kind == QUANTITY_COUNT || before->kind == QUANTITY_DURATION))
        q->role = QUANTITY_FREQUENCY;
}

/* "une seconde chance", "a second time": the ordinal. */
static bool is_second_thing(const struct tokens *ts, const struct measure *m,
                            const struct quantity *q)
{
    return q->unit == UNIT_SECOND && q->amount == 1 && m->next - m->from == 2 &&
           token_is(ts, m->next - 1, LEX(ORD)) && token_is(ts, m->from, LEX(ART)) &&
           token_at(ts, m->next)->kind == TOKEN_WORD &&
           (token_at(ts, m->next)->m->mask & ~(LEX(COUNT) | LEX(PHRASE))) == 0;
}

/* A short text that goes on behind its first words, or that exclaims. */
static bool is_said(const struct tokens *ts, const struct measure *m)
{
    return m->from == 0 ? token_is(ts, m->next, LEX(STOP))
                        : m->next == ts->n && token_is(ts, m->from, LEX(ART)) &&
                              token_is(ts, m->from - 1, LEX(STOP));
}

/* "un jour je partirai", "what a day": said, not measured. */
static bool is_idiom(const struct tokens *ts, const struct measure *m, const struct quantity *q)
{
    if (q->kind == QUANTITY_COUNT)
        return token_is(ts, m->from, LEX(ART)) && q->amount == 1;
    if (q->kind == QUANTITY_DURATION && is_second_thing(ts, m, q))
        return true;
    if (q->kind != QUANTITY_DURATION || q->unit != UNIT_DAY || q->amount != 1 ||
        q->role != QUANTITY_ROLE_NONE)
        return false;
    if (q->bound == QUANTITY_EXACT && m->next - m->from == 3 &&
        token_is(ts, m->from + 1, LEX(NICE)))
        return true; /* "have a good day" */
    if (q->bound != QUANTITY_EXACT || m->next - m->from != 2 ||
        token_at(ts, m->from)->kind != TOKEN_WORD || (ts->n < 6 && !is_said(ts, m)))
        return false;
    return ts->lang != LANG_EN || token_is(ts, m->from, LEX(NUM)) ||
           token_is(ts, m->from - 1, LEX(STOP));
}

/* "waited 20m", "15m late": minutes, though metres elsewhere. */
static bool is_minutes(const struct tokens *ts, size_t first, const struct measure *m)
{
    const struct token *unit = token_at(ts, m->next - 1);
    struct context c;

    if (m->q.kind != QUANTITY_DISTANCE || m->q.unit != UNIT_METRE || unit->kind != TOKEN_WORD ||
        unit->digits != 1)
        return false;
    c = context_read(ts, first, m->from, m->next, QUANTITY_DURATION);
    return c.role == QUANTITY_ELAPSED || c.role == QUANTITY_DELAY;
}

/* "des semaines", "3e jour" outside a wait, and with nothing else said: no length. */
static bool is_no_wait(const struct tokens *ts, const struct measure *m, const struct quantity *q)
{
    bool waits =
        q->role == QUANTITY_ELAPSED || q->role == QUANTITY_DELAY || q->role == QUANTITY_AHEAD;

    return m->wait_only && (!waits || (m->from <= 2 && m->next == ts->n));
}

/* Return: the token behind the quantity and its words. */
static size_t finish(struct reader *r, struct measure *m, struct quantity *q)
{
    const struct tokens *ts = &r->tokens;
    struct context c;

    if (is_minutes(ts, r->first, m)) {
        m->q.kind = QUANTITY_DURATION;
        m->q.unit = UNIT_MINUTE;
        m->q.low *= 60;
        m->q.high *= 60;
    }
    m->from = MAX(m->from, r->first);
    c = context_read(ts, r->first, m->from, m->next, m->q.kind);
    *q = m->q;
    if (m->moment.form != MOMENT_NONE) {
        r->since = token_is(ts, m->from - 1, LEX(SINCE)) || token_is(ts, m->from - 2, LEX(SINCE)) ||
                   token_is(ts, m->from - 3, LEX(SINCE));
        q->role = c.role < 0 ? QUANTITY_ROLE_NONE : (enum quantity_role)c.role;
        finish_moment(r, m, q);
        place(ts, &c, q);
        return c.next;
    }
    if (c.bound >= 0 && c.bound != QUANTITY_EXACT)
        apply_bound(q, c.bound);
    if (q->role == QUANTITY_ROLE_NONE && c.role >= 0)
        q->role = (enum quantity_role)c.role;
    place(ts, &c, q);
    settle_role(r, q);
    q->going = c.going && q->role == QUANTITY_ELAPSED;
    return c.next;
}

/* Keeps a date that a later one may count from, and lets this one count. */
static void note_date(struct reader *r, const struct moment *m, const struct quantity *q)
{
    if (m->form == MOMENT_NONE || m->form == MOMENT_CLOCK)
        return;
    count_from_date(r, m);
    if ((q->kind != QUANTITY_DATE && q->role != QUANTITY_AHEAD) ||
        (m->form == MOMENT_OFFSET && m->shift >= 0)) /* today, tomorrow */
        return;
    r->date = *m;
    r->date_at = r->n - 1;
}

static int read_window(struct reader *r, size_t *from)
{
    bool last = r->at >= r->tokens.text.n;
    size_t stop = last ? r->tokens.n : r->tokens.n - AHEAD;
    struct measure m;

    while (*from < stop && r->n < QUANTITY_MAX) {
        struct quantity q;

        if (!measure_read(&r->tokens, *from, &m)) {
            ++*from;
            continue;
        }
        *from = m.next;
        if (m.skip)
            continue;
        *from = finish(r, &m, &q);
        if (is_idiom(&r->tokens, &m, &q) || is_no_wait(&r->tokens, &m, &q))
            continue;
        r->first = *from;
        if (keep(r, &q) < 0)
            return -ENOMEM;
        note_date(r, &m.moment, &q);
    }
    return 0;
}

static int read_all(struct reader *r)
{
    size_t from = 0;

    do {
        refill(r, &from);
        if (read_window(r, &from) < 0)
            return -ENOMEM;
    } while (r->at < r->tokens.text.n && r->n < QUANTITY_MAX);
    return 0;
}

int quantity_scan(struct str text, const struct quantity_reader_options *options,
                  struct arena *arena, struct quantity **ret)
{
    struct reader r;

    memset(&r, 0, offsetof(struct reader, window)); /* the window is filled as far as it is read */
    r.tokens = (struct tokens){.text = text, .t = r.window};
    r.options = options;
    r.arena = arena;
    if (read_all(&r) < 0)
        return -ENOMEM;
    *ret = r.found;
    return (int)r.n;
}

static bool parse_in(struct str text, enum lang lang, struct quantity *ret)
{
    struct token t[PARSE_TOKENS];
    struct tokens ts = {.text = text, .t = t, .lang = lang};
    struct measure m;
    size_t at = 0;

    ts.n = tokens_read(text, &at, t, PARSE_TOKENS);
    tokens_settle(text, t, ts.n, lang);
    if (at < text.n || !measure_read(&ts, 0, &m) || m.skip || m.from != 0 || m.next != ts.n)
        return false;
    *ret = m.q;
    ret->start = t[0].start;
    ret->end = t[ts.n - 1].end;
    return true;
}

bool quantity_parse(struct str text, struct quantity *ret)
{
    for (enum lang lang = LANG_EN; lang < LANG_COUNT; lang++)
        if (parse_in(text, lang, ret))
            return true;
    return false;
}
