"""What may be taken follows from what is seen: nothing that carries another, and only cups that lie on the face."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import pose
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.tasks.pallet_case import DECKS, ArmKind
from robolab.tasks.pallet_choice import FEATURES, options_of
from robolab.tasks.pallet_faces import CaseFace
from robolab.tasks.pallet_grip import Cups, bearable, cups_of, strain


def cups(scene: str, kind: ArmKind) -> Cups:
    spec = load_scene(scene)
    gripper = load_robot(spec.robot, spec.folder).gripper
    assert gripper is not None
    return cups_of(gripper, kind)


def face(x: float, y: float, z: float, length: float, width: float) -> CaseFace:
    return CaseFace(pose([x, y, z]), np.array([length, width]))


def test_a_case_that_carries_another_is_not_offered() -> None:
    deck = DECKS["ur10e"]
    below, above = face(0.7, 0.0, 0.4, 0.3, 0.2), face(0.75, 0.0, 0.6, 0.2, 0.15)
    options = options_of((below, above), deck, cups("mixed_pallet", "ur10e"))
    assert {one.face for one in options} == {1}
    assert all(one.features.shape == (len(FEATURES),) for one in options)


@pytest.mark.parametrize(("length", "width", "most"), [(0.55, 0.4, 12), (0.22, 0.16, 2)])
def test_as_many_cups_as_fit_are_used(length: float, width: float, most: int) -> None:
    deck = DECKS["palletiser"]
    options = options_of(
        (face(1.9, 0.0, 0.6, length, width),), deck, cups("mixed_pallet_large", "palletiser")
    )
    assert max(len(one.used) for one in options) == most


def test_no_grip_on_a_face_narrower_than_a_cup() -> None:
    assert not options_of(
        (face(0.7, 0.0, 0.4, 0.3, 0.07),), DECKS["ur10e"], cups("mixed_pallet", "ur10e")
    )


def test_heavier_loads_are_carried_slower_and_too_heavy_ones_not_at_all() -> None:
    light, heavy, much = (bearable(250.0, mass, 0.01, 0.0375) for mass in (1.0, 8.0, 40.0))
    assert light > heavy > 0.0 > much
    assert strain(250.0, 8.0, heavy, 0.01, 0.0375) == pytest.approx(0.75)
