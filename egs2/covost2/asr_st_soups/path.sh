# shellcheck shell=bash
# Prepare the shell for this recipe; sourced by soups.sh.
# shellcheck source=local/path.sh
. ../../../local/path.sh
