/* asks.c - a Korean sentence that only its mark tells to be a question: "꺼도 돼?", "샀어?", "거실 추워?". */
#include "agent/clauses.h"
#include "base/utf8.h"

#include <string.h>

/* "취소됐어?", "샀어?": whether it was done is asked. "있" and "겠" ask for it politely: "켜 줄 수 있어?". */
static bool ends_in_past(ond_str s)
{
    enum { SS = 20, SYLLABLES = 0xac00 };
    static const char *const tails[] = {"요", "어", "지", "니", "나", "냐", "죠", "노", "대", "다"};
    uint32_t last = 0;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++)
            if (s.n > 3 && memcmp(s.p + s.n - 3, tails[i], 3) == 0) {
                s.n -= 3;
                break;
            }
    for (size_t at = 0; at < s.n;)
        last = ond_utf8_next(s, &at);
    bool polite = s.n >= 3 && (memcmp(s.p + s.n - 3, "있", 3) == 0 || memcmp(s.p + s.n - 3, "겠", 3) == 0);
    return last >= SYLLABLES && last <= 0xd7a3 && (last - SYLLABLES) % 28 == SS && !polite;
}

/* "꺼도 돼": one may. With the mark of a question it asks whether one may, which nobody answers here. */
static bool asks_leave(const ond__request *r)
{
    const char *text = r->ask.text, *mark = strchr(text, '?');
    if (!r->ask.lang || strcmp(r->ask.lang, "ko") != 0 || !mark || mark[strspn(mark, " ~!?.")])
        return false;
    if (ends_in_past(ond_str_trim((ond_str){text, (size_t)(mark - text)})))
        return true;
    for (const char *at = text; (at = strstr(at, "도 ")) != NULL; at++) {
        const char *may = at + strlen("도 ");
        if (strncmp(may, "돼", 3) == 0 || strncmp(may, "되", 3) == 0 || strncmp(may, "될", 3) == 0 ||
            strncmp(may, "괜찮", 6) == 0)
            return true;
    }
    return strstr(text, "도돼") || strstr(text, "도되") || strstr(text, "도될");
}

/* "거실 추워?" asks; "춥지 않니?" complains. */
static bool asks_how_it_is(const ond__request *r)
{
    const char *text = r->ask.text, *mark = strchr(text, '?');
    return r->ask.lang && strcmp(r->ask.lang, "ko") == 0 && mark && !mark[strspn(mark, " ~!?.")] &&
           !strstr(text, "지 않") && r->n == 1 && r->part[0].w.match &&
           ond__slot_has(&r->part[0].w, "complaint", "yes") &&
           !ond__slot_has(&r->part[0].w, "domain", "scene");
}

bool ond__only_asks(const ond__request *r) { return asks_leave(r) || asks_how_it_is(r); }
