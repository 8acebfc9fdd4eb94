/* why_ko.c - whether a Korean clause says that something is so (a past, a reason, "이/가 … 다"), and
 * nothing that could change a wish beside it (why.c). */
#include "agent/clauses.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#define OF(list) (list), sizeof (list) / sizeof *(list)

static bool has_any(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(text, list[i]))
            return true;
    return false;
}

static bool word_begins_here(const char *at, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(at, list[i], strlen(list[i])) == 0)
            return true;
    return false;
}

/* A word of the text begins so. */
static bool word_begins(const char *text, const char *const *list, size_t n)
{
    for (const char *at = text; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
        if (word_begins_here(at, list, n))
            return true;
    return false;
}

static bool any_is(const char *text, size_t n, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == n && memcmp(list[i], text, n) == 0)
            return true;
    return false;
}

/* The text without its last ending, where it is one of `list`; 0: it has none. */
static size_t before_ending(const char *text, size_t n, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(list[i]);
        if (n > len && memcmp(text + n - len, list[i], len) == 0)
            return n - len;
    }
    return 0;
}

/* "왔으면", "오면": not "라면", "화면". */
static bool is_condition(const char *text)
{
    static const char *const nouns[] = {"라면", "냉면", "짜장면", "화면", "정면", "표면", "컵라면", "비빔면", "쫄면"};
    for (const char *at = strstr(text, "면"); at; at = strstr(at + 3, "면")) {
        size_t end = (size_t)(at - text) + 3;
        if (text[end] && text[end] != ' ')
            continue;
        if (!before_ending(text, end, OF(nouns)) && !any_is(text, end, OF(nouns)))
            return true;
    }
    return false;
}

/* The last letter of the last syllable before byte n, as an index of finals (Unicode 3.12); -1: no syllable. */
static int final_of(const char *text, size_t n)
{
    uint32_t last = 0;
    for (size_t i = 0; i < n;)
        last = ond_utf8_next((ond_str){text, n}, &i);
    return last < 0xac00 || last > 0xd7a3 ? -1 : (int)((last - 0xac00) % 28);
}

enum { FINAL_N = 4, FINAL_L = 8, FINAL_M = 16, FINAL_BS = 18, FINAL_SS = 20 };

/* "나 먼저 올라간다", "밭에 가야 된다", "나 금방 잘게": what one is about to do, or must. */
static bool is_plan(const char *text, size_t n)
{
    static const char *const ends[] = {"볼래", "잘래", "쉴래", "먹을래", "마실래", "놀래", "씻을래", "읽을래", "끼다", "끼라",
                                       "보고 싶어", "먹고 싶어", "자고 싶어", "쉬고 싶어", "씻고 싶어", "읽고 싶어", "놀고 싶어",
                                       "나가고 싶어", "눕고 싶어", "다녀올게", "갔다올게", "갔다 올게", "갔다올게요", "다녀오겠습니다", "갔다 오겠습니다", "나 늦어", "좀 늦어", "늦을 거 같아", "늦을 것 같아", "야 된다", "야 한다", "야 해", "야 해요", "야 돼", "야 돼요", "야돼", "야돼요", "야됨", "야 됨", "야해", "야해요", "야한다", "야된다", "야지", "야 되거든",
                                       "야 하거든", "거야", "거예요", "게요", "잘게", "씻을게", "나갈게", "쉴게", "먹을게", "누울게"};
    size_t at = before_ending(text, n, (const char *const[]){"다"}, 1);
    return ond__text_ends(text, n, OF(ends)) || any_is(text, n, OF(ends)) || (at && final_of(text, at) == FINAL_N);
}

/* "손님이 못 오신대", "우리 안 나가", "잠 좀 깨야겠다": no word of those turns the wish beside it round. Not "안 해",
 * "안 돼", "안 켜". Writes the text without them, in no more room. */
static void without_harmless(const char *said, char *out)
{
    static const char *const no[] = {"안 ", "못 "};
    static const char *const turning[] = {"해", "하", "할", "한", "돼", "되", "됨", "된", "될", "켜", "켤", "꺼", "끄", "끌", "틀", "열", "닫",
                                          "잠가", "잠그", "써", "쓸", "필", "맞"};
    static const char *const will[] = {"좋", "되", "하", "해", "켜", "끄", "주", "줘", "열", "닫", "맞", "시", "세"}; /* those with "겠" wish or ask */
    static const char *const cooked[] = {"올려놨", "올려 놨", "올렸", "넣어놨", "넣었", "돌려놨"}; /* "고구마 올려놨어" */
    size_t n = 0;
    for (const char *at = said; *at;) {
        bool begins = at == said || at[-1] == ' ';
        size_t skip = 0;
        for (size_t i = 0; begins && i < sizeof no / sizeof *no; i++)
            if (strncmp(at, no[i], strlen(no[i])) == 0 && strlen(at) > strlen(no[i]) &&
                !word_begins_here(at + strlen(no[i]), OF(turning)))
                skip = strlen(no[i]) + (strncmp(at + strlen(no[i]), "말라", strlen("말라")) == 0 ? strlen("말라") : 0);
        for (size_t i = 0; i < sizeof cooked / sizeof *cooked; i++)
            if (strncmp(at, cooked[i], strlen(cooked[i])) == 0)
                skip = strlen(cooked[i]);
        if (strncmp(at, "겠", strlen("겠")) == 0 && at - said >= 3 && !word_begins_here(at - 3, OF(will)))
            skip = strlen("겠");
        if (skip)
            at += skip;
        else
            out[n++] = *at++;
    }
    out[n] = '\0';
}

static bool korean_may_change(const char *text)
{
    static const char *const anywhere[] = {
        /* no, conditions, exceptions, second thoughts */
        "말고", "말라", "말랬", "거짓말", "뻥이", "아닌", "지 마", "지마", "으면", "려면", "아니", "빼고", "대신", "만약", "취소", "농담",
        "장난", "실수", "잘못", "괜찮", "필요", "겠", "뻔", "절대", "그냥", "다시", "혹시", "할까", "을까", "ㄹ까",
        "줄 알", "했어야", "수 있", "적 있", "소용", "감사", "고마", "고맙", "수고",
        /* what others said or asked */
        "라고", "다고", "냐고", "자고", "래요", "그랬", "그러더", "누가", "누구", "왜", "뭐", "뭘", "언제", "어디", "몇", "무슨",
        "어떻게", "어떤",
        /* times and amounts */
        "내일", "모레", "어제", "오늘", "이따", "나중", "다음", "주말", "요일", "오전", "오후", "있다가", "시에", "시 ", "시반",
        "아침에", "저녁에", "밤에", "새벽", "점심에", "분 ", "시간", "뒤에", "후에", "전에", "더 ", "덜 ", "까지", "부터",
        /* commands */
        "줘", "주세", "주라", "줄래", "해라", "설정", "예약", "추가", "부탁", "시켜", "보여", "말해"};
    static const char *const beginning[] = {
        "안 ", "못 ", "마 ", "마요", "마세요", "마라", "켰", "껐", "꺼라", "꺼 ", "꺼도", "꺼야", "끄", "켜 ", "켜라", "켜야", "켜도", "켜고", "켜자", "켠", "켤", "틀", "열어라",
        "열자", "열고", "열었", "닫", "잠그", "잠가", "잠갔", "올려", "올리", "줄여", "줄이", "높여", "높이", "낮추", "낮춰", "돌려",
        "돌리", "넣", "적어", "지워", "지우", "알려", "알리", "깨워", "깨우", "읽어", "멈춰", "멈추", "맞춰", "맞추", "바꿔", "바꾸",
        "찾아", "사다", "걸어", "보내",
        /* kinds of things that could be meant */
        "불 ", "불이", "불을", "불도", "불은", "불만", "조명", "전등", "램프", "스탠드", "난방", "보일러", "히터", "티브", "커튼", "커텐",
        "블라인드", "문 ", "문이", "문을", "문도", "문은", "현관문", "대문", "창문", "가스", "밸브", "온도", "습도", "소리", "볼륨",
        "음악", "노래", "라디오", "알람", "타이머", "알림", "일정", "약속", "메모", "목록", "리스트", "할 일", "장보기", "모드"};
    bool wishes = strstr(text, "싶") && !is_plan(text, strlen(text)); /* "음악 듣고 싶어" */
    return wishes || is_condition(text) || has_any(text, OF(anywhere)) || word_begins(text, OF(beginning)) || strpbrk(text, "0123456789?%\"");
}

/* "우리 안 나가", "와이프 춥대": somebody is told of, without a particle. */
static bool tells_of_somebody(const char *text)
{
    static const char *const who[] = {"나 ", "난 ", "전 ", "저 ", "우리 ", "우린 ", "애 ", "애기 ", "애들 ", "아기 ", "아가 ", "아이 ", "아이들 ", "와이프 ", "남편 ", "아내 ",
                                      "집사람 ", "신랑 ", "여보 ", "엄마 ", "아빠 ", "어머니 ", "아버지 ", "할머니 ", "할아버지 ", "할멈 ", "영감 ", "형 ", "누나 ",
                                      "언니 ", "오빠 ", "동생 ", "친구 ", "친구들 ", "손님 ", "손님들 ", "손주 ", "딸 ", "아들 ", "강아지 ", "고양이 ", "선생님 ",
                                      "그 손님 ", "그 사람 ", "다들 ", "아무도 ", "맨날 ", "자꾸 ", "매번 ", "항상 ", "늘 ", "오늘도 ", "햇빛 ", "햇볕 ", "햇살 ", "비 ", "바람 ", "냄새 ", "연기 ", "모기 ", "벌레 "};
    return word_begins_here(text, OF(who));
}

/* "이/가 …다": "등이 시리다", "코가 맹맹해서", "아기가 잔다". */
static bool has_subject(const char *text)
{
    static const char *const particles[] = {"이", "가", "은", "는", "도", "님이", "께서", "더니", "니까", "느라", "서"};
    static const char *const modifiers[] = {"있는", "없는", "하는", "되는", "가는", "오는"};
    for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' '))
        if (ond__text_ends(text, (size_t)(at - text), OF(particles)) &&
            !ond__text_ends(text, (size_t)(at - text), OF(modifiers)))
            return true;
    return tells_of_somebody(text);
}

static const char *last_word(const char *text, size_t n)
{
    while (n && text[n - 1] != ' ')
        n--;
    return text + n;
}

/* "과자 흘렸어", "손님이 계셨네요", "아무도 없는데", "다 썼으니까": a past, or what there is. */
static bool is_past(const char *text, size_t n)
{
    static const char *const ends[] = {"거든요", "거든", "으니까요", "으니까", "으니", "는데요", "는데", "네요", "네", "잖아요",
                                       "잖아", "더라고요", "더라고", "더라", "더니", "습니다", "어서요", "어서", "어요", "어",
                                       "다", "지 뭐", "단다", "나 봐", "나 보다", "나봐"};
    size_t at = before_ending(text, n, OF(ends));
    int last = at ? final_of(text, at) : -1;
    const char *word = last_word(text, n);
    bool is_there = strncmp(word, "있", strlen("있")) == 0 || strncmp(word, "없", strlen("없")) == 0;
    return (last == FINAL_SS || last == FINAL_BS) && (!is_there || has_subject(text) || strstr(text, "에 "));
}

static bool is_so(const char *text, size_t n)
{
    static const char *const plain[] = {"다", "네", "네요", "어", "아", "여", "해", "어요", "아요", "해요", "워", "워요", "파",
                                        "파요", "서", "서요", "라", "라서", "셔", "셔요", "셔서", "봐", "와", "봐요", "와요", "혀", "혀요", "니까", "니", "거든", "거든요",
                                        "려", " 나", " 나요", "돼", "돼요", "야", "가", "가요", "잔다", "자요"};
    static const char *const or_wished[] = {"해", "어", "아", "여", "려", "워", "와", "봐", "가", "라", "혀", "돼"}; /* "방도 정리해" */
    bool too = strstr(text, "도 ") && ond__text_ends(text, n, OF(or_wished));
    return has_subject(text) && !too && (ond__text_ends(text, n, OF(plain)) || final_of(text, n) == FINAL_M);
}

/* "서 그런데", "는데", "거라서", "느라": a reason by its ending. */
static bool is_grounds(const char *text, size_t n)
{
    static const char *const ends[] = {"니까", "니까요", "서 그런데", "서 그래", "서 그러는데", "서 말이야", "거라", "거라서", "거라서요",
                                       "거거든", "거거든요", "길래", "잘라니까", "할라니까", "갈라니까", "볼라니까", "먹을라니까", "인데", "인데요", "이라", "느라", "느라고", "더니", "려는데", "려고 하는데", "려고", "려고요",
                                       "건데", "는 중이라", "는 중이라서", "는 중인데", "중", "중이야", "중이에요", "중임",
                                       "생각이니", "예정이니", "거니", "테니", "으니", "응께", "인께", "은께", "니께", "라서 그래", "라서", "이라서", "거든", "거든요"};
    static const char *const never[] = {"라니까", "다니까", "냐니까", "자니까"};
    return ond__text_ends(text, n, OF(ends)) && !ond__text_ends(text, n, OF(never));
}

/* "라면 끓이게", "눈 좀 붙이게", "냄새 빠지게": what for, of two words or of one that is known. Not "밝게", "은은하게",
 * which say how, nor what is done with a device. */
static bool is_purpose(const char *text, size_t n)
{
    static const char *const known[] = {"보게", "읽게", "먹게", "마시게", "자게", "쉬게", "씻게", "놀게", "나가게", "들어가게", "들어오게", "공부하게",
                                        "일하게", "요리하게", "청소하게", "운동하게", "빨래하게", "환기하게", "환기되게", "숙제하게", "샤워하게",
                                        "설거지하게", "화장하게", "명상하게", "게임하게", "통화하게", "회의하게", "수업하게", "독서하게", "촬영하게",
                                        "기도하게", "요가하게", "스트레칭하게", "목욕하게", "준비하게", "출근하게", "등교하게", "외출하게", "반신욕하게",
                                        "갈게"};
    static const char *const how[] = {"밝게", "어둡게", "세게", "약하게", "강하게", "크게", "작게", "높게", "낮게", "빠르게", "느리게", "천천하게", "조용하게",
                                      "따뜻하게", "따듯하게", "뜨겁게", "차갑게", "시원하게", "선선하게", "은은하게", "부드럽게", "환하게", "훤하게", "침침하게",
                                      "예쁘게", "이쁘게", "하얗게", "노랗게", "빨갛게", "파랗게", "붉게", "푸르게", "푸르스름하게", "길게", "짧게", "얇게", "두껍게", "많게", "적게",
                                      "넓게", "좁게", "있게", "없게", "않게", "같게", "다르게", "똑같게", "가볍게", "무겁게", "편하게", "적당하게", "쾌적하게", "촉촉하게",
                                      "건조하게", "흐리게", "연하게", "진하게", "늦게", "이르게", "일찍하게", "빡세게", "쎄게", "되게", "그렇게", "이렇게", "저렇게",
                                      "어떻게", "가게", "지게", "무섭게", "힘들게", "덥게", "춥게"};
    static const char *const doing[] = {"켜", "켤", "꺼", "끄", "끌", "열", "닫", "잠", "틀", "줄이", "높이", "낮추"};
    const char *word = last_word(text, n);
    size_t stem = before_ending(text, n, (const char *const[]){"게"}, 1);
    if (any_is(text, n, OF(known)))
        return true;
    if (stem && final_of(text, stem) == FINAL_L)
        return false; /* "내가 할게": a promise */
    return ond__text_ends(text, n, (const char *const[]){"게"}, 1) && word > text &&
           !any_is(word, n - (size_t)(word - text), OF(how)) && !word_begins_here(word, OF(doing));
}

/* "무서워", "아이고 피곤해": how one feels. */
static bool is_feeling(const char *text, size_t n)
{
    static const char *const ends[] = {"무서워", "무서워요", "무섭다", "피곤해", "피곤해요", "피곤하다", "졸려", "졸려요", "졸리다",
                                       "배고파", "배고파요", "배고프다", "힘들어", "힘들다", "심심해", "심심하다", "답답해", "답답하다",
                                       "아파", "아프다", "아픔", "무서움", "졸림", "피곤함", "시려", "시리다", "꿉꿉하다", "꿉꿉해", "꿉꿉하네", "눅눅하다", "눅눅해", "눅눅하네", "습하다", "습해", "습하네",
                                       "후텁지근하다", "후텁지근해", "갑갑하다", "갑갑해", "퀴퀴하다", "퀴퀴해", "텁텁하다", "텁텁해", "먼지투성이다",
                                       "다리야", "허리야", "머리야", "어깨야", "목이야", "팔이야", "배야", "무릎이야", "눈이야", "삭신이야", "귀찮아", "귀찮다", "급하다", "큰일 났다", "재미없다", "재미없어", "재미없네", "재미없음", "안 보여", "안보여", "안 들려", "안들려", "지겹다", "지겨워", "지루하다", "지루해"};
    size_t at = before_ending(text, n, OF(ends)), spaces = 0;
    for (size_t i = 0; i < n; i++)
        spaces += text[i] == ' ';
    return (at || any_is(text, n, OF(ends))) && spaces < 3;
}

/* "애들 깰라", "와이프 춥대", "나 다녀올게", "곧 화상회의라", "아이고 다리야", "햇빛 좀 보자": what is feared, heard, promised,
 * at hand, sighed, and what one is up to. */
static bool is_aside(const char *text, size_t n)
{
    static const char *const heard[] = {"대", "대요", "댄다"}, *const nouns[] = {"침대", "무대", "휴대", "기대", "군대"};
    static const char *const soon[] = {"곧 ", "지금 ", "방금 ", "벌써 ", "이제 "};
    static const char *const is[] = {"라", "이라", "인데", "이야", "야", "거든", "임", "이거든"};
    static const char *const sighs[] = {"아이고 ", "아이구 ", "에고 ", "에구 ", "아휴 ", "어휴 ", "에휴 ", "아이고, ", "아이구, "};
    static const char *const up_to[] = {"보자", "쐬자", "쉬자", "먹자", "자자", "놀자", "환기 좀 하자", "거임", "거야", "예정임", "상태임", "나가요", "다녀와요", "머리카락 봐라", "꼴 좀 봐라", "꼴 봐라"};
    static const char *const mine[] = {"할게", "할게요", "끌게", "끌게요", "켤게", "켤게요", "열게", "열게요", "닫을게", "닫을게요", "틀게", "틀게요", "맞출게", "적을게"};
    static const char *const one_word[] = {"할거임", "할거야", "이다", "샤워함", "외출함", "퇴근함", "출근함", "공부함", "운동함", "통화함"};
    size_t fear = before_ending(text, n, (const char *const[]){"라"}, 1);
    size_t will = before_ending(text, n, (const char *const[]){"게요", "게"}, 2);
    const char *word = last_word(text, n);
    if (word == text)
        return ond__text_ends(text, n, OF(one_word)) || any_is(text, n, OF(one_word));
    return (fear && final_of(text, fear) == FINAL_L) ||
           (ond__text_ends(text, n, OF(heard)) && !ond__text_ends(text, n, OF(nouns))) ||
           (will && final_of(text, will) == FINAL_L && !any_is(word, n - (size_t)(word - text), OF(mine)) && !strstr(text, "내가")) ||
           (word_begins_here(text, OF(soon)) && ond__text_ends(text, n, OF(is))) ||
           (word_begins_here(text, OF(sighs)) && ond__text_ends(text, n, (const char *const[]){"야"}, 1)) ||
           ond__text_ends(text, n, OF(up_to));
}

/* "나 화장실", "우리 외출": where one goes, in two words. */
static bool says_whereto(const char *text, size_t n)
{
    static const char *const who[] = {"나 ", "난 ", "저 ", "우리 "};
    static const char *const where[] = {"화장실", "샤워", "퇴근", "출근", "외출", "외출한다", "마트", "헬스장", "병원", "학교", "회사", "산책", "운동",
                                        "목욕", "낮잠", "공부", "회의", "통화", "전화", "출장", "휴가", "여행"};
    const char *word = last_word(text, n);
    return word_begins_here(text, OF(who)) && strchr(text, ' ') + 1 == word && any_is(word, n - (size_t)(word - text), OF(where));
}

/* "켜 줘 봐야 소용없어": a verb that only goes on with the one before. */
static bool goes_on(const char *text)
{
    static const char *const verbs[] = {"봐야", "봐서", "봐도", "본 ", "볼 ", "보니", "보면", "놓고", "놔도", "놔서", "둬도", "두고",
                                        "두면", "버려서", "버렸", "있", "없", "줬", "줄 ", "줘", "주셔", "주신", "주시", "주고", "주면", "주니", "달라",
                                        "하고", "하면", "하니", "하지", "했", "해서", "해도", "된 ", "되면", "되니", "됐", "가지고",
                                        "그래"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strncmp(text, verbs[i], strlen(verbs[i])) == 0)
            return true;
    return false;
}

/* "퇴근했다아아", "왔어어": a vowel drawn out. */
static size_t without_drawl(const char *text, size_t n)
{
    static const char *const drawn[] = {"다아", "어어", "네에", "요오", "야아", "아아"};
    while (ond__text_ends(text, n, OF(drawn)))
        n -= 3;
    return n;
}

bool ond__tells_why_ko(const char *said)
{
    char text[128];
    size_t n = strlen(said);
    if (n >= sizeof text)
        return false;
    memcpy(text, said, n + 1);
    while (n && strchr(" ,.!~", text[n - 1]))
        n--;
    n = without_drawl(text, n);
    text[n] = '\0';
    if (strncmp(last_word(text, n), "했", strlen("했")) == 0)
        return false; /* did what? */
    if (says_whereto(text, n))
        return true;
    if (is_purpose(text, n) && !strstr(text, "고 "))
        text[(size_t)(last_word(text, n) - text)] = '\0'; /* what for is no command: "육수 올리게" */
    else if (!is_feeling(text, n) && !is_past(text, n) && !is_so(text, n) && !is_grounds(text, n) && !is_plan(text, n) && !is_aside(text, n))
        return false;
    char plain[sizeof text];
    without_harmless(text, plain);
    return !korean_may_change(plain) && !goes_on(plain);
}
