#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Caches of Dockerfiles: directories that steps use in place, shared, locked or each its own.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"
cache=store/state/cache
n=0

# NAME MOUNT COMMAND: writes a Dockerfile of one new step.
step()
{
    n=$((n + 1))
    printf 'FROM busybox\nRUN --mount=type=cache,%s : %d; %s\n' "$2" $n "$3" >"context/$1"
}

# Has the steps go on that wait for a file go in a Dockerfile's cache: ID
go_on()
{
    local file
    grep -lxz "dir.$1" $cache/*/about | while read -r file; do
        find "${file%/about}" -mindepth 1 -maxdepth 1 -type d -exec touch {}/go \;
    done
}
wait_for_go='until [ -e /c/go ]; do sleep 0.02; done'

subject "it is kept from step to step and from build to build, and is not in the result"
dockerfile <<'END'
FROM busybox
RUN --mount=type=cache,target=/var/cache/c echo 1 >/var/cache/c/f
RUN --mount=type=cache,target=/var/cache/c echo 2 >>/var/cache/c/f; cat /var/cache/c/f
END
build_ok
expect_output $'1\n2'
with_result "$id" test ! -e var/cache || fail "a mount point is left"
step Dockerfile target=/x,id=/var/cache/c 'cat /x/f; rm /x/f; echo new >/x/g'
build_ok
expect_output $'1\n2'
step Dockerfile target=/x,id=/var/cache/c 'ls /x'
build_ok
expect_output g

subject "a result that is there does not use it"
build_ok
expect_counts 2 0

subject "other ids, owners and modes are other caches"
for mount in target=/x target=/x,id=/var/cache/c,uid=5 target=/x,id=/var/cache/c,mode=0700; do
    step Dockerfile "$mount" 'ls /x; stat -c %a:%u:%g /x'
    build_ok
done
expect_output 700:0:0
expect_equal 4 "$(find $cache -mindepth 2 -maxdepth 2 -name 0 | wc -l)" "the number of caches"

subject "a file that is older than the one before stays"
step Dockerfile target=/x 'echo old >/x/t; touch -d 2001-01-01 /x/t; echo y >/x/u; touch -d 2030-01-01 /x/u'
build_ok
step Dockerfile target=/x 'echo older >/x/t; touch -d 2000-01-01 /x/t; rm /x/u'
build_ok
step Dockerfile target=/x 'cat /x/t; ls /x'
build_ok
expect_output $'older\nt'

subject "what a failed or killed step wrote stays, as in docker"
step Dockerfile target=/x 'echo failed >/x/f; false'
build
expect_equal 1 "$status" "the exit status"
step killed target=/x 'echo killed >/x/k; echo ready; sleep 60'
start_build killed
expect_soon 20 has_printed killed '\| ready'
kill_build
step Dockerfile target=/x 'cat /x/f /x/k'
build_ok
expect_output $'failed\nkilled'

subject "read-only"
step Dockerfile target=/x,ro 'touch /x/no 2>/dev/null || echo ro'
build_ok
expect_output ro

subject "shared: two processes have it at once"
step one target=/c,id=s 'touch /c/one; until [ -e /c/two ]; do sleep 0.02; done; echo met'
step two target=/c,id=s 'until [ -e /c/one ]; do sleep 0.02; done; touch /c/two; echo met'
start_build one
one=$pid
start_build two
wait $pid $one || fail "a build failed"
has_printed one '\| met' && has_printed two '\| met' || fail "they did not meet"
! has_printed two waiting || fail "one has waited"

subject "locked: the second waits, and says so; the first's end lets it go"
step one target=/c,id=l,sharing=locked "touch /c/busy; echo in; $wait_for_go; rm /c/busy /c/go"
step two target=/c,id=l,sharing=locked 'test ! -e /c/busy && echo alone'
start_build one
one=$pid
expect_soon 20 has_printed one '\| in'
start_build two
expect_soon 20 has_printed two 'waiting for cache "l", which others use'
go_on l
wait $pid $one || fail "a build failed"
has_printed two '\| alone' || fail "they were not alone"

subject "locked: a killed step lets it go"
step one target=/c,id=l,sharing=locked 'echo in; sleep 60'
start_build one
expect_soon 20 has_printed one '\| in'
kill_build
step two target=/c,id=l,sharing=locked 'echo got it'
expect_exit 0 timeout 20 obkit build --store="$store" --progress=plain \
    --build-context=busybox=dir:base -f context/two context

subject "locked: steps that want several never wait for each other for ever"
# two waits for q first, having p or nothing; then one, having p or nothing.
both=sharing=locked,target=/p,id=p
step holder target=/c,id=q,sharing=locked "echo in; $wait_for_go"
step two "target=/q,id=q,sharing=locked --mount=type=cache,$both" 'echo got both'
step one "$both --mount=type=cache,target=/q,id=q,sharing=locked" 'echo got both'
start_build holder
expect_soon 20 has_printed holder '\| in'
start_build two
two=$pid
expect_soon 20 has_printed two waiting
start_build one
expect_soon 20 has_printed one waiting
go_on q
expect_soon 20 has_printed one '\| got both'
expect_soon 20 has_printed two '\| got both'
wait $pid $two || fail "a build failed"

subject "one cache at two places of a step is one directory, also if it is locked"
step Dockerfile "target=/c,id=l,sharing=locked --mount=type=cache,target=/d,id=l" 'touch /c/both; ls /d'
build_ok
expect_output both

subject "private: each has its own, and finds it again"
step one target=/c,id=v,sharing=private "touch /c/mine; echo in; $wait_for_go; rm /c/go; ls /c"
step two target=/c,id=v,sharing=private 'touch /c/other; ls /c'
start_build one
one=$pid
expect_soon 20 has_printed one '\| in'
start_build two
wait $pid || fail "a build failed"
go_on v
wait $one || fail "a build failed"
expect_equal "mine" "$(sed -n 's/.*| //p' err.one | grep -v '^in')" "what the first has"
expect_equal "other" "$(sed -n 's/.*| //p' err.two)" "what the second has"
step Dockerfile target=/c,id=v,sharing=private 'ls /c'
build_ok
expect_output mine

subject "a new one begins with a stage's directory, and is then its own"
cat >context/Dockerfile <<'END'
FROM busybox AS base
RUN mkdir -p /s/d && echo 1 >/s/d/f && chown 5:6 /s/d/f && ln -s f /s/d/l
FROM busybox
RUN --mount=type=cache,from=base,source=/s,target=/c stat -c '%n %u:%g' /c/d/f; readlink /c/d/l; echo 2 >/c/d/f
RUN --mount=type=cache,from=base,source=/s,target=/c cat /c/d/f; ls -d /c
END
build_ok
expect_output $'/c/d/f 5:6\nf\n2\n/c'

subject "what it begins with must be there, and a directory"
for source in none s/d/f; do
    sed "s|source=/s,|source=/$source,|" context/Dockerfile >context/bad
    build -f context/bad
    expect_equal 1 "$status" "the exit status"
done

subject "a half-made one is not taken for whole"
step Dockerfile target=/c,id=half 'ls /c'
build_ok
half=$(grep -lz '^dir.half$' $cache/*/about)
half=${half%/about}
mkdir "$half/new"
touch "$half/new/rest"
rmdir "$half/0"
step Dockerfile target=/c,id=half 'ls /c'
build_ok
expect_output ""

subject "a store of plain copies"
store=copy:$tmp/copies
for i in 1 2; do
    step Dockerfile target=/c "echo $i >>/c/f; cat /c/f"
    build_ok
done
expect_output $'1\n2'
