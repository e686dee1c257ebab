#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Scripts of a command: there while it runs, and then gone.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"

subject "a script is shown, read-only and executable, to its command alone"
execute <<'END'
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "run", "op": {"argv": ["/dev/pipes/EOF"], "user": "7:7", "scripts": [
    {"name": "EOF", "content": "#!/bin/sh\nstat -c '%a %u %g' $0\necho 2>/dev/null >$0 || cat /dev/pipes/B\n"},
    {"name": "B", "content": {"late": ["at ", {"base": "workdir"}, "\n"]}}]}},
 {"kind": "run", "op": {"shell": "base", "command": "ls /dev/pipes"}}]
END
expect_equal 1 "$status" "the exit status"
expect_equal $'755 0 0\nat /\nls: /dev/pipes: No such file or directory' "$(output)" "the output"

subject "nothing of it is in the snapshot"
execute_ok <<'END'
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "run", "op": {"argv": ["/dev/pipes/EOF"], "scripts": [
    {"name": "EOF", "content": "#!/bin/sh\necho made >/made\n"}]}}]
END
expect_equal "bin etc made root tmp var" "$(with_result "$id" ls | xargs)" "what is in the root"

subject "another content is another step"
first=$id
execute_ok <<'END'
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "run", "op": {"argv": ["/dev/pipes/EOF"], "scripts": [
    {"name": "EOF", "content": "#!/bin/sh\necho other >/made\n"}]}}]
END
expect_different "$first" "$id" "the result"
expect_counts 1 1
