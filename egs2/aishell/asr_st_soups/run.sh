#!/usr/bin/env bash
# Recognition of Chinese; with --with_librispeech DIR of Chinese and English, the paper's second experiment. DIR is the
# folder of the recipe librispeech after its stage 1, or its dump/raw after stage 4: then audio is linked, not
# converted once more.
# The other options (--help lists them) are those of soups.sh and override what stands here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source=local/with_sibling.sh
. ../../../local/with_sibling.sh
take_sibling librispeech "$@"
tests="test"
tokens=(--src_token_type char)
if [[ "${options[*]}" == *--with_librispeech* ]]; then
    tests+=" test_clean test_other"
    tokens=(--src_token_type bpe --src_nbpe 8000 --max_wav_duration 30)
fi

exec ../../TEMPLATE/asr_st_soups/soups.sh \
    --asr_langs zh \
    --test_sets "${tests}" \
    "${tokens[@]}" \
    --asr_st_config conf/train_asr_conformer.yaml \
    --soup_config ../../../conf/soups/vc.yaml \
    --inference_config ../../../conf/decode.yaml \
    "${options[@]}"
