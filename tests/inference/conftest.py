"""The tiny model, made once."""

import pytest
from inference.tiny_model import Trained, write_model

from espnet_soups.inference.speech2text import Speech2Text


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def speech2text(trained: Trained) -> Speech2Text:
    return Speech2Text(trained.config, trained.weights)
