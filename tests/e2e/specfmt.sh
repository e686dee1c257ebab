#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# specfmt as editors, hooks and CI run it: what it prints, what it changes, how it ends. What the
# style is, tests/golden/format says.
. "$(dirname "$0")/functions.sh"
requires root
scratch
cd "$tmp"

make_files()
{
    printf 'from  alpine\nrun   a\n' >Dockerfile
    printf 'FROM alpine\nRUN a\n' >formatted.Dockerfile
    printf '((from alpine)(run (shell a)))' >a.spec
    printf 'FROM alpine\nrum a\n' >wrong.Dockerfile
}
make_files

subject "the formatted text goes to standard output, and files stay as they are"
expect_exit 0 specfmt Dockerfile
expect_stdout "$(printf 'FROM alpine\nRUN a')"
expect_stderr ""
expect_exit 0 specfmt Dockerfile a.spec
expect_stdout "$(printf 'FROM alpine\nRUN a\n((from alpine)\n (run (shell a)))')"
expect_equal "from  alpine" "$(head -n 1 Dockerfile)" "the first line"

subject "standard input, with the language found out or given"
from_stdin()
{
    specfmt "${@:2}" <"$1"
}
expect_exit 0 from_stdin Dockerfile
expect_stdout "$(printf 'FROM alpine\nRUN a')"
expect_exit 0 from_stdin a.spec -
expect_stdout "$(printf '((from alpine)\n (run (shell a)))')"
expect_exit 1 from_stdin a.spec --from=dockerfile
expect_exit 1 from_stdin Dockerfile --check -
expect_stdout -
expect_exit 1 from_stdin Dockerfile -d
expect_exit 2 from_stdin Dockerfile -w
expect_in_stderr "specfmt: --write can't change standard input"
expect_exit 2 specfmt -w Dockerfile -
expect_equal "from  alpine" "$(head -n 1 Dockerfile)" "the first line"

subject "--check names the files that would change"
expect_exit 1 specfmt --check Dockerfile formatted.Dockerfile a.spec
expect_stdout "$(printf 'Dockerfile\na.spec')"
expect_stderr ""
expect_exit 0 specfmt --check formatted.Dockerfile
expect_stdout ""

subject "--diff prints what patch(1) reads"
expect_exit 1 specfmt -d Dockerfile formatted.Dockerfile
expect_stdout "$(printf '%s\n' '--- Dockerfile.orig' '+++ Dockerfile' '@@ -1,2 +1,2 @@' \
    '-from  alpine' '-run   a' '+FROM alpine' '+RUN a')"
expect_exit 0 specfmt --diff formatted.Dockerfile
expect_stdout ""
if command -v patch >/dev/null; then
    specfmt -d Dockerfile a.spec >both.diff || true
    expect_exit 0 patch -s -p0 -i both.diff
    expect_exit 0 specfmt --check Dockerfile a.spec
    make_files
fi

subject "--write changes files in place, and only those that are not formatted"
ln -s Dockerfile link
chmod 640 Dockerfile
chown 12:34 Dockerfile
inode=$(stat -c %i formatted.Dockerfile)
expect_exit 0 specfmt -w link formatted.Dockerfile a.spec
expect_stdout ""
expect_stderr ""
expect_equal "$(printf 'FROM alpine\nRUN a')" "$(cat Dockerfile)" "the file"
expect_equal "640 12:34" "$(stat -c '%a %u:%g' Dockerfile)" "mode and owner"
expect_equal "symbolic link" "$(stat -c %F link)" "the link"
expect_equal "$inode" "$(stat -c %i formatted.Dockerfile)" "the formatted file's inode"
expect_exit 0 specfmt --check Dockerfile a.spec
ls >left
expect_equal "" "$(grep -Ev '^(Dockerfile|formatted.Dockerfile|wrong.Dockerfile|a.spec|both.diff|link|left|out|err|home|context)$' left || true)" \
    "what else is there"

subject "a file with errors stays as it is, and others are formatted all the same"
make_files
cp wrong.Dockerfile wrong.before
expect_exit 1 specfmt -w wrong.Dockerfile a.spec
expect_in_stderr '^wrong.Dockerfile:2:1: error: unknown instruction "rum"'
expect_exit 0 cmp wrong.Dockerfile wrong.before
expect_exit 0 specfmt --check a.spec
expect_exit 1 specfmt wrong.Dockerfile
expect_stdout ""

subject "warnings are for who compiles"
printf 'FROM alpine\nRUN a \\\n\n  b\n' >warned.Dockerfile
run spec2ir -o /dev/null warned.Dockerfile
expect_in_stderr 'warning: '
expect_exit 0 specfmt warned.Dockerfile
expect_stderr ""

subject "what can't be read or written"
expect_exit 3 specfmt missing
expect_in_stderr '^specfmt: .*"missing"'
expect_exit 3 specfmt --check missing Dockerfile
expect_stdout Dockerfile
mkdir ro
cp Dockerfile ro/
mount --bind ro ro
mount -o remount,bind,ro ro
expect_exit 3 specfmt -w ro/Dockerfile
expect_in_stderr "^specfmt: can't write \"ro/Dockerfile\": "
expect_equal "$(cat Dockerfile)" "$(cat ro/Dockerfile)" "the file"
umount ro
full()
{
    specfmt Dockerfile >/dev/full
}
expect_exit 3 full

subject "obkit fmt is specfmt"
expect_exit 1 obkit fmt --check Dockerfile
expect_stdout Dockerfile

subject "our examples are formatted"
find "$top_src/examples" -name '*.spec' -o -name '*Dockerfile' >list
xargs specfmt --check <list >out || {
    cat out
    fail "examples are not formatted"
}
