/* why_en.c - whether an English clause says that something is so, and nothing that could change a wish
 * beside it (why.c). */
#include "agent/clauses.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define OF(list) (list), sizeof (list) / sizeof *(list)

static bool any_of(const char *word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

enum { MOST_WORDS = 16 };
typedef struct words {
    char *own, *v[MOST_WORDS];
    size_t n;
    bool many; /* more than fit */
} words;

/* "It's all dry." as "it's", "all", "dry"; false: out of memory. */
static bool words_of(words *w, const char *text)
{
    ond_buf folded = {0};
    *w = (words){0};
    if (ond_utf8_fold(ond_str_of(text), &folded, NULL) != 0)
        folded.bad = true;
    w->own = ond_buf_take(&folded);
    if (!w->own)
        return false;
    for (char *save = NULL, *at = strtok_r(w->own, " ,.!;:", &save); at; at = strtok_r(NULL, " ,.!;:", &save)) {
        if (w->n == MOST_WORDS)
            w->many = true;
        else
            w->v[w->n++] = at;
    }
    return true;
}

static bool ends_with(const char *word, const char *end)
{
    size_t n = strlen(word), len = strlen(end);
    return n > len && strcmp(word + n - len, end) == 0;
}

static bool is_contraction(const char *word)
{
    static const char *const ends[] = {"'s", "'re", "'m", "'ve", "'ll", "n't"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(word, ends[i]))
            return true;
    return false;
}

static bool is_finite(const char *word)
{
    static const char *const verbs[] = {
        "is", "are", "was", "were", "am", "has", "have", "had", "can", "cannot", "cant", "does", "did",
        "do", "dont", "keeps", "keep", "looks", "look", "feels", "feel", "seems", "smells", "sounds",
        "hurts", "hurt", "needs", "got", "get", "gets", "went", "came", "left", "forgot", "fell", "hates",
        "hate", "loves", "just", "woke", "broke", "spilled", "spilt", "made", "takes", "goes", "starts",
        "started", "stinks", "smell", "ran", "ends", "ended", "finished", "begins", "arrived", "always"};
    return is_contraction(word) || any_of(word, OF(verbs)) || (strlen(word) > 4 && ends_with(word, "ed"));
}

/* Words with which a clause could say how, when or whether something is wished, take it back, or
 * wish something else. */
static bool may_change(const char *word)
{
    static const char *const turning[] = {
        /* no, conditions, exceptions, second thoughts */
        "no", "not", "never", "none", "nothing", "neither", "nor", "without", "unless", "until", "till",
        "if", "when", "whenever", "while", "once", "whether", "except", "but", "only", "instead", "rather",
        "or", "else", "otherwise", "actually", "wait", "hang", "hold", "sorry", "oops", "meant", "mean",
        "want", "wanted", "wants", "wish", "prefer", "i'd", "we'd", "he'd", "she'd", "they'd",
        "you", "you're", "your", "please", "too", "also", "either", "then", "maybe", "perhaps", "wonder",
        "hope", "guess", "would", "could", "should", "might", "may", "must", "supposed", "wouldn't",
        "couldn't", "shouldn't", "joking", "kidding", "changed", "mind", "mistake", "wrong", "myself",
        "already", "fine", "ok", "okay", "forget", "though", "undo", "cancel", "imagine",
        "pretend", "dreamt", "dreamed", "cat's", "wasn't", "weren't", "didn't", "was", "were", "did",
        /* what others said or asked */
        "said", "says", "say", "told", "tell", "tells", "asked", "ask", "asks", "who", "whom",
        "which", "what", "why", "how", "where", "whose",
        /* times and amounts */
        "tomorrow", "yesterday", "later", "soon", "morning", "afternoon", "evening",
        "noon", "midnight", "night", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
        "sunday", "weekend", "week", "month", "next", "before", "minute", "minutes", "hour",
        "hours", "second", "seconds", "o'clock", "daily", "every", "percent", "degree", "degrees", "half",
        "one", "ones", "more", "less", "brighter", "dimmer", "darker", "lighter", "warmer", "cooler", "colder",
        "hotter", "louder", "quieter", "higher", "lower", "max", "maximum", "minimum", "red",
        "green", "blue", "yellow", "purple", "pink", "white",
        /* commands */
        "turning", "switching", "let's", "snooze", "undo", "arm", "disarm", "mute", "unmute",
        /* kinds of things that could be meant */
        "light", "lights", "lamp", "lamps", "heating", "heater", "thermostat", "boiler", "radiator", "ac",
        "tv", "telly", "television", "music", "song", "volume", "radio", "speaker", "curtain", "curtains",
        "blind", "blinds", "shade", "shades", "window", "door", "doors", "gate", "garage", "lock", "locks",
        "gas", "valve", "oven", "stove", "fan", "fans", "vacuum", "hoover", "robot", "humidifier", "alarm",
        "timer", "reminder", "scene", "mode", "temperature", "plug", "socket", "camera", "list", "note",
        "notes", "calendar", "appointment", "event", "them", "that", "those", "these"};
    return any_of(word, OF(turning)) || strpbrk(word, "0123456789?%\"") || strstr(word, "\xe2\x80\x9c");
}

/* "…, it's late turn off": a verb that commands, but where the clause tells of it ("I put the baby down", "about to start", "school's
 * shut"). */
static bool commands(const words *w, size_t at, size_t begin)
{
    static const char *const verbs[] = {
        "turn", "switch", "set", "put", "open", "close", "shut", "lock", "unlock", "start", "stop", "play", "pause", "resume", "skip",
        "add", "remove", "delete", "clear", "remind", "make", "dim", "raise", "show", "check", "find", "call", "order", "buy", "book",
        "send", "email", "search", "activate", "run", "move", "change", "give", "bring", "leave", "use", "plug", "unplug", "help"};
    static const char *const telling[] = {"to", "i", "we", "he", "she", "they", "just", "i've", "we've", "he's", "she's", "they've", "have", "has",
                                          "had", "can't", "cant", "can", "couldn't", "about", "gonna", "wanna", "gotta", "been", "i'll", "she'll",
                                          "he'll", "they'll", "we'll", "my", "her", "his", "our", "the", "a", "an", "some", "on", "for", "in", "of",
                                          "don't", "dont", "didn't", "won't", "someone", "everyone", "always", "kids", "people"};
    if (!any_of(w->v[at], OF(verbs)) || at <= begin)
        return any_of(w->v[at], OF(verbs));
    return !any_of(w->v[at - 1], OF(telling)) && !(at + 1 == w->n && (is_contraction(w->v[at - 1]) || is_finite(w->v[at - 1])));
}

/* "I'll be back at six" may say when; "it's gone ten", "I've got two kids", "I'm done for today" do not. */
static bool says_when(const words *w, size_t at, size_t begin)
{
    static const char *const numbers[] = {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen",
                                          "twenty", "thirty", "forty", "fifty", "full"};
    static const char *const days[] = {"today", "tonight"};
    static const char *const is[] = {"it's", "its", "i've", "ive", "we've", "there's", "theres", "i'm", "im", "we're", "he's", "she's", "they're"};
    static const char *const whose[] = {"my", "her", "his", "our", "their", "the", "a", "work", "school", "dinner", "lunch", "breakfast", "bath", "all"};
    static const char *const at_hour[] = {"at", "by", "around", "from", "to", "past"};
    bool told = any_of(w->v[begin], OF(is)) && !(at > 0 && any_of(w->v[at - 1], OF(at_hour)));
    if (strcmp(w->v[at], "after") == 0)
        return !(told && at + 1 < w->n && any_of(w->v[at + 1], OF(whose)));
    return (any_of(w->v[at], OF(numbers)) || any_of(w->v[at], OF(days))) && !told;
}

/* "I don't want the dog to get out", "I don't want to wake the baby": what is to be spared or prevented. */
static bool fears(const words *w, size_t at)
{
    static const char *const who[] = {"i", "we", "really"};
    static const char *const evils[] = {"wake", "come", "get", "see", "hear", "be", "miss", "forget", "trip", "fall", "slip", "burn",
                                        "freeze", "lose", "disturb", "bother", "catch", "overheat", "escape", "run", "overcook"};
    if (strcmp(w->v[at], "want") != 0 || at < 2 || at + 2 >= w->n || !any_of(w->v[at - 2], OF(who)) ||
        !any_of(w->v[at - 1], (const char *const[]){"don't", "dont"}, 2))
        return false;
    for (size_t i = at + 1; i + 1 < w->n && i <= at + 4; i++)
        if (strcmp(w->v[i], "to") == 0)
            return any_of(w->v[i + 1], OF(evils)) && strcmp(w->v[w->n - 1], "yet") != 0;
    return false;
}

/* "a twelve hour shift", "a ten minute walk": how long what is told of lasted. */
static bool is_long(const words *w, size_t at)
{
    static const char *const lasts[] = {"shift", "flight", "drive", "day", "journey", "trip", "walk", "hike", "ride", "commute", "workout", "match"};
    for (size_t i = at + 1; i < w->n && i <= at + 2; i++)
        if (any_of(w->v[i], OF(lasts)))
            return i - at == 2 ? any_of(w->v[i - 1], (const char *const[]){"hour", "minute", "mile", "day"}, 4)
                               : any_of(w->v[at], (const char *const[]){"hour", "minute", "mile", "day"}, 4);
    return false;
}

/* "I sleep better when it's cool": of every night, not of one. */
static bool sleeps_better(const words *w, size_t at)
{
    static const char *const does[] = {"sleep", "work", "think", "feel", "read", "relax", "study", "concentrate", "breathe", "cook"};
    return at >= 3 && strcmp(w->v[at], "when") == 0 && any_of(w->v[at - 1], (const char *const[]){"better", "best", "worse"}, 3) &&
           any_of(w->v[at - 2], OF(does)) && any_of(w->v[at - 3], (const char *const[]){"i", "we", "always"}, 3);
}

/* "I've already got cream actually": what somebody has needs no other word. */
static bool has_already(const words *w, size_t at, size_t begin)
{
    static const char *const who[] = {"i've",    "we've",    "i",     "we",  "ive",
                                      "already", "actually", "she's", "he's"};
    static const char *const had[] = {"got", "have", "bought", "had"};
    bool has = false;
    for (size_t i = begin; i < w->n && i < begin + 3; i++) has |= any_of(w->v[i], OF(had));
    return has && any_of(w->v[begin], OF(who)) &&
           any_of(w->v[at], (const char *const[]){"already", "actually"}, 2);
}

/* "I was watching that", "we were using it": why something is to be as it was. */
static bool was_doing(const words *w, size_t at)
{
    static const char *const doing[] = {"watching", "using",   "reading", "enjoying", "listening",
                                        "sleeping", "cooking", "working", "playing",  "sitting"};
    static const char *const who[] = {"i",    "we",   "he",      "she",
                                      "they", "kids", "someone", "somebody"};
    bool was = strcmp(w->v[at], "was") == 0 || strcmp(w->v[at], "were") == 0;
    if (was)
        return at > 0 && at + 1 < w->n && any_of(w->v[at - 1], OF(who)) &&
               any_of(w->v[at + 1], OF(doing));
    return at > 1 && at + 1 == w->n &&
           any_of(w->v[at], (const char *const[]){"that", "those", "them"}, 3) &&
           (any_of(w->v[at - 1], OF(doing)) || any_of(w->v[at - 2], OF(doing)));
}

/* "I like it dark" is a wish, "sweating like a hog" and "does not hit" are not. */
static bool means_to_change(const words *w, size_t at, size_t begin)
{
    static const char *const who[] = {"i", "we", "they", "he", "she", "kids", "would", "i'll", "really", "also"};
    static const char *const own[] = {"see", "sleep", "read", "relax", "eat", "nap", "cook", "work", "look", "rest", "dance"};
    static const char *const aux[] = {"does", "do", "can", "did"};
    if (strcmp(w->v[at], "like") == 0)
        return at == 0 || any_of(w->v[at - 1], OF(who));
    static const char *const cat_is[] = {"on",     "in",    "at",     "out",   "asleep",
                                         "got",    "being", "trying", "stuck", "sleeping",
                                         "hungry", "sick",  "under",  "sat",   "sitting"};
    if (strcmp(w->v[at], "cat's") == 0) /* the animal; "the cat's whiskers" is praise */
        return at + 1 >= w->n || !any_of(w->v[at + 1], OF(cat_is));
    if (has_already(w, at, begin) || was_doing(w, at)) return false;
    if (fears(w, at) || is_long(w, at) || sleeps_better(w, at))
        return false;
    if (strcmp(w->v[at], "want") == 0 && at + 2 < w->n && strcmp(w->v[at + 1], "to") == 0)
        return !any_of(w->v[at + 2], OF(own));
    if (at + 1 < w->n && strcmp(w->v[at], "too") == 0)
        return false; /* "too quiet"; not "the fan too" */
    if (at + 1 < w->n && strcmp(w->v[at + 1], "than") == 0 && ends_with(w->v[at], "er"))
        return false; /* "hotter than hell" */
    if (strcmp(w->v[at], "not") == 0 && at > 0 && any_of(w->v[at - 1], OF(aux)))
        return false;
    return may_change(w->v[at]) || commands(w, at, begin) || says_when(w, at, begin);
}

/* "I can't hear what he's saying", "I thought I heard it": of senses, a no or a doubt says nothing else. */
static bool is_about_senses(const words *w, size_t at)
{
    static const char *const senses[] = {"hear", "see", "sleep", "breathe", "feel", "function", "think",
                                         "focus", "concentrate", "reach", "smell", "heard", "saw", "find"};
    return at > 0 && any_of(w->v[at - 1], OF(senses));
}

/* "I forgot to", "they always": what follows belongs to it. */
static bool is_unfinished(const char *word)
{
    static const char *const open[] = {"to", "gonna", "wanna", "gotta", "can", "can't", "cannot", "will", "won't", "do", "does",
                                       "did", "don't", "doesn't", "have", "had", "has", "am", "is", "are", "be", "been", "i'm",
                                       "we're", "they're", "he's", "she's", "it's", "i'll", "we'll", "always", "just", "usually",
                                       "often", "sometimes", "really", "still", "the", "a", "an", "my", "our", "of", "that", "for",
                                       "with", "from", "at", "i", "we", "they", "he", "she", "and", "so", "need", "help", "let"};
    return any_of(word, OF(open));
}

/* "just got in from work", "got a headache", "can't sleep", "way too quiet": what is said in short. */
static bool begins_without_subject(const words *w, size_t at)
{
    static const char *const done[] = {"got", "woke", "came", "finished", "left", "started", "spilled", "dropped", "put"};
    static const char *const much[] = {"too", "way", "far", "bit", "so"};
    static const char *const off[] = {"watching", "having", "heading", "trying", "going", "expecting", "cooking", "working", "studying", "leaving",
                                      "getting", "feeling", "doing", "reading", "sleeping", "eating", "making"};
    const char *first = w->v[at], *next = w->v[at + 1];
    if (any_of(first, OF(off)) && w->n - at >= 3)
        return !is_unfinished(w->v[w->n - 1]);
    if (any_of(first, (const char *const[]){"gonna", "about", "need", "off", "time"}, 5) && w->n - at >= 3)
        return any_of(next, (const char *const[]){"watch", "to", "some", "a", "have", "be", "go", "for"}, 8) && !is_unfinished(w->v[w->n - 1]);
    if (strcmp(first, "me") == 0 && strcmp(next, "and") == 0 && w->n - at >= 5)
        return strcmp(w->v[at + 3], "are") == 0;
    if (strcmp(first, "just") == 0 || (at > 0 && strcmp(w->v[at - 1], "just") == 0))
        return any_of(strcmp(first, "just") == 0 ? next : first, OF(done));
    if (strcmp(first, "got") == 0)
        return any_of(next, (const char *const[]){"a", "an", "my", "home", "back", "in", "up"}, 7);
    if (strcmp(first, "can't") == 0 || strcmp(first, "cant") == 0)
        return any_of(next, (const char *const[]){"sleep", "see", "hear", "breathe", "focus", "think"}, 6);
    return w->n - at <= 4 && any_of(first, OF(much));
}

/* "the baby just fell asleep", "grandma's cold", "someone left it on": whether it begins with a subject
 * and a finite verb. */
static bool begins_as_statement(const words *w, size_t at)
{
    static const char *const persons[] = {"i", "we", "someone", "somebody", "everyone", "everybody", "nobody"};
    static const char *const short_spelt[] = {"im", "ive", "its", "hes", "shes", "theyre", "theres"};
    static const char *const articles[] = {"the", "my", "our", "his", "her", "their", "a", "an", "some", "all"};
    if (at + 1 >= w->n)
        return false;
    const char *first = w->v[at];
    if (begins_without_subject(w, at))
        return true;
    if (is_unfinished(w->v[w->n - 1]) && !was_doing(w, w->n - 1)) return false;
    if (any_of(first, OF(persons)) || any_of(first, OF(short_spelt)))
        return true;
    if (is_contraction(first))
        return !ends_with(first, "n't");
    if (is_finite(first))
        return false; /* a question */
    size_t last = at + (any_of(first, OF(articles)) ? 4 : 2);
    for (size_t i = at + 1; i < w->n && i <= last; i++)
        if (is_finite(w->v[i]))
            return true;
    return false;
}

bool ond__tells_why_en(const char *text)
{
    static const char *const leads[] = {"because", "cos", "cause", "coz", "since", "as", "and", "well", "oh",
                                        "so", "just", "cuz"};
    words w;
    bool tells = words_of(&w, text) && !w.many;
    size_t at = 0;
    while (tells && at < w.n && any_of(w.v[at], OF(leads)))
        at++;
    tells = tells && begins_as_statement(&w, at);
    for (size_t i = at; tells && i < w.n; i++)
        tells = !means_to_change(&w, i, at) || (i > at && is_about_senses(&w, i));
    free(w.own);
    return tells;
}

