#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Translation from the command line: which way, where the losses go, and what the options that look
# into files do. What becomes of what is in the goldens.
. "$(dirname "$0")/functions.sh"
requires python3
mkdir -p "${TMPDIR:-/tmp}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/obkit-e2e-XXXXXX")
drop_tmp()
{
    rm -rf "$tmp"
}
cleanup_fn drop_tmp
cd "$tmp"
mkdir context
cat >Dockerfile <<'END'
FROM debian
RUN make
CMD ["sh"]
END
cat >a.spec <<'END'
((from debian)
 (user (uid 1) (gid 1))
 (workdir /)
 (run
  (cache (c (target /c)))
  (network host)
  (shell make)))
END

subject "each language becomes the other one"
expect_exit 0 obkit convert Dockerfile
expect_stdout '((from debian)
 (shell /bin/sh -c)
 (run
  (network host)
  (shell "make")))'
expect_exit 0 obkit convert a.spec
expect_stdout 'FROM debian
USER 1:1
WORKDIR /
RUN make'
expect_exit 0 sh -c 'spec2ir --to=other - <a.spec'
expect_exit 0 obkit convert --buildkit a.spec
expect_in_stdout '^RUN --mount=type=cache,id=c,target=/c,uid=1 make$'
expect_exit 0 spec2ir --to=spec a.spec
expect_stdout "$(cat a.spec)"

subject "losses are warnings, or JSON, or errors"
expect_exit 0 obkit convert Dockerfile
expect_in_stderr '^Dockerfile:3:1: warning: CMD is lost.* \[CmdLost\]$'
expect_exit 0 obkit convert --loss Dockerfile
expect_equal 'BaseAssumed 1 CmdLost 3' "$(python3 -c 'import json, sys
print(*(x for d in json.load(sys.stdin) for x in (d["rule"], d["line"])))' <out)" "the losses"
expect_exit 0 obkit convert --loss=losses -o x.spec Dockerfile
expect_equal 2 "$(grep -c '"rule":' losses)" "the number of losses in a file"
expect_exit 0 spec2ir x.spec
expect_exit 1 obkit convert --exact -o none.spec Dockerfile
expect_in_stderr '^spec2ir: the translation would lose something'
[ ! -e none.spec ] || fail "--exact writes what loses something"
expect_exit 0 obkit convert --exact --buildkit a.spec
expect_exit 0 obkit convert --loss --buildkit a.spec
expect_stdout '[]'

subject "what can't be kept is an error, with its place, and nothing is written"
printf 'FROM debian\nADD https://example.com/x /x\n' >fetch.Dockerfile
expect_exit 1 obkit convert -o none.spec fetch.Dockerfile
expect_in_stderr '^fetch.Dockerfile:2:1: error: a spec fetches nothing'
[ ! -e none.spec ] || fail "an error writes something"

subject "files that options name"
expect_exit 3 obkit convert --passwd=none Dockerfile
expect_stderr 'spec2ir: can'\''t open "none": there is no such file'
expect_exit 3 obkit convert --context=none Dockerfile
expect_in_stderr '^spec2ir: can.t open the context "none": No such file'
printf 'app:x:7:8::/:\n' >passwd
printf 'FROM debian\nUSER app\nRUN make\n' >user.Dockerfile
expect_exit 0 obkit convert --passwd=passwd user.Dockerfile
expect_in_stdout '^ [(]user [(]uid 7[)] [(]gid 8[)][)]$'
