"""Weights as safetensors: named float arrays, checked on the way in, never code."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from robolab.core.errors import WeightsError
from robolab.learning.program import in_steps


def to_bytes(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """Pack tensors."""
    return save({name: value.contiguous() for name, value in tensors.items()}, metadata)


def read(path: Path) -> dict[str, Tensor]:
    """Read a file's tensors.

    Raises:
        WeightsError: the file is not there, is cut short, or holds numbers that are not finite.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError("cannot be read", file=path, expected="a safetensors file") from error
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise WeightsError(
            f"is cut short or damaged: {error}", file=path, expected="a whole safetensors file"
        ) from error
    for name, value in tensors.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise WeightsError("holds numbers that are not finite", file=path, field=name)
    return tensors


def into_module(tensors: dict[str, Tensor], module: nn.Module, path: Path) -> None:
    """Copy tensors into a module of the same names and shapes.

    Raises:
        WeightsError: a name is missing or unknown, or a shape differs.
    """
    wanted = module.state_dict()
    for name in sorted(wanted.keys() ^ tensors.keys()):
        problem = "is missing" if name in wanted else "is not part of the network"
        raise WeightsError(problem, file=path, field=name)
    for name, value in wanted.items():
        if tensors[name].shape != value.shape:
            raise WeightsError(
                "has another shape",
                file=path,
                field=name,
                value=tuple(tensors[name].shape),
                expected=str(tuple(value.shape)),
            )
    module.load_state_dict({name: value.float() for name, value in tensors.items()})


def round_matrices(module: nn.Module) -> None:
    """Round a module's matrices to what int8 makes of them; biases stay."""
    with torch.no_grad():
        for value in module.parameters():
            if value.ndim == 2:
                steps, scale = in_steps(value.detach().numpy())
                value.copy_(torch.from_numpy(steps * scale[:, None]))
