/* gguf_value.c - metadata as numbers and strings: conversions between kinds, checked. */
#include "file/room.h"

#include <math.h>

const char *ond__kind_name(ond_gguf_kind kind)
{
    static const char *const names[] = {"u8", "i8", "u16", "i16", "u32", "i32", "f32",
                                        "a bool", "a string", "an array", "u64", "i64", "f64"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

size_t ond__kind_bytes(ond_gguf_kind kind)
{
    static const unsigned char bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return (unsigned)kind < sizeof bytes ? bytes[kind] : 0;
}

const char *ond__gguf_shown(ond_str s, char out[OND__SHOWN])
{
    size_t n = s.n < OND__SHOWN - 4 ? s.n : OND__SHOWN - 4;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        out[i] = c >= 0x21 && c <= 0x7E ? (char)c : '?';
    }
    memcpy(out + n, n < s.n ? "..." : "", n < s.n ? 4 : 1);
    return out;
}

static bool is_int(ond_gguf_kind k)
{
    return k != OND_GGUF_F32 && k != OND_GGUF_F64 && k != OND_GGUF_STR && k != OND_GGUF_ARRAY;
}

/* Item i as an integer; false when it is none, or larger than int64_t. */
static bool item_int(const ond_gguf_value *v, uint64_t i, int64_t *out)
{
    if (i >= v->n || !is_int(v->item)) return false;
    size_t size = ond__kind_bytes(v->item);
    uint64_t u = ond__le(v->p + i * size, size);
    switch (v->item) {
    case OND_GGUF_I8: *out = (int8_t)u; return true;
    case OND_GGUF_I16: *out = (int16_t)u; return true;
    case OND_GGUF_I32: *out = (int32_t)u; return true;
    case OND_GGUF_BOOL: *out = u != 0; return true;
    case OND_GGUF_U64: *out = (int64_t)u; return u <= INT64_MAX;
    default: *out = (int64_t)u; return true;
    }
}

static bool item_num(const ond_gguf_value *v, uint64_t i, double *out)
{
    int64_t whole;
    if (item_int(v, i, &whole)) {
        *out = (double)whole;
        return true;
    }
    if (i >= v->n) return false;
    if (v->item == OND_GGUF_F32) {
        uint32_t u = (uint32_t)ond__le(v->p + i * 4, 4);
        float f;
        memcpy(&f, &u, 4);
        *out = (double)f;
        return true;
    }
    if (v->item != OND_GGUF_F64) return false;
    uint64_t u = ond__le(v->p + i * 8, 8);
    memcpy(out, &u, 8);
    return true;
}

int ond__value_int(const ond_gguf_value *v, const char *file, const char *key, int64_t low,
                   int64_t high, int64_t otherwise, int64_t *out, ond_err *err)
{
    *out = otherwise;
    if (!v) return OND_OK;
    if (!is_int(v->kind) || v->kind == OND_GGUF_ARRAY)
        return ond_fail(err, OND_E_INPUT, "%s: %s is %s, and a whole number is expected", file, key,
                        ond__kind_name(v->kind));
    int64_t n;
    if (!item_int(v, 0, &n))
        return ond_fail(err, OND_E_INPUT, "%s: %s is too large a number", file, key);
    if (n < low || n > high)
        return ond_fail(err, OND_E_INPUT, "%s: %s is %lld, and %lld to %lld are possible", file, key,
                        (long long)n, (long long)low, (long long)high);
    *out = n;
    return OND_OK;
}

int ond_gguf_int(const ond_gguf *g, const char *key, int64_t low, int64_t high, int64_t otherwise,
                 int64_t *out, ond_err *err)
{
    return ond__value_int(ond_gguf_find(g, key), g->path, key, low, high, otherwise, out, err);
}

int ond_gguf_num(const ond_gguf *g, const char *key, double otherwise, double *out, ond_err *err)
{
    const ond_gguf_value *v = ond_gguf_find(g, key);
    *out = otherwise;
    if (!v) return OND_OK;
    double d;
    if (v->kind == OND_GGUF_ARRAY || !item_num(v, 0, &d))
        return ond_fail(err, OND_E_INPUT, "%s: %s is %s, and a number is expected", g->path, key,
                        ond__kind_name(v->kind));
    if (!isfinite(d))
        return ond_fail(err, OND_E_INPUT, "%s: %s is not a finite number", g->path, key);
    *out = d;
    return OND_OK;
}

bool ond_gguf_bool(const ond_gguf *g, const char *key, bool otherwise)
{
    const ond_gguf_value *v = ond_gguf_find(g, key);
    int64_t n;
    return v && v->kind != OND_GGUF_ARRAY && item_int(v, 0, &n) ? n != 0 : otherwise;
}

ond_str ond_gguf_str(const ond_gguf *g, const char *key, const char *otherwise)
{
    const ond_gguf_value *v = ond_gguf_find(g, key);
    size_t at = 0;
    ond_str s;
    return v && v->kind == OND_GGUF_STR && ond_gguf_next_str(v, &at, &s) ? s
                                                                         : ond_str_of(otherwise);
}

int64_t ond_gguf_item_int(const ond_gguf_value *v, uint64_t i)
{
    int64_t n;
    return item_int(v, i, &n) ? n : 0;
}

double ond_gguf_item_num(const ond_gguf_value *v, uint64_t i)
{
    double d;
    return item_num(v, i, &d) ? d : 0;
}

bool ond_gguf_next_str(const ond_gguf_value *v, size_t *at, ond_str *out)
{
    *out = (ond_str){"", 0};
    if (v->item != OND_GGUF_STR || *at >= v->bytes) return false;
    *out = (ond_str){(const char *)v->p + *at + 8, (size_t)ond__le(v->p + *at, 8)};
    *at += 8 + out->n;
    return true;
}
