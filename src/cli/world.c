/* world.c - the house for people: floors, rooms, devices and what they are at. */
#include "cli/cli.h"

#include <stdlib.h>

/* The first name in the language of the output, else of all languages, else any. */
static const char *name_of(const ond_cli *c, const cJSON *row)
{
    const cJSON *names = ond_json_get(row, "names"), *list = ond_json_get(names, c->lang);
    if (!list || !list->child) list = ond_json_get(names, "*");
    if (!list || !list->child) list = names ? names->child : NULL;
    const cJSON *first = list ? list->child : NULL;
    return cJSON_IsString(first) ? first->valuestring : ond_json_str(row, "id", "");
}

typedef struct word {
    const char *state;
    ond_msg msg;
} word;

/* States that have a plain word; all others are shown as they are. Numbers go through `room`. */
static const char *state_word(const ond_cli *c, const cJSON *entity, char room[32])
{
    static const word words[] = {
        {"on", OND_M_STATE_ON},
        {"off", OND_M_STATE_OFF},
        {"open", OND_M_STATE_OPEN},
        {"closed", OND_M_STATE_CLOSED},
        {"opening", OND_M_STATE_OPENING},
        {"closing", OND_M_STATE_CLOSING},
        {"locked", OND_M_STATE_LOCKED},
        {"unlocked", OND_M_STATE_UNLOCKED},
        {"docked", OND_M_STATE_DOCKED},
        {"cleaning", OND_M_STATE_CLEANING},
        {"returning", OND_M_STATE_RETURNING},
        {"heat", OND_M_STATE_HEAT},
        {"cool", OND_M_STATE_COOL},
        {"dry", OND_M_STATE_DRY},
        {"fan_only", OND_M_STATE_FAN_ONLY},
        {"auto", OND_M_STATE_AUTO},
        {"playing", OND_M_STATE_PLAYING},
        {"paused", OND_M_STATE_PAUSED},
        {"idle", OND_M_STATE_IDLE},
        {"disarmed", OND_M_STATE_DISARMED},
        {"ready", OND_M_STATE_READY},
        {"unknown", OND_M_STATE_UNKNOWN},
        {"unavailable", OND_M_STATE_UNAVAILABLE},
    };
    const cJSON *value = ond_json_get(ond_json_get(entity, "state"), "state");
    const char *state = cJSON_IsString(value) ? value->valuestring : "";
    if (cJSON_IsNumber(value)) {
        snprintf(room, 32, "%g", value->valuedouble);
        return room;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].state, state) == 0) return ond_msg_text(words[i].msg, c->lang);
    return state;
}

static void print_attributes(const cJSON *state)
{
    for (const cJSON *m = state ? state->child : NULL; m; m = m->next) {
        if (strcmp(m->string, "state") == 0 || cJSON_IsNull(m) || cJSON_IsObject(m)) continue;
        ond_buf value = {0};
        if (cJSON_IsString(m))
            ond_buf_puts(&value, m->valuestring);
        else
            ond_json_print(&value, m);
        printf("  %s ", m->string);
        ond__print_safe(stdout, ond_buf_z(&value));
        ond_buf_free(&value);
    }
}

static void print_entity(const ond_cli *c, const cJSON *e)
{
    const cJSON *state = ond_json_get(e, "state");
    char room[32];
    fputs("    ", stdout);
    ond__pad(stdout, name_of(c, e), 22);
    ond__pad(stdout,
             ond_json_bool(e, "available", true) ? state_word(c, e, room)
                                                 : ond_msg_text(OND_M_STATE_UNAVAILABLE, c->lang),
             10);
    printf("%s", ond__on(c, OND__DIM));
    ond__pad(stdout, ond_json_str(e, "id", ""), 34);
    print_attributes(state);
    printf("%s\n", ond__off(c));
}

/* Devices of one room; area "" stands for those without one. */
static void print_area(const ond_cli *c, const cJSON *world, const char *area, const char *title,
                       const char *only)
{
    const cJSON *e;
    bool any = false;
    cJSON_ArrayForEach(e, ond_json_get(world, "entities"))
    {
        if (strcmp(ond_json_str(e, "area", ""), area) != 0 ||
            (only && strcmp(ond_json_str(e, "id", ""), only) != 0))
            continue;
        if (!any) {
            printf("  %s", ond__on(c, OND__BOLD));
            ond__print_safe(stdout, title);
            printf("%s\n", ond__off(c));
        }
        any = true;
        print_entity(c, e);
    }
}

static void print_areas(const ond_cli *c, const cJSON *world, const char *floor, const char *only)
{
    const cJSON *area;
    cJSON_ArrayForEach(
        area, ond_json_get(world, "areas")) if (strcmp(ond_json_str(area, "floor", ""), floor) == 0)
        print_area(c, world, ond_json_str(area, "id", ""), name_of(c, area), only);
}

void ond__print_world(const ond_cli *c, const cJSON *world, const char *only)
{
    const cJSON *floor;
    cJSON_ArrayForEach(floor, ond_json_get(world, "floors"))
    {
        if (!only) {
            ond__print_safe(stdout, name_of(c, floor));
            putchar('\n');
        }
        print_areas(c, world, ond_json_str(floor, "id", ""), only);
    }
    print_areas(c, world, "", only);
    print_area(c, world, "", ond_msg_text(OND_M_CLI_NO_ROOM, c->lang), only);
}
