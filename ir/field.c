/* SPDX-License-Identifier: Apache-2.0 */
/* The field tables of the IR. */
#include <config.h>

#include "ir/field.h"

#include "base/err.h"

static const char *const networks[] = {"default", "none", "host", NULL};
static const char *const mount_types[] = {"bind", "cache", "tmpfs", "secret", "ssh", NULL};
static const char *const mount_froms[] = {"nothing", "context", "step", NULL};
static const char *const sharings[] = {"shared", "private", "locked", NULL};
static const char *const securities[] = {"sandbox", "insecure", NULL};
static const char *const choices[] = {"default", "yes", "no", NULL};
static const char *const copy_sources[] = {"context", "step", NULL};
static const char *const copy_styles[] = {"dockerfile", "spec", NULL};

#define ROW(T, member, field_type, ...)                                                            \
    {                                                                                              \
        .name = #member, .type = field_type, .offset = offsetof(struct T, member), __VA_ARGS__     \
    }

#define OBJECTS(T, member, table, element, ...)                                                    \
    ROW(T, member, FIELD_OBJECTS, .fields = table, .size = sizeof(element), __VA_ARGS__)

static const struct field from_fields[] = {
    ROW(op_from, image, FIELD_STR, .required = true),
    ROW(op_from, platform, FIELD_STR),
    ROW(op_from, onbuild, FIELD_BOOL, .need = NEED_FROM_ONBUILD),
    FIELD_END,
};

static const struct field scratch_fields[] = {FIELD_END};

static const struct field run_fields[] = {
    {.type = FIELD_COMMAND, .offset = offsetof(struct op_run, command)},
    ROW(op_run, cwd, FIELD_TEXT),
    ROW(op_run, user, FIELD_TEXT),
    ROW(op_run, env, FIELD_TEXT_PAIRS),
    ROW(op_run, network, FIELD_ENUM, .names = networks),
    OBJECTS(op_run, mounts, mount_fields, struct ir_mount),
    ROW(op_run, security, FIELD_ENUM, .names = securities, .need = NEED_RUN_INSECURE),
    OBJECTS(op_run, devices, device_fields, struct ir_device),
    OBJECTS(op_run, scripts, file_fields, struct ir_file, .need = NEED_RUN_SCRIPTS),
    FIELD_END,
};

static const struct field copy_fields[] = {
    ROW(op_copy, style, FIELD_ENUM, .required = true, .names = copy_styles),
    {"from", FIELD_ENUM, offsetof(struct op_copy, source), .required = true, .names = copy_sources},
    ROW(op_copy, context, FIELD_STR, .need = NEED_CONTEXT_NAMED),
    ROW(op_copy, src, FIELD_TEXT_LIST, .required = true),
    ROW(op_copy, dst, FIELD_TEXT, .required = true),
    ROW(op_copy, exclude, FIELD_STR_LIST),
    {"ignore_given", FIELD_BOOL, offsetof(struct op_copy, has_ignore)},
    ROW(op_copy, ignore, FIELD_STR_LIST),
    ROW(op_copy, owner, FIELD_TEXT),
    ROW(op_copy, chmod, FIELD_STR_OR_TEXT),
    ROW(op_copy, parents, FIELD_BOOL, .need = NEED_COPY_PARENTS),
    ROW(op_copy, epoch, FIELD_STR, .need = NEED_EPOCH),
    FIELD_END,
};

static const struct field add_fields[] = {
    ROW(op_add, src, FIELD_TEXT_LIST, .required = true),
    ROW(op_add, dst, FIELD_TEXT, .required = true),
    ROW(op_add, exclude, FIELD_STR_LIST),
    {"ignore_given", FIELD_BOOL, offsetof(struct op_add, has_ignore)},
    ROW(op_add, ignore, FIELD_STR_LIST),
    ROW(op_add, owner, FIELD_TEXT),
    ROW(op_add, chmod, FIELD_STR_OR_TEXT),
    ROW(op_add, checksum, FIELD_TEXT, .need = NEED_ADD_CHECKSUM),
    ROW(op_add, keep_git_dir, FIELD_ENUM, .names = choices),
    ROW(op_add, unpack, FIELD_ENUM, .names = choices),
    ROW(op_add, epoch, FIELD_STR, .need = NEED_EPOCH),
    FIELD_END,
};

static const struct field op_file_fields[] = {
    OBJECTS(op_file, files, file_fields, struct ir_file, .required = true),
    ROW(op_file, dst, FIELD_TEXT, .required = true),
    ROW(op_file, owner, FIELD_TEXT),
    ROW(op_file, chmod, FIELD_STR_OR_TEXT),
    ROW(op_file, epoch, FIELD_STR, .need = NEED_EPOCH),
    FIELD_END,
};

static const struct field mkdir_fields[] = {
    ROW(op_mkdir, path, FIELD_TEXT, .required = true),
    ROW(op_mkdir, owner, FIELD_TEXT),
    ROW(op_mkdir, epoch, FIELD_STR, .need = NEED_EPOCH),
    FIELD_END,
};

const struct field mount_fields[] = {
    ROW(ir_mount, type, FIELD_ENUM, .required = true, .names = mount_types),
    ROW(ir_mount, id, FIELD_STR_OR_TEXT),
    ROW(ir_mount, target, FIELD_TEXT, .required = true),
    ROW(ir_mount, read_only, FIELD_BOOL),
    ROW(ir_mount, options, FIELD_STR_PAIRS),
    ROW(ir_mount, from, FIELD_ENUM, .names = mount_froms),
    ROW(ir_mount, context, FIELD_STR, .need = NEED_CONTEXT_NAMED),
    ROW(ir_mount, source, FIELD_TEXT),
    {"ignore_given", FIELD_BOOL, offsetof(struct ir_mount, has_ignore)},
    ROW(ir_mount, ignore, FIELD_STR_LIST),
    ROW(ir_mount, sharing, FIELD_ENUM, .names = sharings),
    ROW(ir_mount, mode, FIELD_STR),
    ROW(ir_mount, uid, FIELD_INT),
    ROW(ir_mount, gid, FIELD_INT),
    ROW(ir_mount, size, FIELD_INT),
    ROW(ir_mount, required, FIELD_BOOL),
    ROW(ir_mount, env, FIELD_STR),
    FIELD_END,
};

const struct field device_fields[] = {
    ROW(ir_device, name, FIELD_STR, .required = true),
    ROW(ir_device, optional, FIELD_BOOL),
    FIELD_END,
};

const struct field file_fields[] = {
    ROW(ir_file, name, FIELD_STR, .required = true),
    ROW(ir_file, content, FIELD_TEXT),
    FIELD_END,
};

const struct field config_fields[] = {
    ROW(image_config, env, FIELD_TEXT_PAIRS),
    ROW(image_config, user, FIELD_TEXT),
    ROW(image_config, workdir, FIELD_TEXT),
    ROW(image_config, entrypoint, FIELD_COMMAND),
    ROW(image_config, cmd, FIELD_COMMAND),
    ROW(image_config, reset_cmd, FIELD_BOOL),
    ROW(image_config, shell, FIELD_STR_LIST),
    ROW(image_config, labels, FIELD_TEXT_PAIRS),
    ROW(image_config, expose, FIELD_TEXT_LIST),
    ROW(image_config, volumes, FIELD_TEXT_LIST),
    ROW(image_config, stop_signal, FIELD_TEXT),
    ROW(image_config, healthcheck, FIELD_HEALTHCHECK),
    ROW(image_config, author, FIELD_STR),
    ROW(image_config, onbuild, FIELD_STR_LIST),
    ROW(image_config, epoch, FIELD_STR, .need = NEED_EPOCH),
    FIELD_END,
};

const struct field healthcheck_fields[] = {
    {"none", FIELD_BOOL, offsetof(struct healthcheck, is_none)},
    ROW(healthcheck, test, FIELD_COMMAND),
    ROW(healthcheck, interval_ns, FIELD_INT),
    ROW(healthcheck, timeout_ns, FIELD_INT),
    ROW(healthcheck, start_period_ns, FIELD_INT),
    ROW(healthcheck, start_interval_ns, FIELD_INT),
    ROW(healthcheck, retries, FIELD_INT),
    FIELD_END,
};

const struct field *op_fields(enum step_kind kind)
{
    switch (kind) {
    case STEP_FROM: return from_fields;
    case STEP_SCRATCH: return scratch_fields;
    case STEP_RUN: return run_fields;
    case STEP_COPY: return copy_fields;
    case STEP_MKDIR: return mkdir_fields;
    case STEP_ADD: return add_fields;
    case STEP_FILE: return op_file_fields;
    case N_STEP_KINDS: break;
    }
    BUG("step kind %d", kind);
}

int field_enum(const struct field *f, const void *obj)
{
    int v; /* every enum of a table is an int to this compiler, as _Static_assert below checks */
    memcpy(&v, (const char *)obj + f->offset, sizeof v);
    return v;
}

_Static_assert(sizeof(enum network) == sizeof(int) && sizeof(enum mount_type) == sizeof(int) &&
                   sizeof(enum copy_source) == sizeof(int) &&
                   sizeof(enum copy_style) == sizeof(int) && sizeof(enum choice) == sizeof(int) &&
                   sizeof(enum mount_from) == sizeof(int) && sizeof(enum sharing) == sizeof(int) &&
                   sizeof(enum security) == sizeof(int),
               "field_enum reads enums as int");

static size_t vector_length(const struct field *f, const void *obj)
{
    return FIELD_AT(struct any_vec, f, obj)->n;
}

bool field_is_default(const struct field *f, const void *obj)
{
    switch (f->type) {
    case FIELD_STR: return FIELD_AT(struct str, f, obj)->n == 0;
    case FIELD_TEXT:
    case FIELD_STR_OR_TEXT: return FIELD_AT(struct text, f, obj)->n == 0;
    case FIELD_BOOL: return !*FIELD_AT(bool, f, obj);
    case FIELD_INT: return *FIELD_AT(int64_t, f, obj) == 0;
    case FIELD_ENUM: return field_enum(f, obj) == 0;
    case FIELD_STR_LIST:
    case FIELD_TEXT_LIST:
    case FIELD_TEXT_PAIRS:
    case FIELD_STR_PAIRS:
    case FIELD_OBJECTS: return vector_length(f, obj) == 0;
    case FIELD_COMMAND: return FIELD_AT(struct command, f, obj)->form == COMMAND_NONE;
    case FIELD_HEALTHCHECK: return !FIELD_AT(struct healthcheck, f, obj)->is_set;
    }
    BUG("field type %d", f->type);
}
