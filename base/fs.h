/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and directories by descriptor. "In a root" means: `path` is looked up as a process that
 * had done chroot(root) would see it; links and ".." never lead out (openat2 with
 * RESOLVE_IN_ROOT, Linux 5.6), and magic links of /proc are refused. All descriptors are
 * close-on-exec.
 */
#ifndef BASE_FS_H
#define BASE_FS_H

#include "base/buf.h"
#include "base/err.h"

#include <dirent.h>
#include <stdint.h>
#include <sys/types.h>

/* Whole contents; the error names no file, the caller wraps. */
int fs_read_all(int fd, struct buf *out, size_t max, struct ob_err *err);
int fs_write_all(int fd, const void *p, size_t n, struct ob_err *err);

/* 1 = read, 0 = there is no such file, -1 = error. */
int fs_read_file_at(int dir, const char *name, struct buf *out, size_t max, struct ob_err *err);
/* Writes a new file beside `name` and renames it into place. */
int fs_replace_file_at(int dir, const char *name, const void *p, size_t n, mode_t mode,
                       struct ob_err *err);
/* The same, and when it returns the file is on the disk. */
int fs_replace_file_synced_at(int dir, const char *name, const void *p, size_t n, mode_t mode,
                              struct ob_err *err);
/* Removes what processes that were killed in one of these have left in dir, an hour later: nobody
 * can tell sooner whether a process of another pid namespace is alive. */
void fs_settle_replaced(int dir);

/* Gives a file, which links may lead to, other contents: a new file beside it takes its place, with
 * its mode and, if that is allowed, its owner. One that can't be written stays as it is. */
int fs_rewrite_file(const char *path, const void *p, size_t n, struct ob_err *err);

/* open(2) in a root, also with a path longer than PATH_MAX. Gives the descriptor, or -1 and errno.
 */
int fs_open_in(int root, const char *path, int flags, mode_t mode);

/* Opens for reading the regular file that an O_PATH descriptor leads to, and nothing else: in a
 * tree that others change a device can have taken its place, and to open one may be harm enough.
 * Never waits. -1 and errno, which is ESTALE if it is not the file dev:ino, or no regular one. */
int fs_open_found(int path, dev_t dev, ino_t ino);

/* The entries of a directory, from a position of its own: `dir` may be an O_PATH descriptor and
 * stays open. NULL and errno if it can't be read. */
DIR *fs_opendir(int dir);

/* Makes a directory and its missing parents, as mkdir -p. */
int fs_mkdir_p(const char *path, mode_t mode, struct ob_err *err);
/* The same in a root; what is made gets mode and owner, what exists keeps them. Gives a directory
 * descriptor. A component that exists and is no directory is an error. */
int fs_mkdirs_in(int root, const char *path, mode_t mode, uid_t uid, gid_t gid, struct ob_err *err);

/* Removes a file or a whole tree; `name` is one name in dir, not a path. Never follows a link,
 * never crosses a mount point (that is an error, and what is mounted there is left alone). A
 * missing name is fine. Works at any depth with three descriptors. */
int fs_remove_tree_at(int dir, const char *name, struct ob_err *err);

/* Copies `size` bytes between regular files from their start, to an empty one: by reflink where the
 * filesystem can, else in the kernel, else by hand. Holes stay holes. A source that ends early is
 * an error. */
int fs_copy_data(int from, int to, uint64_t size, struct ob_err *err);

#endif
