"""Where a hypothesis differs from its reference."""

from dataclasses import dataclass

import jiwer

from espnet_soups.text.unspaced import UNSPACED


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit of an alignment."""

    kind: str
    """``equal``, ``substitute``, ``delete`` or ``insert``."""
    reference: str
    """Empty for an insertion."""
    hypothesis: str
    """Empty for a deletion."""


def align(reference: str, hypothesis: str, language: str) -> list[Piece]:
    """Align words, or characters in a language without blanks, as jiwer does for the error rate.

    Args:
        reference: what was said.
        hypothesis: what was recognised.
        language: ISO code of the texts' language.

    Returns:
        The units in order; equal ones too.
    """
    if language in UNSPACED:
        said, heard = list("".join(reference.split())), list("".join(hypothesis.split()))
    else:
        said, heard = reference.split(), hypothesis.split()
    # Characters are passed as words, so that one call does for both.
    chunks = jiwer.process_words([" ".join(said)], [" ".join(heard)]).alignments[0]
    pieces: list[Piece] = []
    for chunk in chunks:
        left = said[chunk.ref_start_idx : chunk.ref_end_idx]
        right = heard[chunk.hyp_start_idx : chunk.hyp_end_idx]
        for place in range(max(len(left), len(right))):
            pieces.append(Piece(chunk.type, left[place] if left else "", right[place] if right else ""))
    return pieces


def error_count(pieces: list[Piece]) -> tuple[int, int]:
    """Errors and units of the reference."""
    return sum(piece.kind != "equal" for piece in pieces), sum(piece.kind != "insert" for piece in pieces)
