"""Where arm and objects are at any time of a program, without physics: to watch it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array, inverse
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Program


@dataclass(frozen=True)
class _Stretch:
    """From `start` on [s] the arm follows `leg`, or rests at `rest`; objects lie or ride as said."""

    start: float
    leg: Leg | None
    rest: Array
    lying: dict[str, Array]
    held: str | None
    X_tcp_object: Array


class Playback:
    """A program as something to look at.

    Args:
        scene: Realised.
    """

    def __init__(self, program: Program, scene: SceneSpec, robot: RobotModel) -> None:
        self.duration = program.duration
        self._robot = robot
        self._stretches = _stretches(program, scene, robot)
        self._starts = np.array([stretch.start for stretch in self._stretches])

    def at(self, time: float) -> tuple[Array, dict[str, Array]]:
        """Return joint positions, shape (n,) [rad], and the pose in world of each object, shape (4, 4)."""
        index = int(np.searchsorted(self._starts, time, side="right")) - 1
        stretch = self._stretches[max(index, 0)]
        leg = stretch.leg
        q = stretch.rest if leg is None else leg.trajectory.position(time - stretch.start)
        poses = dict(stretch.lying)
        if stretch.held is not None:
            poses[stretch.held] = self._robot.fk(q) @ stretch.X_tcp_object
        return q, poses


def _stretches(program: Program, scene: SceneSpec, robot: RobotModel) -> list[_Stretch]:
    lying = {item.name: item.pose.matrix() for item in scene.objects}
    q = program.legs[0].trajectory.position(0.0) if program.legs else robot.home
    now, held, X_tcp_object = 0.0, None, np.eye(4)
    found = [_Stretch(now, None, q, dict(lying), held, X_tcp_object)]
    for item in program.items:
        leg = item if isinstance(item, Leg) else None
        if not isinstance(item, Leg | Dwell):
            if item.grasps is not None:
                held, X_tcp_object = item.grasps, inverse(robot.fk(q)) @ lying.pop(item.grasps)
            elif item.releases is not None and held is not None:
                lying[held], held = robot.fk(q) @ X_tcp_object, None
        found.append(_Stretch(now, leg, q, dict(lying), held, X_tcp_object))
        if leg is not None:
            q = leg.trajectory.position(leg.trajectory.duration)
            now += leg.trajectory.duration
        elif isinstance(item, Dwell):
            now += item.seconds
    found.append(_Stretch(now, None, q, dict(lying), held, X_tcp_object))
    return found
