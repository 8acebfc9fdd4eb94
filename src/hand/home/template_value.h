/* template_value.h - the values of a template while it runs; private to template*.c. */
#ifndef OND_HAND_HOME_TEMPLATE_VALUE_H
#define OND_HAND_HOME_TEMPLATE_VALUE_H

#include "hand/home/template.h"
#include "base/arena.h"

typedef enum tv_type { TV_UNDEFINED, TV_NONE, TV_BOOL, TV_INT, TV_NUMBER, TV_TEXT, TV_JSON, TV_ERROR, TV_ABSENT } tv_type;

typedef struct tv {
    tv_type type;
    double n;                     /* BOOL, INT, NUMBER */
    ond_str s;                    /* TEXT; ERROR: what went wrong; UNDEFINED: its name */
    const cJSON *j;               /* JSON: an object or array */
} tv;

#define TPL_OWNED 64
#define TPL_LOCALS 16
#define TPL_ARGS 8
#define TPL_DEPTH 40
#define TPL_COPIES (1u << 20)     /* bytes of lists and maps that one run may make */

/* What stands between the parentheses of a call; name[i].n is 0 where it is told by its place. */
typedef struct targs {
    tv v[TPL_ARGS];
    ond_str name[TPL_ARGS];
    size_t n;
} targs;

/* One run. Text and lists made on the way live until its end. */
typedef struct tpl {
    const char *p, *end;
    const ond__var *vars;
    size_t n_vars;
    struct { ond_str name; tv v; } local[TPL_LOCALS];
    size_t n_locals;
    ond_arena mem;
    cJSON *owned[TPL_OWNED];
    size_t n_owned;
    size_t copied;                /* of TPL_COPIES */
    int depth;
    bool checking;                /* only whether all of it is known: variables have no values */
    ond_err *err;
    int rc;                       /* the first error of form; all parsing stops */
} tpl;

/* template_value.c */
tv ond__tv_text(ond_str s);
tv ond__tv_number(double n);                       /* INT where it is whole */
tv ond__tv_bool(bool b);
tv ond__tv_error(const char *what);
tv ond__tv_json(const cJSON *j);                   /* scalars become scalars */
tv ond__tv_own(tpl *t, cJSON *j);                  /* takes j; ERROR when there are too many or j is NULL */
bool ond__tv_spend(tpl *t, const tv *v);           /* before a copy is made of v: false when the run has copied enough */
tv ond__tv_copy(tpl *t, const ond_buf *b);         /* as text, in the run's memory */
tv ond__tv_missing(tpl *t, const tv *v);           /* the ERROR that says so */
bool ond__tv_true(const tv *v);
bool ond__tv_is_number(const tv *v);
bool ond__tv_equal(const tv *a, const tv *b);
bool ond__tv_to_number(const tv *v, double *out);  /* as the filters int and float read it */
void ond__tv_print(const tv *v, ond_buf *out);
cJSON *ond__tv_to_json(const tv *v);               /* a copy */
tv ond__tv_item(tpl *t, const tv *v, const tv *key);
tv ond__tv_math(tpl *t, char op, const tv *a, const tv *b);           /* + - * / % ^ (power) d (floor division) ~ */
tv ond__tv_compare(const char *op, const tv *a, const tv *b);

/* A filter, a method or a function at work: its value and its arguments, each at its place (TV_ABSENT: not given). */
typedef struct tpl_call { tpl *t; const tv *v; tv a[TPL_ARGS]; size_t n; } tpl_call;
typedef tv tpl_fn(const tpl_call *c);
tv ond__tpl_given(const tpl_call *c, size_t i, tv otherwise);

/* template_number.c */
tpl_fn ond__tpl_f_int, ond__tpl_f_float, ond__tpl_f_round, ond__tpl_f_abs, ond__tpl_f_multiply, ond__tpl_f_add, ond__tpl_f_bool;
tpl_fn ond__tpl_f_max, ond__tpl_f_min, ond__tpl_f_is_number;

/* template_filter.c: what is not there, or called with arguments it has not, is refused. */
tv ond__tpl_filter(tpl *t, ond_str name, const tv *v, const targs *args);
tv ond__tpl_method(tpl *t, ond_str name, const tv *v, const targs *args);
tv ond__tpl_function(tpl *t, ond_str name, const targs *args);
/* template_test.c */
bool ond__tpl_test_takes(ond_str name);            /* a value: `is in [1, 2]` */
tv ond__tpl_test(tpl *t, ond_str name, const tv *v, const tv *with);
/* template_format.c: "%.1f" % v */
tv ond__tpl_format(tpl *t, const tv *format, const tv *args, size_t n);

/* template_literal.c */
tv ond__tpl_quoted(tpl *t);
tv ond__tpl_number(tpl *t);
tv ond__tpl_list(tpl *t, cJSON *list, const char *close);             /* after "[", or the rest of (a, b) after "(a,"; takes list */
tv ond__tpl_map(tpl *t);
bool ond__tpl_add_item(tpl *t, cJSON *list, const tv *v);

/* template_expr.c */
tv ond__tpl_expression(tpl *t);
int ond__tpl_refuse(tpl *t, const char *fmt, ...) OND_PRINTF(2, 3);   /* an error of form */
void ond__tpl_space(tpl *t);
bool ond__tpl_sign(tpl *t, const char *sign);                         /* eats it when it stands here */
bool ond__tpl_word(tpl *t, const char *word);                         /* eats it when it stands here as a whole word */
ond_str ond__tpl_name(tpl *t);

#endif
