# shellcheck shell=bash
# Functions that find a Python from which the environment can be made. Source this file.

# Print the path of interpreter $1 if it really runs, is CPython 3.12 or 3.13 and can make environments.
usable_python() {
    "$1" -I -c '
import sys, sysconfig
import ensurepip, venv
good = sys.implementation.name == "cpython" and (3, 12) <= sys.version_info[:2] <= (3, 13)
if not good or sysconfig.get_config_var("Py_GIL_DISABLED"):
    sys.exit(1)
print(sys.executable)
' 2>/dev/null </dev/null
}

# Print the interpreter of the environment that the user has activated, if any.
active_python() {
    local prefix
    for prefix in "${VIRTUAL_ENV:-}" "${CONDA_PREFIX:-}"; do
        if [ -n "${prefix}" ] && [ -x "${prefix}/bin/python" ]; then
            printf '%s\n' "${prefix}/bin/python"
            return 0
        fi
    done
    return 1
}

# Print the interpreters that this machine may have, the best first; some may not exist or not run.
python_candidates() {
    local conda pyenv uv
    type -P -a python3.12 python3.13 python3 python || true
    active_python || true
    for pyenv in "${HOME:-}/.pyenv" "$(pyenv root 2>/dev/null || true)"; do
        printf '%s\n' "${pyenv}"/versions/3.1[23].*/bin/python
    done
    for conda in "${CONDA_EXE:+${CONDA_EXE%/bin/conda}}" "${HOME:-}"/{miniforge3,miniconda3,anaconda3} /opt/conda; do
        printf '%s\n' "${conda}/bin/python" "${conda}"/envs/*/bin/python
    done
    uv=${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/uv/python}
    printf '%s\n' "${uv}"/cpython-3.1[23].*/bin/python3
}

# Print the first usable interpreter; status 1 if there is none.
find_python() {
    local candidate
    while read -r candidate; do
        [ -x "${candidate}" ] && usable_python "${candidate}" && return 0
    done < <(python_candidates)
    return 1
}
