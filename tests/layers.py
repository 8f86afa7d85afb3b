#!/usr/bin/env python3
"""Proves how the house is built, and that the proof would notice.

    layers.py SOURCE_ROOT BUILD_ROOT LIBCOUAC.A COMPILER... [--sources-only]

- An include is written from the root and points to the same or a lower rank;
  lib includes neither daemon nor cli, daemon and cli not each other.
- A foreign library stands behind the files named here. lib includes no header
  of sockets, files, clocks or threads.
- The objects of lib call nothing that opens, reads a clock, draws a random
  number, reads the environment or prints; lib/host alone may open files. They
  hold no variable that can change.
- A file's own header comes first in it; stems are unique in lib and in daemon.

The same checks then run on a copy with a planted violation of each kind, and
on an object made for the purpose; each must be found. With sanitizers
(--sources-only) objects are not looked at: they are full of the sanitizer's.
"""

import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

RANKS = {
    'lib': [['base'], ['data'], ['text'], ['quantity', 'mention'], ['feed', 'rule'], ['judge'],
            ['desk'], ['tune'], ['host']],
    'daemon': [['core'], ['config', 'net', 'store'], ['source', 'sink'], ['']],
    'cli': [['term', 'schema', 'starter'], ['verbs'], ['']],
}
MAY_USE = {'lib': {'lib'}, 'daemon': {'lib', 'daemon'}, 'cli': {'lib', 'cli'}}

# header of a foreign library -> the only places that may include it
FOREIGN = {
    r'yaml\.h': ['lib/data/yaml.c'],
    r'yajl/': ['lib/data/json.c'],
    r'openssl/(evp|hmac)\.h': ['lib/data/digest.c', 'daemon/sink/'],
    r'openssl/(ssl|err|x509v3|x509)\.h': ['daemon/sink/', 'daemon/net/'],
    r'pcre2\.h': ['lib/rule/pattern.c'],
    r'utf8proc\.h': ['lib/text/fold-table.c'],
    r'iconv\.h': ['lib/text/charset.c'],
    r'expat\.h|libxml/': [],
    r'event2/': ['daemon/'],
    r'curl/': ['daemon/net/', 'daemon/source/', 'cli/verbs/fetch.c'],
    r'sqlite3\.h': ['daemon/store/'],
    r'hiredis/': ['daemon/sink/', 'daemon/source/queue.c', 'cli/verbs/'],
    r'systemd/': ['daemon/core/'],
    r'libsmartcols\.h': ['cli/term/table.c'],
}

# What the thinking half may include of the C library; lib/host also opens files.
PLAIN = {'assert.h', 'ctype.h', 'errno.h', 'float.h', 'inttypes.h', 'iso646.h', 'limits.h', 'math.h',
         'setjmp.h', 'stdalign.h', 'stdarg.h', 'stdbool.h', 'stddef.h', 'stdint.h', 'stdio.h',
         'stdlib.h', 'string.h', 'wchar.h'}
FOR_FILES = {'dirent.h', 'fcntl.h', 'sys/stat.h', 'sys/types.h', 'unistd.h'}
BUILD_TOOLS = {'lib/text/fold-table.c'}  # run at build time, part of no library

FILE_CALLS = '''open openat open64 creat close read pread readv write pwrite writev fopen fopen64
    fdopen freopen fclose fread fwrite fgets getline opendir readdir scandir scandir64 stat fstat
    fstat64 lstat access unlink rename mkdir mmap'''.split()
NEVER_CALLS = '''socket connect bind listen accept send recv sendto recvfrom poll select epoll_wait
    time clock gettimeofday clock_gettime nanosleep sleep usleep localtime localtime_r mktime gmtime
    rand random srand srandom drand48 getrandom getentropy arc4random RAND_bytes getenv
    secure_getenv setlocale printf vprintf puts putchar fprintf vfprintf fputs fputc putc perror
    syslog openlog sd_journal_send sd_journal_print pthread_create fork execve system popen
    signal sigaction exit strcpy strcat sprintf vsprintf strtok atoi'''.split()


def sources(root):
    for top in RANKS:
        for path in sorted((root / top).rglob('*')):
            if path.suffix in ('.c', '.h') and path.is_file():
                yield path, path.relative_to(root).as_posix()


def includes(path):
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        if m := re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line):
            yield number, m[1], m[2]


def place(name):
    """(top, rank) of a file's path; the rank is None in a folder nobody named."""
    parts = name.split('/')
    folder = parts[1] if len(parts) > 2 else ''
    for rank, folders in enumerate(RANKS[parts[0]]):
        if folder in folders:
            return parts[0], rank
    return parts[0], None


def check_own_include(roots, name, number, target):
    top, rank = place(name)
    if rank is None:
        yield f'{name}:{number}: the folder has no rank'
        return
    if target.split('/')[0] not in RANKS or not any((r / target).is_file() for r in roots):
        yield f'{name}:{number}: "{target}" is not written from the root'
        return
    to_top, to_rank = place(target)
    if to_top not in MAY_USE[top]:
        yield f'{name}:{number}: {top} may not use {to_top}'
    elif to_top == top and (to_rank is None or to_rank > rank):
        yield f'{name}:{number}: "{target}" stands higher'


def check_foreign_include(name, number, target):
    for pattern, places in FOREIGN.items():
        if re.match(pattern, target):
            if not any(name == p or (p.endswith('/') and name.startswith(p)) for p in places):
                yield f'{name}:{number}: <{target}> belongs behind {", ".join(places) or "tests"}'
            return
    if not name.startswith('lib/') or name in BUILD_TOOLS:
        return
    if target not in PLAIN and not (name.startswith('lib/host/') and target in FOR_FILES):
        yield f'{name}:{number}: <{target}> has no place in lib'


def check_own_header_first(path, name):
    own = path.with_suffix('.h')
    if path.suffix != '.c' or not own.exists() or name in BUILD_TOOLS:
        return
    first = next((target for _, _, target in includes(path)), None)
    if first != name[:-1] + 'h':
        yield f'{name}:1: its own header comes first'


def check_stems(names):
    stems = collections.defaultdict(set)
    for name in names:
        top = name.split('/')[0]
        if top != 'cli':
            stems[top, pathlib.PurePath(name).stem].add(str(pathlib.PurePath(name).parent))
    for (top, stem), folders in stems.items():
        if len(folders) > 1:
            yield f'{top}: the stem {stem} stands in {" and ".join(sorted(folders))}'


def check_sources(root, built):
    """`built` holds the headers that the build makes."""
    found = []
    names = []
    for path, name in sources(root):
        names.append(name)
        for number, bracket, target in includes(path):
            if bracket == '"':
                found += check_own_include((root, built), name, number, target)
            else:
                found += check_foreign_include(name, number, target)
        found += check_own_header_first(path, name)
    return found + list(check_stems(names))


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          env={'LC_ALL': 'C', 'PATH': '/usr/bin:/bin'}).stdout


def objects(archive):
    """(object, lines of its symbol table) for each member."""
    name, lines = None, []
    for line in run('objdump', '-t', archive).splitlines():
        if m := re.match(r'(\S+):\s+file format', line):
            if name:
                yield name, lines
            name, lines = m[1], []
        else:
            lines.append(line)
    if name:
        yield name, lines


def check_symbol(name, line):
    m = re.match(r'[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$', line)
    if not m:
        return
    flags, section, size, symbol = m.groups()
    called = re.sub(r'^(__)?(isoc99_)?(.*?)(_chk)?$', r'\3', symbol.split('@')[0])
    if section == '*UND*':
        if called in NEVER_CALLS or (called in FILE_CALLS and not name.startswith('host_')):
            yield f'{name}: calls {called}'
    elif not set('df') & set(flags) and int(size, 16) and re.match(
            r'\.(data|bss|tdata|tbss)(?!\.rel\.ro)|\*COM\*', section):
        yield f'{name}: {symbol} is a variable that can change'


def check_objects(archive):
    found = []
    n = 0
    for name, lines in objects(archive):
        n += 1
        for line in lines:
            found += check_symbol(pathlib.PurePath(name).name, line)
    return found + ([] if n else [f'{archive}: holds no object'])


PLANTED = [
    ('lib/base/str.c', '#include "lib/rule/promise.h"\n', 'lib/base/str.c'),
    ('lib/base/str.h', '#include "lib/data/json.h"\n', 'stands higher'),
    ('lib/data/json.c', '#include "daemon/core/loop.h"\n', 'lib/data/json.c'),
    ('lib/data/json.c', '#include "json.h"\n', 'not written from the root'),
    ('lib/data/digest.c', '#include <sys/socket.h>\n', 'has no place in lib'),
    ('lib/data/json.c', '#include <yaml.h>\n', 'belongs behind lib/data/yaml.c'),
    ('lib/text/lang.c', '#include <event2/event.h>\n', 'belongs behind daemon/'),
    ('lib/host/rulefs.c', '#include <time.h>\n', 'has no place in lib'),
    ('cli/main.c', '#include <curl/curl.h>\n', 'belongs behind daemon/net/'),
    ('cli/term/safe.c', '#include "cli/verbs/verb.h"\n', 'stands higher'),
    ('daemon/core/spy.c', '#include "cli/verbs/verb.h"\n', 'daemon may not use cli'),
    ('lib/text/json.c', '', 'the stem json stands in'),
    ('lib/base/map.c', '#include "lib/base/str.h"\n', 'its own header comes first'),
    ('lib/rumour/x.c', '#include "lib/base/str.h"\n', 'has no rank'),
]

BAD_OBJECT = '''#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int counter;
static int hidden = 7;
const char *const fixed[] = {"a", "b"};
int bad(const char *p) {
    static _Thread_local int tally;
    hidden += (int)time(NULL) + ++tally;
    return printf("%s", getenv(fixed[counter])) + open(p, O_RDONLY) + hidden;
}
'''
BAD_FINDINGS = ['counter is', 'hidden is', 'tally', 'calls time', 'calls getenv', 'calls open',
                'calls printf']


def copy(root, folder):
    for top in RANKS:
        shutil.copytree(root / top, folder / top)


def missed_in_sources(root, built):
    """The planted violations that the checks do not see."""
    before = set(check_sources(root, built))
    for name, text, expected in PLANTED:
        with tempfile.TemporaryDirectory(prefix='couac-layers-') as folder:
            copy(root, pathlib.Path(folder))
            target = pathlib.Path(folder) / name
            target.parent.mkdir(exist_ok=True)
            old = target.read_text(encoding='utf-8') if target.exists() else ''
            target.write_text(text + old, encoding='utf-8')
            fresh = [f for f in check_sources(pathlib.Path(folder), built) if f not in before]
            if not any(expected in f for f in fresh):
                yield f'planted in {name}: {text.strip()!r}, found only {fresh}'


def missed_in_objects(compiler):
    with tempfile.TemporaryDirectory(prefix='couac-layers-') as folder:
        source = pathlib.Path(folder) / 'bad.c'
        source.write_text(BAD_OBJECT, encoding='utf-8')
        made = source.with_suffix('.o')
        subprocess.run([*compiler, '-w', '-fPIC', '-c', '-o', made, source], check=True)
        found = check_objects(str(made))
        for expected in BAD_FINDINGS:
            if not any(expected in f for f in found):
                yield f'planted in an object: {expected!r}, found only {found}'
        if any('fixed' in f for f in found):
            yield f'a constant table was taken for a variable: {found}'


def main():
    only_sources = '--sources-only' in sys.argv
    root, built, archive, *compiler = [a for a in sys.argv[1:] if a != '--sources-only']
    root, built = pathlib.Path(root), pathlib.Path(built)
    found = check_sources(root, built)
    missed = list(missed_in_sources(root, built))
    if only_sources:
        print('objects are not looked at in a build with sanitizers')
    else:
        found += check_objects(archive)
        missed += missed_in_objects(compiler)
    for line in found + missed:
        print(line)
    print(f'{len(found)} violations; {len(missed)} planted ones were missed')
    return 1 if found or missed else 0


if __name__ == '__main__':
    sys.exit(main())
