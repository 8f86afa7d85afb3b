#pragma once

/* topic - what promises are about, for drafting a rule from a sentence (wording).
 *
 * A topic brings what its rule is written with: the list or the words of `about`, the
 * lists that contradict without a figure, and words for examples. */

#include "lib/base/str.h"

struct arena;
struct judgement;

struct topic {
    const char *id;      /* begins the promise's id */
    const char *list;    /* in the shared words; "": none, then `words` are written */
    const char *words;   /* one place of a phrase: "passport|passports" */
    const char *against; /* lists, between commas */
    const char *unless;
    const char *fr, *en;               /* "mon colis", "my parcel", for examples */
    const char *denied_fr, *denied_en; /* a contradiction without a figure */
};

/* Promises of one topic each, `about` and `against` being its list, for topic_find's
 * judgement: a rule file in `arena`. */
struct str topic_rules(struct arena *arena);

/* The topic of a sentence: `words` are its folded words, each between spaces, and `j` what
 * topic_rules() make of it. NULL: none is known. */
const struct topic *topic_find(struct str words, const struct judgement *j);

/* Whether a word of `words` (as above) begins so; beginnings stand between commas, and may
 * hold spaces. */
bool topic_says(struct str words, const char *beginnings);

/* A guarantee that lasts, which no list tells from "delivery guaranteed". */
const struct topic *topic_warranty(void);
