#include "lib/feed/weblink.h"

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool weblink_has_word(struct str list, struct str word)
{
    for (size_t i = 0, end; i < list.n; i = end + 1) {
        for (end = i; end < list.n && !blank(list.p[end]);)
            end++;
        if (end > i && str_eq_nocase(str_slice(list, i, end), word))
            return true;
    }
    return false;
}

/* The end of a parameter: the next ';' or ',' outside of quotes. */
static size_t parameter_end(struct str s, size_t i)
{
    bool quoted = false;

    for (; i < s.n && (quoted || (s.p[i] != ';' && s.p[i] != ',')); i++) {
        if (s.p[i] == '"')
            quoted = !quoted;
        else if (quoted && s.p[i] == '\\')
            i++;
    }
    return i < s.n ? i : s.n;
}

/* Names of relations hold no backslash, so quotes are taken off and no more. */
static struct str unquoted(struct str value)
{
    if (value.n < 2 || value.p[0] != '"')
        return value;
    return str_slice(value, 1, value.p[value.n - 1] == '"' ? value.n - 1 : value.n);
}

static bool is_rel(struct str parameter, struct str rel)
{
    size_t equals = str_find_char(parameter, '=', 0);

    return equals != SIZE_MAX &&
           str_eq_nocase(str_trim(str_slice(parameter, 0, equals)), STR("rel")) &&
           weblink_has_word(unquoted(str_trim(str_slice(parameter, equals + 1, parameter.n))), rel);
}

struct str weblink_find(struct str header, struct str rel)
{
    size_t open = 0;

    while ((open = str_find_char(header, '<', open)) != SIZE_MAX) {
        size_t close = str_find_char(header, '>', open);
        struct str target = str_trim(str_slice(header, open + 1, close));

        if (close == SIZE_MAX)
            break;
        for (open = close + 1; open < header.n && header.p[open] != ',';) {
            size_t from = open + (header.p[open] == ';');

            open = parameter_end(header, from);
            if (is_rel(str_slice(header, from, open), rel))
                return target;
        }
    }
    return STR_NONE;
}
