# shellcheck shell=bash
# Command line options in one table: each is declared once with its type, default and help. Source this file, then
#
#   option_group "Training"
#   option int ngpu 0 "number of GPUs; 0 trains on the CPU"
#   parse_options "$@"
#
# sets the variable ngpu. Types: int and num (not negative), bool (true or false; the bare option means true), str.
# Accepted are '--opt value' and '--opt=value', with '-' for '_' in names; of an option given twice the last counts.
# Arrays, all in the order of declaration: names of options, their types and help texts.
option_names=()
option_types=()
option_help=()

# A heading in the help text; kept as an option of type 'group'.
option_group() {
    option_names+=("")
    option_types+=(group)
    option_help+=("$1")
}

option() { # type, name, default, help
    option_types+=("$1")
    option_names+=("$2")
    option_help+=("$4")
    printf -v "$2" '%s' "$3"
}

option_error() {
    printf 'error: %s\n' "$*" >&2
    exit 2
}

# Each option with its help and, in brackets, its value so far: the default, or what the recipe gives.
print_options() {
    local i name value
    for i in "${!option_names[@]}"; do
        if [ "${option_types[i]}" = group ]; then
            printf '\n%s:\n' "${option_help[i]}"
            continue
        fi
        name=${option_names[i]}
        value=${!name}
        printf '  --%-24s %s%s\n' "${name}" "${option_help[i]}" "${value:+ [${value}]}"
    done
    printf '\n  --%-24s %s\n' help "print this and stop"
}

# Print the number of one-character edits between two words.
edit_distance() {
    awk -v a="$1" -v b="$2" 'BEGIN {
        for (j = 0; j <= length(b); j++) row[j] = j
        for (i = 1; i <= length(a); i++) {
            diagonal = row[0]; row[0] = i
            for (j = 1; j <= length(b); j++) {
                best = diagonal + (substr(a, i, 1) != substr(b, j, 1))
                if (row[j] + 1 < best) best = row[j] + 1
                if (row[j - 1] + 1 < best) best = row[j - 1] + 1
                diagonal = row[j]; row[j] = best
            }
        }
        print row[length(b)]
    }'
}

nearest_option() {
    local name distance best='' least=1000
    for name in "${option_names[@]}" help; do
        [ -n "${name}" ] || continue
        distance=$(edit_distance "$1" "${name}")
        if [ "${distance}" -lt "${least}" ]; then
            least=${distance}
            best=${name}
        fi
    done
    printf '%s' "${best}"
}

option_type() {
    local i
    for i in "${!option_names[@]}"; do
        if [ -n "$1" ] && [ "${option_names[i]}" = "$1" ]; then
            printf '%s' "${option_types[i]}"
            return 0
        fi
    done
    return 1
}

check_option_value() { # type, name, value
    case "$1:$3" in
        bool:true | bool:false | str:*) ;;
        bool:*) option_error "--$2 is true or false, not '$3'." ;;
        int:*) [[ "$3" =~ ^[0-9]+$ ]] || option_error "--$2 is a whole number, not '$3'." ;;
        num:*) [[ "$3" =~ ^[0-9]*[.]?[0-9]+$ ]] || option_error "--$2 is a number, not '$3'." ;;
    esac
}

# Set the variables of all options from the command line; --help calls print_help, which the caller defines.
parse_options() {
    local name type value
    while [ $# -gt 0 ]; do
        [[ "$1" == --?* ]] || option_error "'$1' is no option: options begin with --, and a value with blanks needs quotes."
        name=${1%%=*}
        name=${name#--}
        name=${name//-/_}
        if [ "${name}" = help ]; then
            print_help
            exit 0
        fi
        type=$(option_type "${name}") ||
            option_error "there is no option --${name}; did you mean --$(nearest_option "${name}")? --help lists all."
        if [[ "$1" == *=* ]]; then
            value=${1#*=}
        elif [ "${type}" = bool ] && { [ $# -eq 1 ] || [[ "$2" == --* ]]; }; then
            value=true
        elif [ $# -eq 1 ]; then
            option_error "--${name} needs a value."
        else
            value=$2
            shift
        fi
        shift
        check_option_value "${type}" "${name}" "${value}"
        printf -v "${name}" '%s' "${value}"
    done
}
