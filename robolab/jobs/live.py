"""Run a job while bodies move about: follow a motion, watch, and take over a new one when the old would not do.

Time goes by in control ticks. What is decided at one tick takes over a fixed allowance later, so that results
do not hang on how fast a computer plans. Until then the arm goes on as it was. At every tick a stop from
the first state that can still be changed has been checked against all that stands still; where the next
one would not be free, the arm stops by the one in hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from robolab.core.transforms import Array
from robolab.jobs.live_tasks import Task
from robolab.jobs.live_timeline import Timeline
from robolab.planning.query import Query, Replan, Threat
from robolab.planning.replan import Replanner
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.splice import held

TICK = 0.008
ALLOWANCE = 3 * TICK
"""From a decision to its taking effect [s]."""
_KEEP = 0.02
"""How much nearer a motion under way may come than a new one: what is good enough is not dropped for noise [m]."""
_RETRY = 10
"""Ticks between tries to go on to the goal."""


class Watcher(Protocol):
    """What tells the executive of bodies that move."""

    def update(self, now: float, arm_at: Callable[[float], Array]) -> bool:
        """Take what has come in until now [s]; say whether there was anything new.

        Args:
            arm_at: Says where the arm was at a time [s], shape (n,) [rad]; a camera sees it.
        """
        ...

    def threats(self) -> tuple[Threat, ...]:
        """Everything that moves, as it is expected to go on."""
        ...


@dataclass(frozen=True)
class Decision:
    """A plan that was asked for.

    Attributes:
        time: When [s]. why: What made it necessary.
        taken: Whether the arm followed it.
        seconds, cpu_seconds: Time that it took on the wall, and of this thread's on a processor.
    """

    time: float
    why: str
    kind: str
    free: bool
    tried: int
    taken: bool
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Executed:
    """What the arm did.

    Attributes:
        motion: Commanded from 0 to the end [s], holds included.
        reached: Tasks that were done, with the time at which the arm had arrived, and had stood long enough [s].
        done: Whether that was all of them.
    """

    motion: PiecewisePolynomial
    reached: tuple[tuple[str, float, float], ...]
    done: bool
    decisions: tuple[Decision, ...]


@dataclass
class Executive:
    """Runs tasks for one arm.

    Args:
        replans: Without it, motions are planned as if nothing moved and are never changed.
    """

    planner: Replanner
    tasks: tuple[Task, ...]
    watcher: Watcher
    replans: bool = True
    limit: float = 60.0
    clock: Callable[[], float] = time.perf_counter
    decisions: list[Decision] = field(default_factory=list[Decision])

    def run(self) -> Executed:
        """Run until all tasks are done, or for the limit of time [s]."""
        self._timeline = Timeline(self.planner.robot.home)
        self._task, self._goal, self._tight, self._attempt = 0, None, False, 0
        self._reached: list[tuple[str, float, float]] = []
        self._tried, self._busy, self._news = -_RETRY, -1.0, False
        self._in_hand: PiecewisePolynomial | None = None
        tick = 0
        while tick * TICK < self.limit and self._task < len(self.tasks):
            self._step(tick, tick * TICK)
            tick += 1
        end = max(tick * TICK, self._timeline.latest.end)
        motion = self._timeline.between(0.0, end)
        done = self._task == len(self.tasks)
        return Executed(motion, tuple(self._reached), done, tuple(self.decisions))

    def _step(self, tick: int, now: float) -> None:
        self._news = self.watcher.update(now, self._arm_at) or self._news
        self._arrive(now)
        if self._task == len(self.tasks):
            return
        if now >= self._busy:
            self._decide(tick, now)
        self._secure(now)

    def _arm_at(self, t: float) -> Array:
        return self._timeline.state(t).q

    def _arrive(self, now: float) -> None:
        """Tick a task off when the arm has stood at its goal for as long as asked."""
        latest, task = self._timeline.latest, self.tasks[self._task]
        if self._goal is not None and now >= latest.end + task.stand:
            self._reached.append((task.name, latest.end, now))
            self._task, self._goal, self._tried = self._task + 1, None, -_RETRY

    def _decide(self, tick: int, now: float) -> None:
        if self._goal is None and tick - self._tried >= _RETRY:
            self._tried = tick
            if self._plan(now, "goal", only_goal=not self._conflict(now)):
                return
        if self.replans and self._news:
            self._news = False
            if self._conflict(now):
                self._plan(now, "conflict", only_goal=False)

    def _query(self, now: float) -> Query:
        at = now + ALLOWANCE
        threats = self.watcher.threats() if self.replans else ()
        return Query(self._timeline.state(at), at, self.tasks[self._task].goals, threats)

    def _conflict(self, now: float) -> bool:
        """Whether the motion under way no longer keeps off what is expected."""
        query = self._query(now)
        query = query.relaxed() if self._tight else query
        kept = replace(query, margin=query.margin - _KEEP)
        return self.planner.free_until(self._timeline.latest, kept) < np.inf

    def _plan(self, now: float, why: str, only_goal: bool) -> bool:
        began, busy = self.clock(), time.thread_time()
        query = replace(self._query(now), only_goals=only_goal, attempt=self._attempt)
        found = self.planner.plan(query)
        seconds, busy = self.clock() - began, time.thread_time() - busy
        taken = not only_goal or (found.goal is not None and found.free)
        self.decisions.append(
            Decision(now, why, found.kind, found.free, found.tried, taken, seconds, busy)
        )
        self._busy = now + ALLOWANCE
        if taken:
            self._take(found)
        else:
            self._attempt += 1
        return taken

    def _take(self, found: Replan) -> None:
        self._timeline.commit(found.curve)
        self._goal, self._tight = found.goal, found.kind == "tight"
        self._attempt = 0 if found.goal is not None else self._attempt + 1

    def _secure(self, now: float) -> None:
        """Check the stop for the next tick; if it would not be free, stop by the one in hand."""
        after = now + TICK + ALLOWANCE
        state = self._timeline.state(after)
        if np.any(state.v) or np.any(state.a):
            stop = self.planner.motions.stop(state, after)
            free = stop is not None and self.planner.static.curve_free(stop)
        else:
            stop, free = held(state.q, after, after + TICK), True
        if free:
            self._in_hand = stop
        elif self._in_hand is not None and self._in_hand.start >= now + ALLOWANCE - 1e-9:
            self._timeline.commit(self._in_hand)
            self._goal, self._busy = None, now + ALLOWANCE
