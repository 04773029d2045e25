from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from robolab.kernels.batched_tool import ToolWay
from robolab.robots.model import RobotModel


@pytest.fixture
def q(ur10e: RobotModel) -> torch.Tensor:
    bends = np.random.default_rng(0).normal(size=(3, 7, ur10e.dof))
    return torch.tensor(ur10e.home + bends, dtype=torch.float32)


def test_steps_agree_with_the_model(ur10e: RobotModel, q: torch.Tensor) -> None:
    places = ur10e.fk(q.numpy().astype(float).reshape(21, -1))[:, :3, 3].reshape(3, 7, 3)
    steps = np.linalg.norm(np.diff(places, axis=1), axis=-1)
    assert ToolWay(ur10e.chain)(q).numpy() == pytest.approx(steps, abs=5e-6)


@pytest.mark.parametrize("slides", [False, True])
def test_gradients_agree_with_differences(ur10e: RobotModel, q: torch.Tensor, slides: bool) -> None:
    chain = replace(ur10e.chain, prismatic=np.array([False, slides, False, False, slides, False]))
    way, weight = ToolWay(chain), torch.linspace(-1.0, 1.0, 18).view(3, 6)
    q.requires_grad_(True)
    (way(q) * weight).sum().backward()
    assert q.grad is not None
    with torch.no_grad():
        for at in np.ndindex(7, ur10e.dof):
            step = torch.zeros_like(q)
            step[:, at[0], at[1]] = 0.01
            slope = ((way(q + step) - way(q - step)) * weight).sum(-1) / 0.02
            assert q.grad[:, at[0], at[1]].numpy() == pytest.approx(slope.numpy(), abs=2e-3)


def test_a_tool_that_stands_still_has_a_slope(ur10e: RobotModel) -> None:
    q = torch.tensor(np.tile(ur10e.home, (1, 3, 1)), dtype=torch.float32, requires_grad=True)
    ToolWay(ur10e.chain)(q).sum().backward()
    assert q.grad is not None
    assert torch.isfinite(q.grad).all()
