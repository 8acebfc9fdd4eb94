/* ik_peer.c - the timing questions of llama_peer.c, asked of ik_llama.cpp's own library (built from its source; make bench-engine IK=DIR).
 *
 * Reads "pp N", "tg N", "batch N", "many S N" on standard input and answers each with milliseconds, as llama_peer.c does.
 * Usage: ik_peer MODEL [threads] [ctx]. Weights are repacked at load and fused ops are on, its best mode. */
#include <llama.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void quiet(enum ggml_log_level level, const char *text, void *self)
{
    (void)level, (void)text, (void)self;
}

static struct llama_context *ctx;
static int n_vocab;

static llama_token made_up(int i) { return (int)((unsigned)(i * 7919 + 13) % (unsigned)(n_vocab - 8)) + 4; }

/* n tokens of session `seq` from `pos`. */
static int decode(int n, int pos, int seq, int all)
{
    struct llama_batch b = llama_batch_init(n, 0, 1);
    b.n_tokens = n;
    for (int i = 0; i < n; i++) {
        b.token[i] = made_up(pos + i);
        b.pos[i] = pos + i;
        b.n_seq_id[i] = 1;
        b.seq_id[i][0] = seq;
        b.logits[i] = (signed char)(all || i == n - 1);
    }
    int rc = llama_decode(ctx, b);
    llama_batch_free(b);
    return rc;
}

static double measure(const char *what, int n, int steps)
{
    llama_kv_cache_clear(ctx);
    double t;
    if (strcmp(what, "pp") == 0) {
        t = now_ms();
        decode(n, 0, 0, 0);
        return now_ms() - t;
    }
    if (strcmp(what, "tg") == 0) {
        decode(1, 0, 0, 0);
        t = now_ms();
        for (int i = 0; i < n; i++) decode(1, i + 1, 0, 0);
        return (now_ms() - t) / n;
    }
    if (strcmp(what, "batch") == 0) {
        decode(64, 0, 0, 0);
        t = now_ms();
        decode(n, 64, 0, 1);
        return now_ms() - t;
    }
    struct llama_batch b = llama_batch_init(n, 0, 1);
    t = now_ms();
    for (int step = 0; step < steps; step++) {
        b.n_tokens = n;
        for (int s = 0; s < n; s++) {
            b.token[s] = made_up(step + s);
            b.pos[s] = step;
            b.n_seq_id[s] = 1;
            b.seq_id[s][0] = s;
            b.logits[s] = 1;
        }
        llama_decode(ctx, b);
    }
    llama_batch_free(b);
    return (now_ms() - t) / steps;
}

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    llama_log_set(quiet, NULL);
    llama_backend_init();
    struct llama_model_params mp = llama_model_default_params();
    mp.repack_tensors = true;
    mp.use_mmap = false;
    struct llama_model *model = llama_model_load_from_file(argv[1], mp);
    if (!model) return 1;
    struct llama_context_params cp = llama_context_default_params();
    cp.n_ctx = argc > 3 ? (unsigned)atoi(argv[3]) : 1024;
    cp.n_batch = cp.n_ubatch = 512;
    cp.n_seq_max = 8;
    cp.n_threads = cp.n_threads_batch = argc > 2 ? (unsigned)atoi(argv[2]) : 2;
    cp.flash_attn = true;
    ctx = llama_init_from_model(model, cp);
    if (!ctx) return 1;
    n_vocab = llama_n_vocab(model);
    printf("ready %d\n", n_vocab);
    fflush(stdout);
    char line[128], word[32];
    while (fgets(line, sizeof line, stdin)) {
        int n = 0, m = 0;
        if (sscanf(line, "%31s %d %d", word, &n, &m) < 2) continue;
        printf("%.4f\n", measure(word, n, m));
        fflush(stdout);
    }
    return 0;
}
