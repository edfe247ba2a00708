from pathlib import Path

import pytest

from hasila.data.config import SHIPPED_CONFIGS
from hasila.data.errors import HasilaError
from hasila.predict import PredictConfig, load_predict_config


def write(folder: Path, text: str) -> Path:
    path = folder / "desk.yaml"
    path.write_text(text, "utf-8")
    return path


def test_all_problems_come_in_one_message(tmp_path: Path) -> None:
    path = write(tmp_path, "{batch_piece: 512, workers: -1, gpus: 2, to: docx, engine: spark}")
    with pytest.raises(HasilaError) as caught:
        load_predict_config(path, strict=True)
    assert str(caught.value).splitlines() == [
        f"{path} with the options given: cannot be used:",
        "  - engine: should be 'local' or 'ray', found 'spark'",
        "  - workers: should be greater than or equal to 0, found -1",
        "  - gpus: should be less than or equal to 1, found 2",
        "  - to: choose jsonl, csv, spans, parquet, label-studio, found 'docx'",
        "  - batch_piece: no such key; did you mean batch_pieces?",
    ]


def test_a_share_of_a_gpu_is_for_ray() -> None:
    with pytest.raises(HasilaError, match=r"gpus 0\.5 is for engine ray; leave it 0 with local"):
        load_predict_config(gpus=0.5)
    with pytest.raises(HasilaError, match=r"ray\.yaml with the options given.*\n.*gpus 0\.5"):
        load_predict_config("ray", engine="local")


def test_options_win_and_what_was_not_given_does_not(tmp_path: Path) -> None:
    path = write(tmp_path, "{workers: 3, strict: true, text_field: body}")
    config = load_predict_config(path, workers=0, strict=False, text_field=None)
    assert config == PredictConfig(text_field="body")
    assert load_predict_config() == PredictConfig()


def test_what_is_no_config_is_told_which_keys_there_are(tmp_path: Path) -> None:
    with pytest.raises(HasilaError, match=r"desk\.yaml: expected keys such as engine:, workers:"):
        load_predict_config(write(tmp_path, "- ray"))
    with pytest.raises(HasilaError, match="name a file, or one of ray"):
        load_predict_config("spark")


@pytest.mark.parametrize("path", sorted((SHIPPED_CONFIGS / "predict").glob("*.yaml")))
def test_shipped_configs_load_by_path_and_by_name(path: Path) -> None:
    assert load_predict_config(path) == load_predict_config(path.stem) != PredictConfig()
