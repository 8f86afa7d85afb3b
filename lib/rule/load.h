#pragma once

/* load - rule files to a ruleset, every mistake reported.
 *
 * Files are read as a set: definitions are collected (the same id twice is an
 * error), `change` is applied once, names are resolved, then the whole is
 * checked and sealed. Order never matters. */

#include "lib/base/diag.h"

struct ruleset;

enum rule_origin {
    RULE_SHARED, /* the installed vocabulary: lists may stay unused */
    RULE_USER,
};

struct rule_text {
    struct str file; /* name for messages */
    struct str text; /* at most 1 MiB */
    enum rule_origin origin;
};

enum load_error {
    LOAD_OK = 0,
    LOAD_E_INVALID = 1, /* diags holds at least one error */
};

/* ret     a sealed set with one reference; copies all it needs; untouched on failure
 * diags   errors, and warnings also when it succeeds */
enum load_error rule_load(const struct rule_text *texts, size_t n, struct diags *diags,
                          struct ruleset **ret) MUST_CHECK;
