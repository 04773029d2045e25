from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import hermite
from robolab.trajectory.trajectory import Program
from robolab.verify import Finding

FoundBy = Callable[..., list[Finding]]


def pick_with(scene_with: Callable[..., SceneSpec], **approach: Any) -> SceneSpec:
    job = [dict(step) for step in scene_with().model_dump(exclude_none=True)["job"]]
    job[0]["approach"] = {**job[0]["approach"], **approach}
    return scene_with(job=job)


def test_good_program_comes_and_goes_as_asked(
    good: Program, scene: SceneSpec, found_by: FoundBy
) -> None:
    found = found_by(good, scene, "approach")
    assert [finding.leg for finding in found] == ["approach", "lift", "lower", "retreat"]
    assert all(finding.ok for finding in found)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"direction": (0.1, 0.0, -1.0)}, "limit 0.0005"),
        ({"distance": 0.2}, "is 0.160 m long, 0.200 m asked for"),
        ({"speed": 0.25}, "limit 0.25"),
    ],
)
def test_other_way_in(
    good: Program,
    scene_with: Callable[..., SceneSpec],
    found_by: FoundBy,
    asked: dict[str, Any],
    word: str,
) -> None:
    found = found_by(good, pick_with(scene_with, **asked), "approach")
    (failure,) = [finding for finding in found if not finding.ok]
    assert failure.leg == "approach"
    assert word in failure.line()


def test_speed_against_the_quintic_that_it_is(
    good: Program, scene_with: Callable[..., SceneSpec], found_by: FoundBy
) -> None:
    found = found_by(good, pick_with(scene_with, speed=0.31), "approach")
    (speed,) = [finding for finding in found if finding.check == "approach_speed"]
    assert speed.ok
    assert speed.value == pytest.approx(15.0 / 8.0 * 0.16, rel=1e-3)


def test_line_of_joints_that_does_not_call_itself_straight(
    good: Program, scene: SceneSpec, found_by: FoundBy, with_leg: Callable[..., Program]
) -> None:
    leg = good.legs[1]
    values = np.zeros((3, 2, 6))
    values[0] = leg.trajectory.position([0.0, leg.trajectory.duration])
    motion = replace(leg.trajectory, curve=hermite([0.0, 1.0], values))
    asked = replace(leg.requirements, straight=False)
    bowed = with_leg(good, 1, trajectory=motion, requirements=asked)
    failures = [finding for finding in found_by(bowed, scene, "approach") if not finding.ok]
    assert [finding.leg for finding in failures] == ["approach"]


def test_program_that_ends_at_the_release(
    good: Program, scene: SceneSpec, found_by: FoundBy
) -> None:
    found = found_by(replace(good, items=good.items[:-2]), scene, "approach")
    assert "no leg leaves 'carton'" in found[-1].detail
