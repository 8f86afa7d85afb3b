#!/usr/bin/python3
"""How often the language of a short post is guessed right.

usage: languages.py GUESSES [DATA] [--show] [--check]

GUESSES is the program made of guesses.c. The posts of DATA (../shared/data beside
the source tree; skipped where absent) say their language; each is cut to its first
8 words, its first 16, and whole. "Unknown" is no mistake, since phrases of all
languages then apply, but it is no answer either: both rates are printed.
--check fails where more than 1 in 100 whole posts is guessed wrong, or fewer than
95 in 100 right.
"""

import collections
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = ('airline_en', 'complaints_en', 'twcs_en', 'trustpilot_food_en', 'free_fr', 'engie_fr',
           'trustpilot_fr_mixed')
CUTS = (8, 16, 1000)
LEAST_RIGHT, MOST_WRONG = .95, .01


def posts(data):
    for source in SOURCES:
        with open(os.path.join(data, source + '.jsonl'), encoding='utf-8') as lines:
            for line in lines:
                post = json.loads(line)
                words = re.sub(r'[@#]\w+|https?://\S+', ' ', post['text']).split()
                if post.get('lang') in ('en', 'fr') and len(words) >= 4:
                    yield post['lang'], words


def guess(program, texts):
    done = subprocess.run([program], input='\n'.join(texts) + '\n', stdout=subprocess.PIPE,
                          encoding='utf-8', check=True)
    return done.stdout.split('\n')


def main():
    words = [a for a in sys.argv[1:] if not a.startswith('-')]
    data = words[1] if len(words) > 1 else os.path.join(HERE, '..', '..', '..', 'shared', 'data')
    if not os.path.exists(os.path.join(data, 'airline_en.jsonl')):
        print('skipped: no airline_en.jsonl in ../shared/data')
        return 77
    all_posts = list(posts(data))
    bad = False
    for cut in CUTS:
        texts = [' '.join(words[:cut]) for _, words in all_posts]
        rates = collections.defaultdict(collections.Counter)
        for (lang, _), text, got in zip(all_posts, texts, guess(words[0], texts)):
            rates[lang]['right' if got == lang else 'wrong' if got else 'unknown'] += 1
            if '--show' in sys.argv and got not in ('', lang) and cut == CUTS[-1]:
                print(f'  {lang} taken for {got}: {text[:120]!r}')
        for lang, rate in sorted(rates.items()):
            n = sum(rate.values())
            name = f'first {cut} words' if cut < 1000 else 'whole'
            print(f"{lang} {name:15} n {n:6}  right {rate['right'] / n:.3f}"
                  f"  wrong {rate['wrong'] / n:.4f}  unknown {rate['unknown'] / n:.3f}")
            if cut == CUTS[-1]:
                bad |= rate['right'] < LEAST_RIGHT * n or rate['wrong'] > MOST_WRONG * n
    return bad and '--check' in sys.argv


if __name__ == '__main__':
    sys.exit(main())
