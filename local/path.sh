# shellcheck shell=bash
# What every recipe's path.sh sources: the environment, made if need be, comes first on PATH. Sets soups_root and python.
soups_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
python=$("${soups_root}/local/setup_env.sh") || exit 1
export python PATH="${soups_root}/local:${python%/*}:${PATH}"
export PYTHONPATH="${soups_root}${PYTHONPATH:+:${PYTHONPATH}}" # this clone's package, in any environment
export LC_ALL=C PYTHONUTF8=1                                   # tables are sorted bytewise, texts are UTF-8
