#!/usr/bin/env bash
# The two-stage baseline: self-supervision alone trains the encoder, then recognition and translation train it on,
# by their plain sum. Call it from a recipe's folder in the place of ./run.sh, with the options of ./run.sh:
#
#   ../../TEMPLATE/asr_st_soups/two_stage.sh [--pretrain_args "--max_epoch 50"] [options of run.sh]
#
# --asr_st_args are options of both trainings, --pretrain_args and --unlabeled_set of the first only. The models are in
# exp/asr_st_TAG_pretraining and exp/asr_st_TAG; TAG is two_stage, or what --asr_st_tag says.
set -euo pipefail

pretrain_args="" unlabeled_set="" asr_st_args="" asr_st_tag=two_stage stage="" stop_stage="" given=()
while [ $# -gt 0 ]; do
    name=${1%%=*}
    case "${name//-/_}" in
        __pretrain_args | __unlabeled_set | __asr_st_args | __asr_st_tag | __stage | __stop_stage)
            if [ "${name}" = "$1" ]; then
                [ $# -gt 1 ] || { echo "error: ${name} needs a value." >&2 && exit 2; }
                set -- "$1=$2" "${@:3}"
            fi
            name=${name#--}
            printf -v "${name//-/_}" '%s' "${1#*=}"
            ;;
        __asr_st_exp)
            echo "error: two_stage.sh makes two models: name them by --asr_st_tag, not by --asr_st_exp." >&2
            exit 2
            ;;
        *) given+=("$1") ;;
    esac
    shift
done
[ -x ./run.sh ] || { echo "error: ${PWD} has no run.sh: call two_stage.sh from a recipe's folder." >&2 && exit 2; }

exp=exp/asr_st_${asr_st_tag}
joint=../../../conf/soups/joint.yaml
given+=(${stage:+--stage "${stage}"} ${stop_stage:+--stop_stage "${stop_stage}"})

if [[ ! "${stage}" =~ ^1[45]$ ]]; then
    # The first model serves the second only: it is not packed.
    [[ ! "${stop_stage}" =~ ^1[45]$ ]] || stop_stage=13
    echo "two-stage training: first self-supervision alone (${exp}_pretraining)"
    ./run.sh "${given[@]}" --soup_config "${joint}" --asr_st_exp "${exp}_pretraining" --skip_eval true \
        ${unlabeled_set:+--unlabeled_set "${unlabeled_set}"} ${stop_stage:+--stop_stage "${stop_stage}"} \
        --asr_st_args "--ssl_only true --ssl_conf utterances=1.0 ${asr_st_args} ${pretrain_args}"
fi

echo "two-stage training: then recognition and translation (${exp})"
# All that was pretrained is taken but the self-supervised head, which the second model has not.
./run.sh --soup_config "${joint}" "${given[@]}" --asr_st_exp "${exp}" \
    --asr_st_args "--ssl none --init_param ${exp}_pretraining/valid.loss.ave.pth:::ssl ${asr_st_args}"
