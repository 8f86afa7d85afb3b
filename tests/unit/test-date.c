#include "lib/feed/date.h"

#include "tests/unit/unit.h"

struct form {
    const char *text, *want; /* want NULL: no date */
};

static void check(const struct form *forms, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct date date;
        char got[CLOCK_TEXT_MAX] = "";
        bool read = date_parse(str_of(forms[i].text), &date);

        if (read)
            (void)clock_write_ms(date.at_ms, got);
        if (read != (forms[i].want != NULL))
            fail_msg("\"%s\": %s", forms[i].text, read ? got : "not read");
        if (read && strcmp(got, forms[i].want) != 0)
            fail_msg("\"%s\": got %s, want %s", forms[i].text, got, forms[i].want);
    }
}

static void reads_rfc_822_with_zones_and_short_years(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21.000Z"},
        {"Thu, 01 Jan 04 19:48:21 GMT", "2004-01-01T19:48:21.000Z"},
        {"Thursday, 01 January 2004 19:48:21 EST", "2004-01-02T00:48:21.000Z"},
        {"01 Jan 2004 19:48 EDT", "2004-01-01T23:48:00.000Z"},
        {"Thu,1 Jan 2004 19:48:21 +0100", "2004-01-01T18:48:21.000Z"},
        {"Thu, 01 Jan 2004 19:48:21 -05:30", "2004-01-02T01:18:21.000Z"},
        {"Thu, 01 Jan 2004 19:48:21 GMT-0500 (EST)", "2004-01-02T00:48:21.000Z"},
        {"Thu, 01 Jan 2004 19:48:21 GMT+02:00", "2004-01-01T17:48:21.000Z"},
        {"Thu, Jan 1 2004 19:48:21 GMT", "2004-01-01T19:48:21.000Z"},
        {"Thu, 01-Jan-2004 19:48:21 GMT", "2004-01-01T19:48:21.000Z"},
        {"Thursday, 01-Jan-04 19:48:21 GMT", "2004-01-01T19:48:21.000Z"},
        {"  Thu ,  01   Jan 2004   19:48:21   +0000 ", "2004-01-01T19:48:21.000Z"},
        {"Thu, 01 Jan 2004", "2004-01-01T00:00:00.000Z"},
        {"1 Jan 99 00:00 PST", "1999-01-01T08:00:00.000Z"},
        {"Thu Jan  1 19:48:21 2004", "2004-01-01T19:48:21.000Z"},
        {"Thu Jan 1 19:48:21 EST 2004", "2004-01-02T00:48:21.000Z"},
        {"Thu Jan 1 19:48:21 +0100 2004", "2004-01-01T18:48:21.000Z"},
        {"Thu, 01 Jan 2004 07:48:21 PM GMT", "2004-01-01T19:48:21.000Z"},
        {"Thu, 01 Jan 2004 24:00:00 GMT", "2004-01-02T00:00:00.000Z"},
        {"Sat, 31 Dec 2016 23:59:60 GMT", "2016-12-31T23:59:59.000Z"},
        {"Thu, 31 Jun 2004 19:48:21 GMT", NULL},
        {"Thu, 01 Jan 2004 25:00:00 GMT", NULL},
        {"January 1st, 2004 at 7:48 p.m. EST", "2004-01-02T00:48:00.000Z"},
        {"Jan 5, 2004", "2004-01-05T00:00:00.000Z"},
        {"January 2004", "2004-01-01T00:00:00.000Z"},
        {"Sun, 3 Sept 2006 10:00:00 CEST", "2006-09-03T08:00:00.000Z"},
    };

    check(forms, ARRAY_LEN(forms));
}

static void reads_iso_8601_in_its_many_shapes(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"2003-12-31T10:14:55Z", "2003-12-31T10:14:55.000Z"},
        {"2003-12-31T10:14:55.123456+02:00", "2003-12-31T08:14:55.123Z"},
        {"2003-12-31t10:14z", "2003-12-31T10:14:00.000Z"},
        {"2003-12-31T10:14.5Z", "2003-12-31T10:14:30.000Z"},
        {"2003-12-31T10.5Z", "2003-12-31T10:30:00.000Z"},
        {"03-335", "2003-12-01T00:00:00.000Z"},
        {"2003-12-31+01:00", "2003-12-30T23:00:00.000Z"},
        {"2003-12-31 10:14:55 +0200", "2003-12-31T08:14:55.000Z"},
        {"2003-12-31T10:14:55 EST", "2003-12-31T15:14:55.000Z"},
        {"2003-12-31T10:14:55+00:00[Europe/London]", "2003-12-31T10:14:55.000Z"},
        {"2003-12-31T24:00:00Z", "2004-01-01T00:00:00.000Z"},
        {"2003-12-31T10-05:00", "2003-12-31T15:00:00.000Z"},
        {"2003-6-3T8:5:1Z", "2003-06-03T08:05:01.000Z"},
        {"20031231T101455Z", "2003-12-31T10:14:55.000Z"},
        {"20031231", "2003-12-31T00:00:00.000Z"},
        {"20031231101455", "2003-12-31T10:14:55.000Z"},
        {"2003-12", "2003-12-01T00:00:00.000Z"},
        {"2003", "2003-01-01T00:00:00.000Z"},
        {"2003-335", "2003-12-01T00:00:00.000Z"},
        {"2003335", "2003-12-01T00:00:00.000Z"},
        {"03335", "2003-12-01T00:00:00.000Z"},
        {"031231", "2003-12-31T00:00:00.000Z"},
        {"03-12-31", "2003-12-31T00:00:00.000Z"},
        {"-0312", "2003-12-01T00:00:00.000Z"},
        {"-03-12", "2003-12-01T00:00:00.000Z"},
        {"-03", "2003-01-01T00:00:00.000Z"},
        {"2004-W01-1", "2003-12-29T00:00:00.000Z"},
        {"2004W534T10:00Z", "2004-12-30T10:00:00.000Z"},
        {"2003-31-12", "2003-12-31T00:00:00.000Z"},
        {"2003-02-30", NULL},
        {"2003-13-32", NULL},
        {"1072915200", "2004-01-01T00:00:00.000Z"},
        {"1072915200123", "2004-01-01T00:00:00.123Z"},
    };

    check(forms, ARRAY_LEN(forms));
}

static void reads_numeric_dates_by_separator_unless_only_one_order_fits(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"2004/03/05 10:00:00", "2004-03-05T10:00:00.000Z"},
        {"03/05/2004", "2004-03-05T00:00:00.000Z"},
        {"25/05/2004", "2004-05-25T00:00:00.000Z"},
        {"5/25/2004 3:04:05 PM", "2004-05-25T15:04:05.000Z"},
        {"05.03.2004 10:00", "2004-03-05T10:00:00.000Z"},
        {"05-03-2004 10:00", "2004-03-05T10:00:00.000Z"},
        {"5.3.04", "2004-03-05T00:00:00.000Z"},
    };

    check(forms, ARRAY_LEN(forms));
}

static void reads_other_languages(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"2006/01/02(月) 15:04", "2006-01-02T15:04:00.000Z"},
        {"2012/8/4 下午 02:00:00", "2012-08-04T14:00:00.000Z"},
        {"mardi 1 mars 2005 à 8h", "2005-03-01T08:00:00.000Z"},
        {"3. März 2004, 10 Uhr", "2004-03-03T10:00:00.000Z"},
        {"tor 1 jan 2004 kl. 19.48.21", "2004-01-01T19:48:21.000Z"},
        {"1 agosto 2004 ore 10:30", "2004-08-01T10:30:00.000Z"},
        {"1 července 2004", "2004-07-01T00:00:00.000Z"},
        {"1 června 2004", "2004-06-01T00:00:00.000Z"},
        {"Per, 01 Oca 2004 10:00:00 +0200", "2004-01-01T08:00:00.000Z"},
        {"середа, 3 березня 2004", "2004-03-03T00:00:00.000Z"},
        {"1 marraskuuta 2004", "2004-11-01T00:00:00.000Z"},
        {"jeu. 1 janv. 2004 19:48:21 +0100", "2004-01-01T18:48:21.000Z"},
        {"mar. 12 juil. 2005 à 14h30", "2005-07-12T14:30:00.000Z"},
        {"20 h 15 le 3 mai 2012", "2012-05-03T20:15:00.000Z"},
        {"mardi 1er août 2006", "2006-08-01T00:00:00.000Z"},
        {"mer, 03 déc 2003 10:00:00 GMT", "2003-12-03T10:00:00.000Z"},
        {"Mi, 15 Dez 2004 10:00:00 MEZ", "2004-12-15T09:00:00.000Z"},
        {"5 de mayo de 2004", "2004-05-05T00:00:00.000Z"},
        {"2004-július-13T9:15-05:00", "2004-07-13T14:15:00.000Z"},
        {"2004. július 13. 9:15", "2004-07-13T09:15:00.000Z"},
        {"Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00.000Z"},
        {"2004년 05월 28일  오후 11:31:25", "2004-05-28T23:31:25.000Z"},
        {"2004-05-28 오전 12:31:25", "2004-05-28T00:31:25.000Z"},
        {"2004年5月28日 11時31分", "2004-05-28T11:31:00.000Z"},
        {"12 июля 2005 10:00", "2005-07-12T10:00:00.000Z"},
        {"2004-07-08 23:56:58.0", "2004-07-08T23:56:58.000Z"},
    };

    check(forms, ARRAY_LEN(forms));
}

static void says_when_no_zone_was_given(void **state)
{
    (void)state;
    struct date date;

    assert_true(date_parse(STR("2003-12-31T10:14:55"), &date));
    assert_true(date.no_zone);
    assert_true(date_parse(STR("Thu, 01 Jan 2004 19:48:21 GMT"), &date));
    assert_false(date.no_zone);
}

static void refuses_what_is_no_date(void **state)
{
    (void)state;
    static const struct form forms[] = {
        {"", NULL},
        {"yesterday", NULL},
        {"12", NULL},
        {"we sold 3 items in 2004 for 12 euros to 7 people", NULL},
        {"T", NULL},
        {"::", NULL},
        {"+0100", NULL},
        {"1/2", NULL},
        {"0000-00-00", NULL},
        {"-0001-11-30T00:00:00+00:00", NULL},
        {"Wed, 30 Nov -0001 00:00:00 +0000", NULL},
        {"0000-00-00 00:00:00", NULL},
        {"Mon, 00 Jan 0001 00:00:00 GMT", NULL},
    };

    check(forms, ARRAY_LEN(forms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rfc_822_with_zones_and_short_years),
        cmocka_unit_test(reads_iso_8601_in_its_many_shapes),
        cmocka_unit_test(reads_numeric_dates_by_separator_unless_only_one_order_fits),
        cmocka_unit_test(reads_other_languages),
        cmocka_unit_test(says_when_no_zone_was_given),
        cmocka_unit_test(refuses_what_is_no_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
