/* owner.c - opens configuration, store, gate and agent, each when it is first needed, and closes
 * them in turn.
 *
 * A verb that reads the journal opens no hands; a verb that speaks no sentence compiles no grammar.
 * So `ondol log` works while the broker is away, and starts in a few milliseconds. */
#include "daemon/internal.h"

#include "base/msg.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void ond__owner_note(ond_owner *o, const char *text)
{
    if (o->opts.note) o->opts.note(o->opts.self, text);
}

static void pass_note(void *self, const char *text)
{
    ond__owner_note(self, text);
}

int ond__socket_path(ond_buf *out, ond_err *err)
{
    return ond_xdg_path(OND_XDG_RUNTIME, "sock", out, err);
}

/* ---- opening ---- */

/* A setting wins over the locale; --lang wins over both. */
static const char *choose_lang(const ond_owner *o)
{
    const char *lang = o->opts.lang, *set = ond_config_text(o->config, "lang");
    if (!lang && set && strcmp(set, "auto") != 0) lang = set;
    if (!lang) lang = o->opts.locale_lang;
    return lang && strncmp(lang, "ko", 2) == 0 ? "ko" : "en";
}

static void tell_news(ond_owner *o, const ond_store_news *news)
{
    ond_buf text = {0};
    char rows[32];
    if (news->set_aside[0]) {
        snprintf(rows, sizeof rows, "%" PRId64, news->rescued);
        OND_MSG(&text, OND_M_STORE_SET_ASIDE, o->lang, news->set_aside, rows);
        ond__owner_note(o, ond_buf_z(&text));
    }
    if (news->tampered[0]) {
        ond_buf_clear(&text);
        OND_MSG(&text, OND_M_STORE_TAMPERED, o->lang, news->tampered);
        ond__owner_note(o, ond_buf_z(&text));
    }
    ond_buf_free(&text);
}

static int open_store(ond_owner *o, ond_err *err)
{
    ond_buf dir = {0}, key = {0};
    ond_store_news news = {0};
    int rc;
    OND_TRY(ond_xdg_path(OND_XDG_DATA, "", &dir, err));
    OND_TRY(ond_xdg_path(OND_XDG_CONFIG, "device.key", &key, err));
    ond_store_opts opts = {.dir = ond_buf_z(&dir), .key_path = ond_buf_z(&key)};
    OND_TRY(ond_store_open(&opts, &o->store, &news, err));
    tell_news(o, &news);
out:
    ond_buf_free(&dir);
    ond_buf_free(&key);
    return rc;
}

/* A zone of the command line wins; one of the configuration may change with it. */
void ond__owner_zone(const ond_owner *o)
{
    if (!o->zone_given) ond_zone_set(ond_config_text(o->config, "tz"));
}

int ond_owner_open(const ond_owner_opts *opts, ond_owner **out, ond_err *err)
{
    int rc;
    *out = NULL;
    ond_owner *o = calloc(1, sizeof *o);
    if (!o) return ond_nomem(err, "opening the house");
    o->opts = *opts;
    OND_TRY(ond_config_load(opts->config, &o->config, err));
    o->lang = choose_lang(o);
    o->zone_given = ond_zone()[0] != '\0';
    ond__owner_zone(o);
    OND_TRY(open_store(o, err));
    *out = o;
    return OND_OK;
out:
    ond_owner_close(o);
    return rc;
}

static void close_gate(ond_owner *o)
{
    ond_agent_close(o->agent);
    ond_gate_close(o->gate);
    cJSON_Delete(o->settings);
    o->agent = NULL;
    o->gate = NULL;
    o->settings = NULL;
    o->with_hands = false;
}

void ond_owner_close(ond_owner *o)
{
    if (!o) return;
    close_gate(o);
    ond_mind_close(o->mind);
    ond_store_close(o->store);
    ond_config_free(o->config);
    free(o);
}

/* ---- what a call needs ---- */

/* The settings as the hands see them: --house wins, secrets from commands are in, what is empty is
 * absent. */
static int make_settings(ond_owner *o, bool hands, ond_err *err)
{
    cJSON *settings = NULL, *clean = NULL;
    int rc = OND_OK;
    if (hands)
        rc = ond__secrets_resolve(o->config->full, &settings, err);
    else if (!(settings = cJSON_Duplicate(o->config->full, true)))
        rc = ond_nomem(err, "reading the configuration");
    if (rc != 0) return rc;
    if (!o->opts.house ||
        ond__tree_put(settings, "hands.home.house", cJSON_CreateString(o->opts.house)))
        clean = ond__settings_clean(settings);
    cJSON_Delete(settings);
    o->settings = clean;
    return clean ? OND_OK : ond_nomem(err, "reading the configuration");
}

/* What a crash left open and opening has settled. */
static void tell_settled(ond_owner *o)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, ond_gate_settled(o->gate))
    {
        ond_buf text = {0};
        char id[32];
        const char *found = ond_json_str(one, "found", "unknown");
        ond_msg msg = strcmp(found, "done") == 0       ? OND_M_SETTLED_DONE
                      : strcmp(found, "not_done") == 0 ? OND_M_SETTLED_NOT_DONE
                                                       : OND_M_SETTLED_UNKNOWN;
        snprintf(id, sizeof id, "%.0f", ond_json_num(one, "event", 0));
        OND_MSG(&text, msg, o->lang, id);
        ond__owner_note(o, ond_buf_z(&text));
        ond_buf_free(&text);
    }
}

static int open_gate(ond_owner *o, bool hands, ond_err *err)
{
    close_gate(o);
    int rc = make_settings(o, hands, err);
    if (rc != 0) return rc;
    ond_gate_opts opts = {
        .store = o->store,
        .config = o->settings,
        .policy_path = ond_config_policy(o->config),
        .lang = o->lang,
        .note = pass_note,
        .self = o,
        .stays = o->opts.can_wait,
        .no_settle = !hands,
        .no_hands = !hands,
    };
    rc = ond_gate_open(&opts, &o->gate, err);
    if (rc != 0) {
        close_gate(o);
        return rc;
    }
    o->with_hands = hands;
    if (hands) tell_settled(o);
    return OND_OK;
}

int ond__owner_need(ond_owner *o, ond__need need, ond_err *err)
{
    int rc = OND_OK;
    if (need >= OND__JOURNAL && !o->gate)
        rc = open_gate(o, need >= OND__HANDS, err);
    else if (need >= OND__HANDS && !o->with_hands)
        rc = open_gate(o, true, err);
    if (rc == 0 && need >= OND__AGENT && !o->agent) {
        ond_agent_opts opts = {
            .gate = o->gate, .lang = o->lang, .pack_dir = ond_config_text(o->config, "packs")};
        rc = ond__owner_mind(o, &opts.mind, err);
        if (rc == 0) rc = ond_agent_open(&opts, &o->agent, err);
    }
    return rc;
}

int ond__owner_mind(ond_owner *o, ond_mind **out, ond_err *err)
{
    int rc = o->mind ? OND_OK : ond_mind_open(o->store, &o->mind, err);
    *out = o->mind;
    return rc;
}

int ond__owner_reload(ond_owner *o, ond_err *err)
{
    ond_config *fresh = NULL;
    int rc = ond_config_load(o->opts.config, &fresh, err);
    if (rc != 0) return rc;
    bool hands = o->with_hands;
    close_gate(o);
    ond_config_free(o->config);
    o->config = fresh;
    o->lang = choose_lang(o);
    ond__owner_zone(o);
    return ond__owner_need(o, hands ? OND__HANDS : OND__STORE, err);
}
