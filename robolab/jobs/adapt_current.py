"""Feel a load by the drives' currents, as an identified arm would show them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation import ESTIMATORS, Sample
from robolab.estimation.drive import TURN, current_of
from robolab.estimation.model import LoadModel, load_model
from robolab.estimation.rigid import arm_torque, motion_of
from robolab.estimation.simulated import current_noise, with_tool
from robolab.jobs.adapt_feel import Felt, Lift
from robolab.jobs.load import robot_of
from robolab.robots.model import RobotModel
from robolab.trajectory.loads import scaled
from robolab.trajectory.trajectory import LoadDoubt

_PERIOD = 0.002
"""Time between two samples [s]."""
_BEFORE = 0.2
"""How long the arm stands still before it lifts [s]."""


@dataclass(frozen=True)
class CurrentFeeler:
    """An on-line estimator at the currents of a lift.

    The currents are those of the model: its inertial parameters, gains and friction, with what it left
    unexplained of runs that it had not seen. A lift straight up tells little of where the centre of mass
    is; what the object's shape says of that counts as well.

    Attributes:
        model: What was identified of the arm.
        centred: How far off its shape's centre an object's mass is, standard deviation by coordinate [m].
        kind: Name of the estimator.
        after: See `Feeler` [s].
    """

    model: LoadModel
    seed: int
    centred: float = 0.01
    kind: str = "kalman"
    after: float = 0.3

    @property
    def name(self) -> str:
        """What a report calls it."""
        return f"{self.kind}, from motor currents"

    def feel(self, lift: Lift) -> Felt:
        """Run the estimator until the load counts as known; seed and object fix the noise."""
        estimator = ESTIMATORS.get(self.kind)(self.model, lift.robot, _PERIOD)
        time = np.arange(-_BEFORE, self.after + 1e-9, _PERIOD)
        q, qd, qdd = lift.motion.jet(np.maximum(time, 0.0), 2)
        current = self.currents(lift, time, q, qd, qdd)
        samples = zip(time, q, qd, current, strict=True)
        *_, said = (estimator.update(Sample(float(row[0]), *row[1:])) for row in samples)
        com, std = _fused(np.asarray(lift.expected.com), self.centred, said.com, said.com_std)
        load = replace(scaled(lift.expected, max(said.mass, 0.0)), com=com)
        return Felt(load, LoadDoubt(said.mass_std, std), self.after)

    def currents(self, lift: Lift, time: Array, q: Array, qd: Array, qdd: Array) -> Array:
        """Return the motor currents of a motion, each argument of shape (k, n) but the time, (k,) [A]."""
        robot, model = lift.robot, self.model
        motion = motion_of(robot.linkage, q, qd, qdd)
        arm = arm_torque(robot.linkage, motion, np.array(model.inertial).ravel())
        bare = robot.inverse_dynamics(q, qd, qdd)
        load = robot.inverse_dynamics(q, qd, qdd, lift.true) - bare
        clean, _ = current_of(model.drives(robot), arm + load, qd, qdd)
        return clean + self._unexplained(lift.object, time, qd)

    def _unexplained(self, name: str, time: Array, qd: Array) -> Array:
        """Noise of the kinds that the model knows, of the sizes that it states, shape (k, n) [A]."""
        rng, noise = stream(self.seed, "feel", "current", name), self.model.noise
        friction = rng.normal(0.0, noise.coulomb) * np.tanh(qd / TURN)
        friction += rng.normal(0.0, noise.viscous) * qd
        return friction + current_noise(noise, _PERIOD).series(len(time), _PERIOD, rng)


def model_with_tool(file: Path, robot: RobotModel) -> LoadModel:
    """Read what was identified of an arm, and hang a cell's tool on it.

    Raises:
        LoadModelError: the file cannot be used, or is of another arm.
    """
    bare = robot_of(robot.name)
    return with_tool(load_model(file, bare), bare, robot)


def _fused(centre: Array, centred: float, said: Array, std: Array) -> tuple[Array, float]:
    """Return the centre of mass of what a shape and an estimate say, and the largest of its deviations [m]."""
    weight = centred**2 / (centred**2 + np.square(std))
    left = centred * np.sqrt(1.0 - weight)
    return centre + weight * (said - centre), float(np.max(left))
