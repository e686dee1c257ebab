/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line of spec2ir says. */
#ifndef FRONTEND_SPEC2IR_OPTIONS_H
#define FRONTEND_SPEC2IR_OPTIONS_H

#include "frontend/language.h"

/* From TO_DOCKERFILE on they are translations. */
enum output_format { TO_IR, TO_DOT, TO_AST, TO_DOCKERFILE, TO_SPEC, TO_OTHER };

struct spec2ir_options {
    struct arena *arena;
    char *const *files;
    int n_files;
    const char *output, *pin;
    const char *context, *passwd, *group; /* paths, NULL = not given */
    const struct language *language;      /* NULL = guess */
    enum output_format to;
    int level;
    bool explain, stats, diff;
    bool exact;       /* a loss is an error */
    const char *loss; /* where the losses go as JSON; NULL = nowhere */
    bool loss_only;   /* they are what is printed */
    struct compile_options compile;
};

/* -1 = go on, else the exit status. Set the arena and the defaults before. */
int spec2ir_options_read(struct spec2ir_options *o, int argc, char **argv);

#endif
