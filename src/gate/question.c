/* question.c - what is asked, in the owner's words.
 *
 * A hand says what a step is as an order ("turn on the ceiling light") or a Korean noun phrase that
 * ends in 기 ("거실 천장등 켜기"); a question is made from it. */
#include "gate/room.h"

#include "base/utf8.h"

#include <stdio.h>

enum {
    OND__ASKED_SHOWN = 5,
    OND__SYLLABLES = 0xac00,
    OND__SYLLABLES_END = 0xd7a3,
    OND__FINALS = 28,
    OND__FINAL_L = 8,
    OND__GI = 0xae30
};

static bool is_syllable(uint32_t c)
{
    return c >= OND__SYLLABLES && c <= OND__SYLLABLES_END;
}

/* "켜기" → "켤까요?", "닫기" → "닫을까요?", "열기" → "열까요?": the stem takes ㄹ, or 을 after a
 * consonant other than ㄹ. False where the phrase does not end in a stem and 기. */
static bool put_stem_ko(ond_buf *out, ond_str s)
{
    uint32_t c = 0, last = 0, stem = 0;
    size_t at = 0, last_at = 0, stem_at = 0;
    while (at < s.n) {
        stem = last, stem_at = last_at;
        last = c, last_at = at;
        c = last = ond_utf8_next(s, &at);
    }
    if (last != OND__GI || !is_syllable(stem)) return false;
    uint32_t final = (stem - OND__SYLLABLES) % OND__FINALS;
    char bytes[4];
    ond_buf_put(out, s.p, stem_at);
    ond_buf_put(out, bytes, ond_utf8_put(final == 0 ? stem + OND__FINAL_L : stem, bytes));
    ond_buf_puts(out, final == 0 || final == OND__FINAL_L ? "까요?" : "을까요?");
    return true;
}

/* Details in brackets at the end stay behind the question: "천장등을 켤까요? (밝기 80%)". */
static bool put_shall_i_ko(ond_buf *out, const char *says)
{
    ond_str s = ond_str_of(says);
    size_t n = s.n;
    if (n && says[n - 1] == ')')
        while (n > 0 && says[n - 1] != '(') n--;
    ond_str phrase = n == 0 || n == s.n ? s : ond_str_trim((ond_str){says, n - 1});
    if (!put_stem_ko(out, phrase)) return false;
    if (phrase.n < s.n) ond_buf_printf(out, " %s", says + n - 1);
    return true;
}

static bool korean(const ond__run *r)
{
    return strncmp(r->lang, "ko", 2) == 0;
}

static void put_one(ond_buf *out, const ond__run *r, const ond__step *s)
{
    const char *says = ond__step_says(s, r->lang);
    if (korean(r) && put_shall_i_ko(out, says)) return;
    OND_MSG(out, OND_M_GATE_SHALL_I, r->lang, says);
}

static void put_many(ond_buf *out, const ond__run *r, size_t asked)
{
    ond_buf list = {0};
    size_t shown = 0;
    char n[24];
    for (size_t i = 0; i < r->n && shown < OND__ASKED_SHOWN; i++) {
        if (r->step[i].decision != OND__ASK) continue;
        ond_buf_printf(&list, "%s%s", shown++ ? "; " : "", ond__step_says(&r->step[i], r->lang));
    }
    if (asked > shown) {
        snprintf(n, sizeof n, "%zu", asked - shown);
        ond_buf_puts(&list, "; ");
        OND_MSG(&list, OND_M_GATE_AND_MORE, r->lang, n);
    }
    snprintf(n, sizeof n, "%zu", asked);
    OND_MSG(out, OND_M_GATE_SHALL_I_ALL, r->lang, n, ond_buf_z(&list));
    ond_buf_free(&list);
}

static void put_conflict(ond_buf *out, const ond__run *r, const ond__step *s)
{
    ond_buf then = {0}, now = {0};
    ond__attributes_put(&then, ond_json_get(s->conflict, "recorded"));
    ond__attributes_put(&now, ond_json_get(s->conflict, "now"));
    OND_MSG(out, OND_M_GATE_MOVED_ON, r->lang, ond_buf_z(&then), ond_buf_z(&now));
    ond_buf_putc(out, ' ');
    ond_buf_free(&then);
    ond_buf_free(&now);
}

void ond__question_put(ond_buf *out, const ond__run *r)
{
    const ond__step *one = NULL;
    size_t asked = 0, conflicts = 0;
    for (size_t i = 0; i < r->n; i++) {
        const ond__step *s = &r->step[i];
        if (s->decision != OND__ASK) continue;
        one = s;
        asked++;
        if (s->conflict && conflicts++ < OND__ASKED_SHOWN) put_conflict(out, r, s);
    }
    if (asked == 1)
        put_one(out, r, one);
    else
        put_many(out, r, asked);
}
