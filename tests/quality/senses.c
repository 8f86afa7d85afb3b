/* Prints what couac takes each line of standard input for, one a line. For followups.py.
 *
 *     senses WORDS ours|author LANG      WORDS: the folder of the shared vocabulary
 *
 * A line is a post in that language, as our account or as the author of the alert wrote it. */

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"
#include "lib/desk/followup.h"
#include "lib/host/rulefs.h"
#include "lib/rule/load.h"

static const char rules[] = "couac: 1\nowners: {care: {contact: care@brume.example}}\n"
                            "promises:\n  any: {says: x, owner: care, about: [x], against: [x]}\n";

static struct ruleset *load(const char *share)
{
    struct rule_text own = {STR("own.yaml"), {rules, sizeof(rules) - 1}, RULE_USER};
    struct rule_text texts[64];
    struct ruleset *set = NULL;
    struct rulefs files;
    struct diags diags;

    diags_init(&diags);
    rulefs_init(&files);
    rulefs_add_shared(&files, str_of(share), &diags);
    if (files.n >= ARRAY_LEN(texts))
        abort();
    memcpy(texts, files.items, files.n * sizeof(*texts));
    texts[files.n] = own;
    if (rule_load(texts, files.n + 1, &diags, &set) != LOAD_OK)
        abort();
    rulefs_done(&files);
    diags_done(&diags);
    return set;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {[FOLLOWUP_NOTHING] = "nothing",
                                        [FOLLOWUP_ACKNOWLEDGED] = "acknowledged",
                                        [FOLLOWUP_ANSWERED] = "answered",
                                        [FOLLOWUP_RESOLVED] = "resolved",
                                        [FOLLOWUP_AGAIN] = "again"};
    struct ruleset *set = argc == 4 ? load(argv[1]) : NULL;
    struct judge *judge = set ? judge_new(set) : NULL;
    struct arena *arena = arena_new(0);
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    if (!judge)
        return 2;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct mention m = {
            .text = {line, (size_t)n}, .lang = str_of(argv[3]), .published_ms = CLOCK_NONE};
        struct judgement judgement;

        if (judge_mention(judge, &m, JUDGE_ABOUT_US, 0, JUDGE_OUTCOMES, arena, &judgement))
            abort();
        printf("%s\n", names[strcmp(argv[2], "ours") == 0 ? followup_of_ours(judge)
                                                          : followup_of_author(judge)]);
        arena_reset(arena);
    }
    free(line);
    arena_free(arena);
    judge_free(judge);
    ruleset_unref(set);
    return 0;
}
