#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Caches of specs: each step has a copy, which counts if it succeeds and nobody was faster.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"
n=0

# NAME COMMAND: writes a spec of one new step with the cache c at /c.
step()
{
    n=$((n + 1))
    printf '((from busybox) (run (cache (c (target /c))) (shell ": %d; %s")))\n' $n "$2" >"context/$1"
}

# COMMAND OUTPUT
expect_step()
{
    step spec "$1"
    build_ok -f context/spec
    expect_output "$2"
}

all()
{
    subject "$store: it is kept from step to step and from build to build"
    expect_step 'echo 1 >/c/f' ''
    expect_step 'echo 2 >>/c/f; cat /c/f' $'1\n2'
    with_result "$id" test ! -e c 2>/dev/null || [ "${store%%:*}" = copy ] || fail "a mount point is left"

    subject "$store: what is older, deleted, or replaced by something else"
    expect_step 'echo x >/c/old; touch -d 2000-01-01 /c/old; mkdir -p /c/d/e; touch /c/d/e/f; ln -s f /c/l' ''
    expect_step 'echo y >/c/old; touch -d 1999-01-01 /c/old; rm -r /c/d; rm /c/l; mkdir /c/l' ''
    expect_step 'cat /c/old; stat -c %F /c/l; find /c | sort' $'y\ndirectory\n/c\n/c/f\n/c/l\n/c/old'
    expect_step 'mkdir /c/d; ls /c/d' ''

    subject "$store: what a failed step did is dropped"
    step spec 'rm -r /c/*; touch /c/bad; false'
    build -f context/spec
    expect_equal 1 "$status" "the exit status"
    expect_step 'ls /c' $'d\nf\nl\nold'

    subject "$store: and so is what is done in a shell where it failed"
    step spec 'rm -r /c/*; touch /c/bad; false'
    build -f context/spec
    failed=$(sed -n 's,.*/state/log/\([0-9a-f]*\)\.failed$,\1,p' err)
    expect_equal $'d\nf\nl\nold' \
        "$(echo 'ls /c; touch /c/bad' | obexec shell --store="$store" "$failed" 2>/dev/null)" "what the shell sees"
    expect_step 'ls /c' $'d\nf\nl\nold'

    subject "$store: what a killed step did is dropped, and the next build removes it"
    step killed 'rm -r /c/*; touch /c/bad; echo ready; sleep 60'
    start_build killed
    expect_soon 20 has_printed killed '\| ready'
    kill_build
    expect_step 'ls /c' $'d\nf\nl\nold'
    obexec ls --store="$store" >/dev/null
    expect_equal "" "$(ls "${store#*:}/state/cache/trees/tmp")" "what is left"

    subject "$store: two at once see nothing of each other; the first to end counts"
    step slow 'echo slow >/c/f; echo ready; until [ -s /go ]; do sleep 0.02; done; cat /c/f'
    sed -i 's,(shell,(secrets (go (target /go))) (shell,' context/slow
    : >go
    start_build slow --secret=id=go,src=go
    expect_soon 20 has_printed slow '\| ready'
    expect_step 'cat /c/f; echo quick >/c/f' $'1\n2'
    echo now >go
    wait $pid || fail "a build failed"
    has_printed slow '\| slow' || fail "it has seen the other"
    expect_step 'cat /c/f' quick

    subject "$store: many generations, of which few are kept"
    {
        printf '((from busybox)\n'
        for i in {1..90}; do
            printf '(run (cache (c (target /c))) (shell "echo %d >/c/n; touch /c/n%d; rm -f /c/n%d; : %s"))\n' \
                "$i" "$i" $((i - 2)) "$store"
        done
        echo ')'
    } >context/spec
    build_ok -f context/spec
    expect_step 'cat /c/n; ls /c' $'90\nd\nf\nl\nn\nn89\nn90\nold'
    trees=$(find "${store#*:}/state/cache/trees/result" -mindepth 1 -maxdepth 1 | wc -l)
    [ "$trees" -le "$1" ] || fail "$trees generations are kept"
}

all 66
store=copy:$tmp/copies
all 1
store=overlayfs:$tmp/store

subject "the directory is its user's, whoever comes later"
spec <<'END'
((from busybox) (user (uid 7) (gid 8))
 (run (cache (u (target /c))) (shell "stat -c %u:%g:%a /c; echo x >/c/f")))
END
build_ok -f context/spec
expect_output 7:8:755
spec <<'END'
((from busybox) (run (cache (u (target /c))) (shell "stat -c %u:%g:%a /c; cat /c/f")))
END
build_ok -f context/spec
expect_output $'7:8:755\nx'

subject "a cache that is lost or damaged is empty, and no error"
rm -r store/state/cache/trees/result/*
expect_step 'ls /c' ''
for file in store/state/cache/*/generations; do
    : >"$file"
done
expect_step 'ls /c; touch /c/again' ''
expect_step 'ls /c' again

subject "a spec's cache and a Dockerfile's of the same id are two"
dockerfile <<'END'
FROM busybox
RUN --mount=type=cache,id=c,target=/c ls /c
END
build_ok
expect_output ""
