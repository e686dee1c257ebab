/* SPDX-License-Identifier: Apache-2.0 */
/* The results are there, but what was copied is not: so what lies at the destination is read, as if
 * it was to be copied from there. */
#include <config.h>

#include "exec/why_files.h"

#include "base/terminal.h"
#include "exec/manifest.h"

#include <sys/stat.h>

enum { MAX_LISTED = 10 };

/* 1, 0 = the result is not there, or has nothing at the destination, or -1. */
static int read_files(struct opened *o, struct arena *a, const struct step *s, struct manifest *out,
                      struct ob_err *err)
{
    struct rootfs root = ROOTFS_INIT;
    char key[SHA256_HEX + 1];
    static const struct str_vec nothing;
    struct copy_request q = {
        .style = COPY_DOCKERFILE,
        .exclude = &nothing,
        .is_literal = true,
        .keep_owner = true,
        .is_result = true,
    };
    struct text dst = s->kind == STEP_COPY ? s->op.copy.dst : s->op.add.dst;
    if (!text_is_literal(dst)) /* a value that is too large to be in a record */
        return 0;
    digest_hex(&s->id, key);
    int rc = store_lookup(o->kit.store, key, &root, err);
    if (rc <= 0)
        return rc;
    q.root = root.fd;
    vec_push(a, &q.src, text_str(dst));
    struct ob_err ignored; /* a later copy of the chain may have it, or nothing matched */
    rc = manifest_build(a, &q, out, &ignored) == 0;
    rootfs_close(&root);
    return rc;
}

static bool are_alike(const struct manifest_file *x, const struct manifest_file *y)
{
    return x->mode == y->mode && x->uid == y->uid && x->gid == y->gid && x->rdev == y->rdev &&
           str_eq(x->link, y->link) && digest_eq(&x->content, &y->content);
}

static void put_file(struct buf *out, const char *how, const struct manifest_file *f, size_t *n)
{
    if ((*n)++ >= MAX_LISTED)
        return;
    buf_printf(out, "    %s /", how);
    terminal_quote(out, f->source);
    buf_putc(out, '\n');
}

/* The order of the lists: what is in a directory comes right behind it. */
static int path_order(struct str a, struct str b)
{
    size_t i = 0;
    while (i < a.n && i < b.n && a.p[i] == b.p[i])
        i++;
    if (i == a.n || i == b.n)
        return (a.n > i) - (b.n > i);
    unsigned char x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];
    return x == '/' ? -1 : y == '/' ? 1 : x - y;
}

static size_t compare(const struct manifest *x, const struct manifest *y, struct buf *out)
{
    size_t i = 0, k = 0, n = 0;
    while (i < x->files.n || k < y->files.n) {
        const struct manifest_file *f = i < x->files.n ? x->files.at[i] : NULL;
        const struct manifest_file *g = k < y->files.n ? y->files.at[k] : NULL;
        int order = !f ? 1 : !g ? -1 : path_order(f->source, g->source);
        if (order < 0)
            put_file(out, "gone:   ", f, &n);
        else if (order > 0)
            put_file(out, "new:    ", g, &n);
        else if (!S_ISDIR(f->mode) && !are_alike(f, g))
            put_file(out, "changed:", g, &n);
        i += order <= 0;
        k += order >= 0;
    }
    return n;
}

int why_files(struct opened *o, struct arena *a, const struct step *s, const struct step *t,
              struct buf *out, struct ob_err *err)
{
    struct manifest x = {0}, y = {0};
    int rc = read_files(o, a, s, &x, err);
    if (rc > 0)
        rc = read_files(o, a, t, &y, err);
    if (rc <= 0)
        return rc;
    buf_puts(out, "  files of ");
    terminal_quote(out, t->meta.heading);
    buf_puts(out, ":\n");
    size_t n = compare(&x, &y, out);
    if (n > MAX_LISTED)
        buf_printf(out, "    and %zu more\n", n - MAX_LISTED);
    return 0;
}
