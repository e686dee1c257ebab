/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sandbox contract, run against a sandbox that takes directories: `sandbox NAME`. Each test
 * has a root filesystem of its own: busybox with links, or nothing but the static probe `escape`.
 */
#include <config.h>

#include "backends/backends.h"
#include "backends/native_sys.h"
#include "base/cleanup.h"
#include "base/fs.h"
#include "base/userns.h"
#include "tests/unit/fixture.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define BUSYBOX "/bin/busybox"
#define ESCAPE "tests/conform/escape"
#define INSIDE "tests/conform/inside"

/* A fixture: one root filesystem, one sandbox, one step to be filled in. */
struct place {
    char dir[64];
    struct rootfs root;
    struct sandbox *sandbox;
    struct step_cfg cfg;
    struct sandbox_status status;
    struct buf out;
};

/* A list as execve wants it, which can't be const there. */
#define LIST(...) ((char *const *)(uintptr_t)(const char *const[]){__VA_ARGS__, NULL})

static void copy_file(const char *from, int dir, const char *name)
{
    struct ob_err err = OB_ERR_INIT;
    cleanup_close int in = open(from, O_RDONLY | O_CLOEXEC);
    cleanup_close int out = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    struct stat st;
    ck_assert(in >= 0 && out >= 0 && fstat(in, &st) == 0);
    ck_assert_ok(fs_copy_data(in, out, (uint64_t)st.st_size, &err), &err);
}

static void place_open(struct place *p, const struct sandbox_options *o)
{
    static const char *const default_env[] = {"PATH=/bin", NULL};
    char *const *env = (char *const *)(uintptr_t)default_env;
    struct ob_err err = OB_ERR_INIT;
    *p = (struct place){.dir = "/tmp/obkit-sandbox-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(p->dir));
    chmod(p->dir, 0755);
    p->root = (struct rootfs){
        .kind = ROOTFS_DIR, .plain = -1, .fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    p->cfg = (struct step_cfg){.env = env, .cwd = "/", .hostname = "builder", .in_fd = -1};
    ck_assert_ok(sandbox_open(&sandbox_native_ops, o, &p->sandbox, &err), &err);
}

static void with_busybox(struct place *p)
{
    static const char *const names[] = {"sh",    "cat",   "id",   "env",  "mount", "ls", "sleep",
                                        "ip",    "touch", "find", "stat", "true",  "df", "rm",
                                        "mkdir", "kill",  "ps",   "pwd",  "grep"};
    place_open(p, &(struct sandbox_options){0});
    ck_assert(mkdirat(p->root.fd, "bin", 0755) == 0);
    copy_file(BUSYBOX, p->root.fd, "bin/busybox");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "bin/%s", names[i]);
        ck_assert(symlinkat("busybox", p->root.fd, path) == 0);
    }
}

static void with_nothing(struct place *p)
{
    place_open(p, &(struct sandbox_options){0});
    copy_file(ESCAPE, p->root.fd, "escape");
}

static void place_close(struct place *p)
{
    struct ob_err err = OB_ERR_INIT;
    sandbox_close(p->sandbox);
    close(p->root.fd);
    cleanup_close int tmp = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
    ck_assert_ok(fs_remove_tree_at(tmp, p->dir + strlen("/tmp/"), &err), &err);
    buf_free(&p->out);
}

/* A pipe large enough for what the tests print, so that nobody has to read meanwhile. */
static struct sandbox_run *start(struct place *p, int *reader, char *const argv[])
{
    struct ob_err err = OB_ERR_INIT;
    int ends[2];
    struct sandbox_run *run;
    ck_assert(pipe2(ends, O_CLOEXEC) == 0);
    p->cfg.argv = argv;
    p->cfg.out_fd = ends[1];
    ck_assert_ok(sandbox_start(p->sandbox, &p->root, &p->cfg, &run, &err), &err);
    close(ends[1]);
    *reader = ends[0];
    return run;
}

static void finish(struct place *p, struct sandbox_run *run, int reader)
{
    struct ob_err err = OB_ERR_INIT;
    ck_assert_ok(sandbox_reap(run, &p->status, &err), &err);
    buf_clear(&p->out);
    ck_assert_ok(fs_read_all(reader, &p->out, 1 << 20, &err), &err);
    close(reader);
}

static void run_argv(struct place *p, char *const argv[])
{
    int reader;
    struct sandbox_run *run = start(p, &reader, argv);
    finish(p, run, reader);
}

static void run_shell(struct place *p, const char *script)
{
    run_argv(p, LIST("sh", "-c", script));
}

#define ck_assert_prints(p, script, want)                                                          \
    do {                                                                                           \
        run_shell((p), (script));                                                                  \
        ck_assert_strs(buf_str(&(p)->out), STR(want));                                             \
    } while (0)

static bool exists(const struct place *p, const char *path)
{
    struct stat st;
    return fstatat(p->root.fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

START_TEST(exit_statuses_and_signals_come_back)
{
    struct place p;
    with_busybox(&p);
    run_shell(&p, "exit 0");
    ck_assert_int_eq(p.status.exit_code, 0);
    run_shell(&p, "exit 255");
    ck_assert_int_eq(p.status.exit_code, 255);
    ck_assert_int_eq(p.status.signal, 0);
    run_shell(&p, "kill -9 $$");
    ck_assert_int_eq(p.status.signal, 9);
    ck_assert_int_eq(p.status.exit_code, 137);
    run_shell(&p, "kill -TERM $$; sleep 5");
    ck_assert_int_eq(p.status.signal, 15);
    place_close(&p);
}
END_TEST

START_TEST(commands_that_can_not_run_say_why)
{
    struct place p;
    with_busybox(&p);
    run_argv(&p, LIST("nothing-here"));
    ck_assert_int_eq(p.status.exit_code, 127);
    ck_assert_strs(buf_str(&p.out),
                   STR("obexec: can't run \"nothing-here\": no such file or directory\n"));
    run_argv(&p, LIST("/bin"));
    ck_assert_int_eq(p.status.exit_code, 126);
    ck_assert_strs(buf_str(&p.out), STR("obexec: can't run \"/bin\": permission denied\n"));
    close(openat(p.root.fd, "script", O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
    run_argv(&p, LIST("/script"));
    ck_assert_int_eq(p.status.exit_code, 126);
    place_close(&p);
}
END_TEST

START_TEST(the_environment_is_what_the_step_says)
{
    struct place p;
    with_busybox(&p);
    p.cfg.env = LIST("B=2 3", "PATH=/nowhere:/bin", "A=");
    run_argv(&p, LIST("env"));
    ck_assert_strs(buf_str(&p.out), STR("B=2 3\nPATH=/nowhere:/bin\nA=\n"));
    place_close(&p);
}
END_TEST

START_TEST(stdin_is_empty_or_what_was_given)
{
    struct place p;
    with_busybox(&p);
    ck_assert_prints(&p, "cat; echo end", "end\n");
    int fd = memfd_create("in", MFD_CLOEXEC);
    ck_assert(write(fd, "given\n", 6) == 6 && lseek(fd, 0, SEEK_SET) == 0);
    p.cfg.in_fd = fd;
    ck_assert_prints(&p, "cat; echo end >&2", "given\nend\n");
    close(fd);
    place_close(&p);
}
END_TEST

START_TEST(a_missing_working_directory_is_made_and_stays)
{
    struct place p;
    with_busybox(&p);
    p.cfg.cwd = "/work/deep";
    ck_assert_prints(&p, "pwd; stat -c '%a %u:%g' . ..", "/work/deep\n755 0:0\n755 0:0\n");
    ck_assert(exists(&p, "work/deep"));
    place_close(&p);
}
END_TEST

/* The worker has directories of the host open, and pid 1 is a copy of it. */
START_TEST(no_working_directory_leads_to_a_descriptor_of_the_worker)
{
    struct place p;
    with_busybox(&p);
    char magic[32];
    struct ob_err err = OB_ERR_INIT;
    struct sandbox_run *run;
    snprintf(magic, sizeof magic, "/proc/self/fd/%d", p.root.fd);
    ck_assert(symlinkat(magic, p.root.fd, "link") == 0);
    const char *const directories[] = {magic, "/link"};
    for (size_t i = 0; i < 2; i++) {
        p.cfg.cwd = directories[i];
        p.cfg.argv = LIST("true");
        p.cfg.out_fd = 1;
        ck_assert_ok(sandbox_start(p.sandbox, &p.root, &p.cfg, &run, &err), &err);
        ck_assert_int_eq(sandbox_reap(run, &p.status, &err), -1);
        ck_assert_ptr_nonnull(strstr(err.text, "working directory"));
    }
    place_close(&p);
}
END_TEST

START_TEST(users_and_groups_are_set_and_have_no_capabilities)
{
    struct place p;
    with_busybox(&p);
    const gid_t groups[] = {7, 5000};
    p.cfg.uid = 1000;
    p.cfg.gid = 1001;
    p.cfg.groups = groups;
    p.cfg.n_groups = 2;
    ck_assert_prints(&p, "id; umask; touch /x",
                     "uid=1000 gid=1001 groups=7,5000\n0022\n"
                     "touch: /x: Permission denied\n");
    run_shell(&p, "while read a b; do [ $a = CapEff: ] && echo $b; done </proc/self/status");
    ck_assert_strs(buf_str(&p.out), STR("0000000000000000\n"));
    place_close(&p);
}
END_TEST

START_TEST(mounts_are_read_only_writable_or_limited_as_asked)
{
    struct place p;
    with_busybox(&p);
    ck_assert(mkdirat(p.root.fd, "source", 0755) == 0);
    cleanup_close int dir = openat(p.root.fd, "source", O_PATH | O_CLOEXEC);
    cleanup_close int file = openat(p.root.fd, "bin/busybox", O_PATH | O_CLOEXEC);
    const struct step_mount mounts[] = {
        {STEP_MOUNT_BIND, "/ro", dir, true, 0},
        {STEP_MOUNT_BIND, "/deep/rw", dir, false, 0},
        {STEP_MOUNT_TMPFS, "/deep/tmp", -1, false, 64 << 10, 01750, 5, 6},
        {STEP_MOUNT_BIND, "/run/secret", file, true, 0},
    };
    p.cfg.mounts = mounts;
    p.cfg.n_mounts = 4;
    run_shell(&p, "touch /ro/x 2>/dev/null || echo ro; echo hi >/deep/rw/x; cat /ro/x; "
                  "cat /bin/busybox 2>/dev/null >/deep/tmp/x || echo full; "
                  "[ -x /run/secret ] && echo file; stat -c '%a %u %g' /deep/tmp");
    ck_assert_strs(buf_str(&p.out), STR("ro\nhi\nfull\nfile\n1750 5 6\n"));
    ck_assert(exists(&p, "source/x"));
    ck_assert(!exists(&p, "ro") && !exists(&p, "deep") && !exists(&p, "run"));
    place_close(&p);
}
END_TEST

START_TEST(a_mount_in_a_mount_leaves_no_mount_point_behind)
{
    struct place p;
    with_busybox(&p);
    ck_assert(mkdirat(p.root.fd, "source", 0755) == 0);
    cleanup_close int dir = openat(p.root.fd, "source", O_PATH | O_CLOEXEC);
    const struct step_mount mounts[] = {
        {STEP_MOUNT_BIND, "/cache", dir, false, 0},
        {STEP_MOUNT_TMPFS, "/cache/a/b", -1, false, 0, 0755, 0, 0},
    };
    p.cfg.mounts = mounts;
    p.cfg.n_mounts = 2;
    ck_assert_prints(&p, "touch /cache/a/b/x && ls /cache", "a\n");
    ck_assert(!exists(&p, "cache") && !exists(&p, "source/a"));
    place_close(&p);
}
END_TEST

START_TEST(a_file_to_mount_is_one_that_can_be_run_and_leaves_nothing)
{
    struct place p;
    with_busybox(&p);
    static const char script[] = "#!/bin/sh\necho ran $0\n";
    const struct step_mount mounts[] = {
        {STEP_MOUNT_FILE, "/dev/pipes/EOF", -1, true, strlen(script), 0755, .content = script},
        {STEP_MOUNT_FILE, "/run/secret", -1, true, 2, 0440, 5, 6, "12"},
        {STEP_MOUNT_FILE, "/run/empty", -1, false, 0, 0600, 0, 0, NULL},
    };
    p.cfg.mounts = mounts;
    p.cfg.n_mounts = 3;
    ck_assert_prints(&p,
                     "/dev/pipes/EOF; stat -c '%a %u %g %s' /run/*; cat /run/secret; "
                     "ls -a /dev/pipes; touch /run/secret 2>/dev/null || echo ro",
                     "ran /dev/pipes/EOF\n600 0 0 0\n440 5 6 2\n12.\n..\nEOF\nro\n");
    ck_assert(!exists(&p, "dev") && !exists(&p, "run"));
    place_close(&p);
}
END_TEST

START_TEST(nothing_of_the_sandbox_stays_in_the_root)
{
    struct place p;
    with_busybox(&p);
    run_shell(&p, "ls /proc/self /sys/kernel /dev/null /etc/hosts >/dev/null && echo ok");
    ck_assert_strs(buf_str(&p.out), STR("ok\n"));
    ck_assert(!exists(&p, "proc") && !exists(&p, "dev") && !exists(&p, "sys"));
    ck_assert(!exists(&p, "etc"));
    run_shell(&p, "echo mine >/etc/mine");
    ck_assert(exists(&p, "etc/mine") && !exists(&p, "etc/hosts"));
    place_close(&p);
}
END_TEST

static struct timespec mtime_of(struct place *p, const char *path)
{
    struct stat st;
    ck_assert(fstatat(p->root.fd, path, &st, 0) == 0);
    return st.st_mtim;
}

START_TEST(a_step_that_changes_nothing_changes_no_time_of_a_directory)
{
    static const struct timespec old[2] = {{1000, 0}, {1000, 0}};
    struct place p;
    with_busybox(&p);
    ck_assert(mkdirat(p.root.fd, "etc", 0755) == 0);
    const struct step_mount mounts[] = {{STEP_MOUNT_TMPFS, "/bin/a/b", -1, false, 0, 0755, 0, 0},
                                        {STEP_MOUNT_FILE, "/etc/secret", -1, true, 0, 0400, 0, 0}};
    p.cfg.mounts = mounts;
    p.cfg.n_mounts = 2;
    static const char *const directories[] = {".", "bin", "etc"};
    for (size_t i = 0; i < 3; i++)
        ck_assert(utimensat(p.root.fd, directories[i], old, 0) == 0);
    ck_assert_prints(&p, "echo x >/etc/hosts; echo done", "done\n");
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(mtime_of(&p, directories[i]).tv_sec, 1000);
    ck_assert(!exists(&p, "etc/hosts") && !exists(&p, "bin/a"));
    ck_assert_prints(&p, "echo x >/etc/x; echo done", "done\n");
    ck_assert_int_ne(mtime_of(&p, "etc").tv_sec, 1000);
    ck_assert_int_eq(mtime_of(&p, "bin").tv_sec, 1000);
    place_close(&p);
}
END_TEST

START_TEST(terminate_asks_every_process_of_every_user)
{
    struct place p;
    struct ob_err err = OB_ERR_INIT;
    char word[8];
    int reader;
    with_busybox(&p);
    p.cfg.uid = p.cfg.gid = 1000;
    struct sandbox_run *run = start(
        &p, &reader,
        LIST("sh", "-c", "trap 'echo asked; exit 5' TERM; echo up; sleep 30 & wait; true; exit 9"));
    ck_assert(read(reader, word, sizeof word) == 3);
    sandbox_terminate(run);
    sandbox_wait(run);
    sandbox_terminate(run); /* nobody is left, and the run is still there */
    ck_assert_ok(sandbox_reap(run, &p.status, &err), &err);
    ck_assert_int_eq(p.status.exit_code, 5);
    ck_assert(read(reader, word, sizeof word) == 6);
    close(reader);
    place_close(&p);
}
END_TEST

START_TEST(in_a_network_of_its_own_a_step_may_listen_on_any_port)
{
    struct place p;
    with_busybox(&p);
    p.cfg.uid = p.cfg.gid = 1000;
    ck_assert_prints(&p, "cat /proc/sys/net/ipv4/ip_unprivileged_port_start", "0\n");
    p.cfg.network = STEP_NETWORK_HOST;
    run_argv(&p, LIST("sh", "-c", "cat /proc/sys/net/ipv4/ip_unprivileged_port_start"));
    ck_assert_str_ne(p.out.p, "0\n");
    place_close(&p);
}
END_TEST

START_TEST(what_was_in_the_root_is_not_touched)
{
    struct place p;
    with_busybox(&p);
    static const char *const dirs[] = {"proc", "dev", "sys", "etc"};
    for (size_t i = 0; i < 4; i++)
        ck_assert(mkdirat(p.root.fd, dirs[i], 0555) == 0);
    ck_assert(symlinkat("../run/systemd/resolv.conf", p.root.fd, "etc/resolv.conf") == 0);
    close(openat(p.root.fd, "etc/hosts", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    p.cfg.network = STEP_NETWORK_HOST;
    run_shell(&p, "cat /etc/hosts");
    ck_assert(str_starts(buf_str(&p.out), STR("127.0.0.1 localhost builder\n")));
    for (size_t i = 0; i < 4; i++)
        ck_assert(exists(&p, dirs[i]));
    ck_assert(exists(&p, "etc/hosts") && exists(&p, "etc/resolv.conf") && !exists(&p, "run"));
    place_close(&p);
}
END_TEST

START_TEST(a_detached_root_can_be_used_after_the_step)
{
    struct place p;
    with_busybox(&p);
    int plain = p.root.fd;
    p.root.fd = (int)syscall(SYS_open_tree, plain, "", AT_EMPTY_PATH | 1 | O_CLOEXEC);
    p.root.is_detached = true;
    ck_assert_int_ge(p.root.fd, 0);
    ck_assert_prints(&p, "echo made >/made; cat /made", "made\n");
    ck_assert(exists(&p, "made") && !exists(&p, "proc") && !exists(&p, "etc"));
    close(plain);
    place_close(&p);
}
END_TEST

START_TEST(without_network_there_is_a_loopback_that_is_up)
{
    struct place p;
    with_busybox(&p);
    ck_assert_prints(&p,
                     "ls /sys/class/net; ip -o link show up | cat | while read n i r; do "
                     "echo $i; done; ip addr show lo >/dev/null && echo ok",
                     "lo\nlo:\nok\n");
    place_close(&p);
}
END_TEST

START_TEST(the_network_of_the_host_is_there_when_asked)
{
    struct place p;
    with_busybox(&p);
    char link[64] = "", want[80];
    ck_assert(readlink("/proc/self/ns/net", link, sizeof link - 1) > 0);
    snprintf(want, sizeof want, "%s\n", link);
    ck_assert(symlinkat("busybox", p.root.fd, "bin/readlink") == 0);
    run_shell(&p, "readlink /proc/self/ns/net");
    ck_assert_str_ne(p.out.p, want);
    p.cfg.network = STEP_NETWORK_HOST;
    run_shell(&p, "readlink /proc/self/ns/net");
    ck_assert_str_eq(p.out.p, want);
    place_close(&p);
}
END_TEST

START_TEST(a_private_network_is_one_of_its_own_and_leaves_nothing)
{
    struct place p;
    struct ob_err err = OB_ERR_INIT;
    with_busybox(&p);
    p.cfg.network = STEP_NETWORK_PRIVATE;
    if (sandbox_check(p.sandbox, &p.cfg, &err) < 0) {
        place_close(&p); /* this machine can't */
        return;
    }
    ck_assert_prints(&p,
                     "ls /sys/class/net; ip -o link show up | grep -q eth0 && echo up; "
                     "ip route show default | grep -q eth0 && echo routed; "
                     "grep -q ^nameserver /etc/resolv.conf && echo named",
                     "eth0\nlo\nup\nrouted\nnamed\n");
    ck_assert(!exists(&p, "etc"));
    place_close(&p);
}
END_TEST

START_TEST(a_daemon_that_holds_the_output_ends_with_the_command)
{
    struct place p;
    with_busybox(&p);
    double start_time = now();
    ck_assert_prints(&p, "sleep 30 & (sleep 30 & ) ; echo done", "done\n");
    ck_assert(now() - start_time < 5);
    place_close(&p);
}
END_TEST

START_TEST(kill_ends_everything_at_once)
{
    struct place p;
    with_busybox(&p);
    int reader;
    double start_time = now();
    struct sandbox_run *run =
        start(&p, &reader, LIST("sh", "-c", "trap '' TERM; sleep 30 & sleep 30"));
    poll(NULL, 0, 50);
    sandbox_kill(run);
    finish(&p, run, reader);
    ck_assert_int_eq(p.status.signal, SIGKILL);
    ck_assert(now() - start_time < 2);
    place_close(&p);
}
END_TEST

START_TEST(the_death_of_the_worker_ends_everything)
{
    struct place p;
    with_busybox(&p);
    int ends[2];
    ck_assert(pipe2(ends, O_CLOEXEC) == 0);
    pid_t worker = fork();
    if (worker == 0) {
        struct ob_err err = OB_ERR_INIT;
        struct sandbox_run *run;
        p.cfg.argv = LIST("sh", "-c", "echo up; sleep 30 & sleep 30");
        p.cfg.out_fd = ends[1];
        if (sandbox_start(p.sandbox, &p.root, &p.cfg, &run, &err) == 0)
            sandbox_reap(run, &p.status, &err);
        _exit(1);
    }
    close(ends[1]);
    char text[8];
    ck_assert(read(ends[0], text, sizeof text) == 3);
    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    /* The pipe ends when nobody inside holds it any more. */
    struct pollfd fd = {.fd = ends[0], .events = POLLIN};
    ck_assert_int_eq(poll(&fd, 1, 1000), 1);
    ck_assert(read(ends[0], text, sizeof text) == 0);
    close(ends[0]);
    place_close(&p);
}
END_TEST

START_TEST(ignored_and_blocked_signals_are_not_inherited)
{
    struct place p;
    with_busybox(&p);
    sigset_t all;
    const uintptr_t ignore[8] = {(uintptr_t)SIG_IGN}; /* the kernel's struct; 32 is not glibc's */
    sigfillset(&all);
    signal(SIGPIPE, SIG_IGN);
    ck_assert(syscall(SYS_rt_sigaction, 32, ignore, NULL, 8) == 0);
    sigprocmask(SIG_BLOCK, &all, NULL);
    run_argv(&p, LIST("cat", "/proc/self/status"));
    ck_assert_ptr_nonnull(strstr(p.out.p, "SigBlk:\t0000000000000000\n"));
    ck_assert_ptr_nonnull(strstr(p.out.p, "SigIgn:\t0000000000000000\n"));
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    place_close(&p);
}
END_TEST

/* A pipe can't be synced, so what fsync says tells whether it was really called. */
START_TEST(fast_sync_does_not_sync)
{
    struct place p;
    for (int fast = 0; fast < 2; fast++) {
        place_open(&p, &(struct sandbox_options){.fast_sync = fast});
        copy_file(INSIDE, p.root.fd, "inside");
        run_argv(&p, LIST("/inside", "fsync"));
        ck_assert_int_eq(p.status.exit_code, fast ? 0 : 1);
        place_close(&p);
    }
}
END_TEST

START_TEST(set_user_id_programs_work)
{
    struct place p;
    with_nothing(&p);
    copy_file(INSIDE, p.root.fd, "inside");
    p.cfg.uid = p.cfg.gid = 100;
    run_argv(&p, LIST("/inside", "euid"));
    ck_assert_int_eq(p.status.exit_code, 100);
    ck_assert(fchmodat(p.root.fd, "inside", 04755, 0) == 0);
    run_argv(&p, LIST("/inside", "euid"));
    ck_assert_int_eq(p.status.exit_code, 0);
    place_close(&p);
}
END_TEST

/* As root of a container has it that gives few. */
START_TEST(a_missing_capability_is_named_before_anything_runs)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[2];
    struct sandbox *sandbox;
    struct ob_err err = OB_ERR_INIT;
    ck_assert(syscall(SYS_capget, &head, caps) == 0);
    caps[0].effective &= ~(1U << CAP_NET_ADMIN);
    ck_assert(syscall(SYS_capset, &head, caps) == 0);
    ck_assert_int_eq(
        sandbox_open(&sandbox_native_ops, &(struct sandbox_options){0}, &sandbox, &err), -1);
    ck_assert_str_eq(err.text, "the native sandbox needs root with cap_net_admin");
}
END_TEST

START_TEST(a_failure_to_build_the_place_is_an_error_of_reap)
{
    struct place p;
    with_busybox(&p);
    struct ob_err err = OB_ERR_INIT;
    struct sandbox_run *run;
    close(openat(p.root.fd, "proc", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    p.cfg.argv = LIST("true");
    p.cfg.out_fd = 1;
    ck_assert_ok(sandbox_start(p.sandbox, &p.root, &p.cfg, &run, &err), &err);
    ck_assert_int_eq(sandbox_reap(run, &p.status, &err), -1);
    ck_assert_str_eq(err.text, "\"/proc\" in the root filesystem: Not a directory");
    ck_assert(p.status.is_step_fault); /* it made the filesystem so */
    ck_assert(exists(&p, "proc"));
    place_close(&p);
}
END_TEST

/* Runs `true`, which must fail before it starts; gives whose fault that is. */
static bool fails_by_step(struct place *p, const char *why)
{
    struct ob_err err = OB_ERR_INIT;
    struct sandbox_run *run;
    p->cfg.argv = LIST("true");
    p->cfg.out_fd = 1;
    ck_assert_ok(sandbox_start(p->sandbox, &p->root, &p->cfg, &run, &err), &err);
    ck_assert_int_eq(sandbox_reap(run, &p->status, &err), -1);
    ck_assert_msg(strstr(err.text, why), "\"%s\" is not in: %s", why, err.text);
    return p->status.is_step_fault;
}

START_TEST(what_the_step_asks_for_and_can_not_be_is_its_fault)
{
    struct place p;
    with_busybox(&p);
    ck_assert(mkdirat(p.root.fd, "source", 0755) == 0);
    cleanup_close int dir = openat(p.root.fd, "source", O_PATH | O_CLOEXEC);
    cleanup_free char *large = calloc(65, 1 << 20);
    const struct step_mount mounts[] = {
        {STEP_MOUNT_BIND, "/ro", dir, true, 0},
        {STEP_MOUNT_TMPFS, "/ro/a/b", -1, false, 0, 0755, 0, 0},
        {STEP_MOUNT_FILE, "/large", -1, true, 65 << 20, 0400, .content = large},
        {STEP_MOUNT_TMPFS, "/bin/sh", -1, false, 0, 0755, 0, 0},
    };
    p.cfg.mounts = mounts;
    p.cfg.n_mounts = 2;
    ck_assert(fails_by_step(&p, "mount \"/ro/a/b\": can't make \"/ro/a\""));
    p.cfg.mounts = mounts + 2;
    p.cfg.n_mounts = 1;
    ck_assert(fails_by_step(&p, "mount \"/large\": the files to mount are larger than 64m in all"));
    p.cfg.mounts = mounts + 3;
    ck_assert(fails_by_step(&p, "mount \"/bin/sh\": "));
    p.cfg.mounts = mounts;
    p.cfg.cwd = "/ro/cwd";
    ck_assert(fails_by_step(&p, "working directory: "));
    p.cfg.cwd = "/bin/sh";
    ck_assert(fails_by_step(&p, "working directory: "));
    ck_assert(!exists(&p, "ro") && !exists(&p, "large"));
    place_close(&p);
}
END_TEST

/* Makes the place's root one that can't be written; it serves one run. */
static void make_read_only(struct place *p, int dir)
{
    const struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
    if (p->root.fd != dir)
        close(p->root.fd);
    p->root.fd = sys_open_tree(dir, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
    p->root.is_detached = true;
    ck_assert(p->root.fd >= 0 && sys_mount_setattr(p->root.fd, 0, &attr) == 0);
}

START_TEST(a_root_that_can_not_be_written_is_not_the_steps_fault)
{
    struct place p;
    with_busybox(&p);
    static const char *const dirs[] = {"proc", "dev", "sys", "etc"};
    const struct step_mount mounts[] = {{STEP_MOUNT_TMPFS, "/new", -1, false, 0, 0755, 0, 0}};
    cleanup_close int dir = p.root.fd;
    for (size_t i = 0; i < 4; i++)
        ck_assert(mkdirat(dir, dirs[i], 0755) == 0);
    close(openat(dir, "etc/hosts", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    make_read_only(&p, dir);
    p.cfg.mounts = mounts;
    p.cfg.n_mounts = 1;
    ck_assert(!fails_by_step(&p, "sandbox: mount \"/new\": can't make \"/new\""));
    make_read_only(&p, dir);
    p.cfg.n_mounts = 0;
    p.cfg.cwd = "/cwd";
    ck_assert(!fails_by_step(&p, "sandbox: working directory: "));
    place_close(&p);
}
END_TEST

START_TEST(links_in_a_hostile_root_do_not_lead_out)
{
    struct place p;
    with_busybox(&p);
    char outside[] = "/tmp/obkit-outside-XXXXXX", path[128], link[256];
    ck_assert_ptr_nonnull(mkdtemp(outside));
    static const char *const names[] = {"proc", "dev", "sys", "cache"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(link, sizeof link, "../../../..%s/%s", i % 2 ? outside : "", names[i]);
        ck_assert(symlinkat(link, p.root.fd, names[i]) == 0);
    }
    ck_assert(mkdirat(p.root.fd, "etc", 0755) == 0);
    snprintf(link, sizeof link, "../../..%s/hosts", outside);
    ck_assert(symlinkat(link, p.root.fd, "etc/hosts") == 0);
    const struct step_mount mounts[] = {{STEP_MOUNT_TMPFS, "/cache", -1, false, 0, 0755, 0, 0}};
    p.cfg.mounts = mounts;
    p.cfg.n_mounts = 1;
    struct ob_err err = OB_ERR_INIT;
    struct sandbox_run *run;
    p.cfg.argv = LIST("true");
    p.cfg.out_fd = 1;
    ck_assert_ok(sandbox_start(p.sandbox, &p.root, &p.cfg, &run, &err), &err);
    (void)!sandbox_reap(run, &p.status, &err); /* may refuse, must not write outside */
    static const char *const left[] = {"hosts", "proc", "dev", "sys", "cache"};
    for (size_t i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", outside, left[i]);
        ck_assert_int_lt(access(path, F_OK), 0);
    }
    ck_assert_int_eq(rmdir(outside), 0);
    place_close(&p);
}
END_TEST

/* An abstract socket of this process. */
static int listen_at(const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path + 1, name, strlen(name));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert(bind(fd, (struct sockaddr *)&a,
                   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) == 0 &&
              listen(fd, 1) == 0);
    return fd;
}

START_TEST(a_root_with_one_static_program_runs_and_contains_it)
{
    struct place p;
    with_nothing(&p);
    char name[64];
    snprintf(name, sizeof name, "obkit-escape-%ld", (long)getpid());
    cleanup_close int fd = listen_at(name);
    run_argv(&p, LIST("/escape", name));
    ck_assert_strs(buf_str(&p.out), STR(""));
    ck_assert_int_eq(p.status.exit_code, 0);
    static const char *const names[] = {"proc", "dev", "sys", "etc"};
    for (size_t i = 0; i < 4; i++)
        ck_assert(!exists(&p, names[i]));
    place_close(&p);
}
END_TEST

/* What Landlock can since Linux 6.12, which its ABI 6 says. */
START_TEST(the_host_s_network_brings_nothing_else_of_the_host)
{
    struct place p;
    with_nothing(&p);
    char name[64];
    bool has_scopes = syscall(444 /* landlock_create_ruleset */, NULL, 0, 1) >= 6;
    snprintf(name, sizeof name, "obkit-escape-%ld", (long)getpid());
    cleanup_close int fd = listen_at(has_scopes ? name : "obkit-nobody-asks");
    p.cfg.network = STEP_NETWORK_HOST;
    run_argv(&p, LIST("/escape", name, "host-network"));
    ck_assert_strs(buf_str(&p.out), STR(""));
    ck_assert_int_eq(p.status.exit_code, 0);
    place_close(&p);
}
END_TEST

START_TEST(a_fork_bomb_ends_with_its_step)
{
    struct place p;
    struct ob_err err = OB_ERR_INIT;
    with_busybox(&p);
    copy_file(INSIDE, p.root.fd, "inside");
    p.cfg.limits.pids = 30;
    if (sandbox_check(p.sandbox, &p.cfg, &err) < 0) {
        place_close(&p); /* this machine has no such limits */
        return;
    }
    run_argv(&p, LIST("/inside", "processes", "100000"));
    ck_assert_int_eq(p.status.exit_code, 1);
    ck_assert(p.status.is_out_of_pids && !p.status.is_out_of_memory);
    run_argv(&p, LIST("/inside", "processes", "29"));
    ck_assert_int_eq(p.status.exit_code, 0);
    ck_assert(!p.status.is_out_of_pids);
    place_close(&p);
}
END_TEST

START_TEST(a_memory_hog_is_ended_and_named)
{
    struct place p;
    struct ob_err err = OB_ERR_INIT;
    with_busybox(&p);
    copy_file(INSIDE, p.root.fd, "inside");
    p.cfg.limits.memory = 32 << 20;
    if (sandbox_check(p.sandbox, &p.cfg, &err) < 0) {
        place_close(&p);
        return;
    }
    run_argv(&p, LIST("/inside", "memory", "256"));
    ck_assert_int_eq(p.status.signal, SIGKILL);
    ck_assert(p.status.is_out_of_memory && !p.status.is_out_of_pids);
    run_argv(&p, LIST("/inside", "memory", "4"));
    ck_assert_int_eq(p.status.exit_code, 0);
    ck_assert(!p.status.is_out_of_memory);
    place_close(&p);
}
END_TEST

START_TEST(a_step_that_may_do_all_leaves_nothing)
{
    struct place p;
    if (!userns_is_initial())
        return;
    with_busybox(&p);
    p.cfg.is_insecure = true;
    ck_assert_prints(&p,
                     "mkdir /m; mount -t tmpfs none /m && touch /m/x && echo mounted; "
                     "grep -q 'Seccomp:.0' /proc/self/status && echo unfiltered",
                     "mounted\nunfiltered\n");
    ck_assert(exists(&p, "m") && !exists(&p, "m/x") && !exists(&p, "dev") && !exists(&p, "sys"));
    place_close(&p);
}
END_TEST

START_TEST(the_default_shell_is_bash_where_there_is_one)
{
    struct place p;
    with_busybox(&p);
    ck_assert_str_eq(sandbox_default_shell(p.sandbox, &p.root)[0], "/bin/sh");
    ck_assert(symlinkat("busybox", p.root.fd, "bin/bash") == 0);
    ck_assert_str_eq(sandbox_default_shell(p.sandbox, &p.root)[0], "/bin/bash");
    ck_assert(mkdirat(p.root.fd, "usr", 0755) == 0);
    ck_assert(symlinkat("../bin", p.root.fd, "usr/bin") == 0);
    ck_assert_str_eq(sandbox_default_shell(p.sandbox, &p.root)[0], "/usr/bin/env");
    place_close(&p);
}
END_TEST

UNIT_MAIN("sandbox", exit_statuses_and_signals_come_back, commands_that_can_not_run_say_why,
          the_environment_is_what_the_step_says, stdin_is_empty_or_what_was_given,
          a_missing_working_directory_is_made_and_stays,
          no_working_directory_leads_to_a_descriptor_of_the_worker,
          users_and_groups_are_set_and_have_no_capabilities,
          mounts_are_read_only_writable_or_limited_as_asked,
          a_mount_in_a_mount_leaves_no_mount_point_behind,
          a_file_to_mount_is_one_that_can_be_run_and_leaves_nothing,
          nothing_of_the_sandbox_stays_in_the_root,
          a_step_that_changes_nothing_changes_no_time_of_a_directory,
          terminate_asks_every_process_of_every_user,
          in_a_network_of_its_own_a_step_may_listen_on_any_port,
          what_was_in_the_root_is_not_touched, a_detached_root_can_be_used_after_the_step,
          without_network_there_is_a_loopback_that_is_up,
          the_network_of_the_host_is_there_when_asked,
          a_private_network_is_one_of_its_own_and_leaves_nothing,
          a_daemon_that_holds_the_output_ends_with_the_command, kill_ends_everything_at_once,
          the_death_of_the_worker_ends_everything, ignored_and_blocked_signals_are_not_inherited,
          fast_sync_does_not_sync, set_user_id_programs_work,
          a_missing_capability_is_named_before_anything_runs,
          a_failure_to_build_the_place_is_an_error_of_reap,
          what_the_step_asks_for_and_can_not_be_is_its_fault,
          a_root_that_can_not_be_written_is_not_the_steps_fault,
          links_in_a_hostile_root_do_not_lead_out,
          a_root_with_one_static_program_runs_and_contains_it,
          the_host_s_network_brings_nothing_else_of_the_host, a_fork_bomb_ends_with_its_step,
          a_memory_hog_is_ended_and_named, a_step_that_may_do_all_leaves_nothing,
          the_default_shell_is_bash_where_there_is_one)
