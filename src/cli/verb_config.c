/* verb_config.c - `ondol config`: settings, read and changed. */
#include "cli/cli.h"

#include <stdlib.h>

/* ---- list and get ---- */

static void print_value(const cJSON *value)
{
    ond_buf text = {0};
    if (cJSON_IsString(value))
        ond_buf_puts(&text, value->valuestring);
    else
        ond_json_print(&text, value);
    ond__print_safe(stdout, ond_buf_z(&text));
    ond_buf_free(&text);
}

static int list(const ond_cli *c, const ond_config *config, ond_err *err)
{
    size_t n;
    const ond_config_key *keys = ond_config_keys(&n);
    for (size_t i = 0; i < n; i++) {
        cJSON *value = NULL;
        int rc = ond_config_get(config, keys[i].key, &value, err);
        if (rc != 0) return rc;
        printf("%s%s%s: ", ond__on(c, OND__BOLD), keys[i].key, ond__off(c));
        print_value(value);
        printf("\n    %s%s%s\n", ond__on(c, OND__DIM), keys[i].what, ond__off(c));
        cJSON_Delete(value);
    }
    return OND_OK;
}

static int get(const ond_cli *c, const ond_config *config, const char *key, ond_err *err)
{
    cJSON *value = NULL;
    int rc = ond_config_get(config, key, &value, err);
    if (rc != 0) return rc;
    if (c->json)
        ond__print_json(value);
    else {
        print_value(value);
        putchar('\n');
    }
    cJSON_Delete(value);
    return OND_OK;
}

/* ---- set ---- */

void ond__reload_up(ond_cli *c)
{
    ond_link *link = NULL;
    cJSON *request = ond__request(c, "reload"), *reply = NULL;
    ond_err err = {0};
    ond_link_opts opts = {.owner = ond__owner_opts(c), .only_up = true};
    if (request && ond_link_open(&opts, &link, &err) == 0 &&
        ond_link_call(link, request, &reply, &err) != 0 && ond_link_via_up(link))
        ond__note_err(c, err.text);
    ond_link_close(link);
    cJSON_Delete(request);
    cJSON_Delete(reply);
}

static bool is_secret(const char *key)
{
    size_t n;
    const ond_config_key *keys = ond_config_keys(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(keys[i].key, key) == 0) return strcmp(keys[i].type, "secret") == 0;
    return false;
}

/* A secret is not for the command line, where others see it: it is asked for, or read from standard
 * input. */
static int set(ond_cli *c, ond_config *config, ond_err *err)
{
    ond_buf secret = {0};
    const char *key = c->n_arg > 1 ? c->arg[1] : NULL, *value = c->n_arg == 3 ? c->arg[2] : NULL;
    int rc = OND_OK;
    if (!key || c->n_arg > 3 || (!value && !is_secret(key)))
        return ond_fail(err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_CONFIG_SET_NEEDS, c->lang));
    if (!value) {
        rc = ond__read_secret(c, key, &secret, err);
        value = ond_buf_z(&secret);
    }
    if (rc == 0) rc = ond_config_set(config, key, value, err);
    if (rc == 0) ond__reload_up(c);
    if (rc == 0 && c->json) ond__print_member("set", key);
    if (secret.p) explicit_bzero(secret.p, secret.cap);
    ond_buf_free(&secret);
    return rc;
}

static int unset(ond_cli *c, ond_config *config, ond_err *err)
{
    if (c->n_arg != 2)
        return ond_fail(err, OND_E_USAGE, "%s",
                        ond_msg_text(OND_M_CLI_CONFIG_UNSET_NEEDS, c->lang));
    int rc = ond_config_set(config, c->arg[1], NULL, err);
    if (rc == 0) ond__reload_up(c);
    if (rc == 0 && c->json) ond__print_member("unset", c->arg[1]);
    return rc;
}

/* ---- which one ---- */

static int act(ond_cli *c, ond_config *config, const char *what, ond_err *err)
{
    if (strcmp(what, "list") == 0) return c->json ? get(c, config, "", err) : list(c, config, err);
    bool path = strcmp(what, "path") == 0, check = strcmp(what, "check") == 0;
    if ((path || check) && c->json) {
        ond__print_member("path", ond_config_path(config));
        return OND_OK;
    }
    if (path) return puts(ond_config_path(config)) >= 0 ? OND_OK : OND_E_IO;
    if (check) {
        OND__SAY(c, stdout, OND_M_CLI_CONFIG_OK, ond_config_path(config));
        return OND_OK;
    }
    if (strcmp(what, "set") == 0) return set(c, config, err);
    if (strcmp(what, "unset") == 0) return unset(c, config, err);
    return c->n_arg == 2 ? get(c, config, c->arg[1], err)
                         : ond_fail(err, OND_E_USAGE, "%s",
                                    ond_msg_text(OND_M_CLI_CONFIG_GET_NEEDS, c->lang));
}

static int run(ond_cli *c)
{
    static const char words[] = "list get set unset check path";
    ond_err err = {0};
    ond_config *config = NULL;
    const char *what = c->n_arg > 0 ? c->arg[0] : "list";
    char padded[24];
    snprintf(padded, sizeof padded, " %.20s ", what);
    if (strlen(what) > 5 || !strstr(" list get set unset check path ", padded))
        return ond__fail(c, ond__no_word(c, what, words, &err), &err);
    int most = strcmp(what, "set") == 0 ? 3 : strstr("get unset", what) ? 2 : 1;
    if (c->n_arg > most) return ond__fail(c, ond__no_word(c, c->arg[most], "", &err), &err);
    int rc = ond_config_load(c->config, &config, &err);
    if (rc == 0) rc = act(c, config, what, &err);
    ond_config_free(config);
    return ond__finish(c, rc, NULL, &err);
}

const ond_cli_verb ond_verb_config = {
    .usage =
        "config [list]\nconfig get KEY\nconfig set KEY [VALUE]\nconfig unset KEY\nconfig check\nconfig path",
    .en = "Without a word it lists every setting, its value and what it is for. Settings are in\n"
          "config.yaml, which may also be edited by hand: `check` says what is wrong and where\n"
          "(exit 16). Secrets are kept apart in secrets.yaml, which only you can read; give\n"
          "them without VALUE, and they are asked for, or read from standard input. A running\n"
          "`ondol up` reads changes at once.",
    .ko = "아무 말 없이 쓰면 모든 설정과 값, 쓰임새를 보여 줘요. 설정은 config.yaml에 있고 직접\n"
          "고쳐도 돼요. `check`는 어디가 틀렸는지 알려 줘요(종료 코드 16). 비밀은 나만 읽을 수\n"
          "있는 secrets.yaml에 따로 두어요. VALUE 없이 쓰면 물어보거나 표준 입력에서 읽어요.\n"
          "돌고 있는 `ondol up`은 바뀐 설정을 바로 읽어요.",
    .common = OND__JSON,
    .words = "list get set unset check path",
    .examples = "ondol config\n"
                "ondol config set lang ko\n"
                "ondol config get hands.home.mqtt.host\n"
                "ondol config set hands.home.mqtt.password < password.txt",
    .run = run,
};
