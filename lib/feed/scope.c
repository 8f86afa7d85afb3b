#include "lib/base/arena.h"
#include "lib/feed/reader.h"
#include "lib/feed/url.h"

struct scope *scope_top(struct reader *r)
{
    return &r->scopes[r->depth];
}

static struct str decoded_attr(struct reader *r, struct str raw)
{
    sbuf_clear(&r->decoded);
    xml_decode_attr(&r->x, raw, &r->decoded);
    return arena_str(r->arena, str_trim(sbuf_str(&r->decoded)));
}

/* "en_US", the name of a locale, as a language tag; other spellings stay as they are. */
static void hyphenate(struct sbuf *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (!(b->p[i] >= '0' && b->p[i] <= '9') &&
            !((b->p[i] | 32) >= 'a' && (b->p[i] | 32) <= 'z') && b->p[i] != '_')
            return;
    for (size_t i = 0; i < b->n; i++)
        if (b->p[i] == '_')
            b->p[i] = '-';
}

struct str lang_value(struct reader *r, struct str written)
{
    sbuf_clear(&r->decoded);
    xml_decode_attr(&r->x, str_trim(written), &r->decoded);
    hyphenate(&r->decoded);
    return arena_str(r->arena, sbuf_str(&r->decoded));
}

static struct str local_part(struct str qname)
{
    size_t colon = str_find_char(qname, ':', 0);

    return colon == SIZE_MAX ? qname : str_slice(qname, colon + 1, qname.n);
}

struct str tag_attr(struct reader *r, struct str name)
{
    struct str rest = r->x.attrs, key, value;

    while (xml_attr(&rest, &key, &value))
        if (str_eq_nocase(local_part(key), name))
            return decoded_attr(r, value);
    return STR_NONE;
}

static void bind(struct reader *r, struct str prefix, struct str uri)
{
    enum vocab_ns ns = vocab_ns_of_uri(uri);

    if (ns == NS_OTHER && prefix.n > 0) /* dc:title bound to a misspelt URI means dc:title */
        ns = vocab_ns_of_prefix(prefix);
    else if (ns == NS_OTHER && r->depth <= 2) /* an unknown dialect of rss, channel, item */
        ns = NS_PLAIN;
    if (r->n_bindings < BINDINGS_MAX)
        r->bindings[r->n_bindings++] = (struct binding){prefix, ns};
    r->era++;
}

void scope_unbind(struct reader *r, size_t n)
{
    if (r->n_bindings == n)
        return;
    r->n_bindings = n;
    r->era++;
}

static void apply_attrs(struct reader *r, struct scope *s)
{
    struct str rest = r->x.attrs, key, value;

    while (xml_attr(&rest, &key, &value)) {
        if (str_starts(key, STR("xmlns:"))) {
            bind(r, str_slice(key, 6, key.n), value);
        } else if (str_eq(key, STR("xmlns"))) {
            bind(r, STR(""), value);
        } else if (str_eq_nocase(key, STR("xml:lang")) || str_eq_nocase(key, STR("lang"))) {
            s->lang = lang_value(r, value);
            s->lang_from = LANG_OWN;
        } else if (str_eq_nocase(key, STR("xml:base")) || str_eq_nocase(key, STR("base"))) {
            struct str base = url_resolve(s->base, decoded_attr(r, value), r->arena);

            if (base.n && base.n <= URL_CLEAN_MAX) /* "" means the base itself (RFC 3986, 4.4) */
                s->base = base;
        }
    }
}

static enum vocab_ns ns_of(struct reader *r, struct str prefix)
{
    for (size_t i = r->n_bindings; i-- > 0;)
        if (str_eq(r->bindings[i].prefix, prefix))
            return r->bindings[i].ns;
    return prefix.n ? vocab_ns_of_prefix(prefix) : NS_PLAIN;
}

/* What the current tag's name means, from the cache when it can. */
static const struct known_name *look_up(struct reader *r)
{
    struct str q = r->x.name;
    size_t hash = q.n * 7 + (unsigned char)q.p[0] * 3 + (unsigned char)q.p[q.n / 2] * 5 +
                  (unsigned char)q.p[q.n - 1];
    struct known_name *k = &r->names[hash % NAME_SLOTS];

    if (k->era == r->era && str_eq(k->qname, q))
        return k;
    size_t colon = str_find_char(q, ':', 0);
    struct str prefix = str_slice(q, 0, colon == SIZE_MAX ? 0 : colon);

    k->qname = q;
    k->era = r->era;
    k->ns = ns_of(r, prefix);
    k->el = vocab_element(k->ns, local_part(q));
    return k;
}

struct scope scope_of_tag(struct reader *r, enum vocab_ns *ret_ns)
{
    struct scope s = *scope_top(r);

    s.qname = r->x.name;
    s.inner = r->x.at;
    s.lang_from = LANG_INHERITED;
    if (r->x.attrs.n > 0)
        apply_attrs(r, &s);
    s.n_bindings = r->n_bindings;
    const struct known_name *name = look_up(r);

    *ret_ns = name->ns;
    s.el = name->el;
    return s;
}
