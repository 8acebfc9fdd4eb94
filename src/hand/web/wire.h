/* wire.h - messages to and from Chromium over two pipes: JSON texts, each ended by a NUL
 * (--remote-debugging-pipe).
 *
 * Nothing here waits. What comes in may be cut anywhere, and holds what pages say, so nothing of it
 * is trusted:
 * 1. A message of more than `most` bytes is skipped as it comes, without being kept.
 * 2. Half surrogates and \u0000 in strings, which pages may hold and our strings may not, become
 *    U+FFFD. */
#ifndef OND_HAND_WEB_WIRE_H
#define OND_HAND_WEB_WIRE_H

#include "base/json.h"

typedef struct ond__wire ond__wire;

enum {
    OND__WIRE_MOST = 256 << 20, /* bytes of a message that is read: a screenshot, a snapshot */
    OND__WIRE_QUEUE = 64 << 20  /* bytes that may wait to be taken */
};

/* Takes both descriptors, also when it fails: `in` is read, `out` is written. most 0:
 * OND__WIRE_MOST. */
OND_CHECKED int ond__wire_open(int in, int out, size_t most, ond__wire **wire, ond_err *err);
void ond__wire_close(ond__wire *w);

/* For poll: what is read, and what is written, or -1 while nothing waits to be written. */
int ond__wire_in(const ond__wire *w);
int ond__wire_out(const ond__wire *w);

/* Queues a message and writes what can be written now. OND_E_UNAVAILABLE: the other side has gone,
 * or takes nothing (OND__WIRE_QUEUE); OND_E_NOMEM. */
OND_CHECKED int ond__wire_send(ond__wire *w, const cJSON *message, ond_err *err);
/* Writes what can be written now. */
OND_CHECKED int ond__wire_flush(ond__wire *w, ond_err *err);
/* Reads what is there, up to some megabytes. OND_E_UNAVAILABLE: the other side has closed; what
 * came before is still given by ond__wire_next. */
OND_CHECKED int ond__wire_read(ond__wire *w, ond_err *err);
/* The next whole message, which the caller owns, or NULL when there is none yet. A message that
 * cannot be read (too long, no JSON object) is left out when it is an event; for an answer there
 * comes
 * {"id":N,"error":{"code":-32700,"message":…}}. OND_E_NOMEM. */
OND_CHECKED int ond__wire_next(ond__wire *w, cJSON **out, ond_err *err);
/* Messages that were left out so far. */
uint64_t ond__wire_lost(const ond__wire *w);

#endif
