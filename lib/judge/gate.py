#!/usr/bin/env python3
"""Makes the tables of gate.c from gate.txt: gate.py TEXT OUTPUT."""

import sys


def fnv(word):
    h = 0xcbf29ce484222325
    for byte in word.encode():
        h = (h ^ byte) * 0x100000001b3 % (1 << 64)
    return h


def main():
    named, words, groups = {}, {}, {}
    for number, line in enumerate(open(sys.argv[1], encoding='utf-8'), 1):
        if line.startswith('# ') or line.rstrip() == '#':
            continue
        name, tab, value = line.rstrip('\n').partition('\t')
        if not tab:
            sys.exit(f'{sys.argv[1]}:{number}: no tab')
        if name.startswith('IN '):
            groups.setdefault(name[3:], []).append(value)
        elif name[0].isupper():
            named[name] = int(value)
        else:
            words[name] = int(value)
    order = list(groups)
    bits = {w: sum(1 << i for i, g in enumerate(order) if w in groups[g])
            for members in groups.values() for w in members}
    for word in bits:
        words.setdefault(word, 0)
    with open(sys.argv[2], 'w', encoding='ascii') as out:
        out.write('/* Made by gate.py; see there. */\n')
        for constant, name in (('BASE', 'BASE'), ('EXCLAIMS', 'MARK !'), ('ASKS', 'MARK ?'),
                               ('NUMBER', 'NUMBER'), ('LINK', 'LINK'), ('NAMED', 'NAMED')):
            out.write(f'#define GATE_{constant} ({named.get(name, 0)})\n')
        lengths = ', '.join(str(named.get(f'LENGTH {i}', 0)) for i in range(6))
        out.write(f'static const int gate_lengths[6] = {{{lengths}}};\n')
        out.write(f'enum {{ GATE_GROUPS = {len(order)} }};\n')
        out.write('static const int gate_groups[GATE_GROUPS][2] = {\n')
        for group in order:
            pair = ', '.join(str(named.get(f'GROUP {group} {n}', 0)) for n in (1, 2))
            out.write(f'    {{{pair}}}, /* {group} */\n')
        out.write(f'}};\nenum {{ GATE_WORDS = {len(words)} }};\n')
        out.write('static const struct gate_word gate_words[GATE_WORDS] = {\n')
        for key, word in sorted((fnv(w), w) for w in words):
            out.write(f'    {{{key:#x}ull, {words[word]}, {bits.get(word, 0):#x}}},\n')
        out.write('};\n')


main()
