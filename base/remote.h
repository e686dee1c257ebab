/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source of ADD is, by its text alone: BuildKit's rules, so that the compiler and who runs a
 * plan agree on values that are known late.
 */
#ifndef BASE_REMOTE_H
#define BASE_REMOTE_H

#include "base/str.h"

enum remote {
    REMOTE_NONE, /* a path in the context; "github.com/x/y" as well */
    REMOTE_HTTP, /* http:// or https:// */
    REMOTE_GIT,  /* git://, ssh://, USER@HOST:PATH, or http(s):// with a path that ends in .git */
};

enum remote remote_kind(struct str s);

#endif
