/* policy_file.c - the policy in force: read again when the file changes, closed when it breaks.
 *
 * The file's bytes are compared before each plan (a policy is a few kilobytes, so this costs about
 * 20 us and, unlike a time stamp, misses no edit). Invariant: while the file is there and is not a
 * whole policy, g->policy_err is set. */
#include "gate/room.h"

#include "sys/file.h"

#include <stdlib.h>

static const char default_text[] =
    "# policy.yaml - what Ondol may do by itself, what it has to ask about, what it never does.\n"
    "# This is what holds without a file. The first rule that matches decides; then the defaults.\n"
    "version: 1\n"
    "\n"
    "# zone: Asia/Seoul        # for times of day; without it, the machine's zone\n"
    "\n"
    "rules: []\n"
    "# rules:\n"
    "#   - decision: deny      # allow, ask or deny\n"
    "#     hand: home\n"
    "#     verb: unlock\n"
    "#     time: \"22:00-07:00\"\n"
    "#     why: the door stays locked at night\n"
    "\n"
    "limits: []                # what arguments may be; anything else is denied\n"
    "\n"
    "defaults:                 # by effect, where no rule matches\n"
    "  read: allow\n"
    "  reversible: allow\n"
    "  irreversible: ask\n"
    "  physical: ask\n"
    "\n"
    "budgets:                  # 0: no bound\n"
    "  steps: 256              # of one wish\n"
    "  seconds: 60             # of acting, for one wish\n"
    "  acts_per_minute: 6000   # of the whole house\n";

const char *ond_policy_default(void)
{
    return default_text;
}

static cJSON *summary_of(const ond__policy *p)
{
    cJSON *s = cJSON_CreateObject(), *defaults = cJSON_CreateObject(),
          *budgets = cJSON_CreateObject();
    bool ok = s && defaults && budgets;
    for (int e = OND_EFFECT_READ; ok && e <= OND_EFFECT_PHYSICAL; e++)
        ok = ond_json_set_str(defaults, ond_effect_name((ond_effect)e),
                              ond__decision_name(p->normal[e]));
    ok = ok && ond_json_set_num(budgets, "steps", p->steps) &&
         ond_json_set_num(budgets, "seconds", p->seconds) &&
         ond_json_set_num(budgets, "acts_per_minute", p->acts_per_minute) &&
         ond_json_set_num(s, "version", 1) && ond_json_set_str(s, "zone", p->zone) &&
         ond_json_set_num(s, "rules", (double)p->n_rule) &&
         ond_json_set_num(s, "limits", (double)p->n_limit);
    if (ok) {
        ok = ond_json_set(s, "defaults", defaults);
        defaults = NULL;
    }
    if (ok) {
        ok = ond_json_set(s, "budgets", budgets);
        budgets = NULL;
    }
    cJSON_Delete(defaults);
    cJSON_Delete(budgets);
    if (ok) return s;
    cJSON_Delete(s);
    return NULL;
}

int ond_policy_check(ond_str yaml, const char *name, cJSON **summary, ond_err *err)
{
    ond__policy *p = NULL;
    *summary = NULL;
    int rc = ond__policy_parse(yaml, name, &p, err);
    if (rc) return rc;
    *summary = summary_of(p);
    ond__policy_free(p);
    return *summary ? 0 : ond_nomem(err, "summing up the policy");
}

static const char *short_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void put_in_force(ond_gate *g, ond__policy *p)
{
    bool was_broken = g->policy_err.code != OND_OK;
    ond__policy_free(g->policy);
    g->policy = p;
    g->policy_err = (ond_err){0};
    if (was_broken) ond__note(g, OND_M_GATE_POLICY_MENDED, NULL);
}

/* Keeps the last good rules only as something to fall back on once it is mended; none of them is
 * used till then. */
static void break_policy(ond_gate *g, const ond_err *err)
{
    bool same = strcmp(g->policy_err.text, err->text) == 0;
    g->policy_err = *err;
    if (g->policy_err.code == OND_OK) g->policy_err.code = OND_E_CONFIG;
    if (!same) ond__note(g, OND_M_GATE_POLICY_BROKEN, err->text);
}

static void file_is_gone(ond_gate *g)
{
    ond__policy *p = NULL;
    ond_err err = {0};
    if (!g->policy_file && g->policy && g->policy_err.code == OND_OK) return;
    bool had_one = g->policy_file;
    if (ond__policy_plain(&p, &err)) {
        break_policy(g, &err);
        return;
    }
    g->policy_file = false;
    ond_buf_free(&g->policy_text);
    put_in_force(g, p);
    if (had_one) ond__note(g, OND_M_GATE_POLICY_GONE, g->policy_path);
}

void ond__policy_refresh(ond_gate *g)
{
    ond_buf text = {0};
    ond_err err = {0};
    ond__policy *p = NULL;
    int rc =
        g->policy_path ? ond_file_read(g->policy_path, 1u << 20, &text, &err) : OND_E_NOT_FOUND;
    if (rc == OND_E_NOT_FOUND) {
        ond_buf_free(&text);
        file_is_gone(g);
        return;
    }
    if (rc) { /* there, but not to be read: as closed as a broken one; looked at again next time */
        g->policy_file = true;
        ond_buf_free(&g->policy_text);
        ond_buf_free(&text);
        break_policy(g, &err);
        return;
    }
    bool same = g->policy_file && g->policy && text.n == g->policy_text.n && g->policy_text.p &&
                memcmp(text.p, g->policy_text.p, text.n) == 0;
    if (same) {
        ond_buf_free(&text);
        return;
    }
    rc = ond__policy_parse((ond_str){text.p, text.n}, short_name(g->policy_path), &p, &err);
    g->policy_file = true;
    ond_buf_free(&g->policy_text);
    if (rc == 0 || rc == OND_E_CONFIG)
        g->policy_text = text; /* out of memory: tried again next time */
    else
        ond_buf_free(&text);
    if (rc)
        break_policy(g, &err);
    else
        put_in_force(g, p);
}
