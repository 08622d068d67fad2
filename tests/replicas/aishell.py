"""A replica of AISHELL-1: one archive of recordings per speaker, and word-segmented transcripts."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.replicas.packing import pack
from tests.replicas.sentences import WORDS, numbers
from tests.replicas.speech import write_clips

SPLITS = ("train", "dev", "test")

_RATE = 16_000
_FIRST_SPEAKER = {"train": 2, "dev": 724, "test": 764}
_FULL_WIDTH = "\uff34\uff26"  # the letters TF, as the corpus writes them


def make_aishell(
    root: Path,
    speakers: Sequence[int] = (2, 1, 1),
    utterances: int = 6,
    *,
    untranscribed: int = 1,
    packed: bool = False,
    few_clips: bool = False,
) -> Path:
    """Make ``root/data_aishell``; return ``root``.

    Args:
        root: where to.
        speakers: numbers of train, dev and test speakers.
        utterances: of every speaker.
        untranscribed: of the first speaker's utterances have no transcript.
        packed: leave every speaker's recordings in an archive.
        few_clips: make all recordings hard links to a few.
    """
    corpus = root / "data_aishell"
    (corpus / "transcript").mkdir(parents=True)
    lines = []
    left_out = untranscribed
    for split, count in zip(SPLITS, speakers, strict=True):
        for number in range(_FIRST_SPEAKER[split], _FIRST_SPEAKER[split] + count):
            folder = corpus / "wav" / split / f"S{number:04}"
            clips = _clips(folder, number, utterances)
            write_clips(clips, _RATE, root / "pool" / folder.name if few_clips else None)
            lines += [f"{path.stem} {text}\n" for path, text in clips[left_out:]]
            left_out = 0
    (corpus / "transcript" / "aishell_transcript_v0.8.txt").write_text("".join(sorted(lines)), "utf-8")
    if packed:
        _pack_speakers(corpus / "wav")
    return root


def pack_corpus(root: Path, archives: Path) -> Path:
    """Pack the corpus of ``root`` as it is published."""
    return pack(archives / "data_aishell.tgz", {"data_aishell": root / "data_aishell"})


def _clips(folder: Path, speaker: int, utterances: int) -> list[tuple[Path, str]]:
    clips = []
    for number in range(utterances):
        # Words are apart by one or two spaces.
        text = "  ".join(WORDS["zh"][word] for word in numbers(100 * speaker + number)[:2])
        text += "".join(f" {WORDS['zh'][word]}" for word in numbers(100 * speaker + number)[2:])
        text += f" {_FULL_WIDTH}" if number % 5 == 3 else ""
        clips.append((folder / f"BAC009S{speaker:04}W{121 + number:04}.wav", text))
    return clips


def _pack_speakers(wav: Path) -> None:
    for split in SPLITS:
        for folder in sorted((wav / split).iterdir()):
            pack(wav / f"{folder.name}.tar.gz", {f"{split}/{folder.name}": folder})
        shutil.rmtree(wav / split)
