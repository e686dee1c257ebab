/* SPDX-License-Identifier: Apache-2.0 */
/* Resolving the names of base images. */
#include <config.h>

#include "exec/bases.h"

#include "exec/image.h"
#include "exec/key.h"

#include <sys/stat.h>

static struct str context_ref(const struct build *b, struct str name)
{
    vec_for (const struct build_context, c, &b->options->contexts)
        if (str_eq(c->name, name))
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
    out->key = image_key(&out->info.digest);
    return 0;
}

/* What an image's triggers do, only a compiler can tell. */
static int check_onbuild(const struct op_from *op, const struct image_info *info,
                         struct ob_err *err)
{
    if (info->onbuild.n == 0)
        return 0;
    return ob_err_set(err, 0,
                      "image \"" STR_FMT "\" has ONBUILD triggers, which spec2ir runs only when it "
                      "knows the image: build from a stage or remove them",
                      STR_ARG(op->image));
}

static int resolve(struct build *b, const struct op_from *op, struct base_image *out,
                   struct ob_err *err)
{
    char hex[SHA256_HEX + 1];
    *out = (struct base_image){0};
    struct str ref = context_ref(b, op->image);
    if (ref.p)
        return resolve_ref(b, op, ref, out, err);
    int rc = layout_find_image(&b->layout, op->image, op->platform, &out->key, err);
    if (rc > 0) {
        digest_hex(&out->key, hex);
        rc = store_lookup(b->kit.store, hex, NULL, err);
    }
    if (rc > 0)
        rc = image_load(&b->layout, &out->key, b->arena, &out->info, err);
    if (rc == 0)
        ob_err_set(err, 0,
                   "base image \"" STR_FMT "\" is not in the store: give it with "
                   "--build-context " STR_FMT
                   "=oci-layout://DIR (or tar:FILE, docker-archive:FILE …)",
                   STR_ARG(op->image), STR_ARG(op->image));
    return rc > 0 ? 0 : -1;
}

int base_resolve(struct build *b, const struct op_from *op, struct base_image *out,
                 struct ob_err *err)
{
    return resolve(b, op, out, err) < 0 ? -1 : check_onbuild(op, &out->info, err);
}

int base_remember(struct build *b, const struct op_from *op, const struct base_image *image,
                  struct ob_err *err)
{
    if (!image->ref.ops)
        return 0;
    /* Its import has saved it, but a crash of the machine may have emptied the file since. */
    if (image_save(&b->layout, &image->key, &image->info, err) < 0)
        return -1;
    return layout_set_image(&b->layout, op->image, op->platform, &image->key, err);
}
