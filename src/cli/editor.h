/* editor.h - a line of typing: history, keys, Ctrl-C clears the line and Ctrl-D ends. By libedit. */
#ifndef OND_CLI_EDITOR_H
#define OND_CLI_EDITOR_H

#include "base/str.h"

typedef struct ond__editor ond__editor;

/* Waits until standard input has something; false when interrupted. What else the program serves is served meanwhile. */
typedef bool ond__wait_fn(void *self);

/* history: a file's name in XDG_STATE_HOME/ondol. wait NULL: plain waiting. Takes SIGINT over, for good. */
OND_CHECKED int ond__editor_open(const char *history, ond__wait_fn *wait, void *self, const char *lang, ond__editor **out, ond_err *err);
void ond__editor_close(ond__editor *e);

typedef enum ond__typed { OND__LINE, OND__CLEARED, OND__END } ond__typed;
/* *line is borrowed until the next call, trimmed of white space at both ends, and may be empty. */
ond__typed ond__editor_line(ond__editor *e, const char *prompt, ond_str *line);
void ond__editor_remember(ond__editor *e, const char *line);
bool ond__editor_editing(const ond__editor *e);
void ond__editor_refresh(ond__editor *e);

/* What SIGINT does besides ending a line: called in the signal handler; NULL: nothing. */
void ond__editor_on_interrupt(void (*fn)(void *self), void *self);
bool ond__editor_interrupted(void);   /* since the last ond__editor_line */

#endif
