#include "lib/feed/dateword.h"

#include "lib/base/utf8.h"

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Base letters of U+00C0 to U+017F, so that a table needs one spelling. */
static const char base_letters[] =
    "aaaaaaaceeeeiiiidnooooo*ouuuuypsaaaaaaaceeeeiiiidnooooo*ouuuuypy"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static uint32_t fold_point(uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c + 32;
    if (c >= 0xc0 && c < 0xc0 + sizeof(base_letters) - 1)
        return (uint32_t)(unsigned char)base_letters[c - 0xc0];
    if (c >= 0x391 && c <= 0x3a9) /* Greek capitals */
        return c + 0x20;
    if (c >= 0x410 && c <= 0x42f) /* Cyrillic capitals */
        return c + 0x20;
    switch (c) { /* Greek with accents */
    case 0x386:
    case 0x3ac:
        return 0x3b1;
    case 0x388:
    case 0x3ad:
        return 0x3b5;
    case 0x38a:
    case 0x3af:
    case 0x3ca:
    case 0x390:
        return 0x3b9;
    case 0x38c:
    case 0x3cc:
        return 0x3bf;
    case 0x38e:
    case 0x3cd:
        return 0x3c5;
    default:
        return c;
    }
}

struct str dateword_fold(struct str s, size_t *at, char *buf, size_t cap)
{
    size_t n = 0;

    while (*at < s.n && letter(s.p[*at])) {
        char utf8[UTF8_MAX];
        uint32_t c = utf8_next(s, at);

        if (c == 0xa0 || c == 0x2009 || c == 0x202f) /* blanks of other widths end a word */
            break;
        size_t bytes = utf8_encode(fold_point(c), utf8);

        if (n + bytes > cap)
            continue;
        memcpy(buf + n, utf8, bytes);
        n += bytes;
    }
    return str_make(buf, n);
}

/* Beginnings, the longer before what begins like it; 3 letters at least, so that
 * "mar" of "mardi" is left to the caller, who knows where the word stands. */
static const char *const months[12] = {
    "jan ene gen sty led oca ian tammi ιαν янв січ",
    "feb fev fab lut uno sub helmi φεβ фев лют",
    "mar maa mrt mrz marc bre μαρ μαω мар бер",
    "apr avr abr kwi dub nis huhti απρ апр кві",
    "may mai mei maj mag kve touko μαι мая май тра",
    "jun juin jui giu cze cerv haz iun kesa ιουν ιον июн чер",
    "jul juil lug lip tem iul heina ιουλ ιολ июл лип",
    "aug aou ago sie srp agu elo αυγ авг сер",
    "sep set szep wrz zar eyl syys σεπ сен вер",
    "oct okt ott out paz rij eki loka οκτ окт жов",
    "nov lis kas noi νοε ноя лис",
    "dec dez dic des gru prosin ara joulu δεκ дек гру",
};

static bool begins_with_any(struct str word, struct str heads)
{
    struct str head;

    while (str_split(&heads, ' ', &head))
        if (str_starts(word, head))
            return true;
    return false;
}

/* English first: nearly all feeds are. */
static int english_month(struct str word)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    for (int i = 0; i < 12; i++)
        if (memcmp(names + (size_t)i * 3, word.p, 3) == 0)
            return i + 1;
    return 0;
}

static bool english_day(struct str word)
{
    static const char names[] = "montuewedthufrisatsun";

    for (size_t i = 0; i + 3 < sizeof(names); i += 3)
        if (word.n == 3 && memcmp(names + i, word.p, 3) == 0)
            return true;
    return false;
}

int dateword_month(struct str word)
{
    if (word.n < 3 || english_day(word))
        return 0;
    if (word.n == 3 && english_month(word))
        return english_month(word);
    if (begins_with_any(word, STR("juil cervenc cervene"))) /* not juin, not cerven */
        return 7;
    if (str_starts(word, STR("marras")))
        return 11;
    for (int i = 0; i < 12; i++)
        if (begins_with_any(word, str_of(months[i])))
            return i + 1;
    return 0;
}

enum day_half dateword_half(struct str word)
{
    if (word.n > 2 && (unsigned char)word.p[0] < 0x80)
        return DAY_WHOLE;

    static const char *const am[] = {"am", "a", "오전", "上午", "午前", "πμ"};
    static const char *const pm[] = {"pm", "p", "오후", "下午", "午後", "μμ"};

    for (size_t i = 0; i < ARRAY_LEN(am); i++)
        if (str_eq(word, str_of(am[i])))
            return DAY_AM;
    for (size_t i = 0; i < ARRAY_LEN(pm); i++)
        if (str_eq(word, str_of(pm[i])))
            return DAY_PM;
    return DAY_WHOLE;
}

bool dateword_hour(struct str word)
{
    static const char *const hours[] = {"h", "uhr", "heure", "heures", "hrs", "hs"};

    for (size_t i = 0; i < ARRAY_LEN(hours); i++)
        if (str_eq(word, str_of(hours[i])))
            return true;
    return false;
}

struct zone {
    const char name[6];
    short minutes;
};

static const struct zone zones[] = {
    {"z", 0},       {"ut", 0},     {"utc", 0},    {"gmt", 0},     {"wet", 0},     {"west", 60},
    {"bst", 60},    {"cet", 60},   {"met", 60},   {"mez", 60},    {"wat", 60},    {"cest", 120},
    {"mest", 120},  {"mesz", 120}, {"eet", 120},  {"cat", 120},   {"sast", 120},  {"eest", 180},
    {"msk", 180},   {"eat", 180},  {"trt", 180},  {"msd", 240},   {"gst", 240},   {"irst", 210},
    {"pkt", 300},   {"ist", 330},  {"npt", 345},  {"ict", 420},   {"wib", 420},   {"hkt", 480},
    {"sgt", 480},   {"awst", 480}, {"pht", 480},  {"jst", 540},   {"kst", 540},   {"acst", 570},
    {"acdt", 630},  {"aest", 600}, {"aedt", 660}, {"nzst", 720},  {"nzdt", 780},  {"at", -240},
    {"ast", -240},  {"adt", -180}, {"nst", -210}, {"ndt", -150},  {"et", -300},   {"est", -300},
    {"edt", -240},  {"ct", -360},  {"cst", -360}, {"cdt", -300},  {"mt", -420},   {"mst", -420},
    {"mdt", -360},  {"pt", -480},  {"pst", -480}, {"pdt", -420},  {"akst", -540}, {"akdt", -480},
    {"hst", -600},  {"hdt", -540}, {"brt", -180}, {"brst", -120}, {"art", -180},  {"clt", -240},
    {"sst", -660},  {"azot", -60}, {"cvt", -60},  {"wgt", -180},  {"gft", -180},  {"bot", -240},
    {"pyt", -240},  {"ect", -300}, {"samt", 240}, {"get", 240},   {"azt", 240},   {"uzt", 300},
    {"yekt", 300},  {"omst", 360}, {"almt", 360}, {"mmt", 390},   {"krat", 420},  {"irkt", 480},
    {"myt", 480},   {"yakt", 540}, {"vlat", 600}, {"chst", 600},  {"magt", 660},  {"pett", 720},
    {"clst", -180}, {"cot", -300}, {"pet", -300}, {"vet", -240},  {"uyt", -180},
};

/* A to M are west of Greenwich in RFC 822, N to Y east. */
static bool military(char c, int *ret_minutes)
{
    if (c >= 'a' && c <= 'm' && c != 'j')
        *ret_minutes = -60 * (c - 'a' + (c < 'j'));
    else if (c >= 'n' && c <= 'y')
        *ret_minutes = 60 * (c - 'n' + 1);
    else
        return false;
    return true;
}

bool dateword_zone(struct str word, int *ret_minutes)
{
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        if (str_eq(word, str_of(zones[i].name))) {
            *ret_minutes = zones[i].minutes;
            return true;
        }
    }
    return word.n == 1 && military(word.p[0], ret_minutes);
}
