"""A model on its way into the simulation: its figures as the drives of a simulated arm, and with another tool."""

from __future__ import annotations

import numpy as np

from robolab.core.errors import LoadModelError
from robolab.estimation.drive import LOAD, NAMES, STRIBECK
from robolab.estimation.model import LoadModel, Noise
from robolab.estimation.smooth import SPAN, samples_in
from robolab.robots.model import RobotModel
from robolab.sim.current_noise import CurrentNoise
from robolab.sim.friction import MeasuredDrives

PARABOLA = 1.2
"""A mean with weights that fall as a parabola is as noisy as a plain one over 1 / 1.2 of the samples."""


def measured_drives(model: LoadModel, robot: RobotModel) -> MeasuredDrives:
    """Return what a simulated arm has to be given to be like the real one.

    Args:
        robot: The one that the model is of.
    """
    friction, noise = np.array(model.friction), model.noise
    first = NAMES.index("stribeck_1")
    gain = np.array(model.gain)
    return MeasuredDrives(
        gain=gain,
        coulomb=friction[:, NAMES.index("coulomb")],
        viscous=friction[:, NAMES.index("viscous")],
        falling=friction[:, first : first + len(STRIBECK)],
        speeds=np.array(STRIBECK),
        offset=friction[:, NAMES.index("offset")],
        rotor=friction[:, NAMES.index("rotor")],
        load=friction[:, LOAD],
        full=robot.limits.torque / gain,
        noise=current_noise(noise),
        coulomb_spread=np.array(noise.coulomb),
        viscous_spread=np.array(noise.viscous),
        spread_together=np.array(noise.together or np.zeros(len(gain))),
        bodies=np.array(model.inertial) - robot.linkage.inertial,
    )


def current_noise(noise: Noise, period: float | None = None) -> CurrentNoise:
    """Return what a model leaves unexplained as noise of single samples.

    Args:
        period: Between two samples [s], where it is known: the mean that white noise is stated for is over a whole number.
    """
    span = SPAN if period is None else samples_in(period) * period
    return CurrentNoise(
        density=np.array(noise.white) * np.sqrt(span / PARABOLA),
        slow=np.array(noise.slow),
        slow_time=np.array(noise.slow_time),
    )


def with_tool(model: LoadModel, bare: RobotModel, robot: RobotModel) -> LoadModel:
    """Return the model of the same arm with another tool, whose weight is as its description has it.

    Args:
        bare: The robot that the model is of.
        robot: The same arm with the other tool, or in another place.
    Raises:
        LoadModelError: it is another arm.
    """
    if (model.robot, model.joints) != (robot.name, robot.joints):
        raise LoadModelError(
            "is a model of another robot", value=model.robot, expected=f"a model of {robot.name}"
        )
    inertial = np.array(model.inertial) - bare.linkage.inertial + robot.linkage.inertial
    changes = {"digest": robot.digest, "inertial": tuple(tuple(row) for row in inertial.tolist())}
    return model.model_copy(update=changes)
