/* line.c - lines from standard input, bounded, with a buffer of its own, so that it can tell
 * whether more is there. */
#include "cli/cli.h"

#include <poll.h>
#include <unistd.h>

static char room[65536];
static size_t at, end;

/* Next byte, or -1 at the end of input. */
static int next_byte(void)
{
    if (at == end) {
        ssize_t n = read(STDIN_FILENO, room, sizeof room);
        if (n <= 0) return -1; /* the end, or Ctrl-C where somebody catches it: an answer of none */
        at = 0;
        end = (size_t)n;
    }
    return (unsigned char)room[at++];
}

bool ond__line_waits(int ms)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    return at < end || poll(&p, 1, ms) > 0;
}

bool ond__read_line(ond_buf *out, size_t limit, bool *cut)
{
    int ch;
    bool any = false;
    *cut = false;
    ond_buf_clear(out);
    while ((ch = next_byte()) >= 0) {
        any = true;
        if (ch == '\n') break;
        if (out->n < limit)
            ond_buf_putc(out, ch ? (char)ch : '\xff'); /* a NUL would cut the line; so it is no text */
        else
            *cut = true;
    }
    if (out->n > 0 && out->p[out->n - 1] == '\r') out->p[--out->n] = '\0';
    return any;
}
