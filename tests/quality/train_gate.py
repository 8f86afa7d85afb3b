#!/usr/bin/python3
"""Makes lib/judge/gate.txt, the weights by which <unhappy> knows a complaint.

usage: train_gate.py WORDS [DATA] [--write | --check]

WORDS is the program made of cuts.c: it cuts texts as couac does. DATA holds
complaints_en.jsonl (../shared/data beside the source tree; skipped where absent).
A linear support vector machine (L2 loss, L2 regularisation) trained by dual
coordinate descent (Hsieh et al., ICML 2008), on words that occur at least eight times,
the groups and the length classes below. Prints the macro F1 in ten-fold
cross-validation on the posts that address somebody; --write trains on all posts
and writes the table; --check fails below the target.
"""

import collections
import hashlib
import json
import math
import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = .77
COST, ROUNDS, FOLDS, LEAST = .03, 12, 10, 8
GROUPS = {
    'anger': 'angry annoyed annoying appalling awful crap defective disappointed disappointing '
             'disgrace disgusted disgusting fail failed failure faulty frustrated frustrating '
             'frustration furious hate hell horrible incompetent joke liars lied lies lost '
             'pathetic poor refuse refused ridiculous rude scam shit shocking sick stupid suck '
             'sucks terrible unacceptable useless waste wasted worst wtf broken damaged',
    'denial': 'no not never nothing nobody without still cannot cant dont wont isnt didnt doesnt '
              'hasnt havent wasnt don won isn didn doesn hasn haven wasn couldn',
    'thanks': 'amazing appreciate awesome best brilliant cheers enjoy excellent fantastic glad '
              'good great happy love loved nice perfect thank thanks thx ty',
    'question': 'any anyone are can could do does how is what when where which who would',
    'waiting': 'ago days delay delayed hold hour hours late months since wait waited waiting '
               'weeks yet',
}
GROUP_OF = collections.defaultdict(list)
for name, members in GROUPS.items():
    for member in members.split():
        GROUP_OF[member].append(name)
HEADER = '''# What <unhappy> adds up: made by tests/quality/train_gate.py, readable and meant to be read. A post is unhappy when
# the sum is above zero. One line a word, weights in thousandths: NAME TAB WEIGHT. Names in capitals are no words:
#   BASE            always
#   MARK !  MARK ?  an exclamation, a question mark somewhere
#   NUMBER          any figure
#   LINK            an address
#   NAMED           the post begins with an @name
#   LENGTH n        5n words and more (5: 25 and more)
#   GROUP g n       at least n words of the group (n: 1 or 2), whose members are the lines IN g
'''


def features(line):
    """Of a text as cuts.c prints it: its marks, then its words."""
    marks, _, cut = line.partition('\t')
    words = cut.split()
    found = {'BASE', f'LENGTH {min(5, len(words) // 5)}'}
    found |= {'MARK ' + c for c in marks if c in '!?'}
    found |= {'LINK'} if 'L' in marks else set()
    found |= {'NAMED'} if 'N' in marks else set()
    counts = collections.Counter()
    for word in words:
        counts.update(GROUP_OF.get(word, ()))
        found.add('NUMBER' if word[0].isdigit() else word)
    for group, n in counts.items():
        found |= {f'GROUP {group} {i}' for i in (1, 2) if n >= i}
    return found


def train(rows, wanted):
    weights, alphas = collections.defaultdict(float), [0.0] * len(rows)
    diagonal, order, chance = 1 / (2 * COST), list(range(len(rows))), random.Random(1)
    for _ in range(ROUNDS):
        chance.shuffle(order)
        for i in order:
            gradient = wanted[i] * sum(weights[f] for f in rows[i]) - 1 + diagonal * alphas[i]
            alpha = max(alphas[i] - gradient / (len(rows[i]) + diagonal), 0.0)
            step = (alpha - alphas[i]) * wanted[i]
            alphas[i] = alpha
            if step:
                for f in rows[i]:
                    weights[f] += step
    return {f: round(w * 1000) for f, w in weights.items() if round(w * 1000)}


def frequent(rows):
    counts = collections.Counter(f for row in rows for f in row)
    return [[f for f in sorted(row) if counts[f] >= LEAST] for row in rows]


def macro_f1(pairs):
    scores = []
    for side in (True, False):
        hits = sum(got == want == side for got, want in pairs)
        wrong = sum(got != want for got, want in pairs)
        scores.append(2 * hits / (2 * hits + wrong))
    return sum(scores) / 2


def validate(posts, rows, wanted):
    fold = [hashlib.sha256(p['id'].encode()).digest()[1] % FOLDS for p in posts]
    pairs = []
    for n in range(FOLDS):
        some = [i for i in range(len(posts)) if fold[i] != n]
        weights = train(frequent([rows[i] for i in some]), [wanted[i] for i in some])
        pairs += [(sum(weights.get(f, 0) for f in rows[i]) > 0, wanted[i] > 0)
                  for i in range(len(posts)) if fold[i] == n and '@' in posts[i]['text']]
    return macro_f1(pairs), len(pairs)


def write(weights):
    used = sorted(w for w in weights if not w[0].isupper())
    named = sorted(w for w in weights if w[0].isupper())
    with open(os.path.join(HERE, '..', '..', 'lib', 'judge', 'gate.txt'), 'w',
              encoding='utf-8') as out:
        out.write(HEADER)
        for name, members in GROUPS.items():
            for member in members.split():
                out.write(f'IN {name}\t{member}\n')
        for name in named + sorted(used, key=lambda w: (-weights[w], w)):
            out.write(f'{name}\t{weights[name]}\n')


def main():
    words = [a for a in sys.argv[1:] if not a.startswith('-')]
    data = words[1] if len(words) > 1 else os.path.join(HERE, '..', '..', '..', 'shared', 'data')
    path = os.path.join(data, 'complaints_en.jsonl')
    if not os.path.exists(path):
        print('skipped: no complaints_en.jsonl in ../shared/data')
        return 77
    with open(path, encoding='utf-8') as lines:
        posts = [json.loads(line) for line in lines]
    texts = '\n'.join(re.sub(r'\s+', ' ', p['text']) for p in posts) + '\n'
    cut = subprocess.run([words[0]], input=texts, stdout=subprocess.PIPE, encoding='utf-8',
                         check=True).stdout.split('\n')
    rows = [sorted(features(line)) for line, _ in zip(cut, posts)]
    wanted = [1 if p['labels']['complaint'] else -1 for p in posts]
    score, n = validate(posts, rows, wanted)
    half = 1.96 * math.sqrt(score * (1 - score) / n)
    print(f'macro F1 {score:.3f} +- {half:.3f} on {n} posts that address somebody')
    if '--write' in sys.argv:
        write(train(frequent(rows), wanted))
    return score < TARGET and '--check' in sys.argv


if __name__ == '__main__':
    sys.exit(main())
