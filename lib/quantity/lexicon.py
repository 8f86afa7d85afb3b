#!/usr/bin/env python3
"""Turns the word files of quantities into constant C tables.

usage: lexicon.py OUTPUT lexicon.h quantity.h en.txt fr.txt ...

Every word gets a number; a hash table (FNV-1a, open addressing) finds the
number from the folded word, and each language has its own meaning for it.
"""

import os
import re
import sys

LANGS = ['', 'en', 'fr', 'es']
ANY_WORDS, PHRASE_MAX = 0xffff, 8


class Mistake(Exception):
    pass


def fnv(word):
    h = 0xcbf29ce484222325
    for byte in word.encode():
        h = ((h ^ byte) * 0x100000001b3) & 0xffffffffffffffff
    return h


def enum_names(header, name, prefixes):
    """The names of an enum, in order, lower case, their prefix taken off."""
    text = re.sub(r'/\*.*?\*/', '', open(header, encoding='utf-8').read(), flags=re.S)
    body = re.search(r'enum %s \{([^}]*)\}' % name, text).group(1)
    return [re.sub(prefixes, '', n).lower() for n in re.findall(r'\w+', body)]


class Tables:
    def __init__(self, lexicon_h, quantity_h):
        self.classes = enum_names(lexicon_h, 'lexicon_class', 'LEX_')
        self.units = enum_names(quantity_h, 'quantity_unit', 'UNIT_')
        self.bounds = enum_names(quantity_h, 'quantity_bound', 'QUANTITY_') + ['almost']
        self.roles = enum_names(quantity_h, 'quantity_role', 'QUANTITY_(ROLE_)?')[:-1]
        self.kinds = enum_names(quantity_h, 'quantity_kind', 'QUANTITY_')[:-1]
        self.ids = {}
        self.meanings = {}  # (word id, lang) -> dict
        self.ands = [0] * len(LANGS)  # word ids
        self.phrases = []   # (lang, side, result kind, result, quantity kind, ids)

    def word(self, text, lang):
        if not re.fullmatch(r'[a-z]+', text):
            raise Mistake(f"'{text}' is not a folded word")
        number = self.ids.setdefault(text, len(self.ids) + 1)
        self.meanings.setdefault((number, lang), {'mask': 0})
        return number

    def add_class(self, name, value, words, lang):
        for text in words.split():
            meaning = self.meanings[(self.word(text, lang), lang)]
            meaning['mask'] |= 1 << self.classes.index(name)
            if name == 'and':
                self.ands[lang] = self.ands[lang] or self.ids[text]
            elif name == 'unit':
                unit, _, factor = value.partition('*')
                meaning['unit'], meaning['factor'] = self.units.index(unit), float(factor or 1)
            elif name == 'scale':
                meaning['cal'] = self.units.index(value)
            elif name == 'sub':
                meaning['cents'] = value
            elif name in ('cur', 'nation', 'purse'):
                meaning['code'], _, factor = value.partition('*')
                if name == 'cur':
                    meaning['factor'] = float(factor or 0)
            elif name == 'month':
                month, _, day = value.partition('*')
                meaning['cal'], meaning['factor'] = int(month), float(day or 0)
            elif name in ('weekday', 'day', 'part', 'noon', 'ampm'):
                meaning['cal'] = int(value)
            elif name == 'vague':
                number, _, least = value.partition('*')
                meaning['number'], meaning['factor'] = float(number), float(least or number)
            elif value != '-':
                meaning['number'] = float(value)

    def add_phrases(self, side, result, text, lang):
        result, _, kind = result.partition(' ')
        holds = self.kinds.index(kind) if kind else len(self.kinds)
        going, result = result.endswith('+'), result.rstrip('+')
        for phrase in text.split('|'):
            for words in expand(phrase.split()):
                words = [w for part in words for w in part.split('_')]
                if len(words) > PHRASE_MAX:
                    raise Mistake(f"'{phrase.strip()}' is too long")
                ids = [ANY_WORDS if w == '~' else self.phrase_word(w, lang) for w in words]
                if side == 'before':
                    ids.reverse()
                is_role = result in self.roles
                value = (self.roles if is_role else self.bounds).index(result)
                self.phrases.append((lang, side == 'after', is_role, value, holds, ids, going))

    def phrase_word(self, text, lang):
        number = self.word(text, lang)
        self.meanings[(number, lang)]['mask'] |= 1 << self.classes.index('phrase')
        return number

    def read(self, path, lang):
        for at, line in enumerate(open(path, encoding='utf-8'), 1):
            line = line.split('#')[0].strip()
            if not line:
                continue
            try:
                head, _, rest = line.partition(':')
                name, _, value = head.strip().partition(' ')
                if name in ('before', 'after'):
                    self.add_phrases(name, value.strip(), rest, lang)
                elif name in self.classes:
                    self.add_class(name, value.strip(), rest, lang)
                else:
                    raise Mistake(f"'{name}' is no class")
            except (Mistake, ValueError, KeyError) as error:
                sys.exit(f'{path}:{at}: error: {error}')


def expand(parts):
    if not parts:
        return [[]]
    tails = expand(parts[1:])
    return [[choice] + tail for choice in parts[0].split('/') for tail in tails]


def write(tables, out):
    size = 1
    while size < 3 * len(tables.ids):
        size *= 2
    slots = [0] * size
    for text, number in tables.ids.items():
        at = fnv(text) & (size - 1)
        while slots[at]:
            at = (at + 1) & (size - 1)
        slots[at] = number
    rows, index = ['{0}'], [[0] * len(LANGS) for _ in range(len(tables.ids) + 1)]
    for (number, lang), m in sorted(tables.meanings.items()):
        index[number][lang] = len(rows)
        rows.append('{.mask = 0x%xull, .number = %r, .factor = %r, .unit = %d, .cal = %d, '
                    '.code = "%s", .cents = "%s"}' % (m['mask'], m.get('number', 0.0), m.get('factor', 0.0),
                                       m.get('unit', 0), m.get('cal', 0), m.get('code', ''),
                                       m.get('cents', '')))
    out.write('/* Made by lexicon.py from words/: change those. */\n\n')
    out.write('static const struct meaning meanings[] = {\n    %s,\n};\n\n' % ',\n    '.join(rows))
    out.write('static const uint16_t meaning_of[][LANG_COUNT] = {\n')
    out.writelines('    {%s},\n' % ', '.join(map(str, row)) for row in index)
    out.write('};\n\nstatic const uint16_t and_of[LANG_COUNT] = {%s};\n\n' % ', '.join(map(str, tables.ands)))
    out.write('static const uint64_t word_hash[] = {\n    0,\n')
    out.writelines('    0x%xull, /* %s */\n' % (fnv(t), t) for t in tables.ids)
    out.write('};\n\nenum { WORD_SLOTS = %d };\nstatic const uint16_t word_slots[WORD_SLOTS] = {\n'
              % size)
    for at in range(0, size, 16):
        out.write('    %s,\n' % ', '.join(map(str, slots[at:at + 16])))
    out.write('};\n\n')
    write_phrases(tables, out)


def write_phrases(tables, out):
    """By language, side and first word, then longest first: the first fit is the one."""
    order = sorted(tables.phrases, key=lambda p: (
        p[0], p[1], p[5][0], -len([i for i in p[5] if i != ANY_WORDS]), ANY_WORDS in p[5]))
    out.write('static const struct phrase phrases[] = {\n')
    for lang, after, is_role, value, kind, ids, going in order:
        out.write('    {.is_role = %d, .going = %d, .value = %d, .kind = %d, .n = %d, .words = {%s}},\n'
                  % (is_role, going, value, kind, len(ids), ', '.join(map(str, ids))))
    out.write('};\n\nstatic const struct phrase_span phrase_spans[LANG_COUNT][2] = {\n')
    for lang in range(len(LANGS)):
        spans = []
        for after in (False, True):
            at = [n for n, p in enumerate(order) if (p[0], p[1]) == (lang, after)]
            spans.append('{%d, %d}' % (at[0], at[-1] + 1) if at else '{0, 0}')
        out.write('    {%s},\n' % ', '.join(spans))
    out.write('};\n')


def main():
    tables = Tables(sys.argv[2], sys.argv[3])
    for path in sys.argv[4:]:
        tables.read(path, LANGS.index(os.path.basename(path)[:2]))
    with open(sys.argv[1], 'w', encoding='utf-8') as out:
        write(tables, out)


if __name__ == '__main__':
    main()
