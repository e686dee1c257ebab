/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as text, one line for each name, so that two trees can be compared. */
#include <config.h>

#include "tests/conform/store.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/sha256.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct seen {
    ino_t ino;
    struct seen *next;
    char path[];
};

struct describe {
    struct buf *out;
    struct seen *seen; /* files with several names */
};

static void add_data(struct describe *d, int dir, const char *name, const struct stat *st)
{
    if (S_ISLNK(st->st_mode)) {
        char target[4096];
        ssize_t n = readlinkat(dir, name, target, sizeof target);
        CHECK_SYS(n);
        buf_printf(d->out, " -> %.*s", (int)n, target);
    } else if (S_ISREG(st->st_mode)) {
        cleanup_buf struct buf text = BUF_INIT;
        cleanup_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
        CHECK_SYS(fd);
        CHECK_OK(fs_read_all(fd, &text, 1 << 30, &the_err));
        struct digest sum = sha256_of(text.p, text.n);
        buf_printf(d->out, " %lld ", (long long)st->st_size);
        for (int i = 0; i < 4; i++)
            buf_printf(d->out, "%02x", sum.b[i]);
    } else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
        buf_printf(d->out, " rdev %llx", (unsigned long long)st->st_rdev);
    }
}

static void add_xattrs(struct describe *d, int dir, const char *name)
{
    char path[320], list[4096], value[4096];
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir, name);
    ssize_t n = llistxattr(path, list, sizeof list);
    CHECK_SYS(n);
    for (char *x = list; x < list + n; x += strlen(x) + 1) {
        ssize_t size = lgetxattr(path, x, value, sizeof value);
        CHECK_SYS(size);
        buf_printf(d->out, " %s=", x);
        for (ssize_t i = 0; i < size; i++)
            buf_printf(d->out, "%02x", (unsigned char)value[i]);
    }
}

static void add_links(struct describe *d, const char *path, const struct stat *st)
{
    struct seen *s = d->seen;
    if (S_ISDIR(st->st_mode) || st->st_nlink == 1)
        return;
    while (s && s->ino != st->st_ino)
        s = s->next;
    buf_printf(d->out, " links %u of %s", (unsigned)st->st_nlink, s ? s->path : "itself");
    if (s)
        return;
    s = malloc(sizeof *s + strlen(path) + 1);
    s->ino = st->st_ino;
    s->next = d->seen;
    memcpy(s->path, path, strlen(path) + 1);
    d->seen = s;
}

static void describe_dir(struct describe *d, int dir, const char *path);

static void describe_one(struct describe *d, int dir, const char *name, const char *path)
{
    struct stat st;
    CHECK_SYS(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW));
    buf_printf(d->out, "%s %o %u:%u %lld.%09ld", path, st.st_mode, st.st_uid, st.st_gid,
               (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    add_data(d, dir, name, &st);
    add_xattrs(d, dir, name);
    add_links(d, path, &st);
    buf_putc(d->out, '\n');
    if (!S_ISDIR(st.st_mode))
        return;
    int sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK_SYS(sub);
    describe_dir(d, sub, path);
    close(sub);
}

static void describe_dir(struct describe *d, int dir, const char *path)
{
    cleanup_free char *here = NULL;
    CHECK_SYS(asprintf(&here, "/proc/self/fd/%d", dir));
    struct dirent **entries;
    int n = scandir(here, &entries, NULL, alphasort);
    CHECK_SYS(n);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        cleanup_free char *below = NULL;
        CHECK_SYS(asprintf(&below, "%s/%s", path, name));
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            describe_one(d, dir, name, below);
        free(entries[i]);
    }
    free(entries);
}

void describe_tree(int root, struct buf *out)
{
    struct describe d = {.out = out};
    describe_one(&d, root, ".", "");
    for (struct seen *next; d.seen; d.seen = next) {
        next = d.seen->next;
        free(d.seen);
    }
}
