/* errand_note.c - notes: written, added to, found, shown, thrown away. */
#include "agent/errand.h"

#include <stdlib.h>

static const char *owner(void) { return ond_source_name(OND_SOURCE_OWNER); }
static const char *house(void) { return ond_source_name(OND_SOURCE_HOUSE); }

/* The draft with the words of `slot` as `key`. */
/* "택배 비번 뭐였지": what is asked is no word of the note. */
static void without_question(const ond__wish *w, ond_buf *said)
{
    static const char *const ends[] = {" 뭐였지", " 뭐더라", " 뭐지", " 뭐였더라", " 뭐였어",
                                       " 어디였지", " 어디더라", " 얼마였지", " 얼마더라", " 언제였지",
                                       " 언제더라", " 몇이었지", " 몇 번이었지"};
    for (size_t i = 0; strcmp(w->lang, "ko") == 0 && i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(ends[i]);
        if (said->n > n && memcmp(said->p + said->n - n, ends[i], n) == 0) {
            said->n -= n;
            said->p[said->n] = '\0';
            return;
        }
    }
}

static int with_words(ond__wish *w, ond__draft *d, const char *slot, const char *key, ond_err *err)
{
    ond_buf said = {0};
    bool there = ond__phrase_of(w, slot, &said);
    if (strcmp(key, "query") == 0)
        without_question(w, &said);
    bool ok = !there || ond__draft_str(d, key, ond_buf_z(&said), owner());
    ond_buf_free(&said);
    if (ok)
        return ond__errand_add(w, d, err);
    ond__draft_drop(d);
    return ond_nomem(err, "planning");
}

/* "메모 어디 있지", "메모 안 했어": about the note, none. */
static bool is_talk_of_notes(const char *text)
{
    static const char *const asks[] = {"어디", "왜 ", "언제 ", "누가 ", "몇 개", "뭐 ", "필기"};
    static const char *const past[] = {"했어", "썼어", "했다", "썼다", "했지", "했네", "적었어"};
    bool found = false, no = strncmp(text, "안 ", strlen("안 ")) == 0 || strncmp(text, "못 ", strlen("못 ")) == 0;
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        found |= strncmp(text, asks[i], strlen(asks[i])) == 0;
    for (size_t i = 0; no && i < sizeof past / sizeof past[0]; i++)
        found |= strlen(text) >= strlen(past[i]) && strcmp(text + strlen(text) - strlen(past[i]), past[i]) == 0;
    return found;
}

/* "메모 다 보이소", "메모 다시 보여 줘": wants to see them. "사진 보여 주기" may be written down. */
static bool asks_to_see(const char *text)
{
    static const char *const verbs[] = {"보여", "보이", "보였", "읽어", "읽으", "읽었", "찾아", "알려"};
    static const char *const nouns[] = {"기", "것", "거", "음"};
    size_t n = strlen(text);
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++)
        if (n >= strlen(nouns[i]) && strcmp(text + n - strlen(nouns[i]), nouns[i]) == 0)
            return false;
    for (const char *at = text; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
        for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
            if (strncmp(at, verbs[i], strlen(verbs[i])) == 0)
                return true;
    return false;
}

/* "메모가 뭐야?" is no note: a particle stands where its text would begin. */
static bool asks_about_notes(const ond__wish *w)
{
    static const char *const starts[] = {"가 ", "는 ", "를 ", "란 ", "도 ", "리 ", "에 ", "전부 ", "목록 ", "줄 ", "준 ", "줬", "달라"}; /* "메모리" too */
    ond_buf text = {0};
    bool found = false;
    if (strcmp(w->lang, "ko") == 0 && ond__phrase_of(w, "text", &text))
        for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
            found |= strncmp(ond_buf_z(&text), starts[i], strlen(starts[i])) == 0;
    /* two wishes; one may have been put before the other (order.c) */
    static const char *const wishes[] = {"줘 그리고 ", "켜줘요 ", "켜줘 ", "꺼줘 ", "켜라 ", "꺼라 ", "돌려줘 ", "틀어줘 "};
    for (size_t i = 0; strcmp(w->lang, "ko") == 0 && i < sizeof wishes / sizeof wishes[0]; i++)
        found |= strstr(ond_buf_z(&text), wishes[i]) != NULL;
    found |= is_talk_of_notes(ond_buf_z(&text)) || (strcmp(w->lang, "ko") == 0 && asks_to_see(ond_buf_z(&text)));
    found |= w->text && text.n && strncmp(ond_buf_z(&text), "북", strlen("북")) == 0 &&
             strstr(w->text, "노트북"); /* a computer */
    ond_buf_free(&text);
    return found;
}

int ond__errand_note_create(ond__wish *w, ond_err *err)
{
    if (asks_about_notes(w)) {
        ond__wish_not_understood(w);
        return 0;
    }
    ond__draft d = ond__draft_new("notes", "create");
    ond_buf title = {0};
    bool ok = true;
    const char *said = NULL;
    if (ond__phrase_of(w, "title", &title)) {
        /* "called camping saying bring the stove": the name ends there (polite.c) */
        (void)ond_buf_z(&title); /* ends it */
        char *end = strcmp(w->lang, "en") == 0 ? strstr(title.p, " saying ") : NULL;
        if (end && !ond_match_slot(w->match, "text")) {
            *end = '\0';
            said = end + strlen(" saying ");
        }
        ok = ond__draft_str(&d, "title", title.p, owner());
    }
    if (ok && said && *said) {
        ok = ond__draft_str(&d, "text", said, owner());
        ond_buf_free(&title);
        if (ok)
            return ond__errand_add(w, &d, err);
        ond__draft_drop(&d);
        return ond_nomem(err, "planning");
    }
    ond_buf_free(&title);
    if (!ok || !ond_match_slot(w->match, "text")) {
        ond__draft_drop(&d);
        if (!ok)
            return ond_nomem(err, "planning");
        ond__errand_ask(w, OND_M_AGENT_WHAT_NOTE, "");
        return 0;
    }
    return with_words(w, &d, "text", "text", err);
}

static void tell_note(ond_buf *out, const cJSON *note, const char *lang)
{
    (void)lang;
    ond_buf_puts(out, ond_json_str(note, "title", ond_json_str(note, "note", "")));
}

static bool titled_so(const ond__wish *w, const cJSON *c)
{
    ond_buf said = {0}, a = {0}, b = {0};
    bool so = ond__phrase_of(w, "title", &said);
    ond__squeeze(&a, ond_buf_z(&said));
    ond__squeeze(&b, ond_json_str(c, "title", ""));
    so = so && a.n && strcmp(ond_buf_z(&a), ond_buf_z(&b)) == 0;
    ond_buf_free(&said);
    ond_buf_free(&a);
    ond_buf_free(&b);
    return so;
}

/* A note that bears the title goes before those that only speak of it. */
static void prefer_titled(const ond__wish *w, cJSON *found)
{
    const cJSON *c;
    bool any = false;
    cJSON_ArrayForEach(c, found)
        any |= titled_so(w, c);
    if (any)
        ond__sift(found, titled_so, w);
}

/* The note that the title names; *out is the caller's. */
static int find(ond__wish *w, cJSON **out, ond_err *err)
{
    ond_buf said = {0};
    cJSON *args = cJSON_CreateObject();
    *out = NULL;
    int rc = 0;
    bool ok = args && ond__phrase_of(w, "title", &said) &&
              ond_json_set_str(args, "query", ond_buf_z(&said));
    if (!ok) {
        cJSON_Delete(args);
        ond__errand_ask(w, OND_M_AGENT_WHICH_NOTE, "");
    } else {
        rc = ond__look(w, "notes", "find", args, "notes", out, err);
        if (rc == 0 && w->code == 0) {
            prefer_titled(w, *out);
            rc = ond__which_one(w, *out, "note", false, tell_note, OND_M_AGENT_NO_NOTE,
                           ond_buf_z(&said), err);
        }
    }
    ond_buf_free(&said);
    return rc;
}

static int on_found(ond__wish *w, const char *verb, const char *slot, const char *key, ond_err *err)
{
    cJSON *found = NULL;
    int rc = find(w, &found, err);
    if (rc == 0 && w->code == 0) {
        ond__draft d = ond__draft_new("notes", verb);
        if (ond__draft_str(&d, "note", ond_json_str(found->child, "note", ""), house()))
            rc = with_words(w, &d, slot, key, err);
        else {
            ond__draft_drop(&d);
            rc = ond_nomem(err, "planning");
        }
    }
    cJSON_Delete(found);
    return rc;
}

int ond__errand_note_append(ond__wish *w, ond_err *err)
{
    return on_found(w, "append", "text", "text", err);
}
int ond__errand_note_remove(ond__wish *w, ond_err *err)
{
    return on_found(w, "remove", "-", "", err);
}
int ond__errand_note_show(ond__wish *w, ond_err *err) { return on_found(w, "show", "-", "", err); }

int ond__errand_note_find(ond__wish *w, ond_err *err)
{
    ond__draft d = ond__draft_new("notes", "find");
    return with_words(w, &d, "query", "query", err);
}

int ond__errand_notes(ond__wish *w, ond_err *err)
{
    return ond__errand_read(w, "notes", "list", err);
}
