"""What is published of LibriSpeech: its parts, their archives and how many utterances they hold.

MD5 sums: ``md5sum.txt`` beside the archives. Numbers of utterances: lines of the transcripts.
"""

from dataclasses import dataclass

from espnet_soups.corpora.download import Remote

BASE_URL = "https://www.openslr.org/resources/12"
LICENCE = "CC BY 4.0"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the corpus."""

    utterances: int
    size: int
    """Of the archive, in bytes; the files in it are as large."""
    md5: str


PARTS = {
    "train-clean-100": Part(28_539, 6_387_309_499, "2a93770f6d5c6c964bc36631d331a522"),
    "train-clean-360": Part(104_014, 23_049_477_885, "c0e676e450a7ff2f54aeade5171606fa"),
    "train-other-500": Part(148_688, 30_593_501_606, "d1a0fd59409feb2c614ce4d30c387708"),
    "dev-clean": Part(2_703, 337_926_286, "42e2234ba48799c1f50f24a7926300a1"),
    "dev-other": Part(2_864, 314_305_928, "c8d0bcc9cca99d4f8b62fcc847357931"),
    "test-clean": Part(2_620, 346_663_984, "32fa31d27d2e1cad72775fee3f4849a9"),
    "test-other": Part(2_939, 328_757_843, "fb5a50374b501bb3bac4815ee91d3135"),
}


def archive(part: str, base_url: str = BASE_URL) -> Remote:
    """Return the archive of a part."""
    known = PARTS[part]
    return Remote(f"{base_url}/{part}.tar.gz", known.size, f"md5:{known.md5}")
