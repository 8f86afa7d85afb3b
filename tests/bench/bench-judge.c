/* bench-judge - what judging a post costs, beside a floor and a peer.
 *
 * Posts of about 110 bytes are made from a fixed seed: common words, one or two
 * rare ones, now and then a duration. Rules are made of the rare words, so the
 * more promises there are, the more posts touch one. Measured in turn, several
 * rounds, the median of the rounds printed:
 *
 *   fold    folding alone
 *   floor   fold, cut, and one hash look-up per word: nothing that looks at every
 *           word can be faster
 *   judge   the whole: judge_mention over 10 .. 10,000 promises
 *   pcre2   the same rules as two JIT regexes a promise, in a loop (fewer posts)
 *   hyper   the same regexes in one Hyperscan database, what it reports confirmed by
 *           PCRE2; up to 1,000 promises, for its compiler takes half a minute for more
 *   utf8proc_map against fold, on the same posts
 *
 * Only the ratios mean something: machines are shared and noisy. */

#define PCRE2_CODE_UNIT_WIDTH 8

#ifdef HAVE_HYPERSCAN
#include <hs.h>
#endif
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef HAVE_UTF8PROC
#include <utf8proc.h>
#endif

#include "lib/base/alloc.h"
#include "lib/base/arena.h"
#include "lib/judge/judge.h"
#include "lib/rule/load.h"
#include "lib/text/words.h"

enum { N_POSTS = 20000, N_RARE = 30000, ROUNDS = 5, WORD_MAX = 12 };

static uint64_t seed = 88172645463325252ull;

/* Marsaglia's xorshift64. */
static uint32_t chance(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % n;
}

static const char *const common[] = {
    "the",  "i",   "to",   "a",    "and",  "my",    "is",    "for",   "you",  "it",   "of",
    "on",   "in",  "have", "just", "not",  "with",  "this",  "your",  "been", "was",  "but",
    "they", "so",  "what", "time", "when", "from",  "still", "get",   "out",  "we",   "can",
    "one",  "day", "back", "will", "had",  "their", "le",    "de",    "je",   "mon",  "pas",
    "que",  "et",  "la",   "vous", "est",  "une",   "pour",  "merci", "plus", "avec",
};

static char rare[N_RARE][WORD_MAX];
static char *posts[N_POSTS];
static size_t posts_bytes;

static void make_words(void)
{
    for (int i = 0; i < N_RARE; i++) {
        uint32_t n = 5 + chance(6);

        for (uint32_t k = 0; k < n; k++)
            rare[i][k] = k % 2 ? "aeiou"[chance(5)] : "bcdfglmnprstv"[chance(13)];
    }
}

static void make_posts(void)
{
    for (int i = 0; i < N_POSTS; i++) {
        struct sbuf b = SBUF_INIT(1000);

        sbuf_printf(&b, "@acme ");
        while (b.n < 105)
            if (chance(40) == 0)
                sbuf_printf(&b, "%s ", rare[chance(N_RARE)]);
            else
                sbuf_printf(&b, "%s ", common[chance(ARRAY_LEN(common))]);
        if (chance(3) == 0)
            sbuf_printf(&b, "for %u days", 1 + chance(9));
        posts_bytes += b.n;
        (void)sbuf_cstr(&b);
        posts[i] = b.p; /* kept for the whole run */
    }
}

enum { PER_FILE = 2000, FILES = 6 };

/* Promise i is about rare words 2i and 2i+1, the first as a prefix. */
static struct str make_rules(int from, int to, struct sbuf *b)
{
    sbuf_printf(b, "couac: 1\n");
    if (from == 0)
        sbuf_printf(b, "owners: {o: {contact: c}}\n"
                       "words: {elapsed: [for|since|after <duration>, <duration> ago|late]}\n");
    sbuf_printf(b, "promises:\n");
    for (int i = from; i < to; i++)
        sbuf_printf(b,
                    "  p%d:\n    says: s\n    owner: o\n    limit: at most 48 h\n"
                    "    about: [%s*, %s]\n    against: [<elapsed>, never ...3 %s, still not]\n"
                    "    unless: [%s]\n",
                    i, rare[2 * i], rare[2 * i + 1], rare[2 * i], rare[(2 * i + 7919) % N_RARE]);
    return sbuf_str(b);
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* what others do on this machine is not ours */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static volatile uint64_t sink; /* keeps results alive */

typedef void work(void *context, int n_posts);

/* Median over rounds of nanoseconds per post. */
static double measure(work *fn, void *context, int n_posts)
{
    double rounds[ROUNDS];

    fn(context, MIN(n_posts, 1000)); /* warm */
    for (int i = 0; i < ROUNDS; i++) {
        double start = now_ns();

        fn(context, n_posts);
        rounds[i] = (now_ns() - start) / n_posts;
    }
    for (int i = 1; i < ROUNDS; i++)
        for (int k = i; k > 0 && rounds[k] < rounds[k - 1]; k--) {
            double swap = rounds[k];

            rounds[k] = rounds[k - 1];
            rounds[k - 1] = swap;
        }
    return rounds[ROUNDS / 2];
}

enum { KNOWN = 10000, KNOWN_SLOTS = 1 << 15 };

/* The leanest set there can be: hashes that the cutter made already, one probe each. */
struct floor_work {
    struct fold fold;
    struct words words;
    uint64_t known[KNOWN_SLOTS];
};

static void know(struct floor_work *f, struct str word)
{
    uint64_t hash = words_hash(word);
    size_t at = hash % KNOWN_SLOTS;

    while (f->known[at] && f->known[at] != hash)
        at = (at + 1) % KNOWN_SLOTS;
    f->known[at] = hash;
}

static bool knows(const struct floor_work *f, uint64_t hash)
{
    size_t at = hash % KNOWN_SLOTS;

    while (f->known[at] && f->known[at] != hash)
        at = (at + 1) % KNOWN_SLOTS;
    return f->known[at] == hash;
}

static void fold_posts(void *context, int n)
{
    struct floor_work *f = context;

    for (int i = 0; i < n; i++) {
        fold_text(&f->fold, str_of(posts[i]));
        sink += f->fold.n;
    }
}

static void floor_posts(void *context, int n)
{
    struct floor_work *f = context;

    for (int i = 0; i < n; i++) {
        fold_text(&f->fold, str_of(posts[i]));
        words_cut(&f->words, &f->fold);
        for (size_t k = 0; k < f->words.n; k++)
            sink += knows(f, f->words.items[k].hash);
    }
}

struct judge_work {
    struct judge *judge;
    struct arena *arena;
    uint64_t verdicts;
};

static void judge_posts(void *context, int n)
{
    struct judge_work *w = context;

    w->verdicts = 0;
    for (int i = 0; i < n; i++) {
        struct mention m = MENTION_INIT;
        struct judgement j;

        m.text = str_of(posts[i]);
        arena_reset(w->arena);
        if (judge_mention(w->judge, &m, JUDGE_ABOUT_US, 0, JUDGE_OUTCOMES, w->arena, &j) == 0)
            w->verdicts += j.n;
    }
}

#define ABOUT_REGEX "\\b(?:%.11s\\w*|%.11s\\b)"
#define AGAINST_REGEX "\\b(?:(?:for|since|after) \\d+ \\w+|\\d+ \\w+ (?:ago|late)|still not)\\b"

struct regexes {
    pcre2_code *about, *against;
};

struct pcre_work {
    struct regexes *items;
    int n;
    struct fold fold;
    pcre2_match_data *match;
};

static pcre2_code *compile(const char *text)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &at, NULL);

    if (!code || pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) != 0)
        abort();
    return code;
}

static void make_regexes(struct pcre_work *w, int n)
{
    w->n = n;
    w->items = alloc_zeroed((size_t)n, sizeof(*w->items));
    w->match = pcre2_match_data_create(4, NULL);
    for (int i = 0; i < n; i++) {
        char text[200];

        snprintf(text, sizeof(text), ABOUT_REGEX, rare[2 * i], rare[2 * i + 1]);
        w->items[i].about = compile(text);
        snprintf(text, sizeof(text), "%s", AGAINST_REGEX);
        w->items[i].against = compile(text);
    }
}

static void pcre_posts(void *context, int n)
{
    struct pcre_work *w = context;

    for (int i = 0; i < n; i++) {
        fold_text(&w->fold, str_of(posts[i]));
        for (int k = 0; k < w->n; k++) {
            PCRE2_SPTR s = (PCRE2_SPTR)w->fold.p;

            if (pcre2_jit_match(w->items[k].about, s, w->fold.n, 0, 0, w->match, NULL) >= 0)
                sink +=
                    pcre2_jit_match(w->items[k].against, s, w->fold.n, 0, 0, w->match, NULL) >= 0;
        }
    }
}

static void drop_regexes(struct pcre_work *w)
{
    for (int i = 0; i < w->n; i++) {
        pcre2_code_free(w->items[i].about);
        pcre2_code_free(w->items[i].against);
    }
    pcre2_match_data_free(w->match);
    fold_done(&w->fold);
    free(w->items);
}

#ifdef HAVE_UTF8PROC
static void utf8proc_posts(void *context, int n)
{
    (void)context;
    for (int i = 0; i < n; i++) {
        utf8proc_uint8_t *out = NULL;
        utf8proc_ssize_t size =
            utf8proc_map((const utf8proc_uint8_t *)posts[i], 0, &out,
                         UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPAT |
                             UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK);

        sink += (uint64_t)size;
        free(out);
    }
}
#endif

#ifdef HAVE_HYPERSCAN
enum { HYPER_PROMISES_MAX = 1000 };

struct hyper_work {
    hs_database_t *db;
    hs_scratch_t *scratch;
    struct pcre_work *regexes; /* to confirm with */
    struct fold fold;
    uint32_t *seen_in; /* by expression: the post that had it last, from 1 */
    uint32_t *hits;    /* promises with both, in the post at hand */
    size_t n_hits;
    uint32_t post;
};

/* Expression 2i is promise i's about, 2i + 1 its against. */
static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *context)
{
    struct hyper_work *w = context;

    (void)from;
    (void)to;
    (void)flags;
    if (w->seen_in[id] == w->post)
        return 0;
    w->seen_in[id] = w->post;
    if (w->seen_in[id ^ 1] == w->post)
        w->hits[w->n_hits++] = id / 2;
    return 0;
}

static void hyper_posts(void *context, int n)
{
    struct hyper_work *w = context;

    for (int i = 0; i < n; i++) {
        fold_text(&w->fold, str_of(posts[i]));
        w->post++;
        w->n_hits = 0;
        if (hs_scan(w->db, w->fold.p, (unsigned)w->fold.n, 0, w->scratch, on_match, w) !=
            HS_SUCCESS)
            abort();
        for (size_t k = 0; k < w->n_hits; k++) {
            const struct regexes *r = &w->regexes->items[w->hits[k]];
            PCRE2_SPTR s = (PCRE2_SPTR)w->fold.p;

            sink += pcre2_jit_match(r->about, s, w->fold.n, 0, 0, w->regexes->match, NULL) >= 0 &&
                    pcre2_jit_match(r->against, s, w->fold.n, 0, 0, w->regexes->match, NULL) >= 0;
        }
    }
}

static void make_hyper(struct hyper_work *w, int n)
{
    char(*texts)[200] = alloc_zeroed((size_t)n * 2, sizeof(*texts));
    const char **list = alloc_zeroed((size_t)n * 2, sizeof(*list));
    unsigned *flags = alloc_zeroed((size_t)n * 2, sizeof(*flags));
    unsigned *ids = alloc_zeroed((size_t)n * 2, sizeof(*ids));
    hs_compile_error_t *error;

    for (int i = 0; i < n; i++) {
        snprintf(texts[2 * i], sizeof(*texts), ABOUT_REGEX, rare[2 * i], rare[2 * i + 1]);
        snprintf(texts[2 * i + 1], sizeof(*texts), "%s", AGAINST_REGEX);
    }
    for (int i = 0; i < 2 * n; i++) {
        list[i] = texts[i];
        ids[i] = (unsigned)i;
        flags[i] = HS_FLAG_SINGLEMATCH;
    }
    if (hs_compile_multi(list, flags, ids, (unsigned)n * 2, HS_MODE_BLOCK, NULL, &w->db, &error) !=
            HS_SUCCESS ||
        hs_alloc_scratch(w->db, &w->scratch) != HS_SUCCESS)
        abort();
    w->seen_in = alloc_zeroed((size_t)n * 2, sizeof(*w->seen_in));
    w->hits = alloc_zeroed((size_t)n, sizeof(*w->hits));
    free(texts);
    free(list);
    free(flags);
    free(ids);
}

static double bench_hyper(struct pcre_work *regexes, int n)
{
    struct hyper_work w = {.regexes = regexes};

    if (n > HYPER_PROMISES_MAX)
        return 0;
    make_hyper(&w, n);
    double ns = measure(hyper_posts, &w, N_POSTS);

    hs_free_scratch(w.scratch);
    hs_free_database(w.db);
    fold_done(&w.fold);
    free(w.seen_in);
    free(w.hits);
    return ns;
}
#else
static double bench_hyper(struct pcre_work *regexes, int n)
{
    (void)regexes;
    (void)n;
    return 0; /* not built */
}
#endif

static struct ruleset *load(int n, double *ret_ms)
{
    static const char *const names[FILES] = {"1", "2", "3", "4", "5", "6"};
    struct sbuf texts[FILES] = {{0}};
    struct rule_text files[FILES];
    struct ruleset *set = NULL;
    struct diags diags;
    size_t n_files = 0;

    for (int from = 0; from < n; from += PER_FILE, n_files++) {
        sbuf_init(&texts[n_files], 1 << 20);
        files[n_files] = (struct rule_text){
            str_of(names[n_files]), make_rules(from, MIN(from + PER_FILE, n), &texts[n_files]),
            RULE_USER};
    }
    double start = now_ns();

    diags_init(&diags);
    if (rule_load(files, n_files, &diags, &set) != LOAD_OK) {
        struct sbuf out = SBUF_INIT(10000);

        diag_write(&diags.items[0], DIAG_PLAIN, &out);
        fprintf(stderr, "%s", sbuf_cstr(&out));
        exit(1);
    }
    *ret_ms = (now_ns() - start) / 1e6;
    diags_done(&diags);
    for (size_t i = 0; i < n_files; i++)
        sbuf_done(&texts[i]);
    return set;
}

static void bench_size(int n, double floor_ns)
{
    struct judge_work w = {.arena = arena_new(0)};
    struct pcre_work p = {0};
    double load_ms;
    struct ruleset *set = load(n, &load_ms);
    int pcre_n = n >= 10000 ? 100 : n >= 1000 ? 400 : 4000;

    w.judge = judge_new(set);
    double judge_ns = measure(judge_posts, &w, N_POSTS);

    make_regexes(&p, n);
    double pcre_ns = measure(pcre_posts, &p, pcre_n);
    double hyper_ns = bench_hyper(&p, n);

    printf("%8d  %9.0f  %7.2f  %11.0f  %9.1f  %9.0f  %9.1f  %9.3f  %8.1f  %8.1f\n", n, judge_ns,
           judge_ns / floor_ns, pcre_ns, pcre_ns / judge_ns, hyper_ns, hyper_ns / judge_ns,
           (double)w.verdicts / N_POSTS, load_ms, (double)arena_used(set->arena) / (1 << 20));
    drop_regexes(&p);
    judge_free(w.judge);
    arena_free(w.arena);
    ruleset_unref(set);
}

int main(void)
{
    static struct floor_work f;
    static const int sizes[] = {10, 100, 1000, 10000};

    make_words();
    make_posts();
    for (int i = 0; i < KNOWN; i++)
        know(&f, str_of(rare[i]));
    double fold_ns = measure(fold_posts, &f, N_POSTS);
    double floor_ns = measure(floor_posts, &f, N_POSTS);

    printf("%d posts of %.0f bytes; fold %.0f ns (%.0f MB/s), floor %.0f ns a post\n\n", N_POSTS,
           (double)posts_bytes / N_POSTS, fold_ns, (double)posts_bytes / N_POSTS / fold_ns * 1e3,
           floor_ns);
#ifdef HAVE_UTF8PROC
    double map_ns = measure(utf8proc_posts, NULL, N_POSTS);

    printf("utf8proc_map %.0f ns a post, %.1f times fold\n\n", map_ns, map_ns / fold_ns);
#endif
    printf("promises  judge, ns  / floor   pcre2, ns  pcre2/judge  hyper, ns  hyp/judge  hits/post "
           " load, ms  memory, "
           "MiB\n");
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        bench_size(sizes[i], floor_ns);
    words_done(&f.words);
    fold_done(&f.fold);
    for (int i = 0; i < N_POSTS; i++)
        free(posts[i]);
    return 0;
}
