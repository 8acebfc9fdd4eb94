/* agent.c - the agent's own state: the house's names, and for each language a grammar and a
 * lexicon.
 *
 * Both are made on first use and kept; the lexicon is made again only when gate says that names or
 * devices have changed, so a sentence usually costs a match and nothing else. */
#include "agent/room.h"

#include <stdlib.h>

static void tongue_free(ond__tongue *t)
{
    ond_grammar_free(t->own);
    ond_lexicon_free(t->lexicon);
    ond__words_forget(t);
}

void ond_agent_close(ond_agent *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->n_tongue; i++)
        tongue_free(&a->tongue[i]);
    free(a->tongue);
    ond__past_clear(a);
    free(a->pack_dir);
    ond__registry_free(&a->registry);
    free(a);
}

int ond_agent_open(const ond_agent_opts *opts, ond_agent **out, ond_err *err)
{
    ond_agent *a = calloc(1, sizeof *a);
    *out = NULL;
    if (!a)
        return ond_nomem(err, "starting the agent");
    a->gate = opts->gate;
    a->mind = opts->mind;
    bool korean = opts->lang && strncmp(opts->lang, "ko", 2) == 0;
    strcpy(a->lang, korean ? "ko" : "en");
    if (opts->pack_dir && opts->pack_dir[0] && !(a->pack_dir = strdup(opts->pack_dir))) {
        ond_agent_close(a);
        return ond_nomem(err, "starting the agent");
    }
    *out = a;
    return 0;
}

int ond__agent_states(ond_agent *a, ond_err *err)
{
    uint64_t revision = ond_gate_revision(a->gate);
    cJSON *world = NULL;
    int rc = ond_gate_world(a->gate, &world, err);
    if (rc != 0)
        return rc;
    rc = ond__registry_fill(&a->registry, world, revision, err);
    if (rc == 0)
        a->known = true;
    return rc;
}

int ond__agent_names(ond_agent *a, ond_err *err)
{
    bool fresh = a->known && a->registry.revision == ond_gate_revision(a->gate);
    return fresh ? 0 : ond__agent_states(a, err);
}

static int new_tongue(ond_agent *a, const char *lang, ond__tongue **out, ond_err *err)
{
    ond__tongue *v = realloc(a->tongue, (a->n_tongue + 1) * sizeof *v);
    if (!v)
        return ond_nomem(err, "learning a language");
    a->tongue = v;
    ond__tongue *t = &v[a->n_tongue];
    *t = (ond__tongue){0};
    int rc = ond__grammar_make(lang, a->pack_dir, t, err);
    if (rc != 0) {
        tongue_free(t);
        return rc;
    }
    a->n_tongue++;
    *out = t;
    return 0;
}

int ond__agent_tongue(ond_agent *a, const char *lang, const ond__tongue **out, ond_err *err)
{
    ond__tongue *t = NULL;
    int rc = 0;
    for (size_t i = 0; i < a->n_tongue && !t; i++)
        if (strcmp(a->tongue[i].lang, lang) == 0)
            t = &a->tongue[i];
    if (!t)
        rc = new_tongue(a, lang, &t, err);
    uint64_t taught = a->mind ? ond_mind_revision(a->mind) : 0;
    if (rc == 0 && (!t->lexicon || t->revision != a->registry.revision || t->taught != taught)) {
        ond_lexicon *lexicon;
        rc = ond__lexicon_make(a, lang, &lexicon, err);
        if (rc == 0) {
            ond_lexicon_free(t->lexicon);
            t->lexicon = lexicon;
            t->revision = a->registry.revision;
            t->taught = taught;
        }
    }
    *out = t;
    return rc;
}
