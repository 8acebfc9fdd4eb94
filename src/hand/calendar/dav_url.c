/* dav_url.c - addresses of a CalDAV server. */
#include "hand/calendar/dav_room.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

bool ond__dav_origin(const char *url, ond_buf *out)
{
    size_t scheme = strncasecmp(url, "https://", 8) == 0  ? 8
                    : strncasecmp(url, "http://", 7) == 0 ? 7
                                                          : 0;
    if (!scheme) return false;
    size_t n = strcspn(url + scheme, "/?#");
    if (n == 0 || memchr(url + scheme, '@', n)) return false;
    ond_buf_put(out, url, scheme + n);
    return true;
}

static ond_str host_of(const char *origin)
{
    const char *host = strstr(origin, "://") + 3;
    size_t n = strcspn(host, ":/");
    return (ond_str){host, n};
}

/* The same host, or one of the same domain (caldav.icloud.com sends to p42-caldav.icloud.com),
 * never from https to http. */
static bool of_the_house(const char *from, const char *to)
{
    if (strcasecmp(from, to) == 0) return true;
    if (strncasecmp(to, "https://", 8) != 0) return false;
    ond_str a = host_of(from), b = host_of(to);
    if (a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0) return true;
    const char *dot = memchr(a.p, '.', a.n);
    if (!dot) return false;
    ond_str domain = {dot, a.n - (size_t)(dot - a.p)};
    if (!memchr(domain.p + 1, '.', domain.n - 1) || isdigit((unsigned char)a.p[a.n - 1]))
        return false;
    return b.n > domain.n && strncasecmp(b.p + b.n - domain.n, domain.p, domain.n) == 0;
}

int ond__dav_resolve(const char *base, const char *href, ond_buf *out, ond_err *err)
{
    ond_buf from = {0}, to = {0};
    int rc = 0;
    if (!ond__dav_origin(base, &from))
        OND_TRY(ond_fail(err, OND_E_CONFIG, "'%.100s' is no address of a server", base));
    for (const char *p = href; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            OND_TRY(ond_fail(err, OND_E_INPUT, "the server named an address that is none"));
    if (strstr(href, "://") && !strchr("/.", href[0])) {
        if (!ond__dav_origin(href, &to) || !of_the_house(ond_buf_z(&from), ond_buf_z(&to)))
            OND_TRY(ond_fail(err, OND_E_INPUT,
                             "the server sends to another host, %.100s, which is not followed",
                             href));
        ond_buf_puts(out, href);
    } else if (href[0] == '/') {
        ond_buf_printf(out, "%s%s", ond_buf_z(&from), href);
    } else {
        size_t n = strlen(base);
        while (n && base[n - 1] != '/') n--;
        ond_buf_put(out, base, n);
        ond_buf_puts(out, href);
    }
    if (!ond_buf_ok(out)) rc = ond_nomem(err, "an address");
out:
    ond_buf_free(&from);
    ond_buf_free(&to);
    return rc;
}

void ond__dav_encode(const char *name, ond_buf *out)
{
    for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
        if (isalnum(*p) || strchr("-._~", *p))
            ond_buf_putc(out, (char)*p);
        else
            ond_buf_printf(out, "%%%02X", *p);
    }
}

static int hex(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

void ond__dav_path(const char *href, ond_buf *out)
{
    const char *scheme = strstr(href, "://");
    if (scheme && scheme < strchr(href, '/') + 1) {
        href = strchr(scheme + 3, '/');
        if (!href) href = "/";
    }
    for (const char *p = href; *p && *p != '?' && *p != '#'; p++) {
        bool coded = p[0] == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0;
        ond_buf_putc(out, coded ? (char)(hex(p[1]) * 16 + hex(p[2])) : *p);
        if (coded) p += 2;
    }
    while (out->n > 1 && out->p[out->n - 1] == '/') out->p[--out->n] = '\0';
}

void ond__dav_last(const char *href, ond_buf *out)
{
    ond_buf path = {0};
    ond__dav_path(href, &path);
    const char *slash = strrchr(ond_buf_z(&path), '/');
    ond_buf_puts(out, slash ? slash + 1 : ond_buf_z(&path));
    ond_buf_free(&path);
}
