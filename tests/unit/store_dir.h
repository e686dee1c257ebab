/* SPDX-License-Identifier: Apache-2.0 */
/* What obexec keeps in a store, in a directory for one test; no backend is needed. */
#ifndef TESTS_STORE_DIR_H
#define TESTS_STORE_DIR_H

#include "exec/layout.h"
#include "tests/unit/scratch_dir.h"

struct store_dir {
    struct scratch_dir dir;
    struct store store;
    struct layout layout;
};

static inline void store_dir_start(struct store_dir *d)
{
    struct ob_err err = OB_ERR_INIT;
    scratch_start(&d->dir);
    d->store.root = d->dir.fd;
    ck_assert_ok(layout_open(&d->layout, &d->store, &err), &err);
}

static inline void store_dir_end(struct store_dir *d)
{
    layout_close(&d->layout);
    scratch_end(&d->dir);
}

static inline struct digest digest_filled(unsigned char byte)
{
    struct digest d;
    memset(d.b, byte, sizeof d.b);
    return d;
}

#endif
