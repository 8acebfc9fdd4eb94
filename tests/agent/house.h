/* house.h - a built-in house in a temporary folder, with its gate and agent, for the tests of this
 * room. */
#ifndef TEST_AGENT_HOUSE_H
#define TEST_AGENT_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/agent.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct house {
    char dir[256];
    cJSON *config;
    ond_store *store;
    ond_gate *gate;
    ond_mind *mind;
    ond_agent *agent;
} house;

/* Tuesday, 1 December 2026, 10:00 in Seoul: what is said is understood at a time of its own. */
static inline void settle_clock(void)
{
    ond_ms now;
    ond_err err;
    ond_zone_set("Asia/Seoul");
    assert_int_equal(ond_iso_parse(OND_S("2026-12-01T10:00"), "Asia/Seoul", &now, &err), 0);
    ond_clock_set(now);
}

static inline house *house_open_with(const char *lang, const char *pack_dir, const char *house_yaml)
{
    const char *tmp = getenv("TMPDIR");
    house *h = calloc(1, sizeof *h);
    char path[320];
    ond_err err = {0};
    assert_non_null(h);
    snprintf(h->dir, sizeof h->dir, "%s/ondol-agent-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    assert_non_null(mkdtemp(h->dir));
    setenv("XDG_DATA_HOME", h->dir, 1); /* its own calendar and notes */
    snprintf(path, sizeof path, "%s/key", h->dir);
    if (house_yaml) {
        h->config = cJSON_CreateObject();
        cJSON *home = cJSON_AddObjectToObject(cJSON_AddObjectToObject(h->config, "hands"), "home");
        assert_true(ond_json_set_str(home, "house", house_yaml));
    }
    if (ond_store_open(&(ond_store_opts){.dir = h->dir, .key_path = path}, &h->store, NULL, &err) !=
        0)
        fail_msg("store: %s", err.text);
    if (ond_gate_open(&(ond_gate_opts){.store = h->store, .lang = lang, .config = h->config},
                      &h->gate, &err) != 0)
        fail_msg("gate: %s", err.text);
    if (ond_mind_open(h->store, &h->mind, &err) != 0)
        fail_msg("mind: %s", err.text);
    if (ond_agent_open(&(ond_agent_opts){.gate = h->gate, .lang = lang, .pack_dir = pack_dir,
                                         .mind = h->mind},
                       &h->agent, &err) != 0)
        fail_msg("agent: %s", err.text);
    return h;
}

static inline house *house_open(const char *lang) { return house_open_with(lang, NULL, NULL); }

static inline void house_close(house *h)
{
    char command[320];
    ond_agent_close(h->agent);
    ond_mind_close(h->mind);
    ond_gate_close(h->gate);
    ond_store_close(h->store);
    cJSON_Delete(h->config);
    snprintf(command, sizeof command, "rm -rf '%s'", h->dir);
    assert_int_equal(system(command), 0);
    free(h);
}

/* The shown state of a device, or its attribute, as text; "" where there is none. The text lives
 * until the next call. */
static inline const char *shown(house *h, const char *id, const char *attribute)
{
    static char text[128];
    cJSON *world = NULL;
    ond_err err = {0};
    const cJSON *row;
    text[0] = '\0';
    if (ond_gate_world(h->gate, &world, &err) != 0)
        fail_msg("world: %s", err.text);
    cJSON_ArrayForEach(row, ond_json_get(world, "entities")) {
        if (strcmp(ond_json_str(row, "id", ""), id) != 0)
            continue;
        const cJSON *value = ond_json_get(ond_json_get(row, "state"), attribute);
        ond_buf b = {0};
        if (cJSON_IsString(value))
            snprintf(text, sizeof text, "%s", value->valuestring);
        else if (value) {
            ond_json_print(&b, value);
            snprintf(text, sizeof text, "%s", ond_buf_z(&b));
        }
        ond_buf_free(&b);
    }
    cJSON_Delete(world);
    return text;
}

#endif
