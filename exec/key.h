/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Result keys: by what a step is (its op), what it stands on, and what was late: the digest of
 * the base image, the digest of the files it copies. A copy from another step is keyed by what it
 * copies and not by that step, so a rebuilt stage with the same output keeps what follows cached.
 */
#ifndef EXEC_KEY_H
#define EXEC_KEY_H

#include "base/sha256.h"

/* parent and input may be NULL: a base has no parent, a run no further input. */
struct digest result_key(const struct digest *op, const struct digest *parent,
                         const struct digest *input);

/* A base image is known by its content alone, not by the name that it was asked for. Where its
 * files' owners can't be kept, it is another one, and so is all that is built on it. */
struct digest image_key(const struct digest *content, bool has_one_owner);

#endif
