#include "lib/feed/person.h"

static struct str unquote(struct str s)
{
    s = str_trim(s);
    if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
        s = str_trim(str_slice(s, 1, s.n - 1));
    return s;
}

static bool address(struct str s)
{
    return str_find_char(s, '@', 0) != SIZE_MAX && str_find_char(s, ' ', 0) == SIZE_MAX;
}

struct str person_name(struct str written)
{
    struct str s = str_trim(written);

    if (str_starts_nocase(s, STR("mailto:")))
        s = str_slice(s, 7, s.n);
    for (const char *pair = "()<>"; *pair; pair += 2) {
        size_t open = str_find_char(s, pair[0], 0);
        size_t close = str_find_char(s, pair[1], open == SIZE_MAX ? s.n : open);

        if (pair[0] == '(' && open != SIZE_MAX && str_ends(s, STR(")"))) /* "(Ann (Jr.))" */
            close = s.n - 1;

        if (close == SIZE_MAX)
            continue;
        struct str before = unquote(str_slice(s, 0, open));
        struct str inside = unquote(str_slice(s, open + 1, close));

        if (str_starts_nocase(inside, STR("mailto:")))
            inside = str_slice(inside, 7, inside.n);
        if (address(before) || before.n == 0)
            return inside.n ? inside : before;
        if (address(inside) || inside.n == 0)
            return before;
    }
    return unquote(s);
}
