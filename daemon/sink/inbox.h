#pragma once

/* inbox - what others write to us in Redis.
 *
 * `PREFIXfeedback`: consumers XADD `alert verdict by note` (verdict: right or wrong), which
 * become lines of STATE/feedback.jsonl (lib/desk/feedback.h).
 * `PREFIXrequests`: `couac forget` XADDs `verb forget author NAME` or `verb forget url URL`. All
 * that is kept of them is erased, couac.withdrawn.v1 is queued, and the key
 * `PREFIXanswer:ID` holds {"alerts":N,"author":"k1:…","more":false,"lists":[…]} for ten minutes
 * (lists: those of owners with an envelope); the request, which names a person, is deleted.
 *
 * Both are read every INBOX_MS, INBOX_ROWS at a time, values cut to 1 KiB in Redis, so no
 * entry can be larger than the link allows. Where we stand is in the state, in the same
 * transaction as what an entry causes; a crash may repeat a line of feedback. */

#include "lib/base/str.h"

struct courier;
struct desk;
struct inbox;
struct loop;
struct ruleset;
struct store;

enum { INBOX_MS = 1000, INBOX_ROWS = 64, INBOX_FEEDBACK_MAX = 10000 };

struct inbox_ports {
    struct loop *loop;
    struct store *store;
    struct desk *desk;
    struct courier *courier;
    struct str prefix;            /* borrowed */
    const char *feedback;         /* path of feedback.jsonl; borrowed */
    int64_t keep_ms;              /* its lines */
    void (*committed)(void *arg); /* there are rows for the courier */
    void *arg;
};

struct inbox_counts {
    uint64_t feedback, requests;
    uint64_t refused; /* entries that say nothing we know, or of alerts no longer kept */
};

struct inbox *inbox_new(const struct inbox_ports *ports, struct ruleset *set);
/* After the courier: its replies may still be under way until then. */
void inbox_free(struct inbox *b);
void inbox_rules(struct inbox *b, struct ruleset *set);
void inbox_ready(struct inbox *b); /* the link is there */
/* Drops lines of feedback that are too old; now and then. */
void inbox_prune(struct inbox *b);
const struct inbox_counts *inbox_counts(const struct inbox *b);
