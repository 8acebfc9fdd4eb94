/* test_chat.c - messages to a prompt: what the template gets, which template, second attempts. */
#include "tok/vocab.h"

#include "tok/chat.h"

#define NOW 1783051506000   /* 2026-07-03 04:05:06 UTC */

static const char *const words[] = {"a", "<|im_end|>", "<s>"};
static const int32_t types[] = {1, 3, 3};

static void model(vocab *v, const char *template_text, const char *tool_use)
{
    static const char *const merges[] = {"a a"};
    set_str(v, "tokenizer.ggml.model", "gpt2");
    set_str(v, "tokenizer.ggml.pre", "qwen2");
    set_strs(v, "tokenizer.ggml.tokens", words, COUNT(words));
    set_ints(v, "tokenizer.ggml.token_type", types, COUNT(types));
    set_strs(v, "tokenizer.ggml.merges", merges, COUNT(merges));
    set_u32(v, "tokenizer.ggml.bos_token_id", 2);
    set_u32(v, "tokenizer.ggml.eos_token_id", 1);
    if (template_text) set_str(v, "tokenizer.chat_template", template_text);
    if (tool_use) set_str(v, "tokenizer.chat_template.tool_use", tool_use);
    assert_int_equal(vocab_open(v), 0);
}

static cJSON *json(const char *text)
{
    cJSON *j = NULL;
    ond_err e = {0};
    if (text && ond_json_parse(ond_str_of(text), &j, &e)) fail_msg("%s: %s", text, e.text);
    return j;
}

/* What comes out, or "! " and the error; static. */
static const char *chat(const vocab *v, const char *over, const char *messages, const char *tools,
                        const char *extra, bool prompt)
{
    static char line[8192];
    ond_chat *c = NULL;
    ond_err e = {0};
    ond_buf b = {0};
    cJSON *m = json(messages), *t = json(tools), *x = json(extra);
    int rc = ond_chat_open(v->g, v->t, ond_str_of(over), &c, &e);
    if (rc == 0) rc = ond_chat_render(c, m, t, x, prompt, NOW, &b, &e);
    snprintf(line, sizeof line, "%s%s", rc ? "! " : "", rc ? e.text : ond_buf_z(&b));
    assert_true(rc == 0 || (e.code == (ond_code)rc && e.text[0]));
    ond_buf_free(&b);
    ond_chat_close(c);
    cJSON_Delete(m);
    cJSON_Delete(t);
    cJSON_Delete(x);
    return line;
}

#define HI "[{\"role\":\"user\",\"content\":\"Hi\"}]"

TEST(test_what_the_template_gets)
{
    vocab v = {0};
    model(&v,
          "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% "
          "endfor %}"
          "{% if add_generation_prompt %}<assistant>{% endif %}{% if tools is none %}no tools{% "
          "endif %}"
          "{% if tools %}{{ tools | tojson }}{% endif %}{{ enable_thinking }}{{ pad_token is "
          "defined }}{{ strftime_now('%Y') }}",
          NULL);
    assert_string_equal(chat(&v, NULL, HI, NULL, NULL, true),
                        "<s><user>Hi<|im_end|><assistant>no toolsfalse2026");
    assert_string_equal(chat(&v, NULL, HI, "[{\"name\":\"f\"}]",
                             "{\"enable_thinking\":false,\"eos_token\":\"E\"}", false),
                        "<s><user>HiE[{\"name\": \"f\"}]falsefalse2026");
    assert_string_equal(chat(&v, NULL, HI, "[]", NULL, false),
                        "<s><user>Hi<|im_end|>no toolsfalse2026");
    assert_string_equal(chat(&v, "{{ messages | length }}", HI, NULL, NULL, false), "1");
    vocab_close(&v);
}

TEST(test_template_for_tools)
{
    vocab v = {0};
    model(&v, "plain", "tools: {{ tools | length }}");
    assert_string_equal(chat(&v, NULL, HI, NULL, NULL, false), "plain");
    assert_string_equal(chat(&v, NULL, HI, "[]", NULL, false), "plain");
    assert_string_equal(chat(&v, NULL, HI, "[{},{}]", NULL, false), "tools: 2");
    assert_string_equal(chat(&v, "mine", HI, "[{},{}]", NULL, false), "mine");
    vocab_close(&v);
}

TEST(test_a_base_model_says_so)
{
    vocab v = {0};
    ond_chat *c = NULL;
    ond_err e = {0};
    model(&v, NULL, NULL);
    assert_int_equal(ond_chat_open(v.g, v.t, (ond_str){0}, &c, &e), OND_E_NOT_FOUND);
    assert_null(c);
    assert_non_null(strstr(e.text, "base model"));
    assert_non_null(strstr(e.text, "--raw"));
    assert_string_equal(chat(&v, "x{{ bos_token }}", HI, NULL, NULL, false), "x<s>");
    vocab_close(&v);
}

TEST(test_without_a_tokenizer)
{
    ond_chat *c = NULL;
    ond_err e = {0};
    ond_buf b = {0};
    cJSON *m = json(HI);
    assert_int_equal(
        ond_chat_open(NULL, NULL, OND_S("[{{ bos_token }}{{ unk_token is defined }}]"), &c, &e), 0);
    assert_int_equal(ond_chat_render(c, m, NULL, NULL, false, NOW, &b, &e), 0);
    assert_string_equal(ond_buf_z(&b), "[false]");
    ond_buf_free(&b);
    ond_chat_close(c);
    cJSON_Delete(m);
}

TEST(test_errors_name_the_place)
{
    vocab v = {0};
    model(&v, "a\n{% include 'x' %}", NULL);
    assert_string_equal(chat(&v, NULL, HI, NULL, NULL, false),
                        "! tokenizer.chat_template: line 2: unknown statement 'include'");
    assert_string_equal(chat(&v, "{{ raise_exception('no') }}", HI, NULL, NULL, false),
                        "! the model's chat template: no");
    assert_string_equal(chat(&v, "\n{{ 1 | nosuch }}", HI, NULL, NULL, false),
                        "! the model's chat template: line 2: unknown filter 'nosuch'");
    assert_string_equal(chat(&v, "x", "{}", NULL, NULL, false),
                        "! messages are a list of objects with role and content");
    assert_string_equal(chat(&v, "x", HI, "{}", NULL, false), "! tools are a list of objects");
    vocab_close(&v);
}

/* What the reference refuses is rendered as Jinja2 does; what the reference renders stays as it
 * renders it. */
TEST(test_second_attempts)
{
    vocab v = {0};
    model(&v, "x", NULL);
    assert_string_equal(
        chat(&v, "{{ {1: 2}[1] }}{{ [3, 1] | min }}{{ true }}", HI, NULL, NULL, false), "21True");
    assert_string_equal(chat(&v, "{{ true }}", HI, NULL, NULL, false), "true");
    assert_string_equal(chat(&v, "{% do [] %}{% raw %}{{ }}{% endraw %}", HI, NULL, NULL, false),
                        "{{ }}");
    static const char calls[] = "[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{"
                                "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": 1}\"}}]},"
                                "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}"
                                ",{\"type\":\"text\",\"text\":\"y\"}]}]";
    assert_string_equal(chat(&v,
                             "{% for m in messages %}{{ '[' + m.content + ']' }}{% for c in "
                             "m.tool_calls or [] %}{% for k, v in c.function.arguments.items() %}"
                             "{{ k }}={{ v }}{% endfor %}{% endfor %}{% endfor %}",
                             calls, NULL, NULL, false),
                        "[]a=1[xy]");
    assert_string_equal(chat(&v,
                             "{% for m in messages %}{% for c in m.tool_calls or [] %}{{ "
                             "c.function.arguments }}{% endfor %}{% endfor %}",
                             calls, NULL, NULL, false),
                        "{\"a\": 1}");
    vocab_close(&v);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_what_the_template_gets), cmocka_unit_test(test_template_for_tools),
        cmocka_unit_test(test_a_base_model_says_so),   cmocka_unit_test(test_without_a_tokenizer),
        cmocka_unit_test(test_errors_name_the_place),  cmocka_unit_test(test_second_attempts),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
