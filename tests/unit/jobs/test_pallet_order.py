"""In which order ways are tried: by their score, but what promises trouble later, and nobody's turn is taken by one face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from robolab.core.transforms import Array, pose
from robolab.jobs import pallet_episode
from robolab.jobs.pallet_attempt import LEAKS
from robolab.jobs.pallet_cell import PalletCell, pallet_cell
from robolab.jobs.pallet_episode import Episode
from robolab.jobs.pallet_hand import Hand
from robolab.jobs.pallet_tally import NO_WAY
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import FEATURES
from robolab.tasks.pallet_faces import CaseFace, Hole, SeenFace, View
from tests.pallets import box, on_deck, pallet

CASES = (box("left", 0.0, -0.25), box("right", 0.0, 0.25))


@pytest.fixture(scope="module")
def cell() -> PalletCell:
    return pallet_cell("mixed_pallet")


class Leftmost:
    """Prefers what lies at the least y, and of one face the middle."""

    def scores(self, features: Array) -> Array:
        beside = features[:, FEATURES.index("beside the middle")]
        return -features[:, FEATURES.index("towards belt")] - 1e-3 * beside


def face(x: float, y: float, above: float = 0.16) -> CaseFace:
    return CaseFace(pose(on_deck(x, y, above)), np.array([0.3, 0.2]))


LEFT, RIGHT = face(0.0, -0.25), face(0.0, 0.25)
WALL = face(0.0, -0.048, 0.4)
"""Stands so close beside the left one that this may reach under it."""


class Attempts:
    """An episode in which nothing can be reached, with what it tried: by y of the face, its way, and how shy."""

    def __init__(
        self, cell: PalletCell, monkeypatch: pytest.MonkeyPatch, faces: Sequence[SeenFace]
    ) -> None:
        self.made: list[tuple[float, int, bool]] = []
        self.answers: dict[tuple[float, int], str] = {}

        def see(cases: Sequence[Case], look: int) -> View:
            return View(faces)

        def reached(_: Any, option: Any, of: SeenFace, *rest: Any) -> str:
            y = round(float(of.X_world_face[1, 3]), 3)
            self.made.append((y, option.way, rest[-1]))
            return self.answers.get((y, option.way), f"{NO_WAY}: far")

        monkeypatch.setattr(pallet_episode, "reached", reached)
        monkeypatch.setattr(Hand, "take", lambda *_, **__: "too heavy for the arm")
        monkeypatch.setattr(pallet_episode, "_LOOKS", 1000)
        self.episode = Episode(cell, pallet(*CASES), Leftmost(), see, belt_free=self._once_more)
        self._looks = 0

    def look(self, times: int = 1) -> list[tuple[float, int, bool]]:
        """Let it look so many times; return what it tries in the last of them."""
        for _ in range(times):
            self.made.clear()
            self._looks = 1
            self.episode.tally.stopped = ""
            self.episode.run()
        return list(self.made)

    def _once_more(self, time: float) -> bool:
        self._looks -= 1
        return self._looks >= 0


def places(made: Sequence[tuple[float, int, bool]], shy: bool) -> list[float]:
    """At which y ways were tried, each once, in order."""
    return list(dict.fromkeys(y for y, _, was in made if was == shy))


def test_the_best_score_comes_first_and_everything_is_tried_shyly_before_it_is_boldly(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Attempts(cell, monkeypatch, [RIGHT, LEFT]).look()
    assert places(made, shy=True) == places(made, shy=False) == [-0.25, 0.25]
    shy = [was for *_, was in made]
    assert shy == sorted(shy, reverse=True)
    assert sum(shy) == len(shy) / 2


def test_what_may_carry_others_comes_last_and_never_shyly(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Attempts(cell, monkeypatch, [LEFT, RIGHT, WALL]).look()
    assert places(made, shy=True) == [-0.048, 0.25]
    assert places(made, shy=False) == [-0.048, 0.25, -0.25]


@pytest.mark.parametrize(
    ("trouble", "after"),
    [("weighs more than fits its size", [0.25, -0.25]), (LEAKS, [-0.25, 0.25])],
)
def test_a_face_that_failed_waits_for_the_others_unless_it_only_did_not_seal(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch, trouble: str, after: list[float]
) -> None:
    attempts = Attempts(cell, monkeypatch, [LEFT, RIGHT])
    attempts.answers[(-0.25, 0)] = ""
    monkeypatch.setattr(Hand, "take", lambda *_, **__: trouble)
    assert attempts.look() == [(-0.25, 0, True)]
    made = attempts.look()
    assert places(made, shy=False) == after
    assert (-0.25, 0) not in [(y, way) for y, way, _ in made]
    assert places(made, shy=True) == [0.25]


def test_of_one_face_no_more_than_three_ways_are_planned_before_the_others_had_theirs(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = pallet_cell("mixed_pallet_large")
    at = large.deck.X_world_deck[:2, 3]
    faces = [CaseFace(pose([at[0], at[1] + y, 0.6]), np.array([0.55, 0.4])) for y in (-0.25, 0.25)]
    attempts = Attempts(large, monkeypatch, faces)
    first, second = (round(float(one.X_world_face[1, 3]), 3) for one in faces)
    bold = [y for y, _, shy in attempts.look() if not shy]
    ways = bold.count(first)
    assert ways > 3
    assert bold == [first] * 3 + [second] * 3 + [first] * (ways - 3) + [second] * (ways - 3)


@pytest.mark.parametrize(
    ("above", "side", "bare", "felt"),
    [
        (0.3, 4, True, True),
        (0.2, 4, True, False),
        (0.3, 2, True, False),
        (0.3, 4, False, False),
    ],
    ids=["tall", "hardly higher", "too small", "seen in part"],
)
def test_what_no_camera_knows_is_felt_for_first_where_it_stands_much_higher(
    cell: PalletCell,
    monkeypatch: pytest.MonkeyPatch,
    above: float,
    side: int,
    bare: bool,
    felt: bool,
) -> None:
    kind = Hole if bare else lambda X, extent: CaseFace(X, extent, 0.0)
    patches = [
        kind(pose(on_deck(-0.1 + 0.05 * i, 0.2 + 0.05 * j, above)), np.full(2, 0.05))
        for i in range(side)
        for j in range(side)
    ]
    asked: list[float] = []

    def feel(_: Any, top: CaseFace, *rest: Any) -> str:
        asked.append(float(top.X_world_face[2, 3]))
        return "nothing felt"

    monkeypatch.setattr(pallet_episode, "feel_for", feel)
    made = Attempts(cell, monkeypatch, [LEFT, *patches]).look()
    assert bool(asked) == felt
    assert bool(made) != felt
