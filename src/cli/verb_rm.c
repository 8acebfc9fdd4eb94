/* verb_rm.c - `ondol rm`: takes models away. */
#include "cli/engine.h"

#include "hub/hub.h"

static int run(ond_cli *c)
{
    ond_err err = {0};
    uint64_t all = 0;
    char size[24];
    int rc;
    OND_TRY(ond__needs_words(c, 1, -1, &err));
    for (int i = 0; i < c->n_arg; i++) {
        uint64_t freed = 0;
        OND_TRY(ond_hub_remove(c->arg[i], c->lang, &freed, &err));
        all += freed;
        if (!c->json) OND__SAY(c, stdout, OND_M_CLI_REMOVED, c->arg[i], ond__bytes(freed, size));
    }
    if (c->json) {
        cJSON *o = cJSON_CreateObject();
        bool ok = o && ond_json_set_num(o, "version", 1) && ond_json_set_num(o, "freed", (double)all);
        if (ok) ond__print_json(o);
        cJSON_Delete(o);
        if (!ok) rc = ond_nomem(&err, "the answer");
    }
out:
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

const ond_cli_verb ond_verb_rm = {
    .usage = "rm MODEL...",
    .en = "Removes models from the cache, by the names that `ondol list` shows. Files outside the cache are left alone.",
    .ko = "`ondol list`에 나오는 이름으로 캐시에서 모델을 지워요. 캐시 밖의 파일은 건드리지 않아요.",
    .common = OND__JSON,
    .examples = "ondol rm me/tiny-GGUF:Q8_0",
    .run = run,
};
