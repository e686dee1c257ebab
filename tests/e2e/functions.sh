# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the scripts in this directory, which say in their first lines:
#
#     . "$(dirname "$0")/functions.sh"
#     requires root busybox
#     scratch
#
# They run in the build directory. A script runs in a mount namespace of its own, with a tmpfs as
# $tmp, so what it leaves is gone when its last process is. Without `requires` nothing is skipped.
# shellcheck disable=SC2034 # what is set here is used in the scripts
set -eu -o pipefail

top_src=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
top_build=$PWD
PATH=$top_build:$PATH
export LC_ALL=C
unset XDG_CACHE_HOME OBKIT_OVERLAYFS_MOUNT
umask 022

skip()
{
    echo "skipped: $*"
    exit 77
}

fail()
{
    echo "failed: $*"
    exit 1
}

trap 'echo "failed: $0: line $LINENO: $BASH_COMMAND"' ERR

# What is being shown, for whoever reads the log of a failure.
subject()
{
    echo "-- $*"
}

requires()
{
    local what
    for what; do
        case $what in
        root)
            [ "$(uname -s)" = Linux ] || skip "the native sandbox is for Linux"
            [ "$(id -u)" = 0 ] || skip "the mounts of this test need root"
            ;;
        busybox)
            [ -x /bin/busybox ] || skip "/bin/busybox is missing (package busybox-static)"
            [ "$(head -c 4 /bin/busybox | tail -c 3)" = ELF ] || skip "/bin/busybox is no program"
            ;;
        static)
            [ -x tests/conform/inside ] || skip "programs can not be linked statically here"
            ;;
        *) command -v "$what" >/dev/null || skip "$what is not installed" ;;
        esac
    done
}

# Cleaning up, in the reverse order. Functions take no arguments.
cleanup_fns=()
cleanup_fn()
{
    cleanup_fns=("$1" ${cleanup_fns[@]+"${cleanup_fns[@]}"})
}

run_cleanups()
{
    local status=$? fn
    set +e
    for fn in ${cleanup_fns[@]+"${cleanup_fns[@]}"}; do
        "$fn"
    done
    exit "$status"
}
trap run_cleanups EXIT

drop_scratch()
{
    cd /
    umount -l "$tmp"
    rmdir "$tmp"
}

# $tmp: a directory of our own on a tmpfs that nobody else sees. The script starts again for it, in
# a new mount namespace.
scratch()
{
    if [ -z "${OBKIT_E2E_PRIVATE:-}" ]; then
        # No test takes minutes, unless it says so: one that hangs must not hold up the rest.
        OBKIT_E2E_PRIVATE=1 exec timeout --foreground --kill-after=5 "${time_limit:-300}" \
            unshare --mount --propagation private "$0" "$@"
    fi
    unset OBKIT_E2E_PRIVATE
    tmp=$(mktemp -d "${TMPDIR:-/tmp}/obkit-e2e-XXXXXX")
    mount -t tmpfs -o mode=755 obkit-e2e "$tmp"
    cleanup_fn drop_scratch
    store=overlayfs:$tmp/store
    export HOME=$tmp/home
    mkdir "$tmp/home" "$tmp/context"
    : >"$tmp/out"
    : >"$tmp/err"
}

# Running.

status=0

# Runs a command with its standard output in $tmp/out, its standard error in $tmp/err, and its
# exit status in $status.
run()
{
    status=0
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
}

show_run()
{
    echo "   exit status $status; standard output:"
    head -n 30 "$tmp/out" | cut -c 1-200 | sed 's/^/   > /'
    echo "   standard error:"
    tail -n 40 "$tmp/err" | cut -c 1-300 | sed 's/^/   > /'
}

# STATUS COMMAND...
expect_exit()
{
    local want=$1
    shift
    run "$@"
    [ "$status" = "$want" ] && return
    show_run
    fail "\"$*\" ended with status $status, not $want"
}

# The whole of standard error is this.
expect_stderr()
{
    [ "$(cat "$tmp/err")" = "$1" ] && return
    show_run
    fail "standard error is not: $1"
}

expect_stdout()
{
    [ "$(cat "$tmp/out")" = "$1" ] && return
    show_run
    fail "standard output is not: $1"
}

# Lines of standard error match a regular expression, or none does.
expect_in_stderr()
{
    grep -Eq -- "$1" "$tmp/err" && return
    show_run
    fail "nothing on standard error is like: $1"
}

expect_in_stdout()
{
    grep -Eq -- "$1" "$tmp/out" && return
    show_run
    fail "nothing on standard output is like: $1"
}

expect_not_in_stderr()
{
    grep -Eq -- "$1" "$tmp/err" || return 0
    show_run
    fail "standard error has: $1"
}

# WANT GOT WHAT
expect_equal()
{
    [ "$1" = "$2" ] || fail "$3 is \"$2\", not \"$1\""
}

expect_different()
{
    [ "$1" != "$2" ] || fail "$3 stays \"$1\""
}

# Waits until a command succeeds: expect_soon SECONDS COMMAND...
expect_soon()
{
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -le "$end" ] || fail "\"$*\" does not come true"
        sleep 0.02
    done
}

# Building.

# A busybox, links to it, the usual directories: as $tmp/base, to be used as "busybox".
make_base()
{
    local root=$tmp/base
    mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/root" "$root/var"
    chmod 1777 "$root/tmp"
    chmod 700 "$root/root"
    cp /bin/busybox "$root/bin/busybox"
    local name
    for name in sh ls cat echo sleep touch mkdir chmod chown stat find rm ln id env readlink wc \
        sort test true false grep head mount ps seq mkfifo printf wget nc dd sha256sum ip; do
        ln -s busybox "$root/bin/$name"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
}

# Makes $tmp/layout, an OCI layout of one image with this configuration and the files of $tmp/base:
# make_image CONFIG
make_image()
{
    local layer config manifest dir=$tmp/layout
    rm -rf "$dir"
    mkdir -p "$dir/blobs/sha256"
    blob()
    {
        local digest
        digest=$(sha256sum <"$1" | cut -d ' ' -f 1)
        cp "$1" "$dir/blobs/sha256/$digest"
        printf '"digest":"sha256:%s","size":%d' "$digest" "$(stat -c %s "$1")"
    }
    tar -C "$tmp/base" -cf "$tmp/layer" .
    layer=$(blob "$tmp/layer")
    printf '{"architecture":"amd64","os":"linux","config":%s,"rootfs":{"type":"layers",
        "diff_ids":["sha256:%s"]}}' "$1" "$(sha256sum <"$tmp/layer" | cut -d ' ' -f 1)" >"$tmp/config"
    config=$(blob "$tmp/config")
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
        "config":{"mediaType":"application/vnd.oci.image.config.v1+json",%s},
        "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar",%s}]}' \
        "$config" "$layer" >"$tmp/manifest"
    manifest=$(blob "$tmp/manifest")
    printf '{"schemaVersion":2,"manifests":[{
        "mediaType":"application/vnd.oci.image.manifest.v1+json",%s}]}' "$manifest" >"$dir/index.json"
    echo '{"imageLayoutVersion":"1.0.0"}' >"$dir/oci-layout"
}

# Runs obkit build, its options before the context: build [OPTION...]
build()
{
    run obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
        "$@" "$tmp/context"
}

# A build that must succeed. $id gets the result's id.
build_ok()
{
    build "$@"
    if [ "$status" != 0 ]; then
        show_run
        fail "the build ended with status $status"
    fi
    id=$(cat "$tmp/out")
}

# Runs obexec on steps, given as JSON (see ir.py): execute [OPTION...] <<END
execute()
{
    python3 "$top_src/tests/e2e/ir.py" >"$tmp/ir.json"
    run obexec --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
        "$@" "$tmp/ir.json" "$tmp/context"
}

execute_ok()
{
    execute "$@"
    if [ "$status" != 0 ]; then
        show_run
        fail "obexec ended with status $status"
    fi
    id=$(cat "$tmp/out")
}

# Executing fails with this status, and standard error has a line like this: STATUS REGEXP
execute_fails()
{
    execute
    if [ "$status" != "$1" ]; then
        show_run
        fail "obexec ended with status $status, not $1"
    fi
    expect_in_stderr "$2"
}

# Builds a file of the context beside what the script does, with its standard error in
# $tmp/err.FILE. Its process is in $pid: start_build FILE [OPTION...]
start_build()
{
    local file=$1
    shift
    obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" "$@" \
        -f "$tmp/context/$file" "$tmp/context" >/dev/null 2>"$tmp/err.$file" &
    pid=$!
}

# Whether it has printed a line like this by now: FILE REGEXP
has_printed()
{
    grep -Eq -- "$2" "$tmp/err.$1"
}

# Ends the build in $pid as a crash would, its obexec first.
kill_build()
{
    local child
    read -r child _ <"/proc/$pid/task/$pid/children" || true # no newline ends it
    kill -9 "$child" "$pid"
    wait "$pid" 2>/dev/null || true
}

# The counts of the last build: "CACHED BUILT".
counts()
{
    sed -n -E 's/^[0-9]+ steps?: ([0-9]+) cached, ([0-9]+) built.*/\1 \2/p' "$tmp/err"
}

expect_counts()
{
    [ "$(counts)" = "$1 $2" ] && return
    show_run
    fail "not $1 steps cached and $2 built"
}

# Makes a Dockerfile or a spec in the context from standard input.
dockerfile()
{
    cat >"$tmp/context/Dockerfile"
}

spec()
{
    cat >"$tmp/context/spec"
}

# The text that the last build's steps printed, without their numbers.
output()
{
    sed -n -E 's/^ +[0-9]+ \| //p' "$tmp/err"
}

expect_output()
{
    [ "$(output)" = "$1" ] && return
    show_run
    fail "the steps did not print: $1"
}

# Mounts the overlay of a result at $tmp/root, read-only, to look at it: with_result ID COMMAND...
with_result()
{
    local key=$1 lowers k marks="" status=0
    shift
    lowers=$tmp/store/result/$key/fs
    while read -r k; do
        lowers=$lowers:$tmp/store/result/$k/fs
    done <"$tmp/store/result/$key/chain"
    mkdir -p "$tmp/root"
    [ ! -e "$tmp/store/user-marks" ] || marks=,userxattr
    # An overlay needs two layers to be read-only.
    mkdir -p "$tmp/empty"
    mount -t overlay -o "ro,lowerdir=$lowers:$tmp/empty$marks" overlay "$tmp/root" || return 1
    (cd "$tmp/root" && "$@") || status=$?
    umount "$tmp/root"
    return $status
}

# A file of the result, as stat prints it: PATH FORMAT WANT
expect_file()
{
    expect_equal "$3" "$(with_result "$id" stat -c "$2" "${1#/}" 2>&1)" "$2 of $1"
}

# What is below a directory of the result: PATH NAMES
expect_names()
{
    expect_equal "$2" "$(with_result "$id" find "${1#/}" -mindepth 1 -printf '%P\n' | sort | xargs)" \
        "what is in $1"
}
