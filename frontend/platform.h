/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms as "os/arch[/variant]", in the spelling that registries use: what `uname` or other
 * tools call x86_64 is amd64, aarch64 is arm64, and an arm without a variant is v7.
 */
#ifndef FRONTEND_PLATFORM_H
#define FRONTEND_PLATFORM_H

#include "base/arena.h"

struct platform {
    struct str os, os_version, arch, variant; /* the last may be empty; os_version mostly is */
};

/* Reads OS[(VERSION)]/ARCH[/VARIANT], or one of the first two alone: then the other is this
 * machine's. False if it is none. */
bool platform_read(struct arena *a, struct str s, struct platform *out);

/* The one that this program runs on. */
struct platform platform_host(struct arena *a);

struct str platform_text(struct arena *a, const struct platform *p);

#endif
