/* Whatever the bytes, there is a tree or an error, never neither; every place that
 * is named lies in the text, and every character of a one-line scalar in its columns. */

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/data/yaml.h"
#include "tests/fuzz/target.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_scalar(const struct yaml *node)
{
    unsigned last = 0;

    for (size_t i = 0; node->one_line; (void)utf8_next(node->s, &i)) { /* only the step matters */
        struct pos at = yaml_pos_in(node, i, 1);

        require(at.line == node->at.line && at.col >= node->at.col && at.col >= last);
        require(at.col <= node->at.col + MAX(node->at.width, 1u));
        last = at.col;
        if (i == node->s.n)
            break;
    }
}

static void check(const struct yaml *node, unsigned depth)
{
    size_t n = 0;

    require(depth <= YAML_DEPTH_MAX && node->at.line > 0 && node->at.col > 0);
    if (node->type == YAML_SCALAR)
        check_scalar(node);
    for (const struct yaml *it = node->first; it; it = it->next, n++) {
        require(node->type != YAML_MAP || yaml_get(node, it->key) == it);
        check(it, depth + 1);
    }
    require(n == node->n);
}

static void check_diags(const struct diags *diags, struct str text)
{
    unsigned lines = 2; /* the end may be a line of its own */

    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    for (size_t i = 0; i < diags->n; i++) {
        struct sbuf out = SBUF_INIT(1 << 20);

        require(diags->items[i].at.line <= lines);
        diag_write(&diags->items[i], DIAG_COLOUR, &out);
        require(!out.full);
        sbuf_done(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct arena *arena = arena_new(0);
    struct diags diags;

    diags_init(&diags);
    diags_source(&diags, STR("f.yaml"), text);
    struct yaml *root = yaml_parse(STR("f.yaml"), text, arena, &diags);

    require(root || diags.n_errors > 0);
    if (root && size < 4096)
        check(root, 0);
    check_diags(&diags, text);
    diags_done(&diags);
    arena_free(arena);
    return 0;
}
