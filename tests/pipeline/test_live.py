"""The job among what moves: the same for the same seed, smooth, within limits, without contact; or a safe stop."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.cli.app import main
from robolab.core.errors import SceneError
from robolab.jobs.live import Decision, Executed
from robolab.jobs.live_run import live_json, live_result, run_live
from robolab.jobs.live_setup import live_cell
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.spec import JointTarget, MoveFree, SceneSpec
from robolab.scene.track_spec import TrackPoint
from robolab.verify.moving import nearest_approach

CROSSED = 2
"""A seed whose person walks right through where the arm would be."""


@pytest.fixture(scope="module")
def scene() -> SceneSpec:
    return load_scene("ur10e_live")


@pytest.fixture(scope="module")
def robot(scene: SceneSpec) -> RobotModel:
    return load_robot(scene.robot, scene.folder)


def ran(scene: SceneSpec, robot: RobotModel, seed: int, **how: Any) -> Executed:
    return live_cell(scene, robot, seed, **how).executive.run()


def without_seconds(decisions: tuple[Decision, ...]) -> list[Decision]:
    return [replace(decision, seconds=0.0, cpu_seconds=0.0) for decision in decisions]


def standing_in_the_way(scene: SceneSpec) -> SceneSpec:
    """The person walks to the right table and stays."""
    person = scene.tracks[0].model_copy(
        update={
            "interpolation": "linear",
            "points": (
                TrackPoint(time=0.0, position=(1.0, -2.6, 0.275)),
                TrackPoint(time=2.5, position=(0.45, -0.75, 0.275)),
            ),
        }
    )
    drawn = realise(scene, 0)
    return realise(drawn.model_copy(update={"tracks": (person,)}), 0)


def test_without_replanning_the_person_is_hit(scene: SceneSpec, robot: RobotModel) -> None:
    drawn = realise(scene, CROSSED)
    blind = ran(drawn, robot, CROSSED, replans=False)
    assert nearest_approach(blind.motion, drawn, robot).contact


def test_with_replanning_the_same_person_is_not_and_all_is_verified(
    scene: SceneSpec, robot: RobotModel
) -> None:
    live = live_result(realise(scene, CROSSED), robot, CROSSED)
    assert live.executed.done
    assert live.replans > 0
    assert not live.nearest.contact
    assert live.nearest.distance > 0.05
    report = live.result.report
    assert report.verified, report.explain()
    assert {"velocity", "acceleration", "jerk", "torque", "continuity", "moving_clearance"} <= set(
        report.checks
    )
    shares = report.to_json()["largest_share"]
    assert all(0.0 < shares[name] <= 1.0 for name in ("velocity", "acceleration", "jerk", "torque"))
    passed = [span for leg in live.result.explained.legs for span in leg.near]
    # Seen at some instants only, and on legs only, it is no nearer than at its nearest.
    person = min(span.value for span in passed if span.what == live.nearest.body)
    assert live.nearest.distance - 1e-6 <= person < live.nearest.distance + 0.05
    told = live_json(live)["live"]
    assert told["outcome"] == "reached"
    assert [task["task"] for task in told["reached"]][-1] == "8 free to home"


def test_new_motions_begin_from_a_moving_arm_without_a_jump(
    scene: SceneSpec, robot: RobotModel
) -> None:
    done = ran(realise(scene, CROSSED), robot, CROSSED)
    taken = [d.time + 0.024 for d in done.decisions if d.taken and d.why == "conflict"]
    speeds = [np.abs(done.motion(t, 1)).max() for t in taken]
    assert max(speeds) > 0.3
    limits = robot.limits
    for t in taken:
        for order, rate in ((0, limits.velocity), (1, limits.acceleration), (2, limits.jerk)):
            before, after = done.motion(t - 1e-7, order), done.motion(t + 1e-7, order)
            assert np.all(np.abs(after - before) <= 2.1e-7 * rate + 1e-9)


def test_a_seed_gives_the_same_run_however_long_planning_takes(
    scene: SceneSpec, robot: RobotModel
) -> None:
    drawn = realise(scene, CROSSED)
    first, second = live_cell(drawn, robot, CROSSED), live_cell(drawn, robot, CROSSED)
    ticks = iter(range(10**6))
    second.executive.clock = lambda: 10.0 * next(ticks)
    a, b = first.executive.run(), second.executive.run()
    assert np.array_equal(a.motion.breaks, b.motion.breaks)
    assert np.array_equal(a.motion.coefficients, b.motion.coefficients)
    assert without_seconds(a.decisions) == without_seconds(b.decisions)
    assert all(decision.seconds == 10.0 for decision in b.decisions)


def test_where_there_is_no_way_the_arm_stops_and_stays_out_of_reach(
    scene: SceneSpec, robot: RobotModel
) -> None:
    blocked = standing_in_the_way(scene)
    done = ran(blocked, robot, 0, limit=6.0)
    assert not done.done
    assert [name for name, _, _ in done.reached] == ["1 free to left"]
    assert np.allclose(done.motion(done.motion.end, 1), 0.0, atol=1e-9)
    assert np.allclose(done.motion(5.5), done.motion(6.0))
    assert not nearest_approach(done.motion, blocked, robot).contact


@pytest.mark.slow
def test_a_run_folder_says_what_happened_and_no_wall_time(tmp_path: Path) -> None:
    for name in ("first", "second"):
        run_live("ur10e_live", seed=0, out=tmp_path / name, track=False)
    first, second = ((tmp_path / name / "report.json").read_bytes() for name in ("first", "second"))
    assert first == second
    told = json.loads(first)
    assert told["verified"] is True
    assert told["live"]["contact"] is False
    assert told["live"]["outcome"] == "reached"
    seconds = json.loads((tmp_path / "first" / "manifest.json").read_text())["seconds"]
    assert 0.0 < seconds["replanning, median"] <= seconds["replanning, worst"]
    assert (tmp_path / "first" / "trajectory.csv").stat().st_size > 0


@pytest.mark.slow
def test_seen_by_the_camera_alone_the_person_is_not_hit(
    scene: SceneSpec, robot: RobotModel
) -> None:
    live = live_result(realise(scene, CROSSED), robot, CROSSED, watch="camera")
    assert live.executed.done
    assert live.replans > 0
    assert not live.nearest.contact
    assert live.result.report.verified, live.result.report.explain()
    assert live_json(live)["live"]["watch"] == "camera"


def test_watching_without_a_camera_is_told(scene: SceneSpec, robot: RobotModel) -> None:
    blind = realise(scene, 0).model_copy(update={"sensors": ()})
    with pytest.raises(SceneError, match=r"sensors: nothing to watch with.*rgbd"):
        live_result(blind, robot, 0, watch="camera")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--live", "--watch", "radar"), "--watch: unknown watcher 'radar'"),
        (("--watch", "camera"), "--watch: is for live runs"),
        (("--live", "--policy", "policies/x"), "--policy: cannot be used with --live"),
        (("--live", "--second-opinion"), "--second-opinion: cannot be used with --live"),
    ],
)
def test_options_that_do_not_go_together_end_in_one_line(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "run"
    monkeypatch.setattr("sys.argv", ["robolab", "run", "ur10e_live", "--out", str(out), *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert said in told[-1]
    assert not out.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tracks": ()}, "tracks: nothing moves"),
        ({"job": ()}, "job: a live run needs a job"),
    ],
)
def test_what_cannot_be_run_live_is_told(
    scene: SceneSpec, robot: RobotModel, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(SceneError, match=said):
        live_cell(realise(scene, 0).model_copy(update=change), robot, 0)


def test_a_step_that_cannot_be_done_live_is_named() -> None:
    transfer = load_scene("ur10e_transfer")
    moving = load_scene("ur10e_live")
    item = moving.object("person")
    both = transfer.model_copy(
        update={"tracks": moving.tracks, "objects": (*transfer.objects, item)}
    )
    with pytest.raises(SceneError, match=r"job.1.do: cannot be done live \(got 'pick'\)"):
        live_cell(both, load_robot(both.robot, both.folder), 0)


def test_a_goal_given_in_joints_is_reached_exactly(scene: SceneSpec, robot: RobotModel) -> None:
    goal = robot.home + 0.3
    step = MoveFree(do="move_free", to=JointTarget(joints=tuple(float(q) for q in goal)))
    done = ran(realise(scene, 0).model_copy(update={"job": (step,)}), robot, 0)
    assert done.done
    assert np.allclose(done.motion(done.motion.end), goal, atol=1e-8)
