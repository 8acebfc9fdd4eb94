/* why.c - a statement beside a wish: "turn that off, the baby just fell asleep", "애가 과자 흘렸어 청소기 돌려".
 *
 * People say why they wish something, in words that no list can hold. A clause counts as such a
 * statement, and is left aside, where its form says that something is so (an English subject with a
 * finite verb; a Korean past, a reason, "이/가 … 다") and no word in it can change what is wished: no
 * name of the house and no kind of device, no verb that commands, no time or number, no condition, no
 * "no", nothing quoted, no second thought. Everything else is as before: not understood. */
#include "agent/clauses.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* English names by whole words; Korean ones anywhere, since particles follow them. */
static bool says(const char *text, const char *name, bool korean)
{
    size_t n = strlen(name);
    for (const char *at = text; n && (at = strcasestr(at, name)); at++)
        if (korean || ((at == text || !is_letter(at[-1])) && !is_letter(at[n])))
            return true;
    return false;
}

static bool says_any(const char *text, const cJSON *names, const char *lang)
{
    const char *v[32];
    size_t n = ond__names_of(names, lang, v, 32);
    for (size_t i = 0; i < n; i++)
        if (says(text, v[i], strcmp(lang, "ko") == 0))
            return true;
    return false;
}

static bool names_house(const ond__registry *r, const char *text, const char *lang)
{
    for (size_t i = 0; i < r->n_device; i++)
        if (strcmp(r->device[i].domain, "scene") != 0 && /* "movie", "sleep": words of every day */
            says_any(text, ond_json_get(r->device[i].row, "names"), lang))
            return true;
    for (size_t i = 0; i < r->n_area; i++)
        if (says_any(text, r->area[i].names, lang))
            return true;
    for (size_t i = 0; i < r->n_floor; i++)
        if (says_any(text, r->floor[i].names, lang))
            return true;
    return false;
}

/* "the TV", "the floor lamp": no more than that, so that nothing wished is lost with it. */
static bool is_thing(const char *text)
{
    static const char *const turning[] = {"on", "off", "too", "up", "down", "instead", "not", "open", "shut", "closed", "now", "please"};
    size_t words = 1;
    for (const char *at = text; (at = strchr(at, ' ')); at++, words++)
        for (size_t i = 0; i < sizeof turning / sizeof *turning; i++)
            if (strcasecmp(at + 1, turning[i]) == 0)
                return false;
    return words <= 3;
}

/* "there's glare on the TV", "there's a spider on the lamp": something else is told of, and where it is. */
static ond_str without_place(const char *text, const char *lang)
{
    static const char *const heads[] = {"there's ", "theres ", "there is ", "because there's "};
    static const char *const where[] = {" on the ", " on my ", " on our "};
    const char *at = NULL;
    for (size_t i = 0; strcmp(lang, "en") == 0 && i < sizeof heads / sizeof *heads; i++)
        for (size_t k = 0; !at && strncasecmp(text, heads[i], strlen(heads[i])) == 0 && k < sizeof where / sizeof *where; k++)
            at = strcasestr(text, where[k]);
    return at && is_thing(at + strlen(" on ")) ? (ond_str){text, (size_t)(at - text)} : ond_str_of(text);
}

/* "오늘 추우니까": today is now. */
static const char *without_today(const char *text, const char *lang)
{
    static const char *const today[] = {"오늘은 ", "오늘 "};
    for (size_t i = 0; strcmp(lang, "ko") == 0 && i < sizeof today / sizeof *today; i++)
        if (strncmp(text, today[i], strlen(today[i])) == 0)
            return text + strlen(today[i]);
    return text;
}

bool ond__tells_why(const ond_agent *a, const char *said, const char *lang)
{
    const char *text = without_today(said, lang);
    char *plain = ond_str_dup(without_place(text, lang));
    bool tells = plain && (strcmp(lang, "ko") == 0 ? ond__tells_why_ko(plain) : ond__tells_why_en(plain));
    tells = tells && !names_house(&a->registry, plain, lang);
    free(plain);
    return tells;
}

/* The same, and it may say a day, or name what is in the house: one of these words is left out of what is judged. */
static bool tells_why_when(const ond_agent *a, const char *text, const char *lang)
{
    static const char *const days[] = {"내일은 ", "내일 ", "낼 ", "모레 ", "이번 주 ", "주말에 ", "다음 주 "};
    if (strcmp(lang, "ko") != 0)
        return ond__tells_why_en(text); /* "timer for 12 minutes, pie's in the oven": a device, perhaps */
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (strncmp(text, days[i], strlen(days[i])) == 0)
            return ond__tells_why(a, text + strlen(days[i]), lang);
    return false;
}

/* What has a time of its own: a time beside it is not its. "내일 쉬니까 그 알람 지워 줘", but not "내일 손님 오니까 보일러 켜 줘". */
static bool is_dated(const ond__wish *w)
{
    bool dated = w->plan.n > 0;
    for (size_t i = 0; i < w->plan.n; i++)
        dated &= strcmp(w->plan.v[i].hand, "home") != 0;
    return dated;
}

typedef enum left_out { STATEMENT, DATED /* a statement that says a day */, TAIL } left_out;

/* "louder, I can't hear a thing": the sentence without a statement at its end or its beginning, with
 * all that it may lean on. */
static int read_without(ond__request *r, ond_str rest, left_out out, bool *done, ond_err *err)
{
    ond__request plain = {.a = r->a,
                          .ask = r->ask,
                          .only = r->only,
                          .back = r->back,
                          .without = r->without || out != TAIL,
                          .no_tail = r->no_tail || out == TAIL};
    char *text = ond_str_dup(rest);
    bool whole = text != NULL;
    plain.ask.text = text;
    int rc = text ? ond__request_read(&plain, err) : ond_nomem(err, "reading a sentence");
    for (size_t i = 0; rc == 0 && i < plain.n; i++)
        whole &= plain.part[i].w.code != OND_E_UNKNOWN && plain.part[i].w.code != OND_E_UNAVAILABLE &&
                 (out != DATED || is_dated(&plain.part[i].w));
    *done = rc == 0 && whole && plain.n > 0;
    if (*done)
        ond__request_move(r, &plain);
    ond__request_free(&plain);
    free(text);
    return rc;
}

/* A wish for devices, a question about them, a timer: words for a list or a note may be in what
 * seems a tail. */
static bool takes_tail(const ond__wish *w, bool asks)
{
    bool told =
        w->intent && (w->intent->kind == OND__READ || strcmp(w->intent->name, "OndolHistory") == 0);
    return told ||
           (!asks && w->intent &&
            (w->intent->kind == OND__ACT || strncmp(w->intent->name, "OndolTimer", 10) == 0));
}

/* "unlock the door for her", "start the vacuum while I'm out": without that. */
static int without_tail(ond__request *r, const char *text, bool *done, ond_err *err)
{
    ond__request plain = {
        .a = r->a, .ask = r->ask, .only = r->only, .back = r->back, .no_tail = r->no_tail};
    bool asks = false, fits = true;
    size_t n = !r->no_tail && strcmp(r->ask.lang, "en") == 0 ? ond__idle_tail(text, &asks) : 0;
    plain.without = r->without;
    int rc = n ? read_without(&plain, (ond_str){text, n}, TAIL, done, err) : 0;
    for (size_t i = 0; *done && i < plain.n; i++) fits &= takes_tail(&plain.part[i].w, asks);
    *done = *done && fits;
    if (rc == 0 && *done) ond__request_move(r, &plain);
    ond__request_free(&plain);
    return rc;
}

int ond__without_why(ond__request *r, bool *done, ond_err *err)
{
    ond__cuts all = {0};
    ond_buf plain = {0};
    int rc = 0;
    *done = false;
    ond__tidy(&plain, r->ask.text);
    const char *text = ond_buf_z(&plain);
    if (plain.bad)
        rc = ond_nomem(err, "reading a sentence");
    if (rc == 0) rc = without_tail(r, text, done, err);
    if (rc == 0 && !r->without && !*done) {
        ond__cuts_find(text, r->ask.lang, &all);
        ond__cuts_spaces(text, r->ask.lang, &all);
    }
    for (size_t i = 0; rc == 0 && i < all.n && !*done; i++) {
        const ond__cut *c = &all.v[i];
        char *left = ond_str_dup((ond_str){text, c->left});
        bool before = left && !c->asks && ond__tells_why(r->a, left, r->ask.lang);
        bool dated = left && !c->asks && !before && tells_why_when(r->a, left, r->ask.lang);
        bool dated_after = !c->linked && tells_why_when(r->a, text + c->right, r->ask.lang);
        if (!left)
            rc = ond_nomem(err, "reading a sentence");
        else if (!c->linked && !before && ond__tells_why(r->a, text + c->right, r->ask.lang))
            rc = read_without(r, (ond_str){text, c->left}, STATEMENT, done, err);
        else if (before)
            rc = read_without(r, ond_str_of(text + c->right), STATEMENT, done, err);
        else if (dated)
            rc = read_without(r, ond_str_of(text + c->right), DATED, done, err);
        else if (dated_after)
            rc = read_without(r, (ond_str){text, c->left}, DATED, done, err);
        free(left);
    }
    ond_buf_free(&plain);
    return rc;
}
