/* SPDX-License-Identifier: Apache-2.0 */
/* Which extended attributes belong to a file, wherever it goes. */
#ifndef BASE_XATTR_H
#define BASE_XATTR_H

#include "base/str.h"

/* Those of users, and what makes a program work: its capabilities. Others are the host's, such as
 * labels of its security modules, or overlayfs' own marks, which would change what an overlay
 * shows. */
bool xattr_is_kept(struct str name);

/* Access lists. They name users by number, so that they belong to a file only where its owner does:
 * in an image. */
bool xattr_is_acl(struct str name);

#endif
