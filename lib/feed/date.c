#include "lib/feed/date.h"

#include "lib/feed/dateword.h"

/* Two readers. An ISO date is recognised by its shape at the very beginning.
 * Everything else is a walk over numbers, words and signs: a time is what has a
 * colon, a zone comes after a time, a month is a word, and what numbers remain
 * are sorted into year, month and day by size, place and separator. Words that
 * mean nothing are passed over, but only a few: prose is not a date. */

enum { UNSET = -1, NUMBERS_MAX = 3, NOISE_MAX = 2 };

enum last_seen { SEEN_START, SEEN_NUMBER, SEEN_TIME, SEEN_ZONE, SEEN_WORD };

struct number {
    int64_t value;
    size_t digits;
    char before; /* the separator in front of it */
};

struct scan {
    struct str s;
    size_t at;
    enum last_seen last;
    char sep;

    struct number numbers[NUMBERS_MAX];
    unsigned n_numbers, noise;
    int64_t year, month, day; /* UNSET, or certain */
    int month_word;
    bool month_first; /* the month's name stood before any number */

    int64_t hour, minute, second, ms;
    enum day_half half;
    bool has_zone;
    int zone_minutes;
};

static bool digit_at(const struct scan *d, size_t i)
{
    return i < d->s.n && d->s.p[i] >= '0' && d->s.p[i] <= '9';
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char char_at(const struct scan *d, size_t i)
{
    return i < d->s.n ? d->s.p[i] : '\0';
}

static void skip_blanks(struct scan *d)
{
    while (d->at < d->s.n && blank(d->s.p[d->at]))
        d->at++;
}

/* At most `max` digits at `at`. */
static struct number take(struct scan *d, size_t max)
{
    struct number n = {0};

    for (; n.digits < max && digit_at(d, d->at); d->at++, n.digits++)
        n.value = n.value * 10 + (d->s.p[d->at] - '0');
    return n;
}

static size_t digits_at(const struct scan *d, size_t i)
{
    size_t n = 0;

    while (digit_at(d, i + n))
        n++;
    return n;
}

static int64_t full_year(struct number n)
{
    if (n.digits > 2 || n.value > 99)
        return n.digits == 3 ? n.value + 1900 : n.value; /* tm_year, printed as it is */
    return n.value + (n.value < 70 ? 2000 : 1900);
}

/* --- time and zone --- */

/* ".25" of a unit of so many seconds: the last one that is written (ISO 8601). */
static void fraction(struct scan *d, int64_t unit_s)
{
    int64_t scale = 100;

    if ((char_at(d, d->at) != '.' && char_at(d, d->at) != ',') || !digit_at(d, d->at + 1))
        return;
    d->ms = 0;
    for (d->at++; digit_at(d, d->at); d->at++, scale /= 10)
        d->ms += (d->s.p[d->at] - '0') * scale * unit_s;
}

/* "9:15", "09:15:30.250", "9h15", "9.15.30": `hour` was read, `at` is on the minutes. */
static void clock_time(struct scan *d, int64_t hour)
{
    char dot = char_at(d, d->at - 1) == '.' ? '.' : ':';
    int64_t unit_s = 60;

    d->hour = hour;
    d->second = d->ms = 0;
    d->minute = take(d, 2).value;
    if (char_at(d, d->at) == dot && digit_at(d, d->at + 1)) {
        d->at++;
        d->second = take(d, 2).value;
        unit_s = 1;
    }
    fraction(d, unit_s);
    d->last = SEEN_TIME;
}

/* "T10", "T1014", "T101455" */
static void basic_time(struct scan *d)
{
    size_t n = digits_at(d, d->at);

    d->hour = take(d, 2).value;
    d->minute = n >= 4 ? take(d, 2).value : 0;
    d->second = n >= 6 ? take(d, 2).value : 0;
    d->ms = 0;
    fraction(d, n >= 6 ? 1 : n >= 4 ? 60 : 3600);
    d->last = SEEN_TIME;
}

/* "+0200", "+02:00", "-5", "+02:00:00": `at` is on the first digit. */
static void offset(struct scan *d, int sign)
{
    size_t n = digits_at(d, d->at);
    int64_t hours = take(d, n == 3 ? 1 : 2).value, minutes = 0;

    if (n >= 3) {
        minutes = take(d, 2).value;
    } else if ((char_at(d, d->at) == ':' || char_at(d, d->at) == '.') && digit_at(d, d->at + 1)) {
        d->at++;
        minutes = take(d, 2).value;
    }
    while (digit_at(d, d->at) || (char_at(d, d->at) == ':' && digit_at(d, d->at + 1)))
        d->at++;
    d->last = SEEN_ZONE;
    if (hours > 24 || minutes > 59)
        return;
    d->has_zone = true;
    d->zone_minutes = sign * (int)(hours * 60 + minutes);
}

/* --- words --- */

static bool unit_mark(struct scan *d, struct str word)
{
    static const struct {
        const char *word;
        char unit;
    } marks[] = {{"년", 'y'}, {"年", 'y'}, {"월", 'm'}, {"月", 'm'}, {"일", 'd'},
                 {"日", 'd'}, {"시", 'H'}, {"時", 'H'}, {"时", 'H'}, {"분", 'M'},
                 {"分", 'M'}, {"초", 'S'}, {"秒", 'S'}};
    char unit = 0;

    if ((unsigned char)word.p[0] < 0x80)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_eq(word, str_of(marks[i].word)))
            unit = marks[i].unit;
    if (!unit || d->last != SEEN_NUMBER || d->n_numbers == 0)
        return unit != 0;
    int64_t value = d->numbers[--d->n_numbers].value;
    int64_t *field = unit == 'y'   ? &d->year
                     : unit == 'm' ? &d->month
                     : unit == 'd' ? &d->day
                     : unit == 'H' ? &d->hour
                     : unit == 'M' ? &d->minute
                                   : &d->second;

    *field = value;
    return true;
}

static bool means_nothing(struct str word)
{
    static const char *const fillers[] = {"at",  "a",   "um", "de", "of", "the", "le",  "uhr",
                                          "kl",  "on",  "st", "nd", "rd", "th",  "er",  "del",
                                          "den", "och", "e",  "t",  "o",  "os",  "date"};

    for (size_t i = 0; i < ARRAY_LEN(fillers); i++)
        if (str_eq(word, str_of(fillers[i])))
            return true;
    return false;
}

/* "7 PM", "8h", "10 Uhr": the number before the word is the hour. */
static bool take_hour(struct scan *d)
{
    if (d->hour != UNSET || d->last != SEEN_NUMBER || d->n_numbers == 0 ||
        d->numbers[d->n_numbers - 1].digits > 2)
        return false;
    d->hour = d->numbers[--d->n_numbers].value;
    d->minute = d->second = d->ms = 0;
    d->last = SEEN_TIME;
    return true;
}

static bool half_or_zone(struct scan *d, struct str word)
{
    enum day_half half = dateword_half(word);
    int minutes;

    if (half != DAY_WHOLE && (word.n > 1 || (d->last == SEEN_TIME && char_at(d, d->at) == '.'))) {
        d->half = half;
        if (char_at(d, d->at) == '.' && (char_at(d, d->at + 1) | 32) == 'm')
            d->at += 2;                      /* "p.m." */
        if ((unsigned char)word.p[0] < 0x80) /* in East Asia the hour comes behind */
            (void)take_hour(d);              /* or the time stood there already */
        d->last = SEEN_TIME;
        return true;
    }
    if (d->hour == UNSET || d->has_zone || !dateword_zone(word, &minutes))
        return false;
    d->has_zone = true;
    d->zone_minutes = minutes;
    d->last = SEEN_ZONE;
    return true;
}

static void word(struct scan *d)
{
    char buf[48], before = char_at(d, d->at - 1);
    struct str w = dateword_fold(d->s, &d->at, buf, sizeof(buf));
    int month = dateword_month(w);

    if (w.n == 0 || (before != '(' && unit_mark(d, w)) || half_or_zone(d, w))
        return;
    if (dateword_hour(w) && take_hour(d))
        return;
    if (month && d->year == UNSET) {
        /* "mar. 12 juil.": a day's name may look like a month's, but comes first */
        d->month_word = month;
        d->month_first = d->n_numbers == 0;
        d->last = SEEN_WORD;
        return;
    }
    if (month && d->month == UNSET) { /* Hungarian: 2004-július-13 */
        d->month = month;
        d->last = SEEN_WORD;
        return;
    }
    if (d->n_numbers == 0 && d->hour == UNSET) /* a day's name */
        return;
    d->noise += !means_nothing(w) && d->last != SEEN_TIME && d->last != SEEN_ZONE;
}

/* --- numbers --- */

/* Offset of the minutes when an hour's separator stands here: "9:15", "9h15",
 * "9 h 15"; 0 when none does. */
static size_t minutes_follow(const struct scan *d)
{
    size_t i = d->at;

    while (char_at(d, i) == ' ')
        i++;
    if ((char_at(d, i) | 32) != 'h' && !(i == d->at && char_at(d, i) == ':'))
        return 0;
    bool word = (char_at(d, i++) | 32) == 'h';

    while (word && char_at(d, i) == ' ')
        i++;
    return digit_at(d, i) ? i : 0;
}

/* All of a date's numbers were read, so that "19.48" is a time. */
static bool date_complete(const struct scan *d)
{
    return d->year != UNSET || d->n_numbers == (d->month_word ? 2 : NUMBERS_MAX);
}

static bool dotted_time(const struct scan *d)
{
    return date_complete(d) && char_at(d, d->at) == '.' && digits_at(d, d->at + 1) == 2;
}

/* "-0001" where a year stands alone: before our era, so no date. */
static bool negative_year(const struct scan *d, size_t digits)
{
    size_t dash = d->at - digits - 1;

    return d->sep == '-' && digits == 4 && char_at(d, dash) == '-' &&
           (dash == 0 || blank(char_at(d, dash - 1)));
}

static void number(struct scan *d)
{
    struct number n = take(d, 18);
    size_t minutes = dotted_time(d) ? d->at + 1 : minutes_follow(d);

    if (negative_year(d, n.digits))
        d->noise += NOISE_MAX + 1;

    n.before = d->sep;
    d->sep = 0;
    if (minutes && d->hour == UNSET && n.digits <= 2) {
        d->at = minutes;
        clock_time(d, n.value);
        return;
    }
    if (d->n_numbers < NUMBERS_MAX)
        d->numbers[d->n_numbers++] = n;
    else
        d->noise++;
    d->last = SEEN_NUMBER;
}

static bool sign(struct scan *d, char c)
{
    bool after_time = d->last == SEEN_TIME || d->last == SEEN_ZONE;

    if (c != '+' && c != '-')
        return false;
    if (!digit_at(d, d->at + 1) || d->hour == UNSET)
        return false;
    if (!after_time && !(blank(char_at(d, d->at - 1)) && digits_at(d, d->at + 1) >= 4))
        return false;
    d->at++;
    offset(d, c == '-' ? -1 : 1);
    return true;
}

static void walk(struct scan *d)
{
    while (d->at < d->s.n) {
        unsigned char c = (unsigned char)d->s.p[d->at];

        if (c >= '0' && c <= '9') {
            number(d);
        } else if ((c | 32) >= 'a' && (c | 32) <= 'z') {
            word(d);
        } else if (c >= 0x80) {
            word(d);
        } else if (!sign(d, (char)c)) {
            if (c == '-' || c == '/' || c == '.')
                d->sep = (char)c;
            if (c == '[' || (c == '(' && d->has_zone)) /* a comment behind the zone */
                return;
            d->at++;
        }
    }
}

/* --- from numbers to a calendar date --- */

static void swap(int64_t *a, int64_t *b)
{
    int64_t c = *a;

    *a = *b;
    *b = c;
}

/* A month by name and one or two numbers. */
static bool with_month_word(struct scan *d)
{
    const struct number *a = &d->numbers[0], *b = &d->numbers[1];

    d->month = d->month_word;
    if (d->n_numbers == 1) { /* "January 2004" */
        d->day = 1;
        d->year = full_year(*a);
        return a->digits == 4;
    }
    if (d->n_numbers < 2)
        return false;
    if (a->digits > 2 || a->value > 31) {
        d->year = full_year(*a);
        d->day = b->value;
    } else {
        d->day = a->value;
        d->year = full_year(*b);
    }
    return true;
}

static bool with_numbers(struct scan *d)
{
    const struct number *n = d->numbers;
    char sep = n[1].before;

    if (d->n_numbers < 3 || n[2].before != sep)
        return false;
    if (n[0].digits == 4 || (n[0].value > 31 && n[0].digits == 2)) {
        d->year = full_year(n[0]);
        d->month = n[1].value;
        d->day = n[2].value;
    } else {
        d->year = full_year(n[2]);
        d->month = n[sep == '/' ? 0 : 1].value;
        d->day = n[sep == '/' ? 1 : 0].value;
    }
    if (d->month > 12 && d->day <= 12)
        swap(&d->month, &d->day);
    return true;
}

/* All digits: seconds or milliseconds since 1970. */
static bool epoch(const struct scan *d, struct date *ret)
{
    if (d->n_numbers != 1 || d->hour != UNSET || d->month_word || d->noise)
        return false;
    if (d->numbers[0].digits != 10 && d->numbers[0].digits != 13)
        return false;
    ret->at_ms = d->numbers[0].value * (d->numbers[0].digits == 10 ? 1000 : 1);
    ret->no_zone = false;
    return true;
}

static bool sort_numbers(struct scan *d)
{
    if (d->year != UNSET && d->month != UNSET) {
        if (d->day == UNSET)
            d->day = d->n_numbers > 0 ? d->numbers[0].value : 1;
        return true;
    }
    return d->month_word ? with_month_word(d) : with_numbers(d);
}

static bool finish(struct scan *d, struct date *ret)
{
    if (d->noise > NOISE_MAX || !sort_numbers(d))
        return false;
    if (d->hour == UNSET)
        d->hour = d->minute = d->second = d->ms = 0;
    if (d->half != DAY_WHOLE && d->hour >= 1 && d->hour <= 12)
        d->hour = d->hour % 12 + (d->half == DAY_PM ? 12 : 0);
    if (d->second == 60)
        d->second = 59;
    bool midnight = d->hour == 24 && d->minute == 0 && d->second == 0;

    if (d->year < 1 || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1 ||
        d->day > clock_month_days(d->year, (int)d->month))
        return false;
    if ((d->hour > 23 && !midnight) || d->minute > 59 || d->second > 59)
        return false;
    int64_t days = clock_days(d->year, (int)d->month, (int)d->day);
    int64_t seconds = days * 86400 + d->hour * 3600 + d->minute * 60 + d->second;

    ret->at_ms = (seconds - d->zone_minutes * 60) * 1000 + d->ms;
    ret->no_zone = !d->has_zone;
    return true;
}

/* --- ISO 8601 --- */

static bool set_days(struct scan *d, int64_t days)
{
    struct civil c = clock_to_civil(days * 86400);

    d->year = c.year;
    d->month = c.month;
    d->day = c.day;
    return true;
}

static bool ordinal(struct scan *d, int64_t year, int64_t day)
{
    return day >= 1 && day <= 366 && set_days(d, clock_days(year, 1, 1) + day - 1);
}

/* Week 1 holds January 4; weeks begin on Monday. */
static bool week(struct scan *d, int64_t year)
{
    d->at++;
    int64_t number = take(d, 2).value, day = 1;

    if (char_at(d, d->at) == '-' && digit_at(d, d->at + 1))
        d->at++;
    if (digit_at(d, d->at))
        day = take(d, 1).value;
    int64_t first = clock_days(year, 1, 4);

    first -= clock_weekday(first);
    return number >= 1 && number <= 53 && day >= 1 && day <= 7 &&
           set_days(d, first + (number - 1) * 7 + day - 1);
}

/* "YYYY-": what follows the dash. */
static bool dashed(struct scan *d, int64_t year)
{
    size_t n = digits_at(d, d->at);

    if ((char_at(d, d->at) | 32) == 'w')
        return week(d, year);
    if (n == 3)
        return ordinal(d, year, take(d, 3).value);
    if (n == 4) { /* YYYY-MMDD */
        d->month = take(d, 2).value;
        d->day = take(d, 2).value;
    } else if (n == 1 || n == 2) {
        d->month = take(d, 2).value;
        d->day = 1;
        if (char_at(d, d->at) == '-' && digit_at(d, d->at + 1)) {
            d->at++;
            d->day = take(d, 2).value;
        }
    } else {
        return false;
    }
    d->year = year;
    if (d->month > 12 && d->day <= 12)
        swap(&d->month, &d->day);
    return !digit_at(d, d->at);
}

/* A run of digits without separators; `n` of them. */
static bool compact(struct scan *d, size_t n)
{
    struct number year = take(d, n == 5 || (n == 6 && d->s.p[d->at] == '0') ? 2 : 4);

    d->year = full_year(year);
    if (n == 5 || n == 7)
        return ordinal(d, d->year, take(d, 3).value);
    d->month = take(d, 2).value;
    d->day = n == 6 && year.digits == 4 ? 1 : take(d, 2).value;
    if (n >= 12)
        basic_time(d);
    return d->month >= 1 && d->month <= 12;
}

/* "-03", "-0312", "-03-12": the century is left out. */
static bool no_century(struct scan *d)
{
    d->at++;
    struct number year = take(d, 2);

    if (year.digits != 2)
        return false;
    d->year = full_year(year);
    d->month = d->day = 1;
    if (char_at(d, d->at) == '-')
        d->at++;
    if (digit_at(d, d->at))
        d->month = take(d, 2).value;
    return true;
}

/* "03-12-31" and nothing like "03-12-2004" */
static bool short_year(struct scan *d)
{
    size_t i = d->at;

    if (char_at(d, i + 2) != '-' || digits_at(d, i + 3) < 2 || digits_at(d, i + 3) > 3)
        return false;
    if (digits_at(d, i + 3) == 3) { /* a day of the year */
        struct number year = take(d, 2);

        d->at++;
        return dashed(d, full_year(year));
    }
    if (char_at(d, i + 5) != '-')
        return i + 5 == d->s.n &&
               dashed((d->at += 3, d),
                      full_year((struct number){
                          .value = (d->s.p[i] - '0') * 10 + d->s.p[i + 1] - '0', .digits = 2}));
    if (digits_at(d, i + 6) != 2)
        return false;
    struct number year = take(d, 2);

    d->at++;
    return dashed(d, full_year(year));
}

static bool iso_date(struct scan *d)
{
    size_t n = digits_at(d, d->at);
    char next = char_at(d, d->at + n);

    if (n == 0 && next == '-')
        return no_century(d);
    if (n == 2)
        return short_year(d);
    if (n == 5 || n == 6 || n == 7 || n == 8 || n == 12 || n == 14)
        return compact(d, n);
    if (n != 4)
        return false;
    int64_t year = take(d, 4).value;

    if ((next | 32) == 'w')
        return week(d, year);
    if (next == '-' && (digit_at(d, d->at + 1) || (char_at(d, d->at + 1) | 32) == 'w')) {
        d->at++;
        return dashed(d, year);
    }
    d->year = year;
    d->month = d->day = 1;
    return next == '\0';
}

/* Behind an ISO date: an optional T, a time, a zone. */
static bool iso_rest(struct scan *d)
{
    char c;

    skip_blanks(d);
    c = char_at(d, d->at);
    if (c == 'T' || c == 't') {
        d->at++;
        skip_blanks(d);
    } else if (c == ':' || c == ',' || c == '_') {
        d->at++;
    }
    if ((c == '+' || c == '-') && digits_at(d, d->at + 1) == 2 && char_at(d, d->at + 3) == ':') {
        d->hour = d->minute = d->second = d->ms = 0; /* "2003-12-31+01:00" */
        d->last = SEEN_TIME;
    }
    size_t n = digits_at(d, d->at);

    if (d->hour == UNSET && n && char_at(d, d->at + n) != ':' &&
        (n == 4 || n == 6 || (n == 2 && (c | 32) == 't')))
        basic_time(d);
    walk(d);
    return d->n_numbers == 0;
}

static struct scan begin(struct str text)
{
    return (struct scan){.s = text, .year = UNSET, .month = UNSET, .day = UNSET, .hour = UNSET};
}

bool date_parse(struct str text, struct date *ret)
{
    struct str s = str_trim(text);
    struct scan d = begin(s);

    if (s.n == 0 || s.n > DATE_TEXT_MAX)
        return false;
    if (iso_date(&d) && iso_rest(&d) && finish(&d, ret))
        return true;
    d = begin(s);
    walk(&d);
    return finish(&d, ret) || epoch(&d, ret);
}
