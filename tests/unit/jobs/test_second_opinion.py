"""A second opinion counts in the verdict, is shown, and goes into a run folder."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from robolab.core.errors import BadInput
from robolab.core.files import content_hash
from robolab.jobs.rehearse import rehearse
from robolab.jobs.report_html import report_html
from robolab.jobs.result import RunResult
from robolab.jobs.saved import MANIFEST, load_run
from robolab.jobs.second_opinion import (
    CHECK,
    OPINION,
    add_opinion,
    ask_mujoco,
    headline,
    judged,
    need_mujoco,
    opinion_json,
)
from robolab.jobs.write import report_json, write_run
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.sim.engines import SecondOpinion
from robolab.trajectory.trajectory import Program

pytest.importorskip("mujoco", reason="needs the extra: robolab[mujoco]")


@pytest.fixture(scope="module")
def opinion(realised: SceneSpec, ur10e: RobotModel, carry: Program) -> SecondOpinion:
    """Of a program that misses its carton: the load is in MuJoCo only."""
    alone = realised.model_copy(update={"objects": (), "sensors": ()})
    return ask_mujoco(realised, ur10e, carry, rehearse(alone, 7, carry))


def test_says_who_is_apart_where_and_by_how_much(opinion: SecondOpinion, carry: Program) -> None:
    assert opinion.engines[0].startswith("PyBullet ")
    assert opinion.engines[1].startswith("MuJoCo ")
    worst = opinion.largest
    assert worst.leg == 1
    line = headline(opinion, carry)
    assert worst.joint in line
    assert "2 carry <b>" in line
    assert f"{worst.difference * 1e3:.3f} mrad" in line


def test_json_is_plain_and_complete(opinion: SecondOpinion, carry: Program) -> None:
    text = json.dumps(opinion_json(opinion, carry), allow_nan=False)
    content = json.loads(text)
    assert content["largest_joint_difference"]["leg"] == "2 carry <b>"
    assert [row["joint"] for row in content["joints"]] == list(carry.joints)
    assert [row["index"] for row in content["legs"]] == [None, 0, 1, 2]
    assert max(row["difference"] for row in content["legs"]) == pytest.approx(
        content["largest_joint_difference"]["difference"]
    )


def test_a_tool_too_far_off_in_mujoco_fails_the_report(
    opinion: SecondOpinion, run_result: RunResult
) -> None:
    scene, program, report = run_result.scene, run_result.program, run_result.report
    good = judged(report, opinion, scene, program)
    assert good.verified
    assert len(good.of(CHECK)) == len(program.legs) + 1
    asked = scene.requirements.model_copy(
        update={"tracking_error": 0.5 * float(opinion.tcp_errors[1].max())}
    )
    bad = judged(report, opinion, scene.model_copy(update={"requirements": asked}), program)
    assert not bad.verified
    assert {finding.check for finding in bad.failures} == {CHECK}
    assert [f.index is None for f in bad.findings] == sorted(
        (f.index is None for f in bad.findings), reverse=True
    )


def test_report_shows_it_only_where_it_was_asked(
    opinion: SecondOpinion, run_result: RunResult
) -> None:
    asked = replace(run_result, opinion=opinion)
    page = report_html(asked)
    assert "Second opinion" in page
    assert page.count("between the engines</title>") == len(run_result.robot.joints)
    assert report_json(asked)["second_opinion"]["engines"] == list(opinion.engines)
    assert "Second opinion" not in report_html(run_result)
    assert report_json(run_result)["second_opinion"] is None


def test_run_folder_holds_it(opinion: SecondOpinion, run_result: RunResult, tmp_path: Path) -> None:
    write_run(replace(run_result, opinion=opinion), tmp_path / "asked")
    written = json.loads((tmp_path / "asked" / OPINION).read_text())
    assert written == opinion_json(opinion, run_result.program)


def test_later_opinion_is_the_same_and_in_the_manifest(
    opinion: SecondOpinion, run_result: RunResult, tmp_path: Path
) -> None:
    write_run(run_result, tmp_path)
    before = json.loads((tmp_path / MANIFEST).read_text())
    assert OPINION not in before["files"]
    file = add_opinion(tmp_path, load_run(tmp_path), opinion)
    assert json.loads(file.read_text()) == opinion_json(opinion, run_result.program)
    after = json.loads((tmp_path / MANIFEST).read_text())
    assert after["files"].pop(OPINION) == content_hash(file)
    assert after == before
    load_run(tmp_path)


def test_needs_a_rehearsal_and_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    need_mujoco()
    with pytest.raises(BadInput, match="--no-track"):
        need_mujoco(track=False)
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(BadInput, match=r"pip install 'robolab\[mujoco\]'"):
        need_mujoco()
