#pragma once

/* hearing - one desk call at work: what all parts of the desk share. Inside lib/desk only. */

#include "lib/desk/alert.h"
#include "lib/desk/desk.h"
#include "lib/judge/judge.h"

struct desk;

struct hearing {
    struct desk *desk;
    const struct desk_settings *settings;
    struct judge *judge;
    struct ruleset *set;
    const struct desk_source *source;
    int64_t now_ms;
    struct recall *recall;
    struct arena *arena;
    struct {
        struct desk_event *items;
        size_t n, cap;
    } events;       /* on the heap until the call ends */
    bool unwrapped; /* an event lacks its envelope */
    struct desk_outcome out;
};

/* The mention at hand; a held one that is released has its own. */
struct subject {
    struct mention m;
    struct judgement judgement;
    struct str author;  /* hashed */
    struct str key;     /* 16 hex digits: which mention */
    struct str content; /* 16 hex digits: which words */
    uint64_t simhash;   /* 0: too short to be like another */
    int64_t at_ms;
};

void hearing_push(struct hearing *h, const struct desk_event *event);

/* 16 hex digits of several parts, in the arena. */
struct str hearing_digest(const struct hearing *h, const struct str *parts, size_t n);
/* A ULID that the same `what` and `number` always get. */
struct str hearing_ulid(const struct hearing *h, int64_t at_ms, struct str what, uint32_t number);
/* 16 hex digits for a post's id or URL, as mentions and replies write it. */
struct str hearing_post_key(const struct hearing *h, struct str id);

/* An alert that exists, with its body, by fingerprint. found->id empty: none. */
int hearing_find(struct hearing *h, struct str fingerprint, struct alert_state *found,
                 struct alert_body *body) MUST_CHECK;
/* An alert as recall gave it; *body lives in the arena. */
int hearing_read(struct hearing *h, const struct recall_alert *a, struct alert_state *found,
                 struct alert_body *body) MUST_CHECK;
/* Keeps it and queues the event. */
int hearing_update(struct hearing *h, const struct alert_body *body,
                   const struct alert_state *state) MUST_CHECK;
