"""Faces in frames: their pose, extent and polygon; flush neighbours; and frames with nothing in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robolab.core.errors import FrameError
from robolab.core.transforms import pose_rpy
from robolab.perception.faces import find_faces, look
from robolab.perception.overlap import area, overlap
from robolab.sensors.depth_faults import DepthFaults
from robolab.sight.pictures import targets_of
from robolab.tasks.pallet_case import DECKS, Case, PrintSpec
from robolab.tasks.pallet_truth import true_faces
from robolab.tasks.pallet_view import Photo, overhead, photograph

DECK = DECKS["ur10e"]
BOARD = PrintSpec((0.75, 0.6, 0.42), False, False, False, (), 3)


def case(name: str, x: float, y: float, height: float, yaw: float = 0.0) -> Case:
    at = (0.7 + x, y, DECK.top + height / 2.0)
    size = np.array([0.3, 0.2, height])
    return Case(name, "box", size, 2.0, pose_rpy(at, (0.0, 0.0, yaw)), BOARD)


def taken(*cases: Case, faults: DepthFaults | None = None) -> Photo:
    return photograph(cases, DECK, overhead(DECK), faults, np.random.default_rng(0))


class TrueEdges:
    """Knows where faces end."""

    def __init__(self, photo: Photo) -> None:
        self._said = targets_of(photo.seen)

    def edges(self, colour: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        border, on_case = self._said
        return (border > 0).astype(np.float32), on_case.astype(np.float32)


def test_a_face_has_the_pose_and_extent_of_the_case_s_top() -> None:
    photo = taken(case("a", 0.0, 0.05, 0.4, yaw=0.3), faults=DepthFaults(mount_mm=0, mount_deg=0))
    faces = find_faces(
        photo.colour, photo.depth, photo.intrinsics, photo.X_world_cam, TrueEdges(photo)
    )
    top = max(faces, key=lambda face: face.X_world_face[2, 3])
    X = top.X_world_face
    assert X[:3, 3] == pytest.approx([0.7, 0.05, DECK.top + 0.4], abs=0.004)
    assert X[:3, 2] == pytest.approx([0.0, 0.0, 1.0], abs=0.01)
    assert abs(X[:3, 0] @ [np.cos(0.3), np.sin(0.3), 0.0]) == pytest.approx(1.0, abs=1e-3)
    assert top.extent == pytest.approx([0.3, 0.2], abs=0.012)
    assert np.linalg.det(X[:3, :3]) == pytest.approx(1.0)


def test_flush_neighbours_are_told_apart_by_borders_and_not_without() -> None:
    pair = case("a", 0.0, -0.1, 0.3), case("b", 0.0, 0.1, 0.3)
    photo = taken(*pair)
    tops = [t.face for t in true_faces(pair, photo) if t.graspable and t.side == 4]
    assert len(tops) == 2

    def found(network: TrueEdges | None) -> int:
        seen = look(photo.colour, photo.depth, photo.intrinsics, photo.X_world_cam, network)
        return sum(
            any(overlap(face.polygon, top.polygon) > 0.75 for face in seen.faces) for top in tops
        )

    assert found(TrueEdges(photo)) == 2
    assert found(None) == 0


def test_a_frame_with_nothing_in_it_says_so() -> None:
    photo = taken(case("a", 0.0, 0.0, 0.3))
    where = (photo.intrinsics, photo.X_world_cam)
    none = np.zeros_like(photo.depth)
    assert look(None, photo.depth, *where).trouble == "no_frame"
    assert look(photo.colour, none, *where).trouble == "no_depth"
    empty = replace(photo, seen=np.full_like(photo.seen, -1))
    seen = look(photo.colour, photo.depth, *where, TrueEdges(empty))
    assert seen.trouble == "nothing_in_view"
    assert seen.faces == ()


@pytest.mark.parametrize("shape", [(480, 640), (240, 320, 3), (472, 640, 3)])
def test_arrays_that_make_no_frame_are_refused(shape: tuple[int, ...]) -> None:
    photo = taken(case("a", 0.0, 0.0, 0.3))
    with pytest.raises(FrameError, match=r"expected \(h, w, 3\)"):
        find_faces(
            np.zeros(shape, np.uint8), photo.depth[: shape[0]], photo.intrinsics, photo.X_world_cam
        )


def test_truth_knows_what_cannot_be_grasped() -> None:
    crushed = replace(case("c", 0.0, 0.0, 0.3), look=replace(BOARD, crushed=True))
    assert not any(t.graspable and t.side == 4 for t in true_faces((crushed,), taken(crushed)))
    low, high = case("low", 0.0, 0.0, 0.2), case("high", 0.05, 0.0, 0.2)
    high.X_world_case[2, 3] += 0.2
    sides = {(t.case, t.side): t.graspable for t in true_faces((low, high), taken(low, high))}
    assert sides[1, 4]
    assert not sides.get((0, 4), False), "the upper one hides most of it"


def test_overlap_of_polygons() -> None:
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    assert overlap(square, square[::-1]) == pytest.approx(1.0)
    assert overlap(square, square + np.array([0.5, 0.0])) == pytest.approx(1.0 / 3.0)
    assert overlap(square, square + np.array([2.0, 0.0])) == 0.0
    assert area(square) == pytest.approx(1.0)
