# shellcheck shell=bash
# For recipes that can be joined with another corpus: takes --with_<corpus> DIR out of the options. Source this file.
#
#   take_sibling aishell "$@"
#
# sets the array options: the other options and, if --with_aishell was among them, first the folders of the joint
# experiment, which keep it apart from that of the one corpus, and the option for local/data.sh.

take_sibling() { # corpus, options
    local corpus=$1 folder="" data_opts=""
    shift
    options=()
    while [ $# -gt 0 ]; do
        case "${1//-/_}" in
            "__with_${corpus}" | __local_data_opts) set -- "$1=${2-}" "${@:3}" && continue ;;
            "__with_${corpus}="*) folder=${1#*=} ;;
            __local_data_opts=*) data_opts=${1#*=} ;;
            *) options+=("$1") ;;
        esac
        shift
    done
    if [ -n "${folder}" ]; then
        data_opts="--with_${corpus} ${folder} ${data_opts}"
        options=(--datadir "data/with_${corpus}" --dumpdir "dump/with_${corpus}" --expdir "exp/with_${corpus}"
            --asr_langs "en zh" --corpus_info "local/corpus.yaml ../../${corpus}/asr_st_soups/local/corpus.yaml"
            "${options[@]}")
    fi
    options+=(--local_data_opts "${data_opts}")
}
