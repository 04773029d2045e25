"""Training lowers its cost, survives interruptions, and leaves whole policies that know whose they are."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import WeightsError
from robolab.core.rng import stream
from robolab.kernels.compiled_data import CARRIED
from robolab.learning.cell import Cell, cell_of
from robolab.learning.identity import PROCESSOR
from robolab.learning.policy import METRICS, WEIGHTS, Policy
from robolab.learning.problem_sets import source_of, unseen_pairs
from robolab.learning.problems import build_pool
from robolab.learning.processor import layout_of
from robolab.learning.refine import refine
from robolab.learning.sitting import folder_of
from robolab.learning.train import Options, train_policy
from robolab.learning.trainer import Trainer
from robolab.scene.realise import realise
from robolab.scene.spec import SceneSpec
from tests.unit.learning.conftest import small_scene, tiny_recipe


def _trainer(cell: Cell, **changes: object) -> Trainer:
    pool = build_pool(cell, 40, stream(1, "pool"))
    recipe = tiny_recipe(**changes)
    return Trainer(cell, recipe, layout_of(cell, pool.flat), source_of(cell, pool, recipe), seed=1)


@pytest.fixture(scope="module")
def folder(scene: SceneSpec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("policies") / "small"
    told: list[str] = []
    train_policy(scene, out, 0.02, 1, tiny_recipe(), Options(say=told.append))
    assert any("held-out" in line for line in told)
    return out


def test_training_lowers_the_cost(cell: Cell) -> None:
    trainer = _trainer(cell, batch=32, replay=0.0, rate=3e-3, most_trouble=50.0)
    costs = [trainer.step(0.0).loss for _ in range(60)]
    assert np.mean(costs[-15:]) < 0.9 * np.mean(costs[:15])


def test_same_seed_same_weights(cell: Cell) -> None:
    both = []
    for _ in range(2):
        trainer = _trainer(cell)
        for _ in range(3):
            trainer.step(0.1)
        both.append(torch.cat([p.flatten() for p in trainer.network.parameters()]))
    assert torch.equal(*both)


def test_an_interrupted_run_resumes(scene: SceneSpec, tmp_path: Path) -> None:
    out = tmp_path / "small"

    def interrupt(text: str) -> None:
        if "measuring" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_policy(scene, out, 0.01, 1, tiny_recipe(), Options(say=interrupt))
    assert not out.exists()
    assert (folder_of(out) / "state.json").is_file()
    train_policy(scene, out, 0.01, 1, tiny_recipe(), Options(resume=True))
    metrics = json.loads((out / METRICS).read_text())
    assert len(metrics["learning_curve"]) >= 2
    assert not folder_of(out).exists()


def test_a_run_says_when_it_stopped_improving(
    scene: SceneSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("robolab.learning.session.REPORT_EVERY", 0.0)
    monkeypatch.setattr("robolab.learning.session._LEAST_STEPS", 40)
    monkeypatch.setattr("robolab.learning.learning_curve._BETTER_SHARE", 2.0)
    monkeypatch.setattr("robolab.learning.learning_curve._BETTER_COST", 2.0)
    told: list[str] = []
    options = Options(say=told.append)
    out = train_policy(scene, tmp_path / "small", 0.01, 1, tiny_recipe(), options)
    assert sum("no better since step 3" in line for line in told) == 1
    assert json.loads((out / METRICS).read_text())["stopped_improving_at"] == 3
    assert "No better since step 3." in (out / "CARD.md").read_text()


def test_a_policy_folder_is_whole_and_loads_for_realised_scenes(folder: Path, cell: Cell) -> None:
    assert {p.name for p in folder.iterdir()} == {
        "recipe.yaml", "weights.safetensors", "processor.json", "certainty.json", "metrics.json", "CARD.md",
    }  # fmt: skip
    metrics = json.loads((folder / METRICS).read_text())
    assert metrics["unseen"]["problems"] == 8
    assert (
        0.0
        <= metrics["unseen"]["solved_by_network_alone"]
        <= metrics["unseen"]["solved_with_refinement"]
        <= 1.0
    )
    card = (folder / "CARD.md").read_text()
    assert "robolab train small" in card
    assert "## How sure it is" in card
    policy = Policy.load(folder, realise(cell.scene, 5), cell.robot)
    assert policy.certainty is not None
    assert policy.certainty.fitted_on.model_dump() == metrics["certainty"]["fitted_on"]


def test_proposals_keep_ends_and_limits(folder: Path, cell: Cell) -> None:
    policy = Policy.load(folder, cell.scene, cell.robot)
    pairs = unseen_pairs(cell, 1, carrying=False)
    start, goals = pairs.start[0].astype(float), np.tile(pairs.goal[0].astype(float), (2, 1))
    points = policy.propose(start, goals, pairs.situations)
    assert points.shape == (2, 2, 9, 6)
    assert np.array_equal(points[0, 0, 0], start)
    assert np.array_equal(points[1, 1, -1], goals[1])
    assert np.all((points >= cell.robot.limits.lower) & (points <= cell.robot.limits.upper))


def test_situations_say_what_is_held_and_what_stands_where(folder: Path, cell: Cell) -> None:
    policy = Policy.load(folder, cell.scene, cell.robot)
    standing = policy.situation({"carton": np.eye(4), "unknown": np.eye(4)}, None)
    assert standing.present.tolist() == [[True]]
    assert standing.carried.tolist() == [-1]
    held = policy.situation({}, "carton")
    assert held.present.tolist() == [[False]]
    assert held.carried.tolist() == [0]
    assert held.cosine[0] > 0.7 > standing.cosine[0]


def test_refinement_lowers_the_cost(folder: Path, cell: Cell) -> None:
    policy = Policy.load(folder, cell.scene, cell.robot)
    pairs = unseen_pairs(cell, 6, carrying=False)
    points = np.concatenate(
        [policy.propose(a.astype(float), b[None].astype(float), pairs.situations.take([i]))
         for i, (a, b) in enumerate(zip(pairs.start, pairs.goal, strict=True))]
    )  # fmt: skip
    better = refine(points, pairs.situations, policy.objective, 15)
    s = np.linspace(0, 1, 50)
    cost = [
        policy.objective(torch.tensor(p, dtype=torch.float32), pairs.situations, s).cost
        for p in (points, better)
    ]
    assert cost[1].mean() < cost[0].mean()
    np.testing.assert_array_equal(points[:, :, [0, -1]], better[:, :, [0, -1]])


@pytest.mark.parametrize("keep", [0, 7, 1000])
def test_weights_cut_short_are_refused(folder: Path, cell: Cell, tmp_path: Path, keep: int) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:keep])
    with pytest.raises(WeightsError, match=r"weights\.safetensors"):
        Policy.load(broken, cell.scene, cell.robot)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"for": {}}'])
def test_a_damaged_processor_is_refused(
    folder: Path, cell: Cell, tmp_path: Path, content: str
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / PROCESSOR).write_text(content)
    with pytest.raises(WeightsError):
        Policy.load(broken, cell.scene, cell.robot)


def test_a_policy_of_another_scene_is_refused_by_name(folder: Path, cell: Cell) -> None:
    other = small_scene(name="other", floor_height=-0.5)
    with pytest.raises(WeightsError, match=r"'small'.*'other'"):
        Policy.load(folder, other, cell.robot)


def test_nothing_there_is_refused(cell: Cell, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        Policy.load(tmp_path / "none", cell.scene, cell.robot)
    assert cell_of(cell.scene, cell.robot).names == ("carton",)
    assert CARRIED not in cell.robot.spheres.body
