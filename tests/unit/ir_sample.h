/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans for tests of ir/: values that are not the default for every row of a field table, so that
 * a new field is tested as soon as it has its row.
 */
#ifndef TESTS_IR_SAMPLE_H
#define TESTS_IR_SAMPLE_H

#include "base/err.h"
#include "ir/field.h"
#include "ir/identify.h"

/* An absolute path with a part of each kind. */
static inline struct text sample_text(struct arena *a)
{
    struct text of = text_env(a, STR("HOME")), t = text_lit(a, STR("/\xc3\xa9\n"));
    t = text_join(a, t, text_ref(a, TEXT_WORKDIR));
    t = text_join(a, t, text_ref(a, TEXT_USER));
    for (enum text_op op = TEXT_OP_DEFAULT_IF_EMPTY; op <= TEXT_OP_ALT; op++) {
        of = text_expand(a, op, of, text_lit(a, STR("w")));
        t = text_join(a, t, of);
    }
    return t;
}

static inline struct str_vec sample_list(struct arena *a)
{
    struct str_vec v = {0};
    vec_push(a, &v, STR("one"));
    vec_push(a, &v, STR(""));
    return v;
}

static inline void sample_fields(struct arena *a, const struct field *table, void *obj);

/* One with nothing set but what must be, and one with everything. */
static inline void sample_objects(struct arena *a, const struct field *f, struct any_vec *out)
{
    out->n = out->cap = 2;
    out->at = arena_alloc_n(a, f->size, out->n);
    sample_fields(a, f->fields, out->at + f->size);
    if (f->fields == mount_fields) {
        struct ir_mount *plain = (struct ir_mount *)(void *)out->at;
        plain->type = MOUNT_CACHE;
        plain->target = text_lit(a, STR("/t"));
    } else {
        *(struct str *)(void *)out->at = STR("name");
    }
}

static inline void sample_pairs(struct arena *a, struct name_value_vec *out)
{
    struct name_value x = {STR("N"), sample_text(a)}, y = {STR("M"), TEXT_EMPTY};
    vec_push(a, out, x);
    vec_push(a, out, y);
}

/* Gives one field of *obj a value that is not its default. */
static inline void sample_field(struct arena *a, const struct field *f, void *obj)
{
    void *out = (char *)obj + f->offset;
    const int one = 1;
    struct text t = sample_text(a);
    switch (f->type) {
    case FIELD_STR: *(struct str *)out = STR("0755"); return; /* a mode as well */
    case FIELD_TEXT: *(struct text *)out = t; return;
    case FIELD_STR_OR_TEXT: *(struct text *)out = text_lit(a, STR("0755")); return;
    case FIELD_BOOL: *(bool *)out = true; return;
    case FIELD_INT: *(int64_t *)out = INT64_MAX; return;
    case FIELD_ENUM: memcpy(out, &one, sizeof one); return;
    case FIELD_STR_LIST: *(struct str_vec *)out = sample_list(a); return;
    case FIELD_TEXT_LIST: vec_push(a, (struct text_vec *)out, t); return;
    case FIELD_TEXT_PAIRS: sample_pairs(a, out); return;
    case FIELD_STR_PAIRS: {
        struct name_str p = {STR("k"), STR("v")};
        vec_push(a, (struct name_str_vec *)out, p);
        return;
    }
    case FIELD_COMMAND:
        *(struct command *)out = (struct command){
            .form = COMMAND_SHELL, .shell_kind = SHELL_SANDBOX, .line = STR("line")};
        return;
    case FIELD_OBJECTS: sample_objects(a, f, out); return;
    case FIELD_HEALTHCHECK:
        sample_fields(a, healthcheck_fields, out);
        ((struct healthcheck *)out)->is_set = true;
        return;
    }
    BUG("field type %d", f->type);
}

static inline void sample_fields(struct arena *a, const struct field *table, void *obj)
{
    field_for(f, table) sample_field(a, f, obj);
}

static inline struct step_meta sample_meta(uint32_t line)
{
    return (struct step_meta){.source = 1,
                              .line = line,
                              .column = 2,
                              .end_line = line + 1,
                              .end_column = 4,
                              .heading = STR("heading \"\\")};
}

/* A plan with two sources, a step of each kind, a copy of each source, stages and targets, in
 * which every field is set somewhere. It has its ids. */
static inline void sample_plan(struct arena *a, struct plan *p)
{
    static const enum step_kind kinds[] = {STEP_FROM, STEP_RUN, STEP_MKDIR, STEP_COPY,
                                           STEP_COPY, STEP_ADD, STEP_FILE};
    struct plan_source source = {STR("a/Dockerfile"), sha256_of("x", 1)};
    struct stage plain = {.name = STR("plain")}, full = {.name = STR("full"), .step = 5};
    struct target by_stage = {STR("full"), 5, 1}, alone = {STR("b.spec"), 2, NO_STEP};
    *p = PLAN_INIT(a);
    struct name_str proxy = {STR("http_proxy"), STR("http://p:3128")};
    vec_push(a, &p->proxies, proxy);
    vec_push(a, &p->sources, source);
    vec_push(a, &p->sources, source);
    struct step s = step_of_kind(STEP_SCRATCH);
    plan_add_step(p, &s);
    for (uint32_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        s = step_of_kind(kinds[i]);
        sample_fields(a, op_fields(s.kind), &s.op);
        s.parent = i == 0 ? NO_STEP : i;
        s.meta = sample_meta(i + 1);
        if (i == 3) { /* copies from a step, and so from no context */
            s.op.copy.context = STR("");
            vec_push(a, &s.reads, 0);
        } else if (i == 4) {
            s.op.copy.source = COPY_FROM_CONTEXT;
        }
        plan_add_step(p, &s);
    }
    sample_fields(a, config_fields, &full.config);
    vec_push(a, &p->stages, plain);
    vec_push(a, &p->stages, full);
    vec_push(a, &p->targets, by_stage);
    vec_push(a, &p->targets, alone);
    ir_identify(p);
}

#endif
