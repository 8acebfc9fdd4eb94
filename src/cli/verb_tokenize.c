/* verb_tokenize.c - `ondol tokenize`: a text as the model sees it. */
#include "cli/engine.h"

#include "file/gguf.h"
#include "sys/file.h"
#include "tok/tok.h"

#include <stdlib.h>

enum { TEXT_BYTES = 64 << 20 };

static int read_text(const ond_cli *c, ond_buf *out, ond_err *err)
{
    const char *file = ond__option(c, "file");
    if (file) return ond_file_read(file, TEXT_BYTES, out, err);
    if (c->n_arg > 1) {
        char *text = ond__join_args(c, 1);
        if (text) ond_buf_puts(out, text);
        free(text);
        return text && ond_buf_ok(out) ? OND_OK : ond_nomem(err, "the text");
    }
    return ond__read_input(c, TEXT_BYTES, out, err);
}

static int print(const ond_cli *c, const ond_tok *t, const ond_ids *ids, ond_err *err)
{
    cJSON *o = NULL, *rows = NULL;
    ond_buf piece = {0};
    bool ok = true;
    if (c->json) {
        o = cJSON_CreateObject();
        rows = cJSON_CreateArray();
        ok = o && rows && ond_json_set_num(o, "version", 1) && ond_json_set_num(o, "count", (double)ids->n);
    }
    for (size_t i = 0; i < ids->n && ok; i++) {
        if (c->json) {
            cJSON *n = cJSON_CreateNumber(ids->p[i]);
            ok = n && cJSON_AddItemToArray(rows, n);
        } else if (ond__option(c, "ids")) {
            printf("%s%d", i ? " " : "", ids->p[i]);
        } else {
            ond_str text = ond_tok_text(t, ids->p[i]);
            ond_buf_clear(&piece);
            ond_buf_str(&piece, text);
            printf("%7d  ", ids->p[i]);
            ond__print_safe(stdout, ond_buf_z(&piece));
            putchar('\n');
        }
    }
    if (!c->json && ond__option(c, "ids")) putchar('\n');
    if (ok && c->json) {
        ok = ond_json_set(o, "tokens", rows);
        rows = NULL;
        if (ok) ond__print_json(o);
    }
    cJSON_Delete(rows);
    cJSON_Delete(o);
    ond_buf_free(&piece);
    return ok ? OND_OK : ond_nomem(err, "the tokens");
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond_buf path = {0}, text = {0};
    ond_gguf *g = NULL;
    ond_tok *t = NULL;
    ond_ids ids = {0};
    int rc;
    OND_TRY(ond__needs_words(c, 1, ond__option(c, "file") ? 1 : -1, &err));
    OND_TRY(ond__model_path(c, c->arg[0], &path, &err));
    OND_TRY(read_text(c, &text, &err));
    OND_TRY(ond_gguf_open(ond_buf_z(&path), &g, &err));
    OND_TRY(ond_tok_open(g, &t, &err));
    ond_tok_opts opts = {.add_special = !ond__option(c, "no-special"), .parse_special = !ond__option(c, "plain")};
    OND_TRY(ond_tok_encode(t, (ond_str){text.p ? text.p : "", text.n}, opts, &ids, &err));
    rc = print(c, t, &ids, &err);
out:
    ond_ids_free(&ids);
    ond_tok_close(t);
    ond_gguf_close(g);
    ond_buf_free(&path);
    ond_buf_free(&text);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

static const ond_cli_option options[] = {
    {"ids", 0, NULL, "numbers alone, on one line", "번호만 한 줄로 출력"},
    {"no-special", 0, NULL, "no BOS or EOS", "BOS, EOS를 넣지 않음"},
    {"plain", 0, NULL, "control tokens in the text are plain text", "글 속의 제어 토큰을 보통 글로 봄"},
    {"file", 'f', "FILE", "the text is this file", "이 파일의 글"},
    {NULL, 0, NULL, NULL, NULL},
};

const ond_cli_verb ond_verb_tokenize = {
    .usage = "tokenize MODEL [TEXT]...",
    .en = "Prints the tokens of a text, one a line: number and spelling. Without TEXT standard input is read.",
    .ko = "글을 토큰으로 나눠 한 줄에 하나씩 번호와 철자를 출력해요. TEXT가 없으면 표준 입력을 읽어요.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol tokenize model.gguf \"안녕하세요\"\nondol tokenize model.gguf --ids < text.txt",
    .run = run,
};
