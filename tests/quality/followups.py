#!/usr/bin/python3
"""How well replies are read: does the company answer, is the customer content?

usage: followups.py SENSES WORDS [DATA] [--show] [--check]

replies.jsonl holds replies of authors in both languages, written by us: the first forty before
any look at the lists, twenty after a first mending, which read 3 of 10 of them right in each
language. Half, by a hash of the text, are for tuning; but who wrote them all also tuned, so the
other half is no blind sample, and flatters.

SENSES is the program made of senses.c, WORDS the shared vocabulary. followups.jsonl
holds ids of replies in DATA/twcs_en.jsonl (../shared/data beside the source tree;
left out where absent), drawn at random from all replies of companies, and from those
of the customers who began the thread, and judged by hand before any list was tuned:

  answered      the company says something that can be used in this matter: a cause, a
                state, a time, a decision, a step to take, or that it has answered elsewhere
  acknowledged  it settles nothing: sorry, thanks, we shall look, tell us more, write to us
  -             nothing was at stake (a joke, a compliment), or it cannot be understood alone
  resolved      the author says that it is over: it works, it came, it was refunded
  again         the author says that it is not, or that nobody helps
  nothing       the author says neither

Half of them, by a hash of the id, are for tuning; --show prints the mistakes of that
half alone. Those marked `untouched` were drawn and judged after the tuning, because the
half held out of the first draw had no author who was content. --check fails when the other half is read worse than the floors below.
"""

import collections
import hashlib
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = {'ours': ('answered', 'acknowledged'), 'author': ('resolved', 'again', 'nothing')}
FLOORS = {'ours': .80, 'author': .75, 'written, en': .75, 'written, fr': .75}  # accuracy on the half that was held out


def held(label):
    key = label.get('id') or label['text']
    return label.get('untouched') or hashlib.sha256(key.encode()).digest()[0] % 2 == 1


def lines_of(path):
    with open(path, encoding='utf-8') as lines:
        return [json.loads(line) for line in lines]


def labels(name):
    return [label for label in lines_of(os.path.join(HERE, name)) if label['is'] != '-']


def drawn(path):
    """The labels with the text of their posts; none where there are no posts."""
    if not os.path.exists(path):
        print('no twcs_en.jsonl in ../shared/data: its replies are left out')
        return []
    posts = {post['id']: ' '.join(post['text'].split()) for post in lines_of(path)}
    return [dict(label, lang='en', text=posts[label['id']]) for label in labels('followups.jsonl')]


def read(program, words, by, lang, posts):
    done = subprocess.run([program, words, by, lang], input='\n'.join(posts) + '\n', stdout=subprocess.PIPE,
                          encoding='utf-8', check=True)
    return done.stdout.split('\n')[:-1]


def share(part, whole):
    return f'{part / whole:.3f}' if whole else '  -  '


def report(what, by, half, pairs):
    """Prints accuracy, and precision and recall of each class; returns the accuracy."""
    right = sum(want == got for want, got in pairs)
    counts = collections.Counter(pairs)
    print(f'{what:14} {half:5} n {len(pairs):3}  accuracy {share(right, len(pairs))}', end='')
    for name in CLASSES[by]:
        hit = counts[name, name]
        told = sum(n for (_, got), n in counts.items() if got == name)
        true = sum(n for (want, _), n in counts.items() if want == name)
        print(f'   {name} p {share(hit, told)} r {share(hit, true)} ({true})', end='')
    print()
    return right / len(pairs)


def measure(program, words, what, mine):
    """True: the half that was held out is read worse than its floor."""
    by, lang, bad = mine[0]['by'], mine[0]['lang'], False
    got = read(program, words, by, lang, [label['text'] for label in mine])
    for half, name in ((False, 'tuned'), (True, 'held')):
        pairs = [(label['is'], g) for label, g in zip(mine, got) if bool(held(label)) == half]
        bad |= report(what, by, name, pairs) < FLOORS[what] and half
    for label, g in zip(mine, got):
        if '--show' in sys.argv and not held(label) and label['is'] != g:
            print(f"  {label['is']} taken for {g}: {label['text']!r}")
    return bad


def main():
    program, words, *more = [a for a in sys.argv[1:] if not a.startswith('-')]
    data = more[0] if more else os.path.join(HERE, '..', '..', '..', 'shared', 'data')
    posts, written = drawn(os.path.join(data, 'twcs_en.jsonl')), labels('replies.jsonl')
    sets = {by: [label for label in posts if label['by'] == by] for by in CLASSES}
    sets.update({f'written, {lang}': [label for label in written if label['lang'] == lang]
                 for lang in ('en', 'fr')})
    bad = [measure(program, words, what, mine) for what, mine in sets.items() if mine]
    return any(bad) and '--check' in sys.argv


if __name__ == '__main__':
    sys.exit(main())
