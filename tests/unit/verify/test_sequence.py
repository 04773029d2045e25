from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import LoadDoubt, Output, Program
from robolab.verify import Finding, VerificationReport
from robolab.verify.arm import Arm
from robolab.verify.story import follow

WithLeg = Callable[..., Program]
FoundBy = Callable[..., list[Finding]]
LOGIC = ("sequence", "payload", "grasp", "release", "job")


def words(findings: list[Finding]) -> dict[str, str]:
    """The last line of every check that fails."""
    return {finding.check: finding.line() for finding in findings if not finding.ok}


def reordered(program: Program, *order: int) -> Program:
    return replace(program, items=tuple(program.items[k] for k in order))


def with_item(program: Program, index: int, item: Output) -> Program:
    items = list(program.items)
    items[index] = item
    return replace(program, items=tuple(items))


def test_good_program(good: Program, scene: SceneSpec, found_by: FoundBy) -> None:
    assert words(found_by(good, scene, *LOGIC)) == {}


def test_objects_are_tracked_through_the_program(good: Program, scene: SceneSpec, arm: Arm) -> None:
    story = follow(good, scene, arm)
    held = [situation.held is not None for situation in story.situations]
    assert held == [False, False, True, True, True, False, False]
    assert [(event.kind, event.name, event.index) for event in story.events] == [
        ("grasp", "carton", 1),
        ("release", "carton", 4),
    ]
    np.testing.assert_allclose(story.objects["carton"][:3, 3], [0.75, 0.35, 0.101], atol=1e-6)
    assert story.situations[5].released_last == {"carton"}
    assert story.situations[1].grasps_next == {"carton"}
    assert story.faults == ()


def test_grasp_in_mid_air(good: Program, scene: SceneSpec, found_by: FoundBy) -> None:
    # The vacuum comes on before the tool goes down to the carton.
    early = reordered(good, 0, 2, 3, 1, 4, 5, 6, 7, 8, 9, 10)
    found = words(found_by(early, scene, *LOGIC))
    assert "the tool is 160.0 mm off 'carton'" in found["grasp"]
    assert "carries None, the gripper holds 'carton'" in found["sequence"]


def test_cup_half_off_the_edge(good: Program, scene: SceneSpec, found_by: FoundBy) -> None:
    content = scene.model_dump()
    content["objects"][1]["pose"]["position"] = (0.75 + 0.08, -0.35, 0.1)
    found = words(found_by(good, SceneSpec.model_validate(content), *LOGIC))
    assert "the tool is 17.5 mm off 'carton'" in found["grasp"]
    assert "planned for 3 kg, 3 kg are held; centres 80.0 mm apart" in found["payload"]


def test_release_in_mid_air(good: Program, scene: SceneSpec, found_by: FoundBy) -> None:
    early = reordered(good, 0, 1, 2, 3, 4, 5, 7, 8, 6, 9, 10)
    found = words(found_by(early, scene, *LOGIC))
    assert "nothing within 10 mm below it" in found["release"]
    assert "'carton' is put down 159.0 mm" in found["place"]


def test_release_on_to_something(report: VerificationReport) -> None:
    (found,) = report.of("release")
    assert found.where == ("carton", "table")
    assert found.value == pytest.approx(1e-3, abs=1e-4)


@pytest.mark.parametrize(
    ("item", "output", "fault"),
    [
        (2, Output("vacuum", True, grasps="ghost"), "'ghost' is grasped, which the scene does not"),
        (2, Output("vacuum", True, grasps="table"), "'table' is grasped, which the scene fixes"),
        (3, Output("vacuum", True, grasps="table"), "'table' is grasped while 'carton' is held"),
        (3, Output("vacuum", False, releases="table"), "'table' is released, the gripper holds"),
    ],
)
def test_outputs_that_cannot_be(
    good: Program, scene: SceneSpec, found_by: FoundBy, item: int, output: Output, fault: str
) -> None:
    found = found_by(with_item(good, item, output), scene, "sequence")
    assert any(fault in finding.detail for finding in found if not finding.ok)


def test_load_that_is_forgotten(
    good: Program, scene: SceneSpec, found_by: FoundBy, with_leg: WithLeg
) -> None:
    found = words(found_by(with_leg(good, 3, payload=None), scene, *LOGIC))
    assert list(found) == ["payload"]
    assert "leg 3 'carry'" in found["payload"]
    assert "planned without a load, 3 kg are held" in found["payload"]


@pytest.mark.parametrize(
    ("mass", "doubt", "ok"),
    [(3.2, None, False), (3.2, LoadDoubt(0.1, 0.01), True), (3.8, LoadDoubt(0.1, 0.01), False)],
)
def test_load_that_was_felt_may_be_off_by_what_it_says(
    good: Program,
    scene: SceneSpec,
    found_by: FoundBy,
    with_leg: WithLeg,
    mass: float,
    doubt: LoadDoubt | None,
    ok: bool,
) -> None:
    payload = good.legs[3].payload
    assert payload is not None
    felt = replace(payload, mass=mass, inertia=payload.inertia * mass / payload.mass)
    found = words(found_by(with_leg(good, 3, payload=felt, doubt=doubt), scene, *LOGIC))
    assert list(found) == ([] if ok else ["payload"])


def test_contact_that_the_leg_has_no_business_with(
    good: Program, scene: SceneSpec, found_by: FoundBy, with_leg: WithLeg
) -> None:
    asked = replace(good.legs[6].requirements, contacts=frozenset({("arm", "table")}))
    found = words(found_by(with_leg(good, 6, requirements=asked), scene, *LOGIC))
    assert list(found) == ["sequence"]
    assert "'arm' may touch 'table'" in found["sequence"]
