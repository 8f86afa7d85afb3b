#pragma once

/* show - verdicts for people and for programs: what test, explain and judge share. */

#include "cli/verbs/verb.h"
#include "lib/judge/judge.h"

/* The judged text with the evidence of a verdict marked. */
void show_text(const struct screen *out, struct str text, const struct evidence *evidence,
               size_t n);
/* One line an evidence: role, words, what became of it, where the phrase is. */
void show_evidence(const struct screen *out, struct str text, const struct verdict *v);
/* "6 days", "30 EUR". */
void show_amount(const struct quantity *q, char *ret, size_t n);

struct json_writer;
/* {"id","promise","verdict","strength","stopped","observed","ratio","severity","raised_by",
 * "owner","contact","evidence"}; what does not apply is left out. */
void show_json(struct json_writer *w, struct str id, struct str text, const struct verdict *v);
