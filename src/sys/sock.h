/* sock.h - local sockets that carry one JSON text a line, between processes of one owner.
 *
 * The listener is a Unix socket (0600) whose peers' user ids are checked. Lines end in '\n' and hold at most
 * OND_LINE_MAX bytes; a longer one closes the connection. */
#ifndef OND_SYS_SOCK_H
#define OND_SYS_SOCK_H

#include "base/json.h"
#include "sys/loop.h"

#define OND_LINE_MAX (4u << 20)

/* Blocking client side: connect, send one request line, then receive lines. OND_E_UNAVAILABLE when nobody listens. */
OND_CHECKED int ond_sock_connect(const char *path, int *fd, ond_err *err);
OND_CHECKED int ond_sock_send(int fd, const cJSON *message, ond_err *err);
/* Waits up to `ms` (-1: for ever) for one line. OND_E_UNAVAILABLE at end of file or time-out. `carry` keeps what came
 * after the line, for the next call. Caller owns *out. */
OND_CHECKED int ond_sock_receive(int fd, ond_ms ms, ond_buf *carry, cJSON **out, ond_err *err);

/* Server side, driven by a loop. `line` is called for each message; the answer may come at once or later. */
typedef struct ond_server ond_server;
typedef struct ond_peer ond_peer;
typedef void ond_line_fn(void *self, ond_peer *peer, cJSON *message /* borrowed */);
typedef void ond_gone_fn(void *self, ond_peer *peer);        /* forget every copy of `peer` now */

/* Replaces a dead socket file; OND_E_BUSY when a live process listens there. */
OND_CHECKED int ond_server_open(ond_loop *loop, const char *path, ond_line_fn *line, ond_gone_fn *gone, void *self,
                                ond_server **out, ond_err *err);
void ond_server_close(ond_server *server);
/* Queues one line to a peer (copied; written as the peer reads; a peer that lags OND_LINE_MAX behind is closed). */
void ond_peer_send(ond_peer *peer, const cJSON *message);
void ond_peer_close(ond_peer *peer);                         /* after what is queued has been written */

#endif
