/* logits_ours.c - answers the questions of llama_peer.c out of src/model, so that logits.sh can
 * compare both line by line.
 *
 * Commands as there: logits, greedy, embed, pp, tg, batch, many; and
 *   compare A B ROWS VOCAB   of two files of floats: NMSE of B against A, the largest difference,
 * rows whose greatest differs agree A B ROWS VOCAB GAP FROM: rows from FROM on in which B's
 * greatest is not A's although A's top two lie further apart than GAP Usage: logits_ours MODEL
 * [threads=2] [ctx=1024] [batch=512] [kv=f16|i8] [pack=memory|off|DIR] [lora=FILE] */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct ours {
    ond_gguf *g;
    ond_team *team;
    ond_model *m;
    ond_pass *pass;
    ond_kv *kv[16];
    int n_ctx, n_batch, n_vocab;
    ond_kv_type type;
    float *logits;
} ours;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    size_t n = strlen(name);
    for (int i = 2; i < argc; i++)
        if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=') return argv[i] + n + 1;
    return otherwise;
}

static void must(int rc, const ond_err *err)
{
    if (rc == 0) return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static void open_all(ours *o, int argc, char **argv)
{
    ond_err err;
    const char *pack = option(argc, argv, "pack", "memory"),
               *lora = option(argc, argv, "lora", NULL);
    ond_adapter adapter = {lora, 1};
    must(ond_gguf_open(argv[1], &o->g, &err), &err);
    must(ond_team_open(atoi(option(argc, argv, "threads", "2")), &o->team, &err), &err);
    ond_model_opts opts = {.team = o->team,
                           .packing = strcmp(pack, "off") == 0 ? OND_PACK_OFF : OND_PACK_AUTO,
                           .cache_dir = pack[0] == '/' ? pack : NULL,
                           .adapter = &adapter,
                           .n_adapter = lora != NULL};
    double begin = now_ms();
    must(ond_model_open(o->g, &opts, &o->m, &err), &err);
    if (getenv("TIMES"))
        fprintf(stderr, "open %.1f ms, kernels %s\n", now_ms() - begin, ond_model_kern(o->m)->name);
    o->n_ctx = atoi(option(argc, argv, "ctx", "1024"));
    o->n_batch = atoi(option(argc, argv, "batch", "512"));
    o->type = strcmp(option(argc, argv, "kv", "f16"), "i8") == 0 ? OND_KV_I8 : OND_KV_F16;
    o->n_vocab = ond_model_shape(o->m)->n_vocab;
    o->logits = malloc((size_t)o->n_batch * (size_t)o->n_vocab * sizeof(float));
    must(ond_pass_open(o->m, o->team, o->n_batch, o->n_batch, &o->pass, &err), &err);
    for (int i = 0; i < 16 && !ond_model_shape(o->m)->embedding; i++)
        must(ond_kv_open(o->m, o->n_ctx, o->type, &o->kv[i], &err), &err);
}

static void feed(ours *o, int kv, const int32_t *ids, int n, int pos, int n_out)
{
    ond_err err;
    for (int at = 0; at < n; at += o->n_batch) {
        int many = n - at < o->n_batch ? n - at : o->n_batch, last = at + many == n;
        ond_span s = {o->kv[kv], ids + at, many, pos + at, n_out < 0 ? many : last ? n_out : 0,
                      o->logits};
        must(ond_model_forward(o->m, o->pass, &s, 1, &err), &err);
    }
}

static int best(const float *x, int n)
{
    int at = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > x[at]) at = i;
    return at;
}

static int read_ids(char *line, int32_t *ids, int most)
{
    int n = 0;
    for (char *w = strtok(line, " \n"); w && n < most; w = strtok(NULL, " \n")) ids[n++] = atoi(w);
    return n;
}

static void do_logits(ours *o, const char *file, const int32_t *ids, int n)
{
    FILE *f = fopen(file, "ab");
    for (int at = 0; at < n; at += o->n_batch) {
        int many = n - at < o->n_batch ? n - at : o->n_batch;
        feed(o, 0, ids + at, many, at, -1);
        fwrite(o->logits, sizeof(float), (size_t)many * (size_t)o->n_vocab, f);
    }
    fclose(f);
    printf("ok %d %d\n", n, o->n_vocab);
}

static void do_greedy(ours *o, int many, const int32_t *ids, int n)
{
    feed(o, 0, ids, n, 0, 1);
    for (int i = 0; i < many; i++) {
        int32_t next = best(o->logits, o->n_vocab);
        printf("%d%c", next, i + 1 < many ? ' ' : '\n');
        if (i + 1 < many) feed(o, 0, &next, 1, n + i, 1);
    }
}

static void do_embed(ours *o, const char *file, const int32_t *ids, int n)
{
    ond_err err;
    int width = ond_model_shape(o->m)->n_embd;
    float *out = calloc((size_t)width, sizeof *out);
    ond_span s = {NULL, ids, n, 0, 0, out};
    must(ond_model_forward(o->m, o->pass, &s, 1, &err), &err);
    FILE *f = fopen(file, "ab");
    fwrite(out, sizeof *out, (size_t)width, f);
    fclose(f);
    free(out);
    printf("ok %d\n", width);
}

static void do_speed(ours *o, const char *what, int n)
{
    int32_t ids[4096];
    for (int i = 0; i < 4096; i++) ids[i] = (i * 37 + 11) % (o->n_vocab < 1000 ? o->n_vocab : 1000);
    double begin;
    if (strcmp(what, "pp") == 0) {
        begin = now_ms();
        feed(o, 0, ids, n, 0, 1);
    } else if (strcmp(what, "tg") == 0) {
        feed(o, 0, ids, 1, 0, 1);
        begin = now_ms();
        for (int i = 0; i < n; i++) feed(o, 0, ids + i, 1, 1 + i, 1);
        begin = now_ms() - (now_ms() - begin) / n;
    } else {
        feed(o, 0, ids, 64, 0, 1);
        begin = now_ms();
        feed(o, 0, ids, n, 64, n);
    }
    printf("%.3f\n", now_ms() - begin);
}

static void do_many(ours *o, int sessions, int n)
{
    ond_err err;
    ond_span s[16];
    int32_t id = 5;
    double begin = now_ms();
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < sessions; k++)
            s[k] = (ond_span){o->kv[k], &id, 1, i, 1, o->logits + (size_t)k * (size_t)o->n_vocab};
        must(ond_model_forward(o->m, o->pass, s, sessions, &err), &err);
    }
    printf("%.3f\n", (now_ms() - begin) / n);
}

static float *slurp(const char *path, size_t n)
{
    float *x = malloc(n * sizeof *x);
    FILE *f = fopen(path, "rb");
    if (!f || !x || fread(x, sizeof *x, n, f) != n) {
        fprintf(stderr, "%s is shorter than %zu floats\n", path, n);
        exit(1);
    }
    fclose(f);
    return x;
}

static void do_compare(const char *pa, const char *pb, int rows, int vocab, double gap, int from)
{
    size_t n = (size_t)rows * (size_t)vocab;
    float *a = slurp(pa, n), *b = slurp(pb, n);
    double err = 0, sum = 0, most = 0;
    int differ = 0, close = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)b[i] - (double)a[i];
        err += d * d;
        sum += (double)a[i] * (double)a[i];
        if (fabs(d) > most || isnan(d)) most = fabs(d);
    }
    for (int r = from > 0 ? from : 0; r < rows; r++) {
        const float *x = a + (size_t)r * (size_t)vocab;
        int top = best(x, vocab), mine = best(b + (size_t)r * (size_t)vocab, vocab);
        float second = -INFINITY;
        for (int i = 0; i < vocab; i++)
            if (i != top && x[i] > second) second = x[i];
        if (mine == top) continue;
        differ++;
        close += (double)x[top] - (double)second <= gap;
    }
    if (from >= 0)
        printf("%d %d\n", differ - close, close);
    else
        printf("nmse %.3g max %.3g differ %d\n", sum > 0 ? err / sum : err, most, differ);
    free(a);
    free(b);
}

static void answer(ours *o, char *line)
{
    static int32_t ids[1 << 16];
    char word[16] = "", file[512], other[512];
    int n = 0, used = 0, rows = 0, vocab = 0;
    double gap = 0;
    sscanf(line, "%15s%n", word, &used);
    char *rest = line + used;
    if (strcmp(word, "logits") == 0 && sscanf(rest, " %511s%n", file, &used) == 1)
        do_logits(o, file, ids, read_ids(rest + used, ids, 1 << 16));
    else if (strcmp(word, "embed") == 0 && sscanf(rest, " %511s%n", file, &used) == 1)
        do_embed(o, file, ids, read_ids(rest + used, ids, 1 << 16));
    else if (strcmp(word, "greedy") == 0 && sscanf(rest, "%d%n", &n, &used) == 1)
        do_greedy(o, n, ids, read_ids(rest + used, ids, 1 << 16));
    else if (strcmp(word, "many") == 0 && sscanf(rest, "%d %d", &n, &used) == 2)
        do_many(o, n, used);
    else if (strcmp(word, "compare") == 0 &&
             sscanf(rest, " %511s %511s %d %d", file, other, &rows, &vocab) == 4)
        do_compare(file, other, rows, vocab, 0, -1);
    else if (strcmp(word, "agree") == 0 &&
             sscanf(rest, " %511s %511s %d %d %lf %d", file, other, &rows, &vocab, &gap, &n) == 6)
        do_compare(file, other, rows, vocab, gap, n);
    else if (sscanf(rest, "%d", &n) == 1)
        do_speed(o, word, n);
    else
        printf("? %s\n", word);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 2) return 2;
    ours o = {0};
    if (strcmp(argv[1], "-") != 0) open_all(&o, argc, argv);
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) answer(&o, line);
    free(line);
    free(o.logits);
    for (int i = 0; i < 16; i++) ond_kv_close(o.kv[i]);
    ond_pass_close(o.pass);
    ond_model_close(o.m);
    ond_team_close(o.team);
    ond_gguf_close(o.g);
    return 0;
}
