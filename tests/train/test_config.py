from pathlib import Path

import pytest

from hasila.data.config import SHIPPED_CONFIGS
from hasila.data.errors import HasilaError
from hasila.train.config import Config, load_config


def write(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text, "utf-8")
    return path


def test_all_problems_come_in_one_message(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
train: {learning_rat: 1e-4, epochs: 2.5, warmup: 1.5, seed: true}
model: {window_pieces: 100, stride: 80}
encoder: x
trian: {epochs: 3}
""",
    )
    with pytest.raises(HasilaError) as caught:
        load_config(path)
    message = str(caught.value)
    assert "output: is missing" in message
    assert "train.learning_rat: no such key; did you mean train.learning_rate?" in message
    assert "encoder: no such key; did you mean model.encoder?" in message
    assert "  - trian: no such key; did you mean train?" in message
    assert "train.epochs:" in message
    assert "train.warmup:" in message
    assert "train.seed:" in message
    assert "stride 80 must be at most half of window_pieces 100" in message


def test_overrides_are_yaml_values(tmp_path: Path) -> None:
    path = write(tmp_path, "output: runs/x")
    config = load_config(
        path, ["train.learning_rate=3e-5", "data.train=[a.jsonl, b.jsonl]", "output=runs/y"]
    )
    assert config.train.learning_rate == 3e-5
    assert config.data.train == ["a.jsonl", "b.jsonl"]
    assert config.output == "runs/y"


@pytest.mark.parametrize("override", ["train.epochs", "=3", "output.x=1", "train.seed=[1"])
def test_a_broken_override_is_refused(tmp_path: Path, override: str) -> None:
    with pytest.raises(HasilaError, match="--set"):
        load_config(write(tmp_path, "output: runs/x"), [override])


def test_what_is_wrong_in_an_override_is_not_laid_on_the_file(tmp_path: Path) -> None:
    with pytest.raises(HasilaError, match=r"run\.yaml with --set: cannot be used(?s:.*)epochs"):
        load_config(write(tmp_path, "output: runs/x"), ["train.epochs=many"])


def test_a_config_that_is_no_utf_8_says_so(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("output: x", "utf-16")
    with pytest.raises(HasilaError, match=r"run\.yaml: not UTF-8 .*save it as UTF-8"):
        load_config(path)


@pytest.mark.parametrize("text", ["- a", "a: [", "\x00", ""])
def test_what_is_no_config_is_one_clear_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(HasilaError, match=r"run\.yaml"):
        load_config(write(tmp_path, text))


def test_a_missing_file_names_the_shipped_configs(tmp_path: Path) -> None:
    with pytest.raises(HasilaError, match="arabert, arabert-large, default, local"):
        load_config(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED_CONFIGS.glob("*.yaml")))
def test_every_shipped_config_loads_by_name_and_says_nothing_twice(name: str) -> None:
    config = load_config(name)
    assert isinstance(config, Config)
    assert config.output == f"runs/{name}"


def test_a_folder_does_not_hide_a_shipped_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("default").mkdir()
    assert load_config("default").output == "runs/default"
