/* answer.c - answers and plans in words, and the questions that a wish may bring up. */
#include "cli/cli.h"

#include <stdlib.h>

/* ---- plans ---- */

static ond__style style_of(const char *decision)
{
    return strcmp(decision, "deny") == 0  ? OND__RED
           : strcmp(decision, "ask") == 0 ? OND__YELLOW
                                          : OND__DIM;
}

void ond__print_plan(const ond_cli *c, const cJSON *steps)
{
    const cJSON *step;
    int n = 0;
    cJSON_ArrayForEach(step, steps)
    {
        const char *says = ond_json_str(ond_json_get(step, "says"), c->lang, NULL);
        const char *decision = ond_json_str(step, "decision", "");
        printf("  %d. ", ++n);
        ond__print_safe(stdout, says ? says : ond_json_str(step, "verb", ""));
        printf("  %s[%s.%s, %s%s%s]%s\n", ond__on(c, style_of(decision)),
               ond_json_str(step, "hand", ""), ond_json_str(step, "verb", ""),
               ond_json_str(step, "effect", ""), decision[0] ? ", " : "", decision, ond__off(c));
    }
}

/* ---- answers ---- */

static void print_choices(FILE *to, const cJSON *choices)
{
    const cJSON *one;
    int n = 0;
    cJSON_ArrayForEach(one, choices)
    {
        fprintf(to, "  %d. ", ++n);
        const char *text = cJSON_IsString(one) ? one->valuestring : ond_json_str(one, "text", "");
        ond__print_safe(to, text);
        fputc('\n', to);
    }
}

static void print_open_question(const ond_cli *c, int rc, const cJSON *answer)
{
    const cJSON *question = ond_json_get(answer, "question");
    const cJSON *ask = ond_json_get(ond_json_get(answer, "report"), "ask");
    const char *id = ond_json_str(question, "id", ond_json_str(ask, "id", NULL));
    if (rc == OND_E_AMBIGUOUS) print_choices(stderr, ond_json_get(question, "choices"));
    if (id)
        OND__SAY(c, stderr, rc == OND_E_ASK ? OND_M_CLI_ANSWER_WITH_YES : OND_M_CLI_ANSWER_WITH,
                 id);
    else if (rc == OND_E_ASK)
        OND__SAY(c, stderr, OND_M_CLI_HOW_TO_ALLOW, "");
}

int ond__print_answer(ond_cli *c, int rc, const cJSON *answer, const ond_err *err)
{
    const char *say = ond_json_str(answer, "say", "");
    const cJSON *report = ond_json_get(answer, "report");
    if (c->json)
        return ond__finish(c, rc, answer, err) == 0 ? (ond__print_json(answer), OND_OK) : rc;
    if (rc == 0) {
        ond__print_safe(stdout, say);
        if (say[0]) putchar('\n');
        if (strcmp(ond_json_str(answer, "status", ""), "planned") == 0)
            ond__print_plan(c, ond_json_get(report, "steps"));
        return OND_OK;
    }
    if (rc == OND_E_ASK && c->declined) { /* the person said no: no news to them */
        c->declined = false;
        OND__SAY(c, stdout, OND_M_AGENT_LEFT, "");
        return rc;
    }
    ond_err shown = {.code = err->code};
    (void)ond_fail(&shown, (ond_code)rc, "%s", say[0] ? say : err->text);
    ond__fail(c, rc, &shown);
    print_open_question(c, rc, answer);
    return rc;
}

/* ---- which one is meant ---- */

static cJSON *choice_request(const ond_cli *c, const char *id, const char *word)
{
    cJSON *r = ond__request(c, "answer");
    if (r && ond_json_set_str(r, "id", id) && ond_json_set_str(r, "answer", word)) return r;
    cJSON_Delete(r);
    return NULL;
}

int ond__choose_one(ond_cli *c, int rc, cJSON **answer, ond_err *err)
{
    ond_buf line = {0};
    bool cut;
    for (int round = 0; round < 5 && rc == OND_E_AMBIGUOUS && c->asker.consent; round++) {
        const cJSON *question = ond_json_get(*answer, "question");
        const char *id = ond_json_str(question, "id", NULL);
        if (!id) break;
        ond__print_safe(stderr, ond_json_str(question, "text", ond_json_str(*answer, "say", "")));
        fputc('\n', stderr);
        print_choices(stderr, ond_json_get(question, "choices"));
        fputs("? ", stderr);
        bool none = !ond__read_line(&line, 256, &cut) ||
                    ond_str_trim((ond_str){ond_buf_z(&line), line.n}).n == 0;
        if (none) fputc('\n', stderr);
        cJSON *request = choice_request(c, id, none ? "no" : ond_buf_z(&line));
        cJSON_Delete(*answer);
        *answer = NULL;
        rc = ond__call(c, request, answer, err);
    }
    ond_buf_free(&line);
    return rc;
}

int ond__wish(ond_cli *c, cJSON *request)
{
    cJSON *answer = NULL;
    ond_err err = {0};
    int rc = ond__call(c, request, &answer, &err);
    rc = ond__choose_one(c, rc, &answer, &err);
    rc = ond__print_answer(c, rc, answer, &err);
    cJSON_Delete(answer);
    return rc;
}

char *ond__join_args(const ond_cli *c, int from)
{
    ond_buf text = {0};
    for (int i = from; i < c->n_arg; i++) {
        if (i > from) ond_buf_putc(&text, ' ');
        ond_buf_puts(&text, c->arg[i]);
    }
    ond_buf_put(&text, "", 0);
    return ond_buf_take(&text);
}
