/* interject.c - an English sentence without what people throw into the middle of it: "who on earth
 * turned it up", "too bright, mate, dim it", "set it to like 30%", "the bloody TV".
 *
 * Only where it stands between words that show what it is: after the word that asks, between commas,
 * before a number with its unit, between "the" and its thing. A sentence that begins as one whose words are kept (a note, a
 * reminder, a thing for a list) is left as it was said. */
#include "agent/room.h"

#include <ctype.h>
#include <strings.h>

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static bool starts(const char *text, const char *with)
{
    return ond__same_letter(text[0], with[0]) && strncasecmp(text, with, strlen(with)) == 0;
}

static bool keeps_words(const char *text)
{
    static const char *const heads[] = {"note", "make a note", "take a note", "write", "jot", "add", "remind", "put ", "remember",
                                        "call ", "buy", "get ", "don't forget", "set a reminder", "i need", "we need", "memo",
                                        "book", "schedule", "pencil", "create", "rename", "call", "who is", "what is the name"};
    for (size_t i = 0; i < COUNT(heads); i++)
        if (starts(text, heads[i]))
            return true;
    return false;
}

/* "who on earth turned up the heat": bytes of the wonder after the word that asks. */
static size_t wonder(const char *text, size_t *at)
{
    static const char *const asks[] = {"who ", "what ", "when ", "why ", "where ", "how "};
    static const char *const words[] = {"on earth ", "in the world ", "the hell ", "the heck ", "in heaven's name ", "the devil ",
                                        "the deuce ", "in god's name ", "the bloody hell ", "in blazes "};
    for (size_t i = 0; i < COUNT(asks); i++)
        for (size_t k = 0; starts(text, asks[i]) && k < COUNT(words); k++)
            if (starts(text + strlen(asks[i]), words[k])) {
                *at = strlen(asks[i]);
                return strlen(words[k]);
            }
    return 0;
}

/* "the bloody tv", "that stupid lamp". */
static size_t oath(const char *text)
{
    static const char *const words[] = {"bloody ", "damn ", "damned ", "flipping ", "blasted ", "stupid ", "effing ", "freaking ",
                                        "frigging ", "goddamn ", "feckin ", "fecking ", "flaming ", "ruddy ", "blooming "};
    for (size_t i = 0; i < COUNT(words); i++)
        if (starts(text, words[i]))
            return strlen(words[i]);
    return 0;
}

/* ", mate, " between two clauses: all but its first comma. */
static size_t form_of_address(const char *text)
{
    static const char *const called[] = {"mate", "bro", "bruv", "dude", "y'all", "fam", "sir", "ma'am", "madam", "pal", "buddy",
                                         "boss", "ondol", "guys", "man", "my friend", "lad", "lass", "please", "kindly", "innit",
                                         "yaar", "darling", "sweetheart", "love", "dear", "i beg you", "if you please", "you know"};
    for (size_t i = 0; starts(text, ", ") && i < COUNT(called); i++) {
        size_t n = strlen(called[i]);
        if (starts(text + 2, called[i]) && starts(text + 2 + n, ", "))
            return n + 2;
    }
    return 0;
}

/* "to like 30%": about so much; the number is what is wished. */
static size_t about(const char *text)
{
    static const char *const words[] = {"like ", "around ", "about ", "roughly ", "maybe ", "approximately ", "say ", "say, "};
    static const char *const units[] = {"%", " %", " percent", " degrees", " degree", "k", " kelvin", "\xc2\xb0"};
    for (size_t i = 0; i < COUNT(words); i++) {
        size_t n = strlen(words[i]), digits = starts(text, words[i]) ? strspn(text + n, "0123456789.") : 0;
        for (size_t k = 0; digits && k < COUNT(units); k++)
            if (starts(text + n + digits, units[k]))
                return n;
    }
    return 0;
}

void ond__interjections(ond_buf *b)
{
    const char *text = ond_buf_z(b);
    size_t from = 0, n = wonder(text, &from);
    ond_buf out = {0};
    if (keeps_words(text))
        return;
    for (size_t at = 0; text[at]; at++) {
        size_t skip = n && at == from ? n : form_of_address(text + at);
        if (!skip && at > 3 && (starts(text + at - 4, " to ") || starts(text + at - 4, " at ")))
            skip = about(text + at);
        if (!skip && at > 3 && (starts(text + at - 4, "the ") || starts(text + at - 4, "hat ") || starts(text + at - 4, " my ")))
            skip = oath(text + at);
        at += skip;
        ond_buf_putc(&out, text[at]);
    }
    if (!out.bad && out.n) {
        ond_buf_clear(b);
        ond_buf_puts(b, ond_buf_z(&out));
    }
    ond_buf_free(&out);
}
