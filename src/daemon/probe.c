/* probe.c - opens a hand with a configuration that is not kept yet, on a store that is thrown away.
 *
 * Nothing of it touches the owner's store or folders, so `ondol setup` can try a broker before it
 * saves anything. */
#include "daemon/internal.h"

#include "sys/clock.h"

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FDS 16

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int make_folder(char *dir, size_t n, ond_err *err)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, n, "%s/ondol-try-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
    return mkdtemp(dir) ? OND_OK
                        : ond_fail(err, OND_E_IO, "cannot make a folder in %s", tmp ? tmp : "/tmp");
}

/* Health of the hand, caller owns; NULL where there is no such hand. */
static cJSON *health_of(ond_gate *g, const char *name)
{
    cJSON *hands = ond_gate_hands(g), *health = NULL, *hand;
    cJSON_ArrayForEach(hand,
                       cJSON_GetObjectItemCaseSensitive(
                           hands, "hands")) if (strcmp(ond_json_str(hand, "name", ""), name) == 0)
        health = cJSON_DetachItemFromObjectCaseSensitive(hand, "health");
    cJSON_Delete(hands);
    return health;
}

static void wait_hands(ond_gate *g)
{
    int fds[FDS];
    struct pollfd p[FDS];
    size_t n = ond_gate_fds(g, fds, FDS);
    for (size_t i = 0; i < n; i++) p[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    poll(p, n, 50);
    ond_gate_service(g);
}

static int try_gate(const ond_gate_opts *opts, const char *hand, ond_ms wait_ms, cJSON **health,
                    ond_err *err)
{
    ond_gate *g = NULL;
    int rc = ond_gate_open(opts, &g, err);
    if (rc != 0) return rc;
    uint64_t until = ond_steady_us() + (uint64_t)wait_ms * 1000;
    *health = health_of(g, hand);
    while (*health && !ond_json_bool(*health, "ok", false) && ond_steady_us() < until) {
        cJSON_Delete(*health);
        wait_hands(g);
        *health = health_of(g, hand);
    }
    ond_gate_close(g);
    return *health ? OND_OK
                   : ond_fail(err, OND_E_NOT_FOUND,
                              "there is no hand '%s': `ondol hands` lists them", hand);
}

int ond_probe(const cJSON *config, const char *hand, ond_ms wait_ms, cJSON **health, ond_err *err)
{
    char dir[4096], key[4128];
    ond_store *store = NULL;
    *health = NULL;
    int rc = make_folder(dir, sizeof dir, err);
    if (rc != 0) return rc;
    cJSON *full = NULL, *settings = NULL;
    snprintf(key, sizeof key, "%s/device.key", dir);
    ond_store_opts opts = {.dir = dir, .key_path = key};
    rc = ond__secrets_resolve(config, &full, err);
    if (rc == 0 && !(settings = ond__settings_clean(full)))
        rc = ond_nomem(err, "trying a configuration");
    cJSON_Delete(full);
    if (rc == 0) rc = ond_store_open(&opts, &store, NULL, err);
    if (rc == 0) {
        ond_gate_opts gate = {.store = store, .config = settings, .lang = "en"};
        rc = try_gate(&gate, hand, wait_ms, health, err);
    }
    ond_store_close(store);
    cJSON_Delete(settings);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return rc;
}
