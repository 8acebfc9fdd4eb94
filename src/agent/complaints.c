/* complaints.c - what would be a wish alone only says why beside another: "put the heating on, it's freezing", "불 꺼 줘 잘
 * 거야". */
#include "agent/clauses.h"

#include <strings.h>

/* "불 꺼 줘 잘 거야": what one is about to do has a scene, but beside another wish it only says why. */
static bool says_plans(const ond__part *p)
{
    static const char *const ends[] = {"야", "게", "게요", "래", "래요", "다", "예요"};
    return strcmp(p->w.lang, "ko") == 0 && ond__slot_has(&p->w, "domain", "scene") && p->text &&
           ond__text_ends(p->text, strlen(p->text), ends, sizeof ends / sizeof *ends) &&
           !strstr(p->text, "모드");
}

/* "arm the alarm, we're going out": alone it is a scene; after a wish it says why. "we're leaving, set
 * away mode" says it twice. */
static bool is_statement(const ond__request *r, size_t at)
{
    const ond__part *p = &r->part[at];
    static const char *const heads[] = {"i'm ",  "we're ", "i am ", "we are ", "im ",
                                        "were ", "it's ",  "its ",  "it is "};
    bool scene = p->w.match && strcmp(ond_json_str(p->w.match->context, "domain", ""), "scene") == 0;
    for (size_t i = 0; scene && i < sizeof heads / sizeof heads[0]; i++)
        if (strncasecmp(p->text, heads[i], strlen(heads[i])) == 0)
            return at > 0 || ond__same_plan(&p->w.plan, &r->part[at + 1].w.plan);
    return false;
}

static bool says_why(const ond__request *r, size_t at)
{
    return ond__slot_has(&r->part[at].w, "complaint", "yes") ||
           is_statement(r, at) || says_plans(&r->part[at]);
}

/* "거실 불 켜 줘 침실이 어두워": the complaint is about another room than what is wished. */
static bool is_elsewhere(const ond__request *r, size_t at)
{
    const ond_match *m = r->part[at].w.match;
    const ond_slot *area = m ? ond_match_slot(m, "area") : NULL;
    size_t places = 0;
    for (size_t i = 0; area && i < r->n; i++) {
        const ond_slot *other = i != at && r->part[i].w.match ? ond_match_slot(r->part[i].w.match, "area") : NULL;
        if (other && cJSON_Compare(other->value, area->value, true))
            return false;
        places += other != NULL;
    }
    return area && places > 0;
}

/* "put the heating on, it's freezing": the complaint says why; what is wished is said. */
void ond__drop_complaints(ond__request *r)
{
    bool drops[OND__MOST_PARTS] = {0};
    size_t plain = 0;
    for (size_t i = 0; i < r->n; i++) {
        plain += !says_why(r, i);
        drops[i] = says_why(r, i) && !is_elsewhere(r, i);
    }
    for (size_t i = r->n; plain && i-- > 0;)
        if (drops[i])
            ond__part_remove(r, i);
}
