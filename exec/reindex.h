/* SPDX-License-Identifier: Apache-2.0 */
/* Making the index agree with the store. */
#ifndef EXEC_REINDEX_H
#define EXEC_REINDEX_H

#include "base/map.h"
#include "exec/index.h"

/* Fills an empty index. */
int reindex_fill(struct index *ix, const struct layout *l, struct store *s, struct ob_err *err);

/* Adds rows for results that lack one, since their builder died, and removes those of results that
 * are neither there nor being built; of these the log and the record go too. */
int reindex(struct index *ix, const struct layout *l, struct store *s, struct ob_err *err);

/* Adds rows for results that lack one and are not known to be on disk. `done` is empty at the first
 * of several calls. */
int reindex_new(struct index *ix, const struct layout *l, struct store *s, struct map *done,
                struct ob_err *err);

#endif
