"""Targets of a job by name: joint positions, tool poses and object poses."""

from __future__ import annotations

import numpy as np

from robolab.core.errors import SceneError
from robolab.core.transforms import Array, pose
from robolab.robots.model import RobotModel
from robolab.scene.spec import GridTarget, JointTarget, PoseTarget, SceneSpec, TargetRef


def joint_or_pose(
    scene: SceneSpec, robot: RobotModel, ref: TargetRef
) -> tuple[Array | None, Array | None]:
    """Return the joint positions, shape (n,), or the pose of the tool in world, shape (4, 4), of a target."""
    if ref == "home":
        return robot.home, None
    target = _named(scene, ref) if isinstance(ref, str) else ref
    if isinstance(target, JointTarget):
        if len(target.joints) != robot.dof:
            raise SceneError(
                "wrong number of joints",
                field=f"targets.{ref}" if isinstance(ref, str) else "job",
                value=len(target.joints),
                expected=f"{robot.dof} for {robot.name}",
            )
        return np.array(target.joints, dtype=float), None
    return None, target.pose.matrix() if isinstance(target, PoseTarget) else target


def object_pose(scene: SceneSpec, ref: str | PoseTarget) -> Array:
    """Return the pose of an object's centre in world that a place step names, shape (4, 4)."""
    target = _named(scene, ref) if isinstance(ref, str) else ref
    if isinstance(target, JointTarget):
        raise SceneError(
            "an object is placed at a pose", field=f"targets.{ref}", expected="pose or grid"
        )
    return target.pose.matrix() if isinstance(target, PoseTarget) else target


def _named(scene: SceneSpec, name: str) -> JointTarget | PoseTarget | Array:
    base, _, slot = name.partition("/")
    target = scene.targets[base if slot else name]
    if not isinstance(target, GridTarget):
        return target
    nx, ny, _ = target.count
    index = int(slot)
    steps = (index % nx, index // nx % ny, index // (nx * ny))
    return target.grid.matrix() @ pose([p * k for p, k in zip(target.pitch, steps, strict=True)])
