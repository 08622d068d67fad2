#!/usr/bin/env bash
# Stage 1: data/{train,valid,test}. soups.sh passes what all corpora need, and --local_data_opts.
set -euo pipefail

# shellcheck source=egs2/aishell/asr_st_soups/db.sh
. ./db.sh

corpus=()
[ "${AISHELL}" = downloads ] || corpus=(--audio_dir "${AISHELL}")
exec python -m espnet_soups.bin.prepare_aishell --download_dir downloads "${corpus[@]}" "$@"
