#include "lib/mention/mention.h"

#include "lib/base/arena.h"
#include "lib/data/digest.h"
#include "lib/data/json.h"

/* "6 jours que j'at…" begins the text too: networks without titles cut one. */
static bool repeats(struct str text, struct str title)
{
    title = str_trim(title);
    if (str_ends(title, STR("…")))
        title = str_slice(title, 0, title.n - STR("…").n);
    else if (str_ends(title, STR("...")))
        title.n -= 3;
    return str_starts(str_trim(text), str_trim(title));
}

struct str mention_body(const struct mention *m, struct arena *arena)
{
    if (m->text.n == 0)
        return m->title;
    if (m->title.n == 0 || repeats(m->text, m->title))
        return m->text;
    struct str body = arena_printf(arena, "%.*s\n%.*s", STR_ARG(m->title), STR_ARG(m->text));

    return body.p ? body : m->text; /* the arena's limit is reached */
}

void mention_identify(struct mention *m, struct arena *arena)
{
    char text[DIGEST_SHORT_SIZE];

    if (m->id.n)
        return;
    if (m->url.n) {
        m->id = m->url;
        return;
    }
    struct digest d = digest_parts((struct str[]){m->title, m->text}, 2);

    m->id = arena_str(arena, digest_short(&d, text));
}

const char *mention_error_text(enum mention_error e)
{
    static const char *const texts[] = {
        [MENTION_OK] = "fine",
        [MENTION_E_NOT_OBJECT] = "a mention is a JSON object",
        [MENTION_E_NO_TEXT] = "neither text nor title holds anything",
        [MENTION_E_BAD_TIME] = "published or updated is no time like 2025-03-07T14:30:00Z (RFC 3339)",
        [MENTION_E_BAD_TYPE] = "a member that must be text is not, or reach is no whole number",
    };

    return texts[e];
}

/* The members that are text; both directions go through this table. */
static const struct {
    struct str key;
    size_t offset;
} fields[] = {
    {{"id", 2}, offsetof(struct mention, id)},
    {{"url", 3}, offsetof(struct mention, url)},
    {{"title", 5}, offsetof(struct mention, title)},
    {{"text", 4}, offsetof(struct mention, text)},
    {{"author", 6}, offsetof(struct mention, author)},
    {{"lang", 4}, offsetof(struct mention, lang)},
    {{"source", 6}, offsetof(struct mention, source)},
    {{"reply_to", 8}, offsetof(struct mention, reply_to)},
};

static struct str *field(struct mention *m, size_t i)
{
    return (struct str *)(void *)((char *)m + fields[i].offset);
}

static bool absent(const struct json *value)
{
    return !value || value->type == JSON_NULL;
}

/* Networks number their posts, so a number is text too. */
static bool read_text(const struct json *value, struct str *ret)
{
    if (absent(value))
        return true;
    if (value->type != JSON_STRING && value->type != JSON_NUMBER)
        return false;
    *ret = value->s;
    return true;
}

static bool read_time(const struct json *value, int64_t *ret)
{
    if (absent(value) || (value->type == JSON_STRING && value->s.n == 0))
        return true;
    return value->type == JSON_STRING && clock_parse(value->s, ret);
}

static bool read_reach(const struct json *value, int64_t *ret)
{
    int64_t reach;

    if (absent(value))
        return true;
    if (!json_to_i64(value, &reach) || reach < 0)
        return false;
    *ret = reach;
    return true;
}

enum mention_error mention_from_json(const struct json *object, struct mention *ret)
{
    struct mention m = MENTION_INIT;

    if (!object || object->type != JSON_OBJECT)
        return MENTION_E_NOT_OBJECT;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (!read_text(json_get(object, fields[i].key), field(&m, i)))
            return MENTION_E_BAD_TYPE;
    if (!read_reach(json_get(object, STR("reach")), &m.reach))
        return MENTION_E_BAD_TYPE;
    if (!read_time(json_get(object, STR("published")), &m.published_ms) ||
        !read_time(json_get(object, STR("updated")), &m.updated_ms))
        return MENTION_E_BAD_TIME;
    if (str_trim(m.text).n == 0 && str_trim(m.title).n == 0)
        return MENTION_E_NO_TEXT;
    *ret = m;
    return MENTION_OK;
}

static void write_time(struct json_writer *w, struct str key, int64_t at_ms)
{
    char text[CLOCK_TEXT_MAX];

    if (at_ms == CLOCK_NONE)
        return;
    json_member_str(w, key,
                    at_ms % 1000 ? clock_write_ms(at_ms, text) : clock_write_s(at_ms / 1000, text));
}

void mention_write(const struct mention *m, struct json_writer *w)
{
    struct mention copy = *m;

    json_open_object(w);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        json_member_str(w, fields[i].key, *field(&copy, i));
    write_time(w, STR("published"), m->published_ms);
    write_time(w, STR("updated"), m->updated_ms);
    if (m->reach >= 0)
        json_member_i64(w, STR("reach"), m->reach);
    json_close_object(w);
}
