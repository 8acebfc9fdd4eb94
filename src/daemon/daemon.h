/* daemon.h - the owner of the house: configuration, store, gate and agent, in this process or
 * behind the socket of `ondol up`.
 *
 * One code path, two ways to reach it: every verb that touches the house is a request (a JSON
 * object with "call") to ond_owner_call. A link sends it to the process that owns the house (`ondol
 * up`, or a prompt), or, when there is none, opens the owner here and does it in-process.
 *
 * Invariants.
 * 1. A request is checked against its row of calls.def before anything happens: unknown members and
 * wrong types are refused.
 * 2. A request's "now" and "tz" hold for that request only.
 * 3. A request that was sent and not answered is never sent again: what became of it is in the
 * journal.
 * 4. Secrets are in secrets.yaml (0600) or come from a command; no reply holds one. */
#ifndef OND_DAEMON_DAEMON_H
#define OND_DAEMON_DAEMON_H

#include "agent/agent.h"
#include "sys/loop.h"

/* ---- configuration: config.yaml in XDG_CONFIG_HOME/ondol; keys are rows of config.def ---- */
typedef struct ond_config ond_config;
/* A missing file gives the defaults. OND_E_CONFIG names file, line, key and the nearest known key.
 * path NULL: the XDG one. */
OND_CHECKED int ond_config_load(const char *path, ond_config **out, ond_err *err);
void ond_config_free(ond_config *c);
/* With defaults filled in, and secrets: never print it. */
const cJSON *ond_config_json(const ond_config *c);
const char *ond_config_path(const ond_config *c);
const char *ond_config_policy(const ond_config *c); /* policy.yaml beside it */
/* Dotted keys: "hands.home.mqtt.host", or a group: "hands.home". OND_E_NOT_FOUND with the nearest;
 * caller owns *out. Secrets come back as "(secret)". An empty key gives all. */
OND_CHECKED int ond_config_get(const ond_config *c, const char *key, cJSON **out, ond_err *err);
/* Checks and writes (atomically, comments of the file are kept where lines can be kept). A NULL
 * value removes. Secrets go to secrets.yaml, 0600. */
OND_CHECKED int ond_config_set(ond_config *c, const char *key, const char *value, ond_err *err);
/* Text, or NULL where the key is unset or empty; borrowed. */
const char *ond_config_text(const ond_config *c, const char *key);

typedef struct ond_config_key {
    const char *key;       /* "hands.home.mqtt.port" */
    const char *type;      /* "text", "number", "bool", "choice", "path", "zone", "secret" */
    const char *otherwise; /* the default, as text */
    const char *choices;   /* of a choice: "auto ko en"; of a number: "1..65535"; else "" */
    const char *what;      /* one English line */
} ond_config_key;
const ond_config_key *ond_config_keys(size_t *n); /* for `ondol config` and docs/config.md */

/* ---- the owner ---- */
typedef struct ond_owner ond_owner;
typedef struct ond_owner_opts {
    const char *lang; /* of what is said; NULL: from configuration, else English */
    const char *locale_lang; /* by the locale, where neither lang nor configuration says; or NULL */
    const char *house;  /* --house FILE.yaml, or NULL */
    const char *config; /* --config FILE, or NULL */
    bool can_wait;      /* asks become pending questions, because this process lives on */
    void (*note)(void *self, const char *text);
    void *self;
} ond_owner_opts;
/* Opens configuration and store; hands and grammars when the first call needs them. OND_E_BUSY:
 * another process has the store. */
OND_CHECKED int ond_owner_open(const ond_owner_opts *opts, ond_owner **out, ond_err *err);
void ond_owner_close(ond_owner *o);

/* Where a call may ask the person at this terminal. */
typedef struct ond_asker {
    ond_consent (*consent)(void *self, const cJSON *ask);
    void *self;
} ond_asker;
/* request {"call":"do","text":…,"lang":…,"yes":bool,"dry_run":bool,"now":ms,"tz":…} → reply (set
 * unless memory is out; where the call failed, with "error":{"code","text"}; caller owns). Returns
 * the reply's code; err as in the reply. docs/json.md. */
OND_CHECKED int ond_owner_call(ond_owner *o, const cJSON *request, const ond_asker *asker,
                               cJSON **reply, ond_err *err);

/* ---- reaching it ---- */
typedef struct ond_link ond_link;
typedef struct ond_link_opts {
    ond_owner_opts owner; /* for when it is opened here */
    bool never_up;        /* do not look for a process that owns the house */
    bool only_up;         /* do not open it here: OND_E_UNAVAILABLE where nobody serves */
    ond_asker asker;
    ond_ms
        wait_ms; /* how long to wait for a store that a short-lived process holds; default 3000 */
} ond_link_opts;
/* Does not reach out yet: the first call does. The strings of opts are borrowed for the link's
 * life. */
OND_CHECKED int ond_link_open(const ond_link_opts *opts, ond_link **out, ond_err *err);
void ond_link_close(ond_link *l);
/* As ond_owner_call. Where an owner elsewhere answers "asked" and there is an asker, asks here and
 * sends the answer. */
OND_CHECKED int ond_link_call(ond_link *l, const cJSON *request, cJSON **reply, ond_err *err);
bool ond_link_via_up(const ond_link *l); /* of the last call */
void ond_link_rest(ond_link *l);         /* lets go of store and connection until the next call */

/* ---- serving it ---- */
/* An owner with the socket, in an event loop: what `ondol up` is, and a prompt where no `ondol up`
 * runs. */
typedef struct ond_service ond_service;
/* OND_E_BUSY when another process owns the house. */
OND_CHECKED int ond_service_open(const ond_owner_opts *opts, ond_service **out, ond_err *err);
void ond_service_close(ond_service *s);
ond_loop *ond_service_loop(ond_service *s);
/* As ond_owner_call, for the process that serves. */
OND_CHECKED int ond_service_call(ond_service *s, const cJSON *request, const ond_asker *asker,
                                 cJSON **reply, ond_err *err);
/* Serves until SIGINT or SIGTERM; SIGHUP re-reads the configuration. Notes (also "ready") go to
 * opts.note. */
OND_CHECKED int ond_up(const ond_owner_opts *opts, ond_err *err);

/* ---- trying a configuration before it is kept ---- */
/* Opens `hand` with `config` (as ond_config_json; secrets may come from its commands) on a
 * throwaway store, waits up to wait_ms until it is healthy, and gives its health {"ok","what",…};
 * caller owns. For `ondol setup`. */
OND_CHECKED int ond_probe(const cJSON *config, const char *hand, ond_ms wait_ms, cJSON **health,
                          ond_err *err);

#endif
