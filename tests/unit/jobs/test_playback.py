from __future__ import annotations

import numpy as np

from robolab.core.transforms import inverse
from robolab.jobs.playback import Playback
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Program

_GRASP, _CARRY, _RELEASE = 0.8, 1.05, 2.05


def test_arm_follows_the_legs_and_rests_between(
    carry: Program, realised: SceneSpec, ur10e: RobotModel
) -> None:
    playback = Playback(carry, realised, ur10e)
    for time, shift in (
        (0.0, 0.0),
        (_GRASP, 0.2),
        (0.9, 0.2),
        (_CARRY, 0.2),
        (playback.duration, 0.6),
    ):
        np.testing.assert_allclose(playback.at(time)[0], ur10e.home + shift, atol=1e-9)
    middle = playback.at(_CARRY + 0.5)[0]
    np.testing.assert_allclose(middle, ur10e.home + 0.3, atol=1e-9)


def test_object_rides_on_the_tool_while_held_and_stays_where_it_is_put(
    carry: Program, realised: SceneSpec, ur10e: RobotModel
) -> None:
    playback = Playback(carry, realised, ur10e)
    at_rest = realised.object("carton-a").pose.matrix()
    np.testing.assert_allclose(playback.at(0.5)[1]["carton-a"], at_rest)

    def in_tool(time: float) -> np.ndarray:
        q, poses = playback.at(time)
        return inverse(ur10e.fk(q)) @ poses["carton-a"]

    np.testing.assert_allclose(in_tool(1.2), in_tool(1.9), atol=1e-12)
    placed = playback.at(_RELEASE + 0.01)[1]["carton-a"]
    assert np.linalg.norm(placed[:3, 3] - at_rest[:3, 3]) > 0.05
    np.testing.assert_array_equal(playback.at(playback.duration)[1]["carton-a"], placed)


def test_every_object_has_a_pose_at_every_time(
    carry: Program, realised: SceneSpec, ur10e: RobotModel
) -> None:
    playback = Playback(carry, realised, ur10e)
    names = {item.name for item in realised.objects}
    for time in np.linspace(0.0, playback.duration, 50):
        assert set(playback.at(float(time))[1]) == names
