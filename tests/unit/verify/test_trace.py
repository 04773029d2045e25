"""Which pair of bodies is nearest as the arm moves: against all distances taken one by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import hermite
from robolab.trajectory.trajectory import Dwell, Leg, LegRequirements, Program, Trajectory
from robolab.verify.arm import Arm
from robolab.verify.pairs import Cell, distance, transform
from robolab.verify.reach import tree_of
from robolab.verify.story import follow
from robolab.verify.trace import ACTIVE, nearest_trace

MakeScene = Callable[..., SceneSpec]


def balls(**positions: tuple[float, float, float]) -> SceneSpec:
    objects: list[dict[str, Any]] = [
        {"name": name, "shape": {"type": "sphere", "radius": 0.05}, "pose": {"position": p}}
        for name, p in positions.items()
    ]
    return SceneSpec.model_validate(
        {
            "name": "balls",
            "floor": False,
            "robots": [{"name": "arm", "model": "two"}],
            "objects": objects,
            "requirements": {"clearance": 0.0, "carried_clearance": 0.0},
        }
    )


def swing(robot: RobotModel, *ends: list[float], clearance: float = 0.0) -> Program:
    legs: list[Leg | Dwell] = []
    for k, (a, b) in enumerate(itertools.pairwise(ends)):
        values = np.zeros((3, 2, 2))
        values[0] = a, b
        motion = Trajectory(robot.joints, hermite([0.0, 1.0], values))
        legs += [Leg(f"leg {k}", motion, LegRequirements(clearance, 0.0), "hand"), Dwell(0.5)]
    return Program("swing", "balls", "arm", robot.joints, tuple(legs[:-1]))


def test_the_nearest_changes_as_the_arm_swings_past(two_links: RobotModel) -> None:
    scene = balls(left=(0.75, 0.0, -0.75), right=(0.75, 0.0, 0.75))
    program = swing(two_links, [-0.9, 0.0], [0.9, 0.0], [-0.9, 0.0])
    first, second = nearest_trace(program, scene, two_links, points=80)
    names = [first.pairs[row][1] for row in first.row]
    assert list(dict.fromkeys(names)) == ["right", "left"]
    assert next(second.pairs[row][1] for row in second.row) == "left"
    assert second.time[0] == pytest.approx(1.5)
    assert second.time[-1] == pytest.approx(2.5)


def test_bounds_leave_the_true_nearest(good: Program, scene: SceneSpec, robot: RobotModel) -> None:
    traces = nearest_trace(good, scene, robot, points=40)
    arm = Arm(robot, scene.physics.gravity)
    cell = Cell(scene, arm, tree_of(arm))
    start = 0.0
    legs = iter(zip(traces, follow(good, scene, arm).situations, strict=True))
    for item in good.items:
        if isinstance(item, Leg):
            trace, situation = next(legs)
            movers, pairs = cell.movers(situation), cell.pairs(situation)
            joints = arm.joint_poses(item.trajectory.position(trace.time - start))
            for k, X in enumerate(movers.poses(joints)):
                placed = [transform(one) for one in X]
                apart = [
                    distance(p.solids[0].exact, placed[p.first], p.solids[1].exact, p.still) - p.required
                    for p in pairs
                    if p.second is None and p.names in trace.pairs
                ]  # fmt: skip
                assert trace.distance[k] - trace.required[k] <= min(apart) + 1e-9
            start += item.trajectory.duration
        elif isinstance(item, Dwell):
            start += item.seconds


def test_active_is_within_a_margin_of_what_is_asked(two_links: RobotModel) -> None:
    scene = balls(ball=(0.75, 0.0, -0.75))
    free = nearest_trace(swing(two_links, [-0.9, 0.0], [0.0, 0.0]), scene, two_links)[0]
    assert not free.active.any()
    least = float(free.distance.min())
    asked = swing(two_links, [-0.9, 0.0], [0.0, 0.0], clearance=least - ACTIVE / 2.0)
    near = nearest_trace(asked, scene, two_links)[0]
    assert near.active.any()
    assert not near.active.all()


def test_what_a_leg_does_not_change_is_left_out(two_links: RobotModel) -> None:
    scene = balls(above=(0.0, 0.0, 0.9), aside=(0.75, 0.0, -0.75))
    trace = nearest_trace(swing(two_links, [0.0, 0.0], [0.0, 0.4]), scene, two_links)[0]
    assert {first for first, _ in trace.pairs} == {"arm/two"}


def test_what_moves_by_itself_is_where_it_is_at_the_time(two_links: RobotModel) -> None:
    """A ball that begins far away meets the tip as it arrives; on the second leg it is gone again."""
    away, tip = (3.0, 0.0, -3.0), (1.2, 0.0, 0.0)
    points = [(0.0, away), (0.9, away), (1.0, tip), (1.4, tip), (1.5, away)]
    track = {
        "object": "ball",
        "points": [{"time": t, "position": p} for t, p in points],
        "interpolation": "linear",
    }
    scene = balls(ball=away)
    scene = SceneSpec.model_validate({**scene.model_dump(), "tracks": [track]})
    program = swing(two_links, [-0.9, 0.0], [0.0, 0.0], [-0.9, 0.0])
    met, gone = nearest_trace(program, scene, two_links, live=True)
    last = met.pairs[met.row[-1]]
    assert last[1] == "ball"
    assert met.distance[-1] < 0.3 < met.distance[0]
    assert met.distance[-1] == pytest.approx(met.distance.min())
    assert gone.time[0] == pytest.approx(1.5)
    assert gone.distance.min() > 1.0
    standing = nearest_trace(program, scene, two_links)[0]
    assert standing.distance.min() > 1.0


def test_nothing_around_gives_nothing(two_links: RobotModel) -> None:
    (trace,) = nearest_trace(swing(two_links, [0.0, 0.0], [0.5, 0.0]), balls(), two_links)
    assert trace.time.size == 0
    assert trace.pairs == ()
