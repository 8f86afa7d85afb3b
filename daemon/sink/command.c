/* Why not redisFormatCommandArgv: it prints each length with sprintf, into memory that is
 * then copied again. With fifteen short arguments a row that was half of all instructions
 * between the outbox and the socket. */
#include "daemon/sink/command.h"

static size_t digits_of(size_t n)
{
    size_t digits = 1;

    for (; n >= 10; n /= 10)
        digits++;
    return digits;
}

static char *put_number(char *to, char kind, size_t n)
{
    size_t digits = digits_of(n);

    *to++ = kind;
    for (size_t i = digits; i-- > 0; n /= 10)
        to[i] = (char)('0' + n % 10);
    to += digits;
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

size_t command_size(const struct str *argv, size_t argc)
{
    size_t size = 3 + digits_of(argc);

    for (size_t i = 0; i < argc; i++)
        size += 5 + digits_of(argv[i].n) + argv[i].n;
    return size;
}

void command_write(const struct str *argv, size_t argc, char *to)
{
    to = put_number(to, '*', argc);
    for (size_t i = 0; i < argc; i++) {
        to = put_number(to, '$', argv[i].n);
        if (argv[i].n)
            memcpy(to, argv[i].p, argv[i].n);
        to += argv[i].n;
        *to++ = '\r';
        *to++ = '\n';
    }
}
