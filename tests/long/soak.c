/* soak.c - a million commands and a simulated day through the owner, in one process: resident memory must come back to
 * where it was, within 1 MB. Prints TAP.
 *
 * usage: soak [COMMANDS]. The store lies in /dev/shm where there is room (the journal of a million wishes is about 3 GB). */
#include "daemon/daemon.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const wishes[] = {
    "거실 불 켜줘", "turn off the living room lights", "침실 커튼 닫아줘", "open the bedroom curtain",
    "거실 온도 몇 도야?", "is the front door locked?", "set the bedroom light to 40%", "주방 불 다 꺼",
    "에어컨 24도로 맞춰줘", "turn off the air conditioner",
};

static int wish(ond_owner *o, long i, ond_ms now)
{
    cJSON *request = cJSON_CreateObject(), *reply = NULL;
    ond_err err = {0};
    ond_json_set_str(request, "call", "do");
    ond_json_set_str(request, "text", wishes[i % (long)(sizeof wishes / sizeof *wishes)]);
    ond_json_set_num(request, "now", (double)now);
    int rc = ond_owner_call(o, request, NULL, &reply, &err);
    if (rc) fprintf(stderr, "# %s: %s\n", ond_json_str(request, "text", ""), err.text);
    cJSON_Delete(request);
    cJSON_Delete(reply);
    return rc;
}

int main(int argc, char **argv)
{
    long n = argc > 1 ? atol(argv[1]) : 1000000, failed = 0;
    char dir[] = "/dev/shm/ondol-soak.XXXXXX", cmd[64];
    ond_err err = {0};
    ond_owner *o;
    if (!mkdtemp(dir)) return 1;
    setenv("HOME", dir, 1);
    setenv("XDG_RUNTIME_DIR", dir, 1);
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    if (ond_owner_open(&(ond_owner_opts){.lang = "ko"}, &o, &err)) {
        printf("not ok 1 - %s\n1..1\n", err.text);
        return 1;
    }
    size_t fresh = ond_rss();
    ond_ms start = ond_now(), step = 86400000 / (n > 0 ? n : 1);
    if (step < 1) step = 1;
    for (long i = 0; i < 1000; i++) failed += wish(o, i, start) != 0;
    size_t warm = ond_rss(), most = warm;
    for (long i = 0; i < n; i++) {
        failed += wish(o, i, start + i * step) != 0;
        if (i % 1000 == 0 && ond_rss() > most) most = ond_rss();
    }
    size_t end = ond_rss();
    printf("# %ld commands: resident %.2f MB on opening, %.2f warm, %.2f at most, %.2f at the end\n", n, (double)fresh / 1e6,
           (double)warm / 1e6, (double)most / 1e6, (double)end / 1e6);
    printf("%sok 1 - every command was done\n", failed ? "not " : "");
    printf("%sok 2 - idle memory under 20 MB\n", warm < 20000000 ? "" : "not ");
    printf("%sok 3 - within 1 MB of where it was\n1..3\n", end <= warm + 1000000 ? "" : "not ");
    ond_owner_close(o);
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd) || failed || warm >= 20000000 || end > warm + 1000000;
}
