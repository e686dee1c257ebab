/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlay mounts that are attached nowhere: they are held by a descriptor only, so they end with
 * the last process that has it, however that ends. Nothing here knows what a store is.
 */
#ifndef BACKENDS_OVERLAY_MOUNT_H
#define BACKENDS_OVERLAY_MOUNT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

enum { OVERLAY_MAX_LOWERS = 500 }; /* the kernel's own limit */

/* All names are relative to dir, in the mount namespace of the caller. */
struct overlay {
    int dir;
    const char *lower_prefix; /* a lower directory is lower_prefix LINE "/fs", */
    struct str lowers;        /* LINE being a line of this, the uppermost first */
    const char *upper;        /* upper "/new/fs" is the upper directory, upper "/work" its work
                                 directory; NULL = read-only */
    bool by_mount2;           /* with mount(2), as kernels before 6.7 need it */
    bool in_userns;           /* as a user namespace other than the machine's needs it */
};

/* Mounts it and gives the descriptor of the mount's root (opened with O_PATH). If by_mount2 is
 * not set, tries the other way too where the kernel asks for it. */
int overlay_mount(const struct overlay *o, int *fd, struct ob_err *err);

#endif
