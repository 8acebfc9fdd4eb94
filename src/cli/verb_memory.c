/* verb_memory.c - `ondol memory`: what the owner has taught; teaching and forgetting it. */
#include "cli/cli.h"

#include "sys/clock.h"

#include <stdlib.h>

static const ond_cli_option options[] = {
    {"all", 'a', NULL, "forget everything that was taught", "가르친 것을 모두 잊기"},
    {"area", 'r', "AREA", "teach what is meant in this room (an id, such as bedroom)",
     "이 방에서 말할 때의 뜻으로 가르치기 (방의 이름표, 예: bedroom)"},
    {"yes", 'y', NULL, "do not ask whether to go on", "계속할지 묻지 않기"},
    {NULL, 0, NULL, NULL, NULL},
};

/* ---- list ---- */

/* "2026-11-23" */
static void put_day(ond_buf *out, const char *iso)
{
    ond_ms t = 0;
    ond_civil civil;
    if (ond_iso_parse(ond_str_of(iso), ond_zone(), &t, NULL) != 0) return;
    ond_civil_of(t, ond_zone(), &civil);
    ond_buf_printf(out, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

static void print_lesson(const ond_cli *c, const cJSON *l)
{
    const cJSON *shown = ond_json_get(l, "shown");
    const char *text = ond_json_str(shown, c->lang, ond_json_str(l, "said", ""));
    ond_buf day = {0};
    put_day(&day, ond_json_str(l, "at", ""));
    printf("%s", ond__on(c, OND__BOLD));
    ond__pad(stdout, ond_json_str(l, "id", ""), 6);
    printf("%s%s%s%s  ", ond__off(c), ond__on(c, OND__DIM), ond_buf_z(&day), ond__off(c));
    ond__print_safe(stdout, text);
    printf("\n");
    ond_buf_free(&day);
}

static int list(ond_cli *c)
{
    ond_err err = {0};
    cJSON *reply = NULL;
    const cJSON *one;
    int rc = ond__call(c, ond__request(c, "memory"), &reply, &err);
    rc = ond__finish(c, rc, reply, &err);
    if (rc == 0 && c->json) {
        ond__print_json(reply);
    } else if (rc == 0) {
        const cJSON *lessons = ond_json_get(reply, "lessons");
        if (!lessons || !lessons->child) OND__SAY(c, stdout, OND_M_CLI_MEMORY_EMPTY, "");
        cJSON_ArrayForEach(one, lessons) print_lesson(c, one);
    }
    cJSON_Delete(reply);
    return rc;
}

/* ---- forget ---- */

static int sure(ond_cli *c, ond_err *err)
{
    if (ond__option(c, "yes")) return OND_OK;
    cJSON *ask = cJSON_CreateObject();
    bool ok =
        ask && ond_json_set_str(ask, "question", ond_msg_text(OND_M_CLI_MEMORY_SURE, c->lang));
    bool yes = ok && c->terminal && ond__ask(c, ask) == OND_CONSENT_YES;
    cJSON_Delete(ask);
    return yes ? OND_OK
               : ond_fail(err, OND_E_ASK, "%s", ond_msg_text(OND_M_CLI_FORGET_NOT, c->lang));
}

static int forget_request(ond_cli *c, cJSON *r, ond_err *err)
{
    bool all = ond__option(c, "all") != NULL, ok = r != NULL;
    if (all == (c->n_arg > 1))
        return ond_fail(err, OND_E_USAGE, "%s",
                        ond_msg_text(OND_M_CLI_MEMORY_FORGET_NEEDS, c->lang));
    if (all) {
        int rc = sure(c, err);
        if (rc != 0) return rc;
        ok = ok && ond_json_set_bool(r, "all", true);
    } else {
        char *what = ond__join_args(c, 1);
        ok = ok && what && ond_json_set_str(r, "what", what);
        free(what);
    }
    return ok ? OND_OK : ond_nomem(err, "asking");
}

static int forget(ond_cli *c)
{
    ond_err err = {0};
    cJSON *reply = NULL, *r = ond__request(c, "forget_memory");
    int rc = forget_request(c, r, &err);
    if (rc != 0) {
        cJSON_Delete(r);
        return ond__finish(c, rc, NULL, &err);
    }
    rc = ond__call(c, r, &reply, &err);
    rc = ond__finish(c, rc, reply, &err);
    if (rc == 0 && c->json) {
        ond__print_json(reply);
    } else if (rc == 0) {
        char n[32];
        snprintf(n, sizeof n, "%.0f", ond_json_num(reply, "forgotten", 0));
        OND__SAY(c, stdout, OND_M_CLI_MEMORY_FORGOTTEN, n);
    }
    cJSON_Delete(reply);
    return rc;
}

/* ---- teach ---- */

static int teach(ond_cli *c)
{
    ond_err err = {0};
    cJSON *reply = NULL, *r = NULL;
    const char *area = ond__option(c, "area");
    if (c->n_arg != 3)
        return ond__fail(c, OND__REFUSE(c, &err, OND_E_USAGE, OND_M_CLI_MEMORY_TEACH_NEEDS, ""),
                         &err);
    r = ond__request(c, "teach");
    bool ok = r && ond_json_set_str(r, "said", c->arg[1]) &&
              ond_json_set_str(r, "entity", c->arg[2]) &&
              (!area || ond_json_set_str(r, "area", area));
    if (!ok) {
        cJSON_Delete(r);
        return ond__fail(c, ond_nomem(&err, "asking"), &err);
    }
    int rc = ond__call(c, r, &reply, &err);
    rc = ond__finish(c, rc, reply, &err);
    if (rc == 0 && c->json)
        ond__print_json(reply);
    else if (rc == 0)
        OND__SAY(c, stdout, OND_M_CLI_MEMORY_TAUGHT, ond_json_str(reply, "id", ""),
                 ond_json_str(reply, "say", ""));
    cJSON_Delete(reply);
    return rc;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    const char *word = c->n_arg ? c->arg[0] : "list";
    if (strcmp(word, "forget") == 0) return forget(c);
    if (strcmp(word, "teach") == 0) return teach(c);
    if (strcmp(word, "list") != 0)
        return ond__fail(c, ond__no_word(c, word, "list teach forget", &err), &err);
    if (c->n_arg > 1) return ond__fail(c, ond__no_word(c, c->arg[1], "", &err), &err);
    return list(c);
}

const ond_cli_verb ond_verb_memory = {
    .usage = "memory [list]\nmemory teach SAID ENTITY\nmemory forget ID|TEXT\nmemory forget --all",
    .en = "Shows what you have taught: other words for devices, and what you mean where. It\n"
          "comes from sentences, from your answers to questions, and from `ondol memory teach`.\n"
          "Taught again, the newer meaning counts. `ondol memory forget` takes it back, by id or\n"
          "by the words; what the journal says of it is erased with `ondol forget`.",
    .ko =
        "가르쳐 준 것을 보여 줘요. 기기를 부르는 다른 말, 어디에서 무엇을 뜻하는지 같은 것이에요.\n"
        "문장으로, 질문에 답해서, `ondol memory teach`로 가르칠 수 있어요. 다시 가르치면 새 뜻이\n"
        "쓰여요. `ondol memory forget`은 번호나 그 말로 잊게 해요. 기록에 남은 내용은\n"
        "`ondol forget`으로 지워요.",
    .options = options,
    .common = OND__JSON | OND__HOUSE_FILE,
    .words = "list teach forget",
    .examples = "ondol memory\nondol memory teach \"mood light\" light.bedroom\n"
                "ondol memory teach 스탠드 light.living_room_lamp --area living_room\n"
                "ondol memory forget m1\nondol memory forget \"mood light\"",
    .run = run,
};
