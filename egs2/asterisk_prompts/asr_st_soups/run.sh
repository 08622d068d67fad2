#!/usr/bin/env bash
# Recognition of 5 languages and translation of 4 into English, from telephone prompts read by real speakers.
# Options (--help lists them) are those of soups.sh and override what stands here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

exec ../../TEMPLATE/asr_st_soups/soups.sh \
    --asr_langs "en es fr it ru" \
    --st_pairs "es-en fr-en it-en ru-en" \
    --test_sets "test_digits test_prompts" \
    --max_wav_duration 8 \
    --src_case lc.rm --tgt_case lc.rm \
    --tgt_token_type bpe --tgt_nbpe 300 \
    --asr_st_config conf/train_asr_st_conformer.yaml \
    --soup_config ../../../conf/soups/vm_usa.yaml \
    --inference_config ../../../conf/decode.yaml \
    "$@"
