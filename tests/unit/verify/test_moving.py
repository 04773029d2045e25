"""The exact distance to what moves: as near as dense sampling finds, and contact is noticed."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.errors import SceneError
from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.scene.spec import ObjectSpec, SceneSpec
from robolab.scene.track_spec import TrackSpec
from robolab.scene.tracks import track_of
from robolab.trajectory.polynomial import PiecewisePolynomial, hermite
from robolab.verify.arm import Arm
from robolab.verify.moving import moving_finding, nearest_approach
from robolab.verify.pairs import distance, transform
from robolab.verify.solids import robot_parts, scene_solid

POST = ObjectSpec.model_validate(
    {"name": "post", "shape": {"type": "cylinder", "radius": 0.15, "length": 1.6},
     "pose": {"position": [0.9, 1.5, 0.2]}}
)  # fmt: skip


def crossing(scene: SceneSpec, x: float) -> SceneSpec:
    points = [{"time": 0.2, "position": [x, 1.5, 0.2]}, {"time": 2.2, "position": [x, -1.5, 0.2]}]
    track = TrackSpec.model_validate({"object": "post", "points": points})
    return scene.model_copy(update={"objects": (POST,), "tracks": (track,)})


def swing(robot: RobotModel) -> PiecewisePolynomial:
    ends = np.zeros((3, 2, robot.dof))
    ends[0] = robot.home + np.array([[-0.8], [0.8]]) * np.eye(robot.dof)[0]
    return hermite([0.0, 2.0], ends)


def sampled(
    motion: PiecewisePolynomial, scene: SceneSpec, robot: RobotModel, times: Array
) -> float:
    arm, solid, track = Arm(robot), scene_solid(scene, "post").exact, track_of(scene.tracks[0])
    least = np.inf
    for t in times:
        X = np.eye(4)
        X[:3, 3] = track.position(t)
        joints = arm.joint_poses(motion(t)[None])[0]
        for part in (part for part in robot_parts(arm) if part.joint > 0):
            where = transform(joints[part.joint] @ part.X_joint_part)
            least = min(least, distance(part.solid.exact, where, solid, transform(X)))
    return least


def test_the_nearest_approach_is_what_dense_sampling_finds(
    ur10e_scene: SceneSpec, ur10e: RobotModel
) -> None:
    scene, motion = crossing(ur10e_scene, 1.15), swing(ur10e)
    nearest = nearest_approach(motion, scene, ur10e)
    everywhere = sampled(motion, scene, ur10e, np.linspace(0.0, 2.0, 101))
    there = sampled(motion, scene, ur10e, nearest.time + np.linspace(-0.01, 0.01, 41))
    assert there > 0.0
    assert nearest.distance <= everywhere + 1e-9
    assert there - 2e-3 <= nearest.distance <= there + 2e-3
    assert not nearest.contact
    assert moving_finding(nearest).ok


def test_contact_is_noticed(ur10e_scene: SceneSpec, ur10e: RobotModel) -> None:
    nearest = nearest_approach(swing(ur10e), crossing(ur10e_scene, 0.75), ur10e)
    assert nearest.contact
    finding = moving_finding(nearest)
    assert not finding.ok
    assert "post" in finding.where
    assert "touch" in finding.line()


def test_a_scene_in_which_nothing_moves_is_refused(
    ur10e_scene: SceneSpec, ur10e: RobotModel
) -> None:
    with pytest.raises(SceneError, match="tracks"):
        nearest_approach(swing(ur10e), ur10e_scene, ur10e)
