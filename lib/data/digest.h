#pragma once

/* digest - SHA-256, keyed digests and the ids made of them.
 *
 * What is stored or leaves the process is named by these; hash tables use
 * lib/base/hash. OpenSSL's libcrypto stands behind this one file (FIPS 180-4,
 * RFC 2104). It cannot fail on sizes that memory can hold; where libcrypto
 * refuses all the same, the process aborts. */

#include "lib/base/str.h"

enum {
    DIGEST_BYTES = 32,
    DIGEST_HEX_SIZE = DIGEST_BYTES * 2 + 1, /* with the NUL, as all sizes here */
    DIGEST_SHORT_SIZE = 17,
    DIGEST_ULID_SIZE = 27,
    DIGEST_ULID_RANDOM = 10,
};

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

struct digest digest_sha256(struct str data);

struct str digest_sha256_hex(struct str data, char ret[DIGEST_HEX_SIZE]);

/* Of several parts, each with its length before it (8 bytes, big-endian), so
 * that ("ab", "c") and ("a", "bc") differ. */
struct digest digest_parts(const struct str *parts, size_t n);

/* HMAC-SHA256. An empty key is allowed and protects nothing. */
struct digest digest_hmac(struct str key, struct str data);

/* HMAC with the hash that a protocol lets its peer choose, in lower-case hexadecimal. */
enum digest_hash { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };
enum { DIGEST_HMAC_HEX_SIZE = 129 };
struct str digest_hmac_hex(enum digest_hash hash, struct str key, struct str data,
                           char ret[DIGEST_HMAC_HEX_SIZE]);

/* The first eight bytes, big-endian: the fingerprint. */
uint64_t digest_u64(const struct digest *d);

/* Lower-case hexadecimal of all bytes, and of the first eight. */
struct str digest_hex(const struct digest *d, char ret[DIGEST_HEX_SIZE]);
struct str digest_short(const struct digest *d, char ret[DIGEST_SHORT_SIZE]);

/* The ULID of a time and 80 bits that the caller has from chance or a digest:
 * 26 letters of Crockford's base 32, which sort as the times do
 * (github.com/ulid/spec). Times before 1970 or past 2^48 ms are clamped. */
struct str digest_ulid(int64_t at_ms, const unsigned char random[DIGEST_ULID_RANDOM],
                       char ret[DIGEST_ULID_SIZE]);
