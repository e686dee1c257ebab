#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A secret is there for the step that asks for it, and nowhere else; a cache mount leaves nothing.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"
value=tresor-$RANDOM-$RANDOM
echo "$value" >secret

subject "a step reads its secret; the value is nowhere in the store, nor the mount point"
spec <<'END'
((from busybox)
 (run (secrets (a (target /run/secrets/a)) (b (target /etc/b)))
      (shell "wc -c </run/secrets/a; test -s /etc/b && ! echo x >/run/secrets/a; id >/made"))
 (run (shell "test ! -e /run && test ! -e /etc/b")))
END
build_ok -f context/spec --secret=id=a,src=secret --secret=id=b,src=secret
expect_equal $((${#value} + 1)) "$(output | head -n 1)" "the secret's size"
! grep -rq "$value" store || fail "the secret is in the store"
! grep -q "$value" out err || fail "the secret was printed"
with_result "$id" test ! -e run -a ! -e etc/b || fail "a mount point is left"

subject "another value is no other step; a build without it is cached"
first=$id
echo other >secret
build_ok -f context/spec --secret=id=a,src=secret --secret=id=b,src=secret
expect_equal "$first" "$id" "the result"
expect_counts 3 0

subject "a secret that is not given, and one whose file is missing"
sed -i 's/id >/echo >/' context/spec
build -f context/spec --secret=id=a,src=secret
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'failed after .*: the step needs secret "b": give --secret id=b,src=FILE$'
build -f context/spec --secret=id=a,src=secret --secret=id=b,src="$tmp/none"
expect_equal 1 "$status" "the exit status"
expect_in_stderr "secret \"b\": \"$tmp/none\": No such file"
expect_not_in_stderr "^\[" # known before the first step

subject "the IR names the secret, and has no place for its value"
expect_exit 0 spec2ir context/spec
grep -q '"type": *"secret"' out || fail "no secret in the IR"

subject "a cache is its user's to write, and leaves no trace"
spec <<'END'
((from busybox)
 (user (uid 7) (gid 8))
 (run (cache (c (target /var/cache/c))) (shell "echo x >/var/cache/c/f; stat -c %u:%g:%a /var/cache/c")))
END
build_ok -f context/spec
expect_output 7:8:755
with_result "$id" test ! -e var/cache || fail "a mount point is left"

subject "nor does a mount point that links lead to, out of a mount and into one"
mkdir -p context/links base/app base/there
ln -s /app context/links/out # from a mount to the root filesystem
ln -s /c/inner base/in       # from the root filesystem into a cache
cat >context/Dockerfile <<'END'
FROM busybox
RUN --mount=type=bind,source=links,target=/links --mount=type=secret,id=a,target=/links/out/secret \
    --mount=type=cache,target=/c --mount=type=secret,id=a,target=/c/../there/new/secret \
    --mount=type=secret,id=a,target=/in/new/secret \
    cat /app/secret /there/new/secret /c/inner/new/secret
RUN --mount=type=cache,target=/c ls /c
END
build_ok -f context/Dockerfile --secret=id=a,src=secret
expect_output $'other\nother\nother'
expect_names /app ""
expect_names /there ""
