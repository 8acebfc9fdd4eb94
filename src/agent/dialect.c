/* dialect.c - a Korean sentence in the words of a region, or as they are sounded: "까스 잠가", "멫 시고",
 * "시끄러운께 꺼라".
 *
 * The packs have the endings of verbs in all regions; what is here are words that would else stand in
 * every list, and the reasons in "-ㄴ께", which change a syllable. Only a sentence that no rule takes
 * is read again so, and only where what it leaves to the person's own words (a title, a thing for a
 * list) stands as it was said: free text is never changed. */
#include "agent/room.h"
#include "base/utf8.h"

typedef struct pair {
    const char *said, *plain;
} pair;

/* Words that are all of a word. */
static const pair whole[] = {
    {"머", "뭐"},       {"뭣", "뭐"},       {"먼", "무슨"},     {"잔", "좀"},       {"쪼까", "조금"},
    {"쪼깨", "조금"},   {"째깐", "조금"},   {"쪼매", "조금"},   {"쪼매만", "조금만"}, {"주우", "줘"},
    {"고마", "그만"},   {"마카", "모두"},   {"싸그리", "모두"}, {"우예", "어떻게"}, {"은제", "언제"},
    {"온제", "언제"},   {"얼매나", "얼마나"}, {"모다", "모두"},   {"시유", "시예요"}, {"인자", "이제"},
    {"넘", "너무"},     {"느무", "너무"},   {"잠깄나", "잠겼나"}, {"함", "한번"},   {"쉿", "조용히"},
    {"추와", "추워"},   {"더와", "더워"},   {"어두와", "어두워"}, {"머고", "뭐야"},   {"머꼬", "뭐야"},
};
static const pair beginning[] = {
    {"까스", "가스"},   {"보일라", "보일러"}, {"멫", "몇"},       {"추버", "추워"},   {"더버", "더워"},
    {"어두버", "어두워"}, {"시끄러버", "시끄러워"}, {"무서버", "무서워"}, {"에어콘", "에어컨"},
    {"머가", "뭐가"},   {"머하", "뭐 하"},  {"낼모래", "모레"}, {"후라이", "프라이"}, {"샷시", "샤시"},
};
static const pair ending[] = {
    {"허고", "하고"},   {"허자", "하자"},   {"헌다", "한다"},   {"허소", "하소"},   {"허쇼", "하쇼"},
    {"헐라고", "하려고"}, {"혀줘", "해줘"},   {"응께", "으니까"}, {"니께", "니까"},   {"이까네", "니까"},
    {"으이까네", "으니까"}, {"이께네", "니까"}, {"죽겄네", "죽겠네"}, {"죽겄다", "죽겠다"}, {"싶은디", "싶은데"},
    {"는디", "는데"},   {"은디", "은데"},   {"겄냐", "겼냐"},   {"겄나", "겼나"},   {"이다냐", "이야"}, {"인겨", "인가"},
    {"는겨", "는 거야"}, {"놨댜", "놨어"},   {"했댜", "했어"},   {"왔소", "왔어"},   {"있소", "있어"},   {"했소", "했어"},
    {"랬소", "랬어"},   {"줘유", "줘요"},   {"주셔유", "주세요"}, {"해유", "해요"},   {"돼유", "돼요"},   {"말하믄", "말하면"},
    {"하믄", "하면"},   {"시루", "시로"},   {"일루", "일로"},   {"가스두", "가스도"}, {"불두", "불도"},   {"비두", "비도"},
    {"들려야", "들려"}, {"작노", "작아"},   {"크노", "커"},     {"춥노", "추워"},   {"덥노", "더워"},   {"잘라니까", "자려고 하니까"},
    {"할라니까", "하려고 하니까"}, {"갈라니까", "가려고 하니까"}, {"볼라니까", "보려고 하니까"}, {"먹을라니까", "먹으려고 하니까"},
};

static const pair *find(const pair *rows, size_t n, ond_str word, int where)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(rows[i].said);
        bool fits = where == 0 ? word.n == len : word.n >= len;
        if (fits && memcmp(where > 0 ? word.p + word.n - len : word.p, rows[i].said, len) == 0)
            return &rows[i];
    }
    return NULL;
}
#define FIND(rows, word, where) find(rows, sizeof rows / sizeof rows[0], word, where)

/* "시끄러운께", "간께", "한께": the ㄴ of the last syllable belongs to the ending: "시끄러우니까". */
static bool reason_put(ond_buf *out, ond_str word)
{
    enum { FINAL_N = 4 };
    static const char end[] = "께";
    size_t n = sizeof end - 1, from = word.n >= 2 * n ? word.n - 2 * n : 0, at = from;
    if (word.n < 2 * n || memcmp(word.p + word.n - n, end, n) != 0)
        return false;
    uint32_t c = ond_utf8_next(word, &at);
    if (c < 0xac00 || c > 0xd7a3 || (c - 0xac00) % 28 != FINAL_N)
        return false;
    char open[4];
    ond_buf_put(out, word.p, from);
    ond_buf_put(out, open, ond_utf8_put(c - FINAL_N, open));
    ond_buf_puts(out, "니까");
    return true;
}

static void word_put(ond_buf *out, ond_str word)
{
    const pair *p = FIND(whole, word, 0);
    size_t skip = 0;
    if (p) {
        ond_buf_puts(out, p->plain);
        return;
    }
    if ((p = FIND(beginning, word, -1))) {
        ond_buf_puts(out, p->plain);
        skip = strlen(p->said);
    }
    ond_str rest = {word.p + skip, word.n - skip};
    if ((p = FIND(ending, rest, 1))) {
        ond_buf_put(out, rest.p, rest.n - strlen(p->said));
        ond_buf_puts(out, p->plain);
    } else if (!reason_put(out, rest))
        ond_buf_str(out, rest);
}

/* false: nothing of it is said otherwise. */
static bool plain_put(ond_buf *out, const char *text)
{
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, " ,.!?~");
        word_put(out, (ond_str){at, n});
        at += n;
        n = strspn(at, " ,.!?~");
        ond_buf_put(out, at, n);
        at += n;
    }
    return ond_buf_ok(out) && strcmp(ond_buf_z(out), text) != 0;
}

/* What a wildcard took is what was said, letter by letter. */
static bool keeps_words(const ond__request *r, const char *said)
{
    ond_buf all = {0};
    bool keeps = true;
    ond__squeeze(&all, said);
    for (size_t i = 0; i < r->n; i++) {
        const ond_match *m = r->part[i].w.match;
        for (size_t k = 0; m && k < m->n_slot && keeps; k++) {
            ond_buf own = {0};
            if (m->slot[k].wildcard && m->slot[k].said)
                ond__squeeze(&own, m->slot[k].said);
            keeps = !own.n || strstr(ond_buf_z(&all), ond_buf_z(&own)) != NULL;
            ond_buf_free(&own);
        }
    }
    ond_buf_free(&all);
    return keeps;
}

static bool all_understood(const ond__request *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->part[i].w.code == OND_E_UNKNOWN || r->part[i].w.code == OND_E_UNAVAILABLE)
            return false;
    return r->n > 0;
}

int ond__dialect(ond__request *r, bool *done, ond_err *err)
{
    ond_buf plain = {0};
    *done = false;
    if (strcmp(r->ask.lang, "ko") != 0 || !plain_put(&plain, r->ask.text)) {
        ond_buf_free(&plain);
        return 0;
    }
    ond__request again = {.a = r->a, .ask = r->ask, .only = r->only, .back = r->back, .without = r->without};
    again.ask.text = ond_buf_z(&plain);
    int rc = ond__request_read(&again, err);
    *done = rc == 0 && all_understood(&again) && keeps_words(&again, r->ask.text);
    if (*done)
        ond__request_move(r, &again);
    ond__request_free(&again);
    ond_buf_free(&plain);
    return rc;
}
