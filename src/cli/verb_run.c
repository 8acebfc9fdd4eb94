/* verb_run.c - `ondol run`: a chat with a model, one answer, or plain completion. */
#include "cli/engine.h"

#include "cli/editor.h"
#include "sys/file.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { PROMPT_BYTES = 16 << 20, TEMPLATE_BYTES = 1 << 20 };

static ond_engine *running;   /* for the signal handler */

static void on_interrupt(int signo)
{
    (void)signo;
    if (running) ond_engine_interrupt(running);
}

/* The words after the model, or all of standard input where it is no terminal. Empty: a chat. */
static int read_prompt(const ond_cli *c, ond_buf *out, ond_err *err)
{
    if (c->n_arg > 1) {
        char *text = ond__join_args(c, 1);
        if (!text) return ond_nomem(err, "the prompt");
        ond_buf_puts(out, text);
        free(text);
    } else if (!isatty(STDIN_FILENO)) {
        int rc = ond__read_input(c, PROMPT_BYTES, out, err);
        if (rc) return rc;
        while (out->n && out->p[out->n - 1] == '\n') out->p[--out->n] = 0;
    }
    if (!ond_buf_ok(out)) return ond_nomem(err, "the prompt");
    return ond__needs_utf8(c, (ond_str){ond_buf_z(out), out->n}, err);
}

/* Without a prompt: a chat, which needs a person at both ends. */
static int check_prompt(const ond_cli *c, const ond_buf *prompt, ond_err *err)
{
    const char *think = ond__option(c, "think"), *system = ond__option(c, "system");
    if (think && strcmp(think, "on") != 0 && strcmp(think, "off") != 0)
        return OND__REFUSE(c, err, OND_E_USAGE, OND_M_CLI_ON_OFF, "--think");
    if (prompt->n == 0 && (c->json || !c->terminal)) return OND__REFUSE(c, err, OND_E_USAGE, OND_M_CLI_NO_PROMPT, "");
    if (prompt->n == 0 && ond__option(c, "raw")) return OND__REFUSE(c, err, OND_E_USAGE, OND_M_CLI_RAW_NEEDS, "");
    return system ? ond__needs_utf8(c, ond_str_of(system), err) : OND_OK;
}

static int chat_tokens(const ond_cli *c, ond_engine *e, const char *text, ond_tokens *out, ond_err *err)
{
    const char *system = ond__option(c, "system"), *think = ond__option(c, "think");
    cJSON *messages = cJSON_CreateArray(), *row = NULL;
    char *json = NULL;
    ond_text prompt = {0};
    int rc = OND_OK;
    for (int i = system ? 0 : 1; i < 2; i++) {
        row = cJSON_CreateObject();
        bool ok = messages && row && ond_json_set_str(row, "role", i == 0 ? "system" : "user") &&
                  ond_json_set_str(row, "content", i == 0 ? system : text) && cJSON_AddItemToArray(messages, row);
        if (!ok) rc = ond_nomem(err, "the messages");
    }
    if (rc == 0 && !(json = cJSON_PrintUnformatted(messages))) rc = ond_nomem(err, "the messages");
    const char *extra = !think ? NULL : strcmp(think, "off") == 0 ? "{\"enable_thinking\":false}" : "{\"enable_thinking\":true}";
    if (rc == 0) rc = ond_chat_prompt(e, json, NULL, extra, true, &prompt, err);
    if (rc == 0) rc = ond_encode(e, prompt.p, prompt.n, OND_PARSE_SPECIAL, out, err);
    cJSON_free(json);
    cJSON_Delete(messages);
    ond_text_free(&prompt);
    return rc;
}

static int print_json(const ond_about *about, const ond__answer *a, ond_err *err)
{
    cJSON *o = cJSON_CreateObject();
    bool ok = o && ond_json_set_num(o, "version", 1) && ond_json_set_str(o, "model", about->name) &&
              ond_json_set_str(o, "text", a->text.p ? a->text.p : "") && ond_json_set_str(o, "end", ond__end_name(a->how.end)) &&
              ond_json_set_num(o, "prompt_tokens", a->prompt_tokens) && ond_json_set_num(o, "tokens", a->how.n_token) &&
              ond_json_set_num(o, "prompt_ms", a->prompt_ms) && ond_json_set_num(o, "ms", a->answer_ms);
    if (ok) ond__print_json(o);
    cJSON_Delete(o);
    return ok ? OND_OK : ond_nomem(err, "the answer");
}

static int answer_once(ond_cli *c, ond_engine *e, ond_session *s, const ond_sampler_opts *opts, const char *text, bool raw, ond_err *err)
{
    ond_about about;
    ond_tokens ids = {0};
    ond__answer a = {0};
    ond_sampler *p = NULL;
    int rc;
    ond_engine_about(e, &about);
    if (!raw && !about.chat) {
        ond__note_err(c, ond_msg_text(OND_M_CLI_NO_TEMPLATE, c->lang));
        raw = true;
    }
    OND_TRY(raw ? ond_encode(e, text, strlen(text), OND_ADD_SPECIAL | OND_PARSE_SPECIAL, &ids, err) : chat_tokens(c, e, text, &ids, err));
    OND_TRY(ond_sampler_open(e, opts, &p, err));
    rc = ond__answer_to(c, e, s, p, &ids, !c->json, &a, err);
    if (!c->json && a.text.n) putchar('\n');
    if (rc == 0 && c->json) rc = print_json(&about, &a, err);
    if (rc == 0 && ond__option(c, "stats")) ond__print_speed(c, &a);
out:
    ond_text_free(&a.text);
    ond_tokens_free(&ids);
    ond_sampler_close(p);
    return rc;
}

/* The template option is a file. */
static int read_template(const ond_cli *c, ond_buf *out, ond__engine_args *a, ond_err *err)
{
    const char *path = ond__option(c, "template");
    if (!path) return OND_OK;
    int rc = ond_file_read(path, TEMPLATE_BYTES, out, err);
    if (rc == 0) a->opts.chat_template = ond_buf_z(out);
    return rc;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond__engine_args a = {0};
    ond_sampler_opts sampling = {0};
    ond_buf prompt = {0}, template = {0};
    ond_engine *e = NULL;
    ond_session *s = NULL;
    bool raw = ond__option(c, "raw") != NULL;
    int rc;
    OND_TRY(ond__needs_words(c, 1, -1, &err));
    OND_TRY(ond__sampler_read(c, &sampling, &err));
    OND_TRY(read_template(c, &template, &a, &err));
    OND_TRY(read_prompt(c, &prompt, &err));
    OND_TRY(check_prompt(c, &prompt, &err));
    a.keep_prompts = ond__option(c, "keep") != NULL;
    OND_TRY(ond__engine_open(c, c->arg[0], &a, &e, &err));
    OND_TRY(ond__needs_text_model(c, e, &err));
    OND_TRY(ond_session_open(e, &s, &err));
    if (ond__option(c, "speculate")) ond_session_speculate(s, -1);
    if (prompt.n) {
        struct sigaction act = {.sa_handler = on_interrupt};
        running = e;
        sigaction(SIGINT, &act, NULL);
        OND_TRY(answer_once(c, e, s, &sampling, ond_buf_z(&prompt), raw, &err));
    } else {
        OND_TRY(ond__chat(c, e, s, &sampling, &err));
    }
out:
    running = NULL;
    ond_session_close(s);
    ond_engine_close(e);
    ond__engine_args_free(&a);
    ond_buf_free(&prompt);
    ond_buf_free(&template);
    return rc == 0 || (rc == OND_E_INTERRUPTED && !c->json) ? rc : ond__fail(c, rc, &err);
}

static const ond_cli_option options[] = {
    {"raw", 0, NULL, "complete plain text: no template, only the continuation is printed", "틀 없이 글을 이어 쓰고 이어진 부분만 출력"},
    {"system", 's', "TEXT", "what the model is told first", "모델에 먼저 알려 줄 말"},
    {"think", 0, "on|off", "let a reasoning model think first, or not", "추론 모델이 먼저 생각하게 하거나 하지 않게 함"},
    {"template", 0, "FILE", "a chat template (Jinja) in place of the model's", "모델의 것 대신 쓸 대화 틀(Jinja)"},
    {"speculate", 0, NULL, "guess ahead where text repeats; the same answer, sooner", "되풀이되는 글을 미리 짐작 (답은 같고 더 빠름)"},
    {"keep", 0, NULL, "keep evaluated prompts on disk, so that they cost nothing after a restart", "계산한 프롬프트를 디스크에 두어 다시 시작해도 바로 씀"},
    {"stats", 0, NULL, "print speeds at the end", "끝에 속도 출력"},
    OND__SAMPLER_OPTIONS,
    OND__ENGINE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const ond_cli_verb ond_verb_run = {
    .usage = "run MODEL [PROMPT]...",
    .en = "Runs a language model on this machine. MODEL is a GGUF file, or a name as `ondol list` shows it. With a PROMPT (or\n"
          "text on standard input) it prints one answer; without, it opens a chat: /help there lists its commands, Ctrl-C stops\n"
          "an answer, Ctrl-D ends. --raw completes plain text without the model's chat template.",
    .ko = "이 기기에서 언어 모델을 돌려요. MODEL은 GGUF 파일이거나 `ondol list`에 나오는 이름이에요. PROMPT(또는 표준 입력)가\n"
          "있으면 한 번 답하고, 없으면 대화를 열어요. 대화에서 /help는 명령 목록, Ctrl-C는 답 멈추기, Ctrl-D는 끝내기예요.\n"
          "--raw는 대화 틀 없이 글을 이어 써요.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol run model.gguf\nondol run me/tiny-GGUF:Q8_0 \"why is the sky blue?\"\nondol run model.gguf --raw -n 64 --temp 0 \"Once upon a time\"",
    .run = run,
};
