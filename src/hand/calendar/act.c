/* act.c - acts: the verb is worked out again from its exact arguments and written. Files take their
 * place whole. */
#include "hand/calendar/dav.h"
#include "hand/calendar/internal.h"

static int write_all(ond__cal *h, const ond__cal_work *w, ond_err *err)
{
    int rc = w->make ? ond__cal_folder_make(h, w->make, w->label, w->make_list, err) : OND_OK;
    for (size_t i = 0; i < w->n_file && rc == 0; i++) {
        const ond__cal_file *f = &w->file[i];
        rc = ond__cal_write(h, f->folder, f->name,
                            f->removes ? (ond_str){0} : (ond_str){ond_buf_z(&f->bytes), f->bytes.n},
                            err);
    }
    if (rc == 0 && w->drop) ond__cal_folder_drop(h, w->drop);
    return rc;
}

static int act_one(ond__cal *h, ond_act *a, ond_ms limit_ms)
{
    ond__cal_work w;
    int rc = ond__cal_work_out(h, a->verb, a->args, &w, &a->err);
    if (rc) return rc;
    a->done = OND_DONE_OK;
    if (w.syncs)
        rc = ond__dav_run(h, a, limit_ms);
    else if (w.step.already)
        a->done = OND_DONE_ALREADY;
    else if (w.n_file)
        rc = write_all(h, &w, &a->err);
    if (rc == 0 && w.n_file && !w.step.already) ond__dav_soon(h);
    ond__cal_work_free(&w);
    return rc;
}

void ond__cal_act(void *self, ond_act *acts, size_t n, ond_ms limit_ms)
{
    ond__cal *h = self;
    for (size_t i = 0; i < n; i++) {
        ond_act *a = &acts[i];
        a->after = NULL;
        a->err = (ond_err){0};
        if (act_one(h, a, limit_ms) != 0) a->done = OND_DONE_FAILED;
        bool shows = a->expect && a->expect->child && !a->after;
        ond_err unseen;
        if (shows && (ond__cal_scan(h, &unseen) != 0 ||
                      ond__cal_observe(h, a->verb, a->args, &a->after, &unseen) != 0))
            a->after = NULL;
    }
    ond__cal_keep_told(h);
}
