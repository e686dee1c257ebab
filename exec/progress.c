/* SPDX-License-Identifier: Apache-2.0 */
/* The styles of progress by name. */
#include <config.h>

#include "exec/event.h"

struct progress *progress_open(const char *style, int fd)
{
    if (strcmp(style, "auto") == 0 || strcmp(style, "plain") == 0)
        return progress_plain_open(fd);
    if (strcmp(style, "json") == 0)
        return progress_json_open(fd);
    return strcmp(style, "quiet") == 0 ? progress_quiet_open(fd) : NULL;
}
