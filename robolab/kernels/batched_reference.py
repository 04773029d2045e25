"""The clearance cost from torch operations: slower, on any device, differentiable by autograd."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from robolab.kernels.batched import BatchedRobot
from robolab.kernels.batched_cost import ClearanceCost, Evaluation, Movable, Situations
from robolab.kernels.batched_distance import Shapes, shapes_of, signed_distances
from robolab.robots.model import Spheres


class Reference:
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
        fixed = signed_distances(centres, shapes_of(self.cost.fixed, device))
        own = _distances_to_rows(centres, s, repeat)
        reach = grown[..., None] - torch.cat([fixed, own], dim=-1)
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


def _distances_to_rows(centres: Tensor, s: Situations, repeat: int) -> Tensor:
    """Distances of centres (B, k, 3) to each problem's own solids, (B, k, S); far where there is none."""
    device = centres.device
    table = torch.tensor(s.solids, device=device).repeat_interleave(repeat, dim=0)[:, None]
    count = torch.tensor(s.solid_count, device=device).repeat_interleave(repeat)[:, None, None]
    R = table[..., :9].unflatten(-1, (3, 3))
    local = ((centres[:, :, None] - table[..., 9:12])[..., None, :] @ R)[..., 0, :]
    radial = torch.stack([local[..., :2].norm(dim=-1), local[..., 2].abs()], dim=-1)
    radial = torch.nn.functional.pad(radial, (0, 1), value=-1e6)
    cylinder = table[..., 16:17] > 0.0
    beyond = torch.where(cylinder, radial, local.abs()) - table[..., 12:15]
    gap = beyond.clamp(min=0.0).norm(dim=-1) + beyond.amax(-1).clamp(max=0.0) - table[..., 15]
    return torch.where(torch.arange(gap.shape[-1], device=device) < count, gap, 1e6)


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
