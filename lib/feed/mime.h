#pragma once

/* mime - a mail to what its writer wrote.
 *
 * RFC 5322 headers, RFC 2047 words (also cut within a letter), RFC 2045 bodies (quoted-
 * printable, base64), RFC 2046 multiparts: the first text/plain that is no attachment,
 * else the first text/html as text. Charsets are lib/text/charset's. Then what others
 * wrote goes: quoted lines with the line that announces them, forwarded originals,
 * signatures. Bad encodings are read as far as they make sense; nothing is refused.
 *
 * Bounds: MIME_DEPTH levels of parts, MIME_PARTS parts, and the arena's limit. */

#include "lib/base/clock.h"
#include "lib/base/str.h"

struct arena;

enum { MIME_DEPTH = 8, MIME_PARTS = 100 };

struct mime_mail {
    struct str id;          /* Message-ID without < >; empty: none */
    struct str in_reply_to; /* idem */
    struct str subject, from;
    struct str text;
    int64_t date_ms; /* CLOCK_NONE: none that can be read */
};

/* Slices point into `raw` or `arena`; empty where the arena was too small. */
struct mime_mail mime_read(struct str raw, struct arena *arena);

/* "=?utf-8?q?=C3=A9t=C3=A9?=" and unencoded text, as UTF-8 on one line. */
struct str mime_header_text(struct str value, struct arena *arena);

/* Without quoted replies and signature; the whole when nothing would be left. */
struct str mime_own_words(struct str text, struct arena *arena);
