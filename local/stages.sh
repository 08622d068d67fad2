# shellcheck shell=bash disable=SC2154
# Which stages a recipe runs. Source this file; it uses the variables python, stage (may be empty), stop_stage and
# dry_run.
stages_run=0
planned=() # numbers of the stages that would run, with --dry_run

# True if the stage must run; 'leave' is then called after it.
#   enter NUMBER TITLE RECORD [options of 'python -m espnet_soups.bin.stage begin']
# A stage that is up to date is not run, unless it is the one named by --stage.
enter() {
    local number=$1 title=$2 force=() reason status=0
    stage_record=$3
    shift 3
    [ "${number}" -ge "${stage:-1}" ] && [ "${number}" -le "${stop_stage}" ] || return 1
    [ "${number}" != "${stage}" ] || force=(--force)
    if "${dry_run}"; then
        plan_stage "${number}" "${title}" "${force[@]}" "$@"
        return 1
    fi
    lock_stage "${title}"
    reason=$("${python}" -m espnet_soups.bin.stage begin "${stage_record}" "${force[@]}" "$@") || status=$?
    case "${status}" in
        0) ;;
        3)
            unlock_stage
            say "stage ${number} (${title}): up to date"
            return 1
            ;;
        *)
            forget_lock
            exit "${status}"
            ;;
    esac
    say "stage ${number} (${title}): ${reason}"
    stages_run=$((stages_run + 1))
}

# Say whether the stage would run, and why; nothing is written.
plan_stage() { # number, title, options of 'python -m espnet_soups.bin.stage plan'
    local reason status=0
    reason=$("${python}" -m espnet_soups.bin.stage plan "${stage_record}" "${@:3}" --pending "${planned[@]}") || status=$?
    case "${status}" in
        0) planned+=("$1") ;;
        3) reason="up to date" ;;
        *) exit "${status}" ;;
    esac
    printf '  %2s %-40s %s\n' "$1" "$2" "${reason}"
}

leave() {
    "${python}" -m espnet_soups.bin.stage end "${stage_record}"
    unlock_stage
}

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

# Two runs at the same time may share finished stages, but not work on one together. The lock is inherited by
# what the stage starts, so it also holds while a training lives on whose shell was killed.
lock_stage() { # title
    mkdir -p "$(dirname "${stage_record}")"
    exec 8>>"${stage_record%.json}.lock"
    flock -n 8 || { say "waiting for another run that works on: $1" && flock 8; }
}

unlock_stage() { exec 8>&-; }

# Leave no folders behind of a stage that could not begin and never has.
forget_lock() {
    [ ! -e "${stage_record}" ] || return 0
    rm "${stage_record%.json}.lock"
    rmdir -p --ignore-fail-on-non-empty "$(dirname "${stage_record}")"
}
