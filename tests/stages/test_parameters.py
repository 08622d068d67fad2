"""Configuration files and arguments as parameters of a stage."""

from pathlib import Path

import pytest

from espnet_soups.errors import UserError
from espnet_soups.stages.parameters import argument_parameters, initial_models, yaml_parameters


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "train.yaml"
    path.write_text("# a comment\nencoder_conf: {blocks: 4, drop: [0.1, 0.2]}\nfrontend: default\nspecaug:\n")
    return path


def test_yaml_is_flattened(config):
    assert yaml_parameters("c", config) == {
        "c.encoder_conf.blocks": "4",
        "c.encoder_conf.drop": "[0.1, 0.2]",
        "c.frontend": "default",
        "c.specaug": "None",
    }


def test_of_the_top_level_keys_can_be_chosen(config):
    assert yaml_parameters("c", config, ["frontend", "absent"]) == {"c.frontend": "default"}


def test_layout_does_not_count(config, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("specaug: null\nfrontend: 'default'\nencoder_conf:\n  drop: [0.1, 0.2]\n  blocks: 4\n")
    assert yaml_parameters("c", other) == yaml_parameters("c", config)


@pytest.mark.parametrize("content", ["a: [1", "- 1", "", "\x00"])
def test_what_is_no_mapping_is_refused(tmp_path, content):
    path = tmp_path / "x.yaml"
    path.write_text(content)
    with pytest.raises(UserError, match=r"x\.yaml \(given by --soup_config\) is not"):
        yaml_parameters("soup_config", path)


def test_a_missing_file_is_named_with_its_option(tmp_path):
    with pytest.raises(UserError, match=r"x\.yaml \(given by --soup_config\) does not exist"):
        yaml_parameters("soup_config", tmp_path / "x.yaml")


def test_arguments():
    parameters = argument_parameters("args", "--max_epoch 3 --optim_conf lr=0.1 eps=1 --use_amp=true --resume")
    assert parameters == {
        "args.max_epoch": "3",
        "args.optim_conf": "lr=0.1 eps=1",
        "args.use_amp": "true",
        "args.resume": "",
    }
    assert argument_parameters("args", "") == {}


@pytest.mark.parametrize("arguments", ["max_epoch 3", '--tag "a'])
def test_arguments_that_are_none(arguments):
    with pytest.raises(UserError, match="--args"):
        argument_parameters("args", arguments)


def test_the_models_that_training_begins_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.pth", "b.pth"):
        Path(name).touch()
    Path("train.yaml").write_text(
        "init_param: ['a.pth:encoder:encoder', absent.pth]\nencoder_conf: {init_param: b.pth}\n"
    )
    config = yaml_parameters("config", Path("train.yaml"))
    assert initial_models(config) == [Path("a.pth")]
    assert initial_models(config | argument_parameters("args", "--init_param b.pth:::ssl a.pth")) == [
        Path("b.pth"),
        Path("a.pth"),
    ]
    assert initial_models(config | argument_parameters("args", "--init_param=b.pth --seed 1")) == [Path("b.pth")]
    assert initial_models(argument_parameters("args", "--seed 1")) == []
    Path("train.yaml").write_text("init_param: null\n")
    assert initial_models(yaml_parameters("config", Path("train.yaml"))) == []


@pytest.mark.parametrize("value", ["[a.pth]", "[a.pth"])
def test_models_in_brackets_are_refused(value):
    with pytest.raises(UserError, match=r"init_param is '\[a\.pth"):
        initial_models(argument_parameters("args", f"--init_param {value}"))
