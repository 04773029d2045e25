"""Pallets: drawn anew by their seed alone, at rest, and never of what training has seen."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.errors import UnknownName
from robolab.tasks.pallet_case import DECKS, LEVELS, ArmKind, Level, draw_pallet, pile_of
from robolab.tasks.pallet_stack import catalogue


@pytest.mark.parametrize("arm", DECKS)
@pytest.mark.parametrize("level", LEVELS)
def test_pallets_repeat_and_rest(level: Level, arm: ArmKind) -> None:
    one, other = (draw_pallet(level, 3, "train", arm) for _ in range(2))
    assert len(one.cases) >= 6
    for a, b in zip(one.cases, other.cases, strict=True):
        assert np.array_equal(a.X_world_case, b.X_world_case)
    with pile_of(one, one.cases) as pile:
        before = pile.poses()
        pile.settle(0.5)
        assert np.abs(pile.poses() - before)[:, :3, 3].max() < 0.01


@pytest.mark.parametrize("arm", DECKS)
def test_cases_are_what_the_arm_may_carry(arm: ArmKind) -> None:
    deck = DECKS[arm]
    for case in catalogue("train", arm) + catalogue("aside", arm) + catalogue("unseen", arm):
        assert case.size.min() >= 0.12
        assert deck.narrowest <= case.size[:2].min() <= deck.widest
        assert case.size.max() <= deck.longest
        assert 0.3 <= case.mass <= deck.heaviest


def test_splits_share_no_shape() -> None:
    seen = {tuple(a.size) for a in catalogue("train", "ur10e")}
    assert not seen & {tuple(a.size) for a in catalogue("unseen", "ur10e")}


def test_an_unknown_level_is_named() -> None:
    with pytest.raises(UnknownName, match="easy, hard, mixed"):
        draw_pallet("ahrd", 0, "train")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("level", "seed", "least"), [("easy", 2004, 0.95), ("mixed", 2011, 0.85)])
def test_layers_are_borne_as_far_as_their_level_states(
    level: Level, seed: int, least: float
) -> None:
    cases = draw_pallet(level, seed, "unseen").cases
    share = (np.arange(41) + 0.5) / 41 - 0.5
    grid = np.stack(np.meshgrid(share, share), axis=-1).reshape(-1, 2)
    for case in cases:
        base = np.c_[grid * case.size[:2], np.full(len(grid), -0.5 * case.size[2] - 0.01)]
        points = base @ case.X_world_case[:3, :3].T + case.X_world_case[:3, 3]
        borne = points[:, 2] < DECKS["ur10e"].top
        for other in cases:
            local = (points - other.X_world_case[:3, 3]) @ other.X_world_case[:3, :3]
            borne |= (np.abs(local) < other.size / 2.0).all(axis=1)
        assert borne.mean() > least, case.name
