/* test_mqtt.c - the hand `home` on a real broker: announcements, states, commands, losses. */
#include "devices.h"
#include "home.h"

static void *h;

static void *open_mqtt(const char *more)
{
    char config[300];
    snprintf(config, sizeof config,
             "{\"house\":\"none\",\"mqtt\":{\"host\":\"127.0.0.1\",\"port\":%d}%s}", server.port,
             more);
    return open_home(config, NULL);
}

static void serve(ond_ms ms)
{
    uint64_t until = ond_steady_us() + (uint64_t)ms * 1000;
    while (ond_steady_us() < until) {
        ond_hand_home.service(h);
        usleep(3000);
    }
}

/* Serves until the device shows it, 3 s at most. */
static void wait_shows(const char *id, const char *json)
{
    uint64_t until = ond_steady_us() + 3000000;
    for (;;) {
        cJSON *s = state_of(h, id);
        bool ok = is_shown(s, json);
        cJSON_Delete(s);
        if (ok) return;
        if (ond_steady_us() > until) shows(h, id, json);
        serve(10);
    }
}

static bool wait_gone(const char *id)
{
    for (int i = 0; i < 300; i++) {
        cJSON *s = state_of(h, id);
        bool there = s != NULL;
        cJSON_Delete(s);
        if (!there && err.code == OND_E_NOT_FOUND) return true;
        serve(10);
    }
    return false;
}

static cJSON *entity(const char *id)
{
    cJSON *w = NULL, *found = NULL;
    assert_int_equal(ond_hand_home.world(h, &w, &err), 0);
    for (cJSON *e = cJSON_GetObjectItem(w, "entities")->child; e; e = e->next)
        if (strcmp(ond_json_str(e, "id", ""), id) == 0) found = cJSON_Duplicate(e, true);
    cJSON_Delete(w);
    return found;
}

static void limits(const char *id, const char *json)
{
    cJSON *e = entity(id), *want = cJSON_Parse(json);
    if (!e) fail_msg("no %s", id);
    if (!ond_json_equal(want, ond_json_get(e, "limits"))) {
        char *t = text_of(ond_json_get(e, "limits"));
        fail_msg("%s has limits %s", id, t);
    }
    cJSON_Delete(e);
    cJSON_Delete(want);
}

static void close_h(void)
{
    ond_hand_home.close(h);
    h = NULL;
}

/* ---- announcements ---- */

TEST(known_as_soon_as_it_is_open)
{
    say("homeassistant/switch/plug/config",
        "{\"~\":\"echo/plug\",\"name\":\"Plug\",\"cmd_t\":\"~/set\",\"stat_t\":\"~/"
        "state\",\"uniq_id\":\"p1\",\"dev\":{\"ids\":[\"x\"],\"sa\":\"Living Room\"}}");
    say("homeassistant/sensor/attic/temp/config",
        "{\"name\":\"Attic temperature\",\"stat_t\":\"attic/state\",\"val_tpl\":\"{{ value_json.t "
        "| round(1) }}\",\"unit_of_meas\":\"°C\",\"dev_cla\":\"temperature\"}");
    say("homeassistant/light/hall/config",
        "{\"schema\":\"json\",\"name\":null,\"device\":{\"name\":\"Hall "
        "lamp\",\"identifiers\":\"h\"},\"state_topic\":\"echo/hall/"
        "state\",\"command_topic\":\"echo/hall/set\",\"brightness\":true,\"object_id\":\"hall\"}");
    say("echo/plug/state", "ON");
    say("attic/state", "{\"t\":21.4567}");
    say("echo/hall/state", "{\"state\":\"OFF\",\"brightness\":128}");
    uint64_t began = ond_steady_us();
    h = open_mqtt("");
    double ms = (double)(ond_steady_us() - began) / 1000;
    print_message("open and synchronised in %.1f ms\n", ms);
    shows(h, "switch.plug", "{\"state\":\"on\"}");
    shows(h, "sensor.attic_temperature", "{\"state\":21.5}");
    shows(h, "light.hall", "{\"state\":\"off\",\"brightness\":50}");
    cJSON *e = entity("switch.plug");
    assert_string_equal(ond_json_str(e, "area", ""), "living_room");
    assert_string_equal(ond_json_str(e, "source", ""), "mqtt");
    assert_string_equal(ond_json_get(ond_json_get(e, "names"), "*")->child->valuestring, "Plug");
    cJSON_Delete(e);
    e = entity("light.hall");
    assert_string_equal(ond_json_get(ond_json_get(e, "names"), "*")->child->valuestring,
                        "Hall lamp");
    cJSON_Delete(e);
    cJSON *w = NULL;
    assert_int_equal(ond_hand_home.world(h, &w, &err), 0);
    assert_int_equal(cJSON_GetArraySize(ond_json_get(w, "areas")), 1);
    cJSON_Delete(w);
    assert_int_equal(n_notes, 0);
    close_h();
}

TEST(devices_come_change_and_go)
{
    h = open_mqtt("");
    uint64_t revision = ond_hand_home.revision(h);
    say("homeassistant/device/box/config",
        "{\"dev\":{\"ids\":\"box\",\"name\":\"Box\",\"sa\":\"Study\"},\"o\":{\"name\":\"t\"},"
        "\"avty_t\":\"box/here\",\"cmps\":{"
        "\"r1\":{\"p\":\"switch\",\"uniq_id\":\"b1\",\"name\":\"Relay "
        "1\",\"cmd_t\":\"echo/r1/set\",\"stat_t\":\"echo/r1/state\"},"
        "\"r2\":{\"p\":\"switch\",\"uniq_id\":\"b2\",\"name\":\"Relay "
        "2\",\"cmd_t\":\"echo/r2/set\",\"stat_t\":\"echo/r2/state\"}}}");
    say("box/here", "online");
    say("echo/r1/state", "OFF");
    wait_shows("switch.box_relay_1", "{\"state\":\"off\"}");
    assert_true(ond_hand_home.revision(h) > revision);
    revision = ond_hand_home.revision(h);
    cJSON *e = entity("switch.box_relay_2");
    assert_string_equal(ond_json_str(e, "area", ""), "study");
    assert_true(ond_json_bool(e, "available", false));
    cJSON_Delete(e);
    /* the second relay is taken out of the announcement, the first keeps its state under a new name
     */
    say("homeassistant/device/box/config",
        "{\"dev\":{\"ids\":\"box\",\"name\":\"Box\"},\"avty_t\":\"box/here\",\"cmps\":{"
        "\"r1\":{\"p\":\"switch\",\"uniq_id\":\"b1\",\"name\":\"Pump\",\"cmd_t\":\"echo/r1/"
        "set\",\"stat_t\":\"echo/r1/state\"},\"r2\":{\"p\":\"switch\"}}}");
    assert_true(wait_gone("switch.box_relay_2"));
    shows(h, "switch.box_relay_1", "{\"state\":\"off\"}");
    e = entity("switch.box_relay_1");
    assert_string_equal(ond_json_get(ond_json_get(e, "names"), "*")->child->valuestring,
                        "Box Pump");
    cJSON_Delete(e);
    assert_true(ond_hand_home.revision(h) > revision);
    /* one that is no longer named is gone, too */
    say("homeassistant/device/box/config",
        "{\"dev\":{\"ids\":\"box\",\"name\":\"Box\"},\"cmps\":{\"r3\":{\"p\":\"switch\",\"uniq_"
        "id\":\"b3\",\"name\":\"Fan\",\"cmd_t\":\"echo/r3/set\"}}}");
    assert_true(wait_gone("switch.box_relay_1"));
    shows(h, "switch.box_fan", "{\"state\":\"off\"}");
    say("homeassistant/device/box/config", "");
    assert_true(wait_gone("switch.box_fan"));
    close_h();
}

TEST(who_is_there)
{
    say("homeassistant/switch/a/config",
        "{\"name\":\"a\",\"cmd_t\":\"echo/a/set\",\"stat_t\":\"echo/a/state\",\"avty_t\":\"a/"
        "here\",\"pl_avail\":\"yes\",\"pl_not_avail\":\"no\"}");
    say("homeassistant/switch/b/config",
        "{\"name\":\"b\",\"cmd_t\":\"echo/b/set\",\"stat_t\":\"echo/b/"
        "state\",\"avty_mode\":\"all\",\"avty\":[{\"t\":\"bridge\",\"val_tpl\":\"{{ "
        "value_json.state }}\"},{\"t\":\"b/here\"}]}");
    say("homeassistant/switch/c/config",
        "{\"name\":\"c\",\"cmd_t\":\"echo/c/set\",\"stat_t\":\"echo/c/"
        "state\",\"avty_mode\":\"any\",\"avty\":[{\"t\":\"bridge\",\"val_tpl\":\"{{ "
        "value_json.state }}\"},{\"t\":\"c/here\"}]}");
    say("bridge", "{\"state\":\"online\"}");
    say("a/here", "no");
    h = open_mqtt("");
    ond_hand_step s;
    assert_int_equal(try_plan(h, "turn_on", "{\"entity\":\"switch.a\"}", &s), OND_E_UNAVAILABLE);
    says("switch.a");
    assert_int_equal(try_plan(h, "turn_on", "{\"entity\":\"switch.b\"}", &s), OND_E_UNAVAILABLE);
    assert_int_equal(try_plan(h, "turn_on", "{\"entity\":\"switch.c\"}", &s), 0);
    ond_hand_step_free(&s);
    say("a/here", "yes");
    say("b/here", "online");
    say("bridge", "{\"state\":\"offline\"}");
    serve(100);
    assert_int_equal(try_plan(h, "turn_on", "{\"entity\":\"switch.a\"}", &s), 0);
    ond_hand_step_free(&s);
    assert_int_equal(try_plan(h, "turn_on", "{\"entity\":\"switch.b\"}", &s), OND_E_UNAVAILABLE);
    assert_int_equal(try_plan(h, "turn_on", "{\"entity\":\"switch.c\"}", &s), OND_E_UNAVAILABLE);
    close_h();
}

TEST(what_is_not_supported_is_named)
{
    say("homeassistant/sensor/odd/config",
        "{\"name\":\"odd\",\"stat_t\":\"odd/state\",\"val_tpl\":\"{{ value | "
        "regex_replace('a','b') }}\"}");
    say("homeassistant/light/odd/config",
        "{\"name\":\"odd\",\"cmd_t\":\"odd/set\",\"stat_t\":\"odd/state\",\"bri_cmd_t\":\"odd/"
        "b\",\"bri_cmd_tpl\":\"{{ states('x') }}\"}");
    say("homeassistant/light/tpl/config",
        "{\"schema\":\"template\",\"name\":\"tpl\",\"cmd_t\":\"odd/set\"}");
    say("homeassistant/camera/eye/config", "{\"name\":\"eye\",\"topic\":\"x\"}");
    say("homeassistant/switch/broken/config", "{\"name\":");
    say("homeassistant/switch/wild/config",
        "{\"name\":\"wild\",\"cmd_t\":\"a/+/set\",\"stat_t\":\"b/#\"}");
    h = open_mqtt("");
    cJSON *health = ond_hand_home.health(h);
    char *t = text_of(health);
    const char *const parts[] = {
        "regex_replace",     "states",    "schema 'template'", "component camera",
        "not a JSON object", "wildcards", "switch.wild"};
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!strstr(t, parts[i])) fail_msg("health does not say '%s': %s", parts[i], t);
    free(t);
    cJSON_Delete(health);
    limits("light.odd", "{\"state\":[\"off\",\"on\"]}");
    limits("switch.wild", "{}");
    say("odd/state", "abc");
    serve(50);
    shows(h, "sensor.odd", "{\"state\":\"unknown\"}");
    /* mended announcements are no problem any more */
    say("homeassistant/sensor/odd/config", "{\"name\":\"odd\",\"stat_t\":\"odd/state\"}");
    say("homeassistant/switch/broken/config", "");
    wait_shows("sensor.odd", "{\"state\":\"abc\"}");
    health = ond_hand_home.health(h);
    t = text_of(health);
    assert_null(strstr(t, "regex_replace"));
    assert_null(strstr(t, "not a JSON object"));
    free(t);
    cJSON_Delete(health);
    close_h();
}

TEST(ids_stay_unique)
{
    say("homeassistant/light/one/config", "{\"name\":\"Kitchen\",\"uniq_id\":\"u1\",\"cmd_t\":"
                                          "\"echo/1/set\",\"stat_t\":\"echo/1/state\"}");
    say("homeassistant/light/two/config", "{\"name\":\"Kitchen\",\"uniq_id\":\"u2\",\"cmd_t\":"
                                          "\"echo/2/set\",\"stat_t\":\"echo/2/state\"}");
    say("homeassistant/light/again/config", "{\"name\":\"Kitchen\",\"uniq_id\":\"u1\",\"cmd_t\":"
                                            "\"echo/3/set\",\"stat_t\":\"echo/3/state\"}");
    say("homeassistant/light/ko/config",
        "{\"name\":\"거실 "
        "등\",\"uniq_id\":\"zig-07\",\"cmd_t\":\"echo/4/set\",\"stat_t\":\"echo/4/state\"}");
    char config[200];
    snprintf(config, sizeof config, "{\"mqtt\":{\"host\":\"127.0.0.1\",\"port\":%d}}", server.port);
    h = open_home(config, NULL); /* with the built-in house, which has a light.kitchen */
    cJSON *w = NULL;
    assert_int_equal(ond_hand_home.world(h, &w, &err), 0);
    int mqtt = 0;
    for (const cJSON *e = ond_json_get(w, "entities")->child; e; e = e->next) {
        mqtt += strcmp(ond_json_str(e, "source", ""), "mqtt") == 0;
        for (const cJSON *o = e->next; o; o = o->next)
            assert_string_not_equal(ond_json_str(e, "id", ""), ond_json_str(o, "id", ""));
    }
    assert_int_equal(mqtt, 3);
    cJSON_Delete(w);
    cJSON *e = entity("light.zig_07");
    assert_string_equal(ond_json_get(ond_json_get(e, "names"), "*")->child->valuestring, "거실 등");
    cJSON_Delete(e);
    e = entity("mqtt.light.kitchen");
    assert_non_null(e);
    cJSON_Delete(e);
    e = entity("mqtt.light.kitchen_2");
    assert_non_null(e);
    cJSON_Delete(e);
    close_h();
}

/* ---- commands ---- */

static const struct {
    const char *object, *config, *state;
} echoes[] = {
    {"switch/s",
     "{\"name\":\"s\",\"cmd_t\":\"echo/s/set\",\"stat_t\":\"echo/s/"
     "state\",\"pl_on\":true,\"pl_off\":false}",
     "False"},
    {"light/l",
     "{\"name\":\"l\",\"cmd_t\":\"echo/l/set\",\"stat_t\":\"echo/l/state\",\"bri_cmd_t\":\"echo/l/"
     "b/set\",\"bri_stat_t\":\"echo/l/b/state\","
     "\"rgb_cmd_t\":\"echo/l/c/set\",\"rgb_stat_t\":\"echo/l/c/state\",\"clr_temp_cmd_t\":\"echo/l/"
     "t/set\",\"clr_temp_stat_t\":\"echo/l/t/state\"}",
     "OFF"},
    {"light/j",
     "{\"schema\":\"json\",\"name\":\"j\",\"cmd_t\":\"echo/j/set\",\"stat_t\":\"echo/j/"
     "state\",\"sup_clrm\":[\"color_temp\",\"hs\"],\"brightness\":true,\"bri_scl\":254}",
     "{\"state\":\"OFF\"}"},
    {"cover/c",
     "{\"name\":\"c\",\"dev_cla\":\"blind\",\"cmd_t\":\"echo/c/set\",\"stat_t\":\"echo/c/"
     "state\",\"stat_open\":\"OPEN\",\"stat_clsd\":\"CLOSE\"}",
     "OPEN"},
    {"cover/p",
     "{\"name\":\"p\",\"set_pos_t\":\"echo/p/set\",\"pos_t\":\"echo/p/"
     "state\",\"pos_open\":0,\"pos_clsd\":255}",
     "0"},
    {"cover/g",
     "{\"name\":\"g\",\"dev_cla\":\"garage\",\"cmd_t\":\"echo/g/set\",\"stat_t\":\"echo/g/"
     "state\",\"stat_open\":\"OPEN\",\"stat_clsd\":\"CLOSE\"}",
     "CLOSE"},
    {"fan/f",
     "{\"name\":\"f\",\"cmd_t\":\"echo/f/set\",\"stat_t\":\"echo/f/state\",\"pct_cmd_t\":\"echo/f/"
     "p/set\",\"pct_stat_t\":\"echo/f/p/state\",\"spd_rng_max\":3}",
     "OFF"},
    {"lock/k",
     "{\"name\":\"k\",\"cmd_t\":\"echo/k/set\",\"stat_t\":\"echo/k/"
     "state\",\"stat_locked\":\"LOCK\",\"stat_unlocked\":\"UNLOCK\"}",
     "LOCK"},
    {"climate/m",
     "{\"name\":\"m\",\"mode_cmd_t\":\"echo/m/set\",\"mode_stat_t\":\"echo/m/"
     "state\",\"modes\":[\"off\",\"heat\"],\"temp_cmd_t\":\"echo/m/t/set\",\"temp_stat_t\":\"echo/"
     "m/t/state\",\"temp_cmd_tpl\":\"{{ value * 2 }}\",\"temp_stat_tpl\":\"{{ value | float / 2 "
     "}}\",\"max_temp\":28}",
     "off"},
    {"humidifier/u",
     "{\"name\":\"u\",\"cmd_t\":\"echo/u/set\",\"stat_t\":\"echo/u/state\",\"hum_cmd_t\":\"echo/u/"
     "h/set\",\"hum_stat_t\":\"echo/u/h/state\"}",
     "OFF"},
    {"number/n",
     "{\"name\":\"n\",\"cmd_t\":\"echo/n/set\",\"stat_t\":\"echo/n/state\",\"min\":0,\"max\":20}",
     "3"},
    {"select/o",
     "{\"name\":\"o\",\"cmd_t\":\"echo/o/set\",\"stat_t\":\"echo/o/"
     "state\",\"ops\":[\"eco\",\"boost\"]}",
     "eco"},
    {"alarm_control_panel/a",
     "{\"name\":\"a\",\"cmd_t\":\"echo/a/set\",\"stat_t\":\"echo/a/"
     "state\",\"pl_arm_away\":\"armed_away\",\"pl_disarm\":\"disarmed\"}",
     "disarmed"},
    {"siren/i", "{\"name\":\"i\",\"cmd_t\":\"echo/i/set\",\"stat_t\":\"echo/i/state\"}", "OFF"},
    {"valve/v",
     "{\"name\":\"v\",\"cmd_t\":\"echo/v/set\",\"stat_t\":\"echo/v/state\",\"pos\":true}", "0"},
    {"vacuum/r", "{\"name\":\"r\",\"cmd_t\":\"r/set\",\"stat_t\":\"r/state\"}", ""},
    {"button/b", "{\"name\":\"b\",\"cmd_t\":\"echo/b/set\"}", ""},
    {"scene/x", "{\"name\":\"x\",\"cmd_t\":\"echo/x/set\"}", ""},
};

static void announce_echoes(void)
{
    for (size_t i = 0; i < COUNT(echoes); i++) {
        char topic[80];
        snprintf(topic, sizeof topic, "homeassistant/%s/config", echoes[i].object);
        say(topic, echoes[i].config);
        snprintf(topic, sizeof topic, "echo/%s/state", strchr(echoes[i].object, '/') + 1);
        if (echoes[i].state[0]) say(topic, echoes[i].state);
    }
    say("echo/l/b/state", "255");
    say("echo/l/c/state", "255,255,255");
    h = open_mqtt("");
}

static const struct {
    const char *verb, *args, *id, *shows;
    ond_effect effect;
} commands[] = {
    {"turn_on", "{\"entity\":\"switch.s\"}", "switch.s", "{\"state\":\"on\"}",
     OND_EFFECT_REVERSIBLE},
    {"turn_on", "{\"entity\":\"light.l\"}", "light.l", "{\"state\":\"on\"}", OND_EFFECT_REVERSIBLE},
    {"set_light", "{\"entity\":\"light.l\",\"brightness\":40,\"color\":\"blue\"}", "light.l",
     "{\"state\":\"on\",\"brightness\":40,\"color\":\"blue\"}", OND_EFFECT_REVERSIBLE},
    {"set_light", "{\"entity\":\"light.l\",\"color_temp\":2700}", "light.l",
     "{\"state\":\"on\",\"color_temp\":2703}", OND_EFFECT_REVERSIBLE},
    {"set_light", "{\"entity\":\"light.j\",\"brightness\":1,\"color\":\"red\"}", "light.j",
     "{\"state\":\"on\",\"brightness\":1,\"color\":\"red\"}", OND_EFFECT_REVERSIBLE},
    {"turn_off", "{\"entity\":\"light.j\"}", "light.j", "{\"state\":\"off\"}",
     OND_EFFECT_REVERSIBLE},
    {"close", "{\"entity\":\"cover.c\"}", "cover.c", "{\"state\":\"closed\"}",
     OND_EFFECT_REVERSIBLE},
    {"set_position", "{\"entity\":\"cover.p\",\"position\":33}", "cover.p",
     "{\"state\":\"open\",\"position\":33}", OND_EFFECT_REVERSIBLE},
    {"close", "{\"entity\":\"cover.p\"}", "cover.p", "{\"state\":\"closed\",\"position\":0}",
     OND_EFFECT_REVERSIBLE},
    {"open", "{\"entity\":\"cover.g\"}", "cover.g", "{\"state\":\"open\"}", OND_EFFECT_PHYSICAL},
    {"set_fan", "{\"entity\":\"fan.f\",\"percentage\":50}", "fan.f",
     "{\"state\":\"on\",\"percentage\":66}", OND_EFFECT_REVERSIBLE},
    {"unlock", "{\"entity\":\"lock.k\"}", "lock.k", "{\"state\":\"unlocked\"}",
     OND_EFFECT_PHYSICAL},
    {"set", "{\"entity\":\"climate.m\",\"attributes\":{\"state\":\"heat\",\"temperature\":21.5}}",
     "climate.m", "{\"state\":\"heat\",\"hvac_mode\":\"heat\",\"temperature\":21.5}",
     OND_EFFECT_REVERSIBLE},
    {"set_temperature", "{\"entity\":\"climate.m\",\"temperature_step\":-2}", "climate.m",
     "{\"temperature\":19.5}", OND_EFFECT_REVERSIBLE},
    {"turn_on", "{\"entity\":\"humidifier.u\"}", "humidifier.u", "{\"state\":\"on\"}",
     OND_EFFECT_REVERSIBLE},
    {"set", "{\"entity\":\"number.n\",\"attributes\":{\"state\":12}}", "number.n", "{\"state\":12}",
     OND_EFFECT_REVERSIBLE},
    {"set", "{\"entity\":\"select.o\",\"attributes\":{\"state\":\"boost\"}}", "select.o",
     "{\"state\":\"boost\"}", OND_EFFECT_REVERSIBLE},
    {"arm", "{\"entity\":\"alarm_control_panel.a\"}", "alarm_control_panel.a",
     "{\"state\":\"armed_away\"}", OND_EFFECT_REVERSIBLE},
    {"turn_on", "{\"entity\":\"siren.i\"}", "siren.i", "{\"state\":\"on\"}", OND_EFFECT_REVERSIBLE},
    {"open", "{\"entity\":\"valve.v\"}", "valve.v", "{\"state\":\"open\",\"position\":100}",
     OND_EFFECT_PHYSICAL},
    {"press", "{\"entity\":\"button.b\"}", "button.b", "{}", OND_EFFECT_IRREVERSIBLE},
    {"activate", "{\"entity\":\"scene.x\"}", "scene.x", "{}", OND_EFFECT_IRREVERSIBLE},
};

TEST(commands_reach_devices_and_are_verified)
{
    announce_echoes();
    for (size_t i = 0; i < COUNT(commands); i++) {
        ond_hand_step s = plan(h, commands[i].verb, commands[i].args);
        if (s.effect != commands[i].effect)
            fail_msg("%s %s is %s", commands[i].verb, commands[i].args, ond_effect_name(s.effect));
        cJSON *after = NULL;
        ond_done d = act_on(h, commands[i].verb, &s, &after);
        if (d != OND_DONE_OK)
            fail_msg("%s %s: %s %s", commands[i].verb, commands[i].args, ond_done_name(d),
                     err.text);
        if (!is_shown(after, commands[i].shows)) {
            char *t = text_of(after);
            fail_msg("%s %s shows %s", commands[i].verb, commands[i].args, t);
        }
        if (commands[i].shows[1] != '}')
            assert_int_equal(act_on(h, commands[i].verb, &s, NULL), OND_DONE_ALREADY);
        cJSON_Delete(after);
        ond_hand_step_free(&s);
    }
    assert_true(ear_wait(&talker, "echo/b/set", "PRESS", true));
    assert_true(ear_wait(&talker, "echo/x/set", "ON", true));
    assert_true(ear_wait(&talker, "echo/m/t/set", "39.0", true));
    close_h();
}

TEST(a_device_that_does_not_answer)
{
    say("homeassistant/switch/dead/config",
        "{\"name\":\"dead\",\"cmd_t\":\"dead/set\",\"stat_t\":\"dead/state\"}");
    say("homeassistant/switch/quick/config",
        "{\"name\":\"quick\",\"cmd_t\":\"echo/q/set\",\"stat_t\":\"echo/q/state\"}");
    say("dead/state", "OFF");
    say("echo/q/state", "OFF");
    h = open_mqtt("");
    ond_hand_step dead = plan(h, "turn_on", "{\"entity\":\"switch.dead\"}"),
                  quick = plan(h, "turn_on", "{\"entity\":\"switch.quick\"}");
    ond_act a[2] = {{.verb = "turn_on", .args = dead.args, .expect = dead.expect},
                    {.verb = "turn_on", .args = quick.args, .expect = quick.expect}};
    uint64_t began = ond_steady_us();
    ond_hand_home.act(h, a, 2, 300);
    double ms = (double)(ond_steady_us() - began) / 1000;
    assert_true(ms >= 295 && ms < 1500);
    assert_int_equal(a[0].done, OND_DONE_UNVERIFIED);
    assert_non_null(strstr(a[0].err.text, "switch.dead did not answer within 0.3 s"));
    assert_int_equal(a[1].done, OND_DONE_OK);
    for (int i = 0; i < 2; i++) cJSON_Delete(a[i].after);
    ond_hand_step_free(&dead);
    ond_hand_step_free(&quick);
    close_h();
}

TEST(a_device_that_never_says_its_state)
{
    say("homeassistant/switch/blind/config", "{\"name\":\"blind\",\"cmd_t\":\"blind/set\"}");
    h = open_mqtt("");
    shows(h, "switch.blind", "{\"state\":\"off\"}");
    ond_hand_step s = plan(h, "turn_on", "{\"entity\":\"switch.blind\"}");
    assert_null(s.expect->child);
    assert_true(s.can_undo);
    assert_int_equal(act_on(h, "turn_on", &s, NULL), OND_DONE_OK);
    shows(h, "switch.blind", "{\"state\":\"on\"}");
    ond_hand_step_free(&s);
    s = plan(h, "turn_on", "{\"entity\":\"switch.blind\"}");
    assert_false(s.already); /* nobody knows */
    ond_hand_step_free(&s);
    close_h();
}

TEST(what_is_not_known_cannot_be_undone)
{
    say("homeassistant/switch/new/config",
        "{\"name\":\"new\",\"cmd_t\":\"echo/new/set\",\"stat_t\":\"echo/new/state\"}");
    h = open_mqtt("");
    shows(h, "switch.new", "{\"state\":\"unknown\"}");
    ond_hand_step s = plan(h, "turn_on", "{\"entity\":\"switch.new\"}");
    assert_false(s.can_undo);
    assert_int_equal(s.effect, OND_EFFECT_IRREVERSIBLE);
    assert_int_equal(act_on(h, "turn_on", &s, NULL), OND_DONE_OK);
    ond_hand_step_free(&s);
    s = plan(h, "turn_off", "{\"entity\":\"switch.new\"}");
    assert_int_equal(s.effect, OND_EFFECT_REVERSIBLE);
    ond_hand_step_free(&s);
    close_h();
}

TEST(configuration_of_devices_is_left_alone)
{
    say("homeassistant/switch/child/config",
        "{\"name\":\"child "
        "lock\",\"ent_cat\":\"config\",\"cmd_t\":\"echo/cl/set\",\"stat_t\":\"echo/cl/state\"}");
    say("homeassistant/sensor/never/config", "{\"name\":\"never\",\"en\":false,\"stat_t\":\"x\"}");
    say("homeassistant/alarm_control_panel/code/config",
        "{\"name\":\"code\",\"code\":\"1234\",\"cmd_t\":\"echo/code/set\",\"stat_t\":\"echo/code/"
        "state\"}");
    h = open_mqtt("");
    cJSON *e = entity("switch.child_lock");
    assert_null(e); /* not in the world, so no wish finds it */
    cJSON *s = state_of(h, "switch.child_lock");
    assert_non_null(s); /* but by its id */
    cJSON_Delete(s);
    assert_null(state_of(h, "sensor.never"));
    limits("alarm_control_panel.code", "{}");
    close_h();
}

/* ---- as real programs announce: Zigbee2MQTT 2, Tasmota, ESPHome ---- */

#define ZIGBEE                                                                                     \
    "\"availability\":[{\"topic\":\"zigbee2mqtt/bridge/state\",\"value_template\":\"{{ "           \
    "value_json.state }}\"}],\"availability_mode\":\"all\","                                       \
    "\"origin\":{\"name\":\"Zigbee2MQTT\",\"sw\":\"2.1.0\",\"url\":\"https://"                     \
    "www.zigbee2mqtt.io\"},"

static const struct {
    const char *topic, *config;
} real[] = {
    {"light/0x01/light",
     "{" ZIGBEE
     "\"brightness\":true,\"brightness_scale\":254,\"command_topic\":\"zigbee2mqtt/lamp/"
     "set\",\"default_entity_id\":\"light.lamp\",\"device\":{\"identifiers\":[\"zigbee2mqtt_0x01\"]"
     ",\"manufacturer\":\"IKEA\",\"model\":\"bulb\",\"name\":\"lamp\",\"via_device\":\"b\"},"
     "\"effect\":true,\"effect_list\":[\"blink\",\"breathe\"],\"max_mireds\":454,\"min_mireds\":"
     "250,\"name\":null,\"object_id\":\"lamp\",\"schema\":\"json\",\"state_topic\":\"zigbee2mqtt/"
     "lamp\",\"supported_color_modes\":[\"xy\",\"color_temp\"],\"unique_id\":\"0x01_light_"
     "zigbee2mqtt\"}"},
    {"cover/0x02/cover",
     "{" ZIGBEE
     "\"command_topic\":\"zigbee2mqtt/blind/"
     "set\",\"name\":null,\"device\":{\"identifiers\":[\"z2\"],\"name\":\"blind\"},\"position_"
     "template\":\"{{ value_json.position "
     "}}\",\"position_topic\":\"zigbee2mqtt/blind\",\"set_position_template\":\"{ "
     "\\\"position\\\": {{ position }} "
     "}\",\"set_position_topic\":\"zigbee2mqtt/blind/"
     "set\",\"state_closed\":\"CLOSE\",\"state_open\":\"OPEN\",\"state_topic\":\"zigbee2mqtt/"
     "blind\",\"value_template\":\"{{ value_json.state }}\",\"unique_id\":\"0x02\"}"},
    {"climate/0x03/climate",
     "{" ZIGBEE
     "\"action_template\":\"{% set values = "
     "{None:None,'idle':'idle','heat':'heating','cool':'cooling'} %}{{ "
     "values[value_json.running_state] "
     "}}\",\"action_topic\":\"zigbee2mqtt/trv\",\"current_temperature_template\":\"{{ "
     "value_json.local_temperature "
     "}}\",\"current_temperature_topic\":\"zigbee2mqtt/"
     "trv\",\"max_temp\":\"30\",\"min_temp\":\"5\",\"mode_command_topic\":\"zigbee2mqtt/trv/set/"
     "system_mode\",\"mode_state_template\":\"{{ value_json.system_mode "
     "}}\",\"mode_state_topic\":\"zigbee2mqtt/"
     "trv\",\"modes\":[\"off\",\"heat\"],\"temp_step\":0.5,\"temperature_command_topic\":"
     "\"zigbee2mqtt/trv/set/occupied_heating_setpoint\",\"temperature_state_template\":\"{{ "
     "value_json.occupied_heating_setpoint "
     "}}\",\"temperature_state_topic\":\"zigbee2mqtt/"
     "trv\",\"temperature_unit\":\"C\",\"name\":null,\"device\":{\"identifiers\":[\"z3\"],\"name\":"
     "\"trv\"},\"unique_id\":\"0x03\"}"},
    {"fan/0x04/fan",
     "{" ZIGBEE
     "\"command_topic\":\"zigbee2mqtt/hood/"
     "set\",\"name\":\"hood\",\"percentage_command_template\":\"{{ {0:'off', 1:'low', 2:'medium', "
     "3:'high'}[value] | default('off') "
     "}}\",\"percentage_command_topic\":\"zigbee2mqtt/hood/set/"
     "fan_mode\",\"percentage_state_topic\":\"zigbee2mqtt/"
     "hood\",\"percentage_value_template\":\"{{ {'off':0, 'low':1, 'medium':2, "
     "'high':3}[value_json.fan_mode] | default('None') "
     "}}\",\"speed_range_max\":3,\"speed_range_min\":1,\"state_topic\":\"zigbee2mqtt/"
     "hood\",\"state_value_template\":\"{{ value_json.fan_state }}\",\"unique_id\":\"0x04\"}"},
    {"binary_sensor/0x05/occupancy",
     "{" ZIGBEE "\"device_class\":\"occupancy\",\"payload_off\":false,\"payload_on\":true,\"state_"
                "topic\":\"zigbee2mqtt/eye\",\"value_template\":\"{{ value_json.occupancy "
                "}}\",\"name\":\"eye\",\"unique_id\":\"0x05\"}"},
    {"lock/0x06/lock",
     "{" ZIGBEE
     "\"command_topic\":\"zigbee2mqtt/door/"
     "set\",\"payload_lock\":\"LOCK\",\"payload_unlock\":\"UNLOCK\",\"state_locked\":\"LOCK\","
     "\"state_unlocked\":\"UNLOCK\",\"state_topic\":\"zigbee2mqtt/door\",\"value_template\":\"{{ "
     "value_json.state }}\",\"name\":\"door\",\"unique_id\":\"0x06\"}"},
    {"switch/tasmota",
     "{\"name\":\"Kettle\",\"stat_t\":\"tele/kettle/STATE\",\"avty_t\":\"tele/kettle/"
     "LWT\",\"pl_avail\":\"Online\",\"pl_not_avail\":\"Offline\",\"cmd_t\":\"cmnd/kettle/"
     "POWER\",\"val_tpl\":\"{{value_json.POWER}}\",\"pl_off\":\"OFF\",\"pl_on\":\"ON\",\"uniq_id\":"
     "\"k_RL_1\",\"dev\":{\"ids\":[\"k\"]}}"},
    {"light/esp/strip",
     "{\"schema\":\"json\",\"clrm\":true,\"sup_clrm\":[\"rgb\"],\"bri\":true,\"name\":\"Strip\","
     "\"stat_t\":\"esp/light/strip/state\",\"cmd_t\":\"esp/light/strip/command\",\"avty_t\":\"esp/"
     "status\",\"uniq_id\":\"ESPstrip\",\"dev\":{\"ids\":\"a1b2\",\"name\":\"Desk\",\"sw\":\"2024."
     "1\",\"mdl\":\"esp32dev\",\"mf\":\"Espressif\",\"sa\":\"Study\"}}"},
};

static void send_only(const char *verb, const char *args, const char *topic, const char *payload)
{
    ond_hand_step s = plan(h, verb, args);
    ond_act a = {.verb = verb, .args = s.args, .expect = s.expect};
    ond_hand_home.act(h, &a, 1, 1);
    if (a.done == OND_DONE_FAILED) fail_msg("%s %s: %s", verb, args, a.err.text);
    if (!ear_wait(&talker, topic, payload, true))
        fail_msg("%s %s: on %s came %s", verb, args, topic, ear_text(&talker, topic));
    cJSON_Delete(a.after);
    ond_hand_step_free(&s);
}

TEST(what_real_programs_announce)
{
    for (size_t i = 0; i < COUNT(real); i++) {
        char topic[100];
        snprintf(topic, sizeof topic, "homeassistant/%s/config", real[i].topic);
        say(topic, real[i].config);
    }
    say("zigbee2mqtt/bridge/state", "{\"state\":\"online\"}");
    say("zigbee2mqtt/lamp",
        "{\"brightness\":100,\"color\":{\"x\":0.4599,\"y\":0.4106},\"color_mode\":\"color_temp\","
        "\"color_temp\":370,\"linkquality\":120,\"state\":\"ON\",\"update\":{\"state\":\"idle\"}}");
    say("zigbee2mqtt/blind", "{\"position\":100,\"state\":\"OPEN\"}");
    say("zigbee2mqtt/trv", "{\"local_temperature\":20.4,\"occupied_heating_setpoint\":21.5,"
                           "\"running_state\":\"heat\",\"system_mode\":\"heat\"}");
    say("zigbee2mqtt/hood", "{\"fan_mode\":\"medium\",\"fan_state\":\"ON\"}");
    say("zigbee2mqtt/eye", "{\"occupancy\":true,\"battery\":90}");
    say("zigbee2mqtt/door", "{\"state\":\"LOCK\"}");
    say("tele/kettle/LWT", "Online");
    say("tele/kettle/STATE", "{\"Time\":\"2026-11-23T20:00:00\",\"POWER\":\"OFF\"}");
    say("esp/status", "online");
    say("esp/light/strip/state", "{\"state\":\"ON\",\"color_mode\":\"rgb\",\"brightness\":255,"
                                 "\"color\":{\"r\":0,\"g\":0,\"b\":255}}");
    h = open_mqtt("");
    cJSON *health = ond_hand_home.health(h);
    char *t = text_of(health);
    if (ond_json_get(health, "problems")) fail_msg("%s", t);
    free(t);
    cJSON_Delete(health);
    shows(h, "light.lamp", "{\"state\":\"on\",\"brightness\":39,\"color_temp\":2703}");
    shows(h, "cover.blind", "{\"state\":\"open\",\"position\":100}");
    shows(h, "climate.trv",
          "{\"state\":\"heat\",\"temperature\":21.5,\"current_temperature\":20.4,\"hvac_action\":"
          "\"heating\"}");
    shows(h, "fan.hood", "{\"state\":\"on\",\"percentage\":66}");
    shows(h, "binary_sensor.eye", "{\"state\":\"on\"}");
    shows(h, "lock.door", "{\"state\":\"locked\"}");
    shows(h, "switch.kettle", "{\"state\":\"off\"}");
    shows(h, "light.desk_strip", "{\"state\":\"on\",\"brightness\":100,\"color\":\"blue\"}");
    cJSON *e = entity("light.lamp");
    assert_string_equal(ond_json_get(ond_json_get(e, "names"), "*")->child->valuestring, "lamp");
    cJSON_Delete(e);
    send_only("set_light", "{\"entity\":\"light.lamp\",\"brightness\":50,\"color_temp\":4000}",
              "zigbee2mqtt/lamp/set", "{\"state\":\"ON\",\"brightness\":127,\"color_temp\":250}");
    send_only("turn_off", "{\"entity\":\"light.lamp\"}", "zigbee2mqtt/lamp/set",
              "{\"state\":\"OFF\"}");
    send_only("set_position", "{\"entity\":\"cover.blind\",\"position\":30}",
              "zigbee2mqtt/blind/set", "{ \"position\": 30 }");
    send_only("close", "{\"entity\":\"cover.blind\"}", "zigbee2mqtt/blind/set", "CLOSE");
    send_only("set_temperature", "{\"entity\":\"climate.trv\",\"temperature\":23}",
              "zigbee2mqtt/trv/set/occupied_heating_setpoint", "23");
    send_only("turn_off", "{\"entity\":\"climate.trv\"}", "zigbee2mqtt/trv/set/system_mode", "off");
    send_only("set_fan", "{\"entity\":\"fan.hood\",\"percentage\":100}",
              "zigbee2mqtt/hood/set/fan_mode", "high");
    send_only("unlock", "{\"entity\":\"lock.door\"}", "zigbee2mqtt/door/set", "UNLOCK");
    send_only("turn_on", "{\"entity\":\"switch.kettle\"}", "cmnd/kettle/POWER", "ON");
    send_only("set_light", "{\"entity\":\"light.desk_strip\",\"color\":\"red\"}",
              "esp/light/strip/command",
              "{\"state\":\"ON\",\"color\":{\"r\":255,\"g\":0,\"b\":0}}");
    close_h();
}

/* ---- losses ---- */

TEST(no_broker_from_the_beginning)
{
    char config[200];
    snprintf(config, sizeof config, "{\"mqtt\":{\"host\":\"127.0.0.1\",\"port\":%d}}", free_port());
    uint64_t began = ond_steady_us();
    h = open_home(config, NULL);
    assert_true(ond_steady_us() - began < 900000);
    assert_int_equal(n_notes, 1);
    assert_non_null(strstr(notes[0], "not reachable"));
    ond_hand_step s;
    assert_int_equal(try_plan(h, "turn_on", "{\"entity\":\"light.somewhere\"}", &s),
                     OND_E_UNAVAILABLE);
    says("broker 127.0.0.1:");
    assert_int_equal(act(h, "turn_on", "{\"entity\":\"light.kitchen\"}"), OND_DONE_OK);
    cJSON *health = ond_hand_home.health(h);
    assert_false(ond_json_bool(health, "ok", true));
    cJSON_Delete(health);
    serve(700);
    assert_int_equal(n_notes, 1);
    close_h();
}

TEST(broker_goes_and_comes_back)
{
    char config[200];
    snprintf(config, sizeof config, "{\"mqtt\":{\"host\":\"127.0.0.1\",\"port\":%d}}", server.port);
    say("homeassistant/switch/z/config",
        "{\"name\":\"z\",\"cmd_t\":\"echo/z/set\",\"stat_t\":\"echo/z/state\",\"avty_t\":\"z/"
        "here\"}");
    say("z/here", "online");
    say("echo/z/state", "OFF");
    h = open_home(config, NULL);
    shows(h, "switch.z", "{\"state\":\"off\"}");
    ond_hand_step s = plan(h, "turn_on", "{\"entity\":\"switch.z\"}"), gone;
    broker_stop(&server);
    for (int i = 0; i < 100 && n_notes == 0; i++) serve(10);
    assert_int_equal(n_notes, 1);
    assert_int_equal(try_plan(h, "turn_on", "{\"entity\":\"switch.z\"}", &gone), OND_E_UNAVAILABLE);
    says("broker 127.0.0.1");
    says("not reachable");
    uint64_t began = ond_steady_us();
    assert_int_equal(act_on(h, "turn_on", &s, NULL), OND_DONE_FAILED);
    assert_true(ond_steady_us() - began < 500000);
    assert_int_equal(err.code, OND_E_UNAVAILABLE);
    assert_int_equal(act(h, "turn_on", "{\"entity\":\"light.kitchen\"}"), OND_DONE_OK);
    assert_int_equal(broker_start(&server), 0);
    /* the broker forgot everything; the devices announce themselves again */
    assert_true(ond_hand_home.fd(h) >= 0);
    for (int i = 0; i < 500 && n_notes == 1; i++) serve(10);
    assert_int_equal(n_notes, 2);
    assert_non_null(strstr(notes[1], "back"));
    talker.up = false;
    assert_true(ond_loop_until(talker.loop, &talker.up, 8000));
    ear_listen(&talker, 700);
    say("z/here", "online");
    say("echo/z/state", "OFF");
    wait_shows("switch.z", "{\"state\":\"off\"}");
    assert_int_equal(act_on(h, "turn_on", &s, NULL), OND_DONE_OK);
    ond_hand_step_free(&s);
    close_h();
}

/* ---- hostile ---- */

TEST(payloads_of_any_bytes)
{
    static const char *const evil[] = {
        "\xff\xfe",
        "{\"~\":\"~\",\"stat_t\":\"~~\",\"cmd_t\":\"~\"}",
        "[]",
        "null",
        "{}",
        "{\"name\":{},\"stat_t\":[],\"cmd_t\":7}",
        "{\"avty\":{\"t\":1},\"dev\":[],\"ondol\":{\"names\":[1],\"limits\":{\"state\":[]},"
        "\"members\":[],\"areas\":{},\"floors\":3},\"cmd_t\":\"x\"}",
        "{\"brightness_scale\":-1,\"bri_cmd_t\":\"a\",\"cmd_t\":\"b\",\"min_mirs\":0,\"max_mirs\":"
        "0,\"clr_temp_cmd_t\":\"c\"}",
        "{\"sup_clrm\":\"rgb\",\"schema\":\"json\",\"cmd_t\":\"b\",\"stat_t\":\"echo/evil/state\"}",
        "{\"components\":{\"a\":1,\"b\":{},\"c\":{\"p\":\"light\"},\"d\":{\"p\":\"device\",\"uniq_"
        "id\":\"x\"}}}",
        "{\"ondol\":{\"id\":\"light.\",\"domain\":\"oven\"},\"stat_t\":\"x/y\"}",
        "{\"payload_on\":null,\"pl_off\":[],\"state_on\":1e308,\"cmd_t\":\"q\",\"stat_t\":\"q\"}",
    };
    static const char *const kinds[] = {"light",  "switch", "cover",       "climate", "fan",
                                        "vacuum", "number", "select",      "device",  "scene",
                                        "sensor", "valve",  "media_player"};
    h = open_mqtt("");
    for (size_t k = 0; k < COUNT(kinds); k++)
        for (size_t i = 0; i < COUNT(evil); i++) {
            char topic[100];
            snprintf(topic, sizeof topic, "homeassistant/%s/e%zu/config", kinds[k], i);
            ear_say(&talker, topic, evil[i], true);
        }
    char *deep = malloc(300000);
    memset(deep, '[', 299999);
    deep[299999] = '\0';
    ear_say(&talker, "homeassistant/light/deep/config", deep, false);
    deep[200000] = '\0';
    ear_say(&talker, "homeassistant/light/deep/config", deep, false);
    free(deep);
    ear_say(&talker, "homeassistant//config", "{}", false);
    ear_say(&talker, "homeassistant/light/config", "{}", false);
    ear_say(&talker, "homeassistant/light/a/b/config", "{\"cmd_t\":\"zz\"}", false);
    ear_listen(&talker, 100);
    serve(200);
    cJSON *w = NULL;
    assert_int_equal(ond_hand_home.world(h, &w, &err), 0);
    for (const cJSON *e = ond_json_get(w, "entities")->child; e; e = e->next) {
        ond_hand_step s;
        char args[200];
        snprintf(args, sizeof args, "{\"entity\":\"%s\"}", ond_json_str(e, "id", ""));
        if (try_plan(h, "turn_on", args, &s) == 0) {
            ond_act a = {.verb = "turn_on", .args = s.args, .expect = s.expect};
            ond_hand_home.act(h, &a, 1, 20);
            cJSON_Delete(a.after);
            ond_hand_step_free(&s);
        }
    }
    cJSON_Delete(w);
    cJSON *health = ond_hand_home.health(h);
    cJSON_Delete(health);
    close_h();
}

#define MQTT(name) cmocka_unit_test_setup_teardown(name, devices_setup, devices_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MQTT(known_as_soon_as_it_is_open),
        MQTT(devices_come_change_and_go),
        MQTT(who_is_there),
        MQTT(what_is_not_supported_is_named),
        MQTT(ids_stay_unique),
        MQTT(commands_reach_devices_and_are_verified),
        MQTT(a_device_that_does_not_answer),
        MQTT(a_device_that_never_says_its_state),
        MQTT(what_is_not_known_cannot_be_undone),
        MQTT(configuration_of_devices_is_left_alone),
        MQTT(what_real_programs_announce),
        cmocka_unit_test(no_broker_from_the_beginning),
        MQTT(broker_goes_and_comes_back),
        MQTT(payloads_of_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
