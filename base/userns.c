/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entering a user namespace. Who gives more ids than the process itself must stand outside, and
 * newuidmap(1) wants to be run by the user; so a helper is forked before, waits until the namespace
 * is there, and gives them.
 */
#include <config.h>

#include "base/userns.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/userns_ids.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The kernel numbers the namespaces that it starts with itself (linux/proc_ns.h). */
static const ino_t INITIAL = 0xEFFFFFFDU;

bool userns_is_initial(void)
{
    struct stat st;
    return stat("/proc/self/ns/user", &st) < 0 || st.st_ino == INITIAL;
}

static bool is_one_id(const char *file)
{
    struct ob_err ignored; /* without proc(5), the kernel's refusal will say it */
    cleanup_buf struct buf text = BUF_INIT;
    unsigned long long inside, outside, count;
    if (fs_read_file_at(AT_FDCWD, file, &text, 64 << 10, &ignored) != 1)
        return false;
    return sscanf(text.p, "%llu %llu %llu", &inside, &outside, &count) == 3 && count == 1 &&
           strchr(text.p, '\n') == text.p + text.n - 1;
}

bool userns_has_one_user(void)
{
    return is_one_id("/proc/self/uid_map") || is_one_id("/proc/self/gid_map");
}

bool userns_is_needed(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    syscall(SYS_capget, &head, data);
    return geteuid() != 0 || !(data[0].effective & 1U << CAP_SYS_ADMIN);
}

/* Why not. */

static bool reads(const char *file, const char *value)
{
    struct ob_err ignored; /* a setting that this kernel does not have */
    cleanup_buf struct buf text = BUF_INIT;
    return fs_read_file_at(AT_FDCWD, file, &text, 64, &ignored) == 1 && text.n > 0 &&
           strncmp(text.p, value, strlen(value)) == 0 && text.p[strlen(value)] == '\n';
}

/* What the kernel's answer comes from, and the way out. */
static int refused(int errnum, struct ob_err *err)
{
    static const struct {
        const char *file, *value, *set;
    } settings[] = {
        {"/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces=10000"},
        {"/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"},
        {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
         "kernel.apparmor_restrict_unprivileged_userns=0"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (reads(settings[i].file, settings[i].value))
            return ob_err_set(err, 0,
                              "this machine lets only root make user namespaces: run as root, or "
                              "let root run \"sysctl %s\"",
                              settings[i].set);
    if (geteuid() == 0)
        return ob_err_set(err, errnum,
                          "root has no CAP_SYS_ADMIN here, nor may it make a user namespace: give "
                          "the container one of both");
    return ob_err_set(err, errnum,
                      "can't make a user namespace: run as root, or let this user make them (in a "
                      "container its seccomp filter decides)");
}

/* Entering. */

/* The helper's process: tells what came of it as a struct ob_err, without text if all is well. */
static _Noreturn void help(const struct userns_ids *ids, pid_t pid, int peer)
{
    struct ob_err err = OB_ERR_INIT;
    char go;
    if (read(peer, &go, 1) != 1)
        _exit(1); /* there is no namespace */
    userns_give_ids(ids, pid, &err);
    _exit(write(peer, &err, sizeof err) != sizeof err);
}

/* Enters while a helper waits behind `helper`, a socket. */
static int enter_with_helper(int helper, struct ob_err *err)
{
    struct ob_err answer;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return refused(errno, err);
    if (send(helper, "", 1, MSG_NOSIGNAL) != 1 ||
        recv(helper, &answer, sizeof answer, MSG_WAITALL) != sizeof answer)
        return ob_err_set(err, EIO, "the process that maps ids is gone");
    if (answer.text[0] == '\0')
        return 0;
    *err = answer;
    return ob_err_wrap(err, "can't give the user namespace its ids");
}

static int enter_with_ids(const struct userns_ids *ids, struct ob_err *err)
{
    int ends[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return ob_err_set(err, errno, "can't make a socket");
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        help(ids, parent, ends[1]);
    }
    close(ends[1]);
    int rc =
        pid < 0 ? ob_err_set(err, errno, "can't start a process") : enter_with_helper(ends[0], err);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return rc;
}

static int write_file(const char *path, const char *text, struct ob_err *err)
{
    cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        return ob_err_set(err, errno, "can't write \"%s\"", path);
    return 0;
}

/* The kernel lets a process map its own group only once it can't drop those that deny something. */
static int enter_alone(struct ob_err *err)
{
    char users[32], groups[32];
    snprintf(users, sizeof users, "0 %u 1", geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return refused(errno, err);
    if (write_file("/proc/self/setgroups", "deny", err) == 0 &&
        write_file("/proc/self/uid_map", users, err) == 0 &&
        write_file("/proc/self/gid_map", groups, err) == 0)
        return 1;
    return err->errnum == EPERM ? refused(EPERM, err)
                                : ob_err_wrap(err, "can't give the user namespace its ids");
}

/* AppArmor lets users make a namespace and then takes what is worth having in it. Mounts are slaves
 * already, so this changes nothing. */
static bool may_mount(void)
{
    return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 ||
           (errno != EPERM && errno != EACCES);
}

int userns_enter(struct ob_err *why, struct ob_err *err)
{
    struct userns_ids ids;
    int rc = userns_find_ids(&ids, why) == 1 ? enter_with_ids(&ids, err) : enter_alone(err);
    return rc >= 0 && !may_mount() ? refused(errno, err) : rc;
}
