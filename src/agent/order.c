/* order.c - a Korean sentence whose verb comes too early: "꺼 줘 거실 불", "알람 맞춰 줘 내일 7시".
 *
 * Speakers begin with what they want done and add the rest. Where no rule takes the sentence as it
 * is, the words that ask for something are put last, where rules expect them, and what was added
 * goes before or after what had been said. No word is left out, so nothing is swallowed. */
#include "agent/room.h"

#include <strings.h>
#include "base/utf8.h"

enum { MOST_WORDS = 16 };

typedef struct words {
    ond_str v[MOST_WORDS];
    size_t n;
} words;

static bool cut_words(const char *text, words *out)
{
    out->n = 0;
    for (const char *at = text + strspn(text, " ,"); *at; at += strspn(at, " ,")) {
        size_t n = strcspn(at, " ,");
        if (out->n == MOST_WORDS)
            return false;
        out->v[out->n++] = (ond_str){at, n};
        at += n;
    }
    return out->n > 1;
}

static bool is(ond_str s, const char *word)
{
    return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

static bool ends_with(ond_str s, const char *end)
{
    size_t n = strlen(end);
    return s.n > n && memcmp(s.p + s.n - n, end, n) == 0;
}

/* "줘" after a verb: "켜 줘", "적어 놔". */
static bool is_helper(ond_str s)
{
    static const char *const helpers[] = {
        "줘",       "줘요",     "줘라",       "줘봐",         "주라",   "주세요", "줄래",
        "줄래요",   "다오",     "주십시오",   "주실래요",     "봐",     "봐라",   "둬",
        "놔",       "주이소",   "주시겠어요", "주면",         "주렴",   "줄",     "수",
        "있어",     "있어요",   "있니",       "있을까",       "봐봐",   "봐요",   "줬으면",
        "좋겠어",   "좋겠다",   "해",         "해요",
    };
    /* with the endings of all regions: "넣어 주소", "켜 주떼염" */
    static const char *const begins[] = {"주세", "주십", "주시", "주이", "주쇼", "주소", "주떼", "주랑", "주실", "주겠", "주면", "줬", "줍"};
    for (size_t i = 0; i < sizeof helpers / sizeof helpers[0]; i++)
        if (is(s, helpers[i]))
            return true;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (s.n >= strlen(begins[i]) && memcmp(s.p, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

/* A word that asks for something. */
static bool is_request(ond_str s)
{
    static const char *const whole[] = {
        "켜",   "꺼",   "열어", "닫아", "틀어", "돌려", "멈춰", "잠가", "잠궈", "올려", "내려",
        "낮춰", "높여", "줄여", "키워", "맞춰", "깨워", "알려", "추가", "취소", "지워", "삭제",
        "넣어", "적어", "바꿔", "옮겨", "미뤄", "빼",   "보여", "읽어", "찾아", "해",
        "꺼라", "켜라", "해라", "추가해", "취소해", "삭제해", "등록", "등록해", "설정", "설정해",
        "있어", "있나", "있니", "있어요", "뭐야", "걷어", "쳐",   "끄자", "켜자", "잡아", "담아", "말해", "재",
    };
    static const char *const ends[] = {
        "줘",     "줘요",   "줘라",   "줘봐",   "주라",     "주세요", "줄래", "줄래요", "다오",
        "놔라", "놔", "둬라", "둬", "주이소", "주소", "두소", "보소", "주십시오", "주실래요", "주시겠어요", "주렴", "주삼", "죠", "조",
    };
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (is(s, whole[i]))
            return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(s, ends[i]))
            return true;
    return false;
}

static void put_words(ond_buf *out, const words *w, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (out->n)
            ond_buf_putc(out, ' ');
        ond_buf_str(out, w->v[i]);
    }
}

/* "방 온도 알려줘 안": a word that turns a meaning makes another word of what it would stand before
 * ("안 방"). */
static bool turns(const words *w, size_t from)
{
    static const char *const turning[] = {"안", "못", "왜", "말고", "아니", "말", "만약", "마", "누가"};
    for (size_t i = from; i < w->n; i++)
        for (size_t k = 0; k < sizeof turning / sizeof turning[0]; k++)
            if (is(w->v[i], turning[k]))
                return true;
    return false;
}

/* "알려 줘 맨날 까먹어": what was added tells of something, it is no part of what is wished. */
static bool tells(const words *w, size_t from)
{
    static const char *const ends[] = {"어", "여", "해", "다", "네", "음", "임", "대", "데", "어요", "아요", "네요", "해요", "데요", "거든", "거든요"};
    ond_str last = w->v[w->n - 1];
    for (size_t i = 0; w->n > from + 1 && i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(last, ends[i]) && !is_request(last) && !is_helper(last))
            return true;
    return false;
}

/* The sentence read anew in other words; kept where it is understood. last: in no others after that. */
static int read_as(ond__request *r, const char *text, bool last, bool *done, ond_err *err)
{
    ond__request one = {.a = r->a, .ask = r->ask, .only = r->only, .back = r->back,
                        .put_right = last};
    one.ask.text = text;
    int rc = ond__request_read(&one, err);
    *done = rc == 0 && one.n > 0;
    for (size_t i = 0; *done && i < one.n; i++)
        *done = one.part[i].w.code != OND_E_UNKNOWN && one.part[i].w.code != OND_E_UNAVAILABLE &&
                one.part[i].w.code != OND_E_NOT_FOUND;
    if (*done)
        ond__request_move(r, &one);
    ond__request_free(&one);
    return rc;
}

/* `first` then `last`, the words in between, at the end: "a V b" as "a b V" or "b a V". */
static int try_order(ond__request *r, const words *w, size_t verb, size_t after, bool added_first,
                     bool *done, ond_err *err)
{
    ond_buf text = {0};
    int rc;
    if (added_first)
        put_words(&text, w, after, w->n);
    put_words(&text, w, 0, verb);
    if (!added_first)
        put_words(&text, w, after, w->n);
    put_words(&text, w, verb, after);
    rc = ond_buf_ok(&text) ? read_as(r, ond_buf_z(&text), true, done, err)
                           : ond_nomem(err, "reading a sentence");
    ond_buf_free(&text);
    return rc;
}

/* "온돌, 거실 불 켜 줘": the name is also a word for the heating, so it is only left out where the
 * sentence makes no sense with it. */
static int try_without_name(ond__request *r, const words *w, bool *done, ond_err *err)
{
    ond_buf text = {0};
    int rc = 0;
    if (!is(w->v[0], "온돌") || w->n < 3)
        return 0;
    put_words(&text, w, 1, w->n);
    rc = ond_buf_ok(&text) ? read_as(r, ond_buf_z(&text), true, done, err)
                           : ond_nomem(err, "reading a sentence");
    ond_buf_free(&text);
    return rc;
}

/* "선풍기 ㄱㄱ": "go", written short. Behind a verb it says no more ("켜 줘 ㄱㄱ"), and tidying takes it away. */
static int try_go(ond__request *r, const char *plain, bool *done, ond_err *err)
{
    static const char go[] = "ㄱㄱ";
    const char *text = r->ask.text, *at = strstr(text, go);
    ond_buf whole = {0};
    int rc = 0;
    if (!at || at == text || at[strlen(go) + strspn(at + strlen(go), " ~!.ㄱ")])
        return 0;
    ond_buf_printf(&whole, "%s 고고", plain);
    rc = ond_buf_ok(&whole) ? read_as(r, ond_buf_z(&whole), true, done, err)
                            : ond_nomem(err, "reading a sentence");
    ond_buf_free(&whole);
    return rc;
}

/* "turn the lights and the fan off in the bedroom": the word that belongs to the verb stands beside it. */
static int try_particle(ond__request *r, bool *done, ond_err *err)
{
    static const char *const verbs[] = {"turn ", "switch ", "put ", "shut "}, *const ways[] = {" off", " on"};
    ond_buf plain = {0}, text = {0};
    const char *verb = NULL, *way = NULL;
    int rc = 0;
    ond__tidy(&plain, r->ask.text);
    const char *z = ond_buf_z(&plain), *and = strstr(z, " and "), *at = NULL;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        verb = strncasecmp(z, verbs[i], strlen(verbs[i])) == 0 ? verbs[i] : verb;
    for (size_t i = 0; and && verb && i < sizeof ways / sizeof *ways; i++)
        for (const char *p = z; (p = strstr(p, ways[i])); p++)
            if (!p[strlen(ways[i])] || p[strlen(ways[i])] == ' ') {
                at = at ? z : p; /* said twice: no */
                way = ways[i];
            }
    if (way && at > and) {
        size_t n = strlen(verb);
        ond_buf_put(&text, z, n - 1);
        ond_buf_puts(&text, way);
        ond_buf_put(&text, z + n - 1, (size_t)(at - z) - n + 1);
        ond_buf_puts(&text, at + strlen(way));
        rc = ond_buf_ok(&text) ? read_as(r, ond_buf_z(&text), false, done, err)
                               : ond_nomem(err, "reading a sentence");
    }
    ond_buf_free(&plain);
    ond_buf_free(&text);
    return rc;
}

int ond__reorder(ond__request *r, bool *done, ond_err *err)
{
    ond_buf plain = {0};
    words w;
    int rc = 0;
    *done = false;
    if (strcmp(r->part[0].w.lang, "en") == 0 && !r->put_right)
        return try_particle(r, done, err);
    if (strcmp(r->ask.lang, "ko") != 0 || r->put_right)
        return 0;
    ond__tidy(&plain, r->ask.text);
    OND_TRY(try_go(r, ond_buf_z(&plain), done, err));
    if (*done || !cut_words(ond_buf_z(&plain), &w))
        goto out;
    OND_TRY(try_without_name(r, &w, done, err));
    for (size_t verb = 0; verb + 1 < w.n && !*done; verb++) {
        size_t after = verb + 1;
        if (!is_request(w.v[verb]))
            continue;
        while (after < w.n && is_helper(w.v[after]))
            after++;
        for (int first = 0; after < w.n && !turns(&w, after) && !tells(&w, after) && first < 2 && !*done; first++)
            OND_TRY(try_order(r, &w, verb, after, first == 1, done, err));
        break; /* the first that asks is the verb */
    }
out:
    ond_buf_free(&plain);
    return rc;
}
