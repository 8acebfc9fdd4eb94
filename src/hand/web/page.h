/* page.h - how an observation is gathered: boxes of a snapshot, a tree of roles, and the walk.
 *
 * Trees and boxes borrow strings from Chromium's answers, which live until the walk is over. */
#ifndef OND_HAND_WEB_PAGE_H
#define OND_HAND_WEB_PAGE_H

#include "hand/web/observe.h"

typedef struct ond__rect {
    double x, y, w, h;
} ond__rect;

/* What is known of an element or text from the snapshot. */
typedef struct ond__box {
    int backend, doc, at, last; /* last: of its subtree, in the document's order */
    ond__rect r;                /* in view's coordinates */
    float left, top;            /* of its border and padding */
    int paint;
    bool laid; /* it has a box */
    bool off, covered, covers, faded, in_line, clickable, pointer;
    bool root, label; /* the document, html, body; a label, which stands for its field */
} ond__box;

typedef struct ond__doc {
    const char *frame;
    ond__rect at, clip; /* where its content is shown */
    int owner, owner_doc;
    size_t first, n; /* of boxes */
    bool placed;
} ond__doc;

/* Those of one session. */
typedef struct ond__boxes {
    ond__box *rows;
    size_t n;
    ond__doc *docs;
    size_t n_docs;
    unsigned *slots; /* backend to index + 1 */
    size_t cap;
} ond__boxes;

extern const char *const ond__styles[]; /* ends with NULL */

/* at: where the session's own document is; its width and height are what is in view of it. */
OND_CHECKED int ond__boxes_read(ond__boxes *b, const cJSON *snapshot, ond__rect at, ond_err *err);
void ond__boxes_free(ond__boxes *b);
const ond__box *ond__boxes_find(const ond__boxes *b, int backend);

/* A node of the tree of roles. */
typedef struct ond__raw {
    const char *role, *name, *value, *description, *url; /* never NULL */
    int backend, level;
    unsigned kind;
    bool ignored, focusable;
    int first, last, next; /* -1: none */
} ond__raw;

typedef struct ond__tree {
    ond__raw *rows;
    size_t n;
    int root; /* -1: empty */
} ond__tree;

/* Of the answer of Accessibility.getFullAXTree. Whatever it says, it becomes a tree. */
OND_CHECKED int ond__tree_ax(ond__tree *t, const cJSON *answer, ond_arena *a, ond_err *err);
/* Of one document of a snapshot, for pages whose accessibility tree takes too long. */
OND_CHECKED int ond__tree_sketch(ond__tree *t, const cJSON *snapshot, const char *frame,
                                 ond_arena *a, ond_err *err);
void ond__tree_free(ond__tree *t);

/* What the walk goes through: frames[i] of the observation has trees[i] and boxes[i]. */
typedef struct ond__gathered {
    const ond__tree *trees;
    const ond__boxes *const *boxes;
    const int *owners;  /* the backend of the element that holds the frame, 0: unknown */
    const int *parents; /* the frame that it stands in, -1 */
} ond__gathered;

/* Fills o->nodes, without numbers. */
OND_CHECKED int ond__nodes_walk(ond__observation *o, const ond__gathered *g, ond_err *err);

#endif
