#include "lib/desk/ledger.h"

#include <math.h>

#include "lib/base/arena.h"
#include "lib/data/json.h"

/* Who writes is not who buys: a satisfied customer is silent. So the rate is about
 * posts, is called that, and comes with its interval; the state asks for certainty
 * before it says "broken", which four contradictions without a word for the company
 * give and three do not. */

static const struct {
    struct str line, member;
} names[LEDGER_VERDICTS] = {
    [LEDGER_KEPT] = {{"kept", 4}, {"kept", 4}},
    [LEDGER_BROKEN] = {{"measured", 8}, {"broken", 6}},
    [LEDGER_SUSPECTED] = {{"denied", 6}, {"suspected", 9}},
    [LEDGER_ANSWERED] = {{"answered", 8}, {"answered", 8}},
    [LEDGER_ACKNOWLEDGED] = {{"acknowledged", 12}, {"acknowledged", 12}},
    [LEDGER_UNANSWERED] = {{"unanswered", 10}, {"unanswered", 10}},
};

bool ledger_verdict_of(struct str line, enum ledger_verdict *ret)
{
    for (int i = 0; i < LEDGER_VERDICTS; i++)
        if (str_eq(names[i].line, line)) {
            *ret = (enum ledger_verdict)i;
            return true;
        }
    return false;
}

static void swap(double *a, double *b)
{
    double kept = *a;

    *a = *b;
    *b = kept;
}

/* Hoare's FIND (CACM 4, 1961): afterwards values[k] is where sorting would put it, with none
 * greater before it. A sort of a million would hold up whoever else waits. */
static double find(double *values, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;

    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;

        for (;; i++, j--) {
            while (values[i] < pivot)
                i++;
            while (pivot < values[j])
                j--;
            if (i >= j)
                break;
            swap(&values[i], &values[j]);
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[k];
}

static double median(double *values, size_t n)
{
    double middle, before;

    if (n == 0)
        return NAN;
    middle = find(values, n, n / 2);
    if (n % 2)
        return middle;
    before = values[0];
    for (size_t i = 1; i < n / 2; i++)
        before = fmax(before, values[i]);
    return (before + middle) / 2;
}

void ledger_count_init(struct ledger_count *c)
{
    *c = (struct ledger_count){.arena = arena_new(0)};
}

void ledger_count_done(struct ledger_count *c)
{
    map_done(&c->authors);
    vec_done(&c->excess);
    vec_done(&c->answers);
    arena_free(c->arena);
    *c = (struct ledger_count){.arena = NULL};
}

static void add_author(struct ledger_count *c, struct str author)
{
    if (author.n == 0)
        c->unnamed++;
    else if (!map_get(&c->authors, author))
        (void)map_put(&c->authors, arena_str(c->arena, author), c); /* new */
}

void ledger_count_add(struct ledger_count *c, const struct ledger_line *line)
{
    c->counts[line->verdict]++;
    if (line->verdict == LEDGER_BROKEN || line->verdict == LEDGER_SUSPECTED)
        add_author(c, line->author);
    if (line->verdict == LEDGER_BROKEN && line->ratio > 0)
        vec_push(&c->excess, line->ratio);
    if (line->verdict == LEDGER_ANSWERED && line->ratio > 0)
        vec_push(&c->answers, line->ratio);
}

struct ledger_day ledger_count_sum(struct ledger_count *c, int64_t day)
{
    struct ledger_day d = {.day = day,
                           .authors = (uint32_t)c->authors.n + c->unnamed,
                           .median_excess = median(c->excess.items, c->excess.n),
                           .median_answer_s = median(c->answers.items, c->answers.n)};

    memcpy(d.counts, c->counts, sizeof(d.counts));
    return d;
}

static void write_known(struct json_writer *w, struct str key, double value)
{
    if (isnan(value))
        return;
    json_key(w, key);
    json_double(w, round(value * 100) / 100);
}

void ledger_write(const struct ledger_day *d, struct json_writer *w)
{
    json_open_object(w);
    for (int i = 0; i < LEDGER_VERDICTS; i++)
        json_member_i64(w, names[i].member, d->counts[i]);
    json_member_i64(w, STR("authors"), d->authors);
    write_known(w, STR("median_excess"), d->median_excess);
    write_known(w, STR("median_answer_s"), d->median_answer_s);
    json_close_object(w);
}

static uint32_t read_count(const struct json *object, struct str key)
{
    const struct json *member = json_get(object, key);
    int64_t n;

    return member && json_to_i64(member, &n) && n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static double read_known(const struct json *object, struct str key)
{
    const struct json *member = json_get(object, key);
    double value;

    return member && json_to_double(member, &value) ? value : NAN;
}

struct ledger_day ledger_read(int64_t day, const struct json *object)
{
    struct ledger_day d = {.day = day,
                           .authors = read_count(object, STR("authors")),
                           .median_excess = read_known(object, STR("median_excess")),
                           .median_answer_s = read_known(object, STR("median_answer_s"))};

    for (int i = 0; i < LEDGER_VERDICTS; i++)
        d.counts[i] = read_count(object, names[i].member);
    return d;
}

struct ledger_rate ledger_wilson(uint32_t kept, uint32_t total)
{
    const double z = 1.959963984540054, n = total; /* 95 % */
    double p = n > 0 ? kept / n : NAN;

    if (total == 0)
        return (struct ledger_rate){.rate = NAN, .low = 0, .high = 1};
    double middle = p + z * z / (2 * n);
    double reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    double scale = 1 + z * z / n;

    return (struct ledger_rate){.kept = kept,
                                .total = total,
                                .rate = p,
                                .low = fmax(0, (middle - reach) / scale),
                                .high = fmin(1, (middle + reach) / scale)};
}

struct ledger_rate ledger_rate(const struct ledger_day *days, size_t n, int64_t from, int count)
{
    uint64_t kept = 0, total = 0;

    for (size_t i = 0; i < n; i++) {
        const uint32_t *c = days[i].counts;

        if (days[i].day > from || days[i].day <= from - count)
            continue;
        kept += c[LEDGER_KEPT];
        total += (uint64_t)c[LEDGER_KEPT] + c[LEDGER_BROKEN] + c[LEDGER_SUSPECTED];
    }
    return ledger_wilson((uint32_t)MIN(kept, (uint64_t)UINT32_MAX),
                         (uint32_t)MIN(total, (uint64_t)UINT32_MAX));
}

enum ledger_state ledger_state(const struct ledger_rate *rate)
{
    if (rate->total == 0)
        return LEDGER_IS_UNHEARD;
    if (rate->high < 0.5)
        return LEDGER_IS_BROKEN;
    return rate->kept < rate->total && rate->low < 0.9 ? LEDGER_IS_STRAINED : LEDGER_IS_KEPT;
}

const char *ledger_state_name(enum ledger_state state)
{
    static const char *const state_names[] = {[LEDGER_IS_UNHEARD] = "unheard",
                                              [LEDGER_IS_KEPT] = "kept",
                                              [LEDGER_IS_STRAINED] = "strained",
                                              [LEDGER_IS_BROKEN] = "broken"};

    return state_names[state];
}
