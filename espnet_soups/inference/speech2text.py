"""The way in for users: speech to transcript and translation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from espnet_soups.corpora.audio import RATE, Samples, read_audio, resample
from espnet_soups.errors import UserError
from espnet_soups.inference.batching import length_batches
from espnet_soups.inference.detokenize import Detokenizer
from espnet_soups.inference.engine import Encoded, Engine
from espnet_soups.inference.language import identify_language
from espnet_soups.inference.loading import load_model
from espnet_soups.inference.long_form import transcribe_long
from espnet_soups.inference.options import DecodeOptions, read_decode_options
from espnet_soups.inference.results import Recognition, Transcript, Translation
from espnet_soups.zoo.bundle import is_bundle, open_bundle
from espnet_soups.zoo.locate import default_cache, locate

type Speech = str | Path | np.ndarray[Any, Any] | torch.Tensor
"""An audio file, or samples `(N,)`, `(N, channels)` or `(channels, N)`."""
type PerUtterance = str | Sequence[str | None] | None


class Speech2Text:
    """A trained model, ready to transcribe and translate.

    Args:
        train_config: ``config.yaml`` that training wrote.
        model_file: weights, such as ``valid.loss.ave.pth``; exactly those of the model.
        device: such as ``cpu`` or ``cuda:0``.
        dtype: float32, float64, or bfloat16 or float16 for automatic mixed precision.
        options: searches and sizes.
        folder: where the files lie that the configuration names; None for the working directory.

    Example:
        >>> speech2text = Speech2Text.from_pretrained("model.zip")
        >>> result = speech2text("prompt.wav", lang="fr", translate_to="en")
        >>> print(result.text, "|", result.translation.text)
    """

    def __init__(
        self,
        train_config: str | Path,
        model_file: str | Path,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        options: DecodeOptions | None = None,
        folder: str | Path | None = None,
    ) -> None:
        root = None if folder is None else Path(folder)
        model, args = load_model(Path(train_config), Path(model_file), device, root)
        if model.frontend is None:
            raise UserError(f"The model of {train_config} reads features, not speech; only ESPnet's tools can run it.")
        model = model.double() if dtype == "float64" else model
        source = Detokenizer(args.src_token_list, args.src_token_type, args.src_bpemodel) if model.asr_langs else None
        target = Detokenizer(args.token_list, args.token_type, args.bpemodel) if model.st_pairs else None
        self.options = options or DecodeOptions()
        peak = args.speech_volume_normalize
        self.engine = Engine(model, source, target, self.options, device=torch.device(device), dtype=dtype, peak=peak)

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        options: DecodeOptions | None = None,
        cache: str | Path | None = None,
        model_file: str = "valid.loss.ave.pth",
    ) -> Self:
        """Load a model from wherever it is.

        Args:
            source: a zip that ``soups pack`` has made, the URL of one, a folder with its content, a tag of
                ESPnet's model zoo or of the Hugging Face Hub, or the folder of a training.
            device: such as ``cpu`` or ``cuda:0``.
            dtype: as for the class.
            options: searches and sizes; None for those that the model was packed, that is scored, with.
            cache: where archives are unpacked, and the only place where anything is written; None for
                ``$ESPNET_SOUPS_CACHE`` or the user's cache folder. Models of the Hub go to the Hub's own.
            model_file: weights to take in the folder of a training, whose ``config.yaml`` names its files
                as seen from the working directory.

        Raises:
            UserError: if there is no such model, or it is damaged, incomplete or not safe.
        """
        found = locate(source, default_cache() if cache is None else Path(cache))
        if not is_bundle(found) and found != Path(source).expanduser():
            raise UserError(f"{source} is not a model that 'soups pack' has made: it has no meta.yaml.")
        if not is_bundle(found):
            return cls(found / "config.yaml", found / model_file, device=device, dtype=dtype, options=options)
        bundle = open_bundle(found)
        options = options or read_decode_options(bundle.decode_config)
        return cls(
            bundle.train_config, bundle.model_file, device=device, dtype=dtype, options=options, folder=bundle.folder
        )

    @property
    def languages(self) -> list[str]:
        """Languages that the model recognises."""
        return list(self.engine.model.asr_langs)

    @property
    def pairs(self) -> list[str]:
        """Pairs that the model translates, such as ``fr-en``."""
        return list(self.engine.model.st_pairs)

    def join(self, tokens: Sequence[str]) -> str:
        """The text of tokens of a transcript.

        Raises:
            UserError: if the model recognises no language.
        """
        if self.engine.source is None:
            raise UserError("This model has no recognition heads, so there are no tokens to join.")
        return self.engine.source.text(tokens)

    def __call__(
        self, speech: Speech, *, rate: int = RATE, lang: str | None = None, translate_to: str | None = None
    ) -> Transcript:
        """Transcribe, and translate if ``translate_to`` names a language.

        Args:
            speech: a file, of any rate and number of channels, or samples (integers are full-scale).
            rate: of samples, in Hz; a file knows its own.
            lang: what is spoken; None lets the recognition heads say it.
            translate_to: language of the translation. With ``lang`` None, there is a translation only if the
            model
                translates the language that it hears into this one.

        Raises:
            UserError: if the audio cannot be used or the model does not know the language or the pair.
        """
        return self.batch([speech], rate=rate, lang=lang, translate_to=translate_to)[0]

    def batch(
        self,
        speech: Sequence[Speech],
        *,
        rate: int = RATE,
        lang: PerUtterance = None,
        translate_to: PerUtterance = None,
    ) -> list[Transcript]:
        """As calling the object with each of ``speech``, but faster; ``lang`` is one for all or one each."""
        langs, targets = (
            _for_each(lang, len(speech), "lang"),
            _for_each(translate_to, len(speech), "translate_to"),
        )
        for one, target in zip(langs, targets, strict=True):
            self._check(one, target)
        waves = [_samples(one, rate) for one in speech]
        seconds = [len(wave) / RATE for wave in waves]
        results: dict[int, Transcript] = {}
        short = [i for i, duration in enumerate(seconds) if duration <= self.options.window_seconds]
        for i in set(range(len(waves))) - set(short):
            results[i] = transcribe_long(self.engine, waves[i], langs[i], targets[i])
        for group in length_batches([seconds[i] for i in short], self.options.search_seconds):
            rows = [short[i] for i in group]
            encoded = self.engine.encode([waves[i] for i in rows])
            found = self._decode(encoded, [langs[i] for i in rows], [targets[i] for i in rows])
            results.update(zip(rows, found, strict=True))
        return [results[i] for i in range(len(waves))]

    def _decode(self, encoded: Encoded, langs: Sequence[str | None], targets: Sequence[str | None]) -> list[Transcript]:
        """Run every utterance of a batch through the heads of its language."""
        guessed = identify_language(self.engine, encoded) if None in langs else []
        spoken = [one if one is not None else guessed[i][0] for i, one in enumerate(langs)]
        pairs = [f"{one}-{target}" for one, target in zip(spoken, targets, strict=True)]
        texts: dict[int, Recognition] = {}
        for name in dict.fromkeys(spoken):
            if name in self.engine.model.asr_langs:
                rows = [i for i, one in enumerate(spoken) if one == name]
                texts.update(zip(rows, self.engine.recognize(encoded.rows(rows), name), strict=True))
        translations: dict[int, Translation] = {}
        for pair in dict.fromkeys(pair for pair in pairs if pair in self.pairs):
            rows = [i for i, one in enumerate(pairs) if one == pair]
            translations.update(zip(rows, self.engine.translate(encoded.rows(rows), pair), strict=True))
        return [
            _transcript(one, texts.get(i), guessed[i][1] if langs[i] is None else None, translations.get(i))
            for i, one in enumerate(spoken)
        ]

    def _check(self, lang: str | None, target: str | None) -> None:
        """Raise :class:`UserError` unless the model has what is asked for."""
        spoken = list(dict.fromkeys([*self.languages, *(pair.partition("-")[0] for pair in self.pairs)]))
        if lang is None and not self.languages:
            raise UserError("This model has no recognition heads to tell the language by; give lang.")
        if lang is not None and lang not in spoken:
            raise UserError(f"The model does not know the language '{lang}'; it knows {', '.join(spoken)}.")
        if lang is not None and target is None and lang not in self.languages:
            raise UserError(f"The model translates '{lang}' without recognising it; give translate_to.")
        if lang is not None and target is not None and f"{lang}-{target}" not in self.pairs:
            known = f"it translates {', '.join(self.pairs)}" if self.pairs else "it does not translate"
            raise UserError(f"The model does not translate '{lang}' into '{target}'; {known}.")


def _transcript(
    lang: str, text: Recognition | None, confidence: float | None, translation: Translation | None
) -> Transcript:
    if text is None:
        return Transcript(lang, None, (), None, confidence, translation)
    return Transcript(lang, text.text, text.tokens, text.score, confidence, translation)


def _for_each(value: PerUtterance, count: int, name: str) -> list[str | None]:
    if value is None or isinstance(value, str):
        return [value] * count
    if len(value) != count:
        raise UserError(f"{name} has {len(value)} entries for {count} utterances; give one for all or one for each.")
    return list(value)


def _samples(speech: Speech, rate: int) -> Samples:
    """Mono float32 at 16 kHz."""
    if isinstance(speech, str | Path):
        samples, rate = read_audio(Path(speech))
        return resample(samples, rate, RATE)
    array = np.asarray(speech.cpu() if isinstance(speech, torch.Tensor) else speech)
    if array.dtype.kind not in "if":
        raise UserError(f"Speech must be samples of signed integers or floats, not {array.dtype}.")
    if array.dtype.kind == "i":
        array = array / np.float32(np.iinfo(array.dtype).max + 1)
    if array.ndim == 2:
        array = array.mean(axis=int(np.argmin(array.shape)))
    if array.ndim != 1 or not array.size or not np.isfinite(array).all():
        raise UserError("Speech must be finite samples of shape (N,), (N, channels) or (channels, N), and not empty.")
    return resample(array.astype(np.float32), rate, RATE)
