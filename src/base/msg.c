/* msg.c - puts arguments, and the Korean particles that fit them, into the sentences of msg.def. */
#include "base/msg.h"

#include "base/utf8.h"

static const char *const texts[OND_MSG_COUNT][2] = {
#define MSG(name, en, ko) [OND_M_##name] = {en, ko},
#include "base/msg.def"
#undef MSG
};

const char *ond_msg_text(ond_msg id, const char *lang)
{
    if ((unsigned)id >= OND_MSG_COUNT) return "";
    return texts[id][lang && strncmp(lang, "ko", 2) == 0];
}

/* Bytes of the place-holder "{0}" or "{0:을/를}" at p, or 0; the pair, if any, in *pair. */
static size_t place_holder(const char *p, int *index, ond_str *pair)
{
    *pair = (ond_str){0};
    if (p[0] != '{' || p[1] < '0' || p[1] > '9') return 0;
    *index = p[1] - '0';
    if (p[2] == '}') return 3;
    if (p[2] != ':') return 0;
    const char *end = strchr(p + 3, '}');
    if (!end) return 0;
    *pair = (ond_str){p + 3, (size_t)(end - (p + 3))};
    return (size_t)(end - p) + 1;
}

void ond_msg_put(ond_buf *out, ond_msg id, const char *lang, const char *const *args, int n)
{
    ond_msg_fill(out, ond_msg_text(id, lang), args, n);
}

void ond_msg_fill(ond_buf *out, const char *text, const char *const *args, int n)
{
    for (const char *p = text; *p;) {
        int index;
        ond_str pair;
        char name[32];
        size_t len = place_holder(p, &index, &pair);
        if (!len || index >= n || pair.n >= sizeof(name)) { /* literal: also what has no argument */
            ond_buf_putc(out, *p++);
            continue;
        }
        const char *arg = args[index] ? args[index] : "";
        if (pair.n) {
            memcpy(name, pair.p, pair.n);
            name[pair.n] = 0;
            ond_josa(out, ond_str_of(arg), name);
        } else {
            ond_buf_puts(out, arg);
        }
        p += len;
    }
}
