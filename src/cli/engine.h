/* engine.h - what the verbs that open a model share: options, finding, opening, sizes, a progress bar. */
#ifndef OND_CLI_ENGINE_H
#define OND_CLI_ENGINE_H

#include "cli/cli.h"

#include <ondol.h>

/* Rows of a verb's option table. */
#define OND__ENGINE_OPTIONS                                                                                              \
    {"ctx", 'c', "N", "tokens of context (default: the model's, 4096 at most)", "컨텍스트 토큰 수 (기본: 모델의 값, 최대 4096)"}, \
        {"threads", 't', "N", "threads (default: all cores of this process)", "스레드 수 (기본: 이 프로세스의 모든 코어)"},     \
        {"kern", 0, "NAME", "kernel set: ref, c, avx2, avxvnni, avx512, neon", "커널: ref, c, avx2, avxvnni, avx512, neon"}, \
        {"kv", 0, "TYPE", "cache in f16 or i8", "캐시 형식: f16 또는 i8"},                                                \
        {"lora", 0, "FILE[:S]", "LoRA adapters (GGUF), with a comma between; S scales", "LoRA 어댑터(GGUF), 쉼표로 여럿; S는 배율"}, \
        {"pack", 0, "MODE", "packed weights: auto (kept on disk), memory, off", "재배열한 가중치: auto(디스크에 보관), memory, off"}

typedef struct ond__engine_args {
    ond_engine_opts opts;
    ond_buf path, pack_dir, prefix_dir, lora_text;
    ond_lora lora[16];
    bool keep_prompts;      /* of every length, in prefix_dir; what lies there is used in any case */
} ond__engine_args;

/* The path of a model by any of its names (hub/hub.h). */
OND_CHECKED int ond__model_path(const ond_cli *c, const char *name, ond_buf *out, ond_err *err);
/* Reads OND__ENGINE_OPTIONS and finds the model. Zero a before; free it in any case. */
OND_CHECKED int ond__engine_args_read(const ond_cli *c, const char *model, ond__engine_args *a, ond_err *err);
void ond__engine_args_free(ond__engine_args *a);
/* Opens with a bar while weights are packed. */
OND_CHECKED int ond__engine_open(ond_cli *c, const char *model, ond__engine_args *a, ond_engine **out, ond_err *err);

/* A whole number in the range, else OND_E_USAGE that names `what`, in the person's language. */
OND_CHECKED int ond__whole(const ond_cli *c, const char *what, const char *text, double low, double high, double *out, ond_err *err);
/* An option's value; `otherwise` where not given. */
OND_CHECKED int ond__option_int(const ond_cli *c, const char *name, int low, int high, int otherwise, int *out, ond_err *err);

/* "76.3 MB" (powers of 1000). */
const char *ond__bytes(uint64_t n, char out[24]);
/* Whether a line on standard error may be written over: a terminal that can, and no --json. */
bool ond__may_rewrite(const ond_cli *c);
/* Such a line. share < 0 clears it. */
void ond__bar(const ond_cli *c, const char *label, double share, const char *more);

/* From `least` to `most` words (-1: any number), else OND_E_USAGE: shows the usage, or names the word too many. */
OND_CHECKED int ond__needs_words(const ond_cli *c, int least, int most, ond_err *err);

/* All of standard input, at most `most` bytes. */
OND_CHECKED int ond__read_input(const ond_cli *c, size_t most, ond_buf *out, ond_err *err);
/* OND_E_INPUT that names the place where a text is no UTF-8 (a NUL, which would cut it, is none here). */
OND_CHECKED int ond__needs_utf8(const ond_cli *c, ond_str text, ond_err *err);
/* OND_E_INPUT where the model makes vectors (an embedding model) and not text. */
OND_CHECKED int ond__needs_text_model(const ond_cli *c, const ond_engine *e, ond_err *err);

/* ---- generate.c: one answer, shown as it comes ---- */
#define OND__SAMPLER_OPTIONS                                                                                     \
    {"max-tokens", 'n', "N", "most tokens of an answer (default 0: until it ends)", "답의 최대 토큰 수 (기본 0: 끝날 때까지)"}, \
        {"temp", 0, "T", "temperature (default 0.8; 0: the likeliest)", "온도 (기본 0.8; 0: 가장 그럴듯한 것만)"},           \
        {"top-k", 0, "N", "of the N likeliest (default 40; 0: off)", "그럴듯한 N개 중에서 (기본 40; 0: 끔)"},               \
        {"top-p", 0, "P", "of the likeliest that sum to P (default 0.95; 0, 1: off)", "합이 P인 것 중에서 (기본 0.95; 0, 1: 끔)"}, \
        {"min-p", 0, "P", "at least P of the likeliest (default 0.05; 0: off)", "가장 그럴듯한 것의 P 이상 (기본 0.05; 0: 끔)"}, \
        {"typical", 0, "P", "of the typical ones that sum to P (default 1: off)", "합이 P인 전형적인 것 중에서 (기본 1: 끔)"},  \
        {"repeat-penalty", 0, "X", "against repetition (default 1: off)", "반복 벌점 (기본 1: 끔)"},                    \
        {"frequency-penalty", 0, "X", "for each time that a token was used (default 0: off)", "쓴 횟수마다 벌점 (기본 0: 끔)"}, \
        {"presence-penalty", 0, "X", "for each token that was used (default 0: off)", "한 번이라도 쓴 것에 벌점 (기본 0: 끔)"}, \
        {"repeat-last-n", 0, "N", "tokens that the penalties look back on (default 64)", "벌점이 돌아보는 토큰 수 (기본 64)"}, \
        {"dry-multiplier", 0, "X", "DRY: against long repetitions (default 0: off)", "DRY: 긴 반복에 벌점 (기본 0: 끔)"},  \
        {"mirostat", 0, "2", "mirostat 2 in place of top-k, top-p, min-p, typical", "top-k, top-p, min-p, typical 대신 미로스탯 2"}, \
        {"mirostat-ent", 0, "X", "the surprise that it aims at (default 5)", "미로스탯이 맞추는 놀라움 (기본 5)"},           \
        {"seed", 0, "N", "the same seed gives the same answer", "씨앗이 같으면 답도 같음"},                              \
        {"stop", 0, "TEXT", "end the answer before this text (may be given again)", "이 글 앞에서 답을 끝냄 (여러 번 쓸 수 있음)"}

typedef struct ond__answer {
    ond_text text;
    ond_generated how;
    int prompt_tokens;
    double prompt_ms, answer_ms;
} ond__answer;

OND_CHECKED int ond__sampler_read(const ond_cli *c, ond_sampler_opts *out, ond_err *err);
/* One of them by its option's name; `before` stands before the name in an error ("--"). OND_E_NOT_FOUND without words: no such name. */
OND_CHECKED int ond__sampler_set(const ond_cli *c, ond_sampler_opts *out, const char *before, const char *name, const char *value,
                                 ond_err *err);
void ond__sampler_names(ond_buf *out);   /* "temp top-k …" */
/* The timeline becomes `prompt`, then an answer; `show` prints it as it comes. OND_E_INTERRUPTED leaves what came in a->text. */
OND_CHECKED int ond__answer_to(ond_cli *c, ond_engine *e, ond_session *s, ond_sampler *p, const ond_tokens *prompt, bool show,
                               ond__answer *a, ond_err *err);
void ond__print_speed(const ond_cli *c, const ond__answer *a);
const char *ond__end_name(ond_end end);   /* "model", "stop", "length", "context" … */

/* chat.c: `ondol run MODEL` on a terminal. */
OND_CHECKED int ond__chat(ond_cli *c, ond_engine *e, ond_session *s, const ond_sampler_opts *opts, ond_err *err);

#endif
