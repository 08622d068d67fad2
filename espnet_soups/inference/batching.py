"""Batches of similar lengths."""

from collections.abc import Sequence


def length_batches(seconds: Sequence[float], limit: float) -> list[list[int]]:
    """Group utterances of similar length, so that a padded batch holds at most ``limit`` seconds.

    Args:
        seconds: duration of each utterance.
        limit: most audio in a batch, padding included; an utterance above it makes a batch of its own.

    Returns:
        Indices into ``seconds``, batch by batch, longest first.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(seconds)), key=lambda i: (-seconds[i], i)):
        if not batches or (len(batches[-1]) + 1) * seconds[batches[-1][0]] > limit:
            batches.append([])
        batches[-1].append(index)
    return batches
