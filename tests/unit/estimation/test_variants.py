"""Smaller networks are what they are said to be."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import WeightsError
from robolab.core.rng import stream
from robolab.estimation.batch import filter_said, fusion_said, network_said, squares_said
from robolab.estimation.contract import Sample
from robolab.estimation.learned import SPAN_STEP, FusionEstimator, NetworkEstimator
from robolab.estimation.lifts import Recordings, smooth_all
from robolab.estimation.network import UNIT, Facts
from robolab.estimation.payload import arm_of
from robolab.estimation.payload_step import see
from robolab.estimation.slim import count_of, fresh, pruned, taught
from robolab.estimation.teach import PERIOD, unseen_lifts
from robolab.estimation.variants import in_steps, quantised, read_networks
from robolab.learning import weights
from tests.unit.export.load_models import model_of
from tests.unit.export.load_networks import random_networks


def test_steps_are_the_nearest_and_symmetric() -> None:
    weight = stream(1, "steps").normal(size=(5, 40))
    weight[3] = 0.0
    steps, scale = quantised(weight)
    assert np.abs(steps.astype(int)).max() == 127
    assert np.abs(steps * scale[:, None] - weight).max(axis=1) == pytest.approx(
        0.5 * scale * np.array([1, 1, 1, 0, 1]), rel=0.2
    )
    assert np.array_equal(quantised(-weight).steps, -steps)


def test_steps_of_steps_are_the_same() -> None:
    """Exported tables are made from weights that are steps already."""
    rounded = in_steps(random_networks(6))
    weight = rounded.network.memory.weight_hh.numpy()
    steps, scale = quantised(weight)
    assert np.array_equal(steps * scale[:, None], weight)
    whole = random_networks(6).network
    assert np.array_equal(rounded.network.enter.bias.numpy(), whole.enter.bias.double().numpy())
    assert not np.array_equal(weight, whole.memory.weight_hh.double().numpy())


@pytest.fixture(scope="module")
def few() -> Recordings:
    model, robot = model_of("ur10e")
    return unseen_lifts(robot, model, 4, 3)


def test_many_lifts_at_once_are_what_is_said_on_line(few: Recordings) -> None:
    model, robot = model_of("ur10e")
    learned = random_networks(6)
    seen = see(arm_of(model, robot), smooth_all(few, SPAN_STEP))
    by_filter, changed = filter_said(robot, model, seen, PERIOD)
    alone, _, _ = network_said(learned.network, robot, model, seen, np.zeros_like(changed))
    told = network_said(learned.network, robot, model, seen, changed)
    by_squares = squares_said(robot, model, seen, PERIOD, changed)
    joined = fusion_said(learned, model, by_squares, told, by_filter, changed)
    for row in range(len(few.mass)):
        one = NetworkEstimator(model, robot, PERIOD, learned)
        both = FusionEstimator(model, robot, PERIOD, learned)
        signals = zip(few.q[row], few.qd[row], few.current[row], strict=True)
        samples = [Sample(t, *at) for t, at in zip(few.time.tolist(), signals, strict=True)]
        by_one, by_both = [(one.update(sample), both.update(sample)) for sample in samples][-1]
        assert by_one.mass == pytest.approx(alone.mass[row, -1], abs=1e-9)
        assert by_one.com_std == pytest.approx(alone.com_std[row, -1], abs=1e-9)
        assert by_both.mass == pytest.approx(joined.mass[row, -1], abs=1e-9)
        assert by_both.com == pytest.approx(joined.com[row, -1], abs=1e-9)


def test_pruning_nothing_changes_nothing_and_units_without_weights_go_first() -> None:
    network = random_networks(6).network
    facts = _facts()
    whole = pruned(network, 48)(facts)
    assert torch.allclose(whole[0], network(facts)[0], atol=1e-5)
    idle = deepcopy(network)
    with torch.no_grad():
        # Units 5 and 40 hear nothing and say nothing.
        for unit in (5, 40):
            idle.leave.weight[:, unit] = 0.0
            for gates in (idle.memory.weight_ih, idle.memory.weight_hh):
                gates[unit::48] = 0.0
            idle.memory.weight_hh[:, unit] = 0.0
            idle.enter.weight[unit] = 0.0
            idle.enter.bias[unit] = 0.0
            idle.memory.weight_ih[:, unit] = 0.0
    left = pruned(idle, 46)
    assert count_of(left) < count_of(idle)
    assert torch.allclose(left(facts)[0], idle(facts)[0], atol=1e-5)


def test_a_pupil_learns_from_its_teacher() -> None:
    teacher, facts, losses = random_networks(6).network, _facts(), list[float]()
    with torch.no_grad():
        truth = teacher(facts)[0][:, -1].numpy() * UNIT
    known = Facts(*(x.numpy() for x in facts))
    pupil = fresh(teacher, 8, 0)
    start = deepcopy(pupil.state_dict())
    after = taught(pupil, teacher, known, truth, 30, 0, tell=lambda _, loss: losses.append(loss))
    assert np.mean(losses[-5:]) < 0.9 * losses[0]
    assert after.memory.hidden_size == 8
    assert all(torch.equal(value, start[key]) for key, value in pupil.state_dict().items())
    assert not any(value.requires_grad for value in after.parameters())


def _facts() -> tuple[torch.Tensor, ...]:
    rng = stream(2, "facts")
    shapes = ((60,), (6,), (6,), (6, 4), (6,))
    scales = (0.3, 3.0, 3.0, 1.0, 0.0)
    return tuple(
        torch.from_numpy((scale * rng.normal(size=(16, 6, *shape))).astype(np.float32))
        for shape, scale in zip(shapes, scales, strict=True)
    )


def test_networks_of_any_width_are_read_and_others_refused(tmp_path: Path) -> None:
    narrow, path = random_networks(6, 16), tmp_path / "narrow.safetensors"
    path.write_bytes(weights.to_bytes(narrow.tensors()))
    read = read_networks(path, random_networks(6).network)
    assert read.network.memory.hidden_size == 16
    assert all(torch.equal(a, narrow.tensors()[key]) for key, a in read.tensors().items())
    with pytest.raises(WeightsError, match=r"narrow\.safetensors.*enter\.weight"):
        read_networks(path, random_networks(7).network)
