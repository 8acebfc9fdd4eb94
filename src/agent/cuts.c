/* cuts.c - where a sentence may be cut into clauses: at "and", "then", a comma; at "-고", "그리고",
 * "-지 말고"; and in Korean also at a space behind a word that ends sentences, in
 * English before one that begins a statement or a wish. */
#include "agent/clauses.h"
#include "base/utf8.h"

typedef struct joint {
    const char *word;
    bool keep; /* it belongs to the clause before it: "불 끄고" */
} joint;

static const joint joints_en[] = {
    {", and then ", false}, {" and then ", false}, {", then ", false}, {" then ", false},
    {", and also ", false}, {" and also ", false}, {", and ", false},  {" and ", false},
    {"; ", false},          {". ", false},         {", ", false},      {" but ", false},
    {" plus ", false},      {" as well as ", false}, {" please ", false}, {" because ", false},
    {" cos ", false},       {" cause ", false},   {", so ", false},     {" so ", false},
    {" since ", false},     {"? ", false},
};
static const joint joints_ko[] = {
    {"고 나서", true},   {"고서", true},      {"지 말고", true},  {"지말고", true},
    {"고", true},        {" 다음에", true},   {" 다음", true},    {" 뒤에", true},
    {" 후에", true},     {" 그리고 ", false}, {", ", false},      {". ", false},
    {"이랑 ", false},    {"랑 ", false},      {"하고 ", false},   {"과 ", false},
    {"와 ", false},      {" 및 ", false},     {",", false},       {"며 ", true},
    {"? ", false},
};
/* "과" and "이랑" join after a consonant, "와" and "랑" after a vowel: "치과 예약" is no "치 and 예약". */
static bool sounds_joined(const char *text, size_t at, const char *word)
{
    int consonant = strncmp(word, "과", 3) == 0 || strncmp(word, "이랑", 6) == 0 ? 1
                    : strncmp(word, "와", 3) == 0 || strncmp(word, "랑", 3) == 0 ? 0
                                                                                     : -1;
    uint32_t last = 0;
    ond_str s = {text, at};
    for (size_t i = 0; i < s.n;)
        last = ond_utf8_next(s, &i);
    return consonant < 0 || last < 0xac00 || last > 0xd7a3 ||
           ((last - 0xac00) % 28 != 0) == (consonant == 1);
}

bool ond__text_ends(const char *text, size_t at, const char *const *ends, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(ends[i]);
        if (at > len && memcmp(text + at - len, ends[i], len) == 0)
            return true;
    }
    return false;
}

/* "햇빛 들어오니까 커튼 쳐 줘": whatever the reason is, what is wished is said after it. Not where the
 * words insist ("끄지 말라니까"), forbid, or say a time at which it may be meant. */
static bool is_reason(const char *text, size_t n)
{
    static const char *const never[] = {"라니까", "다니까", "냐니까", "말", "시에", "내일", "낼 ", "모레", "다음 주", "다음주", "다음 달", "이번 주", "주말", "분 뒤",
                                        "있다가", "이따", "안 ", "못 ", "누가", "만약",
                                        /* another wish */
                                        "줘 ", "줘. ", "줘, ", "줘요", "주세요", "라. ", "주고 ", "넣고 ", "켜고 ", "끄고 ", "열고 ", "닫고 ", "추가하고 ", "맞추고 ",
                                        "지우고 ", "깨우고 ", "알리고 ", "돌리고 ", "적고 "};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (memmem(text, n, never[i], strlen(never[i])))
            return false;
    return ond__text_ends(text, n, (const char *const[]){"니까", "려는데", "려고 하는데"}, 3);
}

/* Ends as a wish does. Cheap: most of what is not understood does not, and is then not read again. */
static bool ends_in_wish(const char *text, size_t n)
{
    static const char *const ends[] = {"줘", "요", "라", "다오", "래", "해", "켜", "꺼", "쳐", "려",
                                       "춰", "여", "자", "줄래", "세염", "드려", "잠가", "열어", "닫아",
                                       "틀어", "정지", "추가", "봐", "놔", "둬", "마", "십시오", "시오", "이소", "소", "쇼", "유", "잉",
                                       "러", "워", "혀", "용", "염", "욤", "영", "삼", "렴", "니다", "시다", "래이", "레이", "줍서", "나", "텐가", "도", "게", "께", "지", "죠", "빼", "적어", "넣어", "지워", "알려", "보내", "가", "와", "모드", "채널", "으로", "로", "스톱", "그만", "시작", "취소", "까", "니", "나", "음", "함", "임", "것"};
    return ond__text_ends(text, n, ends, sizeof ends / sizeof *ends);
}

/* Korean sentences end in words that only end sentences; people go on after them without a stop. */
static bool cut_at_space(const char *text, size_t at, ond__cut *out)
{
    static const char *const asking[] = {"줘", "줘라", "지 마", "지마", "줘요", "주세요", "주라", "다오", "줄래", "줄래요",
                                         "켜라", "꺼라", "해라", "워라", "려라", "여라", "춰라",
                                         "아라", "어라", "가라", "쳐라", "봐라", "때라", "놔라", "둬라", "해", "켜", "꺼",
                                         "틀어", "열어", "닫아", "잠가", "돌려", "올려", "내려", "멈춰", "줄여",
                                         "놔", "둬", "걷어", "여줄래요", "줄래요", "올려라",
                                         "켜봐", "켜 봐", "꺼봐", "꺼 봐", "틀어봐", "틀어 봐", "열어봐", "닫아봐", "돌려봐", "돌려 봐", "올려봐", "내려봐",
                                         "줄여봐", "해봐", "해 봐", "맞춰봐", "멈춰봐", "주세용", "주세염", "주세여", "줘용", "줘염", "줘여", "줄래용", "줘유", "줘잉", "주셔유", "빼라", "지워라", "넣어라", "적어라", "적어놔", "쳐줘요", "쳐줘",
                                         "주십시오", "주십쇼", "주시오", "부탁해", "부탁해요", "부탁드려요"};
    static const char *const telling[] = {"다", "네", "네요", "야", "어", "어요", "워", "워요", "까",
                                          "데", "서", "대", "아", "아요", "래", "셔", "해요", "라", "게",
                                          "니", "지", "려고", "든", "파", "여", "려", "봐", "와", "혀", "께", "중", "픔", "움", "음", "나", "요", "냐", "러", "세", "커", "부셔"};
    *out = (ond__cut){.left = at, .right = at + 1};
    out->asks = ond__text_ends(text, at, asking, sizeof asking / sizeof *asking);
    out->why = ond__text_ends(text, at, telling, sizeof telling / sizeof *telling) ||
               ond__text_ends(text, at, (const char *const[]){"해"}, 1);
    out->reason = is_reason(text, at);
    out->why |= out->reason;
    return text[at] == ' ' && text[at + 1] && (out->asks || out->why);
}

void ond__cuts_find(const char *text, const char *lang, ond__cuts *out)
{
    bool korean = strncmp(lang, "ko", 2) == 0;
    const joint *joints = korean ? joints_ko : joints_en;
    size_t n = korean ? sizeof joints_ko / sizeof *joints_ko : sizeof joints_en / sizeof *joints_en;
    for (size_t at = text[0] != 0; text[at]; at++)
        for (size_t i = 0; i < n && out->n < OND__MOST_CUTS; i++) {
            size_t len = strlen(joints[i].word);
            if (strncmp(text + at, joints[i].word, len) != 0 || !text[at + len] ||
                (korean && !sounds_joined(text, at, joints[i].word)))
                continue;
            size_t right = at + len;
            right += strspn(text + right, ", ");
            bool torn = korean && strncmp(text + right, "나서 ", strlen("나서 ")) == 0; /* of "하고 나서" */
            if (text[right] && !torn)
                out->v[out->n++] =
                    (ond__cut){.left = joints[i].keep ? at + len : at, .right = right, .linked = joints[i].keep};
        }
}

/* "hallway light on i just got home", "i'm cold turn on the heating": a statement begins or ends. */
static bool cut_before_word(const char *text, size_t at, ond__cut *out)
{
    static const char *const told[] = {"i'm ",   "i am ",  "im ",     "i've ", "i just ", "i can't ", "i have to ",
                                       "i need to ", "i need it ", "i need this ", "i need that ", "i gotta ", "we're ", "we've ", "we are ", "it's ", "its ", "he's ",
                                       "she's ", "they're ", "someone ", "there's ", "theres "};
    static const char *const wished[] = {"turn ", "switch ", "close ", "open ", "lock ", "start ", "set ",  "put ",
                                         "dim ",  "play ",   "pause ", "stop ", "can you ", "could you ", "please "};
    *out = (ond__cut){.left = at, .right = at + 1};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        out->asks |= strncasecmp(text + at + 1, told[i], strlen(told[i])) == 0;
    for (size_t i = 0; i < sizeof wished / sizeof *wished; i++)
        out->why |= strncasecmp(text + at + 1, wished[i], strlen(wished[i])) == 0;
    return text[at] == ' ' && (out->asks || out->why);
}

static void cuts_english(const char *text, ond__cuts *out)
{
    for (size_t at = 1; text[0] && text[at]; at++)
        if (out->n < OND__MOST_CUTS && cut_before_word(text, at, &out->v[out->n]))
            out->n++;
}

/* Where only a space parts two clauses; tried after the joints. */
void ond__cuts_spaces(const char *text, const char *lang, ond__cuts *out)
{
    if (strcmp(lang, "ko") != 0) {
        cuts_english(text, out);
        return;
    }
    bool wish = ends_in_wish(text, strlen(text));
    for (size_t at = 1; text[0] && text[at]; at++)
        if (out->n < OND__MOST_CUTS && cut_at_space(text, at, &out->v[out->n]))
            out->n += out->v[out->n].asks || wish;
}

/* Whether a sentence may be parted where joints are not. */
bool ond__cuts_any_space(const char *text, const char *lang)
{
    ond__cuts all = {0};
    ond__cuts_spaces(text, lang, &all);
    return all.n > 0;
}
