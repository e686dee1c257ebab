/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms of images: "os/arch[/variant]", in the names that image indexes use. */
#ifndef BACKENDS_PLATFORM_H
#define BACKENDS_PLATFORM_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct platform {
    struct str os, arch, variant; /* variant may be empty */
};

/* Empty text = Linux on this machine. The parts point into text or to constants. */
int platform_parse(struct str text, struct platform *out, struct ob_err *err);
/* Whether an image made for `have` is what somebody asks for with `want`. */
bool platform_matches(const struct platform *want, const struct platform *have);

#endif
