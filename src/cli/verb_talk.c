/* verb_talk.c - `ondol talk test`: a language project's own sentence tests; `ondol talk page`: what is
 * understood, as the page docs/understood.md. */
#include "cli/cli.h"

#include "agent/agent.h"
#include "talk/talk.h"

#include <stdlib.h>

typedef struct totals {
    size_t passed, failed, listed;
} totals;

static cJSON *score_json(const ond_talk_score *s)
{
    cJSON *row = cJSON_CreateObject(), *misses = cJSON_CreateArray();
    bool ok = row && misses && ond_json_set_str(row, "lang", s->lang) &&
              ond_json_set_num(row, "passed", (double)s->passed) &&
              ond_json_set_num(row, "failed", (double)s->failed) &&
              ond_json_set_num(row, "listed", (double)s->listed);
    for (size_t i = 0; i < s->failed && ok; i++) {
        cJSON *miss = cJSON_CreateObject();
        ok = miss && ond_json_set_str(miss, "file", s->miss[i].file) &&
             ond_json_set_str(miss, "sentence", s->miss[i].sentence) &&
             ond_json_set_str(miss, "why", s->miss[i].why) && cJSON_AddItemToArray(misses, miss);
        if (!ok) cJSON_Delete(miss);
    }
    if (!ok) {
        cJSON_Delete(misses);
        cJSON_Delete(row);
        return NULL;
    }
    if (ond_json_set(row, "misses", misses)) return row;
    cJSON_Delete(row);
    return NULL;
}

static void print_score(const ond_talk_score *s)
{
    printf("%s: %zu passed, %zu failed", s->lang, s->passed, s->failed);
    if (s->listed > 0) printf(" (%zu listed as failing by the project)", s->listed);
    putchar('\n');
    for (size_t i = 0; i < s->failed; i++) {
        ond__print_safe(stdout, s->miss[i].file);
        fputs(": ", stdout);
        ond__print_safe(stdout, s->miss[i].sentence);
        fputs(": ", stdout);
        ond__print_safe(stdout, s->miss[i].why);
        putchar('\n');
    }
    fflush(stdout);
}

static int test_one(const ond_cli *c, const char *dir, const char *lang, cJSON *rows, totals *t,
                    ond_err *err)
{
    ond_talk_score score = {.passed = 0};
    int rc = ond_talk_test(dir, lang, &score, err);
    if (rc != 0) return rc;
    t->passed += score.passed;
    t->failed += score.failed;
    t->listed += score.listed;
    cJSON *row = c->json ? score_json(&score) : NULL;
    if (!c->json)
        print_score(&score);
    else if (!row || !cJSON_AddItemToArray(rows, row))
        rc = ond_nomem(err, "counting");
    ond_talk_score_free(&score);
    return rc;
}

static int print_total(const ond_cli *c, cJSON *rows, const totals *t, size_t n, ond_err *err)
{
    if (!c->json) {
        printf("total: %zu passed, %zu failed in %zu language%s\n", t->passed, t->failed, n,
               n == 1 ? "" : "s");
        return OND_OK;
    }
    cJSON *all = cJSON_CreateObject(), *list = cJSON_Duplicate(rows, true);
    bool ok = all && ond_json_set_num(all, "version", 1) &&
              ond_json_set_num(all, "passed", (double)t->passed) &&
              ond_json_set_num(all, "failed", (double)t->failed) &&
              ond_json_set(all, "languages", list);
    if (ok) ond__print_json(all);
    cJSON_Delete(all);
    return ok ? OND_OK : ond_nomem(err, "counting");
}

static int test(ond_cli *c, ond_err *err)
{
    totals t = {0};
    char **found = NULL, **langs = c->arg + 2;
    size_t n = (size_t)c->n_arg - 2;
    cJSON *rows = cJSON_CreateArray();
    int rc = rows ? OND_OK : ond_nomem(err, "testing");
    if (rc == 0 && n == 0) {
        rc = ond_talk_languages(c->arg[1], &found, &n, err);
        langs = found;
    }
    for (size_t i = 0; i < n && rc == 0; i++) rc = test_one(c, c->arg[1], langs[i], rows, &t, err);
    if (rc == 0) rc = print_total(c, rows, &t, n, err);
    for (size_t i = 0; found && i < n; i++) free(found[i]);
    free(found);
    cJSON_Delete(rows);
    return rc == 0 && t.failed > 0 ? OND_E_FAILED : rc;
}

static int page(ond_err *err)
{
    ond_buf out = {0};
    int rc = ond_agent_page(&out, err);
    if (rc == 0) fputs(ond_buf_z(&out), stdout);
    ond_buf_free(&out);
    return rc;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    if (c->n_arg == 1 && strcmp(c->arg[0], "page") == 0) {
        int rc = page(&err);
        return rc ? ond__fail(c, rc, &err) : OND_OK;
    }
    if (c->n_arg == 0 || strcmp(c->arg[0], "test") != 0)
        return ond__fail(c, ond__no_word(c, c->n_arg > 0 ? c->arg[0] : "", "test page", &err), &err);
    if (c->n_arg < 2) {
        (void)ond_fail(&err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_TALK_NEEDS, c->lang));
        return ond__fail(c, OND_E_USAGE, &err);
    }
    int rc = test(c, &err);
    return rc == 0 || !err.text[0] ? rc : ond__fail(c, rc, &err);
}

const ond_cli_verb ond_verb_talk = {
    .usage = "talk test DIR [LANG]... | talk page",
    .en = "`talk page` writes what is understood, by topic, as Markdown (docs/understood.md).\n"
          "`talk test` runs the tests of a sentence project in Home Assistant's intents format: DIR holds\n"
          "sentences/ and tests/. Prints a line for each language, then each sentence that\n"
          "failed and why, then the total. Without LANG all languages that have tests. Exit 1\n"
          "if any failed.",
    .ko = "`talk page`는 무엇을 알아듣는지 주제별로 마크다운(docs/understood.md)으로 써요.\n"
          "`talk test`는 Home Assistant intents 형식의 문장 프로젝트가 가진 시험을 돌려요. DIR에 sentences/와\n"
          "tests/가 있어야 해요. 언어마다 한 줄, 틀린 문장과 까닭, 합계를 출력해요. LANG이\n"
          "없으면 시험이 있는 모든 언어예요. 하나라도 틀리면 종료 코드 1이에요.",
    .common = OND__JSON,
    .words = "test page",
    .examples = "ondol talk test ~/intents\nondol talk test ~/intents ko en\nondol talk page",
    .run = run,
};
