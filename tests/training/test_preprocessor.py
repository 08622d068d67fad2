from typing import Any

import numpy as np
import pytest

from espnet_soups.training.preprocessor import SoupsPreprocessor

TOKENS = ["<blank>", "<unk>", "<na>", "<space>", "a", "b", "n", "<sos/eos>"]


def processed(**data: Any) -> dict[str, Any]:
    preprocessor = SoupsPreprocessor(
        languages=["en", "fr"],
        train=False,
        token_type=["char", "char"],
        token_list=[TOKENS, TOKENS],
        bpemodel=[None, None],
        text_name=["text", "src_text"],
    )
    return preprocessor("id", {"speech": np.zeros(10, dtype=np.float32), **data})


def test_missing_text_is_one_token_and_language_an_index() -> None:
    data = processed(text="<na>", src_text="a b", lang="fr")
    assert data["text"].tolist() == [2]
    assert data["src_text"].tolist() == [4, 3, 5]
    assert data["lang"].tolist() == [1]


def test_text_that_only_contains_the_letters_is_ordinary() -> None:
    assert processed(text="na", src_text="a", lang="en")["text"].tolist() == [6, 4]


def test_speech_without_labels_has_the_index_behind_all_languages() -> None:
    data = processed(text="<na>", src_text="<na>", lang="und")
    assert (data["lang"].tolist(), data["text"].tolist(), data["src_text"].tolist()) == ([2], [2], [2])


def test_unknown_language_is_named() -> None:
    with pytest.raises(ValueError, match="language 'de', but the model speaks en, fr"):
        processed(text="a", src_text="a", lang="de")
