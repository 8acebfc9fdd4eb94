/* yaml_scalar.c - plain YAML scalars to values, as PyYAML's safe_load resolves them (YAML 1.1,
 * PyYAML resolver.py).
 *
 * With three deviations, each because JSON has no such value or people do not mean it: sexagesimal
 * numbers (12:30) and dates stay text, .inf and .nan stay text, integers from 2^53 on stay text.
 * 0o17 is read too. */
#include "base/yaml_scalar.h"

#include <stdlib.h>

#define CORE "tag:yaml.org,2002:"
#define MOST_EXACT 9007199254740991.0   /* 2^53 - 1: 2^53 + 1 would read as 2^53 */

static bool is_one_of(ond_str s, const char *const *words)
{
    for (; *words; words++)
        if (ond_str_is(s, *words)) return true;
    return false;
}

static const char *const true_words[] = {"yes",  "Yes", "YES", "true", "True",
                                         "TRUE", "on",  "On",  "ON",   NULL};
static const char *const false_words[] = {"no",    "No",  "NO",  "false", "False",
                                          "FALSE", "off", "Off", "OFF",   NULL};
static const char *const null_words[] = {"", "~", "null", "Null", "NULL", NULL};

cJSON *ond__yaml_string(ond_str s)
{
    char *z = cJSON_malloc(s.n + 1);
    cJSON *v = z ? cJSON_CreateNull() : NULL;
    if (!v) {
        cJSON_free(z);
        return NULL;
    }
    if (s.n) memcpy(z, s.p, s.n);
    z[s.n] = 0;
    v->type = cJSON_String;
    v->valuestring = z;
    return v;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* [-+]?0b[01_]+ | [-+]?0o?[0-7_]+ | [-+]?(0|[1-9][0-9_]*) | [-+]?0x[0-9a-fA-F_]+ */
static bool read_int(ond_str s, double *out)
{
    bool minus = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) s.p++, s.n--;
    int base = 10, seen = 0;
    if (s.n > 1 && s.p[0] == '0') {
        char mark = s.p[1];
        base = mark == 'b' ? 2 : mark == 'x' ? 16 : 8;
        size_t skip = mark == 'b' || mark == 'x' || mark == 'o' ? 2 : 1;
        s.p += skip, s.n -= skip;
        seen = base == 8 && mark != 'o';   /* the leading 0 is a digit itself: 0_ */
    } else if (s.n && s.p[0] == '_') {
        return false;
    }
    double v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '_') continue;
        int d = digit(s.p[i]);
        if (d >= base) return false;
        v = v * base + d;
        seen++;
    }
    *out = minus ? -v : v;
    return seen > 0;
}

static size_t run_of_digits(ond_str s, size_t at, bool underscores)
{
    while (at < s.n && ((s.p[at] >= '0' && s.p[at] <= '9') || (underscores && s.p[at] == '_')))
        at++;
    return at;
}

/* [-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)? | \.[0-9][0-9_]*([eE][-+][0-9]+)? */
static bool looks_float(ond_str s)
{
    size_t at = 0;
    bool sign = s.n && (s.p[0] == '-' || s.p[0] == '+');
    if (sign) at++;
    size_t whole = at;
    if (at < s.n && s.p[at] != '_') at = run_of_digits(s, at, true);
    bool has_whole = at > whole;
    if (at >= s.n || s.p[at] != '.' || (sign && !has_whole)) return false;
    at++;
    if (!has_whole && (at >= s.n || s.p[at] < '0' || s.p[at] > '9')) return false;
    at = run_of_digits(s, at, true);
    if (at == s.n) return true;
    if ((s.p[at] | 32) != 'e' || at + 2 >= s.n || (s.p[at + 1] != '-' && s.p[at + 1] != '+'))
        return false;
    return run_of_digits(s, at + 2, false) == s.n;
}

static bool read_float(ond_str s, double *out)
{
    char z[64];
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '_') continue;
        if (n + 1 >= sizeof(z)) return false;
        z[n++] = s.p[i];
    }
    return ond_num_parse((ond_str){z, n}, out);
}

/* A number, or its text where a double would not be exact. */
static cJSON *number_or_text(ond_str s, double v, bool integer)
{
    if (integer && (v > MOST_EXACT || v < -MOST_EXACT)) return ond__yaml_string(s);
    return cJSON_CreateNumber(v == 0 ? 0.0 : v);
}

cJSON *ond__yaml_plain(ond_str s)
{
    double v;
    if (s.n < 6) {
        if (is_one_of(s, null_words)) return cJSON_CreateNull();
        if (is_one_of(s, true_words)) return cJSON_CreateTrue();
        if (is_one_of(s, false_words)) return cJSON_CreateFalse();
    }
    if (!strchr("0123456789+-.", s.p[0])) return ond__yaml_string(s);
    if (read_int(s, &v)) return number_or_text(s, v, true);
    if (looks_float(s) && read_float(s, &v)) return number_or_text(s, v, false);
    return ond__yaml_string(s);
}

cJSON *ond__yaml_tagged(ond_str s, const char *tag, const char **why)
{
    *why = NULL;
    const char *kind = strncmp(tag, CORE, sizeof(CORE) - 1) == 0 ? tag + sizeof(CORE) - 1 : "";
    double v;
    if (strcmp(kind, "str") == 0 || strcmp(kind, "timestamp") == 0) return ond__yaml_string(s);
    if (strcmp(kind, "null") == 0) return cJSON_CreateNull();
    if (strcmp(kind, "bool") == 0) {
        if (is_one_of(s, true_words)) return cJSON_CreateTrue();
        if (is_one_of(s, false_words)) return cJSON_CreateFalse();
        *why = "this is no boolean";
    } else if (strcmp(kind, "int") == 0) {
        if (read_int(s, &v)) return number_or_text(s, v, true);
        *why = "this is no integer";
    } else if (strcmp(kind, "float") == 0) {
        if (read_float(s, &v)) return number_or_text(s, v, false);
        *why = "this is no number";
    } else {
        *why = "this tag is not known here";
    }
    return NULL;
}
