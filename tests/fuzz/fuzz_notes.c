/* fuzz_notes.c - any bytes as a note of another program, and as what is added to it and looked for
 * in it.
 *
 * Up to the first NUL byte: the text that is added and looked for; the rest: the file. What is
 * added stands behind the former bytes, and nothing else changes; packed bytes come back the same;
 * a folded text has the lines of the text; a name that is made is one that may be given. */
#include "hand/notes/internal.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must_at(bool so, int line)
{
    if (so) return;
    fprintf(stderr, "fuzz_notes.c:%d does not hold\n", line);
    abort();
}
#define must(so) must_at(so, __LINE__)

static size_t lines_of(ond_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += s.p[i] == '\n';
    return n;
}

static void as_file(ond_str file)
{
    ond_buf title = {0}, folded = {0};
    ond_str body = ond__note_body(file), rest = body, line;
    bool valid = ond_utf8_valid(file) == file.n;
    must(body.n == file.n || body.n + 3 == file.n);
    ond__note_title(file, &title);
    must(ond_buf_ok(&title) && memchr(ond_buf_z(&title), '\n', title.n) == NULL);
    must(ond_utf8_valid((ond_str){ond_buf_z(&title), title.n}) == title.n);
    while (ond__note_line(&rest, &line)) must(ond__note_plain(line).n <= line.n);
    must(rest.n == 0);
    int rc = ond__note_fold(file, &folded, NULL);
    must((rc == 0) == valid);
    if (rc == 0) must(lines_of(file) == lines_of((ond_str){ond_buf_z(&folded), folded.n}));
    ond_buf_free(&title);
    ond_buf_free(&folded);
}

static void as_argument(ond_str file)
{
    cJSON *args = cJSON_CreateObject();
    ond_buf back = {0};
    bool fits = false;
    must(ond__note_pack(args, "content", "encoding", file, &fits, NULL) == 0);
    if (fits) {
        must(ond__note_unpack(args, "content", "encoding", &back, NULL) == 0);
        must(back.n == file.n && memcmp(ond_buf_z(&back), file.p, file.n) == 0);
    }
    ond_buf_free(&back);
    cJSON_Delete(args);
}

static void as_addition(const char *text, ond_str file)
{
    ond_buf tail = {0}, name = {0};
    ond__notes h = {.dir = "/nowhere", .lang = "en"};
    ond__note_tail(file, text, &tail);
    must(ond_buf_ok(&tail) && (tail.n > 0 || text[strspn(text, " \n")] == '\0' || text[0] == '\0'));
    if (ond_utf8_valid(ond_str_of(text)) == strlen(text)) {
        must(ond__note_name_new(&h, text, text, &name, NULL) == 0);
        must(ond__note_name_check(ond_buf_z(&name), NULL) == 0);
        must(strchr(ond_buf_z(&name), '/') == NULL && name.n < 240);
    }
    (void)!ond__note_name_check(text, NULL);
    ond_buf_free(&tail);
    ond_buf_free(&name);
}

static void as_query(const char *text, ond_str file)
{
    ond__query q;
    ond_buf folded = {0};
    if (ond__query_make(text, &q, NULL) != 0) return;
    if (ond__note_fold(file, &folded, NULL) == 0) {
        ond_str in = {ond_buf_z(&folded), folded.n};
        for (size_t i = 0; i < q.n; i++) {
            const char *at = ond__term_at(&q.term[i], in);
            must(!at || (at >= in.p && at < in.p + in.n));
        }
        ond__note one = {.folded = folded};
        ond__notes h = {.v = &one, .n = 1};
        bool any = false;
        must(ond__query_widen(&q, &h, &any, NULL) == 0);
        for (size_t i = 0; i < q.n; i++) {
            const char *at = ond__term_at(&q.term[i], in);
            must(!q.term[i].n_more || at);
        }
    }
    ond_buf_free(&folded);
    ond__query_free(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *end = n ? memchr(bytes, '\0', n) : NULL;
    size_t first = end ? (size_t)(end - bytes) : n;
    char *text = ond_str_dup((ond_str){(const char *)bytes, first});
    ond_buf file = {0};
    if (end) ond_buf_put(&file, end + 1, n - first - 1);
    ond_str view = {ond_buf_z(&file), file.n};
    as_file(view);
    as_argument(view);
    as_addition(text, view);
    as_query(text, view);
    ond_buf_free(&file);
    free(text);
    return 0;
}
