"""Workers hand everything over, in order, whoever dies; the same problems come from any number of them."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from robolab import __version__
from robolab.core.errors import SceneError, WorkersError
from robolab.core.rng import stream
from robolab.learning import ray_workers
from robolab.learning.cell import Cell
from robolab.learning.evaluate import figures
from robolab.learning.feed import Feed
from robolab.learning.policy import Policy
from robolab.learning.pools import gather_pool
from robolab.learning.problem_sets import source_of, unseen_pairs
from robolab.learning.problems import Pool, build_pool
from robolab.learning.processor import layout_of
from robolab.learning.train import Options, train_policy
from robolab.learning.trial import outcomes
from robolab.learning.workers import Local, Processes, Workers
from robolab.scene.spec import SceneSpec
from tests.unit.learning.conftest import tiny_recipe
from tests.unit.learning.jobs import DieOnce, Square, die, process, refuse

ORPHANS = """
import itertools, sys
from robolab.learning.workers import Processes
from tests.unit.learning.jobs import process
if __name__ == "__main__":
    workers = Processes(2)
    for pid in workers.map(process, itertools.count()):
        print(pid, flush=True)
"""


@pytest.fixture(scope="module")
def pool(cell: Cell) -> Pool:
    return build_pool(cell, 40, stream(1, "pool"))


@pytest.fixture(scope="module", autouse=True)
def _importable() -> Iterator[None]:
    """Let other processes import these tests' jobs: they begin with this one's search path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).resolve().parents[3])
        yield


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with closing(Processes(2)) as workers:
        yield workers


def test_this_process_does_a_unit_when_its_result_is_asked_for() -> None:
    workers = Local()
    results = workers.map(Square(), itertools.count())
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    assert (workers.tally.asked, workers.tally.delivered) == (3, 3)


def test_processes_hand_over_in_order_and_more_than_one_works(processes: Processes) -> None:
    assert list(processes.map(Square(), range(20))) == [k * k for k in range(20)]
    assert len(set(processes.map(process, range(20)))) == 2
    assert processes.tally.delivered == processes.tally.asked == 40


def test_two_rows_of_units_do_not_get_mixed(processes: Processes) -> None:
    first, second = (processes.map(Square(), itertools.count(k)) for k in (0, 100))
    got = [(next(first), next(second)) for _ in range(5)]
    assert got == [(k * k, (100 + k) ** 2) for k in range(5)]


def test_an_error_of_a_job_arrives_as_itself(processes: Processes) -> None:
    with pytest.raises(SceneError, match="unit: cannot be done"):
        list(processes.map(refuse, range(3)))


@pytest.mark.slow
def test_what_a_dead_worker_had_in_hand_is_done_again(tmp_path: Path) -> None:
    with closing(Processes(2)) as workers:
        results = list(workers.map(DieOnce(5, tmp_path / "died"), range(12)))
        assert results == [k * k for k in range(12)]
        assert (tmp_path / "died").exists()
        assert workers.tally.redone >= 1
        assert workers.tally.delivered == 12


@pytest.mark.slow
def test_a_unit_that_kills_every_worker_ends_in_one_error() -> None:
    with closing(Processes(1)) as workers, pytest.raises(WorkersError, match="died 6 times"):
        list(workers.map(die, range(2)))


def test_workers_do_not_outlive_a_killed_parent() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = {int(parent.stdout.readline()) for _ in range(20)}
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20.0
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.1)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_the_problems_do_not_depend_on_who_draws_them(
    cell: Cell, pool: Pool, processes: Processes
) -> None:
    source = source_of(cell, pool, tiny_recipe())
    taken = []
    for workers in (Local(), processes):
        feed = Feed(source, 3, 64, workers)
        taken.append([feed.take(count) for count in (40, 20, 10, 64, 5)])
        assert feed.place == (3, 5)  # remainders of 4 and 54 were passed over
    for a, b in zip(*taken, strict=True):
        np.testing.assert_array_equal(a.start, b.start)
        np.testing.assert_array_equal(a.situations.p, b.situations.p)


def test_a_feed_goes_on_from_its_place(cell: Cell, pool: Pool) -> None:
    source = source_of(cell, pool, tiny_recipe())
    first, second = (Feed(source, 3, 64, Local()) for _ in range(2))
    for _ in range(3):
        first.take(30)
    second.seek(first.place)
    np.testing.assert_array_equal(first.take(30).goal, second.take(30).goal)
    np.testing.assert_array_equal(first.take(64).goal, second.take(64).goal)


@pytest.mark.slow
def test_pool_and_figures_do_not_depend_on_who_works(
    cell: Cell, pool: Pool, processes: Processes
) -> None:
    hands: tuple[Workers, ...] = (Local(), processes)
    mine, theirs = (gather_pool(cell, 60, 2, workers, 1e9).solutions for workers in hands)
    np.testing.assert_allclose(mine, theirs, atol=1e-5)  # threads sum in another order
    policy = Policy.build(cell, tiny_recipe(), layout_of(cell, pool.flat))
    pairs = unseen_pairs(cell, 25, carrying=False)
    found = [figures(outcomes(policy, pairs, workers)) for workers in hands]
    shares = [{k: v for k, v in row.items() if "seconds" not in k} for row in found]
    assert shares[0] == shares[1]
    assert shares[0]["problems"] == 25
    assert 0.0 < shares[0]["straight_line_free"] < 1.0


@pytest.mark.slow
def test_training_goes_on_when_a_worker_dies(scene: SceneSpec, tmp_path: Path) -> None:
    told: list[str] = []
    with closing(Processes(2)) as workers:
        killed: list[int] = []

        def kill(done: float, total: float) -> None:
            if not killed and done > 0.3 * total:
                killed.append(next(iter(workers._executor._processes)))
                os.kill(killed[0], signal.SIGKILL)

        options = Options(workers=workers, say=told.append, advance=kill)
        out = train_policy(scene, tmp_path / "small", 0.08, 1, tiny_recipe(batch=256), options)
        assert killed
        assert workers.tally.redone >= 1
    assert (out / "CARD.md").is_file()
    assert "2 processes" in (out / "CARD.md").read_text()


def test_a_cluster_needs_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(WorkersError, match=r"--cluster: Ray is not installed.*robolab\[cluster\]"):
        ray_workers.RayCluster("auto")


def test_a_node_of_another_version_refuses() -> None:
    with pytest.raises(WorkersError, match=r"another version of robolab.*expected 0\.0\.0"):
        ray_workers._do("0.0.0", Square(), 2)
    assert ray_workers._do(__version__, Square(), 2) == 4
