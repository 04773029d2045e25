"""Boxes in a pile: what they push each other with."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import pose
from robolab.sim.pile import Pile, PileBody

DECK = (pose([0.0, 0.0, 0.1]), np.array([1.0, 1.0, 0.2]))


def test_what_rests_is_pushed_up_by_its_weight_and_down_by_what_stands_on_it() -> None:
    low = PileBody(np.array([0.3, 0.2, 0.2]), 2.0, pose([0.0, 0.0, 0.3]))
    high = PileBody(np.array([0.2, 0.2, 0.1]), 1.0, pose([0.0, 0.0, 0.45]))
    with Pile(DECK, [low, high]) as pile:
        pile.settle()
        of_low, of_high = (np.mean([_pushed(pile, i) for _ in range(48)], axis=0) for i in (0, 1))
    assert of_high == pytest.approx([0.0, 0.0, 9.81], abs=0.3)
    assert of_low == pytest.approx([0.0, 0.0, 2.0 * 9.81], abs=0.5)


def _pushed(pile: Pile, i: int) -> np.ndarray:
    pile.step()
    return pile.push_on(i)
