"""Problems in drawn surroundings: clear at both ends, near things, different from scene to scene, and measured exactly."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import SceneError
from robolab.core.rng import stream
from robolab.learning.cell import Cell, cell_of
from robolab.learning.exact import checker_for, surroundings
from robolab.learning.furnished import FurnishedSource, draw_surroundings, rows_of, surrounded
from robolab.learning.policy import Policy
from robolab.learning.problem_sets import source_of
from robolab.learning.problems import Pool, free_of_fixed, straight_free
from robolab.learning.processor import PROBES, Layout, layout_of
from robolab.learning.propose import propose
from robolab.learning.train import recipe_for
from robolab.robots import load_robot
from robolab.scene.furniture import Piece, furnish
from robolab.scene.load import load_scene
from tests.unit.learning.conftest import tiny_recipe


@pytest.fixture(scope="module")
def open_cell() -> Cell:
    scene = load_scene("any_panda")
    return cell_of(scene, load_robot(scene.robot, Path()))


@pytest.fixture(scope="module")
def pool(open_cell: Cell) -> Pool:
    limits = open_cell.robot.limits
    q = stream(1, "pool").uniform(limits.lower, limits.upper, (4000, open_cell.dof))
    clear = q[free_of_fixed(open_cell, open_cell.cost(slack=0.01), q)]
    return Pool(clear[: len(clear) // 8 * 8].reshape(-1, 8, open_cell.dof))


@pytest.fixture(scope="module")
def source(open_cell: Cell, pool: Pool) -> FurnishedSource:
    found = source_of(open_cell, pool, recipe_for(open_cell.scene))
    assert isinstance(found, FurnishedSource)
    return found


def test_problems_repeat_with_the_stream_and_are_clear_at_both_ends(
    source: FurnishedSource,
) -> None:
    pairs, again = (source.draw(60, stream(2, "x")) for _ in range(2))
    assert len(pairs) == 60
    np.testing.assert_array_equal(pairs.goal, again.goal)
    np.testing.assert_array_equal(pairs.situations.solids, again.situations.solids)
    for q in (pairs.start, pairs.goal):
        assert np.all(source.cost.numbers(q, pairs.situations)["depth"] < 0.0)
    assert straight_free(source.cost, pairs).mean() <= source.free_share + 0.15
    tables = {pairs.situations.solids[k].tobytes() for k in range(60)}
    assert len(tables) > 5


def test_what_is_clear_by_spheres_is_clear_by_the_exact_check(
    open_cell: Cell, source: FurnishedSource
) -> None:
    pairs = source.draw(40, stream(3, "x"))
    touching: list[tuple[str, str]] = []
    for row in range(40):
        checker = checker_for(open_cell, pairs.situations, row)
        for q in (pairs.start[row], pairs.goal[row]):
            touching += checker.colliding_bodies(q.astype(float))
    # The arm's own spheres leave out a little of neighbouring wrist links; of what surrounds it they leave out nothing.
    assert not [pair for pair in touching if "piece" in "".join(pair)]
    assert len(touching) <= 2


def test_surroundings_that_leave_no_room_are_refused(
    source: FurnishedSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = Piece(False, np.full(3, 5.0), np.eye(4))
    monkeypatch.setattr("robolab.learning.furnished.furnish", lambda *_: [block])
    with pytest.raises(SceneError, match=r"randomisation\.furniture\.reach.*reach"):
        source.draw(10, stream(1, "x"))


def test_rows_and_obstacles_are_the_same_solids(open_cell: Cell) -> None:
    pieces = furnish(["table", "posts"], 0.85, np.random.default_rng(4))
    base = open_cell.robot.X_world_base
    situations = surrounded(open_cell, [rows_of(pieces, base)])
    obstacles = surroundings(open_cell, situations, 0)
    boxes = [base @ p.X for p in pieces if not p.cylinder]
    tubes = [p.half[:2] for p in pieces if p.cylinder]
    np.testing.assert_allclose(obstacles.box_pose, boxes, atol=1e-6)
    np.testing.assert_allclose(obstacles.cylinder_size, tubes, atol=1e-6)
    assert len({*obstacles.box_names, *obstacles.cylinder_names}) == len(pieces)


def test_a_network_is_told_of_every_solid(open_cell: Cell, pool: Pool) -> None:
    layout = layout_of(open_cell, pool.flat)
    assert layout.probes == PROBES
    assert Layout.from_json(vars(layout)) == layout
    with pytest.raises(ValueError, match="probes"):
        Layout.from_json(vars(layout) | {"probes": 3})
    policy = Policy.build(open_cell, tiny_recipe(), layout)
    situations = draw_surroundings(open_cell, 2, stream(5, "x"))
    start = np.zeros((2, open_cell.dof), np.float32)
    import torch

    ends = torch.from_numpy(start), torch.from_numpy(start + 1.0)
    told = policy.processor(*ends, situations)
    assert told.shape == (2, layout.width - layout.seen)
    probes = told[:, -PROBES - 1 : -1]
    assert probes.min() < 0.5
    assert not torch.equal(probes[0], probes[1])
    bare = policy.processor(*ends, replace(situations, solid_count=np.zeros(2, np.int64)))
    assert torch.all(bare[:, -PROBES - 1 : -1] == 1.0)


def test_proposals_keep_the_ends(source: FurnishedSource, open_cell: Cell, pool: Pool) -> None:
    policy = Policy.build(open_cell, tiny_recipe(), layout_of(open_cell, pool.flat))
    pairs = source.draw(4, stream(6, "x"))
    points = propose(policy.network, policy.processor, pairs, 2).numpy()
    np.testing.assert_allclose(points[:, 0, 0], pairs.start)
    np.testing.assert_allclose(points[:, 0, -1], pairs.goal)
