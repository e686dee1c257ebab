#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copies from another stage: all of its steps are seen, and owners stay in a Dockerfile.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

dockerfile <<'END'
FROM busybox AS made
RUN mkdir -p /d/sub; echo 1 >/d/one; chown 5:6 /d/one /d/sub; chmod 2750 /d/sub
RUN echo 2 >/d/sub/two; ln /d/one /d/hard; ln -s one /d/link; mkfifo /d/fifo; chmod 4711 /d/one
RUN echo gone >/d/gone
RUN rm /d/gone; rm -rf /d/old
FROM busybox
COPY --from=made /d /d
COPY --from=made --chown=7 /d /owned
COPY --from=0 /d/o* /wild/
COPY --from=made etc /relative
COPY --from=made / /all
END
subject "a Dockerfile: owners, modes, links, and no file that a later step removed"
build_ok
expect_file /d/one %u:%g:%a:%h 5:6:4711:2
expect_file /d/hard %h 2
expect_file /d/sub %u:%g:%a 5:6:2750
expect_file /d/link %N "'d/link' -> 'one'"
expect_file /d/fifo %F fifo
expect_file /owned/one %u:%g:%a 7:7:4711
expect_file /owned/sub/two %u:%g 7:7
expect_file /wild/one %a 4711
expect_file /relative/passwd %F 'regular file'
expect_file /all/tmp %a 1777
with_result "$id" test ! -e d/gone

# DST OWNER WANTED, the first two as JSON: a copy of a file of 5:6 is WANTED's.
copy_owned()
{
    execute_ok <<END
[{"kind": "from", "op": {"image": "busybox"}},
 {"kind": "run", "op": {"shell": "base", "command": "mkdir /d; echo 1 >/d/one; chown 5:6 /d/one"}},
 {"kind": "from", "op": {"image": "busybox"}},
 {"kind": "copy", "reads": [1], "op": {"style": "dockerfile", "from": "step", "src": ["/d/one"],
  "dst": $1, "owner": $2}}]
END
    expect_file /late/one %u:%g "$3"
}
nothing='{"env": "NOTHING"}'

subject "an owner that comes out empty is none, whether it can be put in before or not"
copy_owned '"/late/"' "{\"late\": [$nothing]}" 5:6
copy_owned '"/late/"' '""' 5:6
expect_counts 4 0
copy_owned "{\"late\": [$nothing, \"late/\"]}" "{\"late\": [$nothing]}" 5:6
copy_owned "{\"late\": [$nothing, \"late/\"]}" "{\"late\": [$nothing, \"7\"]}" 7:7

subject "no mount of the sandbox is copied with the root"
expect_equal "" "$(with_result "$id" find all/proc all/dev all/sys -mindepth 1 2>/dev/null)" "files"

subject "a spec: what is copied is the user's"
spec <<'END'
((build made ((from busybox)
  (run (shell "mkdir /d; echo 1 >/d/one; chown 5:6 /d/one; chmod 600 /d/one"))
  (run (shell "echo 2 >/d/two"))))
 (from busybox)
 (copy (from (build made)) (src /d) (dst /d))
 (user (uid 7) (gid 8))
 (copy (from (build made)) (src /d/one) (dst /e/)))
END
build_ok -f "$tmp/context/spec"
expect_file /d/one %u:%g:%a 0:0:600
expect_file /d/two %u:%g 0:0
expect_file /e/one %u:%g:%a 7:8:600

subject "a file that the stage has not"
printf 'FROM busybox AS a\nRUN true\nFROM busybox\nCOPY --from=a /none /\n' | dockerfile
build
expect_equal 1 "$status" "the exit status"
expect_in_stderr '^\[3/3\] failed after .*: "none" is not there$'

subject "of a stage that is there, nothing is read to find the copy; of one that was lost, all"
dockerfile <<'END'
FROM busybox AS random
RUN head -c 8 /dev/urandom | od -t x8 -An >/r
FROM busybox
COPY --from=random /r /r
RUN cat /r
END
build_ok
first=$(output)
build_ok --target=random
random=$id
build_ok
expect_counts 4 0
expect_exit 0 obexec delete --store="$store" "$random"
build_ok
expect_different "$first" "$(output)" "what the stage has made"
expect_different "" "$(output)" "what the stage has made"
build_ok
expect_counts 4 0
cp "$tmp/store/result/$random/fs/r" "$tmp/r"
echo "what nobody may do shows that nobody reads" >"$tmp/store/result/$random/fs/r"
build_ok
expect_counts 4 0
cp "$tmp/r" "$tmp/store/result/$random/fs/r"
find "$tmp/store/state/digests" -type f -exec sh -c 'printf x | dd of="$1" bs=1 seek=20 conv=notrunc' {} {} \; 2>/dev/null
build_ok
expect_counts 4 0
