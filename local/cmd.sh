# shellcheck shell=bash
# How jobs are run, as in ESPnet's cmd.sh: each command is followed by [--gpu N] [JOB=1:N] LOG COMMAND ...
# A command with the same interface that hands jobs to a cluster can take the place of run_job.sh.
export train_cmd="run_job.sh"                   # statistics
export cuda_cmd="run_job.sh --show epochs.sed"  # training
export decode_cmd="run_job.sh --progress"       # decoding
