/* slip.c - a slip of the tongue within a sentence: "add milk, no wait, eggs to the list", "porch...
 * no, balcony light on".
 *
 * What stands before the slip is not meant. What comes after it must be a whole wish by itself; else
 * the sentence is not understood: which of the words before were wrong is not guessed. A note keeps
 * its words as they were said. */
#include "agent/room.h"

#include <string.h>
#include <strings.h>

static const char *const slips[] = {
    "... no", "... i mean", "... sorry", "... wait", "... actually", "… no", "… i mean", "… sorry",
    "… wait", " no wait", ", no, ", " wait no", " sorry i mean", " sorry i meant", ", i mean ",
    ", i meant ", " or rather ", " no scratch that", ", scratch that", " no make that ",
    " no sorry", " sorry no ", ", sorry, i mean", ", wait, ", " i mean ",
};

static bool ends_word(char c) { return !c || strchr(" ,.;:!", c); }

/* Bytes up to what is said after the last slip, or 0. */
static size_t after_slip(const char *text)
{
    size_t best = 0;
    for (size_t at = 1; text[0] && text[at]; at++)
        for (size_t i = 0; strchr(" ,.\xe2", text[at]) && i < sizeof slips / sizeof slips[0]; i++) {
            size_t n = strlen(slips[i]);
            if (strncasecmp(text + at, slips[i], n) != 0 ||
                (slips[i][n - 1] != ' ' && !ends_word(text[at + n])))
                continue;
            n += strspn(text + at + n, " ,.;:!");
            best = text[at + n] && at + n > best ? at + n : best;
        }
    return best;
}

/* "No, the study, I mean": words that lean on what was said before have rules of their own. */
static bool has_own_rule(const ond__part *p)
{
    const char *name = p->w.intent ? p->w.intent->name : "";
    return p->w.code == 0 && p->w.intent &&
           (p->w.intent->kind == OND__AGAIN || strncmp(name, "OndolNote", 9) == 0 ||
            strcmp(name, "OndolCallIt") == 0);
}

static bool takes_free_text(const ond__part *p)
{
    static const char *const texts[] = {"item", "title", "text", "label", "location", "what"};
    for (size_t i = 0; p->w.match && i < sizeof texts / sizeof texts[0]; i++) {
        const ond_slot *s = ond_match_slot(p->w.match, texts[i]);
        if (s && s->wildcard)
            return true;
    }
    return false;
}

/* Whole by itself, whether or not something is still to be asked. */
static bool stands(const ond__request *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const ond__wish *w = &r->part[i].w;
        if (w->code == OND_E_UNKNOWN || w->code == OND_E_UNAVAILABLE || !w->intent ||
            w->intent->kind == OND__AGAIN || w->intent->kind == OND__TALK)
            return false;
    }
    return r->n > 0;
}

int ond__slip(ond__request *r, ond_err *err)
{
    size_t at = strcmp(r->ask.lang ? r->ask.lang : "", "ko") == 0 ? 0 : after_slip(r->ask.text);
    bool look = at && !r->put_right && !has_own_rule(&r->part[0]), unknown = false;
    for (size_t i = 0; look && i < r->n; i++)
        unknown |= r->part[i].w.code == OND_E_UNKNOWN || takes_free_text(&r->part[i]);
    if (!look || !unknown)
        return 0;
    ond__request tail = {.a = r->a, .ask = r->ask, .only = r->only, .back = r->back,
                         .put_right = true};
    tail.ask.text = r->ask.text + at;
    int rc = ond__request_read(&tail, err);
    if (rc == 0 && stands(&tail))
        ond__request_move(r, &tail);
    else
        for (size_t i = 0; rc == 0 && i < r->n; i++)
            ond__wish_not_understood(&r->part[i].w);
    ond__request_free(&tail);
    return rc;
}
