"""What many configurations cost: clearance broken, and the tool leaning, with gradients.

On the CPU one compiled pass does it all (`batched_fused`); on other devices the same quantities
are put together from torch operations.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from robolab.core.transforms import Array
from robolab.kernels import batched_room as layout
from robolab.kernels.batched import BatchedRobot
from robolab.kernels.batched_distance import shapes_of
from robolab.kernels.batched_fused import rows
from robolab.kernels.batched_groups import Groups, ball_around, grouped
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Chain, Spheres

if TYPE_CHECKING:
    from robolab.kernels.batched_reference import Reference

_SINGLE = np.float32
_THREADS = min(2, os.cpu_count() or 1)
# Shared by all costs, so that a cost is only arrays and can travel to another process.
_POOL = ThreadPoolExecutor(_THREADS)


@dataclass(frozen=True)
class Movable:
    """An object that stands elsewhere from problem to problem, or is held.

    Attributes:
        half: Half sizes of a box, or radius, half length and 0 of a cylinder, shape (3,) [m].
        rounding: Added all round; a ball is a box of size zero with its radius here [m].
        held_centre, held_radius: Its spheres when held, in the tool's frame, (h, 3) and (h,) [m].
    """

    name: str
    half: Array
    rounding: float
    cylinder: bool
    held_centre: Array
    held_radius: Array


@dataclass(frozen=True)
class Margins:
    """Least clearances of robot and held object, and how far beyond them cost begins [m].

    Attributes:
        up: Direction in world for the tool's z axis, shape (3,).
        upright_weight: Cost [m] per unit of cosine that the tool leans too far.
    """

    robot: float
    carried: float
    slack: float
    up: Array
    upright_weight: float = 2.0


@dataclass(frozen=True)
class Situations:
    """What differs from problem to problem, P of them with M movables, all float32 or int64 arrays.

    Attributes:
        R, p: Poses of the movables in world, (P, M, 3, 3) and (P, M, 3) [m].
        present: Which stand in the way, (P, M), bool.
        carried: Index of the held movable, or -1, (P,).
        cosine: Least cosine between tool axis and `Margins.up`; -2 asks nothing, (P,).
        solids: What else stands in the way of each problem, as rows of `batched_room.SOLID`, (P, S, SOLID); the
            first `solid_count` of them, (P,); see `no_solids`.
    """

    R: np.ndarray
    p: np.ndarray
    present: np.ndarray
    carried: np.ndarray
    cosine: np.ndarray
    solids: np.ndarray
    solid_count: np.ndarray

    def __len__(self) -> int:
        return len(self.carried)

    def take(self, index: Any) -> Situations:
        """The situations of these problems."""
        return Situations(**{key: value[index] for key, value in vars(self).items()})

    def join(self, other: Situations) -> Situations:
        """These situations, then the others."""
        mine, theirs = vars(self), vars(other)
        return Situations(**{key: np.concatenate([mine[key], theirs[key]]) for key in mine})


def no_solids(problems: int) -> tuple[np.ndarray, np.ndarray]:
    """`Situations.solids` and `solid_count` of problems where nothing else stands in the way."""
    return np.zeros((problems, 0, layout.SOLID), _SINGLE), np.zeros(problems, np.int64)


class Evaluation(NamedTuple):
    """Per configuration: cost [m], depth [m] (negative where all clearances hold) and lean (<= 0 if upright)."""

    cost: Tensor
    depth: Tensor
    lean: Tensor


class ClearanceCost:
    """Cost of configurations among fixed obstacles and movable objects.

    Args:
        guard: Held spheres must also keep clear of the robot's spheres on frames up to this one.
    """

    def __init__(
        self,
        chain: Chain,
        spheres: Spheres,
        fixed: Obstacles,
        movables: tuple[Movable, ...],
        margins: Margins,
        guard: int,
    ) -> None:
        self.chain, groups = chain, grouped(spheres)
        self.spheres = groups.spheres
        self.fixed, self.movables, self.margins, self.guard = fixed, movables, margins, guard
        self._arrays = (
            _model(chain, self.spheres, groups),
            solids_of(fixed),
            _movable_solids(movables),
        )
        self._held, self._margins = _held(chain, movables, guard), _margin_tuple(margins)

    @property
    def dof(self) -> int:
        return int(self.chain.weights.shape[1])

    def __call__(self, q: Tensor, situations: Situations) -> Evaluation:
        """Evaluate rows of configurations, shape (R, n); R is a multiple of the problems' number."""
        if q.device.type == "cpu":
            return Evaluation(*_Fused.apply(q, self, situations))  # pyright: ignore[reportGeneralTypeIssues]
        return self.reference(q, situations)

    def numbers(self, q: np.ndarray, situations: Situations) -> dict[str, np.ndarray]:
        """Everything as float32 arrays: cost, gradient, depth, depth_gradient, lean."""
        q = np.ascontiguousarray(q, dtype=_SINGLE)
        count, per_problem = len(q), len(q) // len(situations)
        if per_problem * len(situations) != count:
            raise ValueError("rows must be a multiple of the problems")
        out = {key: np.empty(count, _SINGLE) for key in ("cost", "depth", "lean")}
        out |= {key: np.empty(q.shape, _SINGLE) for key in ("gradient", "depth_gradient")}
        parts = self._parts(len(situations)) if count > 256 else [slice(0, len(situations))]
        jobs = [(q, situations, part, per_problem, out) for part in parts]
        if len(jobs) == 1:
            self._run(*jobs[0])
        else:
            list(_POOL.map(lambda job: self._run(*job), jobs))
        return out

    def _parts(self, problems: int) -> list[slice]:
        edges = np.linspace(0, problems, _THREADS + 1).astype(int)
        return [slice(a, b) for a, b in itertools.pairwise(edges) if b > a]

    def _run(
        self,
        q: np.ndarray,
        s: Situations,
        part: slice,
        per_problem: int,
        out: dict[str, np.ndarray],
    ) -> None:
        mine = slice(part.start * per_problem, part.stop * per_problem)
        mine_only = {key: value[part] for key, value in vars(s).items()}
        problems = layout.Problems(**mine_only)
        results = layout.Out(**{key: value[mine] for key, value in out.items()})
        model, fixed, movable = self._arrays
        rows(
            q[mine],
            per_problem,
            model,
            fixed,
            movable,
            problems,
            self._held,
            self._margins,
            results,
        )

    @cached_property
    def _torch(self) -> Reference:
        from robolab.kernels.batched_reference import Reference

        return Reference(self)

    def reference(self, q: Tensor, situations: Situations) -> Evaluation:
        """The same from torch operations, on any device, differentiable by autograd."""
        return self._torch(q, situations)


class _Fused(torch.autograd.Function):
    """The compiled pass as a torch function: gradients are computed with the values."""

    @staticmethod
    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, q: Tensor, cost: ClearanceCost, situations: Situations
    ) -> tuple[Tensor, Tensor, Tensor]:
        found = cost.numbers(q.detach().numpy(), situations)
        ctx.save_for_backward(
            torch.from_numpy(found["gradient"]), torch.from_numpy(found["depth_gradient"])
        )
        lean = torch.from_numpy(found["lean"])
        ctx.mark_non_differentiable(lean)
        return torch.from_numpy(found["cost"]), torch.from_numpy(found["depth"]), lean

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, cost: Tensor, depth: Tensor, lean: Tensor
    ) -> tuple[Tensor, None, None]:
        gradient, depth_gradient = ctx.saved_tensors
        return cost[:, None] * gradient + depth[:, None] * depth_gradient, None, None


def _single(value: Any) -> np.ndarray:
    return np.ascontiguousarray(value, dtype=_SINGLE)


def _model(chain: Chain, spheres: Spheres, groups: Groups) -> layout.Model:
    t = BatchedRobot(chain, spheres).tensors
    head = [value.numpy() for value in (t.R_base, t.p_base, t.turn, t.fixed_p, t.slide, t.axis)]
    return layout.Model(
        *head,
        prismatic=np.ascontiguousarray(chain.prismatic, dtype=np.bool_),
        weights=_single(chain.weights),
        offset=_single(chain.offset),
        link=np.ascontiguousarray(spheres.link, dtype=np.int64),
        centre=_single(spheres.centre.reshape(-1, 3)),
        radius=_single(spheres.radius),
        tip_z=_single(chain.X_last_tcp[:3, 2]),
        group=groups.group,
        group_bound=_single(groups.bound),
        pairs=groups.pairs,
        pair_group=groups.pair_group,
    )


def _solid_rows(
    R: Array, p: Array, half: Array, rounding: Array, cylinder: np.ndarray
) -> np.ndarray:
    count = len(rounding)
    parts = (R.reshape(count, 9), p.reshape(count, 3), half.reshape(count, 3))
    table = _single(np.hstack([*parts, rounding[:, None], cylinder[:, None]]))
    assert table.shape[1] == layout.SOLID
    return table


def solids_of(obstacles: Obstacles) -> np.ndarray:
    """Obstacles as rows of `batched_room.SOLID`: boxes, cylinders, spheres, points, shape (k, SOLID), float32."""
    shapes = shapes_of(obstacles)
    boxes, tubes, balls = len(shapes.box_half), len(shapes.cylinder_size), shapes.ball.shape[1]
    R = np.concatenate([shapes.box_R[0], shapes.cylinder_R[0], np.tile(np.eye(3), (balls, 1, 1))])
    p = np.concatenate([shapes.box_p[0], shapes.cylinder_p[0], shapes.ball[0, :, :3]])
    tube_half = np.hstack([shapes.cylinder_size.numpy(), np.zeros((tubes, 1))])
    half = np.concatenate([shapes.box_half, tube_half, np.zeros((balls, 3))])
    rounding = np.concatenate([np.zeros(boxes + tubes), shapes.ball[0, :, 3]])
    return _solid_rows(R, p, half, rounding, np.repeat([False, True, False], [boxes, tubes, balls]))


def _movable_solids(movables: tuple[Movable, ...]) -> np.ndarray:
    count = len(movables)
    half = np.array([m.half for m in movables]).reshape(-1, 3)
    rounding, cylinder = (
        np.array([getattr(m, k) for m in movables], dtype=float) for k in ("rounding", "cylinder")
    )
    return _solid_rows(np.zeros((count, 9)), np.zeros((count, 3)), half, rounding, cylinder)


def _held(chain: Chain, movables: tuple[Movable, ...], guard: int) -> layout.Held:
    tip = chain.X_last_tcp
    start = np.cumsum([0, *(len(m.held_radius) for m in movables)]).astype(np.int64)
    centres = np.vstack([np.zeros((0, 3)), *(m.held_centre for m in movables)])
    radii = np.concatenate([np.zeros(0), *(m.held_radius for m in movables)])
    placed = centres @ tip[:3, :3].T + tip[:3, 3]
    bounds = [ball_around(placed[a:b], radii[a:b]) for a, b in itertools.pairwise(start)]
    bound = np.array(bounds).reshape(-1, 4)
    return layout.Held(start, _single(placed), _single(radii), _single(bound), guard)


def _margin_tuple(margins: Margins) -> layout.Margins:
    return layout.Margins(
        _SINGLE(margins.robot),
        _SINGLE(margins.carried),
        _SINGLE(margins.slack),
        _single(margins.up),
        _SINGLE(margins.upright_weight),
    )
