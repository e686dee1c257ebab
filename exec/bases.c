/* SPDX-License-Identifier: Apache-2.0 */
/* Resolving the names of base images. */
#include <config.h>

#include "exec/bases.h"

#include "base/log.h"
#include "base/remote.h"
#include "exec/image.h"
#include "exec/key.h"

#include <errno.h>
#include <sys/stat.h>

static struct str context_ref(const struct build *b, struct str name)
{
    name = remote_short_name(name);
    vec_for (const struct build_context, c, &b->options->contexts)
        if (str_eq(remote_short_name(c->name), name))
            return c->ref;
    return (struct str){0};
}

/* A plain path to a directory is a context, used here as a filesystem. */
static struct str with_scheme(struct build *b, struct str ref)
{
    struct stat st;
    if (stat(arena_cstr(b->arena, ref), &st) == 0 && S_ISDIR(st.st_mode))
        return str_concat(b->arena, STR("dir:"), ref);
    return ref;
}

static int resolve_ref(struct build *b, const struct op_from *op, struct str ref,
                       struct base_image *out, struct ob_err *err)
{
    if (fetch_parse(with_scheme(b, ref), &out->ref, err) < 0 ||
        fetch_resolve(&out->ref, b->arena, op->platform, &out->info, err) < 0)
        return ob_err_wrap(err, "base image \"" STR_FMT "\"", STR_ARG(op->image));
    out->key = image_key(&out->info.digest, b->kit.has_one_owner);
    return 0;
}

/* What an image's triggers do, only a compiler can tell. */
static int check_onbuild(const struct op_from *op, const struct image_info *info,
                         struct ob_err *err)
{
    if (info->onbuild.n == 0 || op->onbuild)
        return 0;
    return ob_err_set(err, 0,
                      "image \"" STR_FMT "\" has ONBUILD triggers, which only spec2ir --pin can "
                      "run: give it what obexec --resolve says of the images",
                      STR_ARG(op->image));
}

/* Takes "@sha256:HEX" off the end of an image's name, if it is there. */
static bool cut_digest(struct str *image, struct digest *out)
{
    struct str name, digest, algorithm, hex;
    if (!str_cut(*image, '@', &name, &digest) || !str_cut(digest, ':', &algorithm, &hex) ||
        !str_eq(algorithm, STR("sha256")) || !digest_from_hex(hex, out))
        return false;
    *image = name;
    return true;
}

static int find_in_store(struct build *b, struct str image, struct str platform,
                         struct base_image *out, struct ob_err *err)
{
    char hex[SHA256_HEX + 1];
    int rc = layout_find_image(&b->layout, image, platform, &out->key, err);
    if (rc > 0) {
        digest_hex(&out->key, hex);
        rc = layout_use(&b->layout, &out->key, err) < 0
                 ? -1
                 : store_lookup(b->kit.store, hex, NULL, err);
    }
    if (rc > 0)
        rc = image_load(&b->layout, &out->key, b->arena, &out->info, err);
    if (rc <= 0)
        return rc;
    struct digest key = image_key(&out->info.digest, b->kit.has_one_owner);
    return digest_eq(&key, &out->key); /* else its owners were lost, or are there */
}

/* What a name without a digest means now: 1, 0 = nothing, -1. */
static int find_name(struct build *b, const struct op_from *op, struct str name,
                     struct base_image *out, struct ob_err *err)
{
    struct str ref = context_ref(b, name);
    if (ref.p)
        return resolve_ref(b, op, ref, out, err) < 0 ? -1 : 1;
    return find_in_store(b, name, op->platform, out, err);
}

static int not_found(struct str name, struct ob_err *err)
{
    return ob_err_set(err, 0,
                      "base image \"" STR_FMT "\" is not in the store: give it with "
                      "--build-context " STR_FMT
                      "=oci-layout://DIR (or tar:FILE, docker-archive:FILE …)",
                      STR_ARG(name), STR_ARG(name));
}

static int wrong_digest(const struct op_from *op, const struct base_image *found,
                        struct ob_err *err)
{
    char hex[SHA256_HEX + 1];
    digest_hex(&found->info.digest, hex);
    return ob_err_set(err, 0, "base image \"" STR_FMT "\" is now the one with digest sha256:%s",
                      STR_ARG(op->image), hex);
}

int base_find(struct build *b, const struct op_from *op, struct base_image *out, struct ob_err *err)
{
    struct str name = op->image;
    struct digest want;
    *out = (struct base_image){0};
    int rc = find_name(b, op, op->image, out, err); /* whoever names it with its digest vouches */
    if (rc == 0 && cut_digest(&name, &want)) {
        rc = find_name(b, op, name, out, err);
        if (rc > 0 && !digest_eq(&want, &out->info.digest))
            return wrong_digest(op, out, err);
    }
    return rc == 0 ? not_found(name, err) : rc > 0 ? 0 : -1;
}

int base_resolve(struct build *b, const struct step *step, struct base_image *out,
                 struct ob_err *err)
{
    if (base_find(b, &step->op.from, out, err) < 0)
        return -1;
    bool is_built_on = b->is_built_on[step - b->plan->steps.at];
    return is_built_on ? check_onbuild(&step->op.from, &out->info, err) : 0;
}

static int remember(const struct layout *l, const struct op_from *op,
                    const struct base_image *image, struct ob_err *err)
{
    /* Its import has saved it, but a crash of the machine may have emptied the file since. */
    if (image_save(l, &image->key, &image->info, err) < 0)
        return -1;
    return layout_set_image(l, op->image, op->platform, &image->key, err);
}

int base_remember(struct build *b, const struct op_from *op, const struct base_image *image,
                  struct ob_err *err)
{
    if (!image->ref.ops || remember(&b->layout, op, image, err) == 0)
        return 0;
    /* The image is there, and only builds that don't say what its name is will miss this. */
    bool is_full = err->errnum == ENOSPC || err->errnum == EDQUOT;
    if (is_full)
        log_warning("\"" STR_FMT "\" will not be found by its name alone: %s", STR_ARG(op->image),
                    err->text);
    return is_full || err->errnum == EROFS ? 0 : -1;
}
