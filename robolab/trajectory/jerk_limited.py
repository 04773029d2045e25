"""Motions from a moving state that keep joint limits of velocity, acceleration and jerk: Ruckig's, as polynomials.

References: Berscheid and Kröger (2021), jerk-limited real-time trajectory generation with arbitrary target states.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.splice import held, moved

_SAME_TIME = 1e-9
"""Breaks nearer than this are one [s]."""
_LEAST_DURATION = 1e-6


@dataclass(frozen=True)
class State:
    """Joint positions, velocities and accelerations at one moment, each of shape (n,)."""

    q: Array
    v: Array
    a: Array

    @classmethod
    def at_rest(cls, q: Array) -> State:
        """Standing still at q."""
        return cls(np.asarray(q, dtype=float), np.zeros(len(q)), np.zeros(len(q)))

    @classmethod
    def passing(cls, q: Array, v: Array | None) -> State:
        """At q with velocity v, at rest if None, and without acceleration."""
        return cls(q, np.zeros(len(q)) if v is None else v, np.zeros(len(q)))

    @classmethod
    def of(cls, curve: PiecewisePolynomial, t: float) -> State:
        """Where a motion is at a time."""
        return cls(*curve.jet(t, 2))


@dataclass(frozen=True)
class Bounds:
    """Greatest magnitudes by joint, each of shape (n,)."""

    velocity: Array
    acceleration: Array
    jerk: Array


class JerkLimited:
    """Time-optimal joint motions between states, all joints arriving together."""

    def __init__(self, bounds: Bounds) -> None:
        import ruckig

        self.bounds = bounds
        self._library: Any = ruckig
        n = len(bounds.velocity)
        self._solver: Any = ruckig.Ruckig(n)
        self._found: Any = ruckig.Trajectory(n)
        self._dof = n
        self._rest = (bounds.acceleration.tolist(), bounds.jerk.tolist())

    def reach(
        self,
        start: State,
        q: Array,
        v: Array | None = None,
        share: float = 1.0,
        time: float = 0.0,
    ) -> PiecewisePolynomial | None:
        """Return the fastest motion from a state at a time to q, with velocity v there (rest if None).

        Args:
            share: Of the velocity limits that may be used.
        Returns:
            None where there is no such motion within the limits.
        """
        if not self._solve(self._reaching(start, q, v, share)):
            return None
        return self._curve(start, time)

    def duration(
        self, start: State, q: Array, v: Array | None = None, share: float = 1.0
    ) -> float | None:
        """Return how long `reach` takes [s], at a tenth of its cost."""
        found = self._solve(self._reaching(start, q, v, share))
        return float(self._found.duration) if found else None

    def slowest(self) -> int:
        """Which joint took longest in the last motion that was asked for."""
        return int(np.argmax(self._found.independent_min_durations))

    def positions(
        self, start: State, q: Array, v: Array | None, share: float, step: float
    ) -> tuple[Array, float] | None:
        """Return joint positions of `reach` every so often, the start included, shape (m, n), and its duration."""
        if not self._solve(self._reaching(start, q, v, share)):
            return None
        found, duration = self._found, float(self._found.duration)
        times = np.arange(0.0, duration, step).tolist()
        rows: list[list[float]] = [found.at_time(t)[0] for t in times]
        return np.array(rows).reshape(-1, self._dof), duration

    def stop(self, start: State, time: float = 0.0) -> PiecewisePolynomial | None:
        """Return the fastest motion from a state at a time to rest, each joint for itself."""
        asked = self._asked(start)
        asked.control_interface = self._library.ControlInterface.Velocity
        asked.synchronization = self._library.Synchronization.No
        asked.target_velocity = [0.0] * self._dof
        return self._curve(start, time) if self._solve(asked) else None

    def _reaching(self, start: State, q: Array, v: Array | None, share: float) -> Any:
        asked = self._asked(start, share)
        asked.target_position = q.tolist()
        asked.target_velocity = [0.0] * self._dof if v is None else v.tolist()
        return asked

    def _asked(self, start: State, share: float = 1.0) -> Any:
        asked = self._library.InputParameter(self._dof)
        asked.current_position = start.q.tolist()
        asked.current_velocity = start.v.tolist()
        asked.current_acceleration = start.a.tolist()
        asked.max_velocity = (self.bounds.velocity * share).tolist()
        asked.max_acceleration, asked.max_jerk = self._rest
        return asked

    def _solve(self, asked: Any) -> bool:
        try:
            result: Any = self._solver.calculate(asked, self._found)
        except self._library.RuckigError:
            return False
        return result in (self._library.Result.Working, self._library.Result.Finished)

    def _curve(self, start: State, time: float) -> PiecewisePolynomial:
        duration = float(self._found.duration)
        if duration < _LEAST_DURATION:
            return held(start.q, time, time + _LEAST_DURATION)
        return moved(_polynomial(self._found.profiles[0], duration), time)


def _polynomial(profiles: list[Any], duration: float) -> PiecewisePolynomial:
    """Cubic pieces between all the moments at which some joint's jerk changes."""
    table = np.array([_stretches(profile) for profile in profiles])
    inner = np.sort(table[:, :, 0].ravel())
    inner = inner[(inner > _SAME_TIME) & (inner < duration - _SAME_TIME)]
    inner = inner[np.diff(inner, prepend=0.0) > _SAME_TIME]
    breaks = np.concatenate([[0.0], inner, [duration]])
    middle = 0.5 * (breaks[:-1] + breaks[1:])
    begun = np.sum(table[:, None, :, 0] <= middle[:, None], axis=2) - 1
    rows = table[np.arange(len(table)), begun.T]
    dt, p, v, a, j = breaks[:-1, None] - rows[..., 0], *np.moveaxis(rows[..., 1:], 2, 0)
    value = p + dt * (v + dt * (a / 2.0 + dt * j / 6.0))
    pieces = [value, v + dt * (a + dt * j / 2.0), (a + dt * j) / 2.0, j / 6.0]
    return PiecewisePolynomial(breaks, np.array(pieces))


def _stretches(profile: Any) -> list[tuple[float, float, float, float, float]]:
    """Start time, position, velocity, acceleration and jerk of each stretch of one joint, the rest after it included."""
    brake = profile.brake
    rows: list[tuple[float, float, float, float, float]] = []
    clock = 0.0
    for t, p, v, a, j in zip(brake.t, brake.p, brake.v, brake.a, brake.j, strict=True):
        rows.append((clock, p, v, a, j))
        clock += t
    for t, p, v, a, j in zip(profile.t, profile.p, profile.v, profile.a, profile.j, strict=False):
        rows.append((clock, p, v, a, j))
        clock += t
    rows.append((clock, profile.p[-1], profile.v[-1], profile.a[-1], 0.0))
    return rows
