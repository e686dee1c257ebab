# SPDX-License-Identifier: Apache-2.0
# Completion of the arguments of obkit, spec2ir, specfmt and obexec in fish. The files of the other
# programs only lead here, as fish looks for a file by the command's name.

function __obkit_ids
    set -l store (string match -r -- '--store[= ]\S+' (commandline -cp) | string split ' ')
    obexec ls $store 2>/dev/null | string replace -r '^(\S+)\s+(.*)' '$1\t$2'
end

# Whether the program's sub-command is one of these. obexec without any is "run".
function __obkit_command
    set -l words (commandline -opc)
    set -q words[2]; or set words[2] -
    contains -- $words[2] $argv; and return
    contains -- run $argv; and test (path basename $words[1]) = obexec
    and not contains -- $words[2] cache clean delete du healthcheck inspect log ls prune shell stores
end

function __obkit_first
    test (count (commandline -opc)) = 1
end

# What spec2ir takes; so do "obkit compile" and, for some, "obkit build".
function __obkit_spec2ir
    complete $argv -l from -x -a 'auto dockerfile spec' -d 'Language of the files'
    complete $argv -l target -x -d 'Build this stage'
    complete $argv -l build-arg -x -a '(set -nx)' -d 'Set a build argument'
    complete $argv -l platform -x -a 'linux/amd64 linux/arm64 windows/amd64' \
        -d 'Platform of base images'
    complete $argv -l build-context -r -d 'What NAME means in FROM and --from'
    complete $argv -l strict -d 'Refuse what BuildKit refuses'
end

function __obkit_spec2ir_only
    complete $argv -s o -l output -r -F -d 'Write to a file'
    complete $argv -l to -x -a 'ir dot ast dockerfile spec other' -d 'What to print'
    complete $argv -l pin -r -F -d 'What base images are'
    complete $argv -s O -x -a '0 1 2' -d 'How much to optimize'
    complete $argv -l explain -d 'Say what the optimizer did'
    complete $argv -l stats -d 'Say how many steps there are'
    complete $argv -l diff -d 'Say why two graphs differ'
    complete $argv -l buildkit -d 'Print what only BuildKit reads'
    complete $argv -l escape -x -a 'unix windows' -d 'Escape character'
    complete $argv -l context -x -a '(__fish_complete_directories)' -d 'Where sources are'
    complete $argv -l passwd -r -F -d 'What names of users mean'
    complete $argv -l group -r -F -d 'What names of groups mean'
    complete $argv -l exact -d 'Refuse to lose anything'
    complete $argv -l loss -d 'Print what is lost as JSON'
end

function __obkit_specfmt
    complete $argv -l check -d 'Print the names of files that would change'
    complete $argv -s d -l diff -d 'Print what would change'
    complete $argv -s w -l write -d 'Change the files'
end

function __obkit_store
    complete $argv -l store -x -a 'overlayfs: copy:' -d 'Where results are kept'
end

function __obkit_sandbox
    complete $argv -l sandbox -x -a native -d 'What runs commands'
end

function __obkit_run
    complete $argv -s j -l jobs -x -d 'Steps at a time'
    complete $argv -l secret -r -d 'A file that steps may ask for'
    complete $argv -l network-default -x -a 'auto private none host' -d 'Network of steps that do not say'
    complete $argv -l fast-sync -d 'fsync does nothing in the sandbox'
    complete $argv -l allow -x -a security.insecure -d 'Allow what steps may not do'
    complete $argv -l cpus -x -d 'Processors of a step'
    complete $argv -l memory -x -d 'Memory of a step'
    complete $argv -l pids -x -d 'Processes of a step'
    complete $argv -l durable -d 'A result is on disk before it counts'
    complete $argv -l grace -x -d 'From SIGTERM to SIGKILL'
    complete $argv -s k -l keep-going -d 'Build what does not need a failed step'
    complete $argv -l min-free -x -d 'Keep so much of the disk free'
    complete $argv -l no-cache -d 'Run every step'
    complete $argv -l on-error -x -a 'stop shell' -d 'After a failure'
    complete $argv -s o -l output -r -d 'Write the result'
    complete $argv -l squash -d 'One layer above the base'
    complete $argv -l ssh -r -d 'An ssh agent that steps may ask for'
    complete $argv -l step-timeout -x -d 'How long a step may take'
    complete $argv -s t -l tag -x -d 'Name of the image'
    complete $argv -l timeout -x -d 'How long the build may take'
    complete $argv -l trace -r -F -d 'Write a trace'
    complete $argv -l progress -x -a 'auto tty plain json quiet' -d 'How progress is shown'
    complete $argv -s v -l verbose -d 'Say more'
end

function __obkit_prune
    complete $argv -l all -d 'Remove all that is not in use'
    complete $argv -l keep-days -x -d 'Keep what was used in the last days'
    complete $argv -l before -x -d 'Keep what was used on this date or later'
    complete $argv -l keep-bytes -x -d 'Remove until all take no more'
    complete $argv -l min-free -x -d 'Remove until so much is free'
    complete $argv -l auto -d 'As --min-free=10%'
    complete $argv -l max -x -d 'Remove no more results'
    complete $argv -s n -l dry-run -d 'Only say what would be removed'
end

function __obkit_subcommand
    complete $argv[3..] -n __obkit_first -f -a $argv[1] -d $argv[2]
end

for program in obkit spec2ir specfmt obexec
    complete -c $program -s h -l help -d 'Print a summary of the options'
end
complete -c spec2ir -s V -l version -d 'Print the version'
complete -c specfmt -s V -l version -d 'Print the version'
complete -c obexec -n '__obkit_command run' -s V -l version -d 'Print the version'
complete -c obkit -n '__obkit_first; or __obkit_command build compile convert fmt run' \
    -s V -l version -d 'Print the version'

__obkit_spec2ir -c spec2ir
__obkit_spec2ir_only -c spec2ir
__obkit_specfmt -c specfmt
complete -c specfmt -l from -x -a 'auto dockerfile spec' -d 'Language of the files'

for program in obkit obexec
    __obkit_subcommand run 'Build a step graph' -c $program
    __obkit_subcommand cache 'Look after the caches of steps' -c $program
    complete -c $program -n '__obkit_command cache' -l spec -d 'A new cache is one of specs'
    complete -c $program -n '__obkit_command cache' -a - -d 'Standard input or output'
    __obkit_subcommand du 'Say how much space results take' -c $program
    __obkit_subcommand inspect 'Say what a result is' -c $program
    __obkit_subcommand ls 'List the results' -c $program
    __obkit_subcommand prune 'Remove old results' -c $program
    __obkit_subcommand shell 'Open a shell where a step ran' -c $program
    __obkit_subcommand log 'Print the output of a step' -c $program
    __obkit_subcommand delete 'Remove results' -c $program
    __obkit_subcommand clean 'Remove all results' -c $program
    __obkit_subcommand healthcheck 'Check store and sandbox' -c $program
    __obkit_subcommand stores 'List kinds of stores, sandboxes and base images' -c $program
    __obkit_store -c $program -n 'not __obkit_command compile convert fmt stores'
    __obkit_sandbox -c $program -n '__obkit_command build run healthcheck'
    __obkit_run -c $program -n '__obkit_command build run'
    __obkit_prune -c $program -n '__obkit_command prune'
    complete -c $program -n '__obkit_command run' -l build-context -r -d 'What FROM NAME means'
    complete -c $program -n '__obkit_command run' -l resolve -d 'Print what spec2ir --pin reads'
    complete -c $program -n '__obkit_command log' -s f -l follow -d 'Go on until the step ends'
    complete -c $program -n '__obkit_command inspect' -l why -d 'Say why it had to be built'
    complete -c $program -n '__obkit_command inspect' -l format -x -a 'text json' \
        -d 'How it is printed'
    complete -c $program -n '__obkit_command clean du healthcheck ls prune' -f
    complete -c $program -n '__obkit_command delete inspect log shell' -f -a '(__obkit_ids)'
    complete -c $program -n '__obkit_command run' -l target -x -d 'Build this stage'
end

__obkit_subcommand build 'Build a Dockerfile or a spec' -c obkit
__obkit_subcommand compile 'Print the step graph, as spec2ir' -c obkit
__obkit_subcommand convert 'Print a Dockerfile as a spec, or the other way' -c obkit
__obkit_subcommand fmt 'Format Dockerfiles and specs, as specfmt' -c obkit
__obkit_specfmt -c obkit -n '__obkit_command fmt'
complete -c obkit -n '__obkit_command fmt' -l from -x -a 'auto dockerfile spec' \
    -d 'Language of the files'
__obkit_spec2ir -c obkit -n '__obkit_command build compile convert'
__obkit_spec2ir_only -c obkit -n '__obkit_command compile convert'
complete -c obkit -n '__obkit_command build' -s f -l file -r -F -d 'What to build'
complete -c obkit -n '__obkit_command build' -f -a '(__fish_complete_directories)'
