"""Which cells the grip went by: all together they are what the pattern did, and cells nobody looks at are cold."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from robolab.sensors.pad import COLUMNS, ROWS
from robolab.touch.grip_feel import FEATURES, NAMES, OF_PAD, pad_features
from robolab.touch.grip_heat import cell_heat
from robolab.touch.grip_network import GripNetwork, GripStep


def step(looks_at: str) -> GripStep:
    """A network that looks at one number alone."""
    generator = torch.Generator().manual_seed(0)
    made = GripNetwork().start(generator)
    with torch.no_grad():
        made.leave.weight.uniform_(-0.3, 0.3, generator=generator)
        kept = made.enter.weight[:, NAMES.index(looks_at)].clone()
        made.enter.weight.zero_()
        made.enter.weight[:, NAMES.index(looks_at)] = kept
    return GripStep(made.state_dict())


def test_cells_add_up_to_what_the_pattern_did() -> None:
    rng = np.random.default_rng(0)
    pads = rng.uniform(0.2, 1.0, (2, ROWS, COLUMNS, 3))
    even = np.broadcast_to(pads.mean(axis=(1, 2), keepdims=True), pads.shape)
    network, line = step("finger 1 twist"), np.zeros(FEATURES)
    heat = cell_heat(network, line, pads, 0.5)
    said: list[float] = []
    for cells in (pads, even):
        for finger, pad in enumerate(cells):
            line[finger * OF_PAD : (finger + 1) * OF_PAD] = pad_features(pad, 0.5)
        said.append(network.would_say(line).mean)
    assert abs(said[0] - said[1]) > 1e-3
    assert heat.sum() == pytest.approx(said[0] - said[1], rel=0.05)
    assert np.abs(heat[0]).max() > 1e-4
    assert np.abs(heat[1]).max() == pytest.approx(0.0, abs=1e-12)
