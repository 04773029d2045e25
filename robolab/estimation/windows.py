"""What a log tells of the load: over the whole of it, and window by window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.errors import LogError
from robolab.core.transforms import Array
from robolab.estimation.contract import Estimate
from robolab.estimation.drive import current_of
from robolab.estimation.log import JointLog
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import PayloadEstimator, arm_of
from robolab.estimation.payload_step import STEP, Arm, Seen, see
from robolab.estimation.smooth import smooth_log
from robolab.robots.model import RobotModel


@dataclass(frozen=True)
class LogEstimate:
    """The load of a log.

    Attributes:
        whole: From all of it, taking the load for the same throughout (or since it last seemed to change).
        windows: One at each window's end, from the log up to then.
    """

    whole: Estimate
    windows: tuple[Estimate, ...]

    def plain(self) -> dict[str, Any]:
        """Return it as `robolab load estimate` writes it."""
        return {
            "mass_kg": self.whole.mass,
            "mass_std_kg": self.whole.mass_std,
            "centre_of_mass_m": self.whole.com,
            "centre_of_mass_std_m": self.whole.com_std,
            "windows": [
                {"t_s": w.time, "mass_kg": w.mass, "mass_std_kg": w.mass_std, "known": w.known}
                for w in self.windows
            ],
        }


def estimate_log(model: LoadModel, robot: RobotModel, log: JointLog, window: float) -> LogEstimate:
    """Estimate the load of a log.

    Args:
        window: Length of a window [s]; the last one may be shorter.
    Raises:
        LogError: the log is shorter than a window.
    """
    length = float(log.time[-1] - log.time[0])
    if length + 1.5 * log.period < window:
        raise LogError(
            "is shorter than the window",
            file=log.file,
            value=round(length, 3),
            expected=f"at least {window:g} s",
        )
    seen = see(arm_of(model, robot), smooth_log(log, STEP))
    ends = window_ends(log.time, log.period, window)
    constant = PayloadEstimator(model, robot, log.period, constant=True)
    for one in each(seen):
        constant.take(one)
    tracking = PayloadEstimator(model, robot, log.period)
    return LogEstimate(constant.estimate(float(log.time[-1])), tuple(at_ends(tracking, seen, ends)))


def window_ends(time: Array, period: float, window: float) -> Array:
    """Return where windows end that follow one another from a log's first row to its last."""
    start, end = float(time[0]), float(time[-1])
    count = max(int(np.ceil((end - start - 0.5 * period) / window)), 1)
    ends: Array = start + window * np.arange(1.0, count + 1.0)
    ends[-1] = min(ends[-1], end)
    return ends


def each(seen: Seen) -> Iterator[Seen]:
    """Take apart what was seen at many instants."""
    for k in range(len(seen.time)):
        yield Seen(*(values[k] for values in seen))


def at_ends(
    estimator: PayloadEstimator, seen: Seen, ends: Array, independent: bool = False
) -> Iterator[Estimate]:
    """Run an estimator over a log and return what it says at each window's end.

    Args:
        independent: Forget the load at each window's start.
    """
    k, delay = 0, float(0.5 * STEP)
    for end in ends:
        while k < len(seen.time) and seen.time[k] + delay <= end:
            estimator.take(Seen(*(values[k] for values in seen)))
            k += 1
        yield estimator.estimate(float(end))
        if independent:
            estimator.forget()


def carrying(seen: Seen, arm: Arm, load: Array) -> Seen:
    """Return what would have been seen with a load, by the model's own account of it.

    Args:
        load: Mass and mass times centre of mass, shape (4,).
    """
    with_load = current_of(arm.drives, seen.torque + seen.load @ load, seen.qd, seen.qdd)[0]
    without = current_of(arm.drives, seen.torque, seen.qd, seen.qdd)[0]
    return seen._replace(current=seen.current + with_load - without)
