/* setup_calendar.c - `ondol setup calendar`: a CalDAV server is looked at first and kept only when
 * it answers. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRY_MS 20000

typedef struct answers {
    ond_buf url, user, password;
} answers;

static void ask_line(const ond_cli *c, ond_msg what, ond_buf *out)
{
    bool cut;
    fprintf(stderr, "%s: ", ond_msg_text(what, c->lang));
    fflush(stderr);
    if (!ond__read_line(out, 512, &cut)) fputc('\n', stderr);
}

/* "dav.example.org" is meant as https. */
static bool put_url(const char *text, ond_buf *out)
{
    if (!strstr(text, "://")) ond_buf_puts(out, "https://");
    ond_buf_puts(out, text);
    return ond_buf_ok(out);
}

static int gather(ond_cli *c, answers *a, ond_err *err)
{
    const char *url = ond__option(c, "caldav"), *user = ond__option(c, "user");
    ond_buf typed = {0};
    if (!url && c->terminal) {
        ask_line(c, OND_M_CLI_SETUP_CALDAV, &typed);
        url = ond_buf_z(&typed);
    }
    bool ok = url && url[0] && put_url(url, &a->url);
    ond_buf_free(&typed);
    if (!ok)
        return ond_fail(err, OND_E_USAGE, "%s",
                        ond_msg_text(OND_M_CLI_SETUP_CALDAV_NEEDS, c->lang));
    if (user)
        ond_buf_puts(&a->user, user);
    else if (c->terminal && !ond__option(c, "caldav"))
        ask_line(c, OND_M_CLI_SETUP_USER, &a->user);
    if (a->user.n > 0 && !ond__option(c, "password-command") && c->terminal)
        return ond__read_secret(c, ond_msg_text(OND_M_CLI_SETUP_PASSWORD, c->lang), &a->password,
                                err);
    return OND_OK;
}

/* {"hands":{"calendar":{"caldav":{…}}}}; "probe": only looks. */
static cJSON *make_config(const ond_cli *c, const answers *a)
{
    const char *command = ond__option(c, "password-command");
    cJSON *config = cJSON_CreateObject(), *hands = cJSON_AddObjectToObject(config, "hands"),
          *calendar = cJSON_AddObjectToObject(hands, "calendar"),
          *dav = cJSON_AddObjectToObject(calendar, "caldav");
    if (dav && ond_json_set_bool(dav, "probe", true) &&
        ond_json_set_str(dav, "url", ond_buf_z(&a->url)) &&
        ond_json_set_str(dav, "user", ond_buf_z(&a->user)) &&
        ond_json_set_str(dav, "password", ond_buf_z(&a->password)) &&
        ond_json_set_str(dav, "password_command", command ? command : ""))
        return config;
    cJSON_Delete(config);
    return NULL;
}

static int try_it(const ond_cli *c, const answers *a, cJSON **health, ond_err *err)
{
    cJSON *config = make_config(c, a);
    if (!config) return ond_nomem(err, "trying a calendar server");
    int rc = ond_probe(config, "calendar", TRY_MS, health, err);
    cJSON_Delete(config);
    if (rc == 0 && !ond_json_bool(*health, "ok", false)) {
        const char *what = ond_json_str(*health, "what", "the calendar server does not answer"),
                   *last = strstr(what, "; ");
        rc = ond_fail(err, OND_E_UNAVAILABLE, "%s", last ? last + 2 : what);
    }
    return rc;
}

/* The address goes last: while it is not written, the former server or none is in force. */
static int keep(ond_cli *c, const answers *a, ond_err *err)
{
    ond_config *config = NULL;
    const struct {
        const char *key, *value;
    } rows[] = {
        {"hands.calendar.caldav.user", a->user.n > 0 ? a->user.p : NULL},
        {"hands.calendar.caldav.password", a->password.n > 0 ? a->password.p : NULL},
        {"hands.calendar.caldav.password_command", ond__option(c, "password-command")},
        {"hands.calendar.caldav.url", ond_buf_z(&a->url)},
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

int ond__setup_calendar(ond_cli *c)
{
    ond_err err = {0};
    answers a = {{0}, {0}, {0}};
    cJSON *health = NULL;
    int rc;
    OND_TRY(gather(c, &a, &err));
    OND__SAY(c, stderr, OND_M_CLI_SETUP_TRYING, ond_buf_z(&a.url));
    OND_TRY(try_it(c, &a, &health, &err));
    const char *what = ond_json_str(health, "what", ""), *found = strstr(what, "; ");
    ond__print_safe(stdout, found ? found + 2 : what);
    putchar('\n');
    OND_TRY(keep(c, &a, &err));
    ond__reload_up(c);
out:
    if (rc != 0) ond__fail(c, rc, &err);
    if (rc == OND_E_UNAVAILABLE) OND__SAY(c, stderr, OND_M_CLI_SETUP_NOT_KEPT, "");
    if (a.password.p) explicit_bzero(a.password.p, a.password.cap);
    ond_buf_free(&a.url);
    ond_buf_free(&a.user);
    ond_buf_free(&a.password);
    cJSON_Delete(health);
    return rc;
}
