/* SPDX-License-Identifier: Apache-2.0 */
/* The way from index.json to the layers. */
#include <config.h>

#include "backends/oci_layout.h"

#include "backends/image_config.h"
#include "backends/oci_choose.h"
#include "backends/unpack.h"
#include "base/cleanup.h"

enum { MAX_NESTED = 4 }; /* indexes in indexes */

struct blob_name {
    char path[sizeof "blobs/sha256/" + SHA256_HEX];
};

static struct blob_name blob_path(const struct digest *d)
{
    struct blob_name n = {"blobs/sha256/"};
    digest_hex(d, n.path + strlen(n.path));
    return n;
}

/* Opens a file that must be there. */
static int open_file(const struct oci_files *f, const char *path, struct blob *out,
                     struct ob_err *err)
{
    int rc = f->open(f->arg, path, out, err);
    return rc == 0 ? ob_err_set(err, 0, "it has no file \"%s\"", path) : rc < 0 ? -1 : 0;
}

/* Opens a blob and checks its size. */
static int open_described(const struct oci_files *f, const struct oci_descriptor *d,
                          struct blob *out, struct ob_err *err)
{
    struct blob_name name = blob_path(&d->digest);
    if (open_file(f, name.path, out, err) < 0)
        return -1;
    if (out->size != d->size)
        return ob_err_set(err, 0, "\"%s\" has %llu bytes and must have %llu", name.path,
                          (unsigned long long)out->size, (unsigned long long)d->size);
    return 0;
}

/* Reads a document into the arena. `want` NULL = one of the roots, which have no digest. */
static int read_document(const struct blob *b, const char *path, const struct digest *want,
                         struct arena *a, struct str *out, struct ob_err *err)
{
    cleanup_buf struct buf text = BUF_INIT;
    struct digest got;
    if (blob_read_all(b, IMAGE_DOCUMENT_MAX, &text, &got, err) < 0 ||
        (want && digest_check(&got, want, err) < 0))
        return ob_err_wrap(err, "\"%s\"", path);
    *out = arena_str(a, buf_str(&text));
    return 0;
}

static int read_described(const struct oci_files *f, const struct oci_descriptor *d,
                          struct arena *a, struct str *out, struct ob_err *err)
{
    cleanup_blob struct blob b = BLOB_INIT;
    struct blob_name name = blob_path(&d->digest);
    if (open_described(f, d, &b, err) < 0)
        return -1;
    return read_document(&b, name.path, &d->digest, a, out, err);
}

static int read_root(const struct oci_files *f, const char *path, struct arena *a, struct str *out,
                     struct ob_err *err)
{
    cleanup_blob struct blob b = BLOB_INIT;
    if (open_file(f, path, &b, err) < 0)
        return -1;
    return read_document(&b, path, NULL, a, out, err);
}

static int check_version(const struct oci_files *f, struct arena *a, struct ob_err *err)
{
    struct str text, version;
    struct json_node root;
    if (read_root(f, "oci-layout", a, &text, err) < 0)
        return -1;
    int rc = json_read_document(text, JSON_OBJECT, &root, err);
    if (rc == 0) {
        rc = json_read_str(&root, "imageLayoutVersion", &version, err);
        if (rc == 0 && !str_starts(version, STR("1.")))
            rc =
                ob_err_set(err, 0, "layout version \"" STR_FMT "\" is not known", STR_ARG(version));
        json_decref(root.v);
    }
    return rc < 0 ? ob_err_wrap(err, "\"oci-layout\"") : 0;
}

/* Reads a member that is an array of descriptors. */
static int read_descriptors(const struct json_node *root, const char *key, struct arena *a,
                            struct oci_descriptors *out, struct ob_err *err)
{
    struct json_node list, item;
    if (json_need_member(root, key, JSON_ARRAY, &list, err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(list.v); i++) {
        struct oci_descriptor d;
        if (json_read_element(&list, i, JSON_OBJECT, &item, err) < 0 ||
            oci_descriptor_read(&item, a, &d, err) < 0)
            return -1;
        vec_push(a, out, d);
    }
    return 0;
}

static int read_index(struct str text, struct arena *a, struct oci_descriptors *out,
                      struct ob_err *err)
{
    struct json_node root;
    if (json_read_document(text, JSON_OBJECT, &root, err) < 0)
        return -1;
    int rc = read_descriptors(&root, "manifests", a, out, err);
    json_decref(root.v);
    return rc;
}

static int find_manifest(const struct oci_files *f, struct arena *a, struct str tag,
                         struct str platform, struct oci_descriptor *out, struct ob_err *err)
{
    struct platform want;
    struct oci_descriptors list = {0};
    struct str text;
    if (platform_parse(platform, &want, err) < 0 || check_version(f, a, err) < 0 ||
        read_root(f, "index.json", a, &text, err) < 0)
        return -1;
    if (read_index(text, a, &list, err) < 0)
        return ob_err_wrap(err, "\"index.json\"");
    if (oci_choose_tag(&list, a, tag, err) < 0)
        return -1;
    for (int depth = 0; depth <= MAX_NESTED; depth++) {
        if (oci_choose_platform(&list, a, &want, out, err) < 0)
            return -1;
        if (!oci_is_index(out->media_type))
            return 0;
        struct blob_name name = blob_path(&out->digest);
        if (read_described(f, out, a, &text, err) < 0)
            return -1;
        list.n = 0;
        if (read_index(text, a, &list, err) < 0)
            return ob_err_wrap(err, "\"%s\"", name.path);
    }
    return ob_err_set(err, 0, "its indexes are nested more than %d deep", MAX_NESTED);
}

struct manifest {
    struct oci_descriptor config;
    struct oci_descriptors layers;
};

static int parse_manifest(struct str text, struct arena *a, struct manifest *out,
                          struct ob_err *err)
{
    struct json_node root, config;
    if (json_read_document(text, JSON_OBJECT, &root, err) < 0)
        return -1;
    int rc = json_need_member(&root, "config", JSON_OBJECT, &config, err);
    if (rc == 0)
        rc = oci_descriptor_read(&config, a, &out->config, err);
    if (rc == 0)
        rc = read_descriptors(&root, "layers", a, &out->layers, err);
    json_decref(root.v);
    return rc;
}

int oci_layout_resolve(const struct oci_files *f, struct arena *a, struct str tag,
                       struct str platform, struct image_info *out, struct ob_err *err)
{
    struct oci_descriptor chosen;
    struct manifest m = {0};
    struct str text;
    if (find_manifest(f, a, tag, platform, &chosen, err) < 0 ||
        read_described(f, &chosen, a, &text, err) < 0)
        return -1;
    if (parse_manifest(text, a, &m, err) < 0)
        return ob_err_wrap(err, "\"%s\"", blob_path(&chosen.digest).path);
    if (read_described(f, &m.config, a, &text, err) < 0)
        return -1;
    if (image_config_check_platform(text, a, platform, err) < 0 ||
        image_config_read(text, a, out, err) < 0)
        return ob_err_wrap(err, "\"%s\"", blob_path(&m.config.digest).path);
    out->digest = chosen.digest;
    return 0;
}

static bool is_layer(struct str t)
{
    return str_starts(t, STR("application/vnd.oci.image.layer.v1.tar")) ||
           str_starts(t, STR("application/vnd.oci.image.layer.nondistributable.v1.tar")) ||
           str_starts(t, STR("application/vnd.docker.image.rootfs.diff.tar")) ||
           str_starts(t, STR("application/vnd.docker.image.rootfs.foreign.diff.tar"));
}

static int unpack_described(const struct oci_files *f, const struct oci_descriptor *d, int root,
                            struct ob_err *err)
{
    cleanup_blob struct blob b = BLOB_INIT;
    struct digest got;
    if (!is_layer(d->media_type))
        return ob_err_set(err, 0, "a layer of type \"" STR_FMT "\" can't be unpacked",
                          STR_ARG(d->media_type));
    if (open_described(f, d, &b, err) < 0)
        return -1;
    if (unpack_layer(root, &b, UNPACK_END_ANY, &got, err) < 0 ||
        digest_check(&got, &d->digest, err) < 0)
        return ob_err_wrap(err, "\"%s\"", blob_path(&d->digest).path);
    return 0;
}

static int unpack_all(const struct oci_files *f, const struct digest *manifest, struct arena *a,
                      int root, struct ob_err *err)
{
    struct blob_name name = blob_path(manifest);
    struct manifest m = {0};
    struct str text;
    cleanup_blob struct blob b = BLOB_INIT;
    if (open_file(f, name.path, &b, err) < 0 ||
        read_document(&b, name.path, manifest, a, &text, err) < 0)
        return -1;
    if (parse_manifest(text, a, &m, err) < 0)
        return ob_err_wrap(err, "\"%s\"", name.path);
    vec_for (struct oci_descriptor, d, &m.layers)
        if (unpack_described(f, d, root, err) < 0)
            return -1;
    return 0;
}

int oci_layout_unpack(const struct oci_files *f, const struct digest *manifest, int root,
                      struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    int rc = unpack_all(f, manifest, &a, root, err);
    arena_free(&a);
    return rc;
}
