"""What the wrist feels corrects what the camera saw."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import pose, pose_rpy
from robolab.tasks.pallet_belief import Felt, beside, parted, whole_of, within
from robolab.tasks.pallet_faces import CaseFace

PAIR = CaseFace(pose([0.7, 0.1, 0.5]), np.array([0.4, 0.2]))
DOWN = pose_rpy((0.7, 0.1, 0.5), (np.pi, 0.0, 0.0))


def test_a_weight_in_the_middle_says_that_the_face_is_the_case() -> None:
    off = beside(PAIR, DOWN, Felt(2.0, np.array([0.01, -0.01]), 0.005))
    face, rest = parted(PAIR, off)
    assert face is PAIR
    assert not rest


def test_of_two_cases_seen_as_one_the_weight_tells_which_hangs() -> None:
    off = beside(PAIR, DOWN, Felt(2.0, np.array([0.1, 0.0]), 0.005))
    face, (other,) = parted(PAIR, off)
    assert face.extent == pytest.approx([0.2, 0.2])
    assert face.X_world_face[:3, 3] == pytest.approx([0.8, 0.1, 0.5])
    assert other.X_world_face[:3, 3] == pytest.approx([0.6, 0.1, 0.5])


def test_x_stays_along_the_longer_side_of_a_part() -> None:
    face, _ = parted(PAIR, np.array([0.16, 0.0]))
    assert face.extent == pytest.approx([0.2, 0.08])
    assert abs(face.X_world_face[1, 0]) == pytest.approx(1.0)


def test_a_weight_beyond_the_face_belongs_to_what_is_hidden() -> None:
    face, rest = parted(PAIR, np.array([0.25, 0.0]))
    assert face is PAIR
    assert not rest


def test_what_is_hardly_felt_is_not_believed() -> None:
    assert not beside(PAIR, DOWN, Felt(0.3, np.array([0.1, 0.0]), 0.02)).any()


def test_where_other_signs_say_several_only_noise_excuses_a_weight_beside_the_middle() -> None:
    felt = Felt(2.0, np.array([0.04, 0.0]), 0.005)
    assert not beside(PAIR, DOWN, felt).any()
    assert beside(PAIR, DOWN, felt, usual=0.0) == pytest.approx([0.04, 0.0])
    assert not beside(PAIR, DOWN, Felt(2.0, np.array([0.014, 0.0]), 0.005), usual=0.0).any()


@pytest.mark.parametrize(
    ("off", "possible"), [((0.1, 0.0), True), ((0.19, 0.0), False), ((0.0, 0.09), False)]
)
def test_no_part_of_a_face_has_its_weight_outside_it_or_at_its_very_edge(
    off: tuple[float, float], possible: bool
) -> None:
    assert within(PAIR, np.array(off)) is possible
    assert bool(parted(PAIR, np.array(off))[1]) is possible


def face(x: float, y: float, length: float, width: float) -> CaseFace:
    return CaseFace(pose([0.7 + x, 0.1 + y, 0.5]), np.array([length, width]), 0.5)


def test_a_piece_of_a_face_is_the_case_that_hangs_where_its_weight_does() -> None:
    piece, size, middle = face(0.0, 0.0, 0.12, 0.1), np.array([0.38, 0.3]), DOWN[:3, 3] + [0.1, 0.05, 0.0]  # fmt: skip
    whole = whole_of(piece, size, middle, [face(0.2, 0.1, 0.1, 0.1), face(0.1, -0.25, 0.38, 0.3)])
    assert whole is not None
    assert whole.X_world_face[:3, 3] == pytest.approx([0.8, 0.15, 0.5])
    assert whole.extent == pytest.approx(size)
    upright = whole_of(face(0.0, -0.08, 0.12, 0.1), size, middle, [])
    assert upright is not None
    assert abs(upright.X_world_face[1, 0]) == pytest.approx(
        1.0
    )  # it reaches that far the other way only


@pytest.mark.parametrize(
    "other",
    [(0.25, 0.05, 0.38, 0.3), (0.1, 0.05, 0.6, 0.1), (0.1, 0.25, 0.7, 0.3)],
    ids=["reaches into it", "goes across it", "covers two of its corners"],
)
def test_no_case_is_where_another_is_seen(other: tuple[float, float, float, float]) -> None:
    piece, middle = face(0.0, 0.0, 0.12, 0.1), DOWN[:3, 3] + [0.1, 0.05, 0.0]
    assert whole_of(piece, np.array([0.38, 0.3]), middle, []) is not None
    assert whole_of(piece, np.array([0.38, 0.3]), middle, [face(*other)]) is None


def test_a_face_that_reaches_beyond_a_case_is_no_piece_of_it() -> None:
    assert whole_of(PAIR, np.array([0.3, 0.3]), DOWN[:3, 3], []) is None
