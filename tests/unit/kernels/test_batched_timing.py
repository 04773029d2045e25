"""Shortest times against closed forms, and their gradient against finite differences."""

import numpy as np
import torch

from robolab.core.rng import stream
from robolab.kernels.batched_timing import motion_time


def _line(distance: float, nodes: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
    first = torch.full((1, nodes, 1), distance)
    return first, torch.zeros_like(first)


def test_long_line_is_a_trapezium() -> None:
    v, a = torch.tensor([2.0]), torch.tensor([8.0])
    assert abs(motion_time(*_line(3.0), v, a).item() - (3.0 / 2.0 + 2.0 / 8.0)) < 5e-3


def test_short_line_is_a_triangle() -> None:
    v, a = torch.tensor([20.0]), torch.tensor([8.0])
    assert abs(motion_time(*_line(0.5), v, a).item() - 2.0 * np.sqrt(0.5 / 8.0)) < 5e-3


def test_gradient_is_that_of_finite_differences() -> None:
    rng = stream(1, "timing")
    first = torch.tensor(rng.normal(size=(4, 12, 3)), dtype=torch.float32, requires_grad=True)
    second = torch.tensor(rng.normal(size=(4, 12, 3)) * 3, dtype=torch.float32, requires_grad=True)
    v, a = torch.tensor([1.0, 2.0, 1.5]), torch.tensor([4.0, 3.0, 5.0])
    gradients = torch.autograd.grad(motion_time(first, second, v, a).sum(), (first, second))
    fine = total = 0
    for k, gradient in enumerate(gradients):
        for index in np.ndindex(*gradient.shape):
            times = []
            for h in (1e-2, -1e-2):
                moved = [first.detach().clone(), second.detach().clone()]
                moved[k][index] += h
                times.append(motion_time(moved[0], moved[1], v, a).sum().item())
            rough = (times[0] - times[1]) / 2e-2
            fine += abs(rough - gradient[index].item()) < 0.02 + 0.1 * abs(rough)
            total += 1
    assert fine > 0.93 * total
