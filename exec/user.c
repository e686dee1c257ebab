/* SPDX-License-Identifier: Apache-2.0 */
/* Looks users up in an image's passwd and group files, read through the image's root. */
#include <config.h>

#include "exec/user.h"

#include "base/cleanup.h"
#include "base/fs.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

enum { MAX_FILE = 16 << 20, MAX_GROUPS = 1000 };

static int read_file(struct arena *a, int root, const char *path, struct str *out,
                     struct ob_err *err)
{
    cleanup_close int fd = fs_open_in(root, path, O_RDONLY | O_NONBLOCK, 0);
    cleanup_buf struct buf b = BUF_INIT;
    struct stat st;
    *out = STR("");
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return 0; /* an image need not have users */
    if (fs_read_all(fd, &b, MAX_FILE, err) < 0)
        return ob_err_wrap(err, "the image's %s", path);
    *out = arena_str(a, buf_str(&b));
    return 0;
}

/* Splits a line at colons into up to n fields; gives how many there were. */
static size_t split(struct str line, struct str *field, size_t n)
{
    size_t i = 0;
    for (bool more = true; more && i < n; i++)
        more = str_cut(line, ':', &field[i], &line);
    return i;
}

static bool to_id(struct str s, uint32_t *out)
{
    unsigned long long v;
    if (!str_to_u64(s, &v) || v >= UINT32_MAX)
        return false;
    *out = (uint32_t)v;
    return true;
}

/* The passwd line for a name, or for a number if by_id. */
static bool find_user(struct str passwd, struct str name, bool by_id, struct user *u,
                      struct str *login)
{
    uint32_t want = 0, uid, gid;
    if (by_id && !to_id(name, &want))
        return false;
    for (bool more = true; more;) {
        struct str line, f[7];
        more = str_cut(passwd, '\n', &line, &passwd);
        size_t n = split(line, f, 7);
        if (n < 4 || !to_id(f[2], &uid) || !to_id(f[3], &gid))
            continue;
        if (by_id ? uid != want : !str_eq(f[0], name))
            continue;
        u->uid = uid;
        u->gid = gid;
        u->home = n > 5 && f[5].n ? f[5] : STR("/");
        *login = f[0];
        return true;
    }
    return false;
}

static bool find_group(struct str groups, struct str name, gid_t *out)
{
    for (bool more = true; more;) {
        struct str line, f[4];
        more = str_cut(groups, '\n', &line, &groups);
        if (split(line, f, 4) >= 3 && str_eq(f[0], name) && to_id(f[2], out))
            return true;
    }
    return false;
}

static bool is_member(struct str members, struct str login)
{
    for (bool more = true; more;) {
        struct str m;
        more = str_cut(members, ',', &m, &members);
        if (str_eq(m, login))
            return true;
    }
    return false;
}

static void add_groups(struct arena *a, struct str groups, struct str login, struct user *u)
{
    for (bool more = true; more && u->groups.n < MAX_GROUPS;) {
        struct str line, f[4];
        gid_t gid;
        more = str_cut(groups, '\n', &line, &groups);
        if (split(line, f, 4) == 4 && is_member(f[3], login) && to_id(f[2], &gid))
            vec_push(a, &u->groups, gid);
    }
}

/* Owners that are numbers are not looked up. */
static bool is_number(enum user_purpose purpose, struct str s, uint32_t *out)
{
    return purpose == USER_OWNER && to_id(s, out);
}

int user_resolve(struct arena *a, int root, struct str spec, enum user_purpose purpose,
                 struct user *out, struct ob_err *err)
{
    struct str name, group, passwd, groups, login = STR("");
    bool has_group = str_cut(spec, ':', &name, &group) && group.n;
    uint32_t number;
    *out = (struct user){.home = STR("/")};
    if (name.n == 0)
        name = STR("0");
    if (is_number(purpose, name, &out->uid)) {
        out->gid = out->uid;
        if (!has_group || is_number(purpose, group, &out->gid))
            return 0;
    }
    if (read_file(a, root, "/etc/passwd", &passwd, err) < 0 ||
        read_file(a, root, "/etc/group", &groups, err) < 0)
        return -1;
    bool known =
        !is_number(purpose, name, &number) &&
        (find_user(passwd, name, false, out, &login) || find_user(passwd, name, true, out, &login));
    if (!known) {
        if (!to_id(name, &number))
            return ob_err_set(err, 0, "the image has no user \"" STR_FMT "\"", STR_ARG(name));
        out->uid = number;
        out->gid = purpose == USER_OWNER ? number : 0;
        if (number == 0)
            out->home = STR("/root");
    }
    if (!has_group) {
        if (login.n)
            add_groups(a, groups, login, out);
        return 0;
    }
    if (!is_number(purpose, group, &out->gid) && !find_group(groups, group, &out->gid) &&
        !to_id(group, &out->gid))
        return ob_err_set(err, 0, "the image has no group \"" STR_FMT "\"", STR_ARG(group));
    return 0;
}
