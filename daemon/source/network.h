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

/* 0, or a negative errno when the credential cannot be read, or an enum connector_error.
 * All of *ret lives in `arena`, the secret too. */
int network_request(const struct config_source *source, const struct store_source *state,
                    int64_t now_ms, struct arena *arena, struct connector_request *ret) MUST_CHECK;
/* A sentence for what network_request returned. */
const char *network_trouble(int result);
/* reading_make for sources of kind api. */
struct reading network_read(const struct reading_input *in);
