"""How grasping is taught: attempts at piles, chosen by what was learned so far, and a network fitted to how they ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from robolab.core.files import write_bytes
from robolab.core.rng import stream
from robolab.grasp.network import GraspNetwork, plain_numbers
from robolab.grasp.planner import GraspPlanner, by_geometry
from robolab.learning import weights
from robolab.learning.descent import descend
from robolab.learning.sitting import Sitting
from robolab.learning.state import Training
from robolab.perception.grasp_candidates import Candidates, Hand
from robolab.perception.grasp_crops import crops
from robolab.perception.heightmap import Heightmap, heightmap
from robolab.sim.clutter import Clutter
from robolab.tasks.clear import Aim, attempt
from robolab.tasks.clear_case import INTRINSICS, random_items
from robolab.tasks.clear_pile import highest, look

TRIED = 5
"""Attempts at each state of a pile; after each but the last everything is put back."""
_SHARPNESS = 4.0
"""What the score by geometry is multiplied with to be log odds."""
_LESS = 3.0
"""And what is taken off: about the odds of a candidate of middling score."""
_SHARD = 4
"""Piles whose attempts go into one file."""
_BATCH, _RATE, _DECAY = 64, 1e-3, 1e-3

Single = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Attempts:
    """Attributes:
    images: Crops, shape (n, rows, columns).
    numbers: Plain numbers beside them, shape (n, INPUTS).
    held: 1 where something was taken, shape (n,).
    """

    images: Single
    numbers: Single
    held: Single


def tried_by_geometry(seen: Heightmap, candidates: Candidates, hand: Hand) -> np.ndarray:
    """Judge as the first round does, before anything is learned."""
    return _SHARPNESS * by_geometry(seen, candidates, hand) - _LESS


def gather(
    sitting: Sitting,
    stage: int,
    planner: GraspPlanner,
    numbers: Sequence[int],
    piles: int,
    seed: int,
    progress: Callable[[str], None],
) -> list[Attempts]:
    """Attempt at piles; what was kept of an earlier sitting is not done again.

    Args:
        stage: Which round; its piles are its own.
        planner: Whose candidates and opinion the attempts are drawn by.
        numbers: Of the objects that piles are of.
        piles: How many.
    """
    parts: list[Attempts] = []
    with Clutter() as clutter:
        for first in range(0, piles, _SHARD):
            path = sitting.folder / f"attempts_{stage}_{first:05d}.safetensors"
            if not path.is_file():
                progress(f"round {stage + 1}: pile {first} of {piles}")
                one = _some(
                    clutter, stage, range(first, min(first + _SHARD, piles)), planner, numbers, seed
                )
                tensors = {name: torch.from_numpy(value) for name, value in vars(one).items()}
                write_bytes(path, weights.to_bytes(tensors))
            parts.append(Attempts(**{k: v.numpy() for k, v in weights.read(path).items()}))
    return parts


def _some(
    clutter: Clutter,
    stage: int,
    piles: range,
    planner: GraspPlanner,
    numbers: Sequence[int],
    seed: int,
) -> Attempts:
    return together(
        [
            one
            for pile in piles
            for one in _pile(clutter, stream(seed, "attempts", stage, pile), planner, numbers)
        ]
    )


def _pile(
    clutter: Clutter, rng: np.random.Generator, planner: GraspPlanner, numbers: Sequence[int]
) -> Iterator[Attempts]:
    """Attempt at a pile and at what is left of it, an object less each time."""
    clutter.drop(random_items(rng, numbers), rng)
    while clutter.items:
        view = look(clutter, rng)
        seen = heightmap(view.depth, INTRINSICS.matrix(), view.X_world_cam, planner.region)
        found, odds = planner.judged(seen, rng)
        if not len(found):
            return
        # The Gumbel trick: so drawn, candidates come as their odds say, without one twice.
        drawn = np.argsort(-(odds + rng.gumbel(size=len(odds))))[:TRIED]
        chosen = found.some(drawn)
        ends = _ends(clutter, chosen)
        yield Attempts(
            crops(seen, chosen.poses, planner.hand),
            plain_numbers(chosen, planner.hand),
            np.array([bool(taken) for taken in ends], np.float32),
        )
        taken = [place for one in ends for place in one] or list(clutter.items)
        clutter.remove(int(rng.choice(taken)))
        clutter.wait(0.3)


def _ends(clutter: Clutter, chosen: Candidates) -> list[list[int]]:
    """Attempt each from the same state; return what each took."""
    state, top = clutter.state(), highest(clutter)
    ends: list[list[int]] = []
    for pose, width in zip(chosen.poses, chosen.widths, strict=True):
        clutter.put(state)
        ends.append(attempt(clutter, Aim(pose[:3], float(pose[3]), float(width)), top).taken)
    clutter.put(state)
    return ends


def together(parts: Sequence[Attempts]) -> Attempts:
    """Put attempts one after the other."""
    names = Attempts.__dataclass_fields__
    return Attempts(**{name: np.concatenate([vars(one)[name] for one in parts]) for name in names})


def train(
    sitting: Sitting,
    stage: str,
    attempts: Attempts,
    steps: int,
    seed: int,
    progress: Callable[[str], None],
) -> GraspNetwork:
    """Fit a network to how attempts ended, by cross-entropy; goes on from what the sitting keeps."""
    generator = torch.Generator().manual_seed(seed)
    network = GraspNetwork().start(generator)
    optimiser = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3.0 * _RATE, steps)
    training = Training(network, optimiser, schedule, generator)
    images, numbers, held = (torch.from_numpy(value) for value in vars(attempts).values())
    loss_of = nn.BCEWithLogitsLoss()
    for step in range(sitting.restore(stage, training), steps):
        rows = torch.randint(len(held), (_BATCH,), generator=generator)
        turned = _mirrored(images[rows], numbers[rows], generator)
        loss = loss_of(network(*turned), held[rows])
        descend(loss, optimiser, schedule)
        if step % 100 == 0:
            progress(f"{stage}: step {step} of {steps}, cross-entropy {loss.item():.3f}")
        sitting.keep(stage, training, step + 1, step + 1 == steps)
    return network.requires_grad_(False)


def _mirrored(images: Tensor, numbers: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Swap the fingers, or left and right: a grasp holds as well."""
    swap, flip = torch.rand(2, generator=generator) < 0.5
    numbers = numbers.clone()
    if swap:
        images = images.flip(1)
        numbers[:, 1], numbers[:, 2] = numbers[:, 2].clone(), numbers[:, 1].clone()
    if flip:
        images = images.flip(2)
        numbers[:, 1:3] *= -1.0
    return images, numbers
