/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlay mounts by fsopen(2), a lower directory at a time (Linux 6.7). Kernels before that take
 * all of them in one string of at most a page, and attach the mount: there a child with a mount
 * namespace of its own does so, with names of one to three digits, and takes a detached copy.
 *
 * The options, and why:
 *   volatile         nothing is synced when the mount ends: results are not trusted after a crash
 *                    of the machine anyway
 *   redirect_dir=on  a directory of a lower layer can be renamed; the redirection is a path
 *                    within the overlay, so it holds wherever the layer is stacked later
 *   index=off        layers are reused under other uppers, which an index would refuse
 *   metacopy=off     a layer holds its files' data, so that it can be read on its own
 *   userxattr        instead of redirect_dir in a user namespace: nobody there may write the marks
 *                    of trusted.overlay.*, so they are user.overlay.*. Renaming a directory of a
 *                    lower layer then gives EXDEV, as from one filesystem to another.
 */
#include <config.h>

#include "backends/overlay_mount.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Value NULL = a flag. */
struct option {
    const char *key, *value;
};

static const struct option OPTIONS[] = {
    {"index", "off"}, {"metacopy", "off"}, {"redirect_dir", "on"}};
static const struct option OPTIONS_IN_USERNS[] = {
    {"index", "off"}, {"metacopy", "off"}, {"userxattr", NULL}};
enum { N_OPTIONS = sizeof OPTIONS / sizeof OPTIONS[0], PATH_SIZE = 300 };

static const struct option *options_of(const struct overlay *o)
{
    return o->in_userns ? OPTIONS_IN_USERNS : OPTIONS;
}

/* Takes the next line off *lines, as the path of a lower directory, where dir is open as fd. */
static bool next_lower(const struct overlay *o, int fd, struct str *lines, char path[PATH_SIZE])
{
    struct str line;
    if (lines->n == 0)
        return false;
    str_cut(*lines, '\n', &line, lines);
    snprintf(path, PATH_SIZE, "/proc/self/fd/%d/%s" STR_FMT "/fs", fd, o->lower_prefix,
             STR_ARG(line));
    return true;
}

/* By fsopen(2). */

/* Adds what the kernel has to say about a failing call on context fs. */
static int context_failed(int fs, int errnum, struct ob_err *err)
{
    char text[256];
    ssize_t n = read(fs, text, sizeof text - 1);
    ob_err_set(err, errnum, "can't mount an overlay");
    if (n <= 2)
        return -1;
    text[n] = '\0';
    text[strcspn(text, "\n")] = '\0';
    struct ob_err kernel;
    ob_err_set(&kernel, 0, "%s (%s)", err->text, text + 2); /* after "e " */
    kernel.errnum = errnum;
    *err = kernel;
    return -1;
}

/* Before Linux 6.5 a context takes whatever it is given, and what overlayfs does not know it
 * refuses here, without a word. 0 = this kernel can't do it so, -1. */
static int create_failed(int fs, int errnum, struct ob_err *err)
{
    struct ob_err without_reason;
    ob_err_set(&without_reason, errnum, "can't mount an overlay");
    context_failed(fs, errnum, err);
    return errnum == EINVAL && strcmp(err->text, without_reason.text) == 0 ? 0 : -1;
}

static int set_string(int fs, const char *key, const char *value)
{
    return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

static int set_option(int fs, const struct option *o)
{
    return o->value ? set_string(fs, o->key, o->value)
                    : fsconfig(fs, FSCONFIG_SET_FLAG, o->key, NULL, 0);
}

/* 1 = done; 0 = this kernel doesn't know how to add a lower directory; -1 = failed, with errno. */
static int configure_lowers(const struct overlay *o, int fs)
{
    char path[PATH_SIZE];
    struct str lines = o->lowers;
    for (bool is_first = true; next_lower(o, o->dir, &lines, path); is_first = false)
        if (set_string(fs, "lowerdir+", path) < 0)
            return is_first && errno == EINVAL ? 0 : -1;
    return 1;
}

static int configure(const struct overlay *o, int fs)
{
    char path[PATH_SIZE];
    const struct option *options = options_of(o);
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (set_option(fs, &options[i]) < 0)
            return -1;
    if (!o->upper)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s/new/fs", o->dir, o->upper);
    if (set_string(fs, "upperdir", path) < 0)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s/work", o->dir, o->upper);
    if (set_string(fs, "workdir", path) < 0)
        return -1;
    return set_option(fs, &(struct option){"volatile", NULL});
}

/* 1 = mounted, 0 = this kernel can't do it so. */
static int mount_by_context(const struct overlay *o, int *fd, struct ob_err *err)
{
    cleanup_close int fs = fsopen("overlay", FSOPEN_CLOEXEC);
    if (fs < 0 && errno == ENOSYS)
        return 0;
    if (fs < 0)
        return ob_err_set(err, errno, "can't mount an overlay");
    int lowers = configure_lowers(o, fs);
    if (lowers == 0)
        return 0;
    if (lowers < 0 || configure(o, fs) < 0)
        return context_failed(fs, errno, err);
    if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return create_failed(fs, errno, err);
    *fd = fsmount(fs, FSMOUNT_CLOEXEC, o->upper ? 0 : MOUNT_ATTR_RDONLY);
    if (*fd < 0)
        return context_failed(fs, errno, err);
    return 1;
}

/* By mount(2). */

/* What the child tells the parent, whose descriptors it shares. */
struct answer {
    int fd, errnum;
};

/* Makes the links 0, 1, … in `scratch`, and the options that name them. dir is open as fd. */
static int link_lowers(const struct overlay *o, int fd, int scratch, struct buf *options)
{
    char path[PATH_SIZE], name[16];
    struct str lines = o->lowers;
    buf_puts(options, "lowerdir=");
    for (unsigned n = 0; next_lower(o, fd, &lines, path); n++) {
        snprintf(name, sizeof name, "%u", n);
        if (symlinkat(path, scratch, name) < 0)
            return -1;
        buf_printf(options, n == 0 ? "%s" : ":%s", name);
    }
    for (const struct option *x = options_of(o), *end = x + N_OPTIONS; x < end; x++)
        buf_printf(options, x->value ? ",%s=%s" : ",%s", x->key, x->value);
    if (!o->upper)
        return 0;
    buf_printf(options, ",volatile,upperdir=/proc/self/fd/%d/%s/new/fs", fd, o->upper);
    buf_printf(options, ",workdir=/proc/self/fd/%d/%s/work", fd, o->upper);
    return 0;
}

/* A detached tmpfs, for the links and the mount point. */
static int make_scratch(void)
{
    cleanup_close int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return -1;
    return fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

/* Mounts with the working directory in `scratch`. A name there can be a mount point only if it is
 * attached, so scratch goes on top of "/"; absolute paths still start below it. */
static int mount_in_scratch(const struct overlay *o, int dir, int scratch)
{
    cleanup_buf struct buf options = BUF_INIT;
    if (mkdirat(scratch, "m", 0700) < 0 || link_lowers(o, dir, scratch, &options) < 0 ||
        move_mount(scratch, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
        fchdir(scratch) < 0 ||
        mount("overlay", "m", "overlay", o->upper ? 0 : MS_RDONLY, options.p) < 0)
        return -1;
    return open_tree(AT_FDCWD, "m", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/* In the child. Layers must be reached through its own namespace, and of what a process has open
 * only the working directory goes along to a new one. */
static int mount_in_child(const struct overlay *o)
{
    if (fchdir(o->dir) < 0 || unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return -1;
    cleanup_close int dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    cleanup_close int scratch = make_scratch();
    return dir < 0 || scratch < 0 ? -1 : mount_in_scratch(o, dir, scratch);
}

/* The child shares the table of descriptors, so what it opens is open here. */
static int run_child(const struct overlay *o, struct answer *answer)
{
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        struct answer a = {.fd = mount_in_child(o), .errnum = errno};
        _exit(write(pipes[1], &a, sizeof a) != sizeof a);
    }
    int errnum = errno;
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(pipes[1]);
    bool told = pid > 0 && read(pipes[0], answer, sizeof *answer) == sizeof *answer;
    close(pipes[0]);
    errno = pid < 0 ? errnum : EIO;
    return told ? 0 : -1;
}

static int mount_by_string(const struct overlay *o, int *fd, struct ob_err *err)
{
    struct answer answer;
    if (run_child(o, &answer) < 0)
        return ob_err_set(err, errno, "can't start a process to mount an overlay");
    if (answer.fd < 0)
        return ob_err_set(err, answer.errnum, "can't mount an overlay with mount(2)");
    *fd = answer.fd;
    return 0;
}

int overlay_mount(const struct overlay *o, int *fd, struct ob_err *err)
{
    int rc = o->by_mount2 ? 0 : mount_by_context(o, fd, err);
    if (rc == 0)
        return mount_by_string(o, fd, err);
    return rc < 0 ? -1 : 0;
}
