/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounts of a sandbox, made by pid 1 in its own mount namespace. A root filesystem is hostile:
 * the host is out of reach (pivot_root) before anything is looked up in it, and what must be hidden
 * or read-only is found through the descriptors of our own proc and sysfs, never by a path through
 * the root. A command may make device nodes but can't use them: all that it can write to is mounted
 * nodev, and the few devices in /dev are mounts of their own.
 */
#include <config.h>

#include "backends/native.h"
#include "backends/native_sys.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/owner.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/sysmacros.h>

#define NO_SUID_DEV (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define NO_SUID_DEV_EXEC (NO_SUID_DEV | MOUNT_ATTR_NOEXEC)

#define DEV_SIZE "64m" /* for /dev/shm, and for all files to mount */

struct place {
    const struct native_step *step;
    int proc, dev, sys; /* roots of the mounts */
    struct native_borrowed borrowed;
    bool is_sys_borrowed;
};

int native_mount_restrict(int fd, unsigned flags, unsigned attrs, struct ob_err *err)
{
    const struct mount_attr attr = {.attr_set = attrs, .propagation = MS_PRIVATE};
    if (sys_mount_setattr(fd, flags, &attr) < 0)
        return ob_err_set(err, errno, "can't set the attributes of a mount");
    return 0;
}

int native_mount_clone(int fd, unsigned flags, unsigned attrs, struct ob_err *err)
{
    cleanup_close int clone = sys_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | flags);
    if (clone < 0)
        return ob_err_set(err, errno, "can't clone a mount");
    if (native_mount_restrict(clone, flags, attrs, err) < 0)
        return -1;
    return take_fd(&clone);
}

/* Attaches a mount at a name in one of our own filesystems. */
static int attach_at(int fd, int dir, const char *name)
{
    return (int)syscall(SYS_move_mount, fd, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* A new filesystem, attached nowhere. `options` are keys and values, NULL at the end. */
static int new_fs(const char *type, const char *const *options, unsigned attrs, struct ob_err *err)
{
    cleanup_close int fs = sys_fsopen(type);
    int rc = fs < 0 ? -1 : sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", type);
    for (; rc == 0 && *options; options += 2)
        rc = sys_fsconfig(fs, FSCONFIG_SET_STRING, options[0], options[1]);
    if (rc == 0)
        rc = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
    int mount = rc < 0 ? -1 : sys_fsmount(fs, attrs);
    if (mount < 0)
        return ob_err_set(err, errno, "can't make a filesystem of type \"%s\"", type);
    return mount;
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* Attaches a mount at `path` of the root. */
static int attach_in_root(const struct place *p, int fs, const char *path, struct ob_err *err)
{
    cleanup_close int target = native_target_open(p->step, p->proc, path, true, err);
    if (target < 0)
        return -1;
    if (sys_move_mount(fs, target) < 0)
        return ob_err_set(err, errno, "can't mount \"%s\"", path);
    return 0;
}

/* A new filesystem at `path` of the root. */
static int mount_in_root(const struct place *p, const char *type, const char *path,
                         const char *const *options, unsigned attrs, struct ob_err *err)
{
    cleanup_close int fs = new_fs(type, options, attrs, err);
    if (fs < 0 || attach_in_root(p, fs, path, err) < 0)
        return -1;
    return take_fd(&fs);
}

/* A new filesystem at `name` in a directory of ours. */
static int mount_in_dev(const struct place *p, const char *type, const char *name,
                        const char *const *options, unsigned attrs, struct ob_err *err)
{
    cleanup_close int fs = new_fs(type, options, attrs, err);
    if (fs < 0)
        return -1;
    if (mkdirat(p->dev, name, 0755) < 0 || attach_at(fs, p->dev, name) < 0)
        return ob_err_set(err, errno, "can't mount \"/dev/%s\"", name);
    return 0;
}

static int enter_root(int root, struct ob_err *err)
{
    if (syscall(SYS_mount, NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return ob_err_set(err, errno, "can't make the mounts private");
    if (attach_at(root, AT_FDCWD, "/") < 0)
        return ob_err_set(err, errno, "can't attach the root filesystem");
    if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
        syscall(SYS_umount2, ".", NATIVE_MNT_DETACH) < 0 || chdir("/") < 0)
        return ob_err_set(err, errno, "can't change to the root filesystem");
    return 0;
}

/* The node is a mount of itself, which keeps the right to use it when /dev loses it. */
static int add_device(const struct place *p, const char *name, unsigned minor_no, unsigned major_no)
{
    if (mknodat(p->dev, name, S_IFCHR | 0666, makedev(major_no, minor_no)) < 0)
        return -1;
    cleanup_close int clone = sys_open_tree(p->dev, name, OPEN_TREE_CLONE);
    return clone < 0 ? -1 : attach_at(clone, p->dev, name);
}

static int add_devices(const struct place *p, struct ob_err *err)
{
    static const struct {
        const char *name;
        unsigned major_no, minor_no;
    } devices[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                   {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        if (add_device(p, devices[i].name, devices[i].minor_no, devices[i].major_no) < 0)
            return ob_err_set(err, errno, "can't make \"/dev/%s\"", devices[i].name);
    return 0;
}

static int add_borrowed_devices(const struct place *p, struct ob_err *err)
{
    for (size_t i = 0; i < NATIVE_DEVICES; i++) {
        if (p->borrowed.device[i] < 0)
            continue;
        if (mknodat(p->dev, native_device_names[i], S_IFREG | 0444, 0) < 0 ||
            attach_at(p->borrowed.device[i], p->dev, native_device_names[i]) < 0)
            return ob_err_set(err, errno, "can't mount \"/dev/%s\"", native_device_names[i]);
    }
    return 0;
}

/* Terminals of tty's group, where that is. */
static int add_terminals(const struct place *p, struct ob_err *err)
{
    const char *gid = p->step->native->has_one_user ? "0" : "5";
    return mount_in_dev(p, "devpts", "pts", OPTIONS("ptmxmode", "0666", "mode", "0620", "gid", gid),
                        MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
}

static int fill_dev(const struct place *p, struct ob_err *err)
{
    static const struct {
        const char *name, *to;
    } links[] = {{"fd", "/proc/self/fd"},
                 {"stdin", "/proc/self/fd/0"},
                 {"stdout", "/proc/self/fd/1"},
                 {"stderr", "/proc/self/fd/2"},
                 {"ptmx", "pts/ptmx"}};
    bool in_userns = p->step->native->in_userns;
    if ((in_userns ? add_borrowed_devices : add_devices)(p, err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (symlinkat(links[i].to, p->dev, links[i].name) < 0)
            return ob_err_set(err, errno, "can't make \"/dev/%s\"", links[i].name);
    if (add_terminals(p, err) < 0)
        return -1;
    if (mkdirat(p->dev, "shm", 01777) < 0) /* /dev is a tmpfs of the right size already */
        return ob_err_set(err, errno, "can't make \"/dev/shm\"");
    return mount_in_dev(p, "mqueue", "mqueue", OPTIONS(), NO_SUID_DEV_EXEC, err);
}

/* What hides a directory is sysfs's own mount point for cgroups: empty for ever, and read-only as
 * our sysfs is. A tmpfs would cost the making and removing of a filesystem. The host's has
 * something in it. */
static int open_empty(const struct place *p)
{
    struct ob_err ignored; /* errno is enough */
    return !p->is_sys_borrowed
               ? sys_open_tree(p->sys, "fs/cgroup", OPEN_TREE_CLONE)
               : new_fs("tmpfs", OPTIONS(), NO_SUID_DEV_EXEC | MOUNT_ATTR_RDONLY, &ignored);
}

static int hide_dir(const struct place *p, int dir, const char *name, struct ob_err *err)
{
    cleanup_close int clone = open_empty(p);
    if (clone < 0 || attach_at(clone, dir, name) < 0)
        return ob_err_set(err, errno, "can't hide \"%s\"", name);
    return 0;
}

/* Which of these exist depends on the kernel. */
static int hide(const struct place *p, int dir, const char *name, struct ob_err *err)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return hide_dir(p, dir, name, err);
    cleanup_close int null = sys_open_tree(p->dev, "null", OPEN_TREE_CLONE);
    if (null < 0 || attach_at(null, dir, name) < 0)
        return ob_err_set(err, errno, "can't hide \"%s\"", name);
    return 0;
}

static int protect(int dir, const char *name, struct ob_err *err)
{
    cleanup_close int clone = sys_open_tree(dir, name, OPEN_TREE_CLONE);
    if (clone < 0 && errno == ENOENT)
        return 0;
    if (clone < 0)
        return ob_err_set(err, errno, "can't clone \"/proc/%s\"", name);
    if (native_mount_restrict(clone, 0, NO_SUID_DEV_EXEC | MOUNT_ATTR_RDONLY, err) < 0)
        return -1;
    if (attach_at(clone, dir, name) < 0)
        return ob_err_set(err, errno, "can't protect \"/proc/%s\"", name);
    return 0;
}

/* A network of its own is the step's: any port may be listened on, and everybody may ping. A kernel
 * that knows no such setting does without. */
static void open_network(const struct place *p)
{
    static const char *const settings[][2] = {
        {"sys/net/ipv4/ip_unprivileged_port_start", "0"},
        {"sys/net/ipv4/ping_group_range", "0 2147483647"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        cleanup_close int fd = openat(p->proc, settings[i][0], O_WRONLY | O_CLOEXEC);
        (void)!write(fd, settings[i][1], strlen(settings[i][1]));
    }
}

static int guard_kernel(const struct place *p, struct ob_err *err)
{
    static const char *const hidden_proc[] = {
        "acpi",        "asound",      "dynamic_debug", "interrupts", "kcore",
        "keys",        "kpagecgroup", "kpagecount",    "kpageflags", "latency_stats",
        "sched_debug", "scsi",        "timer_list",    "timer_stats"};
    static const char *const hidden_sys[] = {"firmware", "devices/virtual/powercap"};
    static const char *const hidden_host_sys[] = {
        "fs/cgroup", "fs/bpf", "fs/pstore", "kernel/debug", "kernel/security", "kernel/tracing"};
    static const char *const read_only[] = {"bus", "driver", "fs", "irq", "sys", "sysrq-trigger"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof hidden_proc / sizeof hidden_proc[0]; i++)
        rc = hide(p, p->proc, hidden_proc[i], err);
    for (size_t i = 0; rc == 0 && i < sizeof hidden_sys / sizeof hidden_sys[0]; i++)
        rc = hide(p, p->sys, hidden_sys[i], err);
    size_t n_host = !p->is_sys_borrowed ? 0 : sizeof hidden_host_sys / sizeof hidden_host_sys[0];
    for (size_t i = 0; rc == 0 && i < n_host; i++)
        rc = hide(p, p->sys, hidden_host_sys[i], err);
    for (size_t i = 0; rc == 0 && i < sizeof read_only / sizeof read_only[0]; i++)
        rc = protect(p->proc, read_only[i], err);
    return rc;
}

/* What the kernel shows of itself may be changed only by a step that may do all. */
static unsigned kernel_attrs(const struct native_step *s)
{
    return NO_SUID_DEV_EXEC | (s->cfg->is_insecure ? 0 : MOUNT_ATTR_RDONLY);
}

/* With the older hierarchies nothing is shown: /sys/fs/cgroup is an empty directory then. */
static int add_cgroups(const struct place *p, struct ob_err *err)
{
    if (!p->step->native->has_cgroup2)
        return 0;
    cleanup_close int fs = new_fs("cgroup2", OPTIONS(), kernel_attrs(p->step), err);
    if (fs < 0)
        return -1;
    if (attach_at(fs, p->sys, "fs/cgroup") < 0)
        return ob_err_set(err, errno, "can't mount \"/sys/fs/cgroup\"");
    return 0;
}

#define TOO_LARGE "the files to mount are larger than " DEV_SIZE " in all"

struct new_name {
    char s[16];
};

/* Makes a file in /dev, of a name that nothing there has: any may be the target of a mount. */
static int create_unused(const struct place *p, struct new_name *name)
{
    int fd = -1;
    errno = EEXIST;
    for (unsigned i = 0; fd < 0 && errno == EEXIST; i++) {
        snprintf(name->s, sizeof name->s, ".%u", i);
        fd = openat(p->dev, name->s, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    return fd;
}

/* A file to mount must be in a mount of this namespace, and have a name there when it is mounted:
 * it lives in /dev, and the caller removes the name. Gives a clone to mount. */
static int new_file(const struct place *p, const struct step_mount *m, unsigned attrs,
                    struct new_name *name, struct ob_err *err)
{
    cleanup_close int fd = create_unused(p, name);
    if (fd < 0)
        return ob_err_set(err, errno, "can't create the file");
    if (fs_write_all(fd, m->content, m->size, err) < 0) {
        p->step->shared->is_step_fault = err->errnum == ENOSPC;
        return err->errnum == ENOSPC ? ob_err_set(err, 0, TOO_LARGE) : -1;
    }
    if (owner_set(fd, m->uid, m->gid, m->mode) < 0)
        return ob_err_set(err, errno, "can't set the file's mode and owner");
    return native_mount_clone(fd, 0, attrs, err);
}

static int add_file(const struct place *p, const struct step_mount *m, unsigned attrs,
                    struct ob_err *err)
{
    cleanup_close int target = native_target_open(p->step, p->proc, m->target, false, err);
    struct new_name name;
    cleanup_close int clone = target < 0 ? -1 : new_file(p, m, attrs, &name, err);
    if (clone < 0)
        return -1;
    if (sys_move_mount(clone, target) < 0 || unlinkat(p->dev, name.s, 0) < 0)
        return ob_err_set(err, errno, "can't mount on it");
    return 0;
}

/* Steps may write to it, as with docker: what they write is gone with the file. */
static int add_text(const struct place *p, const char *path, const char *text, struct ob_err *err)
{
    const struct step_mount m = {
        .target = path, .content = text, .size = strlen(text), .mode = 0644};
    if (add_file(p, &m, NO_SUID_DEV_EXEC, err) < 0)
        return ob_err_wrap(err, "mount \"%s\"", path);
    return 0;
}

static int add_hosts(const struct place *p, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    buf_printf(&text, "127.0.0.1 localhost %s\n::1 localhost\n", p->step->cfg->hostname);
    return add_text(p, "/etc/hosts", text.p, err);
}

static int add_resolv_conf(const struct place *p, struct ob_err *err)
{
    const char *text = p->step->resolv_conf;
    return text ? add_text(p, "/etc/resolv.conf", text, err) : 0;
}

static int add_tmpfs(const struct place *p, const struct step_mount *m, struct ob_err *err)
{
    bool has_one_user = p->step->native->has_one_user;
    char size[32], mode[16], uid[16], gid[16];
    snprintf(size, sizeof size, "%llu", (unsigned long long)m->size);
    snprintf(mode, sizeof mode, "%o", m->mode & 07777);
    snprintf(uid, sizeof uid, "%u", has_one_user ? 0 : m->uid);
    snprintf(gid, sizeof gid, "%u", has_one_user ? 0 : m->gid);
    const char *const *options =
        OPTIONS("mode", mode, "uid", uid, "gid", gid, m->size ? "size" : NULL, size);
    unsigned attrs = NO_SUID_DEV | (m->read_only ? MOUNT_ATTR_RDONLY : 0);
    int fd = mount_in_root(p, "tmpfs", m->target, options, attrs, err);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int add_bind(const struct place *p, size_t i, struct ob_err *err)
{
    const struct native_step *s = p->step;
    const char *path = s->cfg->mounts[i].target;
    struct stat st;
    if (fstat(s->mounts[i], &st) < 0)
        return ob_err_set(err, errno, "\"%s\"", path);
    cleanup_close int target = native_target_open(s, p->proc, path, S_ISDIR(st.st_mode), err);
    if (target < 0)
        return -1;
    if (sys_move_mount(s->mounts[i], target) < 0)
        return ob_err_set(err, errno, "can't mount on it");
    return 0;
}

static int add_mount(const struct place *p, size_t i, struct ob_err *err)
{
    const struct step_mount *m = &p->step->cfg->mounts[i];
    switch (m->kind) {
    case STEP_MOUNT_BIND: return add_bind(p, i, err);
    case STEP_MOUNT_TMPFS: return add_tmpfs(p, m, err);
    case STEP_MOUNT_FILE: break;
    }
    return add_file(p, m, NO_SUID_DEV | (m->read_only ? MOUNT_ATTR_RDONLY : 0), err);
}

static int add_mounts_of_step(const struct place *p, struct ob_err *err)
{
    for (size_t i = 0; i < p->step->cfg->n_mounts; i++)
        if (add_mount(p, i, err) < 0)
            return ob_err_wrap(err, "mount \"%s\"", p->step->cfg->mounts[i].target);
    return 0;
}

/* While the host's are there: in a user namespace these show only what can be seen already. */
static int make_kernel_views(struct place *p, struct ob_err *err)
{
    int rc = native_borrow(p->step, &p->borrowed, err);
    if (rc == 0)
        rc = p->proc = new_fs("proc", OPTIONS(), NO_SUID_DEV_EXEC, err);
    p->is_sys_borrowed = p->borrowed.sys >= 0;
    if (p->is_sys_borrowed)
        p->sys = take_fd(&p->borrowed.sys);
    else if (rc >= 0)
        rc = p->sys = new_fs("sysfs", OPTIONS(), kernel_attrs(p->step), err);
    if (rc < 0 && err->errnum == EPERM && p->step->native->in_userns)
        ob_err_wrap(err, "something hides parts of this machine's /proc or /sys, as in a container "
                         "(which can be started without that)");
    return rc < 0 ? -1 : 0;
}

static int fill_root(struct place *p, struct ob_err *err)
{
    const struct native_step *s = p->step;
    if (attach_in_root(p, p->proc, "/proc", err) < 0)
        return -1;
    p->dev = mount_in_root(p, "tmpfs", "/dev", OPTIONS("mode", "0755", "size", DEV_SIZE),
                           MOUNT_ATTR_NOSUID, err);
    if (p->dev < 0 || fill_dev(p, err) < 0)
        return -1;
    if (s->cfg->network != STEP_NETWORK_HOST)
        open_network(p);
    if (attach_in_root(p, p->sys, "/sys", err) < 0 ||
        (!s->cfg->is_insecure && guard_kernel(p, err) < 0) || add_cgroups(p, err) < 0)
        return -1;
    if (add_hosts(p, err) < 0 || add_resolv_conf(p, err) < 0)
        return -1;
    if (s->cfg->is_insecure)
        return native_devices_copy(s->host_dev, p->dev, err);
    return native_mount_restrict(p->dev, 0, MOUNT_ATTR_NODEV, err);
}

int native_mounts_make(const struct native_step *s, struct ob_err *err)
{
    struct place p = {
        .step = s, .proc = -1, .dev = -1, .sys = -1, .borrowed = NATIVE_BORROWED_INIT};
    int rc = make_kernel_views(&p, err);
    if (rc == 0)
        rc = enter_root(s->root, err);
    if (rc == 0)
        rc = fill_root(&p, err);
    if (rc == 0)
        rc = add_mounts_of_step(&p, err);
    const int fds[] = {p.proc, p.dev, p.sys};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    native_borrow_end(&p.borrowed);
    return rc;
}
