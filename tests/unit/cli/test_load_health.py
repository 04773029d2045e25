"""What happened to an arm, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from robolab.estimation.model import LoadModel, save_model
from tests.unit.cli.conftest import Robolab
from tests.unit.estimation.conftest import Record, arm, identified, record, table_of, written

__all__ = ["arm", "identified", "record"]  # fixtures

LOAD = np.array([3.0, 0.0, 0.0, 0.3])


def test_health_says_what_happened(
    robolab: Robolab, tmp_path: Path, identified: LoadModel, record: Record
) -> None:
    save_model(tmp_path / "model.json", identified)
    load = np.where(np.arange(700)[:, None] < 550, LOAD, 0.0)
    written(table_of(record(33, 7.0, load)), tmp_path / "lost.csv")
    words = ("load", "health", "--robot", "ur10e", "--model", str(tmp_path / "model.json"))
    ended = robolab(*words, "--log", str(tmp_path / "lost.csv"), "--out", str(tmp_path / "h.json"))
    assert ended.code == 0
    assert "lost      at " in ended.out
    plain = json.loads((tmp_path / "h.json").read_text())
    assert [event["kind"] for event in plain["events"]] == ["lost"]


def test_a_model_that_does_not_know_what_is_usual_is_refused(
    robolab: Robolab, tmp_path: Path, identified: LoadModel, record: Record
) -> None:
    save_model(tmp_path / "old.json", identified.model_copy(update={"health": None}))
    written(table_of(record(33, 2.0)), tmp_path / "run.csv")
    words = ("load", "health", "--robot", "ur10e", "--model", str(tmp_path / "old.json"))
    ended = robolab(*words, "--log", str(tmp_path / "run.csv"), "--out", str(tmp_path / "h.json"))
    assert ended.code == 2
    assert "does not say what is usual" in ended.err
    assert not (tmp_path / "h.json").exists()
