/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only program of an image. `tiny FILE` and `tiny -c FILE` make FILE, which says how many
 * names the root directory has; so it can be a shell of its own.
 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char *argv[])
{
    const char *name = argc > 1 ? argv[argc - 1] : "/tiny-ran";
    int n = 0;
    DIR *d = opendir("/");
    while (d && readdir(d))
        n++;
    FILE *f = fopen(name, "w");
    if (!d || !f)
        return 1;
    fprintf(f, "%d\n", n);
    printf("tiny made %s\n", name);
    return fclose(f) == 0 ? 0 : 1;
}
