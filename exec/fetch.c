/* SPDX-License-Identifier: Apache-2.0 */
/* The front of the fetchers: finds the one for a reference, and checks both sides of the contract.
 */
#include <config.h>

#include "exec/fetch.h"

#include "base/buf.h"
#include "base/cleanup.h"

static int unknown_scheme(struct str ref, struct ob_err *err)
{
    cleanup_buf struct buf list = BUF_INIT;
    for (const struct fetch_ops *const *ops = kit_fetchers; *ops; ops++)
        buf_printf(&list, "%s%s:",
                   ops == kit_fetchers ? ""
                   : ops[1]            ? ", "
                                       : " or ",
                   (*ops)->scheme);
    return ob_err_set(err, 0, "image \"" STR_FMT "\" can't be fetched: it must start with %s",
                      STR_ARG(ref), list.p ? list.p : "nothing there is");
}

int fetch_parse(struct str ref, struct fetch_ref *out, struct ob_err *err)
{
    struct str scheme, rest;
    bool has_scheme = str_cut(ref, ':', &scheme, &rest);
    if (str_starts(rest, STR("//")))
        rest = str_skip(rest, 2);
    if (has_scheme && str_eq(scheme, STR("docker-image")))
        return ob_err_set(err, 0,
                          "registries are not supported: give the image with "
                          "--build-context " STR_FMT "=oci-layout://DIR",
                          STR_ARG(rest));
    for (const struct fetch_ops *const *ops = kit_fetchers; has_scheme && *ops; ops++) {
        if (!str_eq(scheme, str_from((*ops)->scheme)))
            continue;
        if (rest.n == 0)
            return ob_err_set(err, 0, "image \"" STR_FMT "\" has no path", STR_ARG(ref));
        *out = (struct fetch_ref){*ops, rest};
        return 0;
    }
    return unknown_scheme(ref, err);
}

static void check_failed(const struct fetch_ref *r, const struct ob_err *err)
{
    if (err->text[0] == '\0')
        BUG("fetcher \"%s\" failed without saying why", r->ops->scheme);
}

static void check_info(const struct fetch_ref *r, const struct image_info *info)
{
    static const struct digest none;
    if (digest_eq(&info->digest, &none))
        BUG("fetcher \"%s\" gave no digest", r->ops->scheme);
    vec_for (const struct str, env, &info->env)
        if (str_find(*env, '=') <= 0)
            BUG("fetcher \"%s\" gave a malformed environment", r->ops->scheme);
}

int fetch_resolve(const struct fetch_ref *r, struct arena *a, struct str platform,
                  struct image_info *out, struct ob_err *err)
{
    if (!r->ops || r->rest.n == 0)
        BUG("a reference that was not parsed");
    *out = (struct image_info){0};
    *err = OB_ERR_INIT;
    int rc = r->ops->resolve(a, r->rest, platform, out, err);
    if (rc < 0)
        check_failed(r, err);
    else
        check_info(r, out);
    return rc;
}

int fetch_into(const struct fetch_ref *r, struct str platform, const struct digest *digest,
               const struct rootfs *root, struct ob_err *err)
{
    if (!r->ops || r->rest.n == 0)
        BUG("a reference that was not parsed");
    if (!(r->ops->kinds & root->kind))
        BUG("fetcher \"%s\" can't fill a root filesystem of kind %d", r->ops->scheme, root->kind);
    if ((root->kind == ROOTFS_DIR) != (root->fd >= 0))
        BUG("a root filesystem of kind %d with descriptor %d", root->kind, root->fd);
    *err = OB_ERR_INIT;
    int rc = r->ops->fetch(r->rest, platform, digest, root, err);
    if (rc < 0)
        check_failed(r, err);
    return rc;
}
