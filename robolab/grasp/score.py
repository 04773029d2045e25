"""How much of unseen piles a planner clears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from robolab.core.rng import stream
from robolab.grasp.planner import GraspPlanner, GraspProposal
from robolab.sensors.rgbd import RgbdParameters
from robolab.sim.clutter import Clutter
from robolab.sim.clutter_bodies import Item
from robolab.tasks.clear import Aim
from robolab.tasks.clear_case import INTRINSICS, NOISE
from robolab.tasks.clear_pile import Aims, Cleared, clear_pile


class Score(NamedTuple):
    """Piles; share of their objects taken out; attempts, share of them that took something; piles left empty."""

    piles: int
    cleared: float
    attempts: int
    hits: float
    emptied: float


def aim_of(proposal: GraspProposal) -> Aim:
    """Return a proposal as the hand is told it."""
    return Aim(proposal.X_world_tcp[:3, 3], proposal.yaw, proposal.width)


def aims_of(planner: GraspPlanner) -> Aims:
    """Return a planner as who clears a pile asks it."""
    matrix = INTRINSICS.matrix()
    return lambda view: [
        aim_of(one) for one in planner.propose(view.depth, matrix, view.X_world_cam).grasps
    ]


def cleared_piles(
    planner: GraspPlanner,
    draw: Callable[[np.random.Generator], Sequence[Item]],
    piles: Sequence[int],
    seed: int,
    noise: RgbdParameters = NOISE,
) -> list[Cleared]:
    """Clear piles; what a pile is depends on its own number and the seed alone.

    Args:
        draw: Draws the objects of a pile.
        noise: Of the camera.
    """
    found: list[Cleared] = []
    with Clutter() as clutter:
        for number in piles:
            items = draw(stream(seed, "pile", "items", number))
            rng = stream(seed, "pile", "drop", number)
            found.append(clear_pile(clutter, items, aims_of(planner), rng, noise))
    return found


def score(found: Sequence[Cleared]) -> Score:
    """Sum up cleared piles."""
    attempts = sum(one.attempts for one in found)
    return Score(
        piles=len(found),
        cleared=sum(one.taken for one in found) / sum(one.objects for one in found),
        attempts=attempts,
        hits=sum(one.hits for one in found) / max(attempts, 1),
        emptied=sum(one.taken == one.objects for one in found) / len(found),
    )
