/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of obexec run: all of its options, and what they say. */
#ifndef EXEC_RUN_OPTIONS_H
#define EXEC_RUN_OPTIONS_H

#include "exec/build.h"

/* Whose command line it is: they differ in their first argument and their help. */
enum run_command { RUN_OPTIONS_RUN, RUN_OPTIONS_SHELL };

struct run_options {
    struct arena *arena; /* the caller's, set before, as the command */
    enum run_command command;
    struct kit_request kit;
    struct build_options build;
    const char *progress; /* style */
    const char *trace;    /* file; NULL = none */
    int verbosity;
    bool resolve;        /* only say what the base images are */
    const char *ir;      /* of a shell: the id */
    const char *context; /* NULL = none */
};

/* "10g" or "15%". */
bool run_options_min_free(const char *text, struct build_min_free *out);

/* -1 = go on, else the exit status. */
int run_options_parse(struct run_options *o, int argc, char **argv);

#endif
