import pytest

from espnet_soups.errors import UserError
from espnet_soups.objectives import list_objectives, match_objectives, parse_objective


@pytest.mark.parametrize("name", ["asr/fr", "st/fr-en", "ssl"])
def test_names_survive_parsing(name: str) -> None:
    assert str(parse_objective(name)) == name


@pytest.mark.parametrize("name", ["asr", "asr/", "st/fr", "st/fr-", "st/a-b-c", "mt/fr-en", "ssl/fr", ""])
def test_malformed_names_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="is not an objective"):
        parse_objective(name)


def test_order_is_recognition_translation_self_supervision() -> None:
    assert list_objectives(["fr", "en"], ["fr-en"], True) == ("asr/fr", "asr/en", "st/fr-en", "ssl")


def test_impossible_sets_are_refused() -> None:
    with pytest.raises(UserError, match="'asr/fr' is given twice"):
        list_objectives(["fr", "fr"], [], False)
    with pytest.raises(UserError, match="'fr' is given twice"):
        list_objectives([], ["fr-en", "fr-de"], False)
    with pytest.raises(UserError, match="no objective"):
        list_objectives([], [], False)


def test_patterns() -> None:
    names = ("asr/fr", "asr/en", "st/fr-en", "ssl")
    assert match_objectives("asr/*", names) == ("asr/fr", "asr/en")
    assert match_objectives("*/fr", names) == ("asr/fr", "st/fr-en")
    assert match_objectives("*", names) == names
    assert match_objectives("st/de-*", names) == ()
    with pytest.raises(UserError, match="'st/de-en' matches no objective"):
        match_objectives("st/de-en", names)
