#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A result stays what it was when its step ended, whoever was handed its descriptors.
. "$(dirname "$0")/functions.sh"
requires root busybox
[ -x tests/e2e/hand_on ] || skip "programs can not be linked statically here"
scratch
make_base
cp tests/e2e/hand_on "$tmp/base/bin"
cache="--mount=type=cache,target=/c"

for store in "$store" copy:"$tmp/copies"; do
    subject "${store%%:*}: a directory that another step has open can't be changed"
    cat <<END | dockerfile
FROM busybox AS taker
RUN $cache rm -f /c/sign; hand_on take /c/socket /c/sign
FROM busybox AS giver
RUN $cache hand_on send /c/socket; sleep 1000 & true
RUN $cache touch /c/sign
FROM busybox
COPY --from=taker /bin/busybox /a
COPY --from=giver /bin/busybox /b
END
    build_ok -j2
    expect_output "kept out: Read-only file system"
    build_ok --target=giver
    with_result "$id" test ! -e poison || fail "the result was changed"

    subject "${store%%:*}: a file that another step can write is no result"
    cat <<END | dockerfile
FROM busybox AS taker
RUN $cache rm -f /c/sign; hand_on take /c/socket /c/sign # a file
FROM busybox AS giver
RUN $cache hand_on send /c/socket /file
FROM busybox
COPY --from=taker /bin/busybox /a
COPY --from=giver /bin/busybox /b
END
    build -j2 --timeout=3s
    expect_equal 1 "$status" "the exit status"
    expect_in_stderr 'failed after .*: a file of the root filesystem is still open for writing, by a process outside of the step'
done
