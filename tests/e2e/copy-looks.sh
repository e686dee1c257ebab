#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The modes and times that steps give to what they make.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"

# Members of the op of a copy from the context, on busybox.
copy()
{
    execute_ok <<END
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "copy", "op": {"style": "dockerfile", "from": "context", $1}}]
END
}

c=context
mkdir -p $c/d/sub
echo x >$c/d/plain
echo x >$c/d/program
ln -s plain $c/d/link
chmod 644 $c/d/plain
chmod 750 $c/d/program $c/d/sub

subject "a symbolic mode changes each file's own, of directories as well"
copy '"src": ["d"], "dst": "/x", "chmod": "go=rX,u-w"'
expect_file /x/plain %a 444
expect_file /x/program %a 555
expect_file /x/sub %a 555
expect_file /x/link %F 'symbolic link'
first=$id
chmod 640 $c/d/plain
copy '"src": ["d"], "dst": "/x", "chmod": "go=rX,u-w"'
expect_different "$first" "$id" "the result for another mode"

subject "with an octal mode the source's does not count"
copy '"src": ["d"], "dst": "/x", "chmod": "0751"'
expect_file /x/plain %a 751
expect_file /x/sub %a 751
first=$id
chmod 600 $c/d/plain
copy '"src": ["d"], "dst": "/x", "chmod": "0751"'
expect_equal "$first" "$id" "the result"

subject "an epoch is the time of all that is made, not of what was there"
copy '"src": ["d"], "dst": "/new/deep", "epoch": "1000000000"'
for path in /new /new/deep /new/deep/sub /new/deep/plain /new/deep/link; do
    expect_file $path %Y 1000000000
done
copy '"src": ["d/plain"], "dst": "/var/x/", "epoch": "7"'
expect_file /var/x/plain %Y 7
expect_file /var/x %Y 7
expect_file /etc %Y "$(stat -c %Y base/etc)"
execute_ok <<'END'
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "mkdir", "op": {"path": "/w/x", "epoch": "8"}},
 {"kind": "file", "op": {"files": [{"name": "a"}], "dst": "/f/", "epoch": "9"}}]
END
expect_file /w %Y 8
expect_file /w/x %Y 8
expect_file /f %Y 9
expect_file /f/a %Y 9

subject "an epoch before 1970"
tar -C $c -cf $c/t.tar d/plain
execute_ok <<'END'
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "copy", "op": {"style": "dockerfile", "from": "context", "src": ["d/plain"], "dst": "/x/",
  "epoch": "-5"}},
 {"kind": "add", "op": {"src": ["t.tar"], "dst": "/t/", "epoch": "-5"}},
 {"kind": "file", "op": {"files": [{"name": "a"}], "dst": "/f/", "epoch": "-5"}}]
END
for path in /x /x/plain /t /t/d /t/d/plain /f /f/a; do
    expect_file $path %Y -5
done
rm $c/t.tar

subject "an epoch that is to be found is refused before anything runs"
execute_fails 1 'step 2 .*: it needs "epoch.source", which this obexec can.t do' <<'END'
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "mkdir", "op": {"path": "/w", "epoch": "context"}}]
END
expect_not_in_stderr 'from'
