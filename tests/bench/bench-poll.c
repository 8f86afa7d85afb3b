/* bench-poll - polls a CPU second, beside the floor: a bare curl_multi loop.
 *
 *     bench-poll COUACD SHARE [SECONDS] [ROUNDS] [HOSTS] [CONNECTIONS] [WAY]
 *
 * A web server (a child of ours, epoll) answers 304 to conditional requests and a feed
 * of ten posts to others. Each client has a port of it, a *lane*: what is answered is
 * counted there, and a closed lane holds its answers back, so that its client waits
 * without using CPU. Hosts are addresses of 127.0.0.0/8: other connections, other entries
 * in curl's caches, other files in couacd's bookkeeping, as with names.
 *
 * The floor is curl_multi with 50 requests in flight and the options it has anyway,
 * nothing done with the answers. There are two: over as many hosts as couacd, which is the
 * same work, but curl walks all connections again and again; and on a single host, which
 * is less than couacd's work and the harder one to come near. couacd polls as fast as it can with
 * its SQLite state on the disk, in three ways:
 *
 *     hosts      50 at once over HOSTS hosts
 *     kept       50 at once over CONNECTIONS hosts, one connection kept open to each
 *     in flight  CONNECTIONS at once, each answered after a second or two
 *
 * A round measures all clients one after the other; the ratios of a round are couacd's
 * to each floor, and the medians of the rounds are printed. What is counted is what the
 * server answered over the CPU time of the client's process, all threads. A stall of the loop
 * is printed as it was, and without the time that couacd stood in the queue for a processor. */

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    IN_FLIGHT = 50,
    REQUEST_MAX = 4096,
    FDS_MAX = 20000,
    ITEMS = 10,
    ROUNDS_MAX = 100,
    HELD_MAX = 1 << 15, /* answers not given yet; more than connections */
    DELAY_MS = 1500,    /* "in flight": so many answers a second as couacd can take, and more */
    START_S = 300,
    PER_FILE = 5000,
    STALL_MS = 250, /* couacd logs those above */
};

enum lane { BARE_ONE, BARE_MANY, COUACD, LANES };

static const char *const lane_names[LANES] = {"bare loop, one host", "bare loop, as many hosts",
                                              "couacd"};

/* Shared with the server. */
struct lane_state {
    atomic_ulong same, full, open;
    atomic_bool closed;
    atomic_long delay_ms;
};

static struct lane_state *lanes;
static int ports[LANES];
static char feed[16384];
static int feed_n;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(bool fine, const char *what)
{
    if (fine)
        return;
    perror(what);
    exit(1); /* the children go with us */
}

/* --- the server ---------------------------------------------------------------- */

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

struct connection {
    enum lane lane;
    unsigned life; /* counts the connections that had this descriptor */
    size_t filled;
    char request[REQUEST_MAX];
};

struct held {
    int fd;
    unsigned life;
    bool conditional;
    double due_s;
};

static struct connection *connections;
static struct held queues[LANES][HELD_MAX];
static size_t queue_from[LANES], queue_to[LANES];

static void answer(int fd, bool conditional)
{
    static const char same[] = "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n";
    struct lane_state *lane = &lanes[connections[fd].lane];
    ssize_t sent =
        conditional ? write(fd, same, sizeof(same) - 1) : write(fd, feed, (size_t)feed_n);

    if (sent > 0)
        atomic_fetch_add(conditional ? &lane->same : &lane->full, 1);
}

static void answer_held(enum lane lane, double now)
{
    while (queue_from[lane] != queue_to[lane] && !atomic_load(&lanes[lane].closed)) {
        struct held *h = &queues[lane][queue_from[lane] % HELD_MAX];

        if (h->due_s > now)
            return;
        queue_from[lane]++;
        if (connections[h->fd].life == h->life)
            answer(h->fd, h->conditional);
    }
}

static void take_request(int fd, size_t n)
{
    struct connection *c = &connections[fd];
    bool conditional = memmem(c->request, n, "If-None-Match", 13);
    long delay_ms = atomic_load(&lanes[c->lane].delay_ms);

    if (delay_ms == 0 && !atomic_load(&lanes[c->lane].closed)) {
        answer(fd, conditional);
        return;
    }
    must(queue_to[c->lane] - queue_from[c->lane] < HELD_MAX, "too many answers held back");
    queues[c->lane][queue_to[c->lane]++ % HELD_MAX] =
        (struct held){fd, c->life, conditional, now_s() + (double)delay_ms / 1000};
}

static void hang_up(int fd)
{
    struct connection *c = &connections[fd];

    c->life++;
    atomic_fetch_sub(&lanes[c->lane].open, 1);
    close(fd);
}

static void read_requests(int fd)
{
    struct connection *c = &connections[fd];
    ssize_t got = read(fd, c->request + c->filled, REQUEST_MAX - c->filled);
    char *end;

    if (got <= 0) {
        hang_up(fd);
        return;
    }
    c->filled += (size_t)got;
    while ((end = memmem(c->request, c->filled, "\r\n\r\n", 4))) {
        size_t n = (size_t)(end - c->request) + 4;

        take_request(fd, n);
        memmove(c->request, c->request + n, c->filled - n);
        c->filled -= n;
    }
}

static void welcome(int epoll, int listener, enum lane lane)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        must(fd < FDS_MAX, "too many connections");
        connections[fd].lane = lane;
        connections[fd].filled = 0;
        atomic_fetch_add(&lanes[lane].open, 1);
        must(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd,
                        &(struct epoll_event){.events = EPOLLIN, .data.fd = fd}),
             "epoll");
    }
}

static void serve(const int *listeners)
{
    struct epoll_event events[256];
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    connections = calloc(FDS_MAX, sizeof(*connections));
    must(epoll >= 0 && connections, "server");
    for (int i = 0; i < LANES; i++)
        epoll_ctl(epoll, EPOLL_CTL_ADD, listeners[i],
                  &(struct epoll_event){.events = EPOLLIN, .data.fd = -1 - i});
    for (;;) {
        int n = epoll_wait(epoll, events, 256, 5);

        for (int i = 0; i < n; i++)
            if (events[i].data.fd < 0)
                welcome(epoll, listeners[-1 - events[i].data.fd],
                        (enum lane)(-1 - events[i].data.fd));
            else
                read_requests(events[i].data.fd);
        for (int lane = 0; lane < LANES; lane++)
            answer_held((enum lane)lane, now_s());
    }
}

static int listen_on(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t n = sizeof(address);

    must(fd >= 0 && !bind(fd, (struct sockaddr *)&address, n) && !listen(fd, 4096) &&
             !getsockname(fd, (struct sockaddr *)&address, &n),
         "listen");
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static pid_t start_server(void)
{
    int listeners[LANES];
    pid_t pid;

    for (int i = 0; i < LANES; i++)
        listeners[i] = listen_on(&ports[i]);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listeners);
    }
    must(pid > 0, "fork");
    for (int i = 0; i < LANES; i++)
        close(listeners[i]);
    return pid;
}

static void write_url(char *ret, size_t room, enum lane lane, int source, int hosts)
{
    int host = source % hosts;

    snprintf(ret, room, "http://127.%d.%d.%d:%d/s%d", 1 + host / 62500, host / 250 % 250,
             1 + host % 250, ports[lane], source);
}

/* --- the floor ----------------------------------------------------------------- */

static size_t swallow(char *bytes, size_t one, size_t n, void *arg)
{
    (void)bytes, (void)arg;
    return one * n;
}

static void again(CURLM *multi, CURL *easy, enum lane lane, int hosts)
{
    static int number;
    char url[100];

    write_url(url, sizeof(url), lane, number++ % 1000000, hosts);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_multi_add_handle(multi, easy);
}

static void bare_loop(enum lane lane, int hosts)
{
    CURLM *multi = curl_multi_init();
    struct curl_slist *headers = curl_slist_append(NULL, "If-None-Match: \"1\"");
    int running, left;

    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)hosts + IN_FLIGHT);
    for (int i = 0; i < IN_FLIGHT; i++) {
        CURL *easy = curl_easy_init();

        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        again(multi, easy, lane, hosts);
    }
    for (;;) {
        CURLMsg *message;

        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left))) {
            CURL *easy = message->easy_handle;

            must(message->data.result == CURLE_OK, curl_easy_strerror(message->data.result));
            curl_multi_remove_handle(multi, easy);
            again(multi, easy, lane, hosts);
        }
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

static pid_t start_bare(enum lane lane, int hosts)
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bare_loop(lane, hosts);
    }
    must(pid > 0, "fork");
    return pid;
}

/* --- couacd -------------------------------------------------------------------- */

struct way {
    const char *name;
    int sources, hosts, at_once;
    long delay_ms;
};

static FILE *create(const char *folder, const char *name)
{
    char path[300];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    must(f, path);
    return f;
}

static void make_folder(const char *folder, const char *name)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    must(!mkdir(path, 0755), path);
}

static void write_sources(const char *folder, const struct way *way, int from)
{
    char name[64], url[100];

    snprintf(name, sizeof(name), "sources/%d.yaml", from);
    FILE *f = create(folder, name);

    for (int i = from; i < way->sources && i < from + PER_FILE; i++) {
        write_url(url, sizeof(url), COUACD, i, way->hosts);
        fprintf(f, "s%d: {url: \"%s\", network: private, every: 1 s}\n", i, url);
    }
    fclose(f);
}

static void write_config(const char *folder, const char *share, const struct way *way)
{
    FILE *f;

    make_folder(folder, "state");
    make_folder(folder, "rules");
    f = create(folder, "rules/rules.yaml");
    fputs("couac: 1\nowners: {logistics: {contact: a@b.example}}\npromises:\n  late:\n"
          "    says: In 48 hours\n    owner: logistics\n    limit: at most 48 h\n"
          "    about: [parcel]\n    against: [<elapsed>]\n"
          "    examples: {alert: [waiting 6 days for my parcel], ignore: [nice]}\n",
          f);
    fclose(f);
    f = create(folder, "couac.yaml");
    fprintf(f, "couac: 1\nstate: state\nrules: rules\nshare: %s\nredis: {url: unix://%s/none}\n",
            share, folder);
    fprintf(f, "log: {format: logfmt, level: info}\n");
    fprintf(f, "poll: {at_once: %d, per_host_private: %d, oldest: 3650 days}\n", way->at_once,
            way->at_once);
    fputs("sources_folder: sources\nsources: {}\n", f);
    fclose(f);
    make_folder(folder, "sources");
    for (int i = 0; i < way->sources; i += PER_FILE)
        write_sources(folder, way, i);
}

static pid_t start_couacd(const char *program, const char *folder)
{
    char config[300], log[300];
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        snprintf(config, sizeof(config), "%s/couac.yaml", folder);
        snprintf(log, sizeof(log), "%s/log", folder);
        must(dup2(open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), STDERR_FILENO) >= 0, log);
        execl(program, program, "--config", config, (char *)NULL);
        _exit(127);
    }
    must(pid > 0, "fork");
    return pid;
}

static long number_after(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    return at ? strtol(at + strlen(key), NULL, 10) : 0;
}

/* What couacd says of its own loop: of each stall, and when it stops of the longest. */
static void print_stalls(const char *folder)
{
    char path[300], line[4096];
    long longest = 0, own = 0;
    FILE *f;

    snprintf(path, sizeof(path), "%s/log", folder);
    f = fopen(path, "r");
    must(f, path);
    while (fgets(line, sizeof(line), f)) {
        long lag = number_after(line, " loop_lag_max_ms=");
        long work = number_after(line, " late_ms=") - number_after(line, " without_cpu_ms=");

        longest = lag > longest ? lag : longest;
        own = work > own ? work : own;
        if (strstr(line, "event=couacd.stopping"))
            break; /* thousands of requests are given up at once then, and nobody waits */
    }
    fclose(f);
    printf("  longest stall %ld ms, ", longest);
    if (longest <= STALL_MS)
        printf("none to be looked into\n");
    else
        printf("without waiting for a processor %ld ms\n", own);
}

/* --- measuring ----------------------------------------------------------------- */

static double cpu_s(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    must(f && fgets(text, sizeof(text), f), path);
    fclose(f);
    must(sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                &user, &system) == 2,
         path);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long rss_kib(pid_t pid)
{
    char path[64];
    long size = 0, resident = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    f = fopen(path, "r");
    must(f && fscanf(f, "%ld %ld", &size, &resident) == 2, path);
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static unsigned long answered(enum lane lane)
{
    return atomic_load(&lanes[lane].same) + atomic_load(&lanes[lane].full);
}

struct figure {
    double per_s, per_cpu_s;
};

static struct figure measure(enum lane lane, pid_t pid, double seconds)
{
    atomic_store(&lanes[lane].closed, false);
    usleep(300000 + 1000 * (useconds_t)atomic_load(&lanes[lane].delay_ms));
    double before = (double)answered(lane), cpu = cpu_s(pid), at = now_s();

    usleep((useconds_t)(seconds * 1e6));
    double polls = (double)answered(lane) - before, used = cpu_s(pid) - cpu, took = now_s() - at;

    atomic_store(&lanes[lane].closed, true);
    usleep(100000);
    must(polls > 0 && used > 0, "no polls");
    return (struct figure){polls / took, polls / used};
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), ascending);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Until each source was read, and each host has its connection where it is to keep one; those
 * who have all they need wait. */
static void warm_up(const struct way *way, pid_t couacd)
{
    const unsigned long enough[LANES] = {
        [BARE_ONE] = IN_FLIGHT, [BARE_MANY] = 2 * (unsigned long)way->hosts};
    double until = now_s() + START_S;
    int status;

    while (atomic_load(&lanes[COUACD].full) < (unsigned long)way->sources ||
           !atomic_load(&lanes[BARE_ONE].closed) || !atomic_load(&lanes[BARE_MANY].closed)) {
        for (int lane = BARE_ONE; lane <= BARE_MANY; lane++)
            if (answered((enum lane)lane) >= enough[lane])
                atomic_store(&lanes[lane].closed, true);
        must(waitpid(couacd, &status, WNOHANG) == 0, "couacd ended");
        must(now_s() < until, "couacd is too slow");
        usleep(10000);
    }
    atomic_store(&lanes[COUACD].delay_ms, way->delay_ms);
    sleep(3);
    atomic_store(&lanes[COUACD].closed, true);
}

static void run_rounds(const pid_t *pids, const struct way *way, int rounds, double seconds)
{
    double per_cpu_s[LANES][ROUNDS_MAX], per_s[LANES][ROUNDS_MAX], ratios[LANES][ROUNDS_MAX];
    unsigned long open;

    for (int r = 0; r < rounds; r++) {
        for (int lane = 0; lane < LANES; lane++) {
            struct figure f = measure((enum lane)lane, pids[lane], seconds);

            per_cpu_s[lane][r] = f.per_cpu_s;
            per_s[lane][r] = f.per_s;
        }
        for (int floor = BARE_ONE; floor <= BARE_MANY; floor++)
            ratios[floor][r] = per_cpu_s[COUACD][r] / per_cpu_s[floor][r];
    }
    open = atomic_load(&lanes[COUACD].open);
    printf("%s: %d sources, %d hosts, %d at once, %lu connections open, %ld MiB\n", way->name,
           way->sources, way->hosts, way->at_once, open, rss_kib(pids[COUACD]) / 1024);
    for (int lane = 0; lane < LANES; lane++)
        printf("  %-24s %8.0f polls a CPU second %8.0f polls/s\n", lane_names[lane],
               median(per_cpu_s[lane], rounds), median(per_s[lane], rounds));
    for (int floor = BARE_ONE; floor <= BARE_MANY; floor++) {
        double middle = median(ratios[floor], rounds); /* sorts */

        printf("  couacd to the %-24s %.2f (%.2f to %.2f)\n", lane_names[floor], middle,
               ratios[floor][0], ratios[floor][rounds - 1]);
    }
}

static void forget_lanes(void)
{
    for (int i = 0; i < LANES; i++) {
        while (atomic_load(&lanes[i].open)) /* the server sees the ends */
            usleep(10000);
        atomic_store(&lanes[i].same, 0);
        atomic_store(&lanes[i].full, 0);
        atomic_store(&lanes[i].delay_ms, 0);
        atomic_store(&lanes[i].closed, false);
    }
}

static void run_way(const char *program, const char *share, const struct way *way, int rounds,
                    double seconds)
{
    char folder[] = "/tmp/bench-poll-XXXXXX", command[100];
    pid_t pids[LANES];
    int status;

    must(mkdtemp(folder), folder);
    write_config(folder, share, way);
    pids[BARE_ONE] = start_bare(BARE_ONE, 1);
    pids[BARE_MANY] = start_bare(BARE_MANY, way->hosts);
    pids[COUACD] = start_couacd(program, folder);
    warm_up(way, pids[COUACD]);
    run_rounds(pids, way, rounds, seconds);
    kill(pids[COUACD], SIGTERM);
    kill(pids[BARE_ONE], SIGKILL);
    kill(pids[BARE_MANY], SIGKILL);
    for (int i = 0; i < LANES; i++)
        waitpid(pids[i], &status, 0); /* couacd's is the last */
    print_stalls(folder);
    fflush(stdout);
    must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "couacd");
    forget_lanes();
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    must(system(command) == 0, command);
}

int main(int argc, char **argv)
{
    double seconds = argc > 3 ? atof(argv[3]) : 2;
    int rounds = argc > 4 ? atoi(argv[4]) : 5, hosts = argc > 5 ? atoi(argv[5]) : 4000,
        most = argc > 6 ? atoi(argv[6]) : 9000;
    const struct way ways[] = {
        {"one", 8000, 1, IN_FLIGHT, 0},
        {"hosts", 2 * hosts, hosts, IN_FLIGHT, 0},
        {"kept", most, most, IN_FLIGHT, 0},
        {"in flight", 2 * most, most, most, DELAY_MS},
    };
    struct rlimit limit;

    if (argc < 3 || seconds <= 0 || rounds < 1 || rounds > ROUNDS_MAX || hosts < 1 || most < 1)
        return 64;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < FDS_MAX ? limit.rlim_max : FDS_MAX;
    setrlimit(RLIMIT_NOFILE, &limit);
    lanes = mmap(NULL, LANES * sizeof(*lanes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    must(lanes != MAP_FAILED, "mmap");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    make_feed();
    pid_t server = start_server();

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (argc < 8 || !strcmp(argv[7], ways[i].name))
            run_way(argv[1], argv[2], &ways[i], rounds, seconds);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}
