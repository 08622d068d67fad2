# shellcheck shell=bash
# How jobs are run: here, on this machine. A cluster's command can be put in train_cmd, cuda_cmd and decode_cmd.
# shellcheck source=local/cmd.sh
. ../../../local/cmd.sh
