/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IR reader: the document's outer shape. Unknown keys are errors, except in "meta": a key that
 * this version does not know could change the result.
 */
#include <config.h>

#include "ir/read.h"

#include "ir/read_value.h"
#include "ir/verify.h"

/* The member `key`, which must be there. */
static const json_t *member(const struct reader *r, const struct at *at, const json_t *v,
                            const char *key)
{
    const json_t *m = json_object_get(v, key);
    if (!m)
        read_fail(r, at, "\"%s\" is missing", key);
    return m;
}

static int read_meta(const struct reader *r, const struct at *at, const json_t *v,
                     struct step_meta *out)
{
    static const struct {
        const char *key;
        size_t offset;
    } numbers[] = {
        {"source", offsetof(struct step_meta, source)},
        {"line", offsetof(struct step_meta, line)},
        {"column", offsetof(struct step_meta, column)},
        {"end_line", offsetof(struct step_meta, end_line)},
        {"end_column", offsetof(struct step_meta, end_column)},
    };
    if (!v)
        return 0;
    if (!json_is_object(v))
        return read_fail(r, at, "expected an object");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const json_t *m = json_object_get(v, numbers[i].key);
        struct at m_at = key_at(at, numbers[i].key);
        if (m && read_u32(r, &m_at, m, (uint32_t *)((char *)out + numbers[i].offset)) < 0)
            return -1;
    }
    const json_t *heading = json_object_get(v, "heading");
    struct at h_at = key_at(at, "heading");
    return heading ? read_str(r, &h_at, heading, &out->heading) : 0;
}

static int read_kind(const struct reader *r, const struct at *at, const json_t *v,
                     enum step_kind *out)
{
    const char *s = json_string_value(v);
    for (enum step_kind k = STEP_FROM; s && k < N_STEP_KINDS; k++)
        if (strcmp(s, step_kind_name(k)) == 0) {
            *out = k;
            return 0;
        }
    return s ? read_fail(r, at, "unknown kind of step \"%s\"", s)
             : read_fail(r, at, "expected a string");
}

static int add_read(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct step *step = out;
    uint32_t n;
    if (read_u32(r, at, v, &n) < 0)
        return -1;
    vec_push(r->arena, &step->reads, n);
    return 0;
}

static int add_step(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct plan *p = out;
    static const char *const keys[] = {"id", "kind", "parent", "reads", "op", "meta", NULL};
    struct at id_at = key_at(at, "id"), kind_at = key_at(at, "kind"), op_at = key_at(at, "op");
    struct at parent_at = key_at(at, "parent"), reads_at = key_at(at, "reads");
    struct at meta_at = key_at(at, "meta");
    enum step_kind kind = STEP_FROM;
    const json_t *id, *k, *op;
    if (read_check_keys(r, at, v, keys) < 0 || !(id = member(r, at, v, "id")) ||
        !(k = member(r, at, v, "kind")) || !(op = member(r, at, v, "op")) ||
        read_kind(r, &kind_at, k, &kind) < 0)
        return -1;
    struct step s = step_of_kind(kind);
    const json_t *parent = json_object_get(v, "parent"), *reads = json_object_get(v, "reads");
    if (read_digest(r, &id_at, id, &s.id) < 0 ||
        (parent && read_u32(r, &parent_at, parent, &s.parent) < 0) ||
        (reads && read_array(r, &reads_at, reads, add_read, &s) < 0) ||
        read_fields(r, &op_at, op, op_fields(kind), &s.op) < 0 ||
        read_meta(r, &meta_at, json_object_get(v, "meta"), &s.meta) < 0)
        return -1;
    plan_add_step(p, &s);
    return 0;
}

static int add_source(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct plan *p = out;
    static const char *const keys[] = {"path", "sha256", NULL};
    struct at path_at = key_at(at, "path"), sha_at = key_at(at, "sha256");
    struct plan_source s;
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_str(r, &path_at, json_object_get(v, "path"), &s.path) < 0 ||
        read_digest(r, &sha_at, json_object_get(v, "sha256"), &s.sha256) < 0)
        return -1;
    vec_push(r->arena, &p->sources, s);
    return 0;
}

static int add_stage(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct plan *p = out;
    static const char *const keys[] = {"name", "step", "config", NULL};
    struct at name_at = key_at(at, "name"), step_at = key_at(at, "step");
    struct at config_at = key_at(at, "config");
    struct stage s = {0};
    const json_t *config = json_object_get(v, "config");
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_str(r, &name_at, json_object_get(v, "name"), &s.name) < 0 ||
        read_u32(r, &step_at, json_object_get(v, "step"), &s.step) < 0 ||
        (config && read_fields(r, &config_at, config, config_fields, &s.config) < 0))
        return -1;
    vec_push(r->arena, &p->stages, s);
    return 0;
}

static int add_target(const struct reader *r, const struct at *at, const json_t *v, void *out)
{
    struct plan *p = out;
    static const char *const keys[] = {"name", "step", "stage", NULL};
    struct at name_at = key_at(at, "name"), step_at = key_at(at, "step");
    struct at stage_at = key_at(at, "stage");
    struct target t = {.stage = NO_STEP};
    const json_t *stage = json_object_get(v, "stage");
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_str(r, &name_at, json_object_get(v, "name"), &t.name) < 0 ||
        read_u32(r, &step_at, json_object_get(v, "step"), &t.step) < 0 ||
        (stage && read_u32(r, &stage_at, stage, &t.stage) < 0))
        return -1;
    vec_push(r->arena, &p->targets, t);
    return 0;
}

static int read_list(const struct reader *r, const json_t *doc, const char *key, read_element *fn,
                     struct plan *p)
{
    struct at list_at = key_at(NULL, key);
    const json_t *list = member(r, NULL, doc, key);
    return list ? read_array(r, &list_at, list, fn, p) : -1;
}

static int read_proxies(const struct reader *r, const json_t *doc, struct plan *p)
{
    struct at at = key_at(NULL, "proxies");
    const json_t *list = json_object_get(doc, "proxies");
    return list ? read_array(r, &at, list, read_str_pair, &p->proxies) : 0;
}

static int read_version(const struct reader *r, const json_t *doc)
{
    const json_t *version = json_object_get(doc, "obir");
    struct at at = key_at(NULL, "obir");
    if (!version)
        return read_fail(r, NULL, "\"obir\" is missing: this is not an obkit IR");
    if (!json_is_integer(version) || json_integer_value(version) != IR_VERSION)
        return read_fail(r, &at, "this obkit reads version %d only", IR_VERSION);
    return 0;
}

static int read_document(const struct reader *r, const json_t *doc, struct plan *p)
{
    static const char *const keys[] = {"obir",   "sources", "proxies", "steps",
                                       "stages", "targets", NULL};
    if (!json_is_object(doc))
        return read_fail(r, NULL, "expected an object");
    if (read_version(r, doc) < 0 || read_check_keys(r, NULL, doc, keys) < 0 ||
        read_list(r, doc, "sources", add_source, p) < 0 || read_proxies(r, doc, p) < 0 ||
        read_list(r, doc, "steps", add_step, p) < 0 ||
        read_list(r, doc, "stages", add_stage, p) < 0 ||
        read_list(r, doc, "targets", add_target, p) < 0)
        return -1;
    return 0;
}

int ir_read_json(struct plan *p, struct str text, struct ob_err *err)
{
    json_error_t e;
    json_t *doc = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &e);
    if (!doc)
        return ob_err_set(err, 0, "not JSON: line %d, column %d: %s", e.line, e.column, e.text);
    struct reader r = {p->arena, err};
    int rc = read_document(&r, doc, p);
    json_decref(doc);
    return rc < 0 ? -1 : ir_verify(p, err);
}
