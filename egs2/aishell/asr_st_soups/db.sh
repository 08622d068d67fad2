# shellcheck shell=bash
# Where the corpus is: 'downloads' to get it from OpenSLR, or the absolute path of a folder that has data_aishell or
# data_aishell.tgz. Nothing is written into such a folder.
export AISHELL=downloads
