#include "lib/text/lang.h"

static const struct str tags[LANG_COUNT] = {
    [LANG_UNKNOWN] = {"", 0},
    [LANG_EN] = {"en", 2},
    [LANG_FR] = {"fr", 2},
    [LANG_ES] = {"es", 2},
};

enum lang lang_from_tag(struct str tag)
{
    if (tag.n < 2 || (tag.n > 2 && tag.p[2] != '-' && tag.p[2] != '_'))
        return LANG_UNKNOWN;
    for (enum lang lang = LANG_UNKNOWN + 1; lang < LANG_COUNT; lang++)
        if (str_starts_nocase(tag, tags[lang]))
            return lang;
    return LANG_UNKNOWN;
}

struct str lang_tag(enum lang lang)
{
    return lang < LANG_COUNT ? tags[lang] : STR_NONE;
}
