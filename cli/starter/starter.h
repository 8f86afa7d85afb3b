#pragma once

/* starter - the files that `couac init` writes; their texts are the .yaml files
 * beside, which schema/embed.py turns into these arrays. */

extern const unsigned char starter_couac[], starter_brand[], starter_promises[];
extern const unsigned long starter_couac_size, starter_brand_size, starter_promises_size;
