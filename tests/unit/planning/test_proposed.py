"""The planner for any scene: what it proposes is shaped and checked among obstacles it is told of at the moment."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.core.transforms import pose
from robolab.jobs.planner import anywhere
from robolab.kernels.obstacles import Obstacles
from robolab.learning.cell import cell_of
from robolab.learning.policy import Policy
from robolab.learning.processor import layout_of
from robolab.planning.checks import checker_of
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.proposal import KEY, Proposal
from robolab.planning.proposed import ProposedPlanner, situation_of
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.trajectory.trajectory import LegRequirements
from tests.unit.learning.conftest import tiny_recipe

START = np.array([-0.9, 1.0, 0.0, -1.6, 0.0, 2.6, 0.8])
GOAL = np.array([0.9, 1.0, 0.0, -1.6, 0.0, 2.6, 0.8])

LINE = """
import sys
from pathlib import Path
import numpy as np
from robolab.jobs.planner import anywhere
from robolab.kernels.obstacles import Obstacles
from robolab.planning.contract import Problem
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.trajectory.trajectory import LegRequirements
robot = load_robot(load_scene("any_panda").robot, Path())
planner, home = anywhere(robot), robot.home
asked = LegRequirements(0.0, 0.0)
problem = Problem(robot, robot.spheres, Obstacles(), home, home[None] + 0.1, asked)
found = planner.plan(problem, 1, np.random.default_rng(0))
print(planner.planners[2].name, found.planner, planner.loaded, "torch" in sys.modules)
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Fresh weights: the first proposal is nearly the straight line."""
    scene = load_scene("any_panda")
    cell = cell_of(scene, load_robot(scene.robot, Path()))
    return Policy.build(cell, tiny_recipe(), layout_of(cell, np.array([START, GOAL])))


def _problem(policy: Policy, obstacles: Obstacles) -> Problem:
    robot = policy.cell.robot
    return Problem(robot, robot.spheres, obstacles, START, GOAL[None], LegRequirements(0.0, 0.0))


def _post(policy: Policy, radius: float, half: float) -> Obstacles:
    tool = policy.cell.robot.fk((START + GOAL) / 2.0)[:3, 3]
    return Obstacles(
        cylinder_pose=pose(tool)[None],
        cylinder_size=np.array([[radius, half]]),
        cylinder_names=("post",),
    )


def test_a_post_on_the_line_is_gone_around(policy: Policy) -> None:
    problem = _problem(policy, _post(policy, 0.03, 0.1))
    found = ProposedPlanner(policy).plan(problem, 1, stream(1, "x"))
    assert isinstance(found, Planned), found
    assert checker_of(problem).curve_free(found.path)
    np.testing.assert_allclose(found.path(np.array([0.0, 1.0])), [START, GOAL], atol=1e-12)
    told = Proposal.from_json(found.provenance[KEY])
    assert told.proposals == 2
    assert told.taken == told.checked
    assert told.change is not None
    assert told.change.most > 0.01
    assert told.certainty is None
    assert "not known how sure, refined: " in told.words()


def test_no_way_past_a_wall_is_said(policy: Policy) -> None:
    wall = Obstacles(
        box_pose=np.array([pose([1.75, 0.0, 0.0]), pose([-1.75, 0.0, 0.0]), pose([0.0, 0.0, 1.9])]),
        box_half=np.array([[1.5, 0.01, 3.0], [1.4, 0.01, 3.0], [0.4, 0.01, 1.4]]),
        box_names=("front", "back", "above"),
    )
    found = ProposedPlanner(policy).plan(_problem(policy, wall), 1, stream(1, "x"))
    assert isinstance(found, NoPlan)
    assert found.reason == "collision on the way"
    assert "2 best of 2" in Proposal.from_json(found.provenance[KEY]).why


def test_the_policy_is_told_of_the_obstacles_as_they_stand(policy: Policy) -> None:
    situation = situation_of(policy, _problem(policy, _post(policy, 0.03, 0.1)))
    assert situation.solid_count.tolist() == [1]
    row = situation.solids[0, 0]
    np.testing.assert_allclose(row[12:14], [0.03, 0.1], atol=1e-6)
    assert row[16] == 1.0


def test_robots_without_a_policy_for_any_scene_plan_without(policy: Policy) -> None:
    names = [planner.name for planner in anywhere(None).planners]  # pyright: ignore[reportAttributeAccessIssue]
    assert names == ["direct", "shaped", "tree", "ompl"]


def test_a_line_is_planned_without_loading_the_policy() -> None:
    done = subprocess.run([sys.executable, "-c", LINE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["proposed", "direct", "0", "False"]


def test_the_policy_is_loaded_when_it_is_asked(policy: Policy) -> None:
    planner = anywhere(policy.cell.robot)
    problem = _problem(policy, _post(policy, 0.03, 0.1))
    found = planner.planners[2].plan(problem, 1, stream(1, "x"))
    assert isinstance(found, Planned)
    assert found.planner == "proposed"
    assert planner.loaded == 1
