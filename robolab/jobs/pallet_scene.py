"""A scene of mixed pallets with the cases that stand on its pallet: to look at, and to verify moves against."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from robolab.core.transforms import Array, quat_of
from robolab.scene.spec import BoxShape, ObjectSpec, PoseSpec, SceneSpec
from robolab.tasks.pallet_case import FRICTION, Case


def with_cases(scene: SceneSpec, cases: Iterable[Case]) -> SceneSpec:
    """Return a scene with cases as boxes beside what it holds anyhow."""
    return scene.model_copy(update={"objects": (*scene.objects, *(box_of(c) for c in cases))})


def box_of(case: Case) -> ObjectSpec:
    """Return a case as a body of a scene."""
    x, y, z = (float(side) for side in case.size)
    red, green, blue = case.look.colour
    return ObjectSpec(
        name=case.name,
        shape=BoxShape(type="box", size=(x, y, z)),
        pose=pose_spec(case.X_world_case),
        mass=case.mass,
        friction=FRICTION[case.kind],
        colour=(red, green, blue),
    )


def pose_spec(X: Array) -> PoseSpec:
    """Return a pose, shape (4, 4), as scenes state it."""
    x, y, z = (float(v) for v in X[:3, 3])
    a, b, c, d = (float(v) for v in np.asarray(quat_of(X)))
    return PoseSpec(position=(x, y, z), quat_xyzw=(a, b, c, d))
