#!/usr/bin/env python3
"""Makes the table of guess.c from guess-words.txt: guess.py WORDS OUTPUT.

An open hash table of words packed into eight bytes, each with its weight per
language. The multiplier and the size are those of guess.c's look-up.
"""

import sys

LANGS = ('en', 'fr', 'es', 'xx')
BITS = 10
MULTIPLIER = 0x9e3779b97f4a7c15


def read(path):
    weights = {}
    for number, line in enumerate(open(path, encoding='ascii'), 1):
        if line.startswith('#') or not line.strip():
            continue
        head, words = line.split(':', 1)
        lang, weight = head.split()
        for word in words.split():
            if len(word) > 8:
                sys.exit(f'{path}:{number}: {word!r} is longer than eight letters')
            of = weights.setdefault(word, [0] * len(LANGS))
            of[LANGS.index(lang)] = max(of[LANGS.index(lang)], int(weight))
    return weights


def table(weights):
    slots = [None] * (1 << BITS)
    if len(weights) * 4 > len(slots) * 3:
        sys.exit('the table is too full: raise BITS')
    for word in sorted(weights):
        key = int.from_bytes(word.encode().ljust(8, b'\0'), 'little')
        at = (key * MULTIPLIER % (1 << 64)) >> (64 - BITS)
        while slots[at]:
            at = (at + 1) % len(slots)
        slots[at] = (word, key, weights[word])
    return slots


def main():
    slots = table(read(sys.argv[1]))
    with open(sys.argv[2], 'w', encoding='ascii') as out:
        out.write('/* Made by guess.py; see there. */\n')
        out.write(f'enum {{ GUESS_BITS = {BITS} }};\n#define GUESS_MULTIPLIER {MULTIPLIER:#x}ull\n')
        out.write('static const struct guess_word guess_words[1u << GUESS_BITS] = {\n')
        for at, slot in enumerate(slots):
            if slot:
                word, key, weights = slot
                out.write(f'    [{at}] = {{{key:#x}ull, {{0, {", ".join(map(str, weights))}}}}}, '
                          f'/* {word} */\n')
        out.write('};\n')


main()
