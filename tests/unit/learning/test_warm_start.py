"""A warm start computes what the other policy computes, wherever the two cells mean the same."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import BadInput, WeightsError
from robolab.core.files import write_bytes
from robolab.core.rng import stream
from robolab.learning import weights
from robolab.learning.cell import Cell, cell_of
from robolab.learning.policy import METRICS, WEIGHTS, Policy, write
from robolab.learning.problems import Pairs, PairSource, build_pool
from robolab.learning.processor import Processor, layout_of
from robolab.learning.propose import new_network, propose
from robolab.learning.train import Options, train_policy
from robolab.learning.warm_start import warm_start
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.scene.spec import SceneSpec
from tests.unit.learning.conftest import minutes_had, small_scene, tiny_recipe

RECIPE = tiny_recipe()


@pytest.fixture(scope="module")
def pairs(cell: Cell) -> Pairs:
    pool = build_pool(cell, 40, stream(1, "pool"))
    return PairSource(cell, pool, 0.4, 0.3, 0.0, 0.5).draw(32, stream(1, "pairs"))


@pytest.fixture(scope="module")
def folder(cell: Cell, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy whose weights are all at random, so that nothing is equal by being zero."""
    pool = build_pool(cell, 40, stream(1, "pool"))
    policy = Policy.build(cell, RECIPE, layout_of(cell, pool.flat))
    generator = torch.Generator().manual_seed(5)
    for value in policy.network.parameters():
        value.copy_((0.2 * torch.randn(value.shape, generator=generator)).half().float())
    folder = tmp_path_factory.mktemp("policies") / "small"
    folder.mkdir()
    metrics = {"learning_curve": [[float(k), 10.0 * k, 3.0, 0.4 + 0.01 * k] for k in range(1, 9)]}
    write(folder, policy, {"command": "none"}, metrics, "card")
    return folder


def _curves(cell: Cell, network: object, layout: object, pairs: Pairs) -> torch.Tensor:
    processor = Processor(layout, cell, cell.cost(RECIPE.slack))  # type: ignore[arg-type]
    with torch.inference_mode():
        return propose(network, processor, pairs, 1)  # type: ignore[arg-type]


def test_the_same_arm_does_the_same_in_other_scales(cell: Cell, folder: Path, pairs: Pairs) -> None:
    old = Policy.load(folder, cell.scene, cell.robot)
    layout = replace(
        old.layout,
        middle=tuple(x + 0.3 for x in old.layout.middle),
        scale=tuple(1.7 * x for x in old.layout.scale),
        centre=(0.1, -0.2, 0.3),
        size=2.0 * old.layout.size,
    )
    network = new_network(RECIPE, layout, seed=9)
    taken = warm_start(folder, cell, RECIPE, layout, network)
    assert taken.numbers == 1.0
    assert taken.inputs == (layout.width, layout.width)
    expected = _curves(cell, old.network, old.layout, pairs)
    torch.testing.assert_close(
        _curves(cell, network, layout, pairs), expected, atol=2e-4, rtol=1e-3
    )


def test_objects_are_matched_by_name_and_unknown_ones_change_nothing_yet(
    cell: Cell, folder: Path, pairs: Pairs
) -> None:
    scene = small_scene()
    ball = scene.objects[1].model_copy(update={"name": "another"})
    more = cell_of(scene.model_copy(update={"objects": (ball, *scene.objects)}), cell.robot)
    old = Policy.load(folder, cell.scene, cell.robot)
    layout = replace(old.layout, movables=more.names)
    network = new_network(RECIPE, layout, seed=9)
    taken = warm_start(folder, more, RECIPE, layout, network)
    assert taken.fresh == ("another",)
    assert taken.inputs == (layout.width - 7, layout.width)
    assert "new to it: another" in str(taken)
    place, s = more.names.index("carton"), pairs.situations
    X = np.tile(np.eye(4), (len(pairs), 2, 1, 1))
    X[:, place, :3, :3], X[:, place, :3, 3] = s.R[:, 0], s.p[:, 0]
    present = np.zeros((len(pairs), 2), bool)
    present[:, place] = s.present[:, 0]
    theirs = more.situations(X, present, np.where(s.carried == 0, place, -1))
    got = _curves(more, network, layout, Pairs(pairs.start, pairs.goal, theirs))
    torch.testing.assert_close(
        got, _curves(cell, old.network, old.layout, pairs), atol=1e-4, rtol=1e-3
    )


def test_another_number_of_joints_leaves_the_trunk(folder: Path) -> None:
    scene = load_scene("panda_table")
    other = cell_of(scene, load_robot(scene.robot, scene.folder))
    layout = layout_of(other, np.tile(other.robot.home, (4, 1)))
    network, fresh = (new_network(RECIPE, layout, seed=9) for _ in range(2))
    taken = warm_start(folder, other, RECIPE, layout, network)
    assert not taken.outputs
    assert 0.0 < taken.numbers < 0.6
    old = weights.read(folder / WEIGHTS)
    kept = network.state_dict()["blocks.0.rise.weight"]
    assert torch.equal(kept, old["blocks.0.rise.weight"].float())
    assert torch.equal(network.leave.weight, fresh.leave.weight)
    assert torch.equal(network.leave.bias, fresh.leave.bias)


def test_a_network_of_another_size_and_no_policy_are_refused(
    cell: Cell, folder: Path, tmp_path: Path
) -> None:
    recipe = tiny_recipe(width=48)
    layout = Policy.load(folder, cell.scene, cell.robot).layout
    with pytest.raises(WeightsError, match=r"width: .*got 32.*expected 48"):
        warm_start(folder, cell, recipe, layout, new_network(recipe, layout, 0))
    with pytest.raises(WeightsError, match="cannot be read"):
        warm_start(tmp_path, cell, RECIPE, layout, new_network(RECIPE, layout, 0))
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    tensors = weights.read(folder / WEIGHTS)
    tensors["enter.weight"] = tensors["enter.weight"][:, :-1]
    write_bytes(broken / WEIGHTS, weights.to_bytes(tensors))
    with pytest.raises(WeightsError, match=r"enter\.weight: has another shape"):
        warm_start(broken, cell, RECIPE, layout, new_network(RECIPE, layout, 0))


def test_the_card_shows_both_curves(folder: Path, tmp_path: Path) -> None:
    out, told = tmp_path / "warm", list[str]()
    options = Options(warm=folder, compare=folder, say=told.append)
    train_policy(small_scene(floor_height=-0.5), out, 0.02, 2, tiny_recipe(), options)
    assert any("begins with 100%" in line for line in told)
    card = (out / "CARD.md").read_text()
    assert "Began with 100% of the network from the policy of 'small' (ur10e)" in card
    assert "--warm-start small" in card
    assert "| held-out problems solved | steps, this run | steps, from nothing (small) |" in card
    assert (out / "learning_curves.svg").read_text().count("<polyline") == 2
    metrics = json.loads((out / METRICS).read_text())
    assert metrics["warm_start"]["robot"] == "ur10e"
    assert len(metrics["compared"]["curve"]) == 8


def test_a_finished_policy_goes_on_with_its_curve(scene: SceneSpec, tmp_path: Path) -> None:
    out, told = tmp_path / "small", list[str]()
    train_policy(scene, out, 0.02, 1, tiny_recipe())
    before = json.loads((out / METRICS).read_text())["learning_curve"]
    with pytest.raises(BadInput, match=r"--minutes: the policy has had .* already"):
        train_policy(scene, out, 0.01, 1, tiny_recipe(), Options(resume=True))
    more = minutes_had(out) + 0.02
    train_policy(scene, out, more, 1, tiny_recipe(), Options(resume=True, say=told.append))
    after = json.loads((out / METRICS).read_text())["learning_curve"]
    assert after[: len(before)] == before
    assert after[-1][1] > before[-1][1]
    assert any("begins with 100%" in line for line in told)


def test_what_cannot_be_compared_with_is_refused_before_training(
    scene: SceneSpec, tmp_path: Path
) -> None:
    for text in (None, "{}", '{"learning_curve": []}', '{"learning_curve": [[1, 2]]}'):
        file = tmp_path / "metrics.json"
        if text is not None:
            file.write_text(text)
        with pytest.raises(WeightsError, match=r"metrics\.json: holds"):
            train_policy(scene, tmp_path / "out", 5.0, 1, tiny_recipe(), Options(compare=file))
    assert not (tmp_path / "out").exists()
