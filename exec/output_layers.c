/* SPDX-License-Identifier: Apache-2.0 */
/* From the chain of a target's steps to blobs. */
#include <config.h>

#include "exec/output_layers.h"

#include "base/cleanup.h"
#include "exec/output_file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* What the process that makes a layer says at its end. */
struct report {
    bool is_done, is_empty;
    struct layer_blob blob;
    struct ob_err err; /* if it is not done */
};

struct making {
    const struct output_source *source;
    enum layer_compression compression;
    struct image_layers *layers;
    pid_t *pid; /* one for each layer; 0 = not started, or over */
    int *report;
    struct pollfd *polls;
};

/* In the process of the layer. */

static int check_names(const struct layer_entries *entries, struct ob_err *err)
{
    vec_for (const struct layer_entry *, e, entries) {
        struct str path = (*e)->path;
        size_t begin = path.n;
        while (begin > 0 && path.p[begin - 1] != '/')
            begin--;
        if (str_starts(str_skip(path, begin), STR(".wh.")))
            return ob_err_set(err, 0,
                              "\"/" STR_FMT "\" can't be in an image: names that begin with "
                              "\".wh.\" mean there what was removed",
                              STR_ARG(path));
    }
    return 0;
}

static int pack(const struct making *m, int root, const struct layer_entries *entries, int fd,
                struct layer_blob *out, struct ob_err *err)
{
    struct layer_packer *p = layer_packer_new(fd, m->compression, err);
    if (!p)
        return -1;
    const struct tar_sink sink = layer_packer_sink(p);
    int rc = layer_tar_write(root, entries, &sink, err);
    if (rc == 0)
        rc = layer_packer_end(p, out, err);
    layer_packer_free(p);
    return rc < 0 ? ob_err_wrap(err, "can't write a layer") : 0;
}

/* Opens the trees on both sides of a layer. The process ends soon, so nothing is closed. */
static int open_trees(const struct making *m, const struct image_layer *l, struct layer_trees *t,
                      struct ob_err *err)
{
    const struct build *b = m->source->b;
    struct rootfs parent, child;
    char key[SHA256_HEX + 1], base[SHA256_HEX + 1];
    *t = (struct layer_trees){
        .parent = -1, .upper = -1, .has_latest = m->source->has_epoch, .latest = m->source->epoch};
    if (output_open_step(b, l->step, &child, err) < 0)
        return -1;
    t->child = child.fd;
    if (l->below == NO_STEP)
        return 0;
    if (output_open_step(b, l->below, &parent, err) < 0)
        return -1;
    t->parent = parent.fd;
    digest_hex(&b->step_keys[l->step], key);
    digest_hex(&b->step_keys[l->below], base);
    return store_difference(b->kit.store, key, base, &t->upper, err) < 0 ? -1 : 0;
}

static int make_layer(const struct making *m, const struct image_layer *l, struct report *r)
{
    struct arena a = ARENA_INIT;
    struct layer_trees trees;
    struct layer_entries entries = {0};
    if (open_trees(m, l, &trees, &r->err) < 0 || layer_diff(&a, &trees, &entries, &r->err) < 0 ||
        check_names(&entries, &r->err) < 0)
        return -1;
    r->is_empty = entries.n == 0;
    return r->is_empty ? 0 : pack(m, trees.child, &entries, l->fd, &r->blob, &r->err);
}

static _Noreturn void run_child(const struct making *m, const struct image_layer *l, int out)
{
    struct report r = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    r.is_done = make_layer(m, l, &r) == 0;
    _exit(write(out, &r, sizeof r) != sizeof r);
}

/* In the process of the build. */

static int start(struct making *m, uint32_t i, struct ob_err *err)
{
    int pipes[2];
    struct image_layer *l = &m->layers->at[i];
    l->fd = layout_nameless(&m->source->b->layout, err);
    if (l->fd < 0)
        return -1;
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return ob_err_set(err, errno, "can't make a pipe");
    pid_t pid = fork();
    if (pid == 0)
        run_child(m, l, pipes[1]);
    int errnum = errno;
    close(pipes[1]);
    if (pid < 0) {
        close(pipes[0]);
        return ob_err_set(err, errnum, "can't start a process");
    }
    m->pid[i] = pid;
    m->report[i] = pipes[0];
    return 0;
}

static int finish(struct making *m, uint32_t i, struct ob_err *err)
{
    struct image_layer *l = &m->layers->at[i];
    struct report r;
    _Static_assert(sizeof r <= PIPE_BUF, "a report is written and read as a whole");
    ssize_t n;
    while ((n = read(m->report[i], &r, sizeof r)) < 0 && errno == EINTR)
        ;
    while (waitpid(m->pid[i], NULL, 0) < 0 && errno == EINTR)
        ;
    close(m->report[i]);
    m->pid[i] = 0;
    if (n != (ssize_t)sizeof r)
        return ob_err_set(err, 0, "the process that makes a layer has died");
    if (!r.is_done) {
        *err = r.err;
        return -1;
    }
    l->is_empty = r.is_empty;
    l->blob = r.blob;
    return 0;
}

static void kill_all(struct making *m)
{
    for (uint32_t i = 0; i < m->layers->n; i++)
        if (m->pid[i] > 0)
            kill(m->pid[i], SIGKILL);
    for (uint32_t i = 0; i < m->layers->n; i++)
        if (m->pid[i] > 0) {
            while (waitpid(m->pid[i], NULL, 0) < 0 && errno == EINTR)
                ;
            close(m->report[i]);
        }
}

/* Waits until a process or more have something to say, and takes it. Gives how many, or -1. */
static int finish_some(struct making *m, struct ob_err *err)
{
    enum { LOOK_FOR_SIGNALS = 100 }; /* ms */
    int n = 0;
    for (uint32_t i = 0; i < m->layers->n; i++)
        m->polls[i] = (struct pollfd){m->pid[i] > 0 ? m->report[i] : -1, POLLIN, 0};
    if (output_check_signals(err) < 0)
        return -1;
    if (poll(m->polls, m->layers->n, LOOK_FOR_SIGNALS) < 0)
        return errno == EINTR ? 0 : ob_err_set(err, errno, "can't wait for a layer");
    for (uint32_t i = 0; i < m->layers->n; i++) {
        if (!m->polls[i].revents)
            continue;
        if (finish(m, i, err) < 0)
            return -1;
        n++;
    }
    return n;
}

static int make_all(struct making *m, unsigned at_once, struct ob_err *err)
{
    int rc = 0;
    uint32_t n = m->layers->n, started = 0, over = 0;
    while (rc >= 0 && over < n) {
        if (started < n && started - over < at_once)
            rc = start(m, started++, err);
        else if ((rc = finish_some(m, err)) > 0)
            over += (uint32_t)rc;
    }
    kill_all(m);
    return rc < 0 ? -1 : 0;
}

/* The steps that a target's filesystem was made by, from the base up. */
static void find_chain(const struct output_source *s, struct arena *a, struct image_layers *out)
{
    const struct plan *p = s->b->plan;
    for (uint32_t step = s->target->step; step != NO_STEP; step = p->steps.at[step].parent) {
        struct image_layer l = {.step = step, .below = p->steps.at[step].parent, .fd = -1};
        vec_push(a, out, l);
    }
    for (uint32_t i = 0; i < out->n / 2; i++) {
        struct image_layer l = out->at[i];
        out->at[i] = out->at[out->n - 1 - i];
        out->at[out->n - 1 - i] = l;
    }
}

static void squash(struct image_layers *l)
{
    if (l->n <= 2)
        return;
    l->at[1] = l->at[l->n - 1];
    l->at[1].below = l->at[0].step;
    l->n = 2;
}

int image_layers_make(const struct output_source *s, struct arena *a, enum layer_compression c,
                      struct image_layers *out, struct ob_err *err)
{
    find_chain(s, a, out);
    if (s->b->options->squash)
        squash(out);
    struct making m = {
        .source = s,
        .compression = c,
        .layers = out,
        .pid = arena_new_n(a, pid_t, out->n),
        .report = arena_new_n(a, int, out->n),
        .polls = arena_new_n(a, struct pollfd, out->n),
    };
    return make_all(&m, s->b->options->jobs, err);
}

void image_layers_close(struct image_layers *l)
{
    vec_for (struct image_layer, layer, l)
        cleanup_closep(&layer->fd);
}
