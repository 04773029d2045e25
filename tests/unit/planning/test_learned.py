"""The learned planner checks what it proposes, and says why when nothing will do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.core.transforms import pose, pose_rpy
from robolab.kernels.compiled_data import CARRIED
from robolab.kernels.obstacles import Obstacles
from robolab.learning.cell import cell_of
from robolab.learning.certainty import FEATURES, Certainty, Chance, FittedOn
from robolab.learning.policy import Policy
from robolab.learning.processor import layout_of
from robolab.planning.checks import checker_of
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.learned import LearnedPlanner, poses_in
from robolab.planning.proposal import KEY, Proposal
from robolab.planning.scene_obstacles import carried_spheres, obstacles_of
from robolab.robots import load_robot
from robolab.trajectory.trajectory import LegRequirements
from tests.unit.learning.conftest import small_scene, tiny_recipe

START = np.array([-1.2, -1.2, 1.6, -1.97, -1.5708, 0.0])
GOAL = np.array([1.2, -1.2, 1.6, -1.97, -1.5708, 0.0])


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Fresh weights: the first proposal is nearly the straight line."""
    scene = small_scene()
    cell = cell_of(scene, load_robot(scene.robot, Path()))
    return Policy.build(cell, tiny_recipe(), layout_of(cell, np.array([START, GOAL])))


def _problem(policy: Policy, obstacles: Obstacles, **changes: object) -> Problem:
    settings = {
        "robot": policy.cell.robot, "spheres": policy.cell.robot.spheres, "obstacles": obstacles,
        "start": START, "goals": GOAL[None], "requirements": LegRequirements(0.01, 0.005),
    }  # fmt: skip
    return Problem(**(settings | changes))  # pyright: ignore[reportArgumentType]


def test_plans_among_the_policy_s_obstacles_and_keeps_clear(policy: Policy) -> None:
    problem = _problem(policy, obstacles_of(policy.cell.scene))
    result = LearnedPlanner(policy, refining_steps=150).plan(problem, 1, stream(1, "x"))
    assert isinstance(result, Planned), result
    assert checker_of(problem).curve_free(result.path)
    np.testing.assert_allclose(result.path(0.0), START, atol=1e-12)
    np.testing.assert_allclose(result.path(1.0), GOAL, atol=1e-12)
    told = Proposal.from_json(result.provenance[KEY])
    assert (told.proposals, told.taken) == (policy.recipe.proposals, told.checked)
    again = LearnedPlanner(policy, refining_steps=150).plan(problem, 1, stream(2, "y"))
    assert isinstance(again, Planned)
    assert np.array_equal(result.path.coefficients, again.path.coefficients)


def test_how_a_proposal_was_refined_is_told(policy: Policy) -> None:
    """Straight proposals run through the post, so that they must be refined."""
    straight = Policy.build(policy.cell, tiny_recipe(bend=0.0), policy.layout)
    half_turn = np.array([np.pi, 0.0, 0.0, 0.0, 0.0, 0.0])
    start, goal = START + half_turn, GOAL + half_turn
    surroundings = obstacles_of(policy.cell.scene)
    problem = _problem(policy, surroundings, start=start, goals=goal[None])
    result = LearnedPlanner(straight, refining_steps=150).plan(problem, 1, stream(1, "x"))
    assert isinstance(result, Planned), result
    told = Proposal.from_json(result.provenance[KEY])
    assert told.taken is not None
    assert told.checked > told.proposals
    assert told.change is not None
    u = told.change.at
    joint = policy.cell.robot.joints.index(told.change.joint)
    line = start + u * (goal - start)
    assert abs(result.path(u) - line)[joint] == pytest.approx(told.change.most, abs=0.02)
    assert told.change.most > 0.05


def test_an_obstacle_it_was_never_trained_with_is_respected(policy: Policy) -> None:
    way = policy.cell.robot.fk((START + GOAL) / 2.0)[:2, 3]
    way = way / np.linalg.norm(way)
    wall = Obstacles(
        box_pose=pose_rpy([*(1.85 * way), 0.5], [0.0, 0.0, np.arctan2(way[1], way[0])])[None],
        box_half=np.array([[1.35, 0.01, 1.5]]),
        box_names=("wall",),
    )
    planner = LearnedPlanner(policy, refining_steps=0)
    result = planner.plan(_problem(policy, wall), 1, stream(1, "x"))
    assert isinstance(result, NoPlan)
    assert result.reason == "collision on the way"
    told = Proposal.from_json(result.provenance[KEY])
    assert (told.taken, told.checked) == (None, policy.recipe.proposals)
    assert told.why == result.detail


def test_a_start_in_collision_is_named(policy: Policy) -> None:
    ball = Obstacles(
        sphere=np.append(policy.cell.robot.fk(START)[:3, 3], 0.1)[None], sphere_names=("ball",)
    )
    result = LearnedPlanner(policy).plan(_problem(policy, ball), 1, stream(1, "x"))
    assert isinstance(result, NoPlan)
    assert result.reason == "start in collision"
    assert "ball" in result.bodies


def test_the_nearer_of_two_goals_will_do(policy: Policy) -> None:
    goals = np.array([GOAL, START + 0.2])
    result = LearnedPlanner(policy).plan(
        _problem(policy, Obstacles(), goals=goals), 1, stream(1, "x")
    )
    assert isinstance(result, Planned)
    assert result.goal == 1
    told = Proposal.from_json(result.provenance[KEY])
    assert told.change is None
    assert told.words() == f"choice {told.taken} of 4, not known how sure, taken as proposed"
    np.testing.assert_allclose(result.path(1.0), goals[1], atol=1e-12)


def test_what_is_held_is_known_by_its_spheres(policy: Policy) -> None:
    scene, robot = policy.cell.scene, policy.cell.robot
    spheres = carried_spheres(
        robot.spheres, scene.object("carton").shape, pose([0, 0, 0.1]), robot.chain
    )
    assert CARRIED in spheres.body
    problem = _problem(policy, obstacles_of(scene, without=["carton"]), spheres=spheres)
    assert poses_in(problem.obstacles, policy.cell.names) == {}
    situation = LearnedPlanner(policy).situation_of(problem)
    assert situation.carried.tolist() == [0]
    bare = LearnedPlanner(policy).situation_of(_problem(policy, obstacles_of(scene)))
    assert bare.carried.tolist() == [-1]
    assert bare.present.tolist() == [[True]]


def _sure(proposed: float, refined: float) -> Certainty:
    """The same log-odds for every proposal."""
    nothing, one = (0.0,) * len(FEATURES), (1.0,) * len(FEATURES)
    return Certainty(
        weights="",
        features=FEATURES,
        proposed=Chance(middle=nothing, scale=one, weights=nothing, bias=proposed),
        refined=Chance(middle=nothing, scale=one, weights=nothing, bias=refined),
        fitted_on=FittedOn(problems=0, proposals=0, refined=0),
    )


def test_a_taken_proposal_says_how_sure_it_was(policy: Policy) -> None:
    sure = replace(policy, certainty=_sure(3.0, 0.0))
    result = LearnedPlanner(sure).plan(_problem(policy, Obstacles()), 1, stream(1, "x"))
    assert isinstance(result, Planned)
    told = Proposal.from_json(result.provenance[KEY])
    assert told.certainty == pytest.approx(1.0 / (1.0 + np.exp(-3.0)), abs=1e-4)
    assert told.words() == "choice 1 of 2, 95 % sure, taken as proposed"


def test_an_unsure_network_leaves_the_turn_to_the_next_at_once(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is in the way, and yet: what is hopeless by its own account is neither checked nor refined."""

    def never(*_: object) -> None:
        raise AssertionError("refined without hope")

    monkeypatch.setattr("robolab.planning.learned.refine", never)
    unsure = replace(policy, certainty=_sure(-5.0, -5.0))
    result = LearnedPlanner(unsure).plan(_problem(policy, Obstacles()), 1, stream(1, "x"))
    assert isinstance(result, NoPlan)
    told = Proposal.from_json(result.provenance[KEY])
    assert (told.checked, told.taken) == (0, None)
    assert told.certainty == pytest.approx(0.0067, abs=1e-4)
    assert "likely enough" in result.detail
    bold = LearnedPlanner(unsure, least_sure=0.0).plan(
        _problem(policy, Obstacles()), 1, stream(1, "x")
    )
    assert isinstance(bold, Planned)


def test_hope_decides_whether_to_refine(policy: Policy) -> None:
    straight = Policy.build(policy.cell, tiny_recipe(bend=0.0), policy.layout)
    half_turn = np.array([np.pi, 0.0, 0.0, 0.0, 0.0, 0.0])
    start, goal = START + half_turn, GOAL + half_turn
    problem = _problem(policy, obstacles_of(policy.cell.scene), start=start, goals=goal[None])
    results = [
        LearnedPlanner(replace(straight, certainty=_sure(0.0, hope)), refining_steps=150).plan(
            problem, 1, stream(1, "x")
        )
        for hope in (1.0, -5.0)
    ]
    assert isinstance(results[0], Planned)
    told = Proposal.from_json(results[0].provenance[KEY])
    assert told.certainty == 0.5
    assert told.hope == pytest.approx(0.7311, abs=1e-4)
    assert ", 50 % sure, 73 % sure of refining it, refined: " in told.words()
    assert isinstance(results[1], NoPlan)
    assert Proposal.from_json(results[1].provenance[KEY]).checked == 2
