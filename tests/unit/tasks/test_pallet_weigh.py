"""What motors weigh while a case is lifted."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.jobs.pallet_cell import PalletCell, pallet_cell
from robolab.tasks.pallet_weigh import Weighed, by_motors


@pytest.fixture(scope="module", params=["mixed_pallet", "mixed_pallet_large"])
def cell(request: pytest.FixtureRequest) -> PalletCell:
    return pallet_cell(request.param)


@pytest.mark.parametrize("mass", [0.5, 8.0])
def test_motors_weigh_as_well_as_they_say(cell: PalletCell, mass: float) -> None:
    rng, hangs = stream(0, "weigh"), np.array([0.1, -0.05])
    found = [by_motors(cell.arm.robot, cell.home, mass, hangs, rng) for _ in range(300)]
    off = np.array([one.mass - mass for one in found]) / found[0].std
    assert abs(off.mean()) < 0.2
    assert off.std() == pytest.approx(1.0, abs=0.15)
    assert found[0].std < (0.2 if cell.kind == "ur10e" else 2.0)


def test_two_weighings_agree_within_what_both_know() -> None:
    motors = Weighed(5.0, 0.3)
    assert motors.agrees(6.9, 0.4, 4.0)
    assert not motors.agrees(7.1, 0.4, 4.0)
    assert not motors.agrees(2.9, 0.4, 4.0)
