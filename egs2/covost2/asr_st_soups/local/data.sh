#!/usr/bin/env bash
# Stage 1: data/{train,valid,test}. soups.sh passes what all corpora need, and --local_data_opts.
set -euo pipefail

# shellcheck source=egs2/covost2/asr_st_soups/db.sh
. ./db.sh

corpus=()
[ "${COVOST2}" = downloads ] || corpus+=(--translations_dir "${COVOST2}")
[ -z "${COMMON_VOICE}" ] || corpus+=(--audio_dir "${COMMON_VOICE}")
exec python -m espnet_soups.bin.prepare_covost2 --download_dir downloads "${corpus[@]}" "$@"
