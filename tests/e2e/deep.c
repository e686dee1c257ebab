/* SPDX-License-Identifier: Apache-2.0 */
/* The only program of an image. `deep DIR N` makes N directories in each other, below DIR, and in
 * each a file with two names; one in the last but one has a third in the last. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc < 3 || (mkdir(argv[1], 0755) < 0 && access(argv[1], F_OK) < 0) || chdir(argv[1]) < 0)
        return 2;
    for (long i = strtol(argv[2], NULL, 10); i > 0; i--)
        if (mkdir("d", 0755) < 0 || chdir("d") < 0 || mknod("f", S_IFREG | 0644, 0) < 0 ||
            link("f", "g") < 0) {
            perror("deep");
            return 1;
        }
    return strtol(argv[2], NULL, 10) > 1 && link("../f", "h") < 0;
}
