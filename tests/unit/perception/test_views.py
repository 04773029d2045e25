"""Two views made one: what dazzles one camera, what shows depth to neither, and what both see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robolab.core.transforms import pose_rpy
from robolab.perception.faces import Face, Seen, look
from robolab.perception.views import joined
from robolab.sensors.depth_faults import DepthFaults
from robolab.tasks.pallet_case import DECKS, Case, PrintSpec
from robolab.tasks.pallet_view import Photo, overhead, photograph
from tests.unit.perception.test_faces import TrueEdges

DECK = DECKS["ur10e"]
SHINY = PrintSpec((0.15, 0.3, 0.6), False, True, False, (), 3)
DARK = PrintSpec((0.04, 0.05, 0.06), True, True, False, (), 3)
CLEAN = DepthFaults(mount_mm=0.0, mount_deg=0.0)
LOWEST = DECK.top + 0.05


def tote(look: PrintSpec, x: float, y: float, height: float) -> Case:
    X = pose_rpy((0.7 + x, y, DECK.top + height / 2.0), (0.0, 0.0, 0.2))
    return Case("tote", "tote", np.array([0.28, 0.2, height]), 2.0, X, look)


def seen_from(beside: float, case: Case, bare: bool = False) -> tuple[Photo, Seen]:
    """A photo of a case from one side, and the faces in it; `bare` takes away what little depth its top shows."""
    where = overhead(DECK, beside)
    photo = photograph((case,), DECK, where, CLEAN, np.random.default_rng(0))
    depth = np.where(bare & (photo.seen == 4), np.float32(0.0), photo.depth)
    eyes = (photo.intrinsics, photo.X_world_cam, TrueEdges(photo), LOWEST)
    return photo, look(photo.colour, depth, *eyes)


def tops(seen: Seen, at: Case) -> list[Face]:
    """Level faces over the middle of a case."""
    return [
        face
        for face in seen.faces
        if face.X_world_face[2, 2] > 0.98
        and np.linalg.norm((face.X_world_face - at.X_world_case)[:2, 3]) < 0.03
    ]


def test_what_dazzles_one_camera_is_found_by_the_other() -> None:
    case = tote(SHINY, -0.3, 0.0, 0.5)
    photo, one = seen_from(0.3, case)
    assert np.mean(photo.depth[photo.seen == 4] > 0.0) < 0.05, "it lies where it dazzles"
    assert not tops(one, case)
    both = joined([one, seen_from(-0.3, case)[1]], LOWEST)
    (top,) = tops(both, case)
    assert top.depth == "measured"
    assert top.X_world_face[2, 3] == pytest.approx(DECK.top + 0.5, abs=0.004)


def test_what_shows_no_depth_to_either_has_the_height_at_which_both_agree() -> None:
    case = tote(DARK, 0.0, 0.1, 0.4)
    views = [seen_from(beside, case, bare=True)[1] for beside in (0.3, -0.3)]
    assert not any(tops(view, case) for view in views)
    assert all(view.outlines for view in views)
    both = joined(views, LOWEST)
    (top,) = tops(both, case)
    assert top.depth == "none"
    assert top.X_world_face[2, 3] == pytest.approx(DECK.top + 0.4, abs=2e-3 * top.std_mm)
    assert top.extent == pytest.approx([0.28, 0.2], abs=0.015)


def test_a_strip_of_depth_gives_a_height_to_a_face_that_is_taken_for_level() -> None:
    case = tote(SHINY, 0.0, 0.0, 0.4)
    photo, _ = seen_from(0.3, case)
    rows, columns = np.nonzero(photo.seen == 4)
    strip = columns > np.percentile(columns, 93)
    drop = photo.X_world_cam[2, 3] - DECK.top - 0.4
    rays = np.stack([columns, rows, np.ones(len(rows))], axis=1) @ np.linalg.inv(photo.intrinsics).T
    z = drop / -(rays @ photo.X_world_cam[2, :3])
    eyes = (photo.intrinsics, photo.X_world_cam, TrueEdges(photo), LOWEST)

    def found(depth_of_top: np.ndarray) -> Face:
        depth = photo.depth.copy()
        depth[rows, columns] = depth_of_top
        (top,) = tops(look(photo.colour, depth, *eyes), case)
        return top

    top = found(np.where(strip, z, 0.0))
    assert top.depth == "level"
    assert top.X_world_face[2, 3] == pytest.approx(DECK.top + 0.4, abs=0.003)
    assert top.std_deg == pytest.approx(1.0)
    assert top.confidence < found(z).confidence


def test_what_both_see_is_one_face_and_the_surer_one() -> None:
    case = tote(replace(SHINY, shiny=False), 0.0, 0.0, 0.4)
    views = [seen_from(beside, case)[1] for beside in (0.3, -0.3)]
    (top,) = tops(joined(views, LOWEST), case)
    assert top.confidence == max(tops(view, case)[0].confidence for view in views)


def test_no_view_of_anything_says_so() -> None:
    blind = Seen((), "no_depth")
    assert joined([blind, blind]).trouble == "no_depth"
