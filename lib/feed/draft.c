#include "lib/base/arena.h"
#include "lib/feed/date.h"
#include "lib/feed/person.h"
#include "lib/feed/reader.h"
#include "lib/feed/url.h"

void draft_init(struct draft *d, const struct scope *s)
{
    *d = (struct draft){.published_ms = CLOCK_NONE, .updated_ms = CLOCK_NONE};
    d->lang_scope = s->lang;
    if (s->lang_from == LANG_OWN)
        d->lang_own = s->lang;
}

/* The first of a slot stays, unless it was empty. */
void draft_text(struct draft *d, enum text_slot slot, struct construct c)
{
    if (str_trim(d->texts[slot].raw).n == 0)
        d->texts[slot] = c;
}

void draft_author(struct draft *d, enum author_slot slot, struct str name)
{
    if (d->authors[slot].n == 0)
        d->authors[slot] = name;
}

void draft_link(struct draft *d, struct str url, int rank)
{
    if (url.n > 0 && rank > d->link_rank && !url_runs(url)) {
        d->link = url;
        d->link_rank = rank;
    }
}

void draft_refer(struct draft *d, struct str base, struct str ref, int rank, struct arena *arena)
{
    if (rank > d->link_rank)
        draft_link(d, url_resolve(base, ref, arena), rank);
}

void draft_guid(struct draft *d, struct str guid, int rank)
{
    if (guid.n > 0 && rank > d->guid_rank) {
        d->guid = guid;
        d->guid_rank = rank;
    }
}

static void set_time(struct draft *d, struct str text, int rank, int64_t *at_ms, int *at_rank)
{
    struct date date;

    if (rank <= *at_rank || !date_parse(text, &date))
        return;
    *at_ms = date.at_ms;
    *at_rank = rank;
    d->no_zone |= date.no_zone;
}

void draft_published(struct draft *d, struct str text, int rank)
{
    set_time(d, text, rank, &d->published_ms, &d->published_rank);
}

void draft_updated(struct draft *d, struct str text, int rank)
{
    set_time(d, text, rank, &d->updated_ms, &d->updated_rank);
}

/* A name is worth more than an address, whichever element it came from. */
struct str draft_pick_author(const struct draft *d)
{
    struct str address = STR_NONE;

    for (int i = 0; i < BY_COUNT; i++) {
        struct str name = d->authors[i];

        if (name.n == 0)
            continue;
        if (str_find_char(name, '@', 1) == SIZE_MAX || str_find_char(name, ' ', 0) != SIZE_MAX)
            return name;
        if (address.n == 0)
            address = name;
    }
    return address;
}

struct str draft_pick_text(struct reader *r, const struct draft *d, enum text_slot from,
                           enum text_slot to, enum text_slot *ret_slot)
{
    for (enum text_slot slot = from; slot <= to; slot++) {
        struct str text = construct_text(r, &d->texts[slot]);

        *ret_slot = slot;
        if (text.n > 0)
            return text;
    }
    *ret_slot = from;
    return STR_NONE;
}

/* The language said nearest to the text, or to the title of an item without text. */
static struct str item_lang(const struct draft *d, enum text_slot nearest, enum text_slot title)
{
    const struct str choices[] = {d->texts[nearest].lang, d->lang_own, d->lang_dc,
                                  d->texts[title].lang, d->lang_scope};

    for (size_t i = 0; i < ARRAY_LEN(choices); i++)
        if (choices[i].p)
            return choices[i];
    return STR_NONE;
}

static struct str item_url(const struct draft *d)
{
    enum { RANK_BELOW_GUID = 80 };

    if (d->guid_rank > 0 && d->guid_link != GUID_NO_LINK && d->link_rank < RANK_BELOW_GUID &&
        url_web(d->guid))
        return d->guid;
    return d->link;
}

bool draft_empty(const struct draft *d)
{
    for (enum text_slot slot = 0; slot < SLOT_COUNT; slot++)
        if (d->texts[slot].raw.n > 0)
            return false;
    return d->link.n == 0 && d->guid.n == 0 && d->published_ms == CLOCK_NONE &&
           d->updated_ms == CLOCK_NONE;
}

struct feed_item draft_item(struct reader *r)
{
    struct draft *d = &r->item_draft;
    struct feed_item item = {.mention = MENTION_INIT, .n_comments = d->n_comments};
    struct mention *m = &item.mention;
    enum text_slot text, title;

    m->title = draft_pick_text(r, d, SLOT_TITLE, SLOT_TITLE_ALT, &title);
    m->text = draft_pick_text(r, d, SLOT_CONTENT, SLOT_SUBTITLE, &text);
    m->url = item_url(d);
    m->author = draft_pick_author(d);
    m->lang = item_lang(d, m->text.n ? text : title, title);
    m->source = d->source_title;
    m->reply_to = d->reply_to;
    m->published_ms = d->published_ms;
    m->updated_ms = d->updated_ms;
    item.guid = d->guid;
    item.dates_no_zone = d->no_zone;
    return item;
}

void draft_feed(struct reader *r)
{
    struct draft *d = &r->feed_draft;
    struct feed *f = r->feed;
    enum text_slot title, text;

    f->title = draft_pick_text(r, d, SLOT_TITLE, SLOT_TITLE_ALT, &title);
    f->text = draft_pick_text(r, d, SLOT_CONTENT, SLOT_SUBTITLE, &text);
    f->url = d->link;
    f->author = draft_pick_author(d);
    f->lang = d->lang_dc.n             ? d->lang_dc
              : d->lang_scope.p        ? d->lang_scope
              : d->texts[title].lang.n ? d->texts[title].lang
                                       : d->texts[text].lang;
    f->id = d->guid;
    f->updated_ms = d->updated_ms != CLOCK_NONE ? d->updated_ms : d->published_ms;
}
