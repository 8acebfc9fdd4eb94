/* generate.c - one answer of a model, shown as it comes. */
#include "cli/engine.h"

#include "sys/clock.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* The options of sampling, as the command line and /set take them. */
typedef enum knob_kind { NUMBER, WHOLE, SEED } knob_kind;
static const struct knob {
    const char *name;
    knob_kind kind;   /* float, int, uint64_t */
    double low, high;
    size_t at;        /* in ond_sampler_opts */
} knobs[] = {
    {"temp", NUMBER, 0, 100, offsetof(ond_sampler_opts, temperature)},
    {"top-k", WHOLE, 0, 1 << 24, offsetof(ond_sampler_opts, top_k)},
    {"top-p", NUMBER, 0, 1, offsetof(ond_sampler_opts, top_p)},
    {"min-p", NUMBER, 0, 1, offsetof(ond_sampler_opts, min_p)},
    {"typical", NUMBER, 0, 1, offsetof(ond_sampler_opts, typical_p)},
    {"repeat-penalty", NUMBER, 0.01, 10, offsetof(ond_sampler_opts, repeat_penalty)},
    {"frequency-penalty", NUMBER, -100, 100, offsetof(ond_sampler_opts, frequency_penalty)},
    {"presence-penalty", NUMBER, -100, 100, offsetof(ond_sampler_opts, presence_penalty)},
    {"repeat-last-n", WHOLE, 1, 1 << 24, offsetof(ond_sampler_opts, penalty_last_n)},
    {"dry-multiplier", NUMBER, 0, 1000, offsetof(ond_sampler_opts, dry_multiplier)},
    {"mirostat", WHOLE, 0, 2, offsetof(ond_sampler_opts, mirostat)},
    {"mirostat-ent", NUMBER, 0, 100, offsetof(ond_sampler_opts, mirostat_tau)},
    {"seed", SEED, 0, 9007199254740992.0, offsetof(ond_sampler_opts, seed)},
};
enum { KNOBS = sizeof knobs / sizeof *knobs };

void ond__sampler_names(ond_buf *out)
{
    for (int i = 0; i < KNOBS; i++) ond_buf_printf(out, "%s%s", i ? " " : "", knobs[i].name);
}

static int turn(const ond_cli *c, const struct knob *k, ond_sampler_opts *o, const char *before, const char *value, ond_err *err)
{
    double v;
    char what[48], low[24], high[24];
    void *at = (char *)o + k->at;
    snprintf(what, sizeof what, "%s%s", before, k->name);
    if (k->kind != NUMBER) {
        int rc = ond__whole(c, what, value, k->low, k->high, &v, err);
        if (rc) return rc;
        if (k->kind == WHOLE) *(int *)at = (int)v;
        else *(uint64_t *)at = (uint64_t)v;
        return OND_OK;
    }
    if (ond_num_parse(ond_str_of(value), &v) && v >= k->low && v <= k->high) return *(float *)at = (float)v, OND_OK;
    snprintf(low, sizeof low, "%g", k->low);
    snprintf(high, sizeof high, "%g", k->high);
    return OND__REFUSE(c, err, OND_E_USAGE, OND_M_CLI_NUMBER, what, low, high, value);
}

int ond__sampler_set(const ond_cli *c, ond_sampler_opts *out, const char *before, const char *name, const char *value, ond_err *err)
{
    for (int i = 0; i < KNOBS; i++)
        if (strcmp(knobs[i].name, name) == 0) return turn(c, &knobs[i], out, before, value, err);
    return OND_E_NOT_FOUND;
}

int ond__sampler_read(const ond_cli *c, ond_sampler_opts *out, ond_err *err)
{
    int rc = OND_OK;
    ond_sampler_usual(out);
    for (int i = 0; i < KNOBS && rc == 0; i++) {
        const char *value = ond__option(c, knobs[i].name);
        if (value) rc = turn(c, &knobs[i], out, "--", value, err);
    }
    return rc;
}

const char *ond__end_name(ond_end end)
{
    static const char *const names[] = {"model", "stop", "length", "context", "caller", "error"};
    return (unsigned)end < sizeof names / sizeof *names ? names[end] : "error";
}

typedef struct shown {
    ond__answer *a;
    bool show, terminal, failed;
} shown;

static int on_piece(void *self, const ond_piece *piece)
{
    shown *w = self;
    ond_text *t = &w->a->text;
    if (piece->n == 0) return 0;
    if (t->n + piece->n + 1 > t->cap) {
        size_t cap = (t->n + piece->n + 1) * 2;
        char *more = realloc(t->p, cap);
        if (!more) return w->failed = true;
        t->p = more;
        t->cap = cap;
    }
    memcpy(t->p + t->n, piece->text, piece->n);
    t->p[t->n + piece->n] = 0;
    if (w->show && w->terminal) ond__print_safe(stdout, t->p + t->n);
    else if (w->show) fwrite(piece->text, 1, piece->n, stdout);
    t->n += piece->n;
    if (w->show && fflush(stdout) != 0) return 1;   /* nobody reads on */
    return 0;
}

int ond__answer_to(ond_cli *c, ond_engine *e, ond_session *s, ond_sampler *p, const ond_tokens *prompt, bool show, ond__answer *a,
                   ond_err *err)
{
    shown w = {.a = a, .show = show, .terminal = isatty(STDOUT_FILENO)};
    const char *stops[OND__AGAIN + 1];
    ond_generate_opts g = {.sampler = p, .stop = stops, .piece = on_piece, .self = &w};
    int rc;
    (void)e;
    *a = (ond__answer){.prompt_tokens = (int)prompt->n};
    for (const char *stop; (stop = ond__option_nth(c, "stop", g.n_stop)) != NULL;) stops[g.n_stop++] = stop;
    OND_TRY(ond__option_int(c, "max-tokens", 0, 1 << 24, 0, &g.max_tokens, err));
    uint64_t began = ond_steady_us();
    OND_TRY(ond_session_set(s, prompt->p, prompt->n, err));
    OND_TRY(ond_session_run(s, err));
    uint64_t read = ond_steady_us();
    a->prompt_ms = (double)(read - began) / 1e3;
    rc = ond_session_generate(s, &g, &a->how, err);
    a->answer_ms = (double)(ond_steady_us() - read) / 1e3;
    if (w.failed) rc = ond_nomem(err, "the answer");
out:
    return rc;
}

void ond__print_speed(const ond_cli *c, const ond__answer *a)
{
    char prompt[32], answer[32], n_prompt[16], n_answer[16];
    snprintf(n_prompt, sizeof n_prompt, "%d", a->prompt_tokens);
    snprintf(n_answer, sizeof n_answer, "%d", a->how.n_token);
    snprintf(prompt, sizeof prompt, "%.0f", a->prompt_ms > 0 ? a->prompt_tokens * 1e3 / a->prompt_ms : 0);
    snprintf(answer, sizeof answer, "%.1f", a->answer_ms > 0 ? a->how.n_token * 1e3 / a->answer_ms : 0);
    OND__SAY(c, stderr, OND_M_CLI_SPEED, n_prompt, prompt, n_answer, answer);
}
