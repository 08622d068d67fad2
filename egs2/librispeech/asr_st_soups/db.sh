# shellcheck shell=bash
# Where the corpus is: 'downloads' to get it from OpenSLR, or the absolute path of a folder that has its parts or their
# archives. Nothing is written into such a folder.
export LIBRISPEECH=downloads
