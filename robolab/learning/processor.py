"""Problems as the numbers that a network takes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from robolab.kernels.batched import BatchedRobot
from robolab.kernels.batched_cost import ClearanceCost, Situations
from robolab.kernels.batched_probe import gaps
from robolab.learning.cell import Cell
from robolab.learning.curve import basis

LOOKS = 12
"""Places along a curve where the network is told depth and gradient of the clearance cost."""
_PER_MOVABLE = 7
_DEPTH_SCALE = 10.0
_GRADIENT_SCALE = 4.0
_LATTICE = (9, 9, 8)
"""Probes: points on a lattice that tell how far the nearest of a problem's own solids is."""
_LATTICE_SIZE = (1.8, 1.8, 1.6)
"""Half sizes of the lattice, in those of the cell."""
_PROBE_SCALE = 0.15
PROBES = _LATTICE[0] * _LATTICE[1] * _LATTICE[2]


@dataclass(frozen=True)
class Layout:
    """Where things stand in the input, and their scales: what `processor.json` keeps.

    Attributes:
        joints, movables: Names in order.
        frames: Moving frames whose origins are inputs.
        middle, scale: Of joint positions, shape (n,); `centre` and `size` of the cell [m].
        probes: How many points measure a problem's own solids; 0 where it has none.
    """

    joints: tuple[str, ...]
    movables: tuple[str, ...]
    frames: int
    middle: tuple[float, ...]
    scale: tuple[float, ...]
    centre: tuple[float, float, float]
    size: float
    probes: int = 0

    @property
    def width(self) -> int:
        """Number of inputs."""
        n = len(self.joints)
        plain = 7 * n + 6 * (self.frames + 2) + _PER_MOVABLE * len(self.movables) + 1
        return plain + self.seen + self.probes

    @property
    def seen(self) -> int:
        """Number of values that are seen along a curve."""
        return LOOKS * (len(self.joints) + 1)

    @staticmethod
    def from_json(given: Mapping[str, Any]) -> Layout:
        """Rebuild a layout from what `asdict` made of it; KeyError, TypeError or ValueError if it is none."""
        lists = {k: tuple(given[k]) for k in ("joints", "movables", "middle", "scale", "centre")}
        probes = int(given.get("probes", 0))
        if probes not in (0, PROBES):
            raise ValueError(f"probes must be 0 or {PROBES}")
        return Layout(
            **lists, frames=int(given["frames"]), size=float(given["size"]), probes=probes
        )


def layout_of(cell: Cell, pool: np.ndarray) -> Layout:
    """Fit scales to a pool of joint positions, shape (k, n)."""
    robot = BatchedRobot(cell.robot.chain, cell.robot.spheres)
    tcp = robot(torch.tensor(pool, dtype=torch.float32)).tcp
    centre = tcp.mean(dim=0).tolist()
    return Layout(
        cell.robot.joints,
        cell.names,
        int(cell.robot.chain.axis.shape[0]),
        tuple(pool.mean(axis=0).tolist()),
        tuple(np.maximum(pool.std(axis=0), 0.1).tolist()),
        (centre[0], centre[1], centre[2]),
        float(tcp.std(dim=0).max()),
        0 if cell.scene.randomisation.furniture is None else PROBES,
    )


class Processor:
    """Turns problems, and curves among their obstacles, into network inputs.

    Args:
        clearance: What is seen along curves.
    """

    def __init__(self, layout: Layout, cell: Cell, clearance: ClearanceCost) -> None:
        self.layout, self._clearance = layout, clearance
        self._robot = BatchedRobot(cell.robot.chain, cell.robot.spheres)
        self._middle = torch.tensor(layout.middle, dtype=torch.float32)
        self._scale = torch.tensor(layout.scale, dtype=torch.float32)
        self._centre = torch.tensor(layout.centre, dtype=torch.float32)
        self._probes = _lattice(layout)

    def __call__(self, start: Tensor, goal: Tensor, situations: Situations) -> Tensor:
        """Return features, shape (P, width), of starts and goals, shape (P, n)."""
        parts = [(goal - start) / self._scale]
        for q in (start, goal):
            parts += [(q - self._middle) / self._scale, torch.sin(q), torch.cos(q)]
            parts += self._places(q)
        if self.layout.probes:
            gap = gaps(self._probes, situations.solids, situations.solid_count)
            parts.append(torch.from_numpy(np.tanh(gap / _PROBE_SCALE)))
        return torch.cat([*parts, self._movables(situations)], dim=1)

    def see(self, points: Tensor, situations: Situations, s: np.ndarray) -> Tensor:
        """Look along curves: how deep they are in trouble, and which way the joints would lead out.

        Args:
            points: Control points, shape (B, K, degree + 1, n).
            s: Curve parameters, shape (LOOKS,), one in each of as many even stretches.
        Returns:
            Shape (B, K, LOOKS * (n + 1)); no gradient flows through it.
        """
        place = torch.tensor(basis(s, points.shape[2] - 1), dtype=torch.float32)
        q = (place @ points.detach()).reshape(-1, points.shape[-1])
        found = self._clearance.numbers(q.numpy(), situations)
        depth = torch.from_numpy(found["depth"])[:, None] + self._clearance.margins.slack
        way = torch.asinh(_GRADIENT_SCALE * torch.from_numpy(found["gradient"]))
        seen = torch.cat([torch.asinh(_DEPTH_SCALE * depth), way], dim=1)
        return seen.view(*points.shape[:2], -1)

    def _places(self, q: Tensor) -> list[Tensor]:
        with torch.no_grad():
            pose = self._robot(q)
        _, origins = self._robot.frames(q)
        where = torch.cat([origins[:, 1:], pose.tcp[:, None]], dim=1) - self._centre
        return [(where / self.layout.size).flatten(1), pose.axis]

    def _movables(self, s: Situations) -> Tensor:
        count = len(s)
        here = torch.from_numpy(s.present.astype(np.float32))[..., None]
        held = torch.from_numpy(
            (s.carried[:, None] == np.arange(s.present.shape[1])).astype(np.float32)
        )
        where = (torch.from_numpy(s.p) - self._centre) / self.layout.size
        turn = torch.from_numpy(s.R[..., :2, 0].copy())
        each = torch.cat([here, held[..., None], here * where, here * turn], dim=-1)
        upright = torch.from_numpy((s.cosine > -1.0).astype(np.float32))[:, None]
        return torch.cat([each.reshape(count, -1), upright], dim=1)


def _lattice(layout: Layout) -> np.ndarray:
    """Places of the probes in world, shape (PROBES, 3) [m]."""
    half = layout.size * np.array(_LATTICE_SIZE)
    axes = [
        np.linspace(c - h, c + h, k) for c, h, k in zip(layout.centre, half, _LATTICE, strict=True)
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.float32)
