/* polite.c - an English sentence without what people put around a wish: "could you be a dear and",
 * "would you mind turning", "cheers, mate"; and with its words written out: "dont", "gimme", "u".
 *
 * Only the two ends go, never a word in the middle, and only whole phrases of these tables: what is
 * no wish without them is none with them. Words that may end somebody's free text ("love", "man")
 * go only after a comma or after a word that ends a wish ("off", "please"). */
#include "agent/room.h"

#include <strings.h>

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static bool is(ond_str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* ---- words written out ---- */

enum { FRONT = 8 }; /* words that are looked at: what comes later may be text to be kept */

static const char *const written[][2] = {
    {"im", "i'm"}, {"ive", "i've"}, {"dont", "don't"}, {"whats", "what's"}, {"wheres", "where's"},
    {"hows", "how's"}, {"whens", "when's"}, {"whos", "who's"}, {"thats", "that's"},
    {"theres", "there's"}, {"lets", "let's"}, {"isnt", "isn't"}, {"arent", "aren't"},
    {"didnt", "didn't"}, {"doesnt", "doesn't"}, {"cant", "can't"}, {"u", "you"}, {"ur", "your"},
    {"ya", "you"}, {"wanna", "want to"}, {"gotta", "got to"}, {"gonna", "going to"},
    {"gimme", "give me"}, {"lemme", "let me"}, {"lite", "light"}, {"lites", "lights"},
    {"lightz", "lights"}, {"nite", "night"}, {"a/c", "ac"}, {"a.c", "ac"}, {"pls", "please"},
    {"plz", "please"}, {"plse", "please"}, {"livingroom", "living room"}, {"shoping", "shopping"}, {"todays", "today's"},
    {"tomorrows", "tomorrow's"}, {"turnoff", "turn off"}, {"turnon", "turn on"}, {"wat", "what"},
    {"wot", "what"}, {"2day", "today"}, {"2nite", "tonight"}, {"2night", "tonight"},
    {"wld", "would"}, {"cld", "could"}, {"aff", "off"}, {"oan", "on"}, {"gie", "give"}, {"mair", "more"},
    {"hoose", "house"}, {"heatin", "heating"}, {"lightin", "lighting"}, {"somethin", "something"}, {"abt", "about"}, {"bout", "about"}, {"wen", "when"},
    {"switchoff", "switch off"}, {"'em", "them"}, {"em", "them"}, {"owt", "anything"}, {"summat", "something"}, {"nowt", "nothing"}, {"switchon", "switch on"}, {"wats", "what's"}, {"wots", "what's"},
};

static bool ends_so(const ond_buf *out, const char *with)
{
    size_t n = strlen(with);
    return out->n >= n && n && ond__same_letter(out->p[out->n - 1], with[n - 1]) && strncasecmp(out->p + out->n - n, with, n) == 0;
}

static const char *written_out(ond_str word, size_t index)
{
    if (index == 0 && is(word, "its"))
        return "it's"; /* "its dock" is no "it is" */
    if (index < 4 && is(word, "r"))
        return "are";
    for (size_t i = 0; i < COUNT(written); i++)
        if (is(word, written[i][0]))
            return written[i][1];
    return NULL;
}

/* "what's on ma shopping list": "ma" is a mother elsewhere. */
static bool is_mine(ond_str word, const char *next)
{
    static const char *const things[] = {"shopping", "list", "to-do", "todo", "calendar", "alarm", "timer", "reminder", "diary",
                                         "notes", "bedroom", "room", "light", "lamp", "messages"};
    for (size_t i = 0; (is(word, "ma") || is(word, "mah")) && i < COUNT(things); i++)
        if (strncasecmp(next, things[i], strlen(things[i])) == 0)
            return true;
    return false;
}

/* "remind me 2 call", "wake me up 4 school", "its 2 bright": a digit that is said as a word. */
static const char *as_word(const ond_buf *out, ond_str word, const char *next)
{
    static const char *const to[] = {"me ", "us ", "want ", "need ", "have ", "got ", "going "};
    static const char *const for_[] = {"timer ", "alarm ", "up "};
    static const char *const too[] = {"bright", "dark", "dim", "hot", "cold", "warm", "chilly", "loud", "quiet", "low"};
    bool two = is(word, "2"), four = is(word, "4"), after = false, letter = *next && !(*next >= '0' && *next <= '9');
    for (size_t i = 0; two && i < COUNT(too); i++)
        if (strncasecmp(next, too[i], strlen(too[i])) == 0)
            return "too";
    for (size_t i = 0; two && letter && i < COUNT(to); i++)
        after |= ends_so(out, to[i]);
    for (size_t i = 0; four && i < COUNT(for_); i++)
        after |= ends_so(out, for_[i]);
    /* "set a timer 4 minutes", "wake me up 2 hours later" say how many */
    static const char *const units[] = {"min", "hour", "hr", "sec", "day", "week", "am", "pm", "o'clock", "more", "times", "instead", "please", "now", "and", "on", "in", "at", "tomorrow", "today", "for"};
    for (size_t i = 0; after && i < COUNT(units); i++)
        after = strncasecmp(next, units[i], strlen(units[i])) != 0;
    return after && *next ? (two ? "to" : "for") : NULL;
}

/* "leave just the lamp on": only it; elsewhere "just" says nothing. */
static bool is_only(const ond_buf *out, ond_str word)
{
    static const char *const verbs[] = {"leave ", "keep "};
    bool only = false;
    for (size_t i = 0; !only && is(word, "just") && i < COUNT(verbs); i++) {
        size_t n = strlen(verbs[i]);
        only = out->n >= n && strncasecmp(out->p + out->n - n, verbs[i], n) == 0;
    }
    return only;
}

static void write_out(ond_buf *out, const char *text)
{
    size_t index = 0;
    for (size_t at = 0; text[at]; index++) {
        size_t n = strcspn(text + at, " ,;:!?"), gap = strspn(text + at + n, " ,;:!?");
        const char *full = index < FRONT ? written_out((ond_str){text + at, n}, index) : NULL;
        if (!full && index < FRONT && n == 1)
            full = as_word(out, (ond_str){text + at, n}, text + at + n + gap);
        if (!full && is_mine((ond_str){text + at, n}, text + at + n + gap))
            full = "my";
        if (is_only(out, (ond_str){text + at, n}))
            full = "only";
        if (full)
            ond_buf_puts(out, full);
        else
            ond_buf_put(out, text + at, n);
        ond_buf_put(out, text + at + n, gap);
        at += n + gap;
    }
}

/* ---- before a wish ---- */

/* After those that end in "…" the verb ends in -ing. Of two that fit the longer one goes. */
static const char *const before[] = {
    "could i trouble you to", "can i trouble you to", "can i ask you to", "would somebody",
    "could somebody", "can somebody", "would someone", "could someone", "can someone",
    "will someone", "somebody", "someone", "see you later", "see you", "see ya",
    "could you be a dear and", "be a dear and", "be a darling and", "be a love and",
    "be a pal and", "be an angel and", "be a star and", "be a doll and", "be so kind as to",
    "be so good as to", "be so kind and", "do me a favour and", "do me a favor and",
    "do us a favour and", "do me a favour", "do me a favor", "do you think you could",
    "do you think you can", "do you mind…", "do you fancy…", "would you mind…",
    "would you mind awfully…", "would you be able to", "would you please", "would you kindly",
    "would you", "would ye", "could you please", "could you kindly", "could you possibly",
    "could you maybe", "could you", "can you please", "can you possibly", "can you maybe",
    "can you", "will you please", "will you", "are you able to", "i was wondering if you could",
    "i was wondering if you would", "i was wondering whether you could", "i wonder if you could",
    "i'd appreciate it if you could", "i would appreciate it if you could",
    "i'd be ever so grateful if you could", "i'd be ever so grateful if you'd", "i'd be grateful if you'd",
    "i would be ever so grateful if you could", "i'd be much obliged if you could", "i'd be obliged if you'd",
    "if it isn't too much bother could you", "if it's not too much bother could you", "if it isn't too much trouble could you",
    "if it's not too much trouble could you", "if it's no bother", "if it's no bother could you", "if it's no trouble could you",
    "when you've a minute", "when you've a moment", "might you", "might you please", "please to", "please do", "pray", "be a good boy and", "be a good girl and", "be a good lad and", "be a good chap and", "be a good sport and",
    "there's a good girl", "there's a good boy", "there's a good lad", "there's a love", "there's a dear",
    "would you ever", "will you ever", "och", "aye", "ach", "right so", "ta", "cheers", "yeah", "aw", "oh dear",
    "i'd be grateful if you could", "i would be grateful if you could",
    "it'd be nice if you could", "it would be nice if you could", "it'd be lovely if you could",
    "it would be lovely if you could", "it'd be great if you could",
    "it would be great if you could", "is it possible for you to", "is it possible to",
    "would it be possible to", "is there any chance you could", "is there a chance you could",
    "any chance you could", "any chance you can", "any chance of…", "any chance we could",
    "first of all", "first", "i need you to", "i want you to", "i would like you to",
    "i'd like you to", "i'd love you to", "i'd like to", "i would like to", "we'd like to",
    "i want to", "we want to", "you can", "you could", "you need to", "go ahead and", "go on and",
    "go on then", "go on", "feel free to", "be sure to", "make sure to", "make sure you",
    "why don't you", "if you could", "if you would", "if you can", "if you don't mind",
    "if you wouldn't mind…", "if you please", "if possible", "when you get a chance",
    "when you get a sec", "when you have a moment", "when you have a minute", "when you can",
    "sorry to bother you but", "sorry to bother you", "sorry to be a pain but", "excuse me",
    "please", "kindly", "just", "maybe", "perhaps", "quick one", "right then", "ok then",
    "okay then", "alright then", "now then", "oi", "yo", "ok", "okay", "hey there", "hi there",
    "hello there", "hiya", "hey ondol", "ondol", "dear ondol", "listen", "look", "ah", "ooh",
    "oh", "ugh", "argh", "um", "uh", "er", "hmm", "hey", "hi", "hello", "well", "so", "right",
    "alright", "dude", "bro", "mate", "dear", "darling", "brr", "brrr", "jeez", "gosh", "wow",
    "phew", "lol", "quick question",
    "omg", "omfg", "yikes", "oh my god", "my god", "goodness", "goodness me", "good grief", "blimey", "crikey", "strewth",
    "crumbs", "lordy", "good lord", "for goodness sake", "for pete's sake", "for heaven's sake", "for crying out loud", "for the love of god", "for the love of mike", "in god's name", "for god's sake", "dammit", "damn it", "bonsoir", "hola",
    "ciao", "salaam", "lads,", "howdy",
    "g'day", "good day", "good evening", "good afternoon", "namaste", "bonjour", "arre", "arrey", "yaar", "abeg", "oga",
    "shh", "shhh", "ssh", "i want that you", "i need that you", "i would like that you", "i'd like that you", "it is necessary to",
    "it's necessary to", "it would be nice to", "you have to", "bruh", "dawg", "breh", "psst", "ahem", "eh,", "then,", "hm", "finally", "at last", "by the way", "btw", "oh by the way", "one more thing", "one last thing", "quick thing", "whoa", "woah", "wee man", "sure look", "c'mon", "come on", "now so", "right lads", "listen here", "listen up",
    "y'all", "hey y'all", "hey you", "i say", "sir,", "madam,", "boss,", "buddy,", "pal,", "man,", "fam,", "bruv,", "guys,",
    "i reckon you could", "may i ask", "might i ask", "could i ask", "can i ask", "if i may ask", "may i ask you to",
    "might i ask you to", "could i ask you to", "may i trouble you to", "might i trouble you to", "i beg your pardon",
    "beg your pardon", "i do beg your pardon", "pardon me", "pardon", "forgive me", "apologies", "if you'd be so kind",
    "if you would be so kind", "if you'd be so good", "would you be so kind as to", "would you be so good as to",
    "would you be so kind and", "would you be a dear and", "would you be a love and", "could you be so kind as to",
    "would you mind terribly…", "would it trouble you to", "would it be too much trouble to", "be a mate and",
    "be a legend and", "be a good man and", "do me a solid and", "do us a solid and", "do me a solid", "do us a favour",
    "do me the kindness of…", "have the goodness to", "i request you to", "i kindly request you to", "kindly request you to",
    "you may", "you might", "now you may", "now you can", "you may now", "you can now", "you can go ahead and", "you'd better", "you better", "could ya", "can ya", "will ya", "could ye", "can ye", "will ye",
    "wouldja", "couldja", "any chance you'd", "any chance you would", "is there any way you could", "is there a way you could",
    "think you could", "think you can", "you think you could", "you think you can", "reckon you could", "reckon you can",
    "d'you think you could", "d'you mind…", "mind…", "i'd be obliged if you could", "i would be obliged if you would",
    "i would be obliged if you could", "i would be grateful if you would", "i'd be grateful if you would",
    "i should be grateful if you would", "i should be grateful if you could", "i'd be thankful if you could",
    "i'd appreciate it if you would", "i would appreciate it if you would", "i'd appreciate it if you'd",
    "it would be appreciated if you could", "it would be kind of you to", "it'd be kind of you to",
};

/* "let's", "go", "do" before a verb of a wish only: "let's watch a movie" is a name. */
static const char *const verbs_of_us[] = {
    "turn", "switch", "put", "dim", "close", "open", "lock", "set", "get", "make", "add", "start",
    "shut", "stick", "pop", "crank", "bump", "move", "push", "cancel", "schedule", "draw",
    "lower", "raise", "run", "pause",
};

static bool begins(const char *text, const char *phrase, size_t n)
{
    return ond__same_letter(text[0], phrase[0]) && strncasecmp(text, phrase, n) == 0 && text[n] && strchr(" ,;:.!-", text[n]);
}

/* "and turn off the bathroom" after another sentence; "and put eggs", "and get milk" lean on it (again.yaml). */
static size_t goes_on(const char *text)
{
    static const char *const verbs[] = {"turn", "switch", "dim", "close", "open", "lock", "unlock", "set", "start",
                                        "shut", "cancel", "raise", "lower", "pause", "mute", "remind", "wake", "stop"};
    static const char *const heads[] = {"and then", "and also", "oh and", "and", "then"};
    for (size_t h = 0; h < COUNT(heads); h++) {
        size_t n = strlen(heads[h]) + 1;
        for (size_t i = 0; begins(text, heads[h], n - 1) && i < COUNT(verbs); i++)
            if (begins(text + n, verbs[i], strlen(verbs[i])))
                return n;
    }
    return 0;
}

/* "tell me which lights are on" asks; "tell me when ten minutes are up" is a timer. */
static size_t asks_to_tell(const char *text)
{
    static const char *const heads[] = {"tell me", "can you tell me", "could you tell me", "do you know", "i'd like to know",
                                        "i would like to know", "i want to know", "i need to know", "let me know", "inform me",
                                        "do you happen to know", "kindly tell me", "would you know", "remind me again", "any idea", "any clue", "do you remember", "can you remember", "can you say", "do you recall", "have you any idea", "tell us"};
    static const char *const words[] = {"what", "what's", "which", "who", "who's", "how", "where", "where's"};
    for (size_t h = 0; h < COUNT(heads); h++) {
        size_t n = strlen(heads[h]) + 1;
        for (size_t i = 0; begins(text, heads[h], n - 1) && i < COUNT(words); i++)
            if (begins(text + n, words[i], strlen(words[i])))
                return n;
    }
    return 0;
}

static size_t lets(const char *text)
{
    static const char *const heads[] = {"let's", "go", "do", "you", "i want", "gonnae", "to", "help me to", "help me", "help us to", "help us", "let us"};
    size_t n = 0;
    for (size_t i = 0; !n && i < COUNT(heads); i++)
        n = begins(text, heads[i], strlen(heads[i])) ? strlen(heads[i]) + 1 : 0;
    for (size_t i = 0; n && i < COUNT(verbs_of_us); i++)
        if (begins(text + n, verbs_of_us[i], strlen(verbs_of_us[i])))
            return n;
    n = asks_to_tell(text);
    return n ? n : goes_on(text);
}

/* "I want to buy a lamp" tells of a wish that is none for a house. */
static bool is_plan(const char *text)
{
    static const char *const plans[] = {"buy", "order", "get", "go", "be", "have", "see", "know"};
    for (size_t i = 0; i < COUNT(plans); i++)
        if (begins(text, plans[i], strlen(plans[i])))
            return true;
    return false;
}

static bool tells(const char *text)
{
    return begins(text, "i", 1) || begins(text, "i'd", 3) || begins(text, "we", 2) ||
           begins(text, "we'd", 4);
}

static size_t skip_gap(const char *text, size_t at) { return at + strspn(text + at, " ,;:.!-"); }

/* Bytes before the wish proper. *ing: its verb ends in -ing. */
static size_t ahead(const char *text, bool *ing)
{
    size_t at = 0, n;
    *ing = false;
    do {
        const char *here = text + at;
        bool mind = false;
        n = lets(here);
        size_t lead = ond__lead(here);
        n = lead > n ? lead : n;
        for (size_t i = 0; i < COUNT(before); i++) {
            if (!ond__same_letter(here[0], before[i][0]))
                continue;
            const char *dots = strstr(before[i], "…");
            size_t len = dots ? (size_t)(dots - before[i]) : strlen(before[i]);
            if (len > n && begins(here, before[i], len)) {
                n = skip_gap(here, len);
                mind = dots != NULL;
            }
        }
        if (n && (!here[n] || (tells(here) && is_plan(here + n))))
            return at;
        at += n;
        *ing = n ? mind : *ing;
    } while (n);
    return at;
}

/* "turning" -> "turn", "closing" -> "close", "getting" -> "get". */
static size_t plain_verb(ond_buf *out, const char *text)
{
    static const char *const odd[][2] = {
        {"closing", "close"},   {"raising", "raise"},     {"muting", "mute"}, {"moving", "move"},
        {"making", "make"},     {"changing", "change"},   {"pausing", "pause"}, {"giving", "give"},
        {"scheduling", "schedule"}, {"waking", "wake"},   {"taking", "take"}, {"having", "have"},
        {"deleting", "delete"}, {"removing", "remove"},   {"vacuuming", "vacuum"},
        {"activating", "activate"}, {"increasing", "increase"}, {"decreasing", "decrease"},
        {"silencing", "silence"}, {"arming", "arm"},      {"disarming", "disarm"},
        {"popping", "pop"},     {"adding", "add"},        {"telling", "tell"}, {"pulling", "pull"},
        {"killing", "kill"},    {"unlocking", "unlock"},
    };
    size_t n = strcspn(text, " ,");
    for (size_t i = 0; i < COUNT(odd); i++)
        if (is((ond_str){text, n}, odd[i][0])) {
            ond_buf_puts(out, odd[i][1]);
            return n;
        }
    if (n < 6 || strncasecmp(text + n - 3, "ing", 3) != 0)
        return 0;
    bool twice = text[n - 4] == text[n - 5]; /* "setting", "shutting", "dimming" */
    ond_buf_put(out, text, n - 3 - (twice ? 1 : 0));
    return n;
}

/* ---- after a wish ---- */

static const char *const after[] = {
    "please", "pls", "plz", "thanks", "thank you", "thank you very much", "thanks a lot",
    "thanks very much", "many thanks", "much appreciated", "thx", "ty", "ta", "cheers",
    "would you", "will you", "could you", "can you", "would you please", "would ya", "will ya",
    "can ya", "can u", "could u", "would u", "if you would", "if you could", "if you can",
    "if you please", "if you don't mind", "if you wouldn't mind", "if that's ok",
    "if that's okay", "if that's alright", "if it's not too much trouble", "if possible",
    "when you can", "when you get a chance", "when you get a sec", "when you get a minute",
    "when you have a moment", "when you have a minute", "when you have a sec", "for me", "for us",
    "right away", "straight away", "asap", "at once", "right now", "real quick", "yeah", "ok",
    "okay", "alright", "won't you", "innit", "lol", "haha", "there's a dear", "there's a love",
    "there's a good chap", "i think", "please and thank you", "thank u", "now please", "then",
    "or not", "rn", "!", "will ye", "would ye", "could ye", "can ye", "wouldn't you", "couldn't you", "pronto", "sharpish",
    "this instant", "this minute", "right this minute", "right this second", "s'il vous plait", "s'il te plait", "por favor",
    "abeg", "thanks in advance", "thank you kindly", "thank you so much", "thanks so much", "thanks a million",
    "thanks a bunch", "much obliged", "i'd appreciate it", "if it's no trouble", "if it's no bother",
    "if it isn't too much trouble", "if it isn't too much bother", "if it's not too much bother", "if you'd be so kind",
    "if you would be so kind", "if you wouldn't mind terribly", "when you've a minute", "when you've a moment",
    "when you have time", "when you have a second", "when you've got a sec", "when you've got a minute", "when you get the chance",
    "there's a good lad", "there's a good girl", "there's a good boy", "there's a good man", "quick as you can",
    "as quick as you can", "as soon as you can", "would be great", "that would be great", "that would be lovely",
    "that'd be great", "that'd be lovely", "that'd be grand",
};
/* Of a question only: "turn it off presently" says when. */
static const char *const asked[] = {
    "presently", "currently", "at present", "at the moment", "as of now", "by any chance", "do you know", "can you tell me",
    "can you say", "i wonder", "exactly", "at all", "or what", "or something", "might i ask", "may i ask", "if i may ask", "pray", "just now", "again",
};
static const char *const asking[] = {"is", "are", "what", "what's", "how", "how's", "who", "which", "when", "where", "where's",
                                     "when's", "did", "do", "have", "has", "was"};
static const char *const called[] = {
    "love", "mate", "dear", "darling", "dude", "bro", "man", "buddy", "pal", "hun", "hon",
    "honey", "sweetie", "sweetheart", "my dear", "my love", "sir", "guys", "everyone",
    "everybody", "ondol", "duck", "friend", "house", "computer",
    "pet", "petal", "hen", "hinny", "flower", "poppet", "lovey", "duckie", "ducky", "treacle", "chuck",
    "babe", "babes", "baby", "boss", "chief", "champ", "lad", "lass", "laddie", "lassie", "son", "doll",
    "ma'am", "madam", "y'all", "folks", "my friend", "my darling", "my lovely", "my duck", "me duck",
    "yaar", "lads", "lasses", "big man", "old chap", "old boy", "fam", "bestie", "bruv", "cuz", "sis",
};
/* Only after a comma. */
static const char *const added[] = {
    "all of them", "all of 'em", "all of it", "the lot", "the whole lot", "every one of them", "the lot of them",
    "every last one", "all together", "no rush", "no hurry", "when you're ready", "if you like", "you know",
    "quick", "quickly", "hurry", "hurry up", "chop chop", "just in case", "as usual", "like always", "i beg you", "bye", "bye bye", "bye now", "see ya", "see you later", "cheerio", "ciao", "ta ra",
    "that is all", "like a good lad", "quick as ye like", "whenever you can", "go raibh maith agat", "merci",
};
static const char *const ends_wish[] = {
    "on", "off", "up", "down", "please", "pls", "plz", "thanks", "ta", "cheers", "now", "out",
    "again", "lights", "light", "percent", "degrees", "minutes", "mins", "telly", "tv",
    "curtains", "heating", "time", "you", "morning", "night", "bye", "goodbye", "goodnight",
    "that", "it", "lamp", "timer", "alarm", "first", "tonight", "tomorrow", "today", "am", "pm",
    "o'clock", "shut", "closed", "you", "undo", "help", "date", "list", "bit", "little", "notch",
    "diary", "calendar", "for me", "for us",
};

static bool ends_with_word(const char *text, size_t n, const char *word)
{
    size_t len = strlen(word);
    return n >= len && len && ond__same_letter(text[n - 1], word[len - 1]) &&
           strncasecmp(text + n - len, word, len) == 0 &&
           (n == len || strchr(" ,;:.!", text[n - len - 1]));
}

static size_t trim_end(const char *text, size_t n)
{
    while (n && strchr(" ,;:.!-", text[n - 1]))
        n--;
    return n;
}

/* Where the sentence ends without `word`, or 0. */
static size_t without(const char *text, size_t n, const char *word, bool person)
{
    size_t len = strlen(word);
    if (n <= len + 1 || !ends_with_word(text, n, word))
        return 0;
    size_t left = trim_end(text, n - len);
    bool comma = left < n - len && memchr(text + left, ',', n - len - left);
    bool fits = !person || comma;
    for (size_t i = 0; !fits && i < COUNT(ends_wish); i++)
        fits = ends_with_word(text, left, ends_wish[i]);
    return fits ? left : 0;
}

static bool is_question(const char *text)
{
    ond_str first = {text, strcspn(text, " ,")};
    for (size_t i = 0; i < COUNT(asking); i++)
        if (is(first, asking[i]))
            return true;
    return false;
}

/* The letters that words begin with, as bits: most phrases begin with none of them. */
static uint32_t first_letters(const char *text, size_t n)
{
    uint32_t set = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strchr(" ,;:.!", text[i - 1]))
            set |= 1u << (text[i] & 31);
    return set;
}

static size_t behind(const char *text, size_t n, bool question)
{
    uint32_t firsts = first_letters(text, n);
    size_t best;
    do {
        best = 0;
        for (size_t i = 0; i < COUNT(after); i++) {
            if (!(firsts >> (after[i][0] & 31) & 1))
                continue;
            size_t left = without(text, n, after[i], false);
            best = left && (!best || left < best) ? left : best;
        }
        for (size_t i = 0; i < COUNT(called); i++) {
            if (!(firsts >> (called[i][0] & 31) & 1))
                continue;
            size_t left = without(text, n, called[i], true);
            best = left && (!best || left < best) ? left : best;
        }
        for (size_t i = 0; i < COUNT(added); i++) {
            if (!(firsts >> (added[i][0] & 31) & 1))
                continue;
            size_t left = without(text, n, added[i], false);
            bool comma = left && memchr(text + left, ',', n - strlen(added[i]) - left);
            best = comma && (!best || left < best) ? left : best;
        }
        for (size_t i = 0; question && i < COUNT(asked); i++) {
            if (!(firsts >> (asked[i][0] & 31) & 1))
                continue;
            size_t left = without(text, n, asked[i], false);
            best = left && (!best || left < best) ? left : best;
        }
        n = best ? best : n;
    } while (best);
    return n;
}

/* "make a note called camping: bring the stove": the colon parts the name from the text. */
static void name_apart(ond_buf *out, const char *text)
{
    static const char *const names[] = {"note called ", "note titled ", "note named "};
    const char *colon = strstr(text, ": "), *at = NULL;
    for (size_t i = 0; colon && !at && i < COUNT(names); i++)
        at = strstr(text, names[i]);
    if (!at || at > colon) {
        ond_buf_puts(out, text);
        return;
    }
    ond_buf_put(out, text, (size_t)(colon - text));
    ond_buf_printf(out, " saying %s", colon + 2);
}

/* ---- questions without a verb ---- */

/* "front door locked?" asks; it is no wish to lock. `text` has no question mark any more. */
void ond__asking(ond_buf *b)
{
    static const char *const states[] = {"on", "off", "open", "closed", "shut", "locked",
                                         "unlocked", "armed", "running"};
    static const char *const verbs[] = {
        "turn", "switch", "put", "can", "could", "would", "will", "is", "are", "did", "do", "does",
        "has", "have", "had", "was", "were", "what", "which", "who", "how", "when", "where", "why",
        "should", "shall", "may", "might", "any", "anyone", "anything", "please", "close", "leave",
        "keep", "get", "make", "let", "let's", "i", "you", "we", "and", "no", "set", "pop", "stick",
        "flip", "shut", "lock", "unlock", "open", "mind", "what's", "what're", "everything", "hey",
        "all", "whats", "kill", "bung", "whack", "power", "don't", "still", "check", "tell", "i'd"};
    const char *text = ond_buf_z(b);
    size_t n = strlen(text);
    bool state = false;
    ond_str first = {text, strcspn(text, " ")};
    for (size_t i = 0; i < COUNT(states); i++)
        state |= first.n < n && ends_with_word(text, n, states[i]);
    for (size_t i = 0; state && i < COUNT(verbs); i++)
        state = !is(first, verbs[i]);
    if (!state)
        return;
    ond_buf out = {0};
    ond_buf_printf(&out, "is %s", text);
    ond_buf_clear(b);
    ond_buf_puts(b, ond_buf_z(&out));
    ond_buf_free(&out);
}

void ond__polite(ond_buf *b)
{
    ond_buf full = {0}, out = {0}, apart = {0};
    bool ing;
    ond__tag_question(b);
    ond__interjections(b);
    name_apart(&apart, ond_buf_z(b));
    write_out(&full, ond_buf_z(&apart));
    ond_buf_free(&apart);
    const char *text = ond_buf_z(&full);
    size_t from = ahead(text, &ing), to = behind(text, strlen(text), is_question(text + from));
    if (to > from) {
        if (ing)
            from += plain_verb(&out, text + from);
        if (to > from)
            ond_buf_put(&out, text + from, to - from);
        if (!full.bad && !out.bad && out.n) {
            ond_buf_clear(b);
            ond_buf_puts(b, ond_buf_z(&out));
        }
    }
    ond_buf_free(&full);
    ond_buf_free(&out);
}
