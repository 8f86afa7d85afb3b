#include "lib/feed/selector.h"

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/data/json.h"
#include "lib/data/yaml.h"

/* --- reading one ----------------------------------------------------------- */

struct parser {
    const struct yaml *scalar;
    struct arena *arena;
    struct diags *diags;
};

static size_t offset_of(const struct parser *p, struct str part)
{
    return part.p ? (size_t)(part.p - p->scalar->s.p) : 0;
}

static bool wrong(const struct parser *p, struct str part, const char *what, const char *hint)
{
    diag(p->diags, DIAG_ERROR,
         yaml_pos_in(p->scalar, offset_of(p, part), (unsigned)MAX(part.n, 1u)), "%s", what);
    diag_hint(p->diags, "%s", hint);
    return false;
}

/* "~1" is a slash and "~0" a tilde (RFC 6901, section 4). */
static bool unescape(const struct parser *p, struct str token, struct str *ret)
{
    struct sbuf out = SBUF_INIT(token.n + 1);
    bool ok = true;

    for (size_t i = 0; i < token.n && ok; i++) {
        char c = token.p[i];

        if (c == '~') {
            i++;
            ok = i < token.n && (token.p[i] == '0' || token.p[i] == '1');
            c = ok && token.p[i] == '1' ? '/' : '~';
        }
        sbuf_putc(&out, c);
    }
    *ret = arena_str(p->arena, sbuf_str(&out));
    sbuf_done(&out);
    return ok || wrong(p, token, "'~' stands for nothing here", "write ~0 for ~ and ~1 for /");
}

static bool read_step(const struct parser *p, struct str token, struct step *ret)
{
    if (str_eq(token, STR("*")))
        ret->kind = STEP_ELEMENTS;
    else if (str_eq(token, STR("%")))
        ret->kind = STEP_MEMBERS;
    else
        return unescape(p, token, &ret->name);
    return true;
}

static bool read_pointer(const struct parser *p, struct str text, struct choice *c)
{
    struct str token;

    if (text.n && text.p[0] != '/')
        return wrong(p, text, "a selector begins with '/'",
                     "as /data/text; a fixed text stands in double quotes");
    c->steps = arena_array(p->arena, SELECTOR_STEPS_MAX, sizeof(*c->steps));
    if (text.n == 0)
        return true;
    text = str_slice(text, 1, text.n);
    while (str_split(&text, '/', &token)) {
        if (c->n_steps == SELECTOR_STEPS_MAX)
            return wrong(p, token, "more than 16 steps", "no network nests its posts so deep");
        if (!read_step(p, token, &c->steps[c->n_steps++]))
            return false;
    }
    return true;
}

static bool read_choice(const struct parser *p, struct str text, struct choice *c)
{
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"') {
        c->kind = CHOICE_LITERAL;
        c->literal = arena_str(p->arena, str_slice(text, 1, text.n - 1));
        return true;
    }
    if (str_ends(text, STR("#basename"))) {
        c->part = BASENAME;
        text = str_slice(text, 0, text.n - STR("#basename").n);
    }
    while (text.n && text.p[0] == '^') {
        if (++c->up > SELECTOR_UP_MAX)
            return wrong(p, text, "more than four '^'", "each leads out of one list");
        text = str_slice(text, 1, text.n);
    }
    return read_pointer(p, text, c);
}

bool selector_parse(const struct yaml *scalar, size_t from, size_t to, struct arena *arena,
                    struct diags *diags, struct selector *ret)
{
    struct parser p = {scalar, arena, diags};
    struct str rest = str_slice(scalar->s, from, to);
    struct selector s = {.choices = arena_array(arena, SELECTOR_CHOICES_MAX, sizeof(*s.choices))};

    for (bool last = false; !last;) {
        size_t bar = str_find(rest, STR("||"), 0);

        last = bar == SIZE_MAX;
        if (s.n == SELECTOR_CHOICES_MAX)
            return wrong(&p, rest, "more than eight choices", "drop those that never come");
        if (!read_choice(&p, str_trim(str_slice(rest, 0, bar)), &s.choices[s.n++]))
            return false;
        rest = last ? STR_NONE : str_slice(rest, bar + 2, rest.n);
    }
    *ret = s;
    return true;
}

/* --- walking --------------------------------------------------------------- */

struct walk {
    const struct choice *choice;
    selector_fn *fn;
    void *arg;
    bool found, stopped;
};

static void step_on(struct walk *w, size_t i, const struct json *value,
                    const struct selector_place *place);

static void arrive(struct walk *w, const struct json *value, const struct selector_place *place)
{
    struct selector_place here = {value, place};

    if (value->type == JSON_NULL)
        return;
    w->found = true;
    w->stopped = !w->fn(w->arg, place->value == value ? place : &here);
}

static void each_child(struct walk *w, size_t i, const struct json *parent,
                       const struct selector_place *place)
{
    for (const struct json *c = parent->first; c && !w->stopped; c = c->next) {
        struct selector_place here = {c, place};

        step_on(w, i, c, &here);
    }
}

static const struct json *element(const struct json *list, int64_t at)
{
    const struct json *c = list->first;

    while (c && at-- > 0)
        c = c->next;
    return c;
}

static const struct json *named(const struct json *value, struct str name)
{
    int64_t at;

    if (value->type == JSON_OBJECT) {
        const struct json *member = json_get(value, name);

        return !member && str_eq(name, STR("0")) ? value : member;
    }
    if (value->type != JSON_ARRAY)
        return NULL;
    if (str_to_i64(name, &at) && at >= 0)
        return element(value, at);
    return value->first ? json_get(value->first, name) : NULL;
}

static void step_on(struct walk *w, size_t i, const struct json *value,
                    const struct selector_place *place)
{
    if (!value || w->stopped)
        return;
    if (i == w->choice->n_steps) {
        arrive(w, value, place);
        return;
    }
    const struct step *step = &w->choice->steps[i];
    bool many = value->type == JSON_ARRAY || value->type == JSON_OBJECT;

    if (step->kind == STEP_NAME) {
        step_on(w, i + 1, named(value, step->name), place);
    } else if (value->type == JSON_OBJECT && step->kind == STEP_ELEMENTS) {
        struct selector_place here = {value, place};

        step_on(w, i + 1, value, &here);
    } else if (many) {
        each_child(w, i + 1, value, place);
    }
}

static const struct selector_place *outwards(const struct selector_place *place, unsigned up)
{
    while (place && up-- > 0)
        place = place->outer;
    return place;
}

void selector_each(const struct selector *s, const struct selector_place *from, selector_fn *fn,
                   void *arg)
{
    for (size_t i = 0; i < s->n; i++) {
        struct walk w = {.choice = &s->choices[i], .fn = fn, .arg = arg};
        const struct selector_place *start = outwards(from, w.choice->up);

        if (w.choice->kind == CHOICE_POINTER && start)
            step_on(&w, 0, start->value, start);
        if (w.found)
            return;
    }
}

/* --- one text -------------------------------------------------------------- */

static bool note_text(void *arg, const struct selector_place *place)
{
    const struct json *value = place->value;
    struct str *ret = arg;

    if (value->type == JSON_ARRAY)
        for (value = value->first; value && value->type == JSON_NULL;)
            value = value->next;
    if (!value)
        return true;
    if (value->type == JSON_STRING || value->type == JSON_NUMBER)
        *ret = value->s;
    else if (value->type == JSON_TRUE || value->type == JSON_FALSE)
        *ret = value->type == JSON_TRUE ? STR("true") : STR("false");
    return ret->n == 0;
}

static struct str basename_of(struct str text)
{
    size_t at = text.n;

    while (at > 0 && text.p[at - 1] != '/')
        at--;
    return str_slice(text, at, text.n);
}

bool selector_text(const struct selector *s, const struct selector_place *from, struct str *ret)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct choice *c = &s->choices[i];
        struct selector one = {&s->choices[i], 1};
        struct str text = c->kind == CHOICE_LITERAL ? c->literal : STR_NONE;

        if (c->kind == CHOICE_POINTER)
            selector_each(&one, from, note_text, &text);
        if (c->part == BASENAME)
            text = basename_of(text);
        if (text.n == 0)
            continue;
        *ret = text;
        return true;
    }
    return false;
}
