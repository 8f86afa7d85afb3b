#!/usr/bin/python3
"""How right the airline pack is on real tweets: the figures in the pack's head.

usage: airline.py COUAC [DATA] [--check]

airline_en.jsonl of DATA (../shared/data beside the source tree; skipped where
absent) holds tweets to six airlines, each labelled by people with one sentiment
and, for a complaint, its one main reason. `couac judge` takes every tweet as one
about us. First the table of the pack's head, over all tweets; then precision and
recall against that one reason, for two halves told apart by a hash of the id: what
differs between them is chance, since the pack's words were chosen by neither alone.
--check fails when the table in the pack is no longer what is measured.
"""

import argparse
import collections
import hashlib
import json
import math
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PACK = os.path.join(HERE, '..', '..', 'rules', 'sectors', 'airline.yaml')
REASONS = {'on-time': 'Late Flight', 'flights-operate': 'Cancelled Flight',
           'bags-arrive': 'Lost Luggage', 'agents-answer': 'Customer Service Issue'}
POINTS = 2  # by which a percentage may differ: shared words change


def alerts_of(couac, path):
    done = subprocess.run([couac, 'judge', PACK, path], stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.returncode)
    alerts = collections.defaultdict(set)
    for line in done.stdout.splitlines():
        verdict = json.loads(line)
        if verdict['verdict'] in ('broken', 'suspected'):
            alerts[verdict['promise']].add(verdict['id'])
    return alerts


def percent(part, whole):
    return round(100 * part / whole) if whole else 0


def row(tweets, alerts, promise):
    told = [t['labels'] for t in tweets if t['id'] in alerts[promise]]
    reason = REASONS[promise]
    hits = sum(labels['reason'] == reason for labels in told)
    wanted = sum(t['labels']['reason'] == reason for t in tweets)
    return (len(told), percent(sum(labels['complaint'] for labels in told), len(told)),
            percent(hits, len(told)), percent(hits, wanted))


def wilson(k, n, z=1.96):
    p = k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return f'{p:.2f} [{middle - half:.2f}, {middle + half:.2f}]'


def second_half(tweet):
    return hashlib.sha256(tweet['id'].encode()).digest()[0] % 2 == 1


def print_halves(tweets, alerts):
    print(f"\n{'promise':16} {'half':7} {'precision':19} recall")
    for promise, reason in REASONS.items():
        for name in ('first', 'second'):
            some = [t for t in tweets if second_half(t) == (name == 'second')]
            told = [t for t in some if t['id'] in alerts[promise]]
            wanted = [t for t in some if t['labels']['reason'] == reason]
            hits = sum(t['labels']['reason'] == reason for t in told)
            print(f'{promise:16} {name:7} {wilson(hits, len(told)):19} {wilson(hits, len(wanted))}')


def in_head(promise):
    with open(PACK, encoding='utf-8') as pack:
        found = re.search(rf'^#   {promise} +(\d+) +(\d+) % +(\d+) % +(\d+) %$', pack.read(), re.M)
    return tuple(map(int, found.groups())) if found else None


def agrees(told, measured):
    return (told is not None and abs(told[0] - measured[0]) * 100 <= 5 * measured[0] and
            all(abs(a - b) <= POINTS for a, b in zip(told[1:], measured[1:])))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('couac')
    parser.add_argument('data', nargs='?',
                        default=os.path.join(HERE, '..', '..', '..', 'shared', 'data'))
    parser.add_argument('--check', action='store_true')
    options = parser.parse_args()
    path = os.path.join(options.data, 'airline_en.jsonl')
    if not os.path.exists(path):
        print('skipped: no airline_en.jsonl in ../shared/data')
        return 77
    with open(path, encoding='utf-8') as lines:
        tweets = [json.loads(line) for line in lines]
    alerts = alerts_of(options.couac, path)
    bad = False
    print('#   promise          alerts  from complaints  labelled with this very reason  '
          'of those with this reason, heard')
    for promise in REASONS:
        n, *shares = row(tweets, alerts, promise)
        print('#   {:<16}{:>7}{:>15} %{:>30} %{:>32} %'.format(promise, n, *shares))
        if not agrees(in_head(promise), (n, *shares)):
            print(f'{promise}: the head of {os.path.basename(PACK)} says {in_head(promise)}')
            bad = True
    print_halves(tweets, alerts)
    return bad and options.check


if __name__ == '__main__':
    sys.exit(main())
