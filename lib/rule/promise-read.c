#include "lib/rule/promise-read.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/rule/ruleset.h"

static const struct str promise_keys[] = {
    {"says", 4},  {"owner", 5},     {"about", 5},  {"against", 7}, {"source", 6},   {"valid", 5},
    {"limit", 5}, {"complaint", 9}, {"unless", 6}, {"kept", 4},    {"ours", 4},     {"severity", 8},
    {"after", 5}, {"answer", 6},    {"status", 6}, {"only", 4},    {"examples", 8},
};
static const struct str default_keys[] = {
    {"owner", 5}, {"unless", 6}, {"only", 4}, {"severity", 8}};

struct context {
    struct value_reader *r;
    const struct ruleset *set;
    struct promise *promise;
};

const struct owner *promise_find_owner(struct value_reader *r, const struct ruleset *set,
                                       const struct yaml *node)
{
    if (!value_is(r, node, YAML_SCALAR, "an owner's name"))
        return NULL;
    struct str *ids = arena_array(r->arena, set->n_owners, sizeof(*ids));

    for (size_t i = 0; i < set->n_owners; i++) {
        ids[i] = set->owners[i].id;
        if (str_eq(ids[i], node->s))
            return &set->owners[i];
    }
    struct str near = diag_nearest(node->s, ids, set->n_owners);

    value_error(r, node, "no owner is named '%.*s'", STR_ARG(node->s));
    if (near.n)
        diag_hint(r->diags, "did you mean '%.*s'?", STR_ARG(near));
    else
        diag_hint(r->diags, "define it: owners: {%.*s: {contact: name@example.org}}",
                  STR_ARG(node->s));
    return NULL;
}

static void read_says(struct context *c, const struct yaml *node)
{
    (void)value_text(c->r, node, "'says'", &c->promise->says); /* reported */
}

static void read_source(struct context *c, const struct yaml *node)
{
    (void)value_text(c->r, node, "'source'", &c->promise->source); /* reported */
}

static void read_owner_key(struct context *c, const struct yaml *node)
{
    c->promise->owner = promise_find_owner(c->r, c->set, node);
}

static void read_valid(struct context *c, const struct yaml *node)
{
    (void)value_period(c->r, node, &c->promise->valid_from_s,
                       &c->promise->valid_to_s); /* reported */
}

static void read_limit(struct context *c, const struct yaml *node)
{
    (void)value_limit(c->r, node, &c->promise->limit); /* reported */
}

static void read_about(struct context *c, const struct yaml *node)
{
    (void)value_slot(c->r, node, "'about'", &c->promise->about); /* reported */
    for (uint32_t i = 0; i < c->promise->about.n; i++) {
        if (c->promise->about.phrases[i].regex.n == 0)
            continue;
        diag(c->r->diags, DIAG_ERROR, c->promise->about.phrases[i].at,
             "a /regex/ may not stand in 'about'");
        diag_hint(c->r->diags, "'about' is looked up word by word in every post; write words "
                               "here and the regex in 'against' or 'complaint'");
    }
}

static void read_against(struct context *c, const struct yaml *node)
{
    (void)value_slot(c->r, node, "'against'", &c->promise->against); /* reported */
}

static void read_complaint(struct context *c, const struct yaml *node)
{
    (void)value_slot(c->r, node, "'complaint'", &c->promise->complaint); /* reported */
}

static void read_unless(struct context *c, const struct yaml *node)
{
    (void)value_slot(c->r, node, "'unless'", &c->promise->unless); /* reported */
}

static void read_kept(struct context *c, const struct yaml *node)
{
    (void)value_slot(c->r, node, "'kept'", &c->promise->kept); /* reported */
}

static void read_ours(struct context *c, const struct yaml *node)
{
    (void)value_slot(c->r, node, "'ours'", &c->promise->ours); /* reported */
}

static void bad_level(struct context *c, const struct yaml *node)
{
    value_error(c->r, node, "'%.*s' is no severity", STR_ARG(node->s));
    diag_hint(c->r->diags, "levels are low, medium, high and critical");
}

static void read_severity(struct context *c, const struct yaml *node)
{
    static const struct str keys[] = {{"high", 4}, {"critical", 8}};
    struct promise *p = c->promise;
    size_t n = 0;

    if (node->type == YAML_SCALAR) {
        if (!severity_parse(node->s, &p->severity))
            bad_level(c, node);
        return;
    }
    if (!value_is(c->r, node, YAML_MAP, "'severity'"))
        return;
    for (const struct yaml *it = node->first; it; it = it->next)
        n += it->type == YAML_SCALAR ? 1 : it->n;
    p->triggers = arena_array(c->r->arena, n, sizeof(*p->triggers));
    for (const struct yaml *it = node->first; it; it = it->next) {
        enum severity level;

        if (!severity_parse(it->key, &level) || level < SEVERITY_HIGH) {
            value_unknown_key(c->r, it, "'severity'", keys, ARRAY_LEN(keys));
            continue;
        }
        const struct yaml *one = it->type == YAML_LIST ? it->first : it;

        for (; one; one = it->type == YAML_LIST ? one->next : NULL)
            if (value_trigger(c->r, one, level, &p->triggers[p->n_triggers]))
                p->n_triggers++;
    }
}

static void read_after(struct context *c, const struct yaml *node)
{
    size_t errors = c->r->diags->n_errors;
    bool authors;

    if (!value_is(c->r, node, YAML_SCALAR, "'after'"))
        return;
    if (value_rate(c->r, node, &c->promise->after.count, &authors, &c->promise->after.within_s)) {
        c->promise->after.of = authors ? AFTER_AUTHORS : AFTER_MENTIONS;
    } else if (c->r->diags->n_errors == errors) {
        value_error(c->r, node, "'after' does not say how many and in what time");
        diag_hint(c->r->diags, "write: after: 2 authors in 6 h, or 3 mentions in 1 day");
    }
}

static void read_answer(struct context *c, const struct yaml *node)
{
    if (!value_is(c->r, node, YAML_SCALAR, "'answer'"))
        return;
    if (!str_starts(node->s, STR("within "))) {
        value_error(c->r, node, "'answer' starts with 'within'");
        diag_hint(c->r->diags, "for example: answer: within 4 h");
        return;
    }
    (void)value_duration(c->r, node, 7, node->s.n, &c->promise->answer_s); /* reported */
}

static void read_status(struct context *c, const struct yaml *node)
{
    static const struct str names[] = {
        [PROMISE_LIVE] = {"live", 4}, [PROMISE_DRAFT] = {"draft", 5}, [PROMISE_OFF] = {"off", 3}};

    if (!value_is(c->r, node, YAML_SCALAR, "'status'"))
        return;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(node->s, names[i])) {
            c->promise->status = (enum promise_status)i;
            return;
        }
    value_error(c->r, node, "'%.*s' is no status", STR_ARG(node->s));
    diag_hint(c->r->diags, "write live, draft (judged, alerts go to the shadow stream) or off");
}

static void read_only_languages(struct context *c, const struct yaml *node)
{
    struct str *tags;
    uint32_t n;

    if (!value_texts(c->r, node, "a language", &tags, &n))
        return;
    for (uint32_t i = 0; i < n; i++) {
        enum lang lang = lang_from_tag(tags[i]);

        if (lang == LANG_UNKNOWN) {
            value_error(c->r, node, "couac does not know the language '%.*s'", STR_ARG(tags[i]));
            diag_hint(c->r->diags, "languages are en, fr and es");
            continue;
        }
        c->promise->only_languages |= BIT(lang);
    }
}

static void read_only(struct context *c, const struct yaml *node)
{
    static const struct str keys[] = {{"sources", 7}, {"languages", 9}};

    if (!value_is(c->r, node, YAML_MAP, "'only'"))
        return;
    for (const struct yaml *it = node->first; it; it = it->next) {
        if (str_eq(it->key, STR("sources")))
            (void)value_texts(c->r, it, "a source", &c->promise->only_sources,
                              &c->promise->n_only_sources); /* reported */
        else if (str_eq(it->key, STR("languages")))
            read_only_languages(c, it);
        else
            value_unknown_key(c->r, it, "'only'", keys, ARRAY_LEN(keys));
    }
}

static void read_example_severity(struct context *c, const struct yaml *node, struct example *e)
{
    enum severity level;

    if (!severity_parse(node->s, &level))
        bad_level(c, node);
    else
        e->severity = (int)level;
}

static void bad_reach(struct value_reader *r, const struct yaml *node)
{
    value_error(r, node, "'reach' is a whole number of people");
    diag_hint(r->diags, "for example: reach: 12000");
}

/* "yes" and "no" of people, true and false of what writes YAML for them. */
static void read_todo(struct context *c, const struct yaml *node, struct example *e)
{
    bool yes = str_eq(node->s, STR("yes")) || str_eq(node->s, STR("true"));

    e->due = yes ? EXAMPLE_TODO : EXAMPLE_DUE;
    if (yes || str_eq(node->s, STR("no")) || str_eq(node->s, STR("false")))
        return;
    value_error(c->r, node, "'todo' is yes or no, not '%.*s'", STR_ARG(node->s));
    diag_hint(c->r->diags, "todo: yes marks an example that is known to fail for now");
}

static void read_example_key(struct context *c, const struct yaml *it, struct example *e)
{
    static const struct str keys[] = {
        {"text", 4}, {"title", 5}, {"published", 9}, {"author", 6},   {"source", 6},
        {"lang", 4}, {"reach", 5}, {"severity", 8},  {"measured", 8}, {"todo", 4}};
    struct mention *m = &e->mention;
    struct value_reader *r = c->r;

    if (it->type != YAML_SCALAR)
        (void)value_is(r, it, YAML_SCALAR, "a value of an example"); /* reported */
    else if (str_eq(it->key, STR("text")))
        m->text = arena_str(r->arena, it->s);
    else if (str_eq(it->key, STR("title")))
        m->title = arena_str(r->arena, it->s);
    else if (str_eq(it->key, STR("author")))
        m->author = arena_str(r->arena, it->s);
    else if (str_eq(it->key, STR("source")))
        m->source = arena_str(r->arena, it->s);
    else if (str_eq(it->key, STR("lang")))
        m->lang = arena_str(r->arena, it->s);
    else if (str_eq(it->key, STR("published")))
        (void)value_time(r, it, &m->published_ms); /* reported */
    else if (str_eq(it->key, STR("reach")) && !str_to_i64(it->s, &m->reach))
        bad_reach(r, it);
    else if (str_eq(it->key, STR("severity")))
        read_example_severity(c, it, e);
    else if (str_eq(it->key, STR("measured"))) {
        e->measured = arena_str(r->arena, it->s);
        (void)value_quantity(r, it, 0, it->s.n, &e->measured_q); /* reported */
    } else if (str_eq(it->key, STR("todo")))
        read_todo(c, it, e);
    else if (!str_eq(it->key, STR("reach")))
        value_unknown_key(r, it, "an example", keys, ARRAY_LEN(keys));
}

static void read_example(struct context *c, const struct yaml *node, struct example *e)
{
    e->mention = MENTION_INIT;
    e->severity = -1;
    e->at = node->at;
    if (node->type == YAML_SCALAR)
        e->mention.text = arena_str(c->r->arena, node->s);
    else if (value_is(c->r, node, YAML_MAP, "an example"))
        for (const struct yaml *it = node->first; it; it = it->next)
            read_example_key(c, it, e);
    if (e->mention.text.n == 0 && e->mention.title.n == 0) {
        value_error(c->r, node, "an example without a text shows nothing");
        diag_hint(c->r->diags, "write text: and what the post says");
    }
}

static void read_examples(struct context *c, const struct yaml *node)
{
    static const struct str keys[] = {{"alert", 5}, {"ignore", 6}};
    struct promise *p = c->promise;
    size_t n = 0;

    if (!value_is(c->r, node, YAML_MAP, "'examples'"))
        return;
    for (const struct yaml *it = node->first; it; it = it->next)
        n += it->n;
    p->examples = arena_array(c->r->arena, n, sizeof(*p->examples));
    for (const struct yaml *it = node->first; it; it = it->next) {
        bool alert = str_eq(it->key, STR("alert"));

        if (!alert && !str_eq(it->key, STR("ignore"))) {
            value_unknown_key(c->r, it, "'examples'", keys, ARRAY_LEN(keys));
            continue;
        }
        if (!value_is(c->r, it, YAML_LIST, "a group of examples"))
            continue;
        for (const struct yaml *one = it->first; one; one = one->next) {
            p->examples[p->n_examples].want = alert ? EXAMPLE_ALERT : EXAMPLE_IGNORE;
            read_example(c, one, &p->examples[p->n_examples++]);
        }
    }
}

typedef void reader_of_key(struct context *c, const struct yaml *node);

/* In the order of promise_keys. */
static reader_of_key *const readers[] = {
    read_says,  read_owner_key, read_about,  read_against, read_source,   read_valid,
    read_limit, read_complaint, read_unless, read_kept,    read_ours,     read_severity,
    read_after, read_answer,    read_status, read_only,    read_examples,
};
_Static_assert(ARRAY_LEN(readers) == ARRAY_LEN(promise_keys), "a reader for each key");

static void read_key(struct context *c, const struct yaml *node, const char *where)
{
    for (size_t i = 0; i < ARRAY_LEN(promise_keys); i++)
        if (str_eq(node->key, promise_keys[i])) {
            readers[i](c, node);
            return;
        }
    value_unknown_key(c->r, node, where, promise_keys, ARRAY_LEN(promise_keys));
}

/* A list is added to the promise's own, another value used where it has none. */
static void read_defaults(struct context *c, const struct yaml *node, const struct yaml *defaults)
{
    for (const struct yaml *it = defaults ? defaults->first : NULL; it; it = it->next) {
        if (str_eq(it->key, STR("unless")))
            read_unless(c, it);
        else if (!yaml_get(node, it->key))
            read_key(c, it, "'defaults'");
    }
}

void promise_check_defaults(struct value_reader *r, const struct yaml *defaults)
{
    for (const struct yaml *it = defaults->first; it; it = it->next) {
        bool known = false;

        for (size_t i = 0; i < ARRAY_LEN(default_keys); i++)
            known = known || str_eq(it->key, default_keys[i]);
        if (!known)
            value_unknown_key(r, it, "'defaults'", default_keys, ARRAY_LEN(default_keys));
    }
}

static void check_required(struct context *c, const struct yaml *node)
{
    const struct {
        const char *key, *why;
        bool there;
    } required[] = {
        {"says", "the public wording, shown in alerts", yaml_get(node, STR("says")) != NULL},
        {"owner", "who must hear of it; may stand under 'defaults'",
         c->promise->owner || yaml_get(node, STR("owner"))},
        {"about", "the words that name the topic", yaml_get(node, STR("about")) != NULL},
        {"against", "the words that break the promise", yaml_get(node, STR("against")) != NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(required); i++) {
        if (required[i].there)
            continue;
        diag(c->r->diags, DIAG_ERROR, node->key_at, "promise '%.*s' has no '%s'",
             STR_ARG(node->key), required[i].key);
        diag_hint(c->r->diags, "add it: %s", required[i].why);
    }
}

void promise_read(struct value_reader *r, const struct ruleset *set, const struct yaml *node,
                  const struct yaml *defaults, struct promise *ret)
{
    struct context c = {r, set, ret};
    char where[100];

    *ret = (struct promise){
        .id = arena_str(r->arena, node->key),
        .valid_from_s = INT64_MIN,
        .valid_to_s = INT64_MAX,
        .severity = SEVERITY_MEDIUM,
        .at = node->key_at,
    };
    if (!value_is(r, node, YAML_MAP, "a promise"))
        return;
    (void)snprintf(where, sizeof(where), "promise '%.*s'", STR_ARG(node->key)); /* may be cut */
    for (const struct yaml *it = node->first; it; it = it->next)
        read_key(&c, it, where);
    read_defaults(&c, node, defaults && defaults->type == YAML_MAP ? defaults : NULL);
    check_required(&c, node);
}

static void check_paused_ids(struct value_reader *r, const struct ruleset *set,
                             const struct yaml *node, const struct pause *pause)
{
    struct str *ids = arena_array(r->arena, set->n_promises, sizeof(*ids));

    for (size_t i = 0; i < set->n_promises; i++)
        ids[i] = set->promises[i].id;
    for (uint32_t i = 0; i < pause->n_promises; i++) {
        bool known = str_eq(pause->promises[i], STR("*"));

        for (size_t j = 0; j < set->n_promises && !known; j++)
            known = str_eq(ids[j], pause->promises[i]);
        if (known)
            continue;
        struct str near = diag_nearest(pause->promises[i], ids, set->n_promises);

        value_error(r, node, "no promise is named '%.*s'", STR_ARG(pause->promises[i]));
        if (near.n)
            diag_hint(r->diags, "did you mean '%.*s'?", STR_ARG(near));
    }
}

bool promise_read_pause(struct value_reader *r, const struct ruleset *set, const struct yaml *node,
                        struct pause *ret)
{
    static const struct str keys[] = {{"promises", 8}, {"from", 4}, {"until", 5}, {"because", 7}};
    struct pause pause = {.from_s = INT64_MIN, .until_s = INT64_MAX, .at = node->at};
    size_t errors = r->diags->n_errors;
    int64_t ms;

    if (!value_is(r, node, YAML_MAP, "a pause"))
        return false;
    for (const struct yaml *it = node->first; it; it = it->next) {
        if (str_eq(it->key, STR("promises"))) {
            if (value_texts(r, it, "'promises'", &pause.promises, &pause.n_promises))
                check_paused_ids(r, set, it, &pause);
        } else if (str_eq(it->key, STR("from"))) {
            if (value_time(r, it, &ms))
                pause.from_s = ms / 1000;
        } else if (str_eq(it->key, STR("until"))) {
            if (value_time(r, it, &ms))
                pause.until_s = ms / 1000;
        } else if (str_eq(it->key, STR("because"))) {
            (void)value_text(r, it, "'because'", &pause.because); /* reported */
        } else {
            value_unknown_key(r, it, "a pause", keys, ARRAY_LEN(keys));
        }
    }
    static const char *const why[] = {
        "say which, or '*'", "", "a pause without an end is forgotten", "the next reader will ask"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (i == 1 || yaml_get(node, keys[i])) /* 'from' may be left out */
            continue;
        value_error(r, node, "a pause needs '%.*s'", STR_ARG(keys[i]));
        diag_hint(r->diags, "%s", why[i]);
    }
    if (r->diags->n_errors > errors)
        return false;
    *ret = pause;
    return true;
}
