"""A job whose loads are felt on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from robolab.core.errors import PlanningError, SceneError
from robolab.jobs.adapt_feel import Felt, Lift, SimulatedFeeler
from robolab.jobs.adapt_report import adaptation_json, adaptation_section
from robolab.jobs.adapt_run import OpenJob, open_job, open_loads, with_masses
from robolab.jobs.adapted import Adapted, AdaptSettings
from robolab.jobs.result import RunResult
from robolab.jobs.storage import load_program, save_program
from robolab.planning.portfolio import DirectPlanner, Portfolio, ShapedPlanner
from robolab.robots.model import Payload, RobotModel
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.spec import ObjectRange, SceneSpec
from robolab.trajectory.loads import scaled
from robolab.trajectory.trajectory import LoadDoubt
from robolab.verify import VerificationReport, verify_program

HEAVY = Payload(10.0, np.array([0.0, 0.0, 0.1]), 0.1 * np.eye(3))
TRUE = {"carton-a": 2.6}


NO_TIME = AdaptSettings(clock=lambda: 0.0)
"""Finding a law takes none, however busy the machine that tests run on."""


@dataclass(frozen=True)
class Liar:
    """Says with certainty what is not so."""

    mass: float
    after: float = 0.3
    name: str = "liar"

    def feel(self, lift: Lift) -> Felt:
        return Felt(scaled(lift.expected, self.mass), LoadDoubt(1e-3, 1e-4), self.after)


@pytest.fixture(scope="module")
def spec() -> SceneSpec:
    """The first carton of the scene alone, without the post that detours would be needed for."""
    whole = load_scene("ur10e_loads")
    kept = [item for item in whole.objects if item.name not in ("carton-b", "carton-c", "post")]
    ranges = (ObjectRange(object="carton-a", mass=(0.1, 10.0)),)
    return whole.model_copy(
        update={
            "objects": tuple(kept),
            "randomisation": whole.randomisation.model_copy(update={"objects": ranges}),
            "job": whole.job[:3],
        }
    )


@pytest.fixture(scope="module")
def real(spec: SceneSpec) -> SceneSpec:
    return with_masses(realise(spec, 1), TRUE)


@pytest.fixture(scope="module")
def job(spec: SceneSpec, real: SceneSpec, ur10e: RobotModel) -> OpenJob:
    return open_job(spec, real, ur10e, Portfolio([DirectPlanner(), ShapedPlanner()]), 1)


@pytest.fixture(scope="module")
def adapted(job: OpenJob) -> Adapted:
    return job.adapted(settings=NO_TIME)


@pytest.fixture(scope="module")
def report(adapted: Adapted, real: SceneSpec) -> VerificationReport:
    return verify_program(adapted.program, real)


def test_what_follows_a_lift_is_quicker_and_keeps_all_limits_under_the_true_load(
    adapted: Adapted, report: VerificationReport
) -> None:
    assert report.verified, report.explain()
    assert adapted.program.duration < adapted.assumed.duration - 0.1
    (handled,) = adapted.handled
    assert handled.safe is not None
    assert handled.safe.holds(handled.true)
    lift, carry, lower = handled.legs
    assert lift.taken_over is None or lift.taken_over > 0.3
    assert carry.taken_over == 0.0
    assert carry.duration < carry.assumed - 0.1
    assert lower.duration <= lower.assumed * 1.01


def test_the_controller_is_told_what_is_known_as_a_leg_begins(adapted: Adapted) -> None:
    (handled,) = adapted.handled
    assert handled.felt is not None
    lift, *after = [leg for leg in adapted.program.legs if leg.carried]
    assert lift.payload is not None
    assert lift.payload.mass == pytest.approx(5.05)
    assert lift.doubt is not None
    assert lift.doubt.mass == pytest.approx(4.95 / 3.0**0.5)
    assert len(after) == 2
    for leg in after:
        assert leg.payload is handled.felt.load
        assert leg.doubt == handled.felt.doubt
    assert handled.felt.doubt.mass == pytest.approx(0.3)
    assert all(leg.payload is None for leg in adapted.program.legs if not leg.carried)


def test_a_load_that_is_felt_too_light_is_found_out(
    job: OpenJob,
) -> None:
    heavy = with_masses(job.real, {"carton-a": 9.9})
    fooled = replace(job, real=heavy).adapted(Liar(1.0), NO_TIME)
    found = {finding.check for finding in verify_program(fooled.program, heavy).failures}
    assert "payload" in found
    assert found & {"torque", "holding"}


def test_a_load_beyond_what_the_scene_says_is_refused(
    job: OpenJob,
) -> None:
    with pytest.raises(PlanningError, match="heavier than anything the scene speaks of"):
        job.adapted(Liar(12.0))


def test_a_load_that_is_known_too_late_changes_nothing(job: OpenJob, real: SceneSpec) -> None:
    late = job.adapted(replace(SimulatedFeeler(1), after=60.0), NO_TIME)
    (handled,) = late.handled
    assert handled.felt is None
    assert all(leg.taken_over is None for leg in handled.legs)
    assert late.program.duration >= late.assumed.duration * (1.0 - 1e-6)
    assert verify_program(late.program, real).verified


def test_a_load_that_is_known_in_mid_carry_takes_over_there(job: OpenJob, real: SceneSpec) -> None:
    adapted = job.adapted(replace(SimulatedFeeler(1), after=0.8), NO_TIME)
    (handled,) = adapted.handled
    lift, carry, _ = handled.legs
    assert lift.taken_over is None
    assert carry.taken_over is not None
    assert carry.taken_over >= 0.8 + adapted.settings.allowance - lift.duration - 1e-9
    report = verify_program(adapted.program, real)
    assert report.verified, report.explain()
    assert adapted.program.duration < adapted.assumed.duration


class Ticking:
    """A clock on which everything takes the same time."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._now = seconds, 0.0

    def __call__(self) -> float:
        self._now += self._seconds
        return self._now


def test_a_law_that_is_not_ready_when_it_is_due_is_left_out_and_said_to_be(
    job: OpenJob, real: SceneSpec, ur10e: RobotModel
) -> None:
    slow = job.adapted(settings=AdaptSettings(clock=Ticking(5.0)))
    (handled,) = slow.handled
    assert handled.felt is not None
    assert all(leg.taken_over is None for leg in handled.legs)
    assert [leg.late for leg in handled.legs[1:]] == [True, True]
    assert slow.late == 2
    report = verify_program(slow.program, real)
    assert report.verified, report.explain()
    result = RunResult(real, 1, ur10e, slow.program, report, None, adaptation=slow)
    section, found = adaptation_section(result), adaptation_json(result)
    assert section is not None
    assert "2 new time laws came too late" in section["headline"]
    assert [leg["taken_over"] for leg in section["legs"][1:]] == ["too late", "too late"]
    assert found is not None
    assert found["too_late"] == 2


def test_a_law_that_misses_the_beginning_of_a_leg_takes_over_later_in_it(
    job: OpenJob, real: SceneSpec, adapted: Adapted
) -> None:
    settings = AdaptSettings(clock=Ticking(0.25), allowance=0.3)
    busy = job.adapted(settings=settings)
    (handled,), (quick,) = busy.handled, adapted.handled
    lift, carry, _ = handled.legs
    assert carry.late
    assert carry.taken_over is not None
    assert carry.taken_over >= 0.3 + 0.25 + 0.3 - lift.duration - 1e-9
    assert quick.legs[1].duration < carry.duration < carry.assumed
    report = verify_program(busy.program, real)
    assert report.verified, report.explain()


def test_reports_show_what_was_felt(
    adapted: Adapted, report: VerificationReport, real: SceneSpec, ur10e: RobotModel
) -> None:
    result = RunResult(real, 1, ur10e, adapted.program, report, None, adaptation=adapted)
    found = adaptation_json(result)
    assert found is not None
    (load,) = found["loads"]
    assert load["true_kg"] == TRUE["carton-a"]
    assert load["safe_kg"][0] < load["estimate_kg"] < load["safe_kg"][1]
    carry = load["legs"][1]
    assert carry["retimed_s"] < carry["assumed_s"]
    assert 0.0 < carry["limit_shares"]["torque"] <= 1.0
    json.dumps(found["loads"][0]["legs"], allow_nan=False)
    section = adaptation_section(result)
    assert section is not None
    assert "1 of 1 loads felt" in section["headline"]
    assert adaptation_json(replace(result, adaptation=None)) is None


def test_a_program_is_kept_with_its_doubt(
    adapted: Adapted, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("program") / "program.json"
    save_program(path, adapted.program)
    assert [leg.doubt for leg in load_program(path).legs] == [
        leg.doubt for leg in adapted.program.legs
    ]


def test_estimates_are_fixed_by_seed_and_object_and_as_far_off_as_they_say() -> None:
    def mass(seed: int, name: str) -> float:
        lift = Lift(None, name, None, HEAVY, scaled(HEAVY, 4.0))  # pyright: ignore[reportArgumentType]
        return SimulatedFeeler(seed).feel(lift).load.mass

    assert mass(3, "a") == mass(3, "a") != mass(3, "b")
    drawn = np.array([mass(seed, "a") for seed in range(400)])
    assert np.mean(drawn) == pytest.approx(4.0, abs=0.06)
    assert np.std(drawn) == pytest.approx(0.3, abs=0.04)


def test_the_safe_range_is_a_quantile_within_what_is_possible() -> None:
    settings = AdaptSettings(quantile=0.99)
    felt = Felt(scaled(HEAVY, 4.0), LoadDoubt(0.3, 0.01), 0.3)
    safe = settings.range_of(felt, 0.1, 10.0)
    assert safe.heavy.mass == pytest.approx(4.0 + 2.3263 * 0.3, abs=1e-3)
    assert safe.light.mass == pytest.approx(4.0 - 2.3263 * 0.3, abs=1e-3)
    assert safe.off == pytest.approx(3.3682e-2, abs=1e-5)
    near = settings.range_of(felt, 3.9, 4.1)
    assert (near.light.mass, near.heavy.mass) == (3.9, 4.1)


def test_a_scene_that_leaves_no_load_open_is_refused(
    ur10e: RobotModel, ur10e_scene: SceneSpec
) -> None:
    with pytest.raises(SceneError, match="leaves no load open") as error:
        open_loads(ur10e_scene, ur10e)
    assert error.value.exit_code == 2


def test_a_load_beyond_the_robots_rating_is_refused(ur10e: RobotModel, spec: SceneSpec) -> None:
    assert ur10e.rated_load == pytest.approx(11.9)
    ranges = (ObjectRange(object="carton-a", mass=(0.1, 12.0)),)
    update = {"randomisation": spec.randomisation.model_copy(update={"objects": ranges})}
    with pytest.raises(SceneError, match=r"(?s)rated for.*got 12.*at most 11\.9 kg"):
        open_loads(spec.model_copy(update=update), ur10e)
