/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing from an index. What did not match is listed, as that is what the user can ask for. */
#include <config.h>

#include "backends/oci_choose.h"

#include "backends/image_config.h"

static int read_platform(const struct json_node *object, struct arena *a,
                         struct oci_descriptor *out, struct ob_err *err)
{
    struct json_node p;
    struct platform raw;
    int rc = json_read_member(object, "platform", JSON_OBJECT, &p, err);
    if (rc <= 0)
        return rc;
    if (json_read_str(&p, "os", &raw.os, err) < 0 ||
        json_read_str(&p, "architecture", &raw.arch, err) < 0 ||
        json_read_str(&p, "variant", &raw.variant, err) < 0)
        return -1;
    out->has_platform = true;
    out->platform =
        (struct platform){arena_str(a, raw.os), arena_str(a, raw.arch), arena_str(a, raw.variant)};
    return 0;
}

static int read_annotations(const struct json_node *object, struct arena *a,
                            struct oci_descriptor *out, struct ob_err *err)
{
    struct json_node n;
    struct str tag, name;
    int rc = json_read_member(object, "annotations", JSON_OBJECT, &n, err);
    if (rc <= 0)
        return rc;
    if (json_read_str(&n, "org.opencontainers.image.ref.name", &tag, err) < 0 ||
        json_read_str(&n, "io.containerd.image.name", &name, err) < 0)
        return -1;
    out->tag = arena_str(a, tag);
    out->name = arena_str(a, name);
    return 0;
}

int oci_descriptor_read(const struct json_node *object, struct arena *a, struct oci_descriptor *out,
                        struct ob_err *err)
{
    struct json_node type, digest, size;
    *out = (struct oci_descriptor){0};
    if (json_need_member(object, "mediaType", JSON_STRING, &type, err) < 0 ||
        json_need_member(object, "digest", JSON_STRING, &digest, err) < 0 ||
        json_need_member(object, "size", JSON_INTEGER, &size, err) < 0 ||
        read_platform(object, a, out, err) < 0 || read_annotations(object, a, out, err) < 0)
        return -1;
    if (image_digest_parse(json_node_str(&digest), &out->digest, err) < 0)
        return ob_err_wrap(err, "\"%s\"", digest.path);
    if (json_integer_value(size.v) < 0)
        return ob_err_set(err, 0, "\"%s\" must not be negative", size.path);
    out->media_type = arena_str(a, json_node_str(&type));
    out->size = (uint64_t)json_integer_value(size.v);
    return 0;
}

static struct str list_tags(const struct oci_descriptors *list, struct arena *a)
{
    struct str out = STR("");
    vec_for (const struct oci_descriptor, d, list)
        if (d->tag.n)
            out = arena_printf(a, STR_FMT "%s\"" STR_FMT "\"", STR_ARG(out), out.n ? ", " : "",
                               STR_ARG(d->tag));
    return out.n ? out : STR("none");
}

static bool has_several_tags(const struct oci_descriptors *list)
{
    vec_for (const struct oci_descriptor, d, list)
        if (!str_eq(d->tag, list->at[0].tag))
            return true;
    return false;
}

int oci_choose_tag(struct oci_descriptors *list, struct arena *a, struct str tag,
                   struct ob_err *err)
{
    if (tag.n == 0 && has_several_tags(list)) {
        struct str tags = list_tags(list, a);
        return ob_err_set(err, 0,
                          "it has several images: say which with :TAG; its tags are " STR_FMT,
                          STR_ARG(tags));
    }
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        if (tag.n == 0 || str_eq(list->at[i].tag, tag) || str_eq(list->at[i].name, tag))
            list->at[n++] = list->at[i];
    if (n == 0 && tag.n) {
        struct str tags = list_tags(list, a);
        return ob_err_set(err, 0, "it has no tag \"" STR_FMT "\"; its tags are " STR_FMT,
                          STR_ARG(tag), STR_ARG(tags));
    }
    list->n = n;
    return 0;
}

static struct str platform_text(const struct platform *p, struct arena *a)
{
    return arena_printf(a, STR_FMT "/" STR_FMT "%s" STR_FMT, STR_ARG(p->os), STR_ARG(p->arch),
                        p->variant.n ? "/" : "", STR_ARG(p->variant));
}

int oci_choose_platform(const struct oci_descriptors *list, struct arena *a,
                        const struct platform *want, struct oci_descriptor *out, struct ob_err *err)
{
    struct str there = STR("");
    vec_for (const struct oci_descriptor, d, list) {
        if (!oci_is_index(d->media_type) && !oci_is_manifest(d->media_type))
            continue; /* signatures and other things that are no images */
        if (d->has_platform ? platform_matches(want, &d->platform) : list->n == 1) {
            *out = *d;
            return 0;
        }
        /* BuildKit files what it attests about an image as an image of platform unknown. */
        if (!d->has_platform || str_eq(d->platform.os, STR("unknown")))
            continue;
        struct str text = platform_text(&d->platform, a);
        there = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(there), there.n ? ", " : "",
                             STR_ARG(text));
    }
    struct str wanted = platform_text(want, a);
    return ob_err_set(err, 0, "it has no image for " STR_FMT "; there is %s" STR_FMT,
                      STR_ARG(wanted), there.n ? "--platform " : "none", STR_ARG(there));
}

bool oci_is_index(struct str t)
{
    return str_eq(t, STR("application/vnd.oci.image.index.v1+json")) ||
           str_eq(t, STR("application/vnd.docker.distribution.manifest.list.v2+json"));
}

bool oci_is_manifest(struct str t)
{
    return str_eq(t, STR("application/vnd.oci.image.manifest.v1+json")) ||
           str_eq(t, STR("application/vnd.docker.distribution.manifest.v2+json"));
}
