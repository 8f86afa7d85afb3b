#include "lib/data/slip.h"

#include "lib/base/utf8.h"

/* One function for each thing libyaml complains of: it looks at the lines around
 * and says the same in words about the file. Where nothing is recognised,
 * libyaml's own sentence is passed on, for a vague place is better than none. */

enum { EXAMPLE_MAX = 60 };

struct scene {
    const struct slip *slip;
    struct str text;
    struct diags *diags;
    struct str line; /* the line of slip->at */
    struct str rest; /* of that line, from slip->at on */
};

static struct str line_at(struct str text, unsigned number)
{
    struct str piece = STR_NONE;

    for (unsigned i = 0; i < number; i++)
        if (!str_split(&text, '\n', &piece))
            return STR_NONE;
    if (str_ends(piece, STR("\r")))
        piece.n--;
    return piece;
}

static struct str from_column(struct str line, unsigned col)
{
    return str_slice(line, utf8_offset(line, col ? col - 1 : 0), line.n);
}

static size_t indent_of(struct str line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

static bool in_flow(const struct scene *s)
{
    struct str before = str_slice(s->line, 0, s->line.n - s->rest.n);

    return str_find_char(before, '[', 0) != SIZE_MAX || str_find_char(before, '{', 0) != SIZE_MAX;
}

/* The words from `rest` on that one pair of quotes should hold. */
static struct str words_to_quote(const struct scene *s, struct str rest)
{
    size_t end = MIN(str_find(rest, STR(" #"), 1), rest.n);

    for (size_t i = 0; in_flow(s) && i < end; i++)
        if (strchr(",]}", rest.p[i]))
            end = i;
    return str_trim(str_slice(rest, 0, end));
}

/* The quote that can hold `words` as they are, or NUL. */
static char quote_for(struct str words)
{
    if (words.n == 0 || words.n > EXAMPLE_MAX)
        return '\0';
    if (str_find_char(words, '"', 0) == SIZE_MAX && str_find_char(words, '\\', 0) == SIZE_MAX)
        return '"';
    return str_find_char(words, '\'', 0) == SIZE_MAX ? '\'' : '\0';
}

/* The hint `advice`, with the words in quotes as an example where that works. */
static void hint_quotes(const struct scene *s, struct str rest, const char *advice)
{
    struct str words = words_to_quote(s, rest);
    char quote = quote_for(words);

    if (quote)
        diag_hint(s->diags, "%s: %c%.*s%c", advice, quote, STR_ARG(words), quote);
    else
        diag_hint(s->diags, "%s", advice);
}

static void as_libyaml_says(const struct scene *s)
{
    diag(s->diags, DIAG_ERROR, s->slip->at, "%s", s->slip->problem);
}

static void strange_beginning(const struct scene *s)
{
    if (s->rest.n && s->rest.p[0] == '\t') {
        diag(s->diags, DIAG_ERROR, s->slip->at, "a tab stands where only spaces may");
        diag_hint(s->diags, "indent with spaces");
        return;
    }
    as_libyaml_says(s);
    hint_quotes(s, s->rest, "put quotes around words that start with @ # % or `");
}

static void tab_in_indentation(const struct scene *s)
{
    diag(s->diags, DIAG_ERROR, s->slip->at, "a tab stands where only spaces may");
    diag_hint(s->diags, "indent with spaces");
}

/* "key:value" in the line: the column of the value, or 0. */
static unsigned value_without_space(struct str line)
{
    size_t colon = str_find_char(line, ':', 0);

    if (colon == SIZE_MAX || colon == 0 || colon + 1 >= line.n || strchr(" \t/", line.p[colon + 1]))
        return 0;
    return (unsigned)utf8_count(str_slice(line, 0, colon + 1)) + 1;
}

/* True when that was it. */
static bool missing_space(const struct scene *s, struct pos line_of)
{
    struct str line = line_at(s->text, line_of.line);
    unsigned col = value_without_space(line);

    if (col == 0)
        return false;
    struct pos at = {line_of.file, line_of.line, col, 1};
    struct str key = str_trim(str_slice(line, 0, utf8_offset(line, col - 2)));
    struct str value = str_trim(from_column(line, col));

    diag(s->diags, DIAG_ERROR, at, "the colon has no space behind it");
    if (key.n + value.n <= EXAMPLE_MAX)
        diag_hint(s->diags, "write %.*s: %.*s", STR_ARG(key), STR_ARG(value));
    else
        diag_hint(s->diags, "a key is followed by a colon and a space");
    return true;
}

static void unexpected_colon(const struct scene *s)
{
    const struct slip *slip = s->slip;

    if (slip->scalar_at.line && slip->scalar_at.line < slip->at.line) {
        if (missing_space(s, slip->scalar_at))
            return;
        struct pos at = {slip->at.file, slip->at.line, (unsigned)indent_of(s->line) + 1, 1};

        diag(s->diags, DIAG_ERROR, at, "this key is read as more text of line %u",
             slip->scalar_at.line);
        diag_hint(s->diags, "a key has either a text on its line or keys below it; "
                            "align it with the keys it belongs to");
        return;
    }
    diag(s->diags, DIAG_ERROR, slip->at, "a second colon with a space on one line");
    hint_quotes(s,
                slip->scalar_at.line == slip->at.line ? from_column(s->line, slip->scalar_at.col)
                                                      : STR_NONE,
                "put quotes around a text that holds a colon and a space");
}

static void key_without_colon(const struct scene *s)
{
    const struct slip *slip = s->slip;
    struct pos at = slip->context_at.line ? slip->context_at : slip->at;
    struct str before = str_trim(line_at(s->text, at.line - 1));

    if (missing_space(s, at))
        return;
    if (str_starts(before, STR("- "))) {
        diag(s->diags, DIAG_ERROR, at, "this line is neither an item nor a key");
        diag_hint(s->diags, "each item of a list begins with a dash and a space");
        return;
    }
    diag(s->diags, DIAG_ERROR, at, "this key has no colon");
    diag_hint(s->diags, "write key: value");
}

static void dash_on_the_keys_line(const struct scene *s)
{
    diag(s->diags, DIAG_ERROR, s->slip->at, "a list cannot begin on the line of its key");
    diag_hint(s->diags, "begin each item on a line of its own with a dash and a space, "
                        "or write [one, two]");
}

/* `"been" waiting`: true when that was it. */
static bool text_behind_quote(const struct scene *s)
{
    const struct slip *slip = s->slip;

    if (!slip->scalar_quoted || slip->scalar_end_line != slip->at.line || s->rest.n == 0 ||
        slip->at.col < slip->scalar_end_col)
        return false;
    diag(s->diags, DIAG_ERROR, slip->at, "text behind the closing quote");
    diag_hint(s->diags, "put the quotes around all of it; inside '…' a quote is written twice, "
                        "inside \"…\" it is written \\\"");
    return true;
}

static void misplaced_line(const struct scene *s)
{
    const struct slip *slip = s->slip;
    struct str item = str_trim(s->rest);

    if (text_behind_quote(s))
        return;
    if (str_starts(item, STR("- "))) {
        diag(s->diags, DIAG_ERROR, slip->at, "a list item stands where a key should");
        diag_hint(s->diags, "the key above it must end with a colon and have no text of its own");
        return;
    }
    if (slip->at.col > 1 && slip->context_at.line && slip->at.line > slip->context_at.line) {
        diag(s->diags, DIAG_ERROR, slip->at,
             "this line is indented by %u, the keys it should belong to by %u", slip->at.col - 1,
             slip->context_at.col - 1);
        diag_hint(s->diags, "align it with line %u", slip->context_at.line);
        return;
    }
    as_libyaml_says(s);
    diag_hint(s->diags, "each line here is a key, a colon, a space and a value");
}

static void missing_dash(const struct scene *s)
{
    const struct slip *slip = s->slip;

    if (text_behind_quote(s))
        return;
    diag(s->diags, DIAG_ERROR, slip->at, "this line is no item of the list that line %u began",
         slip->context_at.line);
    diag_hint(s->diags,
              "begin it with a dash and a space in column %u, or indent it as the key "
              "it is",
              slip->context_at.col);
}

/* The list or map that `at` opens has no end. */
static void never_closed(const struct scene *s, struct pos at)
{
    struct str opened = from_column(line_at(s->text, at.line), at.col);
    bool list = str_starts(opened, STR("["));
    size_t hash = str_find(opened, STR(" #"), 0);

    diag(s->diags, DIAG_ERROR, at, "this %s is never closed with a '%c'", list ? "list" : "map",
         list ? ']' : '}');
    if (hash == SIZE_MAX) {
        diag_hint(s->diags, "add the '%c', and quotes around texts that hold brackets",
                  list ? ']' : '}');
        return;
    }
    struct str word = str_slice(opened, hash + 1, opened.n);
    struct scene inside = {.diags = s->diags, .line = opened, .rest = word};

    hint_quotes(&inside, word, "a # after a space begins a comment; put quotes around the word");
}

static void unclosed_brackets(const struct scene *s)
{
    const struct slip *slip = s->slip;

    if (text_behind_quote(s))
        return;
    if (slip->at.line != slip->context_at.line || s->rest.n == 0) {
        never_closed(s, slip->context_at);
        return;
    }
    as_libyaml_says(s);
    diag_hint(s->diags, "put quotes around a text that holds , [ ] { or }");
}

static void unclosed_quote(const struct scene *s)
{
    struct pos at = s->slip->context_at.line ? s->slip->context_at : s->slip->at;

    diag(s->diags, DIAG_ERROR, at, "this quote is never closed");
    diag_hint(s->diags, "close it, or put the other kind of quotes around a text that holds one");
}

static void strange_escape(const struct scene *s)
{
    diag(s->diags, DIAG_ERROR, s->slip->at, "a backslash that means nothing here");
    diag_hint(s->diags, "write \\\\ for a backslash, or single quotes around the text");
}

static void block_sign(const struct scene *s)
{
    struct pos at = s->slip->context_at.line ? s->slip->context_at : s->slip->at;
    struct str line = line_at(s->text, at.line);

    diag(s->diags, DIAG_ERROR, at, "a text cannot start with | or >");
    hint_quotes(s, from_column(line, at.col), "put quotes around it");
}

static void no_value(const struct scene *s)
{
    if (s->rest.n && strchr(",]}", s->rest.p[0])) {
        diag(s->diags, DIAG_ERROR, s->slip->at, "a text cannot start with '%c'", s->rest.p[0]);
        diag_hint(s->diags, "put quotes around it");
        return;
    }
    if (s->rest.n == 0 && s->slip->open_at.line)
        never_closed(s, s->slip->open_at);
    else
        as_libyaml_says(s);
}

static void outdented(const struct scene *s)
{
    diag(s->diags, DIAG_ERROR, s->slip->at, "this line does not belong to what stands above it");
    diag_hint(s->diags, "align it with the first line of the file");
}

static void sign_without_name(const struct scene *s)
{
    struct pos at = s->slip->context_at.line ? s->slip->context_at : s->slip->at;
    struct str from = from_column(line_at(s->text, at.line), at.col);

    diag(s->diags, DIAG_ERROR, at, "a text cannot start with '%c'", from.n ? from.p[0] : ' ');
    hint_quotes(s, from, "put quotes around it");
}

/* The first row whose words occur in libyaml's; NULL fits everything. */
static const struct {
    const char *problem, *context;
    void (*explain)(const struct scene *s);
} slips[] = {
    {"cannot start any token", NULL, strange_beginning},
    {"mapping values are not allowed", NULL, unexpected_colon},
    {"could not find expected ':'", NULL, key_without_colon},
    {"block sequence entries are not allowed", NULL, dash_on_the_keys_line},
    {"did not find expected key", NULL, misplaced_line},
    {"did not find expected '-'", NULL, missing_dash},
    {"did not find expected ',' or", NULL, unclosed_brackets},
    {"unexpected end of stream", "quoted", unclosed_quote},
    {"unexpected document indicator", "quoted", unclosed_quote},
    {"escape character", NULL, strange_escape},
    {"hexdecimal number", NULL, strange_escape},
    {"expected comment or line break", "block scalar", block_sign},
    {"indentation indicator", NULL, block_sign},
    {"tab character", NULL, tab_in_indentation},
    {"expected node content", NULL, no_value},
    {"expected <document start>", NULL, outdented},
    {"", "alias", sign_without_name},
    {"", "anchor", sign_without_name},
    {"", "tag", sign_without_name},
    {"", "directive", sign_without_name},
    {"", NULL, as_libyaml_says},
};

void slip_report(const struct slip *slip, struct str text, struct diags *diags)
{
    struct str line = line_at(text, slip->at.line);
    struct scene scene = {slip, text, diags, line, from_column(line, slip->at.col)};

    for (size_t i = 0; i < ARRAY_LEN(slips); i++) {
        if (!strstr(slip->problem, slips[i].problem))
            continue;
        if (slips[i].context && (!slip->context || !strstr(slip->context, slips[i].context)))
            continue;
        slips[i].explain(&scene);
        return;
    }
}
