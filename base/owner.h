/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owners of files in root filesystems. In a user namespace with root as the only user nothing can
 * belong to anybody else: there files stay root's, and lose what would let others be their owner.
 */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

#include <sys/types.h>

/* Gives what is open as fd to an owner and sets its mode, in this order: chown(2) clears set-id
 * bits and capabilities. -1 and errno. */
int owner_set(int fd, uid_t uid, gid_t gid, mode_t mode);

/* The same for what `name` in a directory is, which is not followed; the mode of a symbolic link
 * is none. mode has the type of the file. */
int owner_set_at(int dir, const char *name, uid_t uid, gid_t gid, mode_t mode);

#endif
