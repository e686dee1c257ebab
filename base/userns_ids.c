/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids for a user namespace. A process that may be any user (root of a container) hands on all that
 * it has; any other user gets what /etc/subuid and /etc/subgid grant, through the set-user-ID
 * programs of the package that holds newuidmap(1).
 */
#include <config.h>

#include "base/userns_ids.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/spawn.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/syscall.h>

enum { MAX_FILE = 1 << 20 };

static void add_range(struct userns_map *m, uint32_t inside, uint32_t outside, uint32_t count)
{
    if (m->n < USERNS_RANGES && count > 0)
        m->at[m->n++] = (struct userns_range){inside, outside, count};
}

static bool to_id(struct str s, uint32_t *out)
{
    unsigned long long n;
    if (!str_to_u64(s, &n) || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

void userns_add_sub_ids(struct userns_map *m, struct str text, const char *name, uid_t uid)
{
    uint32_t next = 0, number, start, count;
    for (unsigned i = 0; i < m->n; i++)
        next = m->at[i].inside + m->at[i].count;
    while (text.n > 0) {
        struct str line, owner, from, length;
        str_cut(text, '\n', &line, &text);
        if (!str_cut(line, ':', &owner, &from) || !str_cut(from, ':', &from, &length))
            continue;
        bool is_ours =
            (name && str_eq(owner, str_from(name))) || (to_id(owner, &number) && number == uid);
        if (!is_ours || !to_id(from, &start) || !to_id(length, &count) || count > UINT32_MAX - next)
            continue;
        add_range(m, next, start, count);
        next += count;
    }
}

/* The ids of this namespace, each to be itself. */
static void add_own(struct userns_map *m, const char *file)
{
    struct ob_err ignored; /* then there is none, which the kernel refuses */
    cleanup_buf struct buf text = BUF_INIT;
    if (fs_read_file_at(AT_FDCWD, file, &text, MAX_FILE, &ignored) != 1)
        return;
    unsigned inside, outside, count;
    int n;
    for (const char *at = text.p; sscanf(at, "%u %u %u%n", &inside, &outside, &count, &n) == 3;
         at += n)
        add_range(m, inside, inside, count);
}

static bool may_give_any(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    const uint32_t needed = 1U << CAP_SETUID | 1U << CAP_SETGID;
    return syscall(SYS_capget, &head, data) == 0 && (data[0].effective & needed) == needed;
}

/* Itself as root, then the others that the file gives. */
static bool add_granted(struct userns_map *m, const char *file, const char *name, uint32_t id)
{
    struct ob_err ignored; /* who can't read it has been given nothing */
    cleanup_buf struct buf text = BUF_INIT;
    add_range(m, 0, id, 1);
    if (fs_read_file_at(AT_FDCWD, file, &text, MAX_FILE, &ignored) == 1)
        userns_add_sub_ids(m, buf_str(&text), name, getuid());
    return m->n > 1;
}

int userns_find_ids(struct userns_ids *out, struct ob_err *why)
{
    *out = (struct userns_ids){.is_direct = may_give_any()};
    if (out->is_direct) {
        add_own(&out->users, "/proc/self/uid_map");
        add_own(&out->groups, "/proc/self/gid_map");
        return 1;
    }
    const struct passwd *pw = getpwuid(getuid());
    const char *name = pw ? pw->pw_name : NULL;
    bool granted = add_granted(&out->users, "/etc/subuid", name, geteuid());
    granted &= add_granted(&out->groups, "/etc/subgid", name, getegid());
    if (granted && spawn_finds("newuidmap") && spawn_finds("newgidmap"))
        return 1;
    if (granted)
        ob_err_set(why, 0, "newuidmap and newgidmap are not installed (package uidmap or shadow)");
    else
        ob_err_set(why, 0,
                   "/etc/subuid and /etc/subgid give this user no others (usermod "
                   "--add-subuids 100000-165535 --add-subgids 100000-165535 USER does)");
    return 0;
}

/* Giving. */

static void print_map(const struct userns_map *m, struct buf *out)
{
    for (unsigned i = 0; i < m->n; i++)
        buf_printf(out, "%u %u %u\n", m->at[i].inside, m->at[i].outside, m->at[i].count);
}

static int write_map(const struct userns_map *m, pid_t pid, const char *file, struct ob_err *err)
{
    char path[64];
    cleanup_buf struct buf text = BUF_INIT;
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    print_map(m, &text);
    cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
        return ob_err_set(err, errno, "can't write \"%s\"", path);
    return 0;
}

/* Starts PROGRAM PID INSIDE OUTSIDE COUNT… with what it prints going to fd. */
static int start_program(const char *program, const struct userns_map *m, pid_t target, int fd,
                         pid_t *pid, struct ob_err *err)
{
    char words[2 + 3 * USERNS_RANGES][12], *argv[3 + 3 * USERNS_RANGES];
    unsigned n = 0;
    snprintf(words[n++], sizeof words[0], "%s", program);
    snprintf(words[n++], sizeof words[0], "%ld", (long)target);
    for (unsigned i = 0; i < m->n; i++) {
        snprintf(words[n++], sizeof words[0], "%u", m->at[i].inside);
        snprintf(words[n++], sizeof words[0], "%u", m->at[i].outside);
        snprintf(words[n++], sizeof words[0], "%u", m->at[i].count);
    }
    for (unsigned i = 0; i < n; i++)
        argv[i] = words[i];
    argv[n] = NULL;
    return spawn(argv, &(struct spawn_io){-1, fd, fd}, pid, err);
}

static int run_program(const char *program, const struct userns_map *m, pid_t target,
                       struct ob_err *err)
{
    struct ob_err ignored; /* what it printed is only for the message */
    cleanup_buf struct buf text = BUF_INIT;
    int p[2], status;
    pid_t pid;
    if (pipe2(p, O_CLOEXEC) < 0)
        return ob_err_set(err, errno, "can't make a pipe");
    cleanup_close int output = p[0];
    int rc = start_program(program, m, target, p[1], &pid, err);
    close(p[1]);
    if (rc < 0)
        return -1;
    fs_read_all(output, &text, 4096, &ignored);
    if (spawn_wait(pid, &status, err) < 0)
        return -1;
    if (status == 0)
        return 0;
    struct str line, rest;
    str_cut(buf_str(&text), '\n', &line, &rest);
    return ob_err_set(err, 0, "%s failed with status %d (" STR_FMT ")", program, status,
                      STR_ARG(line));
}

int userns_give_ids(const struct userns_ids *ids, pid_t pid, struct ob_err *err)
{
    if (ids->is_direct)
        return write_map(&ids->users, pid, "uid_map", err) < 0
                   ? -1
                   : write_map(&ids->groups, pid, "gid_map", err);
    return run_program("newuidmap", &ids->users, pid, err) < 0
               ? -1
               : run_program("newgidmap", &ids->groups, pid, err);
}
