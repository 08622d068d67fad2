#!/usr/bin/env bash
# Stage 1: data/{train,valid,test_digits,test_prompts}. soups.sh passes what all corpora need, and --local_data_opts.
set -euo pipefail

# shellcheck source=egs2/asterisk_prompts/asr_st_soups/db.sh
. ./db.sh

corpus=()
[ "${ASTERISK_PROMPTS}" = downloads ] || corpus=(--audio_dir "${ASTERISK_PROMPTS}")
exec python -m espnet_soups.bin.prepare_asterisk_prompts --download_dir downloads "${corpus[@]}" "$@"
