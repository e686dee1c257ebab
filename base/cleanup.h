/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes that release a local when it goes out of scope. For execution code, where every
 * early return has something to close; compilation uses an arena instead.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_freep(void *p)
{
    free(*(void **)p);
}

static inline void cleanup_closep(int *fd) /* keeps errno, as a return value may depend on it */
{
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    errno = saved;
}

static inline void cleanup_dirp(DIR **d)
{
    int saved = errno;
    if (*d)
        closedir(*d);
    errno = saved;
}

#define cleanup_free __attribute__((cleanup(cleanup_freep)))
#define cleanup_close __attribute__((cleanup(cleanup_closep)))
#define cleanup_dir __attribute__((cleanup(cleanup_dirp)))
#define cleanup_buf __attribute__((cleanup(buf_free)))

/* Takes the descriptor out of a cleanup_close variable. */
static inline int take_fd(int *fd)
{
    int v = *fd;
    *fd = -1;
    return v;
}

#endif
