/* test_follow.c - talks of several sentences: what leans on the one before, what is asked back and answered, what is learned. */
#include "house.h"

typedef struct turn {
    const char *say;     /* what the person says; NULL ends the talk */
    const char *says;    /* part of the answer */
    const char *device, *attribute, *shows; /* afterwards; NULL: not looked at */
} turn;

static const ond_run_opts consenting = {.yes = true, .can_wait = true};

static cJSON *say(house *h, const char *text, int *rc)
{
    cJSON *answer = NULL;
    ond_err err = {0};
    *rc = ond_agent_do(h->agent, text, NULL, NULL, &consenting, &answer, &err);
    return answer;
}

static void talk(const turn *turns)
{
    settle_clock();
    house *h = house_open("ko");
    for (; turns->say; turns++) {
        int rc;
        cJSON *answer = say(h, turns->say, &rc);
        if (!strstr(ond_json_str(answer, "say", ""), turns->says))
            fail_msg("%s\n  said   %s\n  wanted %s", turns->say, ond_json_str(answer, "say", ""), turns->says);
        if (turns->device && strcmp(shown(h, turns->device, turns->attribute), turns->shows) != 0)
            fail_msg("%s: %s is %s, not %s", turns->say, turns->device,
                     shown(h, turns->device, turns->attribute), turns->shows);
        cJSON_Delete(answer);
    }
    house_close(h);
}

#define LAMP "light.living_room_lamp", "state"
#define NIGHT "light.bedroom_night", "state"

static void places_and_things_go_in(void **state)
{
    (void)state;
    talk((const turn[]){{"서재 불 켜 줘", "켰어요", "light.study", "state", "on"},
                        {"침실도", "켰어요", NIGHT, "on"},
                        {"주방도 꺼 줘", "꺼져", "light.kitchen", "state", "off"},
                        {0}});
    talk((const turn[]){{"turn on the study lights", "Turned on", "light.study", "state", "on"},
                        {"and the bedroom too", "Turned on", NIGHT, "on"},
                        {"turn it off", "Turned off", NIGHT, "off"},
                        {0}});
}

static void corrections_take_back(void **state)
{
    (void)state;
    talk((const turn[]){{"서재 불 켜 줘", "켰어요", "light.study", "state", "on"},
                        {"아니 침실 말고 주방", "켰어요", "light.kitchen", "state", "on"},
                        {"누가 서재 불 켰어?", "서재 불 켜 줘", "light.study", "state", "off"},
                        {0}});
    talk((const turn[]){{"turn on the study lights", "Turned on", "light.study", "state", "on"},
                        {"no, I meant the kitchen", "Turned on", "light.kitchen", "state", "on"},
                        {"what did you just do", "kitchen", "light.study", "state", "off"},
                        {0}});
}

static void who_did_it(void **state)
{
    (void)state;
    talk((const turn[]){{"서재 불 켜 줘", "켰어요", "light.study", "state", "on"},
                        {"누가 켰어?", "서재 불 켜 줘", NULL, NULL, NULL},
                        {0}});
    talk((const turn[]){{"turn on the floor lamp", "Turned on", LAMP, "on"},
                        {"who turned it on?", "turn on the floor lamp", NULL, NULL, NULL},
                        {0}});
}

static void nothing_to_lean_on(void **state)
{
    (void)state;
    talk((const turn[]){{"서재도", "이해하지 못했어요", NULL, NULL, NULL},
                        {"turn it off", "did not understand", NULL, NULL, NULL},
                        {"no, the study", "did not understand", NULL, NULL, NULL},
                        {0}});
}

static void what_was_left_out_is_asked(void **state)
{
    (void)state;
    talk((const turn[]){{"알람 맞춰 줘", "언제로", NULL, NULL, NULL},
                        {"내일 아침 7시", "알람을 맞췄어요", NULL, NULL, NULL},
                        {"알람 뭐 있어?", "내일 오전 7시", NULL, NULL, NULL},
                        {0}});
    talk((const turn[]){{"내일 3시에 알림 맞춰 줘", "무엇을", NULL, NULL, NULL},
                        {"우유 사기", "우유 사기", NULL, NULL, NULL},
                        {0}});
    talk((const turn[]){{"2월 30일 3시에 회의 일정 추가해 줘", "그런 날", NULL, NULL, NULL},
                        {"어제 3시에 회의 일정 추가해 줘", "이미 지난", NULL, NULL, NULL},
                        {0}});
}

static void a_day(void **state)
{
    (void)state;
    talk((const turn[]){{"10분 타이머 맞춰 줘", "10분", NULL, NULL, NULL},
                        {"5분만 더", "5분", NULL, NULL, NULL},
                        {"타이머 얼마나 남았어?", "15분", NULL, NULL, NULL},
                        {"내일 오후 3시에 치과 예약 넣어 줘", "치과 예약", NULL, NULL, NULL},
                        {"치과 예약 4시로 옮겨 줘", "오후 4시", NULL, NULL, NULL},
                        {"내일 일정 뭐 있어?", "오후 4시 치과 예약", NULL, NULL, NULL},
                        {"취소해 줘", "되돌렸어요", NULL, NULL, NULL},
                        {"내일 일정 뭐 있어?", "오후 3시 치과 예약", NULL, NULL, NULL},
                        {"장보기 목록에 우유랑 계란 추가해 줘", "우유", NULL, NULL, NULL},
                        {"우유 샀어", "우유", NULL, NULL, NULL},
                        {"장보기 목록 읽어 줘", "계란", NULL, NULL, NULL},
                        {"와이파이 비밀번호는 1234라고 메모해 줘", "1234", NULL, NULL, NULL},
                        {"와이파이 메모 찾아 줘", "1234", NULL, NULL, NULL},
                        {0}});
    talk((const turn[]){{"set a timer for ten minutes and turn on the floor lamp", "10 minutes", LAMP, "on"},
                        {"don't turn off the lamp", "leave it", LAMP, "on"},
                        {"add a dentist appointment tomorrow at 3", "dentist", NULL, NULL, NULL},
                        {"cancel the dentist", "dentist", NULL, NULL, NULL},
                        {"what do I have tomorrow?", "Nothing", NULL, NULL, NULL},
                        {0}});
}

static void names_are_learned(void **state)
{
    (void)state;
    talk((const turn[]){{"무드 조명 켜 줘", "이해하지 못했어요", NIGHT, "off"},
                        {"무드등 말한 거야", "앞으로", NIGHT, "on"},
                        {"무드 조명 꺼 줘", "껐어요", NIGHT, "off"},
                        {"앞으로 스탠드를 달빛이라고 부를게", "달빛", LAMP, "off"},
                        {"달빛 켜 줘", "켰어요", LAMP, "on"},
                        {0}});
}

/* The answer to "which one?" is taken for the next time, and can be taken back. */
static void choices_are_learned(void **state)
{
    (void)state;
    static const char two[] = "version: 1\nfloors: []\nareas:\n  - {id: a, names: {ko: [거실], en: [lounge]}}\n"
                              "  - {id: b, names: {ko: [침실], en: [bedroom]}}\ndevices:\n"
                              "  - {id: light.a, area: a, names: {ko: [스탠드], en: [lamp]}, state: off}\n"
                              "  - {id: light.b, area: b, names: {ko: [스탠드], en: [lamp]}, state: off}\n";
    char path[] = "/tmp/ondol-two-XXXXXX";
    int fd = mkstemp(path), rc;
    ond_err err = {0};
    size_t n;
    assert_int_equal(write(fd, two, sizeof two - 1), sizeof two - 1);
    close(fd);
    house *h = house_open_with("ko", NULL, path);
    cJSON *answer = say(h, "스탠드 켜 줘", &rc);
    const char *id = ond_json_str(ond_json_get(answer, "question"), "id", "");
    assert_int_equal(rc, OND_E_AMBIGUOUS);
    cJSON *chosen = NULL;
    assert_int_equal(ond_agent_answer(h->agent, id, "침실", &consenting, &chosen, &err), 0);
    assert_non_null(strstr(ond_json_str(chosen, "say", ""), "스탠드"));
    assert_string_equal(shown(h, "light.b", "state"), "on");
    cJSON_Delete(answer);
    cJSON_Delete(chosen);
    answer = say(h, "스탠드 꺼 줘", &rc);
    assert_int_equal(rc, 0);
    assert_string_equal(shown(h, "light.b", "state"), "off");
    cJSON_Delete(answer);
    assert_int_equal(ond_mind_forget(h->mind, "스탠드", ond_now(), &n, &err), 0);
    assert_int_equal(n, 1);
    answer = say(h, "스탠드 켜 줘", &rc);
    assert_int_equal(rc, OND_E_AMBIGUOUS);
    cJSON_Delete(answer);
    house_close(h);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_and_things_go_in), cmocka_unit_test(corrections_take_back),
        cmocka_unit_test(who_did_it), cmocka_unit_test(nothing_to_lean_on),      cmocka_unit_test(what_was_left_out_is_asked),
        cmocka_unit_test(a_day),                   cmocka_unit_test(names_are_learned),
        cmocka_unit_test(choices_are_learned),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ond_pack_free_all();
    return failed;
}
