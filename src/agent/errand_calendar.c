/* errand_calendar.c - events: made, moved, taken out, asked for.
 *
 * Of an event that repeats, one occurrence is meant where a day was said; without a day the person
 * is asked whether this one or all of them. */
#include "agent/errand.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <strings.h>

static const char *owner(void) { return ond_source_name(OND_SOURCE_OWNER); }
static const char *house(void) { return ond_source_name(OND_SOURCE_HOUSE); }

/* ---- making ---- */

/* "at Nando's, put it in my calendar": where it goes is no part of the place. */
static void without_where(const ond__wish *w, ond_buf *said)
{
    static const char *const tails[] = {" put it in", " put it on", " put that in", " add it to",
                                        " add that to", " stick it in", " pop it in"};
    for (size_t i = 0; strcmp(w->lang, "en") == 0 && i < sizeof tails / sizeof tails[0]; i++) {
        const char *text = ond_buf_z(said), *at = strstr(text, tails[i]);
        if (!at)
            continue;
        said->n = (size_t)(at - text);
        said->p[said->n] = '\0';
    }
}

static bool put_slot(ond__wish *w, ond__draft *d, const char *slot, const char *key)
{
    ond_buf said = {0};
    bool there = ond__phrase_of(w, slot, &said);
    if (strcmp(key, "location") == 0)
        without_where(w, &said);
    bool ok = !there || ond__draft_str(d, key, ond_buf_z(&said), owner());
    ond_buf_free(&said);
    return ok;
}

static bool put_times(ond__draft *d, const ond_when *t)
{
    ond_buf start = {0}, end = {0};
    ond_civil after = t->end;
    ond__when_local(t, false, &start);
    if (!t->has_end && t->seconds > 0 && t->has_time)
        ond_civil_of(ond_civil_ms(&t->start, ond_zone()) + t->seconds * 1000, ond_zone(), &after);
    bool ends = t->has_end || (t->seconds > 0 && t->has_time);
    ond_when_local_put(&end, &after, t->has_time || t->is_offset);
    bool ok = ond_buf_ok(&start) && ond_buf_ok(&end) &&
              ond__draft_str(d, "start", ond_buf_z(&start), owner()) &&
              (!ends || ond__draft_str(d, "end", ond_buf_z(&end), owner())) &&
              (!t->rule[0] || ond__draft_str(d, "rule", t->rule, owner()));
    ond_buf_free(&start);
    ond_buf_free(&end);
    return ok;
}

/* What rings is in no calendar: "알람 6시 20분". */
static bool is_for_clock(const char *title, bool anywhere)
{
    static const char *const words[] = {"알람", "타이머", "알림", "모닝콜", "자명종", "깨워", "깨우"};
    size_t len = strlen(title);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if (anywhere ? strstr(title, words[i]) != NULL
                     : len >= n && strcmp(title + len - n, words[i]) == 0)
            return true;
    }
    return false;
}

/* "6시20분": an hour that no rule took for one belongs to no name. */
static bool says_hour(const char *title)
{
    for (const char *at = title; *at; at++) {
        size_t n = strspn(at, "0123456789");
        if (n && (strncmp(at + n, "시", 3) == 0 || strncmp(at + n, "분", 3) == 0))
            return true;
        at += n ? n - 1 : 0;
    }
    return false;
}

/* "축구 누가 이겨": a word that asks, at the head of a word. */
static bool asks_something(const char *title)
{
    static const char *const words[] = {"누가", "누구", "뭐", "몇", "어디", "왜", "언제", "얼마", "어떻", "무슨"};
    for (const char *at = title; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (strncmp(at, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

/* "15일 오전 11시 반 건강검진" is an event although nobody says so: but only with a day, with an hour
 * or an end, and with a title that is the name of a thing. */
static bool is_plain_title(const char *title, const char *lang)
{
    static const char *const verbs_ko[] = {"줘", "요",  "다",  "까", "니", "나", "지", "라", "해",
                                           "돼", "어", "아", "야", "네", "냐", "죠", "래", "게",
                                           "와", "군", "걸", "데", "마", "오", "고", "함"};
    static const char *const words_en[] = {
        "what", "who", "how", "when", "where", "why", "which", "is", "are", "do", "does", "did",
        "can", "could", "will", "would", "should", "book", "order", "play", "tell", "show", "find",
        "buy", "send", "text", "i", "i'm", "you", "we", "it", "it's", "turn", "set", "open",
        "close", "lock", "unlock", "start", "stop", "dim", "make", "let", "wake", "remind", "there",
        "please", "get", "give", "read", "call", "email", "message", "switch", "the", "if", "don't",
        "cancel", "delete", "remove", "move", "change", "put", "add", "take", "check", "that",
        "i've", "i'd", "i'll", "we're", "we've", "we'll", "they", "they're", "he", "she", "he's",
        "she's", "you're", "what's", "who's", "how's", "when's", "where's", "got", "any",
        "anything", "something", "nothing", "everything", "sure", "for", "alarm", "timer",
        "reminder", "me", "no", "not", "has", "have", "had", "may", "must", "shall", "might",
        "never", "always", "but", "and", "or", "weather", "forecast", "let's", "schedule", "remember", "forget",
        "note", "keep", "leave", "say", "ask", "arm", "disarm", "mute", "unmute", "dim", "brighten", "preheat",
        "vacuum", "hoover", "block", "reserve", "raise", "lower", "shut", "pause", "resume", "snooze", "undo", "heat", "cool"};
    /* "arm the alarm for the weekend": the time belongs to an act */
    static const char *const torn_en[] = {"for", "to", "at", "in", "on", "the", "a", "an", "my", "by", "from", "until", "till", "of"};
    /* what is told about a thing is no name of it: "the alarm was loud" */
    static const char *const told_en[] = {
        " was ",     " were ",  " is ",       " are ",      " isn't ",  " had ",   " didn't ",
        " doesn't ", " don't ", " says ",     " said ",     " left ",   " went ",  " came ",
        " saw ",     " told ",  " got ",      " gave ",     " took ",   " lost ",  " found ",
        " forgot ",  " broke ", " fell ",     " bought ",   " sold ",   " stole ", " won ",
        " ate ",     " drank ", " drove ",    " ran ",      " made ",   " has ",   " have ",
        " can't ",   " won't ", " wouldn't ", " couldn't ", " keeps ",  " kept ",  " wants ",
        " wanted ",  " asked ", " called ",   " rang ",     " turned ", " moved ", " started ",
        " stopped ", " died ",  " knocked ",  " crashed "};
    /* "lights off on Thursday at 11" wishes for an act at that time, which is no event */
    static const char *const acts_en[] = {"off", "on", "open", "closed", "shut", "locked", "unlocked",
                                          "up", "down", "heating", "lights", "light", "boiler", "ac",
                                          "tv", "telly", "curtains", "blinds", "oven", "lamp", "door"};
    size_t n = strlen(title);
    bool korean = strcmp(lang, "ko") == 0;
    if (korean && (is_for_clock(title, true) || says_hour(title) || asks_something(title)))
        return false;
    for (size_t i = 0; korean && i < sizeof verbs_ko / sizeof verbs_ko[0]; i++)
        if (n >= 3 && strcmp(title + n - 3, verbs_ko[i]) == 0)
            return false;
    for (size_t i = 0; !korean && i < sizeof words_en / sizeof words_en[0]; i++) {
        size_t len = strlen(words_en[i]);
        if (strncasecmp(title, words_en[i], len) == 0 && (title[len] == ' ' || !title[len]))
            return false;
    }
    for (size_t i = 0; !korean && i < sizeof torn_en / sizeof torn_en[0]; i++) {
        size_t len = strlen(torn_en[i]);
        if (n > len && strcasecmp(title + n - len, torn_en[i]) == 0 && title[n - len - 1] == ' ')
            return false;
    }
    for (size_t i = 0; !korean && i < sizeof told_en / sizeof told_en[0]; i++)
        if (strstr(title, told_en[i]))
            return false;
    for (size_t i = 0; !korean && i < sizeof acts_en / sizeof acts_en[0]; i++) {
        size_t len = strlen(acts_en[i]);
        if (n >= len && strcasecmp(title + n - len, acts_en[i]) == 0 &&
            (n == len || title[n - len - 1] == ' '))
            return false;
    }
    return n > 0 && n <= 80;
}

static bool is_bare(const ond__wish *w, const ond_when *t)
{
    ond_buf title = {0};
    bool korean = strcmp(w->lang, "ko") == 0;
    bool dated = strstr(t->rule, "FREQ=MONTHLY") || strstr(t->rule, "FREQ=YEARLY");
    bool day = t->has_day || (korean && dated);
    bool whole = t->code == OND_WHEN_OK && day &&
                 (t->has_time || t->has_end || t->rule[0]) && !t->is_offset;
    bool ok = ond__phrase_of(w, "title", &title) && is_plain_title(ond_buf_z(&title), w->lang) &&
              (whole || t->code == OND_WHEN_IMPOSSIBLE); /* "2월 30일 병원 예약": when, then? */
    ond_buf_free(&title);
    return ok;
}

/* Words that stand for a thing, or begin another wish: "put it at 22", "make a note, …". */
static bool is_no_korean_title(const char *title)
{
    static const char *const whole[] = {"도", "은", "는", "만", "에", "에도", "좀", "그", "이", "저", "그거", "이거",
                                        "빼", "남은", "다른", "있는", "모든", "무슨", "어떤", "중요한", "특별한", "새", "새로운",
                                        "지난", "급한", "내", "나", "우리"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strcmp(title, whole[i]) == 0)
            return true;
    /* "달력에서 지워 주시지요": what? */
    static const char *const verbs[] = {"깨워", "깨우", "지워", "지우", "지웁", "뺍", "빼 ", "빼주", "삭제", "없애", "취소해", "추가해", "넣어", "잡아", "등록해"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strncmp(title, verbs[i], strlen(verbs[i])) == 0)
            return true;
    size_t n = strlen(title), that = strlen(" 그"); /* "그 손님 못 오신대, 그 일정" */
    if (n > that && strcmp(title + n - that, " 그") == 0)
        return true;
    return ond__is_told_ko(title) || ond__holds_wish_ko(title);
}

/* "book piano lesson": what is to be booked; not "book club". */
static bool books(const char *title)
{
    static const char *const events[] = {"club", "fair", "group", "launch", "swap", "signing", "reading", "sale", "festival"};
    if (strncasecmp(title, "book ", 5) != 0)
        return false;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (strncasecmp(title + 5, events[i], strlen(events[i])) == 0)
            return false;
    return true;
}

static bool is_no_title(const ond__wish *w)
{
    static const char *const whole[] = {"it", "that", "this", "them", "for", "me", "one", "my", "the", "all"};
    static const char *const heads[] = {"it ", "note ", "a note ", "sure ", "me ", "timer ", "alarm ",
                                        "an alarm ", "a timer ", "reminder ", "a reminder "};
    /* a day at the end belongs to the time: "prom committee wed after school 4pm" */
    static const char *const days[] = {"mon", "tue", "tues", "wed", "weds", "thu", "thur", "thurs",
                                       "fri", "sat", "today", "tomorrow", "tonight", "tmrw",
                                       "monday", "tuesday", "wednesday", "thursday", "friday",
                                       "saturday", "sunday"};
    ond_buf title = {0};
    bool no = false;
    if (!ond__phrase_of(w, "title", &title))
        return false;
    const char *z = ond_buf_z(&title);
    if (strcmp(w->lang, "en") != 0) {
        no = is_no_korean_title(z);
        ond_buf_free(&title);
        return no;
    }
    no = books(z);
    for (size_t i = 0; !no && i < sizeof whole / sizeof whole[0]; i++)
        no = strcasecmp(z, whole[i]) == 0;
    for (size_t i = 0; !no && i < sizeof heads / sizeof heads[0]; i++)
        no = strncasecmp(z, heads[i], strlen(heads[i])) == 0;
    for (const char *at = z; !no && (at = strchr(at, ' ')); at++)
        for (size_t i = 0; !no && i < sizeof days / sizeof days[0]; i++) {
            size_t n = strlen(days[i]);
            no = strncasecmp(at + 1, days[i], n) == 0 && (!at[n + 1] || at[n + 1] == ' ');
        }
    ond_buf_free(&title);
    return no;
}

/* "drinks at the Crown": the place stands after the thing, by its name or with "the". */
static const char *place_in(const char *title)
{
    const char *at = strstr(title, " at ");
    const char *name = at ? at + strlen(" at ") : NULL;
    bool is = name && at > title && !strstr(name, " at ") &&
              (strncmp(name, "the ", 4) == 0 || (name[0] >= 'A' && name[0] <= 'Z'));
    return is ? at : NULL;
}

/* "lunch at Luigi's on Friday": what a rule took for "is" belongs to the name of the place. */
static bool is_somebodys(const char *said, const char *place)
{
    const char *at = said ? strstr(said, place) : NULL;
    return at && strncmp(at + strlen(place), "'s ", strlen("'s ")) == 0;
}

static bool put_english(ond__draft *d, const char *said, const char *title, const char *at)
{
    ond_buf what = {0}, place = {0};
    ond_buf_put(&what, title, (size_t)(at - title));
    ond_buf_puts(&place, at + strlen(" at "));
    if (is_somebodys(said, at + strlen(" at ")))
        ond_buf_puts(&place, "'s");
    bool ok = ond_buf_ok(&what) && ond_buf_ok(&place) &&
              ond__draft_str(d, "title", ond_buf_z(&what), owner()) &&
              ond__draft_str(d, "location", ond_buf_z(&place), owner());
    ond_buf_free(&what);
    ond_buf_free(&place);
    return ok;
}

/* "제사라고 적어 둬", "손주 온다고 적어 놔": what is quoted, without the quoting. A command becomes the name of what
 * is to be done. */
static void unquote(ond_buf *title)
{
    static const struct { const char *end, *by; } rows[] = {
        {"으라고", "기"}, {"하라고", "하기"}, {"가라고", "가기"}, {"오라고", "오기"}, {"내라고", "내기"},
        {"다고", "다"},   {"이라고", ""},     {"라고", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = strlen(rows[i].end);
        if (title->n <= n || memcmp(title->p + title->n - n, rows[i].end, n) != 0)
            continue;
        title->n -= n;
        title->p[title->n] = '\0';
        ond_buf_puts(title, rows[i].by);
        return;
    }
}

/* "강남역에서 지은이 만나기": the place stands before the thing. */
static bool put_title_and_place(ond__wish *w, ond__draft *d)
{
    ond_buf title = {0}, place = {0};
    bool english = strcmp(w->lang, "en") == 0 && !ond_match_slot(w->match, "location");
    bool split = strcmp(w->lang, "ko") == 0 && !ond_match_slot(w->match, "location");
    if (!ond__phrase_of(w, "title", &title))
        return true;
    if (strcmp(w->lang, "ko") == 0)
        unquote(&title);
    if (english && place_in(ond_buf_z(&title))) {
        bool put = put_english(d, w->text, ond_buf_z(&title), place_in(ond_buf_z(&title)));
        ond_buf_free(&title);
        return put;
    }
    const char *text = ond_buf_z(&title), *in = split ? strstr(text, "에서 ") : NULL;
    const char *what = in && in > text ? in + strlen("에서 ") : text;
    if (what != text)
        ond_buf_put(&place, text, (size_t)(in - text));
    size_t n = strlen(what);
    ond_buf whole = {0};
    ond_buf_puts(&whole, what);
    if (split && n > 3 && strcmp(what + n - 3, "랑") == 0) /* "지은이랑 약속": the word for it was taken */
        ond_buf_puts(&whole, " 약속");
    bool ok = ond_buf_ok(&whole) && ond__draft_str(d, "title", ond_buf_z(&whole), owner()) &&
              (what == text || ond__draft_str(d, "location", ond_buf_z(&place), owner()));
    ond_buf_free(&whole);
    ond_buf_free(&title);
    ond_buf_free(&place);
    return ok;
}

/* "a meeting with finance": what it is, and with whom. */
static bool put_new_title(ond__wish *w, ond__draft *d)
{
    const ond_slot *whom = ond_match_slot(w->match, "title");
    ond_buf kind = {0};
    if (!whom || !ond__phrase_of(w, "occasion", &kind))
        return put_title_and_place(w, d);
    ond_buf_printf(&kind, " with %s", whom->said ? whom->said : whom->text);
    bool ok = ond_buf_ok(&kind) && ond__draft_str(d, "title", ond_buf_z(&kind), owner());
    ond_buf_free(&kind);
    return ok;
}

/* A question or a request is no title: a rule has taken more than it should. */
static bool says_more(const ond__wish *w, const char *slot)
{
    static const char *const ends[] = {"줘", "주세요", "다오", "주라", "줄래", "까요", "나요", "습니까",
                                       "래", "대", "어떻게", "뭐", "무슨", "어떤", "누가", "왜",
                                       "켜져", "꺼져", "열려", "닫혀", "잠겨", "할 수", "줄 수", "실 수",
                                       "돼", "하고", "누구", "켜진 데", "켜진 불", "켜져 있는지"};
    ond_buf said = {0};
    bool found = false;
    if (strcmp(w->lang, "ko") == 0 && ond__phrase_of(w, slot, &said))
        for (size_t i = 0; i < sizeof ends / sizeof ends[0] && !found; i++) {
            size_t n = strlen(ends[i]);
            found = said.n >= n && memcmp(said.p + said.n - n, ends[i], n) == 0;
        }
    ond_buf_free(&said);
    return found;
}

/* "on Friday at 10 at the Crown" has a place; "at 10", "at noon" and "at 9 and remind me" are none. */
static bool is_no_place(const ond__wish *w)
{
    static const char *const times[] = {"noon", "midnight", "midday", "night", "lunch", "half ", "quarter", "latest", "earliest", "end", "start", "same",
                                        "around", "about", "least", "most", "once", "a ", "first", "last", "one", "two",
                                        "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"};
    ond_buf place = {0};
    bool no = false;
    if (!ond__slot_has(w, "placed", "yes") || !ond__phrase_of(w, "location", &place))
        return false;
    const char *z = ond_buf_z(&place);
    no = (z[0] >= '0' && z[0] <= '9') || strstr(z, " remind ") || strstr(z, " for ");
    for (size_t i = 0; !no && i < sizeof times / sizeof times[0]; i++)
        no = strncasecmp(z, times[i], strlen(times[i])) == 0;
    ond_buf_free(&place);
    return no;
}

static bool is_word_of(const char *word, size_t n, const char *const *list, size_t n_list)
{
    for (size_t i = 0; i < n_list; i++)
        if (strlen(list[i]) == n && strncasecmp(word, list[i], n) == 0)
            return true;
    return false;
}

/* "book a table at the Italian place", "book two train tickets for Friday": somebody there should do it; writing it
 * down is not what is asked. */
static bool is_booking(const ond__wish *w)
{
    static const char *const things[] = {"table", "tables", "taxi", "taxis", "cab", "cabs", "uber", "flight", "flights", "hotel",
                                         "hotels", "ticket", "tickets", "seat", "seats", "airbnb", "hostel", "minicab", "limo",
                                         "rickshaw", "plane", "ferry", "cruise"};
    static const char *const places[] = {"room", "court", "car", "train", "bus", "double room", "train ride"};
    static const char *const goes_on[] = {"", " for ", " to ", " from "}; /* but "book the car service" */
    static const char *const verbs[] = {"book ", "reserve ", "order ", "get me ", "arrange "};
    ond_buf title = {0};
    bool asks = false, yes = false;
    for (size_t i = 0; w->text && i < sizeof verbs / sizeof verbs[0]; i++)
        asks |= strcasestr(w->text, verbs[i]) != NULL;
    const char *z = asks && ond__phrase_of(w, "title", &title) ? ond_buf_z(&title) : "";
    for (const char *at = z; !yes && *at; at += strcspn(at, " "), at += *at == ' ')
        yes = is_word_of(at, strcspn(at, " "), things, sizeof things / sizeof things[0]);
    static const char *const clubs[] = {"club", "group", "fair", "signing", "launch", "festival", "swap"}; /* "book club" */
    bool booked = w->text && strcasestr(w->text, "book ") != NULL;
    yes |= booked && is_word_of(z, strcspn(z, " "), clubs, sizeof clubs / sizeof clubs[0]);
    for (size_t i = 0; !yes && i < sizeof places / sizeof places[0]; i++)
        for (size_t k = 0, n = strlen(places[i]); k < sizeof goes_on / sizeof goes_on[0]; k++)
            yes |= strncasecmp(z, places[i], n) == 0 &&
                   (k ? strncasecmp(z + n, goes_on[k], strlen(goes_on[k])) == 0 : !z[n]);
    ond_buf_free(&title);
    return yes;
}

int ond__errand_event_create(ond__wish *w, ond_err *err)
{
    ond_when t = ond__when(w, "", false, false);
    bool each_day = t.code == OND_WHEN_OK && t.rule[0]; /* "every Tuesday": the whole day */
    if (is_no_title(w) || is_no_place(w) || is_booking(w) || says_more(w, "title") ||
        (ond__slot_has(w, "bare", "yes") && !is_bare(w, &t))) {
        ond__wish_not_understood(w);
        return 0;
    }
    if (!ond_match_slot(w->match, "title")) {
        ond__errand_ask(w, OND_M_AGENT_WHAT_EVENT, "");
        return 0;
    }
    if (!each_day && ond__when_asked(w, &t, false))
        return 0;
    ond__draft d = ond__draft_new("calendar", "create");
    if (put_new_title(w, &d) && put_slot(w, &d, "location", "location") &&
        put_times(&d, &t))
        return ond__errand_add(w, &d, err);
    ond__draft_drop(&d);
    return ond_nomem(err, "planning");
}

/* ---- finding ---- */

static void tell_event(ond_buf *out, const cJSON *e, const char *lang)
{
    ond_when_opts opts = ond__when_opts(false, true);
    if (ond_json_bool(e, "series", false))
        OND_MSG(out, OND_M_AGENT_EVERY_ONE, lang, ond_json_str(e, "title", ""));
    else {
        ond_when_say(out, ond_json_str(e, "start", ""), &opts, lang);
        ond_buf_printf(out, " %s", ond_json_str(e, "title", ""));
    }
}

/* What an answer names: the event, or one occurrence of it. */
static bool put_pick(cJSON *e, bool series)
{
    ond_buf pick = {0};
    const char *occurrence = ond_json_str(e, "occurrence", NULL);
    ond_buf_puts(&pick, ond_json_str(e, "uid", ""));
    if (occurrence && !series)
        ond_buf_printf(&pick, "@%s", occurrence);
    bool ok = ond_buf_ok(&pick) && ond_json_set_str(e, "pick", ond_buf_z(&pick)) &&
              (!series || ond_json_set_bool(e, "series", true));
    ond_buf_free(&pick);
    return ok;
}

/* Beside the next occurrence of an event that repeats: all of them. */
static bool with_series(cJSON *found, bool day)
{
    bool ok = true;
    for (cJSON *e = found->child, *next; ok && e; e = next) {
        next = e->next;
        ok = put_pick(e, false);
        if (!ok || day || !ond_json_str(e, "occurrence", NULL))
            continue;
        cJSON *all = cJSON_Duplicate(e, true);
        ok = all && put_pick(all, true) && cJSON_AddItemToArray(found, all);
        if (!ok)
            cJSON_Delete(all);
    }
    return ok;
}

static bool at_said_time(const ond__wish *w, const cJSON *e)
{
    ond_when t = ond__when(w, "of_", false, true);
    const char *start = ond_json_str(e, "start", "");
    if (t.code != OND_WHEN_OK || !t.has_time || strlen(start) < 16)
        return t.code != OND_WHEN_OK || !t.has_time;
    return atoi(start + 11) % 12 == t.start.hour % 12 && atoi(start + 14) == t.start.minute;
}

/* args of a look: the title, and the day where one was said. */
static cJSON *look_args(const ond__wish *w, const ond_when *of, bool *by_day)
{
    cJSON *args = cJSON_CreateObject();
    ond_buf title = {0}, from = {0}, to = {0};
    ond_civil a = of->start, b = of->start;
    *by_day = of->code == OND_WHEN_OK && of->has_day;
    bool ok = args && (!ond__phrase_of(w, "title", &title) ||
                       ond_json_set_str(args, "query", ond_buf_z(&title)));
    if (ok && *by_day) {
        ond_when_local_put(&from, &a, false);
        if (of->has_end && !of->has_time)
            b = of->end;
        else {
            b.hour = 12, b.minute = b.second = b.ms = 0;
            ond_civil_of(ond_civil_ms(&b, "UTC") + 86400000, "UTC", &b);
        }
        ond_when_local_put(&to, &b, false);
        ok = ond_json_set_str(args, "from", ond_buf_z(&from)) &&
             ond_json_set_str(args, "to", ond_buf_z(&to));
    }
    ond_buf_free(&title);
    ond_buf_free(&from);
    ond_buf_free(&to);
    if (ok)
        return args;
    cJSON_Delete(args);
    return NULL;
}

/* Words that point ("그 약속": the one spoken of), or that belong to the clock or to the request. */
static bool is_no_event(const ond__wish *w, const char *title)
{
    static const char *const points[] = {"그", "이", "저", "그거", "이거", "그건", "방금", "아까",
                                         "방금 그", "아까 그", "그 약속", "그 일정"};
    bool no = strcmp(w->lang, "ko") == 0 && (is_for_clock(title, false) || says_more(w, "title"));
    for (size_t i = 0; strcmp(w->lang, "ko") == 0 && i < sizeof points / sizeof points[0]; i++)
        no |= strcmp(title, points[i]) == 0;
    /* "방금 넣은 약속" */
    return no || strncmp(title, "방금 ", strlen("방금 ")) == 0 ||
           strncmp(title, "아까 ", strlen("아까 ")) == 0;
}

/* "내일 회의 몇 시야?", "when's my exam?": what stands in calendars and nowhere else is asked of one, also where it has none. */
static bool names_event(const ond__wish *w)
{
    static const char *const nouns[] = {"회의", "미팅", "예약", "수업", "과외", "모임", "진료", "검진", "면접", "시험", "회식", "결혼식", "공연", "콘서트",
                                        "세미나", "발표", "상담", "면담", "동창회", "돌잔치", "소개팅", "meeting", "exam", "appointment", "interview",
                                        "wedding", "concert", "lecture", "rehearsal"};
    ond_buf title = {0};
    bool names = false, named = ond__phrase_of(w, "title", &title);
    const char *z = ond_buf_z(&title);
    for (size_t i = 0; named && i < sizeof nouns / sizeof nouns[0]; i++) {
        size_t n = strlen(nouns[i]);
        names |= title.n >= n && strcmp(z + title.n - n, nouns[i]) == 0;
    }
    size_t spaces = 0;
    for (const char *at = z; names && (at = strchr(at, ' ')); at++)
        spaces++;
    names = names && spaces < 2 && title.n < 40; /* "팀 회의"; no sentence that ends so */
    ond_buf_free(&title);
    return names;
}

/* The events that title, day and hour of the sentence mean; *out is the caller's. */
static int find(ond__wish *w, cJSON **out, ond_err *err)
{
    ond_when of = ond__when(w, "of_", false, true);
    ond_buf title = {0};
    bool by_day, named = ond__phrase_of(w, "title", &title);
    *out = NULL;
    if (is_no_event(w, ond_buf_z(&title))) {
        ond_buf_free(&title);
        ond__wish_not_understood(w);
        return 0;
    }
    cJSON *args = look_args(w, &of, &by_day);
    int rc = !named && !by_day
                 ? (cJSON_Delete(args), ond__errand_ask(w, OND_M_AGENT_WHAT_EVENT, ""), 0)
                 : ond__look(w, "calendar", by_day ? "events" : "find", args, "events", out, err);
    if (rc == 0 && w->code == 0) {
        bool all = ond__slot_has(w, "quantity", "all");
        ond__sift(*out, at_said_time, w);
        rc = with_series(*out, by_day || all) ? 0 : ond_nomem(err, "looking for events");
        if (rc == 0)
            rc = ond__which_one(w, *out, "pick", all, tell_event, OND_M_AGENT_NO_EVENT,
                                named ? ond_buf_z(&title) : "", err);
        if (rc == 0 && w->code == OND_E_NOT_FOUND && !ond__sure(w) && !by_day && !names_event(w))
            ond__wish_not_understood(w);
    }
    ond_buf_free(&title);
    return rc;
}

typedef bool more_fn(ond__wish *w, ond__draft *d, const cJSON *event);

static int each(ond__wish *w, const char *verb, more_fn *more, ond_err *err)
{
    cJSON *found = NULL;
    const cJSON *e;
    int rc = find(w, &found, err);
    cJSON_ArrayForEach(e, (rc == 0 && w->code == 0 ? found : NULL)) {
        const char *occurrence = ond_json_str(e, "occurrence", NULL);
        bool one = occurrence && !ond_json_bool(e, "series", false) &&
                   !ond__slot_has(w, "quantity", "all");
        ond__draft d = ond__draft_new("calendar", verb);
        bool ok = ond__draft_str(&d, "uid", ond_json_str(e, "uid", ""), house()) &&
                  (!one || ond__draft_str(&d, "occurrence", occurrence, house())) &&
                  (!more || more(w, &d, e));
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

/* ---- taking out, moving ---- */

/* "일정에서 빼": a verb is no event. */
static bool names_none(const ond__wish *w)
{
    ond_buf title = {0};
    bool none = strcmp(w->lang, "ko") == 0 && ond__phrase_of(w, "title", &title) &&
                is_no_korean_title(ond_buf_z(&title));
    ond_buf_free(&title);
    return none;
}

int ond__errand_event_remove(ond__wish *w, ond_err *err)
{
    if (is_no_title(w) || names_none(w)) { /* "cancel that alarm …", "cancel the six o'clock one" */
        ond__wish_not_understood(w);
        return 0;
    }
    return each(w, "remove", NULL, err);
}

/* "3시로" keeps the day, "금요일로" keeps the hour, "한 시간 뒤로" shifts. */
static bool new_start(ond__wish *w, const cJSON *event, ond_buf *out)
{
    ond_civil start;
    bool timed;
    ond_when_opts opts = ond__when_opts(false, false);
    if (!ond_when_local_read(ond_json_str(event, "start", ""), &start, &timed))
        return false;
    ond_when by = ond__when(w, "by_", false, false);
    if (by.seconds > 0) {
        double way = ond__slot_has(w, "direction", "down") ? -1 : 1;
        ond_ms at = ond_civil_ms(&start, opts.zone) + (ond_ms)(way * (double)by.seconds * 1000);
        ond_civil_of(at, opts.zone, &start);
        ond_when_local_put(out, &start, timed);
        return true;
    }
    ond_when t = ond_when_of(w->match, "to_", &opts);
    /* An hour alone is that day's; a weekday is the next one after it. */
    bool weekday = ond_match_slot(w->match, "to_when_weekday") &&
                   !ond_match_slot(w->match, "to_when_week");
    if ((t.code == OND_WHEN_OK && t.has_time && !t.has_day) || weekday) {
        ond_civil day = start;
        day.hour = day.minute = day.second = day.ms = 0;
        opts.now = ond_civil_ms(&day, opts.zone);
        t = ond_when_of(w->match, "to_", &opts);
    }
    if (ond__when_asked(w, &t, false))
        return true;
    ond_civil to = t.start;
    if (timed && t.has_time && strcmp(w->lang, "en") == 0 &&
        !ond_match_slot(w->match, "to_when_part"))
        to.hour = ond__nearer_hour(to.hour, start.hour);
    if (!t.has_time && timed)
        to.hour = start.hour, to.minute = start.minute, to.second = start.second;
    ond_when_local_put(out, &to, t.has_time || timed);
    return true;
}

static bool put_start(ond__wish *w, ond__draft *d, const cJSON *event)
{
    ond_buf start = {0};
    bool ok = new_start(w, event, &start) &&
              (w->code != 0 || ond__draft_str(d, "start", ond_buf_z(&start), owner()));
    ond_buf_free(&start);
    return ok;
}

/* "하루 뒤로 미뤄": so much later than it was, not a day from now; another reading has it so. */
static bool is_shift(const ond__wish *w)
{
    static const char *const by[] = {"to_when_in_dur_day", "to_when_in_dur_week", "to_when_in_dur_month"};
    bool counted = false;
    for (size_t i = 0; i < sizeof by / sizeof by[0]; i++)
        counted |= ond_match_slot(w->match, by[i]) != NULL;
    return counted && strcmp(w->lang, "ko") == 0 && w->text && strstr(w->text, "뒤로");
}

int ond__errand_event_move(ond__wish *w, ond_err *err)
{
    if (is_shift(w)) {
        ond__wish_not_understood(w);
        return 0;
    }
    return each(w, "move", put_start, err);
}

static bool put_title(ond__wish *w, ond__draft *d, const cJSON *event)
{
    (void)event;
    return put_slot(w, d, "new_title", "title") && put_slot(w, d, "location", "location");
}

/* "장소는 어디야": a question, or what nobody knows yet, is no place. */
static bool asks(const ond__wish *w, const char *slot)
{
    static const char *const words[] = {"어디", "어딘", "어느", "뭐", "무엇", "누구", "몇", "언제", "아직", "미정",
                                        "몰라", "모르"};
    ond_buf said = {0};
    bool found = false;
    if (strcmp(w->lang, "ko") == 0 && ond__phrase_of(w, slot, &said))
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            found |= strstr(ond_buf_z(&said), words[i]) != NULL;
    ond_buf_free(&said);
    return found;
}

int ond__errand_event_change(ond__wish *w, ond_err *err)
{
    if (asks(w, "location") || asks(w, "new_title")) {
        ond__wish_not_understood(w);
        return 0;
    }
    return each(w, "change", put_title, err);
}

/* ---- asking ---- */

/* "what do I have on Friday": all that begins or goes on in the stretch of time; today where none
 * was said. */
/* "내일 회의 있어?" is about the calendar where it has such a thing then. */
static int has_event(ond__wish *w, const ond_when *t, bool *there, ond_err *err)
{
    bool by_day;
    cJSON *found = NULL;
    int rc = ond__look(w, "calendar", "events", look_args(w, t, &by_day), "events", &found, err);
    *there = rc == 0 && by_day && cJSON_GetArraySize(found) > 0;
    if (w->code == OND_E_INPUT)
        w->code = 0;
    cJSON_Delete(found);
    return rc;
}

int ond__errand_events(ond__wish *w, ond_err *err)
{
    ond_when t = ond__when(w, "", false, true);
    bool there = true;
    if (ond__slot_has(w, "weak", "yes") && !names_event(w)) {
        int rc = has_event(w, &t, &there, err);
        if (rc != 0)
            return rc;
    }
    if (!there || says_more(w, "title")) {
        ond__wish_not_understood(w);
        return 0;
    }
    if (t.code == OND_WHEN_IMPOSSIBLE) {
        ond__errand_ask(w, OND_M_AGENT_NO_SUCH_DAY, "");
        return 0;
    }
    ond__draft d = ond__draft_new("calendar", "events");
    ond_buf from = {0}, to = {0};
    const char *source = t.code == OND_WHEN_OK ? owner() : ond_source_name(OND_SOURCE_RULE);
    ond_civil a = t.start, b = t.end;
    if (t.code != OND_WHEN_OK)
        ond_civil_of(ond_now(), ond_zone(), &a);
    if (t.code != OND_WHEN_OK || !t.has_end) {
        b = a;
        b.hour = 12, b.minute = b.second = b.ms = 0;
        ond_civil_of(ond_civil_ms(&b, "UTC") + 86400000, "UTC", &b);
        b.hour = 0;
    }
    ond_when_local_put(&from, &a, t.has_time);
    ond_when_local_put(&to, &b, t.has_time && t.has_end);
    bool ok = ond_buf_ok(&from) && ond_buf_ok(&to) &&
              ond__draft_str(&d, "from", ond_buf_z(&from), source) &&
              ond__draft_str(&d, "to", ond_buf_z(&to), source) &&
              put_slot(w, &d, "title", "query");
    ond_buf_free(&from);
    ond_buf_free(&to);
    if (ok)
        return ond__errand_add(w, &d, err);
    ond__draft_drop(&d);
    return ond_nomem(err, "planning");
}

/* "치과 언제야?" is about the calendar where it has such an event. */
static int is_there(ond__wish *w, bool *there, ond_err *err)
{
    ond_when none = {0};
    bool by_day;
    cJSON *found = NULL;
    int rc = ond__look(w, "calendar", "find", look_args(w, &none, &by_day), "events", &found, err);
    *there = rc == 0 && cJSON_GetArraySize(found) > 0;
    cJSON_Delete(found);
    return rc;
}

int ond__errand_event_find(ond__wish *w, ond_err *err)
{
    bool there = true;
    int rc = ond__sure(w) || names_event(w) ? 0 : is_there(w, &there, err);
    if (rc != 0 || w->code != 0)
        return rc;
    if (!there || names_none(w)) {
        ond__wish_not_understood(w);
        return 0;
    }
    ond__draft d = ond__draft_new("calendar", "find");
    if (put_slot(w, &d, "title", "query"))
        return ond__errand_add(w, &d, err);
    ond__draft_drop(&d);
    return ond_nomem(err, "planning");
}

int ond__errand_sync(ond__wish *w, ond_err *err)
{
    return ond__errand_read(w, "calendar", "sync", err);
}
