#!/usr/bin/python3
"""replay.py COUAC RULES [LINES] - mentions a second of processor that `couac replay` does.

Everything is counted, from the start of the program to the last line that it prints: reading,
JSON, folding, judging, the desk, the score. The peer, in the same run and on the same file, is
Python's json module (C inside), which does nothing but read the lines. The corpus is invented: posts
of some 110 bytes, one in twenty a complaint that the telecom pack hears, one in fifty labelled.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

CHATTER = ('the of and to in is was for my we had today lunch sunny train music football coffee garden '
           'weekend photo film evening cousin holiday morning dinner concert river mountain bicycle paint '
           'le la de et un une pour dans avec soleil jardin musique voyage copains dimanche cuisine chat '
           'balade bonjour merci photo cinema plage montagne').split()
COMPLAINTS = ('No internet at home for {} days, nobody answers.',
              'Toujours pas de connexion depuis {} jours, que faites-vous ?',
              'Been on hold with your helpline for {} minutes',
              'Plus de box depuis {} jours et aucune nouvelle du technicien')


def post(chance):
    if chance.random() < .05:
        return chance.choice(COMPLAINTS).format(chance.randint(2, 60))
    words = []
    while sum(map(len, words)) + len(words) < 106:
        words.append(chance.choice(CHATTER))
    return ' '.join(words).capitalize() + '.'


def write_corpus(path, lines):
    chance = random.Random(7)
    size = 0
    with open(path, 'w', encoding='utf-8') as out:
        for i in range(lines):
            at = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(1767225600 + 29 * i))
            mention = {'id': f'm{i}', 'published': at, 'author': f'@a{chance.randrange(100000)}',
                       'text': post(chance), 'source': 'forum'}
            size += len(mention['text'].encode())
            if i % 50 == 0:
                mention['want'] = {'restored-24h': False}
            out.write(json.dumps(mention, ensure_ascii=False) + '\n')
    return size / lines


def children_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def replay(couac, rules, path, threads):
    """Seconds of processor, and on the clock."""
    before, start = children_s(), time.monotonic()
    done = subprocess.run([couac, 'replay', f'--threads={threads}', '--json', rules, path],
                          stdout=subprocess.PIPE, check=False)
    wall = time.monotonic() - start
    assert done.returncode in (0, 1), done.returncode
    assert b'"alerts"' in done.stdout, done.stdout[:200]
    return children_s() - before, wall


def read_only(path):
    start = time.process_time()
    with open(path, encoding='utf-8') as lines:
        n = sum(len(json.loads(line)['text']) > 0 for line in lines)
    return time.process_time() - start, n


def main():
    couac, rules = sys.argv[1:3]
    lines = int(sys.argv[3]) if len(sys.argv) > 3 else 300000
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'corpus.jsonl')
        mean = write_corpus(path, lines)
        print(f'{lines} mentions, texts of {mean:.0f} bytes, {os.path.getsize(path) >> 20} MiB')
        for threads in range(1, min(os.cpu_count() or 1, 4) + 1):
            rounds = []
            for _ in range(3):
                peer, n = read_only(path)
                assert n == lines
                cpu, wall = replay(couac, rules, path, threads)
                rounds.append((cpu / peer, cpu, wall))
            ratio, cpu, wall = sorted(rounds)[1]
            print(f'{threads} threads: {lines / cpu:9.0f} a second of processor, '
                  f'{lines / wall:9.0f} on the clock, {ratio:.2f} times the processor of json.loads')


if __name__ == '__main__':
    main()
