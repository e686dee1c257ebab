#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A spec and the Dockerfile that it becomes, built both: what loses nothing gives the same files, and
# what is named as lost differs.
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base

# The spec, outside of the context.
given()
{
    cat >"$tmp/spec"
}

# Builds the spec and the Dockerfile of it, which is printed with these options: what is in their
# results gets into $tmp/one and $tmp/two.
both()
{
    build_ok -f "$tmp/spec"
    with_result "$id" python3 "$top_src/tests/e2e/tree.py" >"$tmp/one"
    spec2ir --to=dockerfile --from=spec --buildkit "$@" "$tmp/spec" >"$tmp/Dockerfile"
    build_ok -f "$tmp/Dockerfile"
    with_result "$id" python3 "$top_src/tests/e2e/tree.py" >"$tmp/two"
}

expect_same()
{
    both --exact "$@"
    diff -u "$tmp/one" "$tmp/two" || fail "a spec without losses and its Dockerfile build other files"
}

# RULE FILE [OPTION...]: the loss is named, and of what is built only this file differs.
expect_loss()
{
    both --loss="$tmp/loss" "${@:3}"
    expect_equal "$1" "$(sed -n 's/.*"rule": *"\([^"]*\)".*/\1/p' "$tmp/loss" | sort -u)" "the loss"
    expect_equal "$2" "$(diff "$tmp/one" "$tmp/two" | sed -n 's/^[<>] \([^ ]*\) .*/\1/p' | sort -u)" \
        "what differs"
}

subject "what is copied from a build is root's"
given <<'END'
((build a ((from busybox) (workdir /)
  (run (shell "mkdir /d; echo 1 >/d/f; chown -R 5:6 /d; ln -s f /d/l"))))
 (from busybox)
 (copy (from (build a)) (src /) (dst /all)))
END
expect_same

subject "a link in a build is a file behind COPY"
given <<'END'
((build a ((from busybox) (workdir /) (run (shell "echo 1 >/f; ln -s f /l"))))
 (from busybox)
 (copy (from (build a)) (src /l) (dst /l)))
END
expect_loss LinkLost ./l

subject "a directory that root sets is root's, whatever user the image has, and another user's is not"
make_image '{"User":"7:8"}'
given <<'END'
((from image) (workdir /made) (user (uid 5) (gid 6)) (run (shell true)))
END
for file in spec Dockerfile; do
    [ $file = spec ] ||
        spec2ir --to=dockerfile --from=spec --exact "$tmp/spec" >"$tmp/$file"
    build_ok --build-context=image=oci-layout:"$tmp/layout" -f "$tmp/$file"
    expect_file /made %u:%g:%a 0:0:755
done
given <<'END'
((from busybox) (user (uid 5) (gid 6)) (workdir /made) (run (shell true)))
END
expect_loss WorkdirLost ./made
mkdir "$tmp/context/d"
given <<'END'
((from busybox) (user (uid 5) (gid 6)) (workdir /made) (copy (src d) (dst sub)))
END
expect_same --context="$tmp/context"
given <<'END'
((from busybox) (user (uid 5) (gid 6)) (workdir /made/) (copy (src d) (dst /made/)) (run (shell true)))
END
expect_same --context="$tmp/context"
given <<'END'
((from busybox) (workdir /made) (env A b))
END
expect_loss WorkdirLost ./made

subject "a cache is the user's and the group's"
given <<'END'
((from busybox) (workdir /) (run (shell "chmod 777 /var"))
 (user (uid 5) (gid 6))
 (run (cache (c (target /c))) (shell "stat -c %u:%g /c >/var/owner")))
END
expect_same

subject "what .dockerignore names is left out by COPY"
echo '*.o' >"$tmp/context/.dockerignore"
touch "$tmp/context/a.o" "$tmp/context/a.c"
given <<'END'
((from busybox) (copy (src .) (dst /src) (exclude a.o)))
END
expect_same --context="$tmp/context"
given <<'END'
((from busybox) (copy (src .) (dst /src)))
END
expect_loss IgnoreLost ./src/a.o --context="$tmp/context"
