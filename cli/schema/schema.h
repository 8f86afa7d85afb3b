#pragma once

/* schema - the JSON Schemas (draft 2020-12) that the tool carries; their texts are
 * the .json files beside, which embed.py turns into these arrays. */

extern const unsigned char schema_rules[], schema_alert[];
extern const unsigned long schema_rules_size, schema_alert_size;
