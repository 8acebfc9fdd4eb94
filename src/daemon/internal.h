/* internal.h - what the files of the room daemon share. */
#ifndef OND_DAEMON_INTERNAL_H
#define OND_DAEMON_INTERNAL_H

#include "daemon/daemon.h"
#include "mind/mind.h"

/* ---- config.c ---- */
typedef enum ond__type {
    OND__TEXT,
    OND__NUMBER,
    OND__BOOL,
    OND__CHOICE,
    OND__PATH,
    OND__ZONE,
    OND__SECRET
} ond__type;
ond__type ond__key_type(const ond_config_key *key);

struct ond_config {
    char *path, *secrets_path, *policy_path;
    cJSON *file;    /* config.yaml as it is */
    cJSON *secrets; /* secrets.yaml as it is */
    cJSON *full;    /* both, with defaults */
};

/* Member at a dotted key, or NULL. */
const cJSON *ond__tree_get(const cJSON *tree, const char *key);
/* Puts `value` (taken) there, making the groups on the way; NULL takes the member out. False: out
 * of memory. */
bool ond__tree_put(cJSON *tree, const char *key, cJSON *value);
/* Copy without nulls and without groups that hold nothing. */
cJSON *ond__tree_prune(const cJSON *tree);

/* ---- config_edit.c ---- */
/* The text of a YAML file with one key changed (value NULL: removed); keeps all other lines. The
 * caller checks the result by reading it. False where the file is not written in a way that allows
 * it. */
bool ond__yaml_edit(ond_str text, const char *key, const cJSON *value, ond_buf *out);
void ond__yaml_print(const cJSON *tree, ond_buf *out); /* the whole tree, block style */
int ond__yaml_line(ond_str text, const char *key);     /* line of a key, from 1; 0: not found */

/* The tree as the hands see it: what is empty is absent, and so is a broker without a host; with
 * one, and no other word about the house, the built-in house is none. */
cJSON *ond__settings_clean(const cJSON *tree);

/* ---- config_secret.c ---- */
OND_CHECKED int ond__secrets_check(const char *path, ond_err *err); /* not readable by others */
/* Fills secrets whose command is given and which have no value of their own, in a copy of a full
 * tree. */
OND_CHECKED int ond__secrets_resolve(const cJSON *tree, cJSON **out, ond_err *err);

/* ---- owner.c ---- */
typedef enum ond__need { OND__STORE, OND__JOURNAL, OND__HANDS, OND__AGENT } ond__need;

struct ond_owner {
    ond_owner_opts opts; /* its strings are borrowed for the owner's life */
    ond_config *config;
    cJSON *settings; /* what the gate sees: full, --house put in, secrets from commands */
    ond_store *store;
    ond_gate *gate;
    bool with_hands; /* the gate has been opened with hands */
    ond_agent *agent;
    ond_mind *mind;  /* what was taught; NULL until ond__owner_mind */
    bool zone_given;  /* there was a zone before the configuration was read */
    const char *lang; /* "ko" or "en" */
};

/* Opens what a call needs and is not open yet. */
OND_CHECKED int ond__owner_need(ond_owner *o, ond__need need, ond_err *err);
/* What the owner has taught; read from the store when it is first asked for. */
OND_CHECKED int ond__owner_mind(ond_owner *o, ond_mind **out, ond_err *err);
/* Reads the configuration again; the old one stays where the new one is wrong. */
OND_CHECKED int ond__owner_reload(ond_owner *o, ond_err *err);
void ond__owner_zone(const ond_owner *o); /* puts the configuration's zone in force */
void ond__owner_note(ond_owner *o, const char *text);
OND_CHECKED int ond__socket_path(ond_buf *out, ond_err *err);

/* ---- link.c ---- */
/* Connects to the process that serves; OND_E_UNAVAILABLE or OND_E_NOT_FOUND: nobody does. */
OND_CHECKED int ond__socket_dial(int *fd, ond_err *err);
/* The next of growing pauses while somebody holds the store; false once `limit` has passed since *began (0: not yet begun). */
typedef struct ond__patience { uint64_t began; ond_ms limit, pause; } ond__patience;
bool ond__patience_pause(ond__patience *p);

/* ---- calls ---- */
typedef struct ond__call {
    ond_owner *owner;
    const cJSON *request;   /* checked against its row */
    const ond_asker *asker; /* may be NULL */
    const char *lang;       /* of what is said to this asker: "ko" or "en" */
    cJSON *reply;           /* out; may stay NULL on an error */
} ond__call;
ond_run_opts ond__run_opts(const ond__call *c);
#define CALL(name, fn, need, args) OND_CHECKED int ond__call_##fn(ond__call *c, ond_err *err);
#include "daemon/calls.def"
#undef CALL

#endif
