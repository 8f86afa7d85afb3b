#include "lib/data/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

struct digest digest_sha256(struct str data)
{
    struct digest d;

    if (!EVP_Digest(data.p ? data.p : "", data.n, d.bytes, NULL, EVP_sha256(), NULL))
        abort();
    return d;
}

static void add_part(EVP_MD_CTX *ctx, struct str part)
{
    unsigned char length[8];

    for (unsigned i = 0; i < sizeof(length); i++)
        length[i] = (unsigned char)((uint64_t)part.n >> (56 - 8 * i));
    if (!EVP_DigestUpdate(ctx, length, sizeof(length)) || !EVP_DigestUpdate(ctx, part.p, part.n))
        abort();
}

struct digest digest_parts(const struct str *parts, size_t n)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct digest d;

    if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
        abort();
    for (size_t i = 0; i < n; i++)
        add_part(ctx, parts[i]);
    if (!EVP_DigestFinal_ex(ctx, d.bytes, NULL))
        abort();
    EVP_MD_CTX_free(ctx);
    return d;
}

static size_t hmac(const EVP_MD *hash, struct str key, struct str data, unsigned char *ret)
{
    unsigned n = 0;

    /* A NULL key would mean "the key of last time". */
    if (!HMAC(hash, key.p ? key.p : "", (int)key.n, (const unsigned char *)data.p, data.n, ret, &n))
        abort();
    return n;
}

struct digest digest_hmac(struct str key, struct str data)
{
    struct digest d;

    (void)hmac(EVP_sha256(), key, data, d.bytes); /* DIGEST_BYTES */
    return d;
}

uint64_t digest_u64(const struct digest *d)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < sizeof(value); i++)
        value = value << 8 | d->bytes[i];
    return value;
}

static struct str write_hex(const unsigned char *bytes, size_t n, char *ret)
{
    static const char letters[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = letters[bytes[i] >> 4];
        ret[2 * i + 1] = letters[bytes[i] & 15];
    }
    ret[2 * n] = '\0';
    return (struct str){ret, 2 * n};
}

struct str digest_hmac_hex(enum digest_hash hash, struct str key, struct str data,
                           char ret[DIGEST_HMAC_HEX_SIZE])
{
    const EVP_MD *const hashes[] = {
        [DIGEST_SHA1] = EVP_sha1(),
        [DIGEST_SHA256] = EVP_sha256(),
        [DIGEST_SHA384] = EVP_sha384(),
        [DIGEST_SHA512] = EVP_sha512(),
    };
    unsigned char bytes[EVP_MAX_MD_SIZE];
    size_t n = hmac(hashes[hash], key, data, bytes);

    return write_hex(bytes, n, ret);
}

struct str digest_hex(const struct digest *d, char ret[DIGEST_HEX_SIZE])
{
    return write_hex(d->bytes, DIGEST_BYTES, ret);
}

struct str digest_sha256_hex(struct str data, char ret[DIGEST_HEX_SIZE])
{
    struct digest d = digest_sha256(data);

    return digest_hex(&d, ret);
}

struct str digest_short(const struct digest *d, char ret[DIGEST_SHORT_SIZE])
{
    return write_hex(d->bytes, 8, ret);
}

struct str digest_ulid(int64_t at_ms, const unsigned char random[DIGEST_ULID_RANDOM],
                       char ret[DIGEST_ULID_SIZE])
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const int64_t last = ((int64_t)1 << 48) - 1;
    uint64_t at = (uint64_t)(at_ms < 0 ? 0 : MIN(at_ms, last));
    __uint128_t bits = at;

    for (unsigned i = 0; i < DIGEST_ULID_RANDOM; i++)
        bits = bits << 8 | random[i];
    for (unsigned i = DIGEST_ULID_SIZE - 1; i-- > 0; bits >>= 5)
        ret[i] = letters[(unsigned)(bits & 31)];
    ret[DIGEST_ULID_SIZE - 1] = '\0';
    return (struct str){ret, DIGEST_ULID_SIZE - 1};
}
