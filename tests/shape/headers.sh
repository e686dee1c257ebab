#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every header can be included first: it compiles with nothing but config.h before it.
set -eu
builddir=$PWD
cd "$(dirname "$0")/../.."

value() {
    sed -n "s/^$1 = //p" "$builddir/Makefile"
}
flags="$(value JANSSON_CFLAGS) $(value ARCHIVE_CFLAGS) $(value CRYPTO_CFLAGS)
$(value SECCOMP_CFLAGS) $(value SQLITE_CFLAGS)"

bad=0
for header in base/*.h ir/*.h frontend/*.h exec/*.h backends/*.h; do
    [ -e "$header" ] || continue
    # shellcheck disable=SC2046,SC2086 # words
    $(value CC) -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -I"$builddir" -I. $flags \
        -include config.h -x c "$header" -Wno-pragma-once-outside-header || bad=1
done
exit $bad
