"""The commanded motion, past and to come: curves that take over from one another at set times."""

from __future__ import annotations

from robolab.core.transforms import Array
from robolab.trajectory.jerk_limited import State
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.splice import cut, held, join


class Timeline:
    """Curves in absolute time, each ending at rest; each holds until the next one begins.

    Args:
        q: Where the arm stands at time 0, shape (n,) [rad].
    """

    def __init__(self, q: Array) -> None:
        self._curves: list[PiecewisePolynomial] = [held(q, 0.0, 1e-3)]

    @property
    def latest(self) -> PiecewisePolynomial:
        """The curve that was committed last."""
        return self._curves[-1]

    def commit(self, curve: PiecewisePolynomial) -> None:
        """Let a curve take over at its start; curves that would have begun later are dropped."""
        while len(self._curves) > 1 and self._curves[-1].start >= curve.start:
            self._curves.pop()
        self._curves.append(curve)

    def state(self, t: float) -> State:
        """The commanded state at a time that is not before the last takeover but one."""
        curve = next((c for c in reversed(self._curves) if c.start <= t + 1e-12), self._curves[0])
        if t >= curve.end:
            return State.at_rest(curve(curve.end))
        return State.of(curve, t)

    def between(self, start: float, end: float) -> PiecewisePolynomial:
        """The motion over a span of time as one curve."""
        starts = [curve.start for curve in self._curves]
        ends = [*starts[1:], max(end, starts[-1])]
        parts = [
            cut(curve, max(a, start), min(b, end))
            for curve, a, b in zip(self._curves, starts, ends, strict=True)
            if min(b, end) - max(a, start) > 1e-9
        ]
        return join(parts)
