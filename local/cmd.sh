# shellcheck shell=bash disable=SC2154
# How jobs are run, as in ESPnet's cmd.sh: each command is followed by [--gpu N] [--num_nodes N] [--num_threads N]
# [JOB=1:N] LOG COMMAND ... Another command with the same interface can take the place of run_job.sh.
case "${cmd_backend}" in
    local) backend=() ;;
    slurm) backend=(--slurm) ;;
    *)
        printf "error: cmd_backend is local or slurm, not '%s'.\n" "${cmd_backend}" >&2
        exit 2
        ;;
esac
export train_cmd="run_job.sh ${backend[*]}"                   # statistics
export cuda_cmd="run_job.sh ${backend[*]} --show epochs.sed"  # training
export decode_cmd="run_job.sh ${backend[*]} --progress"       # decoding
