#pragma once

/* network - sources of kind api: a connector's requests and answers as polls.
 *
 * Beside reading.c, which does the same for feeds: what the source remembers and `now`
 * come in, a request or a batch goes out; no loop. The walk through the pages is in the
 * source's memo, so it is written in the same transaction as the posts it brought. A
 * poll asks for PAGES at most, one commit each; what is left is asked for at the next. */

#include "daemon/source/reading.h"
#include "lib/feed/connector.h"

enum { NETWORK_PAGES = 10 };

/* Asks for the page after `cursor`. All of *ret lives in `arena`, the secret too. */
enum connector_error network_request(const struct config_source *source,
                                     const struct connector_cursor *cursor, struct str secret,
                                     int64_t now_ms, struct arena *arena,
                                     struct connector_request *ret) MUST_CHECK;
/* Puts it into a transfer's request; `headers` (TRANSFER_HEADERS_MAX) must live as long. */
void network_ask(const struct config_source *source, const struct connector_request *api,
                 struct transfer_header *headers, struct transfer_request *ret);
struct connector_cursor network_cursor(const struct memo *memo);
void network_keep(const struct connector_cursor *cursor, struct memo *memo);
/* The response, as a connector reads it. */
struct connector_answer network_answer(const struct transfer_response *response, int64_t now_ms);
/* reading_make for sources of kind api. */
struct reading network_read(const struct reading_input *in);
