"""Teach the networks of one arm from its identified model, and try every estimator on lifts that none has seen.

Nothing is recorded for it: noise, friction and their spread are those that the arm's own unloaded logs have shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.batch import network_said
from robolab.estimation.contract import Estimate, Estimator, Sample
from robolab.estimation.fusion import FusionNetwork, Said, train_fusion
from robolab.estimation.learned import (
    HORIZON,
    SPAN_STEP,
    FusionEstimator,
    Learned,
    NetworkEstimator,
)
from robolab.estimation.least_squares import LeastSquares
from robolab.estimation.lifts import WAIT, Recordings, lifts, random_loads, record, smooth_all
from robolab.estimation.model import LoadModel
from robolab.estimation.network import LoadNetwork, facts_of, train
from robolab.estimation.payload import PayloadEstimator, arm_of
from robolab.estimation.payload_step import STEP, Seen, see
from robolab.learning.sitting import Sitting
from robolab.robots.model import RobotModel

PERIOD = 0.01
"""Of the recordings [s]."""
HORIZONS = (0.3, 0.5, 1.0)
"""From the beginning of the motion [s]."""
_CHUNK = 1000
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Lesson:
    """How much is taught.

    Attributes:
        recordings, steps: Lifts for the network, and steps of gradient.
        fusion_recordings, fusion_steps: For the fusion, lifts that the network has not seen.
        seed: Of everything.
    """

    recordings: int = 12_000
    steps: int = 4_000
    fusion_recordings: int = 8_000
    fusion_steps: int = 6_000
    seed: int = 0


@dataclass(frozen=True)
class Taught:
    """Lifts as the estimators see them: spans of shape (N, K, ...), and the true loads."""

    seen: Seen
    mass: Array
    com: Array

    @property
    def truth(self) -> Array:
        """Mass and mass times centre of mass, shape (N, 4)."""
        return np.concatenate([self.mass[:, None], self.mass[:, None] * self.com], axis=1)


def teach(
    robot: RobotModel,
    model: LoadModel,
    lesson: Lesson,
    progress: Progress = lambda _: None,
    sitting: Sitting | None = None,
) -> Learned:
    """Train the network, then its fusion with the filter on other lifts.

    Args:
        sitting: Where the lesson is kept, and gone on with.
    """
    arm = arm_of(model, robot)
    first = taught_lifts(robot, model, lesson.recordings, "network", lesson.seed, progress)

    facts = facts_of(arm, first.seen)
    network = train(
        facts,
        first.truth,
        lesson.steps,
        lesson.seed,
        tell=_teller("network", lesson.steps, progress),
        sitting=sitting,
    )
    second = taught_lifts(robot, model, lesson.fusion_recordings, "fusion", lesson.seed, progress)
    progress("weigh the lifts for the fusion")
    by_squares = weighed(robot, model, second.seen)
    by_network, elapsed = _network_over(network, robot, model, second)
    fusion = train_fusion(
        by_squares,
        by_network,
        elapsed,
        second.mass,
        second.com,
        lesson.fusion_steps,
        lesson.seed,
        tell=_teller("fusion", lesson.fusion_steps, progress),
        sitting=sitting,
    )
    return Learned(network, fusion)


def _teller(stage: str, steps: int, progress: Progress) -> Callable[[int, float], None]:
    """Report on every twentieth step of a stage."""

    def tell(step: int, loss: float) -> None:
        if step % 20 == 0:
            progress(f"{stage}, step {step} of {steps}, loss {loss:.2f}")

    return tell


def _network_over(
    network: LoadNetwork, robot: RobotModel, model: LoadModel, taught: Taught
) -> tuple[Said, Array]:
    """What a network says of lifts, and how long each motion lasts by then."""
    never = np.zeros(taught.seen.time.shape, bool)
    said, elapsed, _ = network_said(network, robot, model, taught.seen, never)
    return said, elapsed


def taught_fusion(
    robot: RobotModel,
    model: LoadModel,
    network: LoadNetwork,
    taught: Taught,
    by_squares: Said,
    steps: int,
    seed: int,
) -> FusionNetwork:
    """Train the fusion of a network with least squares, on lifts that the network has not learned from."""
    by_network, elapsed = _network_over(network, robot, model, taught)
    return train_fusion(by_squares, by_network, elapsed, taught.mass, taught.com, steps, seed)


def taught_lifts(
    robot: RobotModel, model: LoadModel, count: int, name: str, seed: int, progress: Progress
) -> Taught:
    """Draw lifts to learn from, the same for the same name and seed."""
    arm, rng, parts = arm_of(model, robot), stream(seed, "lifts", name), list[Taught]()
    for done in range(0, count, _CHUNK):
        progress(f"lifts for the {name}, {done} of {count}")
        some = min(_CHUNK, count - done)
        moves, loads = lifts(robot, some, PERIOD, HORIZON, rng), random_loads(some, rng)
        recorded = record(robot, model, moves, loads, rng)
        parts.append(Taught(see(arm, smooth_all(recorded, SPAN_STEP)), recorded.mass, recorded.com))
    seen = Seen(*(np.concatenate(values) for values in zip(*(p.seen for p in parts), strict=True)))
    mass, com = (np.concatenate([getattr(p, key) for p in parts]) for key in ("mass", "com"))
    return Taught(seen, mass, com)


def weighed(robot: RobotModel, model: LoadModel, seen: Seen) -> Said:
    """What least squares say after each span, shapes (N, K, ...)."""
    count, spans = seen.time.shape
    every = round(STEP / SPAN_STEP)
    rows: list[list[Estimate]] = []
    for row in range(count):
        one, said = LeastSquares(model, robot, PERIOD), list[Estimate]()
        for k in range(spans):
            if k % every == 0:
                one.take(Seen(*(values[row, k] for values in seen)))
            said.append(one.estimate(float(seen.time[row, k])))
        rows.append(said)
    keys = ("mass", "mass_std", "com", "com_std")
    return Said(*(np.array([[getattr(e, key) for e in said] for said in rows]) for key in keys))


def unseen_lifts(robot: RobotModel, model: LoadModel, count: int, seed: int) -> Recordings:
    """Draw lifts whose friction and noise no training drew."""
    rng = stream(seed, "lifts", "unseen")
    moves = lifts(robot, count, PERIOD, HORIZON, rng, wait=WAIT)
    return record(robot, model, moves, random_loads(count, rng), rng, unseen=True)


def tried(
    robot: RobotModel, model: LoadModel, learned: Learned, count: int, seed: int = 0
) -> dict[str, Any]:
    """Run every estimator on line over lifts whose friction and noise no training drew.

    Returns:
        By estimator and horizon: errors of mass and centre of mass, and how many 90 % intervals held.
    """
    recorded = unseen_lifts(robot, model, count, seed)
    makers: dict[str, Callable[[], Estimator]] = {
        "least_squares": lambda: LeastSquares(model, robot, PERIOD),
        "kalman": lambda: PayloadEstimator(model, robot, PERIOD),
        "network": lambda: NetworkEstimator(model, robot, PERIOD, learned),
        "fusion": lambda: FusionEstimator(model, robot, PERIOD, learned),
    }
    return {name: _figures(make, recorded) for name, make in makers.items()}


def _figures(make: Callable[[], Estimator], recorded: Recordings) -> dict[str, Any]:
    said = [_at_horizons(make(), recorded, row) for row in range(len(recorded.mass))]
    return {
        f"{horizon} s": errors_of([one[k] for one in said], recorded)
        for k, horizon in enumerate(HORIZONS)
    }


def _at_horizons(estimator: Estimator, recorded: Recordings, row: int) -> list[Estimate]:
    said: list[Estimate] = []
    ends = [WAIT + horizon for horizon in HORIZONS]
    for k, time in enumerate(recorded.time.tolist()):
        now = estimator.update(
            Sample(time, recorded.q[row, k], recorded.qd[row, k], recorded.current[row, k])
        )
        if len(said) < len(ends) and time >= ends[len(said)] - 0.5 * PERIOD:
            said.append(now)
    return said


def errors_of(said: Sequence[Estimate], recorded: Recordings) -> dict[str, float]:
    """Return how far estimates of lifts are off, one of each lift."""
    off = np.abs(np.array([e.mass for e in said]) - recorded.mass)
    far = np.linalg.norm(np.array([e.com for e in said]) - recorded.com, axis=1)
    std = np.array([e.mass_std for e in said])
    return {
        "mass_mean_kg": float(off.mean()),
        "mass_median_kg": float(np.median(off)),
        "mass_95_kg": float(np.percentile(off, 95)),
        "com_mean_m": float(far.mean()),
        "com_median_m": float(np.median(far)),
        "intervals_held": float(np.mean(off <= 1.645 * std)),
    }
