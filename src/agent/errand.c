/* errand.c - what errands share: times, looking things up, picking one, proposing. */
#include "agent/errand.h"
#include "base/utf8.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <strings.h>

enum { MOST_CHOICES = 9 };

/* ---- what was said ---- */

/* "a team meeting" is called "team meeting". */
static const char *without_article(const char *said, const char *slot)
{
    static const char *const articles[] = {"a ", "an ", "the ", "my ", "some "};
    if (strcmp(slot, "text") == 0 || strcmp(slot, "query") == 0)
        return said;
    for (size_t i = 0; i < sizeof articles / sizeof articles[0]; i++)
        if (strncasecmp(said, articles[i], strlen(articles[i])) == 0)
            return said + strlen(articles[i]);
    return said;
}

bool ond__holds_wish_ko(const char *words)
{
    static const char *const asks[] = {"줘 ", "줘요 ", "줘라 ", "줘, ", "줘. ", "주세요 ", "주세요. ", "주이소 ", "깨우고 ", "켜고 ", "끄고 ",
                                       "켜라 ", "꺼라 ", "놔라 ", "둬라 ", "맞추고 ", "추가해", "추가요", "등록해", "적어놔", "적어 놔", "적어둬",
                                       "넣어줘", "넣어 줘", "적어줘", "적어 줘", "달력에 ", "캘린더에 ", "장보기에 ", "목록에 ", "꺼주고 ", "켜주고 ", "깨워주고 ", "깨워 주고 ", "틀고 ", "돌리고 ", "잠그고 "};
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        if (strstr(words, asks[i]))
            return true;
    return false;
}

bool ond__is_told_ko(const char *words)
{
    enum { SS = 20 };
    static const char *const ends[] = {" 마", "지마", "안 돼", "안 된다", "안 됨", "뻔", "고마워", "고맙다", "달래", "더라", "던데",
                                       "줄까", "대요", "한대", "간대", "온대", "신대", "된대", "없대", "있대", "잖아", "해야 하나", "줘야 하나", "필요 없어", "필요 없다", "줍서", "주이소", "주세요", "줘요", "줘라", "켜라", "꺼라", "해라", "돌려라", "열어라", "닫아라", "것 같아", "거 같아", "적 없어", "줄 알고",
                                       "큰일 나", "큰일나", "어떡해", "않네", "않아", "않음"};
    const char *last = strrchr(words, ' ') ? strrchr(words, ' ') + 1 : words;
    ond_str s = ond_str_of(last);
    for (size_t at = 0; at < s.n;) {
        uint32_t c = ond_utf8_next(s, &at);
        if (c >= 0xac00 && c <= 0xd7a3 && (c - 0xac00) % 28 == SS)
            return true;
    }
    size_t n = strlen(words);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (n >= strlen(ends[i]) && strcmp(words + n - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

/* Words in quotes are meant without them. */
static void put_words(ond_buf *out, const char *said)
{
    size_t n = strlen(said);
    bool quoted = n > 2 && (said[0] == '"' || said[0] == '\'') && said[n - 1] == said[0] &&
                  !memchr(said + 1, said[0], n - 2);
    ond_buf_put(out, said + quoted, n - 2 * (size_t)quoted);
}

bool ond__phrase_of(const ond__wish *w, const char *slot, ond_buf *out)
{
    const ond_slot *s = ond_match_slot(w->match, slot);
    size_t before = out->n;
    if (!s)
        return false;
    if (s->fixed || !s->text || !s->text[0] || !s->wildcard) {
        if (cJSON_IsString(s->value))
            ond_buf_puts(out, s->value->valuestring);
    } else
        put_words(out, without_article(s->said ? s->said : s->text, slot));
    return out->n > before;
}

bool ond__sure(const ond__wish *w) { return ond__slot_has(w, "sure", "yes"); }

ond_when_opts ond__when_opts(bool morning, bool past_ok)
{
    return (ond_when_opts){
        .now = ond_now(), .zone = ond_zone(), .morning = morning, .past_ok = past_ok};
}

ond_when ond__when(const ond__wish *w, const char *prefix, bool morning, bool past_ok)
{
    ond_when_opts opts = ond__when_opts(morning, past_ok);
    return ond_when_of(w->match, prefix, &opts);
}

/* The slot that words of any kind may fill, by the question for it. */
static const char *wanted(ond_msg id)
{
    static const struct { ond_msg id; const char *slot; } rows[] = {
        {OND_M_AGENT_WHAT_EVENT, "title"}, {OND_M_AGENT_WHAT_ITEM, "item"},
        {OND_M_AGENT_WHAT_NOTE, "text"},   {OND_M_AGENT_WHICH_NOTE, "title"},
        {OND_M_AGENT_WHAT_TO_REMEMBER, "text"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].id == id)
            return rows[i].slot;
    return NULL;
}

void ond__errand_ask(ond__wish *w, ond_msg id, const char *arg)
{
    OND__WISH_FAIL(w, OND_E_AMBIGUOUS, id, arg);
    w->missing = true;
    w->want = wanted(id);
}

bool ond__when_asked(ond__wish *w, const ond_when *t, bool needs_time)
{
    if (t->code == OND_WHEN_IMPOSSIBLE)
        ond__errand_ask(w, OND_M_AGENT_NO_SUCH_DAY, "");
    else if (t->code == OND_WHEN_PAST)
        ond__errand_ask(w, OND_M_AGENT_PAST, "");
    else if (t->code == OND_WHEN_NONE || (!t->has_day && !t->has_time && !t->is_offset))
        ond__errand_ask(w, OND_M_AGENT_WHEN, "");
    else if (needs_time && !t->has_time && !t->is_offset)
        ond__errand_ask(w, OND_M_AGENT_WHAT_TIME, "");
    else
        return false;
    return true;
}

void ond__when_local(const ond_when *t, bool end, ond_buf *out)
{
    ond_when_local_put(out, end ? &t->end : &t->start, t->has_time || t->is_offset);
}

/* ---- proposals ---- */

int ond__errand_add(ond__wish *w, ond__draft *d, ond_err *err)
{
    bool can;
    ond_err why = {0};
    int rc = ond__draft_propose(w, d, &can, &why);
    if (rc == 0 && can)
        return 0;
    if (rc == OND_E_NOMEM) {
        if (err)
            *err = why;
        return rc;
    }
    OND__WISH_FAIL(w, rc ? rc : OND_E_INPUT, OND_M_AGENT_FAILED,
                   why.text[0] ? why.text : ond_code_text(rc ? rc : OND_E_INPUT));
    return 0;
}

int ond__errand_read(ond__wish *w, const char *hand, const char *verb, ond_err *err)
{
    ond__draft d = ond__draft_new(hand, verb);
    return ond__errand_add(w, &d, err);
}

/* ---- finding ---- */

int ond__look(ond__wish *w, const char *hand, const char *verb, cJSON *args, const char *key,
              cJSON **out, ond_err *err)
{
    cJSON *seen = NULL;
    ond_err why = {0};
    *out = NULL;
    if (!args)
        return ond_nomem(err, "looking");
    int rc = ond_gate_look(w->a->gate, hand, verb, args, &seen, &why);
    cJSON_Delete(args);
    if (rc == OND_E_NOMEM) {
        if (err)
            *err = why;
        return rc;
    }
    if (rc != 0)
        OND__WISH_FAIL(w, rc, OND_M_AGENT_FAILED, why.text);
    cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(seen, key);
    cJSON_Delete(seen);
    *out = cJSON_IsArray(list) ? list : cJSON_CreateArray();
    if (*out != list)
        cJSON_Delete(list);
    return *out ? 0 : ond_nomem(err, "looking");
}

void ond__sift(cJSON *array, ond__keep_fn *keep, const ond__wish *w)
{
    for (cJSON *c = array->child, *next; c; c = next) {
        next = c->next;
        if (!keep(w, c))
            cJSON_Delete(cJSON_DetachItemViaPointer(array, c));
    }
}

static bool is_chosen(const cJSON *only, const char *id)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, only)
        if (cJSON_IsString(one) && strcmp(one->valuestring, id) == 0)
            return true;
    return false;
}

static void keep_chosen(const ond__wish *w, cJSON *found, const char *key)
{
    for (cJSON *c = found->child, *next; c; c = next) {
        next = c->next;
        if (!is_chosen(w->only, ond_json_str(c, key, "")))
            cJSON_Delete(cJSON_DetachItemViaPointer(found, c));
    }
}

static bool add_choice(ond__wish *w, const cJSON *found, const char *id, const char *key,
                       const char *text)
{
    cJSON *choice = cJSON_CreateObject(),
          *ids = choice ? cJSON_AddArrayToObject(choice, "entities") : NULL;
    bool ok = ids && ond_json_set_str(choice, "text", text);
    const cJSON *c;
    cJSON_ArrayForEach(c, found) {
        const char *one = ond_json_str(c, key, "");
        if (ok && (!id || strcmp(one, id) == 0))
            ok = cJSON_AddItemToArray(ids, cJSON_CreateString(one));
    }
    if (ok && cJSON_AddItemToArray(w->choices, choice))
        return true;
    cJSON_Delete(choice);
    return false;
}

static int ask_which(ond__wish *w, const cJSON *found, const char *key, ond__tell_fn *tell,
                     ond_err *err)
{
    const cJSON *c;
    int n = 0;
    bool ok = (w->choices = cJSON_CreateArray()) != NULL;
    cJSON_ArrayForEach(c, found) {
        ond_buf text = {0};
        if (!ok || n++ == MOST_CHOICES)
            break;
        tell(&text, c, w->lang);
        ok = ond_buf_ok(&text) &&
             add_choice(w, found, ond_json_str(c, key, ""), key, ond_buf_z(&text));
        ond_buf_free(&text);
    }
    /* Of an event that repeats, "this one" and "all of them" are among the choices already. */
    if (strcmp(key, "pick") != 0)
        ok = ok && add_choice(w, found, NULL, key, ond_msg_text(OND_M_AGENT_ALL_OF_THEM, w->lang));
    if (!ok)
        return ond_nomem(err, "asking back");
    w->confidence = 1.0 / cJSON_GetArraySize(found);
    OND__WISH_FAIL(w, OND_E_AMBIGUOUS, OND_M_AGENT_WHICH_ONE, "");
    return 0;
}

int ond__which_one(ond__wish *w, cJSON *found, const char *key, bool all, ond__tell_fn *tell,
              ond_msg none, const char *said, ond_err *err)
{
    if (w->code != 0)
        return 0;
    if (w->only)
        keep_chosen(w, found, key);
    int n = cJSON_GetArraySize(found);
    if (n == 0)
        OND__WISH_FAIL(w, OND_E_NOT_FOUND, none, said);
    else if (n > 1 && !all && !w->only)
        return ask_which(w, found, key, tell, err);
    return 0;
}
