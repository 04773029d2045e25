"""Recursive least squares on the load's regressor: what the Kalman filter is measured against.

It knows the same arm, but takes every residual for new, so that its intervals are too narrow, and it has neither a
prior nor a memory of the arm's friction today.
"""

from __future__ import annotations

import numpy as np

from robolab.estimation.contract import ESTIMATORS, Estimate, Estimator, Sample
from robolab.estimation.drive import current_of
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import KNOWN, arm_of
from robolab.estimation.payload_step import LOAD, STEP, Seen, see
from robolab.estimation.smooth import Smoother
from robolab.robots.model import RobotModel

_RIDGE = 1e-4


class LeastSquares(Estimator):
    """See the module."""

    def __init__(self, model: LoadModel, robot: RobotModel, period: float) -> None:
        self._arm = arm_of(model, robot)
        self._smoother = Smoother(robot.dof, period, STEP)
        self.forget()

    def update(self, sample: Sample) -> Estimate:
        """See Estimator.update."""
        smooth = self._smoother.add(sample)
        if smooth is not None:
            self.take(see(self._arm, smooth))
        return self.estimate(sample.time)

    def take(self, seen: Seen) -> None:
        """Take one span of samples."""
        arm, about = self._arm, self._load
        current, slope = current_of(arm.drives, seen.torque + seen.load @ about, seen.qd, seen.qdd)
        k = seen.moving
        A = slope[k, None] * seen.load[k] / arm.white[k, None]
        b = (seen.current[k] - current[k]) / arm.white[k] + A @ about
        self._H += A.T @ A
        self._g += A.T @ b
        self._load = np.linalg.solve(self._H, self._g)

    def estimate(self, time: float) -> Estimate:
        """Return what is known by now."""
        cov = np.linalg.inv(self._H)
        mass, std = float(self._load[0]), float(np.sqrt(cov[0, 0]))
        heavy = max(abs(mass), 1e-3)
        com = np.asarray(np.clip(self._load[1:] / heavy, -1.0, 1.0), dtype=float)
        com_std = np.minimum(np.sqrt(np.diag(cov)[1:]) / heavy, 1.0)
        known, back = std <= KNOWN, self._smoother.set_back
        return Estimate(time, mass, std, com, com_std, known, set_back=back)

    def forget(self) -> None:
        """See Estimator.forget."""
        self._H, self._g = _RIDGE * np.eye(LOAD), np.zeros(LOAD)
        self._load = np.zeros(LOAD)


ESTIMATORS.register("least_squares")(LeastSquares)
