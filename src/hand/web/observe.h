/* observe.h - what a page shows: its nodes in reading order, and a text of them within a budget.
 *
 *     ond__observation *now;
 *     OND_TRY(ond__observe(tab, &(ond__observe_opts){.budget = 600, .former = before}, &now, err));
 *     puts(ond__observation_text(now));
 *
 * The text is described in docs/web-observation.md. Every string of it and of the nodes comes
 * from the page and is not trusted. Bounded: names and values are cut, at most OND__NODES_MOST
 * nodes and OND__OBSERVED_FRAMES frames are looked at.
 *
 * 1. A node keeps its number as long as the page's document lives.
 * 2. The text has at most `budget` tokens as ond__tokens counts them, whatever the page is.
 * 3. Each node is in the text, or counted in one of the regions that it lists; the text of a region
 *    holds its nodes in the same way. In a delta, a node that has been shown and is as it was is
 *    not repeated. */
#ifndef OND_HAND_WEB_OBSERVE_H
#define OND_HAND_WEB_OBSERVE_H

#include "base/arena.h"
#include "hand/web/tab.h"

enum {
    OND__BUDGET = 600, /* tokens, where 0 is given */
    OND__BUDGET_LEAST = 200,
    OND__NODES_MOST = 400000,
    OND__OBSERVED_FRAMES = 32,
    OND__NAME_MOST = 1024, /* bytes of a name, value, description that are kept */
    OND__OPTIONS_MOST = 64
};

typedef enum ond__state {
    OND__CHECKED = 1 << 0,
    OND__UNCHECKED = 1 << 1,
    OND__MIXED = 1 << 2,
    OND__EXPANDED = 1 << 3,
    OND__COLLAPSED = 1 << 4,
    OND__SELECTED = 1 << 5,
    OND__DISABLED = 1 << 6,
    OND__REQUIRED = 1 << 7,
    OND__INVALID = 1 << 8,
    OND__FOCUSED = 1 << 9,
    OND__READONLY = 1 << 10,
    OND__MULTIPLE = 1 << 11, /* several options may be selected */
    OND__PRESSED = 1 << 12,
    OND__STATES = 13
} ond__state;

typedef struct ond__node {
    unsigned id;   /* 1, 2, … */
    int parent;    /* index in nodes, or -1; less than its own */
    int backend;   /* Chromium's backendNodeId, in the session of its frame */
    int frame;     /* index in frames */
    unsigned kind; /* OND__STATES bits: ond__state */
    int level;     /* of headings, items of trees; 0: none */
    const char *role, *name, *value, *description,
        *url;                   /* UTF-8, never NULL, "" where there is none */
    const char *const *options; /* of a select; n_options */
    size_t n_options;
    double x, y, w, h; /* CSS pixels; 0, 0 is the upper left corner of what is in view */
    bool interactive;
    bool off;     /* not in view */
    bool covered; /* something else is hit at its middle */
    bool seen;    /* the reader of the texts has it */
    char mark;    /* against the former observation: '+' new, '~' changed, ' ' as it was */
    uint64_t hash;
} ond__node;

typedef struct ond__region {
    unsigned *nodes; /* indices */
    size_t n, interactive;
    char label[128]; /* in quotes, or "" */
    char *text;      /* once it was expanded */
} ond__region;

typedef struct ond__seen_frame {
    char id[OND__ID], session[OND__ID], loader[OND__ID];
} ond__seen_frame;

typedef struct ond__observation {
    ond_arena arena; /* nodes and their strings */
    ond__node *nodes;
    size_t n;
    ond__seen_frame *frames; /* [0] is the page */
    size_t n_frames;
    unsigned t, budget;
    char url[256];          /* host and path, cut */
    char document[OND__ID]; /* its loader */
    bool sketched;          /* too large for the accessibility tree: roles come from the elements */
    bool cut;               /* more nodes or frames than are looked at */
    bool delta;             /* the text is one */
    ond__region *regions;   /* "r1" is regions[0] */
    size_t n_regions, cap_regions;
    char *text;
} ond__observation;

typedef struct ond__observe_opts {
    unsigned budget;                /* tokens; 0: OND__BUDGET */
    const ond__observation *former; /* what its reader knows; NULL: nothing */
} ond__observe_opts;

/* opts may be NULL. The caller owns *out (ond__observation_free). OND_E_INPUT: a budget under
 * OND__BUDGET_LEAST; OND_E_STALE: the page went meanwhile; OND_E_UNAVAILABLE; OND_E_NOMEM. */
OND_CHECKED int ond__observe(ond__tab *t, const ond__observe_opts *opts, ond__observation **out,
                             ond_err *err);
/* NULL is fine. */
void ond__observation_free(ond__observation *o);

/* Borrowed; never NULL. */
const char *ond__observation_text(const ond__observation *o);
/* The text of one region (3 for "r3"), borrowed, the same each time; within the same budget. It may
 * list regions of its own. OND_E_NOT_FOUND, OND_E_NOMEM. */
OND_CHECKED int ond__observation_expand(ond__observation *o, unsigned region, const char **text,
                                        ond_err *err);
/* NULL: there is none of this number. */
const ond__node *ond__observation_node(const ond__observation *o, unsigned id);
/* Where calls about the node go, with its backend. Never NULL. */
const char *ond__observation_session(const ond__observation *o, const ond__node *n);

/* ---- the writer, which needs no page ---- */

/* Writes o->text from nodes, url, t, budget, and marks, regions and `seen` with it. former may be
 * NULL. OND_E_NOMEM. */
OND_CHECKED int ond__observation_write(ond__observation *o, const ond__observation *former,
                                       ond_err *err);
/* An estimate that is seldom under what tokenizers of today give; docs/web-observation.md. */
size_t ond__tokens(ond_str text);
/* Puts text in quotes, so that it is one string on one line; cut where it has more than `most`
 * tokens. */
void ond__quote(ond_buf *out, const char *text, size_t most);

#endif
