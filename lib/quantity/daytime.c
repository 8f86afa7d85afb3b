#include "lib/quantity/daytime.h"

#include <math.h>

/* "16h30", "4:30 pm", "5 o'clock", "half past six", midi. Hours of the day are written as hours of
 * waiting are: "depuis 16h" is a time, "depuis 48h" lasts. The words before and
 * the size of the figure decide. */

static size_t read_ampm(const struct tokens *ts, size_t i, int *hour)
{
    const struct token *t = token_at(ts, i);
    bool letter = t->kind == TOKEN_WORD && t->digits == 1;
    char c = letter ? (char)(ts->text.p[t->start] | 0x20) : 0;
    bool dotted = (c == 'a' || c == 'p') && token_sign(ts, i + 1, '.') && token_glued(ts, i + 2) &&
                  token_at(ts, i + 2)->digits == 1;

    if (!(t->m->mask & LEX(AMPM)) && !dotted)
        return i;
    if (dotted ? c == 'p' : t->m->cal == 12)
        *hour += *hour < 12 ? 12 : 0;
    else if (*hour == 12)
        *hour = 0;
    return dotted ? i + 3 : i + 1;
}

/* Minutes behind an hour: ":30", "h30", "h 30". */
size_t daytime_minutes(const struct tokens *ts, size_t i, int *minutes)
{
    const struct token *t = token_at(ts, i);

    if (!calendar_whole(t, 0, 59) || t->digits != 2 || !token_glued(ts, i))
        return i;
    *minutes = (int)t->value;
    return i + 1;
}

/* Words behind which "3" or "16h" is a time of day. */
static bool clock_expected(const struct tokens *ts, size_t i)
{
    const struct token *t = token_at(ts, i - 1);
    bool until = (~t->m->mask & (LEX(TO) | LEX(ON))) == 0; /* "to" is none: "2 to 5" */

    return until || t->m->mask & LEX(AT) ||
           t->m->mask & (ts->lang == LANG_EN ? LEX(SINCE) : LEX(ITIS)) ||
           (t->m->mask & LEX(TO) && ts->lang != LANG_EN &&
            token_at(ts, i - 2)->kind != TOKEN_NUMBER);
}

/* "de 8h à 10h", "entre 14h et 16h" */
static bool in_hour_range(const struct tokens *ts, size_t i)
{
    size_t other = token_is(ts, i - 1, LEX(AND)) ? i - 3 : i + 3;

    return token_at(ts, other)->kind == TOKEN_NUMBER &&
           token_at(ts, other + 1)->m->unit == UNIT_HOUR;
}

/* "pour 17h, servi à 18h10": how far on the other time of day may stand. */
enum { OTHER_CLOCK_TOKENS = 12 };

/* A time of day follows the hour at `i`: "à 18h10", but not "2 à 3h", "on a 3h de retard". */
static bool clock_follows(const struct tokens *ts, size_t i)
{
    for (size_t k = i + 2; k < i + OTHER_CLOCK_TOKENS; k++) {
        int minutes;

        if (token_is(ts, k, LEX(TO) | LEX(AT)) && token_at(ts, k - 1)->kind != TOKEN_NUMBER &&
            token_at(ts, k + 1)->kind == TOKEN_NUMBER &&
            token_at(ts, k + 2)->m->unit == UNIT_HOUR &&
            !daytime_lasts(ts, daytime_minutes(ts, k + 3, &minutes)))
            return true;
    }
    return false;
}

/* "depuis 16h" is since four in the afternoon; "depuis 2h", "12h", "24h", "48h" last. */
static bool hour_is_clock(const struct tokens *ts, size_t i, int hour, bool minutes)
{
    const struct token *before = token_at(ts, i - 1);

    if (hour < 24 && minutes && (hour >= 13 || ts->text.p[token_at(ts, i)->start] == '0'))
        return true;
    if (before->m->mask & LEX(BETWEEN) ||
        (before->m->mask & LEX(AND) && token_at(ts, i - 2)->m->unit == UNIT_HOUR))
        return hour >= 6 && in_hour_range(ts, i);
    if (before->m->mask & LEX(SINCE) || (before->m->mask & LEX(PRO) && clock_follows(ts, i)))
        return hour >= 7 && hour < 24 && (hour != 12 || minutes);
    if (hour <= 6 && !minutes && token_is(ts, i - 1, LEX(TO)) && token_is(ts, i - 2, LEX(TO)) &&
        token_at(ts, i + 1)->digits > 1)
        return false; /* "jusqu'à 2 heures" */
    if (token_is(ts, i - 2, LEX(THAN)))
        return false; /* "supérieur à 3 heures" */
    return clock_expected(ts, i) && hour <= 24;
}

bool daytime_lasts(const struct tokens *ts, size_t next)
{
    return token_is(ts, next, LEX(OF)) || token_is(ts, next, LEX(LATE));
}

/* A quarter, a half, or minutes that a clock's hand is told by, at token `i`; behind them, or
 * `i`. */
static size_t read_minutes(const struct tokens *ts, size_t i, int *minutes)
{
    size_t part = i + token_is(ts, i, LEX(ART));
    const struct meaning *m = token_at(ts, part)->m;
    struct number n;

    if (m->mask & LEX(FRAC) && (m->number == 0.25 || m->number == 0.5)) {
        *minutes = (int)(60 * m->number);
        return part + 1;
    }
    if (part > i) /* "a ten" is no time */
        return i;
    if (!number_read(ts, i, &n) || n.flags & ~(unsigned)NUMBER_WORDS || n.value < 5 ||
        n.value > 25 || fmod(n.value, 5) != 0)
        return i;
    *minutes = (int)n.value;
    return n.next;
}

/* "huit heures moins le quart", "midi et demi": what is told against the hour, behind token
 * `next`. */
static void read_against_hour(const struct tokens *ts, struct moment *m)
{
    bool less = token_is(ts, m->next, LEX(MINUS));
    size_t at = m->next + 1, end;
    int minutes = 0;

    if (ts->lang == LANG_EN || (!less && !token_is(ts, m->next, LEX(AND))))
        return;
    at += less && token_is(ts, at, LEX(THE));
    end = read_minutes(ts, at, &minutes);
    if (end == at || (!less && minutes != 15 && minutes != 30) || (less && minutes == 30))
        return;
    m->next = end;
    m->clock += less ? -minutes : minutes;
    m->clock_end = m->clock;
}

/* "16h", "16h30", "16 heures" */
static bool hours_clock(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *unit = token_at(ts, i + 1);
    int hour = (int)token_at(ts, i)->value, minutes = 0;
    size_t next;

    if (!(unit->m->mask & LEX(UNIT)) || unit->m->unit != UNIT_HOUR || ts->lang == LANG_EN)
        return false;
    next = daytime_minutes(ts, i + 2, &minutes);
    if (token_is(ts, next, LEX(OF)) && token_is(ts, next + 1, LEX(PART))) { /* "2 h du matin" */
        hour += hour < 12 && token_at(ts, next + 1)->m->cal >= 12 ? 12 : 0;
        m->clock = m->clock_end = hour * 60 + minutes;
        m->next = next + 2;
        return hour < 24;
    }
    if (!hour_is_clock(ts, i, hour, next > i + 2) || daytime_lasts(ts, next))
        return false;
    m->clock = m->clock_end = hour * 60 + minutes;
    m->next = next;
    if (minutes == 0)
        read_against_hour(ts, m);
    return true;
}

/* "o'clock", not the "past" and "to" between minutes and their hour. */
static bool is_oclock(const struct tokens *ts, size_t i)
{
    return token_is(ts, i, LEX(CLOCK)) && token_at(ts, i)->m->number == 0;
}

/* "4:30", "4:30 pm", "5pm", "at 5", "5 o'clock" */
static bool figure_clock(const struct tokens *ts, size_t i, struct moment *m)
{
    int hour = (int)token_at(ts, i)->value, minutes = 0;
    bool colon = token_sign(ts, i + 1, ':') && token_glued(ts, i + 1);
    size_t next = colon ? daytime_minutes(ts, i + 2, &minutes) : i + 1, end;
    const struct token *behind;

    if (colon && next == i + 2)
        return false;
    if (colon && token_sign(ts, next, ':') && token_glued(ts, next) &&
        calendar_whole(token_at(ts, next + 1), 0, 59))
        next += 2;
    if (token_is(ts, next, LEX(UNIT)))
        return false;
    end = read_ampm(ts, next, &hour);
    m->vague_hour = end == next && hour <= 12;
    if (is_oclock(ts, end) || (token_at(ts, end)->digits == 1 && is_oclock(ts, end + 1)))
        end += is_oclock(ts, end) ? 1 : 2;
    behind = token_at(ts, end);
    if (end == next && !colon) {
        if (ts->lang != LANG_EN || !clock_expected(ts, i) || hour < 1 || hour > 12 ||
            token_at(ts, i)->digits > 2)
            return false;
        if ((behind->kind == TOKEN_WORD &&
             !(behind->m->mask & (LEX(STOP) | LEX(AND) | LEX(DAY)))) ||
            behind->kind == TOKEN_NUMBER || token_sign(ts, end, '%') || token_sign(ts, end, '/') ||
            token_sign(ts, end, '-') || token_sign(ts, end, ':'))
            return false;
    }
    if (hour > 24)
        return false;
    m->clock = m->clock_end = hour * 60 + minutes;
    m->next = end;
    return true;
}

/* The hour that "half past" leads to, at token `i`; behind it, or `i`. Midnight is 24. */
static size_t read_spoken_hour(const struct tokens *ts, size_t i, int *hour)
{
    const struct meaning *m = token_at(ts, i)->m;
    struct number n;

    if (m->mask & LEX(NOON)) {
        *hour = m->cal ? m->cal : 24;
        return i + 1;
    }
    if (!number_read(ts, i, &n) || n.value < 1 || n.value > 12 || n.value != floor(n.value) ||
        token_is(ts, n.next, LEX(UNIT)))
        return i;
    *hour = (int)n.value;
    return n.next;
}

/* "half past six", "a quarter to eight", "at ten to five". Without a word that asks for a
 * time, "ten to five" may as well count. */
static bool spoken_clock(const struct tokens *ts, size_t i, struct moment *m)
{
    int minutes = 0, hour = 0;
    size_t at = read_minutes(ts, i, &minutes), end;
    const struct meaning *link = token_at(ts, at)->m;
    bool to = link->number < 0, asked = clock_expected(ts, i) || token_is(ts, i - 1, LEX(ITIS));

    if (at == i || !(link->mask & LEX(CLOCK)) || link->number == 0 ||
        (to && (minutes == 30 || (minutes != 15 && !asked))))
        return false;
    end = read_spoken_hour(ts, at + 1, &hour);
    if (end == at + 1)
        return false;
    m->next = read_ampm(ts, end, &hour);
    m->vague_hour = m->next == end && !token_is(ts, at + 1, LEX(NOON));
    m->clock = m->clock_end = (hour * 60 + (to ? -minutes : minutes)) % (24 * 60);
    return true;
}

/* "since 0400" */
static bool leads_with_zero(const struct tokens *ts, size_t i)
{
    return ts->text.p[token_at(ts, i)->start] == '0' && token_is(ts, i - 1, LEX(SINCE) | LEX(AT));
}

/* "It's 430": three or four figures where a time of day must come. */
static bool run_clock(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *t = token_at(ts, i);
    int hour = (int)t->value / 100, minutes = (int)t->value % 100;

    if (ts->lang != LANG_EN || (t->value >= 1900 && t->value < 2100))
        return false;
    if ((t->digits != 3 && t->digits != 4) || t->separators ||
        !(token_is(ts, i - 1, LEX(ITIS)) || leads_with_zero(ts, i) ||
          (token_is(ts, i + 1, LEX(AMPM)) && token_glued(ts, i + 1))) ||
        hour > 24 || minutes > 59)
        return false;
    if (token_at(ts, i + 1)->kind == TOKEN_WORD &&
        !token_is(ts, i + 1, LEX(STOP) | LEX(AMPM) | LEX(AND)))
        return false;
    m->next = read_ampm(ts, i + 1, &hour);
    m->vague_hour = m->next == i + 1 && hour <= 12;
    m->clock = m->clock_end = hour * 60 + minutes;
    return true;
}

/* "8.30pm", "8.30 p.m.": a point for the colon, as only am or pm can tell from a number. */
static bool point_clock(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *t = token_at(ts, i);
    int hour = (int)t->value, minutes = (int)((t->value - hour) * 100 + 0.5);

    if (ts->lang != LANG_EN || t->decimals != 2 || t->value < 1 || hour > 24 || minutes > 59)
        return false;
    m->next = read_ampm(ts, i + 1, &hour);
    m->clock = m->clock_end = hour * 60 + minutes;
    return m->next > i + 1;
}

bool daytime_read(const struct tokens *ts, size_t i, struct moment *m)
{
    const struct token *t = token_at(ts, i);

    m->vague_hour = false;
    if (t->m->mask & LEX(NOON)) {
        m->clock = t->m->cal * 60;
        m->next = i + 1;
        if (calendar_whole(token_at(ts, i + 1), 1, 59) && token_at(ts, i + 1)->digits == 2 &&
            ts->lang == LANG_FR)
            m->clock += (int)token_at(ts, m->next++)->value; /* "midi 30" */
        m->clock_end = m->clock;
        read_against_hour(ts, m);
        return true;
    }
    if (ts->lang == LANG_EN && spoken_clock(ts, i, m))
        return true;
    if (t->kind != TOKEN_NUMBER || t->flags & TOKEN_HYPHEN)
        return false;
    if (run_clock(ts, i, m) || point_clock(ts, i, m))
        return true;
    return calendar_whole(t, 0, 24) && (hours_clock(ts, i, m) || figure_clock(ts, i, m));
}
