"""How cases are stacked before physics has its say: columns, interlocked layers, and mixed piles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, log

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array, pose_rpy
from robolab.tasks.pallet_case import DECKS, ArmKind, Case, Deck, Kind, Level, PrintSpec, Split
from robolab.tasks.pallet_look import draw_look

CASES = 40
"""Of a full pallet."""
_CATALOGUE: dict[Split, int] = {"train": 160, "aside": 40, "unseen": 60}
_SIDES: dict[ArmKind, tuple[tuple[float, float], ...]] = {
    "ur10e": ((0.16, 0.4), (0.12, 0.26), (0.12, 0.22)),
    "palletiser": ((0.22, 0.6), (0.16, 0.4), (0.12, 0.34)),
}
"""Length, width and height of cases, small ones more often [m]."""
_DENSITY = (60.0, 450.0)
"""Of what is in cases [kg/m3]."""
_LIGHTEST = 0.3
_CELL = 0.01
"""Of the height map [m]."""
_TRIES = 160
_SAME_PLACE = 1e-3
_NEARLY = 0.75
"""Share of the area that the widest layer would cover from which another is as good."""


_Place = tuple[float, float, bool]
"""Middle of a case in its layer [m], and whether it is turned by a quarter."""


@dataclass(frozen=True)
class Manner:
    """How a level stacks.

    Attributes:
        articles: Least and most kinds of case. gap: Largest between neighbours [m]. turn: Standard deviation [rad].
        overhang: Over the deck's edge [m]. uneven: Heights that differ by less bear together [m].
        borne: Least share of a base that is borne. mixed, half_empty: Share of such pallets. bags: Of the cases.
    """

    articles: tuple[int, int]
    gap: float
    turn: float
    overhang: float
    uneven: float
    borne: float
    mixed: float
    half_empty: float
    bags: float


MANNERS: dict[Level, Manner] = {
    "easy": Manner((1, 2), 0.006, 0.005, 0.0, 0.006, 0.95, 0.0, 0.15, 0.0),
    "mixed": Manner((3, 8), 0.010, 0.015, 0.02, 0.01, 0.85, 0.6, 0.3, 0.0),
    "hard": Manner((6, 14), 0.015, 0.04, 0.04, 0.022, 0.7, 1.0, 0.3, 0.06),
}


@dataclass(frozen=True)
class Article:
    """One kind of case of a catalogue."""

    kind: Kind
    size: Array
    mass: float
    look: PrintSpec


@lru_cache(maxsize=8)
def catalogue(split: Split, arm: ArmKind) -> tuple[Article, ...]:
    """Return all kinds of case of a split; no two splits share any."""
    rng = stream(0, "catalogue", arm, split)
    return tuple(_article(rng, split, arm) for _ in range(_CATALOGUE[split]))


def _article(rng: np.random.Generator, split: Split, arm: ArmKind) -> Article:
    length, width, height = (low + (high - low) * rng.uniform() ** 1.5 for low, high in _SIDES[arm])
    sides = np.array([max(length, width), min(length, width), min(height, 1.2 * width)])
    size: Array = np.round(sides, 3)  # pyright: ignore[reportAssignmentType]
    density = exp(rng.uniform(log(_DENSITY[0]), log(_DENSITY[1])))
    mass = float(np.clip(density * size.prod(), _LIGHTEST, DECKS[arm].heaviest))
    kind: Kind = "tote" if rng.uniform() < 0.1 else "box"
    return Article(kind, size, round(mass, 2), draw_look(rng, kind, split))


def draw_stack(
    level: Level, split: Split, deck: Deck, rng: np.random.Generator, arm: ArmKind
) -> tuple[Case, ...]:
    """Draw cases and where they stand, nearly at rest."""
    manner, known = MANNERS[level], catalogue(split, arm)
    articles = int(rng.integers(*manner.articles, endpoint=True))
    chosen: list[Article] = [known[int(i)] for i in rng.integers(len(known), size=articles)]
    wanted = CASES if rng.uniform() > manner.half_empty else int(rng.integers(8, CASES // 2))
    if rng.uniform() < manner.mixed:
        cases = _Heap(deck, manner, rng).fill(chosen, wanted)
    else:
        cases = _layers(deck, manner, chosen, wanted, rng)
    return tuple(_with_bags(cases, manner, split, rng))


def _with_bags(
    cases: list[Case], manner: Manner, split: Split, rng: np.random.Generator
) -> list[Case]:
    """Make bags of some cases that carry none: low, soft and leaky."""
    return [
        _bag(case, split, rng)
        if rng.uniform() < manner.bags and not _carries(case, cases)
        else case
        for case in cases
    ]


def _bag(case: Case, split: Split, rng: np.random.Generator) -> Case:
    size = case.size * (1.0, 1.0, 0.6)
    X = case.X_world_case.copy()
    X[2, 3] -= (case.size[2] - size[2]) / 2.0
    return Case(case.name, "bag", size, case.mass, X, draw_look(rng, "bag", split))


def _carries(case: Case, cases: list[Case]) -> bool:
    x, half = case.X_world_case[:3, 3], np.max(case.size[:2]) / 2.0
    return any(
        other.X_world_case[2, 3] > x[2] + _SAME_PLACE
        and bool(
            np.all(np.abs(other.X_world_case[:2, 3] - x[:2]) < half + np.max(other.size[:2]) / 2.0)
        )
        for other in cases
    )


def _case(article: Article, number: int, at: Array, yaw: float, centre: Array) -> Case:
    X = pose_rpy(at + centre, (0.0, 0.0, yaw))
    return Case(f"case-{number:02d}", article.kind, article.size, article.mass, X, article.look)


def _layers(
    deck: Deck, manner: Manner, chosen: list[Article], wanted: int, rng: np.random.Generator
) -> list[Case]:
    """Layers of one article each, heavy ones below; every other layer is turned where they interlock."""
    centre = np.array([*deck.X_world_deck[:2, 3], deck.top])
    interlocked = bool(rng.uniform() < 0.5)
    heavy_first = sorted(chosen, key=lambda article: -article.mass)
    cases: list[Case] = []
    z, layer = 0.0, 0
    before, below = heavy_first[0], np.array([[*(-deck.size[:2] / 2.0), *(deck.size[:2] / 2.0)]])
    while len(cases) < wanted:
        article = heavy_first[min(layer * len(heavy_first) // 4, len(heavy_first) - 1)]
        turned = interlocked and layer % 2 == 1
        article, places = _layer((article, before), deck, manner, turned, below)
        if not places or z + article.size[2] > deck.height:
            break
        for x, y, turned in places[: wanted - len(cases)]:
            yaw = (np.pi / 2.0 if turned else 0.0) + rng.normal(0.0, manner.turn)
            slip = rng.uniform(-manner.gap, manner.gap, 2) / 3.0
            at = np.array([x + slip[0], y + slip[1], z + article.size[2] / 2.0 + 5e-4])
            cases.append(_case(article, len(cases), at, yaw, centre))
        before, below = article, np.array([_outline(article, one) for one in places])
        z, layer = z + article.size[2] + 5e-4, layer + 1
    return cases


def _layer(
    articles: tuple[Article, Article], deck: Deck, manner: Manner, turned: bool, below: Array
) -> tuple[Article, list[_Place]]:
    """Return the first of the ways to lay one of two articles that is borne and covers nearly as much as any."""
    ways = [
        (article, _grid(article, deck, manner.gap, turn))
        for article in articles
        for turn in (turned, not turned)
    ]
    borne = [
        (article, places)
        for article, places in ways
        if all(_borne(_outline(article, one), below) >= manner.borne for one in places)
    ]
    covered = [len(places) * float(article.size[:2].prod()) for article, places in borne]
    most = max(covered, default=0.0)
    for way, area in zip(borne, covered, strict=True):
        if area >= _NEARLY * most:
            return way
    return articles[0], []


def _outline(article: Article, place: _Place) -> Array:
    """Least and greatest x and y of a case in its layer, shape (4,) [m]."""
    half = (article.size[1::-1] if place[2] else article.size[:2]) / 2.0
    middle = np.array(place[:2])
    return np.concatenate([middle - half, middle + half])


def _borne(base: Array, below: Array) -> float:
    """Share of a base, shape (4,), that lies on what is below, shape (n, 4)."""
    width = np.minimum(base[2:], below[:, 2:]) - np.maximum(base[:2], below[:, :2])
    return float(np.maximum(width, 0.0).prod(axis=1).sum() / np.prod(base[2:] - base[:2]))


def _grid(article: Article, deck: Deck, gap: float, turned: bool) -> list[_Place]:
    """Places of one layer, the closest rows that fit, around the deck's middle."""
    both: list[list[_Place]] = []
    for turn in (turned, not turned):
        side = article.size[1::-1] if turn else article.size[:2]
        x, y = (_row(float(deck.size[k]), float(side[k]), gap) for k in (0, 1))
        if x and y:
            both.append([(a, b, turn) for a in x for b in y])
    return both[0] if both else []


def _row(room: float, side: float, gap: float) -> list[float]:
    """Middles of as many as fit side by side, around 0."""
    count = int((room + gap) / (side + gap))
    return [(k - (count - 1) / 2.0) * (side + gap) for k in range(count)]


class _Heap:
    """A height map that cases are put on, lowest place first, well borne."""

    def __init__(self, deck: Deck, manner: Manner, rng: np.random.Generator) -> None:
        self._deck, self._manner, self._rng = deck, manner, rng
        self._room = deck.size[:2] / 2.0 + manner.overhang
        self._height = np.zeros(np.ceil(2.0 * self._room / _CELL).astype(int))
        over = round(manner.overhang / _CELL)
        if over:  # nothing bears beyond the deck's edge
            bare = np.full_like(self._height, -1.0)
            bare[over:-over, over:-over] = 0.0
            self._height = bare
        self._taken: list[tuple[Array, Array]] = [(-self._room, self._room)]

    def fill(self, chosen: list[Article], wanted: int) -> list[Case]:
        """Put up to so many cases on, the heavy ones rather first."""
        drawn = self._rng.integers(len(chosen), size=2 * wanted)
        order: list[Article] = [chosen[int(i)] for i in drawn]
        rank = [-a.size.prod() * exp(self._rng.normal(0.0, 0.7)) for a in order]
        order = [order[int(i)] for i in np.argsort(rank, kind="stable")]
        centre = np.array([*self._deck.X_world_deck[:2, 3], self._deck.top])
        cases: list[Case] = []
        for article in order:
            found = self._place(article)
            if found is None:
                continue
            low, side, z, turned = found
            yaw = (np.pi / 2.0 if turned else 0.0) + self._rng.normal(0.0, self._manner.turn)
            at = np.array([*(low + side / 2.0), z + article.size[2] / 2.0 + 5e-4])
            cases.append(_case(article, len(cases), at, yaw, centre))
            if len(cases) == wanted:
                break
        return cases

    def _place(self, article: Article) -> tuple[Array, Array, float, bool] | None:
        best, found = np.inf, None
        for _ in range(_TRIES):
            turned = bool(self._rng.uniform() < 0.5)
            side = article.size[1::-1] if turned else article.size[:2]
            low = self._corner(side)
            if np.any(low < -self._room) or np.any(low + side > self._room):
                continue
            z = self._bearing(low, side)
            if z is None or z + article.size[2] > self._deck.height:
                continue
            score = z + 0.15 * float(np.hypot(*(low + side / 2.0)))
            if score < best:
                best, found = score, (low, side, z, turned)
        if found is not None:
            self._occupy(*found[:3], article.size[2])
        return found

    def _corner(self, side: Array) -> Array:
        """A lower corner flush with edges of what stands there already, or with the deck's."""
        rng, gap = self._rng, self._rng.uniform(0.001, self._manner.gap + 0.001, 2)
        corner = np.zeros(2)
        near = int(rng.integers(len(self._taken)))
        for k in (0, 1):
            a, b = self._taken[near if rng.uniform() < 0.7 else int(rng.integers(len(self._taken)))]
            ways = (a[k], b[k] - side[k], b[k] + gap[k], a[k] - side[k] - gap[k])
            corner[k] = ways[int(rng.integers(4))]
        return corner

    def _window(self, low: Array, side: Array) -> tuple[slice, slice]:
        a = np.floor((low + self._room) / _CELL).astype(int)
        b = np.ceil((low + side + self._room) / _CELL).astype(int)
        return slice(a[0], b[0]), slice(a[1], b[1])

    def _bearing(self, low: Array, side: Array) -> float | None:
        """Height at which a base rests, or None where too little of it is borne or its middle hangs over."""
        under = self._height[self._window(low, side)]
        top = float(under.max())
        held = under > top - self._manner.uneven
        rows, columns = np.nonzero(held)
        middle = (np.array(under.shape) - 1.0) / 2.0
        inside = (rows.min() < middle[0] < rows.max()) and (
            columns.min() < middle[1] < columns.max()
        )
        return top if top >= 0.0 and held.mean() >= self._manner.borne and inside else None

    def _occupy(self, low: Array, side: Array, z: float, height: float) -> None:
        self._height[self._window(low, side)] = z + height
        self._taken.append((low, low + side))
