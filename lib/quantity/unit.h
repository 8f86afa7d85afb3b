#pragma once

/* unit - what each unit is worth, and how it is called. */

#include "lib/quantity/quantity.h"

enum quantity_kind unit_kind(enum quantity_unit unit);
/* In the base unit of its kind: seconds, metres; 1 where the unit is the base. */
double unit_worth(enum quantity_unit unit);
