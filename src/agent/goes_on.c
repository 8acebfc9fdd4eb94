/* goes_on.c - a clause in the words that it would have alone: "the fan in there" of another room, "the front
 * door locked" of a question before it. Asks rather than acts: after a question a thing and how it is ask too. */
#include "agent/clauses.h"

#include <strings.h>

/* "the bathroom light and the fan in there": in the room that the part before said. */
static void put_there(ond_buf *out, const ond__request *r, ond_str text, const char *area)
{
    static const char there[] = " in there";
    size_t n = sizeof there - 1;
    int at = r->n ? ond__registry_area(&r->a->registry, area) : -1;
    bool said = at >= 0 && text.n > n && strncasecmp(text.p + text.n - n, there, n) == 0 &&
                at != ond__registry_area(&r->a->registry, r->ask.area);
    const char *name;
    ond_buf_str(out, said ? (ond_str){text.p, text.n - n} : text);
    if (said && ond__names_of(r->a->registry.area[at].names, "en", &name, 1) == 1)
        ond_buf_printf(out, " in the %s", name);
}

static bool is_state(ond_str text)
{
    static const char *const states[] = {"on", "off", "open", "closed", "shut", "locked", "unlocked"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (text.n == strlen(states[i]) && strncasecmp(text.p, states[i], text.n) == 0)
            return true;
    return false;
}

/* "the door open", "the lights on in the bedroom": a thing and how it is, and no verb. */
static bool tells_state(const char *text)
{
    static const char *const heads[] = {"the ", "my ", "our ", "all ", "any ", "every "};
    static const char *const states[] = {" on", " off", " open", " closed", " shut", " locked", " unlocked", " armed"};
    bool head = false, state = false;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        head |= strncasecmp(text, heads[i], strlen(heads[i])) == 0;
    for (size_t i = 0; head && i < sizeof states / sizeof states[0]; i++)
        for (const char *at = text; !state && (at = strcasestr(at, states[i])); at++)
            state = !at[strlen(states[i])] || at[strlen(states[i])] == ' ';
    return state;
}

static bool is_deed(const char *text)
{
    static const char *const verbs[] = {"turn ", "switch ", "lock ", "unlock ", "open ", "close ", "shut ", "leave ", "put ", "set the "};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strncasecmp(text, verbs[i], strlen(verbs[i])) == 0)
            return true;
    return false;
}

/* `head` before what is there. */
static void put_before(ond_buf *b, ond_str head)
{
    ond_buf whole = {0};
    ond_buf_str(&whole, head);
    ond_buf_puts(&whole, ond_buf_z(b));
    ond_buf_clear(b);
    ond_buf_puts(b, ond_buf_z(&whole));
    b->bad |= whole.bad;
    ond_buf_free(&whole);
}

/* After "is the gas off" and "did I lock the door": the second half asks too; "… and lock it" wishes. */
static void put_question(ond_buf *b, const char *before)
{
    bool is = strncasecmp(before, "is ", 3) == 0 || strncasecmp(before, "are ", 4) == 0;
    const char *who = strncasecmp(before, "did ", 4) == 0 ? strchr(before + 4, ' ') : NULL;
    if (is && is_state(ond_str_of(ond_buf_z(b)))) /* "is the door shut and locked" */
        put_before(b, ond_str_of("is it "));
    else if (who && is_deed(ond_buf_z(b))) /* "did I lock the door and turn off the oven" */
        put_before(b, (ond_str){before, (size_t)(who - before) + 1});
    else if (tells_state(ond_buf_z(b)))
        put_before(b, ond_str_of("is "));
    else if (is)
        ond__asking(b);
}

/* "the big light off and the floor lamp on instead": beside another wish it says no more than that.
 */
static ond_str without_instead(const ond__request *r, ond_str text)
{
    static const char *const ends[] = {" on instead", " off instead", " open instead",
                                       " closed instead", " shut instead"};
    static const char instead[] = " instead";
    for (size_t i = 0; r->n && i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(ends[i]);
        if (text.n > n && strncasecmp(text.p + text.n - n, ends[i], n) == 0)
            return (ond_str){text.p, text.n - (sizeof instead - 1)};
    }
    return text;
}

char *ond__goes_on(const ond__request *r, ond_str text, const char *area)
{
    const ond__part *before = r->n ? &r->part[r->n - 1] : NULL;
    bool asks = before && before->w.intent && before->w.intent->kind == OND__READ &&
                strcmp(before->w.lang, "en") == 0;
    ond_buf whole = {0};
    put_there(&whole, r, without_instead(r, text), area);
    if (asks && !whole.bad)
        put_question(&whole, before->text);
    char *said = whole.bad ? NULL : ond_str_dup(ond_str_of(ond_buf_z(&whole)));
    ond_buf_free(&whole);
    return said;
}
