/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fetch contract: base images from where they are kept. Resolving is cheap and gives the
 * digest by which the store knows the image; fetching unpacks it. Callers use the front functions
 * (exec/fetch.c), which choose the fetcher by the reference's scheme.
 *
 * Images are hostile: names with "..", absolute names, links that lead out, devices, wrong
 * digests and archives that never end must do no harm.
 */
#ifndef EXEC_FETCH_H
#define EXEC_FETCH_H

#include "base/arena.h"
#include "base/sha256.h"
#include "base/vec.h"
#include "exec/store.h"

/* What an image says of itself; OCI image configuration's names. */
struct image_info {
    struct digest digest; /* of the content: manifest, or archive file, or tree */
    struct str_vec env;   /* "NAME=VALUE" */
    struct str user, workdir;
    struct str_vec entrypoint, cmd, shell;
    struct str_vec onbuild;
    /* What an image built on it goes on with, as JSON: the configuration document without what
     * is only its own, such as history and layers. Empty if it has none. */
    struct str inherited;
};

struct fetch_ops {
    const char *scheme; /* "oci-layout" for oci-layout://DIR, "tar" for tar:FILE */
    const char *summary;
    unsigned kinds; /* enum rootfs_kind, those it can fill */

    /* Reads the image's digest and configuration. `ref` is what follows the scheme's colon and
     * slashes; platform is "os/arch[/variant]" or empty. Strings go to the arena. */
    int (*resolve)(struct arena *a, struct str ref, struct str platform, struct image_info *out,
                   struct ob_err *err);
    /* Unpacks what resolve found into root, an empty filesystem. Fails if the content is not
     * (any more) the one with this digest. */
    int (*fetch)(struct str ref, struct str platform, const struct digest *digest,
                 const struct rootfs *root, struct ob_err *err);
};

/* The fetchers there are, NULL at the end; exec/kit.c defines it. */
extern const struct fetch_ops *const kit_fetchers[];

/* An opened reference: a fetcher and what to give it. */
struct fetch_ref {
    const struct fetch_ops *ops;
    struct str rest;
};

/* Splits "SCHEME:REST" (or "SCHEME://REST"). A reference without a known scheme is an error that
 * lists those there are. */
int fetch_parse(struct str ref, struct fetch_ref *out, struct ob_err *err);
int fetch_resolve(const struct fetch_ref *r, struct arena *a, struct str platform,
                  struct image_info *out, struct ob_err *err);
int fetch_into(const struct fetch_ref *r, struct str platform, const struct digest *digest,
               const struct rootfs *root, struct ob_err *err);

#endif
