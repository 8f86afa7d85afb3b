#include "lib/quantity/measure.h"

#include <math.h>

#include "lib/quantity/denomination.h"
#include "lib/quantity/unit.h"

/* A measure is numbers and a unit, in any of the orders people use: "$5", "5 $",
 * "1 h 30", "2 à 3 jours", "half an hour", "an hour or two", "toute la semaine".
 * Numbers are read first; what follows them says what they count. A number
 * whose letters say nothing ("A320", "180ml") is taken and dropped, so that no
 * later reader sees half of it. */

/* ---- durations in several parts ---------------------------------------------- */

static bool smaller_time(enum quantity_unit a, enum quantity_unit b)
{
    return unit_kind(b) == QUANTITY_DURATION && unit_worth(b) < unit_worth(a);
}

/* Minutes without their unit: "1h30", "1 h 30", "1 hour thirty", "3 min 20". */
static bool bare_part(const struct tokens *ts, size_t i, enum quantity_unit unit,
                      const struct number *n)
{
    const struct token *t = token_at(ts, i), *behind = token_at(ts, n->next);

    if ((unit != UNIT_HOUR && unit != UNIT_MINUTE) || n->value >= 60 || n->value != floor(n->value))
        return false;
    if (n->flags & (NUMBER_ARTICLE | NUMBER_VAGUE | NUMBER_FRACTION | NUMBER_ABOUT))
        return false;
    if (t->kind == TOKEN_NUMBER && token_glued(ts, i))
        return t->digits == 2 || n->value < 10;
    if (t->kind == TOKEN_NUMBER && t->digits != 2)
        return false;
    if (unit == UNIT_HOUR && t->kind == TOKEN_NUMBER && behind->m->mask & (LEX(STOP) | LEX(AND)) &&
        !(behind->m->mask & (LEX(UNIT) | LEX(COUNT))))
        return true; /* "1 hour 20 on hold" */
    return behind->kind != TOKEN_WORD && behind->kind != TOKEN_NUMBER &&
           !token_sign(ts, n->next, '%') && !token_sign(ts, n->next, ':') &&
           !(behind->kind == TOKEN_SIGN && denomination_sign(behind->sign));
}

/* "20 years, 2 h" are two durations, "1 year, 2 months" is one. */
static bool next_smaller(enum quantity_unit a, enum quantity_unit b)
{
    if (a == UNIT_YEAR || a == UNIT_MONTH)
        return b >= UNIT_DAY;
    if (a == UNIT_WEEK || a == UNIT_DAY)
        return b >= UNIT_MINUTE;
    return true;
}

/* "1h 30m": minutes, whatever else an m may be. */
static void read_small_m(const struct tokens *ts, size_t i, enum quantity_unit after,
                         struct denomination *u)
{
    if (u->unit != UNIT_METRE || after != UNIT_HOUR || token_at(ts, i)->digits != 1)
        return;
    u->unit = UNIT_MINUTE;
    u->factor = 1;
    u->other = false;
}

/* "2 heures 1/2" */
static bool halved(const struct tokens *ts, struct measure *m, enum quantity_unit *unit,
                   double *seconds)
{
    struct number n;
    struct denomination u;

    if ((token_at(ts, m->next)->kind != TOKEN_NUMBER &&
         token_at(ts, m->next)->kind != TOKEN_FRACTION) ||
        !number_read(ts, m->next, &n) || !(n.flags & NUMBER_FRACTION) || n.value >= 1 ||
        denomination_read(ts, n.next, &n, &u))
        return false;
    *seconds += n.value * unit_worth(*unit);
    *unit = UNIT_SECOND;
    m->next = n.next;
    return true;
}

/* Adds what follows: "and a half", "30 min", "et quart", "30". */
static bool add_part(const struct tokens *ts, struct measure *m, enum quantity_unit *unit,
                     double *seconds)
{
    size_t i = m->next;
    struct number n;
    struct denomination u;
    double part;
    bool comma;

    if ((number_read_fraction(ts, i, &part, &i) || number_read_quarters(ts, i, &part, &i)) &&
        part < 1) {
        bool counted = denomination_read(ts, i, &(struct number){.flags = NUMBER_FRACTION}, &u) &&
                       unit_kind(u.unit) == QUANTITY_DURATION;

        *seconds += part * unit_worth(counted ? u.unit : *unit);
        m->next = counted ? u.next : i;
        *unit = UNIT_SECOND;
        return true;
    }
    if (halved(ts, m, unit, seconds))
        return true;
    i = m->next;
    comma = token_sign(ts, i, ',');
    i += comma;
    i += token_is(ts, i, LEX(AND)) || token_sign(ts, i, '&');
    if (!number_read(ts, i, &n))
        return false;
    if (denomination_read(ts, n.next, &n, &u)) {
        read_small_m(ts, u.next - 1, *unit, &u);
        if (u.other || !smaller_time(*unit, u.unit) || u.factor > 1 || n.flags & NUMBER_VAGUE ||
            (comma && !next_smaller(*unit, u.unit)))
            return false;
        *seconds += n.value * unit_worth(u.unit);
        *unit = u.unit;
        m->next = u.next;
        return true;
    }
    if (i > m->next + 1 || comma || !bare_part(ts, i, *unit, &n))
        return false;
    *seconds += n.value * (*unit == UNIT_HOUR ? 60 : 1);
    *unit = UNIT_SECOND;
    m->next = n.next;
    return true;
}

/* "a second and a half", "a decade and a half": of the word, not of its unit. */
static bool add_half_of_word(const struct tokens *ts, struct measure *m, double factor)
{
    double part;
    size_t next;

    if ((factor == 1 && m->q.unit != UNIT_SECOND) ||
        !number_read_fraction(ts, m->next, &part, &next) || part >= 1 ||
        token_is(ts, next, LEX(UNIT) | LEX(OF)))
        return false;
    m->q.amount += part * factor;
    m->q.low = m->q.high = m->q.low + part * factor * unit_worth(m->q.unit);
    m->next = next;
    return true;
}

static void add_parts(const struct tokens *ts, struct measure *m, double factor)
{
    enum quantity_unit unit = m->q.unit;
    double seconds = 0;

    if (add_half_of_word(ts, m, factor))
        return;
    while (unit != UNIT_SECOND && add_part(ts, m, &unit, &seconds))
        continue;
    if (m->q.unit == UNIT_YEAR && unit == UNIT_MONTH) { /* "2 years 3 months": 27 months */
        m->q.unit = UNIT_MONTH;
        m->q.amount = m->q.amount * 12 + seconds / unit_worth(UNIT_MONTH);
        m->q.low = m->q.high = m->q.amount * unit_worth(UNIT_MONTH);
        return;
    }
    m->q.low += seconds;
    m->q.high += seconds;
    m->q.amount += seconds / unit_worth(m->q.unit);
}

/* "1m80", "1 mètre 80", "6 ft 2", "6 ft 2 in": what is below the unit, unsaid. */
static bool add_bare_length(const struct tokens *ts, struct measure *m)
{
    bool metres = m->q.unit == UNIT_METRE, feet = m->q.unit == UNIT_FOOT;
    const struct token *t = token_at(ts, m->next), *behind;
    struct number n;

    if ((!metres && !feet) || m->q.amount != floor(m->q.amount) || m->q.amount > 10 ||
        !number_read(ts, m->next, &n) || n.value != floor(n.value) || n.value < 1 ||
        n.flags & (NUMBER_ARTICLE | NUMBER_VAGUE | NUMBER_ABOUT))
        return false;
    if (n.value >= (feet ? 12 : 100) || (metres && t->kind == TOKEN_NUMBER && t->digits != 2))
        return false;
    behind = token_at(ts, n.next);
    if (feet && behind->m->mask & LEX(IN) && behind->digits == 2)
        n.next++;
    else if (behind->kind == TOKEN_WORD && !token_glued(ts, m->next) &&
             !(behind->m->mask & LEX(STOP)))
        return false;
    else if (behind->kind == TOKEN_SIGN && behind->sign != '.' && behind->sign != ',')
        return false;
    m->q.low += feet ? n.value * unit_worth(UNIT_INCH) : n.value / 100;
    m->q.high = m->q.low;
    m->q.amount = m->q.low / unit_worth(m->q.unit);
    m->next = n.next;
    return true;
}

/* "2 km and 1 metre", "7 feet 10 inches" */
static void add_distance(const struct tokens *ts, struct measure *m)
{
    size_t i = m->next + token_is(ts, m->next, LEX(AND));
    struct number n;
    struct denomination u;
    double part;

    if (add_bare_length(ts, m))
        return;
    if (number_read_fraction(ts, m->next, &part, &i) && part < 1) {
        m->q.amount += part;
        m->q.low = m->q.high = m->q.amount * unit_worth(m->q.unit);
        m->next = i;
        return;
    }
    if (!number_read(ts, i, &n) || !denomination_read(ts, n.next, &n, &u) || u.other)
        return;
    if (unit_kind(u.unit) != QUANTITY_DISTANCE || u.unit == m->q.unit)
        return;
    if (i == m->next && unit_worth(u.unit) * u.factor >= unit_worth(m->q.unit))
        return;
    m->q.low += n.value * u.factor * unit_worth(u.unit);
    m->q.high = m->q.low;
    m->q.amount = m->q.low / unit_worth(m->q.unit);
    m->next = u.next;
}

/* ---- money in two parts --------------------------------------------------------- */

/* "a dollar and a half", "vingt degrés et demi" */
static bool add_half(const struct tokens *ts, struct measure *m)
{
    double part;
    size_t next;

    if (!number_read_fraction(ts, m->next, &part, &next) || part >= 1 ||
        token_is(ts, next, LEX(UNIT) | LEX(OF)))
        return false;
    m->q.amount = m->q.low = m->q.high = m->q.low + part;
    m->next = next;
    return true;
}

/* "12€50", "20 dollars 43c", "15 dollars et 15", "3 dollars, 20 cents" */
static void add_cents(const struct tokens *ts, struct measure *m)
{
    size_t i = m->next + token_sign(ts, m->next, ',');
    bool comma = i > m->next, and = token_is(ts, i, LEX(AND));
    const struct token *t = token_at(ts, i + and);
    struct number n;
    struct denomination u;

    if (add_half(ts, m))
        return;
    if (!number_read(ts, i + and, &n) || n.value >= 100 || n.value != floor(n.value) || n.value < 1)
        return;
    if (n.flags & (NUMBER_VAGUE | NUMBER_FRACTION | NUMBER_ABOUT))
        return;
    if (denomination_read(ts, n.next, &n, &u)) {
        if (u.unit != UNIT_CENT)
            return;
        m->next = u.next;
    } else {
        bool digits = t->kind == TOKEN_NUMBER;
        bool word = token_at(ts, n.next)->kind == TOKEN_WORD && !token_is(ts, n.next, LEX(ADJ));

        if (word || comma || (n.flags & NUMBER_ARTICLE) || (!and&&digits && t->digits != 2))
            return;
        m->next = n.next;
    }
    m->q.low += n.value / 100;
    m->q.high = m->q.low;
    m->q.amount = m->q.low;
}

/* ---- numbers with a unit ------------------------------------------------------- */

static void measure_of(struct measure *m, const struct number *n, double high,
                       const struct denomination *u)
{
    double worth = unit_worth(u->unit) * u->factor * u->mul;

    m->q = (struct quantity){
        .kind = unit_kind(u->unit),
        .bound = n->flags & NUMBER_VAGUE   ? QUANTITY_ABOUT
                 : n->flags & NUMBER_ABOUT ? QUANTITY_ABOUT
                                           : QUANTITY_EXACT,
        .unit = u->unit,
        .amount = n->value * u->factor * u->mul,
        .low = n->least * worth,
        .high = MAX(high, n->value) * worth,
    };
    if (n->flags & NUMBER_VAGUE) {
        m->q.bound = n->least < n->value ? QUANTITY_AT_LEAST : QUANTITY_ABOUT;
        m->q.high = n->least < n->value ? INFINITY : m->q.high;
    }
    memcpy(m->q.currency, u->code, sizeof(u->code));
    m->next = u->next;
}

/* "2-3", "2 à 3", "2 or 3", and after "between" also "2 and 3". */
static bool range_joins(const struct tokens *ts, size_t i, bool between)
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
static void share_multiplier(struct number *a, const struct number *b)
{
    if (a->last_mul > 1 || b->last_mul <= 100 || a->value <= 0 ||
        a->value * b->last_mul >= b->value)
        return;
    a->value *= b->last_mul;
    a->least *= b->last_mul;
}

static bool read_second(const struct tokens *ts, const struct number *a, bool between,
                        struct number *b)
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

/* "2/3 jours" are two to three days, "5/10 min" five to ten, since people write
 * "1/2" and "3/4" only before one thing. */
static bool slash_range(const struct tokens *ts, size_t i, struct number *a, struct number *b)
{
    const struct token *first = token_at(ts, i), *second = token_at(ts, i + 2),
                       *word = token_at(ts, i + 3);
    bool many = word->end > word->start && (ts->text.p[word->end - 1] | 0x20) == 's';
    bool fives = fmod(first->value, 5) == 0 && fmod(second->value, 5) == 0;
    bool wide = unit_kind((enum quantity_unit)word->m->unit) == QUANTITY_DURATION &&
                (fives || (first->value >= 5 && second->value <= 2 * first->value));

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
static void extend_range(const struct tokens *ts, struct measure *m, bool between)
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
    measure_of(&second, &n, n.value, &u);
    if (m->q.kind == QUANTITY_DURATION)
        add_parts(ts, &second, u.factor);
    if (second.q.low <= m->q.low)
        return;
    m->q.high = second.q.high;
    m->next = second.next;
}

static void skip_to(struct measure *m, size_t next)
{
    m->skip = true;
    m->next = next;
}

/* "24h/24", "7j/7" */
static bool around_the_clock(const struct tokens *ts, size_t i)
{
    return token_sign(ts, i, '/') && token_glued(ts, i) &&
           token_at(ts, i + 1)->kind == TOKEN_NUMBER;
}

/* "10 degrees below zero", "10 en dessous de zéro" */
static bool below_zero(const struct tokens *ts, struct measure *m)
{
    size_t i = m->next;

    i += !token_is(ts, i, LEX(BELOW));
    if (!token_is(ts, i, LEX(BELOW)))
        return false;
    i++;
    i += token_is(ts, i, LEX(OF));
    if (!token_is(ts, i, LEX(NUM)) || token_at(ts, i)->m->number > 0)
        return false;
    m->q.kind = QUANTITY_TEMPERATURE;
    m->q.unit = m->q.unit == UNIT_NONE ? UNIT_DEGREE : m->q.unit;
    m->q.amount = m->q.low = m->q.high = -fabs(m->q.amount);
    m->next = i + 1;
    return true;
}

static bool is_angle(const struct tokens *ts, size_t i, size_t next)
{
    return token_is(ts, next, LEX(ANGLE)) || token_is(ts, i - 1, LEX(ANGLE)) ||
           token_is(ts, i - 2, LEX(ANGLE));
}

static void read_with_unit(const struct tokens *ts, const struct number *n, double high,
                           struct denomination *u, bool between, struct measure *m)
{
    struct number again;

    if (u->unit == UNIT_CURRENCY && token_is(ts, u->next, LEX(MUL)) && n->last_mul == 1) {
        u->mul = token_at(ts, u->next)->m->number;
        u->next++;
    }
    measure_of(m, n, high, u);
    if (m->q.kind == QUANTITY_DURATION && token_is(ts, m->next, LEX(OVER)) &&
        number_read(ts, m->next + 1, &again)) {
        skip_to(m, again.next); /* "7 jours sur 7" */
        return;
    }
    if (u->other || around_the_clock(ts, m->next)) {
        skip_to(m, u->next + (u->other ? 0 : 2));
        return;
    }
    if (m->q.kind == QUANTITY_DURATION && high <= n->value)
        add_parts(ts, m, u->factor);
    if (m->q.kind == QUANTITY_DISTANCE && high <= n->value)
        add_distance(ts, m);
    if (m->q.kind == QUANTITY_TEMPERATURE && high <= n->value)
        (void)add_half(ts, m); /* none: the degrees stand */
    if (m->q.kind == QUANTITY_TEMPERATURE)
        below_zero(ts, m);
    if (m->q.kind == QUANTITY_MONEY && u->unit == UNIT_CURRENCY && high <= n->value &&
        n->last_mul == 1)
        add_cents(ts, m);
    extend_range(ts, m, between);
}

/* "2day", "2nite", "4ever": letters, not days. */
static bool is_slang(const struct tokens *ts, size_t i, const struct number *n)
{
    const struct token *word = token_at(ts, n->next);

    return token_at(ts, i)->kind == TOKEN_NUMBER && n->value == 2 && ts->lang == LANG_EN &&
           word->m->mask & LEX(UNIT) && word->m->unit == UNIT_DAY && token_glued(ts, n->next) &&
           word->digits > 1 && (ts->text.p[word->end - 1] | 0x20) != 's';
}

/* "this one", "one of them" */
static bool is_pronoun(const struct tokens *ts, const struct number *n)
{
    return ts->lang == LANG_EN && n->value == 1 && token_is(ts, n->next - 1, LEX(NUM)) &&
           (token_is(ts, n->next - 2, LEX(PRONOUN)) || token_is(ts, n->next, LEX(OF)));
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
    bool marked =
        ts->text.p[first->start] == '0' ||
        ((token_sign(ts, i - 1, '+') || token_sign(ts, i - 1, '(')) && token_glued(ts, i));
    size_t digits = digits_of(first), hyphens = 0, pieces = 1, at = i + 1, next;

    if (first->separators && !(marked && first->flags & TOKEN_DOTTED))
        return 0;
    while (pieces < 7) {
        next = phone_piece(ts, at);
        if (token_at(ts, next)->kind != TOKEN_NUMBER || token_at(ts, next)->separators ||
            token_at(ts, next)->digits > (ts->text.p[first->start] == '0' ? 6 : 4))
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
static bool read_special(const struct tokens *ts, size_t i, struct measure *m)
{
    const struct token *a = token_at(ts, i), *b = token_at(ts, i + 2);
    uint32_t sign = token_at(ts, i + 1)->sign;
    bool pair = b->kind == TOKEN_NUMBER && token_glued(ts, i + 1) && token_glued(ts, i + 2);

    size_t phone;

    if (a->kind != TOKEN_NUMBER)
        return false;
    phone = phone_end(ts, i);
    if (phone) {
        skip_to(m, phone);
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
    skip_to(m, i + 3);
    return true;
}

static bool plain_number(const struct tokens *ts, const struct number *a, const struct number *b,
                         bool between, struct measure *m)
{
    bool vague = (a->flags & NUMBER_VAGUE) && ts->lang != LANG_EN;

    if (a->flags & NUMBER_ARTICLE || vague || is_pronoun(ts, a))
        return false;
    m->q = (struct quantity){
        .kind = QUANTITY_NUMBER, .amount = a->value, .low = a->least, .high = a->value};
    m->next = a->next;
    if (a->flags & (NUMBER_VAGUE | NUMBER_ABOUT))
        m->q.bound = QUANTITY_ABOUT;
    if (b && (between || (token_sign(ts, a->next, '-') && a->value > 9) ||
              token_sign(ts, a->next, '~') || token_is(ts, a->next, LEX(TO)))) {
        m->q.high = b->value;
        m->next = b->next;
    }
    return true;
}

/* "2+ hours" */
static void open_upwards(struct measure *m)
{
    m->q.bound = QUANTITY_AT_LEAST;
    m->q.high = INFINITY;
}

/* "1:30 hours", "12:45 min" */
static bool figure_hours(const struct tokens *ts, size_t i, struct number *n)
{
    const struct token *minutes = token_at(ts, i + 2);

    if (!token_sign(ts, i + 1, ':') || minutes->kind != TOKEN_NUMBER || minutes->digits != 2 ||
        minutes->value >= 60)
        return false;
    if (!token_glued(ts, i + 1) || !token_glued(ts, i + 2) || !token_is(ts, i + 3, LEX(UNIT)) ||
        n->next != i + 1)
        return false;
    n->value = n->least = n->value + minutes->value / 60;
    n->next = i + 3;
    return true;
}

/* 6'2", 5'11": feet and inches, where the second is below twelve; 6'' are inches. */
static bool feet_and_inches(const struct tokens *ts, size_t i, struct measure *m)
{
    const struct token *feet = token_at(ts, i), *inches = token_at(ts, i + 2);
    bool both, alone;

    if (feet->kind != TOKEN_NUMBER || !token_sign(ts, i + 1, '\'') || !token_glued(ts, i + 1) ||
        !token_glued(ts, i + 2))
        return false;
    both =
        inches->kind == TOKEN_NUMBER && inches->value < 12 && feet->value < 10 && !feet->separators;
    alone = token_sign(ts, i + 2, '\'') && !token_glued(ts, i + 3);
    if (!both && !alone)
        return false;
    m->q = (struct quantity){.kind = QUANTITY_DISTANCE, .unit = both ? UNIT_FOOT : UNIT_INCH};
    m->q.amount = both ? feet->value + inches->value / 12 : feet->value;
    m->q.low = m->q.high = m->q.amount * unit_worth(m->q.unit);
    m->next = i + 3;
    if (both && (token_sign(ts, m->next, '"') || token_sign(ts, m->next, '\'')))
        m->next += token_sign(ts, m->next, '"') || !token_sign(ts, m->next + 1, '\'') ? 1 : 2;
    return true;
}

static bool read_numbers(const struct tokens *ts, size_t i, bool between, struct measure *m)
{
    struct number a, b = {0};
    struct denomination u;
    bool minus = between && (token_is(ts, i, LEX(MINUS)) || token_sign(ts, i, '-'));
    bool plus, range;

    i += minus;
    range = slash_range(ts, i, &a, &b);
    if (read_special(ts, i, m) || feet_and_inches(ts, i, m))
        return true;
    if (!range) {
        if (!number_read(ts, i, &a))
            return false;
        if (minus)
            a.value = a.least = -a.value;
        range = read_second(ts, &a, between, &b);
        if (range) {
            share_multiplier(&a, &b);
            a.flags &= ~(unsigned)NUMBER_ARTICLE;
        }
    }
    if (!range)
        (void)figure_hours(ts, i, &a); /* else a plain number */
    if (a.flags & NUMBER_ARTICLE && denomination_sign(token_at(ts, a.next)->sign) &&
        token_at(ts, a.next + 1)->kind == TOKEN_NUMBER)
        return false; /* "a $ 4 billion deal" */
    if (!range && a.flags & NUMBER_WORDS && !(a.flags & NUMBER_FRACTION) &&
        number_ordinal_end(ts, &a)) {
        skip_to(m, number_ordinal_end(ts, &a));
        return true;
    }
    if (is_slang(ts, i, &a)) {
        skip_to(m, a.next + 1);
        return true;
    }
    if (range && denomination_read(ts, b.next, &b, &u)) {
        read_with_unit(ts, &a, b.value, &u, between, m);
        return true;
    }
    plus = !range && token_sign(ts, a.next, '+') &&
           (token_glued(ts, a.next) || denomination_read(ts, a.next + 1, &a, &u));
    a.next += plus;
    if (denomination_read(ts, a.next, &a, &u)) {
        if (u.unit == UNIT_DEGREE && (is_angle(ts, i, u.next) || a.flags & NUMBER_ARTICLE)) {
            skip_to(m, u.next);
            return true;
        }
        read_with_unit(ts, &a, a.value, &u, between, m);
        plus = plus || (token_sign(ts, m->next, '+') && token_glued(ts, m->next));
        m->next += token_sign(ts, m->next, '+') && token_glued(ts, m->next);
        if (plus)
            open_upwards(m);
        return true;
    }
    if (token_glued(ts, a.next) && token_at(ts, a.next)->kind == TOKEN_WORD &&
        !token_is(ts, a.next, LEX(ADJ)) && token_at(ts, a.next - 1)->kind == TOKEN_NUMBER) {
        skip_to(m, a.next + 1);
        return true;
    }
    if (!plain_number(ts, &a, range ? &b : NULL, between, m))
        return false;
    if (plus)
        open_upwards(m);
    (void)below_zero(ts, m); /* else it stays a plain number */
    return true;
}

/* ---- money with the currency first ------------------------------------------------ */

static bool prefix_code(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    return t->m->mask & LEX(CUR) &&
           (t->flags & TOKEN_UPPER || (token_glued(ts, i + 1) && !token_sign(ts, i + 1, '.')) ||
            denomination_sign(token_at(ts, i + 1)->sign));
}

/* "$3 and 20 cents", but not "$3 and 20 more" */
static void add_prefixed_cents(const struct tokens *ts, struct measure *m)
{
    struct denomination u;
    struct number n;

    if (number_read(ts, m->next + 1, &n) && denomination_read(ts, n.next, &n, &u) &&
        u.unit == UNIT_CENT)
        add_cents(ts, m);
}

/* "$1.5m": no metres behind a price. */
static bool is_small_million(const struct tokens *ts, const struct number *n)
{
    const struct token *t = token_at(ts, n->next);

    return n->last_mul == 1 && t->m->mask & LEX(KILO) && t->m->number == 1e6 && t->digits == 1 &&
           token_glued(ts, n->next) && !token_glued(ts, n->next + 1);
}

/* "Euro 2020" is a championship. */
static bool is_event(const struct tokens *ts, size_t i)
{
    const struct token *year = token_at(ts, i + 1);

    return token_is(ts, i, LEX(CUR)) && token_at(ts, i)->digits > 3 && year->digits == 4 &&
           !year->separators && year->value >= 1900 && year->value < 2100;
}

static bool read_prefixed(const struct tokens *ts, size_t i, bool between, struct measure *m)
{
    struct denomination u = {.factor = 1, .mul = 1}, again;
    struct number n;
    const struct token *t = token_at(ts, i);
    bool below,
        nation = t->m->mask & LEX(NATION) && token_sign(ts, i + 1, '$') && token_glued(ts, i + 1);

    if (!nation && !(t->kind == TOKEN_SIGN && denomination_sign(t->sign)) && !prefix_code(ts, i))
        return false;
    if (is_event(ts, i) || !denomination_currency(ts, i, &u))
        return false;
    if (t->m->mask & LEX(CUR) && t->digits < 4 && token_sign(ts, u.next, '.') &&
        token_glued(ts, u.next))
        u.next++; /* "Rs. 20" */
    if (t->m->mask & LEX(CUR) && token_at(ts, u.next)->kind == TOKEN_SIGN &&
        denomination_sign(token_at(ts, u.next)->sign))
        u.next++; /* "cad$ 15" */
    below = token_sign(ts, u.next, '-') && token_glued(ts, u.next) && token_glued(ts, u.next + 1);
    u.next += below;
    if (token_at(ts, u.next)->kind != TOKEN_NUMBER || !number_read(ts, u.next, &n))
        return false;
    if (is_small_million(ts, &n)) {
        n.value = n.least = n.value * 1e6;
        n.last_mul = 1e6;
        n.next++;
    }
    if (below)
        n.value = n.least = -n.value; /* "$-5" */
    u.next = n.next;
    if (denomination_currency(ts, n.next, &again) && token_is(ts, n.next, LEX(CUR)))
        u.next = again.next; /* "$10 dollars" */
    measure_of(m, &n, n.value, &u);
    if (range_joins(ts, m->next, between)) {
        struct measure second;
        struct number b;

        if (read_prefixed(ts, m->next + 1, false, &second) && second.q.low > m->q.low &&
            (between || token_sign(ts, m->next, '-'))) {
            m->q.high = second.q.high;
            m->next = second.next;
        } else if (token_sign(ts, m->next, '-') && read_second(ts, &n, false, &b)) {
            share_multiplier(&n, &b);
            m->q.amount = m->q.low = n.value;
            m->q.high = b.value;
            m->next = b.next;
        }
    } else if (n.last_mul == 1 && token_is(ts, m->next, LEX(AND))) {
        add_prefixed_cents(ts, m);
    } else if (token_sign(ts, m->next, '+') && token_glued(ts, m->next)) {
        m->next++;
        open_upwards(m);
    }
    return true;
}

/* ---- a unit without a number -------------------------------------------------------- */

static char last_letter(const struct tokens *ts, size_t i)
{
    return (char)(ts->text.p[token_at(ts, i)->end - 1] | 0x20);
}

/* "hora y media", "heure et demie" without its article */
static bool read_unit_and_half(const struct tokens *ts, size_t i, struct measure *m)
{
    static const struct number one = {.value = 1, .least = 1, .last_mul = 1};
    struct denomination u;
    double part;
    size_t next;

    if (!token_is(ts, i, LEX(UNIT)) || token_at(ts, i)->digits < 2 ||
        !number_read_fraction(ts, i + 1, &part, &next) || part >= 1)
        return false;
    if (token_is(ts, next, LEX(UNIT)) || !denomination_read(ts, i, &one, &u) ||
        unit_kind(u.unit) != QUANTITY_DURATION || u.next != i + 1)
        return false;
    u.next = next;
    u.factor *= 1 + part;
    measure_of(m, &one, 1, &u);
    return true;
}

/* "hour-long", "week long" */
static bool read_lasting(const struct tokens *ts, size_t i, struct measure *m)
{
    static const struct number one = {.value = 1, .least = 1, .last_mul = 1};
    struct denomination u;

    if (!token_is(ts, i, LEX(UNIT)) || !token_is(ts, i + 1, LEX(LASTING)) ||
        token_at(ts, i)->digits < 3 || last_letter(ts, i) == 's' ||
        token_at(ts, i - 1)->kind == TOKEN_NUMBER || !denomination_read(ts, i, &one, &u) ||
        unit_kind(u.unit) != QUANTITY_DURATION)
        return false;
    u.next++;
    measure_of(m, &one, 1, &u);
    return true;
}

/* "the past decade" lasts; "the past week" is a week of the calendar. */
static bool is_past_decade(const struct tokens *ts, size_t i)
{
    return token_is(ts, i, LEX(LAST)) && token_is(ts, i + 1, LEX(UNIT)) &&
           token_at(ts, i + 1)->m->factor > 1;
}

/* "all week", "toute la semaine", "la semaine entière", "full-day" */
static bool read_entire(const struct tokens *ts, size_t i, struct measure *m)
{
    static const struct number one = {.value = 1, .least = 1, .last_mul = 1};
    bool behind = token_is(ts, i, LEX(THE)) && token_is(ts, i + 2, LEX(WHOLE));
    size_t at = behind ? i + 1 : i + 1 + token_is(ts, i + 1, LEX(THE));
    struct denomination u;

    if (read_unit_and_half(ts, i, m) || read_lasting(ts, i, m))
        return true;
    if (!behind && !token_is(ts, i, LEX(WHOLE)) && !is_past_decade(ts, i))
        return false;
    if (!token_is(ts, at, LEX(UNIT)) || !denomination_read(ts, at, &one, &u) ||
        unit_kind(u.unit) != QUANTITY_DURATION)
        return false;
    if (at > i + 1 && !behind && last_letter(ts, i + 1) == 's')
        return false; /* "tous les mois" */
    if (u.other || unit_worth(u.unit) < 3600 || token_at(ts, at)->digits < 2)
        return false;
    if ((ts->text.p[token_at(ts, at)->end - 1] | 0x20) == 's' && u.unit != UNIT_MONTH)
        return false; /* "tous les jours" happens again and again */
    u.next += behind;
    measure_of(m, &one, 1, &u);
    return true;
}

static bool number_begins(const struct tokens *ts, size_t i)
{
    return token_at(ts, i)->kind == TOKEN_NUMBER ||
           token_is(ts, i, LEX(NUM) | LEX(MUL) | LEX(FRAC) | LEX(POINT)) ||
           (token_is(ts, i, LEX(ART)) && token_is(ts, i + 1, LEX(MUL) | LEX(FRAC)));
}

/* "négatif un" */
static bool one_below(struct measure *m, size_t next)
{
    m->q = (struct quantity){.kind = QUANTITY_NUMBER, .amount = -1, .low = -1, .high = -1};
    m->next = next;
    return true;
}

/* "-5", "minus three million", "-10C": what is below zero there may be. A hyphen
 * before a space is a list's. */
static bool read_negative(const struct tokens *ts, size_t i, struct measure *m)
{
    bool word = token_is(ts, i, LEX(MINUS));
    bool sign = token_sign(ts, i, '-') && (token_glued(ts, i + 1) || ts->n == i + 2) &&
                (token_at(ts, i + 1)->kind == TOKEN_NUMBER ||
                 denomination_sign(token_at(ts, i + 1)->sign)) &&
                (i == 0 || token_at(ts, i)->flags & TOKEN_SPACED ||
                 token_at(ts, i - 1)->kind == TOKEN_SIGN);

    if (word && token_is(ts, i - 1, LEX(ON) | LEX(OR)))
        return false; /* "au moins 3" */
    if ((!word && !sign) || (word && i > 0 && token_is(ts, i - 1, LEX(NUM) | LEX(UNIT))))
        return false;
    if (word && token_is(ts, i + 1, LEX(ART)) && token_is(ts, i + 1, LEX(NUM)) &&
        !token_is(ts, i + 2, LEX(MUL) | LEX(FRAC) | LEX(POINT)))
        return one_below(m, i + 2);
    if (!(sign && read_prefixed(ts, i + 1, false, m)) &&
        (!number_begins(ts, i + 1) || !read_numbers(ts, i + 1, false, m)))
        return false;
    if (m->skip && sign && token_is(ts, i + 2, LEX(SCALE)) &&
        token_at(ts, i + 2)->flags & TOKEN_UPPER && token_glued(ts, i + 2)) {
        double degrees = -token_at(ts, i + 1)->value;

        *m = (struct measure){.from = i, .next = i + 3};
        m->q = (struct quantity){.kind = QUANTITY_TEMPERATURE,
                                 .unit = (enum quantity_unit)token_at(ts, i + 2)->m->cal,
                                 .amount = degrees,
                                 .low = degrees,
                                 .high = degrees};
        return true;
    }
    if (m->skip || m->q.low != m->q.high ||
        (m->q.kind != QUANTITY_NUMBER && m->q.kind != QUANTITY_TEMPERATURE &&
         m->q.kind != QUANTITY_PERCENTAGE && m->q.kind != QUANTITY_MONEY))
        return m->skip || sign;
    m->q.amount = m->q.low = m->q.high = -m->q.amount;
    return true;
}

/* "per cent of 210", "pourcentage de vingt" */
static bool read_percent_of(const struct tokens *ts, size_t i, struct measure *m)
{
    struct denomination u = {.factor = 1, .mul = 1};
    struct number n;
    size_t at;

    bool sign = token_sign(ts, i, '%') && token_glued(ts, i + 1) && !token_glued(ts, i);

    if (!denomination_percent(ts, i, &u) || (!sign && !token_is(ts, u.next, LEX(OF))))
        return false;
    if (token_at(ts, i)->kind != TOKEN_WORD && !sign)
        return false;
    at = u.next + !sign;
    if (!number_read(ts, at, &n) || n.flags & (NUMBER_ARTICLE | NUMBER_VAGUE))
        return false;
    u.next = n.next;
    measure_of(m, &n, n.value, &u);
    return true;
}

/* A text that is nothing but "a quarter" or "nickel" means the coin. */
static bool read_lone_coin(const struct tokens *ts, size_t i, struct measure *m)
{
    size_t word = i + token_is(ts, i, LEX(ART));
    const struct token *t = token_at(ts, word);
    bool quarter = word > i && ts->lang == LANG_EN && t->m->mask & LEX(FRAC) && t->m->number < 0.3;
    double worth = quarter ? 0.25 : t->m->number / 100;

    if (i != 0 || ts->n != word + 1 ||
        !(quarter || (t->m->mask & LEX(COIN) && t->m->number <= 100)))
        return false;
    m->q = (struct quantity){.kind = QUANTITY_MONEY,
                             .unit = UNIT_CURRENCY,
                             .amount = worth,
                             .low = worth,
                             .high = worth};
    memcpy(m->q.currency, "USD", 4);
    m->next = ts->n;
    return true;
}

static bool read_moment(const struct tokens *ts, size_t i, struct measure *m)
{
    if (!calendar_read(ts, i, &m->moment)) {
        m->moment.form = MOMENT_NONE;
        return false;
    }
    m->q.kind = m->moment.form == MOMENT_CLOCK ? QUANTITY_TIME : QUANTITY_DATE;
    m->from = m->moment.from;
    m->next = m->moment.next;
    return true;
}

/* "A320", "COVID-19", "scp2-173m": figures of a name. */
static bool is_inside_name(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    if (t->kind != TOKEN_NUMBER)
        return false;
    if (t->flags & TOKEN_HYPHEN)
        return true;
    if (token_glued(ts, i) && token_at(ts, i - 1)->kind == TOKEN_WORD &&
        ts->text.p[t->start - 1] != '\'' && (uint8_t)ts->text.p[t->start - 1] < 0x80)
        return true;
    return token_sign(ts, i - 1, '-') && token_glued(ts, i) && token_glued(ts, i - 1) &&
           is_inside_name(ts, i - 2);
}

/* Most words of a text end here. */
static bool may_begin(const struct token *t)
{
    static const uint64_t starts = LEX(NUM) | LEX(MUL) | LEX(DOZEN) | LEX(FRAC) | LEX(ART) |
                                   LEX(VAGUE) | LEX(CUR) | LEX(NATION) | LEX(COIN) | LEX(ORD) |
                                   LEX(MONTH) | LEX(WEEKDAY) | LEX(DAY) | LEX(THIS) | LEX(LAST) |
                                   LEX(NEXT) | LEX(UNIT) | LEX(NOON) | LEX(MINUS) | LEX(PERCENT) |
                                   LEX(PRO) | LEX(WHOLE) | LEX(THE) | LEX(BETWEEN) | LEX(POINT);

    switch (t->kind) {
    case TOKEN_WORD:
        return t->m->mask & starts;
    case TOKEN_NUMBER:
    case TOKEN_FRACTION:
        return true;
    case TOKEN_SIGN:
        return t->sign == '-' || t->sign == '%' || denomination_sign(t->sign);
    default:
        return false;
    }
}

bool measure_read(const struct tokens *ts, size_t i, struct measure *ret)
{
    const struct token *t = token_at(ts, i);
    bool between = t->m->mask & LEX(BETWEEN);

    *ret = (struct measure){.from = i};
    if (!may_begin(t))
        return false;
    if (is_inside_name(ts, i))
        return false;
    if (read_negative(ts, i, ret) || read_lone_coin(ts, i, ret) || read_percent_of(ts, i, ret))
        return true;
    if (read_prefixed(ts, i, false, ret) || read_moment(ts, i, ret) || read_entire(ts, i, ret))
        return true;
    if (between && ts->lang == LANG_EN && read_prefixed(ts, i + 1, true, ret) &&
        ret->q.low < ret->q.high)
        return true;
    *ret = (struct measure){.from = i};
    if (between && !calendar_read(ts, i + 1, &ret->moment) && read_numbers(ts, i + 1, true, ret) &&
        (ret->skip || (ret->q.low < ret->q.high && isfinite(ret->q.high)))) {
        ret->from += token_is(ts, i, LEX(OF)); /* "délai de 3 à 5 jours": de belongs to délai */
        return true;
    }
    *ret = (struct measure){.from = i};
    if (between && !token_is(ts, i, LEX(NUM) | LEX(ART) | LEX(UNIT)))
        return false;
    return read_numbers(ts, i, false, ret);
}
