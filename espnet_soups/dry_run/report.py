"""The dry run as a whole: every check, and what it found."""

import argparse
from pathlib import Path

from espnet_soups.corpora.tables import format_table
from espnet_soups.dry_run.configuration import (
    SPECIAL_TOKENS,
    build_on_meta,
    count_parameters,
    expected_tokens,
    parse_training,
)
from espnet_soups.dry_run.data import check_data
from espnet_soups.dry_run.disk import audio_bytes, check_disk, checkpoint_bytes
from espnet_soups.dry_run.objectives import describe_objectives
from espnet_soups.inference.options import read_decode_options

_FORMATTING, _TRAINING = 3, 11


def print_report(args: argparse.Namespace) -> None:
    """Check what the command line of :mod:`espnet_soups.bin.dry_run` names, and print it.

    Raises:
        UserError: for the first thing that would stop the recipe later.
    """
    read_decode_options(args.inference_config)
    training = parse_training(args.training)
    unknown = []
    for prefix, pieces in (("src_", args.src_nbpe), ("", args.tgt_nbpe)):
        file = Path(getattr(training, f"{prefix}token_list"))
        tokens = expected_tokens(file, getattr(training, f"{prefix}token_type"), pieces)
        setattr(training, f"{prefix}token_list", tokens)
        if tuple(tokens) == SPECIAL_TOKENS:
            unknown.append(str(file))
    model = build_on_meta(training)
    assert model.soup is not None  # the optimiser attached it
    rows = count_parameters(model)
    total, trained = sum(row[1] for row in rows), sum(row[2] for row in rows)
    fit, tests = ([args.data_dir / name for name in names] for names in (args.fit_sets, args.test_sets))
    found = check_data([*fit, *tests], fit, training.asr_langs, training.st_pairs)
    needs: list[tuple[Path, int | None, str]] = []
    if _FORMATTING in args.planned:
        needs.append((args.dump_dir, audio_bytes([*fit, *tests]), "formatted audio"))
    if _TRAINING in args.planned:
        nbest = training.keep_nbest_models
        size = checkpoint_bytes(total, trained, max(nbest) if isinstance(nbest, list) else nbest)
        needs.append((args.exp_dir, size, "the training's checkpoints"))
    disk = check_disk(needs)

    print(f"\nData:\n{found}")
    print(f"\nObjectives of the soup '{training.soup}':\n{describe_objectives(model.soup.config)}")
    print(f"\nModel:\n{format_table(('module', 'parameters', 'trained'), [*rows, ('total', total, trained)])}")
    for name in dict.fromkeys(unknown):
        print(f"The characters of {name} are not known before stage 5: its heads are counted without them.")
    print(f"\nDisk:\n{disk or '  nothing large would be written'}")
