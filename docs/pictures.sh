#!/usr/bin/env bash
# Make docs/report.png, the head of a report as a browser shows it, from a finished run.
#
# usage: docs/pictures.sh EXP
#   EXP  folder of an experiment with scores, such as egs2/asterisk_prompts/asr_st_soups/exp/asr_st_...
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
[ $# -eq 1 ] && [ -d "$1" ] || {
    printf 'error: give the folder of one experiment.\n' >&2
    exit 1
}
exp=$(cd "$1" && pwd -P)
python=$("${root}/local/setup_env.sh")
browser=$("${root}/local/setup_browser.sh")
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT

(cd "${root}" && "${python}" -m espnet_soups.report.page "${exp}" --out "${folder}")
# --no-sandbox: the page is our own, and Chromium's sandbox does not work for root.
"${browser}" --headless --no-sandbox --hide-scrollbars --window-size=1200,1700 --user-data-dir="${folder}/profile" \
    --screenshot="${root}/docs/report.png" "file://${folder}/report.html" 2>"${folder}/log" ||
    { cat "${folder}/log" >&2 && exit 1; }
printf 'picture: %s\n' "${root}/docs/report.png"
