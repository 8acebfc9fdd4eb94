/* template.h - the templates that devices announce: "{{ value_json.state }}", a small, safe part of Jinja.
 *
 * Values, attributes and items, filters, tests, arithmetic, comparisons, `a if b else c`, {% if %}, {% set %}. No loops, no calls
 * but a few functions: time and memory are bounded by the length of the text and of the payload. What is outside of that is
 * refused by name when the device is announced (ond__template_check), never guessed. */
#ifndef OND_HAND_HOME_TEMPLATE_H
#define OND_HAND_HOME_TEMPLATE_H

#include "base/json.h"

typedef struct ond__var {
    const char *name;
    ond_str text;                 /* the value; with `json` set: ignored */
    const cJSON *json;            /* number, object, …; NULL: `text` is the value */
} ond__var;

/* OND_E_INPUT: "filter 'regex_replace' is not supported". `names` are the variables that there will be, ended by NULL. */
OND_CHECKED int ond__template_check(const char *text, const char *const *names, ond_err *err);

/* Appends the result. OND_E_INPUT where the value does not fit (a text that is no number, a member that is missing): then
 * the message is to be ignored. */
OND_CHECKED int ond__template_run(const char *text, const ond__var *vars, size_t n, ond_buf *out, ond_err *err);

/* A payload: `value`, and `value_json` where it is JSON. An empty or missing template gives the payload itself. */
OND_CHECKED int ond__template_payload(const char *text, ond_str payload, const cJSON *json, ond_buf *out, ond_err *err);

#endif
