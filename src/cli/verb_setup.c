/* verb_setup.c - `ondol setup home` and `setup calendar`: what is connected is tried first and kept only when it works. */
#include "cli/cli.h"

#include <stdlib.h>
#include <unistd.h>

#define TRY_MS 5000

static const ond_cli_option options[] = {
    {"mqtt", 0, "HOST:PORT", "the MQTT broker of the house", "집의 MQTT 브로커"},
    {"caldav", 0, "URL", "the CalDAV server of the calendar", "일정의 CalDAV 서버"},
    {"user", 0, "NAME", "user name at the broker or the server", "브로커나 서버의 사용자 이름"},
    {"password-command", 0, "COMMAND", "command that prints the password",
     "비밀번호를 출력하는 명령"},
    {"discovery-prefix", 0, "TOPIC", "where devices announce themselves; default homeassistant",
     "기기가 자신을 알리는 토픽, 기본값 homeassistant"},
    {NULL, 0, NULL, NULL, NULL},
};

typedef struct answers {
    ond_buf where, user, password;
    char host[256];
    int port;
} answers;

/* Asks for a line; what is empty stays empty. */
static void ask_line(const ond_cli *c, ond_msg what, ond_buf *out)
{
    bool cut;
    fprintf(stderr, "%s: ", ond_msg_text(what, c->lang));
    fflush(stderr);
    if (!ond__read_line(out, 512, &cut)) fputc('\n', stderr);
}

static int gather(ond_cli *c, answers *a, ond_err *err)
{
    const char *where = ond__option(c, "mqtt"), *user = ond__option(c, "user");
    if (where)
        ond_buf_puts(&a->where, where);
    else if (c->terminal)
        ask_line(c, OND_M_CLI_SETUP_WHERE, &a->where);
    if (a->where.n == 0)
        return ond_fail(err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_SETUP_NEEDS, c->lang));
    if (user)
        ond_buf_puts(&a->user, user);
    else if (c->terminal && !where)
        ask_line(c, OND_M_CLI_SETUP_USER, &a->user);
    int rc = ond__host_port(ond_buf_z(&a->where), a->host, sizeof a->host, &a->port, err);
    if (rc == 0 && a->user.n > 0 && !ond__option(c, "password-command") && c->terminal)
        rc =
            ond__read_secret(c, ond_msg_text(OND_M_CLI_SETUP_PASSWORD, c->lang), &a->password, err);
    return rc;
}

/* {"hands":{"home":{"mqtt":{…}}}} as the answers have it. */
static cJSON *make_config(const ond_cli *c, const answers *a)
{
    const char *command = ond__option(c, "password-command"),
               *prefix = ond__option(c, "discovery-prefix");
    cJSON *config = cJSON_CreateObject(), *hands = cJSON_CreateObject(),
          *home = cJSON_CreateObject(), *mqtt = cJSON_CreateObject();
    bool ok = config && hands && home && mqtt && ond_json_set_str(mqtt, "host", a->host) &&
              ond_json_set_num(mqtt, "port", a->port) &&
              ond_json_set_str(mqtt, "user", ond_buf_z(&a->user)) &&
              ond_json_set_str(mqtt, "password", ond_buf_z(&a->password)) &&
              ond_json_set_str(mqtt, "password_command", command ? command : "") &&
              ond_json_set_str(mqtt, "discovery_prefix", prefix ? prefix : "homeassistant");
    if (ok && cJSON_AddItemToObject(home, "mqtt", mqtt) &&
        cJSON_AddItemToObject(hands, "home", home) && cJSON_AddItemToObject(config, "hands", hands))
        return config;
    cJSON_Delete(config); /* out of memory: the others are small and the program ends */
    return NULL;
}

static int try_it(const ond_cli *c, const answers *a, cJSON **health, ond_err *err)
{
    cJSON *config = make_config(c, a);
    if (!config) return ond_nomem(err, "trying a broker");
    int rc = ond_probe(config, "home", TRY_MS, health, err);
    cJSON_Delete(config);
    if (rc == 0 && !ond_json_bool(*health, "ok", false))
        rc = ond_fail(err, OND_E_UNAVAILABLE, "%s",
                      ond_json_str(*health, "what", "the broker does not answer"));
    return rc;
}

/* The host goes last: while it is not written, the former broker or none is in force. */
static int keep(ond_cli *c, const answers *a, ond_err *err)
{
    ond_config *config = NULL;
    char port[16];
    const char *command = ond__option(c, "password-command"),
               *prefix = ond__option(c, "discovery-prefix");
    snprintf(port, sizeof port, "%d", a->port);
    const struct {
        const char *key, *value;
    } rows[] = {
        {"hands.home.mqtt.port", port},
        {"hands.home.mqtt.user", a->user.n > 0 ? a->user.p : NULL},
        {"hands.home.mqtt.password", a->password.n > 0 ? a->password.p : NULL},
        {"hands.home.mqtt.password_command", command},
        {"hands.home.mqtt.discovery_prefix", prefix},
        {"hands.home.mqtt.host", a->host},
    };
    int rc = ond_config_load(c->config, &config, err);
    for (size_t i = 0; i < sizeof rows / sizeof *rows && rc == 0; i++) {
        bool there = ond_config_text(config, rows[i].key) != NULL;
        if (rows[i].value || there) rc = ond_config_set(config, rows[i].key, rows[i].value, err);
    }
    if (rc == 0) OND__SAY(c, stdout, OND_M_CLI_SETUP_KEPT, ond_config_path(config));
    ond_config_free(config);
    return rc;
}

static int setup_home(ond_cli *c)
{
    ond_err err = {0};
    answers a = {0};
    cJSON *health = NULL;
    int rc;
    OND_TRY(gather(c, &a, &err));
    OND__SAY(c, stderr, OND_M_CLI_SETUP_TRYING, ond_buf_z(&a.where));
    OND_TRY(try_it(c, &a, &health, &err));
    ond__print_safe(stdout, ond_json_str(health, "what", ""));
    putchar('\n');
    OND_TRY(keep(c, &a, &err));
    ond__reload_up(c);
out:
    if (rc != 0) ond__fail(c, rc, &err);
    if (rc == OND_E_UNAVAILABLE) OND__SAY(c, stderr, OND_M_CLI_SETUP_NOT_KEPT, "");
    if (a.password.p) explicit_bzero(a.password.p, a.password.cap);
    ond_buf_free(&a.where);
    ond_buf_free(&a.user);
    ond_buf_free(&a.password);
    cJSON_Delete(health);
    return rc;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    if (c->n_arg == 1 && strcmp(c->arg[0], "home") == 0) return setup_home(c);
    if (c->n_arg == 1 && strcmp(c->arg[0], "calendar") == 0) return ond__setup_calendar(c);
    return ond__fail(c, ond__no_word(c, c->n_arg > 0 ? c->arg[0] : "", "home calendar", &err), &err);
}

const ond_cli_verb ond_verb_setup = {
    .usage = "setup home [--mqtt HOST:PORT]\n"
             "setup calendar [--caldav URL]",
    .en = "Connects a real house by its MQTT broker (Home Assistant discovery, Zigbee2MQTT).\n"
          "Asks for what is not given, tries the broker, and saves the settings only when it\n"
          "answers. Without a broker the built-in house is used.\n"
          "With calendar, connects the calendars and lists of a CalDAV server (iCloud, Fastmail,\n"
          "Nextcloud, Radicale, …): shows which there are, and saves the settings when it answers.",
    .ko = "실제 집을 MQTT 브로커로 연결해요(Home Assistant 방식, Zigbee2MQTT). 주지 않은 것은\n"
          "물어보고, 브로커에 연결해 본 다음 대답할 때만 설정을 저장해요. 브로커가 없으면\n"
          "내장된 집을 써요.\n"
          "calendar를 쓰면 CalDAV 서버(iCloud, Fastmail, Nextcloud, Radicale 등)의 일정과 목록을\n"
          "연결해요. 무엇이 있는지 보여 주고, 서버가 대답할 때만 설정을 저장해요.",
    .options = options,
    .words = "home calendar",
    .examples =
        "ondol setup home\n"
        "ondol setup home --mqtt broker.lan:1883\n"
        "ondol setup home --mqtt 192.168.0.10 --user ondol --password-command \"pass show broker\"\n"
        "ondol setup calendar --caldav https://caldav.fastmail.com --user me@example.com",
    .run = run,
};
