/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing and comparing platforms. */
#include <config.h>

#include "backends/platform.h"

#include <sys/utsname.h>

static const struct {
    struct str machine; /* as uname(2) says */
    struct str arch, variant;
} machines[] = {
    {STR_INIT("x86_64"), STR_INIT("amd64"), STR_INIT("")},
    {STR_INIT("aarch64"), STR_INIT("arm64"), STR_INIT("")},
    {STR_INIT("armv7l"), STR_INIT("arm"), STR_INIT("v7")},
    {STR_INIT("armv6l"), STR_INIT("arm"), STR_INIT("v6")},
    {STR_INIT("i386"), STR_INIT("386"), STR_INIT("")},
    {STR_INIT("i686"), STR_INIT("386"), STR_INIT("")},
    {STR_INIT("loongarch64"), STR_INIT("loong64"), STR_INIT("")},
    {STR_INIT("ppc64le"), STR_INIT("ppc64le"), STR_INIT("")},
    {STR_INIT("riscv64"), STR_INIT("riscv64"), STR_INIT("")},
    {STR_INIT("s390x"), STR_INIT("s390x"), STR_INIT("")},
};

static int this_machine(struct platform *out, struct ob_err *err)
{
    struct utsname u;
    if (uname(&u) < 0)
        return ob_err_set(err, 0, "can't tell what this machine is; say it with --platform");
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        if (!str_eq(machines[i].machine, str_from(u.machine)))
            continue;
        *out = (struct platform){STR("linux"), machines[i].arch, machines[i].variant};
        return 0;
    }
    return ob_err_set(err, 0, "no platform is known for a machine \"%s\"; say it with --platform",
                      u.machine);
}

int platform_parse(struct str text, struct platform *out, struct ob_err *err)
{
    if (text.n == 0)
        return this_machine(out, err);
    struct str rest;
    bool has_arch = str_cut(text, '/', &out->os, &rest);
    bool has_variant = str_cut(rest, '/', &out->arch, &out->variant);
    if (!has_arch || out->os.n == 0 || out->arch.n == 0 || (has_variant && out->variant.n == 0) ||
        str_find(out->variant, '/') >= 0)
        return ob_err_set(err, 0, "platform \"" STR_FMT "\" is not of the form os/arch[/variant]",
                          STR_ARG(text));
    return 0;
}

/* What an architecture means without a variant. */
static struct str full_variant(const struct platform *p)
{
    if (p->variant.n == 0 && str_eq(p->arch, STR("arm64")))
        return STR("v8");
    if (p->variant.n == 0 && str_eq(p->arch, STR("arm")))
        return STR("v7");
    return p->variant;
}

bool platform_matches(const struct platform *want, const struct platform *have)
{
    return str_eq(want->os, have->os) && str_eq(want->arch, have->arch) &&
           str_eq(full_variant(want), full_variant(have));
}
