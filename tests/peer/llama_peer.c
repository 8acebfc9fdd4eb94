/* llama_peer.c - asks libllama (prebuilt, from npm node-llama-cpp) the questions that we compare our answers with.
 *
 * Reads commands on standard input, one a line, and answers each with one line, so that one process can be timed
 * in turns with ours. Words are separated by spaces; IDS is a list of token ids.
 *   text WORDS…            ids of a text (special tokens added and parsed)
 *   logits FILE IDS…       decodes the ids from an empty cache, appends the logits of each to FILE as raw floats; "ok ROWS VOCAB"
 *   greedy N IDS…          N greedy tokens after the ids
 *   embed FILE IDS…        the pooled, normalised embedding to FILE
 *   nll SKIP IDS…          sum of -log p of the ids from position SKIP on, and their count
 *   perplexity CHUNK FILE  of a text, as llama.cpp's tool measures it; tokens scored, chunks
 *   pp N · tg N · batch N  milliseconds of a prefill of N, of N single decodes (after 1 token), of one decode of N tokens at
 *                          position 64 (all with fixed made-up ids; tg gives the mean of one)
 *   many S N               milliseconds a step of S sessions decoded together, mean of N
 * Usage: llama_peer BACKENDS MODEL [threads=2] [ctx=1024] [flash=1|0] [batch=512] [embed=1] [lora=FILE] [vocab=1]
 *        llama_peer BACKENDS quantize IN OUT FTYPE [pure]
 * BACKENDS is a folder of libggml-cpu-*.so, or one of these files. */
#include <ggml-backend.h>
#include <llama.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

typedef struct peer {
    struct llama_model *model;
    struct llama_context *ctx;
    const struct llama_vocab *vocab;
    int n_batch, n_ctx;
} peer;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void quiet(enum ggml_log_level level, const char *text, void *self)
{
    (void)self;
    if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    size_t n = strlen(name);
    for (int i = 3; i < argc; i++)
        if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=') return argv[i] + n + 1;
    return otherwise;
}

/* One batch of the given tokens of session `seq` from `pos`; logits for the last, or for all. */
static int decode(peer *p, const llama_token *ids, int n, int pos, int seq, bool all)
{
    struct llama_batch b = llama_batch_init(n, 0, 1);
    b.n_tokens = n;
    for (int i = 0; i < n; i++) {
        b.token[i] = ids[i];
        b.pos[i] = pos + i;
        b.n_seq_id[i] = 1;
        b.seq_id[i][0] = seq;
        b.logits[i] = all || i == n - 1;
    }
    int rc = llama_decode(p->ctx, b);
    llama_batch_free(b);
    return rc;
}

static void forget(peer *p) { llama_memory_clear(llama_get_memory(p->ctx), true); }

static llama_token best(const float *logits, int n)
{
    int at = 0;
    for (int i = 1; i < n; i++)
        if (logits[i] > logits[at]) at = i;
    return at;
}

static int read_ids(char *words, llama_token *ids, int most)
{
    int n = 0;
    for (char *w = strtok(words, " \n"); w && n < most; w = strtok(NULL, " \n")) ids[n++] = atoi(w);
    return n;
}

static llama_token *made_up(const peer *p, int n)
{
    llama_token *ids = malloc(sizeof *ids * (size_t)n);
    int vocab = llama_vocab_n_tokens(p->vocab);
    for (int i = 0; i < n; i++) ids[i] = (int)((unsigned)(i * 7919 + 13) % (unsigned)(vocab - 8)) + 4;
    return ids;
}

static void say_text(peer *p, const char *text)
{
    int most = (int)strlen(text) + 16;
    llama_token *ids = malloc(sizeof *ids * (size_t)most);
    int n = llama_tokenize(p->vocab, text, (int)strlen(text), ids, most, true, true);
    for (int i = 0; i < n; i++) printf("%d%s", ids[i], i + 1 < n ? " " : "");
    printf("\n");
    free(ids);
}

static void say_logits(peer *p, const char *path, const llama_token *ids, int n)
{
    int vocab = llama_vocab_n_tokens(p->vocab);
    FILE *f = fopen(path, "ab");
    forget(p);
    int rc = f ? 0 : -1;
    for (int at = 0; rc == 0 && at < n; at += p->n_batch) {
        int m = n - at < p->n_batch ? n - at : p->n_batch;
        rc = decode(p, ids + at, m, at, 0, true);
        for (int i = 0; rc == 0 && i < m; i++) fwrite(llama_get_logits_ith(p->ctx, i), sizeof(float), (size_t)vocab, f);
    }
    if (f) fclose(f);
    if (rc) printf("error %d\n", rc);
    else printf("ok %d %d\n", n, vocab);
}

/* Sum of -log p of ids from position skip on, from an empty cache; false: it cannot be decoded. */
static bool nll(peer *p, int skip, const llama_token *ids, int n, double *sum, int *count)
{
    int vocab = llama_vocab_n_tokens(p->vocab);
    forget(p);
    for (int at = 0; at < n; at += p->n_batch) {
        int m = n - at < p->n_batch ? n - at : p->n_batch;
        if (decode(p, ids + at, m, at, 0, true)) return false;
        for (int i = 0; i < m && at + i + 1 < n; i++) {
            if (at + i + 1 < skip) continue;
            const float *l = llama_get_logits_ith(p->ctx, i);
            double top = l[best(l, vocab)], z = 0;
            for (int v = 0; v < vocab; v++) z += exp(l[v] - top);
            *sum -= l[ids[at + i + 1]] - top - log(z);
            (*count)++;
        }
    }
    return true;
}

static void say_nll(peer *p, int skip, const llama_token *ids, int n)
{
    double sum = 0;
    int count = 0;
    (void)nll(p, skip, ids, n, &sum, &count);
    printf("%.9f %d\n", sum, count);
}

static char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    char *text = malloc(*n + 1);
    if (text && fread(text, 1, *n, f) != *n) *n = 0;
    fclose(f);
    return text;
}

/* As tools/perplexity of llama.cpp: the text in chunks, each beginning with BOS where the model adds one, of which the tokens
 * after the first half are scored. */
static void say_perplexity(peer *p, int chunk, const char *path)
{
    size_t size = 0;
    double sum = 0;
    int count = 0, chunks = 0;
    char *text = slurp(path, &size);
    llama_token *ids = malloc(sizeof *ids * (size + 16));
    int n = text && ids ? llama_tokenize(p->vocab, text, (int)size, ids, (int)size + 16, true, false) : -1;
    bool ok = n >= chunk && chunk > 3;
    for (int at = 0; ok && at + chunk <= n; at += chunk, chunks++) {
        if (llama_vocab_get_add_bos(p->vocab)) ids[at] = llama_vocab_bos(p->vocab);
        ok = nll(p, chunk / 2 + 1, ids + at, chunk, &sum, &count);
    }
    if (ok) printf("%.9f %d %d\n", exp(sum / count), count, chunks);
    else printf("error: %d tokens\n", n);
    free(text);
    free(ids);
}

static void say_greedy(peer *p, int most, const llama_token *ids, int n)
{
    int vocab = llama_vocab_n_tokens(p->vocab);
    forget(p);
    int rc = decode(p, ids, n, 0, 0, false);
    for (int i = 0; i < most && rc == 0; i++) {
        llama_token t = best(llama_get_logits_ith(p->ctx, -1), vocab);
        printf("%s%d", i ? " " : "", t);
        rc = decode(p, &t, 1, n + i, 0, false);
    }
    printf("\n");
}

static void say_embed(peer *p, const char *path, const llama_token *ids, int n)
{
    forget(p);
    int rc = decode(p, ids, n, 0, 0, true), width = llama_model_n_embd(p->model);
    const float *e = rc == 0 ? llama_get_embeddings_seq(p->ctx, 0) : NULL;
    FILE *f = e ? fopen(path, "wb") : NULL;
    if (!f) {
        printf("error %d\n", rc);
        return;
    }
    double sum = 0;
    for (int i = 0; i < width; i++) sum += (double)e[i] * e[i];
    for (int i = 0; i < width; i++) {
        float v = (float)(e[i] / sqrt(sum));
        fwrite(&v, sizeof v, 1, f);
    }
    fclose(f);
    printf("ok %d\n", width);
}

static void say_time(peer *p, const char *what, int n, int steps)
{
    int most = n + 128;
    llama_token *ids = made_up(p, most);
    double ms = 0;
    int rc = 0;
    forget(p);
    if (strcmp(what, "pp") == 0) {
        double t = now_ms();
        for (int at = 0; at < n; at += p->n_batch) rc |= decode(p, ids + at, n - at < p->n_batch ? n - at : p->n_batch, at, 0, false);
        ms = now_ms() - t;
    } else if (strcmp(what, "tg") == 0) {
        rc |= decode(p, ids, 1, 0, 0, false);
        double t = now_ms();
        for (int i = 0; i < n; i++) rc |= decode(p, ids + i + 1, 1, i + 1, 0, false);
        ms = (now_ms() - t) / n;
    } else if (strcmp(what, "batch") == 0) {
        rc |= decode(p, ids, 64, 0, 0, false);
        double t = now_ms();
        rc |= decode(p, ids + 64, n, 64, 0, true);
        ms = now_ms() - t;
    } else {
        struct llama_batch b = llama_batch_init(n, 0, 1);
        double t = now_ms();
        for (int step = 0; step < steps; step++) {
            b.n_tokens = n;
            for (int s = 0; s < n; s++) {
                b.token[s] = ids[step + s];
                b.pos[s] = step;
                b.n_seq_id[s] = 1;
                b.seq_id[s][0] = s;
                b.logits[s] = 1;
            }
            rc |= llama_decode(p->ctx, b);
        }
        ms = (now_ms() - t) / steps;
        llama_batch_free(b);
    }
    if (rc) printf("error %d\n", rc);
    else printf("%.4f\n", ms);
    free(ids);
}

static void answer(peer *p, char *line)
{
    static llama_token ids[1 << 20];
    char word[32], path[4096];
    int used = 0, n = 0, m = 0;
    line[strcspn(line, "\n")] = 0;
    if (sscanf(line, "%31s%n", word, &used) != 1) return;
    char *rest = line + used + (line[used] == ' ');
    if (strcmp(word, "text") == 0) say_text(p, rest);
    else if (strcmp(word, "logits") == 0 && sscanf(rest, "%4095s%n", path, &used) == 1)
        say_logits(p, path, ids, read_ids(rest + used, ids, 1 << 20));
    else if (strcmp(word, "embed") == 0 && sscanf(rest, "%4095s%n", path, &used) == 1)
        say_embed(p, path, ids, read_ids(rest + used, ids, 1 << 20));
    else if (strcmp(word, "greedy") == 0 && sscanf(rest, "%d%n", &n, &used) == 1)
        say_greedy(p, n, ids, read_ids(rest + used, ids, 1 << 20));
    else if (strcmp(word, "nll") == 0 && sscanf(rest, "%d%n", &n, &used) == 1)
        say_nll(p, n, ids, read_ids(rest + used, ids, 1 << 20));
    else if (strcmp(word, "perplexity") == 0 && sscanf(rest, "%d %4095s", &n, path) == 2) say_perplexity(p, n, path);
    else if (sscanf(rest, "%d %d", &n, &m) >= 1) say_time(p, word, n, m);
    else printf("error: what is \"%s\"\n", word);
    fflush(stdout);
}

static int quantize(int argc, char **argv)
{
    if (argc < 6) return 2;
    struct llama_model_quantize_params q = llama_model_quantize_default_params();
    q.ftype = (enum llama_ftype)atoi(argv[5]);
    q.nthread = 2;
    q.allow_requantize = true;
    q.pure = argc > 6 && strcmp(argv[6], "pure") == 0;
    return (int)llama_model_quantize(argv[3], argv[4], &q);
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    struct stat st;
    llama_log_set(quiet, NULL);
    if (stat(argv[1], &st) == 0 && S_ISDIR(st.st_mode)) ggml_backend_load_all_from_path(argv[1]);
    else ggml_backend_load(argv[1]);
    llama_backend_init();
    if (strcmp(argv[2], "quantize") == 0) return quantize(argc, argv);

    struct llama_model_params mp = llama_model_default_params();
    mp.vocab_only = atoi(option(argc, argv, "vocab", "0"));
    peer p = {.model = llama_model_load_from_file(argv[2], mp)};
    if (!p.model) return 1;
    p.vocab = llama_model_get_vocab(p.model);
    if (!mp.vocab_only) {
        struct llama_context_params cp = llama_context_default_params();
        p.n_ctx = atoi(option(argc, argv, "ctx", "1024"));
        p.n_batch = atoi(option(argc, argv, "batch", "512"));
        cp.n_ctx = (unsigned)p.n_ctx * (unsigned)atoi(option(argc, argv, "seqs", "1"));   /* each sequence gets its share */
        cp.n_batch = cp.n_ubatch = (unsigned)p.n_batch;
        cp.n_seq_max = (unsigned)atoi(option(argc, argv, "seqs", "1"));
        cp.n_threads = cp.n_threads_batch = atoi(option(argc, argv, "threads", "2"));
        cp.flash_attn_type = atoi(option(argc, argv, "flash", "1")) ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
        cp.embeddings = atoi(option(argc, argv, "embed", "0"));
        p.ctx = llama_init_from_model(p.model, cp);
        if (!p.ctx) return 1;
        const char *lora = option(argc, argv, "lora", NULL);
        if (lora) {
            struct llama_adapter_lora *a = llama_adapter_lora_init(p.model, lora);
            float one = 1;
            if (!a || llama_set_adapters_lora(p.ctx, &a, 1, &one)) return 1;
        }
    }
    printf("ready %d\n", llama_vocab_n_tokens(p.vocab));
    fflush(stdout);
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) answer(&p, line);
    free(line);
    llama_free(p.ctx);
    llama_model_free(p.model);
    return 0;
}
