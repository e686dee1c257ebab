#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Torture: many obexec on one store, killed at random, and nothing may come of it. Both kinds of
# store, each for half of $TORTURE_SECONDS (default 12), on a tmpfs, in namespaces of our own: what
# is left when it ends or is interrupted ends with them. $TORTURE_SEED repeats a run, as far as the
# machine's timing allows. tests/torture/torture.py says what is done and what must hold.
set -eu

skip()
{
    echo "skipped: $*"
    exit 77
}

[ "$(uname -s)" = Linux ] || skip "the native sandbox is for Linux"
[ "$(id -u)" = 0 ] || skip "the native sandbox needs root"
[ -x /bin/busybox ] || skip "/bin/busybox is missing (package busybox-static)"
command -v python3 >/dev/null || skip "python3 is not installed"
if [ -z "${TORTURE_DIR:-}" ]; then
    unshare --mount --pid --fork true 2>/dev/null || skip "no namespaces can be made here"
    TORTURE_DIR=$(mktemp -d "${TMPDIR:-/tmp}/obkit-torture-XXXXXX")
    export TORTURE_DIR
    trap 'rmdir "$TORTURE_DIR"' EXIT
    # unshare ignores all that can be ignored; with it ends pid 1, and so all of the namespace.
    trap 'kill -KILL $child; wait $child; exit 130' INT TERM
    unshare --mount --propagation private --pid --fork --kill-child --mount-proc "$0" "$@" &
    child=$!
    wait $child
    exit
fi

top_src=$(cd "$(dirname "$0")/../.." && pwd)
mount -t tmpfs -o mode=755 torture "$TORTURE_DIR"
seed=${TORTURE_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
seconds=${TORTURE_SECONDS:-12}
# The leak checker traces its process, and is killed with or without it here.
export ASAN_OPTIONS=detect_leaks=0 PATH="$PWD:$PATH" LC_ALL=C PYTHONDONTWRITEBYTECODE=1
echo "TORTURE_SEED=$seed"
exec python3 "$top_src/tests/torture/torture.py" --seed="$seed" --seconds="$seconds" "$TORTURE_DIR"
