"""The exact check of a training problem: what compiled collision checking is given for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.batched_cost import Situations
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.compiled_data import CARRIED
from robolab.kernels.obstacles import Obstacles
from robolab.learning.cell import Cell
from robolab.learning.problems import Pairs
from robolab.robots.model import Spheres


def checker_for(cell: Cell, situations: Situations, row: int) -> CompiledChecker:
    """Return the checker of one problem's situation, with the clearances that the scene asks."""
    asked, held = cell.scene.requirements, int(situations.carried[row])
    upright = None
    if cell.upright is not None and asked.upright and situations.cosine[row] > -1.0:
        upright = (cell.upright[0], float(np.deg2rad(asked.upright.within_deg)))
    return CompiledChecker(
        cell.robot.chain,
        spheres_for(cell, held),
        surroundings(cell, situations, row),
        clearance=asked.clearance,
        carried_clearance=asked.carried_clearance,
        upright=upright,
        hulls=cell.robot.hulls,
    )


def straight_free_exactly(cell: Cell, pairs: Pairs) -> np.ndarray:
    """Which problems a straight line in joint space solves, by the exact check, shape (P,), bool."""
    return np.array(
        [
            checker_for(cell, pairs.situations, row).segment_free(
                pairs.start[row].astype(float), pairs.goal[row].astype(float)
            )
            for row in range(len(pairs))
        ],
        dtype=bool,
    )


def surroundings(cell: Cell, situations: Situations, row: int) -> Obstacles:
    """Fixed, movable and a problem's own obstacles."""
    others = _others(cell, situations, row)
    own = situations.solids[row, : situations.solid_count[row]].astype(float)
    return others if len(own) == 0 else _with_own(others, own)


def _with_own(others: Obstacles, rows: np.ndarray) -> Obstacles:
    """The same and solids given as rows of `batched_room.SOLID`, boxes and cylinders."""
    X = np.tile(np.eye(4), (len(rows), 1, 1))
    X[:, :3, :3], X[:, :3, 3] = rows[:, :9].reshape(-1, 3, 3), rows[:, 9:12]
    tube = rows[:, 16] > 0.0
    names = np.array([f"piece-{k}" for k in range(len(rows))])
    return replace(
        others,
        box_pose=np.concatenate([others.box_pose, X[~tube]]),
        box_half=np.concatenate([others.box_half, rows[~tube, 12:15]]),
        box_names=(*others.box_names, *names[~tube].tolist()),
        cylinder_pose=np.concatenate([others.cylinder_pose, X[tube]]),
        cylinder_size=np.concatenate([others.cylinder_size, rows[tube, 12:14]]),
        cylinder_names=(*others.cylinder_names, *names[tube].tolist()),
    )


def _others(cell: Cell, situations: Situations, row: int) -> Obstacles:
    X = np.tile(np.eye(4), (len(cell.movables), 1, 1))
    X[:, :3, :3], X[:, :3, 3] = situations.R[row], situations.p[row]
    here = [k for k in range(len(cell.movables)) if situations.present[row, k]]
    round_ones = [k for k in here if cell.movables[k].rounding > 0.0]
    tubes = [k for k in here if cell.movables[k].cylinder]
    boxes = [k for k in here if k not in tubes and k not in round_ones]
    fixed = cell.fixed
    balls = [np.append(X[k, :3, 3], cell.movables[k].rounding) for k in round_ones]

    def half(index: list[int]) -> Array:
        return np.array([cell.movables[k].half for k in index]).reshape(-1, 3)

    def names(old: tuple[str, ...], index: list[int]) -> tuple[str, ...]:
        return old + tuple(cell.movables[k].name for k in index)

    return replace(
        fixed,
        box_pose=np.concatenate([fixed.box_pose, X[boxes]]),
        box_half=np.concatenate([fixed.box_half, half(boxes)]),
        box_names=names(fixed.box_names, boxes),
        cylinder_pose=np.concatenate([fixed.cylinder_pose, X[tubes]]),
        cylinder_size=np.concatenate([fixed.cylinder_size, half(tubes)[:, :2]]),
        cylinder_names=names(fixed.cylinder_names, tubes),
        sphere=np.vstack([fixed.sphere, *balls]) if balls else fixed.sphere,
        sphere_names=names(fixed.sphere_names, round_ones),
    )


def spheres_for(cell: Cell, held: int) -> Spheres:
    """The robot's spheres, and those of the held movable (-1: none)."""
    if held < 0:
        return cell.robot.spheres
    own, movable, tip = cell.robot.spheres, cell.movables[held], cell.robot.chain.X_last_tcp
    count, more = len(own.radius), len(movable.held_radius)
    last = cell.robot.chain.axis.shape[0]
    guarded = np.flatnonzero(own.link <= last - 2)
    pairs = np.array([(i, count + s) for i in guarded for s in range(more)], dtype=int).reshape(
        -1, 2
    )
    return Spheres(
        np.concatenate([own.link, np.full(more, last)]),
        np.vstack([own.centre, movable.held_centre @ tip[:3, :3].T + tip[:3, 3]]),
        np.concatenate([own.radius, movable.held_radius]),
        own.body + (CARRIED,) * more,
        np.vstack([np.asarray(own.pairs, dtype=int).reshape(-1, 2), pairs]),
    )
