"""``conf/slurm.conf``: how a site's Slurm is asked for GPUs, nodes and cores, in the form that Kaldi made common.

Lines, besides comments (``#``) and empty ones:

``command sbatch OPTIONS``
    what submits a job, once.
``option NAME=VALUE OPTIONS``
    what is added when NAME is asked for with VALUE; ``*`` stands for any value, and ``$0`` for it in OPTIONS.
``default NAME=VALUE``
    what NAME is if nobody asks for it.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from espnet_soups.errors import UserError

_ANY = "*"


@dataclass(frozen=True, slots=True)
class SlurmConf:
    """The content of a configuration file."""

    path: Path
    command: list[str]
    options: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Options of the command by name and value."""
    defaults: dict[str, str] = field(default_factory=dict)

    def submission(self, wanted: Mapping[str, str]) -> list[str]:
        """Return the command that submits a job with ``wanted``, such as ``{"gpu": "4"}``.

        Raises:
            UserError: if the file does not say how to ask for it.
        """
        command = list(self.command)
        for name, value in (self.defaults | dict(wanted)).items():
            words = self.options.get((name, value), self.options.get((name, _ANY)))
            if words is None:
                raise UserError(
                    f"{self.path} has no line 'option {name}={value} ...' or 'option {name}=* ...'; add one."
                )
            command += [word.replace("$0", value) for word in words]
        return command


def read_slurm_conf(path: Path) -> SlurmConf:
    """Read a configuration file.

    Raises:
        UserError: if it is missing or a line has another form.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: it says how jobs are submitted to Slurm.")
    conf = SlurmConf(path, [])
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = shlex.split(line, comments=True)
        if not words:
            continue
        kind, rest = words[0], words[1:]
        name, equals, value = (rest or [""])[0].partition("=")
        if kind == "command" and rest and not conf.command:
            conf.command.extend(rest)
        elif kind == "option" and name and equals:
            conf.options[name, value] = rest[1:]
        elif kind == "default" and name and equals and len(rest) == 1:
            conf.defaults[name] = value
        else:
            raise UserError(
                f"{path}:{number}: '{line.strip()}' is not 'command ...' (once), 'option NAME=VALUE ...' or"
                " 'default NAME=VALUE'."
            )
    if not conf.command:
        raise UserError(f"{path} has no line 'command sbatch ...'.")
    return conf
