"""What a move happens in: obstacles, the robot's spheres with what it carries, requirements, payload."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.jobs.moves import Move
from robolab.jobs.payloads import payload_of
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.obstacles import Obstacles
from robolab.planning.scene_obstacles import carried_spheres, obstacles_of
from robolab.robots.model import Payload, RobotModel, Spheres
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import LegRequirements

HOLD_SHARE = 0.5
"""Largest share of a vacuum's holding force that carrying may use."""
_GRAVITY = 9.81


@dataclass(frozen=True)
class Setting:
    """Everything about one move but its start and goal."""

    spheres: Spheres
    obstacles: Obstacles
    requirements: LegRequirements
    payload: Payload | None

    def checker(self, robot: RobotModel) -> CompiledChecker:
        asked = self.requirements
        return CompiledChecker(
            robot.chain,
            self.spheres,
            self.obstacles,
            clearance=asked.clearance,
            carried_clearance=asked.carried_clearance,
            upright=asked.upright,
            hulls=robot.hulls,
        )


def setting_of(scene: SceneSpec, robot: RobotModel, move: Move) -> Setting:
    """Return what surrounds a move and what the process asks of it.

    Where the carried object may touch its support, the object's own spheres are left out: they would
    overlap what it rests on. The verifier checks that motion exactly.
    """
    arm = scene.robot.name
    touched = {b for a, b in move.contacts if a == arm}
    gone = touched | ({move.carried} if move.carried else set[str]())
    obstacles = obstacles_of(scene, without=gone, poses=move.placed)
    spheres, payload = robot.spheres, None
    if move.carried is not None:
        assert move.X_tcp_object is not None
        item = scene.object(move.carried)
        payload = payload_of(scene, item, move.X_tcp_object)
        if not any(a == move.carried for a, _ in move.contacts):
            spheres = carried_spheres(spheres, item.shape, move.X_tcp_object, robot.chain, scene)
    return Setting(spheres, obstacles, requirements_of(scene, robot, move, payload), payload)


def requirements_of(
    scene: SceneSpec, robot: RobotModel, move: Move, payload: Payload | None
) -> LegRequirements:
    """Return what the scene asks of one move."""
    asked = scene.requirements
    upright = None
    if asked.upright and (move.carried or asked.upright_when == "always"):
        axis = np.array(asked.upright.axis, dtype=float)
        upright = (axis / np.linalg.norm(axis), float(np.deg2rad(asked.upright.within_deg)))
    speeds = [v for v in (asked.tool_speed, move.speed) if v is not None]
    accelerations = [asked.tool_acceleration, _holdable_acceleration(robot, payload)]
    return LegRequirements(
        clearance=asked.clearance,
        carried_clearance=asked.carried_clearance,
        upright=upright,
        tool_speed=min(speeds) if speeds else None,
        tool_acceleration=min((a for a in accelerations if a is not None), default=None),
        straight=move.straight,
        limits_share=asked.limits_share,
        contacts=move.contacts,
    )


def _holdable_acceleration(robot: RobotModel, payload: Payload | None) -> float | None:
    """Tool acceleration that the gripper's holding force allows with a margin [m/s2]."""
    if payload is None or payload.mass <= 0.0 or robot.gripper is None:
        return None
    force = robot.gripper.figures.get("holding_force")
    if force is None:
        return None
    return max(HOLD_SHARE * force / payload.mass - _GRAVITY, 0.5)
