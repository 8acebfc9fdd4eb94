/* test_house.c - the house from YAML: what it shows, what it takes, what it refuses, what it keeps.
 */
#include "../base/cm.h"
#include "sim/sim.h"

static ond_err err;

static ond_house *house_of(const char *yaml)
{
    ond_house *h = NULL;
    err = (ond_err){0};
    int rc = ond_house_open(ond_str_of(yaml), "t.yaml", &h, &err);
    if (rc != 0) fail_msg("%s", err.text);
    ond_house_advance(h, 1000000);
    return h;
}

static ond_house *house(void)
{
    ond_house *h = NULL;
    assert_int_equal(ond_house_open(ond_house_default(), "default", &h, &err), 0);
    ond_house_advance(h, 1000000);
    return h;
}

static int set(ond_house *h, const char *id, const char *json)
{
    cJSON *a = cJSON_Parse(json);
    assert_non_null(a);
    err = (ond_err){0};
    int rc = ond_house_set(h, id, a, &err);
    cJSON_Delete(a);
    return rc;
}

static void shows(const ond_house *h, const char *id, const char *json)
{
    cJSON *want = cJSON_Parse(json);
    const cJSON *state = ond_house_state(h, id);
    assert_non_null(want);
    assert_non_null(state);
    for (const cJSON *w = want->child; w; w = w->next)
        if (!ond_json_equal(w, ond_json_get(state, w->string))) {
            ond_buf b = {0};
            ond_json_print(&b, state);
            fail_msg("%s: wanted %s, shows %s", id, json, ond_buf_z(&b));
        }
    cJSON_Delete(want);
}

static void lacks(const ond_house *h, const char *id, const char *name)
{
    assert_null(ond_json_get(ond_house_state(h, id), name));
}

static void says(const char *part)
{
    if (!strstr(err.text, part)) fail_msg("'%s' does not say '%s'", err.text, part);
}

/* ---- the default house ---- */

TEST(default_house_has_what_it_should)
{
    static const char *const ids[] = {
        "light.living_room_ceiling",
        "light.living_room_lamp",
        "cover.living_room_curtain",
        "media_player.living_room_tv",
        "climate.living_room_ac",
        "light.kitchen",
        "light.study",
        "light.bedroom",
        "cover.bedroom_curtain",
        "fan.bedroom",
        "light.kids_room",
        "humidifier.kids_room",
        "light.bathroom",
        "light.entrance",
        "lock.front_door",
        "light.balcony",
        "climate.boiler",
        "vacuum.robot",
        "valve.gas",
        "oven.kitchen",
        "scene.movie",
        "scene.sleep",
        "scene.away",
        "scene.morning",
        "sensor.living_room_temperature",
        "sensor.living_room_humidity",
        "binary_sensor.living_room_motion",
        "binary_sensor.front_door",
    };
    ond_house *h = house();
    for (size_t i = 0; i < COUNT(ids); i++)
        if (!ond_house_entity(h, ids[i])) fail_msg("no %s", ids[i]);
    cJSON *w = ond_house_world(h);
    assert_int_equal(cJSON_GetArraySize(ond_json_get(w, "floors")), 2);
    assert_int_equal(cJSON_GetArraySize(ond_json_get(w, "areas")), 8);
    for (const cJSON *e = ond_json_get(w, "entities")->child; e; e = e->next) {
        const cJSON *names = ond_json_get(e, "names");
        assert_non_null(ond_json_get(names, "ko")->child);
        assert_non_null(ond_json_get(names, "en")->child);
        assert_true(ond_json_bool(e, "available", false));
        assert_string_equal(ond_json_str(e, "source", ""), "house");
    }
    /* each room has a light, and two devices of one room are not called the same */
    for (const cJSON *a = ond_json_get(w, "areas")->child; a; a = a->next) {
        int lights = 0;
        for (const cJSON *e = ond_json_get(w, "entities")->child; e; e = e->next) {
            if (strcmp(ond_json_str(e, "area", ""), ond_json_str(a, "id", "-")) != 0) continue;
            lights += strcmp(ond_json_str(e, "domain", ""), "light") == 0;
            for (const cJSON *o = e->next; o; o = o->next)
                if (strcmp(ond_json_str(o, "area", ""), ond_json_str(a, "id", "-")) == 0)
                    for (const cJSON *n = ond_json_get(ond_json_get(e, "names"), "ko")->child; n;
                         n = n->next)
                        for (const cJSON *m = ond_json_get(ond_json_get(o, "names"), "ko")->child;
                             m; m = m->next)
                            if (strcmp(n->valuestring, m->valuestring) == 0)
                                fail_msg("%s and %s are both called %s", ond_json_str(e, "id", ""),
                                         ond_json_str(o, "id", ""), n->valuestring);
        }
        assert_true(lights >= 1);
    }
    cJSON_Delete(w);
    ond_house_close(h);
}

/* ---- commands, domain by domain ---- */

TEST(lamps)
{
    ond_house *h = house();
    shows(h, "light.living_room_lamp",
          "{\"state\":\"off\",\"brightness\":60,\"color\":\"warm white\"}");
    assert_int_equal(set(h, "light.living_room_lamp", "{\"brightness\":40}"), 0);
    shows(h, "light.living_room_lamp", "{\"state\":\"on\",\"brightness\":40}");
    assert_int_equal(set(h, "light.living_room_lamp", "{\"color_temp\":2700}"), 0);
    shows(h, "light.living_room_lamp", "{\"color_temp\":2700}");
    lacks(h, "light.living_room_lamp", "color");
    assert_int_equal(set(h, "light.living_room_lamp", "{\"color\":\"blue\"}"), 0);
    shows(h, "light.living_room_lamp", "{\"color\":\"blue\",\"brightness\":40}");
    lacks(h, "light.living_room_lamp", "color_temp");
    assert_int_equal(set(h, "light.living_room_lamp", "{\"rgb\":[255,0,0]}"), 0);
    shows(h, "light.living_room_lamp", "{\"color\":\"red\"}");
    assert_int_equal(set(h, "light.living_room_lamp", "{\"state\":\"off\",\"brightness\":60}"), 0);
    shows(h, "light.living_room_lamp", "{\"state\":\"off\",\"brightness\":60}");
    assert_int_equal(set(h, "light.living_room_lamp", "{\"state\":\"on\"}"), 0);
    shows(h, "light.living_room_lamp", "{\"state\":\"on\",\"brightness\":60}");
    ond_house_close(h);
}

TEST(curtains_travel)
{
    ond_house *h = house();
    shows(h, "cover.living_room_curtain", "{\"state\":\"open\",\"position\":100}");
    assert_int_equal(set(h, "cover.living_room_curtain", "{\"state\":\"closed\"}"), 0);
    shows(h, "cover.living_room_curtain", "{\"state\":\"closing\",\"position\":100}");
    assert_true(ond_house_moving(h));
    ond_house_advance(h, 1000000 + 6000);
    shows(h, "cover.living_room_curtain", "{\"state\":\"closing\",\"position\":50}");
    ond_house_advance(h, 1000000 + 12000);
    shows(h, "cover.living_room_curtain", "{\"state\":\"closed\",\"position\":0}");
    assert_false(ond_house_moving(h));
    assert_int_equal(set(h, "cover.living_room_curtain", "{\"position\":40}"), 0);
    ond_house_advance(h, 1000000 + 13200);
    shows(h, "cover.living_room_curtain", "{\"state\":\"opening\",\"position\":10}");
    assert_int_equal(set(h, "cover.living_room_curtain", "{\"state\":\"stopped\"}"), 0);
    ond_house_advance(h, 1000000 + 99000);
    shows(h, "cover.living_room_curtain", "{\"state\":\"open\",\"position\":10}");
    ond_house_close(h);
}

TEST(vacuum_cleans_and_comes_home)
{
    ond_house *h = house();
    assert_int_equal(set(h, "vacuum.robot", "{\"state\":\"cleaning\"}"), 0);
    ond_house_advance(h, 1000000 + 10 * 60000);
    shows(h, "vacuum.robot", "{\"state\":\"cleaning\",\"battery\":91}");
    assert_int_equal(set(h, "vacuum.robot", "{\"state\":\"paused\"}"), 0);
    ond_house_advance(h, 1000000 + 20 * 60000);
    shows(h, "vacuum.robot", "{\"state\":\"paused\",\"battery\":91}");
    assert_int_equal(set(h, "vacuum.robot", "{\"state\":\"cleaning\"}"), 0);
    ond_house_advance(h, 1000000 + 45 * 60000 + 20000); /* 35 minutes in all, and 20 s of the way */
    shows(h, "vacuum.robot", "{\"state\":\"returning\"}");
    ond_house_advance(h, 1000000 + 45 * 60000 + 41000);
    shows(h, "vacuum.robot", "{\"state\":\"docked\"}");
    ond_house_advance(h, 1000000 + 24 * 3600000);
    shows(h, "vacuum.robot", "{\"state\":\"docked\",\"battery\":100}");
    ond_house_close(h);
}

TEST(rooms_warm_and_cool)
{
    ond_house *h = house();
    assert_int_equal(set(h, "climate.boiler", "{\"temperature\":24}"), 0);
    shows(h, "climate.boiler",
          "{\"state\":\"heat\",\"hvac_mode\":\"heat\",\"hvac_action\":\"heating\"}");
    ond_house_advance(h, 1000000 + 600000);
    double after = ond_json_num(ond_house_state(h, "sensor.living_room_temperature"), "state", 0);
    assert_true(after > 21.5 && after < 24);
    ond_house_advance(h, 1000000 + 8 * 3600000LL);
    shows(h, "sensor.living_room_temperature", "{\"state\":24}");
    shows(h, "sensor.bedroom_temperature", "{\"state\":24}");
    assert_int_equal(set(h, "climate.boiler", "{\"hvac_mode\":\"off\"}"), 0);
    shows(h, "climate.boiler", "{\"state\":\"off\",\"hvac_action\":\"off\"}");
    ond_house_advance(h, 1000000 + 17 * 3600000LL); /* one time constant: 4 + 20/e */
    shows(h, "sensor.bedroom_temperature", "{\"state\":11.4}");
    ond_house_advance(h, 1000000 + 400 * 3600000LL);
    shows(h, "sensor.bedroom_temperature", "{\"state\":4}");
    assert_int_equal(set(h, "climate.living_room_ac", "{\"state\":\"cool\",\"temperature\":18}"),
                     0);
    shows(h, "climate.living_room_ac", "{\"hvac_action\":\"idle\"}");
    assert_int_equal(set(h, "sensor.outside_temperature", "{\"state\":33}"), 0);
    ond_house_advance(h, 1000000 + 800 * 3600000LL);
    shows(h, "sensor.living_room_temperature", "{\"state\":18}");
    shows(h, "sensor.bedroom_temperature", "{\"state\":33}");
    ond_house_close(h);
}

TEST(other_devices)
{
    ond_house *h = house();
    assert_int_equal(set(h, "humidifier.kids_room", "{\"state\":\"on\",\"humidity\":55}"), 0);
    ond_house_advance(h, 1000000 + 6 * 3600000LL);
    shows(h, "humidifier.kids_room", "{\"state\":\"on\",\"current_humidity\":55}");
    shows(h, "sensor.kids_room_humidity", "{\"state\":55}");
    assert_int_equal(set(h, "oven.kitchen", "{\"state\":\"on\",\"temperature\":200}"), 0);
    ond_house_advance(h, 1000000 + 7 * 3600000LL);
    shows(h, "oven.kitchen", "{\"current_temperature\":200}");
    assert_int_equal(set(h, "binary_sensor.entrance_motion", "{\"state\":\"on\"}"), 0);
    ond_house_advance(h, 1000000 + 7 * 3600000LL + 59000);
    shows(h, "binary_sensor.entrance_motion", "{\"state\":\"on\"}");
    ond_house_advance(h, 1000000 + 7 * 3600000LL + 60000);
    shows(h, "binary_sensor.entrance_motion", "{\"state\":\"off\"}");
    assert_int_equal(set(h, "lock.front_door", "{\"state\":\"unlocked\"}"), 0);
    shows(h, "lock.front_door", "{\"state\":\"unlocked\"}");
    assert_int_equal(set(h, "media_player.living_room_tv",
                         "{\"state\":\"on\",\"volume\":30,\"muted\":true,\"track\":11}"),
                     0);
    shows(h, "media_player.living_room_tv",
          "{\"state\":\"on\",\"volume\":30,\"muted\":true,\"track\":11}");
    assert_int_equal(set(h, "fan.bedroom", "{\"preset_mode\":\"sleep\"}"), 0);
    shows(h, "fan.bedroom", "{\"state\":\"on\",\"preset_mode\":\"sleep\"}");
    assert_int_equal(set(h, "fan.bedroom", "{\"percentage\":70}"), 0);
    lacks(h, "fan.bedroom", "preset_mode");
    assert_int_equal(set(h, "fan.bedroom", "{\"percentage\":0}"), 0);
    shows(h, "fan.bedroom", "{\"state\":\"off\",\"percentage\":70}");
    assert_int_equal(
        set(h, "scene.movie",
            "{\"members\":{\"light.living_room_lamp\":{\"state\":\"on\",\"brightness\":20}}}"),
        0);
    shows(h, "light.living_room_lamp", "{\"state\":\"on\",\"brightness\":20}");
    ond_house_close(h);
}

TEST(what_a_device_does_not_take)
{
    ond_house *h = house();
    assert_int_equal(set(h, "light.nowhere", "{\"state\":\"on\"}"), OND_E_NOT_FOUND);
    says("light.nowhere");
    assert_int_equal(set(h, "light.kitchen", "{\"brightness\":101}"), OND_E_INPUT);
    says("1 to 100");
    assert_int_equal(set(h, "light.kitchen", "{\"color\":\"red\"}"), OND_E_INPUT);
    says("state, brightness");
    assert_int_equal(set(h, "light.kitchen", "{\"state\":\"open\"}"), OND_E_INPUT);
    says("off, on");
    assert_int_equal(set(h, "light.kitchen", "{\"brightness\":\"40\"}"), OND_E_INPUT);
    assert_int_equal(set(h, "light.kitchen", "[1]"), OND_E_INPUT);
    assert_int_equal(set(h, "climate.boiler", "{\"temperature\":31}"), OND_E_INPUT);
    says("10 to 30");
    assert_int_equal(set(h, "climate.boiler", "{\"current_temperature\":31}"), OND_E_INPUT);
    assert_int_equal(set(h, "binary_sensor.front_door", "{\"state\":\"ajar\"}"), OND_E_INPUT);
    assert_int_equal(set(h, "light.living_room_lamp", "{\"rgb\":[1,2]}"), OND_E_INPUT);
    assert_int_equal(set(h, "light.living_room_lamp", "{\"rgb\":[1,2,256]}"), OND_E_INPUT);
    assert_int_equal(set(h, "scene.movie", "{\"members\":{\"scene.sleep\":{}}}"), OND_E_INPUT);
    /* nothing of a command that is refused in part has happened */
    shows(h, "light.kitchen", "{\"state\":\"off\",\"brightness\":100}");
    assert_int_equal(set(h, "light.kitchen", "{\"state\":\"on\",\"brightness\":500}"), OND_E_INPUT);
    shows(h, "light.kitchen", "{\"state\":\"off\",\"brightness\":100}");
    ond_house_close(h);
}

/* ---- time ---- */

static char *saved_text(const ond_house *h)
{
    cJSON *s = ond_house_save(h);
    ond_buf b = {0};
    ond_json_canon(&b, s);
    cJSON_Delete(s);
    return ond_buf_take(&b);
}

static char *world_text(const ond_house *h)
{
    cJSON *w = ond_house_world(h);
    ond_buf b = {0};
    ond_json_canon(&b, w);
    cJSON_Delete(w);
    return ond_buf_take(&b);
}

static void stir(ond_house *h)
{
    assert_int_equal(set(h, "cover.bedroom_curtain", "{\"position\":63}"), 0);
    assert_int_equal(set(h, "vacuum.robot", "{\"state\":\"cleaning\"}"), 0);
    assert_int_equal(set(h, "climate.boiler", "{\"temperature\":26}"), 0);
    assert_int_equal(set(h, "oven.kitchen", "{\"state\":\"on\"}"), 0);
    assert_int_equal(set(h, "humidifier.kids_room", "{\"state\":\"on\"}"), 0);
    assert_int_equal(set(h, "binary_sensor.living_room_motion", "{\"state\":\"on\"}"), 0);
}

/* The same stretch of time at once, in seventeen pieces, and with the house put away in between:
 * the same house. */
TEST(time_may_pass_in_pieces)
{
    for (ond_ms span = 700; span < 40LL * 3600000; span *= 3) {
        ond_house *a = house(), *b = house();
        stir(a);
        stir(b);
        ond_house_advance(a, 1000000 + span);
        for (int i = 1; i <= 17; i++) {
            ond_house_advance(b, 1000000 + span * i / 17);
            if (i % 5 == 0) {
                cJSON *kept = ond_house_save(b);
                ond_house_close(b);
                b = house();
                assert_int_equal(ond_house_restore(b, kept, &err), 0);
                cJSON_Delete(kept);
            }
        }
        char *x = world_text(a), *y = world_text(b);
        assert_string_equal(x, y);
        free(x);
        free(y);
        ond_house_close(a);
        ond_house_close(b);
    }
}

TEST(time_does_not_go_back)
{
    ond_house *h = house();
    stir(h);
    ond_house_advance(h, 2000000);
    char *x = saved_text(h);
    ond_house_advance(h, 1500000);
    char *y = saved_text(h);
    assert_string_equal(x, y);
    free(x);
    free(y);
    ond_house_close(h);
}

/* ---- keeping ---- */

TEST(saved_and_restored)
{
    ond_house *a = house(), *b = house();
    stir(a);
    ond_house_advance(a, 1004000);
    cJSON *kept = ond_house_save(a);
    assert_int_equal(ond_house_restore(b, kept, &err), 0);
    cJSON_Delete(kept);
    char *x = saved_text(a), *y = saved_text(b);
    assert_string_equal(x, y);
    free(x);
    free(y);
    ond_house_close(a);
    ond_house_close(b);
}

static const char small[] = "areas:\n- {id: r, names: {en: [room]}}\n"
                            "devices:\n- {id: light.a, area: r, names: {en: [a]}, limits: "
                            "{brightness: [1, 50]}, state: {state: on, brightness: 9}}\n"
                            "- {id: switch.b, names: {en: [b]}}\n";

TEST(saved_state_of_another_house)
{
    ond_house *h = house_of(small);
    cJSON *kept = cJSON_Parse("{\"version\":1,\"house\":\"x\",\"at\":5,\"state\":{\"light.a\":{"
                              "\"state\":\"off\",\"brightness\":80},"
                              "\"light.gone\":{\"state\":\"on\"},\"switch.b\":{\"state\":7,\"~\":["
                              "1,2],\"~next\":5}},\"areas\":{\"r\":[1]}}");
    assert_int_equal(ond_house_restore(h, kept, &err), 0);
    shows(h, "light.a", "{\"state\":\"off\",\"brightness\":9}");
    shows(h, "switch.b", "{\"state\":\"off\"}");
    cJSON_Delete(kept);
    kept = cJSON_Parse("{\"version\":2}");
    assert_int_equal(ond_house_restore(h, kept, &err), OND_E_INPUT);
    cJSON_Delete(kept);
    ond_house_close(h);
}

/* ---- YAML that is wrong ---- */

static void refused(const char *yaml, const char *part)
{
    ond_house *h = NULL;
    err = (ond_err){0};
    if (ond_house_open(ond_str_of(yaml), "t.yaml", &h, &err) == 0) fail_msg("accepted: %s", yaml);
    assert_null(h);
    says("t.yaml");
    says(part);
}

TEST(wrong_houses_say_what_is_wrong)
{
    refused("[", "");
    refused("- 1", "a house is a map");
    refused("version: 2", "version 2");
    refused("devices: []", "no devices");
    refused("rooms: []", "unknown key 'rooms'");
    refused("devices:\n- {id: light.a}", "needs names");
    refused("devices:\n- {id: lamp.a, names: {en: [a]}}", "no kind of device 'lamp'");
    refused("devices:\n- {id: light, names: {en: [a]}}", "such as light.kitchen");
    refused("devices:\n- {id: light.a, names: {en: [a]}}\n- {id: light.a, names: {en: [a]}}",
            "stands twice");
    refused("devices:\n- {id: light.a, names: {en: [a]}, area: x}", "no area 'x'");
    refused("devices:\n- {id: light.a, names: {en: [a]}, colour: red}", "unknown key 'colour'");
    refused("devices:\n- {id: light.a, names: {en: [a]}, limits: {volume: [0, 1]}}",
            "no such attribute");
    refused("devices:\n- {id: light.a, names: {en: [a]}, limits: {brightness: [9, 1]}}",
            "[lowest, highest]");
    refused("devices:\n- {id: light.a, names: {en: [a]}, state: {brightness: 4}}", "brightness");
    refused("devices:\n- {id: light.a, names: {en: [a]}, limits: {brightness: }, state: "
            "{brightness: 400}}",
            "0 to 100");
    refused("devices:\n- {id: number.a, names: {en: [a]}}", "limits.state");
    refused("devices:\n- {id: scene.a, names: {en: [a]}, members: {light.x: on}}", "light.x");
    refused("areas:\n- {id: a, names: {en: [a]}, floor: f}\ndevices: []", "no floor 'f'");
    refused("areas:\n- {id: a, names: {en: [a]}}\n- {id: a, names: {en: [a]}}\ndevices: []",
            "an id of its own");
}

TEST(every_domain_can_be_built)
{
    ond_house *h = house_of("devices:\n- {id: alarm_control_panel.x, names: {en: [x]}, travel: "
                            "30}\n- {id: button.x, names: {en: [x]}}\n"
                            "- {id: number.x, names: {en: [x]}, limits: {state: [0, 10]}}\n- {id: "
                            "select.x, names: {en: [x]}, limits: {state: [a, b]}}\n"
                            "- {id: siren.x, names: {en: [x]}}\n- {id: valve.x, names: {en: [x]}, "
                            "limits: {position: }, travel: 4}\n"
                            "- {id: lock.x, names: {en: [x]}, travel: 2}\n- {id: cover.x, class: "
                            "garage, names: {en: [x]}, limits: {position: no}}\n"
                            "- {id: light.x, names: {en: [x]}, limits: {effect: [none, party]}}\n- "
                            "{id: sensor.x, names: {en: [x]}, state: 7}\n");
    assert_int_equal(set(h, "alarm_control_panel.x", "{\"state\":\"armed_home\"}"), 0);
    shows(h, "alarm_control_panel.x", "{\"state\":\"arming\"}");
    assert_int_equal(set(h, "lock.x", "{\"state\":\"unlocked\"}"), 0);
    shows(h, "lock.x", "{\"state\":\"unlocking\"}");
    assert_int_equal(set(h, "valve.x", "{\"position\":50}"), 0);
    assert_int_equal(set(h, "cover.x", "{\"state\":\"open\"}"), 0);
    shows(h, "cover.x", "{\"state\":\"open\"}");
    lacks(h, "cover.x", "position");
    assert_int_equal(set(h, "number.x", "{\"state\":4}"), 0);
    assert_int_equal(set(h, "number.x", "{\"state\":11}"), OND_E_INPUT);
    assert_int_equal(set(h, "select.x", "{\"state\":\"b\"}"), 0);
    assert_int_equal(set(h, "button.x", "{\"state\":\"pressed\"}"), 0);
    assert_int_equal(set(h, "light.x", "{\"effect\":\"party\"}"), 0);
    shows(h, "light.x", "{\"state\":\"on\",\"effect\":\"party\"}");
    ond_house_advance(h, 1000000 + 31000);
    shows(h, "alarm_control_panel.x", "{\"state\":\"armed_home\"}");
    shows(h, "lock.x", "{\"state\":\"unlocked\"}");
    shows(h, "valve.x", "{\"state\":\"open\",\"position\":50}");
    shows(h, "sensor.x", "{\"state\":7}");
    ond_house_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_house_has_what_it_should),
        cmocka_unit_test(lamps),
        cmocka_unit_test(curtains_travel),
        cmocka_unit_test(vacuum_cleans_and_comes_home),
        cmocka_unit_test(rooms_warm_and_cool),
        cmocka_unit_test(other_devices),
        cmocka_unit_test(what_a_device_does_not_take),
        cmocka_unit_test(time_may_pass_in_pieces),
        cmocka_unit_test(time_does_not_go_back),
        cmocka_unit_test(saved_and_restored),
        cmocka_unit_test(saved_state_of_another_house),
        cmocka_unit_test(wrong_houses_say_what_is_wrong),
        cmocka_unit_test(every_domain_can_be_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
