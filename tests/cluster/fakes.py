"""Commands of Slurm for machines without it: sbatch runs the job at once, srun on two 'nodes', and all take notes."""

from pathlib import Path

_SBATCH = """#!/usr/bin/env bash
set -euo pipefail
printf '%s\\n' "$*" >>{notes}/sbatch
script={notes}/script.$$
cat >"${{script}}"
for option; do [[ "${{option}}" != --output=* ]] || output=${{option#*=}}; done
[ ! -e {notes}/refuse ] || {{ echo 'error: invalid partition' >&2; exit 1; }}
[ -e {notes}/lose ] || {{ setsid bash "${{script}}" >>"${{output}}" 2>&1 </dev/null & echo "$!" >{notes}/group; }}
echo 17
"""
_SRUN = """#!/usr/bin/env bash
set -euo pipefail
printf '%s\\n' "$*" >>{notes}/srun
shift
export SLURM_STEP_NUM_NODES=2 SLURM_NTASKS=2 SLURM_STEP_NODELIST=a,b SLURM_LOCALID=0
for node in 0 1; do
    SLURM_PROCID=${{node}} SLURM_NODEID=${{node}} "$@" &
    tasks+=($!)
done
for task in "${{tasks[@]}}"; do wait "${{task}}"; done
"""
_SCANCEL = """#!/usr/bin/env bash
printf '%s\\n' "$*" >>{notes}/scancel
kill -TERM -- "-$(cat {notes}/group)"
"""
_SQUEUE = """#!/usr/bin/env bash
[ -e {notes}/lose ] || echo 17
echo 18
"""


def write_fakes(folder: Path) -> Path:
    """Write the commands to ``folder/bin``, which belongs first on PATH; return the folder of their notes.

    A file ``refuse`` there lets sbatch refuse a job, ``lose`` lets a job disappear.
    """
    notes = folder / "notes"
    notes.mkdir()
    (folder / "bin").mkdir()
    for name, script in (("sbatch", _SBATCH), ("srun", _SRUN), ("scancel", _SCANCEL), ("squeue", _SQUEUE)):
        file = folder / "bin" / name
        file.write_text(script.format(notes=notes))
        file.chmod(0o755)
    return notes
