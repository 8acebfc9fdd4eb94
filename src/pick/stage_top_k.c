/* stage_top_k.c - keeps the k greatest logits; of equal ones the lower token.
 *
 * A. Fan, M. Lewis, Y. Dauphin, "Hierarchical Neural Story Generation" (2018). */
#include "pick/room.h"

void ond__stage_top_k(ond_sampler *s, ond__draw *d)
{
    ond__draw_top(d, s->o.top_k > s->o.min_keep ? s->o.top_k : s->o.min_keep);
}
