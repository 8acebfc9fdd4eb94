/* verb_pull.c - `ondol pull`: a model from the hub into the shared cache. */
#include "cli/engine.h"

#include "hub/hub.h"
#include "sys/clock.h"

#include <signal.h>

static volatile sig_atomic_t stopped;

static void on_interrupt(int signo)
{
    (void)signo;
    stopped = 1;
}

typedef struct watch {
    const ond_cli *c;
    uint64_t began_us, began_bytes;
    const char *file;
} watch;

static int on_progress(void *self, const ond_hub_progress *p)
{
    watch *w = self;
    if (!*p->file) return stopped;   /* asking, or waiting as we were asked to: there is no share to show */
    char done[24], total[24], speed[24], more[128], label[400], part[32] = "";
    if (p->file != w->file) {
        w->file = p->file;
        w->began_us = ond_steady_us();
        w->began_bytes = p->done;
    }
    double seconds = (double)(ond_steady_us() - w->began_us) / 1e6;
    if (p->parts > 1) snprintf(part, sizeof part, " (%d/%d)", p->part, p->parts);
    snprintf(label, sizeof label, "%.300s%s%s", p->file, part, p->checking ? " SHA-256" : "");
    snprintf(more, sizeof more, "%s / %s  %s/s", ond__bytes(p->done, done), ond__bytes(p->total, total),
             ond__bytes(seconds > 0.2 ? (uint64_t)((double)(p->done - w->began_bytes) / seconds) : 0, speed));
    ond__bar(w->c, label, p->total ? (double)p->done / (double)p->total : 1, p->checking ? "" : more);
    return stopped;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond_buf path = {0};
    watch w = {.c = c};
    ond_hub_opts opts = {.progress = on_progress, .self = &w};
    int rc;
    OND_TRY(ond__needs_words(c, 1, -1, &err));
    OND_TRY(ond__option_int(c, "connections", 1, 16, 4, &opts.connections, &err));
    struct sigaction act = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &act, NULL);
    for (int i = 0; i < c->n_arg; i++) {
        ond_buf_clear(&path);
        rc = ond_hub_pull(c->arg[i], &opts, &path, &err);
        ond__bar(c, "", -1, "");
        if (rc) goto out;
        if (c->json) ond__print_member("path", ond_buf_z(&path));
        else printf("%s\n", ond_buf_z(&path));
    }
out:
    ond_buf_free(&path);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

static const ond_cli_option options[] = {
    {"connections", 0, "N", "connections at a time, 1 to 16 (default 4)", "동시에 쓸 연결 수, 1~16 (기본 4)"},
    {NULL, 0, NULL, NULL, NULL},
};

const ond_cli_verb ond_verb_pull = {
    .usage = "pull ORG/REPO[:TAG]...",
    .en = "Brings a GGUF model from Hugging Face into the cache that its own programs use too, in parallel pieces; goes on where\n"
          "it stopped, and gives a file its name only when the SHA-256 is right. TAG is a quantisation (Q4_K_M, the default where\n"
          "there is one) or a file's name. Prints the file's path. HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE and HF_HUB_OFFLINE are read.",
    .ko = "Hugging Face에서 GGUF 모델을 받아 공용 캐시에 둬요. 여러 조각을 함께 받고, 멈춘 곳에서 이어 받으며, SHA-256이 맞을 때만\n"
          "파일에 이름을 줘요. TAG는 양자화 이름(기본 Q4_K_M)이나 파일 이름이에요. 받은 파일의 경로를 출력해요.\n"
          "HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE, HF_HUB_OFFLINE을 읽어요.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol pull me/tiny-GGUF\nondol pull me/tiny-GGUF:Q8_0\nondol pull hf.co/me/tiny-GGUF:tiny-f16.gguf",
    .run = run,
};
