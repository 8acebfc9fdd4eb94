/* verb_quantize.c - `ondol quantize`: a model into one of fewer bits. */
#include "cli/engine.h"

#include "file/mix.h"
#include "model/quantize.h"

#include <signal.h>

static volatile sig_atomic_t stopped;

static void on_interrupt(int signo)
{
    (void)signo;
    stopped = 1;
}

static bool on_step(void *self, const ond_quantize_step *s)
{
    const ond_cli *c = self;
    char label[160];
    snprintf(label, sizeof label, "%.*s %s", (int)(s->name.n < 100 ? s->name.n : 100), s->name.p, ond_type_name((uint32_t)s->to));
    ond__bar(c, label, s->share, "");
    return !stopped;
}

static int no_mix(const ond_cli *c, const char *text, ond_err *err)
{
    ond_buf names = {0}, near = {0};
    for (int i = 0; i < ond_mix_count(); i++) ond_buf_printf(&names, "%s%s", i ? " " : "", ond_mix_name((uint32_t)ond_mix_at(i)));
    ond__near(&near, text, ond_buf_z(&names));
    int rc = near.n ? OND__REFUSE(c, err, OND_E_USAGE, OND_M_CLI_NO_TYPE_NEAR, text, near.p, ond_buf_z(&names))
                    : OND__REFUSE(c, err, OND_E_USAGE, OND_M_CLI_NO_TYPE, text, ond_buf_z(&names));
    ond_buf_free(&names);
    ond_buf_free(&near);
    return rc;
}

static int print(const ond_cli *c, const ond_quantize_report *r, ond_err *err)
{
    char from[24], to[24], fell[24], unweighted[24];
    if (c->json) {
        cJSON *o = cJSON_CreateObject();
        bool ok = o && ond_json_set_num(o, "version", 1) && ond_json_set_str(o, "path", c->arg[1]) &&
                  ond_json_set_num(o, "bytes_before", (double)r->bytes_from) && ond_json_set_num(o, "bytes", (double)r->bytes_to) &&
                  ond_json_set_num(o, "tensors", (double)r->n_tensor) && ond_json_set_num(o, "changed", (double)r->n_changed) &&
                  ond_json_set_num(o, "fallback", (double)r->n_fallback) && ond_json_set_num(o, "unweighted", (double)r->n_unweighted);
        if (ok) ond__print_json(o);
        cJSON_Delete(o);
        return ok ? OND_OK : ond_nomem(err, "the answer");
    }
    OND__SAY(c, stdout, OND_M_CLI_QUANTIZED, c->arg[1], ond__bytes(r->bytes_from, from), ond__bytes(r->bytes_to, to));
    snprintf(fell, sizeof fell, "%zu", r->n_fallback);
    snprintf(unweighted, sizeof unweighted, "%zu", r->n_unweighted);
    if (r->n_fallback) OND__SAY(c, stdout, OND_M_CLI_QUANTIZE_FELL, fell);
    if (r->n_unweighted) OND__SAY(c, stdout, OND_M_CLI_QUANTIZE_UNWEIGHTED, unweighted);
    return OND_OK;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond_buf in = {0};
    ond_imatrix *matrix = NULL;
    ond_team *team = NULL;
    ond_quantize_report report = {0};
    ond_quantize_opts o = {.progress = on_step, .self = c, .output_type = ond__option(c, "output-type"), .embd_type = ond__option(c, "embedding-type"),
                           .imatrix_path = ond__option(c, "imatrix")};
    int rc, threads;
    OND_TRY(ond__needs_words(c, 3, 3, &err));
    if (!ond_mix_named(c->arg[2], &o.mix)) OND_TRY(no_mix(c, c->arg[2], &err));
    o.allow_requantize = ond__option(c, "requantize") != NULL;
    o.pure = ond__option(c, "pure") != NULL;
    o.leave_output = ond__option(c, "leave-output") != NULL;
    OND_TRY(ond__option_int(c, "threads", 1, 256, 0, &threads, &err));
    OND_TRY(ond__model_path(c, c->arg[0], &in, &err));
    if (o.imatrix_path) OND_TRY(ond_imatrix_open(o.imatrix_path, &matrix, &err));
    o.imatrix = matrix;
    OND_TRY(ond_team_open(threads, &team, &err));
    o.team = team;
    struct sigaction act = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &act, NULL);
    rc = ond_quantize(ond_buf_z(&in), c->arg[1], &o, &report, &err);
    ond__bar(c, "", -1, "");
    if (rc == 0) rc = print(c, &report, &err);
out:
    ond_team_close(team);
    ond_imatrix_close(matrix);
    ond_buf_free(&in);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

static const ond_cli_option options[] = {
    {"imatrix", 0, "FILE", "importance matrix, GGUF or .dat", "중요도 행렬 (GGUF 또는 .dat)"},
    {"pure", 0, NULL, "one type for all tensors", "모든 텐서를 한 형식으로"},
    {"leave-output", 0, NULL, "leave output.weight as it is", "output.weight는 그대로 둠"},
    {"output-type", 0, "TYPE", "type of output.weight", "output.weight의 형식"},
    {"embedding-type", 0, "TYPE", "type of token_embd.weight", "token_embd.weight의 형식"},
    {"requantize", 0, NULL, "take a model that is quantised already", "이미 양자화된 모델도 받음"},
    {"threads", 't', "N", "threads (default: all cores of this process)", "스레드 수 (기본: 이 프로세스의 모든 코어)"},
    {NULL, 0, NULL, NULL, NULL},
};

const ond_cli_verb ond_verb_quantize = {
    .usage = "quantize MODEL OUT TYPE",
    .en = "Writes a model in F32, F16 or BF16 anew in fewer bits. TYPE is a mixture as llama.cpp names it: q4_0, q4_k_m, q5_k_m,\n"
          "q6_k, q8_0, tq2_0, f16 and so on.",
    .ko = "F32, F16, BF16 모델을 더 적은 비트로 새로 써요. TYPE은 llama.cpp에서 쓰는 이름이에요: q4_0, q4_k_m, q5_k_m, q6_k, q8_0,\n"
          "tq2_0, f16 등.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol quantize model-f16.gguf model-q4_k_m.gguf q4_k_m\nondol quantize model-f16.gguf small.gguf q4_k_s --imatrix imatrix.gguf",
    .run = run,
};
