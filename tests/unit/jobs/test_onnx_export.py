"""Forms of a network as ONNX: written with a manifest that fits them, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import OutputError
from robolab.core.files import content_hash
from robolab.export.onnx_model import ModelGraph
from robolab.jobs.onnx_export import export_forms, latency
from robolab.jobs.saved import MANIFEST

pytest.importorskip("onnxruntime", reason="needs the extra: robolab[onnx]")


def doubled(by: float) -> bytes:
    graph = ModelGraph("doubled")
    graph.add("Mul", ["x", graph.array(np.array([by]))], "y")
    return graph.model({"x": ("n",)}, {"y": ("n",)}, "a test")


FORMS = {"full": doubled(2.0), "small": doubled(1.5)}


def told(session: Any) -> dict[str, float]:
    return {"of_two": float(session.run(None, {"x": np.array([2.0], dtype=np.float32)})[0][0])}


def test_each_form_is_tried_and_written_with_what_it_reached(tmp_path: Path) -> None:
    said: list[str] = []
    policy, out = tmp_path / "policies" / "some", tmp_path / "out"
    manifest = export_forms(policy, out, {"features": ["x"]}, FORMS, told, said.append)
    assert json.loads((out / MANIFEST).read_text()) == manifest
    assert {path.name for path in out.iterdir()} == {"full.onnx", "small.onnx", MANIFEST}
    assert (manifest["policy"], manifest["features"]) == ("some", ["x"])
    assert {name: of["of_two"] for name, of in manifest["forms"].items()} == {
        "full": 4.0,
        "small": 3.0,
    }
    for name, of in manifest["forms"].items():
        file = out / of["file"]
        assert file.stat().st_size == of["bytes"]
        assert manifest["files"][file.name] == content_hash(FORMS[name])
    assert said == ["time full", "time small"]


def test_an_earlier_export_is_replaced_and_anything_else_left_alone(tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    export_forms(tmp_path, out, {}, FORMS, told, lambda _: None)
    export_forms(tmp_path, out, {}, {"full": FORMS["full"]}, told, lambda _: None)
    assert not (out / "small.onnx").exists()
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds something else"):
        export_forms(tmp_path, other, {}, FORMS, told, lambda _: None)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]


def test_nothing_is_written_where_a_form_cannot_be_tried(tmp_path: Path) -> None:
    def fails(_: Any) -> dict[str, float]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        export_forms(tmp_path, tmp_path / "out", {}, FORMS, fails, lambda _: None)
    assert list(tmp_path.iterdir()) == []


class Slow:
    """Takes as many milliseconds as it is handed, on a clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.calls = 0.0, 0
        monkeypatch.setattr("time.perf_counter", lambda: self.now)

    def run(self, _: None, inputs: dict[str, np.ndarray]) -> None:
        self.now += 1e-3 * float(inputs["x"])
        self.calls += 1


def test_latencies_are_of_every_call_but_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    inputs = [{"x": np.array(ms)} for ms in (1.0, 2.0, 9.0)]
    assert latency(slow, inputs, 3, "ms") == pytest.approx(
        {"ms_best": 1.0, "ms_median": 2.0, "ms_worst": 9.0}
    )
    assert slow.calls == 4
    many = latency(slow, inputs[:2] * 60 + inputs[2:], 121, "us")
    assert many == pytest.approx({"us_best": 1e3, "us_median": 2e3, "us_99": 2e3, "us_worst": 9e3})
