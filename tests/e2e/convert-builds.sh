#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Dockerfiles and the specs that they become build the same: modes, owners and names of what is
# copied, also where something is there already; and what would not build the same is a loss.
# shellcheck disable=SC2016 # what is not expanded here is the step's to expand
. "$(dirname "$0")/functions.sh"
requires root busybox python3
scratch
make_base
cd "$tmp"
cat >base/etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
app:x:1000:100:App:/home/app:/bin/sh
END
cat >base/etc/group <<'END'
root:x:0:
users:x:100:
app:x:7:
END
mkdir -p context/dir/sub context/empty
chmod 700 context/dir/sub
chmod 711 context/dir
echo one >context/a.txt
echo two >context/dir/new
echo three >context/dir/sub/deep
ln -s /etc/passwd context/dir/link
ln -s nowhere context/dir/dangling
ln -s a.txt context/alias
echo log >context/dir/x.log
echo keep >context/dir/keep.log
chmod +x context/dir/new

run_graph()
{
    expect_exit 0 obexec --store="$store" --network-default=host \
        --build-context=busybox=dir:"$tmp/base" "$1" context
    id=$(cat out)
}

tree_of()
{
    with_result "$1" python3 "$top_src/tests/e2e/tree.py"
}

# Builds the Dockerfile on standard input and what it becomes. What is expected to be lost, by the
# names of the losses, stands in the arguments.
both()
{
    cat >Dockerfile
    expect_exit 0 spec2ir -o df.json Dockerfile
    run_graph df.json
    tree_of "$id" >df.tree
    obexec --store="$store" --resolve --build-context=busybox=dir:"$tmp/base" df.json >pins.json
    expect_exit 0 spec2ir --to=spec --pin=pins.json --context=context --loss=losses -o x.spec Dockerfile
    expect_equal "$*" "$(grep -o '"rule":"[A-Za-z]*"' losses | cut -d '"' -f 4 | xargs)" "the losses"
    expect_exit 0 spec2ir -o sx.json x.spec
    run_graph sx.json
    tree_of "$id" >sx.tree
    if ! diff -u df.tree sx.tree; then
        cat x.spec
        fail "the root filesystems differ"
    fi
}

subject "--chmod changes what was copied, and nothing else"
both <<'END'
FROM busybox
RUN mkdir -p /d/sub && touch /d/old /d/sub/old && chmod 600 /d/old /d/sub/old
COPY --chmod=755 dir /d/
COPY --chmod=u=rwX,go= dir /e/
COPY --chmod=640 a.txt alias /f/
END
both <<'END'
FROM busybox
COPY --chmod=750 dir /new
COPY --chmod=750 empty /empty
COPY --chmod=g+w dir /symbolic
COPY --chmod=+w a.txt /umask/
COPY --chmod=+w <<EOF /umask2
text
EOF
COPY --chmod=700 --exclude=**/x.log dir /without/
END

subject "directories get the modes and owners that WORKDIR and COPY give them"
both <<'END'
FROM busybox
WORKDIR /w
COPY dir .
WORKDIR /w2/deep
COPY dir/ sub/
COPY dir /copied
USER app
WORKDIR /home/x/y
RUN touch /tmp/f
WORKDIR /opt/z
USER root
RUN true
WORKDIR /last/one
END

both <<'END'
FROM busybox
COPY --chmod=a=rX dir /x/
USER app
WORKDIR /srv/deep/er
COPY --chown=7:8 dir .
USER 1000:100
WORKDIR /parent
COPY --chown=1000:100 dir sub/
END

subject "owners by name and by number"
both <<'END'
FROM busybox
COPY --chown=app a.txt /by-name/
COPY --chown=1000 a.txt /by-number/
COPY --chown=app:app a.txt /by-names/
COPY --chown=1000:app a.txt /mixed/
COPY --chown=app <<EOF /heredoc
text
EOF
COPY --chown=app dir /dir/
USER app
RUN touch /tmp/a
USER 1000
RUN touch /tmp/b
COPY a.txt /root-owns-it/
END

subject "what .dockerignore leaves out"
printf '**/sub\n' >context/.dockerignore
both <<'END'
FROM busybox
COPY dir /x/
END
printf '**/sub\n**/*.log\n!**/keep.log\n' >context/.dockerignore
printf 'FROM busybox\nCOPY dir /x/\n' >Dockerfile
expect_exit 0 spec2ir --to=spec --context=context Dockerfile
expect_in_stdout '^ [(]copy [(]src dir[)] [(]dst /x[)][)][)]$'
expect_in_stderr 'note: by the pattern "![*][*]/keep.log"$'
printf 'dir\n!dir/new\n' >context/.dockerignore
expect_exit 0 spec2ir --to=spec --context=context Dockerfile
rm context/.dockerignore
expect_exit 0 spec2ir --to=spec Dockerfile
expect_in_stderr '"dir" is taken to be a file'
printf 'FROM busybox\nCOPY dir/ /x/\n' >Dockerfile
expect_exit 0 spec2ir --to=spec Dockerfile
expect_in_stderr 'the spec copies what a .dockerignore may leave out .IgnoreLost.$'

subject "a file that goes where a directory may be"
both DestinationAssumed <<'END'
FROM busybox
COPY a.txt /usr/local/bin/
COPY a.txt /etc
END
printf 'FROM busybox\nRUN mkdir /d\nCOPY a.txt /d\nCOPY a.txt /x/a.txt\n' >Dockerfile
expect_exit 0 spec2ir --to=spec --context=context --loss Dockerfile
expect_equal 1 "$(grep -c DestinationAssumed out)" "destinations that are assumed"

subject "scratch has no shell"
refused()
{
    cat >Dockerfile
    expect_exit 1 spec2ir --to=spec --context=context Dockerfile
    expect_in_stderr "$1"
}
refused ':3:1: error: this needs a shell, which scratch has not$' <<'END'
FROM scratch
COPY a.txt /x
RUN ["/x"]
END

subject "no command that a value could add to, none that is too long"
refused ':2:1: error: "700 /etc;id" is no mode of files$' <<'END'
FROM busybox
COPY --chmod="${Y:-700 /etc;id}" a.txt /x
END
{
    printf 'FROM busybox\nCOPY <<EOF /x\n'
    seq 30000
    echo EOF
} | refused ':2:1: error: this becomes a command of [0-9]+ bytes, which is too long for one$'

{
    printf 'FROM busybox\nRUN <<EOF\n#!/bin/sh\n'
    seq 30000
    echo EOF
} | refused ':2:1: error: this becomes a command of [0-9]+ bytes, which is too long for one$'

subject "a script has another name"
both ScriptNameLost <<'END'
FROM busybox
RUN --network=host <<EOF
#!/bin/sh
echo script >/made
EOF
END
