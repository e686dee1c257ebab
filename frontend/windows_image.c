/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/windows_image.h"

bool windows_image_is(struct str image)
{
    static const char *const words[] = {"windows", "nanoserver", "servercore"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (image.n && memmem(image.p, image.n, words[i], strlen(words[i])))
            return true;
    return false;
}
