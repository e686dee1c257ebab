/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COPY, from a context or from a step. Its key depends on the files that it takes. Of a step's
 * result, which never changes, that is worked out once and then remembered: the files are looked at
 * again only if they are to be copied.
 */
#include <config.h>

#include "exec/copy.h"
#include "exec/digests.h"
#include "exec/work.h"

#include <stdio.h>
#include <sys/stat.h>

static int find_keeps_owner(const struct work *w, bool *keeps, struct ob_err *err)
{
    const struct op_copy *op = &w->job.step->op.copy;
    bool has_owner;
    if (work_has_owner(w, op->owner, &has_owner, err) < 0)
        return -1;
    *keeps = op->source == COPY_FROM_STEP && op->style == COPY_DOCKERFILE && !has_owner;
    return 0;
}

static int open_copied_context(struct work *w, struct copy_request *q, struct ob_err *err)
{
    const struct op_copy *op = &w->job.step->op.copy;
    if (work_context(w, op->context, &q->root, &q->ignore, err) < 0)
        return work_fault(w);
    if (op->style == COPY_SPEC)
        q->ignore = NULL;
    else if (work_ignore(w, op->has_ignore, &op->ignore, &q->ignore, err) < 0)
        return work_fault(w);
    return 0;
}

static int open_copy_source(struct work *w, struct copy_request *q, struct ob_err *err)
{
    if (w->job.step->op.copy.source == COPY_FROM_CONTEXT)
        return open_copied_context(w, q, err);
    if (work_open_read(w, 0, &w->source, err) < 0)
        return -1;
    q->root = w->source.fd;
    q->is_result = true;
    return 0;
}

static int find_sources(const struct work *w, struct copy_request *q, struct ob_err *err)
{
    struct str src;
    vec_for (const struct text, t, &w->job.step->op.copy.src) {
        if (work_value(w, *t, &src, err) < 0)
            return -1;
        vec_push(w->b->arena, &q->src, src);
    }
    return 0;
}

static void hash_list(struct sha256 *h, const struct str_vec *list)
{
    uint64_t n = list->n;
    sha256_add(h, &n, sizeof n);
    vec_for (const struct str, s, list) {
        n = s->n;
        sha256_add(h, &n, sizeof n);
        sha256_add(h, s->p, s->n);
    }
}

/* The name of what a request takes from a step's result. A result of the same key may be another
 * after it was deleted and built again, so the times of its root count: its key alone says what it
 * was made of, not what came out. False if it can't be told. */
static bool name_request(const struct work *w, struct digest *out)
{
    const struct copy_request *q = &w->request;
    struct sha256 h;
    struct stat st;
    if (fstat(q->root, &st) < 0 || st.st_ctim.tv_nsec == 0)
        return false;
    const uint64_t numbers[] = {
        q->style,
        q->keep_owner,
        q->parents,
        q->set_mode,
        st.st_ino,
        (uint64_t)st.st_ctim.tv_sec,
        (uint64_t)st.st_ctim.tv_nsec,
    };
    sha256_init(&h);
    sha256_add(&h, w->job.reads[0].b, SHA256_BYTES);
    sha256_add(&h, numbers, sizeof numbers);
    hash_list(&h, &q->src);
    hash_list(&h, q->exclude);
    sha256_final(&h, out);
    return true;
}

static int make_manifest(struct work *w, struct ob_err *err)
{
    w->has_manifest = true;
    return work_manifest(w, &w->request, &w->manifest, err) < 0 ? work_fault(w) : 0;
}

static int make_key(struct work *w, struct ob_err *err)
{
    struct digest name, known;
    bool has_name = w->job.step->op.copy.source == COPY_FROM_STEP && name_request(w, &name);
    if (has_name && digests_recall(w->b->layout.state, &name, &known)) {
        work_set_key(w, &known);
        return 0;
    }
    if (make_manifest(w, err) < 0)
        return -1;
    if (has_name)
        digests_note(w->b->layout.state, &name, &w->manifest.digest);
    work_set_key(w, &w->manifest.digest);
    return 0;
}

int prepare_copy(struct work *w, struct ob_err *err)
{
    const struct op_copy *op = &w->job.step->op.copy;
    struct copy_request *q = &w->request;
    struct str chmod;
    *q = (struct copy_request){
        .style = op->style,
        .exclude = &op->exclude,
        .parents = op->parents,
    };
    if (work_chmod(w, op->chmod, &chmod, err) < 0 || find_keeps_owner(w, &q->keep_owner, err) < 0)
        return work_fault(w);
    q->set_mode = look_is_octal(chmod);
    if (open_copy_source(w, q, err) < 0)
        return -1;
    return find_sources(w, q, err) < 0 ? work_fault(w) : make_key(w, err);
}

/* The files, where the key was made of what was remembered of them. */
static int recheck(struct work *w, struct ob_err *err)
{
    if (make_manifest(w, err) < 0)
        return -1;
    if (digest_eq(&w->manifest.digest, &w->input))
        return 0;
    return ob_err_set(err, 0, "the result that is copied from has changed in the store");
}

int do_copy(struct work *w, const struct rootfs *root, struct ob_err *err)
{
    const struct op_copy *op = &w->job.step->op.copy;
    struct look look = {0};
    struct str dst;
    if (work_value(w, op->dst, &dst, err) < 0 || work_chmod(w, op->chmod, &look.chmod, err) < 0 ||
        find_keeps_owner(w, &look.keep_owner, err) < 0 ||
        work_look(w, op->owner, op->epoch, root, &look, err) < 0)
        return work_fault(w);
    if (!w->has_manifest && recheck(w, err) < 0)
        return -1;
    struct copy_target t = {
        .root = root->fd,
        .plain = root->plain,
        .style = op->style,
        .dst = dst,
        .look = look,
        .many_sources = op->src.n > 1,
        .parents = op->parents,
    };
    if (w->manifest.items.n == 0)
        dprintf(w->job.output_fd, "warning: no source matches, so nothing is copied\n");
    return copy_apply(&w->manifest, w->request.root, &t, err) < 0 ? work_fault(w) : 0;
}
