"""One step of gradient, as every training takes it."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


def descend(
    loss: Tensor,
    optimiser: Optimizer,
    schedule: LRScheduler | None = None,
    longest: float | None = None,
) -> None:
    """Take a step down a loss, and one of the schedule of the rate if there is one.

    Args:
        longest: Norm of all gradients together, to which longer ones are cut.
    """
    optimiser.zero_grad()
    loss.backward()
    if longest is not None:
        every = [value for group in optimiser.param_groups for value in group["params"]]
        nn.utils.clip_grad_norm_(every, longest)
    optimiser.step()
    if schedule is not None:
        schedule.step()
