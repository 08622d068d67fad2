# shellcheck shell=bash
# Where the corpus is: 'downloads' to get it (from Debian's packages, or else from its publisher), or the absolute
# path of a folder that has it. Nothing is written into such a folder.
export ASTERISK_PROMPTS=downloads
