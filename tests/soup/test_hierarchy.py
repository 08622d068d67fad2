import pytest

from espnet_soups.errors import UserError
from espnet_soups.soup.hierarchy import build_hierarchy
from espnet_soups.soup.penalty import Penalty

NAMES = ("asr/en", "asr/fr", "st/fr-en", "ssl")


def test_presets_read_bottom_up() -> None:
    assert build_hierarchy("uas", NAMES).levels == ((2,), (0, 1), (3,))
    assert build_hierarchy("usa", NAMES).levels == ((0, 1), (2,), (3,))


def test_language_levels() -> None:
    assert build_hierarchy([["*/en"], ["*/fr"], ["ssl"]], NAMES).levels == ((0,), (1, 2), (3,))


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ("sau", "is no preset"),
        ([["asr/*"], ["st/*"]], "No level of the soup has ssl"),
        ([["asr/*", "ssl"], ["*/fr"], ["st/*"]], "'asr/fr' is in two levels"),
        ([["*"], []], "Level 2 of the soup is empty"),
        ([["asr/de"], ["*"]], "'asr/de' matches no objective"),
    ],
)
def test_wrong_levels_are_refused(levels: object, message: str) -> None:
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        build_hierarchy(levels, NAMES)  # type: ignore[arg-type]


def test_penalty_grows_within_epochs_and_is_capped() -> None:
    penalty = Penalty(init=0.1, increase_per_epoch=0.02, max=0.5)
    assert penalty.at(0) == pytest.approx(0.1)
    assert penalty.at(2.5) == pytest.approx(0.15)
    assert penalty.at(1000) == 0.5


def test_contradicting_penalty_is_refused() -> None:
    with pytest.raises(UserError, match="init at most max"):
        Penalty(init=2.0, max=1.0)
