#include "lib/tune/wording.h"

#include <math.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/rule/load.h"
#include "lib/tune/pledge.h"
#include "lib/tune/selftest.h"

/* The rule is written from the figure and the topic (pledge), then its examples are judged
 * by it: what the vocabulary does not read yet is told by a `todo` and no guess. */

/* What a company does that grants something and does not give it. */
#define REFUSED "refus*|denied|declined|rejected|expired|périmée"

/* A unit as a limit writes it ("1 week", "2 weeks") and as an id does ("48h", "3wd"). */
struct unit_words {
    const char *one, *many, *mark;
};

static const struct unit_words *words_of(enum quantity_unit unit)
{
    static const struct unit_words words[] = {
        [UNIT_SECOND] = {"s", "s", "s"},
        [UNIT_MINUTE] = {"min", "min", "min"},
        [UNIT_HOUR] = {"h", "h", "h"},
        [UNIT_DAY] = {"day", "days", "d"},
        [UNIT_WORKING_DAY] = {"working day", "working days", "wd"},
        [UNIT_WEEK] = {"week", "weeks", "w"},
        [UNIT_MONTH] = {"month", "months", "m"},
        [UNIT_YEAR] = {"year", "years", "y"},
    };

    return (size_t)unit < ARRAY_LEN(words) && words[unit].one ? &words[unit] : &words[UNIT_DAY];
}

static const char *unit_text(enum quantity_unit unit, double amount)
{
    return amount == 1 ? words_of(unit)->one : words_of(unit)->many;
}

/* "24 to 48 h" promises 48 h; the amount is the low end, so the bound is counted back. */
static double bound_amount(const struct pledge *d)
{
    double end = d->at_least ? d->q.low : d->q.high;

    if (!isfinite(end) || d->q.low <= 0 || d->q.amount <= 0)
        return d->q.amount;
    return d->q.amount * end / d->q.low;
}

static struct str limit_text(const struct pledge *d)
{
    const char *op = d->at_least ? "at least" : "at most";
    double amount = bound_amount(d);

    switch (d->figure) {
    case FIGURE_DURATION:
        return arena_printf(d->arena, "%s %.6g %s", op, amount, unit_text(d->q.unit, amount));
    case FIGURE_MONEY:
        return arena_printf(d->arena, "%s %.10g %s", op, amount,
                            d->q.currency[0] ? d->q.currency : "EUR");
    case FIGURE_PERCENT:
        return arena_printf(d->arena, "%s %.6g %%", op, amount);
    case FIGURE_NONE:
    default:
        return STR_NONE;
    }
}

/* [a-z0-9-] of `text`, at most 40 bytes. */
static struct str id_text(struct arena *arena, struct str text)
{
    char id[41];
    size_t n = 0;

    for (size_t i = 0; i < text.n && n < sizeof(id) - 1; i++) {
        char c = text.p[i];

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            id[n++] = c;
        else if (n && id[n - 1] != '-')
            id[n++] = '-';
    }
    while (n && id[n - 1] == '-')
        n--;
    return arena_str(arena, str_make(id, n));
}

static struct str choose_id(const struct pledge *d)
{
    const char *topic = d->topic->id;
    double amount = bound_amount(d);

    if (d->figure == FIGURE_MONEY && amount == 0)
        return arena_printf(d->arena, "free-%s", topic);
    if (d->figure == FIGURE_DURATION)
        return id_text(d->arena, arena_printf(d->arena, "%s-%.6g%s", topic, amount,
                                              words_of(d->q.unit)->mark));
    if (d->figure == FIGURE_MONEY)
        return id_text(d->arena, arena_printf(d->arena, "%s-%.10g", topic, amount));
    if (d->figure == FIGURE_PERCENT)
        return id_text(d->arena, arena_printf(d->arena, "%s-%.6g-percent", topic, amount));
    return str_of(topic);
}

/* A double-quoted scalar on one line. */
static void add_quoted(struct sbuf *b, struct str text)
{
    sbuf_putc(b, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c == '"' || c == '\\')
            sbuf_putc(b, '\\');
        sbuf_putc(b, c < 0x20 ? ' ' : (char)c);
    }
    sbuf_putc(b, '"');
}

static struct str about_text(const struct pledge *d)
{
    return d->topic->list[0] ? arena_printf(d->arena, "<%s>", d->topic->list)
                             : str_of(d->topic->words);
}

/* A figure near the topic. */
static void add_near(const struct pledge *d, struct sbuf *b, const char *figure)
{
    struct str about = about_text(d);

    if (d->topic->list[0])
        sbuf_printf(b, "      - %.*s ...6 %s\n      - %s ...6 %.*s\n", STR_ARG(about), figure,
                    figure, STR_ARG(about));
    else /* `about` wants the topic anyway */
        sbuf_printf(b, "      - %s\n", figure);
}

static void add_against(const struct pledge *d, struct sbuf *b)
{
    sbuf_printf(b, "    against:\n");
    if (d->figure == FIGURE_DURATION && d->at_least)
        sbuf_printf(b,
                    "      - " REFUSED " ...8 <duration>\n      - <duration> ...8 " REFUSED "\n");
    else if (d->figure == FIGURE_DURATION)
        sbuf_printf(b, "      - <elapsed>                 # been waiting 6 days · 6 jours que "
                       "j'attends\n");
    if (d->figure == FIGURE_DURATION && !d->at_least)
        add_near(d, b, "<took>");
    if (d->figure == FIGURE_MONEY)
        add_near(d, b, "<money>");
    if (d->figure == FIGURE_PERCENT)
        add_near(d, b, "<percent>");
    for (struct str rest = str_of(d->topic->against), piece; str_split(&rest, ',', &piece);)
        if (d->against == AGAINST_LISTS && !(d->figure == FIGURE_DURATION && d->at_least))
            sbuf_printf(b, "      - %.*s\n", STR_ARG(str_trim(piece)));
}

enum stub_want { STUB_ALERT, STUB_IGNORE };

struct stub {
    struct str text;
    enum stub_want want;
    bool todo;
};

enum { STUBS_MAX = 12 };

struct stubs {
    struct stub items[STUBS_MAX];
    size_t n;
};

/* An example in `lang`. With words of the sentence for a topic, its language only. */
static void add_stub(const struct pledge *d, struct stubs *s, enum lang lang, enum stub_want want,
                     struct str text)
{
    bool foreign = d->topic == &d->own && d->lang != LANG_UNKNOWN && d->lang != lang;

    if (s->n < STUBS_MAX && !foreign)
        s->items[s->n++] = (struct stub){text, want, false};
}

/* A time in words. */
static const char *span(const struct pledge *d, enum lang lang, double seconds)
{
    char text[64];

    quantity_write_duration(seconds, lang, text, sizeof(text));
    return arena_printf(d->arena, "%s", text).p; /* NUL behind it */
}

/* Longer than a minute: people round. */
static void wait_stubs(const struct pledge *d, struct stubs *s)
{
    double limit = d->q.high, beyond = fmax(limit * 3, 120);
    const char *fr = span(d, LANG_FR, beyond), *fr_ok = span(d, LANG_FR, limit / 2);
    const char *en = span(d, LANG_EN, beyond), *en_ok = span(d, LANG_EN, limit / 2);

    add_stub(d, s, LANG_FR, STUB_ALERT,
             arena_printf(d->arena, "%s que j'attends %s", fr, d->topic->fr));
    add_stub(d, s, LANG_EN, STUB_ALERT,
             arena_printf(d->arena, "I have been waiting for %s for %s", en, d->topic->en));
    add_stub(d, s, LANG_FR, STUB_IGNORE,
             arena_printf(d->arena, "J'attends %s depuis %s", d->topic->fr, fr_ok));
    add_stub(d, s, LANG_EN, STUB_IGNORE,
             arena_printf(d->arena, "I have been waiting %s for %s", en_ok, d->topic->en));
    if (d->topic->list[0] == '\0') { /* so that <took> is seen at work */
        add_stub(d, s, LANG_FR, STUB_ALERT,
                 arena_printf(d->arena, "Il a fallu %s pour %s", fr, d->topic->fr));
        add_stub(d, s, LANG_EN, STUB_ALERT,
                 arena_printf(d->arena, "It took %s to get %s", en, d->topic->en));
    }
}

static void grant_stubs(const struct pledge *d, struct stubs *s)
{
    double limit = d->q.low;
    const char *fr = span(d, LANG_FR, limit / 2), *fr_ok = span(d, LANG_FR, limit * 2);
    const char *en = span(d, LANG_EN, limit / 2), *en_ok = span(d, LANG_EN, limit * 2);

    add_stub(d, s, LANG_FR, STUB_ALERT,
             arena_printf(d->arena, "Vous refusez %s au bout de %s", d->topic->fr, fr));
    add_stub(d, s, LANG_EN, STUB_ALERT,
             arena_printf(d->arena, "After %s you refused %s", en, d->topic->en));
    add_stub(d, s, LANG_FR, STUB_IGNORE,
             arena_printf(d->arena, "Vous refusez %s au bout de %s", d->topic->fr, fr_ok));
    add_stub(d, s, LANG_EN, STUB_IGNORE,
             arena_printf(d->arena, "After %s you refused %s", en_ok, d->topic->en));
}

static void money_stubs(const struct pledge *d, struct stubs *s)
{
    double limit = bound_amount(d);
    double beyond = d->at_least ? limit / 2 : limit > 0 ? limit * 1.5 : 7.5;
    const char *unit = d->q.currency[0] ? d->q.currency : "EUR";

    add_stub(d, s, LANG_FR, STUB_ALERT,
             arena_printf(d->arena, "On m'a pris %.2f %s pour %s", beyond, unit, d->topic->fr));
    add_stub(d, s, LANG_EN, STUB_ALERT,
             arena_printf(d->arena, "And %s cost me %.2f %s", d->topic->en, beyond, unit));
    add_stub(d, s, LANG_FR, STUB_IGNORE, arena_printf(d->arena, "Combien pour %s ?", d->topic->fr));
    add_stub(d, s, LANG_EN, STUB_IGNORE,
             arena_printf(d->arena, "And %s cost me %.2f %s", d->topic->en, limit, unit));
}

static void percent_stubs(const struct pledge *d, struct stubs *s)
{
    double limit = bound_amount(d), beyond = d->at_least ? limit * 0.9 : limit * 1.5;

    add_stub(d, s, LANG_FR, STUB_ALERT,
             arena_printf(d->arena, "Seulement %.3g %% ce mois-ci pour %s", beyond, d->topic->fr));
    add_stub(d, s, LANG_EN, STUB_ALERT,
             arena_printf(d->arena, "This month %s was at %.3g %%", d->topic->en, beyond));
    add_stub(d, s, LANG_FR, STUB_IGNORE,
             arena_printf(d->arena, "%.6g %% ce mois-ci pour %s", limit, d->topic->fr));
    add_stub(d, s, LANG_EN, STUB_IGNORE,
             arena_printf(d->arena, "This month %s was at %.6g %%", d->topic->en, limit));
}

static void make_stubs(const struct pledge *d, struct stubs *s)
{
    bool granted = d->figure == FIGURE_DURATION && d->at_least;

    if (granted)
        grant_stubs(d, s);
    else if (d->figure == FIGURE_DURATION)
        wait_stubs(d, s);
    else if (d->figure == FIGURE_MONEY)
        money_stubs(d, s);
    else if (d->figure == FIGURE_PERCENT)
        percent_stubs(d, s);
    if (!granted && d->against == AGAINST_LISTS) {
        add_stub(d, s, LANG_FR, STUB_ALERT, str_of(d->topic->denied_fr));
        add_stub(d, s, LANG_EN, STUB_ALERT, str_of(d->topic->denied_en));
    }
    add_stub(d, s, LANG_FR, STUB_IGNORE,
             arena_printf(d->arena, "Merci pour %s, parfait", d->topic->fr));
    add_stub(d, s, LANG_EN, STUB_IGNORE,
             arena_printf(d->arena, "All good with %s, thank you", d->topic->en));
}

static void add_stubs(struct sbuf *b, const struct stubs *s, enum stub_want want)
{
    sbuf_printf(b, "      %s:\n", want == STUB_ALERT ? "alert" : "ignore");
    for (size_t i = 0; i < s->n; i++) {
        if (s->items[i].want != want)
            continue;
        sbuf_printf(b, s->items[i].todo ? "        - {text: " : "        - ");
        add_quoted(b, s->items[i].text);
        sbuf_printf(b, s->items[i].todo ? ", todo: yes}\n" : "\n");
    }
}

enum owner_known { OWNER_NEW, OWNER_KNOWN }; /* known: other files define it */

static struct str write_yaml(const struct pledge *d, const struct draft *ret,
                             enum owner_known known, const struct stubs *stubs)
{
    struct sbuf b = SBUF_INIT(1 << 16);
    struct str about = about_text(d), owner = ret->owner;

    sbuf_printf(&b, "couac: 1\n");
    if (known == OWNER_NEW)
        sbuf_printf(&b, "owners:\n  %.*s: {contact: %.*s@example.com}\n", STR_ARG(owner),
                    STR_ARG(owner));
    sbuf_printf(&b, "promises:\n  %.*s:\n    says: ", STR_ARG(ret->id));
    add_quoted(&b, d->sentence);
    sbuf_printf(&b, "\n    owner: %.*s\n", STR_ARG(owner));
    if (ret->limit.n)
        sbuf_printf(&b, "    limit: %.*s\n", STR_ARG(ret->limit));
    sbuf_printf(&b, "    about: [%.*s]\n", STR_ARG(about));
    add_against(d, &b);
    sbuf_printf(&b, "    unless: [<bystander>, %s]\n    kept: [<kept>]\n    examples:\n",
                d->topic->unless);
    add_stubs(&b, stubs, STUB_ALERT);
    add_stubs(&b, stubs, STUB_IGNORE);
    struct str yaml = arena_str(d->arena, sbuf_str(&b));

    sbuf_done(&b);
    return yaml;
}

/* Writes the rule with its examples, judges them, and marks those that do not pass.
 * DRAFT_E_WORDS when it does not load. */
static enum draft_error try_stubs(const struct pledge *d, enum owner_known known,
                                  struct stubs *stubs, struct draft *ret)
{
    *stubs = (struct stubs){0};
    make_stubs(d, stubs);
    struct ruleset *set = pledge_load(d, write_yaml(d, ret, OWNER_NEW, stubs));
    struct selftest t;

    if (!set)
        return DRAFT_E_WORDS;
    int rc = selftest_run(set, d->now_ms, d->arena, &t);

    for (size_t i = 0; rc == 0 && i < t.n; i++)
        for (size_t k = 0; k < stubs->n; k++)
            if (str_eq(t.cases[i].example->mention.text, stubs->items[k].text) &&
                t.cases[i].result != SELFTEST_PASSED)
                stubs->items[k].todo = true;
    ruleset_unref(set);
    for (size_t k = 0; k < stubs->n; k++)
        ret->n_todo += stubs->items[k].todo;
    ret->n_passed = stubs->n - ret->n_todo;
    ret->yaml = write_yaml(d, ret, known, stubs);
    return DRAFT_OK;
}

enum draft_error draft_promise(const struct rule_text *words, size_t n_words, struct str sentence,
                               struct str id, struct str owner, int64_t now_ms, struct arena *arena,
                               struct draft *ret)
{
    struct pledge d = {.arena = arena,
                       .words = words,
                       .n_words = n_words,
                       .sentence = str_trim(sentence),
                       .now_ms = now_ms};
    enum owner_known known = owner.n ? OWNER_KNOWN : OWNER_NEW;
    struct draft draft = {0};
    struct stubs stubs;

    enum draft_error rc = pledge_read(&d);

    if (rc != DRAFT_OK)
        return rc;
    if (d.topic != &d.own)
        draft.topic = str_of(d.topic->list[0] ? d.topic->list : d.topic->id);
    draft.limit = limit_text(&d);
    draft.id = id.n ? id : choose_id(&d);
    draft.owner = owner.n ? owner : STR("care");
    rc = try_stubs(&d, known, &stubs, &draft);
    if (rc != DRAFT_OK) { /* a list with durations cannot break a limit in money */
        d.against = AGAINST_FIGURE;
        rc = try_stubs(&d, known, &stubs, &draft);
    }
    if (rc == DRAFT_OK)
        *ret = draft;
    return rc;
}
