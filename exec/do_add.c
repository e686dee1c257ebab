/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ADD of files of the context: a copy, but an archive that is itself a source is unpacked into the
 * destination. Archives keep their modes, and without --chown their owners, as BuildKit has it.
 */
#include <config.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/remote.h"
#include "exec/copy.h"
#include "exec/key.h"
#include "exec/source.h"
#include "exec/work.h"

#include <fcntl.h>
#include <sys/stat.h>

static int add_sources(struct work *w, struct str_vec *out, struct ob_err *err)
{
    const struct op_add *op = &w->job.step->op.add;
    struct str src;
    vec_for (const struct text, t, &op->src) {
        if (work_value(w, *t, &src, err) < 0)
            return -1;
        if (remote_kind(src) != REMOTE_NONE)
            return ob_err_set(err, 0, "\"" STR_FMT "\" can't be fetched by this obexec",
                              STR_ARG(src));
        vec_push(w->b->arena, out, src);
    }
    return 0;
}

int prepare_add(struct work *w, struct ob_err *err)
{
    const struct op_add *op = &w->job.step->op.add;
    struct str chmod;
    struct copy_request *q = &w->request;
    *q = (struct copy_request){
        .style = COPY_DOCKERFILE,
        .exclude = &op->exclude,
    };
    if (work_chmod(w, op->chmod, &chmod, err) < 0)
        return work_fault(w);
    q->set_mode = look_is_octal(chmod);
    if (work_context(w, STR(""), &q->root, &q->ignore, err) < 0 ||
        work_ignore(w, op->has_ignore, &op->ignore, &q->ignore, err) < 0 ||
        add_sources(w, &q->src, err) < 0 || work_manifest(w, q, &w->manifest, err) < 0)
        return work_fault(w);
    work_set_key(w, &w->manifest.digest);
    return 0;
}

static int unpack(struct work *w, const struct manifest_file *f, int fd,
                  const struct copy_target *t, struct ob_err *err)
{
    struct made_dirs made = {.arena = w->b->arena};
    struct str dir = path_clean(w->b->arena, t->dst);
    struct look look = t->look;
    bool has_owner;
    if (work_has_owner(w, w->job.step->op.add.owner, &has_owner, err) < 0)
        return -1;
    look.keep_owner = !has_owner;
    const char *path = dir.n ? arena_cstr(w->b->arena, dir) : "/";
    cleanup_close int made_dir = look_mkdirs(&look, t->root, path, &made, err);
    if (made_dir < 0)
        return -1;
    if (kit_unpack(fd, t->root, dir, &look, err) < 0)
        return ob_err_wrap(err, "can't unpack \"" STR_FMT "\"", STR_ARG(f->source));
    if (source_check(f, fd, "unpacked", err) < 0)
        return -1;
    return look_end_dirs(&look, t->root, &made, err);
}

/* One source that matched. */
static int add_item(struct work *w, const struct manifest_item *item, const struct copy_target *t,
                    struct ob_err *err)
{
    const struct manifest_file *f = w->manifest.files.at[item->first];
    bool wants_unpack = w->job.step->op.add.unpack != CHOICE_NO;
    if (wants_unpack && S_ISREG(f->mode)) {
        struct source source = SOURCE_INIT(w->request.root); /* opens no directory for an item */
        cleanup_close int fd = source_open(&source, f, "unpacked", err);
        if (fd < 0)
            return -1;
        int is_archive = kit_is_archive(fd, err);
        if (is_archive < 0)
            return ob_err_wrap(err, "can't read \"" STR_FMT "\"", STR_ARG(f->source));
        if (is_archive)
            return unpack(w, f, fd, t, err);
    }
    struct manifest alone = w->manifest;
    alone.items.at = (struct manifest_item *)item;
    alone.items.n = 1;
    return copy_apply(&alone, w->request.root, t, err);
}

int do_add(struct work *w, const struct rootfs *root, struct ob_err *err)
{
    const struct op_add *op = &w->job.step->op.add;
    struct copy_target t = {
        .root = root->fd,
        .plain = root->plain,
        .style = COPY_DOCKERFILE,
        .many_sources = op->src.n > 1,
    };
    if (work_value(w, op->dst, &t.dst, err) < 0 ||
        work_chmod(w, op->chmod, &t.look.chmod, err) < 0 ||
        work_look(w, op->owner, op->epoch, root, &t.look, err) < 0)
        return work_fault(w);
    if (w->manifest.items.n == 0)
        dprintf(w->job.output_fd, "warning: no source matches, so nothing is added\n");
    vec_for (const struct manifest_item, item, &w->manifest.items)
        if (add_item(w, item, &t, err) < 0)
            return work_fault(w);
    return 0;
}
