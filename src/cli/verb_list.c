/* verb_list.c - `ondol list`: the models that are here. */
#include "cli/engine.h"

#include "hub/hub.h"
#include "sys/clock.h"

static void print_age(const ond_cli *c, int64_t ms)
{
    int64_t s = (ond_now() - ms) / 1000;
    char n[24];
    if (s < 0) s = 0;
    ond_msg unit = s < 3600 ? OND_M_CLI_AGE_MINUTES : s < 86400 * 2 ? OND_M_CLI_AGE_HOURS : OND_M_CLI_AGE_DAYS;
    snprintf(n, sizeof n, "%lld", (long long)(s / (s < 3600 ? 60 : s < 86400 * 2 ? 3600 : 86400)));
    OND__SAY(c, stdout, unit, n);
}

static int print_json(const ond_hub_entry *list, size_t n, ond_err *err)
{
    cJSON *o = cJSON_CreateObject(), *rows = cJSON_CreateArray();
    bool ok = o && rows && ond_json_set_num(o, "version", 1);
    for (size_t i = 0; i < n && ok; i++) {
        cJSON *r = cJSON_CreateObject();
        ok = r && ond_json_set_str(r, "name", list[i].name) && ond_json_set_str(r, "path", list[i].path) &&
             ond_json_set_num(r, "bytes", (double)list[i].bytes) && ond_json_set_num(r, "parts", list[i].parts) &&
             ond_json_set_num(r, "used", (double)list[i].used_ms) && cJSON_AddItemToArray(rows, r);
        if (!ok) cJSON_Delete(r);
    }
    if (ok && cJSON_AddItemToObject(o, "models", rows)) {
        rows = NULL;
        ond__print_json(o);
    }
    cJSON_Delete(rows);
    cJSON_Delete(o);
    return ok ? OND_OK : ond_nomem(err, "listing models");
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond_hub_entry *list = NULL;
    size_t n = 0, widest = 0;
    char size[24];
    int rc = ond_hub_list(&list, &n, &err);
    if (rc == 0 && c->json) rc = print_json(list, n, &err);
    for (size_t i = 0; i < n; i++)
        if (strlen(list[i].name) > widest) widest = strlen(list[i].name);
    if (rc == 0 && !c->json && n == 0) OND__SAY(c, stdout, OND_M_CLI_NO_MODELS, "");
    for (size_t i = 0; rc == 0 && !c->json && i < n; i++) {
        ond__pad(stdout, list[i].name, (int)widest + 2);
        printf("%10s  ", ond__bytes(list[i].bytes, size));
        print_age(c, list[i].used_ms);
    }
    ond_hub_list_free(list, n);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

const ond_cli_verb ond_verb_list = {
    .usage = "list",
    .en = "Lists the models in the cache: name, size, time since they were used last. The names are what the other verbs take.",
    .ko = "캐시에 있는 모델의 이름, 크기, 마지막으로 쓴 뒤 지난 시간을 보여요. 이 이름을 다른 명령에 쓰면 돼요.",
    .common = OND__JSON | OND__NO_WORDS,
    .examples = "ondol list",
    .run = run,
};
