/* generate.c - one answer of a model, shown as it comes. */
#include "cli/engine.h"

#include "sys/clock.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

int ond__sampler_read(const ond_cli *c, ond_sampler_opts *out, ond_err *err)
{
    int rc;
    float repeat;
    const char *seed = ond__option(c, "seed");
    ond_sampler_usual(out);
    OND_TRY(ond__option_num(c, "temp", 0, 100, (double)out->temperature, &out->temperature, err));
    OND_TRY(ond__option_int(c, "top-k", 0, 1 << 24, out->top_k, &out->top_k, err));
    OND_TRY(ond__option_num(c, "top-p", 0, 1, (double)out->top_p, &out->top_p, err));
    OND_TRY(ond__option_num(c, "min-p", 0, 1, (double)out->min_p, &out->min_p, err));
    OND_TRY(ond__option_num(c, "repeat-penalty", 0.01, 10, 1, &repeat, err));
    out->repeat_penalty = repeat;
    if (seed) {
        double v = 0;
        OND_TRY(ond__number(seed, "--seed", 0, 9007199254740992.0, &v, err));
        out->seed = (uint64_t)v;
    }
out:
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
    const char *stop = ond__option(c, "stop");
    const char *const stops[] = {stop};
    ond_generate_opts g = {.sampler = p, .stop = stops, .n_stop = stop && *stop ? 1 : 0, .piece = on_piece, .self = &w};
    int rc;
    (void)e;
    *a = (ond__answer){.prompt_tokens = (int)prompt->n};
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
