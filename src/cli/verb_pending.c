/* verb_pending.c - `ondol pending`: the questions that wait. */
#include "cli/cli.h"

#include "sys/clock.h"

/* "18:54" where it is today's or tomorrow's, which it nearly always is. */
static void put_until(ond_buf *out, const char *iso)
{
    ond_ms t;
    ond_civil civil;
    if (ond_iso_parse(ond_str_of(iso), ond_zone(), &t, NULL) != 0) return;
    ond_civil_of(t, ond_zone(), &civil);
    ond_buf_printf(out, "%02d:%02d", civil.hour, civil.minute);
}

static void print_list(const ond_cli *c, const cJSON *list)
{
    const cJSON *one, *choice;
    if (!list || !list->child) OND__SAY(c, stdout, OND_M_CLI_NOTHING_PENDING, "");
    cJSON_ArrayForEach(one, list)
    {
        printf("%s", ond__on(c, OND__BOLD));
        ond__pad(stdout, ond_json_str(one, "id", ""), 10);
        printf("%s", ond__off(c));
        ond__print_safe(stdout, ond_json_str(one, "question", ""));
        printf("  [");
        cJSON_ArrayForEach(choice, ond_json_get(one, "choices"))
        {
            ond__print_safe(stdout, cJSON_IsString(choice) ? choice->valuestring
                                                           : ond_json_str(choice, "text", ""));
            printf("%s", choice->next ? " / " : "");
        }
        ond_buf until = {0};
        put_until(&until, ond_json_str(one, "expires", ""));
        printf("]  %s-> %s%s\n", ond__on(c, OND__DIM), ond_buf_z(&until), ond__off(c));
        ond_buf_free(&until);
    }
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    cJSON *reply = NULL;
    int rc = ond__call(c, ond__request(c, "pending"), &reply, &err);
    rc = ond__finish(c, rc, reply, &err);
    if (rc == 0 && c->json)
        ond__print_json(reply);
    else if (rc == 0)
        print_list(c, ond_json_get(reply, "pending"));
    cJSON_Delete(reply);
    return rc;
}

const ond_cli_verb ond_verb_pending = {
    .usage = "pending",
    .en = "Lists the questions that wait for an answer: their ids, what they ask, the choices,\n"
          "and until when they wait. Questions wait while `ondol up` runs, or a prompt; else a\n"
          "wish that must be asked about is refused at once.",
    .ko = "답을 기다리는 질문을 보여 줘요. 번호, 질문, 고를 수 있는 답, 언제까지 기다리는지가\n"
          "나와요. 질문은 `ondol up`이나 대화창이 떠 있을 때 기다려요. 아니면 물어볼 일은 바로\n"
          "거절해요.",
    .common = OND__JSON | OND__NO_WORDS,
    .examples = "ondol pending\nondol pending --json",
    .run = run,
};
