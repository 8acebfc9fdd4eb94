/* budget.c - bounds on what one wish, and the whole house, may do.
 *
 * Acts per minute are a bucket that fills up with time, by whichever clock went further: the wall
 * clock, so that it holds across processes (its level is kept in the store, with the intents), or
 * the steady one, so that a frozen clock does not starve it. */
#include "gate/room.h"

#include "sys/clock.h"

int ond__budget_steps(const ond_gate *g, size_t n, ond_err *err)
{
    double most = g->policy->steps;
    if (most == 0 || (double)n <= most) return 0;
    return ond_fail(err, OND_E_BUDGET,
                    "the plan has %zu steps, the policy allows %g a wish (budgets.steps)", n, most);
}

static void read_level(ond_gate *g, double most)
{
    cJSON *kept = NULL;
    ond__budget *b = &g->budget;
    *b = (ond__budget){.left = most, .at = ond_now(), .steady = ond_steady_us(), .known = true};
    if (ond_store_get(g->store, "gate", "budget", &kept, NULL)) return;
    b->left = ond_json_num(kept, "left", most);
    b->at = (ond_ms)ond_json_num(kept, "at", (double)b->at);
    cJSON_Delete(kept);
}

static void fill_up(ond_gate *g, double most)
{
    ond__budget *b = &g->budget;
    if (!b->known) read_level(g, most);
    double wall = (double)(ond_now() - b->at),
           steady = (double)(ond_steady_us() - b->steady) / 1000.0;
    /* A clock that was set back says nothing about how long ago it was. */
    double passed = wall < 0 ? 60000 : wall > steady ? wall : steady;
    b->left += most * passed / 60000;
    if (b->left > most) b->left = most;
    b->at = ond_now();
    b->steady = ond_steady_us();
}

int ond__budget_acts(ond_gate *g, size_t n, ond_err *err)
{
    double most = g->policy->acts_per_minute;
    if (most == 0 || n == 0) return 0;
    fill_up(g, most);
    if ((double)n <= g->budget.left) return 0;
    return ond_fail(err, OND_E_BUDGET,
                    "%zu more acts would be over the %g a minute that the policy allows "
                    "(budgets.acts_per_minute); try again in a moment",
                    n, most);
}

int ond__budget_take(ond_gate *g, size_t n, ond_err *err)
{
    if (g->policy->acts_per_minute == 0 || n == 0) return 0;
    cJSON *kept = cJSON_CreateObject();
    bool ok = kept && ond_json_set_num(kept, "left", g->budget.left - (double)n) &&
              ond_json_set_num(kept, "at", (double)g->budget.at);
    int rc = ok ? ond_store_put(g->store, "gate", "budget", kept, err)
                : ond_nomem(err, "counting the acts");
    if (rc == 0) g->budget.left -= (double)n;
    cJSON_Delete(kept);
    return rc;
}

enum { OND__LIMIT_MS = 5000 };

ond_ms ond__budget_limit(const ond__run *r, uint64_t began_us)
{
    ond_ms limit = r->opts->limit_ms > 0 ? r->opts->limit_ms : OND__LIMIT_MS;
    double seconds = r->g->policy->seconds;
    if (seconds == 0) return limit;
    ond_ms left = (ond_ms)(seconds * 1000) - (ond_ms)((ond_steady_us() - began_us) / 1000);
    if (left <= 0) return 0;
    return left < limit ? left : limit;
}
