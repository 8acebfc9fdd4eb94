/* team.h - a persistent team of threads that run one function together, with barriers and shared loops.
 *
 * The caller of ond_team_run is member 0; the others wait parked. Inside, all members run the same function
 * (SPMD): they part work by ond_member_take and meet at ond_member_wait. Waiting spins briefly, then yields
 * the core, then parks (futex), so that a busy neighbour on one core costs its share and no more.
 *
 * ond_team_run_some is for work that meets often: more members than cores, or one on a core that a foreign process
 * wants too, hold up all others at each barrier. So it takes as many as pay now, and finds out itself how many.
 *
 * 1. Between two barriers there is at most one shared loop (one series of ond_member_take, or of ond_member_portion, with equal arguments).
 * 2. What a member wrote before a barrier, all members see after it.
 * 3. A team is run by one thread at a time; runs do not nest. */
#ifndef OND_SYS_TEAM_H
#define OND_SYS_TEAM_H

#include "base/err.h"

typedef struct ond_team ond_team;
typedef struct ond_member {
    ond_team *team;
    int index;       /* 0 … size-1 */
    int size;        /* of those that run */
    unsigned phase;  /* barriers passed; private */
} ond_member;
typedef void ond_team_fn(void *self, ond_member *me);

/* threads 0: as many as the process may use cores (affinity and cgroup quota looked at); 1 … 256. */
OND_CHECKED int ond_team_open(int threads, ond_team **out, ond_err *err);
void ond_team_close(ond_team *team);             /* NULL is fine */
int ond_team_size(const ond_team *team);
void ond_team_run(ond_team *team, ond_team_fn *fn, void *self);   /* by all; no malloc, returns when all have */
/* By 1 … ond_team_size members, never more than cores. */
void ond_team_run_some(ond_team *team, ond_team_fn *fn, void *self);
/* From now on ond_team_run_some takes all members as well: for tests of what many members do. */
void ond_team_insist(ond_team *team);

/* A barrier for all members of the running function. */
void ond_member_wait(ond_member *me);
/* Takes the next piece [*begin, *end) of 0 … total-1, at most `step` items; false when nothing is left. Dynamic: a
 * member on a stolen core takes fewer pieces. */
bool ond_member_take(ond_member *me, int total, int step, int *begin, int *end);
/* The same with pieces that grow smaller: half of what is left, parted among all (guided self-scheduling, Polychronopoulos
 * and Kuck 1987), an even number, at least `least`. Long pieces are read in long streams; the last ones are short, so
 * that nobody waits long. */
bool ond_member_portion(ond_member *me, int total, int least, int *begin, int *end);

#endif
