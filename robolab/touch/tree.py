"""A small decision tree that stands in for a predictor, so that one can read what it does, and how far it does the same.

It is grown on what the predictor says, not on the truth. References: Breiman et al. (1984); Craven and Shavlik (1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array

_TRIED = 32
"""Thresholds of a feature that are tried: quantiles."""


@dataclass(frozen=True)
class Leaf:
    """What is said where no further question is asked, and of how many it was learned."""

    says: float
    count: int


@dataclass(frozen=True)
class Fork:
    """A question: is the feature at most the threshold?"""

    feature: int
    threshold: float
    yes: Fork | Leaf
    no: Fork | Leaf


@dataclass(frozen=True)
class Tree:
    """See the module.

    Attributes:
        names: Of the features, with units.
    """

    root: Fork | Leaf
    names: tuple[str, ...]

    def says(self, features: Array) -> Array:
        """Return what the tree says, shape (n,), of features (n, d)."""
        said = np.empty(len(features))
        _walk(self.root, features, np.arange(len(features)), said)
        return said

    def rules(self, form: str = "{:.3g}") -> str:
        """Return the tree as text, a line for each question and each answer."""
        return "\n".join(_lines(self.root, self.names, form, ""))


def grow(
    features: Array, said: Array, names: Sequence[str], depth: int = 3, least: int = 20
) -> Tree:
    """Grow a tree that says what a predictor says, in the mean square.

    Args:
        features: Shape (n, d), finite.
        said: What the predictor says, shape (n,): a force, a chance.
        names: Of the features.
        depth: Questions asked at most one after the other.
        least: Cases that an answer has to be learned of.
    """
    return Tree(_grown(features, np.asarray(said, float), depth, least), tuple(names))


def stand_in(
    features: Array,
    said: Array,
    names: Sequence[str],
    rng: np.random.Generator,
    depth: int = 3,
    middle: float | None = None,
) -> tuple[Tree, dict[str, float]]:
    """Grow a tree on half of the cases, and say of the other half how far it says the same.

    Args:
        middle: Where an answer turns to its opposite; None if there are no two.
    Returns:
        The tree and its fidelity: of how many cases, `explained` variance, `error` (mean absolute), and `agrees`, the share of answers on the
        same side of `middle`.
    """
    grown_on, tried_on = np.array_split(rng.permutation(len(said)), 2)
    tree = grow(features[grown_on], said[grown_on], names, depth)
    return tree, fidelity(tree, features[tried_on], said[tried_on], middle)


def fidelity(
    tree: Tree, features: Array, said: Array, middle: float | None = None
) -> dict[str, float]:
    """Say how far a tree says the same as a predictor does, on cases that it was not grown on; see `stand_in`."""
    told, spread = tree.says(features), float(np.var(said))
    rest = float(np.mean((told - said) ** 2))
    found = {
        "n": len(said),
        "explained": 1.0 - rest / spread if spread > 0.0 else float(rest == 0.0),
        "error": float(np.mean(np.abs(told - said))),
    }
    return (
        found
        if middle is None
        else found | {"agrees": float(np.mean((told > middle) == (said > middle)))}
    )


def _grown(features: Array, said: Array, depth: int, least: int) -> Fork | Leaf:
    best = _best(features, said, least) if depth > 0 else None
    if best is None:
        return Leaf(float(said.mean()), len(said))
    feature, threshold = best
    yes = features[:, feature] <= threshold
    return Fork(
        feature,
        threshold,
        _grown(features[yes], said[yes], depth - 1, least),
        _grown(features[~yes], said[~yes], depth - 1, least),
    )


def _best(features: Array, said: Array, least: int) -> tuple[int, float] | None:
    """The question after which answers differ least from their means; None if none is allowed or helps."""
    found, gain = None, 1e-12 * len(said) * max(float(np.var(said)), 1e-300)
    for j in range(features.shape[1]):
        order = np.argsort(features[:, j], kind="stable")
        x, sums = features[order, j], np.cumsum(said[order])
        ends = np.unique(np.linspace(least, len(x) - least, _TRIED).astype(int))
        ends = ends[(ends >= least) & (ends <= len(x) - least)]
        ends = ends[x[ends - 1] < x[np.minimum(ends, len(x) - 1)]]
        for end in ends.tolist():
            left, right = sums[end - 1], sums[-1] - sums[end - 1]
            here = left**2 / end + right**2 / (len(x) - end) - sums[-1] ** 2 / len(x)
            if here > gain:
                found, gain = (j, float(0.5 * (x[end - 1] + x[end]))), here
    return found


def _walk(node: Fork | Leaf, features: Array, rows: np.ndarray, said: Array) -> None:
    if isinstance(node, Leaf):
        said[rows] = node.says
        return
    yes = features[rows, node.feature] <= node.threshold
    _walk(node.yes, features, rows[yes], said)
    _walk(node.no, features, rows[~yes], said)


def _lines(node: Fork | Leaf, names: Sequence[str], form: str, indent: str) -> list[str]:
    if isinstance(node, Leaf):
        return [f"{indent}{form.format(node.says)}  ({node.count} cases)"]
    question = f"{names[node.feature]} <= {form.format(node.threshold)}"
    return [
        f"{indent}if {question}:",
        *_lines(node.yes, names, form, indent + "    "),
        f"{indent}else:",
        *_lines(node.no, names, form, indent + "    "),
    ]
