#include "lib/desk/gap.h"

#include <errno.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/desk/cloudevent.h"
#include "lib/desk/excerpt.h"

enum { LETTERS_MIN = 5, SAMPLES_MAX = 3, AUTHORS_KEPT = 64 };

static const int64_t keep_ms = INT64_C(7) * 86400000;

struct gap {
    struct str word;
    uint32_t count, told;
    int64_t first_ms;
    struct str authors[AUTHORS_KEPT]; /* past these only the count grows */
    size_t n_authors;
    struct str samples[SAMPLES_MAX];
    size_t n_samples;
};

static size_t texts(const struct json *list, struct str *ret, size_t max)
{
    size_t n = 0;

    for (const struct json *it = list ? list->first : NULL; it && n < max; it = it->next)
        ret[n++] = it->s;
    return n;
}

static int load(struct hearing *h, struct str word, struct gap *ret)
{
    struct str json = STR_NONE;
    struct json *tree;
    struct json_error error;
    int rc = h->recall->state_get(h->recall, GAP_KIND, word, &json);

    *ret = (struct gap){.word = word, .first_ms = h->now_ms};
    if (rc || json.n == 0 ||
        json_parse(arena_str(h->arena, json), h->arena, &tree, &error) != JSON_OK)
        return rc;
    ret->count = (uint32_t)cloudevent_number(tree, STR("count"));
    ret->told = (uint32_t)cloudevent_number(tree, STR("told"));
    ret->first_ms = cloudevent_number(tree, STR("first_ms"));
    ret->n_authors = texts(json_get(tree, STR("authors")), ret->authors, AUTHORS_KEPT);
    ret->n_samples = texts(json_get(tree, STR("samples")), ret->samples, SAMPLES_MAX);
    return 0;
}

static void write_texts(struct json_writer *w, struct str key, const struct str *items, size_t n)
{
    json_key(w, key);
    json_open_array(w);
    for (size_t i = 0; i < n; i++)
        json_str(w, items[i]);
    json_close_array(w);
}

static int keep(struct hearing *h, const struct gap *g)
{
    struct sbuf b = SBUF_INIT(EVENT_BYTES_MAX);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_open_object(&w);
    json_member_i64(&w, STR("count"), g->count);
    json_member_i64(&w, STR("told"), g->told);
    json_member_i64(&w, STR("first_ms"), g->first_ms);
    write_texts(&w, STR("authors"), g->authors, g->n_authors);
    write_texts(&w, STR("samples"), g->samples, g->n_samples);
    json_close_object(&w);
    int rc =
        h->recall->state_put(h->recall, GAP_KIND, g->word, sbuf_str(&b), g->first_ms + keep_ms);

    sbuf_done(&b);
    return rc;
}

static struct str event_json(struct hearing *h, const struct gap *g, const struct desk_event *e)
{
    struct cloudevent c;
    struct json_writer *w = cloudevent_begin(&c, h->settings, e->id, e->type, g->word, h->now_ms);

    json_key(w, STR("gap"));
    json_open_object(w);
    json_member_str(w, STR("word"), g->word);
    json_member_i64(w, STR("count"), g->count);
    json_member_i64(w, STR("authors"), (int64_t)g->n_authors);
    cloudevent_time(w, STR("since"), g->first_ms);
    write_texts(w, STR("excerpts"), g->samples, g->n_samples);
    json_close_object(w);
    return cloudevent_end(&c, h->settings, e->seq, h->arena);
}

static int tell(struct hearing *h, struct gap *g)
{
    struct desk_event e = {.stream = EVENT_INCIDENTS,
                           .type = STR("couac.gap.v1"),
                           .status = STR("open"),
                           .severity = STR("medium")};
    int rc = h->recall->next_seq(h->recall, &e.seq);

    if (rc)
        return rc;
    g->told = g->count;
    e.id = hearing_ulid(h, h->now_ms, g->word, g->count);
    e.title = arena_printf(h->arena, "%u complaints of \"%.*s\", which no promise covers", g->count,
                           STR_ARG(g->word));
    e.json = event_json(h, g, &e);
    if (!e.json.p)
        return -ENOMEM;
    hearing_push(h, &e);
    return 0;
}

static bool known_author(const struct gap *g, struct str author)
{
    for (size_t i = 0; i < g->n_authors; i++)
        if (str_eq(g->authors[i], author))
            return true;
    return false;
}

static int count_word(struct hearing *h, const struct subject *s, struct str word)
{
    struct gap g;
    int rc = load(h, arena_str(h->arena, word), &g);

    if (rc || known_author(&g, s->author))
        return rc;
    g.count++;
    if (g.n_authors < AUTHORS_KEPT)
        g.authors[g.n_authors++] = s->author;
    if (g.n_samples < SAMPLES_MAX) {
        enum excerpt_mask mask =
            h->settings->privacy == PRIVACY_CLEAR ? EXCERPT_CLEAR : EXCERPT_MASKED;

        g.samples[g.n_samples++] = excerpt_make(s->judgement.text, 0, h->set, mask, h->arena).text;
    }
    if (g.count >= GAP_AUTHORS && g.count >= 2 * g.told)
        rc = tell(h, &g);
    return rc ? rc : keep(h, &g);
}

static bool telling(struct hearing *h, const struct str *words, size_t at)
{
    if (utf8_count(words[at]) < LETTERS_MIN || (words[at].p[0] >= '0' && words[at].p[0] <= '9'))
        return false;
    for (size_t i = 0; i < at; i++)
        if (str_eq(words[i], words[at]))
            return false; /* once a post */
    return !judge_list_has_word(h->judge, STR("filler"), words[at]);
}

int gap_hear(struct hearing *h, const struct subject *s, const struct str *words, size_t n)
{
    size_t counted = 0;
    int rc = 0;

    if (s->judgement.topic != TOPIC_UNCOVERED || s->judgement.author == AUTHOR_OURS ||
        s->author.n == 0)
        return 0;
    if (!judge_list_hits(h->judge, STR("complaint")) && !judge_list_hits(h->judge, STR("anger")))
        return 0;
    for (size_t i = 0; i < n && counted < GAP_WORDS_MAX && rc == 0; i++)
        if (telling(h, words, i)) {
            rc = count_word(h, s, words[i]);
            counted++;
        }
    return rc;
}
