/* SPDX-License-Identifier: Apache-2.0 */
/* Looks users up in an image's passwd and group files, read through the image's root. */
#include <config.h>

#include "exec/user.h"

#include "base/cleanup.h"
#include "base/fs.h"
#include "base/passwd.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

enum { MAX_FILE = 16 << 20, MAX_GROUPS = 1000 };

int user_file(struct arena *a, int root, const char *path, struct str *out, struct ob_err *err)
{
    cleanup_close int found = fs_open_in(root, path, O_PATH, 0);
    cleanup_buf struct buf b = BUF_INIT;
    struct stat st;
    *out = STR("");
    bool is_there = found >= 0 && fstat(found, &st) == 0;
    cleanup_close int fd = is_there ? fs_open_found(found, st.st_dev, st.st_ino) : -1;
    if (fd < 0)
        return 0; /* an image need not have users, and it may have a device of that name */
    if (fs_read_all(fd, &b, MAX_FILE, err) < 0)
        return ob_err_wrap(err, "the image's %s", path);
    *out = arena_str(a, buf_str(&b));
    return 0;
}

static bool find_user(struct str passwd, struct str name, struct user *u, struct str *login)
{
    struct passwd_entry e;
    if (!passwd_find(passwd, name, false, &e) && !passwd_find(passwd, name, true, &e))
        return false;
    u->uid = e.uid;
    u->gid = e.gid;
    u->home = e.home;
    *login = e.name;
    return true;
}

static void add_groups(struct arena *a, struct str groups, struct str login, struct user *u)
{
    gid_t gid;
    while (u->groups.n < MAX_GROUPS && group_next_of(&groups, login, &gid))
        vec_push(a, &u->groups, gid);
}

/* Owners that are numbers are not looked up. */
static bool is_number(enum user_purpose purpose, struct str s, uint32_t *out)
{
    return purpose == USER_OWNER && passwd_id(s, out);
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
    if (user_file(a, root, "/etc/passwd", &passwd, err) < 0 ||
        user_file(a, root, "/etc/group", &groups, err) < 0)
        return -1;
    if (is_number(purpose, name, &number) || !find_user(passwd, name, out, &login)) {
        if (!passwd_id(name, &number))
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
    if (!is_number(purpose, group, &out->gid) && !group_find(groups, group, &out->gid) &&
        !passwd_id(group, &out->gid))
        return ob_err_set(err, 0, "the image has no group \"" STR_FMT "\"", STR_ARG(group));
    return 0;
}
