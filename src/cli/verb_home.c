/* verb_home.c - `ondol home`: state, set, and a simulated house on a broker. */
#include "cli/cli.h"

#include "sim/sim.h"
#include "sys/file.h"

#include <signal.h>
#include <stdlib.h>

#define HOUSE_MAX (4u << 20)

static const ond_cli_option options[] = {
    {"dry-run", 'n', NULL, "set: print the plan and touch nothing",
     "set: 계획만 보여 주고 아무것도 건드리지 않기"},
    {"yes", 'y', NULL, "set: consent to what would be asked", "set: 물어볼 일에 미리 동의하기"},
    {"mqtt", 0, "HOST:PORT", "sim: the broker to publish on", "sim: 모의 집을 올릴 브로커"},
    {"device-form", 0, NULL, "sim: announce whole devices, not single parts",
     "sim: 부품이 아니라 기기 단위로 알리기"},
    {"discovery-prefix", 0, "TOPIC", "sim: default homeassistant", "sim: 기본값 homeassistant"},
    {"base-topic", 0, "TOPIC", "sim: where states and commands go; default ondol",
     "sim: 상태와 명령이 오가는 곳, 기본값 ondol"},
    {"user", 0, "NAME", "sim: user name at the broker", "sim: 브로커 사용자 이름"},
    {"password-file", 0, "FILE", "sim: file whose first line is the password",
     "sim: 첫 줄이 비밀번호인 파일"},
    {NULL, 0, NULL, NULL, NULL},
};

/* ---- state ---- */

/* The world with only the entities of one id. */
static cJSON *only_entity(const cJSON *world, const char *id)
{
    cJSON *out = cJSON_CreateObject(), *list = cJSON_CreateArray();
    const cJSON *one;
    bool ok = out && list && ond_json_set_num(out, "version", 1);
    cJSON_ArrayForEach(one, ond_json_get(world, "entities"))
    {
        cJSON *dup =
            ok && strcmp(ond_json_str(one, "id", ""), id) == 0 ? cJSON_Duplicate(one, true) : NULL;
        if (dup && !cJSON_AddItemToArray(list, dup)) cJSON_Delete(dup);
    }
    if (ok && ond_json_set(out, "entities", list)) return out;
    if (!ok) cJSON_Delete(list);
    cJSON_Delete(out);
    return NULL;
}

static int no_entity(const ond_cli *c, const cJSON *world, const char *id, ond_err *err)
{
    ond_buf words = {0}, near = {0}, text = {0};
    const cJSON *one;
    cJSON_ArrayForEach(one, ond_json_get(world, "entities"))
    {
        const char *full = ond_json_str(one, "id", ""), *dot = strchr(full, '.');
        ond_buf_printf(&words, "%s ", full);
        if (dot && strcmp(dot + 1, id) == 0) /* the domain was left out */
            ond_buf_printf(&near, "%s%s", near.n > 0 ? "', '" : "", full);
    }
    if (near.n == 0) ond__near(&near, id, ond_buf_z(&words));
    if (near.n > 0)
        OND_MSG(&text, OND_M_CLI_NO_ENTITY_NEAR, c->lang, id, near.p);
    else
        OND_MSG(&text, OND_M_CLI_NO_ENTITY, c->lang, id);
    int rc = ond_fail(err, OND_E_NOT_FOUND, "%s", ond_buf_z(&text));
    ond_buf_free(&words);
    ond_buf_free(&near);
    ond_buf_free(&text);
    return rc;
}

static int state(ond_cli *c)
{
    ond_err err = {0};
    cJSON *world = NULL, *one = NULL;
    const char *id = c->n_arg > 1 ? c->arg[1] : NULL;
    int rc = ond__call(c, ond__request(c, "home.state"), &world, &err);
    if (rc == 0 && !ond_json_get(world, "entities")->child)
        rc = ond_fail(&err, OND_E_UNAVAILABLE, "%s", ond_msg_text(OND_M_CLI_NO_DEVICES, c->lang));
    if (rc == 0 && id) {
        one = only_entity(world, id);
        if (!one)
            rc = ond_nomem(&err, "looking at the house");
        else if (!ond_json_get(one, "entities")->child)
            rc = no_entity(c, world, id, &err);
    }
    rc = ond__finish(c, rc, rc == 0 ? world : NULL, &err);
    if (rc == 0 && c->json)
        ond__print_json(one ? one : world);
    else if (rc == 0)
        ond__print_world(c, world, id);
    cJSON_Delete(one);
    cJSON_Delete(world);
    return rc;
}

/* ---- set ---- */

/* "brightness=40": numbers, true and false are what they look like, all else is text. */
static int put_attribute(cJSON *attributes, const char *word, ond_err *err)
{
    const char *equals = strchr(word, '=');
    char key[64];
    if (!equals || equals == word || (size_t)(equals - word) >= sizeof key)
        return ond_fail(err, OND_E_USAGE,
                        "'%.60s' is no attribute: write it like state=on or brightness=40", word);
    memcpy(key, word, (size_t)(equals - word));
    key[equals - word] = '\0';
    cJSON *value = NULL;
    if (ond_json_parse(ond_str_of(equals + 1), &value, NULL) != 0 ||
        !(cJSON_IsNumber(value) || cJSON_IsBool(value))) {
        cJSON_Delete(value);
        value = cJSON_CreateString(equals + 1);
    }
    return value && ond_json_set(attributes, key, value) ? OND_OK
                                                         : ond_nomem(err, "setting a device");
}

static int set(ond_cli *c)
{
    ond_err err = {0};
    if (c->n_arg < 3) {
        (void)ond_fail(&err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_SET_NEEDS, c->lang));
        return ond__fail(c, OND_E_USAGE, &err);
    }
    cJSON *r = ond__request(c, "home.set"), *attributes = cJSON_CreateObject();
    int rc = r && attributes ? OND_OK : ond_nomem(&err, "setting a device");
    for (int i = 2; i < c->n_arg && rc == 0; i++) rc = put_attribute(attributes, c->arg[i], &err);
    if (rc != 0) {
        cJSON_Delete(attributes);
    } else if (!ond_json_set(r, "attributes", attributes) ||
               !ond_json_set_str(r, "entity", c->arg[1]) ||
               !ond_json_set_bool(r, "yes", ond__option(c, "yes") != NULL) ||
               !ond_json_set_bool(r, "dry_run", ond__option(c, "dry-run") != NULL)) {
        rc = ond_nomem(&err, "setting a device");
    }
    if (rc == 0) return ond__wish(c, r);
    cJSON_Delete(r);
    return ond__fail(c, rc, &err);
}

/* ---- sim ---- */

static volatile bool stop;

static void on_signal(int signo)
{
    (void)signo;
    stop = true;
}

static void on_ready(void *self)
{
    ond_cli *c = self;
    OND__SAY(c, stdout, OND_M_CLI_SIM_READY, ond__option(c, "mqtt"));
    fflush(stdout);
}

static int read_password(const ond_cli *c, ond_buf *out, ond_err *err)
{
    const char *path = ond__option(c, "password-file");
    int rc = path ? ond_file_read(path, 4096, out, err) : OND_OK;
    if (rc == 0 && out->n > 0) out->p[strcspn(out->p, "\r\n")] = '\0';
    return rc;
}

static int open_house(const ond_cli *c, ond_house **out, ond_err *err)
{
    ond_buf text = {0};
    if (!c->house) return ond_house_open(ond_house_default(), "house.yaml", out, err);
    int rc = ond_file_read(c->house, HOUSE_MAX, &text, err);
    if (rc == 0) rc = ond_house_open((ond_str){text.p, text.n}, c->house, out, err);
    ond_buf_free(&text);
    return rc;
}

static int sim(ond_cli *c)
{
    ond_err err = {0};
    ond_house *house = NULL;
    ond_buf password = {0};
    char host[256];
    const char *where = ond__option(c, "mqtt");
    ond_sim_mqtt opts = {
        .host = host,
        .user = ond__option(c, "user"),
        .discovery_prefix = ond__option(c, "discovery-prefix"),
        .base_topic = ond__option(c, "base-topic"),
        .device_form = ond__option(c, "device-form") != NULL,
        .lang = c->lang,
        .ready = on_ready,
        .self = c,
        .stop = &stop,
    };
    struct sigaction act = {.sa_handler = on_signal};
    int rc;
    if (!where)
        OND_TRY(ond_fail(&err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_SIM_NEEDS, c->lang)));
    OND_TRY(ond__host_port(where, host, sizeof host, &opts.port, &err));
    OND_TRY(read_password(c, &password, &err));
    opts.password = password.n > 0 ? password.p : NULL;
    OND_TRY(open_house(c, &house, &err));
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    OND_TRY(ond_sim_publish(house, &opts, &err));
out:
    ond_house_close(house);
    ond_buf_free(&password);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    const char *what = c->n_arg > 0 ? c->arg[0] : "state";
    int most = strcmp(what, "state") == 0 ? 2 : 1;
    if (strcmp(what, "set") != 0 && c->n_arg > most)
        return ond__fail(c, ond__no_word(c, c->arg[most], "", &err), &err);
    if (strcmp(what, "state") == 0) return state(c);
    if (strcmp(what, "set") == 0) return set(c);
    if (strcmp(what, "sim") == 0) return sim(c);
    return ond__fail(c, ond__no_word(c, what, "state set sim", &err), &err);
}

const ond_cli_verb ond_verb_home = {
    .usage = "home [state [ENTITY]]\nhome set ENTITY NAME=VALUE...\nhome sim --mqtt HOST:PORT",
    .en = "state  shows the house: floors, rooms, devices and what they are at.\n"
          "set    sets attributes of a device by its id, under the policy and with journal and\n"
          "       undo, as any other action; for scripts.\n"
          "sim    publishes the built-in house (or --house FILE) on an MQTT broker with Home\n"
          "       Assistant discovery, and obeys its command topics until it is stopped; for\n"
          "       trying and testing.",
    .ko = "state  집을 보여 줘요. 층, 방, 기기와 지금 상태예요.\n"
          "set    기기의 속성을 번호(id)로 정해요. 다른 동작처럼 정책을 따르고 기록되고 되돌릴\n"
          "       수 있어요. 스크립트용이에요.\n"
          "sim    내장된 집(또는 --house 파일)을 Home Assistant 방식으로 MQTT 브로커에 올리고,\n"
          "       멈출 때까지 명령을 따라요. 시험해 볼 때 써요.",
    .options = options,
    .common = OND__JSON | OND__HOUSE_FILE,
    .words = "state set sim",
    .examples = "ondol home state\n"
                "ondol home state --json light.kitchen\n"
                "ondol home set light.kitchen state=on brightness=40\n"
                "ondol home sim --mqtt 127.0.0.1:1883",
    .run = run,
};
