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

/* "$3 and 20 cents", but not "$3 and 20 more" */
static void add_prefixed_cents(const struct tokens *ts, struct measure *m)
{
    struct denomination u;
    struct number n;

    if (number_read(ts, m->next + 1, &n) && denomination_read(ts, n.next, &n, &u) &&
        u.unit == UNIT_CENT)
        parts_of_money(ts, m);
}

/* "$1.5m": no metres behind a price. */
static bool is_small_million(const struct tokens *ts, const struct number *n)
{
    const struct token *t = token_at(ts, n->next);

    return n->last_mul == 1 && t->m->mask & LEX(KILO) && t->m->number == 1e6 && t->digits == 1 &&
           token_glued(ts, n->next) && !token_glued(ts, n->next + 1);
}

bool price_read(const struct tokens *ts, size_t i, bool between, struct measure *m)
{
    struct denomination u = {.factor = 1, .mul = 1}, again;
    struct number n;
    const struct token *t = token_at(ts, i);
    bool below,
        nation = t->m->mask & LEX(NATION) && token_sign(ts, i + 1, '$') && token_glued(ts, i + 1);

    if (!nation && !(t->kind == TOKEN_SIGN && denomination_sign(t->sign)) && !prefix_code(ts, i))
        return false;
    if (decoy_is_event(ts, i) || !denomination_currency(ts, i, &u))
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
    measure_make(m, &n, n.value, &u);
    if (range_joins(ts, m->next, between)) {
        struct measure second;
        struct number b;

        if (price_read(ts, m->next + 1, false, &second) && second.q.low > m->q.low &&
            (between || token_sign(ts, m->next, '-'))) {
            m->q.high = second.q.high;
            m->next = second.next;
        } else if (token_sign(ts, m->next, '-') && range_second(ts, &n, false, &b)) {
            range_share(&n, &b);
            m->q.amount = m->q.low = n.value;
            m->q.high = b.value;
            m->next = b.next;
        }
    } else if (n.last_mul == 1 && token_is(ts, m->next, LEX(AND))) {
        add_prefixed_cents(ts, m);
    } else if (token_sign(ts, m->next, '+') && token_glued(ts, m->next)) {
        m->next++;
        measure_open_upwards(m);
    }
    return true;
}
