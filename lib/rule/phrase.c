#include "lib/rule/phrase.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/utf8.h"
#include "lib/base/vec.h"
#include "lib/data/yaml.h"
#include "lib/rule/promise.h"

/* The scalar is cut at white space. "..." and "+" pieces are joins, all others
 * are places: cut at "|", then either a <name> or words, which go through the
 * same folding and cutting as posts do, so both sides cannot disagree. */

enum {
    THEN_DEFAULT = 4,
    NEAR_DEFAULT = 8,
    WITHIN_MAX = 50,
};

struct piece {
    struct str text;
    size_t offset; /* in the scalar's text */
};

struct reading {
    struct phrase_parser *p;
    const struct yaml *scalar;
    struct str rest;
    bool ok;
    unsigned n_places;
};

void phrase_parser_init(struct phrase_parser *p, struct arena *arena, struct diags *diags)
{
    *p = (struct phrase_parser){.arena = arena, .diags = diags};
    fold_init(&p->fold);
    words_init(&p->words);
}

void phrase_parser_done(struct phrase_parser *p)
{
    vec_done(&p->uses);
    fold_done(&p->fold);
    words_done(&p->words);
}

static const struct {
    struct str name;
    enum quantity_kind kind;
    uint16_t roles;
} kinds[] = {
    {{"duration", 8}, QUANTITY_DURATION, 0},
    {{"waited", 6}, QUANTITY_DURATION, BIT(QUANTITY_ELAPSED) | BIT(QUANTITY_DELAY)},
    {{"ahead", 5}, QUANTITY_DURATION, BIT(QUANTITY_AHEAD)},
    {{"money", 5}, QUANTITY_MONEY, 0},
    {{"percent", 7}, QUANTITY_PERCENTAGE, 0},
    {{"number", 6}, QUANTITY_NUMBER, 0},
    {{"date", 4}, QUANTITY_DATE, 0},
};

static bool quantity_atom(struct str name, struct atom *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!str_eq(kinds[i].name, name))
            continue;
        ret->kind = ATOM_QUANTITY;
        ret->quantity = (uint8_t)kinds[i].kind;
        ret->roles = kinds[i].roles;
        return true;
    }
    return false;
}

bool phrase_built_in(struct str name)
{
    struct atom atom;

    return str_eq(name, STR("unhappy")) || quantity_atom(name, &atom);
}

bool phrase_quantity_fits(enum quantity_kind wanted, enum quantity_kind kind)
{
    if (wanted == QUANTITY_NUMBER)
        return kind == QUANTITY_NUMBER || kind == QUANTITY_COUNT || kind == QUANTITY_DISTANCE ||
               kind == QUANTITY_TEMPERATURE;
    if (wanted == QUANTITY_DATE)
        return kind == QUANTITY_DATE || kind == QUANTITY_TIME;
    return wanted == kind;
}

bool phrase_atom_takes(const struct atom *atom, const struct quantity *q)
{
    return phrase_quantity_fits((enum quantity_kind)atom->quantity, q->kind) &&
           (atom->roles == 0 || atom->roles & BIT(q->role));
}

static bool place_names_role(const struct place *place, enum quantity_role role)
{
    for (uint32_t i = 0; i < place->n_atoms; i++) {
        const struct atom *atom = &place->atoms[i];

        if (atom->kind == ATOM_QUANTITY && atom->roles & BIT(role))
            return true;
        for (uint32_t k = 0; atom->kind == ATOM_LIST && k < atom->list->slot.n; k++)
            if (phrase_names_role(&atom->list->slot.phrases[k], role))
                return true;
    }
    return false;
}

bool phrase_is_unhappy(const struct phrase *p)
{
    return p->n_parts == 1 && p->parts[0].n_places == 1 && p->parts[0].places[0].n_atoms == 1 &&
           p->parts[0].places[0].atoms[0].kind == ATOM_UNHAPPY;
}

bool phrase_names_role(const struct phrase *p, enum quantity_role role)
{
    for (uint32_t i = 0; i < p->n_parts; i++)
        for (uint32_t k = 0; k < p->parts[i].n_places; k++)
            if (place_names_role(&p->parts[i].places[k], role))
                return true;
    return false;
}

static struct pos piece_pos(const struct reading *r, struct piece piece)
{
    return yaml_pos_in(r->scalar, piece.offset, (unsigned)utf8_count(piece.text));
}

/* `format` may use one %.*s, the piece. */
#define fault(r, piece, ...)                                                                       \
    do {                                                                                           \
        diag((r)->p->diags, DIAG_ERROR, piece_pos((r), (piece)), __VA_ARGS__);                     \
        (r)->ok = false;                                                                           \
    } while (0)

static bool next_piece(struct reading *r, struct piece *ret)
{
    struct str s = r->rest;
    size_t start = 0, end;

    while (start < s.n && (s.p[start] == ' ' || s.p[start] == '\t' || s.p[start] == '\n'))
        start++;
    if (start == s.n)
        return false;
    for (end = start; end < s.n && s.p[end] != ' ' && s.p[end] != '\t' && s.p[end] != '\n';)
        end++;
    ret->text = str_slice(s, start, end);
    ret->offset = (size_t)(ret->text.p - r->scalar->s.p);
    r->rest = str_slice(s, end, s.n);
    return true;
}

/* "..." "...6" "+" "+3" */
static enum join read_join(struct reading *r, struct piece piece, uint32_t *ret_within)
{
    if (str_eq(piece.text, STR("…")))
        piece.text = STR("...");
    enum join join = piece.text.p[0] == '+' ? JOIN_NEAR : JOIN_THEN;
    struct str number = str_slice(piece.text, join == JOIN_THEN ? 3 : 1, piece.text.n);
    int64_t within = join == JOIN_THEN ? THEN_DEFAULT : NEAR_DEFAULT;

    if (number.n && (!str_to_i64(number, &within) || within < 0 || within > WITHIN_MAX)) {
        fault(r, piece, "'%.*s' does not say how many words may stand between",
              STR_ARG(piece.text));
        diag_hint(r->p->diags,
                  "write ... or ...6 (then, at most 6 words later), + or +6 (near); "
                  "at most %d, with spaces around",
                  WITHIN_MAX);
    }
    *ret_within = (uint32_t)within;
    return join;
}

static bool list_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static void read_list_atom(struct reading *r, struct piece piece, struct atom *atom)
{
    struct str name = str_slice(piece.text, 1, piece.text.n - 1);
    bool good = name.n > 0;

    for (size_t i = 0; i < name.n; i++)
        good = good && list_name_char(name.p[i]);
    if (!str_ends(piece.text, STR(">")) || !good) {
        fault(r, piece, "'%.*s' is not the name of a list", STR_ARG(piece.text));
        diag_hint(r->p->diags,
                  "names stand between < and > and are made of a-z, 0-9 and -, like <elapsed>");
        return;
    }
    if (quantity_atom(name, atom))
        return;
    if (str_eq(name, STR("unhappy"))) {
        atom->kind = ATOM_UNHAPPY;
        return;
    }
    atom->kind = ATOM_LIST;
    atom->name = arena_str(r->p->arena, name);
    vec_push(&r->p->uses, (struct list_use){atom, piece_pos(r, piece)});
}

static void copy_words(struct reading *r, struct piece piece, struct atom *atom)
{
    size_t n = r->p->words.n;

    if (piece.text.p[0] == '#') /* the parts of a #CamelCase tag are no part of the phrase */
        n = 1;
    atom->words = arena_array(r->p->arena, n, sizeof(*atom->words));
    atom->word_ids = arena_array(r->p->arena, n, sizeof(*atom->word_ids));
    atom->n_words = (uint16_t)n;
    for (size_t i = 0; i < n; i++)
        atom->words[i] = arena_str(r->p->arena, word_str(&r->p->words.items[i]));
}

static void read_words_atom(struct reading *r, struct piece piece, struct atom *atom)
{
    struct str text = piece.text;

    atom->kind = ATOM_WORDS;
    if (str_ends(text, STR("*"))) {
        atom->ending = ATOM_PREFIX;
        text.n--;
    }
    if (str_find_char(text, '*', 0) != SIZE_MAX) {
        fault(r, piece, "'*' may only end a word");
        diag_hint(r->p->diags, "write the beginning and a star: livr*; or use a /regex/");
        return;
    }
    if (str_find(text, STR("..."), 0) != SIZE_MAX || str_find_char(text, '<', 0) != SIZE_MAX) {
        fault(r, piece, "'%.*s' runs words and signs together", STR_ARG(piece.text));
        diag_hint(r->p->diags, "put spaces around ... and + and between <lists> and words");
        return;
    }
    fold_text(&r->p->fold, text);
    words_cut(&r->p->words, &r->p->fold);
    if (r->p->words.n == 0) {
        fault(r, piece, "'%.*s' can never match", STR_ARG(piece.text));
        diag_hint(r->p->diags,
                  "punctuation is dropped from posts; match words, #tags, @names or emoji");
        return;
    }
    copy_words(r, piece, atom);
}

static void read_place(struct reading *r, struct piece piece, struct place *ret)
{
    struct str rest = piece.text, alternative;
    size_t n = 1;

    for (size_t i = 0; i < rest.n; i++)
        n += rest.p[i] == '|';
    if (n > PHRASE_ATOMS_MAX) {
        fault(r, piece, "more than %d alternatives in one place", PHRASE_ATOMS_MAX);
        diag_hint(r->p->diags, "make them a list under 'words' and write <its-name> here");
        return;
    }
    ret->atoms = arena_array(r->p->arena, n, sizeof(*ret->atoms));
    while (str_split(&rest, '|', &alternative)) {
        struct piece atom = {alternative, piece.offset + (size_t)(alternative.p - piece.text.p)};

        if (alternative.n == 0) {
            fault(r, piece, "an alternative of '%.*s' is empty", STR_ARG(piece.text));
            diag_hint(r->p->diags, "alternatives are written without spaces: recu|got|received");
        } else if (alternative.p[0] == '<') {
            read_list_atom(r, atom, &ret->atoms[ret->n_atoms++]);
        } else {
            read_words_atom(r, atom, &ret->atoms[ret->n_atoms++]);
        }
    }
}

static bool is_join(struct str piece)
{
    return str_starts(piece, STR("...")) || piece.p[0] == '+' || str_eq(piece, STR("…"));
}

/* Places up to the next join or the end: counted before they are read, since
 * the arena does not grow arrays. */
static uint32_t count_places(struct reading r)
{
    struct piece piece;
    uint32_t n = 0;

    while (next_piece(&r, &piece) && !is_join(piece.text))
        n++;
    return n;
}

static void read_part(struct reading *r, struct phrase *phrase, struct piece at, enum join join,
                      uint32_t within)
{
    uint32_t n = count_places(*r);
    struct piece piece = at;

    if (n == 0) {
        fault(r, at, "'%.*s' joins nothing", STR_ARG(at.text));
        diag_hint(r->p->diags, "a join stands between words: <parcel> ... received");
        return;
    }
    r->n_places += n;
    if (phrase->n_parts == PHRASE_PARTS_MAX || r->n_places > PHRASE_PLACES_MAX) {
        fault(r, at, "a phrase has at most %d joins and %d words", PHRASE_PARTS_MAX - 1,
              PHRASE_PLACES_MAX);
        diag_hint(r->p->diags, "make two phrases of it");
        return;
    }
    struct part *part = &phrase->parts[phrase->n_parts++];

    *part = (struct part){.join = join, .within = within};
    part->places = arena_array(r->p->arena, n, sizeof(*part->places));
    for (; n > 0 && next_piece(r, &piece); n--)
        read_place(r, piece, &part->places[part->n_places++]);
}

/* As many parts as joins and one; more than PHRASE_PARTS_MAX is found out later. */
static uint32_t count_parts(struct reading r)
{
    struct piece piece;
    uint32_t n = 1;

    while (next_piece(&r, &piece))
        n += is_join(piece.text);
    return MIN(n, (uint32_t)PHRASE_PARTS_MAX);
}

static void read_parts(struct reading *r, struct phrase *phrase)
{
    struct piece piece = {r->scalar->s, 0};
    enum join join = JOIN_START;
    uint32_t within = 0;

    phrase->parts = arena_array(r->p->arena, count_parts(*r), sizeof(*phrase->parts));
    do {
        read_part(r, phrase, piece, join, within);
        if (!r->ok || !next_piece(r, &piece))
            return;
        join = read_join(r, piece, &within);
    } while (r->ok);
}

/* Whether something else is wrong at this place: an alias leaves no text behind. */
static bool told_already(const struct diags *diags, struct pos at)
{
    for (size_t i = 0; i < diags->n; i++)
        if (diags->items[i].at.line == at.line && diags->items[i].at.col == at.col &&
            str_eq(diags->items[i].at.file, at.file))
            return true;
    return false;
}

/* "about: parcel, order" is one phrase, where a list was meant. */
static void warn_of_comma(struct reading *r)
{
    size_t comma = str_find(r->rest, STR(", "), 0);

    if (comma == SIZE_MAX)
        return;
    diag(r->p->diags, DIAG_WARNING, yaml_pos_in(r->scalar, comma, 1),
         "a comma separates nothing inside a phrase: these words are looked for in a row");
    diag_hint(r->p->diags, "for several phrases write a list, [parcel, order]; for several words "
                           "at one place parcel|order");
}

bool phrase_parse(struct phrase_parser *p, const struct yaml *scalar, enum lang lang,
                  struct phrase *ret)
{
    struct reading r = {.p = p, .scalar = scalar, .rest = scalar->s, .ok = true};
    struct str text = str_trim(scalar->s);

    *ret = (struct phrase){.at = scalar->at, .lang = lang};
    ret->text = arena_str(p->arena, text);
    if (text.n == 0 && told_already(p->diags, scalar->at))
        return false;
    if (text.n == 0) {
        fault(&r, ((struct piece){text, 0}), "an empty phrase matches nothing");
        diag_hint(p->diags, "remove it, or write the words to look for");
        return false;
    }
    if (text.n > 2 && text.p[0] == '/' && text.p[text.n - 1] == '/') {
        ret->regex = arena_str(p->arena, str_slice(text, 1, text.n - 1));
        return true;
    }
    warn_of_comma(&r);
    read_parts(&r, ret);
    return r.ok;
}
