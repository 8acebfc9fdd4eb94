/* engine.c - what the verbs that open a model share. */
#include "cli/engine.h"

#include "base/utf8.h"
#include "hub/hub.h"
#include "sys/file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { PACK_BYTES_GB = 20, KEEP_TOKENS = 32 };

int ond__model_path(const ond_cli *c, const char *name, ond_buf *out, ond_err *err) { return ond_hub_find(name, c->lang, out, err); }

int ond__whole(const ond_cli *c, const char *what, const char *text, double low, double high, double *out, ond_err *err)
{
    char least[24], most[24];
    if (ond_num_parse(ond_str_of(text), out) && floor(*out) == *out && *out >= low && *out <= high) return OND_OK;
    snprintf(least, sizeof least, "%.0f", low);
    snprintf(most, sizeof most, "%.0f", high);
    return OND__REFUSE(c, err, OND_E_USAGE, OND_M_CLI_WHOLE, what, least, most, text);
}

int ond__option_int(const ond_cli *c, const char *name, int low, int high, int otherwise, int *out, ond_err *err)
{
    const char *text = ond__option(c, name);
    double v = otherwise;
    char what[64];
    snprintf(what, sizeof what, "--%s", name);
    int rc = text ? ond__whole(c, what, text, low, high, &v, err) : OND_OK;
    *out = (int)v;
    return rc;
}

/* "a.gguf:0.5,b.gguf" */
static int read_lora(const char *text, ond__engine_args *a, ond_err *err)
{
    ond_buf_puts(&a->lora_text, text);
    if (!ond_buf_ok(&a->lora_text)) return ond_nomem(err, "--lora");
    for (char *p = a->lora_text.p; *p;) {
        size_t n = strcspn(p, ",");
        char *end = p + n, *next = *end ? end + 1 : end;
        *end = 0;
        if (a->opts.n_lora == (int)(sizeof a->lora / sizeof *a->lora))
            return ond_fail(err, OND_E_USAGE, "--lora takes at most %zu adapters", sizeof a->lora / sizeof *a->lora);
        ond_lora *l = &a->lora[a->opts.n_lora++];
        char *colon = strrchr(p, ':');
        double scale = 1;
        if (colon && ond_num_parse(ond_str_of(colon + 1), &scale)) *colon = 0;
        if ((float)scale == 0)
            return ond_fail(err, OND_E_USAGE, "--lora: with a scale of 0 %s changes nothing; leave it out", p);
        *l = (ond_lora){.path = p, .scale = (float)scale};
        p = next;
    }
    a->opts.lora = a->lora;
    return OND_OK;
}

int ond__engine_args_read(const ond_cli *c, const char *model, ond__engine_args *a, ond_err *err)
{
    const char *lora = ond__option(c, "lora");
    int rc;
    OND_TRY(ond__option_int(c, "ctx", 1, 1 << 20, 0, &a->opts.ctx, err));
    OND_TRY(ond__option_int(c, "threads", 1, 256, 0, &a->opts.threads, err));
    a->opts.kern = ond__option(c, "kern");
    a->opts.kv = ond__option(c, "kv");
    a->opts.pack = ond__option(c, "pack");
    if (lora) OND_TRY(read_lora(lora, a, err));
    OND_TRY(ond__model_path(c, model, &a->path, err));
    a->opts.path = ond_buf_z(&a->path);
    OND_TRY(ond_xdg_path(OND_XDG_CACHE, "packed", &a->pack_dir, err));
    OND_TRY(ond_xdg_path(OND_XDG_CACHE, "prompts", &a->prefix_dir, err));
    a->opts.pack_dir = ond_buf_z(&a->pack_dir);
    /* A home that cannot be written is no reason not to answer: the folder is made for --keep only. */
    if (a->keep_prompts || ond_file_exists(ond_buf_z(&a->prefix_dir))) a->opts.prefix_dir = ond_buf_z(&a->prefix_dir);
    a->opts.prefix_dir_min = a->keep_prompts ? KEEP_TOKENS : 0;
    a->opts.pack_bytes = (uint64_t)PACK_BYTES_GB * 1000 * 1000 * 1000;
out:
    return rc;
}

void ond__engine_args_free(ond__engine_args *a)
{
    ond_buf_free(&a->path);
    ond_buf_free(&a->pack_dir);
    ond_buf_free(&a->prefix_dir);
    ond_buf_free(&a->lora_text);
}

static void packing(void *self, double share)
{
    const ond_cli *c = self;
    ond__bar(c, ond_msg_text(OND_M_CLI_PACKING, c->lang), share, "");
}

/* Beyond its context a model gives text without sense, and nothing else shows why. */
static void note_context(ond_cli *c, const ond_engine *e)
{
    ond_about about;
    ond_buf text = {0};
    char ctx[16], trained[16];
    ond_engine_about(e, &about);
    if (c->json || about.ctx_train <= 0 || about.ctx <= about.ctx_train) return;
    snprintf(ctx, sizeof ctx, "%d", about.ctx);
    snprintf(trained, sizeof trained, "%d", about.ctx_train);
    OND_MSG(&text, OND_M_CLI_CTX_BEYOND, c->lang, trained, ctx);
    ond__note_err(c, ond_buf_z(&text));
    ond_buf_free(&text);
}

int ond__engine_open(ond_cli *c, const char *model, ond__engine_args *a, ond_engine **out, ond_err *err)
{
    int rc = ond__engine_args_read(c, model, a, err);
    if (rc) return rc;
    a->opts.progress = packing;
    a->opts.self = c;
    rc = ond_engine_open(&a->opts, out, err);
    ond__bar(c, "", -1, "");
    if (rc == 0) note_context(c, *out);
    return rc;
}

const char *ond__bytes(uint64_t n, char out[24])
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    double v = (double)n;
    int u = 0;
    while (v >= 999.5 && u < 4) {
        v /= 1000;
        u++;
    }
    snprintf(out, 24, u == 0 ? "%.0f %s" : v < 99.95 ? "%.1f %s" : "%.0f %s", v, unit[u]);
    return out;
}

bool ond__may_rewrite(const ond_cli *c)
{
    const char *term = getenv("TERM");
    return !c->json && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void ond__bar(const ond_cli *c, const char *label, double share, const char *more)
{
    enum { WIDTH = 24 };
    static bool shown;
    if (!ond__may_rewrite(c)) return;
    if (share < 0) {
        if (shown) fputs("\r\033[K", stderr);
        shown = false;
        fflush(stderr);
        return;
    }
    int full = (int)(share * WIDTH);
    fputs("\r\033[K", stderr);
    ond__print_safe(stderr, label);   /* a tensor's name may hold anything */
    fputc(' ', stderr);
    for (int i = 0; i < WIDTH; i++) fputs(i < full ? "━" : "─", stderr);
    fprintf(stderr, " %3d %% %s", (int)(share * 100), more);
    fflush(stderr);
    shown = true;
}

int ond__needs_words(const ond_cli *c, int least, int most, ond_err *err)
{
    if (most >= 0 && c->n_arg > most) return ond__no_word(c, c->arg[most], "", err);
    if (c->n_arg >= least) return OND_OK;
    char first[80];
    const char *usage = c->row->verb->usage;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(usage, "\n"), usage);
    return OND__REFUSE(c, err, OND_E_USAGE, OND_M_CLI_USE, first, c->row->name);
}

int ond__read_input(const ond_cli *c, size_t most, ond_buf *out, ond_err *err)
{
    char piece[65536], mb[16];
    ssize_t n;
    while ((n = read(STDIN_FILENO, piece, sizeof piece)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return ond_file_fail(err, errno, "read", "standard input");
        ond_buf_put(out, piece, (size_t)n);
        if (out->n <= most) continue;
        snprintf(mb, sizeof mb, "%zu", most >> 20);
        return OND__REFUSE(c, err, OND_E_INPUT, OND_M_CLI_INPUT_TOO_LONG, mb);
    }
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "standard input");
}

int ond__needs_utf8(const ond_cli *c, ond_str text, ond_err *err)
{
    char at[24];
    size_t good = ond_utf8_valid(text);
    const char *nul = memchr(text.p, 0, good);
    if (nul) good = (size_t)(nul - text.p);
    if (good == text.n) return OND_OK;
    snprintf(at, sizeof at, "%zu", good + 1);
    return OND__REFUSE(c, err, OND_E_INPUT, OND_M_CLI_NOT_UTF8, at);
}

int ond__needs_text_model(const ond_cli *c, const ond_engine *e, ond_err *err)
{
    ond_about about;
    ond_engine_about(e, &about);
    if (!about.embedding) return OND_OK;
    return OND__REFUSE(c, err, OND_E_INPUT, OND_M_CLI_MAKES_VECTORS, about.name, c->arg[0]);
}
