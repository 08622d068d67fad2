#!/usr/bin/env bash
# From a corpus to the scores of one model for several languages and two tasks. Every recipe's run.sh calls this
# script from its own folder, which has path.sh, cmd.sh and local/data.sh; see print_help, or run with --help.
# shellcheck disable=SC2154 # the options are variables that "option" sets
set -euo pipefail

soups_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd -P)
# shellcheck source=local/parse_options.sh
. "${soups_root}/local/parse_options.sh"
# shellcheck source=local/stages.sh
. "${soups_root}/local/stages.sh"

option_group "Stages"
option int stage "" "begin here, and do this stage again even if it is up to date"
option int stop_stage 13 "end after this stage"
option bool dry_run false "check configuration, data and disk, print what would be done, write nothing"
option bool skip_data_prep false "leave out stages 1 to 5"
option bool skip_train false "leave out stages 10 and 11"
option bool skip_eval false "leave out stages 12 and 13"
option_group "Machine"
option int ngpu 0 "GPUs for training; 0 trains on the CPU"
option int num_nodes 1 "machines for training, each with so many GPUs (with Slurm)"
option str cmd_backend "" "where jobs run: local or slurm (default: what the recipe's cmd.sh says)"
option bool gpu_inference false "decode on a GPU"
option int nj 2 "processes for data preparation and statistics"
option int inference_nj 2 "processes for decoding, which share the GPU if there is one"
option str python "" "Python to use, as SOUPS_PYTHON (default: what local/setup_env.sh finds or makes)"
option_group "Folders"
option str datadir data "data directories and token lists"
option str dumpdir dump "audio as the model reads it"
option str expdir exp "statistics, models, hypotheses and scores"
option_group "Corpus"
option str asr_langs "" "languages to recognise"
option str st_pairs "" "pairs to translate, such as 'fr-en es-en'"
option str train_set train "data directory to train on"
option str unlabeled_set "" "data directory of more speech to train on, for the self-supervised objective only"
option str valid_set valid "data directory to choose the model by"
option str test_sets "" "data directories to decode and score"
option str local_data_opts "" "options for the recipe's local/data.sh"
option_group "Audio"
option str speed_perturb_factors "" "speeds of the training data, such as '0.9 1.0 1.1'; empty for none"
option str audio_format flac "flac, wav or ark"
option num min_wav_duration 0.1 "shortest utterance to train on, in seconds"
option num max_wav_duration 20 "longest utterance to train on, in seconds"
option_group "Tokens (src: recognition, tgt: translation)"
option str src_token_type char "char or bpe"
option int src_nbpe 500 "number of pieces, if bpe"
option str src_case lc.rm "tc (as it is), lc (lower case) or lc.rm (lower case, no punctuation)"
option str tgt_token_type char "char or bpe"
option int tgt_nbpe 500 "number of pieces, if bpe"
option str tgt_case lc.rm "as src_case"
option_group "Training"
option str asr_st_config "" "YAML of model and training"
option str soup_config "" "YAML of the soup: how the objectives are weighted"
option str asr_st_args "" "more options for training; they become part of the experiment's name"
option str asr_st_tag "" "name of the experiment (default: made from the configurations)"
option str asr_st_exp "" "folder of the experiment (default: EXPDIR/asr_st_TAG)"
option str asr_st_stats_dir "" "folder of the statistics (default: EXPDIR/asr_st_stats_...)"
option_group "Decoding"
option str inference_config "" "YAML of the decoding"
option str inference_args "" "more options for decoding; they become part of the tag"
option str inference_tag "" "name of the decoding (default: made from the configuration)"
option str inference_asr_st_model valid.loss.ave.pth "model file in the experiment's folder"
option str score_opts "" "options for scoring, such as '--asr_case lc.rm'"
option_group "Sharing"
option str licence "" "of the packed model, as the Hugging Face Hub calls it, such as cc-by-4.0"
option str corpus_info local/corpus.yaml "YAMLs that say where the data came from, for the model card"
option str hf_repo "" "where stage 15 uploads the model to: owner/name on the Hugging Face Hub"
option bool push_dry_run false "stage 15 only lists what it would upload"

print_help() {
    cat <<EOT
usage: ./run.sh [--option value | --option=value] ...

Stages: 1 data preparation, 2 speed perturbation, 3 format to 16 kHz, 4 drop unfit utterances, 5 tokens,
10 statistics, 11 training, 12 decoding, 13 scoring, and if --stop_stage says so 14 packing and 15 uploading. A
finished stage is skipped as long as the options and files that it depends on are the same; with --stage N the run
begins at N, and N itself is done again. Training goes on from its last checkpoint; a finished one is not done again.
EOT
    print_options
}

parse_options "$@"

[ "${stop_stage}" -le 15 ] || option_error "--stop_stage is ${stop_stage}, but the last stage is 15 (upload)."
[ "${stop_stage}" -lt 15 ] || [ -n "${hf_repo}" ] || option_error "stage 15 (upload) needs --hf_repo owner/name."
[ "${stage:-1}" -le "${stop_stage}" ] || option_error "--stage ${stage} comes after --stop_stage ${stop_stage}."
for name in test_sets asr_st_config soup_config inference_config; do
    [ -n "${!name}" ] || option_error "--${name} is not given, and the recipe's run.sh has none either."
    [[ "${name}" != *_config ]] || [ -f "${!name}" ] || option_error "--${name} ${!name} does not exist."
done
for name in "${train_set}" "${valid_set}" ${test_sets}; do
    [ "${name}" != "${unlabeled_set}" ] ||
        option_error "--unlabeled_set ${name} is already a set with texts: its copy without them would take its place."
done
[ -n "${asr_langs}${st_pairs}" ] || option_error "there is nothing to learn: give --asr_langs, --st_pairs or both."
for name in src_token_type tgt_token_type; do
    [[ "${!name}" =~ ^(char|bpe)$ ]] || option_error "--${name} is char or bpe, not '${!name}'."
done

[ -z "${python}" ] || export SOUPS_PYTHON=${python}
# shellcheck source=egs2/asterisk_prompts/asr_st_soups/path.sh
. ./path.sh
# shellcheck source=egs2/asterisk_prompts/asr_st_soups/cmd.sh
. ./cmd.sh
[ "${num_nodes}" -ge 1 ] || option_error "--num_nodes is 1 or more, not ${num_nodes}."
[ "${num_nodes}" -eq 1 ] || [ "${cmd_backend}" = slurm ] ||
    option_error "--num_nodes ${num_nodes} needs a cluster: give --cmd_backend slurm."

! "${dry_run}" || say "plan of the stages (a dry run: nothing is written)"

read -r -a langs <<<"${asr_langs}"
read -r -a pairs <<<"${st_pairs}"
read -r -a tests <<<"${test_sets}"
read -r -a speeds <<<"${speed_perturb_factors}"
read -r -a data_args <<<"${local_data_opts}"
read -r -a train_args <<<"${asr_st_args}"
read -r -a decode_args <<<"${inference_args}"
read -r -a score_args <<<"${score_opts}"
read -r -a corpora <<<"${corpus_info}"
read -r -a spoken <<<"$(printf '%s\n' "${langs[@]}" "${pairs[@]%-*}" | awk 'NF && !seen[$0]++' | paste -s -d ' ')"

stem() { basename "${1%.*}"; }
# Options as a part of a name: '--max_epoch 3' is '_max_epoch3'.
args_name() { printf '%s' "$1" | sed -e 's/--/_/g' -e 's/[ |=/]//g'; }

sp=${speed_perturb_factors:+_sp}
fit_sets=("${train_set}${sp}" "${valid_set}")
src_tokens=${src_token_type}$([ "${src_token_type}" = char ] || echo "_${src_nbpe}")
tgt_tokens=${tgt_token_type}$([ "${tgt_token_type}" = char ] || echo "_${tgt_nbpe}")
src_dir=${datadir}/token_list/asr_${src_tokens}
tgt_dir=${datadir}/token_list/st_${tgt_tokens}
tokens=${src_tokens}_${tgt_tokens}${sp}
# A model that does not translate, or does not recognise, has one token list for both.
if [ ${#pairs[@]} -eq 0 ]; then
    tokens=asr_${src_tokens}${sp} tgt_dir=${src_dir} tgt_token_type=${src_token_type}
elif [ ${#langs[@]} -eq 0 ]; then
    tokens=st_${tgt_tokens}${sp} src_dir=${tgt_dir} src_token_type=${tgt_token_type}
fi
tokens+=${unlabeled_set:+_${unlabeled_set}}
raw=${dumpdir}/raw
stats=${asr_st_stats_dir:-${expdir}/asr_st_stats_${tokens}}
tag=${asr_st_tag:-$(stem "${asr_st_config}")_$(stem "${soup_config}")_${tokens}$(args_name "${asr_st_args}")}
exp=${asr_st_exp:-${expdir}/asr_st_${tag}}
tag=${inference_tag:-$(stem "${inference_config}")_$(stem "${inference_asr_st_model}")$(args_name "${inference_args}")}
decoded=${exp}/decode_${tag#decode_}

# Run a step of the data preparation: its report goes to the log too, its progress only to the terminal.
logged() { # log, module, arguments
    mkdir -p "${dumpdir}/logs"
    "${python}" -m "espnet_soups.bin.$2" "${@:3}" | tee -a "${dumpdir}/logs/$1.log"
}

# Sets to fit the model are formatted into org first, because stage 4 drops some of their utterances.
formatted() { if [[ " ${fit_sets[*]} ${unlabeled_set} " == *" $1 "* ]]; then echo "${raw}/org/$1"; else echo "${raw}/$1"; fi; }

# The tables of a data directory that the model is trained on.
tables() { printf '%s\n' "$1"/{wav.scp,text,text_translation,utt2lang}; }

make_tokens() { # title, field, folder, type, number of pieces
    local sizes=() makes=("$3/tokens.txt")
    [ "$4" = char ] || { sizes=(--vocab_size "$5") makes+=("$3/bpe.model"); }
    if enter 5 "$1" "$3/.stages/tokens.json" --needs 4 "${raw}/${fit_sets[0]}/$2" --makes "${makes[@]}"; then
        logged tokens make_tokens --data_dir "${raw}/${fit_sets[0]}" --field "$2" --out_dir "$3" --token_type "$4" \
            "${sizes[@]}" --other_dirs "${raw}/${valid_set}"
        leave
    fi
}

if ! "${skip_data_prep}"; then
    sets=("${train_set}" "${valid_set}" "${tests[@]}")
    if enter 1 "data preparation" "${datadir}/.stages/prepare.json" --needs 0 local/data.sh db.sh \
        --param languages="${spoken[*]}" st_pairs="${st_pairs}" src_case="${src_case}" tgt_case="${tgt_case}" \
        options="${local_data_opts}" --makes "${sets[@]/#/${datadir}/}"; then
        local/data.sh --data_dir "${datadir}" --languages "${spoken[@]}" --st_pairs "${pairs[@]}" \
            --src_case "${src_case}" --tgt_case "${tgt_case}" --nj "${nj}" "${data_args[@]}"
        leave
    fi

    if [ -n "${sp}" ] && enter 2 "speed perturbation" "${datadir}/.stages/speed_perturb.json" \
        --param speeds="${speed_perturb_factors}" --needs 1 "${datadir}/${train_set}" \
        --makes "${datadir}/${fit_sets[0]}"; then
        logged speed_perturb speed_perturb --data_dir "${datadir}/${train_set}" --factors "${speeds[@]}" \
            --out_dir "${datadir}/${fit_sets[0]}" --nj "${nj}"
        leave
    fi

    for set in "${fit_sets[@]}" ${unlabeled_set:+"${unlabeled_set}"} "${tests[@]}"; do
        maker=1
        [ "${set}" = "${train_set}" ] || [ "${set}" != "${fit_sets[0]}" ] || maker=2
        if enter 3 "format ${set}" "${dumpdir}/.stages/format_${set}.json" --param audio_format="${audio_format}" \
            --needs "${maker}" "${datadir}/${set}" --makes "$(formatted "${set}")"; then
            logged "format_${set}" format_audio --data_dir "${datadir}/${set}" --out_dir "$(formatted "${set}")" \
                --audio_format "${audio_format}" --nj "${nj}"
            leave
        fi
    done

    for set in "${fit_sets[@]}"; do
        if enter 4 "drop unfit utterances of ${set}" "${dumpdir}/.stages/filter_${set}.json" \
            --param min="${min_wav_duration}" max="${max_wav_duration}" \
            --needs 3 "${raw}/org/${set}" --makes "${raw}/${set}"; then
            logged "filter_${set}" filter_utterances --data_dir "${raw}/org/${set}" --out_dir "${raw}/${set}" \
                --min_seconds "${min_wav_duration}" --max_seconds "${max_wav_duration}"
            leave
        fi
    done

    if [ -n "${unlabeled_set}" ]; then
        if enter 4 "drop unfit utterances of ${unlabeled_set}" "${dumpdir}/.stages/filter_${unlabeled_set}.json" \
            --param min="${min_wav_duration}" max="${max_wav_duration}" \
            --needs 3 "${raw}/org/${unlabeled_set}" --makes "${raw}/${unlabeled_set}"; then
            logged "filter_${unlabeled_set}" filter_utterances --data_dir "${raw}/org/${unlabeled_set}" --unlabeled \
                --out_dir "${raw}/${unlabeled_set}" --min_seconds "${min_wav_duration}" \
                --max_seconds "${max_wav_duration}"
            leave
        fi
        together=${fit_sets[0]}_${unlabeled_set}
        if enter 4 "add ${unlabeled_set} to ${fit_sets[0]}" "${dumpdir}/.stages/add_${together}.json" \
            --needs 4 "${raw}/${fit_sets[0]}" "${raw}/${unlabeled_set}" --makes "${raw}/${together}"; then
            logged "add_${unlabeled_set}" combine_data --complete --out_dir "${raw}/${together}" \
                --data_dirs "${raw}/${fit_sets[0]}" "${raw}/${unlabeled_set}"
            leave
        fi
    fi

    [ ${#langs[@]} -eq 0 ] ||
        make_tokens "tokens of recognition" text "${src_dir}" "${src_token_type}" "${src_nbpe}"
    [ ${#pairs[@]} -eq 0 ] ||
        make_tokens "tokens of translation" text_translation "${tgt_dir}" "${tgt_token_type}" "${tgt_nbpe}"
fi

# From here on the training data have the speech without text.
labeled_sets=("${fit_sets[@]}")
fit_sets[0]+=${unlabeled_set:+_${unlabeled_set}}

# Options that statistics and training have in common.
model_options=(
    --config "${asr_st_config}" --soup_config "${soup_config}" --asr_langs "${langs[@]}" --st_pairs "${pairs[@]}"
    --src_token_list "${src_dir}/tokens.txt" --src_token_type "${src_token_type}"
    --token_list "${tgt_dir}/tokens.txt" --token_type "${tgt_token_type}"
)
[ "${src_token_type}" = char ] || model_options+=(--src_bpemodel "${src_dir}/bpe.model")
[ "${tgt_token_type}" = char ] || model_options+=(--bpemodel "${tgt_dir}/bpe.model")
audio_type=$([ "${audio_format}" = ark ] && echo kaldi_ark || echo sound)
for split in train valid; do
    set=$([ "${split}" = train ] && echo "${fit_sets[0]}" || echo "${valid_set}")
    for stream in "wav.scp,speech,${audio_type}" text_translation,text,text text,src_text,text utt2lang,lang,text; do
        model_options+=("--${split}_data_path_and_name_and_type" "${raw}/${set}/${stream}")
    done
done
mapfile -t fit_tables < <(for set in "${fit_sets[@]}"; do tables "${raw}/${set}"; done)
token_lists=("${src_dir}/tokens.txt" "${tgt_dir}/tokens.txt")

# Statistics of few utterances take one job: to start a second takes longer than to do its share.
collect_stats() {
    local jobs split logs=${stats}/logdir parts=()
    jobs=$(awk -v nj="${nj}" 'END { n = int((NR + 9999) / 10000); print n < nj ? n : nj }' "${raw}/${fit_sets[0]}/wav.scp")
    rm -rf "${logs}" && mkdir -p "${logs}"
    for split in train valid; do
        awk -v n="${jobs}" -v name="${logs}/${split}" '{ print $1, 1 > (name "." NR % n + 1 ".scp") }' \
            "${raw}/$([ "${split}" = train ] && echo "${fit_sets[0]}" || echo "${valid_set}")/wav.scp"
    done
    ${train_cmd} JOB=1:"${jobs}" "${logs}/stats.JOB.log" "${python}" -m espnet_soups.bin.train "${model_options[@]}" \
        "${train_args[@]}" --normalize none --collect_stats true --ngpu 0 --output_dir "${logs}/stats.JOB" \
        --train_shape_file "${logs}/train.JOB.scp" --valid_shape_file "${logs}/valid.JOB.scp"
    if [ "${jobs}" -eq 1 ]; then
        rm -rf "${stats}"/{train,valid} && mv "${logs}"/stats.1/{train,valid} "${stats}"
        return
    fi
    for ((job = 1; job <= jobs; job++)); do parts+=(--input_dir "${logs}/stats.${job}"); done
    ${train_cmd} "${logs}/aggregate.log" "${python}" -m espnet2.bin.aggregate_stats_dirs "${parts[@]}" \
        --output_dir "${stats}"
}

# The command before training's and the options after it, by GPUs and machines: ESPnet starts the processes of one
# machine, Slurm's srun one process on each machine. They meet at a file of their own; one left behind by a run that
# was killed would keep them waiting.
launch_training() {
    launcher=()
    processes=(--ngpu "${ngpu}")
    [ "${ngpu}" -lt 2 ] && [ "${num_nodes}" -eq 1 ] || processes+=(--multiprocessing_distributed true)
    [ "${ngpu}" -gt 0 ] || [ "${num_nodes}" -eq 1 ] || processes+=(--dist_backend gloo)
    [ "${num_nodes}" -gt 1 ] || return 0
    rm -f "${exp}"/.meet.*
    launcher=(srun --export=ALL)
    processes+=(--dist_launcher slurm --dist_init_method "file://$(realpath "${exp}")/.meet.$$")
}

if ! "${skip_train}"; then
    if enter 10 "statistics" "${stats}/.stages/stats.json" --needs 4 "${fit_tables[@]}" --needs 5 "${token_lists[@]}" \
        --yaml asr_st_config="${asr_st_config}":frontend,frontend_conf,speech_volume_normalize \
        --makes "${stats}"/{train,valid}/speech_shape; then
        collect_stats
        leave
    fi

    # What may change when a training goes on: how long it lasts, where it runs and what it tells.
    if enter 11 "training" "${exp}/.stages/train.json" --needs 4 "${fit_tables[@]}" --needs 5 "${token_lists[@]}" \
        --needs 10 "${stats}/train/feats_stats.npz" --yaml asr_st_config="${asr_st_config}" \
        --yaml soup_config="${soup_config}" --arguments asr_st_args="${asr_st_args}" \
        --param asr_langs="${asr_langs}" st_pairs="${st_pairs}" --checkpoint "${exp}/checkpoint.pth" \
        --free max_epoch patience keep_nbest_models num_workers log_interval use_tensorboard \
        --makes "${exp}"/{config.yaml,checkpoint.pth}; then
        launch_training
        normalize=()
        ! grep -Eq '^normalize: *global_mvn' "${asr_st_config}" ||
            normalize=(--normalize_conf stats_file="${stats}/train/feats_stats.npz")
        say "log: ${exp}/train.log"
        ${cuda_cmd} --gpu "${ngpu}" --num_nodes "${num_nodes}" --num_threads "$((ngpu > 1 ? ngpu : 1))" \
            "${exp}/train.log" "${launcher[@]}" "${python}" -m espnet_soups.bin.train "${model_options[@]}" \
            "${normalize[@]}" "${train_args[@]}" "${processes[@]}" --resume true --output_dir "${exp}" \
            --train_shape_file "${stats}/train/speech_shape" --valid_shape_file "${stats}/valid/speech_shape"
        rm -f "${exp}"/.meet.*
        leave
    fi
fi

if ! "${skip_eval}"; then
    model=${exp}/${inference_asr_st_model}
    for set in "${tests[@]}"; do
        if enter 12 "decoding of ${set}" "${decoded}/.stages/decode_${set}.json" --needs 3 "${raw}/${set}/wav.scp" \
            --needs 11 "${exp}/config.yaml" "${model}" --yaml inference_config="${inference_config}" \
            --arguments inference_args="${inference_args}" --makes "${decoded}/${set}/decode.json"; then
            gpus=(--ngpu "$("${gpu_inference}" && echo 1 || echo 0)")
            ${decode_cmd} --gpu "${gpus[1]}" --num_threads "${inference_nj}" "${decoded}/logs/${set}.log" "${python}" -m espnet_soups.bin.decode \
                --config "${inference_config}" --train_config "${exp}/config.yaml" --model_file "${model}" \
                --data_dir "${raw}/${set}" --output_dir "${decoded}/${set}" --nj "${inference_nj}" "${gpus[@]}" \
                "${decode_args[@]}"
            leave
        fi
    done

    mapfile -t hypotheses < <(find "${decoded}" -name text 2>/dev/null | sort)
    if enter 13 "scoring" "${exp}/.stages/score.json" --param decoded="${decoded}" test_sets="${test_sets}" score_opts="${score_opts}" \
        --needs 12 "${tests[@]/#/${decoded}/}" "${hypotheses[@]}" \
        --needs 3 "${tests[@]/#/${raw}/}" --makes "${exp}"/RESULTS.{md,json} "${exp}/soup.png"; then
        "${python}" -m espnet_soups.bin.score --decode_dir "${decoded}" --dump_dir "${raw}" --test_sets "${tests[@]}" \
            --exp_dir "${exp}" "${score_args[@]}"
        "${python}" -m espnet_soups.bin.plot_run --exp_dir "${exp}"
        leave
    fi
fi

packed=${exp}/$(basename "${exp}")_$(stem "${inference_asr_st_model}").zip
mapfile -t scores < <(find "${exp}" -maxdepth 1 -name 'RESULTS.*' 2>/dev/null | sort)
if [ "${stop_stage}" -ge 14 ] && enter 14 "packing" "${exp}/.stages/pack.json" --needs 0 "${corpora[@]}" \
    --needs 4 "${raw}/${fit_sets[0]}/utt2num_samples" "${raw}/${valid_set}/utt2num_samples" \
    --needs 11 "${exp}/config.yaml" "${exp}/${inference_asr_st_model}" --needs 13 "${scores[@]}" \
    --yaml inference_config="${inference_config}" --param licence="${licence}" --makes "${packed}"; then
    "${python}" -m espnet_soups.bin.soups pack --exp_dir "${exp}" --model_file "${inference_asr_st_model}" \
        --decode_config "${inference_config}" --data_dirs "${raw}/${fit_sets[0]}" "${raw}/${valid_set}" \
        --valid_dir "${raw}/${valid_set}" --corpus "${corpora[@]}" ${licence:+--licence "${licence}"} --out "${packed}"
    leave
fi

if [ "${stop_stage}" -ge 15 ] && ! "${dry_run}"; then
    say "stage 15 (upload)"
    push=()
    ! "${push_dry_run}" || push=(--dry_run)
    "${python}" -m espnet_soups.bin.soups push "${packed}" --hf_repo "${hf_repo}" "${push[@]}"
    stages_run=$((stages_run + 1))
fi

if "${dry_run}"; then
    "${python}" -m espnet_soups.bin.dry_run --data_dir "${datadir}" --dump_dir "${dumpdir}" --exp_dir "${exp}" \
        --fit_sets "${labeled_sets[@]}" --test_sets "${tests[@]}" --inference_config "${inference_config}" \
        --src_nbpe "${src_nbpe}" --tgt_nbpe "${tgt_nbpe}" --planned "${planned[@]}" \
        -- --output_dir "${exp}" "${model_options[@]}" "${train_args[@]}"
    exit 0
fi

[ "${stages_run}" -gt 0 ] || say "nothing to do: all stages are up to date"
[ ! -e "${exp}/RESULTS.md" ] || say "results: ${PWD}/${exp}/RESULTS.md"
