"""What the process asks of the tool: upright, slow enough, straight, and holding on.

Values are taken at the samples of a leg; what they may reach in between (see `between`) is added.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Gripper
from robolab.verify.checks import CHECKS, Case
from robolab.verify.demands import demands
from robolab.verify.motion import between
from robolab.verify.report import Finding
from robolab.verify.story import Situation

STRAIGHTNESS = 5e-4
"""How far a straight leg's tool centre point may leave its line [m]."""


@CHECKS.register("upright")
def upright(case: Case) -> Iterator[Finding]:
    """The tool's z axis stays within an angle of a direction."""
    for situation in case.situations:
        for axis, angle in demands(situation, case.scene).upright:
            z = situation.tool.pose[:, :3, 2]
            tilt = np.arctan2(np.linalg.norm(np.cross(z, axis), axis=1), z @ axis)
            bend = np.linalg.norm(between(z, situation.samples.first), axis=1)
            yield at_most("upright", situation, tilt + bend, angle, "rad")


@CHECKS.register("tool_speed")
def tool_speed(case: Case) -> Iterator[Finding]:
    """The tool centre point moves no faster than asked."""
    for situation in case.situations:
        limit = demands(situation, case.scene).tool_speed
        if limit is not None:
            speed = _length(situation.tool.velocity, situation)
            yield at_most("tool_speed", situation, speed, limit, "m/s")


@CHECKS.register("tool_acceleration")
def tool_acceleration(case: Case) -> Iterator[Finding]:
    """The tool centre point accelerates no harder than asked."""
    for situation in case.situations:
        limit = demands(situation, case.scene).tool_acceleration
        if limit is not None:
            acceleration = _length(situation.tool.acceleration, situation)
            yield at_most("tool_acceleration", situation, acceleration, limit, "m/s2")


@CHECKS.register("straightness")
def straightness(case: Case) -> Iterator[Finding]:
    """A straight leg's tool centre point stays by the line between its ends."""
    for situation in case.situations:
        if situation.leg.requirements.straight:
            points = situation.tool.pose[:, :3, 3]
            off = _length(_off_line(points), situation)
            yield at_most("straightness", situation, off, STRAIGHTNESS, "m")


def _off_line(points: Array) -> Array:
    """Offsets from the segment between the first and the last point, shape (s, 3)."""
    way = points[-1] - points[0]
    length = float(way @ way)
    share = np.clip((points - points[0]) @ way / length, 0.0, 1.0) if length > 0.0 else 0.0
    return points - points[0] - np.multiply.outer(share, way)


@CHECKS.register("holding")
def holding(case: Case) -> Iterator[Finding]:
    """What the gripper must hold against weight and acceleration stays within what it can.

    A vacuum gripper bears the pull along its axis and the shear across it by friction; the two
    shares add up. A jaw gripper bears all by the friction of its two fingers on
    the object.
    """
    gripper = case.robot.gripper
    if gripper is None:
        return
    for situation in case.situations:
        if situation.held is None or situation.payload is None:
            continue
        force = _load_on_gripper(case, situation)
        friction = case.scene.object(situation.held.name).friction
        used = _share_of_grip(force, situation, gripper, friction)
        if used is not None:
            used = used + between(used, situation.samples.first)
            yield at_most("holding", situation, used, 1.0, "")


def _load_on_gripper(case: Case, situation: Situation) -> Array:
    """Force that the gripper exerts on the object, in world, shape (s, 3) [N]."""
    tool, payload = situation.tool, situation.payload
    assert payload is not None
    away = np.einsum("sij,j->si", tool.pose[:, :3, :3], payload.com)
    turning = np.cross(tool.spin_rate, away) + np.cross(tool.spin, np.cross(tool.spin, away))
    felt = tool.acceleration + turning - np.asarray(case.scene.physics.gravity)
    spread = 1.0 + case.settings.mass_std * case.settings.mass_sigmas
    return np.asarray(payload.mass * spread * felt, dtype=np.float64)


def _share_of_grip(
    force: Array, situation: Situation, gripper: Gripper, friction: float
) -> Array | None:
    """Share of the gripper's capability, shape (s,); None where its figures do not say."""
    figures = gripper.figures
    if gripper.kind == "vacuum" and "holding_force" in figures:
        z = situation.tool.pose[:, :3, 2]
        along: Array = (force * z).sum(axis=1)
        shear: Array = np.linalg.norm(force - along[:, None] * z, axis=1)
        most = figures["holding_force"]
        pull: Array = np.maximum(-along, 0.0)
        return pull / most + shear / (most * figures["shear_friction"])
    if gripper.kind in {"jaw", "finray"} and "grip_force" in figures:
        return np.linalg.norm(force, axis=1) / (2.0 * figures["grip_force"] * max(friction, 1e-6))
    return None


def _length(vectors: Array, situation: Situation) -> Array:
    """Length of sampled vectors with what they may gain between samples, shape (s,)."""
    gain = between(vectors, situation.samples.first)
    return np.linalg.norm(vectors, axis=1) + np.linalg.norm(gain, axis=1)


def at_most(check: str, situation: Situation, values: Array, limit: float, unit: str) -> Finding:
    """Return the finding on the largest of sampled values, shape (s,)."""
    at = int(np.argmax(values))
    time = float(situation.samples.time[at])
    leg, index = situation.leg.name, situation.index
    return Finding.at_most(check, float(values[at]), limit, unit, leg, index, time)
