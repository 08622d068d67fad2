#!/usr/bin/env bash
# Recognition of 5 languages and translation of 4 into English: the paper's experiment on CoVoST 2.
# Options (--help lists them) are those of soups.sh and override what stands here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

exec ../../TEMPLATE/asr_st_soups/soups.sh \
    --asr_langs "en fr de es ca" \
    --st_pairs "fr-en de-en es-en ca-en" \
    --test_sets test \
    --src_case lc.rm --src_token_type bpe --src_nbpe 4000 \
    --tgt_case tc --tgt_token_type bpe --tgt_nbpe 1000 \
    --asr_st_config conf/train_asr_st_conformer.yaml \
    --soup_config ../../../conf/soups/vm_usa.yaml \
    --inference_config ../../../conf/decode.yaml \
    "$@"
