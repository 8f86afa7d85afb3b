#pragma once

/* hash - 64-bit hashing of bytes, inline because the word index lives on it.
 *
 * Eight bytes at a time, folded by a 64x64->128 bit multiplication (the "mum"
 * construction, see Wang Yi, wyhash; Yann Collet, XXH3 use the same step). Not
 * for secrets and not for anything stored: values may change between versions.
 * What is stored or leaves the process uses SHA-256 (lib/data/digest). */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_K0 0x9e3779b97f4a7c15ull /* 2^64 / golden ratio */
#define HASH_K1 0xd6e8feb86659fd93ull

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)(a ^ HASH_K0) * (b ^ HASH_K1);

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_bytes(const void *bytes, size_t n, uint64_t seed)
{
    const unsigned char *p = bytes;
    uint64_t h = seed ^ n, word;

    for (; n > 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        h = hash_mix(h, word);
    }
    word = 0;
    if (n)
        memcpy(&word, p, n);
    return hash_mix(hash_mix(h, word), HASH_K0);
}
