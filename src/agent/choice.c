/* choice.c - questions back to the person, and what counts as an answer.
 *
 * A question of choice keeps the sentence and, for each choice, the devices it stands for; the
 * answer runs the same sentence again on just those. Words that are neither a choice nor a clear
 * yes are never taken for one. */
#include "agent/room.h"
#include "base/utf8.h"

#include <stdlib.h>

/* ---- keeping ---- */

static cJSON *body_of(const ond__wish *w, const ond__ask *ask, const cJSON *only, size_t part)
{
    cJSON *body = cJSON_CreateObject(), *wish = body ? cJSON_AddObjectToObject(body, "wish") : NULL;
    bool ok = wish && ond_json_set_str(body, "question", ond_buf_z(&w->say)) &&
              ond_json_set(body, "choices", cJSON_Duplicate(w->choices, true)) &&
              (!only || ond_json_set(body, "only", cJSON_Duplicate(only, true))) &&
              ond_json_set_num(body, "part", (double)part) &&
              ond_json_set_str(wish, "text", ask->text) &&
              ond_json_set_str(wish, "lang", ask->lang) &&
              (!ask->area || ond_json_set_str(wish, "area", ask->area));
    if (ok)
        return body;
    cJSON_Delete(body);
    return NULL;
}

int ond__choice_keep(ond_agent *a, const ond__wish *w, const ond__ask *ask, const cJSON *only,
                     size_t part, const ond_run_opts *run, cJSON **question, ond_err *err)
{
    char id[16] = "";
    int rc = 0;
    bool waits = w->choices && run && !run->dry_run && (run->can_wait || run->consent);
    cJSON *body = waits ? body_of(w, ask, only, part) : NULL, *q = cJSON_CreateObject();
    if (waits)
        rc = body ? ond_gate_ask(a->gate, "which", body, run->expiry_ms, id, err)
                  : ond_nomem(err, "asking back");
    bool ok = q && (!id[0] || ond_json_set_str(q, "id", id)) &&
              ond_json_set_str(q, "text", ond_buf_z(&w->say)) &&
              ond_json_set(q, "choices",
                           w->choices ? cJSON_Duplicate(w->choices, true) : cJSON_CreateArray());
    cJSON_Delete(body);
    if (rc == 0 && !ok)
        rc = ond_nomem(err, "asking back");
    if (rc != 0) {
        cJSON_Delete(q);
        q = NULL;
    }
    *question = q;
    return rc;
}

/* ---- understanding an answer ---- */

static const char *const yes_words[] = {
    "yes",
    "y",
    "yeah",
    "yep",
    "yup",
    "sure",
    "ok",
    "okay",
    "please",
    "do it",
    "go ahead",
    "yes please",
    "of course",
    "네",
    "예",
    "응",
    "어",
    "넵",
    "넹",
    "그래",
    "그래요",
    "좋아",
    "좋아요",
    "맞아",
    "맞아요",
    "해",
    "해줘",
    "해 주세요",
    "그렇게 해",
    "그렇게 해 줘",
    "그렇게 해 주세요",
    "네 해 줘",
    "네 해 주세요",
    "응 해 줘",
    "부탁해",
    "부탁해요",
    "당연하지",
    "물론",
    "물론이지",
};
static const char *const no_words[] = {
    "no",       "n",         "nope",      "nah",        "no thanks", "no thank you", "don't",
    "do not",   "cancel",    "stop",      "never mind", "nevermind", "none",         "none of them",
    "neither",  "forget it", "nothing",   "아니",       "아니요",    "아니오",       "아뇨",
    "아냐",     "싫어",      "안 돼",     "안돼요",     "하지 마",   "하지 마세요",  "하지 마요",
    "취소",     "취소해",    "취소해 줘", "그만",       "그만둬",    "됐어",         "됐어요",
    "됐습니다", "아니 됐어", "필요 없어",
};
static const char *const all_words[] = {
    "all",   "all of them", "both",     "both of them", "everything", "every one",
    "모두",  "다",          "전부",     "전부 다",      "모두 다",    "둘 다",
    "셋 다", "싹 다",       "다 해 줘", "전부 해 줘",
};
static const char *const ordinals[][7] = {
    {"1", "1번", "첫 번째", "첫째", "일번", "first", "one"},
    {"2", "2번", "두 번째", "둘째", "이번", "second", "two"},
    {"3", "3번", "세 번째", "셋째", "삼번", "third", "three"},
    {"4", "4번", "네 번째", "넷째", "사번", "fourth", "four"},
    {"5", "5번", "다섯 번째", "다섯째", "오번", "fifth", "five"},
};
/* What may follow a choice: "거실이요", "거실 거", "거실로 해 줘", "the first one". */
static const char *const tails[] = {
    "",   "요", "이요", "이에요", "예요",     "거",   "것",         "거요",         "꺼",  "쪽",
    "만", "로", "으로", "로해줘", "으로해줘", "해줘", "로해주세요", "으로해주세요", "one",
};

static bool among(const char *const *words, size_t n, const char *squeezed)
{
    ond_buf one = {0};
    bool found = false;
    for (size_t i = 0; i < n && !found; i++) {
        ond_buf_clear(&one);
        ond__squeeze(&one, words[i]);
        found = strcmp(ond_buf_z(&one), squeezed) == 0;
    }
    ond_buf_free(&one);
    return found;
}
#define AMONG(words, squeezed) among((words), sizeof(words) / sizeof((words)[0]), (squeezed))

/* The answer, plain and without spaces; in English also without "the". */
static void plain_put(ond_buf *out, const char *text)
{
    ond_buf tidy = {0};
    ond__tidy(&tidy, text);
    const char *z = ond_buf_z(&tidy);
    if ((z[0] == 't' || z[0] == 'T') && strncmp(z + 1, "he ", 3) == 0)
        z += 4;
    ond__squeeze(out, z);
    if (tidy.bad)
        out->bad = true;
    ond_buf_free(&tidy);
}

int ond__yes_or_no(const char *text)
{
    ond_buf plain = {0};
    plain_put(&plain, text);
    int answer = AMONG(yes_words, ond_buf_z(&plain))  ? 1
                 : AMONG(no_words, ond_buf_z(&plain)) ? 0
                                                      : -1;
    ond_buf_free(&plain);
    return answer;
}

static int ordinal(const char *said)
{
    int found = -1;
    for (int i = 0; i < (int)(sizeof ordinals / sizeof ordinals[0]) && found < 0; i++)
        for (size_t k = 0; k < 7 && found < 0; k++) {
            ond_buf word = {0};
            ond__squeeze(&word, ordinals[i][k]);
            if (strncmp(said, ond_buf_z(&word), word.n) == 0 && AMONG(tails, said + word.n))
                found = i;
            ond_buf_free(&word);
        }
    char *end;
    long n = strtol(said, &end, 10);
    if (found < 0 && end > said && n > 0 && n < 1000 && (*end == '\0' || strcmp(end, "번") == 0))
        found = (int)n - 1;
    return found;
}

/* The words, with or without what may follow them, are part of the choice's text. */
static bool contained(const char *text, const char *said)
{
    bool found = false;
    size_t n = strlen(said);
    for (size_t i = 0; i < sizeof tails / sizeof tails[0] && !found; i++) {
        size_t tail = strlen(tails[i]);
        if (n < tail + 2 || strcmp(said + n - tail, tails[i]) != 0)
            continue;
        char *word = ond_str_dup((ond_str){said, n - tail});
        found = word && strstr(text, word) != NULL;
        free(word);
    }
    return found;
}

/* The one choice that the words name, in whole (2) or in part (1). */
static int named(const cJSON *choices, const char *said, int how)
{
    const cJSON *choice;
    int at = 0, found = -1;
    cJSON_ArrayForEach(choice, choices) {
        ond_buf text = {0};
        ond__squeeze(&text, ond_json_str(choice, "text", ""));
        bool whole =
            text.n && strncmp(said, ond_buf_z(&text), text.n) == 0 && AMONG(tails, said + text.n);
        bool part = contained(ond_buf_z(&text), said);
        ond_buf_free(&text);
        if (how == 2 ? whole : part) {
            if (found >= 0)
                return -1;
            found = at;
        }
        at++;
    }
    return found;
}

int ond__choice_pick(const cJSON *choices, const char *text, const char *lang)
{
    (void)lang;
    ond_buf plain = {0};
    plain_put(&plain, text);
    const char *said = ond_buf_z(&plain);
    int n = cJSON_GetArraySize(choices), at = -1;
    if (plain.n && !plain.bad) {
        at = named(choices, said, 2);
        if (at < 0 && AMONG(no_words, said))
            at = -2;
        if (at == -1 && AMONG(all_words, said))
            at = n - 1;
        if (at == -1)
            at = ordinal(said);
        if (at == -1)
            at = named(choices, said, 1);
    }
    ond_buf_free(&plain);
    return at >= n ? -1 : at;
}
