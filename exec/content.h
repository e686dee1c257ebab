/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the regular files of a manifest: digests of their contents and extended attributes. */
#ifndef EXEC_CONTENT_H
#define EXEC_CONTENT_H

#include "exec/manifest.h"

/* Fills in content and xattrs of every regular file that is no hard link, on several threads; of
 * those that are known, without opening them. A file that changes meanwhile is an error. */
int content_read(struct arena *a, const struct copy_request *q, struct manifest *m,
                 struct ob_err *err);

#endif
