#include "lib/rule/load.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/vec.h"
#include "lib/data/yaml.h"
#include "lib/rule/change.h"
#include "lib/rule/check.h"
#include "lib/rule/promise-read.h"
#include "lib/rule/ruleset.h"
#include "lib/rule/seal.h"

/* Three passes. Collect: every file's tree is made and its definitions are
 * entered by id, so order never matters. Change: the trees are edited. Read:
 * owners, then lists, then promises become values; names are resolved last,
 * since a phrase may use a list of any file. Nothing stops at the first
 * mistake. The YAML trees live in a scratch arena that dies here. */

struct definition {
    struct yaml *node;           /* its key is the id */
    const struct yaml *defaults; /* of its file; NULL: none */
    enum rule_origin origin;
};

struct definitions {
    struct definition *items;
    size_t n, cap;
};

struct loader {
    struct value_reader reader;
    struct arena *scratch;
    struct diags *diags;
    struct ruleset *set;
    struct definitions owners, words, promises;
    VEC(const struct yaml *) changes;
    VEC(const struct yaml *) pauses;
    VEC(const struct yaml *) brands;
};

static struct definition *find(struct definitions *defs, struct str id)
{
    for (size_t i = 0; i < defs->n; i++)
        if (str_eq(defs->items[i].node->key, id))
            return &defs->items[i];
    return NULL;
}

/* An index over `defs` by id: looking 10,000 promises up one by one would be quadratic. */
static void check_twice(struct loader *l, const struct definitions *defs, const char *what,
                        const char *way_out)
{
    struct map seen = {0};

    for (size_t i = 0; i < defs->n; i++) {
        struct yaml *node = defs->items[i].node;
        const struct yaml *first = map_get(&seen, node->key);

        if (!first) {
            (void)map_put(&seen, node->key, node); /* new: nothing replaced */
            continue;
        }
        diag(l->diags, DIAG_ERROR, node->key_at, "%s '%.*s' is defined twice", what,
             STR_ARG(node->key));
        diag_hint(l->diags, "the first is at %.*s:%u; %s", STR_ARG(first->at.file),
                  first->key_at.line, way_out);
    }
    map_done(&seen);
}

static void collect(struct loader *l, const struct yaml *section, const char *what,
                    const struct yaml *defaults, enum rule_origin origin, struct definitions *ret)
{
    if (!value_is(&l->reader, section, YAML_MAP, what))
        return;
    for (struct yaml *it = section->first; it; it = it->next) {
        if (!value_id(&l->reader, it->key_at, it->key, what))
            continue;
        vec_push(ret, (struct definition){it, defaults, origin});
    }
}

static void collect_member(struct loader *l, const struct yaml *it, const struct yaml *defaults,
                           enum rule_origin origin)
{
    static const struct str keys[] = {{"couac", 5},    {"brand", 5}, {"owners", 6}, {"defaults", 8},
                                      {"promises", 8}, {"words", 5}, {"change", 6}, {"pauses", 6}};

    if (str_eq(it->key, STR("brand")))
        vec_push(&l->brands, it);
    else if (str_eq(it->key, STR("owners")))
        collect(l, it, "an owner", NULL, origin, &l->owners);
    else if (str_eq(it->key, STR("words")))
        collect(l, it, "a list of words", NULL, origin, &l->words);
    else if (str_eq(it->key, STR("promises")))
        collect(l, it, "a promise", defaults, origin, &l->promises);
    else if (str_eq(it->key, STR("change")))
        vec_push(&l->changes, it);
    else if (str_eq(it->key, STR("pauses")))
        vec_push(&l->pauses, it);
    else if (!str_eq(it->key, STR("couac")) && !str_eq(it->key, STR("defaults")))
        value_unknown_key(&l->reader, it, "a rule file", keys, ARRAY_LEN(keys));
}

static void check_version(struct loader *l, const struct yaml *file)
{
    const struct yaml *version = yaml_get(file, STR("couac"));

    if (!version || version != file->first) {
        diag(l->diags, DIAG_ERROR, version ? version->key_at : file->at,
             "a rule file starts with 'couac: 1'");
        diag_hint(l->diags, "put the line 'couac: 1' first; it says which language this is");
    } else if (version->type != YAML_SCALAR || !str_eq(version->s, STR("1"))) {
        value_error(&l->reader, version, "this couac reads rule files of version 1 only");
        diag_hint(l->diags, "write couac: 1; a later version wants a later couac");
    }
}

static void collect_file(struct loader *l, const struct rule_text *text)
{
    diags_source(l->diags, text->file, text->text);
    /* Positions outlive the texts: they are quoted in evidence. */
    struct str name = arena_str(l->set->arena, text->file);
    struct yaml *file = yaml_parse(name, text->text, l->scratch, l->diags);

    if (!file || !value_is(&l->reader, file, YAML_MAP, "a rule file"))
        return;
    check_version(l, file);
    const struct yaml *defaults = yaml_get(file, STR("defaults"));

    if (defaults && !value_is(&l->reader, defaults, YAML_MAP, "'defaults'"))
        defaults = NULL;
    if (defaults)
        promise_check_defaults(&l->reader, defaults);
    for (const struct yaml *it = file->first; it; it = it->next)
        collect_member(l, it, defaults, text->origin);
}

static void unknown_target(struct loader *l, const struct yaml *edit, struct str id,
                           const struct definitions *defs, const char *what)
{
    struct str *ids = arena_array(l->scratch, defs->n, sizeof(*ids));

    for (size_t i = 0; i < defs->n; i++)
        ids[i] = defs->items[i].node->key;
    struct str near = diag_nearest(id, ids, defs->n);

    diag(l->diags, DIAG_ERROR, edit->key_at, "no %s is named '%.*s', so it cannot be changed", what,
         STR_ARG(id));
    if (near.n)
        diag_hint(l->diags, "did you mean '%.*s'?", STR_ARG(near));
    else
        diag_hint(l->diags, "the file that defines it may be missing or renamed it");
}

static void change_all_words(struct loader *l, const struct yaml *section)
{
    if (!value_is(&l->reader, section, YAML_MAP, "'words' under 'change'"))
        return;
    for (const struct yaml *edit = section->first; edit; edit = edit->next) {
        struct str id;

        (void)change_operation(edit->key, &id); /* only the name is needed here */
        struct definition *target = find(&l->words, id);

        if (target)
            change_words(target->node, edit, l->scratch, l->diags);
        else
            unknown_target(l, edit, id, &l->words, "list");
    }
}

static void change_all_promises(struct loader *l, const struct yaml *section)
{
    if (!value_is(&l->reader, section, YAML_MAP, "'promises' under 'change'"))
        return;
    for (const struct yaml *edits = section->first; edits; edits = edits->next) {
        struct definition *target = find(&l->promises, edits->key);

        if (!target)
            unknown_target(l, edits, edits->key, &l->promises, "promise");
        else if (value_is(&l->reader, edits, YAML_MAP, "the change of a promise") &&
                 target->node->type == YAML_MAP)
            change_promise(target->node, edits, l->scratch, l->diags);
    }
}

static void change_all(struct loader *l, const struct yaml *section)
{
    static const struct str keys[] = {{"promises", 8}, {"words", 5}};

    if (!value_is(&l->reader, section, YAML_MAP, "'change'"))
        return;
    for (const struct yaml *it = section->first; it; it = it->next) {
        if (str_eq(it->key, STR("promises")))
            change_all_promises(l, it);
        else if (str_eq(it->key, STR("words")))
            change_all_words(l, it);
        else
            value_unknown_key(&l->reader, it, "'change'", keys, ARRAY_LEN(keys));
    }
}

static void read_envelope(struct loader *l, const struct yaml *owner, const struct yaml *node,
                          struct owner *ret)
{
    struct str word;

    if (!value_text(&l->reader, node, "'envelope'", &word))
        return; /* reported */
    if (str_eq(word, STR("celery")))
        ret->envelope = OWNER_CELERY;
    else if (str_eq(word, STR("sidekiq")))
        ret->envelope = OWNER_SIDEKIQ;
    else
        value_error(&l->reader, node, "'envelope' is celery or sidekiq, not '%.*s'", STR_ARG(word));
    if (yaml_get(owner, STR("queue")))
        return;
    value_error(&l->reader, node, "an 'envelope' needs a 'queue' to go to");
    diag_hint(l->diags, "add queue: and the name of the list");
}

static void read_owner(struct loader *l, const struct yaml *node, struct owner *ret)
{
    static const struct str keys[] = {{"contact", 7}, {"backup", 6}, {"queue", 5}, {"envelope", 8}};

    *ret = (struct owner){.id = arena_str(l->set->arena, node->key), .at = node->key_at};
    if (node->type == YAML_SCALAR && node->s.n == 0) /* "press:" with nothing behind */
        return;
    if (!value_is(&l->reader, node, YAML_MAP, "an owner"))
        return;
    for (const struct yaml *it = node->first; it; it = it->next) {
        if (str_eq(it->key, STR("contact")))
            (void)value_text(&l->reader, it, "'contact'", &ret->contact); /* reported */
        else if (str_eq(it->key, STR("queue")))
            (void)value_text(&l->reader, it, "'queue'", &ret->queue); /* reported */
        else if (str_eq(it->key, STR("envelope")))
            read_envelope(l, node, it, ret);
        else if (!str_eq(it->key, STR("backup")))
            value_unknown_key(&l->reader, it, "an owner", keys, ARRAY_LEN(keys));
    }
}

static void link_backup(struct loader *l, const struct yaml *node, struct owner *owner)
{
    const struct yaml *backup = node->type == YAML_MAP ? yaml_get(node, STR("backup")) : NULL;

    if (!backup)
        return;
    owner->backup = promise_find_owner(&l->reader, l->set, backup);
    if (owner->backup == owner) {
        value_error(&l->reader, backup, "an owner cannot be its own backup");
        diag_hint(l->diags, "name another owner, or remove the key");
    }
}

static void read_owners(struct loader *l)
{
    struct owner *owners = arena_array(l->set->arena, l->owners.n, sizeof(*owners));

    for (size_t i = 0; i < l->owners.n; i++)
        read_owner(l, l->owners.items[i].node, &owners[i]);
    l->set->owners = owners;
    l->set->n_owners = l->owners.n;
    for (size_t i = 0; i < l->owners.n; i++)
        link_backup(l, l->owners.items[i].node, &owners[i]);
}

static void read_lists(struct loader *l)
{
    struct word_list *lists = arena_array(l->set->arena, l->words.n, sizeof(*lists));
    size_t n = 0;

    for (size_t i = 0; i < l->words.n; i++) {
        const struct yaml *node = l->words.items[i].node;
        char what[100];

        if (phrase_built_in(node->key)) {
            diag(l->diags, DIAG_ERROR, node->key_at, "<%.*s> is built in, no list can be named so",
                 STR_ARG(node->key));
            diag_hint(l->diags, "choose another name");
            continue;
        }
        (void)snprintf(what, sizeof(what), "list '%.*s'", STR_ARG(node->key));
        lists[n] = (struct word_list){.name = arena_str(l->set->arena, node->key),
                                      .at = node->key_at,
                                      .shared = l->words.items[i].origin == RULE_SHARED};
        (void)value_slot(&l->reader, node, what, &lists[n++].slot); /* reported */
    }
    l->set->lists = lists;
    l->set->n_lists = n;
}

static void read_brand(struct loader *l, const struct yaml *node)
{
    static const struct str keys[] = {{"names", 5}, {"accounts", 8}};
    struct brand *brand = &l->set->brand;

    if (!value_is(&l->reader, node, YAML_MAP, "'brand'"))
        return;
    if (brand->at.line) {
        diag(l->diags, DIAG_ERROR, node->key_at, "'brand' is written twice");
        diag_hint(l->diags, "the first is at %.*s:%u; put all names and accounts there",
                  STR_ARG(brand->at.file), brand->at.line);
        return;
    }
    brand->at = node->key_at;
    for (const struct yaml *it = node->first; it; it = it->next) {
        if (str_eq(it->key, STR("names")))
            (void)value_slot(&l->reader, it, "'names'", &brand->names); /* reported */
        else if (str_eq(it->key, STR("accounts")))
            (void)value_texts(&l->reader, it, "'accounts'", &brand->accounts,
                              &brand->n_accounts); /* reported */
        else
            value_unknown_key(&l->reader, it, "'brand'", keys, ARRAY_LEN(keys));
    }
}

static int by_id(const void *left, const void *right)
{
    const struct promise *a = left, *b = right;

    return str_cmp(a->id, b->id);
}

static void read_promises(struct loader *l)
{
    struct promise *promises = arena_array(l->set->arena, l->promises.n, sizeof(*promises));

    for (size_t i = 0; i < l->promises.n; i++)
        promise_read(&l->reader, l->set, l->promises.items[i].node, l->promises.items[i].defaults,
                     &promises[i]);
    l->set->promises = promises;
    l->set->n_promises = l->promises.n;
}

static void read_pauses(struct loader *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->pauses.n; i++)
        n += l->pauses.items[i]->n;
    struct pause *pauses = arena_array(l->set->arena, n, sizeof(*pauses));

    l->set->pauses = pauses;
    for (size_t i = 0; i < l->pauses.n; i++) {
        if (!value_is(&l->reader, l->pauses.items[i], YAML_LIST, "'pauses'"))
            continue;
        for (const struct yaml *it = l->pauses.items[i]->first; it; it = it->next)
            if (promise_read_pause(&l->reader, l->set, it, &pauses[l->set->n_pauses]))
                l->set->n_pauses++;
    }
}

static void load_all(struct loader *l, const struct rule_text *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        collect_file(l, &texts[i]);
    check_twice(l, &l->owners, "owner", "all files share it, so take this one out");
    check_twice(l, &l->words, "list", "to edit it use 'change'");
    check_twice(l, &l->promises, "promise", "to edit it use 'change'");
    for (size_t i = 0; i < l->changes.n; i++)
        change_all(l, l->changes.items[i]);
    for (size_t i = 0; i < l->brands.n; i++)
        read_brand(l, l->brands.items[i]);
    read_owners(l);
    read_lists(l);
    read_promises(l);
    read_pauses(l);
}

static void loader_done(struct loader *l)
{
    phrase_parser_done(&l->reader.phrases);
    arena_free(l->scratch);
    vec_done(&l->owners);
    vec_done(&l->words);
    vec_done(&l->promises);
    vec_done(&l->changes);
    vec_done(&l->pauses);
    vec_done(&l->brands);
}

enum load_error rule_load(const struct rule_text *texts, size_t n, struct diags *diags,
                          struct ruleset **ret)
{
    struct ruleset *set = seal_new();
    struct loader l = {.scratch = arena_new(0), .diags = diags, .set = set};
    size_t errors = diags->n_errors;

    l.reader = (struct value_reader){.arena = set->arena, .diags = diags};
    phrase_parser_init(&l.reader.phrases, set->arena, diags);
    load_all(&l, texts, n);
    if (seal_resolve(set, &l.reader.phrases.uses, diags)) {
        check_promises(set, diags);
        seal_compile(set, diags);
    }
    loader_done(&l);
    diags_sort(diags);
    if (diags->n_errors > errors) {
        ruleset_unref(set);
        return LOAD_E_INVALID;
    }
    if (set->n_promises)
        qsort((void *)(uintptr_t)set->promises, set->n_promises, sizeof(*set->promises), by_id);
    seal_finish(set, texts, n);
    *ret = set;
    return LOAD_OK;
}
