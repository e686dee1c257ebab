/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files in state/digests: a header with a checksum, then entries sorted by inode, which are
 * searched in memory. A file that is not as it should be is as good as none.
 */
#include <config.h>

#include "exec/digests.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

struct header {
    char magic[16];
    uint64_t n;
    struct digest sum; /* of the entries */
};

static const char magic[16] = "obkit digests 1";

_Static_assert(sizeof(struct digest_entry) == 72, "entries have no padding");
#define MAX_BYTES (sizeof(struct header) + DIGESTS_MAX_FILES * sizeof(struct digest_entry))

/* Filesystems whose ctimes this kernel sets, from its own clock. */
static bool has_own_clock(int fd)
{
    enum { F2FS = 0xf2f52010, XFS = 0x58465342, ZFS = 0x2fc12fc1, BCACHEFS = 0xca451a4e };
    static const uint32_t magics[] = {
        EXT4_SUPER_MAGIC, XFS, BTRFS_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC, F2FS, ZFS,
        BCACHEFS};
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0)
        return false;
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if ((uint32_t)fs.f_type == magics[i])
            return true;
    return false;
}

static void set_name(struct digests *d, const struct stat *root, const struct str_vec *src)
{
    const uint64_t id[2] = {root->st_dev, root->st_ino};
    struct sha256 h;
    struct digest name;
    sha256_init(&h);
    sha256_add(&h, id, sizeof id);
    vec_for (const struct str, s, src) {
        sha256_add(&h, s->p, s->n);
        sha256_add(&h, "", 1);
    }
    sha256_final(&h, &name);
    digest_hex(&name, d->name);
}

static bool is_whole(struct str file, const struct header *head)
{
    if (file.n < sizeof *head || memcmp(head->magic, magic, sizeof magic) != 0 ||
        head->n > DIGESTS_MAX_FILES ||
        file.n != sizeof *head + head->n * sizeof(struct digest_entry))
        return false;
    struct digest sum = sha256_of(head + 1, head->n * sizeof(struct digest_entry));
    return digest_eq(&sum, &head->sum);
}

static void load(struct digests *d)
{
    struct ob_err ignored;
    cleanup_close int fd = openat(d->dir, d->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fs_read_all(fd, &d->file, MAX_BYTES, &ignored) < 0)
        return;
    const struct header *head = (const void *)d->file.p;
    if (!is_whole(buf_str(&d->file), head))
        return;
    d->at = (const void *)(head + 1);
    d->n = head->n;
    futimens(fd, NULL); /* it is in use; a store that can't be written to does without */
}

static int open_dir(int state)
{
    mkdirat(state, "digests", 0700);
    return openat(state, "digests", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void digests_open(struct digests *d, struct arena *a, int state, int root,
                  const struct str_vec *src)
{
    struct stat st;
    *d = (struct digests){.arena = a, .dir = -1};
    if (fstat(root, &st) < 0 || !has_own_clock(root))
        return;
    d->dir = open_dir(state);
    if (d->dir < 0)
        return;
    d->dev = st.st_dev;
    set_name(d, &st, src);
    load(d);
}

static int by_ino(const void *a, const void *b)
{
    const struct digest_entry *x = a, *y = b;
    return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static struct digest_entry entry_of(const struct file_state *f)
{
    return (struct digest_entry){
        .ino = f->ino,
        .size = f->size,
        .mtime_s = f->mtime.tv_sec,
        .ctime_s = f->ctime.tv_sec,
        .mtime_ns = (uint32_t)f->mtime.tv_nsec,
        .ctime_ns = (uint32_t)f->ctime.tv_nsec,
    };
}

static bool can_be_known(const struct digests *d, const struct file_state *f)
{
    return d->dir >= 0 && f->dev == d->dev && f->ctime.tv_nsec != 0;
}

bool digests_find(struct digests *d, const struct file_state *f, struct digest *out)
{
    if (d->n == 0 || !can_be_known(d, f))
        return false;
    struct digest_entry want = entry_of(f);
    const struct digest_entry *e = bsearch(&want, d->at, d->n, sizeof *d->at, by_ino);
    if (!e || memcmp(e, &want, offsetof(struct digest_entry, content)) != 0)
        return false;
    *out = e->content;
    vec_push(d->arena, &d->seen, *e);
    return true;
}

void digests_add(struct digests *d, const struct file_state *f, const struct digest *content)
{
    if (!can_be_known(d, f) || d->seen.n == DIGESTS_MAX_FILES)
        return;
    struct digest_entry e = entry_of(f);
    e.content = *content;
    vec_push(d->arena, &d->seen, e);
    d->has_news = true;
}

/* A file with several names may be there several times. */
static size_t sort_seen(struct digests *d)
{
    size_t n = 0;
    qsort(d->seen.at, d->seen.n, sizeof *d->seen.at, by_ino);
    for (size_t i = 0; i < d->seen.n; i++)
        if (n == 0 || d->seen.at[n - 1].ino != d->seen.at[i].ino)
            d->seen.at[n++] = d->seen.at[i];
    return n;
}

/* A file of the directory, with when it was used last. */
struct found {
    struct timespec used;
    uint64_t bytes;
    char name[NAME_MAX + 1];
};

DEFINE_VEC(found_vec, struct found);

static void survey(int dir, struct arena *a, struct found_vec *out)
{
    cleanup_dir DIR *all = fs_opendir(dir);
    struct stat st;
    for (struct dirent *e; all && (e = readdir(all));) {
        if (e->d_name[0] == '.' || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        struct found f = {.used = st.st_mtim, .bytes = (uint64_t)st.st_size};
        snprintf(f.name, sizeof f.name, "%s", e->d_name);
        vec_push(a, out, f);
    }
}

static int latest_first(const void *a, const void *b)
{
    const struct timespec *x = &((const struct found *)a)->used;
    const struct timespec *y = &((const struct found *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec > y->tv_sec ? -1 : 1;
    return x->tv_nsec > y->tv_nsec ? -1 : x->tv_nsec < y->tv_nsec;
}

/* Keeps what was used last, as much as may be there. */
static void remove_surplus(int dir)
{
    struct arena a = ARENA_INIT;
    struct found_vec all = {0};
    uint64_t bytes = 0;
    survey(dir, &a, &all);
    if (all.n)
        qsort(all.at, all.n, sizeof *all.at, latest_first);
    for (uint32_t i = 0; i < all.n; i++) {
        bytes += all.at[i].bytes;
        if (i >= DIGESTS_MAX_NAMES || bytes > DIGESTS_MAX_BYTES)
            unlinkat(dir, all.at[i].name, 0);
    }
    arena_free(&a);
}

static void replace(int dir, const char *name, struct str content)
{
    struct ob_err ignored;
    fs_replace_file_at(dir, name, content.p, content.n, 0600, &ignored);
    remove_surplus(dir);
}

static void save(struct digests *d)
{
    cleanup_buf struct buf out = BUF_INIT;
    struct header head = {.n = sort_seen(d)};
    memcpy(head.magic, magic, sizeof magic);
    head.sum = sha256_of(d->seen.at, head.n * sizeof *d->seen.at);
    buf_add(&out, &head, sizeof head);
    buf_add(&out, d->seen.at, head.n * sizeof *d->seen.at);
    replace(d->dir, d->name, buf_str(&out));
}

void digests_close(struct digests *d)
{
    if (d->has_news)
        save(d);
    buf_free(&d->file);
    if (d->dir >= 0)
        close(d->dir);
    *d = (struct digests){.dir = -1};
}

/* What is in the file of one digest. */
struct noted {
    char magic[16];
    struct digest digest;
    struct digest sum; /* of the name and the digest */
};

static struct noted noted_of(const struct digest *name, const struct digest *d)
{
    struct noted n = {.magic = "obkit digest 1", .digest = *d};
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, name, sizeof *name);
    sha256_add(&h, d, sizeof *d);
    sha256_final(&h, &n.sum);
    return n;
}

bool digests_recall(int state, const struct digest *name, struct digest *out)
{
    char hex[SHA256_HEX + 1];
    struct noted n, want;
    digest_hex(name, hex);
    cleanup_close int dir = open_dir(state);
    cleanup_close int fd = openat(dir, hex, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || read(fd, &n, sizeof n) != sizeof n)
        return false;
    want = noted_of(name, &n.digest);
    if (memcmp(&n, &want, sizeof n) != 0)
        return false;
    *out = n.digest;
    futimens(fd, NULL); /* it is in use */
    return true;
}

void digests_note(int state, const struct digest *name, const struct digest *d)
{
    char hex[SHA256_HEX + 1];
    struct noted n = noted_of(name, d);
    cleanup_close int dir = open_dir(state);
    digest_hex(name, hex);
    if (dir >= 0)
        replace(dir, hex, str_of((const char *)&n, sizeof n));
}
