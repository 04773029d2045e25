from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Program
from robolab.verify.structure import structure


def words(program: Program, scene: SceneSpec, robot: RobotModel) -> str:
    findings = list(structure(program, scene, robot))
    return "; ".join(finding.detail for finding in findings if not finding.ok)


def test_good_program(good: Program, scene: SceneSpec, robot: RobotModel) -> None:
    assert words(good, scene, robot) == ""


def test_names_of_joints_scene_and_robot(
    good: Program, scene: SceneSpec, robot: RobotModel
) -> None:
    assert "joints" in words(replace(good, joints=good.joints[::-1]), scene, robot)
    assert "scene 'other'" in words(replace(good, scene="other"), scene, robot)
    assert "robot 'panda'" in words(replace(good, robot="panda"), scene, robot)


def test_leg_of_other_joints(
    good: Program, scene: SceneSpec, robot: RobotModel, with_leg: Callable[..., Program]
) -> None:
    motion = good.legs[1].trajectory
    bad = with_leg(good, 1, trajectory=replace(motion, joints=("a", *motion.joints[1:])))
    assert "'a'" in words(bad, scene, robot)


def test_numbers_that_slipped_past_the_curve(
    good: Program, scene: SceneSpec, robot: RobotModel, with_leg: Callable[..., Program]
) -> None:
    motion = good.legs[1].trajectory
    curve = replace(motion.curve)
    spoilt = curve.coefficients.copy()
    spoilt[2, 0, 3] = np.nan
    object.__setattr__(curve, "coefficients", spoilt)
    bad = with_leg(good, 1, trajectory=replace(motion, curve=curve))
    assert "not finite" in words(bad, scene, robot)


def test_late_start_and_endless_dwell(
    good: Program, scene: SceneSpec, robot: RobotModel, with_leg: Callable[..., Program]
) -> None:
    motion = good.legs[0].trajectory
    late = replace(motion.curve, breaks=motion.curve.breaks + 0.5)
    bad = with_leg(good, 0, trajectory=replace(motion, curve=late))
    assert "begins at 0.5 s" in words(bad, scene, robot)
    endless = replace(good, items=(*good.items, Dwell(float("inf"))))
    assert "dwell" in words(endless, scene, robot)


def test_empty_program(good: Program, scene: SceneSpec, robot: RobotModel) -> None:
    items = tuple(item for item in good.items if not isinstance(item, Leg))
    assert "no legs" in words(replace(good, items=items), scene, robot)
