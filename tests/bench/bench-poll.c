/* bench-poll - polls a second and core, beside the floor: a bare curl_multi loop.
 *
 *     bench-poll COUACD SHARE [SECONDS] [SOURCES] [CONNECTIONS]
 *
 * One child is a web server (epoll, keep-alive) that answers 304 to conditional
 * requests and a feed of ten posts to others. A second child is the floor: curl_multi
 * with 50 requests in flight, nothing done with the answers. Then the real couacd
 * polls SOURCES sources as fast as it can, 50 at once, with its SQLite state on
 * the disk. Both are counted by the server and divided by the CPU time they used;
 * the server's own time is not counted. Prints one line a measurement. */

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { IN_FLIGHT = 50, REQUEST_MAX = 8192, FDS_MAX = 20000, ITEMS = 10 };

struct counts {
    atomic_ulong not_modified, full;
};

static struct counts *counts; /* shared with the server */
static char feed[16384];
static int feed_n;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_feed(void)
{
    char items[12000] = "";
    size_t n = 0;

    for (int i = 0; i < ITEMS; i++)
        n += (size_t)snprintf(
            items + n, sizeof(items) - n,
            "<item><guid>%d</guid><title>Post %d</title><link>http://a.example/%d"
            "</link><description>A few words on what the shop did today, the "
            "weather, and parcels that came in time; number %d of ten.</description>"
            "<pubDate>Sat, 22 Nov 2025 09:14:05 GMT</pubDate></item>",
            i, i, i, i);
    feed_n = snprintf(feed, sizeof(feed),
                      "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: \"1\"\r\n"
                      "Content-Length: %zu\r\n\r\n<rss version=\"2.0\"><channel><title>t</title>%s"
                      "</channel></rss>",
                      n + strlen("<rss version=\"2.0\"><channel><title>t</title></channel></rss>"),
                      items);
}

/* --- the server ---------------------------------------------------------------- */

static char requests[FDS_MAX][REQUEST_MAX];
static size_t filled[FDS_MAX];

static void answer(int fd)
{
    static const char same[] = "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n";
    char *end;

    while ((end = memmem(requests[fd], filled[fd], "\r\n\r\n", 4))) {
        size_t n = (size_t)(end - requests[fd]) + 4;
        int conditional = memmem(requests[fd], n, "If-None-Match", 13) != NULL;
        ssize_t sent =
            conditional ? write(fd, same, sizeof(same) - 1) : write(fd, feed, (size_t)feed_n);

        if (sent > 0)
            atomic_fetch_add(conditional ? &counts->not_modified : &counts->full, 1);
        memmove(requests[fd], requests[fd] + n, filled[fd] - n);
        filled[fd] -= n;
    }
}

static void serve_one(int epoll, int fd)
{
    ssize_t n = read(fd, requests[fd] + filled[fd], REQUEST_MAX - filled[fd]);

    if (n <= 0) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
        close(fd);
        return;
    }
    filled[fd] += (size_t)n;
    answer(fd);
}

static void serve(int listener)
{
    struct epoll_event events[256], one = {.events = EPOLLIN, .data.fd = listener};
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &one);
    for (;;) {
        int n = epoll_wait(epoll, events, 256, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd != listener) {
                serve_one(epoll, events[i].data.fd);
                continue;
            }
            int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

            if (fd >= FDS_MAX) {
                close(fd);
            } else if (fd >= 0) {
                filled[fd] = 0;
                one.data.fd = fd;
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &one);
            }
        }
    }
}

/* --- the floor ----------------------------------------------------------------- */

static size_t swallow(char *bytes, size_t one, size_t n, void *arg)
{
    (void)bytes, (void)arg;
    return one * n;
}

static void again(CURLM *multi, CURL *easy, int port)
{
    static unsigned number;
    char url[100];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/s%u", port, number++ % 10000);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_multi_add_handle(multi, easy);
}

static void bare_loop(int port, double seconds)
{
    CURLM *multi = curl_multi_init();
    struct curl_slist *headers = curl_slist_append(NULL, "If-None-Match: \"1\"");
    double until = now_s() + seconds;
    int running, left;

    for (int i = 0; i < IN_FLIGHT; i++) {
        CURL *easy = curl_easy_init();

        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        again(multi, easy, port);
    }
    while (now_s() < until) {
        CURLMsg *message;

        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left))) {
            CURL *easy = message->easy_handle;

            curl_multi_remove_handle(multi, easy);
            again(multi, easy, port);
        }
        curl_multi_poll(multi, NULL, 0, 100, NULL);
    }
    _exit(0);
}

/* --- couacd -------------------------------------------------------------------- */

static void write_config(const char *folder, const char *share, int port, int sources)
{
    char path[300];
    FILE *f;

    snprintf(path, sizeof(path), "%s/rules", folder);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/state", folder);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/rules/rules.yaml", folder);
    f = fopen(path, "w");
    fputs("couac: 1\nowners: {logistics: {contact: a@b.example}}\npromises:\n  late:\n    says: In "
          "48 "
          "hours\n    owner: logistics\n    limit: at most 48 h\n    about: [parcel]\n    against: "
          "[<elapsed>]\n    examples: {alert: [waiting 6 days for my parcel], ignore: [nice]}\n",
          f);
    fclose(f);
    snprintf(path, sizeof(path), "%s/couac.yaml", folder);
    f = fopen(path, "w");
    fprintf(f, "couac: 1\nstate: state\nrules: rules\nshare: %s\nredis: {url: unix://%s/none}\n",
            share, folder);
    fprintf(f, "log: {format: logfmt, level: warn}\n");
    fprintf(f, "poll: {at_once: %d, per_host_private: %d, oldest: 3650 days}\nsources:\n",
            IN_FLIGHT, IN_FLIGHT);
    for (int i = 0; i < sources; i++)
        fprintf(f, "  s%d: {url: http://127.0.0.1:%d/s%d, network: private, every: 1 s}\n", i, port,
                i);
    fclose(f);
}

static double cpu_of(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (!f || !fgets(text, sizeof(text), f))
        exit(1);
    fclose(f);
    if (sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &system) != 2)
        exit(1);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static unsigned long served(void)
{
    return atomic_load(&counts->not_modified) + atomic_load(&counts->full);
}

/* Polls per second of CPU while `pid` works for `seconds`, after `fulls` whole answers. */
static double measure(pid_t pid, const char *name, unsigned long fulls, double seconds)
{
    while (atomic_load(&counts->full) < fulls)
        usleep(100000);
    sleep(1);
    unsigned long before = served(), same = atomic_load(&counts->not_modified);
    double cpu = cpu_of(pid), at = now_s();

    usleep((useconds_t)(seconds * 1e6));
    double polls = (double)(served() - before), used = cpu_of(pid) - cpu, took = now_s() - at;

    printf("%-12s %8.0f polls/s %6.1f%% of a core %8.0f polls/s/core (%.0f%% 304)\n", name,
           polls / took, 100 * used / took, polls / used,
           100.0 * (double)(atomic_load(&counts->not_modified) - same) / polls);
    fflush(stdout);
    return polls / used;
}

int main(int argc, char **argv)
{
    double seconds = argc > 3 ? atof(argv[3]) : 3;
    int sources = argc > 4 ? atoi(argv[4]) : 8000, one = 1, status;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char folder[] = "/tmp/bench-poll-XXXXXX", config[100], command[200];

    if (argc < 3 || !mkdtemp(folder))
        return 64;
    counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(listener, (struct sockaddr *)&address, n) || listen(listener, 4096) ||
        getsockname(listener, (struct sockaddr *)&address, &n))
        return 1;
    int port = ntohs(address.sin_port);

    make_feed();
    write_config(folder, argv[2], port, sources);
    pid_t server = fork();

    if (server == 0)
        serve(listener);
    pid_t bare = fork();

    if (bare == 0)
        bare_loop(port, seconds + 2);
    double floor = measure(bare, "bare curl", 0, seconds);

    waitpid(bare, &status, 0);
    pid_t couacd = fork();

    if (couacd == 0) {
        snprintf(config, sizeof(config), "%s/couac.yaml", folder);
        execl(argv[1], argv[1], "--config", config, (char *)NULL);
        _exit(127);
    }
    double ours = measure(couacd, "couacd", (unsigned long)sources, seconds);

    printf("ratio %.2f of the bare loop (polls per CPU second)\n", ours / floor);
    kill(couacd, SIGTERM);
    waitpid(couacd, &status, 0);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) || !WIFEXITED(status) || WEXITSTATUS(status);
}
