#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On a terminal, what runs is a table at the bottom, and what ended scrolls by above it. What a step
# prints, and what a person does to the terminal, changes nothing else there.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base

# on_terminal [OPTION-OF-terminal.py...] -- [OPTION-OF-obkit-build...]
on_terminal()
{
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    run env TERM="${term-xterm}" python3 "$top_src/tests/e2e/terminal.py" ${options[@]+"${options[@]}"} \
        obkit build --store="$store" --build-context=busybox=dir:"$tmp/base" "$@" "$tmp/context"
    [ "$status" != 99 ] || { show_run; fail "what came is nothing for a terminal"; }
}

# Standard output without times and ids is this; trailing lines that are empty do not count.
expect_screen()
{
    sed -E -i 's/[0-9]+\.[0-9]+s/TIME/g; s/ +TIME \[/ TIME [/; s/^ +TIME /  TIME /
        s/\b[0-9a-f]{12}\b/ID/g; s/(log|at): .*/\1: FILE/; s/[0-9a-f]{64}/KEY/' "$tmp/out"
    expect_stdout "$1"
}

subject "a build leaves what ended, and nothing of the table"
dockerfile <<'END'
FROM busybox
RUN echo one; sleep 0.3; echo two; sleep 0.3
WORKDIR /x
END
on_terminal '--when=\| two=show' --
expect_equal 0 "$status" "the exit status"
expect_screen '[1/3] FROM busybox: done in TIME ID
  TIME [2/3] RUN echo one; sleep 0.3; echo two; sleep 0.3
        | one
        | two
  TIME 1 of 3 steps: 0 cached, 1 built, 1 running

-----
[1/3] FROM busybox: done in TIME ID
[2/3] RUN echo one; sleep 0.3; echo two; sleep 0.3: done in TIME ID
[3/3] WORKDIR /x: done in TIME ID
3 steps: 0 cached, 3 built in TIME
KEY'

subject "what is cached is said in a line, without a table"
on_terminal --
expect_screen '[1/3] FROM busybox: cached ID
[2/3] RUN echo one; sleep 0.3; echo two; sleep 0.3: cached ID
[3/3] WORKDIR /x: cached ID
3 steps: 3 cached, 0 built in TIME
KEY'

subject "a failed step shows its last lines, and where the rest is"
dockerfile <<'END'
FROM busybox
RUN for i in $(seq 30); do echo "line $i"; done; exit 3
END
on_terminal --
expect_equal 1 "$status" "the exit status"
expect_screen "[1/2] FROM busybox: cached ID
[2/2] RUN for i in \$(seq 30); do echo \"line \$i\"; done; exit 3
 2 | ... (the log has what was before)
$(for i in $(seq 11 30); do echo " 2 | line $i"; done)
[2/2] failed after TIME: exit status 3
         at: FILE
        log: FILE
2 steps: 1 cached, 0 built, 1 failed in TIME"

subject "output that is wide, broken, or would drive the terminal stays in its place"
printf 'tab\t\ttab\t\t\t\t\t\t\t\tend\n\377\376stray\n\033[2J\033[?25l\033[?1049h\033[1;1Hat home\n10%%\r50%%\r100%%\n' \
    >"$tmp/context/broken"
cat >"$tmp/context/wide" <<'END'
漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字
écombining 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦
END
printf '\342\232\241%.0s' $(seq 60) >>"$tmp/context/wide" # narrow by our tables, wide by newer ones
dockerfile <<'END'
FROM busybox
COPY broken wide /
RUN cat /broken; sleep 0.3; cat /wide; echo; echo ready; sleep 0.3
END
on_terminal '--when=\| 100%=show' '--when=\| ready=show' --
sed -E 's/^ +[0-9.]+s/  TIME/' "$tmp/out" >"$tmp/shown"
expect_equal '        | tab             tab
        | ��stray
        | at home
        | 100%' "$(sed -n '/| tab/,/^  TIME/p' "$tmp/shown" | head -n 4)" "what is shown"
expect_equal 2 "$(grep -c '^  TIME 2 of 3 steps' "$tmp/shown")" "the number of tables"
sed -i '1,/^-----/d' "$tmp/out"
sed -i '1,/^-----/d' "$tmp/out"
expect_screen '[1/3] FROM busybox: cached ID
[2/3] COPY broken wide /: done in TIME ID
[3/3] RUN cat /broken; sleep 0.3; cat /wide; echo...: done in TIME ID
3 steps: 1 cached, 2 built in TIME
KEY'

subject "a window that gets narrower, wider, lower and higher has one table"
for cut in --cut ""; do
    dockerfile <<END
FROM busybox
RUN for i in 1 2 3 4 5 6; do echo "line \$i ---------------------------------------------------------"; sleep 0.2; done; echo $cut
END
    # xterm is one that cuts lines off, and says who it is.
    XTERM_VERSION=${cut:+XTerm(379)} on_terminal ${cut:+$cut} '--when=line 2=resize:24x50' '--when=line 3=resize:24x80' \
        '--when=line 4=resize:9x100' '--when=line 5=resize:24x80' --
    grep -v '^\[2/2\] RUN for' "$tmp/out" >"$tmp/last"
    mv "$tmp/last" "$tmp/out"
    expect_screen '[1/2] FROM busybox: cached ID
2 steps: 1 cached, 1 built in TIME
KEY'
done

subject "of more steps than there are lines some are shown"
{
    for i in 1 2 3 4 5 6; do
        printf 'FROM busybox AS s%d\nRUN echo %d >/o; sleep 0.4\n' $i $i
    done
    echo FROM busybox
    for i in 1 2 3 4 5 6; do
        echo "COPY --from=s$i /o /o$i"
    done
} >"$tmp/context/Dockerfile"
on_terminal --size=5x80 '--when=6 running=show' -- -j6
expect_in_stdout '^        and 4 more$'
sed -i '1,/^-----/d' "$tmp/out"
expect_equal 0 "$(grep -c -e running -e ' more$' "$tmp/out")" "what is left of the table"

subject "a window of two lines is enough, and one of one does no harm"
for size in 2x10 1x1; do
    dockerfile <<END
FROM busybox
RUN echo $size; sleep 0.3
END
    on_terminal --size=$size --
    expect_equal 0 "$status" "the exit status"
done

subject "Ctrl-C ends the build and leaves the terminal as it was"
dockerfile <<'END'
FROM busybox
RUN echo started; sleep 60
END
# shellcheck disable=SC1003 # the last character is a key
on_terminal '--when=\| started=keys:^C' --
expect_equal 130 "$status" "the exit status"
expect_screen '[1/2] FROM busybox: cached ID
2 steps: 1 cached, 0 built, 1 not run in TIME
obexec: interrupted'

subject "a crash leaves it as it was, too"
dockerfile <<'END'
FROM busybox
RUN echo started; sleep 60; true
END
ulimit -c 0
# shellcheck disable=SC1003 # the last character is a key
on_terminal '--when=\| started=keys:^\' --
expect_equal 131 "$status" "the exit status"

subject "a terminal that somebody has stopped does not stop the build"
dockerfile <<'END'
FROM busybox
RUN echo started; for i in 1 2 3 4 5; do sleep 0.1; done; cat /proc/uptime >/when
END
on_terminal '--when=\| started=keys:^S' '--when=started=wait:2' '--when=started=keys:^Q' --
expect_equal 0 "$status" "the exit status"
expect_in_stdout 'done in [01]\.'

subject "without colours there are none, and a dumb terminal gets lines"
dockerfile <<'END'
FROM busybox
RUN echo plain; sleep 0.2
END
NO_COLOR=1 on_terminal --no-style '--when=\| plain=show' --
expect_in_stdout 'of 2 steps'
dockerfile <<'END'
FROM busybox
RUN echo dumb; sleep 0.2
END
for term in dumb ""; do
    on_terminal --no-control --
    expect_in_stdout '^(\[2/2\] RUN echo dumb|\[2/2\].*cached)'
done
