/* verb_parse.c - `ondol parse`: how sentences are understood, one line each. */
#include "cli/cli.h"

#include <stdlib.h>

#define SENTENCE_MAX (1u << 20)
#define REST_MS 200 /* without input for that long, the store is let go, so that others can work   \
                     */

static const ond_cli_option options[] = {
    {"area", 0, "ROOM", "the room where it is said", "말하는 사람이 있는 방"},
    {NULL, 0, NULL, NULL, NULL},
};

/* ---- the documented line: these keys and no others ---- */

static bool copy(cJSON *to, const cJSON *from, const char *key)
{
    const cJSON *value = ond_json_get(from, key);
    return ond_json_set(to, key, value ? cJSON_Duplicate(value, true) : cJSON_CreateNull());
}

static cJSON *plan_line(const cJSON *plan)
{
    static const char *const kept[] = {"hand", "verb", "args", "effect", "provenance"};
    cJSON *out = cJSON_CreateArray();
    const cJSON *step;
    cJSON_ArrayForEach(step, plan)
    {
        cJSON *one = cJSON_CreateObject();
        bool ok = out && one;
        for (size_t i = 0; i < sizeof kept / sizeof *kept && ok; i++) ok = copy(one, step, kept[i]);
        if (!ok || !cJSON_AddItemToArray(out, one)) {
            cJSON_Delete(one);
            cJSON_Delete(out);
            return NULL;
        }
    }
    return out;
}

static cJSON *json_line(const char *text, const cJSON *parse)
{
    static const char *const kept[] = {"lang", "intent", "slots", "confidence"};
    cJSON *out = cJSON_CreateObject();
    bool ok = out && ond_json_set_str(out, "text", ond_json_str(parse, "text", text));
    for (size_t i = 0; i < sizeof kept / sizeof *kept && ok; i++) ok = copy(out, parse, kept[i]);
    ok = ok && ond_json_set(out, "plan", plan_line(ond_json_get(parse, "plan"))) &&
         ond_json_set_num(out, "us", ond_json_num(parse, "us", 0));
    if (ok && ond_json_get(parse, "error")) ok = copy(out, parse, "error");
    if (ok &&
        ond_json_get(parse,
                     "question")) /* two targets are equally good: their names go with the error */
        ok = !ond_json_get(out, "error") ||
             ond_json_set((cJSON *)ond_json_get(out, "error"), "question",
                          cJSON_Duplicate(ond_json_get(parse, "question"), true));
    if (ok) return out;
    cJSON_Delete(out);
    return NULL;
}

/* ---- for people ---- */

static void print_slots(const cJSON *slots)
{
    for (const cJSON *slot = slots ? slots->child : NULL; slot; slot = slot->next) {
        ond_buf value = {0};
        ond_json_print(&value, slot);
        printf(" %s=", slot->string);
        ond__print_safe(stdout, cJSON_IsString(slot) ? slot->valuestring : ond_buf_z(&value));
        ond_buf_free(&value);
    }
}

static void print_text(const ond_cli *c, const char *text, const cJSON *parse, int rc,
                       const ond_err *err)
{
    const char *intent = ond_json_str(parse, "intent", NULL);
    printf("%s", ond__on(c, OND__BOLD));
    ond__print_safe(stdout, text);
    printf("%s\n  ", ond__off(c));
    if (intent) {
        printf("%s", intent);
        print_slots(ond_json_get(parse, "slots"));
        printf("  %s(%s, %.0f us)%s\n", ond__on(c, OND__DIM), ond_json_str(parse, "lang", ""),
               ond_json_num(parse, "us", 0), ond__off(c));
    }
    const cJSON *step;
    cJSON_ArrayForEach(step, ond_json_get(parse, "plan"))
    {
        ond_buf args = {0};
        ond_json_print(&args, ond_json_get(step, "args"));
        printf("  -> %s.%s ", ond_json_str(step, "hand", ""), ond_json_str(step, "verb", ""));
        ond__print_safe(stdout, ond_buf_z(&args));
        printf(" [%s]\n", ond_json_str(step, "effect", ""));
        ond_buf_free(&args);
    }
    if (rc != 0) {
        printf("%s%s", intent ? "  " : "", ond__on(c, OND__YELLOW));
        ond__print_safe(stdout, err->text);
        printf("%s\n", ond__off(c));
    }
}

/* ---- one sentence ---- */

/* Returns the code of the parse; a code that is no matter of the sentence ends the run. */
static int parse_one(ond_cli *c, const char *text, ond_err *err)
{
    cJSON *parse = NULL, *r = ond__request(c, "parse");
    const char *area = ond__option(c, "area");
    bool ok = r && ond_json_set_str(r, "text", text) &&
              (!c->given_lang || ond_json_set_str(r, "lang", c->given_lang)) &&
              (!area || ond_json_set_str(r, "area", area));
    if (!ok) {
        cJSON_Delete(r);
        return ond_nomem(err, "asking");
    }
    int rc = ond__call(c, r, &parse, err);
    if (!parse && c->json) return ond__fail(c, rc, err);
    if (parse && c->json) {
        cJSON *line = json_line(text, parse);
        if (line)
            ond__print_json(line);
        else
            rc = ond_nomem(err, "printing a sentence");
        cJSON_Delete(line);
    } else if (parse) {
        print_text(c, text, parse, rc, err);
    }
    fflush(stdout);
    bool of_the_sentence = parse && (rc == OND_E_UNKNOWN || rc == OND_E_INPUT ||
                                     rc == OND_E_NOT_FOUND || rc == OND_E_AMBIGUOUS);
    cJSON_Delete(parse);
    return rc == 0 || of_the_sentence ? (rc == 0 ? OND_OK : OND_E_UNKNOWN) : rc;
}

static int parse_input(ond_cli *c, ond_err *err)
{
    ond_buf line = {0};
    int worst = OND_OK;
    bool cut;
    for (;;) {
        if (!ond__line_waits(REST_MS)) ond__hang_up(c);
        if (!ond__read_line(&line, SENTENCE_MAX, &cut)) break;
        if (ond_str_trim((ond_str){ond_buf_z(&line), line.n}).n == 0) continue;
        int rc = parse_one(c, ond_buf_z(&line), err);
        if (rc != 0 && worst == 0) worst = rc;
        if (rc != 0 && rc != OND_E_UNKNOWN) {
            worst = rc;
            break;
        }
    }
    ond_buf_free(&line);
    return worst;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    int worst = OND_OK;
    if (c->n_arg == 0) worst = parse_input(c, &err);
    for (int i = 0; i < c->n_arg; i++) {
        int rc = parse_one(c, c->arg[i], &err);
        if (rc != 0 && worst == 0) worst = rc;
        if (rc != 0 && rc != OND_E_UNKNOWN) {
            worst = rc;
            break;
        }
    }
    bool told = worst == 0 || worst == OND_E_UNKNOWN || c->json; /* with its sentence */
    return told ? worst : ond__fail(c, worst, &err);
}

const ond_cli_verb ond_verb_parse = {
    .usage = "parse [SENTENCE]...\nparse < SENTENCES",
    .en = "Shows how each sentence is understood: intent, slots and the plan that it would\n"
          "become, and does nothing. Each argument is a sentence; without arguments each line\n"
          "of standard input is one. With --json a line each:\n"
          "{text,lang,intent,slots,confidence,plan,us}, and \"error\" where a sentence was not\n"
          "understood (exit 3 if there was any).",
    .ko = "문장마다 어떻게 알아듣는지 보여 줘요. 의도, 슬롯, 계획까지만 만들고 아무것도 하지\n"
          "않아요. 인자 하나가 문장 하나예요. 인자가 없으면 표준 입력의 한 줄이 문장 하나예요.\n"
          "--json이면 한 줄에 하나씩 {text,lang,intent,slots,confidence,plan,us}를 출력하고,\n"
          "알아듣지 못한 문장에는 \"error\"가 붙어요(하나라도 있으면 종료 코드 3).",
    .options = options,
    .common = OND__JSON | OND__HOUSE_FILE,
    .examples = "ondol parse \"dim the bedroom light to 30 percent\"\n"
                "ondol parse --json \"침실 커튼 닫아 줘\"\n"
                "ondol parse --json < sentences.txt",
    .run = run,
};
