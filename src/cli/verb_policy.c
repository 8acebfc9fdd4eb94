/* verb_policy.c - `ondol policy`: what is allowed, asked, denied. */
#include "cli/cli.h"

#include "sys/file.h"

#include <stdlib.h>

#define POLICY_MAX (1u << 20)

/* Path of the policy: the argument, or the one beside the configuration. Caller frees. */
static char *policy_path(ond_cli *c, ond_err *err)
{
    ond_config *config = NULL;
    if (c->n_arg > 1) return ond_str_dup(ond_str_of(c->arg[1]));
    if (ond_config_load(c->config, &config, err) != 0) return NULL;
    char *path = ond_str_dup(ond_str_of(ond_config_policy(config)));
    ond_config_free(config);
    if (!path) (void)ond_nomem(err, "naming the policy");
    return path;
}

/* The text in force; *own tells whether it is from a file. */
static int read_policy(ond_cli *c, const char *path, ond_buf *text, bool *own, ond_err *err)
{
    int rc = ond_file_read(path, POLICY_MAX, text, err);
    *own = rc == 0;
    if (rc == OND_E_NOT_FOUND && c->n_arg <= 1) {
        ond_buf_puts(text, ond_policy_default());
        rc = ond_buf_ok(text) ? OND_OK : ond_nomem(err, "reading the policy");
    }
    return rc;
}

static void print_summary(const ond_cli *c, const char *path, bool own, const cJSON *summary)
{
    if (c->json) {
        ond__print_json(summary);
        return;
    }
    OND__SAY(c, stdout, own ? OND_M_CLI_POLICY_OK : OND_M_CLI_POLICY_DEFAULT, path);
    for (const cJSON *m = summary ? summary->child : NULL; m; m = m->next) {
        if (strcmp(m->string, "version") == 0) continue;
        ond_buf value = {0};
        ond_json_print(&value, m);
        printf("  %s: ", m->string);
        ond__print_safe(stdout, ond_buf_z(&value));
        putchar('\n');
        ond_buf_free(&value);
    }
}

/* What people get as it is, and programs as a member of an object. */
static int print_member(const ond_cli *c, const char *name, const char *text)
{
    if (!c->json) return fputs(text, stdout) >= 0 ? OND_OK : OND_E_IO;
    ond__print_member(name, text);
    return OND_OK;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond_buf text = {0};
    cJSON *summary = NULL;
    bool own = false;
    int rc;
    const char *what = c->n_arg > 0 ? c->arg[0] : "show";
    bool check = strcmp(what, "check") == 0, show = strcmp(what, "show") == 0;
    int most = check ? 2 : 1;
    if (c->n_arg > most) return ond__fail(c, ond__no_word(c, c->arg[most], "", &err), &err);
    if (strcmp(what, "default") == 0)
        return print_member(c, "policy", ond_policy_default());
    if (!check && !show && strcmp(what, "path") != 0)
        return ond__fail(c, ond__no_word(c, what, "show check default path", &err), &err);
    char *path = policy_path(c, &err);
    if (!path) return ond__fail(c, err.code, &err);
    if (!check && !show) {
        rc = print_member(c, "path", path);
        if (!c->json) putchar('\n');
        free(path);
        return rc;
    }
    OND_TRY(read_policy(c, path, &text, &own, &err));
    if (check) {
        OND_TRY(ond_policy_check((ond_str){text.p, text.n}, path, &summary, &err));
        print_summary(c, path, own, summary);
    } else {
        rc = print_member(c, "policy", ond_buf_z(&text));
    }
out:
    rc = ond__finish(c, rc, NULL, &err);
    cJSON_Delete(summary);
    ond_buf_free(&text);
    free(path);
    return rc;
}

const ond_cli_verb ond_verb_policy = {
    .usage = "policy [show]\npolicy check [FILE]\npolicy default\npolicy path",
    .en = "show     prints the policy in force: your file, or the defaults.\n"
          "check    reads your policy (or FILE) and says what is wrong and where; exit 16 if\n"
          "         anything is.\n"
          "default  prints the defaults, which are a good start for a file of your own.\n"
          "path     prints where the file is looked for.\n"
          "The file is read again whenever it changes; a broken one denies all but reading.",
    .ko = "show     지금의 정책을 보여 줘요. 내 파일이거나 기본값이에요.\n"
          "check    내 정책(또는 FILE)을 읽고 어디가 틀렸는지 알려 줘요. 틀린 것이 있으면 종료\n"
          "         코드 16이에요.\n"
          "default  기본값을 보여 줘요. 고쳐서 내 파일로 쓰면 돼요.\n"
          "path     파일이 있을 곳을 보여 줘요.\n"
          "파일이 바뀌면 저절로 다시 읽어요. 틀린 정책이면 읽기 말고는 모두 막아요.",
    .common = OND__JSON,
    .words = "show check default path",
    .examples =
        "ondol policy default > \"$(ondol policy path)\"\nondol policy check\nondol policy check new-policy.yaml",
    .run = run,
};
