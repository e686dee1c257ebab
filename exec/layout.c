/* SPDX-License-Identifier: Apache-2.0 */
/* Files of obexec in the store: directories, logs and locks. */
#include <config.h>

#include "exec/layout.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/log.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

static int open_dir(int parent, const char *name, int *out, struct ob_err *err)
{
    if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
        return ob_err_set(err, errno, "can't make \"%s\" in the store", name);
    *out = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *out < 0 ? ob_err_set(err, errno, "can't open \"%s\" in the store", name) : 0;
}

/* Places in state/locks, a file that is never written. A key's is below 2^62. */
enum { BITS_OF_KEY = 62 };
#define USE_PLACE ((off_t)1 << BITS_OF_KEY)

static int say_read_only(const struct layout *l, struct ob_err *err)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", l->state);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n < 0 ? 0 : n] = '\0';
    size_t root = strlen(path) - (str_ends(str_from(path), STR("/state")) ? strlen("/state") : 0);
    ob_err_set(err, 0, "the store \"%.*s\" is read-only", (int)root, path);
    err->errnum = EROFS;
    return -1;
}

static int open_places(const struct layout *l, const char *name, int mode, struct ob_err *err)
{
    int fd = openat(l->state, name, mode | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EROFS)
        return say_read_only(l, err);
    return fd < 0 ? ob_err_set(err, errno, "can't open the store's \"%s\"", name) : fd;
}

static int open_locks(const struct layout *l, int mode, struct ob_err *err)
{
    return open_places(l, "locks", mode, err);
}

/* Locks belong to the open file description: they end with its last descriptor, so with a killed
 * process too. `cmd` is F_OFD_SETLK or F_OFD_SETLKW. -1 and errno. */
static int lock_place(int fd, int cmd, short type, off_t place)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};
    int rc;
    while ((rc = fcntl(fd, cmd, &lock)) < 0 && errno == EINTR)
        ;
    return rc;
}

static off_t place_of(const struct digest *key)
{
    uint64_t bits;
    memcpy(&bits, key->b, sizeof bits);
    return (off_t)(bits >> (64 - BITS_OF_KEY));
}

int layout_use(const struct layout *l, const struct digest *key, struct ob_err *err)
{
    if (lock_place(l->uses, F_OFD_SETLKW, F_RDLCK, place_of(key)) < 0)
        return ob_err_set(err, errno, "can't lock a result in the store");
    return 0;
}

void layout_unuse(const struct layout *l, const struct digest *key)
{
    lock_place(l->uses, F_OFD_SETLK, F_UNLCK, place_of(key));
}

/* Whether another open file description has a lock there. */
static bool is_locked(int fd, off_t place)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool layout_is_wanted(const struct layout *l, const struct digest *key)
{
    return is_locked(l->uses, place_of(key));
}

bool layout_is_shared(const struct layout *l)
{
    return is_locked(l->use, USE_PLACE);
}

int layout_take(const struct layout *l, const struct digest *key, struct ob_err *err)
{
    cleanup_close int fd = open_places(l, "uses", O_RDWR, err);
    if (fd < 0)
        return -1;
    if (lock_place(fd, F_OFD_SETLK, F_WRLCK, place_of(key)) < 0)
        return ob_err_set(err, errno == EACCES ? EAGAIN : errno, "the result is in use");
    return take_fd(&fd);
}

static int lock_use(const struct layout *l, short type, const char *waiting, struct ob_err *err)
{
    if (lock_place(l->use, F_OFD_SETLK, type, USE_PLACE) == 0)
        return 0;
    if (errno == EAGAIN || errno == EACCES) {
        log_warning("%s", waiting);
        if (lock_place(l->use, F_OFD_SETLKW, type, USE_PLACE) == 0)
            return 0;
    }
    return ob_err_set(err, errno, "can't lock the store");
}

/* Only for reading, so that a store on a read-only disk can still give what it has. */
static int start_use(struct layout *l, struct ob_err *err)
{
    l->use = open_locks(l, O_RDONLY, err);
    l->uses = l->use < 0 ? -1 : open_places(l, "uses", O_RDONLY, err);
    if (l->uses < 0)
        return -1;
    return lock_use(l, F_RDLCK, "another process removes results: waiting until it is done", err);
}

/* The shared lock is given up first: two processes that both kept theirs would wait for ever. */
int layout_claim(struct layout *l, struct ob_err *err)
{
    close(l->use);
    l->use = open_locks(l, O_RDWR, err);
    if (l->use < 0)
        return -1;
    return lock_use(l, F_WRLCK, "other processes use the store: waiting until they are done", err);
}

int layout_open(struct layout *l, const struct store *s, struct ob_err *err)
{
    *l = LAYOUT_INIT;
    if (open_dir(s->root, "state", &l->state, err) == 0 &&
        open_dir(l->state, "log", &l->log, err) == 0 &&
        open_dir(l->state, "config", &l->config, err) == 0 &&
        open_dir(l->state, "image", &l->image, err) == 0 &&
        open_dir(l->state, "record", &l->record, err) == 0 &&
        open_dir(l->state, "unsynced", &l->unsynced, err) == 0 && start_use(l, err) == 0)
        return 0;
    layout_close(l);
    return -1;
}

void layout_close(struct layout *l)
{
    int *const fds[] = {&l->state,  &l->log,      &l->config, &l->image,
                        &l->record, &l->unsynced, &l->use,    &l->uses};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

static bool has_suffix(const char *name, const char *suffix)
{
    return str_ends(str_from(name), str_from(suffix));
}

/* Is the file of this name in log/ the one behind fd, still or already? */
static bool is_named(const struct layout *l, const char *name, int fd)
{
    struct stat here, there;
    return fstat(fd, &here) == 0 && fstatat(l->log, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* The caller has the lock of the key, so nobody makes a new log of this name. */
static int settle_locked_log(const struct layout *l, const char *key, struct ob_err *err)
{
    char name[LOG_NAME_MAX];
    snprintf(name, sizeof name, "%s.part", key);
    /* Its writer is dead if the lock can be had, and then it has its name still. */
    cleanup_close int fd = openat(l->log, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || !is_named(l, name, fd))
        return 0;
    return layout_end_log(l, key, true, err);
}

/* Its writer lives, or it has none. */
static bool is_log_alive(const struct layout *l, const char *key)
{
    char name[LOG_NAME_MAX];
    snprintf(name, sizeof name, "%s.part", key);
    cleanup_close int fd = openat(l->log, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0;
}

int layout_settle_log(const struct layout *l, const char *key, struct ob_err *err)
{
    struct digest digest;
    if (!digest_from_hex(str_from(key), &digest) || is_log_alive(l, key))
        return 0;
    cleanup_close int lock = layout_try_lock(l, &digest);
    return lock < 0 ? 0 : settle_locked_log(l, key, err);
}

static int settle_part(const struct layout *l, const char *name, struct ob_err *err)
{
    char key[SHA256_HEX + 1];
    snprintf(key, sizeof key, "%s", name);
    bool is_ours = strlen(name) == SHA256_HEX + strlen(".part");
    return is_ours ? layout_settle_log(l, key, err) : 0;
}

static int open_scratch(const struct layout *l)
{
    return openat(l->state, "scratch", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Removes a scratch directory unless somebody has the lock of its key. */
static int settle_scratch(const struct layout *l, int dir, const char *name, struct ob_err *err)
{
    struct digest key;
    if (!digest_from_hex(str_from(name), &key))
        return 0;
    cleanup_close int lock = layout_try_lock(l, &key);
    return lock < 0 ? 0 : fs_remove_tree_at(dir, name, err);
}

int layout_settle_scratch(const struct layout *l, struct ob_err *err)
{
    cleanup_close int dir = open_scratch(l);
    cleanup_dir DIR *d = dir < 0 ? NULL : fs_opendir(dir);
    if (!d)
        return errno == ENOENT ? 0 : ob_err_set(err, errno, "can't read the store's \"scratch\"");
    for (struct dirent *e; (e = readdir(d));)
        if (settle_scratch(l, dir, e->d_name, err) < 0)
            return -1;
    return 0;
}

int layout_new_scratch(const struct layout *l, const char *key, struct ob_err *err)
{
    cleanup_close int dir = -1;
    if (open_dir(l->state, "scratch", &dir, err) < 0 || fs_remove_tree_at(dir, key, err) < 0)
        return -1;
    int fd = -1;
    return open_dir(dir, key, &fd, err) < 0 ? -1 : fd;
}

int layout_end_scratch(const struct layout *l, const char *key, struct ob_err *err)
{
    cleanup_close int dir = open_scratch(l);
    return dir < 0 ? 0 : fs_remove_tree_at(dir, key, err);
}

int layout_settle_logs(const struct layout *l, struct ob_err *err)
{
    cleanup_dir DIR *d = fs_opendir(l->log);
    if (!d)
        return ob_err_set(err, errno, "can't read the store's logs");
    for (struct dirent *e; (e = readdir(d));)
        if (has_suffix(e->d_name, ".part") && settle_part(l, e->d_name, err) < 0)
            return -1;
    return 0;
}

static void settle_replaced(int parent, const char *name)
{
    cleanup_close int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir >= 0)
        fs_settle_replaced(dir);
}

void layout_settle_replaced(const struct layout *l)
{
    static const char *const names[] = {".", "config", "image", "failed", "digests"};
    struct digest ignored;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        settle_replaced(l->state, names[i]);
    cleanup_close int caches =
        openat(l->state, "cache", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    cleanup_dir DIR *d = caches < 0 ? NULL : fs_opendir(caches);
    for (struct dirent *e; d && (e = readdir(d));)
        if (digest_from_hex(str_from(e->d_name), &ignored))
            settle_replaced(caches, e->d_name);
}

int layout_new_log(const struct layout *l, const char *key, struct ob_err *err)
{
    char name[LOG_NAME_MAX];
    snprintf(name, sizeof name, "%s.part", key);
    if (settle_locked_log(l, key, err) < 0)
        return -1;
    unlinkat(l->log, name, 0); /* of a dead worker, whose last process has not ended yet */
    cleanup_close int fd =
        openat(l->log, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) < 0)
        return ob_err_set(err, errno, "can't create log \"%s\" in the store", name);
    return take_fd(&fd);
}

bool layout_log_grows(const struct layout *l, const char *key, int fd)
{
    char name[LOG_NAME_MAX];
    struct ob_err ignored;
    snprintf(name, sizeof name, "%s.part", key);
    layout_settle_log(l, key, &ignored); /* its writer may have been killed */
    return is_named(l, name, fd);
}

static int rename_log(const struct layout *l, const char *key, const char *suffix,
                      const char *new_suffix, struct ob_err *err)
{
    char from[LOG_NAME_MAX], to[LOG_NAME_MAX];
    snprintf(from, sizeof from, "%s%s", key, suffix);
    snprintf(to, sizeof to, "%s%s", key, new_suffix);
    if (renameat(l->log, from, l->log, to) < 0)
        return ob_err_set(err, errno, "can't rename log \"%s\" in the store", from);
    return 0;
}

int layout_end_log(const struct layout *l, const char *key, bool failed, struct ob_err *err)
{
    return rename_log(l, key, ".part", failed ? ".failed" : "", err);
}

int layout_take_back_log(const struct layout *l, const char *key, struct ob_err *err)
{
    return rename_log(l, key, "", ".failed", err);
}

int layout_nameless(const struct layout *l, struct ob_err *err)
{
    int fd = openat(l->state, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fd = memfd_create("obkit", MFD_CLOEXEC);
    return fd < 0 ? ob_err_set(err, errno, "can't make a temporary file") : fd;
}

int layout_spool(const struct layout *l, int from, struct ob_err *err)
{
    char chunk[64 << 10];
    cleanup_close int to = layout_nameless(l, err);
    while (to >= 0) {
        ssize_t n = read(from, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ob_err_set(err, errno, "read");
        if (n == 0)
            break;
        if (fs_write_all(to, chunk, (size_t)n, err) < 0)
            return -1;
    }
    return to < 0 ? -1 : take_fd(&to);
}

static void image_name(struct str image, struct str platform, char hex[SHA256_HEX + 1])
{
    struct sha256 h;
    struct digest d;
    sha256_init(&h);
    sha256_add(&h, image.p, image.n);
    sha256_add(&h, "", 1);
    sha256_add(&h, platform.p, platform.n);
    sha256_final(&h, &d);
    digest_hex(&d, hex);
}

int layout_find_image(const struct layout *l, struct str image, struct str platform,
                      struct digest *key, struct ob_err *err)
{
    char name[SHA256_HEX + 1];
    cleanup_buf struct buf text = BUF_INIT;
    image_name(image, platform, name);
    int rc = fs_read_file_at(l->image, name, &text, SHA256_HEX, err);
    return rc > 0 ? digest_from_hex(buf_str(&text), key) : rc;
}

int layout_set_image(const struct layout *l, struct str image, struct str platform,
                     const struct digest *key, struct ob_err *err)
{
    char name[SHA256_HEX + 1], hex[SHA256_HEX + 1];
    struct digest now;
    if (layout_find_image(l, image, platform, &now, err) > 0 && digest_eq(&now, key))
        return 0; /* a disk that takes nothing needs to take nothing */
    image_name(image, platform, name);
    digest_hex(key, hex);
    return fs_replace_file_at(l->image, name, hex, SHA256_HEX, 0600, err);
}

int layout_try_lock(const struct layout *l, const struct digest *key)
{
    struct ob_err ignored;
    cleanup_close int fd = open_locks(l, O_RDWR, &ignored);
    bool is_ours = fd >= 0 && lock_place(fd, F_OFD_SETLK, F_WRLCK, place_of(key)) == 0;
    return is_ours ? take_fd(&fd) : -1;
}

int layout_lock(const struct layout *l, const struct digest *key, void (*waiting)(void *),
                void *arg, struct ob_err *err)
{
    cleanup_close int fd = open_locks(l, O_RDWR, err);
    if (fd < 0)
        return -1;
    off_t place = place_of(key);
    if (lock_place(fd, F_OFD_SETLK, F_WRLCK, place) == 0)
        return take_fd(&fd);
    if (errno == EAGAIN || errno == EACCES) {
        waiting(arg);
        if (lock_place(fd, F_OFD_SETLKW, F_WRLCK, place) == 0)
            return take_fd(&fd);
    }
    return ob_err_set(err, errno, "can't lock a step in the store");
}
