/* SPDX-License-Identifier: Apache-2.0 */
/* What the name of an image tells of its system, where nobody has seen the image. */
#ifndef FRONTEND_WINDOWS_IMAGE_H
#define FRONTEND_WINDOWS_IMAGE_H

#include "base/str.h"

/* Whether an image is one of Windows by its name. */
bool windows_image_is(struct str image);

#endif
