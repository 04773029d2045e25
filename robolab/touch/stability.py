"""Whether a grasp will hold, from what the fingertips read before the lift: networks over taxels, and how they learn.

They learn from grasps held against groups of every size, with labels in every mix, so that they may be asked about one
grasp or about many; with electrodes whose gain and offset are off, that are noisy or dead. Several networks are asked, and their odds averaged.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from robolab.core.errors import TouchError
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.learning.descent import descend
from robolab.learning.weights import round_matrices
from robolab.touch import reference
from robolab.touch.electrodes import BIOTAC_SP, Layout
from robolab.touch.grasps import FINGERS, Grasps
from robolab.touch.sessions import Sessions, nearest, sessions_of
from robolab.touch.taxels import TaxelNetwork

_SOFT = 0.02
"""How far labels are believed to be wrong."""
_LEAST_GROUP = 1.0
NARROW = {"width": 8, "heads": 2, "hidden": 16, "rounds": 1}
"""Sizes of a network that others teach."""
Advance = Callable[[float, float], None]


@dataclass(frozen=True)
class Lesson:
    """How the networks learn.

    Attributes:
        networks: How many there are.
        epochs, batch, rate, decay: Of their training.
        versions: Ways in which grasps are put into groups.
        gain, offset, noise: Standard deviations of what electrodes are off by, in deviations of their readings; an
            offset is a whole finger's.
        dead: Share of electrodes that read nothing.
        drop: Share of the dense network's inputs that is left out.
        seed: Of everything.
    """

    networks: int = 3
    epochs: int = 30
    batch: int = 128
    rate: float = 3e-3
    decay: float = 1e-3
    versions: int = 8
    gain: float = 0.1
    offset: float = 0.1
    noise: float = 0.1
    dead: float = 0.03
    drop: float = 0.2
    seed: int = 0


class Facts(NamedTuple):
    """What networks look at: shapes (..., n, fingers * taxels, channels) and (..., n, 1), float32."""

    x: Tensor
    extra: Tensor


@dataclass(frozen=True)
class Stability:
    """Networks that have learned, and the sessions they know."""

    networks: tuple[TaxelNetwork, ...]
    sessions: Sessions
    layout: Layout = BIOTAC_SP

    def odds(self, grasps: Grasps) -> Array:
        """Return the log odds that each grasp slips, shape (n,); what `grasps` says of labels is not looked at."""
        return self.odds_of(self.facts(grasps))

    def odds_alone(self, grasps: Grasps) -> Array:
        """Return the log odds as if each grasp were the only one there is, shape (n,)."""
        readings = _flat(grasps)
        which = nearest(self.sessions, readings)
        mean, std = self.sessions.mean[which], self.sessions.std[which]
        alone = np.arange(len(readings))
        return self.odds_of(_facts(*reference.seen(readings, alone, mean, std)))

    def odds_of(self, facts: Facts) -> Array:
        """Return log odds of what networks look at, shape (n,)."""
        with torch.no_grad():
            said = [network(*facts)[:, 0].numpy() for network in self.networks]
        return np.mean(said, axis=0).astype(np.float64)

    def rounded(self) -> Stability:
        """Return the same with matrices in steps of their rows' scales, as exported in int8."""
        networks = deepcopy(self.networks)
        for network in networks:
            round_matrices(network)
        return Stability(networks, self.sessions, self.layout)

    def facts(self, grasps: Grasps) -> Facts:
        """Return what the networks look at; see `reference`."""
        readings = _flat(grasps)
        which, mean, std = reference.usual(self.sessions, readings)
        groups = groups_of(grasps.objects, which)
        return _facts(*reference.seen(readings, groups, mean, std))


def learn(grasps: Grasps, lesson: Lesson, advance: Advance = lambda _done, _all: None) -> Stability:
    """Teach networks.

    Args:
        grasps: Of at least one file; each file counts as a session.
        advance: Told what share is done, of what.
    Raises:
        TouchError: labels are missing, or all the same.
    """
    if grasps.slipped is None:
        raise TouchError("grasps to learn from have to say whether they slipped", field="slipped")
    if grasps.slipped.all() or not grasps.slipped.any():
        raise TouchError(
            "all grasps to learn from end the same way",
            field="slipped",
            value=int(grasps.slipped[0]),
            expected="some that held (0) and some that slipped (1)",
        )
    sessions = sessions_of(_flat(grasps), grasps.files)
    facts = _versions(grasps, sessions, lesson)
    wanted = _believed(grasps.slipped).expand(lesson.versions, -1)
    networks = list[TaxelNetwork]()
    for k in range(lesson.networks):

        def tell(share: float, k: int = k) -> None:
            advance(k + share, lesson.networks)

        networks.append(_taught(facts, wanted, lesson, k, tell))
    return Stability(tuple(networks), sessions)


def distilled(grasps: Grasps, teacher: Stability, lesson: Lesson) -> Stability:
    """Teach one narrow network what several say of the grasps that they have learned from.

    Args:
        grasps: Those that the teacher has learned from.
    Raises:
        TouchError: labels are missing.
    """
    if grasps.slipped is None:
        raise TouchError("grasps to learn from have to say whether they slipped", field="slipped")
    facts = _versions(grasps, teacher.sessions, lesson)
    said = np.array([teacher.odds_of(Facts(*version)) for version in zip(*facts, strict=True)])
    wanted = 0.5 * (torch.sigmoid(torch.from_numpy(said)).float() + _believed(grasps.slipped))
    narrow = _taught(facts, wanted, lesson, lesson.networks, lambda _share: None, **NARROW)
    return Stability((narrow,), teacher.sessions)


def new_network(**sizes: int) -> TaxelNetwork:
    """Return a network of some sizes, its weights still to be set."""
    return TaxelNetwork(BIOTAC_SP, len(FINGERS), reference.CHANNELS, extra=1, **sizes)


def groups_of(objects: np.ndarray, sessions: np.ndarray) -> np.ndarray:
    """Number the groups of grasps that share object and session, shape (n,)."""
    return np.unique(np.unique(objects, return_inverse=True)[1] * 1000 + sessions, return_inverse=True)[1]  # fmt: skip


def held_against(train: Grasps, test: Grasps) -> tuple[Array, Array]:
    """Return what networks that learn from `train` look at, flat: of those grasps and of others, shapes (n, 144)."""
    readings = _flat(train)
    sessions = sessions_of(readings, train.files)
    which = np.unique(train.files, return_inverse=True)[1]
    groups = groups_of(train.objects, which)
    own = reference.seen(readings, groups, sessions.mean[which], sessions.std[which])[0]
    other = Stability((), sessions).facts(test).x.numpy()
    return own.reshape(len(own), -1), other.reshape(len(other), -1)


def _flat(grasps: Grasps) -> Array:
    return grasps.readings.reshape(len(grasps), -1)


def _facts(x: Array, weight: Array) -> Facts:
    return Facts(*(torch.from_numpy(a.astype(np.float32)) for a in (x, weight[..., None])))


def _versions(grasps: Grasps, sessions: Sessions, lesson: Lesson) -> Facts:
    """Hold grasps against whole groups and, in every other version, against random parts of them."""
    readings, rng = _flat(grasps), stream(lesson.seed, "stability", "groups")
    which = np.unique(grasps.files, return_inverse=True)[1]
    groups = groups_of(grasps.objects, which)
    mean, std = sessions.mean[which], sessions.std[which]
    parts = list[Facts]()
    for k in range(lesson.versions):
        some = groups if k % 2 == 0 else _parted(groups, grasps.slipped, rng)
        parts.append(_facts(*reference.seen(readings, some, mean, std)))
    return Facts(*(torch.stack(values) for values in zip(*parts, strict=True)))


def _parted(groups: np.ndarray, slipped: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Break groups into parts of random sizes, in which one outcome may be more common than in the whole."""
    assert slipped is not None
    parts = np.empty(len(groups), int)
    total = 0
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        size = np.exp(rng.uniform(0.0, np.log(len(rows) + 1.0)))
        order = rng.normal(size=len(rows)) + rng.uniform(-1.5, 1.5) * slipped[rows]
        place = (np.argsort(np.argsort(order)) / max(size, _LEAST_GROUP)).astype(int)
        parts[rows] = total + place
        total += int(place.max()) + 1
    return parts


def _believed(slipped: np.ndarray) -> Tensor:
    return torch.from_numpy(slipped.astype(np.float32)) * (1.0 - 2.0 * _SOFT) + _SOFT


def _taught(
    facts: Facts,
    wanted: Tensor,
    lesson: Lesson,
    number: int,
    tell: Callable[[float], None],
    **sizes: int,
) -> TaxelNetwork:
    """Teach one network the chances that are wanted, shape (versions, n)."""
    seed = int(stream(lesson.seed, "stability", number).integers(2**62))
    generator = torch.Generator().manual_seed(seed)
    network = new_network(**sizes).start(generator)
    optimiser = torch.optim.AdamW(network.parameters(), lesson.rate, weight_decay=lesson.decay)
    count = wanted.shape[1]
    batches = max(count // lesson.batch, 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, lesson.rate, total_steps=lesson.epochs * batches
    )
    loss_of = nn.BCEWithLogitsLoss()
    for epoch in range(lesson.epochs):
        order = torch.randperm(count, generator=generator)
        for rows in torch.tensor_split(order, batches):
            version = torch.randint(lesson.versions, rows.shape, generator=generator)
            x = _spoiled(facts.x[version, rows], lesson, generator)
            odds = network(x, facts.extra[version, rows], lesson.drop, generator)[:, 0]
            loss = loss_of(odds, wanted[version, rows])
            descend(loss, optimiser, schedule)
        tell((epoch + 1) / lesson.epochs)
    return network


def _spoiled(x: Tensor, lesson: Lesson, generator: torch.Generator) -> Tensor:
    """Return readings as worse electrodes would have them."""

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    count, taxels, channels = x.shape
    gain = 1.0 + lesson.gain * draw(count, taxels, 1)
    offset = lesson.offset * draw(count, len(FINGERS), 1, channels)
    offset = offset.expand(-1, -1, taxels // len(FINGERS), -1).reshape(count, taxels, channels)
    alive = torch.rand((count, taxels, 1), generator=generator) >= lesson.dead
    return (x * gain + offset + lesson.noise * draw(count, taxels, 1)) * alive
