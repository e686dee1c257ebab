/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls on mounts that the native sandbox lives by, as libraries have them only in
 * recent versions (and <sys/mount.h> and <linux/mount.h> can't always be included together). Each
 * gives what the kernel gives: a value or -1 and errno. Linux 5.12 has all of them.
 */
#ifndef BACKENDS_NATIVE_SYS_H
#define BACKENDS_NATIVE_SYS_H

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#define NATIVE_MNT_DETACH 2

static inline int sys_open_tree(int dir, const char *path, unsigned flags)
{
    return (int)syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC);
}

/* Attaches the mount that fd is the root of on what `target` refers to. */
static inline int sys_move_mount(int fd, int target)
{
    return (int)syscall(SYS_move_mount, fd, "", target, "",
                        MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static inline int sys_mount_setattr(int fd, unsigned flags, const struct mount_attr *attr)
{
    return (int)syscall(SYS_mount_setattr, fd, "", flags | AT_EMPTY_PATH, attr, sizeof *attr);
}

static inline int sys_fsopen(const char *type)
{
    return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int sys_fsconfig(int fs, unsigned command, const char *key, const char *value)
{
    return (int)syscall(SYS_fsconfig, fs, command, key, value, 0);
}

/* Of the filesystem whose mount fd is the root of. */
static inline int sys_fspick(int fd)
{
    return (int)syscall(SYS_fspick, fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);
}

static inline int sys_fsmount(int fs, unsigned attrs)
{
    return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attrs);
}

static inline int sys_close_range(unsigned first)
{
    return (int)syscall(SYS_close_range, first, ~0U, 0);
}

#endif
