/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest program: what is left of a step when the command costs nothing. With the argument
 * "sleep" it waits a second first. */
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "sleep") == 0)
        sleep(1);
    return 0;
}
