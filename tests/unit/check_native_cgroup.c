/* SPDX-License-Identifier: Apache-2.0 */
/* On directories of plain files: what is written where. That the kernel takes it,
 * e2e/step-limits.sh shows for the version that the machine has. */
#include <config.h>

#include "backends/native_cgroup.h"
#include "tests/unit/scratch_dir.h"

#include <sys/file.h>

static const struct step_limits ALL = {.cpu_milli = 1500, .memory = 64 << 20, .pids = 10};
static const struct step_limits MEMORY = {.memory = 4096};

static void add_file(const struct scratch_dir *d, const char *group, const char *file,
                     const char *text)
{
    char name[128];
    snprintf(name, sizeof name, "./%s/%s", group, file);
    scratch_text(d, name, text);
}

/* A group of version 2, without processes. */
static void add_group(const struct scratch_dir *d, const char *path, const char *controllers,
                      const char *given)
{
    if (path[0]) {
        scratch_mkdir(d, path);
        add_file(d, path, "cgroup.type", "domain\n");
    }
    add_file(d, path, "cgroup.procs", "");
    add_file(d, path, "cgroup.controllers", controllers);
    add_file(d, path, "cgroup.subtree_control", given);
}

static void start_v2(struct scratch_dir *d)
{
    scratch_start(d);
    add_group(d, "", "cpuset cpu io memory pids\n", "cpu memory pids\n");
    add_group(d, "user", "cpu memory pids\n", "memory pids\n");
    add_group(d, "user/session", "memory pids\n", "");
    add_file(d, "user/session", "cgroup.procs", "7\n");
}

static void expect_file(const struct scratch_dir *d, const char *dir, const char *group,
                        const char *file, const char *want)
{
    char name[192];
    struct ob_err err = OB_ERR_INIT;
    struct buf got = BUF_INIT;
    snprintf(name, sizeof name, "%s%s%s%s%s", dir, dir[0] ? "/" : "", group, group[0] ? "/" : "",
             file);
    ck_assert_msg(fs_read_file_at(d->fd, name, &got, 4096, &err) == 1, "no %s", name);
    ck_assert_strs(buf_str(&got), str_from(want));
    buf_free(&got);
}

START_TEST(version_2_makes_groups_next_to_its_own)
{
    struct scratch_dir d;
    struct cgroup_host host;
    struct cgroup g;
    struct ob_err err = OB_ERR_INIT;
    start_v2(&d);
    ck_assert_ok(cgroup_host_open(d.fd, "0::/user/session\n", &ALL, &host, &err), &err);
    expect_file(&d, "user", "", "cgroup.subtree_control", "+cpu");
    ck_assert_ok(cgroup_make(&host, &ALL, &g, &err), &err);
    expect_file(&d, "user", g.name, "cpu.max", "150000 100000");
    expect_file(&d, "user", g.name, "memory.max", "67108864");
    expect_file(&d, "user", g.name, "memory.swap.max", "0");
    expect_file(&d, "user", g.name, "pids.max", "11");
    ck_assert_int_ge(cgroup_for_clone(&g), 0);
    cgroup_end(&g, NULL);
    cgroup_host_close(&host);
    scratch_end(&d);
}
END_TEST

START_TEST(version_2_makes_groups_in_its_own_if_it_can)
{
    struct scratch_dir d;
    struct cgroup_host host;
    struct cgroup g;
    struct ob_err err = OB_ERR_INIT;
    start_v2(&d);
    add_file(&d, "user/session", "cgroup.procs", "");
    ck_assert_ok(cgroup_host_open(d.fd, "0::/user/session\n", &MEMORY, &host, &err), &err);
    expect_file(&d, "user/session", "", "cgroup.subtree_control", "+memory");
    ck_assert_ok(cgroup_make(&host, &MEMORY, &g, &err), &err);
    expect_file(&d, "user/session", g.name, "memory.max", "4096");
    cgroup_end(&g, NULL);
    cgroup_host_close(&host);
    scratch_end(&d);
}
END_TEST

START_TEST(a_group_with_processes_gets_no_children)
{
    struct scratch_dir d;
    struct cgroup_host host;
    struct ob_err err = OB_ERR_INIT;
    start_v2(&d);
    int top = openat(d.fd, "user/session", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* of a namespace */
    ck_assert_int_eq(cgroup_host_open(top, "0::/\n", &MEMORY, &host, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "processes live in the control group \"/\": start"));
    expect_file(&d, "user/session", "", "cgroup.subtree_control", "");
    add_file(&d, "user/session", "cgroup.procs", "");
    add_file(&d, "user/session", "cgroup.type", "threaded\n");
    ck_assert_int_eq(cgroup_host_open(top, "0::/\n", &MEMORY, &host, &err), -1);
    close(top);
    scratch_end(&d);
}
END_TEST

/* As somebody to whom nothing of it belongs. */
static void expect_refused(struct scratch_dir *d, const char *own, const char *want)
{
    struct cgroup_host host;
    struct ob_err err = OB_ERR_INIT;
    bool is_root = getuid() == 0;
    ck_assert_int_eq(fchmod(d->fd, 0555), 0);
    ck_assert(!is_root || setresuid(65534, 65534, 0) == 0);
    ck_assert_int_eq(cgroup_host_open(d->fd, own, &MEMORY, &host, &err), -1);
    ck_assert(!is_root || setresuid(0, 0, 0) == 0);
    ck_assert_str_eq(err.text, want);
    ck_assert_int_eq(fchmod(d->fd, 0700), 0);
}

#define WAY_OUT                                                                                    \
    " (start obexec in one of its own, as \"systemd-run [--user] --scope -p Delegate=yes\" "       \
    "does): "                                                                                      \
    "Permission denied"

START_TEST(a_group_of_somebody_else_is_named_with_the_way_out)
{
    struct scratch_dir d;
    start_v2(&d);
    ck_assert_int_eq(fchmodat(d.fd, "user/session", 0555, 0), 0);
    ck_assert_int_eq(fchmodat(d.fd, "user", 0555, 0), 0);
    expect_refused(&d, "0::/user/session\n",
                   "can't make groups in the control group \"/user/session\"" WAY_OUT);
    ck_assert_int_eq(fchmodat(d.fd, "user", 0755, 0), 0);
    ck_assert_int_eq(fchmodat(d.fd, "user/session", 0755, 0), 0);
    scratch_end(&d);
    scratch_start(&d);
    scratch_mkdir(&d, "memory");
    scratch_mkdir(&d, "memory/user");
    ck_assert_int_eq(fchmodat(d.fd, "memory/user", 0555, 0), 0);
    expect_refused(&d, "3:memory:/user\n",
                   "can't make groups in the control group \"memory/user\"" WAY_OUT);
    scratch_end(&d);
}
END_TEST

START_TEST(a_controller_that_is_missing_is_named)
{
    struct scratch_dir d;
    struct cgroup_host host;
    struct ob_err err = OB_ERR_INIT;
    scratch_start(&d);
    add_group(&d, "", "cpu pids\n", "");
    ck_assert_int_eq(cgroup_host_open(d.fd, "0::/\n", &MEMORY, &host, &err), -1);
    ck_assert_str_eq(err.text, "the control group has no controller \"memory\"");
    scratch_end(&d);
    scratch_start(&d);
    ck_assert_int_eq(cgroup_host_open(d.fd, "3:pids:/\n", &MEMORY, &host, &err), -1);
    ck_assert_str_eq(err.text, "this machine has no control groups for \"memory\"");
    scratch_end(&d);
}
END_TEST

START_TEST(version_1_has_a_group_in_each_hierarchy)
{
    struct scratch_dir d;
    struct cgroup_host host;
    struct cgroup g;
    struct ob_err err = OB_ERR_INIT;
    scratch_start(&d);
    scratch_mkdir(&d, "cpu,cpuacct");
    scratch_symlink(&d, "cpu,cpuacct", "cpu");
    scratch_mkdir(&d, "cpu/own");
    scratch_mkdir(&d, "memory");
    scratch_mkdir(&d, "memory/own");
    scratch_mkdir(&d, "pids");
    const char own[] =
        "9:name=systemd:/x\n4:memory:/own\n2:cpu,cpuacct:/own\n3:pids:/of/host\n0::/\n";
    ck_assert_ok(cgroup_host_open(d.fd, own, &ALL, &host, &err), &err);
    ck_assert_ok(cgroup_make(&host, &ALL, &g, &err), &err);
    expect_file(&d, "cpu/own", g.name, "cpu.cfs_period_us", "100000");
    expect_file(&d, "cpu/own", g.name, "cpu.cfs_quota_us", "150000");
    expect_file(&d, "memory/own", g.name, "memory.limit_in_bytes", "67108864");
    expect_file(&d, "memory/own", g.name, "memory.memsw.limit_in_bytes", "67108864");
    expect_file(&d, "pids", g.name, "pids.max", "11"); /* a container's own is at the top */
    ck_assert_int_eq(cgroup_for_clone(&g), -1);
    ck_assert_ok(cgroup_enter(&g, &err), &err);
    expect_file(&d, "pids", g.name, "cgroup.procs", "0");
    expect_file(&d, "memory/own", g.name, "cgroup.procs", "0");
    cgroup_end(&g, NULL);
    cgroup_host_close(&host);
    scratch_end(&d);
}
END_TEST

START_TEST(what_a_step_ran_into_is_read_from_its_group)
{
    struct scratch_dir d;
    struct cgroup_host host;
    struct ob_err err = OB_ERR_INIT;
    scratch_start(&d);
    add_group(&d, "", "cpu memory pids\n", "cpu memory pids\n");
    ck_assert_ok(cgroup_host_open(d.fd, "0::/\n", &ALL, &host, &err), &err);
    for (int hit = 0; hit < 4; hit++) {
        struct cgroup g;
        struct cgroup_hits hits;
        char name[128];
        ck_assert_ok(cgroup_make(&host, &ALL, &g, &err), &err);
        snprintf(name, sizeof name, "%s/memory.events", g.name);
        scratch_text(&d, name, hit & 1 ? "low 0\noom 9\noom_kill 12\n" : "oom 9\noom_kill 0\n");
        snprintf(name, sizeof name, "%s/pids.events", g.name);
        scratch_text(&d, name, hit & 2 ? "max 1\n" : "max 0\n");
        cgroup_end(&g, &hits);
        ck_assert_int_eq(hits.memory, hit & 1);
        ck_assert_int_eq(hits.pids * 2, hit & 2);
    }
    cgroup_host_close(&host);
    scratch_end(&d);
}
END_TEST

START_TEST(only_leftovers_of_our_own_are_removed)
{
    struct scratch_dir d;
    struct cgroup_host host;
    struct ob_err err = OB_ERR_INIT;
    static const char *const stay[] = {"obkit-step-7-1", "obkit-step-7", "obkit-step-x-1",
                                       "obkit-step-7-1.scope", "step-7-2"};
    scratch_start(&d);
    add_group(&d, "", "memory\n", "memory\n");
    for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
        scratch_mkdir(&d, stay[i]);
    scratch_mkdir(&d, "obkit-step-7-2");
    int locked = openat(d.fd, stay[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(flock(locked, LOCK_EX), 0);
    ck_assert_ok(cgroup_host_open(d.fd, "0::/\n", &MEMORY, &host, &err), &err);
    cgroup_host_close(&host);
    ck_assert_int_lt(faccessat(d.fd, "obkit-step-7-2", F_OK, 0), 0);
    for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
        ck_assert_msg(faccessat(d.fd, stay[i], F_OK, 0) == 0, "%s is gone", stay[i]);
    close(locked);
    scratch_end(&d);
}
END_TEST

UNIT_MAIN("native_cgroup", version_2_makes_groups_next_to_its_own,
          version_2_makes_groups_in_its_own_if_it_can, a_group_with_processes_gets_no_children,
          a_group_of_somebody_else_is_named_with_the_way_out, a_controller_that_is_missing_is_named,
          version_1_has_a_group_in_each_hierarchy, what_a_step_ran_into_is_read_from_its_group,
          only_leftovers_of_our_own_are_removed)
