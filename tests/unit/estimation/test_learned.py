"""Simulated lifts are what they claim to be, and the networks that learn from them answer as they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import WeightsError
from robolab.core.rng import stream
from robolab.estimation.contract import ESTIMATORS, Sample
from robolab.estimation.fusion import FusionNetwork, Said, fused, train_fusion
from robolab.estimation.learned import (
    HORIZON,
    SPAN_STEP,
    NetworkEstimator,
    load_learned,
    said_of,
)
from robolab.estimation.lifts import (
    WAIT,
    Moves,
    Ranges,
    Recordings,
    lifts,
    random_loads,
    record,
    smooth_all,
)
from robolab.estimation.model import LoadModel, load_model
from robolab.estimation.network import answer, facts_of, train
from robolab.estimation.payload import arm_of
from robolab.estimation.payload_step import Seen, see
from robolab.estimation.teach import PERIOD
from robolab.estimation.trained import MODEL, folder_of
from robolab.jobs.load import robot_of
from robolab.learning import sitting
from robolab.learning.sitting import Sitting
from robolab.robots.model import RobotModel


@pytest.fixture(scope="module")
def arm() -> RobotModel:
    """Without a tool, as it was identified."""
    return robot_of("ur10e")


QUIET = Ranges(noise=(0.0, 0.0), friction=(0.0, 0.0), shape=(1.0, 1.0), gain=0.0)


@pytest.fixture(scope="module")
def model(arm: RobotModel) -> LoadModel:
    return load_model(folder_of("ur10e") / MODEL, arm)


@pytest.fixture(scope="module")
def moves(arm: RobotModel) -> Moves:
    return lifts(arm, 24, PERIOD, HORIZON, stream(5, "moves"), wait=WAIT)


@pytest.fixture(scope="module")
def recorded(arm: RobotModel, model: LoadModel, moves: Moves) -> Recordings:
    rng = stream(5, "records")
    return record(arm, model, moves, random_loads(len(moves.q), rng), rng, unseen=True)


@pytest.fixture(scope="module")
def seen(arm: RobotModel, model: LoadModel, recorded: Recordings) -> Seen:
    return see(arm_of(model, arm), smooth_all(recorded, SPAN_STEP))


def test_a_lift_waits_and_moves_within_the_limits(arm: RobotModel, moves: Moves) -> None:
    standing = moves.time < WAIT - 1e-9
    assert np.all(moves.qd[:, standing] == 0.0)
    assert np.all(np.abs(moves.qd) <= arm.limits.velocity * (1.0 + 1e-9))
    assert np.all(np.abs(moves.qdd) <= arm.limits.acceleration * (1.0 + 1e-9))
    assert np.all(np.abs(moves.qd).max(axis=(1, 2)) > 0.05)
    steps = np.diff(moves.q, axis=1)
    middle = 0.5 * (moves.qd[:, 1:] + moves.qd[:, :-1]) * PERIOD
    assert np.abs(steps - middle).max() < 1e-3


def test_the_same_seed_gives_the_same_lifts(arm: RobotModel, model: LoadModel) -> None:
    def one(seed: int) -> Recordings:
        rng = stream(seed, "same")
        return record(arm, model, lifts(arm, 2, PERIOD, 0.3, rng), random_loads(2, rng), rng)

    assert np.array_equal(one(1).current, one(1).current)
    assert not np.array_equal(one(1).current, one(2).current)


def test_what_figures_draw_training_never_does(arm: RobotModel, model: LoadModel) -> None:
    from robolab.estimation.lifts import _between  # the split is what makes figures honest

    rng = stream(3, "split")
    seen_in_training = _between((1.0, 2.0), False, rng, (4000,))
    unseen = _between((1.0, 2.0), True, rng, (4000,))
    for drawn in (seen_in_training, unseen):
        assert drawn.min() < 1.1
        assert drawn.max() > 1.9
        assert drawn.mean() == pytest.approx(1.5, abs=0.03)
    among = np.searchsorted(np.sort(seen_in_training), unseen + np.array([[-0.004], [0.004]]))
    inside = (8.0 * (unseen - 1.0)) % 1.0
    deep = np.abs(inside - 0.5) < 0.1
    assert deep.sum() > 1000
    assert np.all(among[0, deep] == among[1, deep])


def test_without_noise_least_squares_finds_the_load(
    arm: RobotModel, model: LoadModel, moves: Moves
) -> None:
    exact = model.model_copy(update={"gain_share": 1e-9})
    rng = stream(6, "quiet")
    rec = record(arm, exact, moves, random_loads(len(moves.q), rng), rng, QUIET)
    off: list[float] = []
    for row in range(8):
        one = ESTIMATORS.get("least_squares")(exact, arm, PERIOD)
        said = [
            one.update(Sample(float(t), rec.q[row, k], rec.qd[row, k], rec.current[row, k]))
            for k, t in enumerate(rec.time)
        ]
        off.append(abs(said[-1].mass - rec.mass[row]))
    assert np.median(off) < 0.1


def test_training_lowers_the_error(
    arm: RobotModel, model: LoadModel, recorded: Recordings, seen: Seen
) -> None:
    known = arm_of(model, arm)
    truth = np.concatenate([recorded.mass[:, None], recorded.mass[:, None] * recorded.com], axis=1)
    losses: list[float] = []
    train(facts_of(known, seen), truth, 40, 0, batch=24, tell=lambda _, loss: losses.append(loss))
    assert np.mean(losses[-5:]) < 0.5 * losses[0]


def test_span_by_span_is_the_whole(
    arm: RobotModel, model: LoadModel, recorded: Recordings, seen: Seen
) -> None:
    learned = load_learned(folder_of("ur10e"), "ur10e")
    whole = answer(learned.network, facts_of(arm_of(model, arm), seen))
    # Where the arm stood through the whole first span only, both have the same beginning.
    estimator = NetworkEstimator(model, arm, PERIOD, learned)
    first = Seen(*(values[0] for values in seen))
    moving = np.abs(first.qd).max(axis=1) > 0.02
    row = int(np.argmax(moving)) - 1
    facts = facts_of(arm_of(model, arm), Seen(*(v[None, row:] for v in first)))
    inside = answer(learned.network, facts)
    for k in range(row, len(first.time)):
        estimator.take(Seen(*(values[k] for values in first)))
        if estimator.elapsed <= HORIZON:
            said = said_of(inside.mean[0, k - row], inside.cov[0, k - row], model)
            now = estimator.said
            assert now.mass == pytest.approx(said.mass, abs=2e-3) or now.mass_std < said.mass_std
    assert whole.mean.shape == (24, len(first.time), 4)


def test_fusion_begins_with_the_network_and_learns_which_way_it_errs() -> None:
    rng = stream(4, "fusion")
    mass, com = rng.uniform(0.0, 10.0, 300), rng.normal(0.0, 0.05, (300, 3))

    def said(mass_std: float, com_std: float) -> Said:
        spread = np.full((300, 2), mass_std)
        return Said(
            mass[:, None] + mass_std * rng.normal(size=(300, 2)),
            spread,
            com[:, None] + com_std * rng.normal(size=(300, 2, 3)),
            np.full((300, 2, 3), com_std),
        )

    good, bad, elapsed = said(0.1, 0.01), said(1.0, 0.1), np.full((300, 2), 0.5)
    begun = fused(FusionNetwork().start(torch.Generator()), good, bad, elapsed)
    assert begun.mass == pytest.approx(np.maximum(bad.mass, 0.0), abs=1e-5)
    network = train_fusion(good, bad, elapsed, mass, com, 300, 0)
    joined = fused(network, good, bad, elapsed)
    error = np.abs(joined.mass - mass[:, None]).mean()
    assert error < 1.25 * np.abs(good.mass - mass[:, None]).mean()
    assert np.mean(np.abs(joined.mass - mass[:, None]) < 1.645 * joined.mass_std) > 0.8


def test_a_broken_off_fusion_goes_on_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitting, "EVERY", 0.0)
    rng = stream(5, "fusion")
    mass, com = rng.uniform(0.0, 10.0, 40), rng.normal(0.0, 0.05, (40, 3))
    one = Said(mass[:, None], np.ones((40, 1)), com[:, None], np.ones((40, 1, 3)))
    data = (one, one._replace(mass=one.mass + 1.0), np.full((40, 1), 0.5), mass, com, 30, 0)

    def stop_half_way(step: int, _loss: float) -> None:
        if step == 15:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_fusion(*data, tell=stop_half_way, sitting=Sitting(tmp_path / "kept", {}))
    told: list[int] = []
    resumed = Sitting(tmp_path / "kept", {}, resume=True)
    network = train_fusion(*data, tell=lambda step, _: told.append(step), sitting=resumed)
    assert told == list(range(15, 30))
    pairs = zip(network.parameters(), train_fusion(*data).parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("name", ["network", "fusion"])
def test_the_shipped_ones_know_a_load_after_half_a_second(
    name: str, arm: RobotModel, model: LoadModel, recorded: Recordings
) -> None:
    off: list[float] = []
    held: list[bool] = []
    for row in range(len(recorded.mass)):
        estimator = ESTIMATORS.get(name)(model, arm, PERIOD)
        signals = (x[row] for x in (recorded.q, recorded.qd, recorded.current))
        rows = zip(recorded.time.tolist(), *signals, strict=True)
        said = [estimator.update(Sample(*one)) for one in rows if one[0] <= WAIT + 0.5][-1]
        off.append(abs(said.mass - recorded.mass[row]))
        held.append(off[-1] < 1.645 * said.mass_std)
    assert np.mean(off) < 0.4
    assert np.mean(held) > 0.6


def test_networks_of_another_robot_are_refused() -> None:
    with pytest.raises(WeightsError, match=r"recipe\.yaml.*robot.*panda"):
        load_learned(folder_of("ur10e"), "panda")


def test_a_robot_without_networks_is_told_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="robolab load learn"):
        load_learned(tmp_path, "panda")


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    for name in ("recipe.yaml", "weights.safetensors"):
        (tmp_path / name).write_bytes((folder_of("ur10e") / name).read_bytes())
    (tmp_path / "weights.safetensors").write_bytes(b"\x08\x00")
    with pytest.raises(WeightsError, match=r"weights\.safetensors"):
        load_learned(tmp_path, "ur10e")


def test_the_network_leaves_no_gradients_behind() -> None:
    learned = load_learned(folder_of("ur10e"), "ur10e")
    assert not any(p.requires_grad for p in learned.network.parameters())
    assert all(torch.isfinite(value).all() for value in learned.tensors().values())
