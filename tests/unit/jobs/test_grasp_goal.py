"""Goals that are grasps: the gripper alone may touch, not deeply, at the goal only; everything says so."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from robolab.core.transforms import Array, pose
from robolab.jobs.grasp_goal import DEEPEST, grasp_goal, gripper_bodies
from robolab.jobs.planner import anywhere
from robolab.jobs.problem_set import (
    ProblemSet,
    plan_one,
    problem_of,
    problem_set,
    robot_spec,
    summary,
    verified,
)
from robolab.planning.checks import checker_of
from robolab.robots import load_robot
from robolab.scene.problem_file import ProblemSpec

SPEC = robot_spec("panda", None)
ROBOT = load_robot(SPEC, Path())
GOAL = np.array([0.5, 0.3, 0.0, -2.0, 0.0, 2.3, 0.8])
START = np.array([-0.5, 0.0, 0.0, -2.0, 0.0, 2.0, 0.8])
SIDE = 0.07
OPEN = 0.04


def _cube(overlap: float, size: float = SIDE) -> Array:
    """Pose in world of a cube that a finger is inside by `overlap` at the goal."""
    beside = OPEN + overlap - size / 2.0
    return ROBOT.fk(GOAL, "panda_hand") @ pose([0.0, beside, 0.11])


def _given(X: Array, start: Array = START, goal: Array = GOAL, size: float = SIDE) -> ProblemSet:
    solid = {
        "id": "cube",
        "type": "box",
        "dimensions": [size] * 3,
        "position": X[:3, 3].tolist(),
        "quat_xyzw": Rotation.from_matrix(X[:3, :3]).as_quat().tolist(),
    }
    problem = ProblemSpec.model_validate(
        {"set": "x", "index": 1, "robot": "panda", "start": start.tolist(), "goal": goal.tolist(), "objects": [solid]}
    )  # fmt: skip
    return problem_set(SPEC, [problem], Path("problems.json"), anywhere(None), 0)


def test_links_beyond_the_flange_are_the_gripper() -> None:
    assert {"panda_hand", "panda_leftfinger", "panda_rightfinger"} <= gripper_bodies(ROBOT)
    assert "panda_link7" not in gripper_bodies(ROBOT)


@pytest.mark.parametrize("overlap", [0.002, 0.009, 0.015])
def test_a_finger_in_the_object_at_the_goal_is_a_grasp(overlap: float) -> None:
    given = _given(_cube(overlap))
    spec = given.problems[0]
    result, trajectory, grasp = plan_one(given, spec)
    assert result["status"] == "solved", result
    assert trajectory is not None
    assert result["touching"]["objects"] == ("cube",)
    assert len(result["touching"]["bodies"]) == 1
    assert overlap < result["touching"]["depth_m"] < overlap + 3e-3
    assert verified(given, spec, trajectory, grasp)
    assert summary([result])["touching_at_the_goal"] == 1
    # On the way to it nothing is touched: the contact is the goal's alone.
    whole = checker_of(problem_of(given, spec))
    before = trajectory.position(np.linspace(0.0, 0.7 * trajectory.duration, 50))
    assert all(whole.free(q) for q in before)


def test_deeper_than_a_recording_is_inexact_is_a_collision() -> None:
    result, *_ = plan_one(_given(_cube(DEEPEST + 0.005)), _given(_cube(0.025)).problems[0])
    assert result["status"] == "failed"
    assert result["reason"].startswith("goal in collision")
    assert "cube" in result["reason"]


def test_any_other_link_that_touches_is_a_collision() -> None:
    X = pose(ROBOT.fk(GOAL, "panda_link4")[:3, 3])
    given = _given(X, size=0.05)
    assert grasp_goal(problem_of(given, given.problems[0])) is None
    assert plan_one(given, given.problems[0])[0]["reason"].startswith("goal in collision")


def test_a_start_that_touches_stays_a_collision() -> None:
    given = _given(_cube(0.005), start=GOAL, goal=START)
    result, *_ = plan_one(given, given.problems[0])
    assert result["status"] == "failed"
    assert result["reason"].startswith("start in collision")
