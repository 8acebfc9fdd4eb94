/* test_config.c - config.yaml and secrets.yaml: read, checked, changed with every comment kept. */
#include "place.h"

static ond_config *load(void)
{
    ond_config *c = NULL;
    int rc = ond_config_load(NULL, &c, &err);
    if (rc != 0) print_message("%s\n", err.text);
    assert_int_equal(rc, 0);
    return c;
}

static void refuses(const char *text, const char *says)
{
    ond_config *c = NULL;
    write_config("config.yaml", text);
    assert_int_equal(ond_config_load(NULL, &c, &err), OND_E_CONFIG);
    assert_null(c);
    if (!strstr(err.text, says)) fail_msg("'%s' does not say '%s'", err.text, says);
}

static void has_text(const ond_config *c, const char *key, const char *text)
{
    cJSON *value = NULL;
    assert_int_equal(ond_config_get(c, key, &value, &err), 0);
    assert_true(cJSON_IsString(value));
    assert_string_equal(value->valuestring, text);
    cJSON_Delete(value);
}

static void has_number(const ond_config *c, const char *key, double number)
{
    cJSON *value = NULL;
    assert_int_equal(ond_config_get(c, key, &value, &err), 0);
    assert_true(cJSON_IsNumber(value));
    assert_true(value->valuedouble == number);
    cJSON_Delete(value);
}

/* Sets, and the file must then be exactly this. */
static void sets(const char *before, const char *key, const char *value, const char *after)
{
    write_config("config.yaml", before);
    ond_config *c = load();
    assert_int_equal(ond_config_set(c, key, value, &err), 0);
    ond_config_free(c);
    assert_string_equal(read_config("config.yaml"), after);
    ond_config_free(load());
}

TEST(a_missing_file_gives_defaults)
{
    ond_config *c = load();
    has_text(c, "lang", "auto");
    has_number(c, "hands.home.mqtt.port", 1883);
    has_text(c, "hands.home.mqtt.discovery_prefix", "homeassistant");
    assert_null(ond_config_text(c, "hands.home.mqtt.host"));
    assert_true(strlen(ond_config_path(c)) > strlen(place));
    assert_memory_equal(ond_config_path(c), place, strlen(place));
    ond_config_free(c);
}

TEST(an_empty_file_and_empty_groups_give_defaults)
{
    write_config("config.yaml", "# nothing\n---\n");
    ond_config_free(load());
    write_config("config.yaml", "hands:\n  home:\n    mqtt:\nlang:\n");
    ond_config *c = load();
    has_text(c, "lang", "auto");
    ond_config_free(c);
}

TEST(every_default_is_valid)
{
    size_t n;
    const ond_config_key *keys = ond_config_keys(&n);
    ond_config *c = load();
    assert_true(n > 5);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(ond_config_set(c, keys[i].key, keys[i].otherwise, &err), 0);
        assert_true(strlen(keys[i].what) > 10);
    }
    ond_config_free(c);
}

TEST(mistakes_are_told_with_line_and_nearest_name)
{
    refuses("lang: ko\nhands:\n  home:\n    mqtt:\n      hots: x\n", "config.yaml:5: ");
    refuses("lang: ko\nhands:\n  home:\n    mqtt:\n      hots: x\n",
            "did you mean 'hands.home.mqtt.host'");
    refuses("lnag: ko\n", "did you mean 'lang'");
    refuses("lang: fr\n", "one of: auto ko en");
    refuses("tz: Asia/Soul\n", "no time zone");
    refuses("hands:\n  home:\n    mqtt:\n      port: 70000\n", "from 1 to 65535");
    refuses("hands:\n  home:\n    mqtt:\n      port: \"1883\"\n", "whole number");
    refuses("hands:\n  home:\n    mqtt:\n      port: 18.5\n", "whole number");
    refuses("hands:\n  home:\n    mqtt:\n      user: 12\n", "in quotes");
    refuses("hands: 3\n", "a group of settings");
    refuses("- a\n- b\n", "settings");
    refuses("lang: [ko\n", "config.yaml");
    refuses("hands: {home: {mqtt: {password: x}}}\n", "is a secret");
}

TEST(a_billion_laughs_are_refused)
{
    refuses(
        "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
        "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
        "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
        "");
}

TEST(set_makes_the_file)
{
    ond_config *c = load();
    assert_int_equal(ond_config_set(c, "hands.home.mqtt.host", "broker.lan", &err), 0);
    has_text(c, "hands.home.mqtt.host", "broker.lan");
    ond_config_free(c);
    assert_string_equal(read_config("config.yaml"),
                        "hands:\n  home:\n    mqtt:\n      host: broker.lan\n");
}

TEST(set_keeps_comments_and_order)
{
    sets(
        "# mine\nlang: en   # for guests\n\n# the broker\nhands:\n  home:\n    mqtt:\n      port: 1\n",
        "lang", "ko",
        "# mine\nlang: ko   # for guests\n\n# the broker\nhands:\n  home:\n    mqtt:\n      port: 1\n");
    sets(
        "# a\nhands:\n    home:\n        # deep\n        mqtt:\n            host: x # why\n# end\n",
        "hands.home.mqtt.port", "1884",
        "# a\nhands:\n    home:\n        # deep\n        mqtt:\n            host: x # why\n            port: 1884\n# end\n");
    sets("lang: en\n# last\n", "tz", "Asia/Seoul", "lang: en\n# last\ntz: Asia/Seoul\n");
    sets("tz: \"Asia/Seoul\" # a # b\n", "tz", "Europe/Paris", "tz: Europe/Paris # a # b\n");
    sets("lang: ko\r\n", "lang", "en", "lang: en\n");
    sets("lang: ko", "lang", "en", "lang: en\n");
}

TEST(set_quotes_what_needs_quotes)
{
    sets("", "area", "yes", "area: \"yes\"\n");
    sets("", "area", "거실", "area: \"거실\"\n");
    sets("", "area", "a: b # c", "area: \"a: b # c\"\n");
    sets("", "area", "12", "area: \"12\"\n");
    sets("", "area", "it's \"so\"", "area: \"it's \\\"so\\\"\"\n");
    sets("", "area", "~", "area: \"~\"\n");
    sets("", "hands.home.house", "/home/a b.yaml",
         "hands:\n  home:\n    house: \"/home/a b.yaml\"\n");
}

TEST(set_falls_back_where_lines_cannot_be_kept)
{
    sets("hands: {home: {mqtt: {host: a, port: 5}}}\n", "hands.home.mqtt.host", "b",
         "hands:\n  home:\n    mqtt:\n      host: b\n      port: 5\n");
    sets("lang: >-\n  ko\n", "lang", "en", "lang: en\n");
}

TEST(unset_removes_the_line)
{
    sets("lang: ko\ntz: Asia/Seoul\n", "lang", NULL, "tz: Asia/Seoul\n");
    sets("hands:\n  home:\n    mqtt:\n      host: a\n      port: 5\n", "hands.home.mqtt.host", NULL,
         "hands:\n  home:\n    mqtt:\n      port: 5\n");
    sets("lang: ko\n", "tz", NULL, "lang: ko\n");
    sets("lang: ko\n", "lang", NULL, "");
}

TEST(a_bad_value_changes_nothing)
{
    write_config("config.yaml", "lang: ko\n");
    ond_config *c = load();
    assert_int_equal(ond_config_set(c, "lang", "klingon", &err), OND_E_CONFIG);
    assert_int_equal(ond_config_set(c, "hands.home.mqtt.port", "0", &err), OND_E_CONFIG);
    assert_int_equal(ond_config_set(c, "hands.home.mqtt.port", "port", &err), OND_E_CONFIG);
    assert_int_equal(ond_config_set(c, "area", "two\nlines", &err), OND_E_CONFIG);
    assert_int_equal(ond_config_set(c, "area", "\xff", &err), OND_E_CONFIG);
    assert_int_equal(ond_config_set(c, "hands.home", "x", &err), OND_E_USAGE);
    assert_int_equal(ond_config_set(c, "langg", "ko", &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "'lang'"));
    has_text(c, "lang", "ko");
    ond_config_free(c);
    assert_string_equal(read_config("config.yaml"), "lang: ko\n");
}

TEST(secrets_are_apart_and_never_shown)
{
    struct stat st;
    ond_buf shown = {0};
    cJSON *all = NULL;
    ond_config *c = load();
    assert_int_equal(ond_config_set(c, "hands.home.mqtt.password", "hush: # hush", &err), 0);
    assert_int_equal(stat(config_file("secrets.yaml"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_not_equal(access(config_file("config.yaml"), F_OK), 0);
    has_text(c, "hands.home.mqtt.password", "(secret)");
    assert_int_equal(ond_config_get(c, "", &all, &err), 0);
    ond_json_print(&shown, all);
    assert_null(strstr(ond_buf_z(&shown), "hush"));
    cJSON_Delete(all);
    ond_buf_free(&shown);
    ond_config_free(c);
    c = load();
    assert_string_equal(ond_config_text(c, "hands.home.mqtt.password"), "hush: # hush");
    ond_config_free(c);
}

TEST(a_secrets_file_that_others_read_is_refused)
{
    ond_config *c = NULL;
    write_config("secrets.yaml", "hands:\n  home:\n    mqtt:\n      password: x\n");
    chmod(config_file("secrets.yaml"), 0644);
    assert_int_equal(ond_config_load(NULL, &c, &err), OND_E_CONFIG);
    assert_non_null(strstr(err.text, "chmod 600"));
    chmod(config_file("secrets.yaml"), 0600);
    c = load();
    assert_string_equal(ond_config_text(c, "hands.home.mqtt.password"), "x");
    ond_config_free(c);
}

TEST(only_secrets_belong_into_the_secrets_file)
{
    ond_config *c = NULL;
    write_config("secrets.yaml", "lang: ko\n");
    chmod(config_file("secrets.yaml"), 0600);
    assert_int_equal(ond_config_load(NULL, &c, &err), OND_E_CONFIG);
    assert_non_null(strstr(err.text, "no secret"));
}

TEST(another_file_has_its_own_policy_and_secrets)
{
    char path[400];
    ond_config *c = NULL;
    snprintf(path, sizeof path, "%s/mine.yaml", place);
    assert_int_equal(ond_config_load(path, &c, &err), OND_E_NOT_FOUND);
    FILE *f = fopen(path, "w");
    fputs("lang: ko\n", f);
    fclose(f);
    assert_int_equal(ond_config_load(path, &c, &err), 0);
    has_text(c, "lang", "ko");
    snprintf(path, sizeof path, "%s/policy.yaml", place);
    assert_string_equal(ond_config_policy(c), path);
    ond_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_missing_file_gives_defaults),
        T(an_empty_file_and_empty_groups_give_defaults),
        T(every_default_is_valid),
        T(mistakes_are_told_with_line_and_nearest_name),
        T(a_billion_laughs_are_refused),
        T(set_makes_the_file),
        T(set_keeps_comments_and_order),
        T(set_quotes_what_needs_quotes),
        T(set_falls_back_where_lines_cannot_be_kept),
        T(unset_removes_the_line),
        T(a_bad_value_changes_nothing),
        T(secrets_are_apart_and_never_shown),
        T(a_secrets_file_that_others_read_is_refused),
        T(only_secrets_belong_into_the_secrets_file),
        T(another_file_has_its_own_policy_and_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
