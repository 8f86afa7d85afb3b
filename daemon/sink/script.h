#pragma once

/* script - what runs inside Redis: the guarded append, and trimming.
 *
 * SCRIPT_APPEND
 *   KEYS  1 producer hash, 2 stream, 3.. lists
 *   ARGV  1 field, 2 seq, 3 seq of the row before, 4 list cap, 5 channel or "", 6 JSON,
 *         7.. id type status severity promise owner lang title url
 *   Reply an integer:  n >= 1  appended, n - 1 old list entries fell off the caps
 *                      0       Redis had this seq already
 *                      n < 0   rows are missing before this one: Redis has up to -1 - n
 *         an array {n, error}: appended, but not published
 *         or the error of the command that failed, all undone.
 *
 * SCRIPT_TRIM
 *   KEYS  1 stream
 *   ARGV  1 oldest id that may stay, 2 cap
 *   Reply {removed for their age, removed below the groups' floor, removed unread, length} */

extern const char script_append[];
extern const char script_trim[];
