/* test_plan.c - verbs on the built-in house: exact arguments, effects, words, undo, and what is
 * refused. */
#include "home.h"

static void *h;

static int setup(void **state)
{
    (void)state;
    ond_clock_set(1700000000000);
    h = open_home(NULL, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ond_hand_home.close(h);
    ond_clock_set(0);
    return 0;
}

static void wait_s(double s)
{
    ond_clock_set(ond_now() + (ond_ms)(s * 1000));
}

/* ---- the tables ---- */

TEST(verbs_have_schemas)
{
    int n = 0;
    for (const ond_verb_def *v = ond_hand_home.verbs; v->name; v++, n++) {
        cJSON *s = cJSON_Parse(v->schema);
        if (!s) fail_msg("%s: %s", v->name, v->schema);
        assert_string_equal(ond_json_str(s, "type", ""), "object");
        assert_false(ond_json_bool(s, "additionalProperties", true));
        assert_non_null(ond_json_get(ond_json_get(s, "properties"), "entity"));
        for (const cJSON *r = ond_json_get(s, "required")->child; r; r = r->next)
            assert_non_null(ond_json_get(ond_json_get(s, "properties"), r->valuestring));
        cJSON_Delete(s);
    }
    assert_true(n >= 28);
}

/* ---- effects ---- */

static const struct {
    const char *verb, *args;
    ond_effect effect;
} effects[] = {
    {"get", "{\"entity\":\"light.kitchen\"}", OND_EFFECT_READ},
    {"turn_on", "{\"entity\":\"light.kitchen\"}", OND_EFFECT_REVERSIBLE},
    {"toggle", "{\"entity\":\"switch.coffee_maker\"}", OND_EFFECT_REVERSIBLE},
    {"close", "{\"entity\":\"cover.living_room_curtain\"}", OND_EFFECT_REVERSIBLE},
    {"lock", "{\"entity\":\"lock.front_door\"}", OND_EFFECT_REVERSIBLE},
    {"unlock", "{\"entity\":\"lock.front_door\"}", OND_EFFECT_PHYSICAL},
    {"turn_off", "{\"entity\":\"lock.front_door\"}", OND_EFFECT_PHYSICAL},
    {"turn_on", "{\"entity\":\"lock.front_door\"}", OND_EFFECT_REVERSIBLE},
    {"set", "{\"entity\":\"lock.front_door\",\"attributes\":{\"state\":\"unlocked\"}}",
     OND_EFFECT_PHYSICAL},
    {"open", "{\"entity\":\"valve.gas\"}", OND_EFFECT_PHYSICAL},
    {"close", "{\"entity\":\"valve.gas\"}", OND_EFFECT_PHYSICAL},
    {"turn_on", "{\"entity\":\"oven.kitchen\"}", OND_EFFECT_PHYSICAL},
    {"turn_off", "{\"entity\":\"oven.kitchen\"}", OND_EFFECT_REVERSIBLE},
    {"set_temperature", "{\"entity\":\"oven.kitchen\",\"temperature\":200}", OND_EFFECT_REVERSIBLE},
    {"set", "{\"entity\":\"oven.kitchen\",\"attributes\":{\"state\":\"on\",\"temperature\":200}}",
     OND_EFFECT_PHYSICAL},
    {"set_temperature", "{\"entity\":\"climate.boiler\",\"temperature\":24}",
     OND_EFFECT_REVERSIBLE},
    {"set_hvac_mode", "{\"entity\":\"climate.boiler\",\"hvac_mode\":\"off\"}",
     OND_EFFECT_REVERSIBLE},
    {"arm", "{\"entity\":\"alarm_control_panel.home\"}", OND_EFFECT_REVERSIBLE},
    {"disarm", "{\"entity\":\"alarm_control_panel.home\"}", OND_EFFECT_PHYSICAL},
    {"start", "{\"entity\":\"vacuum.robot\"}", OND_EFFECT_REVERSIBLE},
    {"activate", "{\"entity\":\"scene.movie\"}", OND_EFFECT_REVERSIBLE},
    {"media_next", "{\"entity\":\"media_player.living_room_tv\"}", OND_EFFECT_REVERSIBLE},
    {"set",
     "{\"entity\":\"scene.movie\",\"attributes\":{\"members\":{\"lock.front_door\":{\"state\":"
     "\"unlocked\"}}}}",
     OND_EFFECT_PHYSICAL},
};

TEST(effects_by_what_it_would_do)
{
    for (size_t i = 0; i < COUNT(effects); i++) {
        ond_hand_step s = plan(h, effects[i].verb, effects[i].args);
        if (s.effect != effects[i].effect)
            fail_msg("%s %s is %s", effects[i].verb, effects[i].args, ond_effect_name(s.effect));
        if (s.effect != OND_EFFECT_READ && !s.already) assert_true(s.can_undo);
        ond_hand_step_free(&s);
    }
}

/* ---- relative becomes absolute ---- */

static const struct {
    const char *verb, *args, *exact;
} exacts[] = {
    {"set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness_step\":-10}",
     "{\"entity\":\"light.living_room_ceiling\",\"brightness\":70}"},
    {"set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness_step\":50}",
     "{\"entity\":\"light.living_room_ceiling\",\"brightness\":100}"},
    {"set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness_step\":-95}",
     "{\"entity\":\"light.living_room_ceiling\",\"brightness\":1}"},
    {"set_light", "{\"entity\":\"light.kitchen\",\"brightness_step\":15}",
     "{\"entity\":\"light.kitchen\",\"brightness\":15}"},
    {"set_light", "{\"entity\":\"light.kitchen\",\"brightness_step\":-15}",
     "{\"entity\":\"light.kitchen\",\"brightness\":0}"},
    {"set_light", "{\"entity\":\"light.living_room_lamp\",\"color\":\"Sky Blue\"}",
     "{\"entity\":\"light.living_room_lamp\",\"color\":\"sky blue\"}"},
    {"set_light", "{\"entity\":\"light.living_room_ceiling\",\"color_temp_step\":500}",
     "{\"entity\":\"light.living_room_ceiling\",\"color_temp\":4500}"},
    {"set_temperature", "{\"entity\":\"climate.boiler\",\"temperature_step\":-1.5}",
     "{\"entity\":\"climate.boiler\",\"temperature\":20.5}"},
    {"set_volume", "{\"entity\":\"media_player.living_room_tv\",\"volume_step\":-40}",
     "{\"entity\":\"media_player.living_room_tv\",\"volume\":0}"},
    {"set_fan", "{\"entity\":\"fan.bedroom\",\"percentage_step\":25}",
     "{\"entity\":\"fan.bedroom\",\"percentage\":25}"},
    {"set_position", "{\"entity\":\"cover.living_room_curtain\",\"position_step\":-30}",
     "{\"entity\":\"cover.living_room_curtain\",\"position\":70}"},
    {"set_humidity", "{\"entity\":\"humidifier.kids_room\",\"humidity_step\":5}",
     "{\"entity\":\"humidifier.kids_room\",\"humidity\":55}"},
    {"toggle", "{\"entity\":\"light.living_room_ceiling\"}",
     "{\"entity\":\"light.living_room_ceiling\",\"to\":\"off\"}"},
    {"toggle", "{\"entity\":\"light.kitchen\"}", "{\"entity\":\"light.kitchen\",\"to\":\"on\"}"},
    {"toggle", "{\"entity\":\"cover.bedroom_curtain\"}",
     "{\"entity\":\"cover.bedroom_curtain\",\"to\":\"open\"}"},
    {"toggle", "{\"entity\":\"lock.front_door\"}",
     "{\"entity\":\"lock.front_door\",\"to\":\"unlocked\"}"},
    {"toggle", "{\"entity\":\"vacuum.robot\"}",
     "{\"entity\":\"vacuum.robot\",\"to\":\"cleaning\"}"},
    {"toggle", "{\"entity\":\"climate.boiler\"}", "{\"entity\":\"climate.boiler\",\"to\":\"off\"}"},
    {"toggle", "{\"entity\":\"climate.living_room_ac\"}",
     "{\"entity\":\"climate.living_room_ac\",\"to\":\"cool\"}"},
    {"toggle", "{\"entity\":\"alarm_control_panel.home\"}",
     "{\"entity\":\"alarm_control_panel.home\",\"to\":\"armed_away\"}"},
    {"media_next", "{\"entity\":\"media_player.living_room_tv\"}",
     "{\"entity\":\"media_player.living_room_tv\",\"track\":8}"},
    {"media_previous", "{\"entity\":\"media_player.living_room_tv\"}",
     "{\"entity\":\"media_player.living_room_tv\",\"track\":6}"},
};

TEST(relative_becomes_exact_and_stays)
{
    for (size_t i = 0; i < COUNT(exacts); i++) {
        ond_hand_step s = plan(h, exacts[i].verb, exacts[i].args);
        cJSON *want = cJSON_Parse(exacts[i].exact);
        char *got = text_of(s.args);
        if (!ond_json_equal(want, s.args))
            fail_msg("%s %s became %s", exacts[i].verb, exacts[i].args, got);
        ond_hand_step again = plan(h, exacts[i].verb, got);
        assert_true(ond_json_equal(again.args, s.args));
        assert_true(ond_json_equal(again.expect, s.expect));
        free(got);
        cJSON_Delete(want);
        ond_hand_step_free(&s);
        ond_hand_step_free(&again);
    }
}

/* ---- already ---- */

TEST(already_as_wanted)
{
    static const char *const so[][2] = {
        {"turn_on", "{\"entity\":\"light.living_room_ceiling\"}"},
        {"turn_off", "{\"entity\":\"light.kitchen\"}"},
        {"lock", "{\"entity\":\"lock.front_door\"}"},
        {"open", "{\"entity\":\"cover.living_room_curtain\"}"},
        {"set_light", "{\"entity\":\"light.kitchen\",\"brightness_step\":-10}"},
        {"dock", "{\"entity\":\"vacuum.robot\"}"},
        {"set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness\":80}"},
        {"stop", "{\"entity\":\"cover.bedroom_curtain\"}"},
        {"set_temperature", "{\"entity\":\"climate.boiler\",\"temperature\":22}"},
        {"close", "{\"entity\":\"valve.gas\"}"},
        {"disarm", "{\"entity\":\"alarm_control_panel.home\"}"},
    };
    for (size_t i = 0; i < COUNT(so); i++) {
        ond_hand_step s = plan(h, so[i][0], so[i][1]);
        if (!s.already) fail_msg("%s %s would change something", so[i][0], so[i][1]);
        assert_int_equal(act_on(h, so[i][0], &s, NULL), OND_DONE_ALREADY);
        ond_hand_step_free(&s);
    }
    /* half open is not open; the level counts, also while on */
    assert_int_equal(
        act(h, "set_position", "{\"entity\":\"cover.living_room_curtain\",\"position\":50}"),
        OND_DONE_OK);
    wait_s(20);
    ond_hand_step s = plan(h, "open", "{\"entity\":\"cover.living_room_curtain\"}");
    assert_false(s.already);
    ond_hand_step_free(&s);
    s = plan(h, "set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness\":81}");
    assert_false(s.already);
    ond_hand_step_free(&s);
}

/* ---- refusals ---- */

static const struct {
    const char *verb, *args;
    int rc;
    const char *part;
} refusals[] = {
    {"turn_on", "{\"entity\":\"light.kitchn\"}", OND_E_NOT_FOUND, "light.kitchen"},
    {"turn_on", "{\"entity\":\"kitchen\"}", OND_E_NOT_FOUND, "light.kitchen"},
    {"fly", "{\"entity\":\"light.kitchen\"}", OND_E_NOT_FOUND, "fly"},
    {"turn_on", "{\"entity\":\"sensor.living_room_temperature\"}", OND_E_INPUT, "only be read"},
    {"set_temperature", "{\"entity\":\"climate.boiler\",\"temperature\":60}", OND_E_INPUT,
     "10 to 30"},
    {"set_temperature", "{\"entity\":\"light.kitchen\",\"temperature\":20}", OND_E_INPUT,
     "no attribute 'temperature'"},
    {"set_light", "{\"entity\":\"light.kitchen\"}", OND_E_INPUT, "not said what"},
    {"set_light", "{\"entity\":\"light.entrance\",\"brightness\":40}", OND_E_INPUT, "brightness"},
    {"set_light", "{\"entity\":\"light.entrance\",\"brightness_step\":40}", OND_E_INPUT,
     "brightness"},
    {"set_light", "{\"entity\":\"light.living_room_lamp\",\"color\":\"blurple\"}", OND_E_INPUT,
     "blurple"},
    {"set_light", "{\"entity\":\"light.living_room_lamp\",\"color\":\"red\",\"color_temp\":2700}",
     OND_E_INPUT, "at once"},
    {"set_light", "{\"entity\":\"light.kitchen\",\"brightness\":40,\"brightness_step\":4}",
     OND_E_INPUT, "two things"},
    {"set_hvac_mode", "{\"entity\":\"climate.boiler\",\"hvac_mode\":\"cool\"}", OND_E_INPUT,
     "off, heat"},
    {"activate", "{\"entity\":\"light.kitchen\"}", OND_E_INPUT, "no scene"},
    {"press", "{\"entity\":\"light.kitchen\"}", OND_E_INPUT, "no button"},
    {"lock", "{\"entity\":\"light.kitchen\"}", OND_E_INPUT, "off, on"},
    {"arm", "{\"entity\":\"alarm_control_panel.home\",\"mode\":\"party\"}", OND_E_INPUT,
     "armed_away"},
    {"set", "{\"entity\":\"light.kitchen\",\"attributes\":{}}", OND_E_INPUT, "no attributes"},
    {"set", "{\"entity\":\"light.kitchen\",\"attributes\":{\"colour\":\"red\"}}", OND_E_INPUT,
     "colour"},
    {"toggle", "{\"entity\":\"scene.movie\"}", OND_E_INPUT, "toggled"},
    {"media_next", "{\"entity\":\"light.kitchen\"}", OND_E_INPUT, "tracks"},
};

TEST(refusals_say_why)
{
    for (size_t i = 0; i < COUNT(refusals); i++) {
        ond_hand_step s;
        int rc = try_plan(h, refusals[i].verb, refusals[i].args, &s);
        if (rc != refusals[i].rc)
            fail_msg("%s %s: %d %s", refusals[i].verb, refusals[i].args, rc, err.text);
        says(refusals[i].part);
        assert_null(s.args);
    }
}

/* ---- words ---- */

static const struct {
    const char *verb, *args, *ko, *en;
} words[] = {
    {"turn_off", "{\"entity\":\"light.living_room_lamp\"}", "거실 스탠드를 끄기",
     "turn off the floor lamp in the living room"},
    {"turn_on", "{\"entity\":\"light.kitchen\"}", "주방 조명을 켜기",
     "turn on the light in the kitchen"},
    {"lock", "{\"entity\":\"lock.front_door\"}", "현관문을 잠그기",
     "lock the front door at the entrance"},
    {"unlock", "{\"entity\":\"lock.front_door\"}", "현관문 잠금을 풀기",
     "unlock the front door at the entrance"},
    {"open", "{\"entity\":\"cover.bedroom_curtain\"}", "침실 커튼을 열기",
     "open the curtain in the bedroom"},
    {"set_light", "{\"entity\":\"light.living_room_lamp\",\"brightness\":40}",
     "거실 스탠드 밝기를 40%로 맞추기", "set the floor lamp in the living room to 40% brightness"},
    {"set_light", "{\"entity\":\"light.living_room_lamp\",\"color\":\"blue\"}",
     "거실 스탠드 색을 파란색으로 바꾸기", "make the floor lamp in the living room blue"},
    {"set_temperature", "{\"entity\":\"climate.boiler\",\"temperature\":23.5}",
     "보일러 온도를 23.5도로 맞추기", "set the boiler to 23.5°C"},
    {"set_hvac_mode", "{\"entity\":\"climate.living_room_ac\",\"hvac_mode\":\"cool\"}",
     "거실 에어컨을 냉방으로 맞추기", "set the air conditioner in the living room to cool"},
    {"turn_on", "{\"entity\":\"light.balcony\"}", "베란다 조명을 켜기",
     "turn on the light on the balcony"},
    {"start", "{\"entity\":\"vacuum.robot\"}", "거실 로봇청소기 청소 시작하기",
     "start the robot vacuum in the living room"},
    {"activate", "{\"entity\":\"scene.movie\"}", "영화 모드를 실행하기", "activate movie mode"},
    {"set",
     "{\"entity\":\"light.living_room_lamp\",\"attributes\":{\"state\":\"off\",\"brightness\":60}}",
     "거실 스탠드를 끄기 (밝기 60%)",
     "turn off the floor lamp in the living room (brightness 60%)"},
    {"get", "{\"entity\":\"light.kitchen\"}", "주방 조명 상태 보기",
     "read the state of the light in the kitchen"},
    {"set_volume", "{\"entity\":\"media_player.living_room_tv\",\"muted\":true}",
     "거실 TV 소리를 끄기", "mute the TV in the living room"},
};

TEST(steps_in_both_languages)
{
    for (size_t i = 0; i < COUNT(words); i++) {
        ond_hand_step s = plan(h, words[i].verb, words[i].args);
        assert_string_equal(ond_json_str(s.says, "ko", ""), words[i].ko);
        assert_string_equal(ond_json_str(s.says, "en", ""), words[i].en);
        ond_hand_step_free(&s);
    }
}

/* ---- acting, scenes ---- */

TEST(acts_and_what_shows)
{
    cJSON *after = NULL;
    ond_hand_step s =
        plan(h, "set_light",
             "{\"entity\":\"light.living_room_lamp\",\"brightness\":40,\"color\":\"red\"}");
    assert_int_equal(act_on(h, "set_light", &s, &after), OND_DONE_OK);
    assert_true(is_shown(after, "{\"state\":\"on\",\"brightness\":40,\"color\":\"red\"}"));
    assert_true(
        is_shown(s.before, "{\"state\":\"off\",\"brightness\":60,\"color\":\"warm white\"}"));
    assert_string_equal(s.undo_verb, "set");
    cJSON_Delete(after);
    ond_hand_step_free(&s);
    assert_int_equal(act(h, "close", "{\"entity\":\"cover.living_room_curtain\"}"), OND_DONE_OK);
    shows(h, "cover.living_room_curtain", "{\"state\":\"closing\",\"position\":100}");
    wait_s(6);
    shows(h, "cover.living_room_curtain", "{\"state\":\"closing\",\"position\":50}");
    assert_int_equal(act(h, "stop", "{\"entity\":\"cover.living_room_curtain\"}"), OND_DONE_OK);
    wait_s(60);
    shows(h, "cover.living_room_curtain", "{\"state\":\"open\",\"position\":50}");
}

TEST(a_scene_and_back)
{
    cJSON *before = state_of(h, "light.living_room_lamp");
    ond_hand_step s = plan(h, "activate", "{\"entity\":\"scene.movie\"}");
    assert_true(s.can_undo);
    assert_int_equal(act_on(h, "activate", &s, NULL), OND_DONE_OK);
    wait_s(60);
    shows(h, "light.living_room_lamp", "{\"state\":\"on\",\"brightness\":20,\"color\":\"orange\"}");
    shows(h, "cover.living_room_curtain", "{\"state\":\"closed\",\"position\":0}");
    shows(h, "media_player.living_room_tv", "{\"state\":\"on\"}");
    char *undo = text_of(s.undo_args);
    assert_int_equal(act(h, s.undo_verb, undo), OND_DONE_OK);
    wait_s(60);
    cJSON *now = state_of(h, "light.living_room_lamp");
    assert_true(ond_json_equal(before, now));
    shows(h, "cover.living_room_curtain", "{\"state\":\"open\",\"position\":100}");
    shows(h, "media_player.living_room_tv", "{\"state\":\"off\"}");
    free(undo);
    cJSON_Delete(before);
    cJSON_Delete(now);
    ond_hand_step_free(&s);
}

TEST(several_at_once)
{
    const char *ids[] = {"light.kitchen", "light.study", "light.bedroom"};
    ond_hand_step s[3];
    ond_act a[3];
    for (int i = 0; i < 3; i++) {
        char args[100];
        snprintf(args, sizeof args, "{\"entity\":\"%s\"}", ids[i]);
        s[i] = plan(h, "turn_on", args);
        a[i] = (ond_act){.verb = "turn_on", .args = s[i].args, .expect = s[i].expect};
    }
    ond_hand_home.act(h, a, 3, 1000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(a[i].done, OND_DONE_OK);
        shows(h, ids[i], "{\"state\":\"on\"}");
        cJSON_Delete(a[i].after);
        ond_hand_step_free(&s[i]);
    }
}

/* ---- does the world show it? ---- */

static ond_shows compare(const char *expect, const char *world)
{
    cJSON *e = cJSON_Parse(expect), *w = cJSON_Parse(world);
    ond_shows s = ond_hand_shows(e, w);
    cJSON_Delete(e);
    cJSON_Delete(w);
    return s;
}

TEST(shown_moving_or_not)
{
    assert_int_equal(compare("{}", "{\"state\":\"on\"}"), OND_SHOWS);
    assert_int_equal(compare("{\"state\":\"on\"}", "{\"state\":\"on\",\"brightness\":3}"),
                     OND_SHOWS);
    assert_int_equal(compare("{\"state\":\"on\"}", "{\"state\":\"off\"}"), OND_SHOWS_NOT);
    assert_int_equal(compare("{\"state\":\"on\"}", "{}"), OND_SHOWS_NOT);
    assert_int_equal(
        compare("{\"state\":\"open\",\"position\":100}", "{\"state\":\"opening\",\"position\":3}"),
        OND_SHOWS_MOVING);
    assert_int_equal(
        compare("{\"state\":\"open\",\"position\":40}", "{\"state\":\"closing\",\"position\":90}"),
        OND_SHOWS_MOVING);
    assert_int_equal(
        compare("{\"state\":\"open\",\"position\":40}", "{\"state\":\"opening\",\"position\":90}"),
        OND_SHOWS_NOT);
    assert_int_equal(compare("{\"state\":\"closed\"}", "{\"state\":\"opening\"}"), OND_SHOWS_NOT);
    assert_int_equal(compare("{\"state\":\"docked\"}", "{\"state\":\"returning\"}"),
                     OND_SHOWS_MOVING);
    assert_int_equal(compare("{\"state\":\"armed_home\"}", "{\"state\":\"arming\"}"),
                     OND_SHOWS_MOVING);
    assert_int_equal(
        compare("{\"state\":\"open\",\"position\":40}", "{\"state\":\"open\",\"position\":43}"),
        OND_SHOWS);
    assert_int_equal(compare("{\"temperature\":21.5}", "{\"temperature\":21.4}"), OND_SHOWS_NOT);
    /* what was seen on its way, later */
    assert_int_equal(compare("{\"state\":\"closing\",\"position\":97}",
                             "{\"state\":\"closing\",\"position\":60}"),
                     OND_SHOWS_MOVING);
    assert_int_equal(
        compare("{\"state\":\"closing\",\"position\":97}", "{\"state\":\"closed\",\"position\":0}"),
        OND_SHOWS);
    assert_int_equal(
        compare("{\"state\":\"closing\",\"position\":97}", "{\"state\":\"open\",\"position\":40}"),
        OND_SHOWS);
    assert_int_equal(compare("{\"state\":\"closing\"}", "{\"state\":\"open\",\"position\":40}"),
                     OND_SHOWS);
    assert_int_equal(compare("{\"state\":\"closing\"}", "{\"state\":\"open\",\"position\":100}"),
                     OND_SHOWS_NOT);
    assert_int_equal(
        compare("{\"state\":\"closing\",\"position\":50}", "{\"state\":\"open\",\"position\":100}"),
        OND_SHOWS_NOT);
    assert_int_equal(
        compare("{\"state\":\"opening\",\"position\":3}", "{\"state\":\"closed\",\"position\":0}"),
        OND_SHOWS_NOT);
    assert_int_equal(compare("{\"state\":\"returning\"}", "{\"state\":\"docked\"}"), OND_SHOWS);
    assert_int_equal(compare("{\"state\":\"returning\"}", "{\"state\":\"cleaning\"}"),
                     OND_SHOWS_NOT);
    assert_int_equal(
        compare("{\"members\":{\"a\":{\"state\":\"on\"},\"b\":{\"state\":\"open\"}}}",
                "{\"members\":{\"a\":{\"state\":\"on\"},\"b\":{\"state\":\"opening\"}}}"),
        OND_SHOWS_MOVING);
    assert_int_equal(compare("{\"members\":{\"a\":{\"state\":\"on\"}}}", "{\"members\":{}}"),
                     OND_SHOWS_NOT);
}

/* ---- health, world, configuration ---- */

TEST(world_and_health)
{
    cJSON *w = NULL, *health = ond_hand_home.health(h);
    assert_int_equal(ond_hand_home.world(h, &w, &err), 0);
    assert_true(cJSON_GetArraySize(ond_json_get(w, "entities")) > 40);
    assert_true(ond_json_bool(health, "ok", false));
    assert_non_null(strstr(ond_json_str(health, "what", ""), "built-in house"));
    assert_int_equal(ond_hand_home.fd(h), -1);
    cJSON_Delete(w);
    cJSON_Delete(health);
}

TEST(configuration)
{
    void *none = open_home("{\"house\":\"none\"}", NULL);
    cJSON *w = NULL;
    assert_int_equal(ond_hand_home.world(none, &w, &err), 0);
    assert_int_equal(cJSON_GetArraySize(ond_json_get(w, "entities")), 0);
    cJSON_Delete(w);
    ond_hand_home.close(none);
    void *self = NULL;
    cJSON *bad = cJSON_Parse("{\"house\":\"/nowhere/house.yaml\"}");
    const ond_hand_env env = {.config = bad, .lang = "ko"};
    assert_int_equal(ond_hand_home.open(&env, &self, &err), OND_E_NOT_FOUND);
    assert_null(self);
    says("/nowhere/house.yaml");
    cJSON_Delete(bad);
}

TEST(house_of_ones_own)
{
    char config[1200];
    FILE *f = fopen(tmp_path("house.yaml"), "w");
    assert_non_null(f);
    fputs("devices:\n- {id: cover.garage, class: garage, names: {en: [garage door], ko: [차고문]}, "
          "travel: 10}\n"
          "- {id: button.bell, names: {en: [bell]}}\n- {id: scene.odd, names: {en: [odd]}, "
          "members: {cover.garage: open}}\n",
          f);
    fclose(f);
    snprintf(config, sizeof config, "{\"house\":\"%s\"}", tmp_path("house.yaml"));
    void *own = open_home(config, NULL);
    const struct {
        const char *verb, *args;
        ond_effect effect;
    } of[] = {
        {"open", "{\"entity\":\"cover.garage\"}", OND_EFFECT_PHYSICAL},
        {"set_position", "{\"entity\":\"cover.garage\",\"position\":10}", OND_EFFECT_PHYSICAL},
        {"stop", "{\"entity\":\"cover.garage\"}", OND_EFFECT_REVERSIBLE},
        {"press", "{\"entity\":\"button.bell\"}", OND_EFFECT_IRREVERSIBLE},
        {"turn_on", "{\"entity\":\"button.bell\"}", OND_EFFECT_IRREVERSIBLE},
        {"activate", "{\"entity\":\"scene.odd\"}", OND_EFFECT_PHYSICAL},
    };
    for (size_t i = 0; i < COUNT(of); i++) {
        ond_hand_step s = plan(own, of[i].verb, of[i].args);
        if (s.effect != of[i].effect)
            fail_msg("%s %s is %s", of[i].verb, of[i].args, ond_effect_name(s.effect));
        ond_hand_step_free(&s);
    }
    assert_int_equal(act(own, "press", "{\"entity\":\"button.bell\"}"), OND_DONE_OK);
    ond_hand_home.close(own);
}

#define HOUSE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verbs_have_schemas),
        HOUSE(effects_by_what_it_would_do),
        HOUSE(relative_becomes_exact_and_stays),
        HOUSE(already_as_wanted),
        HOUSE(refusals_say_why),
        HOUSE(steps_in_both_languages),
        HOUSE(acts_and_what_shows),
        HOUSE(a_scene_and_back),
        HOUSE(several_at_once),
        cmocka_unit_test(shown_moving_or_not),
        HOUSE(world_and_health),
        HOUSE(configuration),
        TMP_TEST(house_of_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
