#pragma once

/* arena - memory that dies in one stroke.
 *
 * One arena per mention, per ruleset, per parse. Blocks double in size; what is
 * allocated is zeroed and never moves. With a byte limit, reaching it is an
 * ordinary error (NULL), since input is hostile; without one (limit 0) an
 * allocation never fails. arena_reset keeps the memory for the next use, so a
 * steady state allocates nothing. */

#include "lib/base/str.h"

struct arena;

/* A mark to go back to; only valid for the arena it came from. */
struct arena_mark {
    void *block;
    size_t used, total;
};

struct arena *arena_new(size_t limit_bytes); /* 0: no limit */
void arena_free(struct arena *a);            /* NULL is fine */
void arena_freep(struct arena **a);          /* for CLEANUP */
void arena_reset(struct arena *a);

struct arena_mark arena_mark(const struct arena *a);
/* Forgets all that was allocated since the mark. */
void arena_rewind(struct arena *a, struct arena_mark mark);

/* `size` zeroed bytes aligned for any type; NULL only at the limit. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* A copy inside the arena, NUL behind it; p is NULL at the limit. */
struct str arena_str(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

/* True once a request was refused. Stays until arena_reset. */
bool arena_exhausted(const struct arena *a);
/* Bytes handed out, padding included. */
size_t arena_used(const struct arena *a);
