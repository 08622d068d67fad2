"""What is published of CoVoST 2: archives of translations with their checksums, and the rows of every split.

Sizes, counts and SHA-256 sums are those that the dataset library of Hugging Face recorded when it downloaded
all archives (its file ``datasets/covost2/dataset_infos.json``).
"""

from espnet_soups.corpora.download import Remote
from espnet_soups.errors import UserError

BASE_URL = "https://dl.fbaipublicfiles.com/covost"

_COMMON_VOICE_CODES = {"zh": "zh-CN", "sv": "sv-SE"}

# Pair: size in bytes and SHA-256 of the archive.
_ARCHIVES = {
    "ar-en": (109_802, "a8f7f8e393cc78aea1382e021bd6adf4ff75ee4ae96cddd96c80291fcc8c87cf"),
    "ca-en": (5_021_926, "acbdbc2b365ac2d192f802b2df2b4796070044e6782193bd0eca5d08e514def1"),
    "cy-en": (875_557, "73fd49342e27636ab4bd84b3c2762a2803d4ddaa01b98032ba79228335e9560c"),
    "de-en": (9_926_797, "a64efc469ba7bd392de32538acf49ff05ac7fe83dd705b9a2a07573e63a2fedd"),
    "es-en": (3_202_080, "aafb7255c00444cbff44ca92a947e16c8f7297f326b332f78b427f4f80240b97"),
    "et-en": (246_569, "e0beadd6013b74efc2642c2289a67a0a3243bdbc5dc470798440b7538207eba0"),
    "fa-en": (3_864_623, "1882aea149ce2ae9c553c41c2b7b6c837c4fc648a1a381705107e91679198e17"),
    "fr-en": (7_282_129, "596d42accc976c607e7b4bd53903a0a03d5036af3b3ea276d7ff188981bb5b2f"),
    "id-en": (51_755, "4e6b58e66b5a7cbba543895ee1ffbdf5b49018e1274f7fe5b045ecb6be467095"),
    "it-en": (1_691_247, "da63a3ddf926a595971412e8fdf702405945ea6f9c6ac9de652a94fd6713183d"),
    "ja-en": (54_666, "2ca0ca6607a58cee36c72c43b916a5ffb9bc920a766806751aea6e1620a4371f"),
    "lv-en": (88_836, "c13ae5b001698f772c683450d121c9a9dccdfd0c90184f75429d65e9f846dfe3"),
    "mn-en": (189_710, "9bf7633e24a9742211aeeebaee931d22e04a7e91a87e40d4f4957d408aa3dff4"),
    "nl-en": (543_795, "1cd5baf7282e6556d7463d26ae28cc717a64b9b7875bd1b38f226e04498b2336"),
    "pt-en": (476_419, "944cf077d47a0ee360fcde34ff42a77f4e898a6446c26ca9402ff543ef91e63b"),
    "ru-en": (1_443_078, "4d23d3d771234ef1e4afd0fb62231d3e9490cebb4c445997715607feef806fec"),
    "sl-en": (58_445, "6f2e6f2bc8018fff0466030cd385837e89e482d162bee9d5bca269dcbc7eab69"),
    "sv-en": (96_161, "f4d9931ef0884eb601e1d6ac7b95893ac0b88534c72c1404c64ae0b4bd2d7c81"),
    "ta-en": (55_659, "03176367953cde717c1b6c19d21f2a0298f07f3459f5ef24866a44988eaea335"),
    "tr-en": (280_904, "23130548e8ff9433c74b2193e0bc39d04d2aacb811841f592a7b35d358fad697"),
    "zh-en": (587_550, "7a49bba59f8a05b68385e686a878332fb66080c12d4d85dc02b10f3f935447a4"),
    "en-ar": (25_301_304, "cd780ad364b8b246b16cf76e4d8e14e21ca29e70b247a10856a923736e973122"),
    "en-ca": (24_167_201, "efbcd8fcc730ce3900adb274d0842ad65980a559de0a840d4a8bcbe94eabf774"),
    "en-cy": (24_224_499, "72173329cec05fc70efbf9efa2144a3cc4fbbf3c2e59c01d176a8960f40d0da7"),
    "en-de": (25_779_505, "f414705b6197cc9a30cf05f8fc4471c8e99809a2c1f2c1da24a7ba617f42fce2"),
    "en-et": (23_223_843, "4966b7215adf6d29ad5d9c91030025b245c79c460594c0a0c8fbc2a95916e0ab"),
    "en-fa": (26_148_420, "d255d629f604aa32ea06dbb612acf7602221bb0e05ad0d652ad0cf9ba6894532"),
    "en-id": (22_904_065, "f2948f3473fafe6b437e8b55949b059d21da5b9893bd011f6d650a6bcba98f79"),
    "en-ja": (26_664_247, "2308c0b1737cc3ed7662d7e1a748b29da71ea9023681a617bd51a81c11889671"),
    "en-lv": (24_573_927, "b3bbbdf9ab66df79a00724145d43669305460c345bce950f0f2e252900b8bd53"),
    "en-mn": (27_527_436, "7ef1b63adb5cb6bbc7a1f3cfa7c2ceab9a83d99aa4727ba894d101b7b320beb7"),
    "en-sl": (23_421_999, "4af4f68bbc89527f0cce69c99721a27ae13ec98faaba38436b742ad3a9999393"),
    "en-sv": (23_671_482, "0c591c50b3b13db4df9365802c2cf8a69c3db00a39da6306fc44e76a1b25b4b6"),
    "en-ta": (30_037_790, "e95519f0157a779315bf8f75496f71a3fae7be5fec0375ca8fb217d6f1aac6fa"),
    "en-tr": (23_659_131, "9cfb1533cd2226c6ed13fe9462b2ecc5ebc9bb50fc0eb7d0dfe8a68ee4873d42"),
    "en-zh": (24_280_932, "7509b7c587326ef094c1e639111aef13f3888d26f707672dadec4d37d8e501d8"),
}

# Source language: rows of train, dev and test of its translations into English.
_ROWS_INTO_ENGLISH = {
    "ar": (2_283, 1_758, 1_695),
    "ca": (95_854, 12_730, 12_730),
    "cy": (1_241, 690, 690),
    "de": (127_834, 13_511, 13_511),
    "es": (79_015, 13_221, 13_221),
    "et": (1_782, 1_576, 1_571),
    "fa": (53_949, 3_445, 3_445),
    "fr": (207_374, 14_760, 14_760),
    "id": (1_243, 792, 844),
    "it": (31_698, 8_940, 8_951),
    "ja": (1_119, 635, 684),
    "lv": (2_337, 1_125, 1_629),
    "mn": (2_067, 1_761, 1_759),
    "nl": (7_108, 1_699, 1_699),
    "pt": (9_158, 3_318, 4_023),
    "ru": (12_112, 6_110, 6_300),
    "sl": (1_843, 509, 360),
    "sv": (2_160, 1_349, 1_595),
    "ta": (1_358, 384, 786),
    "tr": (3_966, 1_624, 1_629),
    "zh": (7_085, 4_843, 4_898),
}

_ROWS_FROM_ENGLISH = (289_430, 15_531, 15_531)


def check_pair(pair: str) -> None:
    """Raise :class:`UserError` unless CoVoST 2 has translations of the pair, such as ``fr-en``."""
    if pair not in _ARCHIVES:
        raise UserError(f"CoVoST 2 has no translations {pair}; it has {' '.join(_ARCHIVES)}")


def published_rows(pair: str) -> tuple[int, int, int]:
    """Return the number of rows of train, dev and test of a pair."""
    source, _, target = pair.partition("-")
    return _ROWS_INTO_ENGLISH[source] if target == "en" else _ROWS_FROM_ENGLISH


def common_voice_code(language: str) -> str:
    """Return how Common Voice and CoVoST 2 call a language that we call by its ISO code."""
    return _COMMON_VOICE_CODES.get(language, language)


def table_name(pair: str) -> str:
    """Return the name of the pair's table, such as ``covost_v2.fr_en.tsv``."""
    source, _, target = pair.partition("-")
    return f"covost_v2.{common_voice_code(source)}_{common_voice_code(target)}.tsv"


def archive(pair: str, base_url: str = BASE_URL) -> Remote:
    """Return the archive that holds the pair's table."""
    size, sha256 = _ARCHIVES[pair]
    return Remote(f"{base_url}/{table_name(pair)}.tar.gz", size, f"sha256:{sha256}")
