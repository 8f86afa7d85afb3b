#include <math.h>

#include "lib/tune/replay.h"

/* E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference" (1927): the interval that stays inside [0, 1] and is of use for the
 * few dozen labels that a person has the patience to make. */

#define Z95 1.959963984540054

struct rate rate_of(size_t hits, size_t n)
{
    if (n == 0)
        return (struct rate){NAN, 0, 1};
    double count = (double)n, p = (double)hits / count, z2 = Z95 * Z95;
    double middle = (p + z2 / (2 * count)) / (1 + z2 / count);
    double half = Z95 / (1 + z2 / count) * sqrt(p * (1 - p) / count + z2 / (4 * count * count));

    return (struct rate){p, fmax(0, middle - half), fmin(1, middle + half)};
}

static size_t broken(const struct tally *t, int want)
{
    return t->confusion[VERDICT_DENIED][want] + t->confusion[VERDICT_MEASURED][want];
}

static size_t silent(const struct tally *t, int want)
{
    return t->confusion[VERDICT_NONE][want] + t->confusion[VERDICT_KEPT][want] +
           t->confusion[VERDICT_DISSONANT][want];
}

size_t tally_true_alerts(const struct tally *t)
{
    return broken(t, 1);
}

size_t tally_noise(const struct tally *t)
{
    return broken(t, 0);
}

size_t tally_misses(const struct tally *t)
{
    return silent(t, 1);
}

size_t tally_true_silence(const struct tally *t)
{
    return silent(t, 0);
}

struct rate tally_precision(const struct tally *t)
{
    return rate_of(broken(t, 1), broken(t, 1) + broken(t, 0));
}

struct rate tally_recall(const struct tally *t)
{
    return rate_of(broken(t, 1), broken(t, 1) + silent(t, 1));
}

struct rate tally_f1(const struct tally *t)
{
    struct rate j = rate_of(broken(t, 1), broken(t, 1) + broken(t, 0) + silent(t, 1));

    return (struct rate){2 * j.value / (1 + j.value), 2 * j.low / (1 + j.low),
                         2 * j.high / (1 + j.high)};
}

void tally_add(struct tally *sum, const struct tally *t)
{
    for (int kind = 0; kind < REPLAY_KINDS; kind++)
        for (int want = 0; want < 2; want++)
            sum->confusion[kind][want] += t->confusion[kind][want];
    sum->n_broken += t->n_broken;
    sum->n_kept += t->n_kept;
    sum->n_alerts += t->n_alerts;
    sum->n_updates += t->n_updates;
    sum->n_reposts += t->n_reposts;
    sum->n_held += t->n_held;
    sum->spent_ns += t->spent_ns;
}
