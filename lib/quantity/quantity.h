#pragma once

/* quantity - durations, money, percentages, counts and dates that people write in prose.
 *
 * One reader for both sides of a comparison: the limit in a rule file and the
 * words of a customer. A quantity is a range in one base unit (seconds, units
 * of a currency, percent, degrees, metres, a plain number) with the bound its
 * modifier gives: "over 10 minutes" is {low 600, high inf, MORE_THAN}, "2 à 3
 * jours" {172800, 259200, EXACT}, "almost 48 h" {172800, 172800, LESS_THAN}.
 * Dates become elapsed durations (or delays: "prévu lundi") against `at_s` where
 * the words say so: "depuis lundi" on a Friday is amount 4 day, low and high the
 * time since Monday's end and beginning. A time of day becomes one only against
 * another in the text ("called at 1, it's 4:30"), for people's zone is not known. Spans are byte
 * offsets into the scanned text, end exclusive. Deterministic: the same text and `at_s` give the
 * same answer. */

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/text/lang.h"

struct arena;

enum quantity_kind {
    QUANTITY_DURATION,    /* seconds */
    QUANTITY_MONEY,       /* units of `currency` */
    QUANTITY_PERCENTAGE,  /* percent */
    QUANTITY_TEMPERATURE, /* degrees of `unit` */
    QUANTITY_DISTANCE,    /* metres */
    QUANTITY_NUMBER,      /* a bare number */
    QUANTITY_COUNT,       /* a number of things: "3 fois", "two calls" */
    QUANTITY_DATE,        /* seconds since the epoch, when it could be resolved */
    QUANTITY_TIME,        /* clock time, seconds since midnight */
    QUANTITY_KINDS,
};

enum quantity_bound {
    QUANTITY_EXACT,
    QUANTITY_AT_LEAST,
    QUANTITY_AT_MOST,
    QUANTITY_MORE_THAN,
    QUANTITY_LESS_THAN, /* also "almost", "bientôt" */
    QUANTITY_ABOUT,
};

/* What a quantity measures, where the words around it say so. */
enum quantity_role {
    QUANTITY_ROLE_NONE,
    QUANTITY_ELAPSED,   /* lived through until now: "depuis 6 jours", "for 2 hours", "3 days ago" */
    QUANTITY_DELAY,     /* late by: "2 h de retard" */
    QUANTITY_AHEAD,     /* still to come: "dans 3 jours", "flight in 2 hrs", "d'ici 48 h" */
    QUANTITY_AGE,       /* "8 months old", "âgé de 3 ans" */
    QUANTITY_SENIORITY, /* "client depuis 20 ans" */
    QUANTITY_PERIOD, /* what a price or contract is for: "par mois", "pendant 1 an" after a price */
    QUANTITY_FREQUENCY, /* "toutes les 5 min", "2e fois en 3 semaines" */
    QUANTITY_CLOCK,     /* a time of day written like a duration: "à 16h" */
    QUANTITY_LENGTH,    /* of an event: "a 6 hour flight", "film de 2h" */
    QUANTITY_ROLES,
};

enum quantity_unit {
    UNIT_NONE,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WORKING_DAY, /* compared as 7/5 days: five make a week */
    UNIT_WEEK,
    UNIT_MONTH, /* 30 days */
    UNIT_YEAR,  /* 365 days */
    UNIT_CURRENCY,
    UNIT_PERCENT,
    UNIT_DEGREE, /* scale not said */
    UNIT_CELSIUS,
    UNIT_FAHRENHEIT,
    UNIT_METRE,
    UNIT_KILOMETRE,
    UNIT_MILE,
    UNIT_FOOT,
    UNIT_INCH,
    UNIT_COUNT,
    UNIT_CENT, /* a hundredth of `currency` */
};

struct quantity {
    enum quantity_kind kind;
    enum quantity_bound bound;
    enum quantity_role role;
    enum quantity_unit unit; /* as written */
    bool going;        /* elapsed, and the words say that it goes on: "depuis 24 h", "24 h sans" */
    char currency[4];  /* ISO 4217, "" when not money or not said */
    double amount;     /* in `unit`; the low end of a range; 3 for "several", whose low is 2 */
    double low, high;  /* base unit; -INFINITY / INFINITY where open */
    size_t start, end; /* bytes of the scanned text: the quantity and its modifier */
};

struct quantity_reader_options {
    int64_t at_s;   /* the post's time; CLOCK_NONE: dates stay unresolved */
    enum lang lang; /* LANG_UNKNOWN: all languages' words */
};

enum { QUANTITY_MAX = 256 }; /* per text; what follows is not read */

/* Finds the quantities of `text` (any bytes; UTF-8 expected), left to right,
 * not overlapping. *ret: array inside `arena`, NULL when none.
 * Return: how many, or -ENOMEM at the arena's limit. */
int quantity_scan(struct str text, const struct quantity_reader_options *options,
                  struct arena *arena, struct quantity **ret) MUST_CHECK;

/* Reads `text` as exactly one quantity and nothing else (a limit in a rule:
 * "48 h", "5 working days", "30 €", "2 %", "0 €"). False leaves *ret alone. */
bool quantity_parse(struct str text, struct quantity *ret) MUST_CHECK;

/* Names as `couac measure` prints them: "duration", "more_than", "elapsed", "day"... */
const char *quantity_kind_name(enum quantity_kind kind);
const char *quantity_bound_name(enum quantity_bound bound);
const char *quantity_role_name(enum quantity_role role);
const char *quantity_unit_name(enum quantity_unit unit);
/* "second", "EUR"..., "percent", "degree", "metre", "one", "epoch" */
const char *quantity_base_name(const struct quantity *q);

/* The unit names the reader knows, for "did you mean" hints. Static. */
size_t quantity_unit_words(const struct str **ret);

/* Seconds as people say them in that language: "6 jours", "2 h 30", "45 min".
 * At most two units; `n` bytes at most, NUL-terminated. */
void quantity_write_duration(double seconds, enum lang lang, char *ret, size_t n);
