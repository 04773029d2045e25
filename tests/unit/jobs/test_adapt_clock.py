"""One processor, and results that come too late."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.jobs.adapt_clock import Processor
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.retiming import Retimed

STILL = PiecewisePolynomial(np.array([0.0, 1.0]), np.zeros((1, 1, 1)))


class Clock:
    """Stands still but for what is added."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_ready_in_time_is_handed_on_and_what_is_not_is_left_out() -> None:
    clock = Clock()
    processor = Processor(clock)

    def work() -> str:
        clock.now += 0.1
        return "law"

    assert processor.by(0.41, work, known=0.3) == "law"
    # The second has to wait for the first.
    assert processor.by(0.45, work, known=0.3) is None
    assert processor.free == pytest.approx(0.5)
    assert [found.late for found in processor.done] == [False, True]
    # Idle until something is known.
    assert processor.by(1.11, work, known=1.0) == "law"
    assert processor.done[-1].ready == pytest.approx(1.1)


def test_a_splice_is_due_when_it_says_that_it_takes_over() -> None:
    clock = Clock()
    processor = Processor(clock)

    def work() -> Retimed:
        clock.now += 0.1
        return Retimed(STILL, taken_over=0.2)

    assert processor.splice(work, begins=0.5, known=0.5) is not None
    assert processor.splice(work, begins=0.5, known=0.65) is None


def test_what_finds_nothing_takes_its_time_but_is_not_late() -> None:
    clock = Clock()
    processor = Processor(clock)

    def work() -> None:
        clock.now += 9.0

    assert processor.splice(work, begins=0.0, known=0.3) is None
    assert processor.free == pytest.approx(9.3)
    assert not processor.done[0].late
