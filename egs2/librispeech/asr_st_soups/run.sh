#!/usr/bin/env bash
# Recognition of English; with --with_aishell DIR of English and Chinese, the paper's second experiment. DIR is the
# folder of the recipe aishell after its stage 1, or its dump/raw after stage 4: then audio is linked, not converted
# once more. Parts are chosen by --local_data_opts "--parts train-clean-100 dev-clean test-clean test-other".
# The other options (--help lists them) are those of soups.sh and override what stands here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source=local/with_sibling.sh
. ../../../local/with_sibling.sh
take_sibling aishell "$@"
tests="test_clean test_other"
[[ "${options[*]}" != *--with_aishell* ]] || tests+=" test_aishell"

exec ../../TEMPLATE/asr_st_soups/soups.sh \
    --asr_langs en \
    --test_sets "${tests}" \
    --max_wav_duration 30 \
    --src_token_type bpe --src_nbpe 5000 \
    --asr_st_config conf/train_asr_conformer.yaml \
    --soup_config ../../../conf/soups/vc.yaml \
    --inference_config ../../../conf/decode.yaml \
    "${options[@]}"
