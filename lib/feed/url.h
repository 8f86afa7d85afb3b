#pragma once

/* url - references made absolute (RFC 3986, section 5), without a library.
 *
 * Lenient as browsers are: white space around is trimmed, line ends and tabs
 * inside vanish, inner spaces become %20. Nothing else is normalised, since a
 * server may tell any two spellings apart. */

#include "lib/base/str.h"

struct arena;

enum { URL_CLEAN_MAX = 2048 }; /* bytes */

/* `ref` against `base`; a copy of `ref` when it is absolute or `base` is no
 * absolute URL, or longer than URL_CLEAN_MAX: it would be copied for each reference. Empty stays
 * empty. In `arena`; p is NULL at its limit. */
struct str url_resolve(struct str base, struct str ref, struct arena *arena);

/* Does it begin with a scheme and a colon? */
bool url_absolute(struct str url);
/* Is it a program rather than a place: javascript, vbscript, data? */
bool url_runs(struct str url);
/* http or https, with a host. */
bool url_web(struct str url);
/* Path, query and fragment: what survives a move to another scheme or host. */
struct str url_without_host(struct str url);
/* The same, short, with a host, and without white space and control signs: fit to be asked
 * for and named to others. */
bool url_clean(struct str url);
/* Is the host of `url` one of `sites` ("acme.example, acme.fr"), or below one? */
bool url_on(struct str url, struct str sites);
/* The host in it, without user, port and brackets; empty: there is none. */
struct str url_host(struct str url);
/* Appends `value` as a part of a query or a form: all but letters, digits and -._~ as %XX. */
void url_add_percent(struct str value, struct sbuf *out);
