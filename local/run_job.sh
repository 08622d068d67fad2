#!/usr/bin/env bash
# Run a command with its output in a log file.
#
# usage: run_job.sh [--slurm] [--gpu N] [--num_nodes N] [--num_threads N] [--show FILE] [--progress] [JOB=1:N]
#                   LOG COMMAND ...
#   --slurm      not on this machine, but as a job of a Slurm cluster, with the GPUs, nodes and cores that are given;
#                without it they are ignored, and the command itself picks its GPUs
#   --show FILE  a sed script, in this script's folder, that prints of the output what is shown too
#   --progress   what the command writes to stderr, such as a progress bar, is shown too
#   JOB=1:N      run N copies at the same time, with JOB in LOG and COMMAND replaced by 1 to N
# When the command fails, its error, or the end of its log, is shown, and its exit status returned.
set -euo pipefail

show=(sed -n '')
progress=false
slurm=false
resources=()
last=1
while [ $# -gt 0 ]; do
    case "$1" in
        --slurm) slurm=true ;;
        --gpu | --num_nodes | --num_threads)
            resources+=("$1" "$2")
            shift
            ;;
        --show)
            show=(sed -u -n -E -f "$(dirname "${BASH_SOURCE[0]}")/$2")
            shift
            ;;
        --progress) progress=true ;;
        JOB=1:*) last=${1#JOB=1:} ;;
        *) break ;;
    esac
    shift
done
[ $# -ge 2 ] || {
    echo "error: run_job.sh needs a log file and a command." >&2
    exit 2
}

# The last error: line, or else the end of the log, from the last start on.
report_failure() { # status, log
    local error
    error=$(tac "$2" | sed '/^# started /q' | grep -m 1 '^error: ' || true)
    if [ -n "${error}" ]; then
        printf '%s\n' "${error}" >&2
        return
    fi
    printf 'error: the job ended with status %s; the last lines of its log %s are:\n' "$1" "$2" >&2
    tail -n 20 "$2" >&2
}

run() { # job number, log, command ...
    local log=${2//JOB/$1} begun=${SECONDS} status=0
    local -a command=("${@:3}")
    command=("${command[@]//JOB/$1}")
    ! "${slurm}" ||
        command=("${python:-python}" -m espnet_soups.bin.slurm_job "${resources[@]}" "${log}" "${command[@]}")
    mkdir -p "$(dirname "${log}")"
    printf '# started %s on %s: %s\n' "$(date '+%F %T')" "$(uname -n)" "${command[*]@Q}" >>"${log}"
    if "${progress}"; then
        # shellcheck disable=SC2094 # both append
        { "${command[@]}" 2>&1 >&4 | tee -a "${log}" >&2; } 4>>"${log}" || status=$?
    else
        "${command[@]}" 2>&1 | tee -a "${log}" | "${show[@]}" || status=$?
    fi
    printf '# ended with status %s after %s s\n' "${status}" "$((SECONDS - begun))" >>"${log}"
    [ "${status}" -eq 0 ] || "${progress}" || report_failure "${status}" "${log}"
    return "${status}"
}

# Each copy is a process group of its own, so that the end of this script can be the end of all that it started.
set -m
trap 'jobs -p | sed "s/^/-/" | xargs -r kill -TERM -- 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
copies=()
for ((job = 1; job <= last; job++)); do
    run "${job}" "$@" &
    copies+=($!)
done
failed=0
for copy in "${copies[@]}"; do
    wait "${copy}" || failed=$?
done
exit "${failed}"
