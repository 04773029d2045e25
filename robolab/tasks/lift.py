"""A trial of a grip: close, feel, lift, shake; and the least force that would have held, by bisection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Protocol

import numpy as np

from robolab.core.transforms import Array
from robolab.sensors.pad import COLUMNS, ROWS, PadForces, PadParameters, PadSkin, cells_of
from robolab.sim.pinch import APPROACH, FASTEST, Pinch
from robolab.sim.touches import Touch
from robolab.tasks.lift_case import LiftCase
from robolab.tasks.lift_motion import GRAVITY

SLID = 0.005
"""An object that slides further between the fingers counts as lost [m]."""
STROKE = 0.01
"""Speed of the hand in the small motions by which an object is felt [m/s]."""
DELAY = 0.002
"""From a pad's sample to its arrival [s]."""
_GAP = 0.004
"""Between open fingers and the object, both sides together [m]."""
_PATIENCE = 1.0
"""Time for a grip to say that it is ready [s]."""
_SETTLE = 0.3
"""From open fingers to a lift with a force that nobody has to feel for [s]."""
_STRONGEST = 70.0
LASTS = 0.01
"""What a finger presses with counts over so long: the points at which two hulls touch change from one step of the physics to
the next, which a pad of silicone does not follow [s]."""
_LOOK = 5
"""Steps between two looks for slip, which takes longer than that."""


class Stroke(IntEnum):
    """What a grip asks of the hand."""

    STAY = 0
    RUB = 1
    """Down a little: the object cannot follow, and slides."""
    WEIGH = 2
    """Up a little: the object comes along as soon as it is held."""
    READY = 3
    """The planned motion may begin, or goes on."""


@dataclass(frozen=True)
class GripSample:
    """What a controller knows at one instant.

    Attributes:
        time: Rising [s].
        pads: Both fingers' readings, shapes (2, rows, columns) and (2, rows, columns, 2) [N].
        now, soon, planned: Specific force across the closing axis, gravity included, that the motion asks for at this
            instant, at most within `lift_motion.AHEAD`, and at most in all that is to come [m/s2].
        width: Between the fingers [m].
    """

    time: float
    pads: PadForces
    now: float
    soon: float
    planned: float
    width: float


@dataclass(frozen=True)
class GripCommand:
    """What a grip says.

    Attributes:
        force: For each finger [N].
        least: What would be just enough for what is planned next, as far as known [N].
        std: Standard deviation of its logarithm.
        stroke: What the hand may do.
        slipping: Whether the object begins to slide.
        loses: Whether it will not hold, as far as can be felt.
        fault: Why the motion must not begin, or why the grip no longer adapts; empty when all is well.
    """

    force: float
    least: float = 0.0
    std: float = 0.0
    stroke: Stroke = Stroke.READY
    slipping: bool = False
    loses: bool = False
    fault: str = ""


class Grip(Protocol):
    """Anything that turns samples into forces."""

    def update(self, sample: GripSample) -> GripCommand:
        """Take one sample and say what to do until the next."""
        ...


@dataclass(frozen=True)
class LiftResult:
    """Attributes:
    held: Between both fingers at the end, and never slid further than `SLID`.
    slip: How far it slid [m].
    force: Mean normal force of the fingers from the lift on [N].
    peak: Greatest normal force of a finger at any time, its mean over `LASTS` [N].
    spike: Greatest of a single step of the physics [N].
    overloaded: Whether a fragile object saw a peak that is more than it may.
    fault: Why it was not lifted.
    warned: How long before the end the grip said that it would not hold [s], or None.
    """

    held: bool
    slip: float
    force: float
    peak: float
    spike: float
    overloaded: bool
    fault: str = ""
    warned: float | None = None


class Trial:
    """One case in a reduced world, to be gone through with one grip.

    Args:
        pinch: The world; what was in it is lost.
        skin: Of the pads; without one they read the truth.
        look: Steps between two looks at forces and slip.
    """

    def __init__(
        self,
        pinch: Pinch,
        case: LiftCase,
        rng: np.random.Generator,
        skin: PadParameters | None = None,
        look: int = 1,
    ) -> None:
        self._pinch, self.case = pinch, case
        parameters = skin or PadParameters()
        self.skin = PadSkin(parameters, (2, ROWS, COLUMNS), pinch.dt, rng)
        self._late: list[PadForces] = []
        self._closed = False
        self._time, self._steps, self._look = 0.0, 0, look
        self.rows: list[tuple[float, float, float, float]] = []
        self.lifted = -1
        pinch.load(case.body, case.width + _GAP)

    def run(
        self, grip: Grip, see: Callable[[GripSample, GripCommand], None] = lambda _s, _c: None
    ) -> LiftResult:
        """Feel, lift and shake as a grip says."""
        motion, up = self.case.motion, np.array([0.0, 0.0, STROKE])
        speeds = {Stroke.RUB: -up, Stroke.WEIGH: up}
        command = GripCommand(0.0, stroke=Stroke.STAY)
        while command.stroke != Stroke.READY:
            sample = self._sample(GRAVITY, GRAVITY, float(motion.planned[0]))
            command = grip.update(sample)
            see(sample, command)
            if self._time > _PATIENCE or command.fault:
                return self._refused(command.fault or "never ready")
            self._step(command.force, speeds.get(command.stroke, np.zeros(3)))
        self._begin()
        warned: float | None = None
        loads = np.column_stack([motion.load, motion.soon, motion.planned])
        for velocity, (now, soon, planned) in zip(motion.velocity, loads.tolist(), strict=True):
            sample = self._sample(now, soon, planned)
            command = grip.update(sample)
            see(sample, command)
            warned = self._time if warned is None and command.loses else warned
            if not self._step(command.force, velocity):
                break
        return replace(self._result(), warned=None if warned is None else self._time - warned)

    def constant(self, force: float) -> LiftResult:
        """Lift and shake with one force and without feeling."""
        return self.follow(lambda _soon: force)

    def follow(self, rule: Callable[[float], float]) -> LiftResult:
        """Lift and shake with a force that follows the greatest specific force that is planned next."""
        motion, still = self.case.motion, np.zeros(3)
        for _ in range(round(_SETTLE / self._pinch.dt)):
            self._step(rule(GRAVITY), still)
        self._begin()
        for velocity, soon in zip(motion.velocity, motion.soon.tolist(), strict=True):
            if not self._step(rule(soon), velocity):
                break
        return self._result()

    def _sample(self, now: float, soon: float, planned: float) -> GripSample:
        pads = self.skin.read(pads_of(self._pinch.touches()))
        self._late.append(pads)
        late = (
            self._late[0] if len(self._late) <= round(DELAY / self._pinch.dt) else self._late.pop(0)
        )
        return GripSample(self._time, late, now, soon, planned, self._pinch.width())

    def _step(self, force: float, velocity: Array) -> bool:
        """Advance; return whether both fingers still touch, once they have to."""
        speed = FASTEST if self._closed else APPROACH
        self._pinch.step(force, velocity, speed, yields=self.lifted < 0)
        self._time += self._pinch.dt
        self._steps += 1
        if self._steps % self._look:
            return True
        a, b = self._pinch.forces()
        self._closed = self._closed or min(a, b) > 0.0
        self.rows.append((self._time, force, a, b))
        return self.lifted < 0 or bool(self._steps % _LOOK) or self._slid() <= SLID

    def _begin(self) -> None:
        self.lifted = len(self.rows)
        centre, self._R = self._pinch.object_pose()
        self._arm = self._R.T @ (self._pinch.hand() - centre)
        self._most = 0.0

    def _slid(self) -> float:
        """How far what was between the pads has come away from there [m]."""
        centre, R = self._pinch.object_pose()
        off = centre + R @ self._arm - self._pinch.hand()
        self._most = max(self._most, float(np.hypot(off[1], off[2])))
        return self._most

    def _result(self) -> LiftResult:
        held = self._most <= SLID and min(self._pinch.forces()) > 0.0
        force = float(np.array(self.rows[self.lifted :])[:, 2:].mean())
        return LiftResult(held, self._most, force, *self._pressed())

    def _refused(self, fault: str) -> LiftResult:
        return LiftResult(False, 0.0, 0.0, *self._pressed(), fault)

    def _pressed(self) -> tuple[float, float, bool]:
        """Peak, spike, and whether the object was overloaded."""
        forces = np.array(self.rows).reshape(-1, 4)[:, 2:]
        count = max(round(LASTS / (self._pinch.dt * self._look)), 1)
        sums = np.cumsum(np.vstack([np.zeros((count + 1, 2)), forces]), axis=0)
        peak, limit = float((sums[count:] - sums[:-count]).max()) / count, self.case.limit
        return peak, float(forces.max(initial=0.0)), limit is not None and peak > limit


def pads_of(touches: tuple[Touch, Touch]) -> PadForces:
    """Return both pads' true cells."""
    a, b = (cells_of(touch) for touch in touches)
    return PadForces(np.stack([a.normal, b.normal]), np.stack([a.shear, b.shear]))


def least_force(pinch: Pinch, case: LiftCase, close: float = 0.03) -> float | None:
    """Return the least constant force of each finger that holds a case [N]; None if the gripper's greatest does not.

    Args:
        close: Relative width of the bracket at which bisection ends; its middle is returned.
    """

    def holds(force: float) -> bool:
        return Trial(pinch, case, np.random.default_rng(0), look=_LOOK).constant(force).held

    low, high = 0.8 * case.cone, 1.1 * case.cone
    while not holds(high):
        if high >= _STRONGEST:
            return None
        low, high = high, min(1.4 * high, _STRONGEST)
    while high / low > 1.0 + close:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if holds(middle) else (middle, high)
    return float(np.sqrt(low * high))
