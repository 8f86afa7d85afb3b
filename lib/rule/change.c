#include "lib/rule/change.h"

#include "lib/base/arena.h"
#include "lib/text/fold.h"

/* Slots may be a list or a map of lists by language. Adding a map to a list
 * first makes the list the `any:` of a map, so one form meets one form. */

static struct yaml *copy_node(struct arena *arena, const struct yaml *node)
{
    struct yaml *copy = ARENA_NEW(arena, struct yaml);

    *copy = *node;
    copy->next = NULL;
    return copy;
}

static void append(struct yaml *parent, struct yaml *child)
{
    struct yaml **end = &parent->first;

    while (*end)
        end = &(*end)->next;
    *end = child;
    parent->n++;
}

char change_operation(struct str key, struct str *ret_name)
{
    char last = key.n ? key.p[key.n - 1] : '\0';

    if (last != '+' && last != '-') {
        *ret_name = key;
        return '=';
    }
    *ret_name = str_slice(key, 0, key.n - 1);
    return last;
}

/* A scalar becomes a list of one. */
static void make_list(struct yaml *node, struct arena *arena)
{
    if (node->type != YAML_SCALAR)
        return;
    struct yaml *item = copy_node(arena, node);

    item->key = STR_NONE;
    node->type = YAML_LIST;
    node->s = STR_NONE;
    node->first = NULL;
    node->n = 0;
    append(node, item);
}

static void make_map(struct yaml *node, struct arena *arena)
{
    make_list(node, arena);
    if (node->type == YAML_MAP)
        return;
    struct yaml *any = copy_node(arena, node);

    any->key = STR("any");
    any->key_at = node->at;
    node->type = YAML_MAP;
    node->first = NULL;
    node->n = 0;
    append(node, any);
}

/* Written differently, the same after folding. */
static bool same_phrase(struct str a, struct str b)
{
    struct fold x, y;

    fold_init(&x);
    fold_init(&y);
    fold_text(&x, str_trim(a));
    fold_text(&y, str_trim(b));
    bool same = str_eq(fold_str(&x), fold_str(&y));

    fold_done(&x);
    fold_done(&y);
    return same;
}

static void add_items(struct yaml *target, const struct yaml *edit, struct arena *arena)
{
    if (edit->type == YAML_SCALAR) {
        append(target, copy_node(arena, edit));
        return;
    }
    for (const struct yaml *it = edit->first; it; it = it->next)
        append(target, copy_node(arena, it));
}

static void add(struct yaml *target, const struct yaml *edit, struct arena *arena)
{
    if (edit->type != YAML_MAP) {
        if (target->type != YAML_MAP) {
            make_list(target, arena);
            add_items(target, edit, arena);
            return;
        }
        struct yaml *any = yaml_get(target, STR("any"));

        if (!any) {
            any = copy_node(arena, edit);
            any->key = STR("any");
            append(target, any);
            return;
        }
        make_list(any, arena);
        add_items(any, edit, arena);
        return;
    }
    make_map(target, arena);
    for (const struct yaml *it = edit->first; it; it = it->next) {
        struct yaml *same = yaml_get(target, it->key);

        if (!same) {
            append(target, copy_node(arena, it));
            continue;
        }
        make_list(same, arena);
        add_items(same, it, arena);
    }
}

/* Takes `text` out of the lists of `node`; false when it was in none. */
static bool take_out(struct yaml *node, struct str text)
{
    bool found = false;

    for (struct yaml **at = &node->first; *at;) {
        if ((*at)->type == YAML_SCALAR && same_phrase((*at)->s, text)) {
            *at = (*at)->next;
            node->n--;
            found = true;
            continue;
        }
        if ((*at)->type != YAML_SCALAR)
            found = take_out(*at, text) || found;
        at = &(*at)->next;
    }
    return found;
}

static void list_items(const struct yaml *node, struct sbuf *out)
{
    if (node->type == YAML_SCALAR) {
        sbuf_printf(out, "%s%.*s", out->n ? ", " : "", STR_ARG(node->s));
        return;
    }
    for (const struct yaml *it = node->first; it; it = it->next)
        list_items(it, out);
}

static void remove_item(struct yaml *target, const struct yaml *item, const char *where,
                        struct str language, struct diags *diags)
{
    struct yaml *from = target;

    if (language.n && target->type == YAML_MAP && yaml_get(target, language))
        from = yaml_get(target, language);
    if (take_out(from, item->s))
        return;
    struct sbuf now = SBUF_INIT(400);

    list_items(from, &now);
    diag(diags, DIAG_ERROR, item->at, "'%.*s' is not in %s%s%.*s%s, so it cannot be removed",
         STR_ARG(item->s), where, language.n ? " (" : "", STR_ARG(language), language.n ? ")" : "");
    diag_hint(diags, "the definition changed; it now has: %s", sbuf_cstr(&now));
    sbuf_done(&now);
}

static void remove_items(struct yaml *target, const struct yaml *edit, const char *where,
                         struct str language, struct arena *arena, struct diags *diags)
{
    make_list(target, arena);
    if (edit->type == YAML_SCALAR) {
        remove_item(target, edit, where, language, diags);
        return;
    }
    for (const struct yaml *it = edit->first; it; it = it->next)
        remove_items(target, it, where, edit->type == YAML_MAP ? it->key : language, arena, diags);
}

static void apply(struct yaml *target, const struct yaml *edit, char operation, const char *where,
                  struct arena *arena, struct diags *diags)
{
    if (operation == '+') {
        add(target, edit, arena);
        return;
    }
    if (operation == '-') {
        remove_items(target, edit, where, STR_NONE, arena, diags);
        return;
    }
    struct str key = target->key;
    struct pos key_at = target->key_at;
    struct yaml *next = target->next;

    *target = *edit;
    target->key = key;
    target->key_at = key_at;
    target->next = next;
}

void change_promise(struct yaml *target, const struct yaml *edits, struct arena *arena,
                    struct diags *diags)
{
    for (const struct yaml *edit = edits->first; edit; edit = edit->next) {
        struct str name;
        char operation = change_operation(edit->key, &name);
        struct yaml *member = yaml_get(target, name);

        if (!member && operation == '-') {
            diag(diags, DIAG_ERROR, edit->key_at,
                 "promise '%.*s' has no '%.*s', so nothing can be removed from it",
                 STR_ARG(target->key), STR_ARG(name));
            diag_hint(diags, "the promise changed; take this edit out");
            continue;
        }
        if (!member) {
            member = copy_node(arena, edit);
            member->key = arena_str(arena, name);
            append(target, member);
            continue;
        }
        struct sbuf where = SBUF_INIT(200);

        sbuf_printf(&where, "'%.*s' of promise '%.*s'", STR_ARG(name), STR_ARG(target->key));
        apply(member, edit, operation, sbuf_cstr(&where), arena, diags);
        sbuf_done(&where);
    }
}

void change_words(struct yaml *target, const struct yaml *edit, struct arena *arena,
                  struct diags *diags)
{
    struct str name;
    char operation = change_operation(edit->key, &name);
    struct sbuf where = SBUF_INIT(200);

    sbuf_printf(&where, "words %.*s", STR_ARG(name));
    apply(target, edit, operation, sbuf_cstr(&where), arena, diags);
    sbuf_done(&where);
}
