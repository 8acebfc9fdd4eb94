/* leads.c - an English sentence without what a person cries out before it: "whoa, put them back
 * on", "hang on, is the oven off?", "oops, wrong room, undo that".
 *
 * "No" and its kin correct the sentence before where a thing or a value follows ("no, the study"),
 * so they go only before a verb with "it", or before a question; those that only stop somebody go
 * before a verb of any wish. What else follows stays as it was said. */
#include "agent/room.h"

#include <strings.h>

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static size_t starts(const char *text, const char *with)
{
    if (!ond__same_letter(text[0], with[0])) return 0;
    size_t n = strlen(with);
    bool yes = strncasecmp(text, with, n) == 0 && text[n] && strchr(" ,.!-;:", text[n]);
    return yes ? n + strspn(text + n, " ,.!-;:") : 0;
}

static size_t longest(const char *text, const char *const *table, size_t n)
{
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        size_t len = starts(text, table[i]);
        best = len > best ? len : best;
    }
    return best;
}

/* They stop somebody, and take nothing back. */
static const char *const stops[] = {
    "whoa", "woah", "wait", "wait a sec", "wait a second", "wait a minute", "wait a mo", "wait up",
    "hold up", "hold on", "hold on a sec", "hang on", "hang on a sec", "hang on a minute",
    "hang about", "hold your horses", "one sec", "just a sec", "just a minute", "easy", "steady on",
    "blast", "damn", "dang", "drat", "shoot", "shucks", "crap", "bugger", "bother", "heck", "gah",
    "ack", "eek", "ouch", "oof", "yikes", "oh hang on", "oh wait", "oh crap", "oh shoot", "oh damn",
    "oh god", "oh dear", "oh no", "ah wait", "ah crap", "uh oh", "finally", "at last", "oh and",
    "oh also", "before i forget", "oh before i forget", "while i remember", "while i think of it",
    "by the way", "btw", "oh by the way", "one more thing", "one last thing", "quick thing",
    "real quick", "quickly", "quick", "nvm", "nevermind", "never mind that", "you know what", "know what", "tell you what", "i tell you what",
    "on second thoughts", "on second thought", "come to think of it", "change of plan",
    "change of plans", "new plan", "change of mind", "changed my mind", "i've changed my mind",
    "i changed my mind", "sorry about that", "sorry about this", "now then", "there we go",
    "here we go", "oh my days", "bloody hell", "good gracious", "gracious", "heavens", "mercy",
};
/* They refuse what was done, or say that it was wrong. */
static const char *const noes[] = {
    "no", "nope", "nah", "no no", "no no no", "no way", "oh no", "ah no", "not that", "oops",
    "whoops", "woops", "oopsie", "my bad", "my mistake", "sorry", "oh sorry", "so sorry",
    "ah sorry", "sorry no", "no sorry", "oops sorry", "actually", "no actually", "no wait",
    "oh no wait", "no hang on", "on reflection", "no hold on", "hmm no", "ugh no", "god no",
    "hell no", "absolutely not", "no thanks", "oh", "ah", "eh", "wrong one", "wrong room",
    "wrong light", "wrong lamp", "wrong button", "wrong thing", "that's wrong",
    "that's the wrong one", "that's the wrong room", "that's not right", "that's not it",
    "that's not what i wanted", "that's not what i meant", "not what i meant", "that was wrong",
    "that was a mistake", "that was the wrong one", "i didn't mean that", "didn't mean that",
    "didn't mean to", "didn't mean to do that", "i didn't mean to do that", "i got that wrong",
    "i was wrong", "i made a mistake", "hit the wrong one", "that's no good", "bad idea",
    "that was a bad idea", "too soon", "spoke too soon", "false alarm",
};
static const char *const verbs[] = {
    "turn", "switch", "put", "open", "close", "shut", "lock", "unlock", "set", "start", "stop",
    "pause", "resume", "mute", "unmute", "dim", "brighten", "raise", "lower", "drop", "bring",
    "take", "get", "push", "move", "pop", "stick", "bump", "knock", "crank", "send", "run",
    "cancel", "delete", "remove", "bin", "scrap", "undo", "leave", "keep", "make", "add", "remind",
    "wake", "arm", "disarm", "kill", "cut", "clear", "tick", "cross", "snooze", "restart", "extend",
    "shorten", "change", "read", "play", "skip", "draw", "pull", "roll", "preheat", "heat", "warm",
    "cool", "vacuum", "hoover", "dock", "note", "book", "schedule",
};
/* With one of these a verb leans on what was said: "put it back", "take that off". */
static const char *const its[] = {"it",  "that",      "this",        "them", "those", "these",
                                  "'em", "all of it", "all of them", "both", "back"};
static const char *const asks[] = {
    "is", "are", "was", "were", "did", "does", "do i", "do we", "do you", "has", "have", "what",
    "what's", "which", "who", "who's", "when", "when's", "where", "where's", "how", "how's", "can",
    "could", "any", "say", "repeat", "tell me", "why",
};

/* "put it back on", "undo that", "turn them all off"; not "make it 20", which corrects
 * (again.yaml). */
static bool leans(const char *text)
{
    size_t verb = longest(text, verbs, COUNT(verbs));
    if (starts(text, "make") || strncasecmp(text, "undo", 4) == 0)
        return strncasecmp(text, "undo", 4) == 0;
    for (size_t i = 0; verb && i < COUNT(its); i++)
        if (strcasecmp(text + verb, its[i]) == 0 || starts(text + verb, its[i])) return true;
    return false;
}

size_t ond__lead(const char *text)
{
    size_t stop = longest(text, stops, COUNT(stops)), no = longest(text, noes, COUNT(noes)),
           best = 0;
    bool asking = false;
    if (stop >= no && stop &&
        (longest(text + stop, verbs, COUNT(verbs)) || longest(text + stop, asks, COUNT(asks)) ||
         ond__lead(text + stop)))
        best = stop;
    else if (no) {
        asking = longest(text + no, asks, COUNT(asks)) > 0;
        best = asking || leans(text + no) || ond__lead(text + no) ? no : 0;
    }
    return best;
}
