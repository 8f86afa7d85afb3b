#include "lib/quantity/range.h"

#include <math.h>

#include "lib/quantity/parts.h"
#include "lib/quantity/unit.h"

/* Two ends that a hyphen, a word or a slash joins. The unit may stand behind the
 * second alone ("2-3 jours"), behind both ("45 min to 1 hour"), and a multiplier
 * of the second is the first one's too ("one to two million"). */

/* "2-3", "2 à 3", "2 or 3", and after "between" also "2 and 3". */
bool range_joins(const struct tokens *ts, size_t i, bool between)
{
    return token_sign(ts, i, '-') || token_sign(ts, i, '~') ||
           token_is(ts, i, LEX(TO) | LEX(OR) | (between ? LEX(AND) : 0));
}

/* Where the second number of a range would begin; 0: there is no joiner. In
 * "3km-5km" the hyphen is part of how the words are tied. */
static size_t second_at(const struct tokens *ts, size_t i, bool between)
{
    if (range_joins(ts, i, between))
        return i + 1;
    return token_at(ts, i)->kind == TOKEN_NUMBER && token_at(ts, i)->flags & TOKEN_HYPHEN ? i : 0;
}

/* "deux trois jours", "two-three days": neighbours below ten, and what they count. */
static bool read_neighbour(const struct tokens *ts, const struct number *a, struct number *b)
{
    bool comma = token_sign(ts, a->next, ',');
    size_t i = a->next + comma;
    const struct token *t = token_at(ts, i);
    struct denomination u;

    if (a->value < 2 || a->value >= 10 || a->flags & (NUMBER_VAGUE | NUMBER_FRACTION))
        return false;
    if (!comma && (!(t->m->mask & LEX(NUM)) || !(token_at(ts, i - 1)->m->mask & LEX(NUM)) ||
                   !(t->flags & TOKEN_HYPHEN || ts->lang == LANG_FR)))
        return false;
    return number_read(ts, i, b) && b->value == a->value + 1 &&
           denomination_read(ts, b->next, b, &u);
}

/* "between one and two million": both are millions. */
void range_share(struct number *a, const struct number *b)
{
    if (a->last_mul > 1 || b->last_mul <= 100 || a->value <= 0 ||
        a->value * b->last_mul >= b->value)
        return;
    a->value *= b->last_mul;
    a->least *= b->last_mul;
}

bool range_second(const struct tokens *ts, const struct number *a, bool between, struct number *b)
{
    size_t i = a->next;
    bool one = token_is(ts, i - 1, LEX(NUM)) && (between || token_is(ts, i, LEX(TO)));
    bool article = a->flags & NUMBER_ARTICLE && !one;

    if (read_neighbour(ts, a, b))
        return true;
    if (!range_joins(ts, i, between))
        return false;
    if ((a->flags & NUMBER_VAGUE || article) && !token_is(ts, i, LEX(OR)))
        return false;
    if (!number_read(ts, i + 1, b) || b->flags & NUMBER_ARTICLE)
        return false;
    return b->value > a->value && !token_sign(ts, b->next, '/') &&
           !(token_sign(ts, b->next, '-') && token_at(ts, b->next + 1)->kind == TOKEN_NUMBER);
}

/* "2/3 jours" are two to three days, "3/5 jours" three to five, since people write
 * "1/2" and "3/4" only before one thing. */
bool range_slashed(const struct tokens *ts, size_t i, struct number *a, struct number *b)
{
    const struct token *first = token_at(ts, i), *second = token_at(ts, i + 2),
                       *word = token_at(ts, i + 3);
    bool many = word->end > word->start && (ts->text.p[word->end - 1] | 0x20) == 's';
    bool fives = fmod(first->value, 5) == 0 && fmod(second->value, 5) == 0;
    bool wide = unit_kind((enum quantity_unit)word->m->unit) == QUANTITY_DURATION &&
                (fives || (first->value >= 3 && second->value <= 2 * first->value));

    if (first->kind != TOKEN_NUMBER || !token_sign(ts, i + 1, '/') || second->kind != TOKEN_NUMBER)
        return false;
    if (first->value < 2 || second->value <= first->value || !(word->m->mask & LEX(UNIT)))
        return false;
    if (second->value != first->value + 1 && !wide)
        return false;
    if (!many && word->digits > 1 && !(word->m->unit == UNIT_MONTH || word->m->unit == UNIT_MINUTE))
        return false;
    *a =
        (struct number){.value = first->value, .least = first->value, .last_mul = 1, .next = i + 1};
    *b = (struct number){
        .value = second->value, .least = second->value, .last_mul = 1, .next = i + 3};
    return true;
}

/* A whole measure behind a joiner: "45 min to 1 hour", "10 euro - 20 euro". */
void range_extend(const struct tokens *ts, struct measure *m, bool between)
{
    size_t i = m->next, at = second_at(ts, i, between);
    struct number n;
    struct denomination u;
    struct measure second = {0};

    if (at == 0 || isinf(m->q.high) || m->q.low != m->q.high || !number_read(ts, at, &n))
        return;
    if (token_is(ts, i, LEX(OR)) && n.value == 2 && m->q.amount == 1 &&
        !denomination_read(ts, n.next, &n, &u)) {
        m->q.high *= 2; /* "an hour or two" */
        m->next = n.next;
        return;
    }
    if (!denomination_read(ts, n.next, &n, &u) || u.other || unit_kind(u.unit) != m->q.kind ||
        n.flags & NUMBER_VAGUE)
        return;
    measure_make(&second, &n, n.value, &u);
    if (m->q.kind == QUANTITY_DURATION)
        parts_of_time(ts, &second, u.factor);
    if (second.q.low <= m->q.low)
        return;
    m->q.high = second.q.high;
    m->next = second.next;
}
