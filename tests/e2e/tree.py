# SPDX-License-Identifier: Apache-2.0
"""Prints a line for each file below the current directory: name, type, mode, owner, links,
content, extended attributes. With --times, the times of what is no directory too."""
import hashlib
import os
import stat
import sys


def content(path, st):
    if stat.S_ISLNK(st.st_mode):
        return "-> " + os.fsdecode(os.readlink(path))
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()[:16]
    if stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        return "%d:%d" % (os.major(st.st_rdev), os.minor(st.st_rdev))
    return ""


def tree(top, when=lambda st: ""):
    """{path: its line}; `when` says what there is to say of its times."""
    found, inodes = {}, {}
    for root, dirs, files in os.walk(top, onerror=lambda e: sys.exit(str(e))):
        dirs.sort()
        for name in sorted(dirs + files) + ([b"."] if root == top else []):
            path = os.path.join(root, name)
            shown = os.path.join(b".", os.path.relpath(path, top)) if path != top else path
            st = os.lstat(path)
            first = inodes.setdefault(st.st_ino, shown) if st.st_nlink > 1 else shown
            is_link = first != shown and not stat.S_ISDIR(st.st_mode)
            link = " = " + os.fsdecode(first) if is_link else ""
            xattrs = sorted((n, os.getxattr(path, n, follow_symlinks=False))
                            for n in os.listxattr(path, follow_symlinks=False)
                            if not n.startswith("trusted.overlay."))
            found[shown] = "%s %o %d:%d %s%s%s%s" % (
                os.fsdecode(shown), st.st_mode, st.st_uid, st.st_gid, content(path, st), link,
                "".join(" %s=%s" % x for x in xattrs), when(st))
    return found


def time_of_file(st):
    return "" if stat.S_ISDIR(st.st_mode) else " %d" % st.st_mtime


def main():
    lines = (tree(b".", time_of_file) if sys.argv[1:] == ["--times"] else tree(b".")).values()
    sys.stdout.write("".join(x.encode(errors="surrogateescape").decode(errors="backslashreplace") +
                             "\n" for x in sorted(lines)))


if __name__ == "__main__":
    main()
