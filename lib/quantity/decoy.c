#include "lib/quantity/decoy.h"

#include "lib/quantity/unit.h"

/* What looks like a quantity and is none is taken whole, so that no other reader
 * finds half of it: telephone numbers, "24/7", "1960s", A320, "Euro 2020". */

/* "24h/24", "7j/7" */
bool decoy_around_the_clock(const struct tokens *ts, size_t i)
{
    return token_sign(ts, i, '/') && token_glued(ts, i) &&
           token_at(ts, i + 1)->kind == TOKEN_NUMBER;
}

bool decoy_is_angle(const struct tokens *ts, size_t i, size_t next)
{
    return token_is(ts, next, LEX(ANGLE)) || token_is(ts, i - 1, LEX(ANGLE)) ||
           token_is(ts, i - 2, LEX(ANGLE));
}

/* "2day", "2nite", "4ever": letters, not days. */
bool decoy_is_slang(const struct tokens *ts, size_t i, const struct number *n)
{
    const struct token *word = token_at(ts, n->next);

    return token_at(ts, i)->kind == TOKEN_NUMBER && n->value == 2 && ts->lang == LANG_EN &&
           word->m->mask & LEX(UNIT) && word->m->unit == UNIT_DAY && token_glued(ts, n->next) &&
           word->digits > 1 && (ts->text.p[word->end - 1] | 0x20) != 's';
}

/* "this one", "one of them", "one another", "one and only" */
bool decoy_is_pronoun(const struct tokens *ts, const struct number *n)
{
    const struct token *behind = token_at(ts, n->next);
    bool another = behind->m->mask & LEX(PRONOUN) && behind->m->mask & LEX(ART);
    bool only = behind->m->mask & LEX(AND) && token_is(ts, n->next + 1, LEX(PRONOUN));

    return ts->lang == LANG_EN && n->value == 1 && token_is(ts, n->next - 1, LEX(NUM)) &&
           (token_is(ts, n->next - 2, LEX(PRONOUN)) || behind->m->mask & LEX(OF) || another ||
            only);
}

/* A piece of a telephone number, behind its sign. */
static size_t phone_piece(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    if (t->kind == TOKEN_SIGN && (t->sign == '-' || t->sign == ')' || t->sign == '('))
        return i + 1 + (token_sign(ts, i, ')') && token_sign(ts, i + 1, '-'));
    return i;
}

static size_t digits_of(const struct token *t)
{
    return t->end - t->start - t->separators;
}

/* "06 12 34 56 78", "555-123-4567", "+33 6 12 34 56 78", "(555) 123-4567": behind the
 * number of a telephone, or 0. Nine digits and more, in pieces of at most four
 * that a zero, a plus, a bracket or two hyphens betray. */
static size_t phone_end(const struct tokens *ts, size_t i)
{
    const struct token *first = token_at(ts, i);
    bool plus = token_sign(ts, i - 1, '+') && token_glued(ts, i);
    bool bracket = (token_sign(ts, i - 1, '(') && token_sign(ts, i + 1, ')')) ||
                   (token_sign(ts, i + 1, '(') && token_sign(ts, i + 3, ')'));
    bool zero = ts->text.p[first->start] == '0', marked = zero || plus || bracket;
    size_t digits = digits_of(first), hyphens = 0, pieces = 1, at = i + 1, next;

    if (first->separators && !(marked && first->flags & TOKEN_DOTTED))
        return 0;
    while (pieces < 7 && digits < (plus ? 11u : 10u)) {
        next = phone_piece(ts, at);
        if (token_at(ts, next)->kind != TOKEN_NUMBER || token_at(ts, next)->separators ||
            token_at(ts, next)->digits > (zero ? 6 : 4) ||
            token_is(ts, next + 1, LEX(UNIT) | LEX(CUR) | LEX(COUNT)))
            break;
        hyphens += token_sign(ts, at, '-');
        digits += token_at(ts, next)->digits;
        at = next + 1;
        pieces++;
    }
    if (digits < 9 || digits > 15 || (!marked && (hyphens < 2 || digits < 10)))
        return 0;
    return at;
}

/* "1960s" are years, "1/0" is nothing, "24/7" and "2013-14" are no quantities. */
bool decoy_read(const struct tokens *ts, size_t i, struct measure *m)
{
    const struct token *a = token_at(ts, i), *b = token_at(ts, i + 2);
    uint32_t sign = token_at(ts, i + 1)->sign;
    bool pair = b->kind == TOKEN_NUMBER && token_glued(ts, i + 1) && token_glued(ts, i + 2);

    size_t phone;

    if (a->kind != TOKEN_NUMBER)
        return false;
    phone = phone_end(ts, i);
    if (phone) {
        measure_skip(m, phone);
        return true;
    }
    if (a->digits == 4 && a->value >= 1000 && a->value < 2100 && token_glued(ts, i + 1) &&
        token_is(ts, i + 1, LEX(UNIT)) && token_at(ts, i + 1)->m->unit == UNIT_SECOND) {
        m->q = (struct quantity){
            .kind = QUANTITY_NUMBER, .amount = a->value, .low = a->value, .high = a->value};
        m->next = i + 2;
        return true;
    }
    if (!pair || !((sign == '/' &&
                    (b->value <= 0 || (a->value == 24 && (b->value == 7 || b->value == 24)))) ||
                   (sign == '-' && a->digits == 4 && b->digits == 2 &&
                    (int)a->value % 100 + 1 == (int)b->value)))
        return false;
    measure_skip(m, i + 3);
    return true;
}

/* "Euro 2020" is a championship. */
bool decoy_is_event(const struct tokens *ts, size_t i)
{
    const struct token *year = token_at(ts, i + 1);

    return token_is(ts, i, LEX(CUR)) && token_at(ts, i)->digits > 3 && year->digits == 4 &&
           !year->separators && year->value >= 1900 && year->value < 2100;
}

/* "n4 jours", "nn2 semaines": a newline that lost its backslash on the way here, as
 * exported messages have them, and "for4 hrs", where a space is missing: where a
 * length of time follows, no name is meant. */
static bool is_lost_space(const struct tokens *ts, size_t i)
{
    const struct token *before = token_at(ts, i - 1), *unit = token_at(ts, i + 1);
    bool newline = before->digits <= 2;

    for (size_t at = before->start; at < before->end; at++)
        newline = newline && ts->text.p[at] == 'n';
    return (newline || (before->m->mask & LEX(STOP) && before->digits > 1)) &&
           unit->m->mask & LEX(UNIT) &&
           unit_kind((enum quantity_unit)unit->m->unit) == QUANTITY_DURATION;
}

/* "A320", "COVID-19", "scp2-173m": figures of a name. */
bool decoy_is_name(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    if (t->kind != TOKEN_NUMBER)
        return false;
    if (t->flags & TOKEN_HYPHEN)
        return true;
    if (token_glued(ts, i) && token_at(ts, i - 1)->kind == TOKEN_WORD && !is_lost_space(ts, i) &&
        ts->text.p[t->start - 1] != '\'' && (uint8_t)ts->text.p[t->start - 1] < 0x80)
        return true;
    return token_sign(ts, i - 1, '-') && token_glued(ts, i) && token_glued(ts, i - 1) &&
           decoy_is_name(ts, i - 2);
}
