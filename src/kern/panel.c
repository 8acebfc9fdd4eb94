/* panel.c - walks panels and groups of tokens for every kernel set; the tile is the set's own.
 *
 * Many tokens: a run of groups whose activations stay in the level-2 cache meets all panels [begin,
 * end), then the next run; the caller's chunk of panels is small enough to stay there too. Within
 * that, a pair of panels meets group after group.
 *
 * Few tokens (one group) are bound by memory: each weight is read once, as many panels at once as
 * the set likes (with AVX-512 one: a single stream is read fastest). */
#include "kern/panel.h"

#include <assert.h>

enum { ROWS = OND_PANEL_ROWS, RUN_BYTES = 384 * 1024 };

static const unsigned char *panel_at(const ond_weight *w, int p)
{
    return w->data + (size_t)p * w->stride;
}

static float scale_of(const ond_weight *w) { return w->scale != 0 ? w->scale : 1; }

/* Groups whose activations stay cached together. */
static int run_of(const ond_acts *a)
{
    size_t n = RUN_BYTES / (6 * ond__acts_token(a->kind, a->n_col));
    return n < 2 ? 2 : n > 64 ? 64 : (int)n;
}

/* 16 rows of the group's tokens, from a tile's [T][16]. */
static void put_rows(const ond_weight *w, const ond_acts *a, int group, int p, const float *out,
                     float *y, size_t y_stride, bool add)
{
    int rows = w->n_row - p * ROWS < ROWS ? w->n_row - p * ROWS : ROWS,
        n = ond__group_tokens(a->n_tok, group);
    y += (size_t)(group * ond__group_of(a->n_tok)) * y_stride + (size_t)p * ROWS;
    if (rows == ROWS && !add) {
        for (int t = 0; t < n; t++)
            memcpy(y + (size_t)t * y_stride, out + t * ROWS, ROWS * sizeof *y);
        return;
    }
    for (int t = 0; t < n; t++)
        for (int r = 0; r < rows; r++) {
            float *to = y + (size_t)t * y_stride + r;
            *to = add ? *to + out[t * ROWS + r] : out[t * ROWS + r];
        }
}

static void scale_tile(float *out, int n, float scale)
{
    if (scale == 1) return;
    for (int i = 0; i < n; i++) out[i] *= scale;
}

static void prepare(ond__tile *tile, const ond_weight *w, const ond_acts *a, int group, bool cold)
{
    tile->cold = cold;
    tile->type = w->type;
    tile->n_col = w->n_col;
    tile->width = ond__width(ond__group_tokens(a->n_tok, group));
    tile->x = ond__acts_group(a, group);
}

static void into_buffer(ond__tile *tile, float *out)
{
    tile->out = out;
    tile->panel_step = (size_t)tile->width * ROWS;
    tile->token_step = ROWS;
    tile->add = false;
}

/* Tile by way of a buffer: a scale, fewer rows or tokens than it has. */
static void through_buffer(const ond__tiler *k, ond__tile *tile, const ond_weight *w,
                           const ond_acts *a, int group, int p, float *y, size_t y_stride, bool add)
{
    _Alignas(64) float out[4 * OND__GROUP_MAX * ROWS];
    into_buffer(tile, out);
    k->tile(tile);
    scale_tile(out, tile->n_panel * tile->width * ROWS, scale_of(w));
    for (int i = 0; i < tile->n_panel; i++)
        put_rows(w, a, group, p + i, out + i * tile->width * ROWS, y, y_stride, add);
}

/* 4, 2 or 1 panels: what is wanted and left. */
static int panels_now(const ond__tiler *k, int n_group, int left)
{
    int most = n_group == 1 ? k->most_few : k->most;
    while (most > left) most /= 2;
    return most;
}

void ond__panel_matmul(const ond__tiler *k, const ond_weight *w, const ond_acts *a, int begin,
                       int end, float *y, size_t y_stride, bool add)
{
    assert(w->layout == OND_PANEL && a->n_col == w->n_col);
    ond__tile tile = {0};
    bool plain = k->direct && scale_of(w) == 1;
    int run = run_of(a), n = ond__groups(a->n_tok);
    for (int first = 0; first < n; first += run)
        for (int p = begin, step; p < end; p += step) {
            step = tile.n_panel = panels_now(k, n, end - p);
            for (int i = 0; i < step; i++) tile.w[i] = panel_at(w, p + i);
            for (int g = first; g < n && g < first + run; g++) {
                prepare(&tile, w, a, g, g == first);
                bool whole =
                    tile.width == ond__group_tokens(a->n_tok, g) && (p + step) * ROWS <= w->n_row;
                if (!plain || !whole) {
                    through_buffer(k, &tile, w, a, g, p, y, y_stride, add);
                    continue;
                }
                tile.out = y + (size_t)(g * ond__group_of(a->n_tok)) * y_stride + (size_t)p * ROWS;
                tile.panel_step = ROWS;
                tile.token_step = y_stride;
                tile.add = add;
                k->tile(&tile);
            }
        }
}

/* The two results of a panel of gate and one of up: out[0 … T) and out[T … 2T). */
static void glu_tile(const ond__tiler *k, const ond_weight *gate, const ond_weight *up, int most,
                     ond__tile *tile, int p)
{
    int n = tile->width * ROWS;
    float *out = tile->out;
    tile->w[0] = panel_at(gate, p);
    tile->w[1] = panel_at(up, p);
    tile->n_panel = 2;
    if (gate->type == up->type && most > 1) {
        k->tile(tile);
        return;
    }
    tile->n_panel = 1;
    k->tile(tile);
    tile->type = up->type;
    tile->w[0] = tile->w[1];
    tile->out = out + n;
    k->tile(tile);
    tile->out = out;
}

void ond__panel_glu(const ond__tiler *k, const ond_weight *gate, const ond_weight *up,
                    const ond_acts *a, ond_act act, int begin, int end, float *y, size_t y_stride)
{
    assert(gate->layout == OND_PANEL && up->layout == OND_PANEL && gate->n_col == up->n_col &&
           a->n_col == up->n_col);
    _Alignas(64) float out[2 * OND__GROUP_MAX * ROWS];
    ond__tile tile = {0};
    int run = run_of(a), n = ond__groups(a->n_tok);
    for (int first = 0; first < n; first += run)
        for (int p = begin; p < end; p++)
            for (int g = first; g < n && g < first + run; g++) {
                prepare(&tile, gate, a, g, g == first);
                into_buffer(&tile, out);
                glu_tile(k, gate, up, n == 1 ? k->most_few : k->most, &tile, p);
                int m = tile.width * ROWS;
                scale_tile(out, m, scale_of(gate));
                scale_tile(out + m, m, scale_of(up));
                k->act_mul(act, out, out + m, m, out);
                put_rows(gate, a, g, p, out, y, y_stride, false);
            }
}
