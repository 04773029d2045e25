"""Joint torque along the whole curve, with the load in hand and the drives' friction.

The torque is computed by the recursive Newton-Euler algorithm at times at most a millisecond apart
and at both ends of every polynomial piece, and `between` bounds what it may reach in between;
that bound counts as used. Friction has two values where a joint turns round; both are held
against the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.verify.checks import CHECKS, Case
from robolab.verify.motion import between
from robolab.verify.report import Finding
from robolab.verify.story import Situation

_STANDSTILL = 1e-9


def drive_torque(robot: RobotModel, rigid: Array, qd: Array, first: np.ndarray) -> Array:
    """Largest magnitude of torque that the drives must give around each sample.

    Args:
        rigid: Torque without friction, shape (s, n) [N m].
        qd: Joint speeds, shape (s, n). first: See `Samples`.
    Returns:
        Shape (s, n), with what may happen between samples added.
    """
    smooth = rigid + robot.motors.viscous * qd
    sign = np.where(np.abs(qd) < _STANDSTILL, 0.0, np.sign(qd))
    ahead, behind = np.roll(sign, -1, axis=0), np.roll(sign, 1, axis=0)
    ahead[-1], behind[0] = sign[-1], sign[0]
    high = np.maximum(np.maximum(ahead, behind), sign)
    low = np.minimum(np.minimum(ahead, behind), sign)
    worst = np.maximum(
        np.abs(smooth + robot.motors.coulomb * high), np.abs(smooth + robot.motors.coulomb * low)
    )
    return worst + between(smooth, first)


def leg_torque(case: Case, situation: Situation) -> Array:
    """Torque that the drives must give along a leg, worst over the mass's uncertainty, (s, n)."""
    samples, payload = situation.samples, situation.payload
    spread = case.settings.mass_std * case.settings.mass_sigmas
    loads = [payload]
    if payload is not None and spread > 0.0:
        loads = [
            replace(payload, mass=payload.mass * share, inertia=payload.inertia * share)
            for share in (max(0.0, 1.0 - spread), 1.0 + spread)
        ]
    torques: list[Array] = []
    for load in loads:
        rigid = situation.arm.torque(samples.q, samples.qd, samples.qdd, load)
        torques.append(drive_torque(case.robot, rigid, samples.qd, samples.first))
    return np.max(torques, axis=0)


@CHECKS.register("torque")
def torque(case: Case) -> Iterator[Finding]:
    """Drive torque stays within its limit; the torque is affine in the mass, so two masses do."""
    limits = np.asarray(case.robot.limits.torque)
    for situation in case.situations:
        needed = leg_torque(case, situation)
        shares = needed / limits
        at, joint = np.unravel_index(int(np.argmax(shares)), shares.shape)
        value, limit = float(needed[at, joint]), float(limits[joint])
        yield Finding(
            check="torque",
            share=value / limit,
            value=value,
            limit=limit,
            margin=limit - value,
            ok=value <= limit,
            unit="N m" if case.arm.units[joint] == "rad" else "N",
            leg=situation.leg.name,
            index=situation.index,
            where=(case.robot.joints[joint],),
            time=float(situation.samples.time[at]),
        )
