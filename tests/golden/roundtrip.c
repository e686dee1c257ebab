/* SPDX-License-Identifier: Apache-2.0 */
/* Reads IR documents, as obexec would, and checks that they are what the writer makes of them. */
#include <config.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "ir/read.h"
#include "ir/write.h"

#include <fcntl.h>
#include <stdio.h>

static int check(const char *path, struct ob_err *err)
{
    struct arena a = ARENA_INIT;
    struct plan p = PLAN_INIT(&a);
    cleanup_buf struct buf text = BUF_INIT, again = BUF_INIT;
    int rc = fs_read_file_at(AT_FDCWD, path, &text, 64 << 20, err);
    if (rc == 0)
        rc = ob_err_set(err, 0, "there is no such file");
    if (rc > 0)
        rc = ir_read_json(&p, buf_str(&text), err);
    if (rc == 0) {
        ir_write_json(&p, &again);
        if (!str_eq(buf_str(&text), buf_str(&again)))
            rc = ob_err_set(err, 0, "the writer makes something else of it");
    }
    arena_free(&a);
    return rc;
}

int main(int argc, char **argv)
{
    int status = OB_EXIT_OK;
    for (int i = 1; i < argc; i++) {
        struct ob_err err = OB_ERR_INIT;
        if (check(argv[i], &err) < 0) {
            fprintf(stderr, "%s: %s\n", argv[i], err.text);
            status = OB_EXIT_FAILED;
        }
    }
    return status;
}
