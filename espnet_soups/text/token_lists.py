"""Token lists: what the model can say, from the texts of a data directory, for ESPnet's tokenizers."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import sentencepiece

from espnet_soups.corpora.data_dir import NA, Utterance, read_data_dir
from espnet_soups.corpora.kaldi_table import replace_bytes, replace_text
from espnet_soups.errors import UserError

type Field = Literal["text", "text_translation"]
type TokenType = Literal["char", "bpe"]
type BpeMode = Literal["unigram", "bpe"]
type Tokenize = Callable[[str], Sequence[str]]

BLANK, UNK, SOS_EOS, SPACE = "<blank>", "<unk>", "<sos/eos>", "<space>"
TOKENS_FILE, BPE_MODEL_FILE = "tokens.txt", "bpe.model"

_SUGGESTED_SIZE = re.compile(r"value <= (\d+)")
_REQUIRED_CHARACTERS = re.compile(r"required_chars\.?\s*(\d+) vs (\d+)")


def make_tokens(
    data_dir: Path,
    field: Field,
    out_dir: Path,
    token_type: TokenType = "char",
    *,
    vocab_size: int | None = None,
    bpe_mode: BpeMode = "unigram",
    other_dirs: Sequence[Path] = (),
) -> list[str]:
    """Write ``out_dir/tokens.txt`` (and ``bpe.model``) for ``field`` of ``data_dir``; return the tokens.

    The list is :data:`BLANK`, :data:`UNK`, :data:`NA`, the units, :data:`SOS_EOS`. Units are characters, the
    commonest first, with :data:`SPACE` for the space, or sentencepiece's pieces in its order. Equal texts
    give equal bytes. What the list cannot say in the texts of ``other_dirs`` is counted on the screen.

    Args:
        vocab_size: number of pieces for ``bpe``; not for ``char``.

    Raises:
        UserError: if there is no text, or sentencepiece cannot make that many pieces of it.
    """
    texts = _texts(data_dir, field)
    if not texts:
        raise UserError(f"{data_dir / field}: there is no text to make tokens of")
    if (token_type == "bpe") != (vocab_size is not None):
        raise UserError("--vocab_size goes with --token_type bpe, and only with it; give some such as 500")
    out_dir.mkdir(parents=True, exist_ok=True)
    if vocab_size is None:
        units: list[str] = _characters(texts)
        tokenize: Tokenize = split_characters
        (out_dir / BPE_MODEL_FILE).unlink(missing_ok=True)
    else:
        model = train_sentencepiece(texts, vocab_size, bpe_mode)
        units, tokenize = _pieces(model)
        replace_bytes(out_dir / BPE_MODEL_FILE, model)
    tokens = [BLANK, UNK, NA, *units, SOS_EOS]
    replace_text(out_dir / TOKENS_FILE, "".join(f"{token}\n" for token in tokens))
    print(f"{out_dir / TOKENS_FILE}: {len(tokens)} tokens from {len(texts)} texts of {data_dir / field}")
    for other in other_dirs:
        print(describe_unknown(_texts(other, field), tokens, tokenize, other / field))
    return tokens


def _texts(data_dir: Path, field: Field) -> list[str]:
    def text_of(utterance: Utterance) -> str | None:
        return utterance.text if field == "text" else utterance.translation

    return [text for utterance in read_data_dir(data_dir) if (text := text_of(utterance)) is not None]


def split_characters(text: str) -> list[str]:
    """Split ``text`` into character tokens as ESPnet's ``char`` tokenizer does."""
    return [SPACE if character == " " else character for character in text]


def _characters(texts: Iterable[str]) -> list[str]:
    counts = Counter(character for text in texts for character in split_characters(text))
    return sorted(counts, key=lambda character: (-counts[character], character))


def train_sentencepiece(texts: Sequence[str], vocab_size: int, mode: BpeMode) -> bytes:
    """Train a sentencepiece model in which :data:`NA` is one piece.

    Nothing in the training is random and one thread counts, so that equal texts, in any order, give equal
    bytes.

    Raises:
        UserError: if ``vocab_size`` does not fit the texts; the message names a size that does.
    """
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sorted(texts)),
            model_writer=model,
            model_type=mode,
            vocab_size=vocab_size,
            character_coverage=1.0,
            user_defined_symbols=[NA],
            num_threads=1,
            minloglevel=2,
        )
    except RuntimeError as error:
        raise UserError(_explain_failure(str(error), vocab_size)) from error
    return model.getvalue()


def _explain_failure(message: str, vocab_size: int) -> str:
    too_large, too_small = _SUGGESTED_SIZE.search(message), _REQUIRED_CHARACTERS.search(message)
    if too_large is not None:
        return f"--vocab_size {vocab_size} is too large for so little text; give at most {too_large[1]}"
    if too_small is not None:
        needed = max(map(int, too_small.groups()))
        return f"--vocab_size {vocab_size} is too small for the characters of the text; give at least {needed}"
    return f"sentencepiece cannot make {vocab_size} pieces of the text ({message}); try another --vocab_size"


def _pieces(model: bytes) -> tuple[list[str], Tokenize]:
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = range(processor.get_piece_size())
    special = [i for i in ids if processor.is_unknown(i) or processor.is_control(i)]
    pieces = [processor.id_to_piece(i) for i in ids if i not in special]

    def tokenize(text: str) -> Sequence[str]:
        return processor.encode(text, out_type=str)

    return [piece for piece in pieces if piece != NA], tokenize


def describe_unknown(texts: Sequence[str], tokens: Iterable[str], tokenize: Tokenize, name: Path) -> str:
    """Return a sentence on the tokens of ``texts`` that are not in the list ``tokens``."""
    known = set(tokens)
    counts: Mapping[str, int] = Counter(token for text in texts for token in tokenize(text))
    unknown = {token: count for token, count in counts.items() if token not in known}
    share = 100 * sum(unknown.values()) / max(1, sum(counts.values()))
    sentence = f"{name}: {sum(unknown.values())} of {sum(counts.values())} tokens are unknown ({share:.2f} %)"
    if not unknown:
        return sentence
    commonest = sorted(unknown, key=lambda token: (-unknown[token], token))[:10]
    return f"{sentence}, most often {' '.join(commonest)}"
