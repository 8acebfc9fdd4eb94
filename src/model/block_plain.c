/* block_plain.c - weights that stay as they lie in the file (OND_PACK_OFF), beside kernels that
 * read panels: panel by panel is packed into the member's own scratch and multiplied there.
 *
 * Slower, but without a copy of the weights; and since a panel is the same bytes as in a packed
 * model, and a row's result does not depend on its neighbours, the same bits. */
#include "model/room.h"

static bool reads(const ond__run *r, const ond_weight *w)
{
    return w->layout == OND_PANEL || !r->kern->panels;
}

/* Panel p as a weight of its own; `which` of the two rooms of the member. */
static ond_weight panel_of(const ond__run *r, const ond_weight *w, int p, int which)
{
    ond_weight one = *w;
    int left = w->n_row - p * OND_PANEL_ROWS;
    one.layout = OND_PANEL;
    one.n_row = left < OND_PANEL_ROWS ? left : OND_PANEL_ROWS;
    one.stride = ond_pack_panel_bytes(w->type, w->n_col);
    one.data = r->own->panel[which];
    ond_pack_panels(w->type, w->data + (size_t)p * OND_PANEL_ROWS * w->stride, one.n_row, w->n_col,
                    0, 1, r->own->panel[which], 0);
    return one;
}

void ond__matmul(ond__run *r, const ond_weight *w, const ond_acts *a, int begin, int end, float *y,
                 size_t y_stride, bool add)
{
    if (reads(r, w)) {
        r->kern->matmul(w, a, begin, end, y, y_stride, add);
        return;
    }
    for (int p = begin; p < end; p++) {
        ond_weight one = panel_of(r, w, p, 0);
        r->kern->matmul(&one, a, 0, 1, y + p * OND_PANEL_ROWS, y_stride, add);
    }
}

void ond__matmul_glu(ond__run *r, const ond_weight *gate, const ond_weight *up, const ond_acts *a,
                     ond_act act, int begin, int end, float *y, size_t y_stride)
{
    if (reads(r, gate)) { /* and so up: both lie alike */
        r->kern->matmul_glu(gate, up, a, act, begin, end, y, y_stride);
        return;
    }
    for (int p = begin; p < end; p++) {
        ond_weight one = panel_of(r, gate, p, 0), two = panel_of(r, up, p, 1);
        r->kern->matmul_glu(&one, &two, a, act, 0, 1, y + p * OND_PANEL_ROWS, y_stride);
    }
}
