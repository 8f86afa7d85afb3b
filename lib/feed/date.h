#pragma once

/* date - the dates that feeds carry, in all their forms.
 *
 * RFC 822 and 5322 with zone names, two-digit years and full day names; W3CDTF
 * and ISO 8601 with ordinal and week dates, basic and reduced forms; ctime;
 * numeric dates with slashes, dots and dashes; SQL; month names of a dozen
 * languages; Korean, Japanese and Chinese unit marks; epoch seconds. Source: the
 * standards named, RSS 2.0, and the list of formats in the documentation of the
 * Universal Feed Parser.
 *
 * Where a purely numeric date fits two readings, slashes are read as in the
 * United States (month first), dots and dashes as in Europe (day first); one
 * that fits only one reading gets it. */

#include "lib/base/clock.h"

struct date {
    int64_t at_ms;
    bool no_zone; /* none was given: read as UTC */
};

enum { DATE_TEXT_MAX = 128 };

/* False, and *ret untouched, when `text` is no date between the years 1 and 9999. */
bool date_parse(struct str text, struct date *ret) MUST_CHECK;
