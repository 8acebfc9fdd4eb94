/* jinja_internal.h - tokens, tree and values of the template engine; private to jinja*.c.
 *
 * Flow: text → jinja_lex.c (tokens) → jinja_parse.c, jinja_expr.c (tree) → jinja_run.c (statements), jinja_eval.c (expressions) → bytes.
 * 1. The tree, its texts and its names live in the template's arena; the values of one rendering live in that rendering's arena.
 * 2. Recursion is bounded twice: JN_DEPTH when the tree is made, J_DEPTH when it is walked (macros call each other).
 * 3. Every loop over bytes or items pays with steps (ond__j_spend), so that a hostile template ends. */
#ifndef OND_BASE_JINJA_INTERNAL_H
#define OND_BASE_JINJA_INTERNAL_H

#include "base/arena.h"
#include "base/jinja.h"

#define J_TEXT_MOST ((size_t)4 << 20)        /* bytes of a template */
#define JN_DEPTH 400                         /* nesting of the tree */
#define J_DEPTH 900                          /* nesting of the walk */
#define J_STEPS 50000000u
#define J_MEMORY ((size_t)512 << 20)         /* of one rendering's values */
#define J_OUTPUT ((size_t)64 << 20)

/* ---- tokens ---- */
typedef enum jt_type {
    JT_END, JT_TEXT, JT_NUMBER, JT_STRING, JT_NAME, JT_ASSIGN, JT_LPAREN, JT_RPAREN, JT_OPEN_STMT, JT_CLOSE_STMT, JT_OPEN_EXPR,
    JT_CLOSE_EXPR, JT_LSQUARE, JT_RSQUARE, JT_LCURLY, JT_RCURLY, JT_COMMA, JT_DOT, JT_COLON, JT_PIPE, JT_ADD, JT_MUL, JT_POWER,
    JT_COMPARE, JT_SIGN, JT_COMMENT
} jt_type;

typedef struct jtoken {
    jt_type type;
    uint32_t line;
    ond_str s;                /* in the template's arena */
} jtoken;

typedef struct jtokens { jtoken *v; size_t n, cap; } jtokens;

OND_CHECKED int ond__j_lex(ond_str text, ond_jinja_dialect dialect, ond_arena *mem, jtokens *out, ond_err *err);
/* Bytes of the white space character at p (JavaScript's set), or 0; the same before `end`. */
size_t ond__j_space(const char *p, const char *end);
size_t ond__j_space_back(const char *begin, const char *end);

/* ---- tree ---- */
typedef enum jn_kind {
    JN_TEXT, JN_PRINT, JN_IF, JN_FOR, JN_BREAK, JN_CONTINUE, JN_SET, JN_MACRO, JN_CALL_BLOCK, JN_FILTER_BLOCK, JN_DO, JN_BLOCK,
    JN_INT, JN_FLOAT, JN_STRING, JN_LIST, JN_TUPLE, JN_DICT, JN_NAME, JN_MEMBER, JN_SLICE, JN_CALL, JN_NOT, JN_NEG, JN_POS, JN_BINARY,
    JN_AND, JN_OR, JN_FILTER, JN_TEST, JN_SELECT, JN_TERNARY, JN_KEYWORD, JN_SPREAD, JN_KEYWORD_SPREAD
} jn_kind;

typedef enum j_op { J_ADD, J_SUB, J_CAT, J_MUL, J_DIV, J_FLOOR, J_MOD, J_POW, J_LT, J_GT, J_LE, J_GE, J_EQ, J_NE, J_IN, J_NOT_IN } j_op;

typedef struct jnode jnode;
typedef struct jnodes { jnode **v; size_t n; } jnodes;

/* What stands in a, b, c, kids, body and other is told at each kind in jinja_parse.c and jinja_expr.c. */
struct jnode {
    jn_kind kind;
    j_op op;
    bool computed;            /* JN_MEMBER: a[b]; JN_TEST: is not; JN_FILTER, JN_TEST: see called */
    bool called;              /* JN_FILTER, JN_TEST, JN_CALL_BLOCK: has parentheses */
    bool wants_kwargs, wants_varargs;   /* JN_MACRO, JN_CALL_BLOCK: the body names them */
    uint16_t depth;           /* of the tree below */
    uint32_t line;
    int sym;                  /* JN_NAME, JN_MACRO, JN_KEYWORD */
    double num;
    ond_str s;
    jnode *a, *b, *c;
    jnodes kids, body, other;
};

typedef struct jparser {           /* the parser */
    const jtoken *t;
    size_t n, at;
    ond_arena *mem;
    ond_jinja_dialect dialect;
    ond_str *names;           /* by symbol */
    size_t n_names, cap_names;
    uint32_t *slots;          /* hashed: symbol + 1 */
    size_t n_slots;
    int depth;
    bool saw_kwargs, saw_varargs;
    ond_err *err;
    int rc;                   /* the first error; everything returns NULL after it */
} jparser;

jnode *ond__j_node(jparser *p, jn_kind kind);
void *ond__j_refuse(jparser *p, const char *fmt, ...) OND_PRINTF(2, 3);    /* NULL */
/* FNV-1a from a basis that differs from run to run, so that nobody can prepare names that collide. */
static inline uint32_t ond__j_hash(ond_str s, uintptr_t seed)
{
    uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)seed;
    for (size_t i = 0; i < s.n; i++) h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ h >> 29);
}
int ond__j_symbol(jparser *p, ond_str name);                               /* -1: out of memory */
bool ond__j_is(const jparser *p, jt_type type);
bool ond__j_is_word(const jparser *p, const char *word);
bool ond__j_take(jparser *p, jt_type type);
bool ond__j_take_word(jparser *p, const char *word);
bool ond__j_expect(jparser *p, jt_type type, const char *what);
jnode *ond__j_over(jparser *p, jnode *n);                                        /* sets depth from what is below; NULL where too deep */
typedef struct jnlist { jnode **v; size_t n, cap; } jnlist;              /* while it grows */
bool ond__j_push(jparser *p, jnlist *l, jnode *n);
jnodes ond__j_done(jparser *p, jnlist *l);

jnode *ond__j_expression(jparser *p);
jnode *ond__j_sequence(jparser *p, bool primary);                             /* a, b, c is a tuple */
jnode *ond__j_primary(jparser *p);
jnode *ond__j_filters(jparser *p, jnode *operand);                               /* name or name(…), and further | name */
bool ond__j_arguments(jparser *p, bool parameters, jnodes *out);              /* from "(" to ")" */
jnodes ond__j_body(jparser *p, const char *const *ends);                      /* up to {% and one of `ends` */

struct ond_jinja {
    ond_arena mem;
    ond_jinja_dialect dialect;
    ond_str *names;           /* by symbol */
    size_t n_names;
    size_t steps, memory;     /* of one rendering: J_STEPS, J_MEMORY; less in tests */
    int sym_loop, sym_kwargs, sym_varargs, sym_caller;   /* -1: not named in the template */
    jnodes body;
};
void ond__j_known_symbols(ond_jinja *t);

/* ---- values ---- */
typedef enum jv_kind {
    JV_UNDEF, JV_HOLE, JV_NONE, JV_BOOL, JV_INT, JV_FLOAT, JV_STR, JV_LIST, JV_TUPLE, JV_DICT, JV_SPACE, JV_FUNC
} jv_kind;   /* JV_HOLE: `[] | first`, that may be set but not used; JV_SPACE: namespace() */

typedef struct jlist jlist;
typedef struct jdict jdict;
typedef struct jfunc jfunc;
typedef struct jv {
    jv_kind kind;
    union {
        bool b;
        double num;           /* INT too: the reference's integers are doubles */
        ond_str s;
        jlist *list;
        jdict *dict;
        jfunc *func;
    };
} jv;
struct jlist { jv *v; size_t n, cap; };
typedef struct jpair { jv key, val; uint32_t hash; } jpair;
typedef struct jloop { const jnode *node; struct jscope *scope; int depth; double index0; jv *changed; } jloop;   /* what `loop` can do beyond its members */
struct jdict { jpair *v; size_t n, cap; uint32_t *slots; size_t n_slots; jloop *loop; };   /* loop: NULL but for `loop` */

typedef struct jvar { int sym; jv v; } jvar;
typedef struct jscope { struct jscope *parent; jvar *v; size_t n, cap; } jscope;

typedef struct jargs { jv *v; size_t n; jdict *kw; } jargs;           /* kw: NULL or empty where there are none */
typedef struct jrun jrun;
typedef int jfn(jrun *r, const jv *self, const jargs *args, jv *out);
struct jfunc { jfn *fn; jv self; const jnode *node; jscope *scope; ond_str name; };   /* node: a macro or a call block */

struct jrun {
    const ond_jinja *t;
    bool python;              /* the dialect */
    int64_t now;
    ond_arena mem;
    bool over;                /* an allocation failed by the limit */
    size_t steps;
    int depth;
    uint32_t line;            /* of what runs, for errors */
    ond_err *err;
};

#define J_BREAK (-1)          /* travel as results, through calls too, as the reference's exceptions do */
#define J_CONTINUE (-2)

int ond__j_fail(jrun *r, const char *fmt, ...) OND_PRINTF(2, 3);      /* "line N: …" */
void *ond__j_alloc(jrun *r, size_t n, size_t size);                  /* zeroed, lives as long as the rendering; NULL: say ond__j_nomem */
/* v [n] moved to twice the room, *cap; NULL: say ond__j_nomem. */
void *ond__j_grow(jrun *r, const void *v, size_t n, size_t *cap, size_t size);
int ond__j_nomem(jrun *r);
int ond__j_spend(jrun *r, size_t n);

/* jinja_value.c */
static inline jv ond__j_bool(bool b) { return (jv){.kind = JV_BOOL, .b = b}; }
static inline jv ond__j_int(double n) { return (jv){.kind = JV_INT, .num = n}; }
static inline jv ond__j_float(double n) { return (jv){.kind = JV_FLOAT, .num = n}; }
static inline jv ond__j_str(ond_str s) { return (jv){.kind = JV_STR, .s = s}; }
static inline bool ond__j_is_list(const jv *v) { return v->kind == JV_LIST || v->kind == JV_TUPLE; }
static inline bool ond__j_is_num(const jv *v) { return v->kind == JV_INT || v->kind == JV_FLOAT; }
const char *ond__j_kind(const jv *v);                                 /* "a list" */
bool ond__j_true(const jv *v);
OND_CHECKED int ond__j_list(jrun *r, size_t cap, jv *out);
OND_CHECKED int ond__j_append(jrun *r, jlist *l, jv v);
OND_CHECKED int ond__j_dict(jrun *r, jv *out);
OND_CHECKED int ond__j_put(jrun *r, jdict *d, jv key, jv v);
const jv *ond__j_get(const jdict *d, jv key);
const jv *ond__j_get_str(const jdict *d, ond_str key);
OND_CHECKED int ond__j_remove(jrun *r, jdict *d, jv key, jv *out);    /* OND_E_NOT_FOUND, without a text, where it is not there */
OND_CHECKED int ond__j_copy(jrun *r, ond_str s, jv *out);
OND_CHECKED int ond__j_take_buf(jrun *r, ond_buf *b, jv *out);        /* into the arena; frees b */
OND_CHECKED int ond__j_from_json(jrun *r, const cJSON *j, jv *out);
OND_CHECKED int ond__j_keep(jrun *r, const jv *v, jv *out);           /* a copy whose texts are the rendering's own */
bool ond__j_same(const jv *a, const jv *b);                           /* JavaScript's === */
OND_CHECKED int ond__j_equal(jrun *r, const jv *a, const jv *b, bool *out);   /* the template's == */
OND_CHECKED int ond__j_order(jrun *r, const jv *a, const jv *b, bool cased, int *out);   /* for sorting */
OND_CHECKED int ond__j_attribute(jrun *r, jv item, ond_str path, jv *out);    /* "a.b.0" */
int ond__j_compare_text(ond_str a, ond_str b);                        /* by UTF-16 units */
double ond__j_number(const jv *v);                                    /* JavaScript's ToNumber */

/* jinja_print.c */
void ond__j_number_text(ond_buf *out, double n);                      /* JavaScript's String(n) */
OND_CHECKED int ond__j_print(jrun *r, const jv *v, ond_buf *out);     /* as {{ v }} shows it */
OND_CHECKED int ond__j_raw(jrun *r, const jv *v, ond_buf *out);       /* as ~ and + join it */
OND_CHECKED int ond__j_text_of(jrun *r, const jv *v, jv *out);        /* str(v) as a value: ond__j_print, kept */
OND_CHECKED int ond__j_repr(jrun *r, const jv *v, ond_buf *out);      /* Python's */
typedef struct jjson { size_t indent; bool ascii, sort, undef_null; const ond_str *item, *key; } jjson;
OND_CHECKED int ond__j_tojson(jrun *r, const jv *v, const jjson *o, size_t depth, ond_buf *out);

/* jinja_text.c */
size_t ond__j_length(const jrun *r, ond_str s);                       /* UTF-16 units; characters in Python's dialect */
ond_str ond__j_trim(const jrun *r, ond_str s, bool left, bool right);   /* r NULL: JavaScript's white space */
ond_str ond__j_trim_set(ond_str s, ond_str set, bool left, bool right);
OND_CHECKED int ond__j_cased(jrun *r, ond_str s, bool upper, jv *out);
/* Whether s is all in this case; letter: and has a letter at all. */
OND_CHECKED int ond__j_is_case(jrun *r, ond_str s, bool upper, bool letter, bool *out);
OND_CHECKED int ond__j_replace(jrun *r, ond_str s, ond_str from, ond_str to, double count, jv *out);
size_t ond__j_find(ond_str s, ond_str what, size_t from);             /* SIZE_MAX: not there */

/* jinja_method.c, jinja_method_list.c, jinja_call.c */
OND_CHECKED int ond__j_method(jrun *r, const jv *self, ond_str name, jv *out);   /* UNDEF where there is none */
jfn ond__jm_title, ond__jm_append, ond__jm_extend, ond__jm_insert, ond__jm_list_pop, ond__jm_reverse, ond__jm_clear, ond__jm_copy, ond__jm_get,
    ond__jm_keys, ond__jm_values, ond__jm_dict_pop, ond__jm_update, ond__jm_setdefault, ond__jm_cycle, ond__jm_changed, ond__jm_recurse;
void ond__j_reverse(jlist *l);
const jv *ond__j_arg(const jargs *args, size_t i, const char *name);  /* NULL: not given */
OND_CHECKED int ond__j_no_kw(jrun *r, const char *what, const jargs *args);   /* refuses keywords in the reference's dialect */
OND_CHECKED int ond__j_globals(jrun *r, jscope *s, const cJSON *vars);
OND_CHECKED int ond__j_call(jrun *r, jscope *s, const jv *f, const jargs *args, jv *out);
OND_CHECKED int ond__j_args(jrun *r, jscope *s, const jnodes *args, jargs *out);

/* jinja_filter.c, jinja_filter_list.c, jinja_filter_text.c, jinja_test.c */
OND_CHECKED int ond__j_filter(jrun *r, jscope *s, const jnode *n, const jv *v, jv *out);
OND_CHECKED int ond__j_filter_named(jrun *r, ond_str name, const jv *v, const jargs *args, jv *out);
jfn ond__jf_sort, ond__jf_dictsort, ond__jf_unique, ond__jf_map, ond__jf_select, ond__jf_reject, ond__jf_selectattr, ond__jf_rejectattr,
    ond__jf_join, ond__jf_first, ond__jf_last, ond__jf_reverse, ond__jf_list, ond__jf_items, ond__jf_sum, ond__jf_min, ond__jf_max,
    ond__jf_batch, ond__jf_slice, ond__jf_groupby;
jfn ond__jf_upper, ond__jf_lower, ond__jf_title, ond__jf_capitalize, ond__jf_trim, ond__jf_indent, ond__jf_replace, ond__jf_escape,
    ond__jf_wordcount, ond__jf_truncate, ond__jf_center, ond__jf_format, ond__jf_from_json;
OND_CHECKED int ond__j_percent(jrun *r, ond_str format, const jv *v, jv *out);   /* "%s" % v */
OND_CHECKED int ond__j_iterate(jrun *r, const jv *v, jv *out);        /* its items as a list; refuses what has none */
bool ond__j_test_known(const jrun *r, ond_str name);
OND_CHECKED int ond__j_test(jrun *r, ond_str name, const jv *v, const jargs *args, bool *out);

/* jinja_eval.c, jinja_run.c */
OND_CHECKED int ond__j_eval(jrun *r, jscope *s, const jnode *n, jv *out);
OND_CHECKED int ond__j_eval_hole(jrun *r, jscope *s, const jnode *n, jv *out);   /* HOLE may come out */
OND_CHECKED int ond__j_binary(jrun *r, j_op op, const jv *a, const jv *b, jv *out);
OND_CHECKED int ond__j_block(jrun *r, jscope *s, const jnodes *body, ond_buf *out);
OND_CHECKED int ond__j_block_text(jrun *r, jscope *s, const jnodes *body, jv *out);
OND_CHECKED int ond__j_set(jrun *r, jscope *s, int sym, jv v);
OND_CHECKED int ond__j_scope(jrun *r, jscope *parent, jscope **out);
OND_CHECKED int ond__j_recurse(jrun *r, const jloop *loop, const jv *items, jv *out);   /* loop(items) */
OND_CHECKED int ond__j_macro(jrun *r, jscope *caller, const jfunc *f, const jargs *args, jv *out);
const jv *ond__j_lookup(const jscope *s, int sym);

#endif
