/* verb_plan.c - `ondol plan`: what a model would take, before it takes anything. */
#include "cli/engine.h"

static int print_json(const ond_memory *m, ond_err *err)
{
    cJSON *o = cJSON_CreateObject();
    bool ok = o && ond_json_set_num(o, "version", 1) && ond_json_set_num(o, "weights_mapped", (double)m->weights_mapped) &&
              ond_json_set_num(o, "weights_packed", (double)m->weights_packed) && ond_json_set_num(o, "session", (double)m->session) &&
              ond_json_set_num(o, "sessions", (double)m->sessions) && ond_json_set_num(o, "pass", (double)m->pass) &&
              ond_json_set_num(o, "prefix", (double)m->prefix) && ond_json_set_num(o, "tokenizer", (double)m->tokenizer) &&
              ond_json_set_num(o, "adapters", (double)m->adapters) &&
              ond_json_set_num(o, "total", (double)m->total) && ond_json_set_num(o, "available", (double)m->available) &&
              ond_json_set_num(o, "ctx", m->ctx) && ond_json_set_num(o, "batch", m->n_batch) && ond_json_set_num(o, "threads", m->n_thread);
    if (ok) ond__print_json(o);
    cJSON_Delete(o);
    return ok ? OND_OK : ond_nomem(err, "the plan");
}

/* A line with a bar of its share of the whole. */
static void print_line(const ond_cli *c, ond_msg name, uint64_t n, uint64_t total)
{
    char size[24];
    int bar = total ? (int)(40 * (double)n / (double)total + 0.5) : 0;
    fputs("  ", stdout);
    ond__pad(stdout, ond_msg_text(name, c->lang), 30);
    printf("%10s  ", ond__bytes(n, size));
    for (int i = 0; i < bar; i++) fputs("█", stdout);
    putchar('\n');
}

static void print_plan(const ond_cli *c, const ond_memory *m)
{
    char ctx[16], batch[16], threads[16], total[24], available[24];
    snprintf(ctx, sizeof ctx, "%d", m->ctx);
    snprintf(batch, sizeof batch, "%d", m->n_batch);
    snprintf(threads, sizeof threads, "%d", m->n_thread);
    OND__SAY(c, stdout, OND_M_CLI_PLAN_HEAD, ctx, batch, threads);
    print_line(c, OND_M_CLI_PLAN_MAPPED, m->weights_mapped, m->total);
    print_line(c, OND_M_CLI_PLAN_PACKED, m->weights_packed, m->total);
    print_line(c, OND_M_CLI_PLAN_SESSION, m->sessions, m->total);
    print_line(c, OND_M_CLI_PLAN_PASS, m->pass, m->total);
    print_line(c, OND_M_CLI_PLAN_TOKENIZER, m->tokenizer, m->total);
    if (m->adapters) print_line(c, OND_M_CLI_PLAN_ADAPTERS, m->adapters, m->total);
    if (m->prefix) print_line(c, OND_M_CLI_PLAN_PREFIX, m->prefix, m->total);
    OND__SAY(c, stdout, OND_M_CLI_PLAN_TOTAL, ond__bytes(m->total, total), ond__bytes(m->available, available));
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond__engine_args a = {0};
    ond_memory m = {0};
    int rc;
    OND_TRY(ond__needs_words(c, 1, 1, &err));
    OND_TRY(ond__engine_args_read(c, c->arg[0], &a, &err));
    OND_TRY(ond__option_int(c, "batch", 1, 8192, 0, &a.opts.batch, &err));
    OND_TRY(ond__option_int(c, "sessions", 1, 1024, 0, &a.opts.sessions, &err));
    rc = ond_engine_plan(&a.opts, &m, &err);
    if (rc && rc != OND_E_NOMEM) goto out;
    if (!c->json) print_plan(c, &m);
    else if (rc == 0) rc = print_json(&m, &err);
out:
    ond__engine_args_free(&a);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

static const ond_cli_option options[] = {
    {"batch", 'b', "N", "most tokens of one pass (default 512)", "한 번에 처리할 최대 토큰 수 (기본 512)"},
    {"sessions", 0, "N", "sessions at a time (default 1)", "동시에 열 세션 수 (기본 1)"},
    OND__ENGINE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const ond_cli_verb ond_verb_plan = {
    .usage = "plan MODEL",
    .en = "Says what memory a model takes, part by part, without loading it. Exit 12 where there is not enough.",
    .ko = "모델이 쓸 메모리를 부분별로 알려 줘요. 모델을 올리지는 않아요. 메모리가 모자라면 종료 코드 12예요.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol plan model.gguf\nondol plan model.gguf --ctx 8192 --kv i8",
    .run = run,
};
