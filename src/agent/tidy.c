/* tidy.c - a sentence without what people put around it: quotes, "~", "^^", "ㅋㅋ", "ㅠㅠ", smiling
 * stops; and without what they say before they begin ("음", "well,").
 *
 * Only the ends are touched and typographic apostrophes made plain; the words stay as they were
 * said. Laughter in the middle stays, and the sentence is then not understood: nothing is guessed.
 */
#include "agent/room.h"

#include <ctype.h>
#include <strings.h>
#include "base/utf8.h"

static bool is_noise(uint32_t c)
{
    static const uint32_t noise[] = {
        ' ',    '\t',   '\n',   '\r',   '"',    '~',    '^',    '!',    '.',    ',',    ';',
        0x27,   0x00a0, 0x2018, 0x201c, 0x201d, 0x2026, 0x2665, 0x2764, 0x3000, 0x3002, 0x300c,
        0x300d, 0x301c, 0xfe0f, 0xff01, 0xff0c, 0xff0e, 0xff5e, 0x200b, 0xfeff,
    };
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++)
        if (c == noise[i])
            return true;
    return (c >= 0x3131 && c <= 0x318e) ||
           (c >= 0x1f300 && c <= 0x1faff); /* lone jamo, pictographs */
}

/* "그 알람": the one that was set, no hesitation. */
static bool points(const char *text)
{
    static const char *const nouns[] = {"그 알람", "그 타이머", "그 알림", "그 일정", "그 약속", "그 메모"};
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++)
        if (strncmp(text, nouns[i], strlen(nouns[i])) == 0)
            return true;
    return false;
}

/* What people say before they begin. */
static size_t filler(const char *text)
{
    static const char *const fillers[] = {
        "음",   "어",     "저기",  "저기요",   "아",   "야",      "자",         "그",     "저",
        "있잖아", "있지", "그러니까", "um",     "uh",   "er",      "erm",        "well",   "so",
        "hey",  "oh",     "right", "hmm",      "hi",   "hello",   "okay so",    "ok so",  "alright",
        "얘야", "아가", "아가야", "여보", "자기야", "미안한데", "미안하지만", "죄송한데", "죄송하지만",
        "죄송한데요", "실례지만", "실례합니다", "바쁜데 미안한데", "부탁인데", "부탁이 있는데", "있잖니",
        "어두우니까", "어두우니", "어두워서", "추우니까", "추우니", "추워서", "더우니까", "더우니", "더워서",
        "졸리니까", "졸려서", "눈부시니까", "시끄러우니까", "시끄러워서", "자려고 하니까", "자야 되니까",
        "자야 하니까", "잘 거니까", "나갈 거니까", "건조하니까", "건조해서", "급해", "빨리빨리",
        "급한데", "급하니까", "급해서 그런데", "괜찮으면", "괜찮으시면", "가능하면", "가능하시면", "될 수 있으면", "웬만하면",
        "바쁘겠지만", "바쁘시겠지만", "바쁜데", "바쁠 텐데", "번거롭겠지만", "번거로우시겠지만", "귀찮겠지만", "아 그리고", "그리고 참",
        "부탁 하나만", "나 부탁 하나만", "부탁 하나 할게", "나 부탁 하나 할게", "한 가지 부탁할게", "부탁 좀 할게", "부탁할게", "부탁할게요",
        "부탁이 있어", "부탁이 있어요", "부탁드릴게요", "부탁이야", "다름이 아니라", "다름 아니라", "헐", "헉", "앗", "어머", "어머나", "아이구", "에구", "에고", "어휴", "에휴", "이런", "엥", "어라", "아차차", "저기 있잖아", "미안", "쏘리", "그니까", "근데", "그런데", "있재", "보래이",
        "에이",   "아이고", "어이", "이봐", "여봐", "있잖아요", "저기요", "온돌아", "온돌아요",
        "아야", "거시기", "보소", "보이소", "여보게", "아따", "워메", "오메", "참", "아 참", "아참", "맞다", "아 맞다",
        "그라믄", "그럼", "그러면", "야야", "쉿", "listen", "pls",  "음음",  "으음",     "어어", "헤이",    "안녕",       "얘",     "please",
    };
    size_t best = 0;
    if (points(text))
        return 0;
    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++) {
        if (!ond__same_letter(text[0], fillers[i][0]))
            continue;
        size_t n = strlen(fillers[i]);
        if (strncasecmp(text, fillers[i], n) == 0 && n > best && strchr(" ,.~!…", text[n]) && text[n])
            best = n;
    }
    return best ? best + strspn(text + best, " ,.~!") : 0;
}

/* What people add after they have asked: "켜 줘, 고마워", "불 켜 줄래? 어두워". Only after a word that
 * asks for something. Bytes to leave out at the end of the first n. */
static size_t trailing(const char *text, size_t n)
{
    static const char *const words[] = {"고마워", "고마워요", "고맙다", "고맙습니다", "감사", "감사해요",
                                        "감사합니다", "땡큐", "부탁해", "부탁해요", "부탁드려요", "부탁할게",
                                        "부탁드립니다", "알았지", "알겠지", "오케이", "플리즈", "제발",
                                        "어두워", "추워", "더워", "눈부셔", "시끄러워", "급해", "졸려",
                                        "제발 좀", "제발요", "빨리 좀", "응", "오키", "오케", "ok", "plz", "pls", "지금 바로", "지금 당장", "당장", "바로",
                                        "부탁함", "고마워잉", "알겠지요", "알았제", "알겄제", "그래줘", "그래 줄래", "얼른", "빨리빨리", "부탁드릴게요", "고마우이", "고맙네", "고맙데이", "욕봐라", "수고해", "수고하세요", "수고했어",
                                        "너무 어두워", "너무 추워", "너무 더워", "너무 시끄러워", "빨리"};
    static const char *const asks[] = {"줘", "줘요", "주세요", "줄래", "줄래요", "라", "봐", "다오",
                                       "주라", "꺼", "켜", "해", "쳐", "주십시오", "주실래요", "주시겠어요", "주이소", "주소", "주렴",
                                       "줍서", "바랍니다", "놔", "둬"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i]), at = n - len;
        if (n <= len || memcmp(text + at, words[i], len) != 0 || !strchr(" ,.?!~", text[at - 1]))
            continue;
        while (at > 0 && strchr(" ,.?!~", text[at - 1]))
            at--;
        for (size_t k = 0; k < sizeof asks / sizeof asks[0]; k++) {
            size_t m = strlen(asks[k]);
            if (at > m && memcmp(text + at - m, asks[k], m) == 0)
                return n - at;
        }
    }
    return 0;
}

static bool is_question(uint32_t c) { return c == '?' || c == 0xff1f; }

void ond__tidy(ond_buf *out, const char *text)
{
    ond_str s = ond_str_of(text);
    size_t from = s.n, to = 0;
    bool asks = false;
    for (size_t at = 0; at < s.n;) {
        size_t begin = at;
        uint32_t c = ond_utf8_next(s, &at);
        if (is_noise(c) || is_question(c)) {
            asks |= is_question(c);
            continue;
        }
        asks = false;
        if (begin < from)
            from = begin;
        to = at;
    }
    for (size_t n; from < to && (n = filler(s.p + from)) > 0 && from + n < to;)
        from += n;
    for (size_t n; from < to && (n = trailing(s.p + from, to - from)) > 0;)
        to -= n;
    for (size_t at = from; at < to;) {
        size_t begin = at;
        if (ond_utf8_next(s, &at) == 0x2019)
            ond_buf_putc(out, '\'');
        else
            ond_buf_put(out, s.p + begin, at - begin);
    }
    char head[3] = "";
    strncat(head, ond_buf_z(out), 2);
    if (isalpha((unsigned char)head[0]))
        ond__polite(out);
    /* what begins with "any chance of" asks for a thing to be done */
    asks = asks && strncmp(ond_buf_z(out), head, 2) == 0;
    if (asks && isalpha((unsigned char)ond_buf_z(out)[0]))
        ond__asking(out);
}
