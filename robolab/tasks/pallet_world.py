"""A pallet in physics while it is emptied: what stands where, what a lift takes along, what falls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from robolab.core.transforms import Array
from robolab.sim.client import Owner
from robolab.sim.pile import RATE, Pile
from robolab.tasks.pallet_case import Case, Pallet, on_deck, pile_of
from robolab.tasks.pallet_grip import Cups, Seal, capacity

FALL = 0.1
"""Who falls farther has been dropped [m]."""
_LAG = 0.025
"""A case that stays so far behind its cups is off them [m]."""
_BEHIND = 4
"""Steps that the constraint takes to follow; a case is off where it is behind even of where its cups were then."""
_RISEN = 0.012
"""Others that rise by more hang on what is lifted [m]."""
_LOOK = 6
LOOK = _LOOK / RATE
"""Steps between two looks at whether what is held is still on, and the time between them [s]."""
_TOUCH = 0.05
"""Force from which something touches [N]."""
FREE = 2
"""Number of the look of the lift test at which the case is off what it stands on and has risen by less than 10 mm."""
_AFTER = 0.6
"""How long the pile may take to come to rest after a lift [s]."""
LIFT, LIFT_TIME = 0.03, 0.2
"""Of the lift test: way [m] and time [s]."""
_NEAR = 0.02
"""Cases nearer than this may touch [m]."""


@dataclass(frozen=True)
class Lifted:
    """What a lift did.

    Attributes:
        held: Whether the case still hangs on its cups. weight: Of all that rose [kg].
        hangs: Where the middle of that weight is, along the tool's x and y from the tcp, shape (2,) [m].
        dragged: Greatest way that another has moved [m]. touched: Whether any has touched what is held since that came free;
            else what moved had leaned on it, and slid or sank of itself.
        along: Numbers of others that rose with it.
        steps: How many poses of its path the tool came along.
        stopped: Whether whoever watched stopped it there.
    """

    held: bool
    weight: float
    hangs: Array
    dragged: float
    along: tuple[int, ...]
    steps: int
    stopped: bool = False
    touched: bool = True


class PalletWorld:
    """See the module. Cases are numbered as in the pallet.

    Each lift has a physics of its own in which only what touches the lifted case may move, and what stands on that;
    all else is as fast as the deck. That is many times as quick as moving the whole pile.

    Attributes:
        poses: Of all cases, those gone included, shape (n, 4, 4).
        gone: Numbers of cases that are no longer on the pallet.
    """

    def __init__(self, pallet: Pallet, cups: Cups) -> None:
        self.pallet, self.cups = pallet, cups
        self.poses = np.array([case.X_world_case for case in pallet.cases])
        self.gone: set[int] = set()

    def standing(self) -> dict[int, Case]:
        """Return the cases that are still on the pallet, where they are now."""
        return {
            i: replace(case, X_world_case=self.poses[i])
            for i, case in enumerate(self.pallet.cases)
            if i not in self.gone
        }

    def begin(self, seal: Seal) -> Lift:
        """Begin to lift what a seal holds; it numbers cases as in the pallet."""
        return Lift(self, seal)

    def take(self, numbers: Sequence[int]) -> None:
        """A person takes cases away; what stood on them comes down."""
        standing = self.standing()
        loose = _loose(standing, numbers)
        self.gone |= set(numbers)
        left = {i: case for i, case in standing.items() if i not in self.gone}
        with _pile(self.pallet, left, loose) as pile:
            pile.settle(_AFTER)
            self.moved(list(left), pile.poses())

    def moved(self, numbers: Sequence[int], poses: Array) -> tuple[int, ...]:
        """Note where cases have come to; return who has fallen."""
        fallen: list[int] = []
        for i, X in zip(numbers, poses, strict=True):
            fall = float(self.poses[i, 2, 3] - X[2, 3])
            self.poses[i] = X
            off = not on_deck(replace(self.pallet.cases[i], X_world_case=X), self.pallet.deck)
            if off:
                self.gone.add(i)
            if fall > FALL or off:
                fallen.append(i)
        return tuple(fallen)


class Lift(Owner):
    """One lift, from the seal until the pile rests again; use it in a `with` statement.

    Attributes:
        mass: Of what the cups hold, which only the world knows [kg].
    """

    def __init__(self, world: PalletWorld, seal: Seal) -> None:
        self._world, self._seal = world, seal
        self._standing = world.standing()
        self._numbers = list(self._standing)
        self._held = [self._numbers.index(i) for i in seal.held]
        self._pile = _pile(world.pallet, self._standing, _loose(self._standing, seal.held))
        self._begun = False
        self._looks, self._touched = 0, False
        self.mass = sum(world.pallet.cases[i].mass for i in seal.held)

    def close(self) -> None:
        """Stop the physics of the pile."""
        self._pile.close()

    def lead(self, path: Array, watch: Callable[[Array], bool] | None = None) -> Lifted:
        """Move the tool along poses, one a step of the physics, until what is held is lost.

        Args:
            path: Shape (m, 4, 4).
            watch: Is told after every `LOOK` by which force all others pulled at what is held meanwhile, shape (3,) [N]; stops it.
        """
        if not self._begun:
            self._begun = True
            for k, count in zip(self._held, self._seal.cups, strict=True):
                force = capacity(self._world.cups, count, self._seal.leak)
                self._pile.grab(k, path[0], force)
        quats = Rotation.from_matrix(path[:, :3, :3]).as_quat()
        pull = np.zeros(3)
        for k, (X, quat) in enumerate(zip(path, quats, strict=True)):
            self._pile.lead(X[:3, 3], quat)
            if watch is not None:
                pull += sum(self._pile.push_on(i) for i in self._held) / _LOOK
            if k % _LOOK != _LOOK - 1:
                continue
            was = path[max(k - _BEHIND, 0)]
            if any(self._pile.lag(i, was) > _LAG for i in self._held):
                self._pile.release()
                return self._looked(X, k + 1, held=False)
            self._touched |= self._looks >= FREE and float(np.abs(pull).max()) > _TOUCH
            self._looks += 1
            if watch is not None and watch(pull):
                return self._looked(X, k + 1, stopped=True)
            pull = np.zeros(3)
        return self._looked(path[-1], len(path))

    def tighten(self, seal: Seal) -> None:
        """Hold what hangs already by other cups, in the order in which it was taken."""
        self._seal = seal
        for k, count in zip(self._held, seal.cups, strict=True):
            self._pile.hold(k, capacity(self._world.cups, count, seal.leak))

    def _looked(
        self, X_world_tcp: Array, steps: int, held: bool = True, stopped: bool = False
    ) -> Lifted:
        now = self._pile.poses()[:, :3, 3]
        moved = now - self._world.poses[self._numbers, :3, 3]
        others = [k for k in range(len(self._numbers)) if k not in self._held]
        along = [k for k in others if moved[k, 2] > _RISEN]
        risen = [*self._held, *along]
        masses = np.array([self._world.pallet.cases[self._numbers[k]].mass for k in risen])
        middle = masses @ now[risen] / masses.sum() - X_world_tcp[:3, 3]
        hangs = X_world_tcp[:3, :2].T @ middle
        dragged = max((float(np.linalg.norm(moved[k])) for k in others), default=0.0)
        weight = float(masses.sum())
        along_with = tuple(self._numbers[k] for k in along)
        return Lifted(held, weight, hangs, dragged, along_with, steps, stopped, self._touched)

    def end(self, away: bool) -> tuple[int, ...]:
        """Let the pile come to rest, with what was held carried away or let go of; return who has fallen."""
        self._pile.release()
        if away:
            self._world.gone |= set(self._seal.held)
            left = [k for k in range(len(self._numbers)) if k not in self._held]
            for k in self._held:
                self._pile.put_away(k)
        else:
            left = list(range(len(self._numbers)))
        self._pile.settle(_AFTER)
        poses = self._pile.poses()
        return self._world.moved([self._numbers[k] for k in left], poses[left])


def _pile(pallet: Pallet, standing: dict[int, Case], loose: set[int]) -> Pile:
    numbers = list(standing)
    return pile_of(
        pallet, list(standing.values()), {numbers.index(i) for i in loose & set(numbers)}
    )


def _loose(standing: dict[int, Case], held: Sequence[int]) -> set[int]:
    """Numbers of what touches the held cases, and of all that stands on any of those."""
    low, high = _bounds(standing)
    numbers = list(standing)
    found = {numbers.index(i) for i in held}
    for k in list(found):
        near = ((low < high[k] + _NEAR) & (high > low[k] - _NEAR)).all(axis=1)
        found |= set(np.nonzero(near)[0].tolist())
    grown = True
    while grown:
        size = len(found)
        for k in list(found):
            beside = ((low < high[k] + _NEAR) & (high > low[k] - _NEAR)).all(axis=1)
            found |= set(np.nonzero(beside & (low[:, 2] > high[k, 2] - _NEAR))[0].tolist())
        grown = len(found) > size
    return {numbers[k] for k in found}


def _bounds(standing: dict[int, Case]) -> tuple[Array, Array]:
    """Least and greatest coordinates of each case in world, shape (n, 3)."""
    X = np.array([case.X_world_case for case in standing.values()])
    half = np.array([case.size for case in standing.values()]) / 2.0
    reach = np.einsum("nij,nj->ni", np.abs(X[:, :3, :3]), half)
    return X[:, :3, 3] - reach, X[:, :3, 3] + reach


def lift_path(X_world_tcp: Array, height: float, seconds: float) -> Array:
    """Return poses straight up and to rest, one a step of the physics, shape (m, 4, 4)."""
    share = np.linspace(0.0, 1.0, max(round(seconds * RATE), 2))
    path = np.tile(X_world_tcp, (len(share), 1, 1))
    path[:, 2, 3] += height * eased(share)
    return path


def eased(share: Array) -> Array:
    """Share of a way that is gone after a share of its time, from rest to rest with the least jerk."""
    gone: Array = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
    return gone


def numbered(seal: Seal, numbers: Sequence[int]) -> Seal:
    """Return a seal that counts cases as in the pallet, not as in a list of those that stand."""
    return replace(seal, held=tuple(numbers[i] for i in seal.held))
