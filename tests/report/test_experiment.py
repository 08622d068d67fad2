"""Reading an experiment's folder."""

from pathlib import Path

import pytest
import yaml

from espnet_soups.report.experiment import Experiment


@pytest.mark.parametrize(
    ("ssl_only", "objectives"), [(False, ("asr/en", "asr/fr", "st/fr-en", "ssl")), (True, ("ssl",))]
)
def test_objectives_are_those_of_the_model(ssl_only: bool, objectives: tuple[str, ...], tmp_path: Path) -> None:
    config = {"asr_langs": ["en", "fr"], "st_pairs": ["fr-en"], "ssl": "cpc", "ssl_only": ssl_only}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    assert Experiment(tmp_path).objectives == objectives
