#!/usr/bin/env bash
# Print the path of the Python to use; make or update the environment .venv at the clone's root first if it is needed.
#
# usage: setup_env.sh [--test]
#   --test  an environment of the user's must have what the tests need too (.venv always has it)
#
# The Python is, in this order:
#   1. SOUPS_PYTHON, if it is set and satisfies setup.py; nothing is installed into it. If it lacks something,
#      .venv is made from it.
#   2. the Python of the active environment (venv or conda), if it satisfies setup.py; nothing is installed into it.
#   3. that of .venv, which is made once, brought up to date when setup.py changes, and made anew when making it
#      was interrupted. A lock lets runs at the same time wait for each other.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=${root}/.venv
marker=${venv}/.soups_ready           # last thing written: the fingerprint of what .venv was made for
unfinished=${venv}/.soups_unfinished  # there as long as something is being installed
log=${venv}/.soups_pip.log
disk_gib=9                            # .venv takes 6.6 GiB, and pip unpacks its largest wheel beside it

# shellcheck source=local/find_python.sh
. "${root}/local/find_python.sh"

# Of what pip says, the packages that it fetches and that it installs them in the end.
pip_progress='s/^Collecting ([^ ]+).*/  \1/p; s/^(Installing collected packages).*/  \1/p'

say() { printf 'environment: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Print what interpreter $1 lacks, the first of it; true if it lacks nothing.
lacks_nothing() { "$1" -I "${root}/local/check_requirements.py" ${extra:+"${extra}"} 2>&1; }

fingerprint() { { printf '%s\n' "${root}" && cat "${root}/setup.py"; } | sha256sum | cut -d ' ' -f 1; }

base_of() { "$1" -I -c 'import sys; print(sys.base_prefix)'; }

# True if .venv's Python runs, is usable and, where the user named a Python, comes from that one.
venv_python_suits() {
    [ -x "${venv}/bin/python" ] && usable_python "${venv}/bin/python" >/dev/null || return 1
    [ -z "${base}" ] || [ "$(base_of "${base}")" = "$(base_of "${venv}/bin/python")" ]
}

is_ready() {
    [ "$(cat "${marker}" 2>/dev/null)" = "$(fingerprint)" ] && [ -x "${venv}/bin/python" ] || return 1
    [ -z "${base}" ] || venv_python_suits
}

# Leave in place only a .venv into which pip may install.
clear_unusable_venv() {
    [ -e "${venv}" ] || return 0
    if [ -e "${unfinished}" ]; then
        say "making ${venv} was interrupted: making it anew"
    elif venv_python_suits; then
        return 0
    elif [ -e "${marker}" ]; then
        say "the Python of ${venv} does not suit any more: making it anew"
    else
        die "${venv} was not made by this project and its Python does not suit; move it away and run again."
    fi
    rm -rf "${venv}"
}

create_venv() {
    local python=${base}
    [ -n "${python}" ] || python=$(find_python) || die "no CPython 3.12 or 3.13 with venv was found; install one" \
        "('apt install python3 python3-venv' on Debian 13 and Ubuntu 24.04, elsewhere 'pyenv install 3.12'" \
        "or 'uv python install 3.12'), or name one: SOUPS_PYTHON=/path/to/python."
    say "making ${venv} with ${python}; this takes some minutes, once"
    mkdir "${venv}"
    touch "${unfinished}"
    "${python}" -m venv "${venv}" >&2 || die "${python} could not make ${venv}; see the message above."
}

install_requirements() {
    touch "${unfinished}"
    rm -f "${marker}"
    (cd "${root}" && "${venv}/bin/python" -m pip install --no-input --disable-pip-version-check -e '.[test]') 2>&1 |
        tee "${log}" | sed -u -n -E "${pip_progress}" >&2 ||
        die "pip could not install the requirements of setup.py: $(grep '^ERROR' "${log}" | tail -n 1) (its log: ${log})"
    local lack
    extra=--test
    lack=$(lacks_nothing "${venv}/bin/python") || die "pip ended well, but ${venv} lacks: ${lack%%$'\n'*}."
    rm "${unfinished}"
    fingerprint >"${marker}.new"
    mv "${marker}.new" "${marker}"
    say "${venv} is ready"
}

enough_disk() {
    local free_kib
    free_kib=$(df -Pk "${root}" | awk 'NR == 2 { print $4 }')
    [ "${free_kib}" -ge $((disk_gib * 1024 * 1024)) ] ||
        die "the environment needs ${disk_gib} GiB of free disk at ${root}, $((free_kib / 1024 / 1024)) GiB are free."
}

make_venv() {
    exec 9<>"${root}/setup.py" # a lock needs a file, and this one is always there
    flock -n 9 || { say "another run is working on ${venv}: waiting for it" && flock 9; }
    if is_ready; then
        return 0
    fi
    clear_unusable_venv
    if [ ! -e "${venv}" ]; then
        enough_disk
        create_venv
    else
        say "bringing ${venv} up to date with setup.py"
    fi
    install_requirements
}

extra=
base=
case "$*" in
    '') ;;
    --test) extra=--test ;;
    *) die "setup_env.sh knows only the option --test, not '$*'." ;;
esac

if [ -n "${SOUPS_PYTHON:-}" ]; then
    base=$(usable_python "${SOUPS_PYTHON}") ||
        die "SOUPS_PYTHON=${SOUPS_PYTHON} is not a CPython 3.12 or 3.13 with venv; name another, or unset it."
    if lacks_nothing "${base}" >/dev/null; then
        printf '%s\n' "${base}"
        exit 0
    fi
elif active=$(active_python) && [ "${active}" != "${venv}/bin/python" ]; then
    if lack=$(lacks_nothing "${active}"); then
        printf '%s\n' "${active}"
        exit 0
    fi
    say "the active environment ${active%/bin/python} is left alone (${lack%%$'\n'*}); using ${venv}"
fi

is_ready || make_venv
printf '%s\n' "${venv}/bin/python"
