#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SIGKILL to obexec or to a worker, at any moment: all that ran in the sandbox dies, the next run
# removes what was left and has the same result, and what only looks like ours stays.
# shellcheck disable=SC2009 # pgrep would find us too
. "$(dirname "$0")/functions.sh"
requires root busybox
# The leak checker has a process of its own under obexec, which is killed here for a worker; the
# checker then waits for it for ever.
export ASAN_OPTIONS=detect_leaks=0
scratch
make_base
ln -s busybox "$tmp/base/bin/setsid"

# The store's neighbours: names that begin like its own, a mount among them.
mkdir -p "$tmp/store-other/tmp/txn-1-0" "$tmp/store2"
echo keep >"$tmp/store-other/tmp/txn-1-0/file"
mount -t tmpfs other "$tmp/store2"
mkdir "$tmp/store2/tmp"
echo keep >"$tmp/store2/file"
neighbours()
{
    find "$tmp/store-other" "$tmp/store2" -printf '%i %y %p\n' | sort
    grep "$tmp/store2" /proc/mounts
}
neighbours >"$tmp/neighbours"

seconds=$((100000 + $$))
sleepers()
{
    pgrep -a -f "^sleep $seconds" || :
}
none_sleep()
{
    [ -z "$(sleepers)" ]
}

write_dockerfile()
{
    dockerfile <<END
FROM busybox AS a
RUN sleep $seconds & setsid sleep $seconds & echo 1 >/1; sleep 0.02
RUN echo 2 >/2; mkdir /d; $1
COPY big /big
FROM busybox
COPY --from=a / /a
RUN rm /a/1; echo started; $2
END
}
mkdir "$tmp/context/big"
for ((i = 0; i < 200; i++)); do
    echo $i >"$tmp/context/big/$i"
done

subject "the reference result"
write_dockerfile true true
store=overlayfs:$tmp/reference
began=$(date +%s%N)
build_ok
took=$((($(date +%s%N) - began) / 1000000)) # ms
want=$id

# Starts the build in the background, as a process group of its own. obkit is left out, so that the
# process that is killed is the one that has the workers.
spec2ir -o "$tmp/ir" "$tmp/context/Dockerfile"
start()
{
    : >"$tmp/err"
    obexec --store="$store" --progress=plain -j 2 --build-context=busybox=dir:"$tmp/base" \
        "$tmp/ir" "$tmp/context" >"$tmp/out" 2>"$tmp/err" </dev/null &
    pid=$!
}

# The process that builds, and its workers.
descendants()
{
    local builder
    builder=$(ps -o pid= --ppid "$1" | xargs)
    [ -z "$builder" ] || ps -o pid= --pid "$builder" --ppid "$builder" || :
}

subject "30 builds killed at random moments, a quarter of them by a worker's death"
RANDOM=$$
echo "   seed $$"
store=overlayfs:$tmp/store
killed=0
for ((n = 0; n < 30; n++)); do
    start
    sleep "$(printf '0.%03d' $((RANDOM % took)))"
    if [ $((n % 4)) = 3 ]; then
        victim=$(descendants $pid | shuf -n 1 || :)
    else
        victim=$pid
    fi
    # shellcheck disable=SC2086 # blanks around the number; no worker, no victim
    kill -KILL $victim 2>/dev/null || :
    got=0
    wait $pid 2>/dev/null || got=$?
    [ $got = 0 ] || killed=$((killed + 1))
    case $got in
    0 | 137) ;;
    3)
        expect_in_stderr '^obexec: the (worker process|process that builds) was killed by signal 9'
        ;;
    *)
        show_run
        fail "obexec ended with status $got"
        ;;
    esac
    expect_soon 2 none_sleep
    # Whatever is complete by now is thrown away, so that the next build has something to do.
    [ $got != 0 ] || obexec clean --store="$store" >/dev/null
done
[ $killed -ge 10 ] || fail "only $killed of 30 were killed before they ended"

subject "the next run cleans up and has the same result"
build_ok
expect_equal "$want" "$id" "the result"
with_result "$want" find . -type f -printf '%p %m %s\n' | sort >"$tmp/got"
cp "$tmp/got" "$tmp/got.killed"
mv "$tmp/store" "$tmp/store.killed"
mv "$tmp/reference" "$tmp/store"
with_result "$want" find . -type f -printf '%p %m %s\n' | sort >"$tmp/got"
cmp "$tmp/got" "$tmp/got.killed"
mv "$tmp/store" "$tmp/reference"
mv "$tmp/store.killed" "$tmp/store"
expect_exit 0 obexec ls --store="$store"
expect_equal "" "$(find "$tmp/store/tmp" -mindepth 1)" "what is left in the store's tmp"
expect_equal "" "$(find "$tmp/store/state/log" -name '*.part')" "what is left of logs"
expect_equal "" "$(grep "$tmp/store/" /proc/mounts || :)" "what is left of mounts"

subject "with a long step in full swing: obexec killed, its worker, both"
write_dockerfile true "sleep $seconds"
spec2ir -o "$tmp/ir" "$tmp/context/Dockerfile"
for who in obexec worker both; do
    start
    expect_soon 10 grep -q '| started' "$tmp/err"
    [ -n "$(sleepers)" ] || fail "nothing sleeps"
    builder=$(ps -o pid= --ppid $pid | xargs)
    worker=$(ps -o pid= --ppid "$builder" | xargs)
    case $who in
    obexec) kill -KILL $pid ;;
    worker) kill -KILL "$worker" ;;
    both) kill -KILL $pid "$worker" ;;
    esac
    wait $pid 2>/dev/null || :
    expect_soon 2 none_sleep
done
subject "obkit alone is killed: its build ends too"
: >"$tmp/err"
obkit build --store="$store" --progress=plain --build-context=busybox=dir:"$tmp/base" \
    -f "$tmp/context/Dockerfile" "$tmp/context" >"$tmp/out" 2>"$tmp/err" </dev/null &
pid=$!
expect_soon 10 grep -q '| started' "$tmp/err"
[ -n "$(sleepers)" ] || fail "nothing sleeps"
kill -KILL $pid
wait $pid 2>/dev/null || :
expect_soon 2 none_sleep
expect_soon 2 grep -q '^obexec: interrupted$' "$tmp/err"

printf 'FROM busybox\nRUN echo fine\n' | dockerfile
build_ok
expect_output fine

subject "files that were never finished are gone when somebody lists the store, an hour later"
touch -d '2 hours ago' "$tmp/store/state/boot.77.new"
touch "$tmp/store/state/boot.78.new"
expect_exit 0 obexec ls --store="$store"
expect_equal "$tmp/store/state/boot.78.new" "$(echo "$tmp"/store/state/*.new)" "what is left"

subject "neighbours stay untouched"
neighbours >"$tmp/neighbours.after"
diff -u "$tmp/neighbours" "$tmp/neighbours.after"
