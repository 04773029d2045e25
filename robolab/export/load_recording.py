"""A recording to test exported estimators with: a load picked up, a dead channel, and currents that fit no load."""

from __future__ import annotations

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.contract import Estimate, Estimator, Sample
from robolab.estimation.drive import current_of
from robolab.estimation.payload_step import Arm
from robolab.estimation.rigid import arm_torque, motion_of, payload_columns
from robolab.export.load_contract import Recording
from robolab.robots.model import RobotModel

SECONDS, LONGER = 3.0, 4.6
"""Of a recording, and of one of an arm that stops [s]."""
_LOAD = (0.0, 0.0, 0.0, 0.0), (3.0, 0.06, -0.03, 0.24)
"""Mass and mass times centre of mass, before and after the pick."""
PICKED, _DEAD, _ODD = 1.0, (1.5, 1.8), 2.2
"""When the load is picked up, when the last joint's current is missing, and from when on currents are odd [s]."""
_ODDLY, _ODD_RATE = 150.0, 20.0
"""How odd, in white noise's deviations, and how fast it changes [rad/s]."""
_MOVING, _FASTEST = ((0.2, 0.85), (1.1, 4.5)), 1.5
"""When an arm that stops moves [s], and how fast at most over its steady pace."""
_DECIMALS = 6


def invented(
    arm: Arm, robot: RobotModel, period: float, stops: bool = False, seed: int = 0
) -> Array:
    """Return what an arm that is exactly as its model says would record, shape (k, 1 + 3 n).

    The first joint stands; the others swing, each at a rate of its own, and turn round now and then.

    Args:
        stops: The arm stands before it moves, and again while the load is picked up.
    """
    rng = stream(seed, "load_recording")
    seconds = LONGER if stops else SECONDS
    time = period * np.arange(round(seconds / period) + 1, dtype=np.float64)
    q, qd, qdd = _swing(robot, _pace(time) if stops else _steady(time), rng)
    motion = motion_of(arm.linkage, q, qd, qdd)
    load = np.array(_LOAD)[(time >= PICKED).astype(int)]
    torque = arm_torque(arm.linkage, motion, arm.inertial)
    torque = torque + (payload_columns(arm.linkage, motion) @ load[..., None])[..., 0]
    current = current_of(arm.drives, torque, qd, qdd)[0]
    current += arm.white * rng.normal(size=current.shape)
    odd = arm.white * _ODDLY * np.sin(_ODD_RATE * time[:, None] * (1.0 + np.arange(robot.dof)))
    current += np.where(time[:, None] > _ODD, odd, 0.0)
    current[(time > _DEAD[0]) & (time < _DEAD[1]), -1] = np.nan
    # What no estimator may choke on: a missing position, and a current that cannot be.
    q[len(time) // 3, 0], current[len(time) // 4, 1] = np.nan, 1e152
    # Few decimals keep the written numbers short; what is written is exactly what was estimated from.
    return np.asarray(np.round(np.column_stack([time, q, qd, current]), _DECIMALS), np.float64)


def _steady(time: Array) -> tuple[Array, Array, Array]:
    return time, np.ones_like(time), np.zeros_like(time)


def _pace(time: Array) -> tuple[Array, Array, Array]:
    """How far the swing has got, how fast it goes and how fast that changes: half a wave in each of `_MOVING`."""
    far, fast, change = np.zeros((3, len(time)))
    for start, end in _MOVING:
        rate = np.pi / (end - start)
        u = np.clip(time - start, 0.0, end - start)
        inside = (time > start) & (time < end)
        far += _FASTEST * (1.0 - np.cos(rate * u)) / rate
        fast += inside * _FASTEST * np.sin(rate * u)
        change += inside * _FASTEST * rate * np.cos(rate * u)
    return far, fast, change


def _swing(
    robot: RobotModel, pace: tuple[Array, Array, Array], rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    lower, upper = robot.limits.lower, robot.limits.upper
    width = np.where(np.isfinite(upper - lower), upper - lower, 1.0)
    middle = np.where(np.isfinite(upper + lower), 0.5 * (upper + lower), 0.0)
    reach = np.minimum(0.5, 0.25 * width)
    reach[0] = 0.0
    rate, phase = 2.0 * np.pi * rng.uniform(0.3, 0.7, robot.dof), rng.uniform(0.0, 6.0, robot.dof)
    far, fast, change = (x[:, None] for x in pace)
    angle, speed = rate * far + phase, rate * fast
    return (
        middle + reach * np.sin(angle),
        reach * speed * np.cos(angle),
        reach * (rate * change * np.cos(angle) - speed**2 * np.sin(angle)),
    )


def recorded(estimator: Estimator, samples: Array, every: int, forget: int = -1) -> Recording:
    """Let an estimator speak of samples.

    Args:
        samples: Time, q, qd and current by row, shape (k, 1 + 3 n).
        every: Samples between two of its answers that are kept.
        forget: Before which sample the load is forgotten (-1: never).
    """
    rows, said = np.arange(every - 1, len(samples), every), list[Estimate]()
    for k, row in enumerate(samples):
        if k == forget:
            estimator.forget()
        said.append(estimator.update(Sample(row[0], *np.split(row[1:], 3))))
    kept = [
        [
            one.mass,
            one.mass_std,
            *one.com,
            *one.com_std,
            one.known,
            -1.0 if one.changed is None else one.changed,
            -1.0 if one.set_back is None else one.set_back,
        ]
        for one in (said[k] for k in rows)
    ]
    return Recording(samples, rows, np.array(kept, float), forget)
