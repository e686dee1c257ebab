/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of an image and the list of its files. */
#include <config.h>

#include "exec/output_image.h"

#include "base/json.h"
#include "exec/output_config.h"
#include "exec/output_layers.h"

#include <stdlib.h>

#define MANIFEST_TYPE STR("application/vnd.oci.image.manifest.v1+json")
#define INDEX_TYPE STR("application/vnd.oci.image.index.v1+json")
#define CONFIG_TYPE STR("application/vnd.oci.image.config.v1+json")

struct image {
    struct arena *arena;
    const struct output *output;
    struct image_layers layers;
    struct image_document config;
    struct digest config_digest, manifest_digest;
    uint64_t manifest_size;
    struct layout_files files;
};

static struct str hex_of(struct arena *a, const struct digest *d)
{
    char hex[SHA256_HEX + 1];
    digest_hex(d, hex);
    return arena_str(a, str_from(hex));
}

static struct str blob_path(struct arena *a, const struct digest *d)
{
    return str_concat(a, STR("blobs/sha256/"), hex_of(a, d));
}

static void add_text(struct image *i, struct str path, struct str text)
{
    const struct layout_file f = {path, text, -1, text.n};
    vec_push(i->arena, &i->files, f);
}

/* Members of a descriptor, in the object that is open. */
static void describe(struct image *i, struct json_out *j, struct str type, const struct digest *d,
                     uint64_t size)
{
    json_key_str(j, "mediaType", type);
    json_key_str(j, "digest", str_concat(i->arena, STR("sha256:"), hex_of(i->arena, d)));
    json_key_int(j, "size", (int64_t)size);
}

static struct str take_text(struct image *i, struct buf *b)
{
    struct str s = arena_str(i->arena, buf_str(b));
    buf_free(b);
    return s;
}

static void add_manifest(struct image *i)
{
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    json_open(&j, '{');
    json_key_int(&j, "schemaVersion", 2);
    json_key_str(&j, "mediaType", MANIFEST_TYPE);
    json_key(&j, "config");
    json_open(&j, '{');
    describe(i, &j, CONFIG_TYPE, &i->config_digest, i->config.text.n);
    json_close(&j, '}');
    json_key(&j, "layers");
    json_open(&j, '[');
    vec_for (const struct image_layer, l, &i->layers) {
        if (l->is_empty)
            continue;
        json_open(&j, '{');
        describe(i, &j, str_from(layer_media_type(i->output->compression)), &l->blob.digest,
                 l->blob.size);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_close(&j, '}');
    struct str text = take_text(i, &b);
    i->manifest_digest = sha256_of(text.p, text.n);
    i->manifest_size = text.n;
    add_text(i, blob_path(i->arena, &i->manifest_digest), text);
}

static void write_platform(struct image *i, struct json_out *j)
{
    json_key(j, "platform");
    json_open(j, '{');
    json_key_str(j, "architecture", i->config.arch);
    json_key_str(j, "os", i->config.os);
    if (i->config.variant.n)
        json_key_str(j, "variant", i->config.variant);
    json_close(j, '}');
}

/* With the annotations by which readers find a name. */
static void write_index_entry(struct image *i, struct json_out *j, const struct image_name *name)
{
    json_open(j, '{');
    describe(i, j, MANIFEST_TYPE, &i->manifest_digest, i->manifest_size);
    json_key(j, "annotations");
    json_open(j, '{');
    if (name)
        json_key_str(j, "io.containerd.image.name", name->full);
    json_key_str(j, "org.opencontainers.image.created", i->config.created);
    if (name)
        json_key_str(j, "org.opencontainers.image.ref.name", name->tag);
    json_close(j, '}');
    write_platform(i, j);
    json_close(j, '}');
}

static void add_index(struct image *i)
{
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    json_open(&j, '{');
    json_key_int(&j, "schemaVersion", 2);
    json_key_str(&j, "mediaType", INDEX_TYPE);
    json_key(&j, "manifests");
    json_open(&j, '[');
    vec_for (const struct image_name, n, &i->output->names)
        write_index_entry(i, &j, n);
    if (i->output->names.n == 0)
        write_index_entry(i, &j, NULL);
    json_close(&j, ']');
    json_close(&j, '}');
    add_text(i, STR("index.json"), take_text(i, &b));
}

/* What `docker load` reads. */
static void add_docker_manifest(struct image *i)
{
    struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    json_open(&j, '[');
    json_open(&j, '{');
    json_key_str(&j, "Config", blob_path(i->arena, &i->config_digest));
    json_key(&j, "RepoTags");
    json_open(&j, '[');
    vec_for (const struct image_name, n, &i->output->names)
        json_str(&j, n->familiar);
    json_close(&j, ']');
    json_key(&j, "Layers");
    json_open(&j, '[');
    vec_for (const struct image_layer, l, &i->layers)
        if (!l->is_empty)
            json_str(&j, blob_path(i->arena, &l->blob.digest));
    json_close(&j, ']');
    json_close(&j, '}');
    json_close(&j, ']');
    add_text(i, STR("manifest.json"), take_text(i, &b));
}

static int by_path(const void *a, const void *b)
{
    return str_cmp(((const struct layout_file *)a)->path, ((const struct layout_file *)b)->path);
}

/* Two layers may be the same blob. */
static void sort_files(struct layout_files *files)
{
    uint32_t n = 0;
    qsort(files->at, files->n, sizeof *files->at, by_path);
    for (uint32_t k = 0; k < files->n; k++)
        if (n == 0 || !str_eq(files->at[n - 1].path, files->at[k].path))
            files->at[n++] = files->at[k];
    files->n = n;
}

static void list_files(struct image *i)
{
    i->config_digest = sha256_of(i->config.text.p, i->config.text.n);
    add_text(i, STR("oci-layout"), STR("{\"imageLayoutVersion\":\"1.0.0\"}"));
    add_text(i, blob_path(i->arena, &i->config_digest), i->config.text);
    vec_for (const struct image_layer, l, &i->layers) {
        const struct layout_file f = {blob_path(i->arena, &l->blob.digest), STR(""), l->fd,
                                      l->blob.size};
        if (!l->is_empty)
            vec_push(i->arena, &i->files, f);
    }
    add_manifest(i);
    add_index(i);
    if (i->output->type == OUTPUT_DOCKER)
        add_docker_manifest(i);
    sort_files(&i->files);
}

static int make_image(struct image *i, const struct output_source *s, struct ob_err *err)
{
    if (image_layers_make(s, i->arena, i->output->compression, &i->layers, err) < 0 ||
        output_config_make(s, i->arena, &i->layers, &i->config, err) < 0)
        return -1;
    list_files(i);
    return i->output->is_directory
               ? layout_write_directory(&i->files, i->output->dest, err)
               : layout_write_archive(&i->files, i->output->dest, s->has_epoch ? s->epoch : 0, err);
}

int output_image_write(const struct output_source *s, const struct output *o, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    struct image i = {.arena = &a, .output = o};
    int rc = make_image(&i, s, err);
    image_layers_close(&i.layers);
    arena_free(&a);
    return rc;
}
