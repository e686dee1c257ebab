/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "backends/native_cgroup.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

/* Groups are called "obkit-step-PID-N". */
#define NAME_PREFIX "obkit-step-"

#define WAY_OUT                                                                                    \
    "start obexec in one of its own, as \"systemd-run [--user] --scope -p Delegate=yes\" does"

enum { CPU_PERIOD = 100000, CPU_QUOTA_MIN = 1000 }; /* µs; the kernel takes no smaller quota */

static const char *const names[N_CGROUP_CONTROLLERS] = {"cpu", "memory", "pids"};

/* By controller, whether a step is limited in it. */
struct wanted {
    bool is[N_CGROUP_CONTROLLERS];
};

static struct wanted wanted_by(const struct step_limits *l)
{
    return (struct wanted){{l->cpu_milli > 0, l->memory > 0, l->pids > 0}};
}

/* Whether the names in a list, which are separated by `by`, include this one. */
static bool has_name(struct str list, char by, const char *name)
{
    for (bool more = true; more;) {
        struct str one;
        more = str_cut(list, by, &one, &list);
        while (one.n > 0 && one.p[one.n - 1] == '\n')
            one.n--;
        if (str_eq(one, str_from(name)))
            return true;
    }
    return false;
}

/* The path of this process' group in the hierarchy of a controller (version 2: ""), without the
 * slash in front. False if there is none. */
static bool own_path(const char *own, const char *controller, char path[PATH_MAX])
{
    struct str rest = str_from(own);
    while (rest.n > 0) {
        struct str line, id, list, where;
        str_cut(rest, '\n', &line, &rest);
        if (!str_cut(line, ':', &id, &line) || !str_cut(line, ':', &list, &where) ||
            !has_name(list, ',', controller))
            continue;
        int n = snprintf(path, PATH_MAX, "%.*s", (int)where.n, where.p);
        return n > 0 && n < PATH_MAX;
    }
    return false;
}

static int read_file(int dir, const char *name, struct buf *out)
{
    struct ob_err ignored;
    enum { MAX = 64 << 10 };
    return fs_read_file_at(dir, name, out, MAX, &ignored) == 1 ? 0 : -1;
}

/* The file is there already in a group; where it is not (a test's directory), it is made. */
static int write_file(int dir, const char *name, const char *text)
{
    cleanup_close int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t n = strlen(text);
    return fd >= 0 && write(fd, text, n) == (ssize_t)n ? 0 : -1;
}

static int check_access(int dir, const char *path, struct ob_err *err)
{
    if (faccessat(dir, ".", W_OK, 0) == 0)
        return 0;
    return ob_err_set(err, errno, "can't make groups in the control group \"%s\" (" WAY_OUT ")",
                      path);
}

/* Version 1: below the controller's own directory, at the path of this process. In a container that
 * path may be the host's: then the container's own group is at the top. */
static int open_parent_v1(int root, const char *own, const char *controller, struct ob_err *err)
{
    char path[PATH_MAX], full[PATH_MAX + 16];
    int fd = -1;
    if (own_path(own, controller, path)) {
        snprintf(full, sizeof full, "%s%s", controller, path);
        fd = fs_open_in(root, full, O_RDONLY | O_DIRECTORY, 0);
    }
    if (fd < 0) {
        snprintf(full, sizeof full, "%s", controller);
        fd = fs_open_in(root, full, O_RDONLY | O_DIRECTORY, 0);
    }
    if (fd < 0)
        return ob_err_set(err, 0, "this machine has no control groups for \"%s\"", controller);
    if (check_access(fd, full, err) == 0)
        return fd;
    close(fd);
    return -1;
}

static int open_v1(int root, const char *own, const struct wanted *w, struct cgroup_host *out,
                   struct ob_err *err)
{
    for (int i = 0; i < N_CGROUP_CONTROLLERS; i++)
        if (w->is[i] && (out->parent[i] = open_parent_v1(root, own, names[i], err)) < 0)
            return -1;
    return 0;
}

/* Only the root group, which alone has no type, may have processes besides children with
 * controllers. For some controllers the kernel allows it, and makes children for threads only. */
static bool may_have_children(int dir)
{
    char byte;
    cleanup_buf struct buf type = BUF_INIT;
    if (faccessat(dir, "cgroup.type", F_OK, 0) < 0)
        return true;
    cleanup_close int procs = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    return read_file(dir, "cgroup.type", &type) == 0 && str_eq(buf_str(&type), STR("domain\n")) &&
           procs >= 0 && read(procs, &byte, 1) == 0;
}

/* Gives the children of a group the wanted controllers. The reason not to is in *err. */
static int enable(int dir, const struct wanted *w, struct ob_err *err)
{
    cleanup_buf struct buf there = BUF_INIT, given = BUF_INIT, more = BUF_INIT;
    if (read_file(dir, "cgroup.controllers", &there) < 0 ||
        read_file(dir, "cgroup.subtree_control", &given) < 0)
        return ob_err_set(err, errno, "can't read the controllers of a control group");
    for (int i = 0; i < N_CGROUP_CONTROLLERS; i++) {
        if (!w->is[i] || has_name(buf_str(&given), ' ', names[i]))
            continue;
        if (!has_name(buf_str(&there), ' ', names[i]))
            return ob_err_set(err, 0, "the control group has no controller \"%s\"", names[i]);
        buf_printf(&more, "%s+%s", more.n ? " " : "", names[i]);
    }
    if (more.n == 0 || write_file(dir, "cgroup.subtree_control", more.p) == 0)
        return 0;
    return ob_err_set(err, errno, "can't give control groups the controllers \"%s\"", more.p);
}

static bool can_make_in(int dir, const char *path, const struct wanted *w, struct ob_err *err)
{
    if (check_access(dir, path, err) < 0)
        return false;
    if (!may_have_children(dir))
        return ob_err_set(err, 0, "processes live in the control group \"%s\": " WAY_OUT, path),
               false;
    return enable(dir, w, err) == 0;
}

/* Version 2: in the group of this process; but that has processes, which only the root group may
 * have besides children with controllers. So mostly next to it. */
static int open_v2(int root, const char *own, const struct wanted *w, struct cgroup_host *out,
                   struct ob_err *err)
{
    char path[PATH_MAX] = "/";
    struct ob_err last = OB_ERR_INIT;
    own_path(own, "", path);
    for (;;) {
        cleanup_close int dir = fs_open_in(root, path[0] ? path : "/", O_RDONLY | O_DIRECTORY, 0);
        if (dir >= 0 && can_make_in(dir, path[0] ? path : "/", w, err)) {
            out->parent[0] = take_fd(&dir);
            return 0;
        }
        if (dir >= 0 && last.text[0] == '\0')
            last = *err;
        char *slash = strrchr(path, '/');
        if (!slash || path[1] == '\0') {
            *err = last;
            return last.text[0] ? -1 : ob_err_set(err, errno, "can't open the control group");
        }
        *slash = '\0';
    }
}

static bool is_number(struct str s)
{
    unsigned long long ignored;
    return str_to_u64(s, &ignored);
}

static bool is_ours(const char *name)
{
    struct str s = str_from(name), pid, number;
    if (!str_starts(s, STR(NAME_PREFIX)))
        return false;
    s = str_of(s.p + strlen(NAME_PREFIX), s.n - strlen(NAME_PREFIX));
    return str_cut(s, '-', &pid, &number) && is_number(pid) && is_number(number);
}

/* Only an empty group can be removed, whoever's it is. */
static void remove_leftovers(int parent)
{
    cleanup_dir DIR *d = parent < 0 ? NULL : fs_opendir(parent);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (!is_ours(e->d_name))
            continue;
        cleanup_close int dir = openat(parent, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) == 0)
            unlinkat(parent, e->d_name, AT_REMOVEDIR);
    }
}

int cgroup_host_open(int root, const char *own, const struct step_limits *limits,
                     struct cgroup_host *out, struct ob_err *err)
{
    const struct wanted w = wanted_by(limits);
    *out = CGROUP_HOST_INIT;
    out->is_v2 = faccessat(root, "cgroup.controllers", F_OK, 0) == 0;
    int rc = out->is_v2 ? open_v2(root, own, &w, out, err) : open_v1(root, own, &w, out, err);
    if (rc < 0)
        cgroup_host_close(out);
    for (int i = 0; i < N_CGROUP_CONTROLLERS; i++)
        remove_leftovers(out->parent[i]);
    return rc;
}

void cgroup_host_close(struct cgroup_host *h)
{
    for (int i = 0; i < N_CGROUP_CONTROLLERS; i++)
        if (h->parent[i] >= 0)
            close(h->parent[i]);
    *h = CGROUP_HOST_INIT;
}

/* 1 = made and locked, 0 = it was removed as a leftover before it was locked, -1 and errno. */
static int make_dir(int parent, const char *name, int *out)
{
    struct stat ours, there;
    if (mkdirat(parent, name, 0755) < 0)
        return -1;
    cleanup_close int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || flock(dir, LOCK_EX) < 0 || fstat(dir, &ours) < 0 ||
        fstatat(parent, name, &there, 0) < 0)
        return errno == ENOENT ? 0 : -1;
    if (ours.st_ino != there.st_ino)
        return 0;
    *out = take_fd(&dir);
    return 1;
}

/* Makes the group in all hierarchies under one name, which nobody else has. */
static int make_dirs(struct cgroup *g, struct ob_err *err)
{
    for (unsigned n = 0; n < 1000; n++) {
        int rc = 1;
        snprintf(g->name, sizeof g->name, NAME_PREFIX "%ld-%u", (long)getpid(), n);
        for (int i = 0; rc == 1 && i < N_CGROUP_CONTROLLERS; i++)
            if (g->host->parent[i] >= 0)
                rc = make_dir(g->host->parent[i], g->name, &g->dir[i]);
        if (rc == 1)
            return 0;
        int saved = errno;
        cgroup_end(g, NULL);
        if (rc < 0 && saved != EEXIST)
            return ob_err_set(err, saved, "can't make a control group");
    }
    return ob_err_set(err, EEXIST, "can't make a control group");
}

static int set(const struct cgroup *g, enum cgroup_controller c, const char *file, uint64_t value,
               const char *after, struct ob_err *err)
{
    char text[48];
    snprintf(text, sizeof text, "%" PRIu64 "%s", value, after);
    if (write_file(g->dir[g->host->is_v2 ? 0 : c], file, text) < 0)
        return ob_err_set(err, errno, "can't write \"%s\" to \"%s\" of a control group", text,
                          file);
    return 0;
}

static int limit_cpu(const struct cgroup *g, uint64_t milli, struct ob_err *err)
{
    uint64_t quota = milli * (CPU_PERIOD / 1000);
    if (quota < CPU_QUOTA_MIN)
        quota = CPU_QUOTA_MIN;
    if (g->host->is_v2)
        return set(g, CGROUP_CPU, "cpu.max", quota, " 100000", err);
    if (set(g, CGROUP_CPU, "cpu.cfs_period_us", CPU_PERIOD, "", err) < 0)
        return -1;
    return set(g, CGROUP_CPU, "cpu.cfs_quota_us", quota, "", err);
}

/* Not every kernel counts swap; without that, the limit is of memory alone. */
static int limit_memory(const struct cgroup *g, uint64_t bytes, struct ob_err *err)
{
    struct ob_err ignored;
    bool v2 = g->host->is_v2;
    if (set(g, CGROUP_MEMORY, v2 ? "memory.max" : "memory.limit_in_bytes", bytes, "", err) < 0)
        return -1;
    if (v2)
        set(g, CGROUP_MEMORY, "memory.swap.max", 0, "", &ignored);
    else
        set(g, CGROUP_MEMORY, "memory.memsw.limit_in_bytes", bytes, "", &ignored);
    return 0;
}

/* Pid 1 of the sandbox is no process of the step. */
static int limit_pids(const struct cgroup *g, uint64_t n, struct ob_err *err)
{
    return set(g, CGROUP_PIDS, "pids.max", n + 1, "", err);
}

static int limit(const struct cgroup *g, const struct step_limits *l, struct ob_err *err)
{
    if (l->cpu_milli && limit_cpu(g, l->cpu_milli, err) < 0)
        return -1;
    if (l->memory && limit_memory(g, l->memory, err) < 0)
        return -1;
    return l->pids ? limit_pids(g, l->pids, err) : 0;
}

static int open_procs(struct cgroup *g, struct ob_err *err)
{
    for (int i = 0; i < N_CGROUP_CONTROLLERS; i++) {
        if (g->dir[i] < 0 || g->host->is_v2)
            continue;
        g->procs[i] = openat(g->dir[i], "cgroup.procs", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (g->procs[i] < 0)
            return ob_err_set(err, errno, "can't open a control group");
    }
    return 0;
}

int cgroup_make(const struct cgroup_host *h, const struct step_limits *limits, struct cgroup *out,
                struct ob_err *err)
{
    *out = (struct cgroup){.host = h, .dir = {-1, -1, -1}, .procs = {-1, -1, -1}};
    if (make_dirs(out, err) < 0)
        return -1;
    if (limit(out, limits, err) == 0 && open_procs(out, err) == 0)
        return 0;
    cgroup_end(out, NULL);
    return -1;
}

int cgroup_for_clone(const struct cgroup *g)
{
    return g->host->is_v2 ? g->dir[0] : -1;
}

int cgroup_enter(const struct cgroup *g, struct ob_err *err)
{
    for (int i = 0; i < N_CGROUP_CONTROLLERS; i++)
        if (g->procs[i] >= 0 && write(g->procs[i], "0", 1) < 0)
            return ob_err_set(err, errno, "can't enter a control group");
    return 0;
}

/* The number behind a name in one of the kernel's lists of events. */
static bool has_event(int dir, const char *file, const char *event)
{
    cleanup_buf struct buf text = BUF_INIT;
    if (dir < 0 || read_file(dir, file, &text) < 0)
        return false;
    struct str rest = buf_str(&text);
    while (rest.n > 0) {
        struct str line, name, count;
        str_cut(rest, '\n', &line, &rest);
        if (str_cut(line, ' ', &name, &count) && str_eq(name, str_from(event)))
            return !str_eq(count, STR("0"));
    }
    return false;
}

static void look_for_hits(const struct cgroup *g, struct cgroup_hits *hits)
{
    bool v2 = g->host->is_v2;
    hits->memory = has_event(g->dir[v2 ? 0 : CGROUP_MEMORY],
                             v2 ? "memory.events" : "memory.oom_control", "oom_kill");
    hits->pids = has_event(g->dir[v2 ? 0 : CGROUP_PIDS], "pids.events", "max");
}

void cgroup_end(struct cgroup *g, struct cgroup_hits *hits)
{
    if (hits)
        look_for_hits(g, hits);
    for (int i = 0; i < N_CGROUP_CONTROLLERS; i++) {
        if (g->dir[i] < 0)
            continue;
        unlinkat(g->host->parent[i], g->name, AT_REMOVEDIR);
        if (g->procs[i] >= 0)
            close(g->procs[i]);
        close(g->dir[i]);
        g->dir[i] = g->procs[i] = -1;
    }
}
