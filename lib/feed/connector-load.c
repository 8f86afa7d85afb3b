/* Connector files: YAML to struct connector, every mistake reported. */
#include "lib/feed/connector-form.h"

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/data/yaml.h"
#include "lib/feed/oauth.h"

struct loader {
    struct connector *c;
    struct arena *arena;
    struct diags *diags;
};

/* One key of a map and what reads it; `slot` is what it reads into. */
struct key {
    const char *name;
    void (*read)(struct loader *l, const struct yaml *node, void *slot);
    void *slot;
};

enum { KEYS_MAX = 16 };

static void unknown_key(struct loader *l, const struct yaml *node, const struct key *keys, size_t n,
                        const char *where)
{
    struct str names[KEYS_MAX], near;

    for (size_t i = 0; i < n; i++)
        names[i] = str_of(keys[i].name);
    near = diag_nearest(node->key, names, n);
    diag(l->diags, DIAG_ERROR, node->key_at, "unknown key '%.*s' in %s", STR_ARG(node->key), where);
    if (near.n)
        diag_hint(l->diags, "did you mean '%.*s'?", STR_ARG(near));
    else
        diag_hint(l->diags, "the first one known there is '%s'", keys[0].name);
}

static bool is(struct loader *l, const struct yaml *node, enum yaml_type type, const char *what)
{
    if (node->type == type)
        return true;
    diag(l->diags, DIAG_ERROR, node->at, "%s must be %s, not %s", what, yaml_type_name(type),
         yaml_type_name(node->type));
    return false;
}

static bool read_map(struct loader *l, const struct yaml *map, const struct key *keys, size_t n,
                     const char *where)
{
    if (!is(l, map, YAML_MAP, where))
        return false;
    for (const struct yaml *node = map->first; node; node = node->next) {
        size_t i = 0;

        while (i < n && !str_eq(node->key, str_of(keys[i].name)))
            i++;
        if (i < n && keys[i].read)
            keys[i].read(l, node, keys[i].slot);
        else if (i == n)
            unknown_key(l, node, keys, n, where);
    }
    return true;
}

#define READ_MAP(l, node, keys, where) read_map(l, node, keys, ARRAY_LEN(keys), where)

/* --- scalars --------------------------------------------------------------- */

static void read_text(struct loader *l, const struct yaml *node, void *slot)
{
    if (is(l, node, YAML_SCALAR, "this"))
        *(struct str *)slot = arena_str(l->arena, node->s);
}

static void read_selector(struct loader *l, const struct yaml *node, void *slot)
{
    if (is(l, node, YAML_SCALAR, "a selector") &&
        !selector_parse(node, 0, node->s.n, l->arena, l->diags, slot))
        return; /* told */
}

static void read_count(struct loader *l, const struct yaml *node, void *slot)
{
    int64_t n;

    if (!is(l, node, YAML_SCALAR, "this"))
        return;
    if (!str_to_i64(node->s, &n) || n < 0 || n > 1000000) {
        diag(l->diags, DIAG_ERROR, node->at, "'%.*s' is no number from 0 to 1000000",
             STR_ARG(node->s));
        diag_hint(l->diags, "write digits, as 40");
        return;
    }
    *(int64_t *)slot = n;
}

static void read_duration(struct loader *l, const struct yaml *node, void *slot)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"s", 1000},       {"min", 60000},     {"h", 3600000},
                 {"day", 86400000}, {"days", 86400000}, {"week", 604800000}};
    struct str rest = node->s, number;
    int64_t n;

    if (!is(l, node, YAML_SCALAR, "a duration"))
        return;
    bool two = str_split(&rest, ' ', &number) && str_to_i64(number, &n) && n >= 0 && n < 10000;

    for (size_t i = 0; two && i < ARRAY_LEN(units); i++)
        if (str_eq(str_trim(rest), str_of(units[i].unit))) {
            *(int64_t *)slot = n * units[i].ms;
            return;
        }
    diag(l->diags, DIAG_ERROR, node->at, "'%.*s' is no duration", STR_ARG(node->s));
    diag_hint(l->diags, "write a number and s, min, h, day or week, as 10 min");
}

/* One of several words; *slot gets the index. */
static bool read_word(struct loader *l, const struct yaml *node, const char *const *words, size_t n,
                      int *ret)
{
    struct str names[KEYS_MAX], near;

    if (!is(l, node, YAML_SCALAR, "this"))
        return false;
    for (size_t i = 0; i < n; i++) {
        names[i] = str_of(words[i]);
        if (!str_eq(node->s, names[i]))
            continue;
        *ret = (int)i;
        return true;
    }
    near = diag_nearest(node->s, names, n);
    diag(l->diags, DIAG_ERROR, node->at, "'%.*s' is none of the words known here",
         STR_ARG(node->s));
    diag_hint(l->diags, near.n ? "did you mean '%.*s'?" : "as '%.*s'",
              STR_ARG(near.n ? near : names[0]));
    return false;
}

/* --- with ------------------------------------------------------------------ */

static void read_variable(struct loader *l, const struct yaml *node)
{
    struct connector *c = l->c;
    struct connector_variable *v = &c->with[c->n_with];
    struct key keys[] = {{"about", read_text, &v->about}, {"default", read_text, &v->initial}};

    if (c->n_with == CONNECTOR_WITH_MAX) {
        diag(l->diags, DIAG_ERROR, node->key_at, "more than %d variables", CONNECTOR_WITH_MAX);
        return;
    }
    c->n_with++;
    v->name = arena_str(l->arena, node->key);
    if (node->type == YAML_SCALAR)
        v->about = arena_str(l->arena, node->s);
    else if (READ_MAP(l, node, keys, "a variable") && yaml_get(node, STR("default")))
        v->need = CONNECTOR_OPTIONAL;
}

static void read_with(struct loader *l, const struct yaml *node, void *slot)
{
    (void)slot;
    if (!is(l, node, YAML_MAP, "with"))
        return;
    for (const struct yaml *v = node->first; v; v = v->next)
        read_variable(l, v);
}

/* --- request --------------------------------------------------------------- */

static bool find_variable(struct loader *l, const struct yaml *scalar, struct str name,
                          struct form_part *part)
{
    static const struct {
        const char *name;
        enum form_variable variable;
    } ours[] = {{"credential", FORM_CREDENTIAL},
                {"page", FORM_PAGE},
                {"since", FORM_SINCE},
                {"start", FORM_START}};

    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (str_eq(name, str_of(ours[i].name))) {
            part->variable = ours[i].variable;
            return true;
        }
    for (size_t i = 0; i < l->c->n_with; i++)
        if (str_eq(name, l->c->with[i].name)) {
            part->variable = FORM_WITH;
            part->index = i;
            return true;
        }
    diag(l->diags, DIAG_ERROR,
         yaml_pos_in(scalar, (size_t)(name.p - scalar->s.p), (unsigned)name.n),
         "no variable is named '%.*s'", STR_ARG(name));
    diag_hint(l->diags, "name it under `with`, or use credential, page, since or start");
    return false;
}

static bool read_variable_part(struct loader *l, const struct yaml *scalar, struct str inside,
                               struct form_part *part)
{
    size_t colon = str_find_char(inside, ':', 0);
    struct str filter = str_slice(inside, colon + (colon != SIZE_MAX), inside.n);

    part->kind = PART_VARIABLE;
    if (colon == SIZE_MAX)
        return find_variable(l, scalar, inside, part);
    if (!str_eq(filter, STR("base64"))) {
        diag(l->diags, DIAG_ERROR,
             yaml_pos_in(scalar, (size_t)(filter.p - scalar->s.p), (unsigned)filter.n),
             "'%.*s' is no encoding known here", STR_ARG(filter));
        diag_hint(l->diags, "as {credential:base64}");
        return false;
    }
    part->filter = FILTER_BASE64;
    return find_variable(l, scalar, str_slice(inside, 0, colon), part);
}

/* The next piece of "literal {inside} literal"; false at the end or after a mistake. */
static bool next_piece(struct loader *l, const struct yaml *scalar, size_t *at,
                       struct str *ret_literal, struct str *ret_inside)
{
    size_t open = str_find_char(scalar->s, '{', *at), end;

    if (*at >= scalar->s.n)
        return false;
    *ret_literal = *ret_inside = STR_NONE;
    if (open != *at) {
        *ret_literal = str_slice(scalar->s, *at, open);
        *at = MIN(open, scalar->s.n);
        return true;
    }
    end = str_find_char(scalar->s, '}', open);
    if (end == SIZE_MAX) {
        diag(l->diags, DIAG_ERROR, yaml_pos_in(scalar, open, 1), "'{' without '}'");
        diag_hint(l->diags, "write {name}");
        return false;
    }
    *ret_inside = str_slice(scalar->s, open + 1, end);
    *at = end + 1;
    return true;
}

static void too_many(struct loader *l, const struct yaml *node, int most, const char *what)
{
    diag(l->diags, DIAG_ERROR, node->at, "more than %d %s", most, what);
    diag_hint(l->diags, "no network known needs so many");
}

static void read_form_text(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_text *text = slot;
    struct str literal, inside;
    size_t at = 0;

    if (!is(l, node, YAML_SCALAR, "a template"))
        return;
    text->parts = arena_array(l->arena, FORM_PARTS_MAX, sizeof(*text->parts));
    while (next_piece(l, node, &at, &literal, &inside)) {
        struct form_part *part = &text->parts[text->n];

        if (text->n == FORM_PARTS_MAX) {
            too_many(l, node, FORM_PARTS_MAX, "pieces");
            return;
        }
        part->literal = arena_str(l->arena, literal);
        if (inside.p && !read_variable_part(l, node, inside, part))
            return;
        text->n++;
    }
}

static void read_members(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_members *m = slot;

    if (!is(l, node, YAML_MAP, "this"))
        return;
    m->items = arena_array(l->arena, FORM_MEMBERS_MAX, sizeof(*m->items));
    for (const struct yaml *n = node->first; n; n = n->next) {
        if (m->n == FORM_MEMBERS_MAX) {
            too_many(l, n, FORM_MEMBERS_MAX, "members");
            return;
        }
        m->items[m->n].name = arena_str(l->arena, n->key);
        read_form_text(l, n, &m->items[m->n++].value);
    }
}

static void read_headers(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_members *m = slot;

    read_members(l, node, m);
    if (m->n >= CONNECTOR_HEADERS_MAX) /* Accept is one */
        too_many(l, node, CONNECTOR_HEADERS_MAX - 1, "headers");
}

static void demand_url(struct loader *l, const struct yaml *node, const struct form_request *r)
{
    if (r->url.n)
        return;
    diag(l->diags, DIAG_ERROR, node->at, "%.*s has no url", STR_ARG(node->key));
    diag_hint(l->diags, "as   url: https://api.example/search");
}

static void read_request(struct loader *l, const struct yaml *node)
{
    struct form_request *r = &l->c->request;
    const struct key keys[] = {{"url", read_form_text, &r->url},
                               {"query", read_members, &r->query},
                               {"headers", read_headers, &r->headers}};

    if (READ_MAP(l, node, keys, "request"))
        demand_url(l, node, r);
}

/* Up to FORM_WORDS_MAX of them; one needs no list. */
static void read_words(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_words *words = slot;
    const struct yaml *word = node->type == YAML_LIST ? node->first : node;

    words->items = arena_array(l->arena, FORM_WORDS_MAX, sizeof(*words->items));
    for (; word; word = node->type == YAML_LIST ? word->next : NULL) {
        if (words->n == FORM_WORDS_MAX) {
            too_many(l, word, FORM_WORDS_MAX, "words");
            return;
        }
        read_text(l, word, &words->items[words->n++]);
    }
}

static void read_stream(struct loader *l, const struct yaml *node)
{
    struct form_request *r = &l->c->stream;
    const struct key keys[] = {{"url", read_form_text, &r->url},
                               {"query", read_members, &r->query},
                               {"headers", read_headers, &r->headers},
                               {"events", read_words, &l->c->events}};

    if (READ_MAP(l, node, keys, "stream"))
        demand_url(l, node, r);
}

/* --- tokens ---------------------------------------------------------------- */

static void read_client(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const words[] = {[OAUTH_BASIC] = "basic", [OAUTH_BODY] = "body"};

    (void)read_word(l, node, words, ARRAY_LEN(words), slot); /* told */
}

static void read_grants(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const words[] = {
        [OAUTH_CLIENT_CREDENTIALS] = "client_credentials", [OAUTH_REFRESH_TOKEN] = "refresh_token"};
    const struct yaml *word = node->type == YAML_LIST ? node->first : node;
    unsigned *grants = slot;
    int at;

    for (; word; word = node->type == YAML_LIST ? word->next : NULL)
        if (read_word(l, word, words, ARRAY_LEN(words), &at))
            *grants |= BIT(at);
}

static void read_oauth(struct loader *l, const struct yaml *node)
{
    struct form_oauth *o = &l->c->oauth;
    const struct key keys[] = {{"token", read_form_text, &o->token},
                               {"grant", read_grants, &o->grants},
                               {"client", read_client, &o->client},
                               {"scope", read_text, &o->scope}};

    if (READ_MAP(l, node, keys, "oauth") && (o->token.n == 0 || o->grants == 0)) {
        diag(l->diags, DIAG_ERROR, node->at, "oauth needs `token`, the endpoint, and `grant`");
        diag_hint(l->diags, "as   oauth: {token: https://api.example/token, grant: refresh_token}");
    }
}

/* --- cursor ---------------------------------------------------------------- */

static void read_order(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const words[] = {"newest first", "oldest first"};
    int at;

    if (read_word(l, node, words, ARRAY_LEN(words), &at))
        *(enum form_order *)slot = (enum form_order)at;
}

static void read_clock(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const words[] = {"s", "ms", "iso"};
    int at;

    if (read_word(l, node, words, ARRAY_LEN(words), &at))
        *(enum form_clock *)slot = (enum form_clock)at;
}

/* Which of several keys a map has; they exclude each other. */
static int one_of(struct loader *l, const struct yaml *map, const char *const *names, size_t n)
{
    int found = 0;

    for (size_t i = 0; map->type == YAML_MAP && i < n; i++) {
        const struct yaml *node = yaml_get(map, str_of(names[i]));

        if (node && found) {
            diag(l->diags, DIAG_ERROR, node->key_at, "'%s' beside '%s'", names[i],
                 names[found - 1]);
            diag_hint(l->diags, "keep one of them");
        } else if (node) {
            found = (int)i + 1;
        }
    }
    if (!found && map->type == YAML_MAP) {
        diag(l->diags, DIAG_ERROR, map->at, "one of its keys must say how");
        diag_hint(l->diags, "as   %s: ...", names[0]);
    }
    return found;
}

static void read_next(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const ways[] = {"link", "token", "url", "count", "oldest"};
    struct form_cursor *k = slot;
    const struct key keys[] = {
        {"link", read_text, &k->link},        {"token", read_selector, &k->token},
        {"url", read_selector, &k->token},    {"count", read_count, &k->count_from},
        {"step", read_count, &k->step},       {"last", read_count, &k->last},
        {"oldest", read_selector, &k->token}, {"more", read_selector, &k->more},
    };

    k->next = (enum form_next)one_of(l, node, ways, ARRAY_LEN(ways));
    (void)READ_MAP(l, node, keys, "next"); /* told */
}

static void read_since(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const ways[] = {"id", "time", "stored"};
    struct form_cursor *k = slot;
    const struct key keys[] = {
        {"id", read_selector, &k->mark},
        {"time", read_selector, &k->mark},
        {"stored", read_selector, &k->mark},
        {"as", read_clock, &k->clock},
        {"overlap", read_duration, &k->overlap_ms},
        {"first", read_duration, &k->first_ms},
    };

    k->since = (enum form_since)one_of(l, node, ways, ARRAY_LEN(ways));
    (void)READ_MAP(l, node, keys, "since"); /* told */
}

static void read_cursor(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_cursor *k = slot;
    const struct key keys[] = {{"order", read_order, &k->order},
                               {"next", read_next, k},
                               {"since", read_since, k},
                               {"full", read_count, &k->full},
                               {"end", read_selector, &k->end}};

    (void)READ_MAP(l, node, keys, "cursor"); /* told */
    if (k->since == SINCE_STORED)
        k->order = OLDEST_FIRST;
    if (k->order == OLDEST_FIRST && k->since == SINCE_NONE) {
        diag(l->diags, DIAG_ERROR, node->at,
             "oldest first, and no word where the next poll begins");
        diag_hint(l->diags, "add   since: {id: /id}   or time, or stored");
    }
}

/* --- conditions ------------------------------------------------------------ */

static void read_in(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_condition *c = slot;

    c->kind = CONDITION_IN;
    read_words(l, node, &c->words);
}

static void read_exists(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const words[] = {"yes", "no", "true", "false"};
    struct form_condition *c = slot;
    int at;

    if (read_word(l, node, words, ARRAY_LEN(words), &at))
        c->kind = at % 2 == 0 ? CONDITION_EXISTS : CONDITION_ABSENT;
}

static void read_conditions(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const ways[] = {"eq", "in", "exists"};
    struct form_conditions *list = slot;

    if (!is(l, node, YAML_LIST, "this"))
        return;
    list->items = arena_array(l->arena, FORM_CONDITIONS_MAX, sizeof(*list->items));
    for (const struct yaml *n = node->first; n; n = n->next) {
        struct form_condition *c = &list->items[list->n];
        const struct key keys[] = {{"ptr", read_selector, &c->where},
                                   {"eq", read_in, c},
                                   {"in", read_in, c},
                                   {"exists", read_exists, c}};

        if (list->n == FORM_CONDITIONS_MAX) {
            too_many(l, n, FORM_CONDITIONS_MAX, "conditions");
            return;
        }
        list->n++;
        (void)one_of(l, n, ways, ARRAY_LEN(ways)); /* told */
        if (READ_MAP(l, n, keys, "a condition") && !yaml_get(n, STR("ptr"))) {
            diag(l->diags, DIAG_ERROR, n->at, "a condition needs `ptr`");
            diag_hint(l->diags, "as   {ptr: /type, eq: mention}");
        }
    }
}

static void read_limits(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_limits *m = slot;
    const struct key keys[] = {{"remaining", read_text, &m->remaining},
                               {"reset", read_text, &m->reset},
                               {"backoff", read_selector, &m->backoff},
                               {"busy", read_conditions, &m->busy}};

    (void)READ_MAP(l, node, keys, "limits"); /* told */
}

/* --- fields ---------------------------------------------------------------- */

static void read_as(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const words[] = {
        [AS_TEXT] = "text",       [AS_HTML] = "html",         [AS_ENTITIES] = "entities",
        [AS_LOWER] = "lower",     [AS_INT] = "int",           [AS_TIME] = "time",
        [AS_EPOCH_S] = "epoch_s", [AS_EPOCH_MS] = "epoch_ms", [AS_EPOCH_US] = "epoch_us"};
    struct form_field *f = slot;
    int at;

    if (read_word(l, node, words, ARRAY_LEN(words), &at))
        f->as = (enum form_as)at;
}

static void read_ptr(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_field *f = slot;

    f->pieces = arena_array(l->arena, 1, sizeof(*f->pieces));
    f->n = 1;
    read_selector(l, node, &f->pieces[0].selector);
}

static void read_template(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_field *f = slot;
    struct str literal, inside;
    size_t at = 0;

    if (!is(l, node, YAML_SCALAR, "a template"))
        return;
    f->kind = FIELD_TEMPLATE;
    f->pieces = arena_array(l->arena, FORM_PARTS_MAX, sizeof(*f->pieces));
    while (next_piece(l, node, &at, &literal, &inside)) {
        struct form_piece *piece = &f->pieces[f->n];
        size_t from = inside.p ? (size_t)(inside.p - node->s.p) : 0;

        if (f->n == FORM_PARTS_MAX) {
            too_many(l, node, FORM_PARTS_MAX, "pieces");
            return;
        }
        f->n++;
        piece->literal = arena_str(l->arena, literal);
        if (inside.p &&
            !selector_parse(node, from, from + inside.n, l->arena, l->diags, &piece->selector))
            return;
    }
}

static void read_join(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_join *j = slot;
    const struct key keys[] = {{"list", read_selector, &j->list},
                               {"key", read_selector, &j->key},
                               {"on", read_selector, &j->on}};

    if (READ_MAP(l, node, keys, "join") && (!j->list.n || !j->key.n || !j->on.n)) {
        diag(l->diags, DIAG_ERROR, node->at, "a join needs `list`, `key` and `on`");
        diag_hint(l->diags, "as   {list: /includes/users/*, key: /id, on: /author_id}");
    }
}

static void read_field(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const ways[] = {"ptr", "template"};
    struct form_field *f = slot;
    const struct key keys[] = {{"ptr", read_ptr, f},
                               {"template", read_template, f},
                               {"as", read_as, f},
                               {"join", read_join, &f->join}};

    if (node->type == YAML_SCALAR) {
        read_ptr(l, node, f);
        return;
    }
    (void)one_of(l, node, ways, ARRAY_LEN(ways)); /* told */
    (void)READ_MAP(l, node, keys, "a field");     /* idem */
}

static void read_gone(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_gone *g = slot;
    struct form_field *id = &l->c->fields[FIELD_GONE];
    const struct key keys[] = {{"event", read_text, &g->event},
                               {"where", read_conditions, &g->where},
                               {"id", read_field, id}};

    if (READ_MAP(l, node, keys, "gone") && (!id->n || (!g->event.n && !g->where.n))) {
        diag(l->diags, DIAG_ERROR, node->at, "gone needs `id`, and `event` or `where`");
        diag_hint(l->diags, "as   gone: {event: delete, id: /id}");
    }
}

static void read_fields(struct loader *l, const struct yaml *node, void *slot)
{
    struct form_field *f = l->c->fields;
    const struct key keys[] = {
        {"id", read_field, &f[FIELD_ID]},
        {"url", read_field, &f[FIELD_URL]},
        {"title", read_field, &f[FIELD_TITLE]},
        {"text", read_field, &f[FIELD_TEXT]},
        {"author", read_field, &f[FIELD_AUTHOR]},
        {"lang", read_field, &f[FIELD_LANG]},
        {"reply_to", read_field, &f[FIELD_REPLY_TO]},
        {"published", read_field, &f[FIELD_PUBLISHED]},
        {"updated", read_field, &f[FIELD_UPDATED]},
        {"reach", read_field, &f[FIELD_REACH]},
    };

    (void)slot;
    f[FIELD_PUBLISHED].as = f[FIELD_UPDATED].as = AS_TIME;
    f[FIELD_REACH].as = AS_INT;
    if (!READ_MAP(l, node, keys, "fields"))
        return;
    if (f[FIELD_TEXT].n == 0) {
        diag(l->diags, DIAG_ERROR, node->at, "fields must say where the text is");
        diag_hint(l->diags, "as   text: /message");
    }
}

/* --- the file -------------------------------------------------------------- */

static bool names(const struct form_text *t, enum form_variable variable)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->parts[i].kind == PART_VARIABLE && t->parts[i].variable == variable)
            return true;
    return false;
}

static bool any_names(const struct form_members *m, enum form_variable variable)
{
    for (size_t i = 0; i < m->n; i++)
        if (names(&m->items[i].value, variable))
            return true;
    return false;
}

static bool request_names(const struct form_request *r, enum form_variable variable)
{
    return names(&r->url, variable) || any_names(&r->query, variable) ||
           any_names(&r->headers, variable);
}

static void read_credential(struct loader *l, const struct yaml *node, void *slot)
{
    static const char *const words[] = {"optional", "required"};
    int at;

    if (read_word(l, node, words, ARRAY_LEN(words), &at))
        *(enum connector_credential *)slot =
            at ? CONNECTOR_CREDENTIAL_REQUIRED : CONNECTOR_CREDENTIAL_OPTIONAL;
}

static void demand(struct loader *l, const struct yaml *top, const char *key, const char *hint)
{
    if (yaml_get(top, str_of(key)))
        return;
    diag(l->diags, DIAG_ERROR, top->at, "a connector needs `%s`", key);
    diag_hint(l->diags, "%s", hint);
}

/* What is said in one place and must be used in another. */
static void check_use(struct loader *l, const struct yaml *top)
{
    const struct connector *c = l->c;
    const struct yaml *cursor = yaml_get(top, STR("cursor"));
    bool paged = c->cursor.next == NEXT_TOKEN || c->cursor.next == NEXT_COUNT ||
                 c->cursor.next == NEXT_OLDEST;
    bool shown =
        request_names(&c->request, FORM_CREDENTIAL) || request_names(&c->stream, FORM_CREDENTIAL);

    if (c->request.url.n == 0 && cursor) {
        diag(l->diags, DIAG_ERROR, cursor->key_at, "a cursor, but no request");
        diag_hint(l->diags, "pushed bodies come as they come: drop it, or add a request");
    }
    if (c->request.url.n && paged && !request_names(&c->request, FORM_PAGE)) {
        diag(l->diags, DIAG_ERROR, cursor->key_at, "nothing in the request names {page}");
        diag_hint(l->diags, "as   query: {cursor: \"{page}\"}");
    }
    if ((c->request.url.n || c->stream.url.n) && c->credential != CONNECTOR_CREDENTIAL_UNUSED &&
        !shown) {
        diag(l->diags, DIAG_ERROR, top->at, "nothing in the request names {credential}");
        diag_hint(l->diags, "as   headers: {Authorization: \"Bearer {credential}\"}");
    }
    if (c->oauth.token.n && c->credential == CONNECTOR_CREDENTIAL_UNUSED) {
        diag(l->diags, DIAG_ERROR, yaml_get(top, STR("oauth"))->key_at,
             "oauth, but no credential to exchange");
        diag_hint(l->diags, "say   credential: required");
    }
    if (c->credential == CONNECTOR_CREDENTIAL_UNUSED && shown) {
        diag(l->diags, DIAG_ERROR, top->at, "the request names {credential}");
        diag_hint(l->diags, "say   credential: required   or optional");
    }
}

static void read_top(struct loader *l, const struct yaml *top)
{
    struct connector *c = l->c;
    struct str version = STR_NONE;
    const struct key before[] = {{"connector", read_text, &version},
                                 {"about", read_text, &c->about},
                                 {"docs", read_text, &c->docs},
                                 {"credential", read_credential, &c->credential},
                                 {"with", read_with, NULL}, /* before what names them */
                                 {"request", NULL, NULL},
                                 {"stream", NULL, NULL},
                                 {"oauth", NULL, NULL},
                                 {"gone", read_gone, &c->gone},
                                 {"cursor", read_cursor, &c->cursor},
                                 {"limits", read_limits, &c->limits},
                                 {"items", read_selector, &c->items},
                                 {"where", read_conditions, &c->where},
                                 {"fields", read_fields, NULL}};
    const struct yaml *request = yaml_get(top, STR("request"));
    const struct yaml *stream = yaml_get(top, STR("stream"));
    const struct yaml *oauth = yaml_get(top, STR("oauth"));

    c->cursor.count_from = c->cursor.step = 1;
    c->cursor.first_ms = 86400000;
    if (!READ_MAP(l, top, before, "a connector"))
        return;
    if (request)
        read_request(l, request);
    if (stream)
        read_stream(l, stream);
    if (oauth)
        read_oauth(l, oauth);
    demand(l, top, "connector", "the file begins with   connector: 1");
    demand(l, top, "items", "as   items: /data/*");
    demand(l, top, "fields", "as   fields: {id: /id, text: /message}");
    if (version.n && !str_eq(version, STR("1"))) {
        diag(l->diags, DIAG_ERROR, top->first->at, "this couac reads version 1 of connectors");
        diag_hint(l->diags, "write   connector: 1");
    }
    check_use(l, top);
}

struct connector *connector_load(struct str file, struct str text, struct arena *arena,
                                 struct diags *diags)
{
    struct connector *c = ARENA_NEW(arena, struct connector);
    struct loader l = {c, arena, diags};
    struct arena *scratch = arena_new(0);
    size_t errors = diags->n_errors;

    diags_source(diags, file, text);
    struct yaml *top = yaml_parse(file, text, scratch, diags);

    c->file = arena_str(arena, file);
    if (top && top->type == YAML_MAP)
        read_top(&l, top);
    else if (top)
        (void)is(&l, top, YAML_MAP, "a connector"); /* tells */
    arena_free(scratch);
    return diags->n_errors > errors ? NULL : c;
}
