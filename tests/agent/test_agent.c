/* test_agent.c - a sentence is done, told and taken back; what is unclear is asked; what is not
 * understood does nothing. */
#include "house.h"

#include "store/store.h"
#include "sys/file.h"

static const ond_ms noon = 1795489200000;      /* 2026-11-24T03:00Z */

static int setup(void **state)
{
    ond_clock_set(noon);
    ond_zone_set("Asia/Seoul");
    *state = house_open("ko");
    return 0;
}

static int teardown(void **state)
{
    house_close(*state);
    ond_clock_set(0);
    return 0;
}

/* Says a sentence; the answer is the caller's. */
static cJSON *say(house *h, const char *text, const ond_run_opts *run, int *rc)
{
    cJSON *answer = NULL;
    ond_err err = {0};
    int code = ond_agent_do(h->agent, text, NULL, NULL, run, &answer, &err);
    if (rc)
        *rc = code;
    else if (code != 0)
        fail_msg("%s: %s", text, err.text);
    assert_non_null(answer);
    return answer;
}

static const ond_run_opts consenting = {.yes = true}, waiting = {.can_wait = true};

static void quietly(house *h, const char *text) { cJSON_Delete(say(h, text, &consenting, NULL)); }

/* Lets curtains, locks and the vacuum arrive. */
static void let_time_pass(house *h)
{
    cJSON *world = NULL;
    ond_err err = {0};
    ond_clock_set(ond_now() + 60000);
    ond_gate_service(h->gate);
    assert_int_equal(ond_gate_world(h->gate, &world, &err), 0);
    cJSON_Delete(world);
}

/* ---- do, see, undo, see ---- */

typedef struct turn { const char *first, *text, *id, *attribute, *after; } turn;
static const turn turns[] = {
    {NULL, "거실 스탠드 켜 줘", "light.living_room_lamp", "state", "on"},
    {NULL, "거실 불 꺼", "light.living_room_ceiling", "state", "off"},
    {NULL, "모든 불 켜", "light.study_desk", "state", "on"},
    {NULL, "turn off everything", "switch.study_outlet", "state", "off"},
    {NULL, "거실 천장등 30%로", "light.living_room_ceiling", "brightness", "30"},
    {NULL, "dim the living room lights a bit", "light.living_room_ceiling", "brightness", "70"},
    {NULL, "거실 불 더 밝게", "light.living_room_ceiling", "brightness", "100"},
    {NULL, "거실 천장등 최소로", "light.living_room_ceiling", "brightness", "1"},
    {NULL, "turn the floor lamp blue", "light.living_room_lamp", "color", "blue"},
    {NULL, "거실 천장등 3000K로", "light.living_room_ceiling", "color_temp", "3000"},
    {NULL, "거실 커튼 닫아", "cover.living_room_curtain", "state", "closed"},
    {NULL, "침실 커튼 열어", "cover.bedroom_curtain", "state", "open"},
    {NULL, "set the living room curtain to 30%", "cover.living_room_curtain", "position", "30"},
    {NULL, "거실 커튼 조금 더 닫아", "cover.living_room_curtain", "position", "90"},
    {NULL, "현관문 열어", "lock.front_door", "state", "unlocked"},
    {"현관문 열어", "lock the front door", "lock.front_door", "state", "locked"},
    {NULL, "보일러 24도로", "climate.boiler", "temperature", "24"},
    {NULL, "보일러 2도 낮춰", "climate.boiler", "temperature", "20"},
    {NULL, "turn off the heating", "climate.boiler", "state", "off"},
    {NULL, "에어컨 켜", "climate.living_room_ac", "state", "cool"},
    {NULL, "에어컨 제습으로 해 줘", "climate.living_room_ac", "state", "dry"},
    {NULL, "선풍기 강풍으로", "fan.bedroom", "percentage", "100"},
    {NULL, "turn on the bedroom fan", "fan.bedroom", "state", "on"},
    {"선풍기 켜", "선풍기 더 세게", "fan.bedroom", "percentage", "70"},
    {NULL, "선풍기 수면풍으로 바꿔", "fan.bedroom", "preset_mode", "sleep"},
    {NULL, "set the AC fan to high", "climate.living_room_ac", "fan_mode", "high"},
    {NULL, "가습기 터보로", "humidifier.kids_room", "mode", "boost"},
    {NULL, "청소기 조용히", "vacuum.robot", "fan_speed", "quiet"},
    {NULL, "티비 HDMI 1로 바꿔", "media_player.living_room_tv", "source", "HDMI 1"},
    {NULL, "put on channel 11", "media_player.living_room_tv", "track", "11"},
    {NULL, "거실 불 더 따뜻한 색으로", "light.living_room_ceiling", "color_temp", "3300"},
    {NULL, "가습기 켜 줘", "humidifier.kids_room", "state", "on"},
    {NULL, "가습기 습도 60%로", "humidifier.kids_room", "humidity", "60"},
    {NULL, "turn on the TV", "media_player.living_room_tv", "state", "on"},
    {"TV 켜", "소리 10 올려", "media_player.living_room_tv", "volume", "28"},
    {"TV 켜", "티비 볼륨 5로", "media_player.living_room_tv", "volume", "5"},
    {"TV 켜", "음소거", "media_player.living_room_tv", "muted", "true"},
    {NULL, "로봇청소기 돌려", "vacuum.robot", "state", "cleaning"},
    {NULL, "커피 머신 켜", "switch.coffee_maker", "state", "on"},
    {NULL, "가스 밸브 열어", "valve.gas", "state", "open"},
    {NULL, "영화 모드", "light.living_room_lamp", "brightness", "20"},
    {NULL, "good night", "lock.front_door", "state", "locked"},
    {NULL, "경비 켜", "alarm_control_panel.home", "state", "armed_away"},
};

/* What a person would call the state of the house, without what drifts by itself. */
static char *snapshot(house *h)
{
    static const char *const kept[] = {"state",    "brightness",  "color",      "color_temp",
                                       "position", "temperature", "percentage", "humidity",
                                       "volume",   "muted",       "hvac_mode",
                                       "preset_mode", "fan_mode", "mode", "fan_speed", "track", "source"};
    cJSON *world = NULL;
    ond_err err = {0};
    const cJSON *row;
    ond_buf out = {0};
    assert_int_equal(ond_gate_world(h->gate, &world, &err), 0);
    cJSON_ArrayForEach(row, ond_json_get(world, "entities")) {
        const char *domain = ond_json_str(row, "domain", "");
        if (strcmp(domain, "sensor") == 0 || strcmp(domain, "binary_sensor") == 0 ||
            strcmp(domain, "scene") == 0)
            continue;
        ond_buf_printf(&out, "%s:", ond_json_str(row, "id", ""));
        for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
            const cJSON *value = ond_json_get(ond_json_get(row, "state"), kept[i]);
            if (value) {
                ond_buf_printf(&out, " %s=", kept[i]);
                ond_json_print(&out, value);
            }
        }
        ond_buf_putc(&out, '\n');
    }
    cJSON_Delete(world);
    return ond_buf_take(&out);
}

static void do_and_undo(house *h, const turn *t)
{
    if (t->first) {
        quietly(h, t->first);
        let_time_pass(h);
    }
    char *before = snapshot(h);
    quietly(h, t->text);
    let_time_pass(h);
    if (strcmp(shown(h, t->id, t->attribute), t->after) != 0)
        fail_msg("%s: %s %s is %s, not %s", t->text, t->id, t->attribute,
                 shown(h, t->id, t->attribute), t->after);
    cJSON *answer = NULL;
    ond_err err = {0};
    if (ond_agent_undo(h->agent, 0, NULL, &consenting, &answer, &err) != 0)
        fail_msg("undo of %s: %s", t->text, err.text);
    assert_string_equal(ond_json_str(answer, "status", ""), "done");
    cJSON_Delete(answer);
    let_time_pass(h);
    char *after = snapshot(h);
    if (strcmp(before, after) != 0)
        fail_msg("after undo of %s:\n%s\nwas\n%s", t->text, after, before);
    free(before);
    free(after);
}

static void every_kind_is_done_and_undone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        house *h = house_open("ko");
        do_and_undo(h, &turns[i]);
        house_close(h);
    }
}

/* ---- what is said ---- */

typedef struct saying { const char *first, *text, *answer; } saying;
static const saying sayings[] = {
    {NULL, "거실 스탠드 켜 줘", "거실 스탠드를 켰어요."},
    {NULL, "거실 천장등 켜", "거실 천장등은 이미 켜져 있었어요."},
    {NULL, "거실 불 켜", "거실 스탠드를 켰어요. 거실 천장등은 이미 켜져 있었어요."},
    {NULL, "주방 불 켜", "주방 조명과 주방 식탁등을 켰어요."},
    {NULL, "2층 불 켜",
     "5개를 켰어요: 서재 조명, 서재 책상 스탠드, 침실 조명, 침실 무드등과 아이방 조명."},
    {NULL, "에어컨 바람 세게", "에어컨 세기를 강으로 맞췄어요."},
    {NULL, "선풍기 수면풍으로", "침실 선풍기를 수면 모드로 맞췄어요."},
    {NULL, "티비 11번", "TV를 11번으로 바꿨어요."},
    {NULL, "switch the TV to HDMI 1", "Switched the TV to HDMI 1."},
    {NULL, "where's the vacuum?", "The robot vacuum is at its station (battery 100%)."},
    {NULL, "밖은 몇 도야?", "바깥 온도는 4도예요."},
    {NULL, "TV 켜", "TV를 켰어요."},
    {NULL, "선풍기 켜", "침실 선풍기를 켰어요."},
    {NULL, "거실 천장등 40%로", "거실 천장등 밝기를 40%로 맞췄어요."},
    {NULL, "스탠드 빨간색으로", "거실 스탠드를 빨간색으로 맞췄어요."},
    {NULL, "보일러 24도로", "보일러를 24도로 맞췄어요."},
    {NULL, "보일러 22도로", "보일러는 이미 22도였어요."},
    {NULL, "현관문 열어", "현관문 잠금을 풀었어요."},
    {NULL, "현관문 잠가", "현관문은 이미 잠겨 있었어요."},
    {NULL, "커튼 닫아", "거실 커튼을 닫았어요."},
    {NULL, "로봇청소기 돌려", "로봇청소기가 청소를 시작했어요."},
    {NULL, "모든 불 빨간색으로",
     "거실 스탠드와 침실 무드등을 빨간색으로 맞췄어요. 나머지 10개는 그렇게 할 수 없어요."},
    {"거실 스탠드 켜", "취소해", "되돌렸어요: 거실 스탠드는 다시 꺼져 있어요."},
    {NULL, "거실 온도 몇 도야?", "거실 온도는 21.5도예요."},
    {NULL, "지금 몇 도야?", "거실 21.5도, 서재 21도, 침실 20.5도, 아이방 21도예요."},
    {NULL, "욕실 습도 얼마야", "욕실 습도는 62%예요."},
    {NULL, "현관문 잠겼어?", "네, 현관문은 잠겨 있어요."},
    {NULL, "현관문 열려 있어?", "아니요, 현관문 센서는 닫혀 있어요. 현관문은 잠겨 있어요."},
    {NULL, "불 켜진 데 있어?", "네, 거실 천장등이 켜져 있어요."},
    {NULL, "불 다 꺼졌어?", "아니요, 거실 천장등이 켜져 있어요."},
    {NULL, "불 몇 개 켜져 있어?", "1개예요: 거실 천장등."},
    {NULL, "주방에 뭐 켜져 있어?", "없어요. 모두 꺼져 있어요."},
    {NULL, "천장등 어때", "거실 천장등은 켜져 있어요(밝기 80%). 서재 조명은 꺼져 있어요."},
    {NULL, "로봇청소기 배터리 얼마야", "로봇청소기 배터리는 100%예요."},
    {NULL, "지금 몇 시야", "지금은 오후 12시예요."},
    {NULL, "오늘 며칠이야", "오늘은 2026년 11월 24일 화요일이에요."},
    {NULL, "turn on the floor lamp", "Turned on the living room floor lamp."},
    {NULL, "turn on the living room lights",
     "Turned on the living room floor lamp. Already on: the living room ceiling light."},
    {NULL, "turn on the lights upstairs",
     "Turned on 5 devices: the study light, the study desk lamp, the bedroom light, the bedroom "
     "mood light and the kids' room light."},
    {NULL, "set the thermostat to 24 degrees", "Set the boiler to 24°C."},
    {NULL, "is the front door locked?", "Yes, the front door is locked."},
    {NULL, "which lights are on?", "The living room ceiling light is on."},
    {NULL, "what's the temperature in the bedroom?", "It is 20.5°C in the bedroom."},
    {"turn on the TV", "undo that", "Taken back: the TV is off again."},
};

static void answers_are_told_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sayings / sizeof sayings[0]; i++) {
        house *h = house_open("ko");
        if (sayings[i].first)
            quietly(h, sayings[i].first);
        cJSON *answer = say(h, sayings[i].text, &consenting, NULL);
        if (strcmp(ond_json_str(answer, "say", ""), sayings[i].answer) != 0)
            fail_msg("%s\n  said   %s\n  wanted %s", sayings[i].text,
                     ond_json_str(answer, "say", ""), sayings[i].answer);
        cJSON_Delete(answer);
        house_close(h);
    }
}

/* ---- questions ---- */

static char *question_id(const cJSON *answer)
{
    const char *id = ond_json_str(ond_json_get(answer, "question"), "id", NULL);
    assert_non_null(id);
    return strdup(id);
}

/* Asks "커튼 열어" and gives one answer to it; returns the second answer. */
static cJSON *curtain(house *h, const char *reply, int *rc)
{
    ond_err err = {0};
    cJSON *answer = say(h, "커튼 열어", &waiting, rc);
    assert_int_equal(*rc, OND_E_AMBIGUOUS);
    assert_string_equal(ond_json_str(answer, "status", ""), "question");
    assert_int_equal(cJSON_GetArraySize(ond_json_get(ond_json_get(answer, "question"), "choices")),
                     3);
    char *id = question_id(answer);
    cJSON_Delete(answer);
    assert_string_equal(shown(h, "cover.bedroom_curtain", "state"), "closed");
    *rc = ond_agent_answer(h->agent, id, reply, &waiting, &answer, &err);
    free(id);
    return answer;
}

static void a_choice_is_asked_and_answered(void **state)
{
    static const char *const good[] = {"침실",    "침실 커튼",    "2",        "2번",
                                       "두 번째", "두 번째 거요", "침실이요", "침실 커튼으로 해 줘",
                                       "모두",    "둘 다"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        house *h = house_open("ko");
        int rc;
        cJSON *answer = curtain(h, good[i], &rc);
        if (rc != 0)
            fail_msg("%s: %s", good[i], ond_json_str(answer, "say", ""));
        cJSON_Delete(answer);
        let_time_pass(h);
        assert_string_equal(shown(h, "cover.bedroom_curtain", "state"), "open");
        house_close(h);
    }
}

static void no_choice_does_nothing(void **state)
{
    house *h = *state;
    int rc;
    cJSON *answer = curtain(h, "아니요", &rc);
    assert_int_equal(rc, 0);
    assert_string_equal(ond_json_str(answer, "status", ""), "refused");
    cJSON_Delete(answer);
    answer = curtain(h, "부엌", &rc);
    assert_int_equal(rc, OND_E_AMBIGUOUS);
    char *again = question_id(answer);
    cJSON_Delete(answer);
    ond_err err = {0};
    assert_int_equal(ond_agent_answer(h->agent, again, "침실", &waiting, &answer, &err), 0);
    cJSON_Delete(answer);
    assert_int_equal(ond_agent_answer(h->agent, again, "침실", &waiting, &answer, &err),
                     OND_E_NOT_FOUND);
    free(again);
}

static cJSON *unlock(house *h, const char *reply, int *rc)
{
    ond_err err = {0};
    cJSON *answer = say(h, "현관문 열어", &waiting, rc);
    assert_int_equal(*rc, OND_E_ASK);
    assert_string_equal(ond_json_str(answer, "status", ""), "asked");
    assert_string_equal(ond_json_str(answer, "say", ""), "현관문 잠금을 풀까요?");
    char *id = strdup(ond_json_str(ond_json_get(ond_json_get(answer, "report"), "ask"), "id", ""));
    cJSON_Delete(answer);
    *rc = ond_agent_answer(h->agent, id, reply, &waiting, &answer, &err);
    free(id);
    return answer;
}

static void an_unlock_is_asked(void **state)
{
    house *h = *state;
    int rc;
    cJSON *answer = say(h, "현관문 열어", NULL, &rc);
    assert_int_equal(rc, OND_E_ASK);
    assert_string_equal(ond_json_str(answer, "status", ""), "refused");
    cJSON_Delete(answer);
    cJSON_Delete(unlock(h, "아니요", &rc));
    assert_int_equal(rc, 0);
    cJSON_Delete(unlock(h, "글쎄", &rc));
    assert_int_equal(rc, OND_E_INPUT);
    let_time_pass(h);
    assert_string_equal(shown(h, "lock.front_door", "state"), "locked");
    answer = unlock(h, "네", &rc);
    assert_int_equal(rc, 0);
    assert_string_equal(ond_json_str(answer, "say", ""), "현관문 잠금을 풀었어요.");
    cJSON_Delete(answer);
    let_time_pass(h);
    assert_string_equal(shown(h, "lock.front_door", "state"), "unlocked");
}

/* ---- what must not happen ---- */

static void what_is_not_understood_does_nothing(void **state)
{
    static const char *const texts[] = {"",
                                        "   ",
                                        "?!",
                                        "에어컨 사고 싶어",
                                        "내일 불 꺼줘",
                                        "turn on the lights at seven"};
    enum { KEPT = 3 }; /* those that have words stay in the journal, for what may understand them */
    house *h = *state;
    char *before = snapshot(h);
    int64_t rows = ond_store_count(h->store);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int rc;
        cJSON *answer = say(h, texts[i], &consenting, &rc);
        assert_int_equal(rc, OND_E_UNKNOWN);
        assert_string_equal(ond_json_str(answer, "status", ""), "unknown");
        assert_true(cJSON_IsNull(ond_json_get(answer, "intent")));
        assert_null(ond_json_get(answer, "report"));
        cJSON_Delete(answer);
    }
    char *after = snapshot(h);
    assert_string_equal(before, after);
    assert_int_equal(ond_store_count(h->store), rows + KEPT);
    free(before);
    free(after);
}

static void hostile_text_is_refused(void **state)
{
    house *h = *state;
    ond_err err = {0};
    cJSON *answer = NULL;
    int rc = ond_agent_do(h->agent, "불 \xff\xfe 켜", NULL, NULL, NULL, &answer, &err);
    assert_int_equal(rc, OND_E_INPUT);
    cJSON_Delete(answer);
    char *big = malloc(1 << 20);
    memset(big, 'a', (1 << 20) - 1);
    big[(1 << 20) - 1] = '\0';
    rc = ond_agent_do(h->agent, big, NULL, NULL, NULL, &answer, &err);
    assert_int_equal(rc, OND_E_INPUT);
    cJSON_Delete(answer);
    rc = ond_agent_parse(h->agent, big, NULL, NULL, &answer, &err);
    assert_int_equal(rc, OND_E_INPUT);
    cJSON_Delete(answer);
    free(big);
    rc = ond_agent_do(h->agent, "불 켜", "klingon-language-of-the-stars", NULL, NULL, &answer, &err);
    assert_true(rc != 0);
    cJSON_Delete(answer);
    rc = ond_agent_do(h->agent, "불 켜", "../../etc", NULL, NULL, &answer, &err);
    assert_true(rc != 0);
    cJSON_Delete(answer);
}

static void a_dry_run_touches_nothing(void **state)
{
    house *h = *state;
    char *before = snapshot(h);
    int64_t rows = ond_store_count(h->store);
    cJSON *answer = say(h, "거실 스탠드 켜", &(ond_run_opts){.dry_run = true}, NULL);
    assert_string_equal(ond_json_str(answer, "status", ""), "planned");
    cJSON_Delete(answer);
    int rc;
    answer = say(h, "커튼 열어", &(ond_run_opts){.dry_run = true, .can_wait = true}, &rc);
    assert_int_equal(rc, OND_E_AMBIGUOUS);
    assert_null(ond_json_get(ond_json_get(answer, "question"), "id"));
    cJSON_Delete(answer);
    char *after = snapshot(h);
    assert_string_equal(before, after);
    assert_int_equal(ond_store_count(h->store), rows);
    free(before);
    free(after);
}

static void what_cannot_be_is_said(void **state)
{
    static const struct { const char *text, *say; int code; } rows[] = {
        {"에어컨 50도로", "에어컨은 18부터 30까지만 맞출 수 있어요.", OND_E_INPUT},
        {"침실 TV 켜", "침실에는 TV가 없어요.", OND_E_NOT_FOUND},
        {"침실 조명 더 밝게", "켜진 조명이 없어요.", OND_E_NOT_FOUND},
        {"현관 불 30%로", "현관 조명은 그렇게 할 수 없어요.", OND_E_INPUT},
        {"차고문 열어", "이 집에는 차고문이 없어요.", OND_E_NOT_FOUND},
        {"되돌려줘", "되돌릴 것이 없어요.", OND_E_NOT_FOUND},
        {"turn on the TV in the bedroom", "There is no TV in the bedroom.", OND_E_NOT_FOUND},
    };
    house *h = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int rc;
        cJSON *answer = say(h, rows[i].text, &consenting, &rc);
        assert_string_equal(ond_json_str(answer, "say", ""), rows[i].say);
        assert_int_equal(rc, rows[i].code);
        assert_string_equal(ond_json_str(ond_json_get(answer, "error"), "code", ""),
                            ond_code_name(rc));
        cJSON_Delete(answer);
    }
}

/* ---- where the speaker is, parse, more sentences ---- */

static void the_speakers_room_decides(void **state)
{
    house *h = *state;
    cJSON *answer = NULL;
    ond_err err = {0};
    assert_int_equal(ond_agent_do(h->agent, "불 켜", NULL, "침실", &consenting, &answer, &err), 0);
    cJSON_Delete(answer);
    assert_string_equal(shown(h, "light.bedroom", "state"), "on");
    assert_string_equal(shown(h, "light.kitchen", "state"), "off");
    assert_int_equal(
        ond_agent_do(h->agent, "open the curtain", NULL, "bedroom", &consenting, &answer, &err), 0);
    cJSON_Delete(answer);
    assert_string_equal(shown(h, "cover.bedroom_curtain", "state"), "opening");
    assert_int_equal(ond_agent_do(h->agent, "불 켜", NULL, "마구간", &consenting, &answer, &err),
                     OND_E_NOT_FOUND);
    cJSON_Delete(answer);
}

static void parse_tells_the_plan(void **state)
{
    house *h = *state;
    cJSON *p = NULL;
    ond_err err = {0};
    assert_int_equal(ond_agent_parse(h->agent, "거실 스탠드 30%로 해 줘", NULL, NULL, &p, &err), 0);
    const cJSON *step = cJSON_GetArrayItem(ond_json_get(p, "plan"), 0),
                *from = ond_json_get(step, "provenance");
    assert_string_equal(ond_json_str(p, "lang", ""), "ko");
    assert_string_equal(ond_json_str(p, "intent", ""), "HassLightSet");
    assert_string_equal(ond_json_str(ond_json_get(p, "slots"), "area", ""), "거실");
    assert_string_equal(ond_json_str(ond_json_get(p, "slots"), "name", ""), "스탠드");
    assert_true(ond_json_num(p, "confidence", 0) == 1);
    assert_string_equal(ond_json_str(step, "hand", ""), "home");
    assert_string_equal(ond_json_str(step, "effect", ""), "reversible");
    assert_string_equal(ond_json_str(from, "brightness", ""), "owner");
    assert_string_equal(ond_json_str(from, "entity", ""), "house");
    cJSON_Delete(p);
    assert_int_equal(ond_agent_parse(h->agent, "거실 불 더 어둡게", "ko-KR", NULL, &p, &err), 0);
    from = ond_json_get(cJSON_GetArrayItem(ond_json_get(p, "plan"), 0), "provenance");
    assert_string_equal(ond_json_str(from, "brightness_step", ""), "rule");
    cJSON_Delete(p);
    assert_int_equal(ond_agent_parse(h->agent, "unlock the front door", NULL, NULL, &p, &err), 0);
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(ond_json_get(p, "plan"), 0), "effect", ""),
                        "physical");
    cJSON_Delete(p);
    assert_string_equal(shown(h, "light.living_room_lamp", "state"), "off");
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void more_sentences_can_be_added(void **state)
{
    char dir[] = "/tmp/ondol-pack-XXXXXX", path[128], command[128];
    cJSON *answer = NULL;
    ond_err err = {0};
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/ko", dir);
    assert_int_equal(ond_dir_make(path, 0700, &err), 0);
    snprintf(path, sizeof path, "%s/ko/mine.yaml", dir);
    write_file(path, "language: ko\nintents:\n  HassTurnOff:\n    data:\n      - sentences: [\"나 "
                     "[이제] 잔다\"]\n"
                     "        slots: {domain: light, name: all}\n");
    house *h = house_open_with("ko", dir, NULL);
    if (ond_agent_do(h->agent, "나 잔다", NULL, NULL, NULL, &answer, &err) != 0)
        fail_msg("%s", err.text);
    cJSON_Delete(answer);
    assert_string_equal(shown(h, "light.living_room_ceiling", "state"), "off");
    quietly(h, "거실 불 켜");
    assert_int_equal(ond_agent_do(h->agent, "turn off the lights", NULL, NULL, NULL, &answer, &err),
                     0);
    cJSON_Delete(answer);
    house_close(h);
    write_file(path, "language: ko\nintents: {HassTurnOff: {data: [{sentences: [\"(나 잔다\"]}]}}\n");
    h = house_open_with("ko", dir, NULL);
    assert_true(ond_agent_do(h->agent, "거실 불 켜", NULL, NULL, NULL, &answer, &err) != 0);
    assert_non_null(strstr(err.text, "mine.yaml"));
    cJSON_Delete(answer);
    house_close(h);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    setenv("LC_ALL", "C", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_is_done_and_undone, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_are_told_in_words, setup, teardown),
        cmocka_unit_test_setup_teardown(a_choice_is_asked_and_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(no_choice_does_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unlock_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_understood_does_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_text_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dry_run_touches_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(the_speakers_room_decides, setup, teardown),
        cmocka_unit_test_setup_teardown(parse_tells_the_plan, setup, teardown),
        cmocka_unit_test_setup_teardown(more_sentences_can_be_added, setup, teardown),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ond_pack_free_all();
    return failed;
}
