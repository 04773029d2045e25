"""What the arm feels of a load that it has just lifted: the seam between re-timing and whatever estimates loads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from robolab.core.rng import stream
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.loads import scaled
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.trajectory import LoadDoubt


@dataclass(frozen=True)
class Lift:
    """An object on its way up.

    Attributes:
        motion: What the arm does from when the object hangs on it, pauses left out, from 0 [s].
        expected: The load that the object would be if it were as heavy as it may be.
        true: What hangs on the tool. Only what stands in for sensors in a simulation may look at it.
    """

    robot: RobotModel
    object: str
    motion: PiecewisePolynomial
    expected: Payload
    true: Payload


@dataclass(frozen=True)
class Felt:
    """A load as it was felt.

    Attributes:
        load: The likeliest.
        doubt: How far it may be off.
        after: How long the object had been in motion when this was known [s].
    """

    load: Payload
    doubt: LoadDoubt
    after: float


class Feeler(Protocol):
    """Estimates a load from a lift. One that needs no more than a certain motion says so by `after`."""

    @property
    def name(self) -> str:
        """What a report calls it."""
        ...

    @property
    def after(self) -> float:
        """How long an object has to be in motion before its load is known [s]."""
        ...

    def feel(self, lift: Lift) -> Felt:
        """Return what is known of the load after `after` seconds of the lift's motion."""
        ...


@dataclass(frozen=True)
class SimulatedFeeler:
    """The true load with an estimator's errors, normally distributed.

    Attributes:
        mass_std: As a share of the most that the load may be: 0.3 kg of 10.
        com_std: Of each coordinate of the centre of mass [m].
        after: See `Feeler` [s].
    """

    seed: int
    mass_std: float = 0.03
    com_std: float = 0.01
    after: float = 0.3
    name: str = "simulated"

    def feel(self, lift: Lift) -> Felt:
        """Draw an estimate; seed and object fix it."""
        rng = stream(self.seed, "feel", lift.object)
        std = self.mass_std * lift.expected.mass
        mass = max(lift.true.mass + float(rng.normal(0.0, std)), 0.0)
        com = np.asarray(lift.true.com) + rng.normal(0.0, self.com_std, 3)
        load = replace(scaled(lift.expected, mass), com=com)
        return Felt(load, LoadDoubt(std, self.com_std), self.after)
