#pragma once

/* withdraw - taking an alert back: nothing of the post is in the event, only which alert. */

#include "lib/desk/hearing.h"

int withdraw_alert(struct hearing *h, const struct recall_alert *alert,
                   struct str because) MUST_CHECK;
