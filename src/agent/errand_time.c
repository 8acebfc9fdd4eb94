/* errand_time.c - timers, alarms and reminders: which one is meant, and when. */
#include "agent/errand.h"
#include "base/utf8.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <strings.h>

static const char *owner(void) { return ond_source_name(OND_SOURCE_OWNER); }
static const char *house(void) { return ond_source_name(OND_SOURCE_HOUSE); }

static bool wants_all(const ond__wish *w) { return ond__slot_has(w, "quantity", "all"); }

/* ---- finding one ---- */

static void tell_timer(ond_buf *out, const cJSON *t, const char *lang)
{
    ond_when_dur_say(out, (int64_t)ond_json_num(t, "seconds", 0), lang);
    const char *label = ond_json_str(t, "label", "");
    if (label[0])
        ond_buf_printf(out, " (%s)", label);
}

static void tell_dated(ond_buf *out, const cJSON *c, const char *lang)
{
    ond_when_opts opts = ond__when_opts(false, true);
    const char *what = ond_json_str(c, "text", ond_json_str(c, "label", ""));
    ond_when_say(out, ond_json_str(c, "next", ond_json_str(c, "at", "")), &opts, lang);
    if (what[0])
        ond_buf_printf(out, " %s", what);
}

/* The words that were said occur in the candidate's. */
static bool named_so(const ond__wish *w, const cJSON *c, const char *slot, const char *key)
{
    ond_buf said = {0}, a = {0}, b = {0};
    bool ok = true;
    if (ond__phrase_of(w, slot, &said)) {
        ond__squeeze(&a, ond_buf_z(&said));
        ond__squeeze(&b, ond_json_str(c, key, ""));
        ok = a.n && strstr(ond_buf_z(&b), ond_buf_z(&a)) != NULL;
    }
    ond_buf_free(&said);
    ond_buf_free(&a);
    ond_buf_free(&b);
    return ok;
}

static bool is_timer(const ond__wish *w, const cJSON *c)
{
    ond_when t = ond__when(w, "of_", false, true);
    if (t.seconds && (int64_t)ond_json_num(c, "seconds", 0) != t.seconds)
        return false;
    return named_so(w, c, "label", "label");
}

/* A time or a day that was said is the candidate's next one. */
static bool falls_on(const ond__wish *w, const cJSON *c, bool morning)
{
    ond_when t = ond__when(w, "of_", morning, true);
    const char *next = ond_json_str(c, "next", ond_json_str(c, "at", ""));
    ond_buf local = {0};
    bool ok = true;
    if (t.code != OND_WHEN_OK)
        return true;
    ond_when_local_put(&local, &t.start, true);
    const char *said = ond_buf_z(&local);
    if (t.has_day || t.is_offset)
        ok = strncmp(said, next, 10) == 0;
    if (ok && t.has_time) {
        /* "7시 알람": seven of the clock, in the morning or the evening unless it was said which */
        bool same = strncmp(said + 10, next + 10, 6) == 0;
        bool other = strlen(next) >= 16 && atoi(said + 11) % 12 == atoi(next + 11) % 12 &&
                     strncmp(said + 13, next + 13, 3) == 0;
        ok = same || (other && !ond_match_slot(w->match, "of_when_half"));
    }
    ond_buf_free(&local);
    return ok;
}

static bool is_alarm(const ond__wish *w, const cJSON *c)
{
    return falls_on(w, c, true) && named_so(w, c, "label", "label");
}

static bool is_reminder(const ond__wish *w, const cJSON *c)
{
    return falls_on(w, c, false) && named_so(w, c, "text", "text");
}

typedef struct sort {
    const char *verb, *key;
    ond__keep_fn *is;
    ond__tell_fn *tell;
    ond_msg none;
} sort;
static const sort timers = {"timers", "timers", is_timer, tell_timer, OND_M_AGENT_NO_TIMER},
                  alarms = {"alarms", "alarms", is_alarm, tell_dated, OND_M_AGENT_NO_ALARM},
                  reminders = {"reminders", "reminders", is_reminder, tell_dated,
                               OND_M_AGENT_NO_REMINDER};

/* "커튼 치고 알람", "쉬는 날이니까 알람": a clause that goes on, or says why, is no name. */
static bool names_a_clause(const ond__wish *w, const char *slot)
{
    static const char *const ends[] = {"고", "니까", "라서", "어서", "아서", "해서", "는데", "은데",
                                       "거든", "더니", "지만", "으면", "이래", "간대", "한대", "했어", "았어", "었어", "줘", "줘요", "주세요"};
    ond_buf label = {0};
    bool yes = false, named = strcmp(w->lang, "ko") == 0 && ond__phrase_of(w, slot, &label);
    for (size_t i = 0; named && i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(ends[i]);
        yes |= label.n > n && memcmp(label.p + label.n - n, ends[i], n) == 0;
    }
    yes |= named && (ond__holds_wish_ko(ond_buf_z(&label)) || (strcmp(slot, "label") == 0 && ond__is_told_ko(ond_buf_z(&label))) ||
                     (strcmp(slot, "label") == 0 && strncmp(ond_buf_z(&label), "나 ", strlen("나 ")) == 0) ||
                     (label.n > 4 && strcmp(ond_buf_z(&label) + label.n - strlen(" 그"), " 그") == 0) || strstr(ond_buf_z(&label), "고 나서 ") ||
                     strncmp(ond_buf_z(&label), "그리고 ", strlen("그리고 ")) == 0);
    ond_buf_free(&label);
    return yes;
}

/* The things of a sort that the sentence means; *out is the caller's. */
static int find(ond__wish *w, const sort *s, cJSON **out, ond_err *err)
{
    if (names_a_clause(w, "label") || names_a_clause(w, "text")) {
        ond__wish_not_understood(w);
        return 0;
    }
    int rc = ond__look(w, "time", s->verb, cJSON_CreateObject(), s->key, out, err);
    if (rc != 0 || w->code != 0)
        return rc;
    ond__sift(*out, s->is, w);
    return ond__which_one(w, *out, "id", wants_all(w), s->tell, s->none, "", err);
}

/* One step for each that was found; `more` adds what the verb wants besides the id. */
typedef bool more_fn(ond__wish *w, ond__draft *d, const cJSON *c);
static int each(ond__wish *w, const sort *s, const char *verb, more_fn *more, ond_err *err)
{
    cJSON *found = NULL;
    const cJSON *c;
    int rc = find(w, s, &found, err);
    cJSON_ArrayForEach(c, (rc == 0 && w->code == 0 ? found : NULL)) {
        ond__draft d = ond__draft_new("time", verb);
        bool ok = ond__draft_str(&d, "id", ond_json_str(c, "id", ""), house()) &&
                  (!more || more(w, &d, c));
        if (!ok || w->code != 0) {
            ond__draft_drop(&d);
            rc = w->code != 0 ? 0 : ond_nomem(err, "planning");
            break;
        }
        rc = ond__errand_add(w, &d, err);
        if (rc != 0 || w->code != 0)
            break;
    }
    cJSON_Delete(found);
    return rc;
}

/* ---- timers ---- */

/* "my meeting on friday": the day belongs to the time. */
static bool names_a_day(const char *label)
{
    static const char *const days[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "tomorrow",
                                       "today", "tonight", "every ", "weekday", "weekend", "next week", "o'clock"};
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        if (strcasestr(label, days[i]))
            return true;
    return false;
}

/* "hold the timer for a minute" is no timer called "hold the", "a 5 minute timer and a 10 minute timer" are
 * two. */
static bool begins_a_wish(const ond__wish *w)
{
    static const char *const verbs[] = {"hold ", "pause ", "stop ", "freeze ", "cancel ", "delete ", "turn ", "switch ",
                                        "put ", "keep ", "leave ", "add ", "extend ", "shorten ", "make ", "move ",
                                        "change ", "check ", "show ", "is ", "are ", "do ", "don't ", "let ", "get ",
                                        "take ", "reset ", "restart ", "resume ", "open ", "close ", "lock ", "what ", "to ", "did ", "have "};
    ond_buf label = {0};
    bool yes = strcmp(w->lang, "en") == 0 && w->text && w->match != &w->own &&
               (strcasestr(w->text, "make the timer") || strcasestr(w->text, "make my timer")); /* the one that runs */
    if (strcmp(w->lang, "en") == 0 && ond__phrase_of(w, "label", &label)) {
        bool alarm = strcmp(w->match->intent, "OndolAlarmSet") == 0;
        yes = yes || strstr(ond_buf_z(&label), "timer") || (alarm && names_a_day(ond_buf_z(&label))) || (ond_buf_z(&label)[0] >= '0' && ond_buf_z(&label)[0] <= '9');
        for (size_t i = 0; !yes && i < sizeof verbs / sizeof verbs[0]; i++)
            yes = strncasecmp(ond_buf_z(&label), verbs[i], strlen(verbs[i])) == 0;
    }
    ond_buf_free(&label);
    return yes;
}

/* "tea and a 10 minute one for the pasta": a second timer is no name of the first. */
static bool names_a_length(const ond__wish *w)
{
    static const char *const units[] = {" minute", " second", " hour", " min ", " mins", " secs"};
    ond_buf label = {0};
    bool yes = false;
    if (strcmp(w->lang, "en") == 0 && ond__phrase_of(w, "label", &label))
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
            const char *unit = strstr(ond_buf_z(&label), units[i]), *joint = strstr(ond_buf_z(&label), " and ");
            yes |= unit && joint && joint < unit;
        }
    ond_buf_free(&label);
    return yes;
}

int ond__errand_timer_start(ond__wish *w, ond_err *err)
{
    ond_when t = ond__when(w, "", false, false);
    ond_buf label = {0};
    if (names_a_clause(w, "label") || begins_a_wish(w) || names_a_length(w)) {
        ond__wish_not_understood(w);
        return 0;
    }
    if (t.seconds <= 0) {
        ond__errand_ask(w, OND_M_AGENT_HOW_LONG, "");
        return 0;
    }
    ond__draft d = ond__draft_new("time", "timer_start");
    bool ok = ond__draft_num(&d, "seconds", (double)t.seconds, owner()) &&
              (!ond__phrase_of(w, "label", &label) ||
               ond__draft_str(&d, "label", ond_buf_z(&label), owner()));
    ond_buf_free(&label);
    if (ok)
        return ond__errand_add(w, &d, err);
    ond__draft_drop(&d);
    return ond_nomem(err, "planning");
}

/* "알람 꺼" while one rings silences it; else it is taken away. */
static bool rings(const ond__wish *w, const cJSON *c)
{
    (void)w;
    return strcmp(ond_json_str(c, "state", ""), "ringing") == 0;
}

static int any_rings(ond__wish *w, const sort *s, bool *yes, ond_err *err)
{
    cJSON *all = NULL;
    int rc = ond__look(w, "time", s->verb, cJSON_CreateObject(), s->key, &all, err);
    *yes = false;
    if (rc == 0 && w->code == 0) {
        ond__sift(all, rings, w);
        *yes = all->child != NULL;
    }
    cJSON_Delete(all);
    return rc;
}

static int silence_or_cancel(ond__wish *w, const sort *s, const char *verb, ond_err *err)
{
    bool loud;
    int rc = any_rings(w, s, &loud, err);
    if (rc != 0 || w->code != 0)
        return rc;
    return loud ? ond__errand_read(w, "time", "stop", err) : each(w, s, verb, NULL, err);
}

int ond__errand_timer_cancel(ond__wish *w, ond_err *err)
{
    return silence_or_cancel(w, &timers, "timer_cancel", err);
}
int ond__errand_timer_pause(ond__wish *w, ond_err *err)
{
    return each(w, &timers, "timer_pause", NULL, err);
}
int ond__errand_timer_resume(ond__wish *w, ond_err *err)
{
    return each(w, &timers, "timer_resume", NULL, err);
}

static bool put_more(ond__wish *w, ond__draft *d, const cJSON *c)
{
    ond_when t = ond__when(w, "", false, false);
    (void)c;
    bool less = ond__slot_has(w, "direction", "down");
    if (t.seconds <= 0)
        ond__errand_ask(w, OND_M_AGENT_HOW_LONG, "");
    return ond__draft_num(d, "seconds", (double)(less ? -t.seconds : t.seconds), owner());
}
/* "add two minutes to the duck" is about a timer where there is one for it. */
int ond__errand_timer_add(ond__wish *w, ond_err *err)
{
    int rc = each(w, &timers, "timer_add", put_more, err);
    if (rc == 0 && w->code == OND_E_NOT_FOUND && ond__slot_has(w, "weak", "yes"))
        ond__wish_not_understood(w);
    return rc;
}

int ond__errand_timers(ond__wish *w, ond_err *err)
{
    /* "how long has the tea got?" is about a timer where there is one for it */
    cJSON *found = NULL;
    bool weak = ond__slot_has(w, "weak", "yes");
    int rc = weak ? find(w, &timers, &found, err) : 0;
    bool none = weak && rc == 0 && (w->code == OND_E_NOT_FOUND || !found || !found->child);
    cJSON_Delete(found);
    if (rc != 0)
        return rc;
    if (none) {
        ond__wish_not_understood(w);
        return 0;
    }
    return w->code ? 0 : ond__errand_read(w, "time", "timers", err);
}

/* ---- alarms and reminders ---- */

static bool put_time(ond__draft *d, const ond_when *t)
{
    ond_buf at = {0};
    ond__when_local(t, false, &at);
    bool ok = ond_buf_ok(&at) && ond__draft_str(d, "at", ond_buf_z(&at), owner()) &&
              (!t->rule[0] || ond__draft_str(d, "rule", t->rule, owner()));
    ond_buf_free(&at);
    return ok;
}

static int set(ond__wish *w, const char *verb, bool morning, const char *key, const char *text,
               ond_err *err)
{
    ond_when t = ond__when(w, "", morning, false);
    if (ond__when_asked(w, &t, true))
        return 0;
    ond__draft d = ond__draft_new("time", verb);
    if (put_time(&d, &t) && (!text || ond__draft_str(&d, key, text, owner())))
        return ond__errand_add(w, &d, err);
    ond__draft_drop(&d);
    return ond_nomem(err, "planning");
}

int ond__errand_alarm_set(ond__wish *w, ond_err *err)
{
    ond_buf label = {0};
    if (names_a_clause(w, "label") || begins_a_wish(w)) {
        ond__wish_not_understood(w);
        return 0;
    }
    bool named = ond__phrase_of(w, "label", &label);
    int rc = set(w, "alarm_set", true, "label", named ? ond_buf_z(&label) : NULL, err);
    ond_buf_free(&label);
    return rc;
}

/* "먹어야", "챙겨야" leave a form with a vowel, of which this makes the stem: "먹", "챙기". */
static void bare_stem(ond_buf *b)
{
    enum { A_O = 9, WA = 8, OE_FROM = 10, OE = 11, WEO = 14, U = 13, YEO = 6, I = 20 };
    size_t at = b->n >= 3 ? b->n - 3 : b->n, end = at;
    uint32_t c = at < b->n ? ond_utf8_next((ond_str){b->p, b->n}, &end) : 0;
    const char *last = ond_buf_z(b) + at;
    if (c < 0xac00 || c > 0xd7a3 || (c - 0xac00) % 28 != 0)
        return;
    bool whole = strcmp(last, "어") == 0 || strcmp(last, "아") == 0;
    uint32_t vowel = (c - 0xac00) % 588 / 28, to = vowel;
    if (vowel == A_O)
        to = WA;
    else if (vowel == OE_FROM)
        to = OE;
    else if (vowel == WEO)
        to = U;
    else if (vowel == YEO && strcmp(last, "켜") != 0 && strcmp(last, "펴") != 0)
        to = I;
    else if (strcmp(last, "해") == 0)
        to = 0;
    if (!whole && to == vowel)
        return;
    char new[4];
    b->n = at;
    if (!whole)
        ond_buf_put(b, new, ond_utf8_put(c + to * 28 - vowel * 28, new));
}

/* "강의 들으라고": before a vowel ㄷ became ㄹ; the stem has ㄷ again. "물으라고" (묻다) is one of them, "놀라고" is
 * not: a stem in ㄹ takes no "으". And in the south-east "무라" is "먹어라". */
static void true_stem(ond_buf *b, const char *sentence)
{
    static const char *const rows[][3] = {
        {"들", "듣", "들으"}, {"걸", "걷", "걸으"}, {"물", "묻", "물으"}, {"실", "싣", "실으"},
        {"깨달", "깨닫", "깨달으"}, {"무", "먹", "무라"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = strlen(rows[i][0]);
        bool ends = b->n >= n && memcmp(b->p + b->n - n, rows[i][0], n) == 0;
        bool alone = ends && (b->n == n || b->p[b->n - n - 1] == ' ');
        if (!alone || !sentence || !strstr(sentence, rows[i][2]))
            continue;
        b->n -= n;
        ond_buf_puts(b, rows[i][1]);
        return;
    }
}

/* "약 드실 시간이라고": a noun and what is said of nouns, no stem of a verb. */
static bool is_noun_said(ond_buf *b)
{
    static const char *const nouns[] = {"시간이", "날이", "생일이", "생신이", "기일이", "차례이", "약속이", "마감이"};
    static const char said[] = "이";
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
        size_t n = strlen(nouns[i]);
        if (b->n < n || memcmp(b->p + b->n - n, nouns[i], n) != 0)
            continue;
        b->n -= sizeof said - 1;
        b->p[b->n] = '\0';
        return true;
    }
    return false;
}

/* "약 먹으라고" leaves the stem of a verb, which becomes a noun: "약 먹기"; "약 먹을 시간" is the hour for it. */
static void what_to_remember(const ond__wish *w, ond_buf *out)
{
    static const char not_[] = "말";
    size_t n = sizeof not_ - 1;
    if (ond__phrase_of(w, "stem", out)) {
        if (is_noun_said(out))
            return;
        bool forbids = out->n >= n && memcmp(out->p + out->n - n, not_, n) == 0;
        if (ond__slot_has(w, "must", "yes"))
            bare_stem(out);
        else
            true_stem(out, w->text);
        if (forbids && !strstr(ond_buf_z(out), "지"))
            ond_buf_clear(out); /* "말라고" alone: to do what? */
        else
            ond_buf_puts(out, "기");
    } else if (ond__phrase_of(w, "text", out) && ond__slot_has(w, "hour", "yes"))
        ond_buf_puts(out, " 시간");
}

/* "내일 날씨 알려 줘" asks for the weather; "내일 3시에 회의 알려 줘" wants to be reminded. */
static bool asks_for_news(const ond__wish *w, const char *text)
{
    static const char *const news[] = {
        "날씨", "기온", "뉴스",   "미세먼지", "교통", "환율", "주가", "시세", "운세", "소식", "시간",
        "온도", "습도", "상태",   "메뉴",     "영화", "노래", "가격", "방법", "이유", "뜻",   "경기",
        "점수", "결과", "맛집",   "길",       "가는", "뭐",   "얼마", "어디", "누구", "누가", "어떻게",
        "왜",   "몇",   "시간표", "예매",     "스코어", "순위", "추천", "레시피", "번호", "주소", "일정",
    };
    ond_when t = ond__when(w, "", false, false);
    if (!ond__slot_has(w, "weak", "yes"))
        return false;
    if (!t.has_time && !t.is_offset && !t.rule[0])
        return true;
    for (size_t i = 0; i < sizeof news / sizeof news[0]; i++)
        if (strstr(text, news[i]))
            return true;
    return false;
}

/* "… to call Bo and at 6 to call Jo": the second one is no part of the first. */
static bool two_reminders(const ond__wish *w, const char *text)
{
    static const char *const times[] = {" and at ", " and in ", " and on ", " and tomorrow", " and tonight", " and then at "};
    for (size_t i = 0; strcmp(w->lang, "en") == 0 && i < sizeof times / sizeof times[0]; i++) {
        const char *at = strstr(text, times[i]);
        if (at && strstr(at, " to "))
            return true;
    }
    return false;
}

/* "깨워 주고", "켜주고": asked for, unlike "밥 주고". */
static bool asks_and_goes_on(const char *text)
{
    static const char give[] = "주고 ";
    static const char *const forms[] = {"워", "켜", "꺼", "려", "어", "아", "춰", "해", "여"};
    for (const char *at = text; (at = strstr(at, give)) != NULL; at++) {
        size_t n = (size_t)(at - text);
        n -= n && text[n - 1] == ' ';
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
            if (n >= 3 && memcmp(text + n - 3, forms[i], 3) == 0)
                return true;
    }
    return false;
}

/* "한 시간 전에": an hour was read where a length was said. "깨워 주고 8시에 병원 가라고": another wish. */
static bool is_torn(const char *text)
{
    static const char *const goes_on[] = {"맞추고 ", "추가하고 ", "등록하고 ", "날짜랑", "요일이랑", "일정이랑"};
    static const char before[] = "전에";
    size_t n = strlen(text), len = sizeof before - 1;
    bool torn = strncmp(text, "간 ", strlen("간 ")) == 0 || asks_and_goes_on(text) || strcmp(text, "도") == 0 ||
                (n >= len && strcmp(text + n - len, before) == 0);
    for (size_t i = 0; i < sizeof goes_on / sizeof goes_on[0]; i++)
        torn |= strstr(text, goes_on[i]) != NULL;
    /* "커튼 쳐 줘. 10분 뒤에 알려 줘": two wishes */
    static const char *const ends[] = {"줘", "줘요", "주세요", "주고", "켜고", "끄고", "열고", "닫고", "틀고", "잠그고", "돌리고",
                                       "고 나서", "그리고"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        torn |= n >= strlen(ends[i]) && strcmp(text + n - strlen(ends[i]), ends[i]) == 0;
    return torn || ond__holds_wish_ko(text) || strncmp(text, "그리고 ", strlen("그리고 ")) == 0;
}

int ond__errand_reminder_set(ond__wish *w, ond_err *err)
{
    ond_buf text = {0};
    int rc = 0;
    what_to_remember(w, &text);
    bool korean = strcmp(w->lang, "ko") == 0, wakes = strcmp(ond_buf_z(&text), "깨우기") == 0; /* an alarm */
    bool torn = korean ? is_torn(ond_buf_z(&text)) || wakes : two_reminders(w, ond_buf_z(&text));
    if (torn || asks_for_news(w, ond_buf_z(&text)) || (text.n == 0 && ond_match_slot(w->match, "stem")))
        ond__wish_not_understood(w);
    else if (text.n == 0)
        ond__errand_ask(w, OND_M_AGENT_WHAT_TO_REMEMBER, "");
    else
        rc = set(w, "reminder_set", false, "text", ond_buf_z(&text), err);
    ond_buf_free(&text);
    return rc;
}

int ond__errand_alarm_cancel(ond__wish *w, ond_err *err)
{
    return silence_or_cancel(w, &alarms, "alarm_cancel", err);
}
int ond__errand_reminder_cancel(ond__wish *w, ond_err *err)
{
    return each(w, &reminders, "reminder_cancel", NULL, err);
}

/* "모레로 바꿔 줘": another day, at the hour that it has. */
static void keep_hour(ond_when *t, const cJSON *c)
{
    ond_civil was;
    bool timed;
    if (t->code != OND_WHEN_OK || !t->has_day || t->has_time || t->rule[0] || ond_json_str(c, "rule", "")[0] ||
        !ond_when_local_read(ond_json_str(c, "next", ond_json_str(c, "at", "")), &was, &timed) || !timed)
        return;
    t->start.hour = was.hour;
    t->start.minute = was.minute;
    t->has_time = true;
}

int ond__nearer_hour(int hour, int was)
{
    int other = hour < 12 ? hour + 12 : hour - 12;
    return hour % 12 && abs(other - was) < abs(hour - was) ? other : hour;
}

/* "make that half past eight instead" of what is on Thursday evening: its day, and of the two hours
 * the nearer one. */
static void keep_day(const ond__wish *w, ond_when *t, const cJSON *c)
{
    ond_civil was, to = t->start;
    bool timed;
    if (t->code != OND_WHEN_OK || t->has_day || !t->has_time || t->rule[0] || t->is_offset ||
        ond_json_str(c, "rule", "")[0] ||
        !ond_when_local_read(ond_json_str(c, "next", ond_json_str(c, "at", "")), &was, &timed) ||
        !timed)
        return;
    to.year = was.year;
    to.month = was.month;
    to.day = was.day;
    if (!ond_match_slot(w->match, "to_when_part")) to.hour = ond__nearer_hour(to.hour, was.hour);
    if (ond_civil_ms(&to, ond_zone()) > ond_now()) t->start = to;
}

static bool put_new_time(ond__wish *w, ond__draft *d, const cJSON *c, bool morning)
{
    ond_when t = ond__when(w, "to_", morning, false);
    keep_hour(&t, c);
    if (!morning && strcmp(w->lang, "en") == 0) keep_day(w, &t, c);
    return ond__when_asked(w, &t, true) || put_time(d, &t);
}
/* "알람 10분 늦춰": from where it is. */
static bool put_shifted(ond__wish *w, ond__draft *d, const cJSON *c, double seconds)
{
    ond_when t = {.has_time = true};
    bool timed;
    const char *at = ond_json_str(c, "at", ond_json_str(c, "next", ""));
    if (!ond_when_local_read(at, &t.start, &timed) || !timed)
        return ond__wish_not_understood(w), true;
    double way = ond__slot_has(w, "direction", "down") ? -1 : 1;
    ond_ms to = ond_civil_ms(&t.start, ond_zone()) + (ond_ms)(way * seconds * 1000);
    ond_civil_of(to, ond_zone(), &t.start);
    snprintf(t.rule, sizeof t.rule, "%s", ond_json_str(c, "rule", ""));
    return put_time(d, &t);
}

static bool put_new(ond__wish *w, ond__draft *d, const cJSON *c, bool morning)
{
    ond_when by = ond__when(w, "by_", false, false);
    return by.seconds > 0 ? put_shifted(w, d, c, (double)by.seconds) : put_new_time(w, d, c, morning);
}
static bool put_new_alarm(ond__wish *w, ond__draft *d, const cJSON *c)
{
    return put_new(w, d, c, true);
}
static bool put_new_reminder(ond__wish *w, ond__draft *d, const cJSON *c)
{
    return put_new(w, d, c, false);
}
int ond__errand_alarm_move(ond__wish *w, ond_err *err)
{
    return each(w, &alarms, "alarm_move", put_new_alarm, err);
}
int ond__errand_reminder_move(ond__wish *w, ond_err *err)
{
    return each(w, &reminders, "reminder_move", put_new_reminder, err);
}

static bool put_on(ond__wish *w, ond__draft *d, const cJSON *c)
{
    (void)c;
    return ond__draft_bool(d, "on", !ond__slot_has(w, "state", "off"), owner());
}
int ond__errand_alarm_enable(ond__wish *w, ond_err *err)
{
    return each(w, &alarms, "alarm_enable", put_on, err);
}

int ond__errand_alarms(ond__wish *w, ond_err *err)
{
    return ond__errand_read(w, "time", "alarms", err);
}
int ond__errand_reminders(ond__wish *w, ond_err *err)
{
    return ond__errand_read(w, "time", "reminders", err);
}

/* ---- what rings ---- */

/* "시끄러워", "enough": about what rings; where nothing does it is not about us. */
int ond__errand_stop(ond__wish *w, ond_err *err)
{
    bool timer, alarm;
    int rc = any_rings(w, &timers, &timer, err);
    if (rc == 0 && w->code == 0)
        rc = any_rings(w, &alarms, &alarm, err);
    if (rc != 0 || w->code != 0)
        return rc;
    if (timer || alarm)
        return ond__errand_read(w, "time", "stop", err);
    if (ond__sure(w))
        OND__WISH_FAIL(w, OND_E_NOT_FOUND, OND_M_AGENT_NOTHING_RINGS, "");
    else
        ond__wish_not_understood(w);
    return 0;
}

int ond__errand_snooze(ond__wish *w, ond_err *err)
{
    enum { SNOOZE = 9 * 60 };
    ond_when t = ond__when(w, "", false, false);
    const char *source = ond_source_name(t.seconds > 0 ? OND_SOURCE_OWNER : OND_SOURCE_RULE);
    ond__draft d = ond__draft_new("time", "snooze");
    if (ond__draft_num(&d, "seconds", t.seconds > 0 ? (double)t.seconds : SNOOZE, source))
        return ond__errand_add(w, &d, err);
    ond__draft_drop(&d);
    return ond_nomem(err, "planning");
}
