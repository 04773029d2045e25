"""Work beside the training, in numbered units: in this process, or in others on this machine.

A unit's result follows from the unit alone. So it does not matter who does it, nor how often: a worker
that dies costs the units it had in hand, and they are done again.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any, NamedTuple, Protocol

from robolab.core.errors import WorkersError

_AHEAD = 2
"""Units that are asked for in advance, for each worker."""
_MOST_DEATHS = 5


@dataclass
class Tally:
    """Units asked for, handed over, and asked for again because a worker was lost with them."""

    asked: int = 0
    delivered: int = 0
    redone: int = 0


class Workers(Protocol):
    """Does units of work and hands the results over in the units' order.

    Attributes:
        beside: Whether work goes on while this process does something else.
        tally: What was asked for and handed over so far.
    """

    beside: bool
    tally: Tally

    def map(self, job: Callable[[Any], Any], units: Iterable[Any]) -> Iterator[Any]:
        """Do `job(unit)` for each unit; there may be endlessly many.

        Args:
            job: Goes to other processes, so it and its results must pickle.
        """
        ...

    def close(self) -> None:
        """Let the workers go; what nobody asked the result of is dropped."""
        ...

    def __str__(self) -> str: ...


class Local:
    """This process alone: each unit is done when its result is asked for."""

    beside = False

    def __init__(self) -> None:
        self.tally = Tally()

    def map(self, job: Callable[[Any], Any], units: Iterable[Any]) -> Iterator[Any]:
        for unit in units:
            self.tally.asked += 1
            result = job(unit)
            self.tally.delivered += 1
            yield result

    def close(self) -> None:
        """Nothing is held."""

    def __str__(self) -> str:
        return "this process"


class Ahead(ABC):
    """Keeps some units under way in advance, so that results are there when they are wanted."""

    beside = True

    def __init__(self, workers: int) -> None:
        self.tally, self._ahead = Tally(), _AHEAD * workers

    def map(self, job: Callable[[Any], Any], units: Iterable[Any]) -> Iterator[Any]:
        source, packed = iter(units), self._pack(job)
        waiting = deque(self._ask(packed, unit) for unit in itertools.islice(source, self._ahead))
        return self._results(packed, source, waiting)

    def _results(self, packed: Any, source: Iterator[Any], waiting: deque[Any]) -> Iterator[Any]:
        try:
            while waiting:
                result = self._collect(waiting.popleft())
                self.tally.delivered += 1
                waiting.extend(self._ask(packed, unit) for unit in itertools.islice(source, 1))
                yield result
        finally:
            for ticket in waiting:
                self._cancel(ticket)

    def _ask(self, packed: Any, unit: Any) -> Any:
        self.tally.asked += 1
        return self._submit(packed, unit)

    def _pack(self, job: Callable[[Any], Any]) -> Any:
        return job

    @abstractmethod
    def _submit(self, packed: Any, unit: Any) -> Any:
        """Put a unit under way; the ticket that comes back fetches its result."""

    @abstractmethod
    def _collect(self, ticket: Any) -> Any:
        """Wait for a result; what was lost on the way is done again."""

    @abstractmethod
    def _cancel(self, ticket: Any) -> None:
        """Nobody wants this result any more."""

    @abstractmethod
    def close(self) -> None: ...


class _Ticket(NamedTuple):
    executor: ProcessPoolExecutor
    future: Future[Any]
    job: Callable[[Any], Any]
    unit: Any


class Processes(Ahead):
    """Processes on this machine; when one dies, all begin anew with what they had in hand.

    Args:
        count: Number of processes, at least 1.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self._count, self._deaths = count, 0
        self._executor = self._start()

    def __str__(self) -> str:
        return f"{self._count} processes beside the training"

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        # Forked children would inherit the locks of torch's threads in whatever state they are.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._count, mp_context=context, initializer=_begin)

    def _submit(self, packed: Any, unit: Any) -> _Ticket:
        while True:
            executor = self._executor
            try:
                return _Ticket(executor, executor.submit(packed, unit), packed, unit)
            except BrokenProcessPool:
                self._replace(executor)

    def _collect(self, ticket: _Ticket) -> Any:
        while True:
            try:
                result = ticket.future.result()
            except BrokenProcessPool:
                self._replace(ticket.executor)
                self.tally.redone += 1
                ticket = self._submit(ticket.job, ticket.unit)
            else:
                self._deaths = 0
                return result

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        if broken is not self._executor:
            return
        broken.shutdown(wait=False, cancel_futures=True)
        self._deaths += 1
        if self._deaths > _MOST_DEATHS:
            raise WorkersError(
                f"worker processes died {self._deaths} times without a result in between",
                field="--workers",
                value=self._count,
                expected="fewer of them, if memory is short",
            )
        self._executor = self._start()

    def _cancel(self, ticket: _Ticket) -> None:
        ticket.future.cancel()


def _begin() -> None:
    """Set a worker process up: Ctrl-C is for its parent, and without a parent it ends."""
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
