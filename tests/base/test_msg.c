/* test_msg.c - every row of msg.def holds in both languages, and arguments find their places. */
#include "base/msg.h"
#include "base/utf8.h"
#include "cm.h"

static const char *const names[] = {
#define MSG(name, en, ko) #name,
#include "base/msg.def"
#undef MSG
};

/* A bit for each {n}; particle pairs are checked for form on the way. */
static unsigned arguments(const char *text, const char *name)
{
    unsigned set = 0;
    for (const char *p = text; *p; p++) {
        if (p[0] != '{' || p[1] < '0' || p[1] > '9') continue;
        const char *end = strchr(p, '}');
        if (!end || (p[2] != '}' && p[2] != ':')) fail_msg("%s: a place-holder does not end", name);
        if (p[2] == ':' && (!memchr(p, '/', (size_t)(end - p)) || end - p > 34))
            fail_msg("%s: no particle pair", name);
        set |= 1u << (p[1] - '0');
    }
    return set;
}

TEST(both_languages_say_the_same)
{
    for (int i = 0; i < OND_MSG_COUNT; i++) {
        const char *en = ond_msg_text((ond_msg)i, "en"), *ko = ond_msg_text((ond_msg)i, "ko");
        if (!*en) fail_msg("%s has no English", names[i]);
        if (!*ko) fail_msg("%s has no Korean", names[i]);
        if (arguments(en, names[i]) != arguments(ko, names[i]))
            fail_msg("%s: arguments differ", names[i]);
        if (strchr(en, '!') || strchr(ko, '!')) fail_msg("%s has an exclamation mark", names[i]);
        if (ond_utf8_valid(ond_str_of(ko)) != strlen(ko)) fail_msg("%s is not UTF-8", names[i]);
        if (strstr(en, ":을/") || strstr(en, ":은/") || strstr(en, ":이/"))
            fail_msg("%s: a particle in English", names[i]);
    }
}

TEST(language_is_chosen_by_prefix)
{
    assert_string_equal(ond_msg_text(OND_M_YES, "ko"), "예");
    assert_string_equal(ond_msg_text(OND_M_YES, "ko_KR.UTF-8"), "예");
    assert_string_equal(ond_msg_text(OND_M_YES, "en"), "yes");
    assert_string_equal(ond_msg_text(OND_M_YES, "de"), "yes");
    assert_string_equal(ond_msg_text(OND_M_YES, NULL), "yes");
    assert_string_equal(ond_msg_text((ond_msg)OND_MSG_COUNT, "en"), "");
    ond_buf b = {0};
    OND_MSG(&b, OND_M_NO, "ko", "unused");
    assert_string_equal(b.p, "아니요");
    ond_buf_free(&b);
}

static void check(const char *text, const char *want)
{
    const char *args[] = {"거실 조명", "40%", NULL};
    ond_buf b = {0};
    ond_msg_fill(&b, text, args, COUNT(args));
    assert_string_equal(ond_buf_z(&b), want);
    ond_buf_free(&b);
}

TEST(arguments_and_particles)
{
    check("{0:을/를} {1:으로/로} 맞췄어요", "거실 조명을 40%로 맞췄어요");
    check("{1} {0} {1}", "40% 거실 조명 40%");
    check("{0:은/는}{0:이/가}", "거실 조명은거실 조명이");
    check("[{2}]", "[]");
    check("{3} {9:을/를} {x} {} {0 {", "{3} {9:을/를} {x} {} {0 {");
    check("{0:0123456789012345678901234567890123456789}",
          "{0:0123456789012345678901234567890123456789}");
    check("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_languages_say_the_same),
        cmocka_unit_test(arguments_and_particles),
        cmocka_unit_test(language_is_chosen_by_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
