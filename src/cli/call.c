/* call.c - requests to the owner of the house, and the question at the terminal. */
#include "cli/cli.h"

#include <stdlib.h>
#include <strings.h>

cJSON *ond__request(const ond_cli *c, const char *call)
{
    cJSON *r = cJSON_CreateObject();
    bool ok = r && ond_json_set_str(r, "call", call);
    if (ok && c->now) ok = ond_json_set_num(r, "now", (double)c->now);
    if (ok && c->zone) ok = ond_json_set_str(r, "tz", c->zone);
    if (ok) ok = ond_json_set_str(r, "ui", c->lang);
    if (ok) return r;
    cJSON_Delete(r);
    return NULL;
}

ond_owner_opts ond__owner_opts(ond_cli *c)
{
    return (ond_owner_opts){
        .lang = c->given_lang,
        .locale_lang = c->locale_lang,
        .house = c->house,
        .config = c->config,
        .note = ond__note_err,
        .self = c,
    };
}

int ond__call(ond_cli *c, cJSON *request, cJSON **reply, ond_err *err)
{
    int rc = OND_OK;
    *reply = NULL;
    if (!request) return ond_nomem(err, "asking");
    if (c->service) {
        rc = ond_service_call(c->service, request, &c->asker, reply, err);
        cJSON_Delete(request);
        return rc;
    }
    if (!c->link) {
        ond_link_opts opts = {.owner = ond__owner_opts(c), .asker = c->asker};
        rc = ond_link_open(&opts, &c->link, err);
    }
    if (rc == 0) rc = ond_link_call(c->link, request, reply, err);
    cJSON_Delete(request);
    return rc;
}

void ond__hang_up(ond_cli *c)
{
    ond_link_close(c->link);
    c->link = NULL;
}

/* ---- asking ---- */

static bool is_yes(const char *text)
{
    static const char *const words[] = {"y",  "yes", "yeah", "yep", "ok",  "okay", "sure",   "예",
                                        "네", "넵",  "응",   "어",  "그래", "좋아", "좋아요", "ㅇㅇ",
                                        "ㅇ"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0) return true;
    return false;
}

ond_consent ond__ask(void *self, const cJSON *ask)
{
    ond_cli *c = self;
    ond_buf line = {0};
    bool cut = false;
    fprintf(stderr, "%s", ond__on(c, OND__YELLOW));
    ond__print_safe(stderr, ond_json_str(ask, "question", ""));
    fprintf(stderr, "%s %s ", ond__off(c), ond_msg_text(OND_M_CLI_YES_NO, c->lang));
    fflush(stderr);
    bool got = ond__read_line(&line, 256, &cut);
    if (!got) fputc('\n', stderr);
    ond_str word = ond_str_trim((ond_str){ond_buf_z(&line), line.n});
    char text[16] = "";
    if (word.n < sizeof text) {
        memcpy(text, word.p, word.n);
        text[word.n] = '\0';
    }
    ond_buf_free(&line);
    c->declined = !got || cut || !is_yes(text);
    return c->declined ? OND_CONSENT_NO : OND_CONSENT_YES;
}

int ond__finish(ond_cli *c, int rc, const cJSON *reply, const ond_err *err)
{
    if (rc == 0) return rc;
    if (!reply || !c->json) return ond__fail(c, rc, err);
    ond__print_json(reply);
    return rc;
}
