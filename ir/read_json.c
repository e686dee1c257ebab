/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IR reader: the document's outer shape. Unknown keys are errors, except in "meta": a key that
 * this version does not know could change the result.
 */
#include <config.h>

#include "ir/read.h"

#include "ir/need.h"
#include "ir/read_value.h"
#include "ir/verify.h"

/* The member `key`, which must be there. */
static const struct json_node *member(const struct reader *r, const struct at *at,
                                      const struct json_node *v, const char *key)
{
    const struct json_node *m = json_member(v, key);
    if (!m)
        read_fail(r, at, "\"%s\" is missing", key);
    return m;
}

static int read_meta(const struct reader *r, const struct at *at, const struct json_node *v,
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
    if (!json_is(v, JSON_IS_OBJECT))
        return read_fail(r, at, "expected an object");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct json_node *m = json_member(v, numbers[i].key);
        struct at m_at = key_at(at, numbers[i].key);
        if (m && read_u32(r, &m_at, m, (uint32_t *)((char *)out + numbers[i].offset)) < 0)
            return -1;
    }
    const struct json_node *heading = json_member(v, "heading");
    struct at h_at = key_at(at, "heading");
    return heading ? read_str(r, &h_at, heading, &out->heading) : 0;
}

static int read_kind(const struct reader *r, const struct at *at, const struct json_node *v,
                     enum step_kind *out)
{
    if (!json_is(v, JSON_IS_STRING))
        return read_fail(r, at, "expected a string");
    for (*out = STEP_FROM; *out < N_STEP_KINDS; (*out)++)
        if (strcmp(v->string, step_kind_name(*out)) == 0)
            return 0;
    return read_fail(r, at, "unknown kind of step \"%s\"", v->string);
}

static int read_index(const struct reader *r, const struct at *at, const struct json_node *v,
                      void *out)
{
    return read_u32(r, at, v, out);
}

static int read_step(const struct reader *r, const struct at *at, const struct json_node *v,
                     void *out)
{
    struct step *s = out;
    static const char *const keys[] = {"id", "kind", "parent", "reads", "op", "meta", NULL};
    struct at id_at = key_at(at, "id"), kind_at = key_at(at, "kind"), op_at = key_at(at, "op");
    struct at parent_at = key_at(at, "parent"), reads_at = key_at(at, "reads");
    struct at meta_at = key_at(at, "meta");
    enum step_kind kind = STEP_FROM;
    const struct json_node *id, *k, *op;
    if (read_check_keys(r, at, v, keys) < 0 || !(id = member(r, at, v, "id")) ||
        !(k = member(r, at, v, "kind")) || !(op = member(r, at, v, "op")) ||
        read_kind(r, &kind_at, k, &kind) < 0)
        return -1;
    *s = step_of_kind(kind);
    const struct json_node *parent = json_member(v, "parent"), *reads = json_member(v, "reads");
    if (read_digest(r, &id_at, id, &s->id) < 0 ||
        (parent && read_u32(r, &parent_at, parent, &s->parent) < 0) ||
        (reads && read_array(r, &reads_at, reads, sizeof(uint32_t), read_index, &s->reads) < 0) ||
        read_fields(r, &op_at, op, op_fields(kind), &s->op) < 0 ||
        read_meta(r, &meta_at, json_member(v, "meta"), &s->meta) < 0)
        return -1;
    return 0;
}

static int read_source(const struct reader *r, const struct at *at, const struct json_node *v,
                       void *out)
{
    struct plan_source *s = out;
    static const char *const keys[] = {"path", "sha256", NULL};
    struct at path_at = key_at(at, "path"), sha_at = key_at(at, "sha256");
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_str(r, &path_at, json_member(v, "path"), &s->path) < 0 ||
        read_digest(r, &sha_at, json_member(v, "sha256"), &s->sha256) < 0)
        return -1;
    return 0;
}

static int read_stage(const struct reader *r, const struct at *at, const struct json_node *v,
                      void *out)
{
    struct stage *s = out;
    static const char *const keys[] = {"name", "step", "config", NULL};
    struct at name_at = key_at(at, "name"), step_at = key_at(at, "step");
    struct at config_at = key_at(at, "config");
    const struct json_node *config = json_member(v, "config");
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_str(r, &name_at, json_member(v, "name"), &s->name) < 0 ||
        read_u32(r, &step_at, json_member(v, "step"), &s->step) < 0 ||
        (config && read_fields(r, &config_at, config, config_fields, &s->config) < 0))
        return -1;
    return 0;
}

static int read_target(const struct reader *r, const struct at *at, const struct json_node *v,
                       void *out)
{
    struct target *t = out;
    static const char *const keys[] = {"name", "step", "stage", NULL};
    struct at name_at = key_at(at, "name"), step_at = key_at(at, "step");
    struct at stage_at = key_at(at, "stage");
    t->stage = NO_STEP;
    const struct json_node *stage = json_member(v, "stage");
    if (read_check_keys(r, at, v, keys) < 0 ||
        read_str(r, &name_at, json_member(v, "name"), &t->name) < 0 ||
        read_u32(r, &step_at, json_member(v, "step"), &t->step) < 0 ||
        (stage && read_u32(r, &stage_at, stage, &t->stage) < 0))
        return -1;
    return 0;
}

static int read_list(const struct reader *r, const struct json_node *doc, const char *key,
                     size_t size, read_element *fn, void *out)
{
    struct at list_at = key_at(NULL, key);
    const struct json_node *list = member(r, NULL, doc, key);
    return list ? read_array(r, &list_at, list, size, fn, out) : -1;
}

static int read_proxies(const struct reader *r, const struct json_node *doc, struct plan *p)
{
    if (!json_member(doc, "proxies"))
        return 0;
    return read_list(r, doc, "proxies", sizeof(struct name_str), read_str_pair, &p->proxies);
}

static int read_version(const struct reader *r, const struct json_node *doc)
{
    const struct json_node *version = json_member(doc, "obir");
    struct at at = key_at(NULL, "obir");
    if (!version)
        return read_fail(r, NULL, "\"obir\" is missing: this is not an obkit IR");
    if (!json_is(version, JSON_IS_INT) || version->integer != IR_VERSION)
        return read_fail(r, &at, "this obkit reads version %d only", IR_VERSION);
    return 0;
}

static int read_need(const struct reader *r, const struct at *at, const struct json_node *v,
                     struct ir_needs *out)
{
    struct str name;
    if (read_str(r, at, v, &name) < 0)
        return -1;
    enum ir_need need = need_named(name);
    if (need == NEED_NONE)
        return read_fail(r, at,
                         "this document needs \"" STR_FMT "\", which this obkit does not know",
                         STR_ARG(name));
    if (needs_have(*out, need))
        return read_fail(r, at, "\"" STR_FMT "\" is there twice", STR_ARG(name));
    needs_add(out, need);
    return 0;
}

/* Before anything else: what is unknown here explains what is unknown there. */
static int read_needs(const struct reader *r, const struct json_node *doc, struct ir_needs *out)
{
    const struct json_node *list = json_member(doc, "needs");
    struct at at = key_at(NULL, "needs");
    if (!list)
        return 0;
    if (!json_is(list, JSON_IS_ARRAY))
        return read_fail(r, &at, "expected an array");
    for (uint32_t i = 0; i < list->n; i++) {
        struct at e_at = index_at(&at, i);
        if (read_need(r, &e_at, &list->item[i], out) < 0)
            return -1;
    }
    return 0;
}

static int check_needs(const struct plan *p, struct ir_needs listed, struct ob_err *err)
{
    struct ir_needs needed = plan_needs(p);
    for (enum ir_need n = NEED_NONE + 1; n < N_NEEDS; n++) {
        if (needs_have(needed, n) && !needs_have(listed, n))
            return ob_err_set(err, 0, "$.needs: the document needs \"%s\" and does not list it",
                              need_name(n));
        if (needs_have(listed, n) && !needs_have(needed, n))
            return ob_err_set(err, 0, "$.needs: nothing in the document needs \"%s\"",
                              need_name(n));
    }
    return 0;
}

static int read_document(const struct reader *r, const struct json_node *doc, struct plan *p,
                         struct ir_needs *needs)
{
    static const char *const keys[] = {"obir",  "needs",  "sources", "proxies",
                                       "steps", "stages", "targets", NULL};
    if (!json_is(doc, JSON_IS_OBJECT))
        return read_fail(r, NULL, "expected an object");
    if (read_version(r, doc) < 0 || read_needs(r, doc, needs) < 0 ||
        read_check_keys(r, NULL, doc, keys) < 0 ||
        read_list(r, doc, "sources", sizeof(struct plan_source), read_source, &p->sources) < 0 ||
        read_proxies(r, doc, p) < 0 ||
        read_list(r, doc, "steps", sizeof(struct step), read_step, &p->steps) < 0 ||
        read_list(r, doc, "stages", sizeof(struct stage), read_stage, &p->stages) < 0 ||
        read_list(r, doc, "targets", sizeof(struct target), read_target, &p->targets) < 0)
        return -1;
    return 0;
}

int ir_read_json(struct plan *p, struct str text, struct ob_err *err)
{
    struct arena nodes = ARENA_INIT;
    const struct json_node *doc = json_tree_parse(p->arena, &nodes, text, err);
    size_t grown = 0;
    struct reader r = {p->arena, err, &grown};
    struct ir_needs listed = {0};
    int rc = doc ? read_document(&r, doc, p, &listed) : ob_err_wrap(err, "not JSON");
    arena_free(&nodes);
    if (rc < 0 || ir_verify(p, err) < 0)
        return -1;
    return check_needs(p, listed, err);
}

int ir_read_op(struct arena *a, struct str kind, struct str text, struct step *out,
               struct ob_err *err)
{
    struct arena nodes = ARENA_INIT;
    const struct json_node *op = json_tree_parse(a, &nodes, text, err);
    size_t grown = 0;
    struct reader r = {a, err, &grown};
    struct json_node name = {.kind = JSON_IS_STRING, .string = arena_cstr(a, kind)};
    struct at at = key_at(NULL, "op");
    enum step_kind k = STEP_FROM;
    int rc = op ? read_kind(&r, &at, &name, &k) : ob_err_wrap(err, "not JSON");
    *out = step_of_kind(k);
    if (rc == 0)
        rc = read_fields(&r, &at, op, op_fields(k), &out->op);
    arena_free(&nodes);
    return rc;
}
