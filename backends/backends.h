/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that the backends' own files define. Only exec/kit.c and tests look here. */
#ifndef BACKENDS_BACKENDS_H
#define BACKENDS_BACKENDS_H

#include "exec/fetch.h"
#include "exec/sandbox.h"
#include "exec/store.h"

extern const struct store_ops store_copy_ops;
extern const struct store_ops store_overlayfs_ops;

extern const struct sandbox_ops sandbox_native_ops;

extern const struct fetch_ops fetch_oci_layout_ops;
extern const struct fetch_ops fetch_oci_archive_ops;
extern const struct fetch_ops fetch_docker_archive_ops;
extern const struct fetch_ops fetch_tar_ops;
extern const struct fetch_ops fetch_dir_ops;

#endif
