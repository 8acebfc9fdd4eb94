/* dav_xml.c - multistatus bodies (RFC 4918 14.16), read by expat. A document type, and with it
 * every entity, is refused. */
#include "hand/calendar/dav_room.h"
#include "sys/late.h"

#include <expat.h>
#include <stdlib.h>

#define NS '\x1f'
#define DEPTH_MAX 24
#define ROWS_MAX 40000
#define TEXT_MAX (2u << 20)

static struct {
    __typeof__(&XML_ParserCreateNS) create;
    __typeof__(&XML_ParserFree) free;
    __typeof__(&XML_Parse) parse;
    __typeof__(&XML_SetUserData) set_data;
    __typeof__(&XML_SetElementHandler) set_elements;
    __typeof__(&XML_SetCharacterDataHandler) set_text;
    __typeof__(&XML_SetStartDoctypeDeclHandler) set_doctype;
    __typeof__(&XML_StopParser) stop;
} xml;

static int load(ond_err *err)
{
    static const ond_late_fn fns[] = {
        {"XML_ParserCreateNS", &xml.create},
        {"XML_ParserFree", &xml.free},
        {"XML_Parse", &xml.parse},
        {"XML_SetUserData", &xml.set_data},
        {"XML_SetElementHandler", &xml.set_elements},
        {"XML_SetCharacterDataHandler", &xml.set_text},
        {"XML_SetStartDoctypeDeclHandler", &xml.set_doctype},
        {"XML_StopParser", &xml.stop},
    };
    static ond_late library = {"libexpat.so.1", fns, sizeof fns / sizeof *fns, false};
    return ond_late_load(&library, err);
}

typedef struct reader {
    XML_Parser parser;
    ond__dav_rows *out;
    ond__dav_row row, props; /* of the response; of the propstat */
    char names[DEPTH_MAX + 1][40];
    int depth;
    ond_buf text;
    bool multistatus, nomem;
    const char *problem;
} reader;

static void row_free(ond__dav_row *r)
{
    free(r->href);
    free(r->etag);
    free(r->name);
    free(r->data);
    free(r->principal);
    free(r->home);
    *r = (ond__dav_row){0};
}

void ond__dav_rows_free(ond__dav_rows *r)
{
    for (size_t i = 0; i < r->n; i++) row_free(&r->v[i]);
    free(r->v);
    free(r->token);
    *r = (ond__dav_rows){0};
}

static void stop(reader *r, const char *problem)
{
    r->problem = problem;
    xml.stop(r->parser, XML_FALSE);
}

static bool in(const reader *r, int up, const char *name)
{
    int at = r->depth - up;
    return at >= 1 && strcmp(r->names[at], name) == 0;
}

static void take_text(reader *r, char **to)
{
    ond_str s = ond_str_trim((ond_str){ond_buf_z(&r->text), r->text.n});
    free(*to);
    if (!(*to = ond_str_dup(s))) r->nomem = true;
}

static const char *local_name(const char *name)
{
    const char *at = strrchr(name, NS);
    return at ? at + 1 : name;
}

static void take_comp(reader *r, const char **attributes)
{
    r->props.any_comps = true;
    for (; attributes[0]; attributes += 2) {
        if (strcmp(attributes[0], "name") != 0) continue;
        if (strcmp(attributes[1], "VEVENT") == 0) r->props.events = true;
        if (strcmp(attributes[1], "VTODO") == 0) r->props.todos = true;
    }
}

static void on_start(void *self, const char *name, const char **attributes)
{
    reader *r = self;
    if (r->depth >= DEPTH_MAX) {
        stop(r, "it is nested too deeply");
        return;
    }
    strncpy(r->names[++r->depth], local_name(name), sizeof r->names[0] - 1);
    ond_buf_clear(&r->text);
    if (r->depth == 1) r->multistatus = in(r, 0, "multistatus");
    if (in(r, 0, "response") && r->depth == 2) row_free(&r->row);
    if (in(r, 0, "propstat")) row_free(&r->props);
    if (in(r, 0, "calendar") && in(r, 1, "resourcetype")) r->props.calendar = true;
    if (in(r, 0, "comp") && in(r, 1, "supported-calendar-component-set")) take_comp(r, attributes);
}

static int status_of(const reader *r)
{
    const char *space = strchr(ond_buf_z(&r->text), ' ');
    return space ? atoi(space + 1) : 0;
}

static void move(char **to, char **from)
{
    if (!*from) return;
    free(*to);
    *to = *from;
    *from = NULL;
}

/* What stood under "200 OK". */
static void keep_props(reader *r)
{
    ond__dav_row *a = &r->row, *b = &r->props;
    move(&a->etag, &b->etag);
    move(&a->name, &b->name);
    move(&a->data, &b->data);
    move(&a->principal, &b->principal);
    move(&a->home, &b->home);
    a->calendar |= b->calendar;
    a->events |= b->events;
    a->todos |= b->todos;
    a->any_comps |= b->any_comps;
    a->ok = true;
}

static void add_row(reader *r)
{
    ond__dav_rows *o = r->out;
    if (!r->row.href) return;
    if (o->n >= ROWS_MAX) {
        stop(r, "it lists too much");
        return;
    }
    if (o->n == o->cap) {
        size_t cap = o->cap ? o->cap * 2 : 64;
        ond__dav_row *v = realloc(o->v, cap * sizeof *v);
        if (!v) {
            r->nomem = true;
            return;
        }
        o->v = v;
        o->cap = cap;
    }
    o->v[o->n++] = r->row;
    r->row = (ond__dav_row){0};
}

static void on_end(void *self, const char *name)
{
    reader *r = self;
    (void)name;
    bool prop = in(r, 1, "prop");
    if (in(r, 0, "href") && in(r, 1, "response"))
        take_text(r, &r->row.href);
    else if (in(r, 0, "href") && in(r, 1, "current-user-principal"))
        take_text(r, &r->props.principal);
    else if (in(r, 0, "href") && in(r, 1, "calendar-home-set") && !r->props.home)
        take_text(r, &r->props.home);
    else if (in(r, 0, "getetag") && prop)
        take_text(r, &r->props.etag);
    else if (in(r, 0, "displayname") && prop)
        take_text(r, &r->props.name);
    else if (in(r, 0, "calendar-data") && prop)
        take_text(r, &r->props.data);
    else if (in(r, 0, "status") && in(r, 1, "propstat") && status_of(r) == 200)
        keep_props(r);
    else if (in(r, 0, "status") && in(r, 1, "response"))
        r->row.status = status_of(r);
    else if (in(r, 0, "sync-token") && r->depth == 2)
        take_text(r, &r->out->token);
    else if (in(r, 0, "response") && r->depth == 2)
        add_row(r);
    memset(r->names[r->depth], 0, sizeof r->names[0]);
    r->depth--;
    ond_buf_clear(&r->text);
}

static void on_text(void *self, const char *text, int n)
{
    reader *r = self;
    if (r->text.n + (size_t)n > TEXT_MAX)
        stop(r, "a value in it is too long");
    else
        ond_buf_put(&r->text, text, (size_t)n);
}

static void on_doctype(void *self, const char *name, const char *system, const char *public,
                       int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    stop(self, "it has a document type");
}

int ond__dav_parse(ond_str body, ond__dav_rows *out, ond_err *err)
{
    reader *r = NULL;
    *out = (ond__dav_rows){0};
    int rc = load(err);
    if (rc) return rc;
    r = calloc(1, sizeof *r);
    if (r) r->parser = xml.create(NULL, NS);
    if (!r || !r->parser) {
        free(r);
        return ond_nomem(err, "reading the server's answer");
    }
    r->out = out;
    xml.set_data(r->parser, r);
    xml.set_elements(r->parser, on_start, on_end);
    xml.set_text(r->parser, on_text);
    xml.set_doctype(r->parser, on_doctype);
    bool ok = body.n < (1u << 30) &&
              xml.parse(r->parser, body.p ? body.p : "", (int)body.n, 1) == XML_STATUS_OK;
    if (r->nomem || !ond_buf_ok(&r->text))
        rc = ond_nomem(err, "reading the server's answer");
    else if (r->problem || !ok || !r->multistatus)
        rc = ond_fail(err, OND_E_UNAVAILABLE, "the server's answer makes no sense: %s",
                      r->problem ? r->problem
                      : !ok      ? "it is no XML"
                                 : "it is no multistatus");
    row_free(&r->row);
    row_free(&r->props);
    ond_buf_free(&r->text);
    xml.free(r->parser);
    free(r);
    if (rc) ond__dav_rows_free(out);
    return rc;
}

void ond__dav_xml_put(ond_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            ond_buf_puts(out, "&amp;");
        else if (*text == '<')
            ond_buf_puts(out, "&lt;");
        else if (*text == '>')
            ond_buf_puts(out, "&gt;");
        else
            ond_buf_putc(out, *text);
    }
}
