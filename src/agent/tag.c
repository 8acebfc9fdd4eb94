/* tag.c - an English statement with a question behind it, as the plain question: "I haven't left
 * the oven on, have I?" asks what "have I left the oven on?" asks; "the gas is off, isn't it?" what
 * "is the gas off?" does.
 *
 * Only where the question behind has the verb and the person of the statement: what does not belong
 * together ("turn it off, will you?" wishes) stays as it was said. */
#include "agent/room.h"

#include <ctype.h>
#include <strings.h>

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

/* Verbs that ask, with how they are said in short and denied. */
typedef struct aux {
    const char *plain, *denied, *brief;
} aux;
static const aux auxes[] = {
    {"have", "haven't", "'ve"}, {"has", "hasn't", "'s"},  {"did", "didn't", ""},
    {"is", "isn't", "'s"},      {"are", "aren't", "'re"}, {"was", "wasn't", ""},
    {"were", "weren't", ""},
};
static const char *const persons[] = {"i", "we", "you", "he", "she", "they", "it"};

static bool is(ond_str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* The last word of text[0..n); what is before it is n less the word and its gap. */
static ond_str last_word(const char *text, size_t *n)
{
    size_t end = *n;
    while (end && strchr(" ,.?!", text[end - 1])) end--;
    size_t at = end;
    while (at && !strchr(" ,.?!", text[at - 1])) at--;
    *n = at;
    return (ond_str){text + at, end - at};
}

/* The verb of the question behind, and its person; *n: where the statement ends. NULL: there is
 * none. */
static const aux *find_tag(const char *text, size_t *n, const char **person)
{
    ond_str who = last_word(text, n), verb = last_word(text, n);
    *person = NULL;
    for (size_t i = 0; i < COUNT(persons); i++)
        if (is(who, persons[i])) *person = persons[i];
    while (*n && strchr(" ,.", text[*n - 1])) --*n;
    for (size_t i = 0; *person && i < COUNT(auxes); i++)
        if (is(verb, auxes[i].plain) || is(verb, auxes[i].denied)) return &auxes[i];
    return NULL;
}

/* Bytes of the verb at `text`, with the space behind it; 0: another word stands there. */
static size_t verb_at(const char *text, const aux *v, bool *denied)
{
    const char *const ways[] = {v->denied, v->plain, v->brief};
    for (size_t i = 0; i < COUNT(ways); i++) {
        size_t n = strlen(ways[i]);
        if (n && strncasecmp(text, ways[i], n) == 0 && text[n] == ' ') {
            bool not = strncasecmp(text + n, " not ", 5) == 0;
            *denied = i == 0 || not ;
            return n + (not ? 5 : 1);
        }
    }
    return 0;
}

static bool begins_with_person(const char *text, const char *person)
{
    size_t n = strlen(person);
    return strncasecmp(text, person, n) == 0 && (text[n] == ' ' || text[n] == '\'');
}

static bool begins_with_folk(const char *text)
{
    static const char *const folk[] = {"nobody ", "no one ",  "someone ",  "somebody ",
                                       "anyone ", "anybody ", "everyone ", "the kids "};
    for (size_t i = 0; i < COUNT(folk); i++)
        if (strncasecmp(text, folk[i], strlen(folk[i])) == 0) return true;
    return false;
}

/* Whoever did it is named first: "who did it" names nobody. */
static bool names_doer(const char *text)
{
    bool person = begins_with_folk(text);
    for (size_t i = 0; i < COUNT(persons); i++)
        person |= strcmp(persons[i], "it") != 0 && begins_with_person(text, persons[i]);
    return person;
}

/* Things may be "it" and "they", people "they": other persons stand in the statement as in its
 * question. */
static bool same_person(const char *text, const char *person)
{
    bool thing = strcmp(person, "it") == 0, they = strcmp(person, "they") == 0;
    if (begins_with_folk(text)) return they;
    for (size_t i = 0; (thing || they) && i < COUNT(persons); i++)
        if (begins_with_person(text, persons[i])) return strcmp(persons[i], person) == 0;
    return thing || they || begins_with_person(text, person);
}

/* "I haven't left it on" with "have": "have i left it on"; "I locked it" with "did": "did i locked
 * it". The subject is at most five words. */
static bool ask(ond_buf *out, const char *text, size_t n, const aux *v)
{
    bool denied = false;
    size_t words = 0;
    for (size_t at = 1; at < n && words < 6; at++) {
        if (text[at] != ' ' && text[at] != '\'') continue;
        words += text[at] == ' ';
        size_t from = text[at] == ' ' ? at + 1 : at, skip = verb_at(text + from, v, &denied);
        if (!skip || from + skip >= n) continue;
        ond_buf_printf(out, "%s %.*s %.*s", v->plain, (int)at, text, (int)(n - from - skip),
                       text + from + skip);
        return true;
    }
    if (strcmp(v->plain, "did") != 0 || !names_doer(text)) return false;
    ond_buf_printf(out, "did %.*s", (int)n, text);
    return true;
}

void ond__tag_question(ond_buf *b)
{
    const char *text = ond_buf_z(b), *person;
    size_t n = strlen(text);
    const aux *v = find_tag(text, &n, &person);
    ond_buf out = {0};
    const char *comma = v && n && !same_person(text, person) ? memchr(text, ',', n) : NULL;
    if (comma) { /* "damn, I left it on, didn't I" */
        size_t skip = (size_t)(comma - text) + 1 + strspn(comma + 1, " ");
        text += skip;
        n -= skip < n ? skip : n;
    }
    if (v && n && same_person(text, person) && ask(&out, text, n, v) && !out.bad) {
        ond_buf_clear(b);
        ond_buf_puts(b, ond_buf_z(&out));
    }
    ond_buf_free(&out);
}
