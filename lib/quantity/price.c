#include "lib/quantity/price.h"

#include "lib/quantity/decoy.h"
#include "lib/quantity/denomination.h"
#include "lib/quantity/parts.h"
#include "lib/quantity/range.h"

static bool prefix_code(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i);

    return t->m->mask & LEX(CUR) &&
           (t->flags & TOKEN_UPPER || (token_glued(ts, i + 1) && !token_sign(ts, i + 1, '.')) ||
            denomination_sign(token_at(ts, i + 1)->sign));
}

/* "$3 and 20 cents", "£8 20p", but not "$3 and 20 more" */
static void add_prefixed_cents(const struct tokens *ts, struct measure *m)
{
    struct denomination u;
    struct number n;

    if (number_read(ts, m->next + token_is(ts, m->next, LEX(AND)), &n) &&
        denomination_read(ts, n.next, &n, &u) && u.unit == UNIT_CENT)
        parts_of_money(ts, m);
}

/* "$1.5m": no metres behind a price. */
static bool is_small_million(const struct tokens *ts, const struct number *n)
{
    const struct token *t = token_at(ts, n->next);

    return n->last_mul == 1 && t->m->mask & LEX(KILO) && t->m->number == 1e6 && t->digits == 1 &&
           token_glued(ts, n->next) && !token_glued(ts, n->next + 1);
}

/* The currency and what may stand between it and its number: "Rs.", "cad$". */
static bool read_currency(const struct tokens *ts, size_t i, struct denomination *u)
{
    const struct token *t = token_at(ts, i);
    bool nation = t->m->mask & LEX(NATION) && token_sign(ts, i + 1, '$') && token_glued(ts, i + 1);
    bool word = t->m->mask & LEX(CUR);

    if (!nation && !(t->kind == TOKEN_SIGN && denomination_sign(t->sign)) && !prefix_code(ts, i))
        return false;
    if (decoy_is_event(ts, i) || !denomination_currency(ts, i, u))
        return false;
    if (word && t->digits < 4 && token_sign(ts, u->next, '.') && token_glued(ts, u->next))
        u->next++;
    if (word && token_at(ts, u->next)->kind == TOKEN_SIGN &&
        denomination_sign(token_at(ts, u->next)->sign))
        u->next++;
    return true;
}

/* Behind the currency: "5", "-5", "1.5m". */
static bool read_amount(const struct tokens *ts, size_t i, struct number *n)
{
    bool below = token_sign(ts, i, '-') && token_glued(ts, i) && token_glued(ts, i + 1);

    i += below;
    if (token_at(ts, i)->kind != TOKEN_NUMBER || !number_read(ts, i, n))
        return false;
    if (is_small_million(ts, n)) {
        n->value = n->least = n->value * 1e6;
        n->last_mul = 1e6;
        n->next++;
    }
    if (below)
        n->value = n->least = -n->value;
    return true;
}

/* "$8 CAD", "$10 dollars": said twice. */
static void say_again(const struct tokens *ts, size_t i, struct denomination *u)
{
    struct denomination again;

    if (!token_is(ts, u->next, LEX(CUR)) || !denomination_currency(ts, u->next, &again))
        return;
    if (token_sign(ts, i, '$'))
        memcpy(u->code, again.code, sizeof(u->code));
    u->next = again.next;
}

/* "$5-$10", "£8 to £10", "$1-2 million" */
static void add_end(const struct tokens *ts, struct number *n, bool between, struct measure *m)
{
    bool hyphen = token_sign(ts, m->next, '-');
    struct measure second;
    struct number b;

    if ((between || hyphen || token_is(ts, m->next, LEX(TO))) &&
        price_read(ts, m->next + 1, false, &second) && second.q.low > m->q.low) {
        m->q.high = second.q.high;
        m->next = second.next;
    } else if (hyphen && range_second(ts, n, false, &b)) {
        range_share(n, &b);
        m->q.amount = m->q.low = n->value;
        m->q.high = b.value;
        m->next = b.next;
    }
}

bool price_read(const struct tokens *ts, size_t i, bool between, struct measure *m)
{
    struct denomination u = {.factor = 1, .mul = 1};
    struct number n;

    if (!read_currency(ts, i, &u) || !read_amount(ts, u.next, &n))
        return false;
    u.next = n.next;
    say_again(ts, i, &u);
    measure_make(m, &n, n.value, &u);
    if (range_joins(ts, m->next, between)) {
        add_end(ts, &n, between, m);
    } else if (token_sign(ts, m->next, '+') && token_glued(ts, m->next)) {
        m->next++;
        measure_open_upwards(m);
    } else if (n.last_mul == 1) {
        add_prefixed_cents(ts, m);
    }
    return true;
}
