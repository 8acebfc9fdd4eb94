/* verb_doctor.c - `ondol doctor`: what is missing, what is reachable.
 *
 * Each check stands alone, so that a broken configuration does not hide what else is broken. */
#include "cli/cli.h"

#include "sys/clock.h"
#include "sys/file.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>

typedef struct visit {
    ond_cli *c;
    cJSON *checks;
    bool failed; /* something that is needed is broken */
    bool nomem;
} visit;

static void add(visit *v, const char *name, bool ok, bool needed, const char *what)
{
    cJSON *row = cJSON_CreateObject();
    bool kept = row && ond_json_set_str(row, "name", name) && ond_json_set_bool(row, "ok", ok) &&
                ond_json_set_bool(row, "needed", needed) && ond_json_set_str(row, "what", what) &&
                cJSON_AddItemToArray(v->checks, row);
    if (!kept) cJSON_Delete(row);
    v->nomem = v->nomem || !kept;
    v->failed = v->failed || (!ok && needed);
}

static void check_settings(visit *v)
{
    ond_config *config = NULL;
    ond_buf text = {0};
    ond_err err = {0};
    cJSON *summary = NULL;
    int rc = ond_config_load(v->c->config, &config, &err);
    add(v, "configuration", rc == 0, true, rc == 0 ? ond_config_path(config) : err.text);
    if (rc == 0) {
        const char *path = ond_config_policy(config);
        rc = ond_file_read(path, 1u << 20, &text, &err);
        bool none = rc == OND_E_NOT_FOUND;
        if (rc == 0) rc = ond_policy_check((ond_str){text.p, text.n}, path, &summary, &err);
        add(v, "policy", rc == 0 || none, true,
            none      ? ond_msg_text(OND_M_DOCTOR_NO_POLICY, v->c->lang)
            : rc == 0 ? path
                      : err.text);
    }
    cJSON_Delete(summary);
    ond_buf_free(&text);
    ond_config_free(config);
}

static void check_machine(visit *v)
{
    ond_err err = {0};
    ond_buf path = {0};
    bool utf8 = setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    setlocale(LC_CTYPE, "C");
    add(v, "terminal", utf8, false,
        ond_msg_text(utf8 ? OND_M_DOCTOR_UTF8 : OND_M_DOCTOR_NOT_UTF8, v->c->lang));
    int rc = ond_zone_check("Asia/Seoul", &err);
    add(v, "time zones", rc == 0, true,
        ond_msg_text(rc == 0 ? OND_M_DOCTOR_ZONES : OND_M_DOCTOR_NO_ZONES, v->c->lang));
    rc = ond_xdg_path(OND_XDG_RUNTIME, "sock", &path, &err);
    add(v, "socket", rc == 0, true, rc == 0 ? ond_buf_z(&path) : err.text);
    ond_buf_free(&path);
}

/* The store, the journal and the hands, by way of the owner. */
static void check_house(visit *v)
{
    ond_err err = {0};
    cJSON *reply = NULL;
    const cJSON *row;
    int rc = ond__call(v->c, ond__request(v->c, "doctor"), &reply, &err);
    bool up = v->c->link && ond_link_via_up(v->c->link);
    add(v, "house", rc == 0, true,
        rc == 0 ? ond_msg_text(up ? OND_M_DOCTOR_UP : OND_M_DOCTOR_NOT_UP, v->c->lang) : err.text);
    cJSON_ArrayForEach(row, ond_json_get(reply, "checks"))
        add(v, ond_json_str(row, "name", ""), ond_json_bool(row, "ok", false),
            ond_json_bool(row, "needed", true), ond_json_str(row, "what", ""));
    cJSON_Delete(reply);
}

static void print_checks(const ond_cli *c, const cJSON *checks)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, checks)
    {
        bool ok = ond_json_bool(row, "ok", false), needed = ond_json_bool(row, "needed", true);
        printf("%s%s%s ",
               ond__on(c, ok       ? OND__GREEN
                          : needed ? OND__RED
                                   : OND__YELLOW),
               ok       ? "ok     "
               : needed ? "BROKEN "
                        : "note   ",
               ond__off(c));
        ond__pad(stdout, ond_json_str(row, "name", ""), 15);
        ond__print_safe(stdout, ond_json_str(row, "what", ""));
        putchar('\n');
    }
}

static int print(visit *v)
{
    ond_err err = {0};
    if (v->nomem) return ond__fail(v->c, ond_nomem(&err, "looking around"), &err);
    if (!v->c->json) {
        print_checks(v->c, v->checks);
        return v->failed ? OND_E_FAILED : OND_OK;
    }
    cJSON *all = cJSON_CreateObject(), *checks = cJSON_Duplicate(v->checks, true);
    if (all && ond_json_set_num(all, "version", 1) && ond_json_set_bool(all, "ok", !v->failed) &&
        ond_json_set(all, "checks", checks))
        ond__print_json(all);
    cJSON_Delete(all);
    return v->failed ? OND_E_FAILED : OND_OK;
}

static int run(ond_cli *c)
{
    visit v = {.c = c, .checks = cJSON_CreateArray()};
    ond_err err = {0};
    if (!v.checks) return ond__fail(c, ond_nomem(&err, "looking around"), &err);
    check_settings(&v);
    check_machine(&v);
    check_house(&v);
    int rc = print(&v);
    cJSON_Delete(v.checks);
    return rc;
}

const ond_cli_verb ond_verb_doctor = {
    .usage = "doctor",
    .en = "Says what is missing and what is reachable: configuration, policy, terminal, time\n"
          "zones, the store and its journal, and each hand (so also the broker). Exit 1 if\n"
          "something that is needed is broken; notes are no failure.",
    .ko = "무엇이 빠졌고 무엇이 연결되는지 알려 줘요. 설정, 정책, 터미널, 시간대, 저장소와\n"
          "기록, 손(브로커도)을 살펴봐요. 필요한 것이 고장 났으면 종료 코드 1이에요. note는\n"
          "고장이 아니에요.",
    .common = OND__JSON | OND__HOUSE_FILE | OND__NO_WORDS,
    .examples = "ondol doctor\nondol doctor --json",
    .run = run,
};
