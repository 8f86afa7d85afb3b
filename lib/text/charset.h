#pragma once

/* charset - bytes of a fetched document to UTF-8.
 *
 * In order: the shape of the first bytes (UTF-16, UTF-32), the charset of the
 * Content-Type, a byte order mark, EBCDIC's shape, the XML prolog (or an HTML meta
 * element), UTF-8 if the bytes are valid, windows-1252. A declaration that the bytes
 * contradict is passed over: a single-byte charset when the bytes are UTF-8 with
 * letters beyond ASCII, any charset that cannot decode them. When nothing fits
 * all bytes, the likeliest decodes and the misfits are repaired one by one: in
 * UTF-8 a stray byte is read as windows-1252, elsewhere it becomes U+FFFD. C1 controls
 * are read as windows-1252 too. So is another script that is called UTF-8 by mistake
 * (windows-1251, GBK): to guess it, as browsers once did, needs models of languages that no
 * rule speaks, and would now and then take a French page for a Chinese one.
 * ISO 8859-1 and US-ASCII mean windows-1252, as in the WHATWG Encoding standard;
 * other names are iconv's (glibc). */

#include "lib/base/str.h"

struct arena;

/* The text, NUL bytes taken out: `body` itself when it is clean UTF-8 already,
 * else a copy in `arena`. *ret_name, if not NULL, is the charset used. p is NULL
 * at the arena's limit. */
struct str charset_to_utf8(struct str body, struct str content_type, struct arena *arena,
                           struct str *ret_name);

/* Was `text` UTF-8 that somebody took for windows-1252 and encoded again ("dÃ©jÃ  vu")?
 * Then what it was meant to be is appended to `out`. False, with something of no use
 * appended, unless every character beyond ASCII is part of such a sequence. */
bool charset_unscramble(struct str text, struct sbuf *out) MUST_CHECK;
