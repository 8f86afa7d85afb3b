#include "lib/feed/vocab.h"

struct known_ns {
    const char *head; /* lower case beginning of the URI, without scheme and "www." */
    enum vocab_ns ns;
};

static const struct known_ns uris[] = {
    {"w3.org/2005/atom", NS_ATOM},
    {"purl.org/atom", NS_ATOM},
    {"example.com/newformat", NS_ATOM},
    {"example.com/necho", NS_ATOM},
    {"purl.org/echo", NS_ATOM},
    {"uri/of/echo/namespace", NS_ATOM},
    {"purl.org/pie", NS_ATOM},
    {"intertwingly.net/blog/1506", NS_ATOM},
    {"purl.org/rss/1.0/modules/rss091", NS_PLAIN},
    {"purl.org/rss/1.0/modules/content", NS_CONTENT},
    {"purl.org/rss/1.0/modules/slash", NS_SLASH},
    {"purl.org/rss/1.0/modules/syndication", NS_SY},
    {"purl.org/rss/1.0/modules", NS_OTHER},
    {"purl.org/rss", NS_PLAIN},
    {"purl.org/net/rss", NS_PLAIN},
    {"my.netscape.com/rdf", NS_PLAIN},
    {"channel.netscape.com/rdf", NS_PLAIN},
    {"backend.userland.com", NS_PLAIN},
    {"blogs.law.harvard.edu/tech/rss", NS_PLAIN},
    {"cyber.law.harvard.edu/rss", NS_PLAIN},
    {"rssboard.org", NS_PLAIN},
    {"w3.org/1999/02/22-rdf-syntax-ns", NS_RDF},
    {"purl.org/dc/elements", NS_DC},
    {"purl.org/dc/terms", NS_DCTERMS},
    {"purl.org/dc", NS_DC},
    {"w3.org/1999/xhtml", NS_XHTML},
    {"purl.org/syndication/thread", NS_THR},
    {"search.yahoo.com/mrss", NS_MEDIA},
    {"video.search.yahoo.com/mrss", NS_MEDIA},
    {"itunes.com/dtds/podcast", NS_ITUNES},
    {"example.com/dtds/podcast", NS_ITUNES},
    {"google.com/schemas/play-podcasts", NS_ITUNES},
    {"rssnamespace.org/feedburner", NS_BURNER},
    {"pheedo.com/namespace/pheedo", NS_BURNER},
};

static const struct {
    const char *prefix;
    enum vocab_ns ns;
} prefixes[] = {
    {"atom", NS_ATOM},   {"a10", NS_ATOM},          {"rdf", NS_RDF},
    {"dc", NS_DC},       {"dcterms", NS_DCTERMS},   {"content", NS_CONTENT},
    {"xhtml", NS_XHTML}, {"slash", NS_SLASH},       {"thr", NS_THR},
    {"media", NS_MEDIA}, {"itunes", NS_ITUNES},     {"googleplay", NS_ITUNES},
    {"sy", NS_SY},       {"feedburner", NS_BURNER}, {"pheedo", NS_BURNER},
    {"rss", NS_PLAIN},   {"atom10", NS_ATOM},       {"atom03", NS_ATOM},
    {"html", NS_XHTML},  {"body", NS_XHTML},
};

enum vocab_ns vocab_ns_of_uri(struct str uri)
{
    uri = str_trim(uri);
    if (uri.n == 0)
        return NS_PLAIN;
    if (str_starts_nocase(uri, STR("http://")))
        uri = str_slice(uri, 7, uri.n);
    else if (str_starts_nocase(uri, STR("https://")))
        uri = str_slice(uri, 8, uri.n);
    if (str_starts_nocase(uri, STR("www.")))
        uri = str_slice(uri, 4, uri.n);
    for (size_t i = 0; i < ARRAY_LEN(uris); i++)
        if (str_starts_nocase(uri, str_of(uris[i].head)))
            return uris[i].ns;
    return NS_OTHER;
}

enum vocab_ns vocab_ns_of_prefix(struct str prefix)
{
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (str_eq_nocase(prefix, str_of(prefixes[i].prefix)))
            return prefixes[i].ns;
    return NS_OTHER;
}

struct word {
    const char name[18];
    unsigned char n, ns, el;
};

/* The core is written once under NS_PLAIN. */
#define W(ns, name, el)                                                                            \
    {                                                                                              \
        name, sizeof(name) - 1, ns, el                                                             \
    }
static const struct word words[] = {
    W(NS_PLAIN, "item", EL_ITEM),
    W(NS_PLAIN, "title", EL_TITLE),
    W(NS_PLAIN, "link", EL_LINK),
    W(NS_PLAIN, "description", EL_SUMMARY),
    W(NS_PLAIN, "pubdate", EL_PUBLISHED),
    W(NS_PLAIN, "guid", EL_GUID),
    W(NS_PLAIN, "category", EL_NOTED),
    W(NS_PLAIN, "author", EL_AUTHOR),
    W(NS_PLAIN, "entry", EL_ITEM),
    W(NS_PLAIN, "id", EL_ID),
    W(NS_PLAIN, "updated", EL_UPDATED),
    W(NS_PLAIN, "published", EL_PUBLISHED),
    W(NS_PLAIN, "content", EL_CONTENT),
    W(NS_PLAIN, "summary", EL_SUMMARY),
    W(NS_PLAIN, "name", EL_NAME),
    W(NS_PLAIN, "uri", EL_PERSON_URI),
    W(NS_PLAIN, "url", EL_PERSON_URI),
    W(NS_PLAIN, "email", EL_EMAIL),
    W(NS_PLAIN, "comments", EL_NOTED),
    W(NS_PLAIN, "source", EL_SOURCE),
    W(NS_PLAIN, "enclosure", EL_ENCLOSURE),
    W(NS_PLAIN, "rss", EL_RSS),
    W(NS_PLAIN, "rdf", EL_RDF),
    W(NS_PLAIN, "feed", EL_FEED),
    W(NS_PLAIN, "channel", EL_CHANNEL),
    W(NS_PLAIN, "html", EL_HTML),
    W(NS_PLAIN, "image", EL_IMAGE),
    W(NS_PLAIN, "textinput", EL_IMAGE),
    W(NS_PLAIN, "skiphours", EL_SKIP_HOURS),
    W(NS_PLAIN, "skipdays", EL_SKIP_DAYS),
    W(NS_PLAIN, "hour", EL_HOUR),
    W(NS_PLAIN, "day", EL_DAY),
    W(NS_PLAIN, "subtitle", EL_SUMMARY),
    W(NS_PLAIN, "tagline", EL_SUMMARY),
    W(NS_PLAIN, "abstract", EL_SUMMARY),
    W(NS_PLAIN, "fullitem", EL_CONTENT),
    W(NS_PLAIN, "body", EL_BODY),
    W(NS_PLAIN, "issued", EL_PUBLISHED),
    W(NS_PLAIN, "created", EL_PUBLISHED_ALT),
    W(NS_PLAIN, "modified", EL_UPDATED),
    W(NS_PLAIN, "date", EL_DATE),
    W(NS_PLAIN, "lastbuilddate", EL_BUILT),
    W(NS_PLAIN, "expirationdate", EL_NOTED),
    W(NS_PLAIN, "managingeditor", EL_EDITOR),
    W(NS_PLAIN, "webmaster", EL_OWNER),
    W(NS_PLAIN, "contributor", EL_OTHER_PERSON),
    W(NS_PLAIN, "language", EL_LANGUAGE),
    W(NS_PLAIN, "ttl", EL_TTL),
    W(NS_PLAIN, "a", EL_ANCHOR),
    W(NS_PLAIN, "copyright", EL_NOTED),
    W(NS_PLAIN, "rights", EL_NOTED),
    W(NS_PLAIN, "generator", EL_NOTED),
    W(NS_PLAIN, "docs", EL_NOTED),
    W(NS_PLAIN, "info", EL_NOTED),
    W(NS_PLAIN, "logo", EL_NOTED),
    W(NS_PLAIN, "icon", EL_NOTED),
    W(NS_DC, "title", EL_TITLE_ALT),
    W(NS_DC, "creator", EL_CREATOR),
    W(NS_DC, "author", EL_CREATOR),
    W(NS_DC, "publisher", EL_AUTHOR_ALT),
    W(NS_DC, "date", EL_DATE),
    W(NS_DC, "language", EL_LANGUAGE),
    W(NS_DC, "description", EL_SUMMARY_ALT),
    W(NS_DC, "identifier", EL_ID_ALT),
    W(NS_DC, "subject", EL_NOTED),
    W(NS_DC, "contributor", EL_OTHER_PERSON),
    W(NS_DCTERMS, "created", EL_PUBLISHED_ALT),
    W(NS_DCTERMS, "issued", EL_PUBLISHED),
    W(NS_DCTERMS, "date", EL_DATE),
    W(NS_DCTERMS, "available", EL_PUBLISHED_ALT),
    W(NS_DCTERMS, "modified", EL_UPDATED),
    W(NS_DCTERMS, "title", EL_TITLE_ALT),
    W(NS_DCTERMS, "creator", EL_CREATOR),
    W(NS_DCTERMS, "language", EL_LANGUAGE),
    W(NS_DCTERMS, "abstract", EL_SUMMARY_ALT),
    W(NS_DCTERMS, "description", EL_SUMMARY_ALT),
    W(NS_CONTENT, "encoded", EL_CONTENT),
    W(NS_CONTENT, "items", EL_GROUP),
    W(NS_CONTENT, "item", EL_GROUP),
    W(NS_XHTML, "body", EL_BODY),
    W(NS_XHTML, "div", EL_BODY),
    W(NS_XHTML, "html", EL_HTML),
    W(NS_RDF, "rdf", EL_RDF),
    W(NS_RDF, "bag", EL_GROUP),
    W(NS_RDF, "li", EL_GROUP),
    W(NS_RDF, "value", EL_CONTENT),
    W(NS_SLASH, "comments", EL_COMMENTS),
    W(NS_THR, "in-reply-to", EL_REPLY_TO),
    W(NS_THR, "total", EL_COMMENTS),
    W(NS_MEDIA, "group", EL_GROUP),
    W(NS_MEDIA, "content", EL_GROUP),
    W(NS_MEDIA, "title", EL_TITLE_ALT),
    W(NS_MEDIA, "description", EL_SUMMARY_ALT),
    W(NS_MEDIA, "credit", EL_AUTHOR_ALT),
    W(NS_ITUNES, "author", EL_AUTHOR_ALT),
    W(NS_ITUNES, "summary", EL_SUMMARY_ALT),
    W(NS_ITUNES, "description", EL_SUMMARY_ALT),
    W(NS_ITUNES, "subtitle", EL_SUBTITLE),
    W(NS_ITUNES, "title", EL_TITLE_ALT),
    W(NS_ITUNES, "owner", EL_OWNER),
    W(NS_ITUNES, "name", EL_NAME),
    W(NS_ITUNES, "email", EL_EMAIL),
    W(NS_SY, "updateperiod", EL_PERIOD),
    W(NS_SY, "updatefrequency", EL_FREQUENCY),
    W(NS_BURNER, "origlink", EL_ORIG_LINK),
};

enum vocab vocab_element(enum vocab_ns ns, struct str local)
{
    if (ns == NS_ATOM)
        ns = NS_PLAIN;
    for (size_t i = 0; i < ARRAY_LEN(words) && local.n; i++) {
        const struct word *w = &words[i];

        if (w->n == local.n && w->ns == ns && (local.p[0] | 32) == w->name[0] &&
            str_eq_nocase(local, str_make(w->name, w->n)))
            return w->el;
    }
    return EL_UNKNOWN;
}
