/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command to run in a sandbox, with everything decided: no late values, numeric ids, absolute
 * paths. exec/ fills it from a step and the base image's configuration; sandboxes read it. No
 * string may lie in the memory of main's argv: a sandbox hides that from the command.
 */
#ifndef EXEC_STEP_CFG_H
#define EXEC_STEP_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum step_network {
    STEP_NETWORK_NONE,    /* loopback only */
    STEP_NETWORK_HOST,    /* the host's network, its resolv.conf read-only */
    STEP_NETWORK_PRIVATE, /* one of its own, from which the world can be reached */
};

/* 0 = no limit of its own. */
struct step_limits {
    uint64_t cpu_milli; /* thousandths of a processor */
    uint64_t memory;    /* bytes, swap included */
    uint64_t pids;
};

enum step_mount_kind {
    STEP_MOUNT_BIND, /* a file or directory of the host */
    STEP_MOUNT_TMPFS,
    STEP_MOUNT_FILE, /* a file with this content, which no disk ever holds */
};

struct step_mount {
    enum step_mount_kind kind;
    const char *target; /* absolute in the sandbox; made if missing, and removed again after */
    int source_fd;      /* STEP_MOUNT_BIND: O_PATH descriptor of what to show */
    bool read_only;
    uint64_t size; /* tmpfs: limit in bytes, 0 = the kernel's default; file: length of content */
    mode_t mode;   /* of the tmpfs' root directory or of the file, with uid and gid */
    uid_t uid;
    gid_t gid;
    const char *content; /* STEP_MOUNT_FILE */
    bool is_detached;    /* the bind is the root of a mount that is attached nowhere, as in struct
                            rootfs */
};

struct step_cfg {
    char *const *argv; /* NULL-terminated, argv[0] set; looked up in env's PATH inside */
    char *const *env;  /* NULL-terminated "NAME=VALUE": all there is */
    const char *cwd;   /* absolute in the sandbox; made (root, 0755) if missing */
    uid_t uid;
    gid_t gid;
    const gid_t *groups; /* supplementary */
    size_t n_groups;
    const char *hostname;
    enum step_network network;
    const struct step_mount *mounts; /* in order, on top of the sandbox's own */
    size_t n_mounts;
    struct step_limits limits;
    bool is_insecure;  /* as if it was root of the host; needs the user's leave */
    bool has_terminal; /* in_fd is a terminal of its own, which becomes the controlling one */
    int in_fd;         /* -1 = /dev/null */
    int out_fd;        /* receives stdout and stderr; stays open in the caller */
};

#endif
