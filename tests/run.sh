#!/usr/bin/env bash
# Check the code and run the tests, in the environment of local/setup_env.sh.
#
# usage: tests/run.sh [unit] [pytest's options and files]
#   unit  leave out tests/recipes, which run the shell recipes for real
# With options or files of pytest the checks are left out: 'tests/run.sh tests/stages -k yaml'.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=$(local/setup_env.sh --test)
export PATH="${python%/*}:${PATH}"
export PYTHONPATH="${PWD}${PYTHONPATH:+:${PYTHONPATH}}" # for an environment that has the requirements but not this clone
export OMP_NUM_THREADS=1 # the models are tiny: two processes of one thread are faster than one of two

selection=()
if [ "${1:-}" = unit ]; then
    selection=(--ignore tests/recipes)
    shift
fi

if [ $# -eq 0 ]; then
    printf '%s\n' "ruff, mypy, shellcheck"
    ruff check .
    ruff format --check .
    mypy
    find . -path ./.venv -prune -o \( -name '*.sh' -o -path ./.ci/run \) -print0 | xargs -0 shellcheck -x
fi
exec "${python}" -m pytest -n 2 --dist loadgroup "${selection[@]}" "$@"
