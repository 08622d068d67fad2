"""A replica of LibriSpeech: parts with readers, chapters, recordings and transcripts."""

from collections.abc import Mapping
from pathlib import Path

from tests.replicas.packing import pack
from tests.replicas.sentences import sentence
from tests.replicas.speech import write_clips

FULL_SIZE = {
    "train-clean-100": 28_539,
    "train-clean-360": 104_014,
    "train-other-500": 148_688,
    "dev-clean": 2_703,
    "dev-other": 2_864,
    "test-clean": 2_620,
    "test-other": 2_939,
}
"""Utterances of every part."""

_RATE = 16_000


def make_librispeech(
    root: Path, sizes: Mapping[str, int], *, few_clips: bool = False, utterances_per_chapter: int = 50
) -> Path:
    """Make ``root/LibriSpeech`` with the parts ``sizes``; return ``root``.

    Args:
        root: where to.
        sizes: numbers of utterances by part.
        few_clips: make all recordings hard links to a few.
        utterances_per_chapter: every reader has two chapters.
    """
    corpus = root / "LibriSpeech"
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / "SPEAKERS.TXT").write_text(";ID  |SEX| SUBSET           |MINUTES| NAME\n")
    reader = 18
    for number, (part, size) in enumerate(sizes.items()):
        clips = []
        for start in range(0, size, utterances_per_chapter):
            chapter = 1000 * (number + 1) + start // utterances_per_chapter
            reader += start // utterances_per_chapter % 2
            indices = range(start, min(start + utterances_per_chapter, size))
            clips += _write_chapter(corpus / part, reader, chapter, indices)
        reader += 1
        write_clips(clips, _RATE, root / "pool" / part if few_clips else None)
    return root


def pack_part(root: Path, part: str, archives: Path) -> Path:
    """Pack a part of ``root`` as it is published."""
    corpus = root / "LibriSpeech"
    members = {f"LibriSpeech/{part}": corpus / part, "LibriSpeech/SPEAKERS.TXT": corpus / "SPEAKERS.TXT"}
    return pack(archives / f"{part}.tar.gz", members)


def _write_chapter(part: Path, reader: int, chapter: int, indices: range) -> list[tuple[Path, str]]:
    folder = part / str(reader) / str(chapter)
    folder.mkdir(parents=True)
    clips, lines = [], []
    for number, index in enumerate(indices):
        name = f"{reader}-{chapter}-{number:04}"
        words = sentence(index, "en").upper().rstrip(".").replace("-", " ")
        lines.append(f"{name} {words}\n")
        clips.append((folder / f"{name}.flac", words))
    (folder / f"{reader}-{chapter}.trans.txt").write_text("".join(lines))
    return clips
