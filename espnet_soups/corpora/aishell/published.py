"""What is published of AISHELL-1 (Bu, Du, Na, Wu and Zheng, O-COCOSDA 2017): its archive and counts."""

from espnet_soups.corpora.download import Remote

BASE_URL = "https://www.openslr.org/resources/33"
LICENCE = "Apache-2.0"

SPLITS = ("train", "dev", "test")

UTTERANCES = {"train": 120_098, "dev": 14_326, "test": 7_176}
"""Recordings with a transcript."""

SPEAKERS = {"train": 340, "dev": 40, "test": 20}

RECORDINGS = 141_925
"""With and without a transcript."""


def archive(base_url: str = BASE_URL) -> Remote:
    """Return the archive of the speech; there is another one, of a lexicon, that is not needed."""
    url = f"{base_url}/data_aishell.tgz"
    return Remote(url, 15_582_913_665, "md5:2f494334227864a8a8fec932999db9d8")
