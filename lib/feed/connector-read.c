/* What an answer means: items to mentions, and where the walk goes on. */
#include "lib/feed/connector-form.h"

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/utf8.h"
#include "lib/data/entity.h"
#include "lib/data/json.h"
#include "lib/feed/date.h"
#include "lib/feed/feed.h"
#include "lib/feed/url.h"
#include "lib/feed/weblink.h"
#include "lib/text/html.h"

struct reader {
    const struct connector *c;
    const struct connector_answer *answer;
    struct arena *arena;
    struct selector_place root;
    struct connector_page page;
    struct map joins[FIELD_COUNT]; /* key -> element; filled at first use */
    bool joined[FIELD_COUNT];
    struct sbuf text;
    struct str newest; /* SINCE_ID: the greatest id; SINCE_TIME: ms */
    int64_t newest_ms;
    struct str last_mark; /* of the last item that has one */
    struct str oldest;    /* NEXT_OLDEST: idem */
    size_t cap;
};

/* --- values ---------------------------------------------------------------- */

static void decode_entities(struct str text, struct sbuf *out)
{
    char character[ENTITY_MAX];
    size_t n, taken;

    for (size_t i = 0; i < text.n; i++) {
        taken = text.p[i] == '&' ? entity_read(str_slice(text, i + 1, text.n), character, &n) : 0;
        if (taken)
            sbuf_add(out, str_make(character, n));
        else
            sbuf_putc(out, text.p[i]);
        i += taken;
    }
}

static void convert(enum form_as as, struct str text, struct sbuf *out)
{
    if (as == AS_HTML)
        html_to_text(text, out);
    else if (as == AS_ENTITIES)
        decode_entities(text, out);
    else if (as == AS_LOWER)
        for (size_t i = 0; i < text.n; i++)
            sbuf_putc(out,
                      text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] | 32) : text.p[i]);
    else
        sbuf_add(out, text);
}

/* The element of the join's list whose key is the item's. */
static bool join(struct reader *r, enum form_field_name name, const struct selector_place *item,
                 struct selector_place *ret)
{
    const struct form_join *j = &r->c->fields[name].join;
    struct str key;
    struct json *found;

    if (!selector_text(&j->on, item, &key))
        return false;
    found = map_get(&r->joins[name], key);
    *ret = (struct selector_place){found, item};
    return found;
}

struct joining {
    struct reader *r;
    enum form_field_name name;
};

static bool note_element(void *arg, const struct selector_place *place)
{
    struct joining *j = arg;
    struct str key;
    union {
        const struct json *p;
        void *out;
    } element = {place->value};

    if (selector_text(&j->r->c->fields[j->name].join.key, place, &key) &&
        !map_get(&j->r->joins[j->name], key))
        (void)map_put(&j->r->joins[j->name], key, element.out); /* none was there */
    return true;
}

static void prepare_join(struct reader *r, enum form_field_name name)
{
    struct joining j = {r, name};

    if (r->joined[name])
        return;
    r->joined[name] = true;
    selector_each(&r->c->fields[name].join.list, &r->root, note_element, &j);
}

/* Fills r->text; false when nothing is there. A template is nothing without at least one
 * value; one that makes an address or an id needs them all. */
static bool compose(struct reader *r, enum form_field_name name, const struct selector_place *item)
{
    const struct form_field *f = &r->c->fields[name];
    size_t values = 0, missing = 0;

    sbuf_clear(&r->text);
    for (size_t i = 0; i < f->n; i++) {
        const struct form_piece *piece = &f->pieces[i];
        struct str value;

        if (piece->selector.n == 0) {
            sbuf_add(&r->text, piece->literal);
        } else if (selector_text(&piece->selector, item, &value)) {
            convert(f->as, value, &r->text);
            values++;
        } else {
            missing++;
        }
    }
    return values && !(missing && (name == FIELD_URL || name == FIELD_ID || name == FIELD_GONE));
}

static struct str field(struct reader *r, enum form_field_name name,
                        const struct selector_place *item)
{
    const struct form_field *f = &r->c->fields[name];
    struct selector_place joined = *item;

    if (f->n == 0)
        return STR_NONE;
    if (f->join.list.n) {
        prepare_join(r, name);
        if (!join(r, name, item, &joined))
            return STR_NONE;
        item = &joined;
    }
    if (!compose(r, name, item))
        return STR_NONE;
    return arena_str(r->arena, utf8_head(str_trim(sbuf_str(&r->text)), FEED_TEXT_MAX));
}

/* Seconds up to the year 5138, milliseconds up to that year, else microseconds. */
static int64_t by_size(double n)
{
    double size = n < 0 ? -n : n;

    if (size < 1e11)
        return (int64_t)(n * 1000);
    if (size < 1e14)
        return (int64_t)n;
    return size < 1e17 ? (int64_t)(n / 1000) : CLOCK_NONE;
}

static int64_t time_from(enum form_as as, struct str text)
{
    struct date date;
    int64_t at_ms;
    double n;

    if (str_to_double(text, &n) && n > -1e17 && n < 1e17) {
        if (as == AS_EPOCH_S)
            return (int64_t)(n * 1000 < 1e17 ? n * 1000 : 1e17);
        if (as == AS_EPOCH_MS)
            return (int64_t)n;
        return as == AS_EPOCH_US ? (int64_t)(n / 1000) : by_size(n);
    }
    if (clock_parse(text, &at_ms))
        return at_ms;
    return date_parse(text, &date) ? date.at_ms : CLOCK_NONE;
}

static int64_t time_field(struct reader *r, enum form_field_name name,
                          const struct selector_place *item)
{
    struct str text = field(r, name, item);

    return text.n ? time_from(r->c->fields[name].as, text) : CLOCK_NONE;
}

static int64_t reach_of(struct reader *r, const struct selector_place *item)
{
    struct str text = field(r, FIELD_REACH, item);
    double n;

    return text.n && str_to_double(text, &n) && n >= 0 && n < 1e15 ? (int64_t)n : -1;
}

/* --- items ----------------------------------------------------------------- */

static bool listed(const struct form_words *words, struct str word)
{
    for (size_t i = 0; i < words->n; i++)
        if (str_eq(words->items[i], word))
            return true;
    return false;
}

static bool condition_holds(const struct form_condition *c, const struct selector_place *place)
{
    struct str text = STR_NONE;
    bool there = selector_text(&c->where, place, &text);

    if (c->kind == CONDITION_IN) {
        return there && listed(&c->words, text);
    }
    return (c->kind == CONDITION_EXISTS) == there;
}

static bool note_anything(void *arg, const struct selector_place *place)
{
    (void)place;
    *(bool *)arg = true;
    return false;
}

/* `exists` also holds for objects and lists, which have no text. */
static bool holds(const struct form_conditions *list, const struct selector_place *place)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct form_condition *c = &list->items[i];
        bool there = false;

        if (c->kind != CONDITION_IN) {
            selector_each(&c->where, place, note_anything, &there);
            if (there != (c->kind == CONDITION_EXISTS))
                return false;
        } else if (!condition_holds(c, place)) {
            return false;
        }
    }
    return true;
}

/* Ids of one network are numbers that only grow: the longer is the greater. */
static int compare_ids(struct str a, struct str b)
{
    return a.n != b.n ? (a.n < b.n ? -1 : 1) : str_cmp(a, b);
}

static bool fits(struct str token)
{
    if (token.n > CONNECTOR_TOKEN_MAX)
        return false;
    for (size_t i = 0; i < token.n; i++)
        if ((unsigned char)token.p[i] < 0x20)
            return false;
    return true;
}

static void note_mark(struct reader *r, const struct selector_place *item)
{
    const struct form_cursor *k = &r->c->cursor;
    struct str mark;
    int64_t at_ms;

    if ((k->since != SINCE_ID && k->since != SINCE_TIME) || !selector_text(&k->mark, item, &mark) ||
        !fits(mark))
        return;
    r->last_mark = mark;
    if (k->since == SINCE_ID) {
        if (compare_ids(mark, r->newest) > 0)
            r->newest = mark;
        return;
    }
    at_ms = time_from(AS_TIME, mark);
    if (at_ms != CLOCK_NONE) /* a clock of theirs that is fast must not hide later posts */
        r->newest_ms = MAX(r->newest_ms, MIN(at_ms, r->answer->now_ms));
}

static void read_item(struct reader *r, const struct selector_place *item)
{
    struct mention m = MENTION_INIT;

    m.text = field(r, FIELD_TEXT, item);
    m.title = field(r, FIELD_TITLE, item);
    if (m.text.n == 0 && m.title.n == 0) {
        r->page.n_no_text++;
        return;
    }
    m.id = field(r, FIELD_ID, item);
    m.url = url_resolve(r->answer->url, field(r, FIELD_URL, item), r->arena);
    m.author = field(r, FIELD_AUTHOR, item);
    m.lang = field(r, FIELD_LANG, item);
    m.reply_to = field(r, FIELD_REPLY_TO, item);
    m.published_ms = time_field(r, FIELD_PUBLISHED, item);
    m.updated_ms = time_field(r, FIELD_UPDATED, item);
    m.reach = reach_of(r, item);
    mention_identify(&m, r->arena);
    r->page.mentions[r->page.n++] = m;
}

static void note_gone(struct reader *r, const struct selector_place *item)
{
    struct str id = field(r, FIELD_GONE, item);

    if (id.n)
        r->page.gone[r->page.n_gone++] = id;
}

static bool on_item(void *arg, const struct selector_place *place)
{
    struct reader *r = arg;
    struct str token;

    if (r->page.n_items == r->cap)
        return false;
    note_mark(r, place);
    if (r->c->cursor.next == NEXT_OLDEST && selector_text(&r->c->cursor.token, place, &token))
        r->oldest = token;
    if (r->c->gone.where.n && holds(&r->c->gone.where, place)) {
        note_gone(r, place);
        return true;
    }
    if (!holds(&r->c->where, place))
        return true;
    r->page.n_items++;
    read_item(r, place);
    return true;
}

static bool count_item(void *arg, const struct selector_place *place)
{
    (void)place;
    return ++*(size_t *)arg < CONNECTOR_ITEMS_MAX;
}

static void turn(struct mention *m, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct mention swap = m[i];

        m[i] = m[n - 1 - i];
        m[n - 1 - i] = swap;
    }
}

static bool newest_comes_first(const struct connector_page *p)
{
    int64_t first, last;

    if (p->n < 2)
        return false;
    first = p->mentions[0].published_ms;
    last = p->mentions[p->n - 1].published_ms;
    return first != CLOCK_NONE && last != CLOCK_NONE && first > last;
}

/* --- the walk -------------------------------------------------------------- */

static bool truthy(struct str text)
{
    return text.n && !str_eq(text, STR("false")) && !str_eq(text, STR("0"));
}

static bool says(const struct reader *r, const struct selector *s)
{
    struct str text;

    return selector_text(s, &r->root, &text) && truthy(text);
}

static struct str next_number(const struct reader *r, const struct connector_cursor *cursor)
{
    const struct form_cursor *k = &r->c->cursor;
    int64_t page = k->count_from;

    if (cursor->next.n && !str_to_i64(cursor->next, &page))
        return STR_NONE;
    if (k->more.n ? !says(r, &k->more) : (int64_t)r->cap < MAX(k->full, 1))
        return STR_NONE;
    if (k->last && page >= k->last)
        return STR_NONE;
    return arena_printf(r->arena, "%lld", (long long)(page + MAX(k->step, 1)));
}

/* Where the next page is, by the network's word; empty: this was the last. */
static struct str find_next(const struct reader *r, const struct connector_cursor *cursor)
{
    const struct form_cursor *k = &r->c->cursor;
    struct str next = STR_NONE;

    if (k->end.n && says(r, &k->end))
        return STR_NONE;
    switch (k->next) {
    case NEXT_NONE:
        return STR_NONE;
    case NEXT_COUNT:
        return next_number(r, cursor);
    case NEXT_LINK:
        next = weblink_find(r->answer->headers[CONNECTOR_H_LINK], k->link);
        next = url_resolve(r->answer->url, next, r->arena);
        break;
    case NEXT_URL:
        if (selector_text(&k->token, &r->root, &next))
            next = url_resolve(r->answer->url, next, r->arena);
        break;
    case NEXT_TOKEN:
        if (!selector_text(&k->token, &r->root, &next) || !truthy(next))
            return STR_NONE;
        next = arena_str(r->arena, next);
        break;
    case NEXT_OLDEST:
        next = r->oldest.n ? arena_str(r->arena, r->oldest) : STR_NONE;
        break;
    }
    return fits(next) && !str_eq(next, cursor->next) ? next : STR_NONE;
}

static struct str newest_mark(struct reader *r)
{
    if (r->c->cursor.since == SINCE_TIME)
        return r->newest_ms ? arena_printf(r->arena, "%lld", (long long)r->newest_ms) : STR_NONE;
    return r->newest.n ? arena_str(r->arena, r->newest) : STR_NONE;
}

static bool after(const struct connector *c, struct str a, struct str b)
{
    int64_t a_ms = 0, b_ms = 0;

    if (c->cursor.since != SINCE_TIME)
        return compare_ids(a, b) > 0;
    return str_to_i64(a, &a_ms) && (!str_to_i64(b, &b_ms) || a_ms > b_ms);
}

struct str connector_later(const struct connector *c, struct str a, struct str b)
{
    return after(c, b, a) ? b : a;
}

/* Whether the page ends at or before the mark of the former walk. */
static bool reached(const struct reader *r, struct str mark)
{
    const struct form_cursor *k = &r->c->cursor;
    int64_t mark_ms, at_ms;

    if (k->since == SINCE_NONE)
        return false; /* the whole of it is read each time */
    if (mark.n == 0 || r->cap == 0)
        return true; /* the first walk is one page */
    if (r->last_mark.n == 0)
        return false;
    if (k->since == SINCE_ID)
        return compare_ids(r->last_mark, mark) <= 0;
    at_ms = time_from(AS_TIME, r->last_mark);
    return str_to_i64(mark, &mark_ms) && at_ms != CLOCK_NONE && at_ms < mark_ms - k->overlap_ms;
}

static void walk_back(struct reader *r, const struct connector_cursor *cursor)
{
    struct connector_cursor *next = &r->page.cursor;
    struct str top = cursor->next.n ? cursor->top : r->page.newest;

    *next = *cursor;
    next->top = connector_later(r->c, cursor->mark, top);
    next->next = reached(r, cursor->mark) ? STR_NONE : find_next(r, cursor);
    next->pages = cursor->next.n ? cursor->pages + 1 : 1;
    if (next->next.n && next->pages < CONNECTOR_WALK_MAX) {
        r->page.walk = CONNECTOR_MORE;
        return;
    }
    *next = (struct connector_cursor){.mark = next->top};
}

static void walk_forward(struct reader *r, const struct connector_cursor *cursor)
{
    const struct form_cursor *k = &r->c->cursor;
    struct connector_cursor *next = &r->page.cursor;
    struct str mark = r->page.newest;
    bool moved, full = (int64_t)r->cap >= MAX(k->full, 1);

    if (k->since == SINCE_STORED)
        mark = selector_text(&k->mark, &r->root, &mark) && fits(mark) ? arena_str(r->arena, mark)
                                                                      : STR_NONE;
    moved = k->since == SINCE_STORED ? mark.n && !str_eq(mark, cursor->mark)
                                     : after(r->c, mark, cursor->mark);
    *next = (struct connector_cursor){.mark = moved ? mark : cursor->mark};
    if (k->next != NEXT_NONE)
        next->next = find_next(r, cursor);
    else if (moved && full && (cursor->mark.n || k->since == SINCE_STORED) &&
             !(k->end.n && says(r, &k->end)))
        r->page.walk = CONNECTOR_MORE;
    if (next->next.n)
        r->page.walk = CONNECTOR_MORE;
}

/* --- the answer ------------------------------------------------------------ */

/* An answer without its list means an empty one (several networks leave it out), but a
 * page of another kind must not pass for that: an error's, a login's. */
static bool looks_right(const struct reader *r)
{
    const struct json *root = r->root.value;

    if (root->type != JSON_OBJECT)
        return root->type == JSON_ARRAY;
    return r->page.n_items || !(json_get(root, STR("error")) || json_get(root, STR("errors")));
}

static void read_items(struct reader *r)
{
    size_t n = 0;

    selector_each(&r->c->items, &r->root, count_item, &n);
    r->cap = r->page.n_found = n;
    r->page.mentions = arena_array(r->arena, n + 1, sizeof(*r->page.mentions));
    r->page.gone = arena_array(r->arena, n + 1, sizeof(*r->page.gone));
    selector_each(&r->c->items, &r->root, on_item, r);
    if (newest_comes_first(&r->page))
        turn(r->page.mentions, r->page.n);
    r->page.newest = newest_mark(r);
}

static void reader_done(struct reader *r)
{
    sbuf_done(&r->text);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        map_done(&r->joins[i]);
}

static bool parse(const struct connector_answer *answer, struct arena *arena, struct json **ret)
{
    struct json_error error;

    return json_parse(str_trim(utf8_unmarked(answer->body)), arena, ret, &error) == JSON_OK;
}

enum connector_error connector_read(const struct connector *c,
                                    const struct connector_answer *answer,
                                    const struct connector_cursor *cursor, struct arena *arena,
                                    struct connector_page *ret)
{
    struct reader r = {c, answer, arena, .text = SBUF_INIT(FEED_TEXT_MAX + 1)};
    struct json *root = NULL;

    if (!parse(answer, arena, &root))
        return CONNECTOR_E_JSON;
    r.root.value = root;
    read_items(&r);
    reader_done(&r);
    if (!looks_right(&r))
        return CONNECTOR_E_SHAPE;
    if (c->cursor.order == OLDEST_FIRST)
        walk_forward(&r, cursor);
    else
        walk_back(&r, cursor);
    *ret = r.page;
    return CONNECTOR_OK;
}

/* Types that are not named are none of ours, and their data need not be JSON. */
enum connector_error connector_read_event(const struct connector *c,
                                          const struct connector_answer *answer, struct str type,
                                          struct arena *arena, struct connector_page *ret)
{
    struct reader r = {c, answer, arena, .text = SBUF_INIT(FEED_TEXT_MAX + 1)};
    bool gone = c->gone.event.n && str_eq(type, c->gone.event);
    struct json *root = NULL;

    if (!gone && c->events.n && !listed(&c->events, type)) {
        *ret = r.page;
        return CONNECTOR_OK;
    }
    if (!parse(answer, arena, &root))
        return CONNECTOR_E_JSON;
    r.root.value = root;
    if (gone) {
        r.page.gone = arena_array(arena, 1, sizeof(*r.page.gone));
        note_gone(&r, &r.root);
    } else {
        read_items(&r);
    }
    reader_done(&r);
    if (!gone && !looks_right(&r))
        return CONNECTOR_E_SHAPE;
    *ret = r.page;
    return CONNECTOR_OK;
}

/* --- limits ---------------------------------------------------------------- */

enum { DAY_S = 86400 };

/* The reset header in its three forms: a date, a time since 1970, seconds left. */
static int64_t reset_ms(struct str text, int64_t now_ms)
{
    int64_t at_ms;
    double n;

    if (str_to_double(text, &n) && n >= 0 && n < 1e17)
        at_ms = n < 1e8 ? now_ms + (int64_t)(n * 1000) : by_size(n);
    else if (!clock_parse(text, &at_ms))
        return 0;
    return MIN(MAX(at_ms - now_ms, 0), (int64_t)DAY_S * 1000);
}

int64_t connector_hold_ms(const struct connector *c, const struct connector_answer *answer,
                          struct arena *arena)
{
    double left = 0;
    struct str remaining = answer->headers[CONNECTOR_H_REMAINING], text;
    struct json *root = NULL;
    int64_t hold_ms = 0;
    bool refused = answer->status == 429 || answer->status == 503;

    if (refused || (str_to_double(remaining, &left) && left < 1))
        hold_ms = reset_ms(answer->headers[CONNECTOR_H_RESET], answer->now_ms);
    if (c->limits.backoff.n && parse(answer, arena, &root)) {
        struct selector_place place = {root, NULL};

        if (selector_text(&c->limits.backoff, &place, &text) && str_to_double(text, &left) &&
            left > 0)
            hold_ms = MAX(hold_ms, (int64_t)(MIN(left, (double)DAY_S) * 1000));
    }
    return hold_ms;
}

bool connector_busy(const struct connector *c, const struct connector_answer *answer,
                    struct arena *arena)
{
    struct json *root = NULL;
    double left;

    if (answer->status == 429 || answer->status == 503)
        return true;
    if (answer->status == 403 && str_to_double(answer->headers[CONNECTOR_H_REMAINING], &left) &&
        left < 1)
        return true;
    if (c->limits.busy.n == 0 || !parse(answer, arena, &root))
        return false;
    struct selector_place place = {root, NULL};

    return holds(&c->limits.busy, &place);
}
