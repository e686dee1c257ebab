/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest program: what is left of a step when the command costs nothing. */
int main(void)
{
    return 0;
}
