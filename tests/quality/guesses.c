/* Prints the language that is guessed for each line of standard input, one a line: "en", "fr",
 * "es" or nothing. For languages.py. */

#include <stdio.h>
#include <stdlib.h>

#include "lib/text/guess.h"

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
        struct str text = {line, (size_t)n};

        fold_text(&f, text);
        words_cut(&w, &f);
        printf("%s\n", lang_tag(guess_lang(text, &w)).p);
    }
    words_done(&w);
    fold_done(&f);
    free(line);
    return 0;
}
