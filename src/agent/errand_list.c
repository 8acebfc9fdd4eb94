/* errand_list.c - lists: what goes on them, what is done, what is on them. Several things in one
 * breath ("우유랑 계란", "milk, eggs and bread") are several items. */
#include "agent/errand.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <strings.h>

static const char *owner(void) { return ond_source_name(OND_SOURCE_OWNER); }
static const char *house(void) { return ond_source_name(OND_SOURCE_HOUSE); }

/* ---- several things in one breath ---- */

typedef struct items { ond_buf v[16]; size_t n; } items;

static void items_free(items *i)
{
    for (size_t k = 0; k < i->n; k++)
        ond_buf_free(&i->v[k]);
}

static void item_add(items *i, const char *from, const char *to)
{
    ond_str s = ond_str_trim((ond_str){from, (size_t)(to - from)});
    if (s.n == 0 || i->n == sizeof i->v / sizeof i->v[0])
        return;
    i->v[i->n] = (ond_buf){0};
    ond_buf_str(&i->v[i->n++], s);
}

/* Bytes of a word at `at` that joins two things, with what comes after it; *drop are bytes before
 * that belong to it. */
static size_t joint_en(const char *text, const char *at)
{
    static const char *const words[] = {", and ", " and ", " & ", ", ", " plus ", " as well as ",
                                        ","};
    (void)text;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(at, words[i], strlen(words[i])) == 0)
            return strlen(words[i]);
    return 0;
}

static bool ends_in_consonant(const char *from, const char *to)
{
    uint32_t last = 0;
    ond_str s = {from, (size_t)(to - from)};
    for (size_t at = 0; at < s.n;)
        last = ond_utf8_next(s, &at);
    return last >= 0xac00 && last <= 0xd7a3 && (last - 0xac00) % 28 != 0;
}

/* A particle joins only after two syllables, where its form fits the sound before it: "사과 우유" is
 * no "사 and 우유". `from` is where the present thing begins. */
static size_t joint_ko(const char *from, const char *at)
{
    static const struct { const char *word; int consonant; } words[] = {
        {"이랑 ", 1}, {"랑 ", 0}, {"하고 ", -1}, {"과 ", 1}, {"와 ", 0},
    };
    static const char *const plain[] = {", ", " 그리고 ", " 및 ", ",", " 또 "};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strncmp(at, plain[i], strlen(plain[i])) == 0)
            return strlen(plain[i]);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        /* "빵이랑": with its vowel the particle is no part of a word of one syllable */
        bool sure = strncmp(words[i].word, "이랑", strlen("이랑")) == 0 && at - from >= 3;
        if (strncmp(at, words[i].word, strlen(words[i].word)) != 0 || (at - from < 6 && !sure))
            continue;
        if (words[i].consonant < 0 || ends_in_consonant(from, at) == words[i].consonant)
            return strlen(words[i].word);
    }
    return 0;
}

/* "양파 대파 마늘": three words or more in a row, each short and none a number, are as many things. */
static bool is_row(ond_str text)
{
    static const char *const counts[] = {"개", "병", "봉", "봉지", "팩", "통", "모", "단", "근", "판",
                                         "캔", "권", "장", "박스", "마리", "포기", "kg", "g", "기", "하나", "둘", "셋", "넷", "조금"};
    size_t n = 0;
    for (const char *at = text.p, *end = text.p + text.n; at < end; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        len = len < (size_t)(end - at) ? len : (size_t)(end - at);
        ond_str word = {at, len};
        if (ond_utf8_count(word) > 3 || ond_utf8_count(word) < 2 || (at[0] >= '0' && at[0] <= '9'))
            return false;
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            size_t m = strlen(counts[i]);
            if (len >= m && memcmp(at + len - m, counts[i], m) == 0)
                return false;
        }
        n++;
        at += len;
    }
    return n >= 3;
}

/* What stands between two joints: one thing, or a row of them. "떡볶이 떡이랑 어묵" is no row of three. */
static void row_add(items *out, const char *from, const char *to, bool goods)
{
    bool row = goods && is_row((ond_str){from, (size_t)(to - from)});
    for (const char *at = from; row && at < to; at++)
        if (*at == ' ') {
            item_add(out, from, at);
            from = at + 1;
        }
    item_add(out, from, to);
}

/* `goods`: what is bought may be said in a row. */
static void cut_items(const char *text, const char *lang, bool goods, items *out)
{
    bool korean = strncmp(lang, "ko", 2) == 0;
    goods &= korean;
    const char *from = text;
    for (const char *at = text; *at;) {
        size_t n = korean ? joint_ko(from, at) : joint_en(from, at);
        if (!n) {
            at++;
            continue;
        }
        row_add(out, from, at, goods);
        at += n;
        from = at;
    }
    row_add(out, from, from + strlen(from), goods);
}

/* talk takes commas away; they part things ("onions, garlic and oil"). The words of `said` as they
 * stand in the sentence, with their commas; or false. */
static bool with_commas(ond_buf *out, const char *text, const char *said)
{
    size_t n = strlen(said);
    for (const char *from = text; *from && n; from++) {
        const char *a = from, *b = said;
        while (*b && *a) {
            a += strspn(a, ",;:");
            if (*a != *b)
                break;
            a++, b++;
        }
        if (*b)
            continue;
        ond_buf_put(out, from, (size_t)(a - from));
        return ond_buf_ok(out);
    }
    return false;
}

/* Words that are no thing to buy or to do: "the shopping list of a millionaire", "buy me a ticket". */
static bool is_no_item(const ond__wish *w, const char *item, bool said)
{
    static const char *const heads[] = {"of ", "is ", "are ", "was ", "me ", "us ", "him ", "her ",
                                        "them ", "it ", "to ", "up ", "out ", "away ", "rid ",
                                        "going ", "back ", "home ", "together ", "married ", "what ", "who ", "how ", "why ", "did ",
                                        "do we ", "do i ", "do you ", "have we ", "have i ", "have you ",
                                        "need ", "we need ", "i need ", "we're ", "i'm ", "we are ", "i am ", "we've ", "low on ",
                                        "running ", "there's ", "there is ", "hardly ", "barely ", "not much ", "no more "};
    static const char *const whole[] = {"it", "that", "this", "them", "me", "what", "one", "is",
                                        "lights", "light", "music", "noise", "sound", "alarms", "timers",
                                        "reminders", "heat", "heating", "tv", "telly", "add", "put",
                                        "stick", "write", "take", "nothing", "something", "things", "stuff"};
    /* "we need", "we're out of": what no shop has */
    static const char *const tails[] = {"time", "ideas", "money", "help", "luck", "love", "patience",
                                        "sleep", "rest", "holiday", "break", "house", "here", "you",
                                        "space", "options", "energy", "friends", "mind", "sync",
                                        "going", "fit", "married", "soon", "ready", "dressed", "home",
                                        "there", "back", "started", "moving", "plan", "lawyer", "doctor",
                                        "real", "better", "well", "lost", "out", "up", "along", "over"};
    /* "we need more soap, stick it on the list": the thing is what "it" stands for */
    static const char *const again[] = {" it", " them", " that", " this"};
    bool no = false;
    size_t n = strlen(item);
    for (size_t i = 0; strcmp(w->lang, "en") == 0 && i < sizeof again / sizeof again[0]; i++)
        no |= n > strlen(again[i]) && strcmp(item + n - strlen(again[i]), again[i]) == 0;
    const char *last = strrchr(item, ' ') ? strrchr(item, ' ') + 1 : item;
    for (size_t i = 0; !said && strcmp(w->lang, "en") == 0 && i < sizeof tails / sizeof tails[0]; i++)
        no |= strcmp(last, tails[i]) == 0;
    for (size_t i = 0; strcmp(w->lang, "en") == 0 && i < sizeof heads / sizeof heads[0]; i++)
        no |= strncmp(item, heads[i], strlen(heads[i])) == 0;
    for (size_t i = 0; strcmp(w->lang, "en") == 0 && i < sizeof whole / sizeof whole[0]; i++)
        no |= strcmp(item, whole[i]) == 0;
    return no;
}

/* Of "add milk", "I need milk", "don't forget the milk" nobody says where to: only what a shop has is
 * meant for its list. */
static bool is_goods(const char *item)
{
    static const char *const goods[] = {
        "milk", "bread", "egg", "butter", "cheese", "yoghurt", "yogurt", "cream", "flour", "sugar", "salt",
        "pepper", "rice", "pasta", "spaghetti", "noodles", "cereal", "oats", "porridge", "honey", "jam",
        "marmalade", "oil", "vinegar", "ketchup", "mustard", "mayo", "mayonnaise", "sauce", "soup",
        "beans", "lentils", "chickpeas", "tuna", "salmon", "fish", "chicken", "beef", "pork", "ham",
        "bacon", "sausages", "mince", "steak", "turkey", "tofu", "apple", "banana", "orange", "lemon",
        "lime", "grapes", "berries", "strawberries", "blueberries", "raspberries", "cherries", "pear",
        "peach", "peaches", "melon", "pineapple", "mango", "mangoes", "avocado", "avocados", "tomato",
        "tomatoes", "potato", "potatoes", "onion", "garlic", "ginger", "carrot", "lettuce", "salad",
        "cucumber", "spinach", "broccoli", "cauliflower", "cabbage", "peas", "corn", "celery",
        "mushroom", "courgette", "zucchini", "eggplant", "aubergine", "parsley", "basil", "coriander",
        "cilantro", "biscuits", "cookies", "crisps", "chips", "crackers", "chocolate", "sweets",
        "candy", "cake", "ice cream", "coffee", "tea", "teabags", "tea bags", "juice", "squash", "cola",
        "coke", "lemonade", "soda", "beer", "wine", "nappies", "diapers", "wipes", "tissues",
        "kleenex", "loo roll", "toilet roll", "toilet paper", "kitchen roll", "paper towels", "foil",
        "cling film", "bin bags", "bin liners", "trash bags", "detergent", "washing powder",
        "washing up liquid", "dish soap", "dishwasher tablets", "fabric softener", "bleach", "soap",
        "shampoo", "conditioner", "shower gel", "toothpaste", "toothbrush", "deodorant", "razors",
        "plasters", "batteries", "light bulbs", "lightbulbs", "cat food", "dog food", "bagels",
        "croissants", "rolls", "buns", "tortillas", "wraps", "nuts", "almonds", "raisins", "kimchi",
    };
    static const char *const no[] = {" to ", " your ", " my ", " the ", " in ", " into ", " on ",
                                     " for ", " with ", " at ", " from ", " up ", " is ", " are "};
    size_t n = strlen(item), words = 1;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (strstr(item, no[i]))
            return false;
    for (size_t i = 0; i < n; i++)
        words += item[i] == ' ';
    for (size_t i = 0; i < sizeof goods / sizeof goods[0] && words <= 4; i++) {
        size_t len = strlen(goods[i]);
        for (size_t s = 0; s <= 1; s++) /* "eggs" too */
            if (n >= len + s && (!s || item[n - 1] == 's') &&
                strncasecmp(item + n - s - len, goods[i], len) == 0 &&
                (n == len + s || item[n - s - len - 1] == ' '))
                return true;
    }
    return false;
}

static bool all_goods(const ond__wish *w, items *all)
{
    for (size_t i = 0; ond__slot_has(w, "goods", "yes") && i < all->n; i++)
        if (!is_goods(ond_buf_z(&all->v[i])))
            return false;
    return true;
}

/* ---- which list ---- */

/* "shopping", "todo", or the words of another; NULL: none was said. */
static const char *list_of(const ond__wish *w, ond_buf *room)
{
    static const char *const none[] = {"the", "my", "our", "a", "that", "this"}; /* "my list" */
    if (ond__phrase_of(w, "list", room)) {
        for (size_t i = 0; strcmp(w->lang, "en") == 0 && i < sizeof none / sizeof none[0]; i++)
            if (strcmp(ond_buf_z(room), none[i]) == 0)
                return "shopping";
        return ond_buf_z(room);
    }
    return NULL;
}

/* ---- adding ---- */

/* The end of another word or a question: a rule has taken more, or less, than it should. */
static bool is_torn(const ond__wish *w, const char *text)
{
    /* "우유 사야 하고": what has to be bought is said, and more after it */
    static const char *const must[] = {"사야", "해야", "가야", "내야", "와야", "사와야"};
    for (size_t i = 0; i < sizeof must / sizeof must[0]; i++)
        for (const char *at = text; (at = strstr(at, must[i])) != NULL; at++)
            if (strncmp(at + strlen(must[i]), " 하고", strlen(" 하고")) == 0 ||
                strncmp(at + strlen(must[i]), " 되고", strlen(" 되고")) == 0)
                return true;
    /* a verb that goes on: what comes after it is another wish */
    static const char *const goes_on[] = {"넣어", "넣으", "추가해", "추가하", "적으", "넣고 ", "추가하고 ", "적고 ", "담고 ", "올리고 ", "켜고 ",
                                          "끄고 ", "꺼주고 ", "켜주고 ", "맞추고 ", "지우고 ", "빼고 "};
    static const char *const starts[] = {"서 ",  "에 ",  "는 ",  "가 ",  "를 ", "을 ",   "언제", "뭐",
                                         "누가", "어디", "얼마", "어떻", "왜 ", "하러 ", "보러 "};
    static const char *const ends[] = {"줘", "주세요", "줘요", "줄래", "줄래요", "주라", "봐", "봐라",
                                       "읊어", "읽어라", "없어", "없다", "없네", "없음", "당께", "응께", "니까", "는데", "어서", "아서",
                                       "했어", "났어", "왔어", "갔어", "났다", "왔다", "겠다", "겠어", "거든", "가자", "하자",
                                       "십시오", "세요", "이소", "랑께", "줍서", "습니다", "어요", "아요", "네요", "야 해", "야 해요", "야 돼", "야 돼요", "야 한다", "야 된다",
                                       "할래", "갈래", "싫어", "싫다", "귀찮아", "귀찮다", "힘들어", "힘들다", "까", "나요", "습니까", "어때", "뭐야", "다오", "많아", "있어"};
    size_t n = strlen(text);
    if (strcmp(w->lang, "ko") != 0)
        return false;
    if (ond__is_told_ko(text) || ond__holds_wish_ko(text))
        return true;
    for (size_t i = 0; i < sizeof goes_on / sizeof goes_on[0]; i++)
        if (strstr(text, goes_on[i]))
            return true;
    static const char *const particles[] = {"에", "에다", "에다가", "도", "좀", "을", "를", "에도"};
    for (size_t i = 0; i < sizeof particles / sizeof particles[0]; i++)
        if (strcmp(text, particles[i]) == 0) /* "장보기에 넣어 줘": what? */
            return true;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (strncmp(text, starts[i], strlen(starts[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (n >= strlen(ends[i]) && strcmp(text + n - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

/* "장바구니 무거워", "장보기 재밌었어": what is told of the list is no thing to buy. "사이다", "오징어" are. */
static bool is_told(const ond__wish *w, const char *item)
{
    enum { SS = 20 };
    static const char *const ends[] = {"다", "워", "해", "요"};
    static const char *const goods[] = {"사이다", "소다"};
    size_t n = strlen(item), from = n >= 6 ? n - 6 : n;
    if (!ond__slot_has(w, "bare", "yes") || strcmp(w->lang, "ko") != 0)
        return false;
    for (size_t i = 0; i < sizeof goods / sizeof goods[0]; i++)
        if (n >= strlen(goods[i]) && strcmp(item + n - strlen(goods[i]), goods[i]) == 0)
            return false;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (n >= strlen(ends[i]) && strcmp(item + n - strlen(ends[i]), ends[i]) == 0)
            return true;
    uint32_t c = from < n ? ond_utf8_next((ond_str){item, n}, &from) : 0;
    return c >= 0xac00 && c <= 0xd7a3 && (c - 0xac00) % 28 == SS; /* "었어", "았지" */
}

/* "간장은 샀다, 목록에서 지워", "사야 해요 목록에": what is told is no name of a list. */
static bool is_told_list(const ond__wish *w)
{
    static const char *const ends[] = {"다", "어", "요", "네", "음", "까", "서", "데", "고"};
    ond_buf name = {0};
    const ond_slot *list = ond_match_slot(w->match, "list");
    bool told = false;
    if (list && list->wildcard && strcmp(w->lang, "ko") == 0 && ond__phrase_of(w, "list", &name))
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
            told |= name.n >= strlen(ends[i]) && strcmp(ond_buf_z(&name) + name.n - strlen(ends[i]), ends[i]) == 0;
    const char *z = ond_buf_z(&name);
    told |= name.n && (ond__holds_wish_ko(z) || strstr(z, "고 나서 ") || strncmp(z, "나서 ", strlen("나서 ")) == 0);
    ond_buf_free(&name);
    return told;
}

static int add_one(ond__wish *w, const char *list, bool said, const char *text, const ond_when *due,
                   ond_err *err)
{
    ond__draft d = ond__draft_new("calendar", "item_add");
    const char *source = said ? owner() : ond_source_name(OND_SOURCE_RULE);
    ond_buf local = {0};
    bool dated = due->code == OND_WHEN_OK;
    if (dated)
        ond__when_local(due, false, &local);
    bool ok = ond__draft_str(&d, "list", list, source) &&
              ond__draft_str(&d, "text", text, owner()) &&
              (!dated || ond__draft_str(&d, "due", ond_buf_z(&local), owner()));
    ond_buf_free(&local);
    if (ok)
        return ond__errand_add(w, &d, err);
    ond__draft_drop(&d);
    return ond_nomem(err, "planning");
}

/* "the lamp is low on my list" tells something; nothing is to be bought. */
static bool tells(const ond__wish *w, const char *list, const char *item)
{
    bool shopping = !list || strcmp(list, "shopping") == 0;
    return strcmp(w->lang, "en") == 0 && shopping &&
           (strstr(item, " is ") || strstr(item, " are ") || strstr(item, " was ") || strstr(item, " were ") ||
            strstr(item, " needs ") || strstr(item, " wants ") || strstr(item, " has "));
}

/* "포도 넣어 줘": the last syllable of the word is no particle. */
static void whole_noun(const ond__wish *w, ond_buf *text)
{
    static const char *const nouns[] = {"포도", "청포도", "건포도", "적포도"};
    static const char too[] = "도";
    size_t cut = sizeof too - 1;
    for (size_t i = 0; strcmp(w->lang, "ko") == 0 && w->text && i < sizeof nouns / sizeof nouns[0]; i++) {
        size_t n = strlen(nouns[i]) - cut;
        bool ends = text->n >= n && memcmp(text->p + text->n - n, nouns[i], n) == 0;
        if (!ends || (text->n > n && text->p[text->n - n - 1] != ' ') || !strstr(w->text, nouns[i]))
            continue;
        ond_buf_puts(text, too);
        return;
    }
}

int ond__errand_list_add(ond__wish *w, ond_err *err)
{
    ond_buf text = {0}, room = {0};
    items all = {0};
    const char *list = list_of(w, &room);
    ond_when due = ond__when(w, "", false, false);
    int rc = 0;
    if (due.code == OND_WHEN_IMPOSSIBLE || due.code == OND_WHEN_PAST)
        (void)ond__when_asked(w, &due, false);
    else if (ond__phrase_of(w, "stem", &text))
        ond_buf_puts(&text, "기");
    else if (!ond__phrase_of(w, "item", &text))
        ond__errand_ask(w, OND_M_AGENT_WHAT_ITEM, "");
    whole_noun(w, &text);
    const ond_slot *named = ond_match_slot(w->match, "list");
    if (w->code == 0 && (is_no_item(w, ond_buf_z(&text), named && !named->fixed) || tells(w, list, ond_buf_z(&text)) ||
                         is_torn(w, ond_buf_z(&text)) || is_told(w, ond_buf_z(&text)) || is_told_list(w)))
        ond__wish_not_understood(w);
    ond_buf raw = {0};
    bool parted = w->text && with_commas(&raw, w->text, ond_buf_z(&text));
    if (w->code == 0)
        cut_items(ond_buf_z(parted ? &raw : &text), w->lang,
                  !list || strcmp(list, "shopping") == 0, &all);
    ond_buf_free(&raw);
    if (w->code == 0 && !all_goods(w, &all))
        ond__wish_not_understood(w);
    for (size_t i = 0; rc == 0 && w->code == 0 && i < all.n; i++)
        rc = add_one(w, list ? list : "shopping", list != NULL, ond_buf_z(&all.v[i]), &due, err);
    items_free(&all);
    ond_buf_free(&text);
    ond_buf_free(&room);
    return rc;
}

/* ---- finding an item ---- */

static void tell_item(ond_buf *out, const cJSON *item, const char *lang)
{
    (void)lang;
    ond_buf_puts(out, ond_json_str(item, "text", ""));
}

/* The items of the list (or of all lists) that are called so. */
static void sift_items(cJSON *found, const char *said)
{
    ond_buf a = {0};
    bool exact = false;
    ond__squeeze(&a, said);
    for (int pass = 0; pass < 2; pass++)
        for (cJSON *c = found->child, *next; c; c = next) {
            ond_buf b = {0};
            next = c->next;
            ond__squeeze(&b, ond_json_str(c, "text", ""));
            bool same = strcmp(ond_buf_z(&a), ond_buf_z(&b)) == 0;
            bool part = a.n && strstr(ond_buf_z(&b), ond_buf_z(&a));
            ond_buf_free(&b);
            if (pass == 0)
                exact |= same;
            else if (exact ? !same : !part)
                cJSON_Delete(cJSON_DetachItemViaPointer(found, c));
        }
    ond_buf_free(&a);
}

static int find_items(ond__wish *w, const char *said, bool done, cJSON **out, ond_err *err)
{
    ond_buf room = {0};
    const char *list = list_of(w, &room);
    cJSON *args = cJSON_CreateObject();
    bool ok = args && (!list || ond_json_set_str(args, "list", list)) &&
              ond_json_set_bool(args, "done", done);
    ond_buf_free(&room);
    if (!ok) {
        cJSON_Delete(args);
        return ond_nomem(err, "looking at a list");
    }
    int rc = ond__look(w, "calendar", "items", args, "items", out, err);
    if (rc != 0 || w->code != 0)
        return rc;
    sift_items(*out, said);
    return ond__which_one(w, *out, "uid", false, tell_item, OND_M_AGENT_NO_ITEM, said, err);
}

typedef bool more_fn(ond__wish *w, ond__draft *d);

/* One step for each thing that was said. */
static int each(ond__wish *w, const char *verb, bool done, more_fn *more, ond_err *err)
{
    ond_buf text = {0};
    items all = {0};
    int rc = 0;
    if (ond__phrase_of(w, "item", &text))
        cut_items(ond_buf_z(&text), w->lang, false, &all);
    else
        ond__errand_ask(w, OND_M_AGENT_WHAT_ITEM, "");
    for (size_t i = 0; rc == 0 && w->code == 0 && i < all.n; i++) {
        cJSON *found = NULL;
        const cJSON *c;
        rc = find_items(w, ond_buf_z(&all.v[i]), done, &found, err);
        cJSON_ArrayForEach(c, (rc == 0 && w->code == 0 ? found : NULL)) {
            ond__draft d = ond__draft_new("calendar", verb);
            if (ond__draft_str(&d, "uid", ond_json_str(c, "uid", ""), house()) &&
                (!more || more(w, &d)))
                rc = ond__errand_add(w, &d, err);
            else {
                ond__draft_drop(&d);
                rc = ond_nomem(err, "planning");
            }
            if (rc != 0 || w->code != 0)
                break;
        }
        cJSON_Delete(found);
    }
    if (rc == 0 && w->code == OND_E_NOT_FOUND && !ond__sure(w))
        ond__wish_not_understood(w);
    items_free(&all);
    ond_buf_free(&text);
    return rc;
}

/* "take it off the list": what was put there before (made.c). */
static bool is_it(const ond__wish *w)
{
    static const char *const words[] = {"it", "that", "this", "them", "those", "that one"};
    ond_buf item = {0};
    bool yes = false;
    if (ond__phrase_of(w, "item", &item))
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            yes |= strcasecmp(ond_buf_z(&item), words[i]) == 0;
    ond_buf_free(&item);
    return yes;
}

int ond__errand_list_remove(ond__wish *w, ond_err *err)
{
    if (is_it(w)) {
        ond__wish_not_understood(w);
        return 0;
    }
    return each(w, "item_remove", false, NULL, err);
}

static bool put_done(ond__wish *w, ond__draft *d)
{
    return ond__draft_bool(d, "done", !ond__slot_has(w, "state", "open"), owner());
}
int ond__errand_list_check(ond__wish *w, ond_err *err)
{
    return each(w, "item_check", ond__slot_has(w, "state", "open"), put_done, err);
}

static bool put_text(ond__wish *w, ond__draft *d)
{
    ond_buf text = {0};
    bool ok = ond__phrase_of(w, "new_item", &text) &&
              ond__draft_str(d, "text", ond_buf_z(&text), owner());
    ond_buf_free(&text);
    return ok;
}
int ond__errand_list_change(ond__wish *w, ond_err *err)
{
    ond_buf text = {0};
    bool torn = ond__phrase_of(w, "new_item", &text) && is_torn(w, ond_buf_z(&text));
    ond_buf_free(&text);
    if (torn) {
        ond__wish_not_understood(w);
        return 0;
    }
    return each(w, "item_change", false, put_text, err);
}

/* ---- whole lists ---- */

static int with_list(ond__wish *w, const char *verb, const char *key, const char *value,
                     ond_err *err)
{
    ond_buf room = {0};
    const char *list = list_of(w, &room);
    ond__draft d = ond__draft_new("calendar", verb);
    bool ok = (!list || ond__draft_str(&d, "list", list, owner())) &&
              (!key || ond__draft_str(&d, key, value, owner()));
    ond_buf_free(&room);
    if (ok)
        return ond__errand_add(w, &d, err);
    ond__draft_drop(&d);
    return ond_nomem(err, "planning");
}

int ond__errand_list_items(ond__wish *w, ond_err *err)
{
    ond_buf item = {0};
    bool no = ond__phrase_of(w, "q_item", &item) &&
              (is_no_item(w, ond_buf_z(&item), false) || is_torn(w, ond_buf_z(&item)) ||
               strstr(ond_buf_z(&item), "뭐"));
    ond_buf_free(&item);
    if (no || is_told_list(w)) { /* "do we need to talk?" */
        ond__wish_not_understood(w);
        return 0;
    }
    return with_list(w, "items", NULL, NULL, err);
}

int ond__errand_list_clear(ond__wish *w, ond_err *err)
{
    if (is_told_list(w)) {
        ond__wish_not_understood(w);
        return 0;
    }
    return with_list(w, "list_clear", "which", ond__slot_str(w, "which", "all"), err);
}

int ond__errand_lists(ond__wish *w, ond_err *err)
{
    return ond__errand_read(w, "calendar", "lists", err);
}
