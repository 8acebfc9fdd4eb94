/* verb_bench.c - `ondol bench`: prompt and answer speed in the manner of llama-bench; memory bandwidth. */
#include "cli/engine.h"

#include "cli/bandwidth.h"
#include "sys/clock.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_TESTS = 32, MOST_ROUNDS = 100, MOST_SESSIONS = 64 };

typedef enum test_kind { PROMPT, ANSWER, BATCH, SESSIONS } test_kind;   /* pp, tg, one pass of n tokens, n sessions together */

typedef struct bench_test {
    test_kind kind;
    int n;
    double rate[MOST_ROUNDS];   /* tokens a second */
} bench_test;

typedef struct bench {
    ond_cli *c;
    ond_engine *e;
    ond_session *s[MOST_SESSIONS];
    int n_session;
    bench_test test[MOST_TESTS];
    int n_test, rounds, n_vocab;
    int32_t *ids;               /* made up, as many as the longest test wants */
} bench;

/* ---- options ---- */

/* "512,128": a test for each number. */
static int read_list(bench *b, const char *name, const char *otherwise, test_kind kind, int most, ond_err *err)
{
    const char *text = ond__option(b->c, name);
    char one[16], what[32];
    snprintf(what, sizeof what, "--%s", name);
    for (const char *p = text ? text : otherwise; *p;) {
        size_t n = strcspn(p, ",");
        double v = 0;
        if (n == 0 || n >= sizeof one) return ond_fail(err, OND_E_USAGE, "--%s takes numbers with commas between", name);
        memcpy(one, p, n);
        one[n] = 0;
        int rc = ond__whole(b->c, what, one, 0, most, &v, err);
        if (rc) return rc;
        if (b->n_test == MOST_TESTS) return ond_fail(err, OND_E_USAGE, "at most %d tests at a time", MOST_TESTS);
        if (v > 0) b->test[b->n_test++] = (bench_test){.kind = kind, .n = (int)v};
        p += n + (p[n] == ',');
    }
    return OND_OK;
}

static int longest(const bench *b)
{
    int n = 1;
    for (int i = 0; i < b->n_test; i++) {
        int need = b->test[i].kind == SESSIONS ? 64 : b->test[i].n + (b->test[i].kind == BATCH ? 64 : 1);
        if (need > n) n = need;
    }
    return n;
}

/* ---- tests ---- */

static int prompt(bench *b, int n, double *rate, ond_err *err)
{
    ond_session_truncate(b->s[0], 0);
    int rc = ond_session_feed(b->s[0], b->ids, (size_t)n, err);
    uint64_t began = ond_steady_us();
    if (rc == 0) rc = ond_session_run(b->s[0], err);
    *rate = n * 1e6 / (double)(ond_steady_us() - began);
    return rc;
}

static int answer(bench *b, int n, double *rate, ond_err *err)
{
    ond_session_truncate(b->s[0], 0);
    int rc = ond_session_feed(b->s[0], b->ids, 1, err);
    if (rc == 0) rc = ond_session_run(b->s[0], err);
    uint64_t began = ond_steady_us();
    for (int i = 0; i < n && rc == 0; i++) {
        rc = ond_session_feed(b->s[0], b->ids + 1 + i, 1, err);
        if (rc == 0) rc = ond_session_run(b->s[0], err);
    }
    *rate = n * 1e6 / (double)(ond_steady_us() - began);
    return rc;
}

/* One pass of n tokens after 64, with logits for all: what checking a draft costs. */
static int batch(bench *b, int n, double *rate, ond_err *err)
{
    float logprob[512];
    ond_session_truncate(b->s[0], 0);
    int rc = ond_session_feed(b->s[0], b->ids, 64, err);
    if (rc == 0) rc = ond_session_run(b->s[0], err);
    uint64_t began = ond_steady_us();
    if (rc == 0) rc = ond_session_score(b->s[0], b->ids + 64, (size_t)n, logprob, err);
    *rate = n * 1e6 / (double)(ond_steady_us() - began);
    return rc;
}

static int sessions(bench *b, int n, double *rate, ond_err *err)
{
    enum { STEPS = 32 };
    int rc = OND_OK, pending = 0;
    for (int i = 0; i < n && rc == 0; i++) {
        if (!b->s[i]) rc = ond_session_open(b->e, &b->s[i], err);
        if (rc == 0) ond_session_truncate(b->s[i], 0);
        if (rc == 0) rc = ond_session_feed(b->s[i], b->ids, 1, err);
        if (rc == 0) rc = ond_session_run(b->s[i], err);
    }
    uint64_t began = ond_steady_us();
    for (int step = 0; step < STEPS && rc == 0; step++) {
        for (int i = 0; i < n && rc == 0; i++) rc = ond_session_feed(b->s[i], b->ids + 1 + step, 1, err);
        do
            if (rc == 0) rc = ond_engine_step(b->e, 0, &pending, err);
        while (rc == 0 && pending > 0);
    }
    *rate = (double)n * STEPS * 1e6 / (double)(ond_steady_us() - began);
    return rc;
}

static int one(bench *b, bench_test *t, double *rate, ond_err *err)
{
    switch (t->kind) {
    case PROMPT: return prompt(b, t->n, rate, err);
    case ANSWER: return answer(b, t->n, rate, err);
    case BATCH: return batch(b, t->n, rate, err);
    default: return sessions(b, t->n, rate, err);
    }
}

/* Rounds go through all tests in turn, so that a disturbance does not fall on one alone. */
static int run_all(bench *b, ond_err *err)
{
    int rc = OND_OK;
    double warm;
    for (int i = 0; i < b->n_test && rc == 0; i++) rc = one(b, &b->test[i], &warm, err);
    for (int r = 0; r < b->rounds && rc == 0; r++)
        for (int i = 0; i < b->n_test && rc == 0; i++) {
            rc = one(b, &b->test[i], &b->test[i].rate[r], err);
            ond__bar(b->c, "", (double)(r * b->n_test + i + 1) / (double)(b->rounds * b->n_test), "");
        }
    ond__bar(b->c, "", -1, "");
    return rc;
}

/* ---- printing ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(bench_test *t, int n, double *spread)
{
    qsort(t->rate, (size_t)n, sizeof *t->rate, by_value);
    *spread = (t->rate[n - 1] - t->rate[0]) / 2;
    return n % 2 ? t->rate[n / 2] : (t->rate[n / 2 - 1] + t->rate[n / 2]) / 2;
}

static const char *test_name(const bench_test *t, char out[24])
{
    static const char *const names[] = {"pp", "tg", "batch", "sessions"};
    snprintf(out, 24, "%s%d", names[t->kind], t->n);
    return out;
}

static void print_table(bench *b, const ond_about *about)
{
    char size[24], name[24];
    printf("| model | size | params | kernels | threads | test | t/s |\n|---|---:|---:|---|---:|---|---:|\n");
    for (int i = 0; i < b->n_test; i++) {
        double spread, m = median(&b->test[i], b->rounds, &spread);
        printf("| %s ", about->arch);
        ond__print_safe(stdout, about->name);
        printf(" | %s | %.2f M | %s | %d | %s | %.2f ± %.2f |\n", ond__bytes(about->file_bytes, size), (double)about->n_params / 1e6,
               about->kern, about->threads, test_name(&b->test[i], name), m, spread);
    }
}

static int print_json(bench *b, const ond_about *about, ond_err *err)
{
    cJSON *o = cJSON_CreateObject(), *rows = cJSON_CreateArray();
    char name[24];
    bool ok = o && rows && ond_json_set_num(o, "version", 1) && ond_json_set_str(o, "model", about->name) &&
              ond_json_set_str(o, "path", about->path) && ond_json_set_str(o, "arch", about->arch) &&
              ond_json_set_num(o, "bytes", (double)about->file_bytes) && ond_json_set_num(o, "parameters", (double)about->n_params) &&
              ond_json_set_str(o, "kern", about->kern) && ond_json_set_num(o, "threads", about->threads);
    for (int i = 0; i < b->n_test && ok; i++) {
        double spread, m = median(&b->test[i], b->rounds, &spread);
        cJSON *r = cJSON_CreateObject(), *all = cJSON_CreateDoubleArray(b->test[i].rate, b->rounds);
        ok = r && all && ond_json_set_str(r, "test", test_name(&b->test[i], name)) && ond_json_set_num(r, "tokens_per_second", m);
        ok = ok ? ond_json_set(r, "rounds", all) : (cJSON_Delete(all), false);
        ok = ok ? cJSON_AddItemToArray(rows, r) : (cJSON_Delete(r), false);
    }
    ok = ok ? ond_json_set(o, "tests", rows) : (cJSON_Delete(rows), false);
    if (ok) ond__print_json(o);
    cJSON_Delete(o);
    return ok ? OND_OK : ond_nomem(err, "the result");
}

static int print_bandwidth(const ond_cli *c, ond_err *err)
{
    double best = 0;
    int threads = 0;
    int rc = ond__option_int(c, "threads", 1, 256, 0, &threads, err);
    if (rc == 0) rc = ond__bandwidth(threads, 4.5, 0, &best, err);
    if (rc) return rc;
    if (!c->json) return printf("%.1f GB/s\n", best / 1e9), OND_OK;
    cJSON *o = cJSON_CreateObject();
    bool ok = o && ond_json_set_num(o, "version", 1) && ond_json_set_num(o, "bytes_per_second", best);
    if (ok) ond__print_json(o);
    cJSON_Delete(o);
    return ok ? OND_OK : ond_nomem(err, "the result");
}

static int bench_model(bench *b, ond_err *err)
{
    ond__engine_args a = {0};
    ond_about about;
    int rc;
    OND_TRY(read_list(b, "n-prompt", "512", PROMPT, 1 << 20, err));
    OND_TRY(read_list(b, "n-gen", "128", ANSWER, 1 << 20, err));
    OND_TRY(read_list(b, "batch-tokens", "", BATCH, 512, err));
    OND_TRY(read_list(b, "together", "", SESSIONS, MOST_SESSIONS, err));
    OND_TRY(ond__option_int(b->c, "repetitions", 1, MOST_ROUNDS, 5, &b->rounds, err));
    int most = longest(b), sessions_most = 1;
    for (int i = 0; i < b->n_test; i++)
        if (b->test[i].kind == SESSIONS && b->test[i].n > sessions_most) sessions_most = b->test[i].n;
    a.opts.sessions = sessions_most;
    OND_TRY(ond__engine_args_read(b->c, b->c->arg[0], &a, err));
    if (!a.opts.ctx) a.opts.ctx = most + 1;
    a.opts.pack = a.opts.pack ? a.opts.pack : "memory";
    OND_TRY(ond_engine_open(&a.opts, &b->e, err));
    OND_TRY(ond__needs_text_model(b->c, b->e, err));
    ond_engine_about(b->e, &about);
    b->ids = calloc((size_t)most, sizeof *b->ids);
    if (!b->ids) OND_TRY(ond_nomem(err, "the benchmark"));
    for (int i = 0; i < most; i++) b->ids[i] = (int32_t)(((unsigned)i * 7919u + 13u) % (unsigned)about.n_vocab);
    OND_TRY(ond_session_open(b->e, &b->s[0], err));
    OND_TRY(run_all(b, err));
    if (b->c->json) rc = print_json(b, &about, err);
    else print_table(b, &about);
out:
    for (int i = 0; i < MOST_SESSIONS; i++) ond_session_close(b->s[i]);
    ond_engine_close(b->e);
    free(b->ids);
    ond__engine_args_free(&a);
    return rc;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    int rc;
    if (ond__option(c, "bandwidth")) {
        rc = ond__needs_words(c, 0, 0, &err);
        if (rc == 0) rc = print_bandwidth(c, &err);
    } else {
        rc = ond__needs_words(c, 1, 1, &err);
        bench *b = rc == 0 ? calloc(1, sizeof *b) : NULL;
        if (rc == 0 && !b) rc = ond_nomem(&err, "the benchmark");
        if (b) {
            b->c = c;
            rc = bench_model(b, &err);
        }
        free(b);
    }
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

static const ond_cli_option options[] = {
    {"n-prompt", 'p', "N,…", "tokens of a prompt read in (default 512; 0: none)", "읽어 들일 프롬프트의 토큰 수 (기본 512; 0: 안 함)"},
    {"n-gen", 'n', "N,…", "tokens decoded one by one (default 128; 0: none)", "하나씩 만들 토큰 수 (기본 128; 0: 안 함)"},
    {"batch-tokens", 0, "N,…", "also one pass of N tokens after 64", "64 토큰 뒤 N 토큰을 한 번에 처리"},
    {"together", 0, "N,…", "also N sessions decoded together", "N개 세션을 함께 처리"},
    {"repetitions", 'r', "N", "rounds; the median is printed (default 5)", "되풀이 횟수, 중앙값을 출력 (기본 5)"},
    {"bandwidth", 0, NULL, "measure memory bandwidth instead (5 s)", "대신 메모리 대역폭을 잼 (5초)"},
    OND__ENGINE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const ond_cli_verb ond_verb_bench = {
    .usage = "bench MODEL\nbench --bandwidth",
    .en = "Measures how fast a model reads a prompt (pp) and decodes (tg), in tokens a second: medians over rounds that take\n"
          "the tests in turn. The table is that of llama-bench.",
    .ko = "모델이 프롬프트를 읽는 속도(pp)와 답을 만드는 속도(tg)를 초당 토큰으로 재요. 시험을 번갈아 되풀이한 중앙값이에요.\n"
          "표는 llama-bench와 같은 모양이에요.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol bench model.gguf\nondol bench model.gguf -p 0 -n 64 --batch-tokens 1,2,4,8 --json\nondol bench --bandwidth",
    .run = run,
};
