# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of the arguments of obkit, spec2ir, specfmt and obexec in bash. The files of the other
# programs only lead here, as bash-completion looks for a file by the command's name.

# Splits the line up to the cursor at blanks alone, where bash would also split at "=" and ":".
# Sets the caller's words, and of the last one value, and option if it is an option's value.
_obkit_split() {
    local line=${COMP_LINE:0:COMP_POINT}
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=("")
    option="" value=${words[-1]}
    case $value in
    --*=*) option=${value%%=*} value=${value#*=} ;;
    *) [ ${#words[@]} -gt 1 ] && option=${words[-2]} ;;
    esac
}

# Offers what compgen finds for value. Readline replaces only what is behind the last "=" or ":".
_obkit_offer() {
    local kept=""
    mapfile -t COMPREPLY < <(compgen "$@" -- "$value")
    [[ ${COMPREPLY[0]-} == *[=:/] ]] && compopt -o nospace
    [[ $value == *[=:]* ]] && kept=${value%"${value##*[=:]}"}
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}

_obkit_files() { # OPTION-OF-COMPGEN VALUE
    value=$2
    compopt -o filenames
    _obkit_offer "$1"
}

_obkit_reference() { # REF
    case $1 in
    *:*) _obkit_files -f "${1#*:}" ;;
    *)
        value=$1
        _obkit_offer -W "oci-layout:// oci-archive: docker-archive: tar: dir:"
        ;;
    esac
}

# The value of an option; fails if the last word is none.
_obkit_value() {
    case $option:$value in
    --store:*:*) _obkit_files -d "${value#*:}" ;;
    --store:*) _obkit_offer -W "overlayfs: copy:" ;;
    --sandbox:*) _obkit_offer -W "native" ;;
    --progress:*) _obkit_offer -W "auto tty plain json quiet" ;;
    --network-default:*) _obkit_offer -W "auto private none host" ;;
    --allow:*) _obkit_offer -W "security.insecure" ;;
    --format:*) _obkit_offer -W "text json" ;;
    --on-error:*) _obkit_offer -W "stop shell" ;;
    --build-context:*=*) _obkit_reference "${value#*=}" ;;
    --ssh:*=*) _obkit_files -f "${value#*=}" ;;
    --secret:*,src=*) _obkit_files -f "${value#*,src=}" ;;
    --secret:*) _obkit_offer -W "id=" ;;
    --from:*) _obkit_offer -W "auto dockerfile spec" ;;
    --to:*) _obkit_offer -W "ir dot ast dockerfile spec other" ;;
    --escape:*) _obkit_offer -W "unix windows" ;;
    --context:*) _obkit_files -d "$value" ;;
    --platform:*) _obkit_offer -W "linux/amd64 linux/arm64 windows/amd64" ;;
    --build-arg:*) _obkit_offer -A variable ;;
    --loss:) return 1 ;;
    --loss:* | --file:* | -f:* | --output:* | -o:* | --pin:* | --trace:* | --passwd:* | --group:*) _obkit_files -f "$value" ;;
    --build-context:* | --target:* | --jobs:* | -j:* | --cpus:* | --memory:* | --pids:* | --ssh:* | \
        --tag:* | -t:* | --timeout:* | --step-timeout:* | --grace:* | --min-free:* | --before:* | --keep-bytes:* | \
        --keep-days:* | --max:*) COMPREPLY=() ;;
    *) return 1 ;;
    esac
}

# The first digits of the results in the store that the line names.
_obkit_ids() {
    local i store=""
    for ((i = 1; i < ${#words[@]}; i++)); do
        case ${words[i]} in
        --store) store=--store=${words[i + 1]} ;;
        --store=*) store=${words[i]} ;;
        esac
    done
    obexec ls ${store:+"$store"} 2>/dev/null | cut -c 1-12
}

_obkit_spec2ir() {
    case $value in
    -*)
        _obkit_offer -W "-o -O0 -O1 -O2 --output= --from= --to= --target= --build-arg= --platform=
            --build-context= --pin= --strict --explain --stats --diff --buildkit --escape=
            --context= --passwd= --group= --exact --loss --loss= --help --version"
        ;;
    *) _obkit_files -f "$value" ;;
    esac
}

_obkit_specfmt() {
    case $value in
    -*) _obkit_offer -W "-d -w --check --diff --write --from= --help --version" ;;
    *) _obkit_files -f "$value" ;;
    esac
}

_obkit_build() {
    case $value in
    -*)
        _obkit_offer -W "-f --file= --from= --target= --build-arg= --platform= --strict
            $run_options"
        ;;
    *) _obkit_files -d "$value" ;;
    esac
}

# $1 is the sub-command.
_obkit_obexec() {
    case $1:$value in
    inspect:-*) _obkit_offer -W "--why --format= --store= --help" ;;
    log:-*) _obkit_offer -W "-f --follow --store= --help" ;;
    cache:-*) _obkit_offer -W "- --spec --store= --help" ;;
    clean:-* | delete:-* | du:-* | ls:-*)
        _obkit_offer -W "--store= --help"
        ;;
    prune:-*)
        _obkit_offer -W "-n --all --auto --before= --dry-run --keep-bytes= --keep-days= --max=
            --min-free= --store= --help"
        ;;
    shell:-*)
        _obkit_offer -W "--store= --sandbox= --build-context= --secret= --ssh= --network-default=
            --cpus= --memory= --pids= --allow= --help"
        ;;
    healthcheck:-*) _obkit_offer -W "--store= --sandbox= --help" ;;
    stores:-*) _obkit_offer -W "--help" ;;
    *:-*)
        _obkit_offer -W "--target= --resolve $run_options"
        ;;
    delete:* | inspect:* | log:* | shell:*) _obkit_offer -W "$(_obkit_ids)" ;;
    cache:*)
        if [ ${#words[@]} = 3 ]; then
            _obkit_offer -W "ls rm export import"
        else
            _obkit_files -f "$value"
        fi
        ;;
    stores:*) _obkit_files -d "$value" ;;
    clean:* | du:* | healthcheck:* | ls:* | prune:*) COMPREPLY=() ;;
    *) _obkit_files -f "$value" ;;
    esac
}

_obkit() {
    local words option value
    local commands="run cache clean delete du healthcheck inspect log ls prune shell stores"
    local run_options="-j -k -o -t -v --allow= --build-context= --cpus= --durable --fast-sync
        --grace= --jobs= --keep-going --memory= --min-free= --network-default= --no-cache
        --on-error= --output= --pids= --progress= --sandbox= --secret= --squash --ssh=
        --step-timeout= --store= --tag= --timeout= --trace= --verbose --help --version"
    _obkit_split
    _obkit_value && return
    case ${words[0]##*/}:${#words[@]}:$value in
    spec2ir:*) _obkit_spec2ir ;;
    specfmt:*) _obkit_specfmt ;;
    obkit:2:*) _obkit_offer -W "build compile convert fmt $commands --help --version" ;;
    obexec:2:[!-]* | obexec:2:)
        compopt -o default
        _obkit_offer -W "$commands"
        ;;
    *)
        case ${words[1]} in
        build) _obkit_build ;;
        compile | convert) _obkit_spec2ir ;;
        fmt) _obkit_specfmt ;;
        *) _obkit_obexec "${words[1]}" ;;
        esac
        ;;
    esac
}

complete -F _obkit obkit spec2ir specfmt obexec
