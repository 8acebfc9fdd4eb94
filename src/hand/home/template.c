/* template.c - text with {{ … }} and {% … %}: output, conditions, names.
 *
 * {% if %} {% elif %} {% else %} {% endif %}, {% set name = … %}, {# … #}, and the minus signs that eat white space. */
#include "hand/home/template_value.h"

#define TEXT_MAX 16384
#define OUT_MAX (64u << 10)
#define MEM_MAX (1u << 20)
#define IFS 16

/* One {% if %} that is open: whether its text shows, and whether one of its branches was taken. */
typedef struct branch { bool outer, show, taken; } branch;

typedef struct page {
    tpl t;
    branch open[IFS];
    int n_open;
    bool show;
    bool eat;                     /* white space at the beginning of the next text */
    ond_buf *out;
    size_t from;                  /* where this output began in `out` */
} page;

static bool tag_end(page *g, const char *close)
{
    tpl *t = &g->t;
    ond__tpl_space(t);
    g->eat = t->p < t->end && *t->p == '-';
    if (g->eat)
        t->p++;
    if (t->rc == 0 && t->end - t->p >= 2 && memcmp(t->p, close, 2) == 0) {
        t->p += 2;
        return true;
    }
    ond__tpl_refuse(t, "'%.12s' is not supported in a template", t->p < t->end ? t->p : "an early end");
    return false;
}

/* Trouble in what is shown ends the run; in what is not shown it does not matter. */
static void show_value(page *g, const tv *v)
{
    if (!g->show || g->t.checking)
        return;
    if (v->type == TV_UNDEFINED) {
        tv why = ond__tv_missing(&g->t, v);
        show_value(g, &why);
        return;
    }
    if (v->type == TV_ERROR) {
        char text[100];
        size_t n = v->s.n < sizeof text - 1 ? v->s.n : sizeof text - 1;
        memcpy(text, v->s.p, n);
        text[n] = '\0';
        ond__tpl_refuse(&g->t, "%s", text);
        return;
    }
    ond__tv_print(v, g->out);
}

static void do_if(page *g, const tv *when)
{
    if (g->n_open == IFS) {
        ond__tpl_refuse(&g->t, "more than %d nested conditions are not supported in a template", IFS);
        return;
    }
    if (when->type == TV_ERROR)
        show_value(g, when);
    bool yes = ond__tv_true(when);
    g->open[g->n_open++] = (branch){g->show, yes, yes};
    g->show = g->show && yes;
}

static void do_else(page *g, const tv *when)
{
    if (g->n_open == 0) {
        ond__tpl_refuse(&g->t, "an else without if is not supported in a template");
        return;
    }
    branch *b = &g->open[g->n_open - 1];
    g->show = b->outer && !b->taken;
    if (when && when->type == TV_ERROR)
        show_value(g, when);
    bool yes = !b->taken && (!when || ond__tv_true(when));
    b->taken = b->taken || yes;
    g->show = b->outer && yes;
}

static void do_set(page *g)
{
    tpl *t = &g->t;
    ond_str name = ond__tpl_name(t);
    ond__tpl_space(t);
    if (name.n == 0 || t->p >= t->end || *t->p != '=') {
        ond__tpl_refuse(t, "only {%% set name = value %%} is supported in a template");
        return;
    }
    t->p++;
    tv v = ond__tpl_expression(t);
    if (!g->show && !t->checking)
        return;
    if (t->n_locals == TPL_LOCALS)
        ond__tpl_refuse(t, "more than %d names are not supported in a template", TPL_LOCALS);
    else {
        t->local[t->n_locals].name = name;
        t->local[t->n_locals++].v = v;
    }
}

static void do_tag(page *g)
{
    tpl *t = &g->t;
    ond_str word = ond__tpl_name(t);
    if (ond_str_is(word, "if")) {
        tv when = ond__tpl_expression(t);
        do_if(g, &when);
    } else if (ond_str_is(word, "elif")) {
        tv when = ond__tpl_expression(t);
        do_else(g, &when);
    } else if (ond_str_is(word, "else")) {
        do_else(g, NULL);
    } else if (ond_str_is(word, "endif")) {
        if (g->n_open == 0)
            ond__tpl_refuse(t, "an endif without if is not supported in a template");
        else
            g->show = g->open[--g->n_open].outer;
    } else if (ond_str_is(word, "set")) {
        do_set(g);
    } else {
        ond__tpl_refuse(t, "{%% %.*s %%} is not supported in a template", (int)(word.n > 40 ? 40 : word.n), word.p);
    }
    tag_end(g, "%}");
}

static void do_comment(page *g)
{
    tpl *t = &g->t;
    while (t->p < t->end && !(t->end - t->p >= 2 && t->p[0] == '#' && t->p[1] == '}'))
        t->p++;
    if (t->p >= t->end)
        ond__tpl_refuse(t, "a comment in a template has no end");
    else {
        g->eat = t->p[-1] == '-';
        t->p += 2;
    }
}

static void put_text(page *g, const char *from, const char *to, bool eat_end)
{
    ond_str s = {from, (size_t)(to - from)};
    while (g->eat && s.n > 0 && strchr(" \t\r\n", s.p[0])) {
        s.p++;
        s.n--;
    }
    while (eat_end && s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]))
        s.n--;
    if (g->show && !g->t.checking)
        ond_buf_str(g->out, s);
    g->eat = false;
}

static bool opens(const char *p, const char *end)
{
    return end - p >= 2 && p[0] == '{' && (p[1] == '{' || p[1] == '%' || p[1] == '#');
}

static void run(page *g)
{
    tpl *t = &g->t;
    while (t->p < t->end && t->rc == 0) {
        const char *from = t->p;
        while (t->p < t->end && !opens(t->p, t->end))
            t->p++;
        bool tag = t->p < t->end;
        char kind = tag ? t->p[1] : '\0';
        bool minus = tag && t->end - t->p >= 3 && t->p[2] == '-';
        put_text(g, from, t->p, minus);
        if (!tag)
            break;
        t->p += minus ? 3 : 2;
        if (kind == '{') {
            tv v = ond__tpl_expression(t);
            show_value(g, &v);
            tag_end(g, "}}");
        } else if (kind == '%') {
            do_tag(g);
        } else {
            do_comment(g);
        }
        if (g->out->n - g->from > OUT_MAX)
            ond__tpl_refuse(t, "the result of a template grows too long");
    }
    if (t->rc == 0 && g->n_open > 0)
        ond__tpl_refuse(t, "an if without endif is not supported in a template");
}

/* White space around a result means nothing, as in Home Assistant. */
static void trim(ond_buf *out, size_t from)
{
    if (out->bad || out->n <= from)
        return;
    ond_str s = ond_str_trim((ond_str){out->p + from, out->n - from});
    memmove(out->p + from, s.p, s.n);
    out->n = from + s.n;
    out->p[out->n] = '\0';
}

static int whole(const char *text, const ond__var *vars, size_t n, bool checking, ond_buf *out, ond_err *err)
{
    page g = {.show = true, .out = out, .from = out->n};
    size_t length = strlen(text);
    if (length > TEXT_MAX)
        return ond_fail(err, OND_E_INPUT, "a template over %d bytes is not supported", TEXT_MAX);
    g.t = (tpl){.p = text, .end = text + length, .vars = vars, .n_vars = n, .checking = checking, .err = err};
    g.t.mem.limit = MEM_MAX;
    run(&g);
    for (size_t i = 0; i < g.t.n_owned; i++)
        cJSON_Delete(g.t.owned[i]);
    ond_arena_free(&g.t.mem);
    if (g.t.rc != 0 && out->n > g.from) {
        out->n = g.from;
        out->p[out->n] = '\0';
    }
    trim(out, g.from);
    return g.t.rc;
}

int ond__template_check(const char *text, const char *const *names, ond_err *err)
{
    ond__var vars[16];
    ond_buf out = {0};
    size_t n = 0;
    while (names[n] && n < 16) {
        vars[n] = (ond__var){names[n], OND_S("0"), NULL};
        n++;
    }
    int rc = whole(text, vars, n, true, &out, err);
    ond_buf_free(&out);
    return rc;
}

int ond__template_run(const char *text, const ond__var *vars, size_t n, ond_buf *out, ond_err *err)
{
    return whole(text, vars, n, false, out, err);
}

int ond__template_payload(const char *text, ond_str payload, const cJSON *json, ond_buf *out, ond_err *err)
{
    if (!text || !*text) {
        ond_buf_str(out, payload);
        return OND_OK;
    }
    const ond__var vars[] = {{"value", payload, NULL}, {"value_json", {NULL, 0}, json}};
    return whole(text, vars, 2, false, out, err);
}
