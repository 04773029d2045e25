"""Each shipped scene the whole way: planned, rehearsed, verified, exported, written."""

import json
from pathlib import Path
from typing import Any

import pytest

from robolab.core.assets import data_dir
from robolab.jobs.run import run_scene

JOBS = (
    "ur10e_transfer",
    "panda_table",
    "panda_touch",
    "finray_table",
    "palletiser_cell",
    "iiwa_posts",
    "ur10e_loads",
    "palletiser_loads",
)
LIMITS = ("position", "velocity", "acceleration", "jerk", "torque")


def report_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("name", JOBS)
def test_a_scene_becomes_a_verified_program(name: str, tmp_path: Path) -> None:
    run_scene(name, seed=7, out=tmp_path / "run")
    report = report_of(tmp_path / "run")
    assert report["verified"] is True, [f for f in report["findings"] if not f["ok"]]
    for limit in LIMITS:
        assert 0.0 < report["largest_share"][limit] <= 1.0
    assert report["least_clearance_m"] >= 0.0
    assert all(leg["planner"] for leg in report["legs"])
    written = {k: v for k, v in report["exports"].items() if v["refused"] is None}
    assert {"csv", "ros2_yaml", "ros2_mcap"} <= set(written)
    for export in written.values():
        assert export["read_back_error_rad"] <= 1e-3
        assert all((tmp_path / "run" / file).stat().st_size > 0 for file in export["files"])
    page = (tmp_path / "run" / "report.html").read_text()
    assert "<svg" in page
    assert "http-equiv" not in page
    assert 'src="http' not in page


@pytest.mark.slow
def test_a_job_adapts_to_loads_that_are_felt(tmp_path: Path) -> None:
    run_scene("ur10e_loads", seed=7, out=tmp_path / "run", adapt=True)
    report = report_of(tmp_path / "run")
    assert report["verified"] is True, [f for f in report["findings"] if not f["ok"]]
    found = report["adaptation"]
    assert found["cycle_time_s"] == report["cycle_time_s"]
    assert found["cycle_time_s"] < found["cycle_time_assumed_s"]
    assert len(found["loads"]) == 3
    for load in found["loads"]:
        assert load["safe_kg"][0] <= load["true_kg"] <= load["safe_kg"][1]
        assert max(max(leg["limit_shares"].values()) for leg in load["legs"]) <= 1.0
    # The controller is told what was felt.
    script = (tmp_path / "run" / "ur10e_loads.script").read_text()
    told = [line for line in script.splitlines() if "set_target_payload" in line]
    assert len(told) >= 2 * len(found["loads"])
    assert "Loads that were felt" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.slow
def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        run_scene("ur10e_transfer", seed=7, out=tmp_path / name, track=False)
    first, second = (tmp_path / name / "trajectory.csv" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.slow
def test_a_real_log_becomes_a_verified_program(tmp_path: Path) -> None:
    folder = data_dir()
    if folder is None:
        pytest.skip("real data is absent: set ROBOLAB_DATA")
    log = folder / "ur10e" / "ur-20_01_17-ptp_10_points.csv"
    run_scene("ur10e_log", seed=0, out=tmp_path / "run", waypoints=log)
    report = report_of(tmp_path / "run")
    assert report["verified"] is True
    assert report["comparison"]["poses"] == 10
    assert 0.0 < report["comparison"]["ratio"] < 1.0
