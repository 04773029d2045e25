"""What a camera with faults makes of a pallet."""

from __future__ import annotations

import numpy as np

from robolab.jobs.pallet_evaluate import seeing
from robolab.tasks.pallet_case import draw_pallet
from robolab.tasks.pallet_faces import upper_face


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
