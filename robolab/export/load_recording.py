"""A recording to test exported estimators with: a load picked up, a dead channel, and currents that fit no load."""

from __future__ import annotations

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.contract import Estimator, Sample
from robolab.estimation.drive import current_of
from robolab.estimation.payload_step import Arm
from robolab.estimation.rigid import arm_torque, motion_of, payload_columns
from robolab.export.load_contract import Recording
from robolab.robots.model import RobotModel

SECONDS = 3.0
_LOAD = (0.0, 0.0, 0.0, 0.0), (3.0, 0.06, -0.03, 0.24)
"""Mass and mass times centre of mass, before and after the pick."""
_PICKED, _DEAD, _ODD = 1.0, (1.5, 1.8), 2.2
"""When the load is picked up, when the last joint's current is missing, and from when on currents are odd [s]."""
_ODDLY, _ODD_RATE = 150.0, 20.0
"""How odd, in white noise's deviations, and how fast it changes [rad/s]."""
_DECIMALS = 6


def invented(arm: Arm, robot: RobotModel, period: float) -> Array:
    """Return what an arm that is exactly as its model says would record, shape (k, 1 + 3 n).

    The first joint stands; the others swing, each at a rate of its own, and turn round now and then.
    """
    rng = stream(0, "load_recording")
    time = period * np.arange(round(SECONDS / period) + 1, dtype=np.float64)
    q, qd, qdd = _swing(robot, time, rng)
    motion = motion_of(arm.linkage, q, qd, qdd)
    load = np.array(_LOAD)[(time >= _PICKED).astype(int)]
    torque = arm_torque(arm.linkage, motion, arm.inertial)
    torque = torque + (payload_columns(arm.linkage, motion) @ load[..., None])[..., 0]
    current = current_of(arm.drives, torque, qd, qdd)[0]
    current += arm.white * rng.normal(size=current.shape)
    odd = arm.white * _ODDLY * np.sin(_ODD_RATE * time[:, None] * (1.0 + np.arange(robot.dof)))
    current += np.where(time[:, None] > _ODD, odd, 0.0)
    current[(time > _DEAD[0]) & (time < _DEAD[1]), -1] = np.nan
    # Few decimals keep the written numbers short; what is written is exactly what was estimated from.
    return np.asarray(np.round(np.column_stack([time, q, qd, current]), _DECIMALS), np.float64)


def _swing(robot: RobotModel, time: Array, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    lower, upper = robot.limits.lower, robot.limits.upper
    width = np.where(np.isfinite(upper - lower), upper - lower, 1.0)
    middle = np.where(np.isfinite(upper + lower), 0.5 * (upper + lower), 0.0)
    reach = np.minimum(0.5, 0.25 * width)
    reach[0] = 0.0
    rate, phase = 2.0 * np.pi * rng.uniform(0.3, 0.7, robot.dof), rng.uniform(0.0, 6.0, robot.dof)
    angle = rate * time[:, None] + phase
    return (
        middle + reach * np.sin(angle),
        reach * rate * np.cos(angle),
        -reach * rate**2 * np.sin(angle),
    )


def recorded(estimator: Estimator, samples: Array, every: int) -> Recording:
    """Let an estimator speak of samples.

    Args:
        samples: Time, q, qd and current by row, shape (k, 1 + 3 n).
        every: Samples between two of its answers that are kept.
    """
    rows = np.arange(every - 1, len(samples), every)
    said = [estimator.update(Sample(row[0], *np.split(row[1:], 3))) for row in samples]
    kept = [
        [
            one.mass,
            one.mass_std,
            *one.com,
            *one.com_std,
            one.known,
            -1.0 if one.changed is None else one.changed,
        ]
        for one in (said[k] for k in rows)
    ]
    return Recording(samples, rows, np.array(kept, float))
