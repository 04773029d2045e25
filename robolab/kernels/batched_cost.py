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
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from robolab.core.transforms import Array
from robolab.kernels import batched_room as layout
from robolab.kernels.batched import BatchedRobot
from robolab.kernels.batched_distance import Shapes, shapes_of, signed_distances
from robolab.kernels.batched_fused import rows
from robolab.kernels.batched_groups import Groups, ball_around, grouped
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Chain, Spheres

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
    """

    R: np.ndarray
    p: np.ndarray
    present: np.ndarray
    carried: np.ndarray
    cosine: np.ndarray

    def __len__(self) -> int:
        return len(self.carried)

    def take(self, index: Any) -> Situations:
        """The situations of these problems."""
        return Situations(
            self.R[index],
            self.p[index],
            self.present[index],
            self.carried[index],
            self.cosine[index],
        )

    def join(self, other: Situations) -> Situations:
        """These situations, then the others."""
        mine, theirs = vars(self), vars(other)
        return Situations(**{key: np.concatenate([mine[key], theirs[key]]) for key in mine})


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
            _fixed_solids(fixed),
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
        problems = layout.Problems(
            s.R[part], s.p[part], s.present[part], s.carried[part], s.cosine[part]
        )
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
    def _torch(self) -> _TorchCost:
        return _TorchCost(self)

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


class _TorchCost:
    """`ClearanceCost.reference`: spheres of robot and of every movable, masked by who holds what."""

    def __init__(self, cost: ClearanceCost) -> None:
        self.cost = cost
        self.owner = np.concatenate(
            [np.full(len(cost.spheres.radius), -1)]
            + [np.full(len(m.held_radius), k) for k, m in enumerate(cost.movables)]
        )
        self.spheres = _with_held(cost)

    def __call__(self, q: Tensor, situations: Situations) -> Evaluation:
        cost, margins, device = self.cost, self.cost.margins, q.device
        robot = BatchedRobot(cost.chain, self.spheres, device)
        pose = robot(q)
        owner = torch.tensor(self.owner, device=device)
        repeat = len(q) // len(situations)
        carried = torch.tensor(situations.carried, device=device).repeat_interleave(repeat)
        active = (owner == -1) | (owner == carried[:, None])
        grown = robot.radius + torch.where(owner == -1, margins.robot, margins.carried)
        still = torch.tensor(self.spheres.link == 0, device=device)
        reach = torch.where(
            (active & ~still)[..., None], self._reach(pose.centres, grown, situations, repeat), -1e6
        )
        pairs = torch.where(
            active[:, robot.pairs[:, 0]] & active[:, robot.pairs[:, 1]],
            self._pair_margin(robot, owner) - robot.self_clearance(pose.centres),
            -1e6,
        )
        every = torch.cat([reach.flatten(1), pairs], dim=1)
        up = torch.tensor(margins.up, dtype=torch.float32, device=device)
        cosine = torch.tensor(situations.cosine, device=device).repeat_interleave(repeat)
        lean = cosine - pose.axis @ up
        hinge = _hinge(every, margins.slack).sum(1)
        return Evaluation(
            hinge + margins.upright_weight * lean.clamp(min=0.0),
            every.amax(1).clamp(min=-margins.slack),
            lean.detach(),
        )

    def _pair_margin(self, robot: BatchedRobot, owner: Tensor) -> Tensor:
        held = (owner[robot.pairs] >= 0).any(dim=1)
        return torch.where(held, self.cost.margins.carried, 0.0)

    def _reach(self, centres: Tensor, grown: Tensor, s: Situations, repeat: int) -> Tensor:
        device = centres.device
        reach = grown[..., None] - signed_distances(centres, shapes_of(self.cost.fixed, device))
        if not self.cost.movables:
            return reach
        R = torch.tensor(s.R, device=device).repeat_interleave(repeat, dim=0)
        p = torch.tensor(s.p, device=device).repeat_interleave(repeat, dim=0)
        present = torch.tensor(s.present, device=device).repeat_interleave(repeat, dim=0)
        order, gaps = [], []
        for cylinder in (False, True):
            index = [k for k, m in enumerate(self.cost.movables) if m.cylinder == cylinder]
            order += index
            gaps.append(signed_distances(centres, _movable_shapes(self.cost.movables, index, R, p)))
        gap = torch.cat(gaps, dim=-1)[..., np.argsort(order)]
        rounding = torch.tensor(
            [m.rounding for m in self.cost.movables], dtype=torch.float32, device=device
        )
        hits = grown[..., None] - gap + rounding
        return torch.cat([reach, torch.where(present[:, None], hits, -1e6)], dim=-1)


def _movable_shapes(
    movables: tuple[Movable, ...], index: list[int], R: Tensor, p: Tensor
) -> Shapes:
    half = torch.tensor(
        np.array([movables[k].half for k in index]).reshape(-1, 3),
        dtype=torch.float32,
        device=R.device,
    )
    none = (R[:, :0], p[:, :0], half[:0])
    some = (R[:, index], p[:, index], half)
    cylinder = bool(index) and movables[index[0]].cylinder
    box, tube = (none, some) if cylinder else (some, none)
    return Shapes(*box, tube[0], tube[1], tube[2][:, :2], torch.zeros((1, 0, 4), device=R.device))


def _hinge(pen: Tensor, slack: float) -> Tensor:
    over = (pen + slack).clamp(min=0.0)
    return torch.where(over < slack, 0.5 * over**2 / slack, over - 0.5 * slack)


def _with_held(cost: ClearanceCost) -> Spheres:
    """The robot's spheres followed by every movable's, with the pairs that must keep apart."""
    own, tip = cost.spheres, cost.chain.X_last_tcp
    centres, radii = [own.centre], [own.radius]
    for movable in cost.movables:
        centres.append(movable.held_centre @ tip[:3, :3].T + tip[:3, 3])
        radii.append(movable.held_radius)
    centre, radius = np.vstack(centres), np.concatenate(radii)
    held = range(len(own.radius), len(radius))
    link = np.concatenate([own.link, np.full(len(held), cost.chain.axis.shape[0])])
    guarded = [(s, i) for s in held for i in np.flatnonzero(own.link <= cost.guard)]
    pairs = np.vstack([own.pairs.reshape(-1, 2), np.array(guarded, dtype=int).reshape(-1, 2)])
    return Spheres(link, centre, radius, own.body + ("held",) * len(held), pairs)


def _single(value: Any) -> np.ndarray:
    return np.ascontiguousarray(value, dtype=_SINGLE)


def _model(chain: Chain, spheres: Spheres, groups: Groups) -> layout.Model:
    t = BatchedRobot(chain, spheres)._tensors  # pyright: ignore[reportPrivateUsage]
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


def _fixed_solids(obstacles: Obstacles) -> np.ndarray:
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
