"""What is asked of a live planner, and what it answers: bodies in motion, states, candidates, new motions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.moving import Mover
from robolab.trajectory.jerk_limited import State
from robolab.trajectory.polynomial import PiecewisePolynomial

Kind = Literal["direct", "slow", "via", "stop", "refuge", "tight", "least bad"]


@dataclass(frozen=True)
class Threat:
    """A body in motion, as it is predicted.

    Attributes:
        mover: Its shape when it was at `origin`, shape (3,) [m].
        position, velocity: Predicted for `time` [s], shape (3,).
        doubt: Added all round [m]; grows by `doubt_rate` [m/s] up to `most_doubt`.
    """

    mover: Mover
    origin: Array
    time: float
    position: Array
    velocity: Array
    doubt: float = 0.03
    doubt_rate: float = 0.06
    most_doubt: float = 0.15

    def shift(self, times: Array) -> Array:
        """Displacement from `origin`, shape (m, 3) [m]."""
        return self.position - self.origin + np.multiply.outer(times - self.time, self.velocity)

    def grow(self, times: Array) -> Array:
        """How much larger it is taken to be, shape (m,) [m]."""
        ahead = np.maximum(times - self.time, 0.0)
        return np.minimum(self.doubt + self.doubt_rate * ahead, self.most_doubt)


@dataclass(frozen=True)
class Query:
    """What is asked: from a state at a time to one of several goals, past the threats.

    Attributes:
        goals: Joint positions, shape (k, n) [rad].
        horizon: How far ahead the motion, standing at its end included, is to be free [s].
        margin: Distance to keep from threats beyond their doubt [m].
        only_goals: Do without stops and refuges: the arm has something better than those already.
        attempt: Which time this is asked: each looks at other detours.
    """

    state: State
    time: float
    goals: Array
    threats: tuple[Threat, ...]
    horizon: float = 2.5
    margin: float = 0.06
    only_goals: bool = False
    attempt: int = 0

    def relaxed(self, margin: float = 0.03) -> Query:
        """The same without the doubt that grows with time, and with another margin [m]."""
        threats = tuple(replace(t, most_doubt=t.doubt) for t in self.threats)
        return replace(self, threats=threats, margin=margin)


@dataclass(frozen=True)
class Replan:
    """A motion in absolute time, which ends at rest.

    Attributes:
        goal: Row of the goal that it reaches, or None.
        free: Whether nothing that is predicted is in its way; what stands still never is. A "tight" motion
            is free only without the doubt that grows with time.
        tried: How many candidates were looked at.
    """

    curve: PiecewisePolynomial
    kind: Kind
    goal: int | None
    free: bool
    tried: int


Via = tuple[Array, Array | None]
"""Joint positions to pass, and the velocity to pass them with; None is rest."""


@dataclass(frozen=True)
class Candidate:
    """A motion through one or more places, the last of them at rest.

    Attributes:
        seconds: How long it takes. share: Of the velocity limits that it may use.
        vias: Where it goes; none at all is a stop.
    """

    seconds: float
    kind: Kind
    goal: int | None
    vias: tuple[Via, ...]
    share: float = 1.0
