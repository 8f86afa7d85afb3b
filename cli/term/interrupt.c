#include "cli/term/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* The one mutable global of the tool: a signal handler can reach nothing else. */
static volatile sig_atomic_t seen;

static void on_signal(int signal_number)
{
    (void)signal_number;
    seen = 1;
}

void interrupt_listen(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    /* Both numbers are valid, so neither call can fail. No SA_RESTART: a read
     * that waits for input must come back. */
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool interrupt_seen(void)
{
    return seen != 0;
}
