"""From a model file to files for a controller, and what is said about input that cannot be used."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from robolab.cli.app import main
from robolab.core.errors import BadInput, ExportError, LoadModelError, UnknownName
from robolab.export.load import STEP_WRITERS, STEPS
from robolab.export.written import filled
from robolab.jobs.load_export import export_estimator
from tests.unit.export.load_models import model_of


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_text(model_of("ur10e")[0].model_dump_json(), encoding="utf-8")
    return path


def test_at_least_the_promised_formats() -> None:
    assert {"c", "st", "onnx"} <= set(STEP_WRITERS.names())
    for name, writer in STEP_WRITERS:
        assert writer.name == name
        assert writer.description


def test_command_writes_what_it_names(
    model_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = model_file.parent / "new" / "estimator"
    line = f"robolab load export --model {model_file} --format c --format st --out {out}"
    monkeypatch.setattr(sys, "argv", line.split())
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    said = capsys.readouterr().out
    written = sorted(path.name for path in out.iterdir())
    stem = "load_estimator"
    assert written == [f"{stem}.c", f"{stem}.h", f"{stem}.st", f"{stem}_test.c"]
    assert all(name in said for name in written)


def test_the_same_model_gives_the_same_files(model_file: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        export_estimator(model_file, ["c", "st"], tmp_path / folder, 0.008)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_refuses_what_cannot_be(model_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(UnknownName, match="c, onnx, st"):
        export_estimator(model_file, ["c", "lisp"], out, 0.002)
    with pytest.raises(BadInput, match="--period"):
        export_estimator(model_file, ["c"], out, float("nan"))
    with pytest.raises(LoadModelError, match="cannot be read"):
        export_estimator(tmp_path / "none.json", ["c"], out, 0.002)
    assert not out.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (None, "is not valid JSON"),
        ({"robot": 3}, "names no robot"),
        ({"robot": "panda"}, "another robot"),
        ({"digest": "0"}, "another robot"),
        ({"gain": [1.0]}, "as long as the joints"),
    ],
)
def test_refuses_a_wrong_model(
    change: dict[str, object] | None, said: str, model_file: Path, tmp_path: Path
) -> None:
    value = json.loads(model_file.read_text(encoding="utf-8"))
    text = "{" if change is None else json.dumps({**value, **change})
    model_file.write_text(text, encoding="utf-8")
    with pytest.raises(LoadModelError, match=said):
        export_estimator(model_file, ["c"], tmp_path / "out", 0.002)


def test_an_estimator_without_a_template_is_refused() -> None:
    model, robot = model_of("ur10e")
    step = replace(STEPS.get("kalman")(model, robot, 0.04), kind="guess")
    with pytest.raises(ExportError, match=r"guess.*kalman"):
        filled(step, ".c")
