/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs inside a sandbox, as root of it, and tries to get out. Static, so that it runs on a root
 * filesystem that holds nothing else. Each probe says what it reached, or NULL if nothing. Prints
 * one line per breach; exit status 0 = none. On a host it would mount and kill, so it refuses to
 * run as anything but pid 2, the first command of a sandbox.
 *
 *     escape ABSTRACT-SOCKET [host-network]     (a socket that the test listens on, outside)
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/btrfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* chown dac_override fowner fsetid kill setgid setuid setpcap sys_chroot mknod audit_write
 * setfcap, by number */
#define EXPECTED_CAPS UINT64_C(0xa80401fb)

static const char *socket_name;
static bool has_host_network;
static char why[8192];

static const char *breach(const char *what, const char *name)
{
    snprintf(why, sizeof why, "%s %s", what, name);
    return why;
}

static const char *opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    close(fd);
    return breach("could open", path);
}

static const char *other_processes(void)
{
    DIR *d = opendir("/proc");
    const char *found = NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        long pid = strtol(e->d_name, NULL, 10);
        if (pid > 2 && pid != getpid())
            found = breach("sees process", e->d_name);
    }
    if (!d)
        return "can't read /proc";
    closedir(d);
    return found;
}

static const char *pid_1_is_not_ours(void)
{
    char name[32] = "";
    int fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, name, sizeof name - 1) < 0)
        return "can't read /proc/1/comm";
    close(fd);
    return strcmp(name, "init\n") == 0 ? NULL : breach("pid 1 is", name);
}

static const char *inside_of_pid_1(void)
{
    static const char *const paths[] = {"/proc/1/root/etc", "/proc/1/cwd",   "/proc/1/environ",
                                        "/proc/1/mem",      "/proc/1/exe",   "/proc/1/fd/0",
                                        "/proc/1/maps",     "/proc/1/ns/mnt"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (opens(paths[i], O_RDONLY))
            return why;
    if (ptrace(PTRACE_ATTACH, 1, NULL, NULL) == 0 || ptrace(PTRACE_SEIZE, 1, NULL, NULL) == 0)
        return "can trace pid 1";
    char byte;
    struct iovec here = {&byte, 1}, there = {&here, 1};
    if (syscall(SYS_process_vm_readv, 1, &here, 1, &there, 1, 0) >= 0 || errno != EPERM)
        return "can read the memory of pid 1";
    int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);
    if (pidfd < 0 || syscall(SYS_pidfd_getfd, pidfd, 0, 0) >= 0 || errno != EPERM)
        return "can take descriptors of pid 1";
    close(pidfd);
    kill(1, SIGKILL); /* if that worked, this process is gone and the test fails */
    return NULL;
}

/* Signal 0 reaches whatever could be ended. */
static const char *signals_to_outside(void)
{
    for (pid_t pid = 3; pid < 5000; pid++)
        if (pid != getpid() && kill(pid, 0) == 0)
            return "can signal a process that is not of the sandbox";
    return NULL;
}

static const char *mounts_of_the_host(void)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char line[4096], point[4096];
    const char *found = NULL;
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "%*d %*d %*s %*s %4095s", point) != 1)
            continue;
        if (strcmp(point, "/") != 0 && strncmp(point, "/proc", 5) != 0 &&
            strncmp(point, "/dev", 4) != 0 && strncmp(point, "/sys", 4) != 0 &&
            strcmp(point, "/etc/hosts") != 0 &&
            !(has_host_network && strcmp(point, "/etc/resolv.conf") == 0))
            found = breach("sees the mount", point);
    }
    if (!f)
        return "can't read mountinfo";
    fclose(f);
    return found;
}

static const char *status_field(const char *name, uint64_t want)
{
    FILE *f = fopen("/proc/self/status", "re");
    char line[256];
    size_t n = strlen(name);
    uint64_t got = ~want;
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, n) == 0 && line[n] == ':')
            got = strtoull(line + n + 1, NULL, 16);
    if (f)
        fclose(f);
    if (got == want)
        return NULL;
    snprintf(why, sizeof why, "%s is %" PRIx64 ", not %" PRIx64, name, got, want);
    return why;
}

static const char *capabilities(void)
{
    if (status_field("CapEff", EXPECTED_CAPS) || status_field("CapPrm", EXPECTED_CAPS) ||
        status_field("CapBnd", EXPECTED_CAPS) || status_field("CapInh", 0) ||
        status_field("CapAmb", 0) || status_field("NoNewPrivs", 0))
        return why;
    return NULL;
}

static const char *file_limit(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur > 1024)
        return "the limit of open files is above 1024";
    return NULL;
}

static const char *inherited_descriptors(void)
{
    for (int fd = 3; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return "a descriptor above 2 is open";
    return NULL;
}

/* May be made, must not be usable. */
static const char *device(const char *dir, mode_t type, unsigned major_no, unsigned minor_no)
{
    char path[256];
    snprintf(path, sizeof path, "%s/escape-node", dir);
    if (mknod(path, type | 0666, makedev(major_no, minor_no)) < 0)
        return NULL;
    const char *found = opens(path, O_RDONLY);
    if (!found)
        found = opens(path, O_RDWR);
    unlink(path);
    return found;
}

static const char *device_nodes(void)
{
    static const char *const dirs[] = {"/", "/dev", "/dev/shm", "/dev/mqueue", "/dev/pts"};
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
        if (device(dirs[i], S_IFBLK, 254, 0) || device(dirs[i], S_IFBLK, 8, 0) ||
            device(dirs[i], S_IFBLK, 7, 0) || device(dirs[i], S_IFCHR, 1, 1) ||
            device(dirs[i], S_IFCHR, 1, 11) || device(dirs[i], S_IFCHR, 10, 229) ||
            device(dirs[i], S_IFCHR, 1, 3))
            return why;
    return NULL;
}

static const char *devices_of_the_host(void)
{
    static const char *const known[] = {"null", "zero",   "full",   "random", "urandom", "tty",
                                        "fd",   "stdin",  "stdout", "stderr", "ptmx",    "pts",
                                        "shm",  "mqueue", ".",      ".."};
    DIR *d = opendir("/dev");
    const char *found = d ? NULL : "can't read /dev";
    for (struct dirent *e; d && (e = readdir(d));) {
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            is_known = is_known || strcmp(known[i], e->d_name) == 0;
        if (!is_known)
            found = breach("/dev has", e->d_name);
    }
    if (d)
        closedir(d);
    return found;
}

/* The standard devices must work all the same. */
static const char *broken_devices(void)
{
    static const char *const paths[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                        "/dev/random", "/dev/urandom", "/dev/ptmx"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (!opens(paths[i], O_RDWR | O_NOCTTY))
            return breach("can't use", paths[i]);
    if (!opens("/dev/stdout", O_WRONLY) || !opens("/dev/fd/1", O_WRONLY))
        return "can't use /dev/stdout";
    return NULL;
}

/* The classic: a chroot below the working directory frees it of any bound but the real root. */
static const char *chroot_escape(void)
{
    struct stat before, after;
    if (stat("/", &before) < 0 || mkdir("/escape-dir", 0755) < 0)
        return "can't try chroot";
    pid_t pid = fork();
    if (pid == 0) {
        if (chroot("/escape-dir") < 0)
            _exit(0);
        for (int i = 0; i < 64; i++)
            if (chdir("..") < 0)
                break;
        _exit(stat(".", &after) == 0 && after.st_dev == before.st_dev &&
                      after.st_ino == before.st_ino
                  ? 0
                  : 1);
    }
    int status = 1;
    waitpid(pid, &status, 0);
    rmdir("/escape-dir");
    return status == 0 ? NULL : "chroot leads out";
}

static const char *kernel_settings(void)
{
    static const char *const paths[] = {"/proc/sys/kernel/core_pattern",
                                        "/proc/sys/kernel/modprobe",
                                        "/proc/sys/vm/drop_caches",
                                        "/proc/sys/fs/file-max",
                                        "/proc/sysrq-trigger",
                                        "/sys/kernel/mm/ksm/run",
                                        "/sys/power/state",
                                        "/proc/irq/default_smp_affinity",
                                        "/proc/dynamic_debug/control"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (opens(paths[i], O_WRONLY))
            return why;
    return NULL;
}

/* A crash leaves nothing in the result, and the kernel's handler of crashes can't be set. */
static const char *core_files(void)
{
    struct stat st;
    char with_pid[32];
    pid_t pid = fork();
    if (pid == 0)
        abort();
    int status = 0;
    waitpid(pid, &status, 0);
    snprintf(with_pid, sizeof with_pid, "core.%ld", (long)pid);
    if (WCOREDUMP(status) || stat("core", &st) == 0 || stat(with_pid, &st) == 0)
        return "a crash leaves a core file";
    return opens("/proc/sys/kernel/core_pattern", O_WRONLY);
}

static const char *kernel_log(void)
{
    if (opens("/dev/kmsg", O_RDONLY) || opens("/dev/kmsg", O_WRONLY) ||
        opens("/proc/kmsg", O_RDONLY) || device("/", S_IFCHR, 1, 11))
        return why;
    return syscall(SYS_syslog, 3, why, sizeof why) >= 0 ? "can read the kernel's log" : NULL;
}

static const char *kernel_secrets(void)
{
    static const char *const files[] = {"/proc/kcore",      "/proc/keys",        "/proc/timer_list",
                                        "/proc/interrupts", "/proc/sched_debug", "/proc/kpagecount",
                                        "/proc/kpageflags"};
    static const char *const dirs[] = {"/sys/firmware", "/proc/acpi", "/proc/scsi",
                                       "/sys/devices/virtual/powercap"};
    char c;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, &c, 1) > 0)
            return breach("can read", files[i]);
        if (fd >= 0)
            close(fd);
    }
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        DIR *d = opendir(dirs[i]);
        for (struct dirent *e; d && (e = readdir(d));)
            if (e->d_name[0] != '.')
                return breach("can list", dirs[i]);
        if (d)
            closedir(d);
    }
    return NULL;
}

static const char *mount_calls(void)
{
    if (mount("none", "/", "tmpfs", 0, NULL) == 0 || mount("/", "/", NULL, MS_BIND, NULL) == 0)
        return "can mount";
    if (mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
        return "can remount";
    if (umount2("/proc/sys", MNT_DETACH) == 0 || umount2("/", MNT_DETACH) == 0)
        return "can unmount";
    if (syscall(SYS_pivot_root, "/", "/") == 0)
        return "can pivot_root";
    if (syscall(SYS_open_tree, AT_FDCWD, "/", 1) >= 0)
        return "can clone a mount";
    if (syscall(SYS_fsopen, "tmpfs", 0) >= 0)
        return "can make a filesystem";
    return sethostname("x", 1) == 0 ? "can set the host name" : NULL;
}

static const char *overlay_of_etc(void)
{
    const char *found = NULL;
    if (mkdir("/upper", 0755) < 0 || mkdir("/work", 0755) < 0)
        return "can't try an overlay";
    if (mount("o", "/etc", "overlay", 0, "lowerdir=/etc,upperdir=/upper,workdir=/work") == 0)
        found = "can put an overlay on /etc";
    rmdir("/upper");
    rmdir("/work");
    return found;
}

static const char *control_groups(void)
{
    static const char *const paths[] = {
        "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/release_agent",
        "/sys/fs/cgroup/memory/cgroup.procs", "/sys/fs/cgroup/cgroup.subtree_control"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (opens(paths[i], O_WRONLY))
            return why;
    if (mkdir("/sys/fs/cgroup/escape", 0755) == 0)
        return "can make a control group";
    if (mount("c", "/dev/shm", "cgroup2", 0, NULL) == 0 ||
        mount("c", "/dev/shm", "cgroup", 0, "memory") == 0)
        return "can mount control groups";
    return NULL;
}

static const char *machine(void)
{
    struct timespec now;
    if (reboot(RB_DISABLE_CAD) == 0)
        return "can change what Ctrl-Alt-Del does";
    if (clock_gettime(CLOCK_REALTIME, &now) == 0 && clock_settime(CLOCK_REALTIME, &now) == 0)
        return "can set the clock";
    if (setpriority(PRIO_PROCESS, 0, -1) == 0)
        return "can take precedence over others";
    return acct("/escape-acct") == 0 || errno != EPERM ? "can account processes" : NULL;
}

static const char *namespaces(void)
{
    static const int flags[] = {CLONE_NEWUSER,   CLONE_NEWNS,  CLONE_NEWNET, CLONE_NEWPID,
                                CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWUTS};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (unshare(flags[i]) == 0)
            return "can unshare";
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        return "can clone a user namespace";
    int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && setns(fd, 0) == 0)
        return "can setns";
    if (fd >= 0)
        close(fd);
    return NULL;
}

static const char *forbidden_calls(void)
{
    static const struct {
        const char *name;
        long call;
        int errnum;
    } calls[] = {{"add_key", SYS_add_key, EPERM},
                 {"keyctl", SYS_keyctl, EPERM},
                 {"request_key", SYS_request_key, EPERM},
                 {"bpf", SYS_bpf, EPERM},
                 {"perf_event_open", SYS_perf_event_open, EPERM},
                 {"userfaultfd", SYS_userfaultfd, EPERM},
                 {"open_by_handle_at", SYS_open_by_handle_at, EPERM},
                 {"init_module", SYS_init_module, EPERM},
                 {"finit_module", SYS_finit_module, EPERM},
                 {"kexec_load", SYS_kexec_load, EPERM},
                 {"syslog", SYS_syslog, EPERM},
                 {"io_uring_setup", 425, ENOSYS},
#ifdef SYS_uselib
                 {"uselib", SYS_uselib, EPERM},
#endif
                 {"clone3", SYS_clone3, ENOSYS}};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        errno = 0;
        if (syscall(calls[i].call, 0, 0, 0, 0, 0) >= 0 || errno != calls[i].errnum)
            return breach("is not stopped at", calls[i].name);
    }
    return NULL;
}

/* Families that no network namespace confines: the hypervisor's, and the kernel's ciphers. */
static const char *host_sockets(void)
{
    static const int families[] = {AF_VSOCK, AF_ALG}, types[] = {SOCK_STREAM, SOCK_SEQPACKET};
    for (int i = 0; i < 2; i++) {
        int fd = socket(families[i], types[i] | SOCK_CLOEXEC, 0);
        if (fd >= 0 || errno != EAFNOSUPPORT)
            return i ? "can make a socket for ciphers" : "can make a socket to the hypervisor";
    }
    return NULL;
}

#ifdef __x86_64__
static long call_32(long call, long arg)
{
    long rc;
    __asm__ volatile("int $0x80"
                     : "=a"(rc)
                     : "a"(call), "b"(arg), "c"(0), "d"(0)
                     : "memory", "r8", "r9", "r10", "r11");
    return rc;
}
#endif

/* The calls of other ABIs have other numbers. A kernel without 32-bit programs kills the child. */
static const char *other_abis(void)
{
    const char *found = NULL;
#ifdef __x86_64__
    enum { X32 = 0x40000000, KEYCTL_32 = 288, UNSHARE_32 = 310, BPF_32 = 357 };
    if (syscall(X32 | SYS_getpid) >= 0)
        return "can use the x32 ABI";
    pid_t pid = fork();
    if (pid == 0)
        _exit(call_32(KEYCTL_32, 0) != -EPERM || call_32(BPF_32, 0) != -EPERM ||
              call_32(UNSHARE_32, CLONE_NEWUSER) != -EPERM);
    int status;
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
        found = "is not stopped at a 32-bit system call";
#endif
    return found;
}

static const char *command_line_of_the_host(void)
{
    char text[4096];
    int fd = open("/proc/1/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    for (ssize_t i = 0; i < n; i++)
        if (text[i])
            return "can read /proc/1/cmdline";
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* The kernel looks at the lower half of the request, and so must the filter. */
static const char *terminal_input(void)
{
    if (opens("/dev/tty", O_RDWR))
        return "has a controlling terminal";
    int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    const unsigned long high = sizeof(long) > 4 ? (unsigned long)UINT64_C(1) << 32 : 0;
    if (fd < 0)
        return "can't open /dev/ptmx";
    for (int i = 0; i < 2; i++) {
        errno = 0;
        if (syscall(SYS_ioctl, fd, (i ? high : 0) | TIOCSTI, "x") == 0 || errno != EPERM)
            return "can use TIOCSTI";
    }
    close(fd);
    return NULL;
}

/* Without a filter a descriptor that is none is EBADF. */
static const char *subvolumes(void)
{
    static const unsigned long calls[] = {BTRFS_IOC_SUBVOL_CREATE, BTRFS_IOC_SUBVOL_CREATE_V2,
                                          BTRFS_IOC_SNAP_CREATE, BTRFS_IOC_SNAP_CREATE_V2,
                                          BTRFS_IOC_SUBVOL_SETFLAGS};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (syscall(SYS_ioctl, -1, calls[i], NULL) >= 0 || errno != ENOTTY)
            return "can make subvolumes";
    return NULL;
}

static const char *abstract_sockets(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t n = strlen(socket_name);
    memcpy(a.sun_path + 1, socket_name, n);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = connect(fd, (struct sockaddr *)&a,
                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
    close(fd);
    return rc == 0 ? "reaches an abstract socket of the host" : NULL;
}

static const char *network(void)
{
    if (has_host_network)
        return NULL;
    FILE *f = fopen("/proc/net/dev", "re");
    char line[512];
    const char *found = f ? NULL : "can't read /proc/net/dev";
    for (int i = 0; f && fgets(line, sizeof line, f); i++)
        if (i >= 2 && !strstr(line, " lo:"))
            found = breach("sees an interface:", line);
    if (f)
        fclose(f);
    return found;
}

static const struct {
    const char *name;
    const char *(*probe)(void);
} PROBES[] = {
    {"descriptors", inherited_descriptors},
    {"processes", other_processes},
    {"pid 1", pid_1_is_not_ours},
    {"signals to outside", signals_to_outside},
    {"mounts", mounts_of_the_host},
    {"capabilities", capabilities},
    {"limits", file_limit},
    {"device nodes", device_nodes},
    {"devices of the host", devices_of_the_host},
    {"standard devices", broken_devices},
    {"chroot", chroot_escape},
    {"kernel settings", kernel_settings},
    {"kernel secrets", kernel_secrets},
    {"kernel log", kernel_log},
    {"core files", core_files},
    {"machine", machine},
    {"control groups", control_groups},
    {"mount calls", mount_calls},
    {"overlay of /etc", overlay_of_etc},
    {"namespaces", namespaces},
    {"forbidden calls", forbidden_calls},
    {"terminal input", terminal_input},
    {"subvolumes", subvolumes},
    {"abstract sockets", abstract_sockets},
    {"sockets of the host", host_sockets},
    {"other ABIs", other_abis},
    {"command line", command_line_of_the_host},
    {"network", network},
    {"inside of pid 1", inside_of_pid_1}, /* late, when pid 1 has given up its capabilities */
};

int main(int argc, char *argv[])
{
    if (argc < 2 || getpid() != 2) {
        fputs("usage: escape ABSTRACT-SOCKET [host-network] (as the command of a sandbox)\n",
              stderr);
        return 2;
    }
    socket_name = argv[1];
    has_host_network = argc > 2;
    int breaches = 0;
    for (size_t i = 0; i < sizeof PROBES / sizeof PROBES[0]; i++) {
        const char *found = PROBES[i].probe();
        if (found) {
            printf("%s: %s\n", PROBES[i].name, found);
            breaches++;
        }
    }
    return breaches ? 1 : 0;
}
