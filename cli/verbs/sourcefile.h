#pragma once

/* sourcefile - couac.yaml as a person wrote it, with sources added and nothing else touched.
 *
 * New sources are lines put behind the last one, in its indentation; comments, order and
 * spelling of the rest stay. Before anything is written the new text is read again: all
 * that was there must be there unchanged, and all that is new must be as meant. The file
 * is replaced in one step, so a reader sees the old or the new one. */

#include "cli/verbs/fetch.h"
#include "cli/verbs/verb.h"

struct arena;
struct yaml;

struct sourcefile {
    const struct call *call;
    struct str path;
    struct str text;
    struct yaml *top;     /* NULL: there is no file yet, or an empty one */
    struct yaml *sources; /* NULL: none */
    struct sbuf lines;    /* new ones, without indentation */
    size_t n_new;
    struct arena *arena;
    struct map *urls, *ids;
};

/* The file of --config, else couac.yaml here, else /etc/couac/couac.yaml; NULL after a word on
 * standard error. */
const char *sourcefile_find(const struct call *call);
/* That file, read. VERB_FINE, or the status after a word on standard error. */
int sourcefile_open(struct sourcefile *f, const struct call *call) MUST_CHECK;
void sourcefile_done(struct sourcefile *f);

/* Whether a source has this URL, new ones included. */
bool sourcefile_has(const struct sourcefile *f, struct str url);
/* A feed under a name made of `wish` (a title, a host); the name. */
struct str sourcefile_add_feed(struct sourcefile *f, struct str wish, struct str url,
                               enum fetch_network network);
/* What a flow map says of it; empty for a public one. */
struct str sourcefile_network(enum fetch_network network);
/* Any source: what stands behind "id: ", a flow map. */
struct str sourcefile_add(struct sourcefile *f, struct str wish, struct str flow_map);
/* Writes it; VERB_FINE, or VERB_TROUBLE after a word, and the file as it was. */
int sourcefile_save(struct sourcefile *f) MUST_CHECK;

/* `text` as a double-quoted YAML scalar. */
void sourcefile_quote(struct str text, struct sbuf *out);
