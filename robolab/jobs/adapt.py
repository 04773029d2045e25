"""Run a job with loads that are felt on the way: what follows a lift is timed for the load that was felt.

Until then every load is taken for anything between the least and the most that the scene says. From
then on limits hold up to the safe quantile of what was felt, and the controller is told the likeliest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from robolab.jobs.adapt_clock import Processor, Retiming
from robolab.jobs.adapt_feel import Feeler, Felt, Lift
from robolab.jobs.adapted import Adapted, AdaptedLeg, AdaptSettings, Handled
from robolab.jobs.moves import Move
from robolab.jobs.plan import Cell, Step, leg_of
from robolab.jobs.setting import requirements_of
from robolab.planning.contract import Planned
from robolab.robots.model import Payload
from robolab.trajectory.loads import LoadRange, scaled
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.retiming import retime_rest
from robolab.trajectory.splice import join, moved
from robolab.trajectory.timing import TimingSettings, time_path
from robolab.trajectory.trajectory import (
    Dwell,
    Leg,
    LegRequirements,
    LoadDoubt,
    Output,
    Program,
    Trajectory,
)

_UNDER_WAY = TimingSettings(margin=0.01)
"""More is held back of what may be taken over in mid-motion, so that the new law has room to begin."""
_AGAINST_TIME = TimingSettings(refinements=1)
"""Finer spans gain 0.2 % of a leg at most, and can take five times as long: too long for a lift."""

_LATER = (0.0, 0.05, 0.1, 0.2)
"""How much later to try where a motion that has hardly begun cannot be taken over yet [s]."""
_EARLY = 0.1
"""Up to when a motion has hardly begun [s]."""
_WORTH = 0.3
"""With less than this of a motion to go, a new law for the rest gains less than finding it takes [s]."""

Item = Leg | Dwell | Output


@dataclass
class _Held:
    """What is in the gripper, and how long it has been in motion."""

    object: str
    true: Payload
    assumed: LoadRange
    processor: Processor
    felt: Felt | None = None
    safe: LoadRange | None = None
    motions: list[PiecewisePolynomial] = field(default_factory=list[PiecewisePolynomial])
    legs: list[AdaptedLeg] = field(default_factory=list[AdaptedLeg])

    @property
    def moved_for(self) -> float:
        """How long it has been in motion [s]."""
        return sum(curve.end for curve in self.motions)

    @property
    def load(self) -> LoadRange:
        """What limits are kept for."""
        return self.assumed if self.safe is None else self.safe

    @property
    def payload(self) -> Payload:
        """What the controller is told: the likeliest load, or the middle of what it may be until it is felt."""
        light, heavy = self.assumed.light.mass, self.assumed.heavy.mass
        return (
            scaled(self.assumed.heavy, 0.5 * (light + heavy))
            if self.felt is None
            else self.felt.load
        )

    @property
    def doubt(self) -> LoadDoubt:
        """How far that may be off."""
        if self.felt is not None:
            return self.felt.doubt
        half = 0.5 * (self.assumed.heavy.mass - self.assumed.light.mass)
        return LoadDoubt(half / 3.0**0.5, self.assumed.off)

    @property
    def handled(self) -> Handled:
        """What there is to report of it."""
        legs = tuple(self.legs)
        return Handled(self.object, self.true, self.assumed, self.felt, self.safe, legs)


@dataclass
class Adapter:
    """Times a job's paths in the order in which they are run through.

    Args:
        cell: Its scene has every load as heavy as it may be.
        least: The least that each object may weigh, by name [kg].
        true: The load that an object really is, by its name and what it is taken for.
    """

    cell: Cell
    least: Mapping[str, float]
    true: Callable[[str, Payload], Payload]
    feeler: Feeler
    settings: AdaptSettings = field(default_factory=AdaptSettings)

    def run(self, steps: Sequence[Step]) -> Adapted:
        """Time all steps, each as soon as what it depends on is known."""
        self._held: _Held | None = None
        self._handled: list[Handled] = []
        self._retimings: list[Retiming] = []
        items: list[Item] = []
        assumed: list[Item] = []
        for step in steps:
            assumed.append(leg_of(self.cell, *step) if isinstance(step, tuple) else step)
            items.append(self._done(step, assumed[-1], items))
        self._let_go()
        return Adapted(
            self._program(items),
            self._program(assumed),
            tuple(self._handled),
            self.settings,
            self.feeler.name,
            tuple(self._retimings),
        )

    def _program(self, items: Sequence[Item]) -> Program:
        name, robot = self.cell.scene.name, self.cell.robot
        return Program(name, name, robot.name, robot.joints, tuple(items))

    def _done(self, step: Step, assumed: Item, before: Sequence[Item]) -> Item:
        if isinstance(step, tuple) and isinstance(assumed, Leg) and assumed.payload is not None:
            index = sum(isinstance(item, Leg) for item in before)
            return self._carry(*step, assumed, assumed.payload, index)
        if isinstance(step, Output) and step.releases is not None:
            self._let_go()
        return assumed

    def _let_go(self) -> None:
        if self._held is not None:
            self._handled.append(self._held.handled)
            self._retimings += self._held.processor.done
        self._held = None

    def _carry(
        self, move: Move, planned: Planned, assumed: Leg, heaviest: Payload, index: int
    ) -> Leg:
        """Time one leg that carries something."""
        held = self._held = self._held or self._taken(move, heaviest)
        # A controller is told of loads between moves, and of what is known by then.
        told, doubt = held.payload, held.doubt
        before = len(held.processor.done)
        curve, taken_over = self._motion(held, move, planned)
        late = any(found.late for found in held.processor.done[before:])
        load = held.assumed if taken_over is None else held.load
        held.motions.append(curve)
        held.legs.append(
            AdaptedLeg(index, move.name, assumed.trajectory.duration, curve.end, taken_over, late)
        )
        return replace(
            assumed,
            trajectory=Trajectory(self.cell.robot.joints, curve),
            requirements=self._asked(move, load),
            payload=told,
            doubt=doubt,
        )

    def _taken(self, move: Move, heaviest: Payload) -> _Held:
        name = move.carried
        assert name is not None
        least = min(self.least[name], heaviest.mass)
        assumed = LoadRange.around(heaviest, least, heaviest.mass, self.settings.off)
        return _Held(name, self.true(name, heaviest), assumed, Processor(self.settings.clock))

    def _motion(
        self, held: _Held, move: Move, planned: Planned
    ) -> tuple[PiecewisePolynomial, float | None]:
        """Time a leg; return its motion, and when in it the law for what was felt takes over."""
        if held.safe is not None:
            found = self._from_rest(held, move, planned, held.safe)
            if found is not None:
                return found, 0.0
        return self._on_the_way(held, move, planned)

    def _from_rest(
        self, held: _Held, move: Move, planned: Planned, load: LoadRange
    ) -> PiecewisePolynomial | None:
        """Time a leg for what was felt, while the one before is under way; None if that is over before."""
        robot, asked = self.cell.robot, self._asked(move, load)
        found = held.processor.by(
            held.moved_for,
            lambda: time_path(
                robot, planned.path, payload=load, requirements=asked, settings=_AGAINST_TIME
            ),
            self.feeler.after,
        )
        return None if found is None else found.curve

    def _on_the_way(
        self, held: _Held, move: Move, planned: Planned
    ) -> tuple[PiecewisePolynomial, float | None]:
        """Begin a leg timed for what the load may be, and go over to a new law when one is ready."""
        robot, path, processor = self.cell.robot, planned.path, held.processor
        before = self._asked(move, held.assumed)
        curve = time_path(
            robot, path, payload=held.assumed, requirements=before, settings=_UNDER_WAY
        ).curve
        if held.felt is None and held.moved_for + curve.end >= self.feeler.after:
            self._feel(held, curve)
        if held.safe is None:
            return curve, None
        load, asked = held.safe, self._asked(move, held.safe)
        begins, wait = held.moved_for, self._ready(held)
        for later in _LATER if wait < _EARLY else _LATER[:1]:
            at = max(wait + later, self._ready(held))
            if curve.end - at < _WORTH:
                break
            found = processor.splice(
                partial(retime_rest, robot, path, curve, at, load=load, requirements=asked),
                begins,
                max(self.feeler.after, begins),
            )
            if found is not None:
                return found.curve, found.taken_over
        return curve, None

    def _ready(self, held: _Held) -> float:
        """From when in the leg that begins now a law may take over that is looked for next [s]."""
        begins = max(held.processor.free, self.feeler.after, held.moved_for)
        return begins + self.settings.allowance - held.moved_for

    def _feel(self, held: _Held, last: PiecewisePolynomial) -> None:
        """Let the load be felt in all that has been done with it, `last` being under way."""
        motions: list[PiecewisePolynomial] = []
        for curve in (*held.motions, last):
            motions.append(moved(curve, motions[-1].end if motions else 0.0))
        lift = Lift(self.cell.robot, held.object, join(motions), held.assumed.heavy, held.true)
        held.felt = self.feeler.feel(lift)
        least, most = held.assumed.light.mass, held.assumed.heavy.mass
        held.safe = self.settings.range_of(held.felt, least, most)

    def _asked(self, move: Move, load: LoadRange) -> LegRequirements:
        return requirements_of(self.cell.scene, self.cell.robot, move, load.heavy)
