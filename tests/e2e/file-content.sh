#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files whose content stands in the plan.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"

# The members of a file step's op: a file step on busybox.
file()
{
    execute_ok <<END
[{"kind": "from", "op": {"image": "busybox"}}, {"kind": "file", "op": {$1}}]
END
}

subject "one file becomes its destination, or goes into it"
file '"files": [{"name": "EOF", "content": "one\ntwo\n"}], "dst": "/new/name"'
expect_equal $'one\ntwo' "$(with_result "$id" cat new/name)" "the content"
expect_file /new/name %a:%u:%g 644:0:0
expect_file /new %a:%u 755:0
file '"files": [{"name": "EOF", "content": "x"}], "dst": "/new/"'
expect_file /new/EOF %s 1
file '"files": [{"name": "EOF"}], "dst": "/tmp"'
expect_file /tmp/EOF %s 0
expect_file /tmp %a 1777

subject "several go into it"
file '"files": [{"name": "a", "content": "1"}, {"name": "b", "content": "22"}], "dst": "/d"'
expect_file /d/a %s 1
expect_file /d/b %s 2

subject "mode and owner"
file '"files": [{"name": "a"}], "dst": "/d/x", "chmod": "0750", "owner": "7:8"'
expect_file /d/x %a:%u:%g 750:7:8
expect_file /d %a:%u:%g 755:7:8
file '"files": [{"name": "a"}], "dst": "/d/x", "chmod": "u+x,go="'
expect_file /d/x %a 700

subject "a link is replaced, what it names is not; nothing leaves the root"
ln -s /etc/passwd base/link
ln -s ../../../../../.."$tmp"/home base/out
file '"files": [{"name": "a", "content": "new"}], "dst": "/link"'
expect_file /link %F:%s 'regular file:3'
expect_file /etc/passwd %s "$(stat -c %s base/etc/passwd)"
execute <<'END'
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "file", "op": {"files": [{"name": "a"}], "dst": "/out/"}}]
END
[ ! -e home/a ] || fail "a file was made outside"

subject "a directory is in the way"
mkdir base/dir base/dir/a
execute_fails 1 '"a" is a directory, which a file can.t replace$' <<'END'
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "file", "op": {"files": [{"name": "a"}], "dst": "/dir/"}}]
END

subject "what is late comes from the base image, and the same content is cached"
late='"files": [{"name": "a", "content": {"late": ["user=", {"base": "workdir"}]}}], "dst": "/x"'
file "$late"
expect_equal "user=/" "$(with_result "$id" cat x)" "the content"
file "$late"
expect_counts 2 0
