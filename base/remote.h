/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the names of things elsewhere mean, by their text alone: BuildKit's rules, so that the
 * compiler and who runs a plan agree.
 */
#ifndef BASE_REMOTE_H
#define BASE_REMOTE_H

#include "base/str.h"

enum remote {
    REMOTE_NONE, /* a path in the context; "github.com/x/y" as well */
    REMOTE_HTTP, /* http:// or https:// */
    REMOTE_GIT,  /* git://, ssh://, USER@HOST:PATH, or http(s):// with a path that ends in .git */
};

/* What a source of ADD is. */
enum remote remote_kind(struct str s);

/* The shortest spelling of an image's name, a part of it: "docker.io/library/alpine:latest" is
 * "alpine". Named contexts (--build-context) are compared by it. */
struct str remote_short_name(struct str image);

#endif
