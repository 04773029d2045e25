"""Planning a file of problems: figures, failures with reasons, interruption, and real problems where they are."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import BadInput
from robolab.jobs import problem_set as jobs
from robolab.jobs.planner import anywhere
from robolab.jobs.problem_set import (
    ProblemSet,
    plan_one,
    plan_problems,
    problem_set,
    robot_spec,
    summary,
)
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.deferred import Deferred
from robolab.planning.portfolio import DirectPlanner, Portfolio
from robolab.scene.problem_file import ProblemSpec, load_problems
from tests.unit.scene.test_problem_file import problem

HOME = [0.0, -1.57, 1.57, 0.0, 0.0, 0.0]
AWAY = [1.6, -1.57, 1.57, 0.0, 0.0, 0.0]
POST = {"id": "post", "type": "box", "dimensions": [0.05, 0.05, 2.0]}


def given(*entries: dict[str, Any], seed: int = 0) -> ProblemSet:
    specs = tuple(ProblemSpec.model_validate(entry) for entry in entries)
    return problem_set(robot_spec("ur5", None), specs, Path("problems.json"), anywhere(None), seed)


def three() -> ProblemSet:
    free = problem(index=0, start=HOME, goal=AWAY, objects=[])
    between = {**POST, "position": [0.26, 0.29, 0.0]}
    around = problem(index=1, start=HOME, goal=AWAY, objects=[between])
    inside = problem(
        index=2, start=HOME, goal=AWAY, objects=[{**POST, "position": [-0.03, 0.39, 0.0]}]
    )
    return given(free, around, inside)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    out = tmp_path_factory.mktemp("set") / "results.json"
    plan_problems(three(), out)
    return json.loads(out.read_text())


def test_free_problems_are_solved_and_verified(results: list[dict[str, Any]]) -> None:
    straight, around = results[:2]
    assert straight["status"] == around["status"] == "solved"
    assert straight["verified"]
    assert around["verified"]
    assert straight["planner"] == "direct"
    assert straight["path_length_rad"] == pytest.approx(1.6, abs=1e-3)
    assert around["path_length_rad"] > 1.62
    for result in (straight, around):
        assert result["motion_time_s"] >= result["least_motion_time_s"]
        assert result["planning_time_s"] > 0.0


def test_samples_are_close_and_keep_speed_acceleration_and_jerk(
    results: list[dict[str, Any]],
) -> None:
    limits = three().robot.limits
    t, q = (np.array(results[1]["trajectory"][key]) for key in ("times_s", "positions"))
    h = np.diff(t)
    assert 0.0 < h.min() <= h.max() <= 2e-3 + 1e-12
    assert np.allclose(q[0], HOME, atol=1e-9)
    assert np.allclose(q[-1], AWAY, atol=1e-9)
    for order, limit in enumerate((limits.velocity, limits.acceleration, limits.jerk), start=1):
        slope = np.diff(q, n=order, axis=0) / h[0] ** order
        assert np.all(np.abs(slope) <= limit * (1.0 + 1e-6)), order


def test_a_goal_in_collision_fails_with_the_bodies(results: list[dict[str, Any]]) -> None:
    assert results[2]["status"] == "failed"
    assert "goal in collision" in results[2]["reason"]
    assert "post" in results[2]["reason"]
    told = summary(results)
    assert (told["problems"], told["solved"], told["verified"]) == (3, 2, 2)


def test_an_interrupted_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, results: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(jobs, "_SAVE_EVERY", 0.0)
    out, real = tmp_path / "results.json", jobs.plan_one
    asked: list[int] = []

    def stop_at_second(given: ProblemSet, spec: ProblemSpec) -> Any:
        asked.append(spec.index)
        if spec.index == 1:
            raise KeyboardInterrupt
        return real(given, spec)

    monkeypatch.setattr(jobs, "plan_one", stop_at_second)
    with pytest.raises(KeyboardInterrupt):
        plan_problems(three(), out, verify=True)
    assert not out.exists()
    monkeypatch.setattr(
        jobs, "plan_one", lambda given, spec: asked.append(spec.index) or real(given, spec)
    )
    asked.clear()
    done = plan_problems(three(), out, resume=True)
    # The first is planned once more to load what is loaded once; its result was kept.
    assert asked == [0, 1, 2]
    assert [r["status"] for r in done] == [r["status"] for r in results]
    assert list(tmp_path.iterdir()) == [out]


def test_same_seed_same_motion() -> None:
    once, again = (jobs.plan_one(three(), three().problems[1])[1] for _ in range(2))
    assert once is not None
    assert again is not None
    assert np.array_equal(once.curve.coefficients, again.curve.coefficients)


def test_the_time_that_loading_takes_belongs_to_no_problem() -> None:
    """A problem that loads a planner is planned once more, from the same random numbers."""
    drawn: list[float] = []

    class Recorded:
        def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
            drawn.append(rng.random())
            return DirectPlanner().plan(problem, budget, rng)

    def load() -> Recorded:
        time.sleep(1.0)
        return Recorded()

    free = problem(index=0, start=HOME, goal=AWAY, objects=[])
    alone = replace(given(free), planner=Portfolio([Deferred("slow", load)]))
    plan_one(given(free), given(free).problems[0])
    results = [plan_one(alone, alone.problems[0]).result for _ in range(2)]
    assert all(result["planning_time_s"] < 1.0 for result in results)
    assert drawn == [drawn[0]] * 3


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"robot": "panda"}, ["0.robot", "panda", "ur5"]), ({"goal": [0.0] * 5}, ["0.goal", "6"])],
)
def test_problems_of_another_robot_are_refused(changed: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(BadInput) as told:
        given(problem(**changed))
    assert all(word in str(told.value) for word in words)


def data() -> Path:
    here = Path(__file__).resolve().parents[3]
    return Path(os.environ.get("ROBOLAB_DATA", here.parent / "shared" / "data"))


@pytest.mark.parametrize(("robot", "every"), [("panda", 31), ("ur5", 14)])
def test_motion_bench_maker_problems(robot: str, every: int, tmp_path: Path) -> None:
    file = data() / "mbm" / f"{robot}_dev.json"
    if not file.is_file():
        pytest.skip(f"no problems at {file}; set ROBOLAB_DATA")
    problems = load_problems(file)[4::every]
    spec = robot_spec(robot, None)
    done = plan_problems(
        problem_set(spec, problems, file, anywhere(None), 0), tmp_path / "out.json"
    )
    for result in done:
        # Where a goal lies in an obstacle, as some of the recorded ones do, no planner helps.
        if result["status"] == "failed":
            assert "goal in collision" in result["reason"], result
        else:
            assert result["verified"], result
            assert result["motion_time_s"] < 4.0 * result["least_motion_time_s"], result
    assert sum(r["status"] == "solved" for r in done) >= len(done) - 1
