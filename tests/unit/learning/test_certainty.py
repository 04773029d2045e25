"""Certainty knows what it was fitted to, orders proposals, and refuses files that are not its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.core.assets import shipped
from robolab.core.errors import WeightsError
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.learning.calibrate import (
    Experience,
    calibrate,
    certainty_figures,
    experience,
)
from robolab.learning.cell import Cell
from robolab.learning.certainty import CERTAINTY, FEATURES, Certainty, read_certainty
from robolab.learning.policy import Policy
from robolab.learning.problem_sets import calibration_pairs
from robolab.learning.problems import Pairs, build_pool
from robolab.learning.processor import layout_of
from robolab.learning.rank import Proposals, judge, rank_by_certainty
from robolab.learning.trial import outcomes
from tests.unit.learning.conftest import tiny_recipe

N = len(FEATURES)
ONES = {"middle": [1.0] * N, "scale": [1.0] * N, "weights": [1.0] * N, "bias": 1.0}
BREACH = FEATURES.index("breach")


@pytest.fixture(scope="module")
def policy(cell: Cell) -> Policy:
    recipe = tiny_recipe(calibration=10)
    return Policy.build(cell, recipe, layout_of(cell, build_pool(cell, 20, stream(1, "p")).flat))


@pytest.fixture(scope="module")
def pairs(policy: Policy) -> Pairs:
    return calibration_pairs(policy.cell, policy.recipe)


@pytest.fixture(scope="module")
def proposals(policy: Policy, pairs: Pairs) -> Proposals:
    """For the first problem, and a second goal nearer than its own."""
    start, goal = pairs.start[0].astype(float), pairs.goal[0].astype(float)
    goals = np.array([goal, start + 0.9 * (goal - start)])
    return policy.consider(start, goals, pairs.take(np.array([0])).situations)


def made_up(count: int, seed: int) -> Experience:
    """Proposals that are free where they breach little; refining mends small breaches."""
    rng = stream(seed, "made up")
    features = rng.normal(size=(count, N))
    true = rng.random(count) < 1.0 / (1.0 + np.exp(4.0 * features[:, BREACH]))
    none = ~true
    return Experience(count, features, true, features[none], features[none, BREACH] < 0.5)


def test_chances_hold_on_other_experience() -> None:
    certainty, other = calibrate(made_up(2000, 1)), made_up(2000, 2)
    told = certainty_figures(certainty, other)
    assert told["fitted_on"]["proposals"] == 2000
    for key in ("proposed", "refined"):
        assert told[key]["auc"] > 0.9
        assert told[key]["brier"] < 0.6 * told[key]["brier_of_share"]
    for _, _, count, said, was in told["proposed"]["table"]:
        assert abs(said - was) < 3.0 / np.sqrt(count)


def test_experience_comes_from_the_exact_check(policy: Policy, pairs: Pairs) -> None:
    seen = experience(outcomes(policy, pairs))
    assert seen.features.shape == (len(seen.free), N)
    assert len(seen.free) == seen.problems * policy.recipe.proposals
    assert len(seen.tried) == len(seen.mended)
    assert 0 < seen.free.sum() < len(seen.free)
    # What looks free to spheres is nearly always free; what breaches deeply never is.
    looks, deep = seen.features[:, 0] > 0.5, seen.features[:, BREACH] > np.log1p(60.0)
    assert seen.free[looks].mean() > 0.9
    assert deep.any()
    assert not seen.free[deep].any()
    few = pairs.take(np.arange(2))
    again = experience(outcomes(policy, few))
    assert np.array_equal(again.features, seen.features[: len(again.features)])


def test_no_experience_is_no_certainty() -> None:
    nothing = np.zeros((0, N))
    none = np.zeros(0, dtype=bool)
    certainty = calibrate(Experience(0, nothing, none, nothing, none))
    assert certainty(np.ones((2, N))).proposed.tolist() == [0.5, 0.5]
    assert (
        certainty_figures(certainty, Experience(0, nothing, none, nothing, none))["problems"] == 0
    )


class _ByLength:
    """As sure as a curve is short, whatever it looks like; even at a given length [rad]."""

    def __init__(self, even: float) -> None:
        self.even = even

    def __call__(self, features: Array) -> tuple[Array, Array]:
        chance = 1.0 / (1.0 + np.exp(features[..., FEATURES.index("length")] - self.even))
        return chance, chance


def test_sure_ones_go_by_time_and_the_others_by_chance(
    policy: Policy, pairs: Pairs, proposals: Proposals
) -> None:
    situation = pairs.take(np.array([0])).situations
    length = np.linalg.norm(np.diff(proposals.points, axis=2), axis=3).sum(2)
    even = float(np.sort(length.ravel())[1:3].mean())
    certainty: Any = _ByLength(even)
    ranking = rank_by_certainty(proposals, situation, policy.objective, certainty)
    rows = ranking.order[:, 0], ranking.order[:, 1]
    told = 1.0 / (1.0 + np.exp(length[rows] - even))
    assert ranking.proposed is not None
    np.testing.assert_allclose(ranking.proposed, told, atol=1e-4)
    assert (ranking.proposed >= 0.5).tolist() == [True, True, False, False]
    time = judge(proposals.points, situation, policy.objective).time.numpy()[rows]
    assert time[0] <= time[1]
    assert ranking.proposed[2] >= ranking.proposed[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    certainty = calibrate(made_up(100, 1)).model_copy(update={"weights": "abc"})
    (tmp_path / CERTAINTY).write_text(certainty.model_dump_json())
    return tmp_path


def test_a_file_gives_back_what_was_written(folder: Path) -> None:
    read = read_certainty(folder, "abc")
    assert isinstance(read, Certainty)
    assert read == calibrate(made_up(100, 1)).model_copy(update={"weights": "abc"})


def test_a_policy_from_before_has_none(tmp_path: Path) -> None:
    assert read_certainty(tmp_path, "abc") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, r"version: .*got 2.*expected .*1"),
        ({"proposed": {**ONES, "scale": [0.0] * N}}, r"proposed\.scale\.0: .*got 0\.0.*greater than 0"),
        ({"refined": {**ONES, "middle": [0.0]}}, r"refined\.middle: .*got \[0\.0\].*at least 9"),
        ({"proposed": {**ONES, "weights": ["x"] * N}}, r"proposed\.weights\.0: .*got 'x'.*number"),
        ({"features": ["other"] * N}, r"features: counts other features.*expected looks_free"),
        ({"weights": "xyz"}, r"weights: belongs to other weights.*'xyz'.*expected 'abc'"),
        ({"more": 1}, r"more: .*got 1"),
    ],
)  # fmt: skip
def test_bad_values_are_refused_by_field(folder: Path, change: dict[str, Any], said: str) -> None:
    path = folder / CERTAINTY
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(WeightsError, match=r"certainty\.json: " + said):
        read_certainty(folder, "abc")


@pytest.mark.parametrize("content", ["", "{", "\x00", "[]", '{"version": NaN}'])
def test_a_damaged_file_is_refused(folder: Path, content: str) -> None:
    (folder / CERTAINTY).write_text(content)
    with pytest.raises(WeightsError, match=r"certainty\.json"):
        read_certainty(folder, "abc")


def test_every_shipped_policy_knows_how_sure_it_is() -> None:
    folders = [path.parent for path in shipped("policies").glob("[!.]*/processor.json")]
    assert len(folders) >= 4
    for path in folders:
        metrics = json.loads((path / "metrics.json").read_text())["certainty"]
        proposed = metrics["proposed"]
        # Where every proposal was free, there is nothing to tell apart, and a share says all.
        assert proposed["brier"] < (proposed["brier_of_share"] or 1e-4)
        assert "## How sure it is" in (path / "CARD.md").read_text()
        assert (path / CERTAINTY).is_file()


@pytest.mark.parametrize("more", [(), ("--scene", "ur10e_transfer")])
def test_a_folder_that_is_not_there_is_one_line_and_code_2(
    more: tuple[str, ...], tmp_path: Path
) -> None:
    script = Path(__file__).parents[3] / "scripts" / "calibrate.py"
    command = [sys.executable, str(script), str(tmp_path / "nowhere"), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert f"{tmp_path / 'nowhere' / 'processor.json'}: cannot be read" in done.stderr


def test_a_policy_without_certainty_ranks_by_looks(
    policy: Policy, pairs: Pairs, proposals: Proposals
) -> None:
    assert policy.certainty is None
    situation = pairs.take(np.array([0])).situations
    assert policy.rank(proposals, situation).proposed is None
    known = replace(policy, certainty=calibrate(made_up(50, 3)))
    assert known.rank(proposals, situation).proposed is not None
