from __future__ import annotations

import json
from dataclasses import replace

from robolab.verify.report import Finding, VerificationReport, failed, passed

SPEED = Finding("velocity", 0.8, 1.6, 2.0, 0.4, True, "rad/s", "lift", 1, ("j2",), 0.25)


def test_nothing_checked_is_not_verified() -> None:
    assert not VerificationReport(()).verified
    assert VerificationReport(()).explain() == ["nothing was checked"]


def test_one_failure_is_enough() -> None:
    assert VerificationReport((SPEED, passed("structure"))).verified
    assert not VerificationReport((SPEED, failed("structure", "no legs"))).verified


def test_largest_share_and_its_place() -> None:
    faster = replace(SPEED, share=0.9, leg="carry", index=2)
    report = VerificationReport((SPEED, faster))
    assert report.largest_share("velocity") == 0.9
    assert report.worst("velocity") is faster
    assert report.largest_share("torque") == 0.0


def test_least_clearance_is_that_of_robot_and_load_to_the_surroundings() -> None:
    near = Finding("clearance", 0.5, 0.02, 0.01, 0.01, True, "m")
    nearer = Finding("carried_clearance", 0.5, 0.012, 0.005, 0.007, True, "m")
    itself = Finding("self_clearance", 0.0, 0.001, 0.0, 0.001, True, "m")
    assert VerificationReport((near, nearer, itself)).least_clearance == 0.012
    assert VerificationReport((itself,)).least_clearance is None


def test_explain_names_check_leg_joint_time_and_numbers() -> None:
    slow = replace(SPEED, value=2.6, share=1.3, margin=-0.6, ok=False)
    (line,) = VerificationReport((slow, passed("structure"))).explain()
    assert line == "velocity, leg 1 'lift', j2, at 0.250 s: 2.6 rad/s, limit 2"


def test_explain_is_short_and_puts_the_worst_first() -> None:
    failures = [replace(SPEED, ok=False, share=1.0 + k, index=k) for k in range(9)]
    lines = VerificationReport(tuple(failures)).explain(most=3)
    assert len(lines) == 4
    assert "leg 8" in lines[0]
    assert lines[-1] == "and 6 more"


def test_json_is_plain_and_in_fixed_order() -> None:
    report = VerificationReport((SPEED, passed("structure")), {"b": 1.0, "a": 2.0})
    content = report.to_json()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert list(content)[:2] == ["verified", "largest_share"]
    assert list(content["resolution"]) == ["a", "b"]
    assert content["findings"][0]["where"] == ["j2"]
