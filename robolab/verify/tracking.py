"""What the run in the physics showed: tracking error, saturated drives, lost objects, where all ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from robolab.core.transforms import Array
from robolab.trajectory.trajectory import Dwell, Leg, Program
from robolab.verify.checks import CHECKS, Case
from robolab.verify.job import turn
from robolab.verify.motion import horner
from robolab.verify.report import BEYOND_ALL_SHARES, Finding, failed, passed

OBJECT_DISTANCE = 0.02
"""How far from where the program leaves it an object may end [m]."""
OBJECT_ANGLE = float(np.deg2rad(5.0))
_SATURATED = 1.0 - 1e-6


class Loss(Protocol):
    """An object that the gripper lost or never had."""

    @property
    def time(self) -> float: ...
    @property
    def object(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Log(Protocol):
    """What the checks here read of a tracking log: k times, n joints; see `robolab.sim.tracking`."""

    @property
    def joints(self) -> tuple[str, ...]: ...
    @property
    def time(self) -> Array: ...
    @property
    def q(self) -> Array: ...
    @property
    def torque(self) -> Array: ...
    @property
    def tcp_error(self) -> Array: ...
    @property
    def leg(self) -> np.ndarray: ...
    @property
    def dropped(self) -> Sequence[Loss]: ...
    @property
    def objects(self) -> Mapping[str, Array]: ...


def planned_positions(program: Program, times: Array) -> Array:
    """Where the program wants the joints at given times, shape (k, n); held before, between, after."""
    legs = program.legs
    result = np.empty((times.size, legs[0].trajectory.curve.coefficients.shape[2]))
    result[:] = _at(legs[0], np.zeros(1))[0]
    clock = 0.0
    for item in program.items:
        if isinstance(item, Leg):
            later = times >= clock
            result[later] = _at(item, times[later] - clock)
            clock += float(item.trajectory.curve.breaks[-1] - item.trajectory.curve.breaks[0])
        elif isinstance(item, Dwell):
            clock += item.seconds
    return result


def _at(leg: Leg, times: Array) -> Array:
    curve = leg.trajectory.curve
    clock = np.minimum(times + curve.breaks[0], curve.breaks[-1])
    piece = np.clip(
        np.searchsorted(curve.breaks, clock, side="right") - 1, 0, curve.breaks.size - 2
    )
    return horner(curve.coefficients, piece, clock - curve.breaks[piece])


@CHECKS.register("tracking")
def tracking(case: Case) -> Iterator[Finding]:
    """The tool centre point stays near where the program has it, by leg and in the pauses."""
    log = case.tracking
    if log is None:
        return
    if not _usable(case, log):
        yield failed("tracking", "the log is cut short, not finite, or of other joints")
        return
    measured = case.arm.tool_points(log.q)
    wanted = case.arm.tool_points(planned_positions(case.program, log.time))
    # The log's own figure also holds what no joint shows; the larger of the two counts.
    error = np.maximum(np.linalg.norm(measured - wanted, axis=1), log.tcp_error)
    limit = case.scene.requirements.tracking_error
    for index, rows in _by_leg(case, log):
        yield _largest(case, "tracking", error, limit, "m", index, rows, log.time)


@CHECKS.register("drive_torque")
def drive_torque(case: Case) -> Iterator[Finding]:
    """No drive is driven into its limit; one that is cannot follow."""
    log = case.tracking
    if log is None or not _usable(case, log):
        return
    shares = np.abs(log.torque) / np.asarray(case.robot.limits.torque)
    joints = shares.argmax(axis=1)
    for index, rows in _by_leg(case, log):
        at = int(rows[np.argmax(shares[rows].max(axis=1))])
        joint = case.robot.joints[joints[at]]
        ok = bool(shares[at].max() < _SATURATED)
        found = _largest(case, "drive_torque", shares.max(axis=1), 1.0, "", index, rows, log.time)
        detail = "" if ok else f"the drive of {joint!r} saturates"
        yield replace(found, ok=ok, where=(joint,), detail=detail)


@CHECKS.register("dropped")
def dropped(case: Case) -> Iterator[Finding]:
    """The gripper loses nothing and misses nothing."""
    log = case.tracking
    if log is None:
        return
    for loss in log.dropped:
        yield failed("dropped", f"{loss.object!r} at {loss.time:.3f} s: {loss.reason}")
    if not log.dropped:
        yield passed("dropped")


@CHECKS.register("objects")
def objects(case: Case) -> Iterator[Finding]:
    """Every movable object ends where the program leaves it."""
    log = case.tracking
    if log is None:
        return
    for name, X_wanted in sorted(case.story.objects.items()):
        item = case.scene.object(name)
        if item.mass == 0.0:
            continue
        if name not in log.objects:
            yield failed("objects", f"the log does not say where {name!r} ended")
            continue
        X = log.objects[name]
        off = float(np.linalg.norm(X[:3, 3] - X_wanted[:3, 3]))
        turned = turn(X, X_wanted, item.shape)
        share = min(max(off / OBJECT_DISTANCE, turned / OBJECT_ANGLE), BEYOND_ALL_SHARES)
        words = f"{name!r} ends {off * 1e3:.0f} mm and {np.rad2deg(turned):.0f} degrees off"
        yield Finding(
            check="objects",
            share=share,
            value=off,
            limit=OBJECT_DISTANCE,
            margin=OBJECT_DISTANCE - off,
            ok=share <= 1.0,
            unit="m",
            where=(name,),
            detail="" if share <= 1.0 else words,
        )


def _usable(case: Case, log: Log) -> bool:
    arrays = (log.time, log.q, log.torque, log.tcp_error)
    shape = (log.time.size, len(case.robot.joints))
    return (
        log.time.size > 0
        and log.time[-1] >= case.program.duration
        and log.joints == case.robot.joints
        and log.q.shape == log.torque.shape == shape
        and all(bool(np.isfinite(array).all()) for array in arrays)
    )


def _by_leg(case: Case, log: Log) -> Iterator[tuple[int | None, np.ndarray]]:
    """Rows of each leg, and of the pauses under None; a leg shorter than a period has none."""
    for index in range(-1, len(case.program.legs)):
        rows = np.flatnonzero(log.leg == index)
        if rows.size:
            yield (None if index < 0 else index), rows


def _largest(
    case: Case,
    check: str,
    values: Array,
    limit: float,
    unit: str,
    index: int | None,
    rows: np.ndarray,
    times: Array,
) -> Finding:
    at = int(rows[np.argmax(values[rows])])
    leg = None if index is None else case.program.legs[index].name
    time = float(times[at] - (0.0 if index is None else times[rows[0]]))
    return Finding.at_most(check, float(values[at]), limit, unit, leg, index, time)
