"""What was identified of one arm, as a JSON file that names the robot it belongs to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from robolab.core.errors import LoadModelError
from robolab.core.files import write_json
from robolab.estimation.drive import NAMES, Drives
from robolab.estimation.inertia import consistent
from robolab.robots.model import RobotModel

FORMAT = 1

Positive = FiniteFloat


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Noise(_Part):
    """What the current does that the model does not say, by joint [A].

    Attributes:
        white: Standard deviation of what is new at every step of the estimator.
        slow, slow_time: Standard deviation and time [s] of what lasts.
        coulomb, viscous: How far friction differs from one run to the next [A, A s/rad].
        together: Correlation of both, where it is known: at the speeds of the runs they make up for each other.
    """

    white: tuple[Positive, ...]
    slow: tuple[Positive, ...]
    slow_time: tuple[Positive, ...]
    coulomb: tuple[Positive, ...]
    viscous: tuple[Positive, ...]
    together: tuple[FiniteFloat, ...] | None = None


class Prior(_Part):
    """What is believed of a load before anything is measured: mass [kg], centre of mass in tcp [m]."""

    mass: FiniteFloat = Field(default=2.5, ge=0.0)
    mass_std: FiniteFloat = Field(default=2.5, gt=0.0)
    most: FiniteFloat = Field(default=12.5, gt=0.0)
    com: tuple[FiniteFloat, FiniteFloat, FiniteFloat] = (0.0, 0.0, 0.05)
    com_std: FiniteFloat = Field(default=0.1, gt=0.0)


class Health(_Part):
    """What residuals are usually like without a load, and beyond what something has happened.

    Attributes:
        spread: Of the difference between now and just before, by joint [A].
        unusual, lost: Deviates beyond which something has changed, and beyond which that is the load's loss.
        friction: Second moments of friction's change from run to run, by joint; see `drift.usual_at`.
        drift: How many of those are beyond chance.
        per_hour: False alarms an hour of motion that each of the three thresholds stands for.
        seconds: Motion that they were drawn on from.
    """

    spread: tuple[Positive, ...]
    unusual: Positive
    lost: Positive
    friction: tuple[tuple[FiniteFloat, FiniteFloat, FiniteFloat], ...]
    drift: Positive
    per_hour: Positive
    seconds: Positive


class LoadModel(_Part):
    """See the module.

    Attributes:
        robot, digest: Name of the robot, and of its description's content.
        gain: Torque per ampere by joint [N m/A].
        gain_known: Whether a run with a known load settled the common scale of the gains.
        gain_share: Standard deviation of that scale.
        inertial: Ten parameters a body; each a body that can be.
        friction: Coefficients by joint, in the order of `drive.NAMES`.
        inflation: What standard deviations are multiplied with so that intervals hold on left-out runs.
        explained: Share of each joint's current variance that the model explains on left-out runs.
        unseen: Inertial parameters, by the joint that moves their body, that the logs say nothing about: they are the
            description's.
        logs: Names of the files that this was identified from.
        health: What its residuals are usually like.
    """

    format: Literal[1] = FORMAT
    robot: str
    digest: str
    joints: tuple[str, ...]
    gain: tuple[Positive, ...]
    gain_known: bool
    gain_share: Positive
    inertial: tuple[tuple[FiniteFloat, ...], ...]
    friction: tuple[tuple[FiniteFloat, ...], ...]
    noise: Noise
    inflation: Positive
    prior: Prior = Prior()
    explained: tuple[FiniteFloat, ...]
    unseen: tuple[str, ...]
    logs: tuple[str, ...]
    health: Health | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> LoadModel:
        n = len(self.joints)
        noise = self.noise
        lists = (self.gain, noise.white, noise.slow, noise.slow_time, noise.coulomb, noise.viscous)
        if any(len(values) != n for values in (*lists, self.friction)):
            raise ValueError(f"a list is not as long as the joints, {n}")
        if any(len(row) != len(NAMES) for row in self.friction):
            raise ValueError(f"friction has {len(NAMES)} coefficients a joint: {', '.join(NAMES)}")
        for values in (self.gain, noise.white, noise.slow_time):
            if min(values) <= 0.0:
                raise ValueError("gains, white noise and times are greater than 0")
        if any(len(row) != 10 for row in self.inertial) or not consistent(np.array(self.inertial)):
            raise ValueError("inertial parameters are not those of bodies that can be")
        return self

    def drives(self, robot: RobotModel) -> Drives:
        """Return gains and friction as arrays."""
        gain = np.array(self.gain)
        return Drives(gain, np.array(self.friction), robot.limits.torque / gain)


def save_model(path: Path, model: LoadModel) -> None:
    """Write a model.

    Raises:
        OutputError: the file cannot be written.
    """
    write_json(path, model.model_dump())


def load_model(path: Path, robot: RobotModel) -> LoadModel:
    """Read a model for a robot.

    Raises:
        LoadModelError: no such file, not a model, or one of another robot.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LoadModelError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise LoadModelError("is not a text file", file=path) from error
    try:
        model = LoadModel.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise LoadModelError(
            first["msg"],
            file=path,
            field=field or None,
            expected="a file that `robolab load identify` has written",
        ) from error
    except ValueError as error:
        raise LoadModelError(f"is not valid JSON: {error}", file=path) from error
    if model.robot != robot.name or model.digest != robot.digest:
        raise LoadModelError(
            "is a model of another robot",
            file=path,
            value=f"{model.robot} {model.digest}",
            expected=f"{robot.name} {robot.digest}",
        )
    return model
