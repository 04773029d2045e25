"""A Ray cluster does the same work; a node that goes costs its units, not the run. Skipped where Ray is not installed."""

import itertools
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import SceneError, WorkersError
from robolab.core.rng import stream
from robolab.learning.cell import Cell
from robolab.learning.feed import Feed
from robolab.learning.problem_sets import source_of
from robolab.learning.problems import build_pool
from robolab.learning.train import Options, train_policy
from robolab.learning.workers import Local
from robolab.scene.spec import SceneSpec
from tests.unit.learning.conftest import tiny_recipe
from tests.unit.learning.jobs import Square, refuse

pytest.importorskip("ray", reason="Ray is not installed (extra `cluster`)")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Ray's own
]
NODE: dict[str, Any] = {"num_cpus": 2, "object_store_memory": 80 * 1024**2}


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head that does the asking only, to which each test adds nodes."""
    from ray.cluster_utils import Cluster  # pyright: ignore[reportMissingImports]

    # Nodes begin in another folder; they find these tests as a user's installed package.
    root = str(Path(__file__).resolve().parents[3])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))
        head = {**NODE, "num_cpus": 0, "include_dashboard": False}
        made = Cluster(initialize_head=True, head_node_args=head)
        try:
            yield made
        finally:
            made.shutdown()


def _ray_cluster(address: str) -> Any:
    from robolab.learning.ray_workers import RayCluster

    return closing(RayCluster(address))


def test_a_node_removed_in_the_middle_loses_nothing(cluster: Any, cell: Cell) -> None:
    cluster.add_node(**NODE)
    second = cluster.add_node(**NODE)
    with _ray_cluster(cluster.address) as workers:
        assert "3 nodes" in str(workers)
        results = workers.map(Square(seconds=0.3), range(40))
        got = [next(results) for _ in range(4)]
        cluster.remove_node(second)
        got += list(results)
        assert got == [k * k for k in range(40)]
        assert workers.tally.asked == workers.tally.delivered == 40
        with pytest.raises(SceneError, match=r"^unit: cannot be done \(got 0\)$"):
            list(workers.map(refuse, range(2)))
        pool = build_pool(cell, 40, stream(1, "pool"))
        source = source_of(cell, pool, tiny_recipe())
        mine, theirs = (Feed(source, 3, 64, hands) for hands in (Local(), workers))
        for _ in range(3):
            np.testing.assert_array_equal(mine.take(50).start, theirs.take(50).start)


def test_training_finishes_when_a_node_goes(cluster: Any, scene: SceneSpec, tmp_path: Path) -> None:
    cluster.add_node(**NODE)
    second = cluster.add_node(**NODE)
    gone: list[float] = []

    def remove(done: float, total: float) -> None:
        if not gone and done > 0.3 * total:
            gone.append(done)
            cluster.remove_node(second)

    with _ray_cluster(cluster.address) as workers:
        options = Options(workers=workers, advance=remove)
        out = train_policy(scene, tmp_path / "small", 0.3, 1, tiny_recipe(batch=256), options)
        asked, delivered = workers.tally.asked, workers.tally.delivered
    assert gone
    # All but what was under way in advance when the training ended.
    assert 0 <= asked - delivered <= 3 * 2 * 4
    assert "Ray cluster" in (out / "CARD.md").read_text()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no-such-host.invalid:6379", "nonsense:port"])
def test_an_address_that_does_not_answer_is_told_at_once(address: str) -> None:
    began = time.monotonic()
    with pytest.raises(WorkersError, match=f"--cluster: .*{address}"):
        _ray_cluster(address)
    assert time.monotonic() - began < 10.0


def test_something_else_at_the_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robolab.learning.ray_workers._ANSWER_SECONDS", 5.0)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(WorkersError, match="no Ray cluster answers: no answer within 5 s"):
            _ray_cluster(address)


def test_units_may_be_endless(cluster: Any) -> None:
    cluster.add_node(**NODE)
    with _ray_cluster(cluster.address) as workers:
        squares = workers.map(Square(), itertools.count())
        assert [next(squares) for _ in range(30)] == [k * k for k in range(30)]
