/* verb_tour.c - `ondol tour`: what Ondol does, in a throwaway house: plan, outcome, undo, journal.
 *
 * The owner's own store, settings and running `ondol up` are not touched: all folders are made in a
 * temporary one, which is removed at the end. Each line has an outcome that must come; another one
 * ends in an error, so the tour is a test of the whole. */
#include "cli/cli.h"

#include "sys/clock.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

typedef struct stop {
    const char *lang, *text; /* text NULL: undo of the last task */
    int code;                /* what must come */
} stop;

static const stop stops[] = {
    {"ko", "거실 스탠드 켜 줘", OND_OK},
    {"en", "turn on the kitchen light", OND_OK},
    {"ko", "침실 불 밝기 30%로 해 줘", OND_OK},
    {"en", "close the living room curtain", OND_OK},
    {"en", NULL, OND_OK},
    {"ko", "보일러 24도로 맞춰 줘", OND_OK},
    {"ko", NULL, OND_OK},
    {"en", "is the front door locked?", OND_OK},
    {"en", "unlock the front door", OND_E_ASK},
    {"ko", "서재 불 켜져 있어?", OND_OK},
    {"ko", "거실 불 끄고 커튼 닫아 줘", OND_OK},
    {"ko", "침실도", OND_OK},
    {"en", "set a timer for 10 minutes", OND_OK},
    {"ko", "내일 오후 3시에 치과 예약 넣어 줘", OND_OK},
    {"en", "what do I have tomorrow?", OND_OK},
    {"ko", "장보기 목록에 우유랑 계란 추가해 줘", OND_OK},
    {"en", "make me a sandwich", OND_E_UNKNOWN},
};

typedef struct tour {
    ond_cli *c;
    ond_owner *owner;
    char dir[4096];
    int wrong;
} tour;

/* ---- a throwaway place ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int make_place(tour *t, ond_err *err)
{
    static const char *const variables[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
                                            "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};
    const char *tmp = getenv("TMPDIR");
    snprintf(t->dir, sizeof t->dir, "%s/ondol-tour-XXXXXX",
             tmp && tmp[0] == '/' && strlen(tmp) < 3000 ? tmp : "/tmp");
    if (!mkdtemp(t->dir)) {
        int rc = ond_fail(err, OND_E_IO, "%s", ond_msg_text(OND_M_TOUR_NO_PLACE, t->c->lang));
        t->dir[0] = '\0';
        return rc;
    }
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        ond_buf path = {0};
        ond_buf_printf(&path, "%s/%s", t->dir, variables[i]);
        bool ok =
            ond_buf_ok(&path) && mkdir(path.p, 0700) == 0 && setenv(variables[i], path.p, 1) == 0;
        ond_buf_free(&path);
        if (!ok)
            return ond_fail(err, OND_E_IO, "%s", ond_msg_text(OND_M_TOUR_NO_PLACE, t->c->lang));
    }
    return OND_OK;
}

/* ---- one stop ---- */

static cJSON *request_of(const tour *t, const stop *s, bool dry_run)
{
    cJSON *r = ond__request(t->c, s->text ? "do" : "undo");
    bool ok = r && ond_json_set_str(r, "lang", s->lang) && ond_json_set_str(r, "ui", s->lang) &&
              (!s->text || ond_json_set_str(r, "text", s->text)) &&
              ond_json_set_bool(r, "dry_run", dry_run);
    if (ok) return r;
    cJSON_Delete(r);
    return NULL;
}

static int call(tour *t, const stop *s, bool dry_run, cJSON **answer, ond_err *err)
{
    cJSON *r = request_of(t, s, dry_run);
    int rc = r ? ond_owner_call(t->owner, r, NULL, answer, err) : ond_nomem(err, "showing");
    cJSON_Delete(r);
    return rc;
}

static void print_wish(const tour *t, const stop *s)
{
    const char *text = s->text                      ? s->text
                       : strcmp(s->lang, "ko") == 0 ? "(방금 한 일 되돌리기)"
                                                    : "(undo the last one)";
    printf("%s> %s%s\n", ond__on(t->c, OND__BOLD), text, ond__off(t->c));
}

static void print_steps(tour *t, const stop *s)
{
    cJSON *plan = NULL;
    ond_err err = {0};
    ond_cli view = *t->c;
    view.lang = s->lang;
    int rc = call(t, s, true, &plan, &err);
    const cJSON *steps = ond_json_get(ond_json_get(plan, "report"), "steps");
    if ((rc == 0 || rc == OND_E_ASK) && steps) ond__print_plan(&view, steps);
    cJSON_Delete(plan);
}

static void show(tour *t, const stop *s)
{
    cJSON *answer = NULL;
    ond_err err = {0};
    print_wish(t, s);
    print_steps(t, s);
    int rc = call(t, s, false, &answer, &err);
    const char *say = ond_json_str(answer, "say", "");
    bool right = rc == s->code;
    printf("  %s", ond__on(t->c, right ? rc == 0 ? OND__GREEN : OND__YELLOW : OND__RED));
    ond__print_safe(stdout, say[0] ? say : err.text);
    printf("%s\n\n", ond__off(t->c));
    if (!right) {
        t->wrong++;
        fflush(stdout);
        fprintf(stderr, "ondol: tour: '%s' ended with %s, not %s: %s\n", s->text ? s->text : "undo",
                ond_code_name(rc), ond_code_name(s->code), err.text);
    }
    cJSON_Delete(answer);
}

/* ---- the journal ---- */

static void show_journal(tour *t)
{
    cJSON *log = NULL, *proof = NULL, *r = ond__request(t->c, "log");
    ond_err err = {0};
    OND__SAY(t->c, stdout, OND_M_TOUR_JOURNAL, "");
    int rc = r && ond_json_set_num(r, "limit", 12) ? ond_owner_call(t->owner, r, NULL, &log, &err)
                                                   : OND_E_NOMEM;
    cJSON_Delete(r);
    if (rc == 0) ond__print_log(t->c, log);
    r = ond__request(t->c, "verify");
    rc = rc == 0 ? r ? ond_owner_call(t->owner, r, NULL, &proof, &err) : OND_E_NOMEM : rc;
    cJSON_Delete(r);
    if (rc == 0) {
        char rows[32];
        snprintf(rows, sizeof rows, "%.0f", ond_json_num(proof, "rows", 0));
        OND__SAY(t->c, stdout, OND_M_CLI_VERIFIED, rows, "0");
    } else {
        t->wrong++;
        ond__fail(t->c, rc, &err);
    }
    cJSON_Delete(log);
    cJSON_Delete(proof);
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    tour t = {.c = c};
    ond_owner_opts opts = {.lang = c->lang, .note = ond__note_err, .self = c};
    int rc;
    uint64_t began = ond_steady_us();
    OND_TRY(make_place(&t, &err));
    OND_TRY(ond_owner_open(&opts, &t.owner, &err));
    OND__SAY(c, stdout, OND_M_TOUR_BEGIN, "");
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) show(&t, &stops[i]);
    show_journal(&t);
    if (t.wrong > 0)
        OND_TRY(ond_fail(&err, OND_E_FAILED, "%s", ond_msg_text(OND_M_TOUR_WRONG, c->lang)));
    char ms[32];
    snprintf(ms, sizeof ms, "%llu", (unsigned long long)(ond_steady_us() - began) / 1000);
    OND__SAY(c, stdout, OND_M_TOUR_END, ms);
out:
    ond_owner_close(t.owner);
    if (t.dir[0]) nftw(t.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

const ond_cli_verb ond_verb_tour = {
    .usage = "tour",
    .en = "Shows what Ondol does, with a dozen sentences in Korean and English in a throwaway\n"
          "copy of the built-in house: the plan, the outcome, undo, what is asked, and the\n"
          "journal. Your own house is not touched. Takes a second; exit 1 if anything did not\n"
          "go as it should.",
    .ko = "온돌이 무엇을 하는지 보여 줘요. 잠깐 쓰고 버리는 집에서 한국어와 영어 문장 열두 개로\n"
          "계획, 결과, 되돌리기, 물어보는 일, 기록을 보여 줘요. 내 집은 건드리지 않아요. 1초쯤\n"
          "걸리고, 하나라도 잘못되면 종료 코드 1이에요.",
    .examples = "ondol tour\nondol tour --lang ko",
    .common = OND__NO_WORDS,
    .run = run,
};
