/* chat.h - messages to a prompt, by the template that the GGUF carries. */
#ifndef OND_TOK_CHAT_H
#define OND_TOK_CHAT_H

#include "base/jinja.h"
#include "tok/tok.h"

typedef struct ond_chat ond_chat;

/* tokenizer.chat_template of g, or `text` where given (an override). OND_E_NOT_FOUND where neither is there: the model is no chat model. */
OND_CHECKED int ond_chat_open(const ond_gguf *g, const ond_tok *t, ond_str text, ond_chat **out, ond_err *err);
void ond_chat_close(ond_chat *c);
/* messages: JSON array of {role, content, …}; tools: array of functions or NULL; extra: further variables (enable_thinking …) or NULL.
 * The result is encoded with parse_special and without add_special. */
OND_CHECKED int ond_chat_render(const ond_chat *c, const cJSON *messages, const cJSON *tools, const cJSON *extra, bool add_generation_prompt,
                                int64_t now, ond_buf *out, ond_err *err);

#endif
