/* tails.c - what an English wish for a device may end in and be no other wish: "for the baby",
 * "while I'm out", "before I fall over", "a sec", "for now"; and a question in "after I came in".
 *
 * Phrases, and forms of which every word is of a table: a time, a length, a condition ("while it's
 * raining", "before I get up", "for the weekend") is none of them, and the sentence is then not
 * understood as before. */
#include "agent/clauses.h"

#include <ctype.h>
#include <strings.h>

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static const char *const phrases[] = {
    "a sec", "a second", "a mo", "a tick", "a moment", "for a sec", "for a second", "for a mo",
    "for a moment", "for a tick", "for a bit", "for now", "just for now", "for the time being",
    "for the moment", "in the meantime", "for the meantime", "for the minute", "while you're at it",
    "whilst you're at it", "while you are at it", "while you're there", "to be safe",
    "just to be safe", "just to be sure", "to be sure", "to be on the safe side", "for safety",
    "for once", "for a change", "for goodness sake", "for goodness' sake", "for heaven's sake",
    "for pete's sake", "for god's sake", "for crying out loud", "for the love of god",
    "for my sake", "before anything else", "before i do anything else", "before i forget",
    "at long last", "in one go", "if you'd be so kind", "if you would be so kind",
    "if it's all the same to you", "if that's all right", "if it's all right with you",
    "if that's okay with you", "if you get a chance", "when you've got a second",
    "as fast as you can", "as quickly as you can", "good and proper", "good and tight",
    "nice and tight", "once and for all", "like i asked", "like i said", "as i said", "as i asked",
};

/* What may stand after "for", and its small words. */
static const char *const small[] = {
    "the", "my", "his", "her", "our", "their", "your", "a", "an", "some", "little",
    "bit", "of", "wee", "poor", "old", "quick", "both", "nice", "baby", "good", "tonight's"};
static const char *const ends[] = {
    "me", "us", "him", "her", "them", "everyone", "everybody", "mum", "mom", "mam", "mummy",
    "mommy", "dad", "daddy", "grandma", "granny", "gran", "nan", "nana", "grandpa", "grandad",
    "granddad", "grandfather", "grandmother", "mother", "father", "baby", "babies", "kid", "kids",
    "child", "children", "bairn", "bairns", "ones", "one", "twins", "boys", "girls", "boy", "girl",
    "lad", "lads", "toddler", "dog", "dogs", "cat", "cats", "puppy", "kitten", "pets", "pet",
    "hamster", "plants", "plant", "wife", "husband", "missus", "hubby", "partner", "sister",
    "brother", "son", "daughter", "lodger", "flatmate", "roommate", "guest", "guests", "visitors",
    "company", "postman", "postie", "mailman", "courier", "delivery", "parcel", "plumber",
    "cleaner", "sitter", "babysitter", "nanny", "nurse", "breakfast", "lunch", "dinner", "tea",
    "supper", "brunch", "bed", "bedtime", "bath", "bathtime", "nap", "naptime", "sleep", "sleeping",
    "snooze", "lie-down", "kip", "reading", "cooking", "baking", "homework", "work", "working",
    "studying", "study", "revision", "painting", "sewing", "knitting", "ironing", "cleaning",
    "yoga", "workout", "exercise", "exercises", "film", "movie", "show", "programme", "program",
    "game", "match", "football", "telly", "news", "story", "call", "zoom", "phone", "light", "air",
    "warmth", "heat", "peace", "quiet", "privacy", "atmosphere", "ambience", "company", "shower",
    "photo", "photos", "laundry", "washing", "dishes", "comfort",
};
static const char *const people[] = {"i",       "we",       "he",   "she",  "they",    "you",
                                     "someone", "somebody", "baby", "kids", "everyone"};
static const char *const busy[] = {
    "out", "away", "gone", "cooking", "baking", "eating", "working", "reading", "busy", "shopping",
    "waiting", "watching", "studying", "cleaning", "ironing", "napping", "painting", "feeding",
    "changing", "exercising", "playing", "dressing", "washing", "bathing", "having", "making",
    "doing", "getting", "chopping", "peeling",
};
static const char *const places[] = {"at",   "in",    "on",   "down", "up",
                                     "here", "there", "over", "round"};
static const char *const spots[] = {"work", "school",  "shops",  "shop",    "shower", "bath",
                                    "tub",  "kitchen", "garden", "yard",    "phone",  "call",
                                    "loo",  "toilet",  "zoom",   "meeting", "here",   "there",
                                    "gym",  "mum's",   "mom's"};
/* What nobody means as a time: "before I fall over". */
static const char *const mishaps[] = {
    "fall", "pass", "freeze", "melt", "boil", "roast", "bake", "fry", "faint", "die", "drop",
    "collapse", "starve", "scream", "explode", "cry", "go", "lose", "trip", "break", "forget",
    "kill", "keel", "catch", "burn", "suffocate", "expire", "perish", "pop", "strangle", "murder",
    "turn", "doze", "nod", "conk", "slip", "wake", "throw", "shiver",
};
static const char *const mad[] = {"mad",  "crazy",   "insane",  "blind", "deaf",   "spare",
                                  "nuts", "bananas", "bonkers", "barmy", "mental", "under",
                                  "numb", "loopy",   "off",     "out",   "over"};
static const char *const came[] = {"came",   "got",  "went",    "left", "come",  "popped", "nipped",
                                   "headed", "woke", "arrived", "go",   "leave", "set"};

enum { MOST = 8 };
typedef struct words {
    ond_str v[MOST];
    size_t n;
} words;

static bool is(ond_str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static bool any_of(ond_str s, const char *const *table, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is(s, table[i])) return true;
    return false;
}

/* The words of `text`; more than MOST: none. */
static words split(const char *text)
{
    words w = {0};
    for (size_t at = strspn(text, " ,"); text[at];) {
        size_t n = strcspn(text + at, " ,");
        if (w.n == MOST) return (words){0};
        w.v[w.n++] = (ond_str){text + at, n};
        at += n + strspn(text + at + n, " ,");
    }
    return w;
}

/* "Sam", "Nana": a name, by its capital. Days and months have one too. */
static bool is_name(ond_str s)
{
    static const char *const not [] = {"Mon",  "Tue",   "Wed",   "Thu",  "Fri",  "Sat",    "Sun",
                                       "Jan",  "Feb",   "Mar",   "Apr",  "May",  "Jun",    "Jul",
                                       "Aug",  "Sep",   "Oct",   "Nov",  "Dec",  "Christ", "Xmas",
                                       "East", "Hallo", "Thank", "Tomo", "Toni", "Toda",   "New",
                                       "Box",  "Half",  "Next",  "Diw",  "Ram",  "Eid"};
    bool name = s.n > 1 && isupper((unsigned char)s.p[0]);
    for (size_t i = 0; name && i < s.n; i++)
        name = isalpha((unsigned char)s.p[i]) || s.p[i] == '\'';
    for (size_t i = 0; name && i < COUNT(not ); i++)
        name = s.n < strlen(not [i]) || strncmp(s.p, not [i], strlen(not [i])) != 0;
    return name;
}

/* "the baby", "dinner", "a bit of peace", "Sam". */
static bool is_purpose(const words *w, size_t at)
{
    if (at >= w->n || w->n - at > 4) return false;
    for (size_t i = at; i + 1 < w->n; i++)
        if (!any_of(w->v[i], small, COUNT(small))) return false;
    return any_of(w->v[w->n - 1], ends, COUNT(ends)) || (w->n - at == 1 && is_name(w->v[at]));
}

/* "i'm", "the baby's", "we are"; *at: what comes after it. It is nobody's doing that it rains. */
static bool begins_with_person(const words *w, size_t *at)
{
    size_t i = *at;
    while (i < w->n && (is(w->v[i], "the") || is(w->v[i], "my"))) i++;
    if (i >= w->n) return false;
    const char *quote = memchr(w->v[i].p, '\'', w->v[i].n);
    ond_str who = {w->v[i].p, quote ? (size_t)(quote - w->v[i].p) : w->v[i].n};
    if (!any_of(who, people, COUNT(people)) && !is_name(who)) return false;
    bool verb = !quote && i + 1 < w->n &&
                (is(w->v[i + 1], "am") || is(w->v[i + 1], "are") || is(w->v[i + 1], "is"));
    *at = i + 1 + verb;
    return quote || verb;
}

/* "I'm out", "we're at the shops", "she's asleep". That oneself sleeps says when. */
static bool is_while(const words *w, size_t at)
{
    bool self = at < w->n &&
                (strncasecmp(w->v[at].p, "i'", 2) == 0 || strncasecmp(w->v[at].p, "we'", 3) == 0 ||
                 is(w->v[at], "i") || is(w->v[at], "we"));
    if (!begins_with_person(w, &at) || at >= w->n) return false;
    if (!self && (is(w->v[at], "asleep") || is(w->v[at], "sleeping"))) return at + 1 == w->n;
    if (any_of(w->v[at], busy, COUNT(busy))) return true;
    return any_of(w->v[at], places, COUNT(places)) && any_of(w->v[w->n - 1], spots, COUNT(spots));
}

/* "I fall over", "somebody breaks their neck", "we all freeze to death". */
static bool is_mishap(const words *w, size_t at)
{
    if (at >= w->n || !any_of(w->v[at], people, COUNT(people))) return false;
    at += at + 1 < w->n && is(w->v[at + 1], "all") ? 2 : 1;
    if (at >= w->n) return false;
    ond_str verb = w->v[at];
    if (verb.n > 3 && verb.p[verb.n - 1] == 's' && !any_of(verb, mishaps, COUNT(mishaps)))
        verb.n -= is(verb, "goes") ? 2 : 1;
    if (!any_of(verb, mishaps, COUNT(mishaps))) return false;
    if (is(verb, "wake")) /* "before I wake the baby"; not "before I wake up" */
        return at + 1 < w->n && !is(w->v[at + 1], "up") && !is(w->v[w->n - 1], "up");
    if (is(verb, "go") || is(verb, "turn") || is(verb, "pass"))
        return at + 1 < w->n && (any_of(w->v[at + 1], mad, COUNT(mad)) || is(w->v[at + 1], "into"));
    return true;
}

/* "I came in", "she left for work": when what is asked about was done. */
static bool is_coming(const words *w, size_t at)
{
    return at + 1 < w->n && any_of(w->v[at], people, COUNT(people)) &&
           any_of(w->v[at + 1], came, COUNT(came));
}

static bool is_tail(const char *text, bool *asks)
{
    words w = split(text);
    *asks = false;
    for (size_t i = 0; i < COUNT(phrases); i++)
        if (strcasecmp(text, phrases[i]) == 0) return true;
    if (w.n < 2) return false;
    if (is(w.v[0], "for")) return is_purpose(&w, 1);
    if (is(w.v[0], "while") || is(w.v[0], "whilst")) return is_while(&w, 1);
    if (is(w.v[0], "before") && is_mishap(&w, 1)) return true;
    *asks = is(w.v[0], "before") || is(w.v[0], "after") || is(w.v[0], "when") ||
            is(w.v[0], "since") || is(w.v[0], "as");
    return *asks && is_coming(&w, 1);
}

size_t ond__idle_tail(const char *text, bool *asks)
{
    static const char *const heads[] = {" a ",    " for ",    " just ", " while ", " whilst ",
                                        " to ",   " before ", " at ",   " in ",    " if ",
                                        " when ", " as ",     " like ", " after ", " since ",
                                        " good ", " nice ",   " once "};
    for (size_t at = 1; text[0] && text[at]; at++)
        for (size_t i = 0; text[at] == ' ' && i < COUNT(heads); i++)
            if (strncasecmp(text + at, heads[i], strlen(heads[i])) == 0 &&
                is_tail(text + at + 1, asks)) {
                while (at && strchr(" ,.;", text[at - 1])) at--;
                return at;
            }
    return 0;
}
