/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step that runs a command, and what its mounts show of the build. A step's result is shown as
 * it lies in the store, read-only. The context is shown as a copy, so that ignored files are not
 * there and the command sees what the key was made of; what may be written to is a copy too, and
 * gone with the step.
 */
#include <config.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "exec/copy.h"
#include "exec/isolate.h"
#include "exec/key.h"
#include "exec/run_cancel.h"
#include "exec/run_cfg.h"
#include "exec/secret.h"
#include "exec/work.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct shown {
    const struct ir_mount *mount;
    int root;           /* of the manifest: the context, or the step */
    struct rootfs step; /* MOUNT_FROM_STEP; opened only if the command runs */
    size_t read;        /* which of the reads it is */
    struct str source;
    struct manifest manifest; /* of what is copied */
};

static int make_manifest(struct work *w, struct shown *s, struct ob_err *err)
{
    static const struct str_vec none;
    const struct ir_mount *m = s->mount;
    struct copy_request q = {
        .root = s->root,
        .style = COPY_DOCKERFILE,
        .is_literal = true,
        .exclude = &none,
        .keep_owner = m->from == MOUNT_FROM_STEP,
        .is_result = m->from == MOUNT_FROM_STEP,
    };
    if (m->from == MOUNT_FROM_CONTEXT &&
        (work_context(w, m->context, &q.root, &q.ignore, err) < 0 ||
         work_ignore(w, m->has_ignore, &m->ignore, &q.ignore, err) < 0))
        return -1;
    s->root = q.root;
    vec_push(w->b->arena, &q.src, s->source);
    return work_manifest(w, &q, &s->manifest, err);
}

/* What is late in the key of a run: what its mounts show, and secrets that count. */
struct late {
    struct sha256 hash;
    bool is_any;
    size_t n_read; /* how many of the reads are shown */
};

static void add_late(struct late *l, const struct digest *d)
{
    sha256_add(&l->hash, d->b, SHA256_BYTES);
    l->is_any = true;
}

static int prepare_secret(struct work *w, const struct ir_mount *m, struct late *l,
                          struct ob_err *err)
{
    struct str id;
    struct digest d;
    if (work_value(w, m->id, &id, err) < 0)
        return work_fault(w);
    const struct build_secret *s = secret_find(w->b->options, id);
    if (!s || !s->rebuild)
        return 0;
    if (secret_digest(s, &w->b->layout, w->b->arena, &d, err) < 0)
        return work_fault(w);
    add_late(l, &d);
    return 0;
}

/* Adds what the mount shows to the digest. */
static int prepare_mount(struct work *w, const struct ir_mount *m, struct late *l, struct shown *s,
                         struct ob_err *err)
{
    *s = (struct shown){.mount = m, .root = -1, .step = ROOTFS_INIT};
    if (m->type == MOUNT_SECRET)
        return prepare_secret(w, m, l, err);
    if (m->from == MOUNT_FROM_NOTHING)
        return 0;
    if (work_value(w, m->source, &s->source, err) < 0)
        return work_fault(w);
    if (m->from == MOUNT_FROM_STEP) {
        s->read = l->n_read++;
        add_late(l, &w->job.reads[s->read]);
        return 0;
    }
    if (make_manifest(w, s, err) < 0)
        return work_fault(w);
    add_late(l, &s->manifest.digest);
    return 0;
}

int prepare_run(struct work *w, struct ob_err *err)
{
    const struct op_run *op = &w->job.step->op.run;
    struct digest input;
    struct late l = {0};
    bool denied = isolate_denies_network(w->b, op);
    sha256_init(&l.hash);
    sha256_add(&l.hash, denied ? "binds, network none" : "binds", denied ? 19 : 5);
    w->shown = arena_new_n(w->b->arena, struct shown, op->mounts.n);
    for (size_t i = 0; i < op->mounts.n; i++)
        if (prepare_mount(w, &op->mounts.at[i], &l, &w->shown[i], err) < 0)
            return -1;
    if (!l.is_any) { /* the key is that of a build without such secrets */
        w->job.key = result_key(&w->job.step->op_digest, w->job.parent, w->job.input);
        return 0;
    }
    if (w->job.salt)
        sha256_add(&l.hash, w->job.salt->b, SHA256_BYTES);
    sha256_final(&l.hash, &input);
    work_set_key(w, &input);
    return 0;
}

/* Before Linux 6.15, only what is attached somewhere can be mounted a second time. */
static bool can_be_mounted(int fd)
{
    cleanup_close int clone =
        (int)syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    return clone >= 0;
}

/* Opens what is shown as it is. A detached mount of it, which nobody else has, can always be used
 * as a whole. 1, 0 = it must be copied, -1. */
static int open_as_it_is(const struct work *w, const struct shown *s, struct run_source *out,
                         struct ob_err *err)
{
    if (!s->mount->read_only)
        return 0;
    const char *path = s->source.n ? arena_cstr(w->b->arena, s->source) : "/";
    cleanup_close int source = fs_open_in(s->root, path, O_PATH, 0);
    if (source < 0)
        return ob_err_set(err, errno, "mount source \"%s\"", path);
    out->is_detached = s->step.is_detached && s->source.n == 0;
    if (!out->is_detached && !can_be_mounted(source))
        return 0;
    out->fd = take_fd(&source);
    return 1;
}

/* Copies what is shown to dst below root. */
static int copy_shown(struct work *w, struct shown *s, int root, struct str dst, struct ob_err *err)
{
    bool is_context = s->mount->from == MOUNT_FROM_CONTEXT;
    struct copy_target t = {.root = root,
                            .plain = -1,
                            .style = COPY_DOCKERFILE,
                            .dst = dst,
                            .look = {.keep_owner = !is_context}};
    if (!is_context && make_manifest(w, s, err) < 0)
        return -1;
    return copy_apply(&s->manifest, s->root, &t, err);
}

static int open_copy(struct work *w, struct shown *s, int scratch, size_t i, int *fd,
                     struct ob_err *err)
{
    struct str dst = arena_printf(w->b->arena, "/%zu", i);
    if (copy_shown(w, s, scratch, dst, err) < 0)
        return -1;
    *fd = fs_open_in(scratch, dst.p, O_PATH | O_NOFOLLOW, 0);
    return *fd < 0 ? ob_err_set(err, errno, "mount source \"" STR_FMT "\"", STR_ARG(s->source)) : 0;
}

static int open_root(struct work *w, struct shown *s, struct ob_err *err)
{
    if (work_open_read(w, s->read, &s->step, err) < 0)
        return -1;
    s->root = s->step.fd;
    return 0;
}

int run_fill(struct work *w, size_t mount, int dir, struct ob_err *err)
{
    struct shown *s = &w->shown[mount];
    if (s->mount->from == MOUNT_FROM_STEP && open_root(w, s, err) < 0)
        return -1;
    return copy_shown(w, s, dir, STR("/"), err) < 0 ? work_fault(w) : 0;
}

struct digest run_origin(const struct work *w, size_t mount)
{
    const struct shown *s = w->shown ? &w->shown[mount] : NULL;
    struct digest none = {0}, d;
    struct sha256 h;
    if (!s || s->mount->from == MOUNT_FROM_NOTHING)
        return none;
    if (s->mount->from == MOUNT_FROM_CONTEXT)
        return s->manifest.digest;
    sha256_init(&h);
    sha256_add(&h, w->job.reads[s->read].b, SHA256_BYTES);
    sha256_add(&h, s->source.p, s->source.n);
    sha256_final(&h, &d);
    return d;
}

static int open_step(struct work *w, struct shown *s, int scratch, size_t i, struct run_source *out,
                     struct ob_err *err)
{
    if (open_root(w, s, err) < 0)
        return -1;
    int rc = open_as_it_is(w, s, out, err);
    if (rc == 0)
        rc = open_copy(w, s, scratch, i, &out->fd, err);
    return rc < 0 ? work_fault(w) : 0;
}

/* Opens what binds show. close_shown must follow, also after an error. */
static int open_shown(struct work *w, int scratch, struct run_source *sources, struct ob_err *err)
{
    size_t n = w->shown ? w->job.step->op.run.mounts.n : 0;
    for (size_t i = 0; i < n; i++) {
        struct shown *s = &w->shown[i];
        int rc = 0;
        if (s->mount->type != MOUNT_BIND)
            continue;
        if (s->mount->from == MOUNT_FROM_STEP)
            rc = open_step(w, s, scratch, i, &sources[i], err);
        else if (open_copy(w, s, scratch, i, &sources[i].fd, err) < 0)
            rc = work_fault(w);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static void close_shown(struct work *w, const struct run_source *sources)
{
    size_t n = w->shown ? w->job.step->op.run.mounts.n : 0;
    for (size_t i = 0; i < n; i++) {
        if (w->shown[i].mount->type == MOUNT_BIND && sources[i].fd >= 0)
            close(sources[i].fd);
        rootfs_close(&w->shown[i].step);
    }
}

static int run_in_sandbox(struct work *w, const struct rootfs *root, const struct step_cfg *cfg,
                          struct sandbox_status *status, struct ob_err *err)
{
    struct sandbox_run *run = NULL;
    run_cancel_begin();
    int rc = sandbox_start(w->b->kit.sandbox, root, cfg, &run, err);
    run_cancel_watch(run);
    if (rc < 0)
        return -1;
    sandbox_wait(run);
    w->is_cancelled = run_cancel_end(); /* while there still is a run to hand signals to */
    rc = sandbox_reap(run, status, err);
    w->report.has_run = rc == 0 || w->is_cancelled;
    if (rc == 0)
        return 0;
    w->is_certain = status->is_step_fault;
    return w->is_certain ? work_fault(w) : -1;
}

/* A shell of the filesystem instead of the command. */
static void set_shell(struct work *w, const struct rootfs *root, struct step_cfg *cfg)
{
    const char *const *words = sandbox_default_shell(w->b->kit.sandbox, root);
    struct arena *a = w->b->arena;
    const char *term = getenv("TERM");
    size_t n = 0, n_env = 0;
    while (words[n])
        n++;
    char **argv = arena_new_n(a, char *, n); /* the last word asks for a command to be read */
    for (size_t i = 0; i + 1 < n; i++)
        argv[i] = arena_cstr(a, str_from(words[i]));
    while (cfg->env[n_env])
        n_env++;
    char **env = arena_new_n(a, char *, n_env + 2);
    memcpy(env, cfg->env, n_env * sizeof *env);
    if (w->job.has_terminal && term)
        env[n_env] = (char *)arena_printf(a, "TERM=%s", term).p;
    cfg->argv = argv;
    cfg->env = env;
    cfg->in_fd = w->job.input_fd;
    cfg->has_terminal = w->job.has_terminal;
}

static int run_command(struct work *w, const struct rootfs *root, const struct run_source *sources,
                       struct ob_err *err)
{
    struct step_cfg cfg;
    struct sandbox_status status;
    if (run_cfg_make(w->b, &w->job.step->op.run, w->job.base, root, sources, &cfg, err) < 0)
        return work_fault(w);
    cfg.out_fd = w->job.output_fd;
    if (w->job.is_shell)
        set_shell(w, root, &cfg);
    if (run_in_sandbox(w, root, &cfg, &status, err) < 0)
        return -1;
    w->report.exit_code = status.exit_code;
    if (w->job.is_shell)
        return 0;
    if (w->is_cancelled) {
        ob_err_set(err, 0, "cancelled");
        return work_fault(w);
    }
    if (status.signal)
        ob_err_set(err, 0, "killed by signal %d (%s)", status.signal, strsignal(status.signal));
    else if (status.exit_code)
        ob_err_set(err, 0, "exit status %d", status.exit_code);
    if (status.exit_code)
        isolate_explain(&cfg.limits, &status, err);
    return status.exit_code ? work_fault(w) : 0;
}

static int run_with_caches(struct work *w, const struct rootfs *root, struct run_source *sources,
                           struct ob_err *err)
{
    struct ob_err ignored; /* of two errors the first counts */
    int rc = work_take_caches(w, root, sources, err);
    if (rc == 0)
        rc = run_command(w, root, sources, err);
    if (rc == 0)
        return work_end_caches(w, !w->job.is_shell, err);
    work_end_caches(w, false, &ignored);
    return -1;
}

static int run_with_scratch(struct work *w, const struct rootfs *root, struct run_source *sources,
                            struct ob_err *err)
{
    char key[SHA256_HEX + 1];
    digest_hex(&w->job.key, key);
    cleanup_close int scratch = layout_new_scratch(&w->b->layout, key, err);
    if (scratch < 0)
        return -1;
    int rc = open_shown(w, scratch, sources, err);
    if (rc == 0)
        rc = work_open_agents(w, scratch, sources, err);
    if (rc == 0)
        rc = run_with_caches(w, root, sources, err);
    work_close_agents(w);
    struct ob_err ignored; /* the next settle tries again */
    layout_end_scratch(&w->b->layout, key, &ignored);
    return rc;
}

static bool needs_scratch(const struct op_run *op)
{
    vec_for (const struct ir_mount, m, &op->mounts)
        if (m->type == MOUNT_BIND || m->type == MOUNT_SSH)
            return true;
    return false;
}

int do_run(struct work *w, const struct rootfs *root, struct ob_err *err)
{
    const struct op_run *op = &w->job.step->op.run;
    size_t n = op->mounts.n;
    if (n == 0)
        return run_command(w, root, NULL, err);
    struct run_source *sources = arena_new_n(w->b->arena, struct run_source, n);
    for (size_t i = 0; i < n; i++)
        sources[i].fd = -1;
    int rc = (needs_scratch(op) ? run_with_scratch : run_with_caches)(w, root, sources, err);
    close_shown(w, sources);
    return rc;
}
