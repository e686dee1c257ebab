/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzz target without a fuzzer: runs it over the files that are named, one after the other. */
#include <config.h>

#include "tests/fuzz/fuzz.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <stdio.h>

static int replay(const char *path, struct ob_err *err)
{
    cleanup_buf struct buf b = BUF_INIT;
    if (fs_read_file_at(AT_FDCWD, path, &b, SOURCE_MAX_BYTES, err) <= 0)
        return ob_err_wrap(err, "can't read \"%s\"", path);
    LLVMFuzzerTestOneInput((const uint8_t *)b.p, b.n);
    return 0;
}

int main(int argc, char **argv)
{
    struct ob_err err = OB_ERR_INIT;
    for (int i = 1; i < argc; i++)
        if (replay(argv[i], &err) < 0) {
            fprintf(stderr, "replay: %s\n", err.text);
            return OB_EXIT_ENVIRONMENT;
        }
    printf("%d inputs\n", argc - 1);
    return argc > 1 ? OB_EXIT_OK : OB_EXIT_USAGE;
}
