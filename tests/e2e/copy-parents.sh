#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copies that keep the directories of what they copy.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"

# SOURCES DST [MEMBERS]: a copy from the context, on busybox.
copy()
{
    cat <<END
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "copy", "op": {"style": "dockerfile", "from": "context", "parents": true,
  "src": [$1], "dst": "$2"${3:+, $3}}}]
END
}

copied()
{
    copy "$@" >steps
    execute_ok <steps
}

c=context
mkdir -p $c/a/b/c $c/a/skip $c/x/src/deep $c/x/src.d
echo 1 >$c/a/b/one.txt
echo 2 >$c/a/b/c/two.txt
echo 3 >$c/a/skip/three.txt
echo 4 >$c/x/src/deep/four.txt
echo 5 >$c/top.txt
echo 6 >$c/x/src.d/six
ln -s ../../.. $c/a/up
chmod 700 $c/a
chmod 2750 $c/a/b

subject "files and directories keep their paths"
copied '"a/b/one.txt", "x/src"' /p
expect_names /p 'a a/b a/b/one.txt x x/src x/src/deep x/src/deep/four.txt'
expect_file /p %a 755
expect_file /p/a %a:%u 700:0
expect_file /p/a/b %a 2750
copied '"./a/b/one.txt"' /p/
expect_names /p 'a a/b a/b/one.txt'
copied '"."' /p
expect_file /p/a/skip/three.txt %s 2

subject "what stands before the pivot is not kept"
copied '"x/./src/deep/four.txt", "a/b/./c", "./a/./skip/"' /p
expect_names /p 'c c/two.txt skip skip/three.txt src src/deep src/deep/four.txt'
copied '"a/b/./"' /p
expect_names /p 'c c/two.txt one.txt'

subject "patterns, and two stars for any number of directories"
copied '"**/*.txt"' /p
expect_names /p 'a a/b a/b/c a/b/c/two.txt a/b/one.txt a/skip a/skip/three.txt top.txt x x/src x/src/deep x/src/deep/four.txt'
copied '"a/./**/two.txt", "x/*/./*"' /p
expect_names /p 'b b/c b/c/two.txt deep deep/four.txt six'
copied '"**/b/./**/*.txt"' /p
expect_names /p 'c c/two.txt one.txt'
copied '"a/b/**"' /p
expect_names /p 'a a/b a/b/c a/b/c/two.txt a/b/one.txt'
copied '"**/**/**/**/**/**/two.txt"' /p
expect_names /p 'a a/b a/b/c a/b/c/two.txt'

subject "owner, mode, and directories that exist"
copied '"a/b/one.txt"' /p '"owner": "7:8", "chmod": "0711"'
expect_file /p/a %a:%u:%g 711:7:8
expect_file /p/a/b/one.txt %a:%u:%g 711:7:8
mkdir -m 751 base/a
copied '"a/b/one.txt"' /
expect_file /a %a 751
expect_file /a/b %a 2750

subject "the mode of a directory on the way counts"
first=$id
chmod 755 $c/a/b
copied '"a/b/one.txt"' /
expect_different "$first" "$id" "the result"

subject "excluded and ignored files"
printf 'a/skip\n' >$c/.dockerignore
copied '"**/*.txt"' /p '"exclude": ["x"]'
expect_names /p 'a a/b a/b/c a/b/c/two.txt a/b/one.txt top.txt'

subject "no match is fine for a pattern, and not for a name"
copied '"**/*.none"' /p
expect_in_stderr 'warning: no source matches'
copy '"a/none"' /p >steps
execute_fails 1 'failed after .*: "a/none" is not there$' <steps
