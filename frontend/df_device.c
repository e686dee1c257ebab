/* SPDX-License-Identifier: Apache-2.0 */
/* RUN --device, by the names of the Container Device Interface. */
#include <config.h>

#include "frontend/df_lower.h"

/* NAME[,required[=BOOL]], or the name as name=NAME. */
static bool read_device(struct df_lower *lo, const struct df_flag *flag, struct ir_device *out)
{
    struct df_field_vec fields = {0};
    bool required = false, ok = true;
    *out = (struct ir_device){0};
    if (!df_csv_read(lo, &flag->value, &fields))
        return false;
    vec_for (const struct df_field, f, &fields) {
        if (str_eq_nocase(f->key.s, STR("required"))) {
            required = true;
            ok &= !f->has_value || df_bool_read(f->value.s, &required);
        } else if (out->name.n) {
            ok = false;
        } else {
            out->name = str_eq_nocase(f->key.s, STR("name")) ? f->value.s : f->whole.s;
        }
    }
    out->optional = !required;
    if (!ok || out->name.n == 0)
        diag_error(lo->c->diags, df_word_span(&flag->value),
                   "\"" STR_FMT "\" is not a device like \"vendor/class=name,required\"",
                   STR_ARG(flag->value.s));
    return ok && out->name.n > 0;
}

bool df_devices_read(struct df_lower *lo, const struct df_insn *in, struct op_run *op)
{
    bool ok = true;
    vec_for (const struct df_flag, f, &in->flags) {
        struct ir_device d;
        if (!str_eq(f->name.s, STR("device")))
            continue;
        bool read = read_device(lo, f, &d);
        ok &= read;
        if (read)
            vec_push(lo->c->arena, &op->devices, d);
    }
    return ok;
}
