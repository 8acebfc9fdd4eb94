/* loop.h - the event loop: descriptors, timers, signals, one thread.
 *
 * Libraries with sockets of their own (mosquitto) are driven from here by descriptor, never by threads of
 * theirs. A handler may add and remove anything, itself included. */
#ifndef OND_SYS_LOOP_H
#define OND_SYS_LOOP_H

#include "base/time.h"

typedef struct ond_loop ond_loop;

enum { OND_READABLE = 1, OND_WRITABLE = 2, OND_HANGUP = 4 };
typedef void ond_fd_fn(void *self, int fd, unsigned events);
typedef void ond_timer_fn(void *self);
typedef void ond_signal_fn(void *self, int signo);

OND_CHECKED int ond_loop_open(ond_loop **out, ond_err *err);
void ond_loop_close(ond_loop *loop);

/* Watches fd for `events`; a second call for the same fd replaces. events 0 keeps it registered but silent. */
OND_CHECKED int ond_loop_watch(ond_loop *loop, int fd, unsigned events, ond_fd_fn *fn, void *self, ond_err *err);
void ond_loop_unwatch(ond_loop *loop, int fd);

/* Calls fn once after `ms` (steady clock). Returns an id > 0, or 0 when out of memory. */
int ond_loop_after(ond_loop *loop, ond_ms ms, ond_timer_fn *fn, void *self);
void ond_loop_cancel(ond_loop *loop, int timer);            /* unknown ids are ignored */

/* Handles `signo` in the loop (signalfd) instead of by default action. */
OND_CHECKED int ond_loop_signal(ond_loop *loop, int signo, ond_signal_fn *fn, void *self, ond_err *err);

/* Waits at most `ms` (-1: for ever) for something to happen and handles it. Returns the number of events handled. */
int ond_loop_turn(ond_loop *loop, ond_ms ms);
/* Turns until *done is true or `ms` have passed (-1: for ever); false on time-out. */
bool ond_loop_until(ond_loop *loop, const bool *done, ond_ms ms);
void ond_loop_stop(ond_loop *loop);                          /* makes ond_loop_run return */
void ond_loop_run(ond_loop *loop);

/* A descriptor that is readable while the loop has something to do, timers included, so that one loop can be watched by
 * another. The owner then calls ond_loop_turn(loop, 0). -1 when there is none to be had. */
int ond_loop_fd(ond_loop *loop);

#endif
