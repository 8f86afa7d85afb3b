#pragma once

/* target - the one function of a fuzz target, as libFuzzer names it. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
