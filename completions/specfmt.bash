# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash source=completions/obkit.bash
source "${BASH_SOURCE[0]%/*}/obkit.bash"
