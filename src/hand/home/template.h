/* template.h - the templates that devices announce: "{{ value_json.state }}", a small, safe part of Jinja.
 *
 * Values, attributes and items, filters, tests, arithmetic, comparisons, `a if b else c`, {% if %}, {% set %}. No loops, no calls
 * but a few functions: time and memory are bounded by the length of the text and of the payload. What is outside of that is
 * refused by name when the device is announced (ond__template_check), never guessed.
 *
 * Filters: abs add bool capitalize count d default first float format from_json iif int is_defined is_number join last length lower
 * max min multiply replace round split string to_json tojson trim upper. Functions: bool float iif int is_number max min. Methods:
 * capitalize endswith get lower replace split startswith strip upper. Tests: defined undefined none number integer float string
 * mapping sequence iterable boolean true false even odd divisibleby in eq equalto.
 * Where it differs from Home Assistant's Jinja: a missing value that would be shown is an error; lists and maps show as JSON; a key comes
 * before a method of the same name (value_json.update); 20.0 in a JSON payload is the whole number 20. */
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
