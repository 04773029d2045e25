import json
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import BadInput, OutputError
from robolab.core.files import inside, new_folder, write_json


def test_json_with_arrays_round_trips_exactly(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=5)
    write_json(tmp_path / "a.json", {"values": values, "ok": np.bool_(True)})
    back = json.loads((tmp_path / "a.json").read_text())
    assert np.array_equal(back["values"], values)
    assert back["ok"] is True


def test_a_value_that_is_no_number_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"x": 1.0})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"x": float("nan")})
    assert json.loads(path.read_text()) == {"x": 1.0}


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(ValueError, match="JSON"), new_folder(out) as staged:
        write_json(staged / "half.json", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []
    with new_folder(out) as staged:
        (staged / "whole.txt").write_text("whole")
    assert [p.name for p in out.iterdir()] == ["whole.txt"]


def test_a_new_folder_replaces_the_old_one_without_mixing(tmp_path: Path) -> None:
    out = tmp_path / "run"
    for name in ("first", "second"):
        with new_folder(out) as staged:
            (staged / name).write_text(name)
    assert [p.name for p in out.iterdir()] == ["second"]
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_an_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("keep me")
    with pytest.raises(OutputError, match="taken"), new_folder(tmp_path / "taken"):
        pass
    with pytest.raises(OutputError, match="deeper"):
        write_json(tmp_path / "taken" / "deeper" / "a.json", {})
    assert (tmp_path / "taken").read_text() == "keep me"


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b"])
def test_paths_that_leave_their_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="leaves its folder"):
        inside(tmp_path, name)
