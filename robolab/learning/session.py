"""One sitting of a training run: gradient steps until the time is used up, reports, checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from robolab.core.errors import OutputError, WorkersError
from robolab.learning import checkpoint
from robolab.learning.checkpoint import Home, Progress
from robolab.learning.learning_curve import Row, stopped_improving
from robolab.learning.objective import Objective
from robolab.learning.problems import Pairs
from robolab.learning.processor import Layout, Processor
from robolab.learning.propose import new_network, propose
from robolab.learning.recipe import Recipe
from robolab.learning.scalars import Scalars
from robolab.learning.trainer import Trainer
from robolab.learning.workers import Workers

SAVE_EVERY = 45.0
REPORT_EVERY = 10.0
_POINTS = 48
_LEAST_STEPS = 2

Say = Callable[[str], None]


@dataclass(frozen=True)
class Orders:
    """What a sitting is told.

    Attributes:
        home: Where the state is kept.
        seconds: Of training in all sittings together.
        advance: Told the seconds used and the seconds in all.
        scalars: Where the figures go besides, or None.
    """

    home: Home
    seconds: float
    workers: Workers
    say: Say
    advance: Callable[[float, float], None]
    scalars: Scalars | None


@dataclass(frozen=True)
class HeldOut:
    """Finds the share of held-out problems that a network solves; a unit is the network's weights."""

    recipe: Recipe
    layout: Layout
    processor: Processor
    objective: Objective
    pairs: Pairs

    @staticmethod
    def of(trainer: Trainer, pairs: Pairs) -> HeldOut:
        recipe, processor = trainer.recipe, trainer.processor
        return HeldOut(recipe, processor.layout, processor, trainer.objective, pairs)

    def __call__(self, state: dict[str, Tensor]) -> float:
        network = new_network(self.recipe, self.layout, seed=0).eval()
        network.load_state_dict(state)
        with torch.inference_mode():
            points = propose(network, self.processor, self.pairs, self.recipe.corrections)
            s = np.linspace(0.0, 1.0, _POINTS)
            verdict = self.objective(points, self.pairs.situations, s)
        return verdict.free.any(1).float().mean().item()


@dataclass
class _Asked:
    """A report whose held-out share is still being found."""

    elapsed: float
    step: int
    cost: float
    figures: dict[str, float]
    share: Iterator[float]


@dataclass
class Session:
    """Trains until the time is used up; its state is on the disk at least once a minute.

    Args:
        past: How far the run has come before.

    Attributes:
        curve: Rows of the learning curve, the earlier sittings' first.
    """

    trainer: Trainer
    held_out: HeldOut
    orders: Orders
    past: Progress
    curve: list[Row] = field(default_factory=list[Row])
    _costs: list[float] = field(default_factory=list[float])
    _asked: _Asked | None = None
    _told_stop: bool = False
    _kept: int | None = None

    def __post_init__(self) -> None:
        self.curve = list(self.past.curve)
        self._began = self._told = self._saved = time.monotonic()
        self._first = self._last = self.trainer.step_count
        self._scalars = self.orders.scalars

    def go(self) -> Progress:
        """Train; KeyboardInterrupt and errors of the workers pass through once the state is kept."""
        trainer, orders = self.trainer, self.orders
        try:
            while self._elapsed() < orders.seconds or self._steps() < _LEAST_STEPS:
                elapsed = self._elapsed()
                self._costs.append(trainer.step(elapsed / orders.seconds).loss)
                orders.advance(min(elapsed, orders.seconds), orders.seconds)
                if not self.curve or time.monotonic() - self._told > REPORT_EVERY:
                    self._report()
                if time.monotonic() - self._saved > SAVE_EVERY:
                    self._save()
        except KeyboardInterrupt:
            self._save()
            orders.say("interrupted; the state is kept, --resume goes on from it")
            raise
        except WorkersError:
            self._asked = None
            self._save()
            orders.say("the workers are gone; the state is kept, --resume goes on from it")
            raise
        if self._costs:
            self._report()
        self._save()
        return self._now()

    def _elapsed(self) -> float:
        return self.past.elapsed + time.monotonic() - self._began

    def _steps(self) -> int:
        return self.trainer.step_count - self._first

    def _now(self) -> Progress:
        return Progress(self._elapsed(), tuple(self.curve), self.past.origin)

    def _save(self) -> None:
        self._saved = time.monotonic()
        self._settle()
        try:
            checkpoint.save(self.orders.home, self.trainer, self._now())
        except OutputError as error:
            kept = "" if self._kept is None else f"; the state of step {self._kept} is kept"
            raise OutputError(
                f"{error.problem}{kept}",
                file=error.file,
                expected="a writable folder with room; --resume goes on from what is kept",
            ) from error
        self._kept = self.trainer.step_count

    def _report(self) -> None:
        """Ask for a report; what was asked for last time is told."""
        self._settle()
        now, step, workers = time.monotonic(), self.trainer.step_count, self.orders.workers
        figures = {"learning rate": self.trainer.rate}
        if now > self._told:
            figures["steps per second"] = (step - self._last) / (now - self._told)
        # A copy: the weights go on changing while the share is found.
        state = {k: v.clone() for k, v in self.trainer.average.state_dict().items()}
        share = workers.map(self.held_out, [state])
        self._asked = _Asked(self._elapsed(), step, float(np.mean(self._costs)), figures, share)
        self._told, self._last, self._costs = now, step, []
        if not workers.beside or len(self.curve) == 0:
            self._settle()

    def _settle(self) -> None:
        """Wait for the report that is under way, and tell it."""
        asked, self._asked = self._asked, None
        if asked is None:
            return
        share, orders = next(asked.share), self.orders
        self.curve.append((asked.elapsed, float(asked.step), asked.cost, share))
        orders.say(
            f"{asked.elapsed:.0f} of {orders.seconds:.0f} s, step {asked.step}, cost {asked.cost:.3f}, "
            f"{share:.1%} of held-out problems solved"
        )
        self._log(asked.step, {"cost": asked.cost, "held-out solved": share, **asked.figures})
        stopped = stopped_improving(self.curve)
        if stopped is not None and not self._told_stop:
            orders.say(f"no better since step {stopped}: more training of this kind may not help")
        self._told_stop = stopped is not None

    def _log(self, step: int, figures: dict[str, float]) -> None:
        if self._scalars is None:
            return
        try:
            self._scalars.add(step, figures)
        except OutputError as error:
            self._scalars = None
            self.orders.say(f"training goes on without its log: {error}")
