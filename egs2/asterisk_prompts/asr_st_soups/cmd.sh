# shellcheck shell=bash
# Where statistics, training and decoding run: local (this machine), or slurm (a cluster, asked as conf/slurm.conf says,
# or that of the clone). The option --cmd_backend comes before what stands here.
cmd_backend=${cmd_backend:-local}
# shellcheck source=local/cmd.sh
. ../../../local/cmd.sh
