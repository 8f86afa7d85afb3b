#pragma once

/* config - couac.yaml, read and checked, immutable from then on.
 *
 *     couac: 1
 *     state: /var/lib/couac
 *     redis:
 *       url: redis://127.0.0.1:6379/0
 *     sources:
 *       press:
 *         url: https://news.example/acme.rss
 *         every: 15 min
 *
 * One table (config.c) says every key, type, unit, default, bound and meaning;
 * the reader, --print-defaults and the manual come from it. All slices live in
 * the config and are NUL-terminated. Durations are ms, sizes bytes. */

#include "lib/base/str.h"

struct arena;
struct connector;
struct connector_pair;
struct log_field;
struct diags;
struct map;

enum config_network { CONFIG_PUBLIC, CONFIG_PRIVATE };
enum config_about { CONFIG_ABOUT_ANYONE, CONFIG_ABOUT_US };
enum config_kind {
    CONFIG_FEED,
    CONFIG_PUSH,
    CONFIG_STREAM,
    CONFIG_REDIS,
    CONFIG_API,
    CONFIG_MAILBOX,
    CONFIG_WEBMENTION
};
enum config_proof { CONFIG_TOKEN, CONFIG_META, CONFIG_LINKEDIN };
enum config_websub { CONFIG_AUTO, CONFIG_NO };
enum config_privacy { CONFIG_PSEUDONYMOUS, CONFIG_NONE, CONFIG_CLEAR };

struct config_source {
    struct str id;
    int kind;                       /* enum config_kind */
    struct str url;                 /* all but CONFIG_PUSH, CONFIG_WEBMENTION; where a connector
                                       says what to ask, a name made of it and its variables, no
                                       address */
    struct str token_file;          /* CONFIG_PUSH, CONFIG_STREAM; others: the password */
    int64_t silence_ms;             /* CONFIG_STREAM */
    struct str list, stream, group; /* CONFIG_REDIS; one of the first two is set */
    struct str ca_file;             /* CONFIG_REDIS, CONFIG_MAILBOX; empty: the system's */
    int proof;                      /* CONFIG_PUSH: enum config_proof */
    struct str verify_file;         /* CONFIG_PUSH from Meta: its verify token */
    struct str user;                /* CONFIG_MAILBOX */
    struct str sites;               /* CONFIG_WEBMENTION: our hosts, "acme.example, acme.fr" */
    int websub;                     /* CONFIG_FEED: enum config_websub */
    struct str connector_name;      /* CONFIG_API, CONFIG_PUSH, CONFIG_STREAM; empty: none */
    struct connector *connector;    /* idem; NULL: none */
    struct connector_pair *with;    /* idem; what the file fills in */
    size_t n_with;
    struct str credential; /* of the connector: file or systemd credential; empty: none */
    int64_t every_ms;      /* 0: poll.interval, following the feed's rhythm */
    int about;             /* enum config_about */
    int network;           /* enum config_network */
    struct str lang;
};

struct config_poll {
    int64_t interval_ms, floor_ms, floor_blind_ms, floor_deaf_ms, slowest_ms;
    int64_t backoff_max_ms, retry_after_max_ms, validators_max_ms, oldest_ms, pushed_ms;
    int64_t at_once, per_host, per_host_private, host_gap_ms;
    int64_t connect_ms, headers_ms, stall_ms, total_ms;
    int64_t redirects, body_max, header_max, ratio_max, memory_max;
    struct str contact;
};

struct config_redis {
    struct str url, user, password_file, ca_file, cert_file, key_file, prefix;
    struct str sentinel_password_file;
    struct str sentinels, master, nodes; /* "host:port, host:port"; nodes of a Cluster */
    int64_t connect_ms, reply_ms;
    int64_t stream_max, queue_max;
    int queue; /* 0 no, 1 yes */
};

struct config {
    struct str file; /* where it was read from */
    struct str instance, producer, state, rules, share, sources_folder;
    struct config_redis redis;
    struct config_poll poll;
    struct str push_listen; /* empty: no listener */
    struct str push_public; /* where the world reaches it, no '/' at its end; empty: not */
    int64_t push_body_max;
    int privacy; /* enum config_privacy */
    struct str privacy_key_file;
    int64_t keep_sent_ms, keep_seen_ms, keep_alerts_ms, keep_ledger_ms;
    int log_level;                 /* enum log_level */
    int log_format;                /* enum log_format */
    struct config_source *sources; /* in the files' order; ids are unique; on the heap */
    size_t n_sources, sources_cap;
    struct map *connectors; /* name -> struct connector */
    struct str user_agent;  /* "couac/1.0 (+contact)" */
    struct arena *arena;    /* its own */
};

enum { CONFIG_SOURCE_ID_MAX = 64 };

/* Reads a file. NULL when anything is wrong, all of it in `diags` (a file that
 * cannot be opened too). */
struct config *config_load(const char *path, struct diags *diags);
/* The same from memory; `text` must outlive `diags`, not the config. */
struct config *config_parse(struct str file, struct str text, struct diags *diags);
void config_free(struct config *c); /* NULL is fine */
void config_freep(struct config **c);

/* A commented couac.yaml that says what is assumed; it parses as it is. */
void config_print_defaults(struct sbuf *out);

/* Keys whose values differ and that only a restart can change, joined by ", ";
 * empty: none. */
void config_needs_restart(const struct config *now, const struct config *next, struct sbuf *out);

/* Where a source is, as a log's "url": its address without secrets, or a connector's name. */
struct log_field config_where(const struct config_source *source);
