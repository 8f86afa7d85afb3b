#!/usr/bin/python3
"""How well quantities are read: rates per kind and language.

usage: quantities.py COUAC [CASES_FOLDER] [--show] [--check]

Cases are JSON Lines (quantities_en.jsonl, quantities_fr.jsonl) of other readers'
test suites, which may not be committed; where they are not (../shared/data
beside the source tree) this is skipped. Half of the cases, chosen by a hash of
their id, are "held": when tuning, look at the misses of the others only
(--show prints those). --check fails below the targets.
"""

import collections
import hashlib
import json
import os
import subprocess
import sys

LANGS = ('en', 'fr')
KINDS = {
    'duration': ('duration',), 'money': ('money',), 'percentage': ('percentage',),
    'temperature': ('temperature',), 'distance': ('distance',), 'number': ('number', 'count'),
    'number_range': ('number', 'count', 'duration', 'money'),
}
TARGETS = {'duration': .97, 'percentage': .97, 'money': .94, 'number': .94}
OTHER_TARGET, FALSE_TARGET = .90, .03
FORBIDDEN = {
    'number': ('number',), 'money': ('money',), 'duration': ('duration',),
    'temperature': ('temperature',), 'percentage': ('percentage',), 'dimension': ('distance',),
    'quantity': ('distance', 'number'), 'datetime': ('date', 'time'), 'numrange': (),
}
METRES = {
    'metre': 1, 'meter': 1, 'm': 1, 'kilometre': 1000, 'kilometer': 1000, 'mile': 1609.344,
    'foot': .3048, 'inch': .0254, 'yard': .9144, 'centimetre': .01, 'millimetre': .001,
}
# Labels that cannot be met, or only against another case; counted apart.
DISPUTED = {
    'en-0257': '"3k" is a distance here, a number in en-0493',
    'fr-0058': '"3k" is a distance here, a number in fr-0130',
    'en-2199': 'the range of en-2200 is forbidden here',
    'fr-1166': '"subtract five per cent" labelled -5',
    'fr-0951': '"jour nee", a word cut in two',
    'fr-0997': '43894.0 labelled 0.75: a fraction that a spreadsheet made a date',
}
SUBUNITS = ('cent', 'penn', 'penc')


def folder(arguments):
    if arguments:
        return arguments[0]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.path.join(root, '..', 'shared', 'data')


def held(case):
    return hashlib.sha256(case['id'].encode()).digest()[0] % 2 == 1


def measured(couac, cases):
    """The quantities `couac measure` finds in each case."""
    lines = []
    for case in cases:
        mention = {'id': case['id'], 'text': case['text'], 'lang': case['lang']}
        if case.get('reference'):
            mention['published'] = case['reference'][:19] + 'Z'
        lines.append(json.dumps(mention))
    out = subprocess.run([couac, 'measure'], input='\n'.join(lines) + '\n', text=True,
                         stdout=subprocess.PIPE, check=False).stdout
    found = {}
    for line in out.splitlines():
        answer = json.loads(line)
        found[answer['id']] = answer['quantities']
    return found


def in_base_unit(case, value):
    unit = (case.get('unit') or '').lower()
    if value is None or case['kind'] not in ('money', 'distance'):
        return value
    if case['kind'] == 'money':
        return value / 100 if unit.startswith(SUBUNITS) else value
    return value * METRES.get(unit, METRES.get(unit.rstrip('s'), 1))


def near(got, want):
    return got is not None and want is not None and abs(got - want) <= 1e-6 * max(abs(want), 1e-6)


def agrees(case, q):
    """Whether that quantity is the one the case asks for."""
    if case['kind'] == 'duration':
        low, high = case.get('seconds'), None
    else:
        low, high = in_base_unit(case, case.get('value')), in_base_unit(case, case.get('value2'))
    if low is None:
        return True
    got_low, got_high = q['low'], q['high']
    if case['kind'].startswith('number') and q['kind'] not in ('number', 'count'):
        got_low = got_low and q['amount']
        got_high = got_high and q['amount']
    if case['cmp'] == 'ge':
        return near(got_low, low) and got_high is None
    if case['cmp'] == 'le':
        return near(got_high, low) and got_low is None
    if case['cmp'] == 'range':
        return near(got_low, low) and near(got_high, high)
    if q['bound'] == 'at_least' and case['kind'] == 'duration':  # several, plusieurs
        return near(got_low * q['amount'] / 2, low)
    if case['kind'] in ('money', 'distance', 'temperature') and 'recognizers' in case['source']:
        got_low = got_high = got_high if got_low is None else got_low  # bounds are not labelled
    return near(got_low, low) and near(got_high, low)


def overlaps(case, q):
    span = case.get('span')
    return not span or (q['start'] < span[1] and q['end'] > span[0])


def hit(case, quantities):
    return any(q['kind'] in KINDS[case['kind']] and overlaps(case, q) and agrees(case, q)
               for q in quantities)


def false_hits(case, quantities):
    if case['not'] == 'numrange':
        return [q for q in quantities if q['low'] != q['high']]
    return [q for q in quantities if q['kind'] in FORBIDDEN[case['not']]]


def show(word, case, quantities):
    got = [(q['kind'], q['text'], q['low'], q['high']) for q in quantities if overlaps(case, q)]
    print(f"  {word} {case['id']} {case['text'][:90]!r} wants {case.get('value')} "
          f"{case.get('unit')} {case.get('cmp')}; got {got}")


def score(couac, path, showing):
    cases = [json.loads(line) for line in open(path, encoding='utf-8')]
    cases = [c for c in cases if c['tier'] == 'core' and c['id'] not in DISPUTED]
    found = measured(couac, cases)
    rates = collections.defaultdict(lambda: {False: [0, 0], True: [0, 0]})
    for case in cases:
        quantities = found.get(case['id'], [])
        if case['kind'] == 'none':
            name, good = 'none', not false_hits(case, quantities)
        elif case['kind'] in KINDS and not (case.get('span_only') and case['kind'] != 'duration'):
            name, good = case['kind'], hit(case, quantities)
        else:
            continue
        cell = rates[name][held(case)]
        cell[0] += good
        cell[1] += 1
        if showing and not good and not held(case):
            show('miss ' if name != 'none' else 'false', case, quantities)
    return rates


def report(lang, rates):
    """Prints a line a kind; returns the kinds below their target."""
    below = []
    for name in sorted(rates):
        (a, n), (b, m) = rates[name][False], rates[name][True]
        rate = (a + b) / (n + m)
        target = 1 - FALSE_TARGET if name == 'none' else TARGETS.get(name, OTHER_TARGET)
        label = 'no false hit' if name == 'none' else name
        print(f'{lang} {label:13} {a + b:4}/{n + m:<4} {100 * rate:5.1f} %   '
              f'tuned on {a}/{n}, held {b}/{m}, target {100 * target:.0f} %')
        if rate < target:
            below.append(f'{lang} {label}')
    return below


def main():
    words = [a for a in sys.argv[1:] if not a.startswith('--')]
    data = folder(words[1:])
    below = []
    if not words:
        sys.exit(__doc__)
    for lang in LANGS:
        path = os.path.join(data, f'quantities_{lang}.jsonl')
        if not os.path.exists(path):
            print(f'skipped: there is no {os.path.relpath(path)}')
            sys.exit(77)
        below += report(lang, score(words[0], path, '--show' in sys.argv))
    print(f'left out: {len(DISPUTED)} cases with a label we dispute (see DISPUTED)')
    if below:
        print('below target: ' + ', '.join(below))
    sys.exit(1 if below and '--check' in sys.argv else 0)


if __name__ == '__main__':
    main()
