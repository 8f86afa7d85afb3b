#pragma once

/* schema - the tables of the state file, as numbered migrations.
 *
 * PRAGMA user_version counts the migrations that were run; application_id says
 * the file is ours. A migration, once released, is never edited: add one. */

#include "daemon/store/sql.h"

enum { SCHEMA_APPLICATION_ID = 0x636f7561 }; /* "coua" */

unsigned schema_version(void); /* what this build writes */
/* Names of the tables holding state, for salvage; NULL-terminated. */
const char *const *schema_tables(void);

/* Reads the file's version. Return 0, STORE_E_FOREIGN, STORE_E_NEWER or a negative errno. */
int schema_check(struct sql *q, unsigned *ret_version) MUST_CHECK;
/* Runs the missing migrations, each in a transaction of its own. */
int schema_migrate(struct sql *q, unsigned from) MUST_CHECK;
