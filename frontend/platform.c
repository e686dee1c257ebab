/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "frontend/platform.h"

#include <sys/utsname.h>

static struct str lower(struct arena *a, struct str s)
{
    char *p = arena_cstr(a, s);
    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_lower(p[i]);
    return str_of(p, s.n);
}

static const struct {
    struct str from, arch, variant;
} spellings[] = {
    {STR_INIT("x86_64"), STR_INIT("amd64"), STR_INIT("")},
    {STR_INIT("x86-64"), STR_INIT("amd64"), STR_INIT("")},
    {STR_INIT("i386"), STR_INIT("386"), STR_INIT("")},
    {STR_INIT("i486"), STR_INIT("386"), STR_INIT("")},
    {STR_INIT("i586"), STR_INIT("386"), STR_INIT("")},
    {STR_INIT("i686"), STR_INIT("386"), STR_INIT("")},
    {STR_INIT("aarch64"), STR_INIT("arm64"), STR_INIT("")},
    {STR_INIT("armhf"), STR_INIT("arm"), STR_INIT("v7")},
    {STR_INIT("armv7l"), STR_INIT("arm"), STR_INIT("v7")},
    {STR_INIT("armel"), STR_INIT("arm"), STR_INIT("v6")},
    {STR_INIT("armv6l"), STR_INIT("arm"), STR_INIT("v6")},
};

static void normalize_variant(struct arena *a, struct platform *p)
{
    if (p->variant.n == 1 && ascii_is_digit(p->variant.p[0]) && str_starts(p->arch, STR("arm")))
        p->variant = str_concat(a, STR("v"), p->variant);
    if (str_eq(p->arch, STR("arm")) && p->variant.n == 0)
        p->variant = STR("v7");
    if ((str_eq(p->arch, STR("arm64")) && str_eq(p->variant, STR("v8"))) ||
        (str_eq(p->arch, STR("amd64")) && str_eq(p->variant, STR("v1"))))
        p->variant = STR("");
}

static void normalize(struct arena *a, struct platform *p)
{
    p->os = lower(a, p->os);
    p->arch = lower(a, p->arch);
    p->variant = lower(a, p->variant);
    if (str_eq(p->os, STR("macos")))
        p->os = STR("darwin");
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        if (str_eq(p->arch, spellings[i].from)) {
            p->arch = spellings[i].arch;
            if (spellings[i].variant.n)
                p->variant = spellings[i].variant;
            break;
        }
    normalize_variant(a, p);
}

struct platform platform_host(struct arena *a)
{
    struct utsname u;
    struct platform p = {.os = STR("linux"), .arch = STR("amd64")};
    if (uname(&u) == 0) {
        p.os = arena_str(a, str_from(u.sysname));
        p.arch = arena_str(a, str_from(u.machine));
    }
    normalize(a, &p);
    return p;
}

static bool is_known(struct str s, const char *const *names)
{
    for (; *names; names++)
        if (str_eq(s, str_from(*names)))
            return true;
    return false;
}

/* A single word is the name of one or the other. */
static bool read_alone(struct arena *a, struct str s, struct platform *out)
{
    static const char *const systems[] = {"linux",  "windows", "darwin",  "freebsd", "openbsd",
                                          "netbsd", "solaris", "illumos", "android", "aix",
                                          "plan9",  "wasip1",  "js",      "ios",     NULL};
    static const char *const machines[] = {"amd64",   "arm64",    "arm",     "386",  "ppc64",
                                           "ppc64le", "s390x",    "riscv64", "mips", "mipsle",
                                           "mips64",  "mips64le", "loong64", "wasm", NULL};
    struct platform host = platform_host(a), p = {.os = s, .arch = s};
    normalize(a, &p);
    if (is_known(p.os, systems))
        p = (struct platform){.os = p.os, .arch = host.arch, .variant = host.variant};
    else if (is_known(p.arch, machines))
        p.os = host.os;
    else
        return false;
    *out = p;
    return true;
}

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && !strchr("-_.", s.p[i]))
            return false;
    return s.n > 0;
}

/* Takes "(VERSION)" off the system's name. */
static bool cut_version(struct str *os, struct str *version)
{
    ptrdiff_t at = str_find(*os, '(');
    *version = STR("");
    if (at < 0)
        return true;
    *version = str_skip(*os, (size_t)at + 1);
    if (!str_ends(*version, STR(")")))
        return false;
    version->n--;
    os->n = (size_t)at;
    return is_word(*version);
}

bool platform_read(struct arena *a, struct str s, struct platform *out)
{
    struct str rest;
    struct platform p = {0};
    bool more = str_cut(s, '/', &p.os, &rest);
    if (!cut_version(&p.os, &p.os_version) || !is_word(p.os))
        return false;
    if (!more)
        return p.os_version.n == 0 && read_alone(a, p.os, out);
    more = str_cut(rest, '/', &p.arch, &p.variant);
    if (!is_word(p.arch) || (more && !is_word(p.variant)))
        return false;
    normalize(a, &p);
    *out = p;
    return true;
}

struct str platform_text(struct arena *a, const struct platform *p)
{
    bool version = p->os_version.n > 0, variant = p->variant.n > 0;
    return arena_printf(a, STR_FMT "%s" STR_FMT "%s/" STR_FMT "%s" STR_FMT, STR_ARG(p->os),
                        version ? "(" : "", STR_ARG(p->os_version), version ? ")" : "",
                        STR_ARG(p->arch), variant ? "/" : "", STR_ARG(p->variant));
}
