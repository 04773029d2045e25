"""What shaped a program: spans without gaps, whose limit it was, and how the report tells it."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from robolab.jobs.explain import BUSY, TOOL, Explained, explain
from robolab.jobs.report_explain import clearance_chart, leg_reasons, limits_chart, short
from robolab.jobs.result import RunResult
from robolab.jobs.series import sample
from robolab.jobs.write import report_json
from robolab.trajectory.timing_usage import KINDS


@pytest.fixture(scope="module")
def explained(run_result: RunResult) -> Explained:
    return run_result.explained


def test_spans_cover_each_leg_without_gaps(explained: Explained, run_result: RunResult) -> None:
    series = sample(run_result.program, run_result.robot)
    for leg, (start, end) in zip(explained.legs, series.legs, strict=True):
        for spans in (leg.limits, leg.near):
            assert spans[0].start == pytest.approx(start)
            assert spans[-1].end == pytest.approx(end)
            assert all(a.end == b.start for a, b in itertools.pairwise(spans))


def test_a_span_names_limit_joint_and_share(explained: Explained, run_result: RunResult) -> None:
    who = {*run_result.robot.joints, TOOL}
    for leg in explained.legs:
        assert all(span.what in KINDS and span.who in who for span in leg.limits)
        assert max(span.value for span in leg.limits) == pytest.approx(leg.share.max())
        assert all(span.active is (span.value > BUSY) for span in leg.limits)
        assert 0.0 <= leg.busy <= 1.0


def test_share_of_time_weighs_legs_by_their_duration(explained: Explained) -> None:
    seconds = [leg.leg.trajectory.duration for leg in explained.legs]
    busy = [leg.busy for leg in explained.legs]
    assert explained.busy == pytest.approx(np.average(busy, weights=seconds))


def test_explaining_again_gives_the_same(explained: Explained, run_result: RunResult) -> None:
    again = explain(run_result.program, run_result.scene, run_result.robot)
    assert [leg.limits for leg in again.legs] == [leg.limits for leg in explained.legs]
    assert [leg.near for leg in again.legs] == [leg.near for leg in explained.legs]


def test_the_report_says_what_shaped_every_leg(run_result: RunResult) -> None:
    report = report_json(run_result)
    json.dumps(report, allow_nan=False)
    assert report["limits_used"]["limit_used_above"] == BUSY
    for leg in report["legs"]:
        shaped = leg["shaped_by"]
        assert {"limit", "of", "greatest_share"} <= set(shaped["limits"][0])
        assert {"obstacle", "body", "least_distance_m"} <= set(shaped["near"][0])


def test_lanes_name_joints_from_the_base_on(explained: Explained, run_result: RunResult) -> None:
    chart = limits_chart(explained, sample(run_result.program, run_result.robot))
    assert chart is not None
    seen = {span.who for leg in explained.legs for span in leg.limits}
    order = [chart["lanes"].index(f">{short(j)}<") for j in run_result.robot.joints if j in seen]
    assert order == sorted(order)
    assert 'class="kind-' in chart["lanes"]
    assert chart["headline"].startswith(f"For {explained.busy * 100.0:.1f} %")


def test_what_was_near_is_drawn_and_named(run_result: RunResult) -> None:
    chart = clearance_chart(run_result, sample(run_result.program, run_result.robot))
    assert chart is not None
    least = min((s for leg in run_result.explained.legs for s in leg.near), key=lambda s: s.value)
    assert f">{short(least.what)}<" in chart["lanes"]
    assert f"{least.value * 1e3:.1f} mm" in chart["headline"]
    assert all(row["passed"] and row["held_back"] for row in leg_reasons(run_result.explained))


def test_a_program_without_legs_has_no_chart(run_result: RunResult) -> None:
    series = sample(run_result.program, run_result.robot)
    assert limits_chart(Explained(()), series) is None


def test_long_names_are_cut() -> None:
    assert short("arm/shoulder_pan_joint") == "shoulder_pan"
    assert len(short("a-very-long-name-of-some-obstacle")) == 19
