"""Batches are worth it: CPU time of 32 short utterances, which other work on the machine hardly changes."""

import time
from collections.abc import Callable

from espnet2.legacy.nets.beam_search import BeamSearch
from inference.test_st_beam import EOS, espnet_decode, espnet_search, make_decoder, make_encoded
from inference.tiny_model import make_speech

from espnet_soups.inference.cached_decoder import CachedDecoder
from espnet_soups.inference.options import BeamOptions
from espnet_soups.inference.speech2text import Speech2Text

FACTOR = 3.0


def cpu_seconds(work: Callable[[], object], times: int) -> float:
    """The least of several measurements."""
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def test_a_batch_is_faster_than_its_utterances_alone(speech2text: Speech2Text) -> None:
    waves = [make_speech(seed, 0.4 + 0.02 * seed) for seed in range(32)]
    together = cpu_seconds(lambda: speech2text.batch(waves, lang="fr", translate_to="en"), 3)
    alone = cpu_seconds(lambda: [speech2text(wave, lang="fr", translate_to="en") for wave in waves], 2)
    assert alone > FACTOR * together


def test_the_beam_search_is_faster_than_espnets() -> None:
    from espnet_soups.inference.st_beam import beam_search

    options = BeamOptions(max_length_ratio=-12.0)
    decoder = make_decoder(4).float()
    lengths = [8 + n % 8 for n in range(32)]
    encoded, frames = make_encoded(4, lengths)
    encoded = encoded.float()
    search = espnet_search(BeamSearch, decoder, options)
    cached = CachedDecoder(decoder)
    ours = cpu_seconds(lambda: beam_search(cached, encoded, frames, EOS, EOS, options), 3)
    theirs = cpu_seconds(lambda: [espnet_decode(search, encoded[row, :n], options) for row, n in enumerate(lengths)], 1)
    assert theirs > FACTOR * ours
