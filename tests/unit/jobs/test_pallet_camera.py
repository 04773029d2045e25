"""What a camera with faults makes of a pallet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robolab.core.transforms import pose_rpy
from robolab.jobs.pallet_evaluate import seeing
from robolab.tasks.pallet_case import draw_pallet
from robolab.tasks.pallet_faces import Tipped, upper_face
from tests.pallets import box, pallet


def test_crushed_cases_are_found_as_high_as_they_were() -> None:
    pallet = draw_pallet("easy", 3006, "unseen")
    assert all(case.look.crushed for case in pallet.cases)
    tops = [upper_face(case).X_world_face for case in pallet.cases]
    view = seeing("camera")(pallet)(list(pallet.cases), 0)
    found = [face for face in view.faces if face.confidence > 0.0]
    assert len(found) > 12
    for face in found:
        place = face.X_world_face[:3, 3]
        near = min(np.linalg.norm(place - top[:3, 3]) for top in tops)
        assert near < 0.03
        assert face.X_world_face[2, 2] > np.cos(np.radians(10.0))
        assert not isinstance(face, Tipped)


def test_a_tipped_case_is_told_from_a_crushed_one() -> None:
    level, tipped = box("level", 0.0, -0.2), box("tipped", 0.0, 0.2)
    X = tipped.X_world_case @ pose_rpy((0.0, 0.0, 0.03), (np.radians(17.0), 0.0, 0.0))
    cases = [level, replace(tipped, X_world_case=X)]
    found = [face for face in seeing("camera")(pallet(*cases))(cases, 0).faces if face.confidence]
    place = upper_face(cases[1]).X_world_face[:3, 3]
    nearest = min(found, key=lambda face: float(np.linalg.norm(face.X_world_face[:3, 3] - place)))
    assert [face for face in found if isinstance(face, Tipped)] == [nearest]
    assert len(found) == 2
