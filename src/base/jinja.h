/* jinja.h - the template language that chat templates are written in: Jinja2 as Hugging Face's renderers take it.
 *
 * Compile once, render with JSON values. Renders as transformers' apply_chat_template and npm @huggingface/jinja do (trim_blocks
 * and lstrip_blocks on). A construct that is not known is an error that names it and its line; nothing is skipped in silence.
 * Rendering is bounded: steps, depth and output size, so that a hostile template ends. */
#ifndef OND_BASE_JINJA_H
#define OND_BASE_JINJA_H

#include "base/json.h"

typedef struct ond_jinja ond_jinja;

/* REFERENCE renders as npm @huggingface/jinja 0.5.11 does, and fails where it fails. PYTHON renders as Jinja2 itself does when
 * transformers sets it up; it knows more, and prints True where the reference prints true. docs/templates.md tells both. */
typedef enum ond_jinja_dialect { OND_JINJA_REFERENCE, OND_JINJA_PYTHON } ond_jinja_dialect;

/* The text is copied. OND_E_INPUT: "line 3: unknown statement 'include'". An unknown filter, test or method is told when it is reached,
 * as the reference does, since templates have them in branches that never run. */
OND_CHECKED int ond_jinja_compile(ond_str text, ond_jinja **out, ond_err *err);   /* REFERENCE */
OND_CHECKED int ond_jinja_compile_as(ond_str text, ond_jinja_dialect dialect, ond_jinja **out, ond_err *err);
void ond_jinja_free(ond_jinja *t);
/* vars: an object; its members are the template's globals (messages, tools, add_generation_prompt, bos_token …).
 * raise_exception(text) in a template is OND_E_INPUT with that text. `now` is what strftime_now tells (ms since 1970, UTC). */
OND_CHECKED int ond_jinja_render(const ond_jinja *t, const cJSON *vars, int64_t now, ond_buf *out, ond_err *err);

#endif
