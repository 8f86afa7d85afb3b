#include "daemon/source/signature.h"

#include "lib/data/digest.h"

bool signature_same(struct str a, struct str b)
{
    unsigned char differs = a.n != b.n;

    for (size_t i = 0; i < a.n && i < b.n; i++)
        differs |= (unsigned char)(a.p[i] ^ b.p[i]);
    return !differs && a.n > 0;
}

static bool proves(struct str secret, struct str header, struct str signed_bytes)
{
    struct digest d = digest_hmac(secret, signed_bytes);
    char hex[DIGEST_HEX_SIZE];

    return secret.n > 0 && signature_same(header, digest_hex(&d, hex));
}

bool signature_meta(struct str secret, struct str header, struct str body)
{
    struct str head = STR("sha256=");

    return str_starts(header, head) && proves(secret, str_slice(header, head.n, header.n), body);
}

bool signature_linkedin(struct str secret, struct str header, struct str body)
{
    struct str head = STR("hmacsha256=");
    struct sbuf bytes = SBUF_INIT(head.n + body.n);

    sbuf_add(&bytes, head);
    sbuf_add(&bytes, body);
    bool good = proves(secret, header, sbuf_str(&bytes));

    sbuf_done(&bytes);
    return good;
}

bool signature_websub(struct str secret, struct str header, struct str body)
{
    static const char *const names[] = {
        [DIGEST_SHA1] = "sha1",
        [DIGEST_SHA256] = "sha256",
        [DIGEST_SHA384] = "sha384",
        [DIGEST_SHA512] = "sha512",
    };
    size_t equals = str_find_char(header, '=', 0);
    struct str given = str_slice(header, equals + 1, header.n);
    char hex[DIGEST_HMAC_HEX_SIZE];

    for (size_t i = 0; i < ARRAY_LEN(names) && equals != SIZE_MAX && secret.n; i++)
        if (str_eq_nocase(str_slice(header, 0, equals), str_of(names[i])))
            return signature_same(given, digest_hmac_hex((enum digest_hash)i, secret, body, hex));
    return false;
}

void signature_linkedin_answer(struct str secret, struct str code, char ret[65])
{
    struct digest d = digest_hmac(secret, code);

    (void)digest_hex(&d, ret);
}
