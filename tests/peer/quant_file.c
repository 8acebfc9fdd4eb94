/* quant_file.c - whole files quantised by us and by llama.cpp: the same tensors get the same types, our error is at most 1.02 times
 * its own, and llama.cpp loads what we wrote (it requantises our file to F16). TAP.
 *
 * Tiny models of several families times every mixture. Usage: quant_file LLAMA_PEER BACKENDS */
#include "model/quantize.h"
#include "model/tiny.h"

#include <sys/wait.h>
#include <unistd.h>

static const char *peer, *backends;
static char dir[] = "/tmp/ondol-quant-file-XXXXXX";

static bool run_peer(const char *in, const char *out, ond_mix mix, bool pure)
{
    char number[16];
    snprintf(number, sizeof number, "%d", (int)mix);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(9);
        execl(peer, peer, backends, "quantize", in, out, number, pure ? "pure" : NULL, (char *)NULL);
        _exit(9);
    }
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static double error_of(const ond_gguf_tensor *a, const ond_gguf_tensor *x)
{
    size_t n = x->bytes / sizeof(float);
    float *back = malloc(n * sizeof *back);
    double e = 0;
    ond_dequant((ond_type)a->type, a->p, n, back);
    for (size_t i = 0; i < n; i++) {
        float v;
        memcpy(&v, x->p + 4 * i, 4);
        e += ((double)v - (double)back[i]) * ((double)v - (double)back[i]);
    }
    free(back);
    return e;
}

/* How many tensors differ in type, shape or error; says which. */
static int differ(const ond_gguf *ours, const ond_gguf *theirs, const ond_gguf *source)
{
    int bad = ond_gguf_n_tensors(ours) != ond_gguf_n_tensors(theirs);
    double mine = 0, other = 0;
    for (size_t i = 0; i < ond_gguf_n_tensors(ours); i++) {
        const ond_gguf_tensor *a = ond_gguf_tensor_at(ours, i);
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)a->name.n, a->name.p);
        const ond_gguf_tensor *b = ond_gguf_tensor_find(theirs, name), *x = ond_gguf_tensor_find(source, name);
        if (!b || !x || a->type != b->type || memcmp(a->dim, b->dim, sizeof a->dim) != 0) {
            printf("#   %s: ours %s, theirs %s\n", name, ond_type_name(a->type), b ? ond_type_name(b->type) : "missing");
            bad++;
        } else if (a->type == OND_F32 && memcmp(a->p, b->p, a->bytes) != 0) {
            printf("#   %s: not the same floats\n", name);
            bad++;
        } else if (a->type != OND_F32) {
            mine += error_of(a, x);
            other += error_of(b, x);
        }
    }
    if (mine > 1.02 * other + 1e-12) printf("#   error %.4f of theirs\n", mine / other), bad++;
    return bad;
}

static bool keys_hold(const ond_gguf *g, ond_mix mix, size_t of_source)
{
    int64_t type = -1, version = -1;
    ond_err err;
    return ond_gguf_int(g, "general.file_type", 0, 1000, -1, &type, &err) == 0 && type == (int64_t)mix &&
           ond_gguf_int(g, "general.quantization_version", 0, 9, -1, &version, &err) == 0 && version == 2 &&
           ond_gguf_n_values(g) >= of_source;
}

/* Number of faults. load: whether llama.cpp is asked to read ours, too. */
static int check(const tiny *t, const char *in, ond_mix mix, bool pure, bool load, ond_team *team)
{
    char ours[128], theirs[128], again[128];
    snprintf(ours, sizeof ours, "%s/ours.gguf", dir);
    snprintf(theirs, sizeof theirs, "%s/theirs.gguf", dir);
    snprintf(again, sizeof again, "%s/again.gguf", dir);
    ond_gguf *a = NULL, *b = NULL, *x = NULL;
    ond_quantize_opts o = {.mix = mix, .pure = pure, .team = team};
    ond_err err = {0};
    int bad = 1;
    bool other = run_peer(in, theirs, mix, pure);
    int rc = ond_quantize(in, ours, &o, NULL, &err);
    if (rc != 0 || !other) {
        printf("#   %s: ours %s, theirs %s\n", t->name, rc ? err.text : "done", other ? "done" : "failed");
        return 1;
    }
    if (ond_gguf_open(ours, &a, &err) == 0 && ond_gguf_open(theirs, &b, &err) == 0 && ond_gguf_open(in, &x, &err) == 0) {
        bad = differ(a, b, x);
        if (!keys_hold(a, mix, ond_gguf_n_values(x))) printf("#   keys\n"), bad++;
    } else {
        printf("#   %s\n", err.text);
    }
    if (load && !run_peer(ours, again, OND_MIX_F16, false)) printf("#   llama.cpp does not load ours\n"), bad++;
    ond_gguf_close(a);
    ond_gguf_close(b);
    ond_gguf_close(x);
    unlink(ours);
    unlink(theirs);
    unlink(again);
    return bad;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"llama", "llama linear", "llama freqs", "qwen2", "qwen3moe", "gemma3", "phi3", "bert"};
    enum { N = sizeof names / sizeof *names };
    if (argc < 3) return 2;
    peer = argv[1];
    backends = argv[2];
    ond_team *team = NULL;
    ond_err err;
    int test = 0, bad_all = 0;
    if (!mkdtemp(dir) || ond_team_open(2, &team, &err) != 0) return 1;
    for (int i = 0; i < N; i++) {
        tiny t = {0};
        for (int k = 0; k < TINIES; k++)
            if (strcmp(tinies[k].name, names[i]) == 0) t = tinies[k];
        t.n_layer = 8;   /* so that first and last layers differ from those between */
        char in[128];
        snprintf(in, sizeof in, "%s/in.gguf", dir);
        if (tiny_write(&t, OND_F32, 7, in, &err) != 0) {
            printf("Bail out! %s\n", err.text);
            return 1;
        }
        for (int m = 0; m < ond_mix_count(); m++) {
            ond_mix mix = ond_mix_at(m);
            bool mixed = mix == OND_MIX_Q2_K || mix == OND_MIX_Q3_K_L || mix == OND_MIX_Q4_K_M || mix == OND_MIX_Q4_K_S ||
                         mix == OND_MIX_IQ4_XS || mix == OND_MIX_MXFP4_MOE;
            if (mix == OND_MIX_Q2_K_S) continue;   /* llama.cpp wants a matrix for it */
            if (i > 1 && !mixed) continue;
            for (int pure = 0; pure < (i == 1 && mixed ? 2 : 1); pure++) {
                int bad = check(&t, in, mix, pure, i == 0 || mix == OND_MIX_Q4_K_M, team);
                bad_all += bad;
                printf("%s %d - %s to %s%s\n", bad ? "not ok" : "ok", ++test, t.name, ond_mix_name((uint32_t)mix), pure ? ", pure" : "");
            }
        }
        unlink(in);
    }
    printf("1..%d\n", test);
    ond_team_close(team);
    rmdir(dir);
    return bad_all != 0;
}
