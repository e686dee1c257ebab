/* SPDX-License-Identifier: Apache-2.0 */
/* JSON nodes with their paths. */
#include <config.h>

#include "backends/json_read.h"

#include <stdio.h>

static const char *type_name(json_type type)
{
    switch (type) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_INTEGER: return "an integer";
    default: return "something else";
    }
}

static int check_type(const struct json_node *n, json_type type, struct ob_err *err)
{
    if (json_typeof(n->v) == type)
        return 0;
    return ob_err_set(err, 0, "\"%s\" must be %s", *n->path ? n->path : ".", type_name(type));
}

int json_read_document(struct str text, json_type type, struct json_node *out, struct ob_err *err)
{
    json_error_t e;
    json_t *v = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &e);
    if (!v)
        return ob_err_set(err, 0, "not valid JSON: line %d, column %d: %s", e.line, e.column,
                          e.text);
    *out = (struct json_node){.v = v};
    if (check_type(out, type, err) == 0)
        return 0;
    json_decref(v);
    out->v = NULL;
    return -1;
}

int json_read_member(const struct json_node *object, const char *key, json_type type,
                     struct json_node *out, struct ob_err *err)
{
    struct json_node n = {.v = json_object_get(object->v, key)};
    if (!n.v || json_is_null(n.v))
        return 0;
    int len =
        snprintf(n.path, sizeof n.path, "%s%s%s", object->path, *object->path ? "." : "", key);
    if (len < 0 || check_type(&n, type, err) < 0)
        return -1;
    *out = n;
    return 1;
}

int json_need_member(const struct json_node *object, const char *key, json_type type,
                     struct json_node *out, struct ob_err *err)
{
    int rc = json_read_member(object, key, type, out, err);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    return ob_err_set(err, 0, "\"%s%s%s\" is missing", object->path, *object->path ? "." : "", key);
}

int json_read_element(const struct json_node *array, size_t i, json_type type,
                      struct json_node *out, struct ob_err *err)
{
    struct json_node n = {.v = json_array_get(array->v, i)};
    int len = snprintf(n.path, sizeof n.path, "%s[%zu]", array->path, i);
    if (len < 0 || check_type(&n, type, err) < 0)
        return -1;
    *out = n;
    return 0;
}

int json_read_str(const struct json_node *object, const char *key, struct str *out,
                  struct ob_err *err)
{
    struct json_node n;
    int rc = json_read_member(object, key, JSON_STRING, &n, err);
    *out = rc == 1 ? json_node_str(&n) : str_of(NULL, 0);
    return rc < 0 ? -1 : 0;
}

int json_read_strings(const struct json_node *object, const char *key, struct arena *a,
                      struct str_vec *out, struct ob_err *err)
{
    struct json_node array, s;
    int rc = json_read_member(object, key, JSON_ARRAY, &array, err);
    if (rc <= 0)
        return rc;
    for (size_t i = 0; i < json_array_size(array.v); i++) {
        if (json_read_element(&array, i, JSON_STRING, &s, err) < 0)
            return -1;
        vec_push(a, out, arena_str(a, json_node_str(&s)));
    }
    return 0;
}
