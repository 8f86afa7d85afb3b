#include "lib/rule/value.h"

#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"

enum { DAY_S = 86400 };

void value_unknown_key(struct value_reader *r, const struct yaml *member, const char *where,
                       const struct str *known, size_t n_known)
{
    struct str near = diag_nearest(member->key, known, n_known);
    struct pos at = member->key_at;

    at.width = (unsigned)utf8_count(member->key);
    diag(r->diags, DIAG_ERROR, at, "unknown key '%.*s' in %s", STR_ARG(member->key), where);
    if (near.n) {
        diag_hint(r->diags, "did you mean '%.*s'?", STR_ARG(near));
        return;
    }
    struct sbuf list = SBUF_INIT(1000);

    for (size_t i = 0; i < n_known; i++)
        sbuf_printf(&list, "%s%.*s", i ? ", " : "", STR_ARG(known[i]));
    diag_hint(r->diags, "keys here are: %s", sbuf_cstr(&list));
    sbuf_done(&list);
}

bool value_is(struct value_reader *r, const struct yaml *node, enum yaml_type type,
              const char *what)
{
    static const char *const ways[] = {
        [YAML_SCALAR] = "write one text; put quotes around one that begins with [ or {",
        [YAML_LIST] = "write each item on a line of its own, behind a dash and a space",
        [YAML_MAP] = "write key: value, one on each line and all indented alike"};

    if (node->type == type)
        return true;
    value_error(r, node, "%s must be %s, not %s", what, yaml_type_name(type),
                yaml_type_name(node->type));
    diag_hint(r->diags, "%s", ways[type]);
    return false;
}

bool value_text(struct value_reader *r, const struct yaml *node, const char *what, struct str *ret)
{
    if (!value_is(r, node, YAML_SCALAR, what))
        return false;
    if (str_trim(node->s).n == 0) {
        value_error(r, node, "%s is empty", what);
        diag_hint(r->diags, "write it, or remove the key");
        return false;
    }
    *ret = arena_str(r->arena, str_trim(node->s));
    return true;
}

bool value_id(struct value_reader *r, struct pos at, struct str id, const char *what)
{
    bool good = id.n > 0 && id.n <= 64;

    for (size_t i = 0; i < id.n; i++)
        good = good && ((id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= '0' && id.p[i] <= '9') ||
                        id.p[i] == '-');
    if (good)
        return true;
    at.width = (unsigned)utf8_count(id);
    diag(r->diags, DIAG_ERROR, at, "'%.*s' cannot be the name of %s", STR_ARG(id), what);
    diag_hint(r->diags, "names are made of a-z, 0-9 and '-', at most 64 characters");
    return false;
}

bool value_texts(struct value_reader *r, const struct yaml *node, const char *what,
                 struct str **ret, uint32_t *ret_n)
{
    bool list = node->type == YAML_LIST;
    struct str *texts = arena_array(r->arena, list ? node->n : 1, sizeof(*texts));
    uint32_t n = 0;
    bool ok = true;

    if (!list) {
        ok = value_text(r, node, what, &texts[0]);
        n = 1;
    }
    for (const struct yaml *it = list ? node->first : NULL; it; it = it->next)
        ok = value_text(r, it, what, &texts[n++]) && ok;
    if (ok) {
        *ret = texts;
        *ret_n = n;
    }
    return ok;
}

static size_t count_phrases(const struct yaml *node)
{
    size_t n = 0;

    if (node->type == YAML_SCALAR)
        return 1;
    for (const struct yaml *it = node->first; it; it = it->next)
        n += it->type == YAML_SCALAR ? 1 : count_phrases(it);
    return n;
}

static bool add_phrases(struct value_reader *r, const struct yaml *node, enum lang lang,
                        const char *what, struct slot *slot)
{
    bool ok = true;

    if (node->type == YAML_SCALAR) {
        ok = phrase_parse(&r->phrases, node, lang, &slot->phrases[slot->n]);
        slot->n += ok;
        return ok;
    }
    for (const struct yaml *it = node->first; it; it = it->next) {
        if (it->type != YAML_SCALAR) {
            value_error(r, it, "a phrase of %s must be a text, not %s", what,
                        yaml_type_name(it->type));
            diag_hint(r->diags, "put quotes around a phrase that holds ': ' or starts with [ or {");
            ok = false;
            continue;
        }
        ok = add_phrases(r, it, lang, what, slot) && ok;
    }
    return ok;
}

static bool add_languages(struct value_reader *r, const struct yaml *node, const char *what,
                          struct slot *slot)
{
    static const struct str known[] = {{"fr", 2}, {"en", 2}, {"es", 2}, {"any", 3}};
    bool ok = true;

    for (const struct yaml *it = node->first; it; it = it->next) {
        enum lang lang = it->key.n == 2 ? lang_from_tag(it->key) : LANG_UNKNOWN;

        if (lang == LANG_UNKNOWN && !str_eq(it->key, STR("any"))) {
            char where[80];

            (void)snprintf(where, sizeof(where), "the phrases of %s", what);
            value_unknown_key(r, it, where, known, ARRAY_LEN(known));
            ok = false;
        } else if (it->type == YAML_MAP) {
            ok = value_is(r, it, YAML_LIST, what);
        } else {
            ok = add_phrases(r, it, lang, what, slot) && ok;
        }
    }
    return ok;
}

bool value_slot(struct value_reader *r, const struct yaml *node, const char *what,
                struct slot *slot)
{
    size_t more = count_phrases(node);
    struct phrase *phrases = arena_array(r->arena, slot->n + more, sizeof(*phrases));

    if (slot->n)
        memcpy(phrases, slot->phrases, slot->n * sizeof(*phrases));
    else
        slot->at = node->at;
    slot->phrases = phrases;
    if (node->type == YAML_MAP)
        return add_languages(r, node, what, slot);
    return add_phrases(r, node, LANG_UNKNOWN, what, slot);
}

/* The trailing word of `text`, where an unknown unit would stand. */
static struct str last_word(struct str text)
{
    size_t at = text.n;

    while (at > 0 && text.p[at - 1] != ' ' && !(text.p[at - 1] >= '0' && text.p[at - 1] <= '9'))
        at--;
    return str_slice(text, at, text.n);
}

bool value_quantity(struct value_reader *r, const struct yaml *scalar, size_t from, size_t to,
                    struct quantity *ret)
{
    struct str text = str_trim(str_slice(scalar->s, from, to));

    if (text.n && quantity_parse(text, ret))
        return true;
    struct str unit = last_word(text);
    const struct str *units;
    size_t n_units = quantity_unit_words(&units);
    struct str near = diag_nearest(unit, units, n_units);
    size_t offset = unit.n ? (size_t)(unit.p - scalar->s.p) : MIN(from, scalar->s.n);

    if (unit.n && unit.n < text.n)
        diag(r->diags, DIAG_ERROR, yaml_pos_in(scalar, offset, (unsigned)utf8_count(unit)),
             "unknown unit '%.*s'", STR_ARG(unit));
    else
        diag(r->diags, DIAG_ERROR,
             yaml_pos_in(scalar, text.n ? (size_t)(text.p - scalar->s.p) : offset,
                         (unsigned)utf8_count(text)),
             "'%.*s' is not a quantity", STR_ARG(text));
    if (near.n && unit.n < text.n)
        diag_hint(r->diags, "did you mean '%.*s'?", STR_ARG(near));
    else
        diag_hint(r->diags, "write a number and a unit, like: 48 h, 5 working days, 30 €, 2 %%");
    return false;
}

bool value_duration(struct value_reader *r, const struct yaml *scalar, size_t from, size_t to,
                    int64_t *ret_s)
{
    struct quantity q;

    if (!value_quantity(r, scalar, from, to, &q))
        return false;
    if (q.kind != QUANTITY_DURATION || !(q.high > 0) || q.high > 1e11) {
        diag(r->diags, DIAG_ERROR, yaml_pos_in(scalar, from, 1), "this must be a time, like 6 h");
        return false;
    }
    *ret_s = (int64_t)q.high;
    return true;
}

bool value_limit(struct value_reader *r, const struct yaml *node, struct limit *ret)
{
    static const struct {
        struct str head;
        enum limit_op op;
    } ops[] = {{{"at most ", 8}, LIMIT_AT_MOST}, {{"at least ", 9}, LIMIT_AT_LEAST}};
    struct limit limit = {.at = node->at};

    if (!value_text(r, node, "'limit'", &limit.text))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (str_starts(limit.text, ops[i].head)) {
            limit.op = ops[i].op;
            if (!value_quantity(r, node, ops[i].head.n, node->s.n, &limit.q))
                return false;
            *ret = limit;
            return true;
        }
    value_error(r, node, "a limit starts with 'at most' or 'at least'");
    diag_hint(r->diags, "for example: at most 48 h, at least 3 months, at most 0 €");
    return false;
}

bool value_time(struct value_reader *r, const struct yaml *node, int64_t *ret_ms)
{
    if (!value_is(r, node, YAML_SCALAR, "a date"))
        return false;
    if (clock_parse(str_trim(node->s), ret_ms))
        return true;
    value_error(r, node, "'%.*s' is not a date", STR_ARG(node->s));
    diag_hint(r->diags, "write 2025-03-07 or 2025-03-07T14:30:00Z");
    return false;
}

static bool read_day(struct value_reader *r, const struct yaml *node, struct str day,
                     int64_t *ret_s)
{
    int64_t ms;

    day = str_trim(day);
    if (day.n == 10 && clock_parse(day, &ms)) {
        *ret_s = ms / 1000;
        return true;
    }
    size_t offset = day.n ? (size_t)(day.p - node->s.p) : 0;

    diag(r->diags, DIAG_ERROR, yaml_pos_in(node, offset, (unsigned)utf8_count(day)),
         "'%.*s' is not a day", STR_ARG(day));
    diag_hint(r->diags, "write valid: 2025-01-01 to 2025-12-31, or valid: from 2025-01-01");
    return false;
}

bool value_period(struct value_reader *r, const struct yaml *node, int64_t *ret_from_s,
                  int64_t *ret_to_s)
{
    int64_t from, to;

    if (!value_is(r, node, YAML_SCALAR, "'valid'"))
        return false;
    struct str text = node->s;
    size_t split = str_find(text, STR(" to "), 0);

    if (str_starts(text, STR("from "))) {
        if (!read_day(r, node, str_slice(text, 5, text.n), &from))
            return false;
        *ret_from_s = from;
        *ret_to_s = INT64_MAX;
        return true;
    }
    if (!read_day(r, node, str_slice(text, 0, MIN(split, text.n)), &from))
        return false;
    if (split == SIZE_MAX) {
        value_error(r, node, "'valid' needs two days, or 'from' and one");
        diag_hint(r->diags, "write valid: %.*s to 2026-12-31, or valid: from %.*s", STR_ARG(text),
                  STR_ARG(text));
        return false;
    }
    if (!read_day(r, node, str_slice(text, split + 4, text.n), &to))
        return false;
    if (to < from) {
        value_error(r, node, "'valid' ends before it begins");
        diag_hint(r->diags, "write the earlier day first");
        return false;
    }
    *ret_from_s = from;
    *ret_to_s = to + DAY_S;
    return true;
}

bool value_rate(struct value_reader *r, const struct yaml *scalar, int64_t *ret_count,
                bool *ret_authors, int64_t *ret_within_s)
{
    struct str rest = scalar->s, number, what, in;
    int64_t count;

    if (!str_split(&rest, ' ', &number) || !str_split(&rest, ' ', &what) ||
        !str_split(&rest, ' ', &in) || !str_eq(in, STR("in")) || !str_to_i64(number, &count))
        return false;
    bool authors = str_eq(what, STR("authors")) || str_eq(what, STR("author"));

    if (!authors && !str_eq(what, STR("mentions")) && !str_eq(what, STR("mention")))
        return false;
    if (count < 1) {
        value_error(r, scalar, "the number of %.*s must be at least 1", STR_ARG(what));
        diag_hint(r->diags, "write 1 or more");
        return false;
    }
    size_t offset = rest.p ? (size_t)(rest.p - scalar->s.p) : scalar->s.n;

    if (!value_duration(r, scalar, offset, scalar->s.n, ret_within_s))
        return false;
    *ret_count = count;
    *ret_authors = authors;
    return true;
}

static bool quantity_trigger(struct value_reader *r, const struct yaml *scalar, size_t head,
                             enum trigger_kind kind, struct trigger *t)
{
    t->kind = kind;
    return value_quantity(r, scalar, head, scalar->s.n, &t->q);
}

bool value_trigger(struct value_reader *r, const struct yaml *scalar, enum severity level,
                   struct trigger *ret)
{
    struct trigger t = {.level = level, .at = scalar->at};
    size_t errors = r->diags->n_errors;
    bool authors = false, ok;

    if (!value_text(r, scalar, "a trigger", &t.text))
        return false;
    if (str_starts(t.text, STR("over "))) {
        ok = quantity_trigger(r, scalar, 5, TRIGGER_OVER, &t);
    } else if (str_starts(t.text, STR("under "))) {
        ok = quantity_trigger(r, scalar, 6, TRIGGER_UNDER, &t);
    } else if (str_starts(t.text, STR("reach "))) {
        t.kind = TRIGGER_REACH;
        ok = str_to_i64(str_trim(str_slice(t.text, 6, t.text.n)), &t.count);
        if (!ok)
            value_error(r, scalar, "'reach' takes a number of people, like: reach 10000");
    } else if (value_rate(r, scalar, &t.count, &authors, &t.within_s)) {
        t.kind = authors ? TRIGGER_AUTHORS : TRIGGER_MENTIONS;
        ok = true;
    } else {
        t.kind = TRIGGER_PHRASE;
        ok = r->diags->n_errors == errors && value_slot(r, scalar, "a trigger", &t.phrase);
    }
    if (ok)
        *ret = t;
    return ok;
}
