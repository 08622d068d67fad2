"""Plan, begin and end a stage: skip it when it is up to date, refuse what would spoil an earlier result."""

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from espnet_soups.errors import UserError
from espnet_soups.stages.files import FileState, expand, look_at
from espnet_soups.stages.record import Record, differences, read_record, write_record


@dataclass(frozen=True, slots=True)
class Request:
    """What a stage is about to be run with.

    Attributes:
        record: the file that remembers the stage.
        parameters: name to value.
        inputs: files and directories, each with the number of the stage that makes it (0: the recipe's own).
        outputs: what the stage makes.
        force: run although it is up to date.
        checkpoint: a file from which an unfinished run goes on. While it exists, the stage may be begun only
            with what it was begun with before.
        free: parameters (without the prefix of their source) that may change between the runs even so.
    """

    record: Path
    parameters: dict[str, str]
    inputs: list[tuple[int, Path]]
    outputs: list[Path]
    force: bool = False
    checkpoint: Path | None = None
    free: frozenset[str] = frozenset()


def begin(request: Request) -> str | None:
    """Return why the stage must run, and note that it has begun; return None if it is up to date.

    Raises:
        UserError: an input is missing, or a checkpoint belongs to another run.
    """
    old = read_record(request.record)
    new = Record(request.parameters, _inputs(request, old), [str(path) for path in request.outputs])
    if request.checkpoint is not None and request.checkpoint.exists():
        _refuse_other_run(request, request.checkpoint, old, new)
    reason = _reason(old, new)
    if reason is None and not request.force:
        done = dataclasses.replace(new, done=True)
        if done != old:  # the same contents at other times: note the times, to read less at the next check
            write_record(request.record, done)
        return None
    write_record(request.record, new)
    return reason or "asked for"


def plan(request: Request, pending: Collection[int]) -> str | None:
    """Return why the stage would run, None if it is up to date; write nothing.

    Args:
        request: as for :func:`begin`.
        pending: numbers of the stages that would run before; what they make may not be there yet.

    Raises:
        UserError: an input is missing that no pending stage makes, or a checkpoint belongs to another run.
    """
    old = read_record(request.record)
    settled = [(stage, path) for stage, path in request.inputs if stage not in pending]
    new = Record(request.parameters, _inputs(dataclasses.replace(request, inputs=settled), old), [])
    awaited = sorted({stage for stage, _ in request.inputs if stage in pending})
    if awaited and old is not None:  # of the inputs, only those that stay as they are can be compared
        old = dataclasses.replace(old, inputs={name: old.inputs[name] for name in new.inputs if name in old.inputs})
    if request.checkpoint is not None and request.checkpoint.exists():
        _refuse_other_run(request, request.checkpoint, old, new)
    reason = _reason(old, dataclasses.replace(new, outputs=[str(path) for path in request.outputs]))
    if reason is None and awaited:
        return f"if stage {' or '.join(map(str, awaited))} changes what it reads"
    return reason or ("asked for" if request.force else None)


def end(path: Path) -> None:
    """Note that the stage whose record is at ``path`` has ended well.

    Raises:
        UserError: it was not begun, or an output is missing.
    """
    record = read_record(path)
    if record is None:
        raise UserError(f"{path} does not exist: the stage was not begun.")
    absent = _first_absent(record.outputs)
    if absent is not None:
        raise UserError(f"The stage ended, but {absent} is missing; see its log.")
    write_record(path, dataclasses.replace(record, done=True))


def _inputs(request: Request, old: Record | None) -> dict[str, FileState]:
    before = {} if old is None else old.inputs
    for stage, path in request.inputs:
        if not path.exists():
            maker = f"stage {stage} makes it, run that first (--stage {stage})" if stage else "it is part of the recipe"
            raise UserError(f"{path} is missing: {maker}.")
    files = expand(path for _, path in request.inputs)
    return {str(file): look_at(file, before.get(str(file))) for file in files}


def _reason(old: Record | None, new: Record) -> str | None:
    if old is None:
        return "not done yet"
    changes = differences(old, new)
    if changes:
        return changes[0]
    if not old.done:
        return "not finished the last time"
    absent = _first_absent(new.outputs)
    return None if absent is None else f"{absent} is missing"


def _first_absent(paths: Iterable[str]) -> str | None:
    return next((path for path in paths if not Path(path).exists()), None)


def _refuse_other_run(request: Request, checkpoint: Path, old: Record | None, new: Record) -> None:
    place = checkpoint.parent
    remedy = f"give the new run another --asr_st_tag, or remove {place}."
    if old is None:
        raise UserError(f"{checkpoint} exists, but not the record of the run that made it: {remedy}")
    changes = differences(_without(old, request.free), _without(new, request.free))
    if changes:
        raise UserError(f"{place} belongs to a run with other settings ({changes[0]}): {remedy}")


def _without(record: Record, free: frozenset[str]) -> Record:
    kept = {name: value for name, value in record.parameters.items() if name.partition(".")[2] not in free}
    return dataclasses.replace(record, parameters=kept)
