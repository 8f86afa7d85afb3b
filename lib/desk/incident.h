#pragma once

/* incident - alerts of one promise that come together.
 *
 *     watching --3rd alert within 24 h--> open --6 h without one--> quiet --24 h--> closed
 *                                          ^  growing: each doubling, or a     |       |
 *                                          |  higher severity                  |       |
 *                                          +-----------------------------------+-------+
 *                                             another alert (within 7 days of closing)
 *
 * One event a change, so a storm of 10,000 posts gives one incident, thirteen
 * events here and every alert in its own stream. */

#include "lib/desk/hearing.h"

enum { INCIDENT_OPENS_AT = 3 };

/* A new live alert. *ret_id: of the open incident it belongs to, empty: none. */
int incident_alert(struct hearing *h, const struct promise *p, struct str alert_id,
                   enum severity severity, int64_t at_ms, struct str *ret_id) MUST_CHECK;

/* The state of promise `key` is due. */
int incident_due(struct hearing *h, struct str key, struct str json) MUST_CHECK;

#define INCIDENT_KIND STR("incident")
