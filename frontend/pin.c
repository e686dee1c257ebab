/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/pin.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <jansson.h>

static struct str get_str(struct arena *a, const json_t *v, const char *key)
{
    const json_t *s = json_object_get(v, key);
    return json_is_string(s) ? arena_str(a, str_of(json_string_value(s), json_string_length(s)))
                             : STR("");
}

static struct str_vec get_list(struct arena *a, const json_t *v, const char *key)
{
    struct str_vec out = {0};
    size_t i;
    const json_t *s;
    json_array_foreach(json_object_get(v, key), i, s) if (json_is_string(s))
        vec_push(a, &out, arena_str(a, str_of(json_string_value(s), json_string_length(s))));
    return out;
}

static bool is_sha256(struct str s)
{
    struct digest unused;
    return digest_from_hex(s, &unused);
}

static int read_pin(struct arena *a, const json_t *v, struct pins *out, struct ob_err *err)
{
    struct pin p = {
        .image = get_str(a, v, "image"),
        .platform = get_str(a, v, "platform"),
        .digest = get_str(a, v, "digest"),
        .env = get_list(a, v, "env"),
        .user = get_str(a, v, "user"),
        .workdir = get_str(a, v, "workdir"),
        .onbuild = get_list(a, v, "onbuild"),
    };
    if (p.image.n == 0 || !is_sha256(p.digest))
        return ob_err_set(err, 0, "$.bases[%u]: expected \"image\" and \"digest\"", out->list.n);
    vec_push(a, &out->list, p);
    return 0;
}

static int read_document(struct arena *a, const json_t *doc, struct pins *out, struct ob_err *err)
{
    const json_t *bases = json_object_get(doc, "bases"), *v;
    size_t i;
    if (!json_is_array(bases))
        return ob_err_set(err, 0, "$.bases: expected a list, as obexec --resolve prints it");
    json_array_foreach(bases, i, v)
    {
        if (read_pin(a, v, out, err) < 0)
            return -1;
    }
    return 0;
}

int pins_load(struct arena *a, const char *path, struct pins *out, struct ob_err *err)
{
    enum { LARGEST = 64 << 20 };
    cleanup_buf struct buf text = BUF_INIT;
    json_error_t e;
    int rc = fs_read_file_at(AT_FDCWD, path, &text, LARGEST, err);
    if (rc == 0)
        return ob_err_set(err, 0, "can't open \"%s\": there is no such file", path);
    if (rc < 0)
        return ob_err_wrap(err, "can't read \"%s\"", path);
    json_t *doc = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &e);
    if (!doc)
        return ob_err_set(err, 0, "\"%s\" is not JSON: line %d, column %d: %s", path, e.line,
                          e.column, e.text);
    rc = read_document(a, doc, out, err);
    json_decref(doc);
    return rc < 0 ? ob_err_wrap(err, "\"%s\"", path) : 0;
}

static const struct pin *find(const struct pins *pins, struct str image, struct str platform)
{
    vec_for (const struct pin, p, &pins->list)
        if (str_eq(p->image, image) && str_eq(p->platform, platform))
            return p;
    return NULL;
}

struct str pin_image(struct compile *c, struct span at, struct str image, struct str platform,
                     const struct pin **pin)
{
    *pin = NULL;
    if (!c->options->pins)
        return image;
    *pin = find(c->options->pins, image, platform);
    if (!*pin) {
        diag_error(c->diags, at, "--pin does not know the image \"" STR_FMT "\"", STR_ARG(image));
        return image;
    }
    ptrdiff_t has_digest = str_find(image, '@');
    return has_digest >= 0 ? image
                           : arena_printf(c->arena, STR_FMT "@sha256:" STR_FMT, STR_ARG(image),
                                          STR_ARG((*pin)->digest));
}

bool pin_env(const struct pin *p, struct str name, struct str *value)
{
    struct str key;
    vec_for (const struct str, e, &p->env)
        if (str_cut(*e, '=', &key, value) && str_eq(key, name))
            return true;
    return false;
}
