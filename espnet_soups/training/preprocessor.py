"""ESPnet's preprocessor, with languages and missing texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from espnet2.train.preprocessor import MutliTokenizerCommonPreprocessor

from espnet_soups.corpora.data_dir import NA, UNDETERMINED


class SoupsPreprocessor(MutliTokenizerCommonPreprocessor):
    """Turns ``lang`` into an index and ``<na>`` into its one token, whatever the tokeniser.

    Args:
        languages: Languages of the speech; others are an error, but for :data:`UNDETERMINED`, whose index is behind
            theirs: no objective but self-supervision takes such speech.
        **kwargs: As for ESPnet's class.
    """

    def __init__(self, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.language_index = {language: i for i, language in enumerate([*languages, UNDETERMINED])}

    def _text_process(self, data: dict[str, Any]) -> dict[str, Any]:
        if "lang" in data:
            if data["lang"] not in self.language_index:
                known = ", ".join(list(self.language_index)[:-1])
                raise ValueError(
                    f"utt2lang has language '{data['lang']}', but the model speaks {known}: "
                    "add it to --asr_langs or --st_pairs, or remove its utterances"
                )
            data["lang"] = np.array([self.language_index[data["lang"]]], dtype=np.int64)
        missing = {name: i for i, name in enumerate(self.text_name) if data.get(name) == NA}
        present = super()._text_process({key: value for key, value in data.items() if key not in missing})
        for name, i in missing.items():
            present[name] = np.array(self.token_id_converter[i].tokens2ids([NA]), dtype=np.int64)
        return present
