"""Problems are what they promise: poses in the volume, ends clear, few free straight lines."""

from dataclasses import replace

import numpy as np
import pytest

from robolab.core.errors import SceneError
from robolab.core.rng import stream
from robolab.learning.cell import Cell, cell_digest, cell_of
from robolab.learning.exact import checker_for
from robolab.learning.poses import reach, sample_poses
from robolab.learning.problems import PairSource, Pool, build_pool, straight_free
from robolab.scene.realise import realise
from tests.unit.learning.conftest import small_scene


@pytest.fixture(scope="module")
def pool(cell: Cell) -> Pool:
    return build_pool(cell, 60, stream(1, "pool"))


def test_poses_lie_in_the_volume_and_point_along_its_axis(cell: Cell) -> None:
    volume = cell.scene.work_volume
    assert volume is not None
    X = sample_poses(volume, 500, stream(2, "poses"))
    inside = [
        np.all((X[:, :3, 3] >= b.low) & (X[:, :3, 3] <= b.high), axis=1) for b in volume.boxes
    ]
    assert np.all(inside[0] | inside[1])
    assert inside[0].any()
    assert inside[1].any()
    assert np.all(X[:, :3, 2] @ np.array(volume.axis) >= np.cos(np.deg2rad(volume.tilt_deg)) - 1e-9)
    np.testing.assert_allclose(
        X[:, :3, :3].transpose(0, 2, 1) @ X[:, :3, :3], np.tile(np.eye(3), (500, 1, 1)), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(X[:, :3, :3]), 1.0)


def test_solutions_reach_their_poses_within_limits(cell: Cell) -> None:
    volume = cell.scene.work_volume
    assert volume is not None
    X = sample_poses(volume, 200, stream(3, "poses"))
    q, index = reach(cell.robot, X, stream(3, "seeds"))
    assert len(q) > 60
    for one, i in zip(q[:40], index[:40], strict=True):
        np.testing.assert_allclose(cell.robot.fk(one), X[i], atol=3e-3)
    assert np.all((q >= cell.robot.limits.lower) & (q <= cell.robot.limits.upper))


def test_pairs_are_clear_at_both_ends_and_mostly_blocked_between(cell: Cell, pool: Pool) -> None:
    pairs = PairSource(cell, pool, 0.4, carrying=0.5, placed=0.5, near=0.5).draw(
        80, stream(4, "pairs")
    )
    for row in range(len(pairs)):
        checker = checker_for(cell, pairs.situations, row)
        assert checker.free(pairs.start[row].astype(float), -1e-4)
        assert checker.free(pairs.goal[row].astype(float), -1e-4)
    assert straight_free(cell.cost(0.01), pairs).mean() <= 0.45
    held = pairs.situations.carried >= 0
    assert 0 < held.sum() < len(pairs)
    assert not pairs.situations.present[held, pairs.situations.carried[held]].any()
    assert np.all(pairs.situations.cosine[~held] == -2.0)


def test_same_seed_same_problems(cell: Cell, pool: Pool) -> None:
    source = PairSource(cell, pool, 0.4, 0.3, 0.3, 0.5)
    first, second = source.draw(20, stream(5, "x")), source.draw(20, stream(5, "x"))
    np.testing.assert_array_equal(first.start, second.start)
    np.testing.assert_array_equal(first.situations.p, second.situations.p)


def test_a_scene_without_a_work_volume_is_refused(cell: Cell) -> None:
    bare = cell_of(small_scene(work_volume=None), cell.robot)
    with pytest.raises(SceneError, match="work_volume"):
        build_pool(bare, 10, stream(1, "pool"))


def test_the_digest_knows_what_matters(cell: Cell) -> None:
    scene, robot = cell.scene, cell.robot
    digest = cell_digest(scene, robot)
    assert cell_digest(realise(scene, 3), robot) == digest
    assert cell_digest(small_scene(view={"fov_deg": 30.0}), robot) == digest
    assert (
        cell_digest(
            scene, replace(robot, motors=replace(robot.motors, viscous=robot.motors.viscous + 1.0))
        )
        == digest
    )
    assert (
        cell_digest(
            scene, replace(robot, limits=replace(robot.limits, upper=robot.limits.upper - 0.1))
        )
        != digest
    )
    assert cell_digest(small_scene(floor_height=-0.5), robot) != digest
    assert cell_digest(small_scene(requirements={"clearance": 0.02}), robot) != digest
