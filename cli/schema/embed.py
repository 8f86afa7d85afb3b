#!/usr/bin/env python3
"""Writes a file as a C array: embed.py FILE HEADER SYMBOL > made.c"""

import pathlib
import sys

path, header, symbol = sys.argv[1:]
data = pathlib.Path(path).read_bytes()
print(f'#include "{header}"')
print(f'const unsigned char {symbol}[] = {{')
for at in range(0, len(data), 16):
    print(' '.join(f'{byte},' for byte in data[at:at + 16]))
print('};')
print(f'const unsigned long {symbol}_size = sizeof({symbol});')
