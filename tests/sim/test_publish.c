/* test_publish.c - the house on a real broker: discovery in both forms, states, commands, losses, the end. */
#include "broker.h"
#include "sim/color.h"
#include "sim/sim.h"

static broker server;
static ear listener;
static pid_t child;

/* ---- a publisher in a process of its own ---- */

static volatile bool stop;
static int ready_fd;

static void on_signal(int signo)
{
    (void)signo;
    stop = true;
}

static void on_ready(void *self)
{
    (void)self;
    assert_int_equal(write(ready_fd, "!", 1), 1);
}

static int live(ond_str yaml, ond_sim_mqtt opts)
{
    ond_err err = {0};
    ond_house *h = NULL;
    signal(SIGTERM, on_signal);
    opts.stop = &stop;
    opts.ready = on_ready;
    int rc = ond_house_open(yaml, "test.yaml", &h, &err);
    if (rc == 0)
        rc = ond_sim_publish(h, &opts, &err);
    if (rc != 0)
        fprintf(stderr, "publisher: %s\n", err.text);
    ond_house_close(h);
    return rc;
}

static void publish(ond_str yaml, ond_sim_mqtt opts)
{
    int pipes[2];
    char c;
    assert_int_equal(pipe(pipes), 0);
    opts.host = "127.0.0.1";
    opts.port = server.port;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        child_begins();
        ready_fd = pipes[1];
        close(pipes[0]);
        exit(live(yaml, opts));
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &c, 1), 1);
    close(pipes[0]);
}

static int setup(void **state)
{
    server = (broker){0};
    child = 0;
    return tmp_setup(state) || broker_start(&server);
}

static int teardown(void **state)
{
    if (listener.loop)
        ear_close(&listener);
    end_child(&child, SIGKILL);
    broker_stop(&server);
    return tmp_teardown(state);
}

static void end_well(void)
{
    int status = end_child(&child, SIGTERM);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The default house as it begins. */
static cJSON *world_of(ond_str yaml)
{
    ond_err err = {0};
    ond_house *h = NULL;
    assert_int_equal(ond_house_open(yaml, "test.yaml", &h, &err), 0);
    cJSON *world = ond_house_world(h);
    assert_non_null(world);
    ond_house_close(h);
    return world;
}

/* ---- what is announced ---- */

static cJSON *parsed(const char *text)
{
    cJSON *v = NULL;
    ond_err err = {0};
    if (ond_json_parse(ond_str_of(text), &v, &err) != 0)
        fail_msg("not JSON (%s): %s", err.text, text);
    return v;
}

/* Every component that is retained, with long keys and topics written out: {id: config}. */
static cJSON *announced(const ear *e)
{
    cJSON *all = cJSON_CreateObject();
    for (const cJSON *m = e->kept->child; m; m = m->next) {
        size_t n = strlen(m->string);
        if (strncmp(m->string, "homeassistant/", 14) != 0 || strcmp(m->string + n - 7, "/config") != 0 || !m->valuestring[0])
            continue;
        cJSON *config = parsed(m->valuestring);
        const cJSON *cmps = ond_json_get(config, "cmps");
        assert_string_equal(ond_json_str(config, cmps ? "avty_t" : "availability_topic", ""), "ondol/status");
        assert_non_null(ond_json_get(ond_json_get(config, cmps ? "dev" : "device"), cmps ? "ids" : "identifiers"));
        assert_string_equal(ond_json_str(ond_json_get(config, cmps ? "o" : "origin"), "name", ""), "ondol");
        for (const cJSON *c = cmps ? cmps->child : config; c; c = cmps ? c->next : NULL) {
            const char *id = ond_json_str(ond_json_get(c, "ondol"), "id", "");
            assert_null(ond_json_get(all, id));
            assert_true(ond_json_set(all, id, cJSON_Duplicate(c, true)));
        }
        cJSON_Delete(config);
    }
    return all;
}

static void expect_equal(const char *what, const cJSON *a, const cJSON *b)
{
    ond_buf x = {0}, y = {0};
    if (a && b && ond_json_equal(a, b))
        return;
    if (a)
        ond_json_print(&x, a);
    if (b)
        ond_json_print(&y, b);
    fail_msg("%s: %s is not %s", what, ond_buf_z(&x), ond_buf_z(&y));
}

static void same_member(const cJSON *own, const cJSON *row, const char *key)
{
    const cJSON *want = ond_json_get(row, key);
    if (want && !(cJSON_IsString(want) && !want->valuestring[0]))
        expect_equal(key, ond_json_get(own, key), want);
}

static void check_own(const cJSON *config, const cJSON *row, const cJSON *world)
{
    static const char *const keys[] = {"id", "domain", "class", "area", "names", "limits", "members", "unit"};
    const cJSON *own = ond_json_get(config, "ondol"), *area;
    for (size_t i = 0; i < COUNT(keys); i++)
        same_member(own, row, keys[i]);
    const char *id = ond_json_str(row, "area", "");
    cJSON_ArrayForEach(area, ond_json_get(world, "areas")) {
        if (strcmp(ond_json_str(area, "id", ""), id) != 0)
            continue;
        expect_equal("areas", ond_json_get(own, "areas")->child, area);
        expect_equal("floor", ond_json_get(own, "floor"), ond_json_get(area, "floor"));
        assert_non_null(ond_json_get(own, "floors")->child);
    }
}

/* The state as a reader of the topics puts it together again. */
static cJSON *state_read(const ear *e, const cJSON *row)
{
    char topic[300], text[64];
    const char *id = ond_json_str(row, "id", ""), *dot = strchr(id, '.'), *domain = ond_json_str(row, "domain", "");
    snprintf(topic, sizeof topic, "ondol/%.*s/%s/state", (int)(dot - id), id, dot + 1);
    const char *payload = ond_json_str(e->kept, topic, "");
    cJSON *s = payload[0] == '{' ? parsed(payload) : cJSON_CreateObject();
    double v;
    if (payload[0] != '{' && ond_num_parse(ond_str_of(payload), &v)) {
        ond_json_set_num(s, "state", v);
    } else {
        snprintf(text, sizeof text, "%s", payload[0] == '{' ? ond_json_str(s, "state", "") : payload);
        for (char *p = text; *p; p++)
            if (*p >= 'A' && *p <= 'Z')
                *p = (char)(*p + 32);
        ond_json_set_str(s, "state", text);
    }
    const cJSON *color = ond_json_get(s, "color");
    if (strcmp(domain, "light") == 0 && color) {
        const double rgb[3] = {ond_json_num(color, "r", 0), ond_json_num(color, "g", 0), ond_json_num(color, "b", 0)};
        ond_json_set_str(s, "color", ond_color_near(rgb)->name);
    }
    cJSON_DeleteItemFromObjectCaseSensitive(s, "color_mode");
    snprintf(topic, sizeof topic, "ondol/%.*s/%s/position", (int)(dot - id), id, dot + 1);
    const char *position = ond_json_str(e->kept, topic, NULL);
    if (position && ond_num_parse(ond_str_of(position), &v))
        ond_json_set_num(s, "position", v);
    return s;
}

/* What a config promises to be readable is there. */
static void check_topics(const cJSON *config)
{
    const char *base = ond_json_str(config, "~", NULL);
    for (const cJSON *v = config->child; v; v = v->next) {
        size_t n = cJSON_IsString(v) ? strlen(v->valuestring) : 0;
        bool in_form = base ? strncmp(n ? v->valuestring : "", "~/", 2) == 0 : strncmp(n ? v->valuestring : "", "ondol/", 6) == 0;
        if (!in_form || strcmp(v->valuestring + n - 4, "/set") == 0)
            continue;
        ond_buf topic = {0};
        ond_buf_printf(&topic, "%s%s", base ? base : "", v->valuestring + (base ? 1 : 0));
        if (!ond_json_str(listener.kept, ond_buf_z(&topic), NULL))
            fail_msg("%s: nothing on %s", v->string, ond_buf_z(&topic));
        ond_buf_free(&topic);
    }
}

static void check_house(ond_str yaml)
{
    cJSON *world = world_of(yaml), *all = announced(&listener);
    const cJSON *row, *entities = ond_json_get(world, "entities");
    assert_int_equal(cJSON_GetArraySize(all), cJSON_GetArraySize(entities));
    cJSON_ArrayForEach(row, entities) {
        const char *id = ond_json_str(row, "id", "");
        const cJSON *config = ond_json_get(all, id);
        if (!config)
            fail_msg("%s is not announced", id);
        check_own(config, row, world);
        check_topics(config);
        cJSON *state = state_read(&listener, row);
        expect_equal(id, state, ond_json_get(row, "state"));
        cJSON_Delete(state);
    }
    cJSON_Delete(all);
    cJSON_Delete(world);
}

TEST(component_form_says_all)
{
    publish(ond_house_default(), (ond_sim_mqtt){0});
    ear_open(&listener, server.port);
    assert_true(ear_wait(&listener, "ondol/status", "online", true));
    ear_listen(&listener, 200);
    check_house(ond_house_default());
    cJSON *c = parsed(ear_text(&listener, "homeassistant/light/ondol_light_living_room_ceiling/config"));
    assert_string_equal(ond_json_str(c, "~", ""), "ondol/light/living_room_ceiling");
    assert_string_equal(ond_json_str(c, "schema", ""), "json");
    assert_string_equal(ond_json_str(c, "state_topic", ""), "~/state");
    assert_string_equal(ond_json_str(c, "name", ""), "ceiling light");
    assert_string_equal(ond_json_str(c, "unique_id", ""), "ondol_light_living_room_ceiling");
    assert_int_equal(ond_json_num(c, "min_kelvin", 0), 2200);
    assert_string_equal(ond_json_str(ond_json_get(c, "device"), "suggested_area", ""), "living room");
    cJSON_Delete(c);
    c = parsed(ear_text(&listener, "homeassistant/switch/ondol_oven_kitchen/config"));
    assert_string_equal(ond_json_str(ond_json_get(c, "ondol"), "domain", ""), "oven");
    cJSON_Delete(c);
    c = parsed(ear_text(&listener, "homeassistant/light/ondol_light_entrance/config"));
    assert_null(ond_json_get(c, "schema"));
    cJSON_Delete(c);
    end_well();
    assert_true(ear_wait(&listener, "ondol/status", "offline", true));
}

/* The second form takes the configs of the first away. */
TEST(device_form_says_the_same)
{
    publish(ond_house_default(), (ond_sim_mqtt){0});
    end_well();
    publish(ond_house_default(), (ond_sim_mqtt){.device_form = true, .lang = "ko"});
    ear_open(&listener, server.port);
    assert_true(ear_wait(&listener, "ondol/status", "online", true));
    ear_listen(&listener, 200);
    for (const cJSON *m = listener.kept->child; m; m = m->next)
        if (strncmp(m->string, "homeassistant/", 14) == 0)
            assert_int_equal(strncmp(m->string, "homeassistant/device/ondol_", 27), 0);
    check_house(ond_house_default());
    cJSON *d = parsed(ear_text(&listener, "homeassistant/device/ondol_area_living_room/config"));
    assert_string_equal(ond_json_str(ond_json_get(d, "dev"), "name", ""), "거실");
    const cJSON *c = ond_json_get(ond_json_get(d, "cmps"), "cover_living_room_curtain");
    assert_string_equal(ond_json_str(c, "p", ""), "cover");
    assert_string_equal(ond_json_str(c, "name", ""), "커튼");
    assert_string_equal(ond_json_str(c, "set_pos_t", ""), "ondol/cover/living_room_curtain/position/set");
    assert_string_equal(ond_json_str(c, "dev_cla", ""), "curtain");
    cJSON_Delete(d);
    end_well();
}

/* ---- commands ---- */

typedef struct order { const char *topic, *payload, *shown, *part; bool whole; } order;

static void obey(const order *o, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char topic[200], shown[200];
        snprintf(topic, sizeof topic, "ondol/%s", o[i].topic);
        snprintf(shown, sizeof shown, "ondol/%s", o[i].shown);
        ear_say(&listener, topic, o[i].payload, false);
        if (!ear_wait(&listener, shown, o[i].part, o[i].whole))
            fail_msg("%s %s: %s is '%s', not '%s' (error: %s)", topic, o[i].payload, shown, ear_text(&listener, shown), o[i].part,
                     ear_text(&listener, "ondol/error"));
    }
}

TEST(commands_are_obeyed)
{
    static const order orders[] = {
        {"light/entrance/set", "ON", "light/entrance/state", "ON", true},
        {"light/entrance/set", "{\"state\":\"OFF\"}", "light/entrance/state", "OFF", true},
        {"light/kitchen/set", "{\"state\":\"ON\",\"brightness\":40,\"transition\":2}", "light/kitchen/state",
         "{\"state\":\"ON\",\"brightness\":40,\"color_mode\":\"brightness\"}", true},
        {"light/kitchen/set", "{\"state\":\"OFF\",\"brightness\":55}", "light/kitchen/state",
         "{\"state\":\"OFF\",\"brightness\":55,\"color_mode\":\"brightness\"}", true},
        {"light/living_room_lamp/set", "{\"color\":{\"r\":0,\"g\":0,\"b\":255}}", "light/living_room_lamp/state",
         "\"color\":{\"r\":0,\"g\":0,\"b\":255}", false},
        {"light/living_room_lamp/set", "{\"color\":{\"h\":60,\"s\":100}}", "light/living_room_lamp/state",
         "\"color\":{\"r\":255,\"g\":255,\"b\":0}", false},
        {"light/living_room_lamp/set", "{\"color\":{\"x\":0.64,\"y\":0.33}}", "light/living_room_lamp/state",
         "\"color\":{\"r\":255,\"g\":0,\"b\":0}", false},
        {"light/living_room_lamp/set", "{\"color\":\"orange\"}", "light/living_room_lamp/state",
         "\"color\":{\"r\":255,\"g\":165,\"b\":0}", false},
        {"light/living_room_lamp/set", "{\"color_temp\":3000}", "light/living_room_lamp/state",
         "{\"state\":\"ON\",\"brightness\":60,\"color_temp\":3000,\"color_mode\":\"color_temp\"}", true},
        {"switch/coffee_maker/set", "ON", "switch/coffee_maker/state", "ON", true},
        {"cover/bedroom_curtain/set", "OPEN", "cover/bedroom_curtain/state", "opening", true},
        {"cover/living_room_curtain/set", "CLOSE", "cover/living_room_curtain/state", "closing", true},
        {"cover/living_room_curtain/set", "STOP", "cover/living_room_curtain/state", "open", true},
        {"cover/living_room_curtain/position/set", "97", "cover/living_room_curtain/position", "97", true},
        {"valve/gas/set", "OPEN", "valve/gas/state", "open", true},
        {"fan/bedroom/set", "on", "fan/bedroom/state", "{\"state\":\"on\",\"percentage\":40}", true},
        {"fan/bedroom/percentage/set", "75", "fan/bedroom/state", "\"percentage\":75", false},
        {"fan/bedroom/preset_mode/set", "sleep", "fan/bedroom/state", "\"preset_mode\":\"sleep\"", false},
        {"fan/bathroom/set", "ON", "fan/bathroom/state", "ON", true},
        {"lock/front_door/set", "UNLOCK", "lock/front_door/state", "UNLOCKED", true},
        {"lock/front_door/set", "LOCK", "lock/front_door/state", "LOCKED", true},
        {"climate/living_room_ac/hvac_mode/set", "cool", "climate/living_room_ac/state", "\"hvac_mode\":\"cool\"", false},
        {"climate/living_room_ac/temperature/set", "21.5", "climate/living_room_ac/state", "\"temperature\":21.5", false},
        {"climate/living_room_ac/fan_mode/set", "high", "climate/living_room_ac/state", "\"fan_mode\":\"high\"", false},
        {"climate/boiler/set", "{\"state\":\"off\",\"temperature\":18}", "climate/boiler/state", "\"hvac_action\":\"off\"", false},
        {"humidifier/kids_room/set", "on", "humidifier/kids_room/state", "\"state\":\"on\"", false},
        {"humidifier/kids_room/humidity/set", "60", "humidifier/kids_room/state", "\"humidity\":60", false},
        {"humidifier/kids_room/mode/set", "boost", "humidifier/kids_room/state", "\"mode\":\"boost\"", false},
        {"vacuum/robot/set", "start", "vacuum/robot/state", "\"state\":\"cleaning\"", false},
        {"vacuum/robot/fan_speed/set", "turbo", "vacuum/robot/state", "\"fan_speed\":\"turbo\"", false},
        {"vacuum/robot/set", "pause", "vacuum/robot/state", "\"state\":\"paused\"", false},
        {"vacuum/robot/set", "return_to_base", "vacuum/robot/state", "\"state\":\"returning\"", false},
        {"alarm_control_panel/home/set", "ARM_NIGHT", "alarm_control_panel/home/state", "armed_night", true},
        {"alarm_control_panel/home/set", "DISARM", "alarm_control_panel/home/state", "disarmed", true},
        {"media_player/living_room_tv/set", "{\"state\":\"on\",\"volume\":33,\"muted\":true}", "media_player/living_room_tv/state",
         "\"volume\":33", false},
        {"media_player/living_room_tv/muted/set", "false", "media_player/living_room_tv/state", "\"muted\":false", false},
        {"media_player/living_room_tv/source/set", "HDMI 2", "media_player/living_room_tv/state", "\"source\":\"HDMI 2\"", false},
        {"oven/kitchen/temperature/set", "200", "oven/kitchen/state", "\"temperature\":200", false},
        {"oven/kitchen/set", "on", "oven/kitchen/state", "\"state\":\"on\"", false},
        {"scene/movie/set", "ON", "light/living_room_lamp/state",
         "{\"state\":\"ON\",\"brightness\":20,\"color\":{\"r\":255,\"g\":165,\"b\":0},\"color_mode\":\"rgb\"}", true},
        {"scene/movie/set", "{\"members\":{\"light.entrance\":{\"state\":\"on\"}}}", "light/entrance/state", "ON", true},
        {"binary_sensor/entrance_motion/set", "ON", "binary_sensor/entrance_motion/state", "ON", true},
        {"sensor/outside_temperature/set", "-7.5", "sensor/outside_temperature/state", "-7.5", true},
    };
    publish(ond_house_default(), (ond_sim_mqtt){0});
    ear_open(&listener, server.port);
    obey(orders, COUNT(orders));
    assert_string_equal(ear_text(&listener, "ondol/error"), "");
    end_well();
}

TEST(what_cannot_be_is_refused)
{
    static const order orders[] = {
        {"light/kitchen/set", "{\"brightness\":400}", "error", "brightness 400 is outside", false},
        {"light/kitchen/set", "{\"colour\":\"red\"}", "error", "no attribute 'colour'", false},
        {"light/kitchen/set", "{\"color\":{\"red\":1}}", "error", "color is", false},
        {"light/kitchen/set", "{\"state\":", "error", "light.kitchen", false},
        {"light/kitchen/set", "\xff\xfe", "error", "a command is", false},
        {"light/nowhere/set", "ON", "error", "no such device", false},
        {"climate/boiler/temperature/set", "warm", "error", "is a number from 10 to 30", false},
        {"lock/front_door/set", "OPEN", "error", "cannot be 'OPEN'", false},
        {"sensor/outside_temperature/colour/set", "1", "error", "can only be read", false},
    };
    publish(ond_house_default(), (ond_sim_mqtt){0});
    ear_open(&listener, server.port);
    for (size_t i = 0; i < COUNT(orders); i++) {
        obey(&orders[i], 1);
        ond_json_set_str(listener.heard, "ondol/error", "");
    }
    assert_true(ear_wait(&listener, "ondol/light/kitchen/state", "{\"state\":\"OFF\",\"brightness\":100", false));
    end_well();
}

TEST(a_retained_command_is_old_news)
{
    ear_open(&listener, server.port);
    ear_say(&listener, "ondol/lock/front_door/set", "UNLOCK", true);
    ear_listen(&listener, 50);
    publish(ond_house_default(), (ond_sim_mqtt){0});
    assert_true(ear_wait(&listener, "ondol/lock/front_door/state", "LOCKED", true));
    ear_say(&listener, "ondol/light/entrance/set", "ON", false);
    assert_true(ear_wait(&listener, "ondol/light/entrance/state", "ON", true));
    assert_string_equal(ear_text(&listener, "ondol/lock/front_door/state"), "LOCKED");
    end_well();
}

/* ---- other houses ---- */

static void put_many(ond_buf *yaml)
{
    ond_buf_puts(yaml, "version: 1\nfloors:\n  - {id: f, names: {en: [floor]}}\n"
                       "areas:\n  - {id: hall, floor: f, names: {en: [hall]}, place: {en: in the hall}}\n"
                       "  - {id: bare, names: {'*': [Bare]}}\n"
                       "devices:\n"
                       "  - {id: number.level, area: bare, names: {'*': [Level]}, limits: {state: [0, 10]}, state: 2.5}\n"
                       "  - {id: select.mode, names: {en: [mode]}, limits: {state: [Eco, Full]}, state: Eco}\n"
                       "  - {id: button.bell, names: {en: [bell]}}\n"
                       "  - {id: siren.attic, names: {en: [siren]}}\n"
                       "  - {id: valve.water, class: water, names: {en: [water]}, limits: {position: [0, 100]}, state: {state: closed}}\n"
                       "  - {id: cover.garage, class: garage, names: {en: [garage]}, limits: {position: false}}\n"
                       "  - {id: light.color, names: {en: [colour]}, limits: {color: , effect: [rainbow, candle]}}\n"
                       "  - {id: light.거실-1, names: {ko: [등]}, state: on}\n");
    for (int i = 0; i < 45; i++)
        ond_buf_printf(yaml, "  - {id: switch.s%d, area: hall, names: {en: [switch %d]}}\n", i, i);
}

TEST(every_other_domain_and_strange_names)
{
    static const order orders[] = {
        {"number/level/set", "7.5", "number/level/state", "7.5", true},
        {"select/mode/set", "Full", "select/mode/state", "Full", true},
        {"button/bell/set", "PRESS", "button/bell/state", "pressed", false},
        {"siren/attic/set", "ON", "siren/attic/state", "ON", true},
        {"valve/water/set", "30", "valve/water/state", "\"position\":30", false},
        {"valve/water/set", "CLOSE", "valve/water/state", "\"state\":\"closed\"", false},
        {"cover/garage/set", "OPEN", "cover/garage/state", "open", true},
        {"light/color/set", "{\"effect\":\"candle\"}", "light/color/state", "\"effect\":\"candle\"", false},
        {"light/-ea-b1-b0-ec-8b-a4-2d1/set", "OFF", "light/-ea-b1-b0-ec-8b-a4-2d1/state", "OFF", true},
        {"switch/s44/set", "ON", "switch/s44/state", "ON", true},
    };
    ond_buf yaml = {0};
    put_many(&yaml);
    ond_str text = {yaml.p, yaml.n};
    publish(text, (ond_sim_mqtt){.device_form = true});
    ear_open(&listener, server.port);
    assert_true(ear_wait(&listener, "ondol/status", "online", true));
    ear_listen(&listener, 100);
    cJSON *all = announced(&listener);
    assert_int_equal(cJSON_GetArraySize(all), 53);
    assert_string_equal(ond_json_str(ond_json_get(all, "valve.water"), "dev_cla", ""), "water");
    assert_true(ond_json_bool(ond_json_get(all, "valve.water"), "reports_position", false));
    assert_null(ond_json_get(ond_json_get(all, "cover.garage"), "pos_t"));
    cJSON_Delete(all);
    assert_true(ear_text(&listener, "homeassistant/device/ondol_area_hall--2/config")[0] == '{');
    obey(orders, COUNT(orders));
    end_well();
    ond_buf_free(&yaml);
}

TEST(another_base_stands_beside)
{
    publish(ond_house_default(), (ond_sim_mqtt){.base_topic = "home/two", .discovery_prefix = "ha"});
    ear_open(&listener, server.port);
    assert_true(ear_wait(&listener, "home/two/status", "online", true));
    assert_true(ear_wait(&listener, "home/two/light/kitchen/state", "OFF", false));
    assert_true(ear_wait(&listener, "ha/light/home-2ftwo_light_kitchen/config", "home/two/light/kitchen", false));
    ear_say(&listener, "home/two/light/entrance/set", "ON", false);
    assert_true(ear_wait(&listener, "home/two/light/entrance/state", "ON", true));
    end_well();
}

/* ---- losses ---- */

TEST(a_kill_leaves_the_will)
{
    publish(ond_house_default(), (ond_sim_mqtt){0});
    ear_open(&listener, server.port);
    assert_true(ear_wait(&listener, "ondol/status", "online", true));
    end_child(&child, SIGKILL);
    assert_true(ear_wait(&listener, "ondol/status", "offline", true));
}

TEST(all_is_there_again_after_the_broker_came_back)
{
    publish(ond_house_default(), (ond_sim_mqtt){0});
    ear_open(&listener, server.port);
    ear_say(&listener, "ondol/light/entrance/set", "ON", false);
    assert_true(ear_wait(&listener, "ondol/light/entrance/state", "ON", true));
    ear_close(&listener);
    broker_stop(&server);
    assert_int_equal(broker_start(&server), 0);
    ear_open(&listener, server.port);
    assert_true(ear_wait(&listener, "ondol/status", "online", true));
    assert_true(ear_wait(&listener, "ondol/light/entrance/state", "ON", true));
    assert_true(ear_text(&listener, "homeassistant/light/ondol_light_entrance/config")[0] == '{');
    end_well();
}

TEST(what_cannot_begin_says_why)
{
    ond_house *h = NULL;
    ond_err err = {0};
    bool never = false;
    assert_int_equal(ond_house_open(ond_house_default(), "test.yaml", &h, &err), 0);
    ond_sim_mqtt opts = {.host = "127.0.0.1", .port = free_port(), .stop = &never};
    assert_int_equal(ond_sim_publish(h, &opts, &err), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "127.0.0.1"));
    opts.base_topic = "a/#";
    assert_int_equal(ond_sim_publish(h, &opts, &err), OND_E_CONFIG);
    ond_house_close(h);
}

/* The names of colours come back from what is sent for them. */
TEST(colours_are_exact)
{
    size_t n;
    const ond_color *c = ond_colors(&n);
    for (size_t i = 0; i < n; i++) {
        const double rgb[3] = {c[i].rgb[0], c[i].rgb[1], c[i].rgb[2]};
        assert_string_equal(ond_color_near(rgb)->name, c[i].name);
    }
}

#define BROKER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BROKER_TEST(component_form_says_all),
        BROKER_TEST(device_form_says_the_same),
        BROKER_TEST(commands_are_obeyed),
        BROKER_TEST(what_cannot_be_is_refused),
        BROKER_TEST(a_retained_command_is_old_news),
        BROKER_TEST(every_other_domain_and_strange_names),
        BROKER_TEST(another_base_stands_beside),
        BROKER_TEST(a_kill_leaves_the_will),
        BROKER_TEST(all_is_there_again_after_the_broker_came_back),
        cmocka_unit_test(what_cannot_begin_says_why),
        cmocka_unit_test(colours_are_exact),
    };
    return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
