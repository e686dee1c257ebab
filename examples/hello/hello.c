/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
    struct utsname u;
    if (uname(&u) < 0)
        return 1;
    printf("hello from %s, on %s %s\n", u.nodename, u.sysname, u.machine);
    return 0;
}
