#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Who runs a command, and where, with which environment and shell, also where only the base image's
# configuration tells.
# shellcheck disable=SC2016 # what is not expanded here is the step's to expand
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base
cd "$tmp"
cat >base/etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
build:x:70:71:Builder:/home/build:/bin/sh
END
cat >base/etc/group <<'END'
root:x:0:
build:x:71:
staff:x:50:other,build
wheel:x:10:build
END
mkdir -p base/home/build
chown 70:71 base/home/build

# USER: what `id` prints, and $HOME, for a Dockerfile's USER.
who()
{
    printf 'FROM busybox\nUSER %s\nRUN echo "$(id -u):$(id -g):$(id -G) $HOME"\n' "$1" | dockerfile
    build_ok
    output
}

subject "USER by name and by number, with and without a group"
expect_equal '70:71:71 10 50 /home/build' "$(who build)" "build"
expect_equal '70:71:71 10 50 /home/build' "$(who 70)" "70"
expect_equal '70:50:50 /home/build' "$(who build:staff)" "build:staff"
expect_equal '70:9:9 /home/build' "$(who 70:9)" "70:9"
expect_equal '1234:0:0 /' "$(who 1234)" "1234"
expect_equal '1234:50:50 /' "$(who 1234:staff)" "1234:staff"
expect_equal '0:0:0 /root' "$(who root)" "root"

subject "users and groups that the image has not"
for user in nobody:'user "nobody"' build:none:'group "none"'; do
    printf 'FROM busybox\nUSER %s\nRUN id\n' "${user%:*}" | dockerfile
    build
    expect_equal 1 "$status" "the exit status"
    expect_in_stderr "^\\[2/2\\] failed after .*: the image has no ${user##*:}\$"
done

subject "a spec's users"
spec <<'END'
((from busybox)
 (run (shell "echo $(id -u):$(id -g)"))
 (user (uid 7) (gid 8)) (run (shell "echo $(id -u):$(id -g); echo x >/tmp/f"))
 (user (name build)) (run (shell "echo $(id -u):$(id -g) $HOME")))
END
build_ok -f context/spec
expect_output $'0:0\n7:8\n70:71 /home/build'

subject "ENV, ARG and working directories"
dockerfile <<'END'
ARG TAG=unused
FROM busybox
ARG A=1
ARG B
ENV C=$A-${B:-none} D="two words"
ENV C=again E=$C
WORKDIR /w
WORKDIR sub
RUN echo "$A,$B,$C,$D,$E,$PWD"
END
build_ok
expect_output '1,,again,two words,1-none,/w/sub'
build_ok --build-arg=A=2 --build-arg=B=3
expect_output '2,3,again,two words,2-3,/w/sub'
B="env" build_ok --build-arg=B
expect_output '1,env,again,two words,1-env,/w/sub'

build_image()
{
    build_ok --platform=linux/amd64 --build-context=image=oci-layout://"$tmp/layout" "$@"
}

subject "what the base image's configuration says: environment, user, directory, shell"
make_image '{"Env":["PATH=/opt/bin:/bin","X=base"],"User":"build","WorkingDir":"/srv",
    "Shell":["/bin/sh","-e","-c"]}'
dockerfile <<'END'
FROM image
ENV PATH=$PATH:/x
ENV Y=${X}y
WORKDIR sub
RUN false; echo no
END
build --platform=linux/amd64 --build-context=image=oci-layout://"$tmp/layout"
expect_equal 1 "$status" "the exit status, with the shell's -e"
sed -i 's/^RUN.*/RUN echo "$PATH,$X,$Y,$PWD,$(id -u)"/' context/Dockerfile
build_image
expect_output '/opt/bin:/bin:/x,base,basey,/srv/sub,70'
sed -i 's/^RUN/USER root\nSHELL ["\/bin\/sh", "-c"]\nRUN false;/' context/Dockerfile
build_image
expect_output '/opt/bin:/bin:/x,base,basey,/srv/sub,0'

subject "the same IR on another image is another step, with that image's values"
spec2ir --platform=linux/amd64 -o ir context/Dockerfile
make_image '{"Env":["PATH=/bin","X=other"]}'
expect_exit 0 obexec --store="$store" --progress=plain \
    --build-context=image=oci-layout://"$tmp/layout" ir context
expect_output '/bin:/x,other,othery,/sub,0'

subject "a user that turns out to be empty is root"
make_image '{"Env":["PATH=/bin","E="],"User":"build"}'
printf 'FROM image\nRUN id -u\nUSER $E\nRUN id -u\n' | dockerfile
build_image
expect_output $'70\n0'

subject "a spec starts in / as root, whatever the image says, with the image's environment"
make_image '{"Env":["PATH=/bin","X=base"],"User":"build","WorkingDir":"/srv"}'
spec <<<'((from image) (env Y 1) (run (shell "echo $X,$Y,$PWD,$(id -u)")))'
build_image -f context/spec
expect_output 'base,1,/,0'

subject "patterns and required variables on what only the base image knows"
make_image '{"Env":["PATH=/opt/bin:/bin","V=v1.2.3"],"WorkingDir":"/srv"}'
dockerfile <<'END'
FROM image
ENV A=${V#v} B=${V%.*} C=${V//./-} D="${V:?no version}"
WORKDIR /w/${V%%.*}
RUN echo "$A,$B,$C,$D,$PWD"
END
build_image
expect_output '1.2.3,v1.2,v1-2-3,v1.2.3,/w/v1'
printf 'FROM image\nENV A="${NEEDED?the image must set it}"\nRUN true\n' | dockerfile
build --platform=linux/amd64 --build-context=image=oci-layout://"$tmp/layout"
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'required variable "NEEDED" is not set: the image must set it$'
printf 'FROM image\nCOPY f /x/${NEEDED?set-it}\n' | dockerfile
touch context/f
build --platform=linux/amd64 --build-context=image=oci-layout://"$tmp/layout"
expect_equal 1 "$status" "the exit status"
expect_in_stderr 'required variable "NEEDED" is not set: set-it$'
