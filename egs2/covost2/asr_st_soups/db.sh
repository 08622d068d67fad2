# shellcheck shell=bash
# The translations: 'downloads' to get them from their publisher, or the absolute path of a folder with
# covost_v2.<source>_<target>.tsv or .tsv.tar.gz.
export COVOST2=downloads
# The recordings: the absolute path of Common Voice 4.0 (cv-corpus-4-2019-12-10, CC0), with a folder for each language
# that has validated.tsv and clips/. There is no public link to it any more: stage 1 says what to get.
export COMMON_VOICE=
