/* fold-table - writes the folding table as C, from what utf8proc knows.
 *
 * Built and run at build time; couac itself does not link utf8proc. Three
 * stages: page of 256 code points -> entry number -> bytes and class. Entries
 * and pages that are equal are shared. Entry 0..3 mean "as it is" with the
 * class of that number; Hangul syllables are left out, since their
 * decomposition is arithmetic (fold.c). */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

enum { POINTS = 0x110000, PAGE = 256, ENTRIES_MAX = 65536, BYTES_MAX = 80 };

struct entry {
    unsigned char bytes[BYTES_MAX];
    int n, class;
};

static struct entry entries[ENTRIES_MAX];
static int n_entries;
static uint16_t table[POINTS];
static uint16_t pages[POINTS / PAGE];
static int first_of_page[POINTS / PAGE];

/* Where Unicode has no decomposition but readers have a habit. */
static const struct {
    int32_t point;
    const char *text;
} habits[] = {
    {0x153, "oe"}, {0x152, "oe"}, {0xe6, "ae"},  {0xc6, "ae"},  {0xf8, "o"},
    {0xd8, "o"},   {0x142, "l"},  {0x141, "l"},  {0x111, "d"},  {0x110, "d"},
    {0xf0, "d"},   {0xd0, "d"},   {0xfe, "th"},  {0xde, "th"},  {0x131, "i"},
    {0x2019, "'"}, {0x2018, "'"}, {0x2bc, "'"},  {0x201b, "'"}, {0xb4, "'"},
    {0x1f3fb, ""}, {0x1f3fc, ""}, {0x1f3fd, ""}, {0x1f3fe, ""}, {0x1f3ff, ""},
};

static int class_of(int32_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
        return 1;
    case UTF8PROC_CATEGORY_ND:
        return 2;
    case UTF8PROC_CATEGORY_SO:
    case UTF8PROC_CATEGORY_SC:
        return 3;
    default:
        return 0;
    }
}

static int intern(const struct entry *e)
{
    for (int i = 4; i < n_entries; i++)
        if (entries[i].n == e->n && entries[i].class == e->class &&
            memcmp(entries[i].bytes, e->bytes, (size_t)e->n) == 0)
            return i;
    if (n_entries == ENTRIES_MAX)
        abort();
    entries[n_entries] = *e;
    return n_entries++;
}

static int entry_of(int32_t point)
{
    struct entry e = {.n = 0};
    utf8proc_int32_t parts[32];
    int boundary = 0;
    unsigned char self[4];
    utf8proc_ssize_t self_n = utf8proc_encode_char(point, self);

    for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++)
        if (habits[i].point == point) {
            e.n = (int)strlen(habits[i].text);
            memcpy(e.bytes, habits[i].text, (size_t)e.n);
            e.class = e.n && e.bytes[0] >= 'a' ? 1 : 0;
            return intern(&e);
        }
    utf8proc_ssize_t n =
        utf8proc_decompose_char(point, parts, 32,
                                UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                    UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
                                &boundary);

    if (n < 0 || n > 32)
        abort();
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        if (e.n + 4 > BYTES_MAX)
            abort();
        e.n += (int)utf8proc_encode_char(parts[i], e.bytes + e.n);
    }
    e.class = n > 0 ? class_of(parts[0]) : 0;
    if (e.n == self_n && memcmp(e.bytes, self, (size_t)self_n) == 0)
        return e.class; /* as it is */
    return intern(&e);
}

static int page_equal(int a, int b)
{
    return memcmp(&table[a * PAGE], &table[b * PAGE], PAGE * sizeof(table[0])) == 0;
}

static int share_pages(void)
{
    int n = 0;

    for (int page = 0; page < POINTS / PAGE; page++) {
        int found = -1;

        for (int i = 0; i < n && found < 0; i++)
            if (page_equal(first_of_page[i], page))
                found = i;
        if (found < 0) {
            found = n;
            first_of_page[n++] = page;
        }
        pages[page] = (uint16_t)found;
    }
    return n;
}

static void write_table(int n_pages)
{
    size_t offset = 0;

    printf("/* made by fold-table.c from utf8proc %s, Unicode %s */\n\n", utf8proc_version(),
           utf8proc_unicode_version());
    printf("#include \"lib/text/fold-table.h\"\n\n");
    printf("const uint16_t fold_pages[%d] = {", POINTS / PAGE);
    for (int i = 0; i < POINTS / PAGE; i++)
        printf("%s%d,", i % 20 ? "" : "\n", pages[i]);
    printf("\n};\n\nconst uint16_t fold_numbers[][%d] = {", PAGE);
    for (int i = 0; i < n_pages; i++) {
        printf("\n{");
        for (int j = 0; j < PAGE; j++)
            printf("%d,", table[first_of_page[i] * PAGE + j]);
        printf("},");
    }
    printf("\n};\n\nconst struct fold_entry fold_entries[] = {");
    for (int i = 0; i < n_entries; i++) {
        printf("\n{%zu,%d,%d},", offset, entries[i].n, entries[i].class);
        offset += (size_t)entries[i].n;
    }
    printf("\n};\n\nconst unsigned char fold_bytes[] = {");
    for (int i = 0; i < n_entries; i++)
        for (int j = 0; j < entries[i].n; j++)
            printf("%d,", entries[i].bytes[j]);
    printf("0\n};\n");
}

int main(void)
{
    for (n_entries = 0; n_entries < 4; n_entries++)
        entries[n_entries].class = n_entries;
    for (int32_t point = 0; point < POINTS; point++) {
        int hangul = point >= 0xac00 && point <= 0xd7a3;
        int surrogate = point >= 0xd800 && point < 0xe000;

        table[point] = (uint16_t)(hangul ? 1 : surrogate ? 0 : entry_of(point));
    }
    write_table(share_pages());
    return 0;
}
