#pragma once

/* imap - commands to one IMAP server, one at a time (RFC 9051, 3501).
 *
 * libcurl connects, checks the certificate, upgrades to TLS and logs in with what the
 * server offers; then the commands are ours, since libcurl's own mark mails as read
 * (it knows SELECT and BODY[], not EXAMINE and BODY.PEEK[]). imaps:// is TLS from the
 * start, imap:// must upgrade (STARTTLS) or fails: no password goes out in clear.
 *
 * Bounds: time to log in, time to answer, IMAP_LINE_MAX, IMAP_LITERAL_MAX. */

#include "daemon/net/guard.h"
#include "lib/base/str.h"

struct imap;
struct loop;
struct multi;

enum { IMAP_LINE_MAX = 4 << 20, IMAP_LITERAL_MAX = 1 << 20 };

struct imap_login {
    struct str url; /* its path is not looked at */
    struct str user, password, ca_file;
    enum guard_network network;
    int64_t connect_ms, reply_ms;
};

struct imap_reader {
    void (*ready)(void *arg); /* logged in */
    /* An untagged response; of its literals the last, and "{123}" where they were. */
    void (*response)(void *arg, struct str line, struct str literal);
    /* The command is over, `ok` or with what the server said. */
    void (*completed)(void *arg, bool ok, struct str text);
    /* Once; only imap_close may follow, later. `why` is one word. */
    void (*ended)(void *arg, const char *why, struct str detail);
    void *arg;
};

/* The login is read during the call only. */
struct imap *imap_open(struct loop *loop, struct multi *multi, const struct imap_login *login,
                       const struct imap_reader *reader);
/* `command` without tag and line end; none may be under way. */
void imap_command(struct imap *i, struct str command);
/* From anywhere, callbacks included; NULL is fine. */
void imap_close(struct imap *i);

/* The mailbox that a URL names: its path, decoded; INBOX without. Return 0, or -EINVAL when it
 * is no URL or names one that cannot be sent (control bytes, beyond ASCII). */
int imap_mailbox(struct str url, struct sbuf *ret) MUST_CHECK;
