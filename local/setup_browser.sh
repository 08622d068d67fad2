#!/usr/bin/env bash
# Print the path of a Chromium that can run without a screen; fetch one first if there is none.
#
# usage: setup_browser.sh [FOLDER]
#   FOLDER  where a fetched browser goes (default: ~/.cache/espnet_soups/browser)
#
# The browser is, in this order:
#   1. SOUPS_BROWSER, if it is set;
#   2. one on the PATH;
#   3. Debian's chromium-headless-shell, with the libraries that this machine lacks, unpacked into FOLDER: this
#      needs neither root nor an up-to-date package list, and changes nothing outside FOLDER.
set -euo pipefail

folder=${1:-${XDG_CACHE_HOME:-${HOME}/.cache}/espnet_soups/browser}
browser=${folder}/chromium
package=chromium-headless-shell

say() { printf 'browser: %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Fetch $package and what it needs by package lists of our own.
fetch() {
    local state=${folder}/apt log=${folder}/apt.log options names file
    mkdir -p "${folder}"
    exec 9<"${folder}"
    flock 9 # test processes may want it at the same time
    [ ! -x "${browser}" ] || return 0
    say "fetching Debian's ${package} into ${folder}, once"
    rm -rf "${folder:?}"/{apt,root}
    mkdir -p "${state}"/{lists,cache/archives}/partial "${state}/packages" "${folder}/root"
    options=(-q -o Dir::State::lists="${state}/lists" -o Dir::Cache="${state}/cache" -o Debug::NoLocking=1
        -o APT::Sandbox::User="$(id -un)")
    apt-get "${options[@]}" update >"${log}" 2>&1 || give_up
    names=$(apt-get "${options[@]}" install --simulate --no-install-recommends "${package}" 2>>"${log}" |
        awk '$1 == "Inst" { print $2 }') || give_up
    # shellcheck disable=SC2086 # a word for each package
    (cd "${state}/packages" && apt-get "${options[@]}" download ${names} >>"${log}" 2>&1) || give_up
    for file in "${state}"/packages/*.deb; do dpkg-deb --extract "${file}" "${folder}/root"; done
    write_launcher
    rm -rf "${state}"
}

give_up() {
    die "apt-get cannot fetch ${package} ($(grep -m 1 '^E' "${log}" || echo "see ${log}")); install a Chromium" \
        "('apt install chromium' on Debian) or name one: SOUPS_BROWSER=/path/to/chromium."
}

# The last thing that is written.
write_launcher() {
    local program libraries
    program=$(find "${folder}/root/usr/lib" -path '*/chromium/chromium-headless-shell' -type f)
    [ -n "${program}" ] || die "Debian's package ${package} has no program where it used to be."
    libraries=$(find "${folder}/root" -name '*.so*' -printf '%h\n' | sort -u | paste -s -d :)
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "${libraries}" "${program}" >"${browser}.new"
    chmod +x "${browser}.new"
    mv "${browser}.new" "${browser}"
}

if [ -n "${SOUPS_BROWSER:-}" ]; then
    [ -x "${SOUPS_BROWSER}" ] || die "SOUPS_BROWSER=${SOUPS_BROWSER} is not a program."
    printf '%s\n' "${SOUPS_BROWSER}"
    exit 0
fi
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
    if found=$(command -v "${name}") && "${found}" --version >/dev/null 2>&1; then
        printf '%s\n' "${found}"
        exit 0
    fi
done
if [ ! -x "${browser}" ]; then
    [ -n "$(command -v apt-get)" ] || die "no Chromium was found and this system has no apt-get to fetch one; install" \
        "one or name one: SOUPS_BROWSER=/path/to/chromium."
    fetch
fi
printf '%s\n' "${browser}"
