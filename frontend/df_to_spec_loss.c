/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that only describe an image, which a spec does not. */
#include <config.h>

#include "frontend/df_to_spec.h"

static const struct diag_rule *rule_of(enum df_kind kind)
{
    static const struct {
        enum df_kind kind;
        struct diag_rule rule;
    } rules[] = {
        {DF_CMD, {"CmdLost", DIAG_LOSS}},         {DF_ENTRYPOINT, {"EntrypointLost", DIAG_LOSS}},
        {DF_EXPOSE, {"ExposeLost", DIAG_LOSS}},   {DF_HEALTHCHECK, {"HealthcheckLost", DIAG_LOSS}},
        {DF_LABEL, {"LabelLost", DIAG_LOSS}},     {DF_MAINTAINER, {"MaintainerLost", DIAG_LOSS}},
        {DF_ONBUILD, {"OnbuildLost", DIAG_LOSS}}, {DF_STOPSIGNAL, {"StopsignalLost", DIAG_LOSS}},
        {DF_VOLUME, {"VolumeLost", DIAG_LOSS}},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].kind == kind)
            return &rules[i].rule;
    return NULL;
}

static void report_stage(struct to_spec *t, const struct df_stage *st)
{
    const struct df_file *file = t->lo->file;
    uint32_t from = file->froms.at[st->index];
    uint32_t end = st->index + 1 < file->froms.n ? file->froms.at[st->index + 1] : file->insns.n;
    for (uint32_t i = from + 1; i < end; i++) {
        const struct df_insn *in = df_file_insn(file, i);
        const struct diag_rule *rule = in->type ? rule_of(in->type->kind) : NULL;
        if (rule)
            diag_rule(t->c->diags, rule, df_insn_span(in),
                      STR_FMT " is lost: a spec does not describe an image",
                      STR_ARG(in->type->name));
    }
}

void ts_losses(struct to_spec *t, const struct df_stage *target)
{
    for (const struct df_stage *st = target; st; st = st->parent)
        report_stage(t, st);
}
