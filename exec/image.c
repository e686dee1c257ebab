/* SPDX-License-Identifier: Apache-2.0 */
/* Base image configurations as small JSON files. */
#include <config.h>

#include "exec/image.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <jansson.h>

static void write_list(struct json_out *j, const char *key, const struct str_vec *list)
{
    json_key(j, key);
    json_open(j, '[');
    vec_for (const struct str, s, list)
        json_str(j, *s);
    json_close(j, ']');
}

void image_describe(struct json_out *j, const struct image_info *info)
{
    char digest[SHA256_HEX + 1];
    digest_hex(&info->digest, digest);
    json_key_str(j, "digest", str_from(digest));
    write_list(j, "env", &info->env);
    json_key_str(j, "user", info->user);
    json_key_str(j, "workdir", info->workdir);
    write_list(j, "shell", &info->shell);
    write_list(j, "onbuild", &info->onbuild);
}

static bool is_saved(const struct layout *l, const char *name, struct str text)
{
    struct ob_err ignored;
    cleanup_buf struct buf now = BUF_INIT;
    return fs_read_file_at(l->config, name, &now, text.n + 1, &ignored) > 0 &&
           str_eq(buf_str(&now), text);
}

int image_save(const struct layout *l, const struct digest *key, const struct image_info *info,
               struct ob_err *err)
{
    char name[SHA256_HEX + 1];
    cleanup_buf struct buf b = BUF_INIT;
    struct json_out j = JSON_OUT_INIT(&b);
    digest_hex(key, name);
    json_open(&j, '{');
    image_describe(&j, info);
    write_list(&j, "entrypoint", &info->entrypoint);
    write_list(&j, "cmd", &info->cmd);
    json_key_str(&j, "inherited", info->inherited);
    json_close(&j, '}');
    if (is_saved(l, name, buf_str(&b)))
        return 0;
    if (fs_replace_file_at(l->config, name, b.p, b.n, 0600, err) < 0)
        return ob_err_wrap(err, "can't keep the image's configuration");
    return 0;
}

static struct str str_of_json(struct arena *a, const json_t *s)
{
    return arena_str(a, str_of(json_string_value(s), json_string_length(s)));
}

static struct str get_str(struct arena *a, const json_t *doc, const char *key)
{
    const json_t *s = json_object_get(doc, key);
    return json_is_string(s) ? str_of_json(a, s) : STR("");
}

static struct str_vec get_list(struct arena *a, const json_t *doc, const char *key)
{
    struct str_vec out = {0};
    const json_t *list = json_object_get(doc, key);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_is_string(json_array_get(list, i)))
            vec_push(a, &out, str_of_json(a, json_array_get(list, i)));
    return out;
}

int image_load(const struct layout *l, const struct digest *key, struct arena *a,
               struct image_info *out, struct ob_err *err)
{
    char name[SHA256_HEX + 1];
    cleanup_buf struct buf b = BUF_INIT;
    json_error_t e;
    digest_hex(key, name);
    int rc = fs_read_file_at(l->config, name, &b, 16 << 20, err);
    if (rc <= 0)
        return rc;
    json_t *doc = json_loadb(b.p, b.n, 0, &e);
    *out = (struct image_info){0};
    if (!doc || !digest_from_hex(get_str(a, doc, "digest"), &out->digest)) {
        json_decref(doc); /* a crash of the machine can leave the file empty */
        return 0;
    }
    out->env = get_list(a, doc, "env");
    out->user = get_str(a, doc, "user");
    out->workdir = get_str(a, doc, "workdir");
    out->entrypoint = get_list(a, doc, "entrypoint");
    out->cmd = get_list(a, doc, "cmd");
    out->shell = get_list(a, doc, "shell");
    out->onbuild = get_list(a, doc, "onbuild");
    out->inherited = get_str(a, doc, "inherited");
    json_decref(doc);
    return 1;
}

struct base_config image_base_config(const struct image_info *info)
{
    return (struct base_config){
        .env = info->env.at,
        .n_env = info->env.n,
        .workdir = info->workdir,
        .user = info->user,
    };
}
