/* Prints each line of standard input as the gate sees it: its marks (! ? L for an address, N for a
 * leading name), a tab, the words it looks up. For train_gate.py. */

#include <stdio.h>
#include <stdlib.h>

#include "lib/judge/gate.h"

int main(void)
{
    struct fold f;
    struct words w;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    fold_init(&f);
    words_init(&w);
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct str text = {line, (size_t)n - 1};
        struct gate_marks marks = gate_marks(text);

        fold_text(&f, text);
        words_cut(&w, &f);
        printf("%s%s%s%s\t", marks.exclaims ? "!" : "", marks.asks ? "?" : "",
               marks.links ? "L" : "", marks.named ? "N" : "");
        for (size_t i = 0; i < w.n; i++)
            if (gate_reads(word_str(&w.items[i])))
                printf("%.*s ", STR_ARG(word_str(&w.items[i])));
        printf("\n");
    }
    words_done(&w);
    fold_done(&f);
    free(line);
    return 0;
}
