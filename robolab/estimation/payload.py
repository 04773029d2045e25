"""The on-line payload estimator: a Kalman filter over the load and what is uncertain of the arm."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.contract import ESTIMATORS, Estimate, Estimator, Sample
from robolab.estimation.model import LoadModel
from robolab.estimation.payload_step import (
    LOAD,
    STEP,
    Arm,
    Memory,
    Seen,
    advance,
    begin,
    correct,
    doubt,
    forget,
    remember,
    rows,
    see,
    surprise,
    variances,
)
from robolab.estimation.posterior import Posterior, posterior
from robolab.estimation.smooth import Smoother
from robolab.robots.model import RobotModel

KNOWN = 0.25
"""A mass is known where its standard deviation is at most this [kg]."""
MASS_RATE, MOMENT_RATE = 0.01, 0.003
"""How fast a load may change unnoticed [kg/sqrt(s), kg m/sqrt(s)]."""
ALARM = 12.0
"""Variances per moving joint that a load as before does not show twice in a row."""
SUSPECT = 5.0
"""Variances per moving joint that, twice in a row, leave open whether the load is still the same."""
MISFIT, MISFIT_TIME = 5.0, 0.5
"""Currents that are so many variances off on average over such a time [s] are not those of this arm with a load."""
BEYOND, AT_LEAST = 3.0, 0.5
"""A mass that is so many deviations, and so many kilograms more, away from any that can be is of something else."""
_FIRST = (10.0, 2.0, 2.0, 2.0)


def arm_of(model: LoadModel, robot: RobotModel) -> Arm:
    """Return a model as the arrays that the step goes by."""
    noise, k = model.noise, model.inflation
    white, slow, coulomb, viscous = (
        k * np.array(values) for values in (noise.white, noise.slow, noise.coulomb, noise.viscous)
    )
    return Arm(
        linkage=robot.linkage,
        drives=model.drives(robot),
        inertial=np.array(model.inertial).ravel(),
        white=white,
        slow=slow,
        slow_time=np.array(noise.slow_time),
        coulomb=coulomb,
        viscous=viscous,
        mass_rate=MASS_RATE,
        moment_rate=MOMENT_RATE,
        first=np.array(_FIRST),
    )


class PayloadEstimator(Estimator):
    """See the module.

    Args:
        constant: The load stays the same but for sudden changes; otherwise it may also change slowly.
    """

    def __init__(
        self, model: LoadModel, robot: RobotModel, period: float, constant: bool = False
    ) -> None:
        self._arm = arm_of(model, robot)
        if constant:
            self._arm = self._arm._replace(mass_rate=0.0, moment_rate=0.0)
        self._model = model
        self._smoother = Smoother(robot.dof, period, STEP)
        self._belief = begin(self._arm)
        self._time: float | None = None
        self._memory = Memory(np.zeros(robot.dof), np.zeros(robot.dof))
        self._alarms = self._suspicions = 0
        self._misfit = 1.0
        self._changed: float | None = None
        self._said = self._unknown = self._posterior()

    def update(self, sample: Sample) -> Estimate:
        """See Estimator.update."""
        smooth = self._smoother.add(sample)
        if smooth is not None:
            self.take(see(self._arm, smooth))
        return self.estimate(sample.time)

    def take(self, seen: Seen) -> None:
        """Take one span of samples, already smoothed and compared with the arm's own motion."""
        # Across a clock that was set back, nobody knows how much.
        passed = 0.0 if self._time is None else max(float(seen.time) - self._time, 0.0)
        self._time = float(seen.time)
        pull = seen.load @ self._said.load / self._arm.drives.gain
        self._belief = advance(self._arm, self._belief, passed, pull)
        self._memory = remember(self._memory, seen, passed)
        var = variances(self._arm, self._memory)
        unexpected, H = rows(self._arm, self._belief, seen, self._said.load)
        count = int(seen.moving.sum())
        off = surprise(self._belief, seen, unexpected, H, var) / max(count, 1)
        if count:
            self._misfit += (1.0 - np.exp(-passed / MISFIT_TIME)) * (min(off, ALARM) - self._misfit)
        alarm = off > ALARM
        self._alarms = self._alarms + 1 if alarm else 0
        self._suspicions = self._suspicions + 1 if off > SUSPECT else 0
        if self._alarms >= 2:
            self._belief = forget(self._arm, self._belief)
            self._changed, self._alarms, self._suspicions = self._time, 0, 0
            unexpected, H = rows(self._arm, self._belief, seen, self._said.load)
        if self._suspicions >= 2:
            self._belief, self._suspicions = doubt(self._arm, self._belief), 0
        if self._alarms == 0:
            self._belief = correct(self._belief, seen, unexpected, H, var)
        if self._impossible():
            self._belief = forget(self._arm, self._belief)
        self._said = self._posterior()

    def estimate(self, time: float) -> Estimate:
        """Return what is known by now: nothing, where the currents do not fit the arm whatever it carries."""
        said, fits = self._said, self._misfit < MISFIT
        if not fits:
            said = self._unknown
        return Estimate(
            time=time,
            mass=said.mass,
            mass_std=said.mass_std,
            com=said.com,
            com_std=said.com_std,
            known=bool(fits and said.mass_std <= KNOWN),
            changed=self._changed,
            set_back=self._smoother.set_back,
        )

    def forget(self) -> None:
        """See Estimator.forget."""
        self._belief = forget(self._arm, self._belief)
        self._said = self._posterior()

    def load(self) -> tuple[Array, Array]:
        """Return mass and mass times centre of mass as they are believed to be, and their covariance, (4,) and (4, 4)."""
        return self._said.load, self._belief.cov[:LOAD, :LOAD]

    def friction_changes(self) -> Array:
        """By how much Coulomb and viscous friction seem to differ from what was identified, shape (2, n) [A, A s/rad]."""
        n = len(self._arm.white)
        return self._belief.mean[LOAD + n :].reshape(2, n)

    def _impossible(self) -> bool:
        """Whether no load would explain what is believed: a blow has been taken for one."""
        mean, cov = self._belief
        beyond = max(-mean[0], mean[0] - self._model.prior.most)
        return bool(beyond > BEYOND * np.sqrt(cov[0, 0]) + AT_LEAST)

    def _posterior(self) -> Posterior:
        mean, cov = self._belief
        return posterior(mean[:LOAD], cov[:LOAD, :LOAD], self._model.prior, self._model.gain_share)


ESTIMATORS.register("kalman")(PayloadEstimator)
