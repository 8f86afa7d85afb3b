#include "lib/quantity/denomination.h"

#include <math.h>

#include "lib/quantity/unit.h"

/* `30'` are minutes and `1"` is a second, where the sign cannot be a quotation's. */
static bool read_prime(const struct tokens *ts, size_t i, struct denomination *u)
{
    bool second = token_sign(ts, i, '"');

    if (!token_glued(ts, i) || token_at(ts, i - 1)->kind != TOKEN_NUMBER ||
        token_at(ts, i - 1)->separators)
        return false;
    if (second ? ts->n != i + 1 || i != 1 : !token_sign(ts, i, '\'') || token_glued(ts, i + 1))
        return false;
    u->unit = second ? UNIT_SECOND : UNIT_MINUTE;
    u->next = i + 1;
    return true;
}

bool denomination_percent(const struct tokens *ts, size_t i, struct denomination *u)
{
    size_t n = 0;

    if (token_sign(ts, i, '%') || token_is(ts, i, LEX(PERCENT)))
        n = 1;
    else if (token_is(ts, i, LEX(PRO)) &&
             (token_is(ts, i + 1, LEX(SUB)) || token_at(ts, i + 1)->m->number == 100))
        n = 2;
    if (n == 0)
        return false;
    u->unit = UNIT_PERCENT;
    u->next = i + n;
    return true;
}

static bool is_letter_scale(const struct tokens *ts, size_t i)
{
    return token_at(ts, i)->digits == 1;
}

/* "37C" and nothing else, "98.6F": where no seat and no cents can be meant. */
static bool is_lone_scale(const struct tokens *ts, size_t i)
{
    const struct token *number = token_at(ts, i - 1);

    return token_at(ts, i)->flags & TOKEN_UPPER && number->kind == TOKEN_NUMBER &&
           (ts->n == 2 ||
            (number->decimals == 1 && token_glued(ts, i) && !token_sign(ts, i + 1, '/')));
}

static bool read_degrees(const struct tokens *ts, size_t i, struct denomination *u)
{
    bool degree = token_sign(ts, i, 0xb0) || token_is(ts, i, LEX(DEGREE));
    size_t scale = i + degree;

    if (!degree &&
        (!token_is(ts, i, LEX(SCALE)) || (is_letter_scale(ts, i) && !is_lone_scale(ts, i))))
        return false;
    scale += degree && token_sign(ts, scale, 0xb0);
    u->unit = UNIT_DEGREE;
    u->next = scale;
    if (token_is(ts, scale, LEX(SCALE))) {
        u->unit = (enum quantity_unit)token_at(ts, scale)->m->cal;
        u->next = scale + 1;
    }
    return true;
}

const char *denomination_sign(uint32_t sign)
{
    switch (sign) {
    case '$':
        return "USD";
    case 0x20ac:
        return "EUR";
    case 0xa3:
        return "GBP";
    case 0xa5:
        return "JPY";
    case 0x20b9:
        return "INR";
    case 0x20bd:
        return "RUB";
    case 0x20ba:
        return "TRY";
    case 0x20a9:
        return "KRW";
    case 0x20b4:
        return "UAH";
    case 0x20aa:
        return "ILS";
    case 0x20ab:
        return "VND";
    case 0x20a6:
        return "NGN";
    case 0x20b1:
        return "PHP";
    case 0x20bf:
        return "BTC";
    case 0xe3f:
        return "THB";
    default:
        return NULL;
    }
}

static void set_code(char code[4], const char *from)
{
    memcpy(code, from, 4);
}

/* Whose currency it is, before its name or sign: "us", "new zealand", "U.S."
 * Return: the token behind. */
static size_t read_nation(const struct tokens *ts, size_t i, const char **ret_code)
{
    bool us = token_sign(ts, i + 1, '.') && token_sign(ts, i + 3, '.') && token_glued(ts, i + 2) &&
              token_is(ts, i + 2, LEX(UNIT)) && token_at(ts, i + 2)->digits == 1 &&
              token_at(ts, i)->digits == 1 && (ts->text.p[token_at(ts, i)->start] | 0x20) == 'u';
    size_t word = i + token_is(ts, i, LEX(COMPASS)), behind = us ? i + 4 : word + 1;

    if (!us && !token_is(ts, word, LEX(NATION)))
        return i;
    if (!token_is(ts, behind, LEX(CUR) | LEX(PURSE)) && !token_sign(ts, behind, '$'))
        return i;
    *ret_code = us ? "USD" : token_at(ts, word)->m->code;
    return behind;
}

/* "dollars canadiens", "$ CAN". What is short is a nation in capitals only, and
 * behind dollars: "30 € Ca fait cher". */
static bool nation_behind(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i), *before = token_at(ts, i - 1);
    bool dollars = before->sign == '$' || strcmp(before->m->code, "USD") == 0;

    return t->m->mask & LEX(NATION) &&
           (t->digits > 3 || (t->digits > 1 && t->flags & TOKEN_UPPER && dollars) ||
            t->m->mask & LEX(CUR));
}

/* "livres turques": the word alone may be a book. */
static bool read_purse(const struct tokens *ts, size_t i, struct denomination *u)
{
    if (!token_is(ts, i, LEX(PURSE)) || token_at(ts, i + 1)->digits < 4 ||
        !token_is(ts, i + 1, LEX(NATION)))
        return false;
    set_code(u->code, token_at(ts, i + 1)->m->code);
    u->unit = UNIT_CURRENCY;
    u->next = i + 2;
    return true;
}

/* "49,90e", "il me doit 200e": one letter ends an ordinal too ("la 50e fois",
 * "dans le 15e"), so cents stand before it, or a larger number and no noun behind. */
static bool letter_is_money(const struct tokens *ts, size_t i)
{
    const struct token *number = token_at(ts, i - 1), *next = token_at(ts, i + 1);

    if (!token_glued(ts, i) || number->kind != TOKEN_NUMBER)
        return false;
    return number->decimals == 2 ||
           (number->value >= 32 &&
            (next->kind != TOKEN_WORD || token_is(ts, i + 1, LEX(PER) | LEX(OF))));
}

/* A currency in words and signs at `i`: "€", "euros", "us dollars", "US$",
 * "dollars australiens", "$ usd". */
bool denomination_currency(const struct tokens *ts, size_t i, struct denomination *u)
{
    const char *sign, *nation = NULL;

    i +=
        token_is(ts, i, LEX(OF)) && (denomination_sign(token_at(ts, i + 1)->sign) ||
                                     token_is(ts, i + 1 + token_is(ts, i + 1, LEX(ADJ)), LEX(CUR)));
    i += token_is(ts, i, LEX(ADJ)) && token_is(ts, i + 1, LEX(CUR)); /* "2 more dollars" */
    if (read_purse(ts, i, u))
        return true;
    i = read_nation(ts, i, &nation);
    sign = token_at(ts, i)->kind == TOKEN_SIGN ? denomination_sign(token_at(ts, i)->sign) : NULL;
    if (!sign && !token_is(ts, i, LEX(CUR) | (nation ? LEX(PURSE) : 0)))
        return false;
    if (!sign && token_at(ts, i)->digits == 1 && !letter_is_money(ts, i))
        return false;
    if (!sign && token_at(ts, i)->m->factor > 1)
        u->mul = token_at(ts, i)->m->factor; /* MUSD */
    set_code(u->code, nation ? nation : sign ? sign : token_at(ts, i)->m->code);
    u->unit = UNIT_CURRENCY;
    u->next = i + 1;
    if (!nation && nation_behind(ts, i + 1)) { /* "dollars canadiens" */
        set_code(u->code, token_at(ts, i + 1)->m->code);
        u->next++;
    } else if (sign && token_is(ts, i + 1, LEX(CUR))) { /* "$ usd" */
        set_code(u->code, token_at(ts, i + 1)->m->code);
        u->next++;
    }
    return true;
}

static bool read_coin(const struct tokens *ts, size_t i, struct denomination *u)
{
    const struct token *t = token_at(ts, i);
    bool letter = t->digits == 1;

    if (t->m->mask & LEX(COIN)) {
        u->unit = UNIT_CURRENCY;
        u->factor = t->m->number / 100;
        set_code(u->code, "USD");
    } else if (token_sign(ts, i, 0xa2)) {
        u->unit = UNIT_CENT;
        set_code(u->code, "USD");
    } else if (t->m->mask & LEX(SUB) &&
               (!letter || (token_glued(ts, i) && !(t->flags & TOKEN_UPPER)))) {
        u->unit = UNIT_CENT;
        set_code(u->code, t->m->cents);
    } else {
        return false;
    }
    u->next = i + 1;
    return true;
}

/* "km/h", "m2", "miles per hour": not the distance they begin with. */
static size_t derived_end(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);
    bool power = t->kind == TOKEN_NUMBER && (t->value == 2 || t->value == 3) && t->digits == 1;

    if (token_glued(ts, i) && (power || t->sign == 0xb2 || t->sign == 0xb3))
        return i + 1;
    if (token_sign(ts, i, '/') && token_glued(ts, i) && token_is(ts, i + 1, LEX(UNIT)))
        return i + 2;
    if (token_is(ts, i, LEX(PER) | LEX(TO)) && token_is(ts, i + 1, LEX(UNIT)))
        return i + 2;
    if (token_is(ts, i, LEX(TO)) && token_is(ts, i + 1, LEX(THE)) && token_is(ts, i + 2, LEX(UNIT)))
        return i + 3;
    return 0;
}

/* English "for 30 s", which is not "the 30 s", "in my 30 s", "100 s of dollars", "iPhone 5 s". */
static bool lone_s_counts(const struct tokens *ts, size_t i)
{
    const struct token *number = token_at(ts, i - 1);

    return number->kind == TOKEN_NUMBER && number->digits > 1 && !(number->flags & TOKEN_DOTTED) &&
           !token_is(ts, i - 2, LEX(THE) | LEX(EARLY) | LEX(CUR)) &&
           !token_is(ts, i - 3, LEX(IN)) && !token_is(ts, i + 1, LEX(OF));
}

/* One letter is a unit only where nothing else can be meant. */
static bool letter_counts(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);
    char c = (char)(ts->text.p[t->start] | 0x20);

    if (t->digits > 1 || (i == 1 && ts->n == 2)) /* "7 d" in a rule */
        return true;
    if (!token_glued(ts, i) && !(t->flags & TOKEN_HYPHEN) && c != 'h' && c != 'j' && c != 'm' &&
        !(c == 's' && (ts->lang != LANG_EN || lone_s_counts(ts, i))))
        return false;
    return !(token_at(ts, i + 1)->kind == TOKEN_WORD && token_glued(ts, i + 1)); /* "m'a" */
}

static bool read_word_unit(const struct tokens *ts, size_t i, struct denomination *u)
{
    const struct token *t = token_at(ts, i);
    size_t end;

    if (!(t->m->mask & LEX(UNIT)) || !letter_counts(ts, i))
        return false;
    if (t->digits <= 2 && unit_kind((enum quantity_unit)t->m->unit) == QUANTITY_DISTANCE &&
        token_is(ts, i - 1, LEX(ART)))
        return false; /* "a DM" is a message */
    u->unit = (enum quantity_unit)t->m->unit;
    u->factor = t->m->factor;
    u->next = i + 1;
    if (token_is(ts, i + 1, LEX(END)) && u->unit == UNIT_WEEK) { /* "week-ends" */
        u->unit = UNIT_DAY;
        u->factor = 2;
        u->next++;
    }
    if (unit_kind(u->unit) != QUANTITY_DISTANCE)
        return true;
    end = derived_end(ts, i + 1);
    if (end) {
        u->other = true;
        u->next = end;
    }
    return true;
}

/* "business days", "jours ouvrés", "journées de travail" */
static void working_days(const struct tokens *ts, size_t before, struct denomination *u)
{
    size_t i = u->next;

    if (u->unit != UNIT_DAY)
        return;
    i += token_is(ts, i, LEX(OF)) && token_is(ts, i + 1, LEX(WORKING));
    if (token_is(ts, i, LEX(WORKING)) && ts->lang != LANG_EN)
        u->next = i + 1;
    else if (!token_is(ts, before, LEX(WORKING)))
        return;
    u->unit = UNIT_WORKING_DAY;
}

/* "a quarter of a" percent, "half a" dollar: tokens between a part and its whole. */
static size_t fraction_of(const struct tokens *ts, size_t i, const struct number *n)
{
    size_t of = token_is(ts, i, LEX(OF));

    if (n->flags & NUMBER_FRACTION && of && token_is(ts, i + 1, LEX(PRO) | LEX(PERCENT)))
        return 1; /* "un dixième de pour cent" */
    return n->flags & NUMBER_FRACTION && token_is(ts, i + of, LEX(ART)) &&
                   token_is(ts, i + of + 1, LEX(PERCENT) | LEX(CUR))
               ? of + 1
               : 0;
}

/* The unit that counts number `n`, from token `i` on. */
bool denomination_read(const struct tokens *ts, size_t i, const struct number *n,
                       struct denomination *u)
{
    bool part = n->flags & (NUMBER_FRACTION | NUMBER_VAGUE | NUMBER_ABOUT) ||
                n->value != floor(n->value) || token_is(ts, i - 1, LEX(DOZEN) | LEX(MUL));
    size_t adjectives = 0;

    *u = (struct denomination){.factor = 1, .mul = 1};
    i += fraction_of(ts, i, n);
    if (denomination_percent(ts, i, u) || read_degrees(ts, i, u) ||
        denomination_currency(ts, i, u) || read_coin(ts, i, u) || read_prime(ts, i, u))
        return true;
    if (part && token_is(ts, i, LEX(OF)))
        i++;
    if (n->flags & NUMBER_FRACTION && token_is(ts, i, LEX(ART)))
        i++;
    for (;
         adjectives < 3 && token_is(ts, i, LEX(ADJ) | LEX(WORKING)) && !token_is(ts, i, LEX(UNIT));
         adjectives++)
        i++;
    if (read_word_unit(ts, i, u)) {
        working_days(ts, i - 1, u);
        return true;
    }
    if (adjectives)
        return false;
    if (token_is(ts, i, LEX(COUNT)) && !(n->flags & NUMBER_FRACTION) &&
        (token_at(ts, i)->digits > 1 || token_glued(ts, i))) {
        u->unit = UNIT_COUNT;
        u->next = i + 1;
        return true;
    }
    if (token_is(ts, i, LEX(OTHER)) && (token_at(ts, i)->digits > 1 || token_glued(ts, i))) {
        u->other = true;
        u->next = i + 1;
        return true;
    }
    return false;
}
