/* The tokenizer ends on any bytes, its tokens lie inside the source and move
 * forward, and decoding stays within the expansion limit. */

#include <stdlib.h>

#include "lib/data/xml.h"
#include "tests/fuzz/target.h"

static void need(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str doc = str_make((const char *)data, size), name, value;
    struct sbuf out = SBUF_INIT(1 << 22);
    struct xml x;

    xml_init(&x, doc);
    for (size_t last = 0; xml_next(&x) != XML_EOF; last = x.at) {
        need(x.at > last && x.at <= size && x.begin < x.at);
        if (x.kind == XML_TEXT)
            xml_decode(&x, x.text, &out);
        for (struct str rest = x.attrs; x.kind == XML_START && xml_attr(&rest, &name, &value);)
            xml_decode_attr(&x, value, &out);
        sbuf_clear(&out);
    }
    need(x.expanded <= XML_EXPANSION_MAX + size + 8 * (size_t)XML_EXPANSION_MAX);
    sbuf_done(&out);
    return 0;
}
