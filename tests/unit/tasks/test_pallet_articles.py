"""Several cases that stand flush and look like one give themselves away by their weight."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import pose_rpy
from robolab.tasks.pallet_articles import Articles
from robolab.tasks.pallet_faces import CaseFace

ONE, UNIT = np.array([0.38, 0.22]), 3.0


def face(length: float, width: float, confidence: float = 0.8) -> CaseFace:
    X = pose_rpy((1.0, 0.5, 0.7), (0.0, 0.0, 0.3))
    return CaseFace(X, np.array([length, width]), confidence)


def known() -> Articles:
    articles = Articles()
    articles.taken(face(*ONE, confidence=0.9), UNIT)
    articles.taken(face(0.1, 0.1, confidence=0.5), 0.5)
    return articles


@pytest.mark.parametrize(
    ("extent", "count", "side"),
    [((0.45, 0.38), 2, (0.38, 0.225)), ((0.77, 0.22), 2, (0.385, 0.22)), ((0.67, 0.38), 3, (0.38, 0.2233))],
)  # fmt: skip
def test_a_multiple_in_size_and_weight_is_several_and_seen_so_from_then_on(
    extent: tuple[float, float], count: int, side: tuple[float, float]
) -> None:
    articles, whole = known(), face(*extent)
    assert articles.parted([whole]) == (whole,)
    assert articles.several(np.array(extent), 1.03 * count * UNIT)
    parts = articles.parted([whole, face(*ONE)])
    assert len(parts) == count + 1
    for part in parts[:count]:
        assert part.extent == pytest.approx(side, abs=1e-3)
    middles = np.array([part.X_world_face[:3, 3] for part in parts[:count]])
    assert middles.mean(axis=0) == pytest.approx(whole.X_world_face[:3, 3])
    # Parts lie side by side across the face, not on each other.
    apart = np.linalg.norm(np.diff(middles, axis=0), axis=1)
    assert apart == pytest.approx(np.full(count - 1, max(extent) / count), abs=1e-6)


def test_what_is_as_large_but_not_as_heavy_is_one() -> None:
    articles = known()
    for extent, weight in (((0.45, 0.38), 4.0), ((0.45, 0.38), 8.0), ((0.5, 0.3), 6.0), (ONE, 3.0)):
        assert not articles.several(np.array(extent), weight)
    assert not Articles().several(np.array([0.45, 0.38]), 6.0)
    assert len(articles.parted([face(0.45, 0.38)])) == 1


def test_what_is_no_known_face_stays_whole() -> None:
    articles = known()
    assert articles.several(np.array([0.45, 0.38]), 6.0)
    assert len(articles.parted([face(0.45, 0.38, confidence=0.0)])) == 1


def test_a_piece_that_weighs_as_much_as_all_was_one_case() -> None:
    articles, extent = known(), np.array([0.45, 0.38])
    assert articles.several(extent, 6.0)
    assert not articles.several(np.array([0.38, 0.225]), 6.1)
    assert len(articles.parted([face(*extent)])) == 1
    assert not articles.several(extent, 6.0)


def test_two_of_three_that_look_like_one_are_several_too() -> None:
    articles = known()
    assert articles.several(np.array([0.67, 0.38]), 2.0 * UNIT)
    assert len(articles.parted([face(0.67, 0.38)])) == 3


def test_what_was_lifted_alone_says_whether_faces_like_it_are_one_case() -> None:
    articles, whole = Articles(), face(0.45, 0.38)
    assert not articles.single(whole)
    articles.lifted_alone(whole, whole, 6.0)
    assert articles.single(face(0.455, 0.375))
    assert not articles.single(face(0.5, 0.38))
    assert articles.parted([whole]) == (whole,)


def test_a_part_that_was_lifted_alone_parts_faces_like_the_whole() -> None:
    articles, whole = Articles(), face(0.45, 0.38)
    articles.lifted_alone(whole, face(0.38, 0.22), UNIT)
    assert not articles.single(whole)
    assert articles.single(face(0.38, 0.22))
    assert len(articles.parted([whole])) == 2
    odd = Articles()
    odd.lifted_alone(whole, face(0.38, 0.3), UNIT)
    assert odd.parted([whole]) == (whole,)


def test_a_guess_at_a_face_is_no_article() -> None:
    articles = known()
    assert not articles.several(np.array([0.2, 0.1]), 1.0)


def test_two_faint_faces_that_agree_in_size_and_weight_are_an_article() -> None:
    articles, whole = Articles(), np.array([0.45, 0.38])
    for extent, weight in (((0.38, 0.22), UNIT), ((0.37, 0.14), UNIT), ((0.38, 0.22), 1.5 * UNIT)):
        articles.taken(face(*extent, confidence=0.7), weight)
        assert not articles.several(whole, 2.0 * UNIT)
    articles.taken(face(0.385, 0.222, confidence=0.7), 1.02 * UNIT)
    assert articles.several(whole, 2.0 * UNIT)


def test_what_is_as_large_and_as_heavy_as_one_before_is_as_tall() -> None:
    articles = Articles()
    assert articles.height(ONE, UNIT) == np.inf
    articles.measured(ONE, ONE, UNIT, 0.2)
    articles.measured(ONE, ONE + 0.004, 1.02 * UNIT, 0.21)
    articles.measured(ONE, ONE, 2.0 * UNIT, 0.4)
    assert articles.height(ONE - 0.005, 0.97 * UNIT) == pytest.approx(0.21)
    assert articles.height(ONE, 1.5 * UNIT) == np.inf
    assert articles.height(np.array([0.45, 0.22]), UNIT) == np.inf


def test_what_turns_out_larger_than_it_looked_tells_nothing_of_how_tall_others_are() -> None:
    articles = Articles()
    articles.measured(ONE - 0.06, ONE, UNIT, 0.14)  # a bag of the same goods is flatter
    assert articles.height(ONE, UNIT) == np.inf


def test_what_weighs_as_much_as_all_of_one_size_before_is_of_that_size() -> None:
    articles = Articles()
    assert articles.extent(UNIT) is None
    articles.measured(ONE - 0.1, ONE - 0.002, UNIT, 0.2)  # whatever it had looked like
    articles.measured(ONE, ONE + 0.002, 1.03 * UNIT, 0.2)
    assert articles.extent(0.98 * UNIT) == pytest.approx(ONE)
    assert articles.extent(1.3 * UNIT) is None
    articles.measured(ONE, np.array([0.3, 0.3]), UNIT, 0.2)
    assert articles.extent(UNIT) is None


def test_a_piece_from_outside_which_its_weight_hangs_is_none() -> None:
    articles, whole = Articles(), face(0.36, 0.225)
    articles.lifted_alone(whole, face(0.225, 0.18), 2.6)
    assert len(articles.parted([whole])) == 2
    articles.whole_again(np.array([0.38, 0.18]))
    assert len(articles.parted([whole])) == 2
    articles.whole_again(np.array([0.22, 0.178]))
    assert len(articles.parted([whole])) == 1
    # Its weight says no more that it is two, even where it is as heavy; what some cups lift alone does.
    articles.taken(face(0.225, 0.18), 2.6)
    assert not articles.several(np.array([0.36, 0.225]), 5.2)
    articles.lifted_alone(whole, face(0.225, 0.18), 2.6)
    assert len(articles.parted([whole])) == 2
