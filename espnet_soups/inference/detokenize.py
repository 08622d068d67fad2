"""From token ids to text."""

from collections.abc import Sequence
from pathlib import Path

from espnet2.text.build_tokenizer import build_tokenizer

from espnet_soups.corpora.data_dir import NA
from espnet_soups.errors import UserError

_WITHOUT_TEXT = ("<blank>", "<unk>", NA, "<sos/eos>")


class Detokenizer:
    """Joins the units of one token list.

    Args:
        tokens: the token list.
        token_type: ``bpe``, ``char`` or ``word``.
        bpemodel: sentencepiece model, for ``bpe``.
    """

    def __init__(self, tokens: Sequence[str], token_type: str, bpemodel: str | None) -> None:
        if token_type == "bpe" and (bpemodel is None or not Path(bpemodel).is_file()):
            raise UserError(f"The sentencepiece model {bpemodel} of the training configuration does not exist.")
        self.tokens = list(tokens)
        self._tokenizer = build_tokenizer(token_type, bpemodel)

    def ids_without_text(self, *but: int) -> list[int]:
        """Ids of the symbols that stand for no text, except those in ``but``."""
        return [i for i, token in enumerate(self.tokens) if token in _WITHOUT_TEXT and i not in but]

    def units(self, ids: Sequence[int]) -> tuple[str, ...]:
        """The tokens with these ids."""
        return tuple(self.tokens[i] for i in ids)

    def text(self, units: Sequence[str]) -> str:
        """Join tokens to a text with single blanks."""
        return " ".join(self._tokenizer.tokens2text(list(units)).split())
