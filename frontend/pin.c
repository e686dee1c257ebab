/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/pin.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <jansson.h>

/* Reads one entry; `what` names a member that is missing or of another type. */
struct entry {
    struct arena *a;
    const json_t *v;
    const char *what;
};

static struct str str_of_json(struct arena *a, const json_t *s)
{
    return arena_str(a, str_of(json_string_value(s), json_string_length(s)));
}

static void note_missing(struct entry *e, const char *key)
{
    if (!e->what)
        e->what = key;
}

static struct str get_str(struct entry *e, const char *key)
{
    const json_t *s = json_object_get(e->v, key);
    if (json_is_string(s))
        return str_of_json(e->a, s);
    note_missing(e, key);
    return STR("");
}

static struct str_vec get_list(struct entry *e, const char *key)
{
    struct str_vec out = {0};
    const json_t *list = json_object_get(e->v, key);
    if (!json_is_array(list))
        note_missing(e, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        if (json_is_string(s))
            vec_push(e->a, &out, str_of_json(e->a, s));
        else
            note_missing(e, key);
    }
    return out;
}

static int read_pin(struct arena *a, const json_t *v, struct pins *out, struct ob_err *err)
{
    struct entry e = {a, v, NULL};
    struct digest unused;
    struct pin p;
    p.image = get_str(&e, "image");
    p.platform = get_str(&e, "platform");
    p.digest = get_str(&e, "digest");
    p.env = get_list(&e, "env");
    p.user = get_str(&e, "user");
    p.workdir = get_str(&e, "workdir");
    p.onbuild = get_list(&e, "onbuild");
    p.shell = json_object_get(v, "shell") ? get_list(&e, "shell") : (struct str_vec){0};
    p.passwd = json_object_get(v, "passwd") ? get_str(&e, "passwd") : STR("");
    p.group = json_object_get(v, "group") ? get_str(&e, "group") : STR("");
    if (!e.what && !digest_from_hex(p.digest, &unused))
        e.what = "digest";
    if (e.what)
        return ob_err_set(err, 0, "$.bases[%u].%s: is missing, or not what obexec --resolve prints",
                          out->list.n, e.what);
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

const struct pin *pin_find(const struct compile *c, struct str image, struct str platform)
{
    const struct pins *pins = c->options->pins;
    for (size_t i = 0; pins && i < pins->list.n; i++) {
        const struct pin *p = &pins->list.at[i];
        if (str_eq(p->image, image) && str_eq(p->platform, platform))
            return p;
    }
    return NULL;
}

struct str pin_name(struct arena *a, struct str image, const struct pin *p)
{
    if (!p || str_find(image, '@') >= 0)
        return image;
    return arena_printf(a, STR_FMT "@sha256:" STR_FMT, STR_ARG(image), STR_ARG(p->digest));
}

bool pin_env(const struct pin *p, struct str name, struct str *value)
{
    struct str key;
    vec_for (const struct str, e, &p->env)
        if (str_cut(*e, '=', &key, value) && str_eq(key, name))
            return true;
    return false;
}
