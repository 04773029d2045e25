"""Measure training by gradients through distances against learning by trial: success against wall-clock.

    pip install -e '.[train-rl]'
    python scripts/bench/bench_trial.py iiwa_posts --minutes 6 --sac-minutes 60 --threads 1 --out trial.json

The same unseen pairs, one after the other on the same cores: first soft actor-critic with hindsight replay
(stable-baselines3), whose motion counts when every joint move passes the exact check and it ends within 0.1 rad of the
goal; then this repository's training, the network's own proposals put to the same check. Collecting poses counts
as training time; evaluating does not. The result and its drawing (.svg) are written anew after each evaluation.

Counted as `checked` is every configuration whose clearance or contact is evaluated (with or without its gradient):
at drawing poses and pairs, along curves, in what either network is told, and each at which the exact check
of a joint move looks. `kinematics` are those of inverse kinematics, evaluated without clearance.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from provenance import provenance
from trial_drawing import drawing
from trial_env import CONTACT, LONGEST, STEP, TOLERANCE, Count, Ground, TrialEnv

from robolab.core.files import write_json, write_text
from robolab.kernels.batched import BatchedRobot
from robolab.kernels.batched_cost import ClearanceCost
from robolab.learning.cell import Cell, cell_of
from robolab.learning.exact import checker_for, straight_free_exactly
from robolab.learning.policy import Policy
from robolab.learning.pools import gather_pool
from robolab.learning.problem_sets import source_of, unseen_pairs
from robolab.learning.problems import SOLUTIONS, Pairs, Pool
from robolab.learning.processor import layout_of
from robolab.learning.rank import rank
from robolab.learning.recipe import Recipe
from robolab.learning.trainer import Trainer
from robolab.learning.workers import Local
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.trajectory.polynomial import from_bernstein

MARKS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0)
"""Minutes of training at which both are evaluated."""

Row = dict[str, float]


@contextmanager
def counting(count: Count) -> Iterator[None]:
    """Count every configuration that goes through the batched clearances and the batched Jacobians."""
    numbers, jacobian = ClearanceCost.numbers, BatchedRobot.jacobian

    def counted_numbers(self: ClearanceCost, q: Any, situations: Any) -> Any:
        count.checked += len(q)
        return numbers(self, q, situations)

    def counted_jacobian(self: BatchedRobot, q: Any) -> Any:
        count.kinematics += len(q)
        return jacobian(self, q)

    ClearanceCost.numbers, BatchedRobot.jacobian = counted_numbers, counted_jacobian
    try:
        yield
    finally:
        ClearanceCost.numbers, BatchedRobot.jacobian = numbers, jacobian


@dataclass
class Clock:
    """Training time and counts, without what evaluating takes."""

    minutes: float
    count: Count
    evaluating: Count = field(default_factory=Count)
    began: float = field(default_factory=time.monotonic)
    paused: float = 0.0
    used: float = field(default_factory=time.process_time)

    def __post_init__(self) -> None:
        self._marks = [m for m in MARKS if m < self.minutes] + [self.minutes]

    @property
    def elapsed(self) -> float:
        """Minutes of training."""
        return (time.monotonic() - self.began - self.paused) / 60.0

    @property
    def cpu(self) -> float:
        """Minutes that the cores worked on training: twice the others where both had nothing else to do."""
        return (time.process_time() - self.used) / 60.0

    @property
    def due(self) -> bool:
        """Whether an evaluation is."""
        return bool(self._marks) and self.elapsed >= self._marks[0]

    @property
    def over(self) -> bool:
        return not self._marks

    @contextmanager
    def evaluation(self) -> Iterator[Row]:
        """Stand still; what the row is given is completed with time and counts so far."""
        row: Row = {"minutes": self.elapsed, "cpu_minutes": self.cpu}
        stopped, before = time.monotonic(), Count(**asdict(self.count))
        working = time.process_time()
        self._marks.pop(0)
        yield row
        row |= {f"configurations_{key}": value for key, value in asdict(before).items()}
        self.evaluating.checked += self.count.checked - before.checked
        self.evaluating.kinematics += self.count.kinematics - before.kinematics
        self.count.checked, self.count.kinematics = before.checked, before.kinematics
        row["configurations_checked_in_evaluation"] = self.evaluating.checked
        self.paused += time.monotonic() - stopped
        self.used += time.process_time() - working


def solved_alone(policy: Policy, pairs: Pairs) -> float:
    """Share of problems of which one of the network's proposals is free by the exact check."""
    solved = 0
    for k in range(len(pairs)):
        one = pairs.take(np.array([k]))
        checker = checker_for(policy.cell, one.situations, 0)
        points = policy.propose(one.start[0].astype(float), one.goal.astype(float), one.situations)
        order = rank(points, one.situations, policy.objective).order
        solved += any(checker.curve_free(from_bernstein(points[g, c])) for g, c in order)
    return solved / len(pairs)


def ours(cell: Cell, clock: Clock, seed: int, pairs: Pairs) -> Generator[Row]:
    """Train as `robolab train` does; yields a row at each mark."""
    recipe, seconds = Recipe(), clock.minutes * 60.0
    pool = gather_pool(cell, recipe.pool, seed, Local(), recipe.pool_share * seconds)
    layout = layout_of(cell, pool.flat)
    trainer = Trainer(cell, recipe, layout, source_of(cell, pool, recipe), seed)
    while not clock.over:
        trainer.step(min(clock.elapsed / clock.minutes, 1.0))
        if clock.due:
            with clock.evaluation() as row:
                policy = Policy.build(cell, recipe, layout)
                policy.network.load_state_dict(trainer.average.state_dict())
                row |= {"success": solved_alone(policy, pairs), "steps": trainer.step_count}
            yield row


def by_trial(cell: Cell, clock: Clock, seed: int, pairs: Pairs, told: Any) -> None:
    """Train soft actor-critic; `told` gets a row at each mark."""
    import trial_sac

    recipe = Recipe()
    room = recipe.pool_share * clock.minutes * 60.0
    pool = gather_pool(cell, recipe.pool, seed, Local(), room)
    ground = Ground(cell, clock.count)
    model = trial_sac.agent(ground, source_of(cell, pool, recipe), seed)

    def due() -> bool:
        if clock.due:
            with clock.evaluation() as row:
                row |= trial_sac.success(model, ground, pairs)
                row |= {"steps": model.num_timesteps, "gradient_steps": model._n_updates}  # pyright: ignore[reportPrivateUsage]
            told(row)
        return clock.over

    trial_sac.train(model, due)


def warm_up(cell: Cell, pairs: Pairs) -> None:
    """Compile everything before anything is timed."""
    recipe = Recipe()
    pool = Pool(np.repeat(pairs.goal[:, None].astype(float), SOLUTIONS, axis=1))
    source = source_of(cell, pool, recipe)
    layout = layout_of(cell, pool.flat)
    Trainer(cell, recipe, layout, source, 0).step(0.0)
    solved_alone(Policy.build(cell, recipe, layout), pairs.take(np.arange(2)))
    env = TrialEnv(Ground(cell, Count()), source)
    env.reset()
    env.step(env.action_space.sample())


@dataclass
class Record:
    """The result so far, written whole after every row."""

    out: Path
    result: dict[str, Any]

    def add(self, name: str, row: Row) -> None:
        self.result["curves"].setdefault(name, []).append(row)
        self.result["compared"] = compared(self.result["curves"])
        write_json(self.out, self.result)
        write_text(self.out.with_suffix(".svg"), drawing(self.result["curves"]))
        print(name, {key: round(value, 3) for key, value in row.items()}, flush=True)


def compared(curves: dict[str, list[Row]]) -> dict[str, Any]:
    """When ours first had the success that the other has last, and the best that it ever had."""
    if len(curves) < 2:
        return {}
    last = curves["sac"][-1]
    best = max(curves["sac"], key=lambda row: row["success"])
    return {
        "last": _reached(curves["ours"], last, last),
        "best": _reached(curves["ours"], best, last),
    }


def _reached(mine: list[Row], other: Row, last: Row) -> dict[str, Any]:
    first = next((row for row in mine if row["success"] >= other["success"]), None)
    return {
        "success": other["success"],
        "sac_minutes": other["minutes"],
        "sac_configurations": other["configurations_checked"],
        "ours_minutes": first and first["minutes"],
        "ours_configurations": first and first["configurations_checked"],
        "share_of_its_hour": first and first["minutes"] / last["minutes"],
    }


def header(given: argparse.Namespace, cell: Cell, pairs: Pairs) -> dict[str, Any]:
    import trial_sac

    return {
        "scene": cell.scene.name,
        **provenance("torch", "gymnasium", "stable-baselines3", "numba", seed=given.seed),
        "problems": len(pairs),
        "straight_line_free": float(straight_free_exactly(cell, pairs).mean()),
        "sac": {
            **trial_sac.SETTINGS,
            **trial_sac.HINDSIGHT,
            "environments": trial_sac.ENVS,
            "network": trial_sac.NETWORK,
            "tolerance": TOLERANCE,
            "step": STEP,
            "longest_episode": LONGEST,
            "contact_reward": CONTACT,
        },
        "ours": Recipe().model_dump(),
        "curves": {},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scene", help="a scene without movable objects")
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--sac-minutes", type=float, default=60.0)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2, help="torch's, for both")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("trial.json"))
    given = parser.parse_args()
    if find_spec("stable_baselines3") is None:
        parser.exit(2, "stable-baselines3 is missing: pip install -e '.[train-rl]'\n")
    scene = load_scene(given.scene)
    cell = cell_of(scene, load_robot(scene.robot, scene.folder))
    if cell.movables:
        parser.error(f"{scene.name} has movable objects; the peer's environment knows none")
    torch.set_num_threads(given.threads)
    pairs = unseen_pairs(cell, given.problems, carrying=False)
    warm_up(cell, pairs)
    record = Record(given.out, header(given, cell, pairs))
    for name, minutes in (("sac", given.sac_minutes), ("ours", given.minutes)):
        clock = Clock(minutes, Count())
        with counting(clock.count):
            if name == "sac":
                by_trial(cell, clock, given.seed, pairs, lambda row: record.add("sac", row))
            elif minutes > 0.0:
                for row in ours(cell, clock, given.seed, pairs):
                    record.add("ours", row)


if __name__ == "__main__":
    main()
