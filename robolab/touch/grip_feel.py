"""What a tenth of a second of contact is made of: sliding a little for friction, lifting a little for weight.

A grip begins as people's do: the fingers close until both touch, rub the surface once with a light force, then pull up
while the force grows until the object comes along. What that shows is gathered sample by sample, in constant time and
memory, and every few samples handed on as one line of numbers that a network can read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from robolab.core.transforms import Array
from robolab.sensors.pad import COLUMNS, PITCH, ROWS
from robolab.sim.pinch import TWIST
from robolab.tasks.lift import GripSample, Stroke

PERIOD = 0.001
EVERY = 5
"""Samples of one look."""
TOUCH_FORCE = 0.5
"""What the fingers close and rub with [N]."""
TOUCHED = 0.12
"""Force of each finger that is contact [N]."""
RUB, FEEL = 0.04, 0.1
"""Rubbing ends, and feeling ends at the earliest, so long after contact [s]."""
SETTLED = 0.015
"""Of the rubbing, before its friction counts [s]."""
LONGEST = 0.4
"""After which an object that does not come along is given up [s]."""
GROW = 0.025
"""Time in which the force grows by e while the object does not come along [s]."""
COMES = 0.015
"""So long an object has to come along, its pull no longer rising, before it counts as weighed [s]."""
RISES = 0.05
"""By how much of itself a pull is above its mean of late while the table still bears a part of the weight."""
STUCK, FREE, EASY = 0.9, 0.6, 0.3
"""Shares of the friction felt above which it does not come along, below which it may (light fingers chatter as they slide,
and pull with no more than seven tenths of friction then), and below which the force grows no more."""
QUICK = 0.4
"""Weight of a new sample in what is watched at every sample."""
SLOW = 0.1
"""And in the friction that an object shows while it is pulled up and does not come."""
AHEAD = 1.3
"""Force asked for over force felt, at most."""
TARE = 0.012
"""From closing to the mean that is taken off as the pads' offset [s]."""
_AXIS = (np.arange(ROWS) - (ROWS - 1) / 2.0) * PITCH
_OF_PAD = (
    *("ln normal force", "shear across", "shear along", "friction in use", "shear of its middle"),
    *("twist", "twist in use", "pressed across", "pressed along", "edge cells"),
)
OF_PAD = len(_OF_PAD)
"""Numbers that a pad is told by."""
NAMES = (
    *(f"finger {finger} {name}" for finger in (1, 2) for name in _OF_PAD),
    *("ln force asked for", "rubs", "weighs", "lifts", "time since contact", "ln friction"),
    *("ln mass", "ln mass now", "mass is told", "ln told over felt mass", "in use"),
    *("specific force now", "specific force soon", "specific force at most", "width"),
)
"""Of the numbers in a line."""
FEATURES = len(NAMES)
FRICTION, MASS = 2 * OF_PAD + 5, 2 * OF_PAD + 6
"""Where in a line the logarithms of the friction and the mass are that have been felt."""
USED, TURNS = 3, 6
"""Where among the numbers of a pad the shares of its friction are that are in use, by all cells and by twisting."""
NOISE = 0.0045
"""Of a cell's shear, both directions, the mean of a look and half a second of drift [N]."""
BLUR = 0.0042
"""What a point's pressure is about itself under the skin, root of the mean square [m]."""
EDGE = 0.15
"""Share of the mean below which a cell does not count as pressed."""
FRICTIONS = (0.1, 1.5)
LEAST_MASS = 1e-3
"""Bounds of what is felt [kg]."""
HANGS = 0.3
"""Weight of a new look in the mass."""
SMALL = 0.05
"""What forces are compared with so that none divides by nothing [N]."""


@dataclass
class Feel:
    """What has been felt so far.

    Attributes:
        stroke: What the hand is to do.
        force: What the fingers are to press with while feeling [N].
        contact: When both fingers first touched [s], or None.
        friction: As the rubbing showed it.
        mass: As far as it hangs on the fingers [kg].
        stuck: Whether it does not come along however hard it is held.
        used: Share of the friction felt that is in use, twisting included, at the last look; at one, the object slips.
        turns: And of what the pads can bear of twisting; at one, it turns.
        most: Greatest force that is allowed [N].
        load: What is known of the mass otherwise [kg], or None.
    """

    most: float
    load: float | None = None
    stroke: Stroke = Stroke.STAY
    force: float = TOUCH_FORCE
    contact: float | None = None
    friction: float = 0.5
    mass: float = 0.02
    stuck: bool = False
    used: float = 0.0
    turns: float = 0.0
    _since: float = 0.0
    _pull: float = 0.0
    _sum: Array = field(default_factory=lambda: np.zeros((2, ROWS, COLUMNS, 3)))
    _offset: Array = field(default_factory=lambda: np.zeros((2, ROWS, COLUMNS, 3)))
    _quick: Array = field(default_factory=lambda: np.zeros((2, 3)))
    _rubbed: list[float] = field(default_factory=lambda: [0.0, 0.0])
    _began: float | None = None
    _press: float = 2.0 * TOUCH_FORCE
    _count: int = 0

    def add(self, sample: GripSample) -> Array | None:
        """Take one sample; after every `EVERY` of them since contact return a line of features, shape (FEATURES,)."""
        cells = np.empty_like(self._offset)
        cells[..., 0], cells[..., 1:] = sample.pads.normal, sample.pads.shear
        cells[~np.isfinite(cells)] = 0.0
        self._began = sample.time if self._began is None else self._began
        cells -= self._offset
        sums = cells.sum(axis=(1, 2))
        self._quick += QUICK * (sums - self._quick)
        if self.contact is None:
            self._wait(sample.time, cells)
            return None
        elapsed = sample.time - self.contact
        self._move(elapsed, sums)
        self._sum += cells
        self._count += 1
        if self._count < EVERY:
            return None
        mean = self._sum / EVERY
        self._sum, self._count = np.zeros_like(self._sum), 0
        return self._look(mean, sample, elapsed)

    def _wait(self, time: float, cells: Array) -> None:
        """Take the pads' offsets off while nothing touches; then wait for both fingers."""
        assert self._began is not None
        if time - self._began < TARE and np.abs(self._quick[:, 0]).max() < TOUCHED:
            self._sum += cells
            self._count += 1
        elif self._count:
            self._offset = self._sum / self._count
            self._sum, self._count = np.zeros_like(self._sum), 0
        if self._quick[:, 0].min() > TOUCHED:
            self.contact, self.stroke = time, Stroke.RUB
            self._sum, self._count = np.zeros_like(self._sum), 0

    def _move(self, elapsed: float, sums: Array) -> None:
        """Rub, then pull up with a force that grows until the object comes along."""
        if self.stroke == Stroke.RUB:
            if elapsed > SETTLED:
                self._rubbed[0] += float(np.hypot(sums[:, 1], sums[:, 2]).sum())
                self._rubbed[1] += float(sums[:, 0].sum())
            if elapsed >= RUB:
                self.friction = float(np.clip(self._rubbed[0] / self._rubbed[1], *FRICTIONS))
                self.stroke = Stroke.WEIGH
        elif self.stroke == Stroke.WEIGH:
            pressing, pulling = self._quick[:, 0].sum(), -float(self._quick[:, 2].sum())
            self._press += SLOW * (float(pressing) - self._press)
            self._pull += SLOW * (pulling - self._pull)
            share = pulling / max(self.friction * float(pressing), SMALL)
            if share > FREE or pulling > (1.0 + RISES) * self._pull + SMALL:
                self._since = elapsed
            if share > STUCK:
                self.friction = max(self.friction, self._pull / max(self._press, TOUCH_FORCE))
            # A pull that grows with the force is friction's, one that does not is the weight.
            haste = min(max((share - EASY) / (STUCK - EASY), 0.0), 1.0)
            # Not further than the fingers follow, lest the object be crushed when it comes.
            ahead = AHEAD * float(pressing) / 2.0 + TOUCH_FORCE
            grown = self.force * float(np.exp(haste * PERIOD / GROW))
            self.force = min(grown, max(ahead, self.force), self.most)
            comes = elapsed >= FEEL and elapsed - self._since > COMES
            self.stuck = elapsed > LONGEST and share > STUCK
            if comes or (elapsed > LONGEST and not self.stuck):
                self.stroke = Stroke.READY

    def _look(self, mean: Array, sample: GripSample, elapsed: float) -> Array:
        """Return what the pads show, finger by finger, and what is known beside it."""
        hangs = float(np.hypot(*mean[..., 1:].sum(axis=(0, 1, 2))))
        if self.stroke != Stroke.RUB:
            self.mass += HANGS * (max(hangs / sample.now, LEAST_MASS) - self.mass)
        fingers = [pad_features(pad, self.friction) for pad in mean]
        # A finger that alone slips is held by the other one.
        share = mean[..., 0].sum(axis=(1, 2)) / max(float(mean[..., 0].sum()), SMALL)
        self.turns = float(share @ [finger[TURNS] for finger in fingers])
        self.used = float(share @ [finger[USED] for finger in fingers])
        return np.array(
            [
                *fingers[0],
                *fingers[1],
                np.log(self.force + SMALL),
                float(self.stroke == Stroke.RUB),
                float(self.stroke == Stroke.WEIGH),
                float(self.stroke == Stroke.READY),
                min(elapsed / FEEL, 3.0),
                np.log(self.friction),
                np.log(self.mass),
                np.log(max(hangs / sample.now, LEAST_MASS)),
                float(self.load is not None),
                0.0 if self.load is None else np.clip(np.log(self.load / self.mass), -2.0, 2.0),
                max(self.used, self.turns),
                sample.now / 10.0,
                sample.soon / 10.0,
                sample.planned / 10.0,
                sample.width / 0.05,
            ]
        )


def pad_features(pad: Array, friction: float) -> list[float]:
    """Return what one pad shows: how hard, which way, how much of it slips, how it twists, and where.

    Cells that are pressed less than the mean slip first, and carry friction times their force when they do; when the
    others carry the same share, all of them slip. A patch twists away when its torsion is friction times its force times an
    arm: its own, and how far apart the places are at which it presses.

    Args:
        pad: Normal force and shear of each cell, shape (rows, columns, 3) [N].
        friction: As it has been felt.
    """
    normal, shear = pad[..., 0], pad[..., 1:]
    total = max(float(normal.sum()), SMALL)
    size = np.sqrt(np.maximum((shear**2).sum(axis=-1) - NOISE**2, 0.0))
    mean = total / normal.size
    core = normal > mean
    edge = ~core & (normal > EDGE * mean)
    across, along = (float((normal.sum(axis=k) @ _AXIS) / total) for k in (0, 1))
    x, y = _AXIS - across, _AXIS[:, None] - along
    turned = float((shear[..., 1] * x).sum() - (shear[..., 0] * y).sum())
    wide = float((normal * (x * x + y * y)).sum()) / total
    arm = TWIST + np.sqrt(max(wide - BLUR**2, 0.0))
    return [
        float(np.log(total)),
        float(shear[..., 0].sum()) / total,
        float(shear[..., 1].sum()) / total,
        float(size.sum()) / (friction * total),
        float(size[core].sum()) / max(float(normal[core].sum()), SMALL),
        turned / (total * PITCH),
        abs(turned) / (friction * total * arm),
        across / PITCH,
        along / PITCH,
        float(edge.sum()) / normal.size,
    ]
