#include "lib/tune/common.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/judge/match.h"
#include "lib/text/guess.h"

/* Posts in a hundred that hold the word: the mean over corpora of customers' posts
 * (airlines, nine other trades and their help desks in English; telecom, energy and
 * reviews in French), each word once a post. Words of one trade are left out. */
struct share {
    const char *word;
    unsigned percent;
};

static const struct share english[] = {
    {"to", 44},   {"the", 43},  {"i", 40},       {"and", 32},  {"a", 30},    {"t", 29},
    {"you", 28},  {"for", 26},  {"is", 26},      {"my", 24},   {"it", 24},   {"of", 20},
    {"on", 19},   {"in", 19},   {"not", 18},     {"that", 18}, {"this", 17}, {"have", 16},
    {"with", 15}, {"they", 13}, {"me", 13},      {"can", 13},  {"but", 13},  {"service", 12},
    {"your", 12}, {"are", 11},  {"get", 11},     {"s", 11},    {"was", 10},  {"we", 10},
    {"no", 10},   {"at", 10},   {"from", 9},     {"so", 9},    {"an", 9},    {"be", 9},
    {"do", 8},    {"when", 8},  {"customer", 8}, {"just", 8},  {"time", 8},  {"will", 8},
    {"or", 7},    {"there", 7}, {"been", 7},     {"by", 7},    {"all", 7},   {"one", 7},
    {"help", 7},  {"what", 7},  {"if", 6},       {"very", 6},  {"us", 6},    {"m", 6},
    {"any", 6},   {"out", 6},   {"as", 6},       {"had", 6},   {"them", 6},  {"please", 6},
    {"good", 5},  {"back", 5},  {"still", 5},    {"now", 5},   {"up", 5},    {"like", 5},
    {"don", 5},
};

static const struct share french[] = {
    {"de", 58},   {"a", 56},    {"et", 43},     {"est", 41},   {"la", 40},      {"le", 37},
    {"d", 33},    {"en", 32},   {"pas", 31},    {"un", 31},    {"pour", 30},    {"que", 29},
    {"je", 29},   {"plus", 28}, {"des", 28},    {"n", 26},     {"sur", 26},     {"vous", 25},
    {"une", 24},  {"l", 23},    {"les", 22},    {"j", 22},     {"ne", 19},      {"ai", 19},
    {"c", 17},    {"qui", 16},  {"ce", 16},     {"on", 16},    {"il", 15},      {"du", 14},
    {"mais", 14}, {"me", 14},   {"mon", 14},    {"au", 12},    {"depuis", 14},  {"votre", 12},
    {"ca", 12},   {"nous", 12}, {"avec", 12},   {"par", 11},   {"bonjour", 12}, {"mois", 11},
    {"ma", 11},   {"moi", 11},  {"qu", 11},     {"faire", 10}, {"service", 12}, {"dans", 10},
    {"fait", 10}, {"chez", 10}, {"client", 10}, {"m", 10},     {"sans", 10},    {"t", 10},
    {"ou", 9},    {"bien", 9},  {"sont", 9},    {"suis", 9},   {"tres", 8},     {"y", 8},
    {"tout", 8},  {"se", 8},    {"rien", 8},    {"autres", 8}, {"toujours", 7}, {"quand", 7},
    {"cette", 7}, {"meme", 7},  {"avoir", 7},   {"merci", 7},  {"ils", 6},      {"comme", 6},
    {"si", 6},    {"etre", 6},  {"fois", 6},    {"jours", 6},  {"probleme", 6}, {"vos", 5},
    {"mes", 5},   {"alors", 5}, {"jamais", 5},  {"apres", 5},  {"demande", 5},
};

static bool holds(const struct share *table, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(word, str_of(table[i].word)))
            return true;
    return false;
}

bool common_word(struct str word)
{
    return holds(english, ARRAY_LEN(english), word) || holds(french, ARRAY_LEN(french), word);
}

static const char way_out[] =
    "it tells nothing by itself; add the words that stand beside it, or remove it";

struct common {
    const struct ruleset *set;
    struct matcher *matcher;
    struct arena *arena;
    size_t n_posts;
    size_t *n_hits; /* posts, by phrase number */
    size_t *post;   /* the last one counted, from 1 */
    bool *asks;     /* by slot number: holds a phrase of one word */
};

/* One place that single words fill: nothing around it narrows it down. */
static bool is_lone(const struct phrase *p)
{
    if (p->n_parts != 1 || p->parts[0].n_places != 1)
        return false;
    const struct place *place = &p->parts[0].places[0];

    for (uint32_t i = 0; i < place->n_atoms; i++)
        if (place->atoms[i].kind != ATOM_WORDS || place->atoms[i].n_words != 1)
            return false;
    return true;
}

typedef void slot_user(struct common *c, const struct promise *promise, const struct slot *slot,
                       struct diags *diags);

static void each_slot(struct common *c, slot_user *use, struct diags *diags)
{
    for (size_t i = 0; i < c->set->n_promises; i++) {
        const struct promise *p = &c->set->promises[i];
        const struct slot *slots[] = {&p->about, &p->against, &p->complaint, &p->unless, &p->kept};

        for (size_t k = 0; k < ARRAY_LEN(slots) && p->status != PROMISE_OFF; k++)
            use(c, p, slots[k], diags);
    }
}

static void note_slot(struct common *c, const struct promise *promise, const struct slot *slot,
                      struct diags *diags)
{
    (void)promise;
    (void)diags; /* nothing to say yet */
    for (uint32_t i = 0; i < slot->n; i++)
        c->asks[slot->number] = c->asks[slot->number] || is_lone(&slot->phrases[i]);
}

struct common *common_new(const struct ruleset *set)
{
    struct common *c = alloc_zeroed(1, sizeof(*c));

    c->set = set;
    c->matcher = matcher_new(set);
    c->arena = arena_new(0);
    c->n_hits = alloc_zeroed(set->n_phrases, sizeof(*c->n_hits));
    c->post = alloc_zeroed(set->n_phrases, sizeof(*c->post));
    c->asks = alloc_zeroed(set->n_slots, sizeof(*c->asks));
    each_slot(c, note_slot, NULL);
    return c;
}

void common_free(struct common *c)
{
    if (!c)
        return;
    matcher_free(c->matcher);
    arena_free(c->arena);
    free(c->n_hits);
    free(c->post);
    free(c->asks);
    free(c);
}

static void count_slot(struct common *c, const struct slot *slot)
{
    struct hits hits = match_slot(c->matcher, slot);

    for (uint32_t i = 0; i < hits.n; i++) {
        uint32_t phrase = slot->phrases[hits.items[i].phrase].number;

        c->n_hits[phrase] += c->post[phrase] != c->n_posts;
        c->post[phrase] = c->n_posts;
    }
}

void common_hear(struct common *c, const struct mention *m)
{
    arena_reset(c->arena);
    struct str text = mention_body(m, c->arena);
    enum lang lang = lang_from_tag(m->lang);

    match_read(c->matcher, text);
    if (m->lang.n == 0)
        lang = guess_lang(text, match_words(c->matcher));
    match_post(c->matcher, lang, m->published_ms / 1000);
    c->n_posts++;
    for (uint32_t i = 0; i < c->set->n_slots; i++)
        if (c->asks[i])
            count_slot(c, c->set->slots[i]);
}

static const struct share *commonest(const struct share *all, size_t n, const struct phrase *p)
{
    const struct place *place = &p->parts[0].places[0];
    const struct share *most = NULL;

    for (size_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < place->n_atoms; k++) {
            const struct atom *atom = &place->atoms[k];
            struct str word = str_of(all[i].word);
            bool fits = atom->ending == ATOM_PREFIX ? str_starts(word, atom->words[0])
                                                    : str_eq(word, atom->words[0]);

            if (fits && (!most || all[i].percent > most->percent))
                most = &all[i];
        }
    return most;
}

/* Of all words of a place the commonest; what several make together is more. */
static void warn_by_table(const struct phrase *p, struct diags *diags)
{
    const struct share *en = p->lang == LANG_EN || p->lang == LANG_UNKNOWN
                                 ? commonest(english, ARRAY_LEN(english), p)
                                 : NULL;
    const struct share *fr = p->lang == LANG_FR || p->lang == LANG_UNKNOWN
                                 ? commonest(french, ARRAY_LEN(french), p)
                                 : NULL;
    const struct share *most = !en || (fr && fr->percent > en->percent) ? fr : en;

    if (!most)
        return;
    diag(diags, DIAG_WARNING, p->at, "'%s' alone hits some %u %% of all posts", most->word,
         most->percent);
    diag_hint(diags, "%s", way_out);
}

static void warn_by_posts(const struct common *c, const struct phrase *p, size_t n_hits,
                          struct diags *diags)
{
    if (n_hits * 100 <= c->n_posts * COMMON_PERCENT)
        return;
    diag(diags, DIAG_WARNING, p->at, "'%.*s' hits %zu %% of the posts", STR_ARG(p->text),
         n_hits * 100 / c->n_posts);
    diag_hint(diags, "%s", way_out);
}

static void warn_slot(struct common *c, const struct promise *promise, const struct slot *slot,
                      struct diags *diags)
{
    const struct slot *shared = c->set->slots[slot->number]; /* of equal slots one is counted */

    for (uint32_t i = 0; i < slot->n; i++) {
        const struct phrase *p = &slot->phrases[i];

        if (!is_lone(p))
            continue;
        if (c->n_posts < COMMON_POSTS_MIN)
            warn_by_table(p, diags);
        else if (slot != &promise->about) /* a company's posts are about what it does */
            warn_by_posts(c, p, c->n_hits[shared->phrases[i].number], diags);
    }
}

void common_warn(struct common *c, struct diags *diags)
{
    each_slot(c, warn_slot, diags);
}
