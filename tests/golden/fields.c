/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the field tables, one field a line, for scripts that compare them with what is written
 * elsewhere: table, name, type, whether it is required, default, capability, values; tabs between.
 */
#include <config.h>

#include "base/err.h"
#include "ir/field.h"

#include <stdio.h>

static const char *type_name(const struct field *f)
{
    switch (f->type) {
    case FIELD_STR:
    case FIELD_ENUM: return "string";
    case FIELD_TEXT: return "text";
    case FIELD_STR_OR_TEXT: return "string or text";
    case FIELD_BOOL: return "boolean";
    case FIELD_INT: return "number";
    case FIELD_STR_LIST: return "strings";
    case FIELD_TEXT_LIST: return "texts";
    case FIELD_TEXT_PAIRS: return "pairs of text";
    case FIELD_STR_PAIRS: return "pairs of strings";
    case FIELD_COMMAND: return "command";
    case FIELD_OBJECTS: return f->fields == file_fields ? "files" : "objects";
    case FIELD_HEALTHCHECK: return "object";
    }
    BUG("field type %d", f->type);
}

static const char *default_of(const struct field *f)
{
    switch (f->type) {
    case FIELD_BOOL: return "false";
    case FIELD_INT: return "0";
    case FIELD_ENUM: return f->names[0];
    case FIELD_STR_LIST:
    case FIELD_TEXT_LIST:
    case FIELD_TEXT_PAIRS:
    case FIELD_STR_PAIRS:
    case FIELD_OBJECTS: return "[]";
    default: return "empty";
    }
}

static void print_table(const char *table, const struct field *fields)
{
    field_for(f, fields)
    {
        printf("%s\t%s\t%s\t%s\t%s\t%s\t", table, f->name ? f->name : "", type_name(f),
               f->required ? "required" : "", default_of(f),
               f->need == NEED_NONE ? "" : need_name(f->need));
        for (int i = 0; f->names && f->names[i]; i++)
            printf("%s%s", i ? "," : "", f->names[i]);
        putchar('\n');
    }
}

int main(void)
{
    for (enum step_kind k = STEP_FROM; k < N_STEP_KINDS; k++)
        print_table(step_kind_name(k), op_fields(k));
    print_table("mount", mount_fields);
    print_table("device", device_fields);
    print_table("content", file_fields);
    print_table("config", config_fields);
    print_table("healthcheck", healthcheck_fields);
    for (enum ir_need n = NEED_NONE + 1; n < N_NEEDS; n++)
        printf("needs\t%s\n", need_name(n));
    return 0;
}
