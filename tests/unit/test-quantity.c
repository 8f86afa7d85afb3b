#include "tests/unit/unit.h"

#include <math.h>

#include "lib/base/arena.h"
#include "lib/quantity/quantity.h"

static int setup(void **state)
{
    *state = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

/* The quantities of a text; `at` may be NULL. */
static int scan_at(void **state, enum lang lang, const char *at, const char *text,
                   struct quantity **ret)
{
    struct quantity_reader_options options = {.at_s = CLOCK_NONE, .lang = lang};
    int64_t at_ms;

    *ret = NULL;
    if (at) {
        assert_true(clock_parse(str_of(at), &at_ms));
        options.at_s = at_ms / 1000;
    }
    return quantity_scan(str_of(text), &options, *state, ret);
}

static struct quantity only(void **state, enum lang lang, const char *text)
{
    struct quantity *q;
    int n = scan_at(state, lang, NULL, text, &q);

    if (n != 1)
        fail_msg("%d quantities in \"%s\"", n, text);
    return q[0];
}

static void is_seconds(void **state, enum lang lang, const char *text, double low, double high)
{
    struct quantity q = only(state, lang, text);

    if (q.kind != QUANTITY_DURATION || q.low != low || q.high != high)
        fail_msg("\"%s\" is a %s of %g to %g", text, quantity_kind_name(q.kind), q.low, q.high);
}

static void reads_digits_and_words_in_english(void **state)
{
    is_seconds(state, LANG_EN, "48 hours", 172800, 172800);
    is_seconds(state, LANG_EN, "two hundred and five minutes", 12300, 12300);
    is_seconds(state, LANG_EN, "an hour and a half", 5400, 5400);
    is_seconds(state, LANG_EN, "half an hour", 1800, 1800);
    is_seconds(state, LANG_EN, "1 hour 42 minutes", 6120, 6120);
    is_seconds(state, LANG_EN, "waiting for 30 s", 30, 30);
    is_seconds(state, LANG_EN, "a couple of weeks", 14 * 86400, 14 * 86400);
}

static void reads_digits_and_words_in_french(void **state)
{
    is_seconds(state, LANG_FR, "quatre-vingt-dix-sept jours", 97 * 86400, 97 * 86400);
    is_seconds(state, LANG_FR, "deux heures et demie", 9000, 9000);
    is_seconds(state, LANG_FR, "2h30", 9000, 9000);
    is_seconds(state, LANG_FR, "une quinzaine de jours", 15 * 86400, 15 * 86400);
    is_seconds(state, LANG_FR, "2 à 3 semaines", 14 * 86400, 21 * 86400);
}

static void a_modifier_opens_one_side(void **state)
{
    is_seconds(state, LANG_EN, "over 10 minutes", 600, INFINITY);
    is_seconds(state, LANG_FR, "plus de 6 jours", 6 * 86400, INFINITY);
    is_seconds(state, LANG_FR, "moins de 48h", -INFINITY, 172800);
    is_seconds(state, LANG_EN, "almost 48 h", 172800, 172800);
    assert_int_equal(only(state, LANG_EN, "almost 48 h").bound, QUANTITY_LESS_THAN);
    assert_int_equal(only(state, LANG_EN, "at least 2 days").bound, QUANTITY_AT_LEAST);
}

static void parses_a_limit_whole_or_not_at_all(void **state)
{
    struct quantity q;

    (void)state;
    assert_true(quantity_parse(STR("48 h"), &q) && q.low == 172800);
    assert_true(quantity_parse(STR("30 €"), &q) && q.kind == QUANTITY_MONEY);
    assert_string_equal(q.currency, "EUR");
    assert_true(quantity_parse(STR("2 %"), &q) && q.kind == QUANTITY_PERCENTAGE);
    assert_true(quantity_parse(STR("5 working days"), &q) && q.unit == UNIT_WORKING_DAY);
    assert_true(quantity_parse(STR("0 €"), &q) && q.low == 0);
    assert_false(quantity_parse(STR("48 heurs"), &q));
    assert_false(quantity_parse(STR("48 h or so"), &q));
    assert_false(quantity_parse(STR(""), &q));
}

/* The first quantity of a text written on Friday 2025-03-07 at 18:00 UTC. */
static struct quantity first(void **state, enum lang lang, const char *text)
{
    struct quantity *q;

    if (scan_at(state, lang, "2025-03-07T18:00:00Z", text, &q) < 1)
        fail_msg("nothing in \"%s\"", text);
    return q[0];
}

struct expected {
    enum lang lang;
    const char *text;
    double low, high;
};

#define DAYS(n) ((n)*86400.0)

static void check_kind(void **state, enum quantity_kind kind, const struct expected *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct quantity q = first(state, e[i].lang, e[i].text);
        double slack = 1e-9 * fmax(fabs(e[i].low), 1);

        if (q.kind != kind || !(q.low == e[i].low || fabs(q.low - e[i].low) < slack) ||
            !(q.high == e[i].high || fabs(q.high - e[i].high) < slack))
            fail_msg("\"%s\" is a %s of %.10g to %.10g", e[i].text, quantity_kind_name(q.kind),
                     q.low, q.high);
    }
}

static void reads_money_with_its_currency(void **state)
{
    static const struct expected cases[] = {
        {LANG_EN, "$5.99", 5.99, 5.99},
        {LANG_EN, "USD 5", 5, 5},
        {LANG_EN, "5 bucks", 5, 5},
        {LANG_EN, "$1.5M", 1.5e6, 1.5e6},
        {LANG_EN, "2 dollars and 23 cents", 2.23, 2.23},
        {LANG_EN, "$10-20", 10, 20},
        {LANG_FR, "12,50€/mois", 12.5, 12.5},
        {LANG_FR, "1 k€", 1000, 1000},
        {LANG_FR, "30 balles", 30, 30},
        {LANG_FR, "50 cts", .5, .5},
        {LANG_FR, "29€99", 29.99, 29.99},
        {LANG_FR, "1 234,56 €", 1234.56, 1234.56},
        {LANG_FR, "1.234,56 €", 1234.56, 1234.56},
        {LANG_FR, "trois millions d'euros", 3e6, 3e6},
        {LANG_ES, "unos 30 euros", 30, 30},
    };

    check_kind(state, QUANTITY_MONEY, cases, ARRAY_LEN(cases));
    assert_string_equal(first(state, LANG_EN, "C$15").currency, "CAD");
    assert_string_equal(first(state, LANG_FR, "15 francs suisses").currency, "CHF");
}

static void separators_depend_on_the_language(void **state)
{
    static const struct expected cases[] = {
        {LANG_EN, "1,234", 1234, 1234},          {LANG_FR, "1,234", 1.234, 1.234},
        {LANG_FR, "1.234", 1234, 1234},          {LANG_EN, "1.234", 1.234, 1.234},
        {LANG_EN, "1,234.56", 1234.56, 1234.56}, {LANG_EN, "5,00", 5, 5},
        {LANG_FR, "10 000", 10000, 10000},       {LANG_EN, "1'234", 1234, 1234},
    };

    check_kind(state, QUANTITY_NUMBER, cases, ARRAY_LEN(cases));
}

static void reads_numbers_in_words(void **state)
{
    static const struct expected cases[] = {
        {LANG_EN, "two hundred and two thousand", 202000, 202000},
        {LANG_EN, "three fifths", .6, .6},
        {LANG_EN, "one million and a half", 1.5e6, 1.5e6},
        {LANG_EN, "minus three million", -3e6, -3e6},
        {LANG_EN, "more than 10 and less than 40", 10, 40},
        {LANG_EN, "½", .5, .5},
        {LANG_FR, "vingt et un", 21, 21},
        {LANG_FR, "soixante et onze", 71, 71},
        {LANG_FR, "deux cent virgule trois", 200.3, 200.3},
        {LANG_FR, "mille neuf cent quatre-vingt-quatre", 1984, 1984},
        {LANG_ES, "treinta y dos", 32, 32},
    };

    check_kind(state, QUANTITY_NUMBER, cases, ARRAY_LEN(cases));
}

static void reads_percentages_temperatures_and_distances(void **state)
{
    static const struct expected percent[] = {{LANG_EN, "20%", 20, 20},
                                              {LANG_EN, "10 to 15 percent", 10, 15},
                                              {LANG_FR, "vingt pour cent", 20, 20}};
    static const struct expected degrees[] = {{LANG_EN, "70°F", 70, 70},
                                              {LANG_FR, "10 degrés en dessous de zéro", -10, -10}};
    static const struct expected metres[] = {{LANG_EN, "half a mile", 804.672, 804.672},
                                             {LANG_FR, "entre 3 et 5 km", 3000, 5000}};

    check_kind(state, QUANTITY_PERCENTAGE, percent, ARRAY_LEN(percent));
    check_kind(state, QUANTITY_TEMPERATURE, degrees, ARRAY_LEN(degrees));
    check_kind(state, QUANTITY_DISTANCE, metres, ARRAY_LEN(metres));
    assert_int_equal(first(state, LANG_EN, "70 °F").unit, UNIT_FAHRENHEIT);
    assert_int_equal(first(state, LANG_FR, "17 degrés celsius").unit, UNIT_CELSIUS);
    assert_int_equal(first(state, LANG_EN, "waited 20m").unit, UNIT_MINUTE);
    assert_int_equal(first(state, LANG_EN, "a 20m rope").unit, UNIT_METRE);
}

static void says_several_with_its_least(void **state)
{
    is_seconds(state, LANG_EN, "several weeks", DAYS(14), INFINITY);
    is_seconds(state, LANG_FR, "plusieurs semaines", DAYS(14), INFINITY);
    assert_int_equal(only(state, LANG_EN, "several weeks").bound, QUANTITY_AT_LEAST);
    is_seconds(state, LANG_EN, "a few minutes", 180, 180);
    assert_int_equal(only(state, LANG_EN, "a few minutes").bound, QUANTITY_ABOUT);
}

static void a_date_since_which_something_lasts_is_an_elapsed_time(void **state)
{
    static const struct expected cases[] = {
        {LANG_FR, "depuis le 03/03", DAYS(3.75), DAYS(4.75)},
        {LANG_FR, "depuis lundi", DAYS(3.75), DAYS(4.75)},
        {LANG_FR, "commande passée le 3 mars", DAYS(3.75), DAYS(4.75)},
        {LANG_FR, "depuis avant-hier", DAYS(1.75), DAYS(2.75)},
        {LANG_EN, "since Monday", DAYS(3.75), DAYS(4.75)},
        {LANG_EN, "ordered on the 3rd", DAYS(3.75), DAYS(4.75)},
        {LANG_EN, "since March 3, 2025", DAYS(3.75), DAYS(4.75)},
        {LANG_EN, "since 2025-03-03", DAYS(3.75), DAYS(4.75)},
        {LANG_EN, "since Christmas", DAYS(71.75), DAYS(72.75)},
        {LANG_EN, "since Christmas 2023", DAYS(437.75), DAYS(438.75)},
        {LANG_FR, "plus rien depuis Noël", DAYS(71.75), DAYS(72.75)},
        {LANG_EN, "since yesterday", DAYS(.75), DAYS(1.75)},
        {LANG_EN, "landed Monday", DAYS(3.75), DAYS(4.75)},
        {LANG_EN, "you lost my bag on the 3rd", DAYS(3.75), DAYS(4.75)},
        {LANG_EN, "it was due Monday", DAYS(3.75), DAYS(4.75)},
    };

    check_kind(state, QUANTITY_DURATION, cases, ARRAY_LEN(cases));
    assert_int_equal(first(state, LANG_EN, "since Monday").role, QUANTITY_ELAPSED);
    assert_true(first(state, LANG_EN, "since Monday").amount == 4);
}

static void a_date_named_before_today_is_counted_from(void **state)
{
    static const struct expected cases[] = {
        {LANG_EN, "supposed to come Monday. It's Friday", DAYS(3.75), DAYS(4.75)},
        {LANG_EN, "delivery date: 3 March. Today: 7 March", DAYS(3.75), DAYS(4.75)},
        {LANG_FR, "il passe lundi, on est début mars", DAYS(3.75), DAYS(4.75)},
        {LANG_FR, "il passe lundi, on est vendredi", DAYS(3.75), DAYS(4.75)},
    };

    check_kind(state, QUANTITY_DURATION, cases, ARRAY_LEN(cases));
    assert_int_equal(first(state, LANG_EN, "my trip is Monday. It's Wednesday I hate").kind,
                     QUANTITY_DATE); /* not the day of the post */
}

static void since_an_hour_of_the_day_is_half_an_hour_at_least(void **state)
{
    struct quantity q = first(state, LANG_EN, "on hold since 5:30");

    assert_int_equal(q.kind, QUANTITY_DURATION);
    assert_true(q.low == 1800 && q.high == 86400);
    assert_true(first(state, LANG_EN, "waiting since this afternoon").low >= 1800);
    assert_int_equal(first(state, LANG_EN, "open at 5:30").kind, QUANTITY_TIME);
}

static void a_promised_date_that_is_past_is_a_delay(void **state)
{
    struct quantity past = first(state, LANG_FR, "livraison prévue hier");
    struct quantity ahead = first(state, LANG_FR, "livraison prévue demain");

    assert_int_equal(past.kind, QUANTITY_DURATION);
    assert_int_equal(past.role, QUANTITY_DELAY);
    assert_int_equal(ahead.kind, QUANTITY_DURATION);
    assert_int_equal(ahead.role, QUANTITY_AHEAD);
}

static void a_date_to_come_is_so_far_ahead(void **state)
{
    static const struct expected cases[] = {
        {LANG_FR, "pas de technicien avant lundi", DAYS(2.25), DAYS(3.25)},
        {LANG_FR, "panne jusqu'au 12 mars", DAYS(4.25), DAYS(5.25)},
        {LANG_FR, "repoussé au 20 mars", DAYS(12.25), DAYS(13.25)},
        {LANG_EN, "no engineer until Monday", DAYS(2.25), DAYS(3.25)},
    };

    check_kind(state, QUANTITY_DURATION, cases, ARRAY_LEN(cases));
    assert_int_equal(first(state, LANG_FR, "panne jusqu'à lundi").role, QUANTITY_AHEAD);
    assert_int_equal(first(state, LANG_FR, "fermé le 12 mars").kind, QUANTITY_DATE);
}

static void what_ended_on_a_date_did_not_go_on_until_now(void **state)
{
    static const struct expected cases[] = {
        {LANG_FR, "commandé le 12 février, reçu le 20 février", DAYS(7), DAYS(9)},
        {LANG_FR, "pas de réseau du 12/02 au 27/02", DAYS(14), DAYS(16)},
        {LANG_FR, "commandé mardi, livré mercredi", DAYS(0), DAYS(2)},
    };
    struct quantity *q;
    int n;

    check_kind(state, QUANTITY_DURATION, cases, ARRAY_LEN(cases));
    assert_true(first(state, LANG_FR, "commandé le 12 février, toujours rien").low == DAYS(22.75));
    /* the date counted from is not the last quantity: what stands between is left alone */
    n = scan_at(state, LANG_FR, "2025-03-07T18:00:00Z",
                "Venez lundi 3 mars. C'est vendredi et on me rend 30 euros, reçu le 6 mars", &q);
    for (int i = 0; i < n; i++)
        if (q[i].kind == QUANTITY_MONEY)
            assert_true(q[i].low == 30 && q[i].high == 30 && q[i].unit == UNIT_CURRENCY);
    assert_true(n >= 3);
}

static void parts_of_a_month_narrow_it(void **state)
{
    static const struct expected cases[] = {
        {LANG_FR, "depuis début février", DAYS(24.75), DAYS(34.75)},
        {LANG_FR, "depuis fin janvier", DAYS(34.75), DAYS(45.75)},
        {LANG_FR, "en panne depuis le début de la semaine", DAYS(2.75), DAYS(4.75)},
        {LANG_EN, "since late January", DAYS(34.75), DAYS(45.75)},
    };

    check_kind(state, QUANTITY_DURATION, cases, ARRAY_LEN(cases));
}

static void a_wait_that_goes_on_is_told_from_one_that_is_over(void **state)
{
    assert_true(first(state, LANG_FR, "plus d'internet depuis 24 h").going);
    assert_true(first(state, LANG_FR, "24h sans internet").going);
    assert_false(first(state, LANG_FR, "réparé au bout de 24 h").going);
    assert_false(first(state, LANG_FR, "client depuis 24 mois").going);
    assert_true(first(state, LANG_EN, "24 hours and counting").going);
    assert_true(first(state, LANG_EN, "waited 2 days and still nothing").going);
    assert_true(first(state, LANG_EN, "so far I've waited two days").going);
    assert_false(first(state, LANG_EN, "fixed after 24 hours").going);
    assert_false(first(state, LANG_EN, "it came 2 days later").going);
}

static void plurals_and_ordinals_are_lengths_only_of_a_wait(void **state)
{
    static const struct expected waits[] = {
        {LANG_FR, "j'attends depuis des semaines", DAYS(14), INFINITY},
        {LANG_FR, "des mois que j'attends", DAYS(60), INFINITY},
        {LANG_EN, "been waiting for days now", DAYS(2), INFINITY},
        {LANG_FR, "3ème jour sans internet", DAYS(2), DAYS(3)},
        {LANG_EN, "third day without power", DAYS(2), DAYS(3)},
        {LANG_FR, "merci.n4 jours sans internet", DAYS(4), DAYS(4)},
        {LANG_EN, "day 3 of no luggage", DAYS(2), DAYS(3)},
        {LANG_EN, "now on day five and nothing", DAYS(4), DAYS(5)},
    };
    static const char *const others[] = {
        "music of the 80 s",         "a woman in her 30 s",  "in the late 20 s",
        "lost 100 s of bags",        "my iPhone 5 s",        "for months",
        "on the second week of May", "the days of the week", "office hours",
        "see day 3 below",           "pendant des mois",     "le 3ème jour du mois",
        "des jours et des nuits",    "le n1 mondial",
    };
    struct quantity *q;

    check_kind(state, QUANTITY_DURATION, waits, ARRAY_LEN(waits));
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        int n = scan_at(state, i < 10 ? LANG_EN : LANG_FR, "2025-03-07T18:00:00Z", others[i], &q);

        for (int k = 0; k < n; k++)
            if (q[k].kind == QUANTITY_DURATION)
                fail_msg("\"%s\" holds a duration", others[i]);
    }
}

static void without_the_time_of_the_post_dates_stay_dates(void **state)
{
    struct quantity q = only(state, LANG_EN, "since Monday");

    assert_int_equal(q.kind, QUANTITY_DATE);
    assert_true(isinf(q.low) && isinf(q.high));
    assert_true(only(state, LANG_EN, "since March 3, 2025").low == 1740960000);
}

static void hours_of_the_day_are_not_hours_of_waiting(void **state)
{
    assert_int_equal(first(state, LANG_FR, "en panne depuis 16h").kind, QUANTITY_TIME);
    assert_int_equal(first(state, LANG_FR, "en panne depuis 48h").kind, QUANTITY_DURATION);
    assert_int_equal(first(state, LANG_FR, "en panne depuis 2h").kind, QUANTITY_DURATION);
    assert_int_equal(first(state, LANG_FR, "rdv entre 8h et 12h").kind, QUANTITY_TIME);
    assert_int_equal(first(state, LANG_FR, "à 16h").role, QUANTITY_CLOCK);
    assert_int_equal(first(state, LANG_FR, "2 à 3h d'attente").kind, QUANTITY_DURATION);
}

static void is_time(void **state, enum lang lang, const char *text, double low)
{
    struct quantity q = only(state, lang, text);

    if (q.kind != QUANTITY_TIME || q.low != low)
        fail_msg("\"%s\" is a %s of %g", text, quantity_kind_name(q.kind), q.low);
}

static void reads_times_as_they_are_spoken(void **state)
{
    is_time(state, LANG_EN, "the bus came at half past six", 6.5 * 3600);
    is_time(state, LANG_EN, "due quarter to eight", 7.75 * 3600);
    is_time(state, LANG_EN, "a quarter past noon", 12.25 * 3600);
    is_time(state, LANG_EN, "twenty past 3 pm", 15 * 3600 + 1200);
    is_time(state, LANG_EN, "at ten to midnight", 23 * 3600 + 3000);
    is_time(state, LANG_EN, "at ten past midnight", 600);
    is_time(state, LANG_FR, "rdv à 8h moins le quart", 7.75 * 3600);
    is_time(state, LANG_FR, "à 8h moins 10", 7 * 3600 + 3000);
    is_time(state, LANG_FR, "midi et demi", 12.5 * 3600);
    is_time(state, LANG_FR, "vers 10h et demie", 10.5 * 3600);
    is_time(state, LANG_FR, "à 18h et personne", 18 * 3600);
    is_seconds(state, LANG_EN, "quarter to eight hours", 900, 8 * 3600);
    assert_int_equal(first(state, LANG_EN, "ten to five people").kind, QUANTITY_NUMBER);
    assert_int_equal(first(state, LANG_EN, "half the team").kind, QUANTITY_NUMBER);
    is_seconds(state, LANG_FR, "j'ai eu 8h moins les pauses", 8 * 3600, 8 * 3600);
}

static void subtracts_clock_times(void **state)
{
    struct quantity *q;

    assert_int_equal(scan_at(state, LANG_EN, NULL, "called at 1. It's 430", &q), 2);
    assert_int_equal(q[1].kind, QUANTITY_DURATION);
    assert_true(q[1].low == 3.5 * 3600);
    assert_int_equal(scan_at(state, LANG_EN, NULL, "ordered at 7.15pm, it's 8.30 p.m. now", &q), 2);
    assert_true(q[1].kind == QUANTITY_DURATION && q[1].low == 1.25 * 3600);
    assert_int_equal(first(state, LANG_EN, "it's 8.30 each").kind, QUANTITY_NUMBER);
    assert_int_equal(scan_at(state, LANG_EN, NULL, "rang at noon, it is now ten to one", &q), 2);
    assert_true(q[1].kind == QUANTITY_DURATION && q[1].low == 50 * 60);
    assert_int_equal(scan_at(state, LANG_FR, NULL, "prévu à 14h, il est 16h30", &q), 2);
    assert_true(q[1].low == 2.5 * 3600);
    assert_int_equal(scan_at(state, LANG_EN, NULL, "pushed from 10:15 to 12:30", &q), 2);
    assert_true(q[1].kind == QUANTITY_DURATION && q[1].low == 2.25 * 3600);
    assert_int_equal(scan_at(state, LANG_EN, NULL, "closes at 9, it's 8:50", &q), 2);
    assert_int_equal(q[1].kind, QUANTITY_TIME);
    assert_int_equal(scan_at(state, LANG_FR, NULL, "rdv à 9h, reçue à 10h45", &q), 2);
    assert_true(q[1].kind == QUANTITY_DURATION && q[1].low == 1.75 * 3600);
    assert_int_equal(scan_at(state, LANG_FR, NULL, "réservé pour 17h, servi à 18h10", &q), 2);
    assert_true(q[1].kind == QUANTITY_DURATION && q[1].low == 70 * 60);
    assert_int_equal(scan_at(state, LANG_FR, NULL, "coupé pour 17h, merci", &q), 1);
    assert_int_equal(q[0].kind, QUANTITY_DURATION);
    assert_int_equal(scan_at(state, LANG_FR, NULL, "parti pour 17h, on a 3h de retard", &q), 2);
    assert_int_equal(q[0].kind, QUANTITY_DURATION);
    assert_int_equal(
        scan_at(state, LANG_EN, NULL, "due at 1:40pm & now we won't leave until 5", &q), 2);
    assert_true(q[1].kind == QUANTITY_DURATION && q[1].low == 200 * 60);
    assert_int_equal(scan_at(state, LANG_EN, NULL, "at 1:40pm, then 2 to 5 days", &q), 2);
    assert_true(q[1].low == DAYS(2));
    assert_int_equal(scan_at(state, LANG_EN, NULL, "arrived at 9:40 instead of 8:10", &q), 2);
    assert_true(q[1].role == QUANTITY_DELAY && q[1].low == 1.5 * 3600);
    assert_int_equal(scan_at(state, LANG_FR, NULL, "arrivé à 14h au lieu de 15h30", &q), 2);
    assert_int_equal(q[1].kind, QUANTITY_TIME); /* early */
}

static void words_around_say_what_is_measured(void **state)
{
    static const struct {
        enum lang lang;
        const char *text;
        enum quantity_role role;
    } cases[] = {
        {LANG_EN, "been waiting 6 days", QUANTITY_ELAPSED},
        {LANG_EN, "3 days ago", QUANTITY_ELAPSED},
        {LANG_EN, "30 minutes and counting", QUANTITY_ELAPSED},
        {LANG_EN, "30 min & counting", QUANTITY_ELAPSED},
        {LANG_EN, "2 hrs & nothing", QUANTITY_ELAPSED},
        {LANG_FR, "2h & toujours rien", QUANTITY_ELAPSED},
        {LANG_EN, "no response in 3 days", QUANTITY_ELAPSED},
        {LANG_EN, "a 45 minute delay", QUANTITY_DELAY},
        {LANG_EN, "delayed by 2 h", QUANTITY_DELAY},
        {LANG_EN, "my bag came day late", QUANTITY_DELAY},
        {LANG_EN, "hour+ delay again", QUANTITY_DELAY},
        {LANG_EN, "holding for4 hrs", QUANTITY_ELAPSED},
        {LANG_EN, "my flight in 3 hrs", QUANTITY_AHEAD},
        {LANG_EN, "we answer your call within 2 minutes", QUANTITY_AHEAD},
        {LANG_EN, "every email is answered within 2 days", QUANTITY_AHEAD},
        {LANG_EN, "third call within 2 days", QUANTITY_FREQUENCY},
        {LANG_EN, "my calls within 2 days", QUANTITY_FREQUENCY},
        {LANG_EN, "he is 8 months old", QUANTITY_AGE},
        {LANG_EN, "I'm 5 months pregnant", QUANTITY_AGE},
        {LANG_EN, "customer for 10 years", QUANTITY_SENIORITY},
        {LANG_EN, "a 12-month contract", QUANTITY_PERIOD},
        {LANG_EN, "every 10 minutes", QUANTITY_FREQUENCY},
        {LANG_EN, "on a 6 hour flight", QUANTITY_LENGTH},
        {LANG_FR, "6 jours que j'attends", QUANTITY_ELAPSED},
        {LANG_FR, "il y a 3 jours", QUANTITY_ELAPSED},
        {LANG_FR, "2h de retard", QUANTITY_DELAY},
        {LANG_FR, "dans 3 jours", QUANTITY_AHEAD},
        {LANG_FR, "ma fille de 3 ans", QUANTITY_AGE},
        {LANG_FR, "client depuis 20 ans", QUANTITY_SENIORITY},
        {LANG_FR, "20 ans de fidélité", QUANTITY_SENIORITY},
        {LANG_FR, "un essai de 30 jours", QUANTITY_PERIOD},
        {LANG_FR, "toutes les 5 min", QUANTITY_FREQUENCY},
        {LANG_FR, "un film de 2h", QUANTITY_LENGTH},
        {LANG_ES, "llevo 3 semanas esperando", QUANTITY_ELAPSED},
        {LANG_ES, "2 horas de retraso", QUANTITY_DELAY},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct quantity q = first(state, cases[i].lang, cases[i].text);

        if (q.kind != QUANTITY_DURATION || q.role != cases[i].role)
            fail_msg("\"%s\" is a %s, %s", cases[i].text, quantity_kind_name(q.kind),
                     quantity_role_name(q.role));
    }
}

static void names_and_slang_hold_no_quantity(void **state)
{
    static const char *const texts[] = {
        "thanks 4ever, see you 2day b4 noonish",
        "open 24/7",
        "flight A320, seat 24F, COVID-19",
        "call 555-123-4567",
        "version 10.2.1",
        "see https://example.org/30-days?x=20% #48hours @2hours",
        "this is the one",
        "for the 2nd time",
        "",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct quantity *q;
        int n = scan_at(state, LANG_EN, NULL, texts[i], &q);

        for (int k = 0; k < n; k++)
            if (q[k].kind != QUANTITY_NUMBER || q[k].low != 4)
                fail_msg("a %s in \"%s\"", quantity_kind_name(q[k].kind), texts[i]);
    }
}

static void finds_the_language_of_a_text_by_its_words(void **state)
{
    struct quantity q = only(state, LANG_UNKNOWN, "ça fait plus de six jours que je vous attends");

    assert_true(q.low == DAYS(6) && q.bound == QUANTITY_MORE_THAN);
    assert_true(only(state, LANG_UNKNOWN, "I have been here for an hour").low == 3600);
}

static void spans_hold_the_modifier_and_the_unit(void **state)
{
    struct str text = STR("reçu après plus de 6 jours, merci");
    struct quantity q = only(state, LANG_FR, text.p);

    assert_str_equal(str_slice(text, q.start, q.end), STR("plus de 6 jours"));
}

static void long_texts_are_read_to_their_end(void **state)
{
    struct sbuf text = SBUF_INIT(1 << 20);
    struct quantity *q;
    int n;

    for (int i = 0; i < 100; i++)
        sbuf_printf(&text, "we waited in that long queue for %d minutes and nobody came. ", i + 2);
    n = scan_at(state, LANG_EN, NULL, sbuf_cstr(&text), &q);
    assert_int_equal(n, 100);
    for (int i = 0; i < n; i++)
        assert_true(q[i].low == (i + 2) * 60.0 && q[i].role == QUANTITY_ELAPSED);
    for (int i = 0; i < 400; i++)
        sbuf_printf(&text, "%d days. ", i + 2);
    assert_int_equal(scan_at(state, LANG_EN, NULL, sbuf_cstr(&text), &q), QUANTITY_MAX);
    sbuf_done(&text);
}

static void an_arena_at_its_limit_is_an_error(void **state)
{
    struct arena *small = arena_new(64);
    struct quantity_reader_options options = {.at_s = CLOCK_NONE, .lang = LANG_EN};
    struct quantity *q = NULL;

    (void)state;
    assert_true(quantity_scan(STR("48 hours"), &options, small, &q) < 0);
    assert_null(q);
    arena_free(small);
}

static void writes_durations_as_people_say_them(void **state)
{
    static const struct {
        double seconds;
        enum lang lang;
        const char *text;
    } cases[] = {
        {DAYS(6), LANG_FR, "6 jours"},    {9000, LANG_FR, "2 h 30"},
        {2700, LANG_EN, "45 min"},        {DAYS(2), LANG_EN, "48 h"},
        {DAYS(14), LANG_ES, "2 semanas"}, {DAYS(1), LANG_EN, "24 h"},
        {DAYS(365), LANG_EN, "1 year"},   {30, LANG_FR, "30 s"},
        {3660, LANG_EN, "1 h 01"},        {DAYS(4) + 3600 * 6, LANG_EN, "4 days 6 h"},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        quantity_write_duration(cases[i].seconds, cases[i].lang, text, sizeof(text));
        assert_string_equal(text, cases[i].text);
    }
    quantity_write_duration(INFINITY, LANG_EN, text, 4);
    assert_int_equal(strlen(text), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_digits_and_words_in_english, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_digits_and_words_in_french, setup, teardown),
        cmocka_unit_test_setup_teardown(a_modifier_opens_one_side, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_money_with_its_currency, setup, teardown),
        cmocka_unit_test_setup_teardown(separators_depend_on_the_language, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_numbers_in_words, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_percentages_temperatures_and_distances, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(says_several_with_its_least, setup, teardown),
        cmocka_unit_test_setup_teardown(a_date_since_which_something_lasts_is_an_elapsed_time,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_promised_date_that_is_past_is_a_delay, setup, teardown),
        cmocka_unit_test_setup_teardown(a_date_to_come_is_so_far_ahead, setup, teardown),
        cmocka_unit_test_setup_teardown(what_ended_on_a_date_did_not_go_on_until_now, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(parts_of_a_month_narrow_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wait_that_goes_on_is_told_from_one_that_is_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(plurals_and_ordinals_are_lengths_only_of_a_wait, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_the_time_of_the_post_dates_stay_dates, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_date_named_before_today_is_counted_from, setup, teardown),
        cmocka_unit_test_setup_teardown(since_an_hour_of_the_day_is_half_an_hour_at_least, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(hours_of_the_day_are_not_hours_of_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_times_as_they_are_spoken, setup, teardown),
        cmocka_unit_test_setup_teardown(subtracts_clock_times, setup, teardown),
        cmocka_unit_test_setup_teardown(words_around_say_what_is_measured, setup, teardown),
        cmocka_unit_test_setup_teardown(names_and_slang_hold_no_quantity, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_the_language_of_a_text_by_its_words, setup, teardown),
        cmocka_unit_test_setup_teardown(spans_hold_the_modifier_and_the_unit, setup, teardown),
        cmocka_unit_test_setup_teardown(long_texts_are_read_to_their_end, setup, teardown),
        cmocka_unit_test(parses_a_limit_whole_or_not_at_all),
        cmocka_unit_test(an_arena_at_its_limit_is_an_error),
        cmocka_unit_test(writes_durations_as_people_say_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
