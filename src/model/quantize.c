/* quantize.c - a model file into another of fewer bits.
 *
 * Flow: plan every tensor's type → declare them → tensor by tensor, in pieces of a few MiB: all members of the team take rows,
 * dequantise what is there, quantise, and the piece is written. Memory: a piece, and 256 KiB or a row a member; pages of the input
 * are let go as they are done. */
#include "model/quantize.h"

#include "file/gguf.h"
#include "kern/quant.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { PIECE = 8 << 20, ROWS_FLOATS = 1 << 16 };

typedef struct plan {
    ond_type to, wanted;
    bool weighted;       /* the matrix has an entry that fits */
    bool unweighted;     /* a matrix is given, and has none */
    uint64_t bytes;
} plan;

typedef struct work {
    const ond_quantize_opts *opts;
    const ond_gguf *g;
    ond_gguf_out *o;
    ond_mix_model model;
    int output_type, embd_type;   /* -1: as the mixture says */
    plan *plan;                   /* [tensors] */
    ond_team *team;
    size_t scratch_floats;        /* a member */
    float *scratch;               /* [members, scratch_floats] */
    float *weight;                /* [widest row] */
    unsigned char *piece;
    size_t piece_bytes;
    uint64_t done, all;           /* bytes of the input's tensors */
    ond_quantize_report *report;
} work;

/* ---- which type ---- */

static int type_option(const char *name, int *out, ond_err *err)
{
    ond_type t = OND_F32;
    *out = -1;
    if (!name) return 0;
    if (!ond_type_named(name, &t)) return ond_fail(err, OND_E_INPUT, "there is no tensor type \"%s\"", name);
    *out = (int)t;
    return 0;
}

static int read_int(const ond_gguf *g, ond_str arch, const char *key)
{
    char full[256];
    snprintf(full, sizeof full, "%.*s.%s", (int)(arch.n < 200 ? arch.n : 200), arch.p, key);
    const ond_gguf_value *v = ond_gguf_find(g, full);
    int64_t n = v && v->n > 0 ? ond_gguf_item_int(v, 0) : 0;
    return n > 0 && n < 1 << 20 ? (int)n : 0;
}

static void read_model(work *w)
{
    ond_str arch = ond_gguf_str(w->g, "general.architecture", "");
    w->model = (ond_mix_model){
        .n_layer = read_int(w->g, arch, "block_count"),
        .n_head = read_int(w->g, arch, "attention.head_count"),
        .n_head_kv = read_int(w->g, arch, "attention.head_count_kv"),
        .n_expert = read_int(w->g, arch, "expert_count"),
        .tied = ond_gguf_tensor_find(w->g, "output.weight") == NULL,
        .weighted = w->opts->imatrix != NULL,
    };
}

/* The type that this tensor is to have, whether or not its rows divide. */
static ond_type wish(const work *w, const ond_gguf_tensor *t, const uint64_t *dim)
{
    const ond_quantize_opts *o = w->opts;
    bool output = ond_str_is(t->name, "output.weight"), embd = ond_str_is(t->name, "token_embd.weight");
    ond_type now = (ond_type)t->type;
    if (!ond_mix_takes(t->name, t->n_dim, t->dim) || (o->leave_output && output)) return now;
    if (embd && w->embd_type >= 0) return (ond_type)w->embd_type;
    if ((output || (embd && w->model.tied)) && w->output_type >= 0) return (ond_type)w->output_type;
    if (o->pure) return ond_mix_base(o->mix);
    return ond_mix_type(o->mix, &w->model, t->name, t->n_dim, dim, now);
}

static int plan_tensor(work *w, size_t i, ond_err *err)
{
    const ond_gguf_tensor *t = ond_gguf_tensor_at(w->g, i);
    plan *p = &w->plan[i];
    uint64_t even[OND_GGUF_DIMS];
    memcpy(even, t->dim, sizeof even);
    even[0] = 256;   /* what it would be if rows divided */
    p->wanted = wish(w, t, even);
    p->to = ond_mix_fit(wish(w, t, t->dim), t->dim[0]);
    if (p->to == (ond_type)t->type) p->wanted = p->to;
    if (p->to != (ond_type)t->type && ond_type_block((ond_type)t->type) > 1 && !w->opts->allow_requantize)
        return ond_fail(err, OND_E_INPUT,
                        "the tensor %.*s is %s already; begin with an F16 or F32 model, or allow requantising (--requantize; it loses more)",
                        (int)t->name.n, t->name.p, ond_type_name(t->type));
    uint64_t rows = t->dim[0] ? t->bytes / ond_type_row_bytes((ond_type)t->type, t->dim[0]) : 0;
    size_t row = ond_type_row_bytes(p->to, t->dim[0]);
    if (row == 0 || rows > SIZE_MAX / row)
        return ond_fail(err, OND_E_INPUT, "the tensor %.*s cannot be %s", (int)t->name.n, t->name.p, ond_type_name(p->to));
    p->bytes = rows * row;
    size_t n_col, n_mat;
    if (w->opts->imatrix && ond_type_block(p->to) > 1 && p->to != (ond_type)t->type) {
        bool found = ond_imatrix_find(w->opts->imatrix, t->name, &n_col, &n_mat), embd = ond_str_is(t->name, "token_embd.weight");
        uint64_t mats = t->dim[2] * t->dim[3];
        bool fits = found && n_col == t->dim[0] && n_mat == mats;
        if (found && !fits && n_mat == 1 && n_col == t->dim[0] * mats) fits = true;   /* the older form, experts in a row */
        if (found && !fits && !embd)
            return ond_fail(err, OND_E_INPUT, "the importance matrix is of another model: %.*s has %zu columns in %zu matrices there, %llu in %llu here",
                            (int)t->name.n, t->name.p, n_col, n_mat, (unsigned long long)t->dim[0], (unsigned long long)mats);
        p->weighted = fits;
        p->unweighted = !fits;
    }
    return 0;
}

static int plan_all(work *w, ond_err *err)
{
    size_t n = ond_gguf_n_tensors(w->g), widest = 1;
    w->plan = calloc(n ? n : 1, sizeof *w->plan);
    if (!w->plan) return ond_nomem(err, "planning a model");
    for (size_t i = 0; i < n; i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(w->g, i);
        int rc = plan_tensor(w, i, err);
        if (rc != 0) return rc;
        w->all += t->bytes;
        w->report->bytes_from += t->bytes;
        w->report->bytes_to += w->plan[i].bytes;
        w->report->n_changed += w->plan[i].to != (ond_type)t->type;
        w->report->n_fallback += w->plan[i].to != w->plan[i].wanted;
        w->report->n_unweighted += w->plan[i].unweighted;
        if (w->plan[i].to != (ond_type)t->type && t->dim[0] > widest) widest = (size_t)t->dim[0];
        size_t row = ond_type_row_bytes(w->plan[i].to, t->dim[0]);
        if (w->plan[i].to != (ond_type)t->type && row > w->piece_bytes) w->piece_bytes = row;
    }
    w->report->n_tensor = n;
    if (w->piece_bytes < PIECE) w->piece_bytes = PIECE;
    w->scratch_floats = widest > ROWS_FLOATS ? widest : ROWS_FLOATS;
    size_t members = (size_t)ond_team_size(w->team);
    if (w->scratch_floats > SIZE_MAX / sizeof(float) / members) return ond_nomem(err, "rows of a tensor");
    w->scratch = malloc(members * w->scratch_floats * sizeof(float));
    w->weight = malloc(widest * sizeof(float));
    w->piece = malloc(w->piece_bytes);
    return w->scratch && w->weight && w->piece ? 0 : ond_nomem(err, "rows of a tensor");
}

/* ---- rows ---- */

typedef struct rows {          /* one piece: rows of one matrix of a tensor */
    const work *w;
    ond_type from, to;
    size_t n_col, in_stride, out_stride;
    const unsigned char *in;
    unsigned char *out;
    size_t first;              /* number of the first row, for errors */
    int n, step;
    const float *weight;       /* or NULL */
    ond_err *failed;           /* [members] */
} rows;

static void take_rows(void *self, ond_member *me)
{
    rows *r = self;
    float *x = r->w->scratch + (size_t)me->index * r->w->scratch_floats;
    int begin, end;
    while (ond_member_take(me, r->n, r->step, &begin, &end)) {
        if (r->failed[me->index].code) continue;
        size_t n = (size_t)(end - begin);
        for (size_t i = 0; i < n; i++)
            ond_dequant(r->from, r->in + ((size_t)begin + i) * r->in_stride, r->n_col, x + i * r->n_col);
        ond_err e = {0};
        if (ond_quant(r->to, x, n, r->n_col, r->weight, r->out + (size_t)begin * r->out_stride, &e) != 0) {
            ond_err_prefix(&e, "in the rows from %zu", r->first + (size_t)begin);
            r->failed[me->index] = e;
        }
    }
}

static int run_piece(work *w, rows *r, ond_err *err)
{
    int members = ond_team_size(w->team);
    ond_err failed[256];
    for (int i = 0; i < members; i++) failed[i].code = OND_OK;
    r->failed = failed;
    ond_team_run(w->team, take_rows, r);
    for (int i = 0; i < members; i++)
        if (failed[i].code) {
            if (err) *err = failed[i];
            return failed[i].code;
        }
    return ond_gguf_write(w->o, r->out, (size_t)r->n * r->out_stride, err);
}

static int tell(const work *w, size_t i, bool begins, ond_err *err)
{
    const ond_gguf_tensor *t = ond_gguf_tensor_at(w->g, i);
    const plan *p = &w->plan[i];
    ond_quantize_step s = {.at = i, .n = w->report->n_tensor, .name = t->name, .n_dim = t->n_dim, .dim = t->dim,
                           .from = (ond_type)t->type, .to = p->to, .wanted = p->wanted, .unweighted = p->unweighted,
                           .bytes_from = t->bytes, .bytes_to = p->bytes, .begins = begins,
                           .share = w->all ? (double)w->done / (double)w->all : 1};
    if (!w->opts->progress || w->opts->progress(w->opts->self, &s)) return 0;
    return ond_fail(err, OND_E_INTERRUPTED, "stopped at the tensor %.*s", (int)t->name.n, t->name.p);
}

/* The importance of matrix `mat`; in the older form experts lie in one row, one after another. */
static int load_weight(work *w, const ond_gguf_tensor *t, size_t mat, ond_err *err)
{
    size_t n_col = 0, n_mat = 0;
    (void)ond_imatrix_find(w->opts->imatrix, t->name, &n_col, &n_mat);
    if (n_col == t->dim[0]) {
        ond_imatrix_get(w->opts->imatrix, t->name, mat, w->weight);
        return 0;
    }
    float *all = malloc(n_col * sizeof *all);
    if (!all) return ond_nomem(err, "an importance matrix");
    ond_imatrix_get(w->opts->imatrix, t->name, 0, all);
    memcpy(w->weight, all + mat * t->dim[0], (size_t)t->dim[0] * sizeof *all);
    free(all);
    return 0;
}

static int convert(work *w, size_t i, ond_err *err)
{
    const ond_gguf_tensor *t = ond_gguf_tensor_at(w->g, i);
    const plan *p = &w->plan[i];
    size_t n_col = (size_t)t->dim[0], n_row = (size_t)t->dim[1], n_mat = (size_t)(t->dim[2] * t->dim[3]);
    rows r = {.w = w, .from = (ond_type)t->type, .to = p->to, .n_col = n_col, .in_stride = ond_type_row_bytes((ond_type)t->type, n_col),
              .out_stride = ond_type_row_bytes(p->to, n_col), .out = w->piece, .weight = p->weighted ? w->weight : NULL};
    size_t most = w->piece_bytes / r.out_stride, step = w->scratch_floats / n_col;
    if (most > 1 << 20) most = 1 << 20;
    for (size_t mat = 0; mat < n_mat; mat++) {
        int rc = p->weighted ? load_weight(w, t, mat, err) : 0;
        for (size_t row = 0; row < n_row && rc == 0; row += (size_t)r.n) {
            r.first = mat * n_row + row;
            r.in = t->p + r.first * r.in_stride;
            r.n = (int)(n_row - row < most ? n_row - row : most);
            size_t share = (size_t)r.n / (size_t)ond_team_size(w->team) / 4 + 1;
            r.step = (int)(step < share ? step : share);
            rc = run_piece(w, &r, err);
            w->done += (uint64_t)r.n * r.in_stride;
            if (rc == 0) rc = tell(w, i, false, err);
        }
        if (rc != 0) return rc;
    }
    return 0;
}

static int copy(work *w, size_t i, ond_err *err)
{
    const ond_gguf_tensor *t = ond_gguf_tensor_at(w->g, i);
    int rc = ond_gguf_write(w->o, t->p, t->bytes, err);
    w->done += t->bytes;
    return rc ? rc : tell(w, i, false, err);
}

static int write_tensor(work *w, size_t i, ond_err *err)
{
    const ond_gguf_tensor *t = ond_gguf_tensor_at(w->g, i);
    int rc = tell(w, i, true, err);
    if (rc != 0) return rc;
    rc = w->plan[i].to == (ond_type)t->type ? copy(w, i, err) : convert(w, i, err);
    if (rc != 0 && rc != OND_E_INTERRUPTED && rc != OND_E_IO) ond_err_prefix(err, "the tensor %.*s", (int)t->name.n, t->name.p);
    ond_map_drop(ond_gguf_map(w->g, t->part), (size_t)t->offset, t->bytes);
    return rc;
}

/* ---- the file ---- */

static void put_keys(work *w)
{
    const ond_quantize_opts *o = w->opts;
    for (size_t i = 0; i < ond_gguf_n_values(w->g); i++) {
        const ond_gguf_value *v = ond_gguf_value_at(w->g, i);
        if (v->key.n < 6 || memcmp(v->key.p, "split.", 6) != 0) ond_gguf_put_value(w->o, v);   /* one file comes out */
    }
    ond_gguf_put_u32(w->o, "general.quantization_version", 2);
    ond_gguf_put_u32(w->o, "general.file_type", (uint32_t)o->mix);
    if (!o->imatrix) return;
    ond_gguf_put_str(w->o, "quantize.imatrix.file", ond_str_of(o->imatrix_path));
    ond_gguf_put_str(w->o, "quantize.imatrix.dataset", ond_str_of(ond_imatrix_dataset(o->imatrix)));
    ond_gguf_put_u32(w->o, "quantize.imatrix.entries_count", (uint32_t)ond_imatrix_count(o->imatrix));
    ond_gguf_put_u32(w->o, "quantize.imatrix.chunks_count", ond_imatrix_chunks(o->imatrix));
}

static int write_all(work *w, const char *out, ond_err *err)
{
    int rc = ond_gguf_create(out, &w->o, err);
    if (rc != 0) return rc;
    put_keys(w);
    size_t n = ond_gguf_n_tensors(w->g);
    for (size_t i = 0; i < n; i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(w->g, i);
        ond_gguf_declare(w->o, t->name, (uint32_t)w->plan[i].to, t->n_dim, t->dim);
    }
    for (size_t i = 0; i < n && rc == 0; i++) rc = write_tensor(w, i, err);
    if (rc == 0) return ond_gguf_commit(w->o, err);
    ond_gguf_abort(w->o);
    return rc;
}

int ond_quantize(const char *in, const char *out, const ond_quantize_opts *opts, ond_quantize_report *report, ond_err *err)
{
    ond_quantize_report ignored;
    ond_gguf *g = NULL;
    work w = {.opts = opts, .report = report ? report : &ignored};
    int rc = 0;
    *w.report = (ond_quantize_report){0};
    OND_TRY(type_option(opts->output_type, &w.output_type, err));
    OND_TRY(type_option(opts->embd_type, &w.embd_type, err));
    OND_TRY(ond_gguf_open(in, &g, err));
    w.g = g;
    if (ond_gguf_is_file(g, out)) OND_TRY(ond_fail(err, OND_E_INPUT, "%s is the model that is read; give the new file another name", out));
    if (opts->imatrix_path && ond_file_same(opts->imatrix_path, out))
        OND_TRY(ond_fail(err, OND_E_INPUT, "%s is the importance matrix; give the new file another name", out));
    w.team = opts->team;
    if (!w.team) OND_TRY(ond_team_open(0, &w.team, err));
    read_model(&w);
    OND_TRY(plan_all(&w, err));
    rc = write_all(&w, out, err);
out:
    free(w.plan);
    free(w.scratch);
    free(w.weight);
    free(w.piece);
    if (!opts->team) ond_team_close(w.team);
    ond_gguf_close(g);
    return rc;
}
