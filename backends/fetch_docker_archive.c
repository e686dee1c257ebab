/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fetcher docker-archive: what `docker save` writes. manifest.json lists images: a
 * configuration, names, layers. An image's digest is its configuration's, which is what Docker
 * calls the image's id; it names the digests of the uncompressed layers, so it vouches for all.
 */
#include <config.h>

#include "backends/backends.h"
#include "backends/image_config.h"
#include "backends/image_ref.h"
#include "backends/json_read.h"
#include "backends/tar_index.h"
#include "backends/unpack.h"
#include "base/cleanup.h"

/* One element of manifest.json. */
struct saved_image {
    struct str config;    /* member */
    struct str_vec names; /* "debian:12" */
    struct str_vec layers;
};

DEFINE_VEC(saved_images, struct saved_image);

static int read_image(const struct json_node *object, struct arena *a, struct saved_image *out,
                      struct ob_err *err)
{
    struct json_node config;
    *out = (struct saved_image){0};
    if (json_need_member(object, "Config", JSON_STRING, &config, err) < 0)
        return -1;
    out->config = arena_str(a, json_node_str(&config));
    return json_read_strings(object, "RepoTags", a, &out->names, err) < 0 ||
                   json_read_strings(object, "Layers", a, &out->layers, err) < 0
               ? -1
               : 0;
}

static int read_images(const struct json_node *root, struct arena *a, struct saved_images *out,
                       struct ob_err *err)
{
    for (size_t i = 0; i < json_array_size(root->v); i++) {
        struct json_node item;
        struct saved_image image;
        if (json_read_element(root, i, JSON_OBJECT, &item, err) < 0 ||
            read_image(&item, a, &image, err) < 0)
            return -1;
        vec_push(a, out, image);
    }
    return 0;
}

static int read_member(struct tar_index *ix, struct arena *a, const char *name, struct str *out,
                       struct digest *digest, struct ob_err *err)
{
    cleanup_blob struct blob b = BLOB_INIT;
    cleanup_buf struct buf text = BUF_INIT;
    int rc = tar_index_member(ix, name, &b, err);
    if (rc <= 0)
        return rc < 0 ? -1 : ob_err_set(err, 0, "it has no file \"%s\"", name);
    if (blob_read_all(&b, IMAGE_DOCUMENT_MAX, &text, digest, err) < 0)
        return ob_err_wrap(err, "\"%s\"", name);
    *out = arena_str(a, buf_str(&text));
    return 0;
}

static int read_manifest(struct tar_index *ix, struct arena *a, struct saved_images *out,
                         struct ob_err *err)
{
    struct json_node root;
    struct str text;
    struct digest unused;
    if (read_member(ix, a, "manifest.json", &text, &unused, err) < 0)
        return -1;
    int rc = json_read_document(text, JSON_ARRAY, &root, err);
    if (rc == 0) {
        rc = read_images(&root, a, out, err);
        json_decref(root.v);
    }
    return rc < 0 ? ob_err_wrap(err, "\"manifest.json\"") : 0;
}

/* The long form of a name, as Docker understands short ones: docker.io/library/NAME:latest. */
static struct str full_name(struct arena *a, struct str name)
{
    struct str host, rest;
    bool has_slash = str_cut(name, '/', &host, &rest);
    bool has_host = has_slash && (str_find(host, '.') >= 0 || str_find(host, ':') >= 0 ||
                                  str_eq(host, STR("localhost")));
    bool has_tag = str_find(has_host ? rest : name, ':') >= 0;
    return arena_printf(a, "%s%s" STR_FMT "%s", has_host ? "" : "docker.io/",
                        has_slash ? "" : "library/", STR_ARG(name), has_tag ? "" : ":latest");
}

static bool has_name(const struct saved_image *image, struct arena *a, struct str wanted)
{
    struct str full = full_name(a, wanted);
    vec_for (const struct str, name, &image->names)
        if (str_eq(full_name(a, *name), full))
            return true;
    return false;
}

static struct str list_names(const struct saved_images *images, struct arena *a)
{
    struct str out = STR("");
    vec_for (const struct saved_image, image, images)
        vec_for (const struct str, name, &image->names)
            out = arena_printf(a, STR_FMT "%s\"" STR_FMT "\"", STR_ARG(out), out.n ? ", " : "",
                               STR_ARG(*name));
    return out.n ? out : STR("none");
}

static int choose_image(const struct saved_images *images, struct arena *a, struct str tag,
                        struct saved_image *out, struct ob_err *err)
{
    vec_for (const struct saved_image, image, images)
        if (tag.n ? has_name(image, a, tag) : images->n == 1) {
            *out = *image;
            return 0;
        }
    struct str names = list_names(images, a);
    if (tag.n)
        return ob_err_set(err, 0, "it has no image \"" STR_FMT "\"; its images are " STR_FMT,
                          STR_ARG(tag), STR_ARG(names));
    return ob_err_set(err, 0, "it has %u images: say which with :NAME; its images are " STR_FMT,
                      images->n, STR_ARG(names));
}

struct opened_image {
    struct saved_image saved;
    struct str config;
    struct digest digest;
};

static int open_image(struct tar_index *ix, struct arena *a, const struct image_ref *ref,
                      struct opened_image *out, struct ob_err *err)
{
    struct saved_images images = {0};
    if (read_manifest(ix, a, &images, err) < 0 ||
        choose_image(&images, a, ref->tag, &out->saved, err) < 0)
        return -1;
    return read_member(ix, a, arena_cstr(a, out->saved.config), &out->config, &out->digest, err);
}

static int docker_archive_resolve(struct arena *a, struct str ref, struct str platform,
                                  struct image_info *out, struct ob_err *err)
{
    struct image_ref name;
    struct tar_index ix;
    struct opened_image image = {0};
    if (image_ref_parse(a, ref, &name, err) < 0)
        return -1;
    int rc = tar_index_open(&ix, name.path, err);
    if (rc == 0) {
        rc = open_image(&ix, a, &name, &image, err);
        if (rc == 0 && (image_config_check_platform(image.config, a, platform, err) < 0 ||
                        image_config_read(image.config, a, out, err) < 0))
            rc = ob_err_wrap(err, "\"" STR_FMT "\"", STR_ARG(image.saved.config));
        if (rc < 0)
            ob_err_wrap(err, "image \"%s\"", name.path);
    }
    tar_index_close(&ix);
    out->digest = image.digest;
    return rc;
}

static int unpack_member(struct tar_index *ix, const char *name, const struct digest *want,
                         int root, struct ob_err *err)
{
    cleanup_blob struct blob b = BLOB_INIT;
    struct digest got;
    int rc = tar_index_member(ix, name, &b, err);
    if (rc <= 0)
        return rc < 0 ? -1 : ob_err_set(err, 0, "it has no file \"%s\"", name);
    /* The digest is of the uncompressed layer; Docker compresses none, other tools do. */
    if (blob_inflate(&b, err) < 0 || unpack_layer(root, &b, UNPACK_END_ANY, &got, err) < 0 ||
        digest_check(&got, want, err) < 0)
        return ob_err_wrap(err, "\"%s\"", name);
    return 0;
}

static int unpack_image(struct tar_index *ix, struct arena *a, const struct image_ref *name,
                        const struct digest *digest, int root, struct ob_err *err)
{
    struct opened_image image;
    struct digest_vec ids = {0};
    if (open_image(ix, a, name, &image, err) < 0)
        return -1;
    const char *config = arena_cstr(a, image.saved.config);
    if (digest_check(&image.digest, digest, err) < 0 ||
        image_config_diff_ids(image.config, a, &ids, err) < 0)
        return ob_err_wrap(err, "\"%s\"", config);
    if (ids.n != image.saved.layers.n)
        return ob_err_set(err, 0, "it lists %u layers, but \"%s\" has %u", image.saved.layers.n,
                          config, ids.n);
    for (size_t i = 0; i < ids.n; i++)
        if (unpack_member(ix, arena_cstr(a, image.saved.layers.at[i]), &ids.at[i], root, err) < 0)
            return -1;
    return 0;
}

static int docker_archive_fetch(struct str ref, struct str platform, const struct digest *digest,
                                const struct rootfs *root, struct ob_err *err)
{
    (void)platform;
    struct arena a = ARENA_INIT;
    struct image_ref name;
    struct tar_index ix;
    int rc = image_ref_parse(&a, ref, &name, err);
    if (rc == 0) {
        rc = tar_index_open(&ix, name.path, err);
        if (rc == 0 && unpack_image(&ix, &a, &name, digest, root->fd, err) < 0)
            rc = ob_err_wrap(err, "image \"%s\"", name.path);
        tar_index_close(&ix);
    }
    arena_free(&a);
    return rc;
}

const struct fetch_ops fetch_docker_archive_ops = {
    .scheme = "docker-archive",
    .summary = "a file of docker save: docker-archive:FILE[:NAME]",
    .kinds = ROOTFS_DIR,
    .resolve = docker_archive_resolve,
    .fetch = docker_archive_fetch,
};
