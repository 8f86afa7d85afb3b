/* On well-formed documents our tokenizer tells exactly what expat tells: the same
 * elements, attributes and characters in the same order. Documents are the
 * golden feeds that expat accepts, and a thousand made from a fixed seed. */

#include <dirent.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/data/xml.h"

enum { MADE = 1000 };

/* --- both sides write the same notation --- */

static void expat_start(void *data, const XML_Char *name, const XML_Char **attrs)
{
    sbuf_printf(data, "\n<%s", name);
    for (; *attrs; attrs += 2)
        sbuf_printf(data, " %s=[%s]", attrs[0], attrs[1]);
    sbuf_add(data, STR(">\n"));
}

static void expat_end(void *data, const XML_Char *name)
{
    sbuf_printf(data, "\n</%s>\n", name);
}

static void expat_text(void *data, const XML_Char *text, int n)
{
    sbuf_add(data, str_make(text, (size_t)n));
}

static bool by_expat(struct str doc, struct sbuf *out)
{
    XML_Parser parser = XML_ParserCreate("UTF-8");

    XML_SetUserData(parser, out);
    XML_SetElementHandler(parser, expat_start, expat_end);
    XML_SetCharacterDataHandler(parser, expat_text);
    bool well = XML_Parse(parser, doc.p, (int)doc.n, 1) == XML_STATUS_OK;

    XML_ParserFree(parser);
    return well;
}

static void our_start(struct xml *x, struct sbuf *out)
{
    struct str rest = x->attrs, name, value;

    sbuf_printf(out, "\n<%.*s", STR_ARG(x->name));
    while (xml_attr(&rest, &name, &value)) {
        sbuf_printf(out, " %.*s=[", STR_ARG(name));
        xml_decode_attr(x, value, out);
        sbuf_putc(out, ']');
    }
    sbuf_add(out, STR(">\n"));
    if (x->empty)
        sbuf_printf(out, "\n</%.*s>\n", STR_ARG(x->name));
}

static unsigned by_us(struct str doc, struct sbuf *out)
{
    struct xml x;
    int depth = 0;

    xml_init(&x, doc);
    while (xml_next(&x) != XML_EOF) {
        if (x.kind == XML_START) {
            our_start(&x, out);
            depth += !x.empty;
        } else if (x.kind == XML_END) {
            sbuf_printf(out, "\n</%.*s>\n", STR_ARG(x.name));
            depth--;
        } else if (x.kind == XML_TEXT && depth > 0) {
            xml_decode(&x, x.text, out);
        } else if (x.kind == XML_CDATA) {
            sbuf_add(out, x.text);
        }
    }
    return x.flags;
}

/* 1: they differ, 0: they agree, -1: expat refuses the document. */
static int differ(struct str doc, const char *name)
{
    struct sbuf theirs = SBUF_INIT(64 << 20), ours = SBUF_INIT(64 << 20);
    int result = -1;

    if (by_expat(doc, &theirs)) {
        unsigned flags = by_us(doc, &ours);

        result = !str_eq(sbuf_str(&theirs), sbuf_str(&ours)) || flags != 0;
        if (result)
            printf("%s differs (flags %u)\n--- expat\n%s\n--- couac\n%s\n--- document\n%.*s\n",
                   name, flags, sbuf_cstr(&theirs), sbuf_cstr(&ours), STR_ARG(doc));
    }
    sbuf_done(&theirs);
    sbuf_done(&ours);
    return result;
}

/* --- documents from a seed --- */

static unsigned next(uint64_t *seed, unsigned n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % n;
}

static void make_content(uint64_t *seed, struct sbuf *out, int depth)
{
    static const char *const pieces[] = {"words ",
                                         "é€𝄞",
                                         "&amp;",
                                         "&lt;b&gt;",
                                         "&#233;",
                                         "&#x20AC;",
                                         "&own;",
                                         "\n\t",
                                         "]]",
                                         "&quot;",
                                         "<!-- a > comment -->",
                                         "<![CDATA[<raw> & ]] > ]]>",
                                         "<?php echo '>' ?>",
                                         "a > b",
                                         "'\""};
    static const char *const names[] = {"a", "b:c", "long-name.1", "_x", "é"};
    static const char *const values[] = {"", "1", "x > y", "&amp;&lt;", "é", "two words", "/"};

    for (unsigned n = next(seed, 6); n > 0; n--) {
        if (depth == 0 || next(seed, 3)) {
            sbuf_add(out, str_of(pieces[next(seed, ARRAY_LEN(pieces))]));
            continue;
        }
        const char *name = names[next(seed, ARRAY_LEN(names))];
        const char *quote = next(seed, 2) ? "'" : "\"";

        sbuf_printf(out, "<%s", name);
        if (next(seed, 2))
            sbuf_printf(out, " p = %s%s%s", quote, values[next(seed, ARRAY_LEN(values))], quote);
        if (next(seed, 2))
            sbuf_printf(out, "\n q=%s%s%s", quote, values[next(seed, ARRAY_LEN(values))], quote);
        if (next(seed, 4) == 0) {
            sbuf_add(out, next(seed, 2) ? STR("/>") : STR(" />"));
            continue;
        }
        sbuf_add(out, STR(">"));
        make_content(seed, out, depth - 1);
        sbuf_printf(out, "</%s%s>", name, next(seed, 5) ? "" : " ");
    }
}

static int made(void)
{
    uint64_t seed = 1;
    int wrong = 0, agreed = 0;

    for (int i = 0; i < MADE; i++) {
        struct sbuf doc = SBUF_INIT(1 << 20);

        sbuf_add(&doc, STR("<?xml version='1.0'?>\n<!DOCTYPE r [<!ENTITY own 'its &amp; own'>]>"
                           "\n<r>"));
        make_content(&seed, &doc, 6);
        sbuf_add(&doc, STR("</r>\n"));
        int result = differ(sbuf_str(&doc), "a made document");

        wrong += result == 1;
        agreed += result == 0;
        sbuf_done(&doc);
    }
    printf("%d made documents agree, %d differ\n", agreed, wrong);
    return wrong || agreed < MADE / 2;
}

static int file(const char *folder, const char *name)
{
    struct sbuf path = SBUF_INIT(4096), body = SBUF_INIT(16 << 20);
    char block[1 << 14];
    size_t n;

    sbuf_printf(&path, "%s/%s", folder, name);
    FILE *in = fopen(sbuf_cstr(&path), "rb");

    while (in && (n = fread(block, 1, sizeof(block), in)) > 0)
        sbuf_add(&body, str_make(block, n));
    if (in)
        (void)fclose(in); /* was only read */
    int result = differ(sbuf_str(&body), name);

    sbuf_done(&path);
    sbuf_done(&body);
    return result == 1;
}

int main(int argc, char **argv)
{
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    int wrong = made();

    if (!dir)
        return EXIT_FAILURE;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            wrong += file(argv[1], entry->d_name);
    (void)closedir(dir); /* was only read */
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
