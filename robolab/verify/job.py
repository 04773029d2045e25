"""Whether a program does the scene's job: the right objects, in order, to where they belong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial.transform import Rotation

from robolab.core.transforms import Array
from robolab.scene.spec import (
    BoxShape,
    CylinderShape,
    GridTarget,
    Pick,
    Place,
    PoseTarget,
    SceneSpec,
    Shape,
    SphereShape,
)
from robolab.verify.checks import CHECKS, Case
from robolab.verify.report import Finding, failed, passed
from robolab.verify.story import Event

PLACE_DISTANCE = 5e-3
"""How far from its place an object may be put down [m]."""
PLACE_ANGLE = float(np.deg2rad(2.0))


@CHECKS.register("job")
def job(case: Case) -> Iterator[Finding]:
    """Grasps and releases are those of the scene's job, and each object lands in its place."""
    if not case.settings.job or not case.scene.job:
        return
    wanted = list(_wanted(case.scene))
    done = [(event.kind, event.name) for event in case.story.events]
    if done != [(kind, name) for kind, name, _ in wanted]:
        asked = ", ".join(f"{kind} {name}" for kind, name, _ in wanted) or "nothing"
        got = ", ".join(f"{kind} {name}" for kind, name in done) or "nothing"
        yield failed("job", f"the scene asks for: {asked}; the program does: {got}")
        return
    yield passed("job")
    for event, (_, _, goal) in zip(case.story.events, wanted, strict=True):
        if goal is not None:
            yield _placed(case, event, goal)


def _wanted(scene: SceneSpec) -> Iterator[tuple[str, str, Array | None]]:
    """Grasps and releases that the job's steps ask for, with where an object is to be put."""
    held = ""
    for step in scene.job:
        if isinstance(step, Pick):
            held = step.object
            yield "grasp", held, None
        elif isinstance(step, Place):
            yield "release", held, _goal(scene, step)


def _goal(scene: SceneSpec, step: Place) -> Array | None:
    """Pose in world that a step puts its object at; None where it does not name one."""
    if isinstance(step.at, PoseTarget):
        return step.at.pose.matrix()
    name, _, slot = step.at.rpartition("/")
    grid = scene.targets.get(name)
    if isinstance(grid, GridTarget) and slot.isdigit():
        nx, ny, _ = grid.count
        index = int(slot)
        cell = np.array([index % nx, index // nx % ny, index // (nx * ny)])
        X = grid.grid.matrix()
        X[:3, 3] += X[:3, :3] @ (cell * np.asarray(grid.pitch))
        return X
    target = scene.targets.get(step.at)
    return target.pose.matrix() if isinstance(target, PoseTarget) else None


def _placed(case: Case, event: Event, goal: Array) -> Finding:
    X = event.X_world_object
    off = float(np.linalg.norm(X[:3, 3] - goal[:3, 3]))
    turned = turn(X, goal, case.scene.object(event.name).shape)
    share = max(off / PLACE_DISTANCE, turned / PLACE_ANGLE)
    ok = share <= 1.0
    degrees = np.rad2deg(turned)
    return Finding(
        check="place",
        share=share,
        value=off,
        limit=PLACE_DISTANCE,
        margin=PLACE_DISTANCE - off,
        ok=ok,
        unit="m",
        leg=case.program.legs[event.index].name if event.index >= 0 else None,
        index=event.index if event.index >= 0 else None,
        where=(event.name,),
        detail=""
        if ok
        else f"{event.name!r} is put down {off * 1e3:.1f} mm and {degrees:.1f} degrees off",
    )


def turn(X_a: Array, X_b: Array, shape: Shape) -> float:
    """Least angle between two poses of a shape, its symmetries taken into account [rad]."""
    if isinstance(shape, SphereShape):
        return 0.0
    R = X_a[:3, :3].T @ X_b[:3, :3]
    if isinstance(shape, CylinderShape):
        return float(np.arccos(np.clip(abs(R[2, 2]), 0.0, 1.0)))
    halves = np.diag([1.0, 1.0, 1.0]), np.diag([1.0, -1.0, -1.0])
    turns = [*halves, np.diag([-1.0, 1.0, -1.0]), np.diag([-1.0, -1.0, 1.0])]
    if not isinstance(shape, BoxShape):
        turns = turns[:1]
    return float(min(Rotation.from_matrix(R @ S).magnitude() for S in turns))
