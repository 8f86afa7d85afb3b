/* replay - runs a fuzz target over its seeds, and over mutations of them.
 *
 * usage: fuzz-X FOLDER [ROUNDS]
 *
 * Each target defines LLVMFuzzerTestOneInput, so the same file links with
 * libFuzzer for a real hunt:
 *
 *     clang -g -fsanitize=fuzzer,address,undefined -I. -Ibuild tests/fuzz/fuzz-X.c
 * build/lib/libcouac.a …
 *
 * and with this main for every `meson test`. The mutations are the same at each
 * run: a failure comes back when it is run again. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED_MAX = 1 << 16, ROUNDS = 300 };

static uint64_t state = 0x9e3779b97f4a7c15ull;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Overwrites, cuts out or doubles a few bytes. */
static size_t mutate(uint8_t *data, size_t n)
{
    for (uint64_t left = 1 + next_random() % 4; left > 0 && n > 0; left--) {
        size_t at = next_random() % n, length = 1 + next_random() % 8;

        if (at + length > n)
            length = n - at;
        switch (next_random() % 3) {
        case 0:
            data[at] = (uint8_t)next_random();
            break;
        case 1:
            memmove(data + at, data + at + length, n - at - length);
            n -= length;
            break;
        default:
            if (n + length > SEED_MAX)
                break;
            memmove(data + at + length, data + at, n - at);
            n += length;
        }
    }
    return n;
}

/* The input is copied to its exact size, so that reading past it is seen. */
static void run(const uint8_t *data, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);

    if (!exact)
        abort();
    memcpy(exact, data, n);
    (void)LLVMFuzzerTestOneInput(exact, n); /* always 0 */
    free(exact);
}

static int replay(const char *path, long rounds)
{
    static uint8_t seed[SEED_MAX], data[SEED_MAX];
    FILE *file = fopen(path, "rb");
    size_t n;

    if (!file) {
        perror(path);
        return 1;
    }
    n = fread(seed, 1, sizeof(seed), file);
    (void)fclose(file); /* only read */
    run(seed, n);
    for (long i = 0; i < rounds; i++) {
        memcpy(data, seed, n);
        run(data, mutate(data, n));
    }
    return 0;
}

int main(int argc, char **argv)
{
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : ROUNDS;
    struct dirent **names;
    char path[4096];
    int failed = 0, n;

    if (argc < 2 || (n = scandir(argv[1], &names, NULL, alphasort)) < 0) {
        (void)fprintf(stderr, "usage: %s FOLDER [ROUNDS]\n", argv[0]); /* the last word */
        return 2;
    }
    for (int i = 0; i < n; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]->d_name); /* cut: not found */
        if (names[i]->d_name[0] != '.')
            failed += replay(path, rounds);
        free(names[i]);
    }
    free(names);
    return failed ? 1 : 0;
}
