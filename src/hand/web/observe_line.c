/* observe_line.c - one node, one region, the head: a line each. */
#include "hand/web/observe_line.h"

static const char *const states[OND__STATES] = {
    "checked",  NULL,      "mixed", "expanded", "collapsed", "selected", "disabled",
    "required", "invalid", "focus", "readonly", "multiple",  "pressed"};

/* Roles may come from a page's attribute. */
static void put_word(ond_buf *out, const char *word)
{
    size_t n = 0;
    for (; *word && n < 24; word++) {
        char c = *word;
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
        if (fits) ond_buf_putc(out, c), n++;
    }
    if (n == 0) ond_buf_puts(out, "node");
}

/* Of an address: no blanks, no quotes, ASCII only, so that it ends where it seems to. */
static void put_address(ond_buf *out, const char *url, size_t most)
{
    size_t tokens, begin = out->n;
    for (; *url; url++) {
        char c = *url;
        ond_buf_putc(out, c > 0x20 && c < 0x7F && c != '"' && c != '\\' ? c : '?');
        tokens = ond__tokens((ond_str){out->p ? out->p + begin : "", out->n - begin});
        if (tokens < most) continue;
        ond_buf_puts(out, "…");
        return;
    }
}

static void put_options(ond_buf *out, const ond__node *n, size_t most)
{
    size_t begin = out->n;
    ond_buf_puts(out, " options");
    for (size_t i = 0; i < n->n_options; i++) {
        size_t used = ond__tokens((ond_str){ond_buf_z(out) + begin, out->n - begin});
        if (used + 4 > most) {
            ond_buf_puts(out, " …");
            return;
        }
        ond_buf_putc(out, ' ');
        ond__quote(out, n->options[i], most - used);
    }
}

void ond__line(ond_buf *out, const ond__node *n, unsigned budget, bool bare)
{
    size_t share = budget / 8;
    if (n->mark == '+' || n->mark == '~') ond_buf_putc(out, n->mark);
    ond_buf_printf(out, "%u ", n->id);
    put_word(out, n->role);
    if (n->level > 0 && n->level < 100) ond_buf_printf(out, "%d", n->level);
    if (n->name[0]) ond_buf_putc(out, ' '), ond__quote(out, n->name, bare ? 6 : share);
    if (bare) {
        ond_buf_putc(out, '\n');
        return;
    }
    if (n->value[0]) ond_buf_puts(out, " ="), ond__quote(out, n->value, share / 2);
    if (n->description[0]) ond_buf_puts(out, " hint "), ond__quote(out, n->description, share / 2);
    if (n->n_options) put_options(out, n, share);
    if (n->url[0]) ond_buf_puts(out, " to "), put_address(out, n->url, share / 3);
    for (int i = 0; i < OND__STATES; i++)
        if (n->kind >> i & 1 && states[i]) ond_buf_putc(out, ' '), ond_buf_puts(out, states[i]);
    if (n->covered)
        ond_buf_puts(out, " covered");
    else if (n->off)
        ond_buf_puts(out, " off");
    ond_buf_putc(out, '\n');
}

void ond__line_region(ond_buf *out, const ond__region *r, size_t number)
{
    ond_buf_printf(out, "more: r%zu %s%s%zu node%s", number, r->label, r->label[0] ? " " : "", r->n,
                   r->n == 1 ? "" : "s");
    if (r->interactive) ond_buf_printf(out, " (%zu interactive)", r->interactive);
    ond_buf_putc(out, '\n');
}

void ond__line_head(ond_buf *out, const ond__observation *o, long changed)
{
    const char *name =
        o->url[0] == '/' ? strrchr(o->url, '/') : NULL; /* of a file on this device */
    ond_buf_puts(out, name ? "page …" : "page ");
    put_address(out, name ? name : o->url, 24);
    ond_buf_printf(out, "  t=%u", o->t);
    if (changed >= 0) ond_buf_printf(out, " (delta; %ld of %zu nodes changed)", changed, o->n);
    if (o->sketched) ond_buf_puts(out, " sketch");
    if (o->cut) ond_buf_puts(out, " cut");
    ond_buf_puts(out, "  \"…\" untrusted\n");
}

static void mix(uint64_t *h, const char *text)
{
    for (; *text; text++) *h = (*h ^ (unsigned char)*text) * 0x100000001B3u;
    *h = (*h ^ 0xFF) * 0x100000001B3u;
}

uint64_t ond__line_hash(const ond__node *n)
{
    uint64_t h = 0xCBF29CE484222325u ^ n->kind ^ (uint64_t)n->level << 32;
    h = (h ^ (n->off ? 1u : 0u) ^ (n->covered ? 2u : 0u)) * 0x100000001B3u;
    const char *const texts[] = {n->role, n->name, n->value, n->description, n->url};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) mix(&h, texts[i]);
    for (size_t i = 0; i < n->n_options; i++) mix(&h, n->options[i]);
    return h;
}
