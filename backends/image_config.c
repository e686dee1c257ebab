/* SPDX-License-Identifier: Apache-2.0 */
/* Image configurations: strict about types, silent about members that nobody here needs. */
#include <config.h>

#include "backends/image_config.h"

#include "backends/json_read.h"
#include "backends/platform.h"

#include <stdlib.h>

static int read_copy(const struct json_node *object, const char *key, struct arena *a,
                     struct str *out, struct ob_err *err)
{
    struct str s;
    if (json_read_str(object, key, &s, err) < 0)
        return -1;
    *out = arena_str(a, s);
    return 0;
}

static int check_env(const struct str_vec *env, struct ob_err *err)
{
    for (size_t i = 0; i < env->n; i++)
        if (str_find(env->at[i], '=') <= 0)
            return ob_err_set(err, 0, "\"config.Env[%zu]\" must have the form NAME=VALUE", i);
    return 0;
}

static int read_config(const struct json_node *root, struct arena *a, struct image_info *out,
                       struct ob_err *err)
{
    struct json_node config;
    struct str_vec onbuild = {0};
    int rc = json_read_member(root, "config", JSON_OBJECT, &config, err);
    if (rc <= 0)
        return rc;
    if (json_read_strings(&config, "Env", a, &out->env, err) < 0 || check_env(&out->env, err) < 0 ||
        read_copy(&config, "User", a, &out->user, err) < 0 ||
        read_copy(&config, "WorkingDir", a, &out->workdir, err) < 0 ||
        json_read_strings(&config, "Entrypoint", a, &out->entrypoint, err) < 0 ||
        json_read_strings(&config, "Cmd", a, &out->cmd, err) < 0 ||
        json_read_strings(&config, "Shell", a, &out->shell, err) < 0 ||
        json_read_strings(&config, "OnBuild", a, &onbuild, err) < 0)
        return -1;
    vec_for (struct str, s, &onbuild)
        vec_push(a, &out->onbuild, *s);
    return 0;
}

/* What images built on this one inherit, unseen here but for its types. */
static int check_inherited(const struct json_node *root, struct ob_err *err)
{
    static const struct {
        const char *key;
        json_type type;
    } members[] = {
        {"Labels", JSON_OBJECT},      {"ExposedPorts", JSON_OBJECT}, {"Volumes", JSON_OBJECT},
        {"Healthcheck", JSON_OBJECT}, {"StopSignal", JSON_STRING},
    };
    struct json_node config, member;
    int rc = json_read_member(root, "config", JSON_OBJECT, &config, err);
    for (size_t i = 0; rc > 0 && i < sizeof members / sizeof members[0]; i++)
        if (json_read_member(&config, members[i].key, members[i].type, &member, err) < 0)
            return -1;
    return rc < 0 ? -1 : 0;
}

/* Copies what outlives this image; not its history and layers, nor what old versions of docker note
 * of the container that they made it in. */
static int read_inherited(const struct json_node *root, struct arena *a, struct image_info *out,
                          struct ob_err *err)
{
    static const char *const kept[] = {"architecture", "author",     "config", "os",
                                       "os.features",  "os.version", "variant"};
    if (check_inherited(root, err) < 0)
        return -1;
    json_t *copy = json_object();
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (json_object_get(root->v, kept[i]))
            json_object_set(copy, kept[i], json_object_get(root->v, kept[i]));
    char *text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(copy);
    if (!text)
        ob_out_of_memory();
    out->inherited = arena_str(a, str_from(text));
    free(text);
    return 0;
}

int image_config_read(struct str text, struct arena *a, struct image_info *out, struct ob_err *err)
{
    struct json_node root;
    if (json_read_document(text, JSON_OBJECT, &root, err) < 0)
        return -1;
    int rc = read_config(&root, a, out, err);
    if (rc == 0)
        rc = read_inherited(&root, a, out, err);
    json_decref(root.v);
    return rc;
}

static int read_platform(struct str text, struct arena *a, struct platform *out, struct ob_err *err)
{
    struct json_node root;
    if (json_read_document(text, JSON_OBJECT, &root, err) < 0)
        return -1;
    int rc = 0;
    if (read_copy(&root, "os", a, &out->os, err) < 0 ||
        read_copy(&root, "architecture", a, &out->arch, err) < 0 ||
        read_copy(&root, "variant", a, &out->variant, err) < 0)
        rc = -1;
    json_decref(root.v);
    return rc;
}

int image_config_check_platform(struct str text, struct arena *a, struct str asked,
                                struct ob_err *err)
{
    struct platform want, have = {0};
    if (asked.n == 0)
        return 0;
    if (platform_parse(asked, &want, err) < 0 || read_platform(text, a, &have, err) < 0)
        return -1;
    if (have.arch.n && !platform_matches(&want, &have))
        return ob_err_set(err, 0, "the image is for " STR_FMT "/" STR_FMT ", not for " STR_FMT,
                          STR_ARG(have.os), STR_ARG(have.arch), STR_ARG(asked));
    return 0;
}

static int read_diff_ids(const struct json_node *root, struct arena *a, struct digest_vec *out,
                         struct ob_err *err)
{
    struct json_node rootfs, ids, id;
    if (json_need_member(root, "rootfs", JSON_OBJECT, &rootfs, err) < 0)
        return -1;
    int rc = json_read_member(&rootfs, "diff_ids", JSON_ARRAY, &ids, err);
    for (size_t i = 0; rc == 1 && i < json_array_size(ids.v); i++) {
        struct digest d;
        if (json_read_element(&ids, i, JSON_STRING, &id, err) < 0)
            return -1;
        if (image_digest_parse(json_node_str(&id), &d, err) < 0)
            return ob_err_wrap(err, "\"%s\"", id.path);
        vec_push(a, out, d);
    }
    return rc < 0 ? -1 : 0;
}

int image_config_diff_ids(struct str text, struct arena *a, struct digest_vec *out,
                          struct ob_err *err)
{
    struct json_node root;
    if (json_read_document(text, JSON_OBJECT, &root, err) < 0)
        return -1;
    int rc = read_diff_ids(&root, a, out, err);
    json_decref(root.v);
    return rc;
}

int image_digest_parse(struct str text, struct digest *out, struct ob_err *err)
{
    struct str algorithm, hex;
    str_cut(text, ':', &algorithm, &hex);
    if (!str_eq(algorithm, STR("sha256")) || !digest_from_hex(hex, out))
        return ob_err_set(err, 0,
                          "digest \"" STR_FMT "\" must be sha256: and 64 lower-case hex digits",
                          STR_ARG(text));
    return 0;
}
