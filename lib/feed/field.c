#include "lib/feed/reader.h"
#include "lib/feed/url.h"

/* What each element does to the draft it stands in. */

struct draft *draft_here(struct reader *r)
{
    switch (scope_top(r)->place) {
    case PLACE_ITEM:
        return &r->item_draft;
    case PLACE_SOURCE:
        return &r->source_draft;
    default:
        return &r->feed_draft;
    }
}

static struct str field_value(struct reader *r, const struct scope *s)
{
    struct construct c = construct_capture(r, s);

    return construct_value(r, &c);
}

static bool mentions_word(struct str list, struct str word)
{
    struct str piece;

    for (struct str rest = list; str_split(&rest, ' ', &piece);) {
        size_t i = piece.n; /* also "http://www.iana.org/assignments/relation/alternate" */

        while (i > 0 && piece.p[i - 1] != '/' && piece.p[i - 1] != '#')
            i--;
        if (str_eq_nocase(str_slice(piece, i, piece.n), word))
            return true;
    }
    return false;
}

static int link_rank(struct str rel, struct str type)
{
    if (rel.n == 0 || mentions_word(rel, STR("alternate"))) {
        bool page = type.n == 0 || str_find(type, STR("html"), 0) != SIZE_MAX;

        return page ? 95 : 90;
    }
    return mentions_word(rel, STR("canonical"))   ? 85
           : mentions_word(rel, STR("related"))   ? 40
           : mentions_word(rel, STR("via"))       ? 30
           : mentions_word(rel, STR("self"))      ? 20
           : mentions_word(rel, STR("enclosure")) ? 10
                                                  : 0;
}

static void feed_link(struct feed *f, struct str rel, struct str url)
{
    if (mentions_word(rel, STR("self")))
        f->self_url = url;
    else if (mentions_word(rel, STR("hub")) && f->hub_url.n == 0)
        f->hub_url = url;
    else if (mentions_word(rel, STR("next")) || mentions_word(rel, STR("prev-archive")))
        f->next_url = url;
}

/* Atom's link has its URL in an attribute, RSS's in its text. */
static void link_field(struct reader *r, const struct scope *s, struct draft *d)
{
    struct str href = tag_attr(r, STR("href")), rel = tag_attr(r, STR("rel"));
    int rank = link_rank(rel, tag_attr(r, STR("type")));
    bool of_feed = scope_top(r)->place == PLACE_FEED;
    struct str text = field_value(r, s);

    if (text.n > 0 && href.n == 0) {
        draft_refer(d, s->base, text, 100, r->arena);
        return;
    }
    if (of_feed)
        feed_link(r->feed, rel, url_resolve(s->base, href, r->arena));
    if (!of_feed || rank >= 85)
        draft_refer(d, s->base, href, rank, r->arena);
}

static void guid_field(struct reader *r, const struct scope *s, struct draft *d)
{
    struct str permalink = tag_attr(r, STR("ispermalink"));

    d->guid_link = str_eq_nocase(permalink, STR("false")) ? GUID_NO_LINK
                   : permalink.n > 0                      ? GUID_IS_LINK
                                                          : GUID_LINK_UNSAID;
    draft_guid(d, field_value(r, s), 4);
}

static void reply_field(struct reader *r, const struct scope *s, struct draft *d)
{
    struct str ref = tag_attr(r, STR("ref")), href = tag_attr(r, STR("href"));

    if (d->reply_to.n == 0)
        d->reply_to = ref.n ? ref : url_resolve(s->base, href, r->arena);
    (void)construct_capture(r, s); /* its content is nothing */
}

/* The text of one element. In Atom, content may be a foreign document, whose
 * elements are nobody's fields, or stand elsewhere; early CDF wrote its texts as
 * attributes. */
static struct construct text_of(struct reader *r, const struct scope *s, enum vocab_ns ns,
                                struct draft *d)
{
    bool atom = ns == NS_ATOM || (ns == NS_PLAIN && r->feed->format == FEED_ATOM);
    bool typed = atom || (ns == NS_MEDIA && tag_attr(r, STR("type")).n > 0);
    enum text_kind kind = typed ? construct_kind(r) : TEXT_HTML;
    bool content = atom && s->el == EL_CONTENT;
    struct str src = content ? tag_attr(r, STR("src")) : STR_NONE;
    struct str early = r->feed->format == FEED_CDF ? tag_attr(r, STR("value")) : STR_NONE;
    struct scope inside = *s;

    if (content && str_ends(tag_attr(r, STR("type")), STR("xml")))
        inside.el = EL_BODY;
    struct construct c = construct_capture(r, &inside);

    if (c.kind != TEXT_XHTML)
        c.kind = kind;
    if (src.n > 0)
        draft_refer(d, s->base, src, 35, r->arena);
    if (c.raw.n == 0 && early.n > 0) {
        c.raw = early;
        c.raw_is = RAW_VERBATIM;
    }
    return c;
}

static void text_field(struct reader *r, const struct scope *s, enum vocab_ns ns, struct draft *d)
{
    static const enum text_slot slots[] = {
        [EL_TITLE] = SLOT_TITLE,       [EL_TITLE_ALT] = SLOT_TITLE_ALT,
        [EL_CONTENT] = SLOT_CONTENT,   [EL_BODY] = SLOT_BODY,
        [EL_SUMMARY] = SLOT_SUMMARY,   [EL_SUMMARY_ALT] = SLOT_SUMMARY_ALT,
        [EL_SUBTITLE] = SLOT_SUBTITLE,
    };

    draft_text(d, slots[s->el], text_of(r, s, ns, d));
}

static void number_field(struct reader *r, const struct scope *s, struct draft *d)
{
    int64_t n;

    if (!str_to_i64(field_value(r, s), &n) || n < 0 || n > 1000000000)
        return;
    if (s->el == EL_COMMENTS)
        d->n_comments = (unsigned)n;
    else if (s->el == EL_TTL)
        r->feed->ttl_s = n * 60;
    else if (n > 0)
        r->frequency = n;
}

static void period_field(struct reader *r, const struct scope *s)
{
    static const struct {
        struct str name;
        int64_t seconds;
    } periods[] = {
        {STR("hourly"), 3600},     {STR("daily"), 86400},     {STR("weekly"), 604800},
        {STR("monthly"), 2592000}, {STR("yearly"), 31536000},
    };
    struct str name = field_value(r, s);

    for (size_t i = 0; i < ARRAY_LEN(periods); i++)
        if (str_eq_nocase(name, periods[i].name))
            r->period_s = periods[i].seconds;
}

static int time_rank(const struct scope *s, enum vocab_ns ns)
{
    switch (s->el) {
    case EL_PUBLISHED:
        return ns == NS_DCTERMS ? 3 : 4;
    case EL_UPDATED:
        return ns == NS_DCTERMS ? 2 : 4;
    case EL_BUILT:
        return 3;
    default:
        return ns == NS_PLAIN || ns == NS_ATOM ? 1 : 2; /* created is older than issued */
    }
}

/* dc:date is the latest of an item's dates, and often the only one. */
static void date_field(struct reader *r, const struct scope *s, struct draft *d)
{
    struct str text = field_value(r, s);

    draft_published(d, text, 2);
    draft_updated(d, text, 1);
}

/* The first one that says something; an empty element says nothing. */
static void language_field(struct reader *r, const struct scope *s, struct draft *d)
{
    struct str lang = lang_value(r, field_value(r, s));

    if (!d->lang_dc.p && lang.n > 0)
        d->lang_dc = lang;
}

static bool simple_field(struct reader *r, const struct scope *s, enum vocab_ns ns, struct draft *d)
{
    switch (s->el) {
    case EL_PUBLISHED:
    case EL_PUBLISHED_ALT:
        draft_published(d, field_value(r, s), time_rank(s, ns));
        return true;
    case EL_UPDATED:
    case EL_BUILT:
        draft_updated(d, field_value(r, s), time_rank(s, ns));
        return true;
    case EL_ID:
        draft_guid(d, field_value(r, s), 3);
        return true;
    case EL_ID_ALT:
        draft_guid(d, field_value(r, s), 1);
        return true;
    case EL_ORIG_LINK:
        draft_refer(d, s->base, field_value(r, s), 110, r->arena);
        return true;
    case EL_LANGUAGE:
        language_field(r, s, d);
        return true;
    case EL_DATE:
        date_field(r, s, d);
        return true;
    default:
        return false;
    }
}

bool field_read(struct reader *r, const struct scope *s, enum vocab_ns ns)
{
    struct draft *d = draft_here(r);

    switch (s->el) {
    case EL_TITLE:
    case EL_TITLE_ALT:
    case EL_CONTENT:
    case EL_BODY:
    case EL_SUMMARY:
    case EL_SUMMARY_ALT:
    case EL_SUBTITLE:
        text_field(r, s, ns, d);
        return true;
    case EL_LINK:
        link_field(r, s, d);
        return true;
    case EL_GUID:
        guid_field(r, s, d);
        return true;
    case EL_REPLY_TO:
        reply_field(r, s, d);
        return true;
    case EL_NOTED:
        (void)construct_capture(r, s); /* of no use */
        return true;
    case EL_ENCLOSURE:
        draft_refer(d, s->base, tag_attr(r, STR("url")), 10, r->arena);
        (void)construct_capture(r, s); /* empty by definition */
        return true;
    case EL_ANCHOR:
        draft_refer(d, s->base, tag_attr(r, STR("href")), 105, r->arena);
        return false;
    case EL_COMMENTS:
    case EL_TTL:
    case EL_FREQUENCY:
        number_field(r, s, d);
        return true;
    case EL_PERIOD:
        period_field(r, s);
        return true;
    default:
        return simple_field(r, s, ns, d);
    }
}

void field_person(struct reader *r, const struct scope *s)
{
    int rank = s->el == EL_NAME ? 3 : s->el == EL_EMAIL ? 2 : 1;
    struct str text = field_value(r, s);

    if (text.n > 0 && rank > r->person_rank) {
        r->person = text;
        r->person_rank = rank;
    }
}

void field_skip(struct reader *r, const struct scope *s)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    struct str text = field_value(r, s);
    int64_t hour;

    if (s->el == EL_HOUR && str_to_i64(text, &hour) && hour >= 0 && hour <= 24)
        r->feed->skip_hours |= BIT(hour % 24);
    for (unsigned i = 0; s->el == EL_DAY && i < ARRAY_LEN(days); i++)
        if (str_starts_nocase(text, str_of(days[i])))
            r->feed->skip_days |= (uint8_t)BIT(i);
}
