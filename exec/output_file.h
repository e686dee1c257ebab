/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is there whole or not at all, standard output, or what is no regular file. And
 * whether outputs can be where they are to be. */
#ifndef EXEC_OUTPUT_FILE_H
#define EXEC_OUTPUT_FILE_H

#include "exec/layer_tar.h"

struct output_file {
    int fd;
    int dir;          /* where the file is to be; -1 = it is written in place */
    const char *path; /* for messages */
    char *name;       /* in dir */
    char temp[40];    /* its name until then, if it has one already; else empty */
};

#define OUTPUT_FILE_INIT ((struct output_file){.fd = -1, .dir = -1})

/* Whether a file can be made there, and changes nothing. */
int output_file_check(const char *path, struct ob_err *err);
/* Whether there is such a directory, or one can be made. */
int output_directory_check(const char *path, struct ob_err *err);

/* path NULL = standard output. A file that is there stays as it is until commit. */
int output_file_open(struct output_file *f, const char *path, struct ob_err *err);
/* Gives it its name. */
int output_file_commit(struct output_file *f, struct ob_err *err);
/* Always at the end; what is not committed is gone. */
void output_file_close(struct output_file *f);

struct tar_sink output_file_sink(struct output_file *f);

/* Signals that end a program wait while outputs are written, so that no temporary file stays. -1 if
 * one has come: whoever writes stops and cleans up. */
int output_check_signals(struct ob_err *err);

#endif
