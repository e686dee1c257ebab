/* SPDX-License-Identifier: Apache-2.0 */
/* Reading secrets, from files and from the environment. */
#include <config.h>

#include "exec/secret.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>

const struct build_secret *secret_find(const struct build_options *o, struct str id)
{
    vec_for (const struct build_secret, s, &o->secrets)
        if (str_eq(s->id, id))
            return s;
    return NULL;
}

static const char *variable(struct arena *a, struct str name)
{
    return name.n ? getenv(arena_cstr(a, name)) : NULL;
}

/* What is said of it, or what follows from its id. */
static struct build_secret resolved(const struct build_secret *s)
{
    struct build_secret r = *s;
    struct arena a = ARENA_INIT;
    if (!r.file.n && !r.env.n && variable(&a, r.id))
        r.env = r.id;
    else if (!r.file.n && !r.env.n)
        r.file = r.id;
    arena_free(&a);
    return r;
}

struct str secret_file(const struct build_secret *s)
{
    return resolved(s).file;
}

static int no_file(const struct build_secret *s, const char *file, struct ob_err *err)
{
    return ob_err_set(err, errno, "secret \"" STR_FMT "\": \"%s\"", STR_ARG(s->id), file);
}

int secret_open(const struct build_secret *s, struct arena *a, int flags, struct ob_err *err)
{
    const char *file = arena_cstr(a, secret_file(s));
    int fd = open(file, flags | O_CLOEXEC);
    return fd < 0 ? no_file(s, file, err) : fd;
}

static int read_file(const struct build_secret *s, struct arena *a, struct str *out,
                     struct ob_err *err)
{
    enum { MAX_SECRET = 1 << 20 };
    cleanup_buf struct buf b = BUF_INIT;
    cleanup_close int fd = secret_open(s, a, O_RDONLY, err);
    if (fd < 0)
        return -1;
    if (fs_read_all(fd, &b, MAX_SECRET, err) < 0)
        return ob_err_wrap(err, "secret \"" STR_FMT "\"", STR_ARG(s->id));
    *out = arena_str(a, buf_str(&b));
    return 0;
}

static int no_variable(const struct build_secret *s, struct str name, struct ob_err *err)
{
    return ob_err_set(err, 0, "secret \"" STR_FMT "\": the variable \"" STR_FMT "\" is not set",
                      STR_ARG(s->id), STR_ARG(name));
}

int secret_check(const struct build_secret *s, struct arena *a, struct ob_err *err)
{
    struct build_secret r = resolved(s);
    if (!r.file.n)
        return variable(a, r.env) ? 0 : no_variable(s, r.env, err);
    const char *file = arena_cstr(a, r.file);
    return faccessat(AT_FDCWD, file, R_OK, AT_EACCESS) < 0 ? no_file(s, file, err) : 0;
}

int secret_read(const struct build_secret *s, struct arena *a, struct str *out, struct ob_err *err)
{
    struct build_secret r = resolved(s);
    if (r.file.n)
        return read_file(&r, a, out, err);
    const char *value = variable(a, r.env);
    if (!value)
        return no_variable(s, r.env, err);
    *out = str_from(value);
    return 0;
}

static int make_key(const struct layout *l, struct digest *key, struct ob_err *err)
{
    if (getrandom(key->b, sizeof key->b, 0) != (ssize_t)sizeof key->b)
        return ob_err_set(err, errno, "can't get random bytes");
    return fs_replace_file_at(l->state, "secret-key", key->b, sizeof key->b, 0600, err);
}

static void ignore_waiting(void *arg)
{
    (void)arg;
}

/* The store's own key, made when it is needed first: under a lock, as there must be but one. */
static int own_key(const struct layout *l, struct digest *key, struct ob_err *err)
{
    cleanup_buf struct buf b = BUF_INIT;
    struct digest name = sha256_of("secret-key", 10);
    cleanup_close int lock = layout_lock(l, &name, ignore_waiting, NULL, err);
    if (lock < 0 || fs_read_file_at(l->state, "secret-key", &b, sizeof key->b, err) < 0)
        return -1;
    if (b.n != sizeof key->b)
        return make_key(l, key, err);
    memcpy(key->b, b.p, sizeof key->b);
    return 0;
}

int secret_digest(const struct build_secret *s, const struct layout *l, struct arena *a,
                  struct digest *out, struct ob_err *err)
{
    struct digest key;
    struct str value;
    struct sha256 h;
    if (own_key(l, &key, err) < 0 || secret_read(s, a, &value, err) < 0)
        return -1;
    sha256_init(&h);
    sha256_add(&h, key.b, sizeof key.b);
    sha256_add(&h, s->id.p, s->id.n);
    sha256_add(&h, "", 1);
    sha256_add(&h, value.p, value.n);
    sha256_final(&h, out);
    return 0;
}
