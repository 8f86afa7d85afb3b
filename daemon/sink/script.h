#pragma once

/* script - what runs inside Redis: the guarded append, and trimming.
 *
 * SCRIPT_APPEND, for one or more rows, all or none
 *   KEYS  1 producer hash, 2.. streams and lists
 *   ARGV  1 field, 2 seq of the row before the first, 3 seq of the last, 4 list cap,
 *         then for each row 15: which key is its stream, which its lists (0: none) twice,
 *         channel or "", JSON, id type status severity promise owner lang title url, and what
 *         the second list gets in place of the JSON, or ""
 *   Reply an integer:  n >= 1  appended, n - 1 old list entries fell off the caps
 *                      0       Redis had the last row already
 *                      n < 0   Redis stands elsewhere, at -1 - n: nothing was done
 *         an array {n, error}: appended, but not (all) published
 *         or the error of the command that failed, all undone.
 *
 * SCRIPT_TRIM
 *   KEYS  1 stream
 *   ARGV  1 oldest id that may stay, 2 cap
 *   Reply {removed for their age, below the groups' floor, past the cap of a stream without
 *         groups, unread by a group, length}
 *
 * SCRIPT_AGE
 *   KEYS  1 list
 *   ARGV  1 the time (ISO 8601, UTC) before which events must go, 2 how many at most
 *   Reply how many went, from the left; what is not an event of couac stays, and what is
 *         behind it */

extern const char script_append[];
extern const char script_trim[];
extern const char script_age[];
