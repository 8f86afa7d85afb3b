#include "lib/feed/mime.h"

#include "lib/base/arena.h"
#include "lib/feed/base64.h"
#include "lib/feed/date.h"
#include "lib/text/charset.h"
#include "lib/text/html.h"

/* A part is a slice with headers up to its first empty line. Multiparts are walked in
 * order, first text wins, plain before HTML; the walk is bounded by depth and count, and
 * each boundary search is one pass over its part, so the whole is O(depth * bytes). */

enum { TEXT_MAX = 1 << 20, HEADER_MAX = 64 * 1024, NAME_MAX_BYTES = 60, CONTENT_TYPE_MAX = 100 };

struct part {
    struct str headers, body;
};

struct walk {
    struct arena *arena;
    struct str plain, html; /* as UTF-8; p NULL: none yet */
    unsigned parts;
};

/* --- headers --------------------------------------------------------------- */

/* The line at the beginning of *rest without its end, CRLF or LF. */
static bool next_line(struct str *rest, struct str *ret)
{
    if (!str_split(rest, '\n', ret))
        return false;
    if (ret->n && ret->p[ret->n - 1] == '\r')
        ret->n--;
    return true;
}

static struct part split_part(struct str raw)
{
    struct str rest = raw, line;

    while (next_line(&rest, &line))
        if (line.n == 0)
            return (struct part){str_make(raw.p, (size_t)(line.p - raw.p)), rest};
    return (struct part){raw, STR_NONE};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* With its folds: line ends and the white space behind them. */
static struct str header(struct str headers, struct str name)
{
    struct str rest = headers, line;

    while (next_line(&rest, &line)) {
        if (!str_starts_nocase(line, name) || line.n == name.n || line.p[name.n] != ':')
            continue;
        const char *from = line.p + name.n + 1;
        struct str more = rest;

        while (more.n && is_space(more.p[0]) && next_line(&more, &line))
            continue;
        return str_trim(str_make(from, (size_t)(line.p + line.n - from)));
    }
    return STR_NONE;
}

/* "name=value" or name="value" behind a ';'. */
static struct str parameter(struct str value, struct str name)
{
    size_t at = 0;

    while ((at = str_find_char(value, ';', at)) != SIZE_MAX) {
        struct str one = str_trim(str_slice(value, ++at, value.n));

        if (!str_starts_nocase(one, name) || one.n <= name.n || one.p[name.n] != '=')
            continue;
        one = str_slice(one, name.n + 1, one.n);
        if (one.n && one.p[0] == '"')
            return str_slice(one, 1, MIN(str_find_char(one, '"', 1), one.n));
        size_t end = 0;

        while (end < one.n && !strchr("; \t\r\n", one.p[end]))
            end++;
        return str_slice(one, 0, end);
    }
    return STR_NONE;
}

static struct str bare_id(struct str value)
{
    size_t from = str_find_char(value, '<', 0);
    size_t to = from == SIZE_MAX ? SIZE_MAX : str_find_char(value, '>', from);

    return to == SIZE_MAX ? STR_NONE : str_slice(value, from + 1, to);
}

/* --- encodings ------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "=XX" at `i` means, or -1. */
static int hex_byte(struct str s, size_t i)
{
    int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
    int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;

    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* One line of a quoted-printable body; what is no escape stands for itself. */
static void quoted_line(struct str line, struct sbuf *out)
{
    while (line.n && is_space(line.p[line.n - 1]))
        line.n--; /* added on the way */
    bool soft = line.n && line.p[line.n - 1] == '=';

    line.n -= soft;
    for (size_t i = 0; i < line.n; i++) {
        int byte = line.p[i] == '=' ? hex_byte(line, i) : -1;

        if (byte >= 0)
            i += 2;
        sbuf_putc(out, byte >= 0 ? (char)byte : line.p[i]);
    }
    if (!soft)
        sbuf_putc(out, '\n');
}

static struct str quoted_printable(struct str body, struct arena *arena)
{
    struct sbuf out = SBUF_INIT(TEXT_MAX);
    struct str line;

    while (next_line(&body, &line))
        quoted_line(line, &out);
    struct str s = arena_str(arena, sbuf_str(&out));

    sbuf_done(&out);
    return s;
}

static struct str decoded(struct part part, struct arena *arena)
{
    struct str how = header(part.headers, STR("Content-Transfer-Encoding")), bytes;

    if (str_starts_nocase(how, STR("quoted-printable")))
        return quoted_printable(part.body, arena);
    if (str_starts_nocase(how, STR("base64")) &&
        base64_decode(str_slice(part.body, 0, TEXT_MAX), arena, &bytes))
        return bytes;
    return str_slice(part.body, 0, TEXT_MAX);
}

static struct str to_utf8(struct str bytes, const char *type, struct str charset,
                          struct arena *arena)
{
    struct str content_type =
        arena_printf(arena, charset.n ? "%s; charset=%.*s" : "%s", type,
                     (int)MIN(charset.n, (size_t)CONTENT_TYPE_MAX), charset.n ? charset.p : "");

    return charset_to_utf8(bytes, content_type, arena, NULL);
}

/* --- RFC 2047 -------------------------------------------------------------- */

struct word {
    struct str charset, text;
    char encoding; /* 'q' or 'b' */
    size_t n;      /* bytes of it all */
};

/* "=?charset?q?text?=" at the beginning of `s`. */
static bool encoded_word(struct str s, struct word *ret)
{
    size_t charset = 2, encoding, text, end;

    if (!str_starts(s, STR("=?")) || (encoding = str_find_char(s, '?', charset)) == SIZE_MAX)
        return false;
    text = encoding + 3;
    if (text >= s.n || s.p[text - 1] != '?' || (end = str_find(s, STR("?="), text)) == SIZE_MAX)
        return false;
    ret->encoding = (char)(s.p[encoding + 1] | 0x20);
    ret->charset = str_slice(s, charset, encoding);
    ret->charset.n = MIN(ret->charset.n, str_find_char(ret->charset, '*', 0)); /* RFC 2231 */
    ret->text = str_slice(s, text, end);
    ret->n = end + 2;
    return (ret->encoding == 'q' || ret->encoding == 'b') &&
           str_find_char(str_slice(s, 0, end), ' ', 0) >= text;
}

static void word_bytes(const struct word *w, struct arena *arena, struct sbuf *out)
{
    struct str bytes;

    if (w->encoding == 'b') {
        if (base64_decode(w->text, arena, &bytes))
            sbuf_add(out, bytes);
        return;
    }
    for (size_t i = 0; i < w->text.n; i++) {
        int byte = w->text.p[i] == '=' ? hex_byte(w->text, i) : -1;

        if (byte >= 0)
            i += 2;
        sbuf_putc(out, byte >= 0 ? (char)byte : w->text.p[i] == '_' ? ' ' : w->text.p[i]);
    }
}

/* Words that follow each other are one text: a letter may be cut between them. */
static size_t word_run(struct str s, struct arena *arena, struct sbuf *out)
{
    struct sbuf bytes = SBUF_INIT(HEADER_MAX);
    struct word w, next;
    size_t used = 0;

    if (!encoded_word(s, &w))
        return 0;
    next = w;
    do {
        size_t skip = 0;

        word_bytes(&next, arena, &bytes);
        used += next.n;
        while (used + skip < s.n && strchr(" \t\r\n", s.p[used + skip]))
            skip++;
        if (!encoded_word(str_slice(s, used + skip, s.n), &next))
            break;
        used += skip;
    } while (str_eq_nocase(next.charset, w.charset));
    sbuf_add(out, to_utf8(sbuf_str(&bytes), "text/plain", w.charset, arena));
    sbuf_done(&bytes);
    return used;
}

static bool blank_before_word(struct str s, size_t i)
{
    struct word w;

    while (i < s.n && strchr(" \t\r\n", s.p[i]))
        i++;
    return encoded_word(str_slice(s, i, s.n), &w);
}

struct str mime_header_text(struct str value, struct arena *arena)
{
    struct sbuf out = SBUF_INIT(HEADER_MAX), line = SBUF_INIT(HEADER_MAX);
    bool after_word = false;

    value = to_utf8(str_slice(value, 0, HEADER_MAX), "text/plain", STR_NONE, arena);
    for (size_t i = 0, used; i < value.n; i += used) {
        used = value.p[i] == '=' ? word_run(str_slice(value, i, value.n), arena, &out) : 0;
        bool word = used > 0;

        if (!word) {
            used = 1;
            if (!(after_word && strchr(" \t\r\n", value.p[i]) && blank_before_word(value, i)))
                sbuf_putc(&out, value.p[i]);
        }
        after_word = word || (after_word && strchr(" \t\r\n", value.p[i]));
    }
    html_collapse(sbuf_str(&out), &line);
    struct str s = arena_str(arena, sbuf_str(&line));

    sbuf_done(&out);
    sbuf_done(&line);
    return s;
}

/* --- parts ----------------------------------------------------------------- */

static void walk_part(struct walk *w, struct part part, unsigned depth);

static bool is_boundary(struct str line, struct str boundary)
{
    struct str tail = str_trim(str_slice(line, boundary.n + 2, line.n));

    return str_starts(line, STR("--")) && str_starts(str_slice(line, 2, line.n), boundary) &&
           (tail.n == 0 || str_eq(tail, STR("--")));
}

static void walk_multipart(struct walk *w, struct str body, struct str boundary, unsigned depth)
{
    struct str rest = body, line;
    const char *from = NULL; /* of the part we are in */

    while (next_line(&rest, &line)) {
        if (!is_boundary(line, boundary))
            continue;
        if (from)
            walk_part(w, split_part(str_make(from, (size_t)(line.p - from))), depth + 1);
        from = line.p + line.n;
        from += rest.p && from < rest.p ? rest.p - from : 0;
        if (str_starts(str_slice(line, boundary.n + 2, line.n), STR("--")) || !rest.n)
            return;
    }
    if (from) /* cut off: what is there counts */
        walk_part(w, split_part(str_make(from, (size_t)(body.p + body.n - from))), depth + 1);
}

static void walk_part(struct walk *w, struct part part, unsigned depth)
{
    struct str type = header(part.headers, STR("Content-Type"));
    struct str boundary = parameter(type, STR("boundary"));
    bool html = str_starts_nocase(type, STR("text/html"));

    if (depth > MIME_DEPTH || w->parts++ > MIME_PARTS ||
        str_starts_nocase(header(part.headers, STR("Content-Disposition")), STR("attachment")))
        return;
    if (str_starts_nocase(type, STR("multipart/"))) {
        if (boundary.n)
            walk_multipart(w, part.body, boundary, depth);
        return;
    }
    if (type.n && !html && !str_starts_nocase(type, STR("text/plain")))
        return;
    struct str *slot = html ? &w->html : &w->plain;

    if (!slot->p)
        *slot = to_utf8(decoded(part, w->arena), html ? "text/html" : "text/plain",
                        parameter(type, STR("charset")), w->arena);
}

/* --- own words ------------------------------------------------------------- */

static bool starts_with_any(struct str line, const char *const *heads, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_starts_nocase(line, str_of(heads[i])))
            return true;
    return false;
}

static bool holds_any(struct str line, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_find(line, str_of(words[i]), 0) != SIZE_MAX)
            return true;
    return false;
}

/* "On Monday, Ann wrote:" */
static bool announces_quote(struct str line)
{
    static const char *const tails[] = {
        "wrote:",           "crit :",   "crit\xc2\xa0:", "crit\xe2\x80\xaf:", "crit:",
        "escribi\xc3\xb3:", "schrieb:", "ha scritto:",   "schreef:"};

    for (size_t i = 0; i < ARRAY_LEN(tails); i++)
        if (str_ends(line, str_of(tails[i])))
            return true;
    return false;
}

/* Its first half, when the sender's program broke it. */
static bool begins_announcement(struct str line)
{
    static const char *const heads[] = {"On ", "Le ", "El ", "Am ", "Il ", "Op "};

    return starts_with_any(line, heads, ARRAY_LEN(heads));
}

/* An address, or a time of day: programs write them there, people who tell what somebody wrote
 * to them do not. */
static bool made_by_program(struct str line)
{
    if (str_find_char(line, '@', 0) != SIZE_MAX)
        return true;
    for (size_t i = 1; i + 1 < line.n; i++)
        if (line.p[i] == ':' && line.p[i - 1] >= '0' && line.p[i - 1] <= '9' &&
            line.p[i + 1] >= '0' && line.p[i + 1] <= '9')
            return true;
    return false;
}

/* "-----Message d'origine-----", "-------- Original message --------", "Begin forwarded
 * message:": what follows is a whole mail of somebody else. */
static bool is_ruler(struct str line)
{
    static const char *const words[] = {"essage", "riginal", "MESSAGE", "ORIGINAL", "achricht"};
    static const char *const heads[] = {"Begin forwarded message:", "D\303\251but du message",
                                        "________________________________"};

    return (str_starts(line, STR("----")) && holds_any(line, words, ARRAY_LEN(words))) ||
           starts_with_any(line, heads, ARRAY_LEN(heads));
}

/* Programs advertise themselves below the last word. */
static bool is_advertisement(struct str line)
{
    static const char *const heads[] = {"Sent from my ",
                                        "Sent from Outlook",
                                        "Sent from Mail for",
                                        "Sent from Yahoo",
                                        "Sent with Proton",
                                        "Get Outlook for ",
                                        "Envoy\xc3\xa9 de mon ",
                                        "Envoy\xc3\xa9 depuis mon ",
                                        "Envoy\xc3\xa9 depuis l",
                                        "Envoy\xc3\xa9 \xc3\xa0 partir de ",
                                        "Envoy\xc3\xa9 avec Proton",
                                        "T\xc3\xa9l\303\251charger Outlook pour ",
                                        "Obtenir Outlook pour ",
                                        "Obtenez Outlook pour ",
                                        "Provenance : Courrier pour Windows",
                                        "Enviado desde mi "};

    return starts_with_any(line, heads, ARRAY_LEN(heads));
}

/* "From: Care", "De : Care", also in the asterisks that stand for bold letters. */
static bool is_field(struct str line, const char *const *names, size_t n)
{
    while (line.n && line.p[0] == '*')
        line = str_slice(line, 1, line.n);
    for (size_t i = 0; i < n; i++) {
        struct str rest = str_slice(line, strlen(names[i]), line.n);

        if (!str_starts_nocase(line, str_of(names[i])))
            continue;
        while (rest.n &&
               (rest.p[0] == ' ' || rest.p[0] == '*' || rest.p[0] == '\xc2' || rest.p[0] == '\xa0'))
            rest = str_slice(rest, 1, rest.n);
        if (rest.n && rest.p[0] == ':')
            return true;
    }
    return false;
}

/* What stands before a whole mail of somebody else, and before a signature. */
static bool ends_own_words(struct str line, struct str next)
{
    static const char *const from[] = {"From", "De", "Von", "Exp\303\251diteur"};
    static const char *const sent[] = {"Sent",     "Date",     "Envoy\xc3\xa9",
                                       "Enviado",  "Gesendet", "To",
                                       "\xc3\x80", "A",        "Envoy\xc3\xa9 le"};

    return str_eq(line, STR("--")) || is_ruler(line) || is_advertisement(line) ||
           (is_field(line, from, ARRAY_LEN(from)) && is_field(next, sent, ARRAY_LEN(sent)));
}

/* The next one that is not empty; *rest continues behind it. */
static struct str next_full_line(struct str *rest)
{
    struct str line = STR_NONE;

    while (str_split(rest, '\n', &line))
        if (str_trim(line).n)
            return str_trim(line);
    return STR_NONE;
}

/* How many lines announce what another wrote: none, one, or two when a program broke it. `rest`
 * is behind the first; *ret is what they announce. */
static unsigned announcement(struct str line, struct str rest, struct str *ret)
{
    struct str next = next_full_line(&rest);

    *ret = next;
    if (announces_quote(line))
        return 1;
    if (!begins_announcement(line) || !announces_quote(next))
        return 0;
    *ret = next_full_line(&rest);
    return 2;
}

/* Answers are mostly written on top: below an announcement that a program made, words that are
 * not marked as quoted are another's too. */
static bool answered_on_top(struct str line, struct str next, struct str quoted,
                            const struct sbuf *own)
{
    return str_trim(sbuf_str(own)).n && begins_announcement(line) && quoted.n &&
           quoted.p[0] != '>' && (made_by_program(line) || made_by_program(next));
}

static void own_lines(struct str text, struct sbuf *out)
{
    struct str rest = text, line, quoted;

    while (str_split(&rest, '\n', &line)) {
        struct str bare = str_trim(line), behind = rest, next = next_full_line(&behind);
        unsigned announcing = announcement(bare, rest, &quoted);

        if (ends_own_words(bare, next) ||
            (announcing && answered_on_top(bare, announcing == 2 ? next : bare, quoted, out)))
            return;
        if (str_starts(bare, STR(">")) || announcing == 2 ||
            (announcing && (!quoted.n || quoted.p[0] == '>')))
            continue;
        sbuf_add(out, bare);
        if (bare.n || (out->n > 1 && out->p[out->n - 2] != '\n'))
            sbuf_putc(out, '\n'); /* one empty line at most */
    }
}

struct str mime_own_words(struct str text, struct arena *arena)
{
    struct sbuf out = SBUF_INIT(TEXT_MAX + 1);
    struct str own;

    own_lines(text, &out);
    own = str_trim(sbuf_str(&out));
    own = arena_str(arena, own.n ? own : str_trim(text));
    sbuf_done(&out);
    return own;
}

/* Quotes in HTML mail stand in elements of their own, at the end. */
static struct str html_words(struct str html, struct arena *arena)
{
    static const char *const quotes[] = {"<blockquote",
                                         "<BLOCKQUOTE",
                                         "<div class=\"gmail_quote",
                                         "<div id=\"divRplyFwdMsg",
                                         "<div id=\"appendonsend",
                                         "<div class=\"moz-cite-prefix",
                                         "<div class=\"yahoo_quoted",
                                         "<div id=\"yahoo_quoted",
                                         "<div class=\"protonmail_quote",
                                         "<hr id=\"zwchr"};
    struct sbuf out = SBUF_INIT(TEXT_MAX);
    size_t end = html.n;

    for (size_t i = 0; i < ARRAY_LEN(quotes); i++)
        end = MIN(end, str_find(html, str_of(quotes[i]), 0));
    html_to_text(str_slice(html, 0, end), &out);
    if (out.n == 0)
        html_to_text(html, &out);
    struct str s = arena_str(arena, sbuf_str(&out));

    sbuf_done(&out);
    return s;
}

struct mime_mail mime_read(struct str raw, struct arena *arena)
{
    struct part whole = split_part(raw);
    struct walk w = {.arena = arena};
    struct date date;
    struct mime_mail mail = {
        .id = bare_id(header(whole.headers, STR("Message-ID"))),
        .in_reply_to = bare_id(header(whole.headers, STR("In-Reply-To"))),
        .subject = mime_header_text(header(whole.headers, STR("Subject")), arena),
        .from = mime_header_text(header(whole.headers, STR("From")), arena),
        .date_ms = CLOCK_NONE,
    };

    walk_part(&w, whole, 0);
    struct str text = w.plain.p && str_trim(w.plain).n ? w.plain
                      : w.html.p                       ? html_words(w.html, arena)
                                                       : STR_NONE;

    mail.text = mime_own_words(text, arena);
    if (date_parse(str_slice(header(whole.headers, STR("Date")), 0, DATE_TEXT_MAX), &date))
        mail.date_ms = date.at_ms;
    return mail;
}
