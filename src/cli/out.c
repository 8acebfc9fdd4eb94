/* out.c - printing: colours only on a terminal, errors as one sentence, columns by display width.
 */
#include "cli/cli.h"

#include "base/utf8.h"

#include <errno.h>
#include <utf8proc.h>

const char *ond__on(const ond_cli *c, ond__style s)
{
    static const char *const codes[] = {"",         "\033[1m",  "\033[2m",
                                        "\033[32m", "\033[33m", "\033[31m"};
    return c->color ? codes[s] : "";
}

const char *ond__off(const ond_cli *c)
{
    return c->color ? "\033[0m" : "";
}

/* Text from outside (a device's name, a journal's wish) must not move the cursor of the owner's
 * terminal. */
void ond__print_safe(FILE *to, const char *text)
{
    ond_str s = ond_str_of(text);
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t ch = ond_utf8_next(s, &at);
        bool control = (ch < 0x20 && ch != '\n' && ch != '\t') || (ch >= 0x7f && ch < 0xa0) ||
                       ch == 0x202e || ch == 0x202d;
        if (control)
            fputs("\xef\xbf\xbd", to);
        else
            fwrite(s.p + from, 1, at - from, to);
    }
}

void ond__print_member(const char *name, const char *text)
{
    cJSON *own = cJSON_CreateObject();
    if (own && ond_json_set_num(own, "version", 1) && ond_json_set_str(own, name, text))
        ond__print_json(own);
    cJSON_Delete(own);
}

static void fail_json(int rc, const char *text)
{
    cJSON *own = cJSON_CreateObject(), *error = own ? cJSON_AddObjectToObject(own, "error") : NULL;
    if (error && ond_json_set_num(own, "version", 1) &&
        ond_json_set_str(error, "code", ond_code_name(rc)) && ond_json_set_str(error, "text", text))
        ond__print_json(own);
    cJSON_Delete(own);
}

int ond__fail(const ond_cli *c, int rc, const ond_err *err)
{
    const char *text = err->text[0] ? err->text : ond_code_text(rc);
    if (c->json) {
        fail_json(rc, text);
        return rc;
    }
    fflush(stdout);
    fprintf(stderr, "%sondol:%s ", c->color_err ? "\033[31m" : "", c->color_err ? "\033[0m" : "");
    ond__print_safe(stderr, text);
    fputc('\n', stderr);
    return rc;
}

int ond__refuse(const ond_cli *c, ond_err *err, ond_code code, ond_msg id, const char *const *args,
                int n)
{
    ond_buf text = {0};
    ond_msg_put(&text, id, c->lang, args, n);
    int rc = ond_fail(err, code, "%s", ond_buf_z(&text));
    ond_buf_free(&text);
    return rc;
}

void ond__note_err(void *self, const char *text)
{
    ond_cli *c = self;
    ond_buf line = {0};
    fflush(stdout);
    OND_MSG(&line, OND_M_CLI_NOTE, c->lang, text);
    ond__print_safe(stderr, ond_buf_z(&line));
    fputc('\n', stderr);
    ond_buf_free(&line);
}

void ond__say(const ond_cli *c, FILE *to, ond_msg id, const char *const *args, int n)
{
    ond_buf text = {0};
    ond_msg_put(&text, id, c->lang, args, n);
    ond__print_safe(to, ond_buf_z(&text));
    fputc('\n', to);
    ond_buf_free(&text);
}

void ond__print_json(const cJSON *value)
{
    ond_buf text = {0};
    ond_json_print(&text, value);
    puts(ond_buf_z(&text));
    ond_buf_free(&text);
}

void ond__pad(FILE *to, const char *text, int columns)
{
    ond_str s = ond_str_of(text);
    int width = 0;
    for (size_t at = 0; at < s.n;)
        width += utf8proc_charwidth((utf8proc_int32_t)ond_utf8_next(s, &at));
    ond__print_safe(to, text);
    for (; width < columns; width++) fputc(' ', to);
}

int ond__flush(void)
{
    errno = 0;
    return fflush(stdout) == 0 && !ferror(stdout) ? OND_OK : OND_E_IO;
}
