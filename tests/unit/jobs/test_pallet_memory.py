"""What is remembered of a pallet: tries, and the height of what cannot be seen."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import pose
from robolab.jobs.pallet_memory import TRIES, Heights, Tried
from robolab.tasks.pallet_faces import CaseFace, Hole


def hole(z: float, x: float = 0.7) -> Hole:
    return Hole(pose([x, 0.0, z]), np.full(2, 0.05))


def top(heights: Heights, *holes: Hole) -> list[float]:
    return [float(face.X_world_face[2, 3]) for face in heights.recall(holes)]


def test_a_way_is_not_tried_twice_and_no_more_than_three_at_a_place() -> None:
    tried, at = Tried(), np.array([0.7, 0.0, 0.5])
    tried.note(at, 0, "no seal")
    assert tried.has(at, 0)
    assert not tried.has(at, 1)
    assert not tried.has(at + np.array([0.2, 0.0, 0.0]), 0)
    for way in range(1, TRIES):
        tried.note(at, way, "no seal")
    assert tried.has(at, TRIES + 1)
    assert tried.last(at) == "no seal"


def test_a_hole_does_not_sink_while_what_is_around_it_is_taken() -> None:
    heights = Heights()
    assert top(heights, hole(0.9)) == [0.9]
    assert top(heights, hole(0.6), hole(0.6, x=1.2)) == [0.9, 0.6]
    assert top(heights) == []
    assert top(heights, hole(0.6)) == [0.6]


def test_what_bore_a_case_is_as_high_as_its_bottom_was() -> None:
    heights = Heights()
    heights.recall([hole(0.9)])
    heights.taken(CaseFace(pose([0.72, 0.0, 0.9]), np.array([0.2, 0.2])), bottom=0.75)
    (recalled,) = heights.recall([hole(0.5)])
    assert isinstance(recalled, Hole)
    assert recalled.sure
    assert recalled.X_world_face[2, 3] == 0.75


def test_where_the_tool_has_been_nothing_is_higher() -> None:
    heights = Heights()
    assert top(heights, hole(0.9), hole(0.9, x=1.0)) == [0.9, 0.9]
    heights.passed(pose([0.72, 0.0, 0.6]), np.array([0.1, 0.1]))
    assert top(heights, hole(0.9), hole(0.9, x=1.0)) == [0.6, 0.9]
    heights.passed(pose([0.72, 0.0, 0.8]), np.array([0.1, 0.1]))
    assert top(heights, hole(0.9)) == [0.6]
