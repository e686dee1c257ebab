#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An IR is the same bytes wherever and however it is made; its ids follow what a step does, not how
# it is written.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch

# The id of the last step of what standard input says, in a language.
last_id()
{
    spec2ir --from="$1" - | sed -n 's/.*"id": *"\([0-9a-f]\{64\}\)".*/\1/p' | tail -n 1
}

df_id()
{
    last_id dockerfile
}

sx_id()
{
    last_id spec
}

examples=(hello/Dockerfile hello/hello.spec obkit.Dockerfile obkit.spec)

subject "the examples' IR is the same in another run, directory, locale, umask and home"
for file in "${examples[@]}"; do
    (cd "$top_src/examples" && spec2ir -o "$tmp/first" "$file")
    (cd "$top_src/examples" && spec2ir -o "$tmp/again" "$file")
    cmp "$tmp/first" "$tmp/again"
    mkdir -p "$tmp/elsewhere/$(dirname "$file")"
    cp "$top_src/examples/$file" "$tmp/elsewhere/$file"
    (
        cd "$tmp/elsewhere"
        umask 077
        env -i PATH="$PATH" HOME=/nonexistent LC_ALL=tr_TR.UTF-8 TZ=Asia/Kathmandu USER=nobody \
            spec2ir "$file" >"$tmp/other"
    )
    cmp "$tmp/first" "$tmp/other"
    grep -q '"obir": *1' "$tmp/first" || fail "$file did not become an IR"
done

subject "a Dockerfile's comments, blanks, casing, stage names, line ends and continuations count not"
plain=$(df_id <<'END'
FROM busybox AS one
RUN echo a && echo b
FROM busybox
ENV A=1
COPY --from=one /etc /x
RUN make it
END
)
[ ${#plain} = 64 ] || fail "no id came out"
expect_equal "$plain" "$(df_id <<'END'
# a comment

from   busybox   as   another
run echo a && echo b
# another one
From busybox

  eNv   A=1
copy   --from=another   /etc   /x
rUN make it
END
)" "the id with other casing"
expect_equal "$plain" "$(printf '%s\r\n' 'FROM busybox AS one' 'RUN echo a && echo b' \
    'FROM busybox' 'ENV A=1' 'COPY --from=one /etc /x' 'RUN make it' | df_id)" "the id with CR LF"
# shellcheck disable=SC1003
expect_equal "$plain" "$(printf '%s\n' 'FROM busybox AS one' 'RUN echo a \' '&& echo b' \
    'FROM busybox' 'ENV A\' '=1' 'COPY --from=one \' '# between' '/etc \' '' '/x' 'RUN make it' |
    df_id)" "the id with continuations"
# shellcheck disable=SC2016
expect_equal "$plain" "$(printf '%s\n' '# escape=`' 'FROM busybox AS one' 'RUN echo a `' \
    '&& echo b' 'FROM busybox' 'ENV A=1' 'COPY --from=one /etc /x' 'RUN make it' |
    df_id)" "the id with another escape"

subject "a spec's comments, blanks, strings and build names count not"
plain=$(sx_id <<'END'
((build one ((from busybox) (run (shell "echo a"))))
 (from busybox) (env A 1) (copy (from (build one)) (src /etc) (dst /x)) (run (shell "make it")))
END
)
[ ${#plain} = 64 ] || fail "no id came out"
expect_equal "$plain" "$(sx_id <<'END'
; a comment
((build "another"
  ((from "busybox") #| two |# (run (shell "echo\
      \ a"))))
 (from busybox)
 #;(env B 2)
 (env "A" "1")
 (comment "nothing")
 (copy (dst /x) (src /etc) (from (build another)))
 (run (shell "\x6dake it")))
END
)" "the id of another spelling"

# LANGUAGE CHANGE...: each change gives $base another id.
expect_changes()
{
    local language=$1 before after change
    shift
    before=$(last_id "$language" <<<"$base")
    for change; do
        after=$(sed "$change" <<<"$base" | last_id "$language")
        [ ${#after} = 64 ] || fail "no id came out after $change"
        expect_different "$before" "$after" "the id after $change"
    done
}

subject "what a step does counts"
base='FROM busybox
SHELL ["/bin/sh", "-c"]
ENV A=1
USER 1
WORKDIR /w
RUN make'
expect_changes dockerfile 's/make/make all/' 's/A=1/A=2/' 's/A=1/B=1/' 's/USER 1/USER 2/' 's/USER 1/USER 1:1/' \
    's,/w,/v,' 's,/bin/sh,/bin/ash,' 's/RUN/RUN --network=none/' 's/RUN/RUN --network=host/' \
    's/busybox/busybox:2/' 's/RUN make/RUN ["make"]/'
base='((from busybox) (shell /bin/sh -c) (env A 1) (user (uid 1) (gid 1)) (workdir /w)
 (run (network host) (shell make)))'
expect_changes spec 's/make/"make all"/' 's/A 1/A 2/' 's/uid 1/uid 2/' 's/gid 1/gid 2/' 's,/w,/v,' \
    's,/bin/sh,/bin/ash,' 's/(network host)//' 's/(run/(run (secrets (s (target \/s)))/'
base='FROM busybox
COPY a /b'
expect_changes dockerfile 's/ a / c /' 's,/b,/c,' 's/COPY/COPY --chown=1/' 's/COPY/COPY --chmod=644/'

subject "a file's content, mode and name change a result's id; its time and owner do not"
make_base
for style in dockerfile spec; do
    if [ $style = spec ]; then
        spec <<<'((from busybox) (copy (src d) (dst /d)))'
        args=(-f "$tmp/context/spec")
    else
        printf 'FROM busybox\nCOPY d /d\n' | dockerfile
        args=()
    fi
    mkdir -p "$tmp/context/d"
    rm -f "$tmp/context/d/"*
    echo one >"$tmp/context/d/f"
    chmod 644 "$tmp/context/d/f"
    build_ok ${args[@]+"${args[@]}"}
    first=$id
    touch -d 2001-02-03 "$tmp/context/d/f" "$tmp/context/d"
    chown 7:8 "$tmp/context/d/f"
    build_ok ${args[@]+"${args[@]}"}
    expect_equal "$first" "$id" "the $style's result after touch and chown"
    chmod 755 "$tmp/context/d/f"
    build_ok ${args[@]+"${args[@]}"}
    expect_different "$first" "$id" "the $style's result after chmod"
    chmod 644 "$tmp/context/d/f"
    echo two >"$tmp/context/d/f"
    build_ok ${args[@]+"${args[@]}"}
    expect_different "$first" "$id" "the $style's result after a change"
    echo one >"$tmp/context/d/f"
    mv "$tmp/context/d/f" "$tmp/context/d/g"
    build_ok ${args[@]+"${args[@]}"}
    expect_different "$first" "$id" "the $style's result after a rename"
    mv "$tmp/context/d/g" "$tmp/context/d/f"
    build_ok ${args[@]+"${args[@]}"}
    expect_equal "$first" "$id" "the $style's result when all is as it was"
done
