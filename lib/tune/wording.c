#include "lib/tune/wording.h"

#include <math.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/judge/judge.h"
#include "lib/quantity/quantity.h"
#include "lib/rule/load.h"
#include "lib/text/words.h"
#include "lib/tune/selftest.h"

/* The topic is found by production's own matching: a rule file is written with one
 * promise for each list that names a topic, and the sentence is judged by it. The
 * most specific topic that hits wins, so the table goes from special to general:
 * "refund of your order" is about refunds. */

struct topic {
    const char *list;    /* in the shared words */
    const char *name;    /* begins the id */
    const char *against; /* lists that contradict without a figure, or bring their own */
    const char *unless;
    const char *fr, *en;               /* "mon colis", "my parcel", for examples */
    const char *denied_fr, *denied_en; /* a contradiction without a figure */
};

static const struct topic topics[] = {
    {"refund", "refund", "<not-there>", "<resolved>", "mon remboursement", "my refund",
     "Toujours pas reçu mon remboursement", "Still no refund"},
    {"callback", "callback", "<not-called>", "<resolved>", "votre rappel", "your call back",
     "Personne ne m'a jamais rappelé", "Nobody ever called me back"},
    {"phone", "phone", "<phone-wait>, <unreachable>", "<phone-talk>", "l'agent au téléphone",
     "an agent on the phone", "Impossible de vous joindre au téléphone",
     "Impossible to reach you by phone"},
    {"lost-bag", "bag", "<lost-bag>", "<resolved>", "mon bagage", "my bag", "Mon bagage est perdu",
     "You lost my bag"},
    {"bag", "bag", "<lost-bag>", "<resolved>", "mon bagage", "my bag", "Mon bagage est perdu",
     "You lost my bag"},
    {"technician", "technician", "<no-show>, <rescheduled>", "<resolved>", "le technicien",
     "the technician", "Le technicien n'est jamais venu", "The technician never showed up"},
    {"appointment", "appointment", "<no-show>, <rescheduled>", "<resolved>", "mon rendez-vous",
     "my appointment", "Le technicien n'est jamais venu au rendez-vous",
     "Nobody showed up for my appointment"},
    {"flight", "flight", "<delay>, <trip-cancelled>", "<resolved>", "mon vol", "my flight",
     "Mon vol est annulé", "My flight was cancelled"},
    {"train", "train", "<delay>, <trip-cancelled>", "<resolved>", "mon train", "my train",
     "Mon train est annulé", "My train was cancelled"},
    {"internet", "internet", "<outage>", "<not-outage>, <resolved>", "internet", "internet",
     "Internet est en panne", "Internet is down again"},
    {"energy", "energy", "<outage>", "<not-outage>, <resolved>", "le courant", "power",
     "Panne de courant ce soir", "Power outage again"},
    {"app", "app", "<outage>", "<not-outage>, <resolved>", "l'appli", "the app",
     "L'appli ne marche plus", "The app is not working"},
    {"transfer", "transfer", "<not-there>", "<resolved>", "mon virement", "my transfer",
     "Toujours pas reçu mon virement", "My transfer never arrived"},
    {"account-opening", "account", "<no-answer>", "<resolved>", "l'ouverture de mon compte",
     "my account opening", "Ouverture de compte toujours sans réponse",
     "Still no reply about my account opening"},
    {"parcel", "delivery", "<late>, <not-there>", "<not-elapsed>, <resolved>, <refund>, <return>",
     "mon colis", "my parcel", "Jamais reçu mon colis", "My parcel never arrived"},
    {"delivery", "delivery", "<late>, <not-there>", "<not-elapsed>, <resolved>, <refund>",
     "ma livraison", "my delivery", "Jamais reçu ma livraison", "My delivery never arrived"},
    {"order", "order", "<late>, <not-there>", "<not-elapsed>, <resolved>, <refund>", "ma commande",
     "my order", "Jamais reçu ma commande", "My order never arrived"},
    {"meal", "meal", "<late>, <cold-food>", "<resolved>", "mon repas", "my meal",
     "Mon repas est arrivé froid", "My meal arrived cold"},
    {"room", "room", "<damaged>", "<resolved>", "la chambre", "the room", "La chambre était cassée",
     "Everything in the room was broken"},
    {"queue", "queue", "<waiting>", "<resolved>", "la file", "the queue", "Trop de monde",
     "The queue never ends"},
    {"message", "answer", "<answer-after>, <no-answer>", "<resolved>", "une réponse à mon mail",
     "a reply to my email", "Aucune réponse à mes mails", "No reply to my emails"},
    {"return", "return", "<charged>", "<free>, <resolved>", "le retour", "the return",
     "On m'a facturé le retour", "They charged me for the return"},
    {"item", "item", "<damaged>, <wrong-item>", "<not-damaged>, <resolved>", "l'article",
     "the item", "Article reçu cassé", "The item arrived broken"},
    {"fee", "fee", "<charged>", "<free>, <resolved>", "les frais", "the fee",
     "Des frais ont été prélevés", "They charged me a hidden fee"},
};

static const struct topic no_topic = {"",
                                      "promise",
                                      "<complaint>",
                                      "<resolved>",
                                      "ma demande",
                                      "my request",
                                      "Quelle honte, ce n'est pas ce qui est promis",
                                      "This is a disgrace and not what you promise"};

struct drafting {
    struct arena *arena;
    const struct rule_text *words;
    size_t n_words;
    struct str sentence, folded;
    int64_t now_ms;
    const struct topic *topic;
    struct str own_topic; /* words of the sentence, where no list hits */
    struct quantity q;
    enum { FIGURE_NONE, FIGURE_DURATION, FIGURE_MONEY, FIGURE_PERCENT } figure;
    bool at_least;
};

static struct ruleset *load_with(const struct drafting *d, struct str yaml)
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

/* One promise for each topic. */
static struct str topic_rules(const struct drafting *d)
{
    struct sbuf b = SBUF_INIT(1 << 16);

    sbuf_printf(&b, "couac: 1\nowners: {o: {contact: o}}\npromises:\n");
    for (size_t i = 0; i < ARRAY_LEN(topics); i++)
        sbuf_printf(&b, "  %s: {says: s, owner: o, about: [<%s>], against: [<%s>]}\n",
                    topics[i].list, topics[i].list, topics[i].list);
    struct str yaml = arena_str(d->arena, sbuf_str(&b));

    sbuf_done(&b);
    return yaml;
}

static const struct topic *topic_of(const struct judgement *j)
{
    for (size_t i = 0; i < ARRAY_LEN(topics); i++)
        for (size_t k = 0; k < j->n; k++)
            if (str_eq(j->verdicts[k].promise->id, str_of(topics[i].list)) &&
                j->verdicts[k].kind != VERDICT_NONE)
                return &topics[i];
    return &no_topic;
}

static bool says(const struct drafting *d, struct str words)
{
    return str_find(d->folded, words, 0) != SIZE_MAX;
}

/* Companies say "we reply" where customers say "no reply to my mail". */
static const struct topic *topic_of_company(const struct drafting *d)
{
    static const struct {
        const char *word, *topic;
    } own[] = {{"rembours", "refund"},
               {"refund", "refund"},
               {"money back", "refund"},
               {"rappel", "callback"},
               {"call you back", "callback"},
               {"call back", "callback"},
               {"repond", "message"},
               {"repons", "message"},
               {"reply", "message"},
               {"replies", "message"},
               {"respond", "message"},
               {"answer", "message"},
               {"retour", "return"},
               {"return", "return"},
               {"depann", "technician"},
               {"virement", "transfer"},
               {"livr", "parcel"},
               {"deliver", "parcel"},
               {"expedi", "parcel"},
               {"ship", "parcel"},
               {"dispatch", "parcel"}};

    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        for (size_t k = 0; k < ARRAY_LEN(topics) && says(d, str_of(own[i].word)); k++)
            if (strcmp(topics[k].list, own[i].topic) == 0)
                return &topics[k];
    return &no_topic;
}

static enum draft_error find_topic(struct drafting *d)
{
    struct ruleset *set = load_with(d, topic_rules(d));
    struct mention m = MENTION_INIT;
    struct judgement j;

    if (!set)
        return DRAFT_E_WORDS;
    CLEANUP(judge_freep) struct judge *judge = judge_new(set);

    m.text = d->sentence;
    if (judge_mention(judge, &m, JUDGE_ABOUT_US, d->now_ms, JUDGE_OUTCOMES, d->arena, &j) == 0)
        d->topic = topic_of(&j);
    if (d->topic == &no_topic)
        d->topic = topic_of_company(d);
    ruleset_unref(set);
    return DRAFT_OK;
}

/* Whether the figure holds `word`: "minutes" tells no topic. */
static bool in_figure(const struct drafting *d, struct str word)
{
    struct str figure = str_slice(d->sentence, d->q.start, d->q.end);

    return d->figure != FIGURE_NONE && str_find(figure, word, 0) != SIZE_MAX;
}

/* Folds the sentence. */
static bool read_words(struct drafting *d)
{
    struct fold fold;
    struct words words;

    fold_init(&fold);
    words_init(&words);
    fold_text(&fold, d->sentence);
    words_cut(&words, &fold);
    d->folded = arena_str(d->arena, fold_str(&fold));
    bool any = words.n > 0;

    fold_done(&fold);
    words_done(&words);
    return any;
}

/* Its two longest words: a topic, for want of a list. */
static void choose_words(struct drafting *d)
{
    struct fold fold;
    struct words words;
    struct str best[2] = {STR("promise"), STR_NONE};

    best[0].n = 0;
    fold_init(&fold);
    words_init(&words);
    fold_text(&fold, d->sentence);
    words_cut(&words, &fold);
    for (size_t i = 0; i < words.n; i++) {
        struct str word = word_str(&words.items[i]);

        if (word.p[0] < 'a' || word.p[0] > 'z' || str_eq(word, best[0]) || in_figure(d, word))
            continue;
        if (word.n > best[0].n) {
            best[1] = best[0];
            best[0] = arena_str(d->arena, word);
        } else if (word.n > best[1].n) {
            best[1] = arena_str(d->arena, word);
        }
    }
    d->own_topic = best[1].n > 4
                       ? arena_printf(d->arena, "%.*s|%.*s", STR_ARG(best[0]), STR_ARG(best[1]))
                       : best[0];
    fold_done(&fold);
    words_done(&words);
    if (d->own_topic.n == 0)
        d->own_topic = STR("promise*|promesse*");
}

static bool fits(const struct quantity *q)
{
    bool kind =
        q->kind == QUANTITY_DURATION || q->kind == QUANTITY_MONEY || q->kind == QUANTITY_PERCENTAGE;

    return kind && q->role != QUANTITY_PERIOD && q->role != QUANTITY_FREQUENCY &&
           q->role != QUANTITY_CLOCK && q->role != QUANTITY_AGE && q->role != QUANTITY_SENIORITY;
}

/* A guarantee, or time to change one's mind, is what the customer gets at least. */
static bool grants(const struct drafting *d)
{
    static const char *const words[] = {
        "garanti",          "warrant",      "guarantee",  "changer d",
        "change your mind", "satisfait ou", "money back", "au moins",
        "at least",         "minimum",      "essai",      "trial"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (says(d, str_of(words[i])))
            return true;
    return false;
}

static void find_figure(struct drafting *d)
{
    struct quantity_reader_options options = {.at_s = CLOCK_NONE, .lang = LANG_UNKNOWN};
    struct quantity *q;
    int n = quantity_scan(d->sentence, &options, d->arena, &q);

    for (int i = 0; i < n && d->figure == FIGURE_NONE; i++) {
        if (!fits(&q[i]) || !isfinite(q[i].amount))
            continue;
        d->q = q[i];
        d->figure = q[i].kind == QUANTITY_DURATION ? FIGURE_DURATION
                    : q[i].kind == QUANTITY_MONEY  ? FIGURE_MONEY
                                                   : FIGURE_PERCENT;
        d->at_least = q[i].bound == QUANTITY_AT_LEAST || q[i].bound == QUANTITY_MORE_THAN ||
                      (d->figure == FIGURE_DURATION && grants(d)) ||
                      (d->figure == FIGURE_PERCENT && q[i].bound != QUANTITY_AT_MOST);
    }
    bool free_of_charge = says(d, STR("gratuit")) || says(d, STR("free")) ||
                          says(d, STR("offert")) || says(d, STR("sans frais")) ||
                          says(d, STR("no fee"));

    if (d->figure == FIGURE_NONE && free_of_charge) {
        d->figure = FIGURE_MONEY;
        d->q = (struct quantity){.kind = QUANTITY_MONEY, .currency = "EUR"};
    }
}

static const char *unit_text(enum quantity_unit unit, double amount)
{
    bool one = amount == 1;

    switch (unit) {
    case UNIT_SECOND:
        return "s";
    case UNIT_MINUTE:
        return "min";
    case UNIT_HOUR:
        return "h";
    case UNIT_WORKING_DAY:
        return one ? "working day" : "working days";
    case UNIT_WEEK:
        return one ? "week" : "weeks";
    case UNIT_MONTH:
        return one ? "month" : "months";
    case UNIT_YEAR:
        return one ? "year" : "years";
    case UNIT_DAY:
    default:
        return one ? "day" : "days";
    }
}

/* As an id has it: "48h", "5min", "3wd". */
static const char *unit_mark(enum quantity_unit unit)
{
    switch (unit) {
    case UNIT_SECOND:
        return "s";
    case UNIT_MINUTE:
        return "min";
    case UNIT_HOUR:
        return "h";
    case UNIT_WORKING_DAY:
        return "wd";
    case UNIT_WEEK:
        return "w";
    case UNIT_MONTH:
        return "m";
    case UNIT_YEAR:
        return "y";
    case UNIT_DAY:
    default:
        return "d";
    }
}

/* "24 to 48 h" promises 48 h; the amount is the low end, so the bound is counted back. */
static double bound_amount(const struct drafting *d)
{
    double end = d->at_least ? d->q.low : d->q.high;

    if (!isfinite(end) || d->q.low <= 0 || d->q.amount <= 0)
        return d->q.amount;
    return d->q.amount * end / d->q.low;
}

static struct str limit_text(const struct drafting *d)
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

static struct str choose_id(const struct drafting *d)
{
    const char *topic = d->topic->name;
    double amount = bound_amount(d);

    if (d->figure == FIGURE_MONEY && amount == 0)
        return arena_printf(d->arena, "free-%s", topic);
    if (d->figure == FIGURE_DURATION)
        return id_text(d->arena,
                       arena_printf(d->arena, "%s-%.6g%s", topic, amount, unit_mark(d->q.unit)));
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

static struct str about_text(const struct drafting *d)
{
    return d->topic->list[0] ? arena_printf(d->arena, "<%s>", d->topic->list) : d->own_topic;
}

static void add_against(const struct drafting *d, struct sbuf *b)
{
    struct str about = about_text(d);

    sbuf_printf(b, "    against:\n");
    if (d->figure == FIGURE_DURATION)
        sbuf_printf(b,
                    "      - <elapsed>                 # been waiting 6 days · 6 jours que "
                    "j'attends\n"
                    "      - %.*s ...6 <took>\n      - <took> ...4 %.*s\n",
                    STR_ARG(about), STR_ARG(about));
    if (d->figure == FIGURE_MONEY)
        sbuf_printf(b, "      - %.*s ...6 <money>\n      - <money> ...6 %.*s\n", STR_ARG(about),
                    STR_ARG(about));
    if (d->figure == FIGURE_PERCENT)
        sbuf_printf(b, "      - %.*s ...6 <percent>\n      - <percent> ...6 %.*s\n", STR_ARG(about),
                    STR_ARG(about));
    for (struct str rest = str_of(d->topic->against), piece; str_split(&rest, ',', &piece);)
        sbuf_printf(b, "      - %.*s\n", STR_ARG(str_trim(piece)));
}

struct stub {
    struct str text;
    bool alert, todo;
};

enum { STUBS_MAX = 8 };

struct stubs {
    struct stub items[STUBS_MAX];
    size_t n;
};

static void add_stub(struct stubs *s, struct str text, bool alert)
{
    if (s->n < STUBS_MAX)
        s->items[s->n++] = (struct stub){text, alert, false};
}

static void duration_stubs(const struct drafting *d, struct stubs *s)
{
    double limit = d->at_least ? d->q.low : d->q.high;
    double beyond = d->at_least ? limit / 2 : limit * 3, within = d->at_least ? limit : limit / 2;
    char fr[64], en[64], fr_ok[64], en_ok[64];

    quantity_write_duration(beyond, LANG_FR, fr, sizeof(fr));
    quantity_write_duration(beyond, LANG_EN, en, sizeof(en));
    quantity_write_duration(within, LANG_FR, fr_ok, sizeof(fr_ok));
    quantity_write_duration(within, LANG_EN, en_ok, sizeof(en_ok));
    add_stub(s, arena_printf(d->arena, "%s que j'attends %s", fr, d->topic->fr), true);
    add_stub(s, arena_printf(d->arena, "I have been waiting for %s for %s", en, d->topic->en),
             true);
    add_stub(s, arena_printf(d->arena, "J'attends %s depuis %s", d->topic->fr, fr_ok), false);
    add_stub(s, arena_printf(d->arena, "I have been waiting %s for %s", en_ok, d->topic->en),
             false);
}

static void money_stubs(const struct drafting *d, struct stubs *s)
{
    double limit = bound_amount(d);
    double beyond = d->at_least ? limit / 2 : limit > 0 ? limit * 1.5 : 7.5;
    const char *unit = d->q.currency[0] ? d->q.currency : "EUR";

    add_stub(s, arena_printf(d->arena, "%s m'a coûté %.2f %s", d->topic->fr, beyond, unit), true);
    add_stub(s,
             arena_printf(d->arena, "They charged me %.2f %s for %s", beyond, unit, d->topic->en),
             true);
    add_stub(s, arena_printf(d->arena, "Combien coûte %s ?", d->topic->fr), false);
    add_stub(s, arena_printf(d->arena, "%s cost me %.2f %s", d->topic->en, limit, unit), false);
}

static void make_stubs(const struct drafting *d, struct stubs *s)
{
    if (d->figure == FIGURE_DURATION)
        duration_stubs(d, s);
    else if (d->figure == FIGURE_MONEY)
        money_stubs(d, s);
    if (d->topic->list[0] == '\0') { /* so that the words of `about` are seen at work */
        struct str rest = d->own_topic, word;

        (void)str_split(&rest, '|', &word); /* there is one */
        if (str_ends(word, STR("*")))
            word.n--;
        add_stub(s, arena_printf(d->arena, "%.*s : quelle honte", STR_ARG(word)), true);
    }
    if (d->figure == FIGURE_NONE || d->topic->list[0]) {
        add_stub(s, str_of(d->topic->denied_fr), true);
        add_stub(s, str_of(d->topic->denied_en), true);
    }
    add_stub(s, arena_printf(d->arena, "Merci pour %s, parfait", d->topic->fr), false);
    add_stub(s, arena_printf(d->arena, "All good with %s, thank you", d->topic->en), false);
}

static void add_stubs(struct sbuf *b, const struct stubs *s, bool alert)
{
    sbuf_printf(b, "      %s:\n", alert ? "alert" : "ignore");
    for (size_t i = 0; i < s->n; i++) {
        if (s->items[i].alert != alert)
            continue;
        sbuf_printf(b, "        - {text: ");
        add_quoted(b, s->items[i].text);
        sbuf_printf(b, "%s}\n", s->items[i].todo ? ", todo: yes" : "");
    }
}

static struct str write_yaml(const struct drafting *d, const struct draft *ret, struct str owner,
                             const struct stubs *stubs)
{
    struct sbuf b = SBUF_INIT(1 << 16);
    struct str about = about_text(d);

    sbuf_printf(&b, "couac: 1\nowners:\n  %.*s: {contact: %.*s@example.com}\npromises:\n  %.*s:\n",
                STR_ARG(owner), STR_ARG(owner), STR_ARG(ret->id));
    sbuf_printf(&b, "    says: ");
    add_quoted(&b, d->sentence);
    sbuf_printf(&b, "\n    owner: %.*s\n", STR_ARG(owner));
    if (ret->limit.n)
        sbuf_printf(&b, "    limit: %.*s\n", STR_ARG(ret->limit));
    sbuf_printf(&b, "    about: [%.*s]\n", STR_ARG(about));
    add_against(d, &b);
    sbuf_printf(&b, "    unless: [<bystander>, %s]\n    kept: [<kept>]\n    examples:\n",
                d->topic->unless);
    add_stubs(&b, stubs, true);
    add_stubs(&b, stubs, false);
    struct str yaml = arena_str(d->arena, sbuf_str(&b));

    sbuf_done(&b);
    return yaml;
}

/* Judges the examples; those that do not pass are marked. */
static enum draft_error try_stubs(const struct drafting *d, struct str yaml, struct stubs *stubs,
                                  struct draft *ret)
{
    struct ruleset *set = load_with(d, yaml);
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
    return DRAFT_OK;
}

enum draft_error draft_promise(const struct rule_text *words, size_t n_words, struct str sentence,
                               struct str id, struct str owner, int64_t now_ms, struct arena *arena,
                               struct draft *ret)
{
    struct drafting d = {.arena = arena,
                         .words = words,
                         .n_words = n_words,
                         .sentence = str_trim(sentence),
                         .now_ms = now_ms,
                         .topic = &no_topic};
    struct draft draft = {0};
    struct stubs stubs = {0};

    if (!read_words(&d))
        return DRAFT_E_EMPTY;
    enum draft_error rc = find_topic(&d);

    if (rc != DRAFT_OK)
        return rc;
    find_figure(&d);
    choose_words(&d);
    draft.topic = str_of(d.topic->list);
    draft.limit = limit_text(&d);
    draft.id = id.n ? id : choose_id(&d);
    owner = owner.n ? owner : STR("care");
    make_stubs(&d, &stubs);
    rc = try_stubs(&d, write_yaml(&d, &draft, owner, &stubs), &stubs, &draft);
    draft.yaml = write_yaml(&d, &draft, owner, &stubs);
    if (rc == DRAFT_OK)
        *ret = draft;
    return rc;
}
