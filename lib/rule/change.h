#pragma once

/* change - local edits of promises and words that other files define.
 *
 *     change:
 *       promises:
 *         delivery-48h:
 *           limit: at most 72 h       replaces the key
 *           against+: [<lost>]        adds items
 *           unless-: [preorder*]      removes items, which must be there
 *       words:
 *         parcel+: [commande*]
 *
 * Applied to the trees, before anything is read, so a changed promise goes
 * through the same reading and the same errors as a written one, and every
 * position points to the file that wrote the text. */

#include "lib/data/yaml.h"

struct arena;

enum change_kind { CHANGE_PROMISE, CHANGE_WORDS };

/* Applies `edits` (the map under `promises: <id>:`) to the definition `target`
 * in place; new nodes live in `arena`. Errors go to `diags`. */
void change_promise(struct yaml *target, const struct yaml *edits, struct arena *arena,
                    struct diags *diags);

/* Applies one member of `change: words:`, whose key may end in + or -. `target`
 * is the list's definition; its value is replaced in place. */
void change_words(struct yaml *target, const struct yaml *edit, struct arena *arena,
                  struct diags *diags);

/* The key without its + or -, which is returned ('=' when there is none). */
char change_operation(struct str key, struct str *ret_name);
