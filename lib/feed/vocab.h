#pragma once

/* vocab - the elements of XML feeds by namespace and name.
 *
 * RSS, Atom and CDF share one core vocabulary here, because real documents mix
 * them: what an element means depends on where it stands, not on the root.
 * Names are compared without case; a namespace is known by its URI in all the
 * spellings that circulate, and by its conventional prefix when a document uses
 * it without declaring it. */

#include "lib/base/str.h"

enum vocab_ns {
    NS_PLAIN, /* none, or one of the RSS namespaces, or CDF */
    NS_ATOM,
    NS_RDF,
    NS_DC,
    NS_DCTERMS,
    NS_CONTENT,
    NS_XHTML,
    NS_SLASH,
    NS_THR,
    NS_MEDIA,
    NS_ITUNES, /* googleplay too */
    NS_SY,
    NS_BURNER,
    NS_OTHER,
};

enum vocab {
    EL_UNKNOWN,
    /* containers */
    EL_RSS,
    EL_RDF,
    EL_FEED,
    EL_CHANNEL,
    EL_ITEM,
    EL_HTML,
    EL_GROUP, /* transparent: its children count as its parent's */
    EL_IMAGE, /* image, textInput: their titles and links are not the feed's */
    EL_SKIP_HOURS,
    EL_SKIP_DAYS,
    /* texts */
    EL_TITLE,
    EL_TITLE_ALT,
    EL_CONTENT,
    EL_BODY,
    EL_SUMMARY,
    EL_SUMMARY_ALT,
    EL_SUBTITLE,
    /* people */
    EL_AUTHOR,
    EL_CREATOR,
    EL_AUTHOR_ALT,
    EL_EDITOR,
    EL_OWNER,
    EL_OTHER_PERSON,
    EL_NAME,
    EL_EMAIL,
    EL_PERSON_URI,
    /* identity and place */
    EL_LINK,
    EL_ORIG_LINK,
    EL_GUID,
    EL_ID,
    EL_ID_ALT,
    EL_SOURCE,
    EL_REPLY_TO,
    EL_ENCLOSURE,
    EL_LANGUAGE,
    EL_ANCHOR, /* CDF: <A HREF> */
    /* times */
    EL_PUBLISHED,
    EL_PUBLISHED_ALT,
    EL_DATE, /* Dublin Core's: of the latest event */
    EL_UPDATED,
    EL_BUILT,
    /* numbers */
    EL_COMMENTS,
    EL_TTL,
    EL_PERIOD,
    EL_FREQUENCY,
    EL_HOUR,
    EL_DAY,
    EL_NOTED, /* a text of no use here; read, so that a lost end tag loses nothing else */
};

enum vocab_ns vocab_ns_of_uri(struct str uri);
/* NS_OTHER for a prefix without a convention. */
enum vocab_ns vocab_ns_of_prefix(struct str prefix);
enum vocab vocab_element(enum vocab_ns ns, struct str local);
