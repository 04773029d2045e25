"""Drawn surroundings: every kind, within bounds, sized with the arm."""

from typing import get_args

import numpy as np
import pytest
import yaml

from robolab.core.errors import SceneError
from robolab.scene.furniture import KINDS, MOST_PIECES, furnish
from robolab.scene.load import load_scene, parse_scene, scene_path
from robolab.scene.spec import Kind


def test_a_scene_file_knows_the_kinds_that_there_are() -> None:
    assert set(get_args(Kind)) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_are_solid_and_off_the_base(kind: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        pieces = furnish([kind], 0.85, rng)
        assert 0 < len(pieces) <= MOST_PIECES
        for cylinder, half, X in pieces:
            assert np.all(half[:2] > 0.0)
            assert (half[2] == 0.0) == cylinder
            np.testing.assert_allclose(X[:3, :3] @ X[:3, :3].T, np.eye(3), atol=1e-12)
            assert 0.22 < np.hypot(*X[:2, 3]) < 2.0


def test_sizes_and_places_grow_with_the_reach() -> None:
    short, long = (furnish(["shelf"], reach, np.random.default_rng(5)) for reach in (0.85, 1.7))
    assert len(short) == len(long)
    for a, b in zip(short, long, strict=True):
        np.testing.assert_allclose(b.half, 2.0 * a.half)
        np.testing.assert_allclose(b.X[:3, 3], 2.0 * a.X[:3, 3])


def test_two_kinds_stand_together_now_and_then() -> None:
    rng = np.random.default_rng(2)
    alone = max(len(furnish(["posts"], 0.85, rng)) for _ in range(60))
    both = max(len(furnish(["posts", "shelf"], 0.85, rng)) for _ in range(60))
    assert both > alone


def test_an_unknown_kind_is_refused_by_name() -> None:
    path = scene_path("any_panda")
    content = yaml.safe_load(path.read_text())
    content["randomisation"]["furniture"]["kinds"] = ["shelf", "sofa"]
    with pytest.raises(SceneError, match=r"randomisation\.furniture\.kinds\.1.*sofa"):
        parse_scene(content, path)
    assert load_scene("any_panda").randomisation.furniture is not None
