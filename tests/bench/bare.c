/* bare - the floor for the courier: hiredis' blocking client calling the same script.
 *
 *     bare SOCKET ROWS BYTES
 *
 * Pipelines COURIER_ROWS rows over a unix socket. No store, no event loop, no
 * guarantee: what is left is Redis itself. Prints rows per second. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <hiredis/hiredis.h>

#include "daemon/sink/courier.h"
#include "daemon/sink/parcel.h"
#include "daemon/sink/script.h"

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_row(struct parcel *parcel, uint64_t seq, const char *filler, int bytes)
{
    static char json[EVENT_BYTES_MAX];
    char id[32];
    struct desk_event e = {.seq = seq,
                           .type = STR("couac.alert.v1"),
                           .status = STR("open"),
                           .severity = STR("high"),
                           .promise = STR("delivery-48h"),
                           .owner = STR("logistics"),
                           .lang = STR("fr"),
                           .title = STR("feeder's row"),
                           .url = STR("https://example.org/1")};

    e.id = str_make(id, (size_t)snprintf(id, sizeof(id), "row-%" PRIu64, seq));
    e.json =
        str_make(json, (size_t)snprintf(json, sizeof(json), "{\"id\":\"%s\",\"text\":\"%.*s\"}", id,
                                        bytes, filler));
    if (!parcel_add(parcel, &e))
        exit(1);
}

static void append(redisContext *redis, struct parcel *parcel)
{
    const char *texts[PARCEL_ARGS];
    size_t lengths[PARCEL_ARGS];

    parcel_seal(parcel);
    for (size_t i = 0; i < parcel->argc; i++) {
        texts[i] = parcel->argv[i].n ? parcel->argv[i].p : "";
        lengths[i] = parcel->argv[i].n;
    }
    if (redisAppendCommandArgv(redis, (int)parcel->argc, texts, lengths) != REDIS_OK)
        exit(1);
}

static void take_reply(redisContext *redis)
{
    redisReply *reply = NULL;

    if (redisGetReply(redis, (void **)&reply) != REDIS_OK || reply->type == REDIS_REPLY_ERROR) {
        fprintf(stderr, "bare: %s\n", reply ? reply->str : redis->errstr);
        exit(1);
    }
    freeReplyObject(reply);
}

int main(int argc, char **argv)
{
    uint64_t rows = argc > 3 ? strtoull(argv[2], NULL, 10) : 0, calls = 0, replies = 0;
    int bytes = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
    redisContext *redis = argc > 3 ? redisConnectUnix(argv[1]) : NULL;
    char *filler = malloc((size_t)bytes + 1);
    struct parcel_form form;
    struct parcel parcel;
    redisReply *sha;
    double start;

    if (!redis || redis->err || !filler)
        return 1;
    memset(filler, 'x', (size_t)bytes + 1);
    sha = redisCommand(redis, "SCRIPT LOAD %s", script_append);
    if (!sha || sha->type != REDIS_REPLY_STRING)
        return 1;
    parcel_form(&form, STR("bare:"), 10000);
    form.field = STR("bare:12345678");
    form.sha = str_make(sha->str, sha->len);
    parcel_init(&parcel, &form);
    start = now_s();
    for (uint64_t seq = 0; seq < rows; calls++) {
        parcel_begin(&parcel, seq);
        for (int i = 0; i < PARCEL_ROWS && seq < rows; i++)
            add_row(&parcel, ++seq, filler, bytes);
        append(redis, &parcel);
        if (calls >= COURIER_ROWS / PARCEL_ROWS) {
            take_reply(redis);
            replies++;
        }
    }
    for (; replies < calls; replies++)
        take_reply(redis);
    printf("%.0f\n", (double)rows / (now_s() - start));
    parcel_done(&parcel);
    freeReplyObject(sha);
    redisFree(redis);
    free(filler);
    return 0;
}
