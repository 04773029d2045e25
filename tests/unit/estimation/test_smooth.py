"""What no control loop may choke on: samples that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.estimation.contract import Sample
from robolab.estimation.smooth import Smoother

PERIOD = 0.008


def smoother_after(count: int) -> Smoother:
    smoother = Smoother(2, PERIOD, 2.0 * PERIOD)
    for k in range(count):
        smoother.add(Sample(PERIOD * k, np.full(2, 0.1 * k), np.ones(2), np.full(2, 3.0)))
    return smoother


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1e152])
def test_samples_without_a_position_or_velocity_are_left_out(bad: float) -> None:
    good, spoilt = np.ones(2), np.array([0.0, bad])
    smoother = smoother_after(100)
    for q, qd in ((spoilt, good), (good, spoilt)):
        assert smoother.add(Sample(PERIOD * 100, q, qd, good)) is None
    rows = [smoother.add(Sample(PERIOD * (101 + k), good, good, good)) for k in range(2)]
    (smooth,) = [row for row in rows if row is not None]
    assert np.isfinite(np.concatenate([smooth.q, smooth.qd, smooth.qdd, smooth.current])).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1e152])
def test_a_current_that_cannot_be_is_a_dead_channel(bad: float) -> None:
    smoother = smoother_after(100)
    rows = [
        smoother.add(Sample(PERIOD * (100 + k), np.ones(2), np.ones(2), np.array([1.0, bad])))
        for k in range(2)
    ]
    (smooth,) = [row for row in rows if row is not None]
    assert np.isfinite(smooth.current).tolist() == [True, False]
