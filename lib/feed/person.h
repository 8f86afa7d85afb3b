#pragma once

/* person - a name out of the ways feeds write people.
 *
 * "ann@example.com (Ann)", "Ann <ann@example.com>", "Ann (ann@example.com)" and
 * "Ann" give "Ann"; a lone address gives the address. */

#include "lib/base/str.h"

/* The part of `written` that names the person; a slice of it. */
struct str person_name(struct str written);
