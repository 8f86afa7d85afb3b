/* Text never is longer than twice its markup, and shows no control characters
 * and no white space at its ends. */

#include <stdlib.h>

#include "lib/text/html.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sbuf out = SBUF_INIT(1 << 22);

    html_to_text(str_make((const char *)data, size), &out);
    if (out.n > 2 * size + 8)
        abort();
    for (size_t i = 0; i < out.n; i++)
        if ((unsigned char)out.p[i] < ' ' && out.p[i] != '\n')
            abort();
    if (out.n > 0 && (out.p[0] == ' ' || out.p[out.n - 1] == '\n'))
        abort();
    sbuf_done(&out);
    return 0;
}
