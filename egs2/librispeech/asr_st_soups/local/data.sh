#!/usr/bin/env bash
# Stage 1: data/{train,valid,dev_clean,dev_other,test_clean,test_other}. soups.sh passes what all corpora need, and
# --local_data_opts.
set -euo pipefail

# shellcheck source=egs2/librispeech/asr_st_soups/db.sh
. ./db.sh

corpus=()
[ "${LIBRISPEECH}" = downloads ] || corpus=(--audio_dir "${LIBRISPEECH}")
exec python -m espnet_soups.bin.prepare_librispeech --download_dir downloads "${corpus[@]}" "$@"
