/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the passes of a level on an IR document, which no program of ours does: for graphs that no
 * front end makes. optimize LEVEL <IR >IR; what was done goes to standard error.
 */
#include <config.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "ir/pass.h"
#include "ir/read.h"
#include "ir/write.h"

#include <stdio.h>
#include <stdlib.h>

static int optimize(struct arena *a, int level, struct ob_err *err)
{
    struct plan p = PLAN_INIT(a);
    cleanup_buf struct buf text = BUF_INIT, explain = BUF_INIT;
    struct pass_report report = {&explain, NULL};
    if (fs_read_all(STDIN_FILENO, &text, 64 << 20, err) < 0 ||
        ir_read_json(&p, buf_str(&text), err) < 0)
        return -1;
    ir_optimize(&p, level, &report);
    if (explain.n)
        fwrite(explain.p, 1, explain.n, stderr);
    return ir_write_json_fd(&p, STDOUT_FILENO, err);
}

int main(int argc, char **argv)
{
    struct arena a = ARENA_INIT;
    struct ob_err err = OB_ERR_INIT;
    int rc = optimize(&a, argc > 1 ? atoi(argv[1]) : 1, &err);
    if (rc < 0)
        fprintf(stderr, "optimize: %s\n", err.text);
    arena_free(&a);
    return rc < 0 ? OB_EXIT_FAILED : OB_EXIT_OK;
}
