#include "lib/tune/pledge.h"

#include <math.h>

#include "lib/base/arena.h"
#include "lib/judge/judge.h"
#include "lib/rule/load.h"
#include "lib/text/guess.h"
#include "lib/tune/common.h"

/* The figure becomes the limit and the topic brings the lists. What the figure bounds is
 * told by the words around it: "within 14 days" is the longest a customer waits, "100 days
 * to change your mind" the least that he gets, and "free from 25 EUR on" no limit at all
 * but where the gift begins. A remedy ("or your money back") is cut off before the topic
 * is looked for: what is promised stands before it. */

struct ruleset *pledge_load(const struct pledge *d, struct str yaml)
{
    struct rule_text *texts = arena_array(d->arena, d->n_words + 1, sizeof(*texts));
    struct ruleset *set = NULL;
    struct diags diags;

    memcpy(texts, d->words, d->n_words * sizeof(*texts));
    texts[d->n_words] = (struct rule_text){STR("draft"), yaml, RULE_USER};
    diags_init(&diags);
    if (rule_load(texts, d->n_words + 1, &diags, &set) != LOAD_OK)
        set = NULL;
    diags_done(&diags);
    return set;
}

static bool says(const struct pledge *d, const char *beginnings)
{
    return topic_says(d->folded, beginnings);
}

/* The folded words of `text`, each between spaces; empty: none. Tells the language. */
static struct str fold_words(struct pledge *d, struct str text)
{
    struct sbuf b = SBUF_INIT(1 << 20);
    struct fold fold;
    struct words words;

    fold_init(&fold);
    words_init(&words);
    fold_text(&fold, text);
    words_cut(&words, &fold);
    d->lang = guess_lang(text, &words);
    for (size_t i = 0; i < words.n; i++) {
        sbuf_putc(&b, ' ');
        sbuf_add(&b, word_str(&words.items[i]));
    }
    if (words.n)
        sbuf_putc(&b, ' ');
    struct str folded = arena_str(d->arena, sbuf_str(&b));

    sbuf_done(&b);
    fold_done(&fold);
    words_done(&words);
    return folded;
}

/* What stands before a remedy; all of it where there is none. */
static struct str before_remedy(struct str folded)
{
    static const char *const remedies[] = {
        " sinon ",          " ou rembours", " ou la difference", " ou c est ",
        " ou votre argent", " ou nous ",    " or your money",    " or it s free",
        " or it is free",   " or we ",      " or a refund",      " or get a refund",
        " or refund",       " or you "};
    size_t end = folded.n;

    for (size_t i = 0; i < ARRAY_LEN(remedies); i++)
        end = MIN(end, str_find(folded, str_of(remedies[i]), 0)); /* SIZE_MAX: not there */
    return end == folded.n ? folded : str_slice(folded, 0, end + 1);
}

static size_t word_count(struct str folded)
{
    size_t n = 0;

    for (struct str rest = folded, word; str_split(&rest, ' ', &word);)
        n += word.n > 0;
    return n;
}

static const struct topic *topic_in(struct pledge *d, struct judge *judge, struct str folded)
{
    struct mention m = MENTION_INIT;
    struct judgement j;

    m.text = folded;
    if (judge_mention(judge, &m, JUDGE_ABOUT_US, d->now_ms, JUDGE_OUTCOMES, d->arena, &j) != 0)
        return NULL;
    return topic_find(folded, &j);
}

static void choose_words(struct pledge *d, struct str folded);

/* "2 years' guarantee", and no "delivery guaranteed in 2 days". */
static bool is_warranty(const struct pledge *d)
{
    return d->figure == FIGURE_DURATION && d->at_least &&
           (d->q.unit == UNIT_YEAR || d->q.unit == UNIT_MONTH) &&
           says(d, "garanti,warrant,guarantee");
}

static enum draft_error find_topic(struct pledge *d)
{
    struct ruleset *set = pledge_load(d, topic_rules(d->arena));

    if (!set)
        return DRAFT_E_WORDS;
    CLEANUP(judge_freep) struct judge *judge = judge_new(set);

    ruleset_unref(set); /* the judge holds it */
    struct str head = before_remedy(d->folded);

    d->topic = is_warranty(d) ? topic_warranty() : topic_in(d, judge, head);
    if (!d->topic && word_count(head) < 3) /* "satisfied or your money back" */
        d->topic = topic_in(d, judge, d->folded);
    if (!d->topic)
        choose_words(d, head);
    return DRAFT_OK;
}

/* Whether the figure holds `word`: "minutes" tells no topic. */
static bool in_figure(const struct pledge *d, struct str word)
{
    struct str figure = str_slice(d->sentence, d->q.start, d->q.end);

    return d->figure != FIGURE_NONE && str_find(figure, word, 0) != SIZE_MAX;
}

static bool tells_nothing(struct str word)
{
    static const char *const words[] = {
        "notre",   "toutes",   "tous",   "chaque", "avant",  "partout", "jusqu",
        "gratuit", "gratuite", "sous",   "moins",  "our",    "every",   "until",
        "under",   "within",   "before", "free",   "always", "never",   "garanti"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(word, str_of(words[i])))
            return true;
    return common_word(word);
}

/* Its two longest words: a topic, for want of a list. */
static void choose_words(struct pledge *d, struct str folded)
{
    struct str best[2] = {STR_NONE, STR_NONE};

    for (struct str rest = folded, word; str_split(&rest, ' ', &word);) {
        if (word.n == 0 || tells_nothing(word) || word.p[0] < 'a' || word.p[0] > 'z' ||
            str_eq(word, best[0]) || in_figure(d, word))
            continue;
        if (word.n > best[0].n) {
            best[1] = best[0];
            best[0] = word;
        } else if (word.n > best[1].n) {
            best[1] = word;
        }
    }
    struct str noun = best[0].n ? best[0] : STR("promesse");
    struct str both =
        best[1].n > 4 ? arena_printf(d->arena, "%.*s|%.*s", STR_ARG(noun), STR_ARG(best[1])) : noun;

    d->own = (struct topic){
        .id = "promise",
        .list = "",
        .words = arena_str(d->arena, both).p, /* NUL behind it */
        .against = "<complaint>",
        .unless = "<resolved>",
        .fr = arena_printf(d->arena, "votre %.*s", STR_ARG(noun)).p,
        .en = arena_printf(d->arena, "your %.*s", STR_ARG(noun)).p,
        .denied_fr = arena_printf(d->arena, "Quelle honte, votre %.*s", STR_ARG(noun)).p,
        .denied_en = arena_printf(d->arena, "What a disgrace, your %.*s", STR_ARG(noun)).p,
    };
    d->topic = &d->own;
}

/* What stands before the figure, folded as says() wants it. */
static bool said_before(struct pledge *d, size_t at, const char *const *words, size_t n)
{
    struct pledge head = *d;
    struct str before = fold_words(&head, str_slice(d->sentence, 0, at));

    for (size_t i = 0; i < n; i++)
        if (str_ends(before, str_of(words[i])))
            return true;
    return false;
}

/* "from 15 h on" is an hour of the day. */
static bool is_clock(struct pledge *d, const struct quantity *q)
{
    static const char *const words[] = {" des ",  " avant ",  " partir de ", " jusqu a ",
                                        " from ", " before ", " until ",     " de "};

    return q->kind == QUANTITY_DURATION && q->unit == UNIT_HOUR && q->amount <= 24 &&
           q->bound != QUANTITY_AT_MOST && q->bound != QUANTITY_LESS_THAN && !says(d, "moins de") &&
           said_before(d, q->start, words, ARRAY_LEN(words));
}

/* A guarantee, or time to change one's mind, is what the customer gets at least; "within"
 * makes it the longest that he waits. */
static bool grants(struct pledge *d)
{
    static const char *const during[] = {" pendant ", " durant ", " for "};
    static const char *const within[] = {" en ", " sous ",   " dans les ", " moins de ",
                                         " in ", " within ", " d ici "};

    if (d->q.bound == QUANTITY_AT_MOST || d->q.bound == QUANTITY_LESS_THAN ||
        said_before(d, d->q.start, within, ARRAY_LEN(within)))
        return false;
    return said_before(d, d->q.start, during, ARRAY_LEN(during)) ||
           says(d, "garanti,warrant,guarantee,changer d,change your mind,satisfait ou,"
                   "money back,au moins,at least,minimum,essai,trial,pour retourner,pour renvoyer,"
                   "to return,to send");
}

/* Whether d->q is what is promised. */
static bool fits(struct pledge *d)
{
    const struct quantity *q = &d->q;

    if (!isfinite(q->amount) || (q->kind == QUANTITY_PERCENTAGE && says(d, "satisf")))
        return false;
    if (q->kind != QUANTITY_DURATION)
        return q->kind == QUANTITY_MONEY || q->kind == QUANTITY_PERCENTAGE;
    /* "2 years' warranty" is a period as "9.99 a month" is */
    return q->role != QUANTITY_CLOCK && q->role != QUANTITY_AGE &&
           (q->role != QUANTITY_PERIOD || grants(d));
}

static bool is_free(const struct pledge *d)
{
    return says(d, "gratuit,free,offert,sans frais,no fee,aucun frais,no hidden fee");
}

/* "over 25 EUR", "from 25 EUR on": where the gift begins. */
static bool is_threshold(struct pledge *d)
{
    static const char *const words[] = {" des ", " partir de ", " from ", " over ", " above "};

    return d->q.bound == QUANTITY_AT_LEAST || d->q.bound == QUANTITY_MORE_THAN ||
           said_before(d, d->q.start, words, ARRAY_LEN(words));
}

static bool is_least(struct pledge *d)
{
    bool open = d->q.bound == QUANTITY_AT_LEAST || d->q.bound == QUANTITY_MORE_THAN;

    if (open && says(d, "jamais plus,pas plus,never more,no more,not more"))
        return false;
    if (d->figure == FIGURE_DURATION) /* "refunded from 30 minutes of delay on" */
        return (open && d->q.role != QUANTITY_DELAY) || grants(d);
    return open || (d->figure == FIGURE_PERCENT && d->q.bound != QUANTITY_AT_MOST &&
                    d->q.bound != QUANTITY_LESS_THAN);
}

/* Whether what is free is free on the figure's condition: "from 25 EUR on", "for 30 days". */
static bool is_condition(struct pledge *d)
{
    static const char *const words[] = {" pendant ", " durant ",  " for ",
                                        " sous ",    " jusqu a ", " up to "};

    if (d->figure == FIGURE_MONEY)
        return is_threshold(d);
    return d->figure == FIGURE_DURATION &&
           says(d, "retour,return,echange,exchange,annul,cancel,essai,trial") &&
           (d->q.bound == QUANTITY_AT_MOST || said_before(d, d->q.start, words, ARRAY_LEN(words)));
}

/* "from 30 minutes on" and "within 7 days" have one end, which is the limit. */
static void close_range(struct pledge *d)
{
    if (d->at_least && !(d->q.low > 0))
        d->q.low = d->q.high;
    if (!d->at_least && !isfinite(d->q.high))
        d->q.high = d->q.low;
}

static void find_figure(struct pledge *d)
{
    struct quantity_reader_options options = {.at_s = CLOCK_NONE, .lang = LANG_UNKNOWN};
    struct quantity *q;
    int n = quantity_scan(d->sentence, &options, d->arena, &q);

    for (int i = 0; i < n && d->figure == FIGURE_NONE; i++) {
        d->q = q[i];
        if (!fits(d) || is_clock(d, &q[i]))
            continue;
        d->figure = q[i].kind == QUANTITY_DURATION ? FIGURE_DURATION
                    : q[i].kind == QUANTITY_MONEY  ? FIGURE_MONEY
                                                   : FIGURE_PERCENT;
    }
    if (d->figure == FIGURE_NONE &&
        says(d, "next day,same day,lendemain,jour meme,demain,tomorrow")) {
        d->figure = FIGURE_DURATION;
        d->q = (struct quantity){
            .kind = QUANTITY_DURATION, .unit = UNIT_DAY, .amount = 1, .low = 86400, .high = 86400};
    }
    d->at_least = d->figure != FIGURE_NONE && is_least(d);
    close_range(d);
    if (is_free(d) && (d->figure == FIGURE_NONE || is_condition(d))) {
        d->figure = FIGURE_MONEY;
        d->at_least = false;
        d->q = (struct quantity){
            .kind = QUANTITY_MONEY, .currency = "EUR", .start = d->q.start, .end = d->q.end};
    }
}

enum draft_error pledge_read(struct pledge *d)
{
    d->folded = fold_words(d, d->sentence);
    if (d->folded.n == 0)
        return DRAFT_E_EMPTY;
    find_figure(d);
    return find_topic(d);
}
