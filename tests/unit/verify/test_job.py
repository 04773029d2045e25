from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robolab.core.transforms import pose_rpy
from robolab.robots.model import RobotModel
from robolab.scene.spec import BoxShape, CylinderShape, SceneSpec, SphereShape
from robolab.trajectory.trajectory import Output, Program
from robolab.verify import Finding, Settings, verify_program
from robolab.verify.job import turn

BOX = BoxShape(type="box", size=(0.3, 0.2, 0.1))


def test_program_that_does_nothing(good: Program, scene: SceneSpec, robot: RobotModel) -> None:
    idle = replace(good, items=good.items[:1])
    report = verify_program(idle, scene, robot=robot)
    assert [finding.check for finding in report.failures] == ["job"]
    asked = "asks for: grasp carton, release carton; the program does: nothing"
    assert asked in report.failures[0].detail
    assert verify_program(idle, scene, robot=robot, settings=Settings(job=False)).verified


@pytest.mark.parametrize(("slot", "ok"), [(1, True), (0, False)])
def test_object_put_down_elsewhere(
    good: Program,
    scene_with: Callable[..., SceneSpec],
    found_by: Callable[..., list[Finding]],
    slot: int,
    ok: bool,
) -> None:
    shelf: dict[str, Any] = {
        "grid": {"position": [0.45, 0.35, 0.101]},
        "pitch": [0.3, 0.3, 0.3],
        "count": [2, 1, 1],
    }
    job = [dict(step) for step in scene_with().model_dump(exclude_none=True)["job"]]
    job[1]["at"] = f"shelf/{slot}"
    scene = scene_with(targets={"shelf": shelf}, job=job)
    (found,) = [f for f in found_by(good, scene, "job") if f.check == "place"]
    assert found.ok is ok
    assert found.value == pytest.approx(0.0 if ok else 0.3, abs=1e-6)


def test_release_that_is_missing(
    good: Program, scene: SceneSpec, found_by: Callable[..., list[Finding]]
) -> None:
    items = tuple(
        replace(item, releases=None) if isinstance(item, Output) else item for item in good.items
    )
    found = found_by(replace(good, items=items), scene, "job", "sequence")
    assert {finding.check for finding in found if not finding.ok} == {"job", "sequence"}


@pytest.mark.parametrize(
    ("shape", "rpy", "angle"),
    [
        (BOX, (0.0, 0.0, np.pi), 0.0),
        (BOX, (np.pi, 0.0, 0.1), 0.1),
        (BOX, (0.0, 0.0, np.pi / 2), np.pi / 2),
        (CylinderShape(type="cylinder", radius=0.1, length=0.2), (0.0, 0.0, 1.0), 0.0),
        (CylinderShape(type="cylinder", radius=0.1, length=0.2), (0.2, 0.0, 1.0), 0.2),
        (SphereShape(type="sphere", radius=0.1), (1.0, 2.0, 3.0), 0.0),
    ],
)
def test_turn_up_to_symmetry(shape: Any, rpy: tuple[float, float, float], angle: float) -> None:
    X = pose_rpy([1.0, 2.0, 3.0], [0.3, 0.2, 0.1])
    turned = X @ pose_rpy([0.0, 0.0, 0.0], rpy)
    assert turn(turned, X, shape) == pytest.approx(angle, abs=1e-7)
