/* fuzz_text.c - any bytes as text, as a time and as a zone. */
#include "base/time.h"
#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

static void as_text(ond_str s)
{
    static const char *const pairs[] = {"을/를", "으로/로", "x", ""};
    ond_buf b = {0};
    size_t valid = ond_utf8_valid(s), half = s.n / 2;
    must((ond_utf8_nfc(s, &b, NULL) == 0) == (valid == s.n));
    must((ond_utf8_fold(s, &b, NULL) == 0) == (valid == s.n));
    must(ond_utf8_count(s) <= s.n && ond_utf8_lang(s)[0]);
    size_t cut = ond_utf8_cut(s, half);
    must(cut <= half && (valid < s.n || ond_utf8_valid((ond_str){s.p, cut}) == cut));
    ond_josa(&b, s, pairs[s.n % 4]);
    must(ond_utf8_distance(s, s, 3) == 0);
    ond_str a = {s.p, half}, c = {s.p + half, s.n - half};
    must(ond_utf8_distance(a, c, 5) == ond_utf8_distance(c, a, 5));
    ond_buf_free(&b);
}

static void as_time(ond_str s)
{
    ond_ms t, again;
    ond_buf b = {0};
    ond_err err = {0};
    if (ond_iso_parse(s, "UTC", &t, &err) == 0) {
        ond_iso_put(&b, t, "UTC");
        /* An offset may push the first and last days beyond the four-digit years. */
        if (b.n >= 25 && b.p[4] == '-' && strncmp(b.p, "0000", 4) != 0)
            must(ond_iso_parse((ond_str){b.p, b.n}, "UTC", &again, NULL) == 0 && again == t);
    } else {
        must(err.text[0] && ond_utf8_valid(ond_str_of(err.text)) == strlen(err.text));
    }
    ond_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n > 4096) return 0;
    ond_str s = {(const char *)bytes, n};
    as_text(s);
    as_time(s);
    char *z = ond_str_dup(s);
    if (z && n < 200) (void)!ond_zone_check(z, NULL);
    free(z);
    return 0;
}
