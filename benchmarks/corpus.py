"""A data directory as the training command reads it, with nothing needed beside it."""

import argparse
from pathlib import Path

from espnet_soups.corpora.data_dir import read_data_dir
from espnet_soups.text.token_lists import make_tokens
from espnet_soups.training.task import SoupsTask

STREAMS = {
    "wav.scp": "speech,{audio}",
    "text_translation": "text,text",
    "text": "src_text,text",
    "utt2lang": "lang,text",
}


def training_arguments(
    data_dir: Path, config: Path, work_dir: Path, audio: str, steps: int, more: list[str]
) -> argparse.Namespace:
    """Arguments of a training on a data directory.

    The languages and pairs are those of the directory, tokens are its characters, and ``utt2num_samples`` tells the
    lengths. Features are normalised by utterance, which needs no statistics.

    Args:
        data_dir: A complete data directory, such as ``dump/raw/train``.
        config: YAML of model and training.
        work_dir: Where token lists and records go.
        audio: ESPnet's type of ``wav.scp``: ``sound`` or ``kaldi_ark``.
        steps: Batches of an epoch.
        more: More options of the training command.

    Raises:
        UserError: If the directory is not valid.
    """
    utterances = read_data_dir(data_dir)
    languages = sorted({one.language for one in utterances if one.text is not None})
    pairs = sorted({f"{one.language}-{one.target_language}" for one in utterances if one.translation is not None})
    options = ["--config", str(config), "--output_dir", str(work_dir), "--asr_langs", *languages, "--st_pairs", *pairs]
    for option, field in (("src_token_list", "text"), ("token_list", "text_translation")):
        make_tokens(data_dir, "text" if field == "text" else "text_translation", work_dir / option)
        options += [f"--{option}", str(work_dir / option / "tokens.txt")]
    for name, kind in STREAMS.items():
        stream = f"{data_dir / name},{kind.format(audio=audio)}"
        options += ["--train_data_path_and_name_and_type", stream]
    options += ["--train_shape_file", str(data_dir / "utt2num_samples")]
    options += ["--normalize", "utterance_mvn", "--num_iters_per_epoch", str(steps), "--token_type", "char"]
    args: argparse.Namespace = SoupsTask.get_parser().parse_args([*options, *more])
    return args
