/* test_name.c - what people call models. */
#include "hub/room.h"
#include "base/cm.h"

static void check(const char *text, const char *repo, const char *rev, const char *file, const char *tag)
{
    ond_hub_name n;
    ond_err err = {0};
    if (ond_hub_name_parse(text, &n, &err)) fail_msg("%s: %s", text, err.text);
    assert_string_equal(n.repo, repo);
    assert_string_equal(n.rev, rev);
    assert_string_equal(n.file, file);
    assert_string_equal(n.tag, tag);
}

TEST(names_that_people_paste)
{
    check("a/b", "a/b", "main", "", "");
    check("a/b:Q4_K_M", "a/b", "main", "", "Q4_K_M");
    check("hf.co/a/b-GGUF:q8_0", "a/b-GGUF", "main", "", "q8_0");
    check("a/b@v1.0:Q4_0", "a/b", "v1.0", "", "Q4_0");
    check("a/b:x-Q4_0.gguf", "a/b", "main", "x-Q4_0.gguf", "");
    check("a/b/sub/x.gguf", "a/b", "main", "sub/x.gguf", "");
    check("https://huggingface.co/a/b/blob/main/x.gguf", "a/b", "main", "x.gguf", "");
    check("https://huggingface.co/a/b/resolve/v2/x.gguf", "a/b", "v2", "x.gguf", "");
    check("hf:a/b", "a/b", "main", "", "");
}

TEST(names_that_are_none)
{
    static const char *const bad[] = {"", "a", "/a/b", "a/", "a//b", "../a/b", "a/..", "a/b/../c.gguf", "a/b:", "a/b:../x.gguf", "a/b@:Q4", "a/b c",
                                      "a/b/c", "a/b;rm", "a/\xed\x95\x9c", "a/b@main/../x.gguf"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        ond_hub_name n;
        ond_err err = {0};
        if (ond_hub_name_parse(bad[i], &n, &err) != OND_E_INPUT) fail_msg("\"%s\" was taken", bad[i]);
        assert_non_null(strstr(err.text, "ORG/REPO"));
    }
    char *large = calloc(1, 5000);
    memset(large, 'a', 4000);
    large[1] = '/';
    ond_hub_name n;
    ond_err err = {0};
    assert_int_equal(ond_hub_name_parse(large, &n, &err), OND_E_INPUT);
    free(large);
}

static void check_tag(const char *file, const char *tag)
{
    char t[64];
    ond__tag_of(file, t, sizeof t);
    assert_string_equal(t, tag);
}

TEST(quantisation_in_a_file_name)
{
    check_tag("SmolLM2-135M-Instruct-Q4_K_M.gguf", "Q4_K_M");
    check_tag("dir/qwen3-0.6b-q8_0.gguf", "Q8_0");
    check_tag("x.IQ4_XS.gguf", "IQ4_XS");
    check_tag("x-BF16-00001-of-00003.gguf", "BF16");
    check_tag("tiny.gguf", "tiny");
    check_tag("q4.gguf", "q4");
}

TEST(choice_among_files)
{
    const char *const f[] = {"README.md", "mmproj-x-f16.gguf", "x-Q8_0.gguf", "x-Q4_K_M.gguf", "x-F16-00001-of-00002.gguf", "x-F16-00002-of-00002.gguf"};
    ond_hub_name n = {0};
    assert_int_equal(ond__choose_file(&n, f, 6), 3);
    assert_int_equal(ond__choose_file(&n, f, 3), 2);
    assert_int_equal(ond__choose_file(&n, f, 2), -1);
    snprintf(n.tag, sizeof n.tag, "q8_0");
    assert_int_equal(ond__choose_file(&n, f, 6), 2);
    snprintf(n.tag, sizeof n.tag, "F16");
    assert_int_equal(ond__choose_file(&n, f, 6), 4);
    snprintf(n.tag, sizeof n.tag, "Q2_K");
    assert_int_equal(ond__choose_file(&n, f, 6), -1);
    const char *const two[] = {"a-Q5_K_M.gguf", "b-Q6_K.gguf"};
    n.tag[0] = 0;
    assert_int_equal(ond__choose_file(&n, two, 2), -2);
    snprintf(n.file, sizeof n.file, "b-Q6_K.gguf");
    assert_int_equal(ond__choose_file(&n, two, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_people_paste),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(quantisation_in_a_file_name),
        cmocka_unit_test(choice_among_files),
    };
    return cmocka_run_group_tests_name("hub/name", tests, NULL, NULL);
}
