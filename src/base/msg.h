/* msg.h - what the program says to a person, in Korean and English, from one table (msg.def).
 *
 * A text holds {0}..{9} for its arguments; a Korean particle pair after an argument is written {0:을/를} and
 * is chosen by the argument's last sound. Arguments are strings; numbers are formatted by the caller. */
#ifndef OND_BASE_MSG_H
#define OND_BASE_MSG_H

#include "base/str.h"

typedef enum ond_msg {
#define MSG(name, en, ko) OND_M_##name,
#include "base/msg.def"
#undef MSG
    OND_MSG_COUNT
} ond_msg;

const char *ond_msg_text(ond_msg id, const char *lang);      /* the raw text; English unless lang begins with "ko" */
/* Appends the text of `id` with `n` arguments put in. */
void ond_msg_put(ond_buf *out, ond_msg id, const char *lang, const char *const *args, int n);
/* The same for a text that stands elsewhere (a response in a pack). A place-holder without its argument stays as it is. */
void ond_msg_fill(ond_buf *out, const char *text, const char *const *args, int n);
#define OND_MSG(out, id, lang, ...) \
    ond_msg_put((out), (id), (lang), (const char *const[]){__VA_ARGS__}, \
                (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)))

#endif
