/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of docker's names: lower-case path components, a host in front if the first part
 * looks like one, and a tag. */
#include <config.h>

#include "exec/output_name.h"

enum { MAX_TAG = 128, MAX_NAME = 255 };

static bool is_lower(char c)
{
    return (c >= 'a' && c <= 'z') || ascii_is_digit(c);
}

static bool is_tag(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '_' &&
            (i == 0 || (s.p[i] != '.' && s.p[i] != '-')))
            return false;
    return s.n > 0 && s.n <= MAX_TAG;
}

/* Between letters and digits there may be ".", "_", "__" or any number of "-". */
static bool is_separator(struct str s)
{
    size_t dashes = 0;
    while (dashes < s.n && s.p[dashes] == '-')
        dashes++;
    return dashes == s.n || str_eq(s, STR(".")) || str_eq(s, STR("_")) || str_eq(s, STR("__"));
}

static bool is_component(struct str s)
{
    if (s.n == 0 || !is_lower(s.p[0]) || !is_lower(s.p[s.n - 1]))
        return false;
    for (size_t i = 0; i < s.n;) {
        size_t begin = i;
        while (i < s.n && !is_lower(s.p[i]))
            i++;
        if (!is_separator(str_of(s.p + begin, i - begin)))
            return false;
        while (i < s.n && is_lower(s.p[i]))
            i++;
    }
    return true;
}

static bool is_path(struct str path)
{
    for (bool more = true; more;) {
        struct str component;
        more = str_cut(path, '/', &component, &path);
        if (!is_component(component))
            return false;
    }
    return true;
}

static bool is_label(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && (s.p[i] != '-' || i == 0 || i == s.n - 1))
            return false;
    return s.n > 0;
}

static bool is_host(struct str s)
{
    struct str name, port;
    unsigned long long n;
    if (str_cut(s, ':', &name, &port) && (!str_to_u64(port, &n) || n > 65535))
        return false;
    for (bool more = true; more;) {
        struct str label;
        more = str_cut(name, '.', &label, &name);
        if (!is_label(label))
            return false;
    }
    return true;
}

/* Cuts HOST off, if the first part is one. */
static bool cut_host(struct str *path, struct str *host)
{
    struct str first, rest;
    if (!str_cut(*path, '/', &first, &rest) ||
        (str_find(first, '.') < 0 && str_find(first, ':') < 0 && !str_eq(first, STR("localhost"))))
        return false;
    *host = first;
    *path = rest;
    return true;
}

/* The colon of a tag is behind the last slash. */
static void cut_tag(struct str *name, struct str *tag)
{
    for (size_t i = name->n; i-- > 0 && name->p[i] != '/';)
        if (name->p[i] == ':') {
            *tag = str_skip(*name, i + 1);
            *name = str_of(name->p, i);
            return;
        }
}

static int malformed(struct str text, struct ob_err *err)
{
    return ob_err_set(err, 0,
                      "\"" STR_FMT "\" is no name of an image: it must be "
                      "[HOST[:PORT]/]PATH[:TAG], the path in lower case",
                      STR_ARG(text));
}

int image_name_parse(struct arena *a, struct str text, struct image_name *out, struct ob_err *err)
{
    struct str path = text, host = STR("docker.io"), tag = STR("latest");
    cut_tag(&path, &tag);
    bool has_host = cut_host(&path, &host);
    if (!is_tag(tag) || !is_host(host) || !is_path(path) || text.n > MAX_NAME)
        return malformed(text, err);
    bool is_docker = !has_host || str_eq(host, STR("docker.io"));
    bool is_library = is_docker && str_find(path, '/') < 0;
    struct str familiar = path;
    if (is_docker && str_starts(path, STR("library/")))
        familiar = str_skip(path, strlen("library/"));
    out->tag = tag;
    out->full = arena_printf(a, STR_FMT "/%s" STR_FMT ":" STR_FMT, STR_ARG(host),
                             is_library ? "library/" : "", STR_ARG(path), STR_ARG(tag));
    out->familiar =
        arena_printf(a, STR_FMT "%s" STR_FMT ":" STR_FMT, STR_ARG(is_docker ? STR("") : host),
                     is_docker ? "" : "/", STR_ARG(familiar), STR_ARG(tag));
    return 0;
}
