/* SPDX-License-Identifier: Apache-2.0 */
/* Caches as tar archives, to carry them to another store. */
#ifndef EXEC_CACHE_TAR_H
#define EXEC_CACHE_TAR_H

#include "exec/cache.h"

/* The errnum where nothing was ever in the cache: no errno, and none of those of kit.h and open.h.
 */
enum { CACHE_EMPTY = -3 };

/* Writes the cache's files, its own directory first. One that steps use in place may change while
 * it is read; no step has it locked meanwhile. */
int cache_export(struct caches *c, const struct cache_info *info, int out, struct ob_err *err);

/* What an archive says of its own directory; 0755 and root where it says nothing. */
int cache_tar_start(int archive, struct cache_start *out, struct ob_err *err);

/* Replaces the cache, or makes it, with what is in the archive, which is hostile. What steps have
 * taken of it they keep; a directory that they use in place is waited for, after `waiting`. An
 * archive that is not whole changes nothing. */
int cache_import(struct caches *c, const struct cache_info *info, const struct cache_start *start,
                 int archive, const struct cache_waiting *waiting, struct ob_err *err);

#endif
