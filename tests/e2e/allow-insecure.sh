#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A step that may do all that root may do runs only if the user says so, and then it may.
. "$(dirname "$0")/functions.sh"
requires root busybox
scratch
make_base

subject "without --allow nothing runs"
cat <<'END' | dockerfile
FROM busybox
RUN echo first
RUN --security=insecure true
END
build
expect_equal 1 "$status" "the exit status"
expect_stderr 'obexec: step 3 (RUN --security=insecure true): it wants to do all that root may do: give --allow=security.insecure if it may'

# What such a step may, and others in the same build may not.
cat >"$tmp/context/try" <<'END'
#!/bin/sh
mount -t tmpfs none /mnt 2>/dev/null && echo mount
[ "$(grep -c . /proc/keys)" -gt 0 ] && echo keys
[ -w /proc/sys/kernel/core_pattern ] && touch /sys/kernel/mm 2>/dev/null && echo kernel
ls /dev | grep -qx kmsg && echo devices
mknod /device c 1 3 && (echo x >/device) 2>/dev/null && echo mknod
rm -f /device
grep -q '^Seccomp:.0' /proc/self/status && echo unfiltered
echo end
END
chmod +x "$tmp/context/try"

subject "with it, it may"
cat <<'END' | dockerfile
FROM busybox
COPY try /
RUN mkdir /mnt; ln -s busybox /bin/mknod; /try
RUN --security=insecure /try
RUN --security=insecure --network=none [ "$(ip -o link | wc -l)" = 1 ] && echo alone
END
build_ok --allow=security.insecure
expect_output $'end\nmount\nkeys\nkernel\ndevices\nmknod\nunfiltered\nend\nalone'

subject "nothing of it stays"
with_result "$id" test ! -e dev
expect_names /mnt ""

subject "it is another step than the one without"
cat <<'END' | dockerfile
FROM busybox
COPY try /
RUN mkdir /mnt; ln -s busybox /bin/mknod; /try
RUN /try
END
build_ok
expect_counts 3 1

subject "users other than root have no capabilities"
cat <<'END' | dockerfile
FROM busybox
USER 1000
RUN --security=insecure grep CapEff /proc/self/status
END
build_ok --allow=security.insecure
expect_output $'CapEff:\t0000000000000000'

subject "nothing else can be allowed"
build --allow=everything
expect_equal 2 "$status" "the exit status"
