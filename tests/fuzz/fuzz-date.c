/* A date that is read lies between the years 0 and 10000. */

#include <stdlib.h>

#include "lib/feed/date.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct date date;

    if (date_parse(str_make((const char *)data, size), &date) &&
        (date.at_ms < -62200000000000 || date.at_ms > 1000000000000000))
        abort();
    return 0;
}
