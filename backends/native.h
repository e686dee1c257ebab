/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the native sandbox share. A step is three processes: the worker, which calls
 * start and reap (sandbox_native.c); pid 1 of the sandbox, a fork of the worker, which builds the
 * place and stays to collect orphans (native_init.c, native_mounts.c, native_target.c); and the
 * command, pid 2 (native_exec.c). Worker and pid 1 have one page in common, struct native_shared.
 * When pid 1 ends, the kernel kills the rest.
 */
#ifndef BACKENDS_NATIVE_H
#define BACKENDS_NATIVE_H

#include "backends/native_cgroup.h"
#include "backends/native_net.h"
#include "exec/sandbox.h"

#include <linux/filter.h>
#include <sys/stat.h>

struct native {
    struct sandbox base;
    struct sock_fprog filter; /* on the heap; len 0 = no filter */
    bool has_cgroup2;         /* the host has the one hierarchy at /sys/fs/cgroup */
    bool in_userns;           /* obexec is root of a user namespace only */
    bool has_one_user;        /* root is the only user there */
    char *argv_start;         /* this program's command line, to be wiped in pid 1 */
    size_t argv_size;
    struct cgroup_host cgroups; /* filled by check */
    struct native_net net;
};

enum native_state {
    NATIVE_STARTED, /* nothing was reported: if pid 1 is gone, it was killed */
    NATIVE_FAILED,  /* err says why the command never ran, is_step_fault whose fault it is */
    NATIVE_ENDED,   /* wait_status is the command's */
};

/* A file or directory that pid 1 made to mount on. */
struct native_made {
    dev_t dev;
    ino_t ino;
    int mount; /* index of the step's mount in which it lies, -1 = the root filesystem */
    bool is_dir;
    struct timespec before,
        after;     /* when its directory was changed: before it was made, and by that */
    unsigned path; /* offset in text; relative to the root of that mount */
};

enum { NATIVE_MADE_MAX = 64, NATIVE_TEXT_MAX = 12 << 10 };

struct native_shared {
    enum native_state state;
    int wait_status;
    bool is_step_fault;
    struct ob_err err;
    unsigned n_made, n_text;
    struct native_made made[NATIVE_MADE_MAX]; /* parents before what is in them */
    char text[NATIVE_TEXT_MAX];
};

/* What pid 1 works from. Descriptors are the worker's, inherited. */
struct native_step {
    const struct native *native;
    const struct step_cfg *cfg;
    int worker;                   /* pidfd of the worker */
    int root;                     /* detached mount */
    bool is_root_ours;            /* … of a directory that the host has elsewhere, too */
    const int *mounts;            /* detached mounts, by index in cfg->mounts; -1 if it is none */
    int host_dev;                 /* the host's /dev, for a step that may do all; else -1 */
    const struct cgroup *cgroup;  /* NULL: no limits */
    const struct net_helper *net; /* STEP_NETWORK_PRIVATE, else NULL */
    const char *resolv_conf;      /* what is in it; NULL = there is none */
    struct native_shared *shared;
};

/* native_init.c: pid 1, from the first instruction on. */
_Noreturn void native_init(const struct native_step *s);

/* native_mounts.c: makes `root` the root of the calling process's mount namespace, with what a
 * sandbox has in it and the step's mounts on top. */
int native_mounts_make(const struct native_step *s, struct ob_err *err);
/* A detached copy of what fd refers to, with attributes (MOUNT_ATTR_*) added. */
int native_mount_clone(int fd, unsigned flags, unsigned attrs, struct ob_err *err);
int native_mount_restrict(int fd, unsigned flags, unsigned attrs, struct ob_err *err);

/* native_devices.c: gives a step that may do all the devices of the host. dev is its own /dev. */
int native_devices_copy(int host, int dev, struct ob_err *err);
/* native_borrow.c: mounts of the host's things for a sandbox in a user namespace, -1 = none. */
enum { NATIVE_DEVICES = 6 };
extern const char *const native_device_names[NATIVE_DEVICES];
struct native_borrowed {
    int device[NATIVE_DEVICES];
    int sys; /* the host's, read-only */
};
#define NATIVE_BORROWED_INIT ((struct native_borrowed){{-1, -1, -1, -1, -1, -1}, -1})
int native_borrow(const struct native_step *s, struct native_borrowed *b, struct ob_err *err);
void native_borrow_end(struct native_borrowed *b);

/* native_target.c: opens `path` in the sandbox (its "/") to mount on. If it is missing, it and
 * its parents are made and noted in s->shared, as is whose fault it is if that fails: steps make
 * filesystems in which even "/proc" is no directory. Links are followed inside. `proc` is the root
 * of a mount of proc, wherever it is attached. Gives an O_PATH descriptor. */
int native_target_open(const struct native_step *s, int proc, const char *path, bool is_dir,
                       struct ob_err *err);
/* Whether the step is at fault if `path` can't be made. */
bool native_target_is_fault(const char *path, int errnum);
/* In the worker, after pid 1 has ended: removes what was made, unless it was used meanwhile. */
int native_target_remove(const struct native_shared *shared, int root, const int *mounts,
                         struct ob_err *err);

/* native_seal.c: keeps everybody from changing the root filesystem from now on. In pid 1, alone:
 * the sandbox's mount of it. */
int native_seal_mount(struct native_shared *shared, struct ob_err *err);
/* In the worker: all of a filesystem. */
int native_seal_filesystem(int root, bool *is_step_fault, struct ob_err *err);

/* native_exec.c: becomes the command, in a vfork child of pid 1. */
_Noreturn void native_exec(const struct native_step *s);

/* native_caps.c */
const char *native_caps_missing(void); /* the first that this process needs and lacks, or NULL */
int native_caps_limit_bounding(void);
int native_caps_keep_kill(void);      /* what pid 1 needs to hand signals on; can raise … */
int native_caps_raise_admin(void);    /* … this again */
int native_caps_set(bool privileged); /* the sandbox's list, or none at all */
int native_caps_set_all(void);

/* native_scope.c: forbids this process and its children abstract sockets of others, if the kernel
 * can. Needs CAP_SYS_ADMIN. */
int native_scope_sockets(void);

/* native_seccomp.c: compiles the filter, *out to be freed. */
int native_seccomp_build(bool fast_sync, struct sock_fprog *out, struct ob_err *err);
int native_seccomp_install(const struct sock_fprog *filter);

#endif
