#pragma once

/* fold-table - the shape of the table that fold-table.c writes at build time. */

#include <stdint.h>

struct fold_entry {
    uint32_t offset : 20; /* into fold_bytes */
    uint32_t n : 8;
    uint32_t class : 4; /* enum fold_class */
};

enum { FOLD_AS_IS = 4 }; /* entry numbers below: unchanged, class = the number */

extern const uint16_t fold_pages[];
extern const uint16_t fold_numbers[][256];
extern const struct fold_entry fold_entries[];
extern const unsigned char fold_bytes[];
