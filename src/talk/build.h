/* build.h - what is needed only while a grammar is built: growing tables, rules as trees, scopes.
 *
 * load.c reads the YAML into rules, lists and blocks; compile.c turns trees into nodes (node.c) and
 * lists (list.c); plant.c grows the trie of templates. */
#ifndef OND_TALK_BUILD_H
#define OND_TALK_BUILD_H

#include "talk/expr.h"
#include "talk/grammar.h"
#include "base/yaml.h"
#include "talk/names.h"

typedef struct ond__rule {
    const char *name, *file;
    ond__expr *expr;
} ond__rule;

/* Where names are looked up. The outer scope is the language's; a block with rules or lists of its
 * own has an inner one. A rule of the language that is used in an inner scope is compiled anew
 * there, since the names in it may mean the block's (as they do in the reference); where they do
 * not, the nodes come out the same. */
typedef struct ond__scope {
    const struct ond__scope *outer; /* NULL: this is the language's */
    const char *file;               /* for messages */
    ond__rule *rule;                /* [n_rule] */
    size_t n_rule;
    ond__names rules, lists; /* name -> index in rule[]; -> list */
    uint32_t *done; /* node + 1 by rule: the language's first, then this scope's own; 0: not yet */
    ond__names prefixed; /* "to_ 12" -> node of rule 12 with the prefix "to_" */
} ond__scope;

typedef struct ond__builder {
    ond_grammar *g;
    ond_arena trees; /* expressions; freed after building */
    uint32_t cap_node, cap_kid, cap_pool, cap_first, cap_list, cap_slot, cap_block, cap_sentence,
        cap_branch, cap_accept, cap_global, cap_fault;
    uint32_t first_head[1024], *first_next; /* sets of first characters by hash: ids + 1, chained */
    uint32_t cap_first_next;
    uint32_t *same; /* hash-consing: node ids + 1, [cap_same], a power of two */
    uint32_t cap_same;
    uint32_t *weight; /* [cap_weight] of nodes: how much work they are */
    uint32_t cap_weight;
    ond__names slots;
    ond__scope outer;
    int depth; /* of rules in rules */
    ond_str prefix; /* of all slots, inside <to:rule>: "to_" */
    ond_err *err;
} ond__builder;

/* Makes room for `n` + 1 elements; false: no memory. */
OND_CHECKED bool ond__room(void *vector, uint32_t n, uint32_t *cap, size_t size);

/* node.c: each returns the node's number, or OND__NO_NODE with err filled. */
#define OND__NO_NODE UINT32_MAX
uint32_t ond__node_text(ond__builder *b, ond_str text);
uint32_t ond__node_list(ond__builder *b, uint32_t list, uint32_t slot, bool end_of_word);
uint32_t ond__node_group(ond__builder *b, ond__kind kind, const uint32_t *kid, uint32_t n);
uint32_t ond__node_never(ond__builder *b); /* matches nothing */
uint32_t ond__node_void(
    ond__builder *b); /* the empty branch of "(a|)": matches nothing, as in the reference */

/* compile.c */
uint32_t ond__compile(ond__builder *b, ond__scope *scope, const ond__expr *e);
OND_CHECKED int ond__slot_id(ond__builder *b, ond_str name, uint32_t *out);
OND_CHECKED int ond__scope_open(ond__builder *b, ond__scope *scope, const ond__scope *outer,
                                const char *file, const cJSON *rules, const cJSON *lists);
void ond__scope_close(ond__scope *scope);
OND_CHECKED int ond__scope_rule(ond__builder *b, ond__scope *scope,
                                const cJSON *rule); /* name and body */

/* list.c: adds a list; its templates are compiled in `scope`. */
OND_CHECKED int ond__list_add(ond__builder *b, ond__scope *scope, const cJSON *def,
                              const char *file, bool local, uint32_t *out);
OND_CHECKED int ond__list_outside(ond__builder *b, ond_str name, const char *file, uint32_t *out);

/* plant.c: puts a sentence into the trie of templates. */
OND_CHECKED int ond__plant(ond__builder *b, uint32_t sentence);

/* load.c: reads all files into *g. */
OND_CHECKED int ond__load(ond__builder *b, const ond_talk_text *texts, size_t n);

/* Notes something wrong that takes away only the sentences it stands in. Each is noted once. */
OND_CHECKED int ond__fault(ond__builder *b, const char *fmt, ...) OND_PRINTF(2, 3);
char *ond__keep_text(ond__builder *b, const char *z); /* copy in the grammar's arena */
cJSON *ond__keep_json(ond__builder *b,
                      const cJSON *v); /* copy that the grammar owns; NULL: no memory */

#endif
