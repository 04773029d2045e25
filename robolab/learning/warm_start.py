"""Begin with what another cell's policy has learned: its numbers, wherever they mean the same here.

Every row and column of every layer has a name, such as the position of joint 3 at the start, or the place
of the object `cube`. What has the same name in both networks is copied. For the same arm, weights of inputs
are rescaled besides, so that the network computes exactly what it did, in this cell's scales.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from robolab.core.errors import WeightsError
from robolab.learning.cell import Cell
from robolab.learning.identity import robot_digest
from robolab.learning.network import ProposalNetwork
from robolab.learning.policy import Stored, read
from robolab.learning.processor import LOOKS, Layout
from robolab.learning.recipe import Recipe

Key = tuple[Any, ...]


class _Scaling(NamedTuple):
    """The old network's input is `factor` times the new one's plus `shift` (times the input `of`, if named)."""

    factor: float
    shift: float
    of: Key | None = None


@dataclass(frozen=True)
class Taken:
    """What was taken over.

    Attributes:
        scene, robot: Whose policy it was.
        numbers: Share of the network's numbers that are not fresh.
        inputs: How many of the first layer's inputs mean the same, out of how many.
        outputs: Whether the joints' outputs were taken over.
        fresh: Movable objects that the policy did not know.
    """

    scene: str
    robot: str
    numbers: float
    inputs: tuple[int, int]
    outputs: bool
    fresh: tuple[str, ...]

    def __str__(self) -> str:
        known, total = self.inputs
        unknown = f"; new to it: {', '.join(self.fresh)}" if self.fresh else ""
        joints = "the joints' outputs" if self.outputs else "no outputs, as the joints differ"
        return (
            f"{self.numbers:.0%} of the network from the policy of {self.scene!r} ({self.robot}): "
            f"{known} of {total} inputs, {joints}{unknown}"
        )


def warm_start(
    folder: Path, cell: Cell, recipe: Recipe, layout: Layout, network: ProposalNetwork
) -> Taken:
    """Put a policy's numbers into a fresh network, as far as they mean the same.

    Args:
        folder: Of a policy for any cell.
        network: Changed in place.
    Raises:
        WeightsError: the folder holds no policy, or its network has another width.
    """
    old = read(folder)
    for field in ("width", "corrector_width"):
        mine, theirs = getattr(recipe, field), getattr(old.recipe, field)
        if mine != theirs:
            raise WeightsError(
                "the network has another size than this run's",
                file=folder,
                field=field,
                value=theirs,
                expected=str(mine),
            )
    same = old.identity.get("robot_digest") == robot_digest(cell.robot)
    taken = _copy(old, network, recipe, layout, same)
    return Taken(
        str(old.identity.get("scene")),
        str(old.identity.get("robot")),
        *taken,
        len(old.layout.joints) == cell.dof,
        tuple(name for name in cell.names if name not in old.layout.movables),
    )


def _copy(
    old: Stored, network: ProposalNetwork, recipe: Recipe, layout: Layout, same: bool
) -> tuple[float, tuple[int, int]]:
    theirs, mine = _axes(old.recipe, old.layout), _axes(recipe, layout)
    state, copied, total = network.state_dict(), 0, 0
    scalings = _scalings(old.layout, layout, same)
    for name, value in state.items():
        total += value.numel()
        source = old.tensors.get(name)
        if source is None:
            continue
        new_axes = mine.get(name) or tuple(tuple(range(k)) for k in value.shape)
        old_axes = theirs.get(name) or tuple(tuple(range(k)) for k in source.shape)
        if tuple(len(axis) for axis in old_axes) != tuple(source.shape):
            raise WeightsError(
                "has another shape than its recipe says",
                file=f"policy of {old.identity.get('scene')}",
                field=name,
            )
        copied += _matching(source.float(), value, old_axes, new_axes)
    known = set(theirs["enter.weight"][1])
    inputs = mine["enter.weight"][1]
    _rescale(state["enter.weight"], state["enter.bias"], inputs, known, scalings)
    network.load_state_dict(state)
    return copied / total, (sum(key in known for key in inputs), len(inputs))


def _matching(source: Tensor, value: Tensor, old: tuple[Any, ...], new: tuple[Any, ...]) -> int:
    """Copy what has the same names on all axes; columns of unknown objects become zero."""
    place = [{key: k for k, key in enumerate(axis)} for axis in old]
    here = [[k for k, key in enumerate(axis) if key in place[d]] for d, axis in enumerate(new)]
    there = [[place[d][new[d][k]] for k in rows] for d, rows in enumerate(here)]
    if value.dim() == 2:
        strange = [k for k, key in enumerate(new[1]) if _movable(key) and key not in place[1]]
        value[:, strange] = 0.0
    if not all(here):
        return 0
    index, origin = (torch.meshgrid(*map(torch.tensor, i), indexing="ij") for i in (here, there))
    value[index] = source[origin]
    return int(index[0].numel())


def _movable(key: Any) -> bool:
    return isinstance(key, tuple) and key[0] == "movable"


def _rescale(
    weight: Tensor,
    bias: Tensor,
    inputs: tuple[Key, ...],
    known: set[Key],
    scalings: dict[Key, _Scaling],
) -> None:
    """Let the first layer compute what it did, from inputs in the new scales."""
    place = {key: k for k, key in enumerate(inputs)}
    for key, scaling in scalings.items():
        if key not in known or key not in place:
            continue
        column = weight[:, place[key]].clone()
        weight[:, place[key]] = column * scaling.factor
        if scaling.of is None:
            bias += column * scaling.shift
        else:
            weight[:, place[scaling.of]] += column * scaling.shift


def _scalings(old: Layout, new: Layout, same: bool) -> dict[Key, _Scaling]:
    result: dict[Key, _Scaling] = {}
    if old.joints == new.joints:
        n = len(new.joints)
        for j in range(n):
            factor = new.scale[j] / old.scale[j]
            shift = (new.middle[j] - old.middle[j]) / old.scale[j]
            result["travel", n, j] = _Scaling(factor, 0.0)
            for end in ("start", "goal"):
                result[end, "joint", n, j] = _Scaling(factor, shift)
    if not same:
        return result
    grown = new.size / old.size
    moved = [(b - a) / old.size for a, b in zip(old.centre, new.centre, strict=True)]
    for axis in range(3):
        for end in ("start", "goal"):
            for frame in _frames(new.frames):
                result[end, "place", *frame, axis] = _Scaling(grown, moved[axis])
        for name in new.movables:
            of = ("movable", name, "here")
            result["movable", name, "place", axis] = _Scaling(grown, moved[axis], of)
    return result


def _axes(recipe: Recipe, layout: Layout) -> dict[str, tuple[tuple[Any, ...], ...]]:
    """Names of rows and columns of the layers that depend on the cell."""
    n, inner = len(layout.joints), recipe.degree - 1
    width, narrow = tuple(range(recipe.width)), tuple(range(recipe.corrector_width))
    curve = tuple(("curve", inner, i, n, j) for i in range(inner) for j in range(n))
    leave = tuple((k, *key) for k in range(recipe.proposals) for key in curve)
    seen = _seen(n)
    return {
        "enter.weight": (width, _inputs(layout)),
        "leave.weight": (leave, width),
        "leave.bias": (leave,),
        "look.weight": (narrow, (*seen, *curve)),
        "move.weight": (curve, narrow),
        "move.bias": (curve,),
    }


def _inputs(layout: Layout) -> tuple[Key, ...]:
    """Names of a network's inputs, in the order in which `Processor` and `propose` put them."""
    n, keys = len(layout.joints), list[Key]()
    keys += [("travel", n, j) for j in range(n)]
    for end in ("start", "goal"):
        for kind in ("joint", "sine", "cosine"):
            keys += [(end, kind, n, j) for j in range(n)]
        places = itertools.product(_frames(layout.frames), range(3))
        keys += [(end, "place", *frame, axis) for frame, axis in places]
        keys += [(end, "axis", axis) for axis in range(3)]
    keys += [("probe", k) for k in range(layout.probes)]
    for name in layout.movables:
        keys += [("movable", name, "here"), ("movable", name, "held")]
        keys += [("movable", name, "place", axis) for axis in range(3)]
        keys += [("movable", name, "turn", axis) for axis in range(2)]
    return (*keys, ("upright",), *_seen(n))


def _seen(n: int) -> tuple[Key, ...]:
    return tuple(("seen", look, n, j) for look in range(LOOKS) for j in range(n + 1))


def _frames(count: int) -> list[Key]:
    """The moving frames, by their number and how many there are, and the tool centre point."""
    return [*((count, k) for k in range(count)), ("tcp",)]
