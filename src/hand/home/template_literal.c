/* template_literal.c - texts, numbers, lists and maps as they are written in templates. */
#include "hand/home/template_value.h"
#include "base/utf8.h"

#include <ctype.h>

static bool hex(const char *p, size_t n, uint32_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isxdigit((unsigned char)p[i]))
            return false;
        *out = *out * 16 + (uint32_t)(isdigit((unsigned char)p[i]) ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
    }
    return true;
}

/* After a backslash: as in Python, one that means nothing stays. */
static void escaped(tpl *t, ond_buf *out)
{
    static const char from[] = "nrt\\'\"", to[] = "\n\r\t\\'\"";
    char c = *t->p++, bytes[4];
    const char *hit = c ? strchr(from, c) : NULL;
    size_t digits = c == 'u' ? 4 : c == 'x' ? 2 : 0;
    uint32_t ch;
    if (hit) {
        ond_buf_putc(out, to[hit - from]);
    } else if (digits && (size_t)(t->end - t->p) > digits && hex(t->p, digits, &ch) && ch && (ch < 0xd800 || ch > 0xdfff)) {
        ond_buf_put(out, bytes, ond_utf8_put(ch, bytes));
        t->p += digits;
    } else {
        ond_buf_putc(out, '\\');
        ond_buf_putc(out, c);
    }
}

tv ond__tpl_quoted(tpl *t)
{
    char quote = *t->p++;
    ond_buf b = {0};
    while (t->p < t->end && *t->p != quote) {
        char c = *t->p++;
        if (c == '\\' && t->p < t->end)
            escaped(t, &b);
        else
            ond_buf_putc(&b, c);
    }
    if (t->p >= t->end)
        ond__tpl_refuse(t, "a text in a template has no end");
    else
        t->p++;
    tv out = ond__tv_copy(t, &b);
    ond_buf_free(&b);
    return out;
}

tv ond__tpl_number(tpl *t)
{
    const char *from = t->p;
    bool point = false;
    double n = 0;
    while (t->p < t->end && (isdigit((unsigned char)*t->p) || (*t->p == '.' && !point))) {
        point = point || *t->p == '.';
        t->p++;
    }
    if (!ond_num_parse((ond_str){from, (size_t)(t->p - from)}, &n))
        ond__tpl_refuse(t, "a number of more than 60 digits is not supported in a template");
    return (tv){.type = point ? TV_NUMBER : TV_INT, .n = n};
}

bool ond__tpl_add_item(tpl *t, cJSON *list, const tv *v)
{
    cJSON *j = ond__tv_spend(t, v) ? ond__tv_to_json(v) : NULL;
    return j && cJSON_AddItemToArray(list, j);
}

/* [a, b] and, after "(a", the rest of (a, b). */
tv ond__tpl_list(tpl *t, cJSON *list, const char *close)
{
    tv trouble = {0};
    while (t->rc == 0 && !ond__tpl_sign(t, close)) {
        tv v = ond__tpl_expression(t);
        if (v.type == TV_ERROR)
            trouble = v;
        else if (!list || !ond__tpl_add_item(t, list, &v))
            trouble = ond__tv_error("lists that are too long");
        if (!ond__tpl_sign(t, ",") && !ond__tpl_sign(t, close)) {
            ond__tpl_refuse(t, "a list in a template has no end");
            break;
        }
        if (t->p[-1] == close[0])
            break;
    }
    tv out = ond__tv_own(t, list);
    return trouble.type == TV_ERROR ? trouble : out;
}

tv ond__tpl_map(tpl *t)
{
    cJSON *object = cJSON_CreateObject();
    tv trouble = {0};
    bool done = ond__tpl_sign(t, "}");
    while (t->rc == 0 && !done) {
        tv key = ond__tpl_expression(t);
        if (!ond__tpl_sign(t, ":"))
            ond__tpl_refuse(t, "a map in a template needs ':'");
        tv v = ond__tpl_expression(t);
        ond_buf name = {0};
        ond__tv_print(&key, &name);
        if (v.type == TV_ERROR || key.type == TV_ERROR)
            trouble = v.type == TV_ERROR ? v : key;
        else if (!object || !ond__tv_spend(t, &key) || !ond__tv_spend(t, &v) ||
                 !ond_json_set(object, ond_buf_z(&name), ond__tv_to_json(&v)))
            trouble = ond__tv_error("maps that are too long");
        ond_buf_free(&name);
        done = !ond__tpl_sign(t, ",");
        if (done && !ond__tpl_sign(t, "}"))
            ond__tpl_refuse(t, "a map in a template has no end");
        else if (!done)
            done = ond__tpl_sign(t, "}");
    }
    tv out = ond__tv_own(t, object);
    return trouble.type == TV_ERROR ? trouble : out;
}
