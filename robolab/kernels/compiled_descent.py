"""L-BFGS with a backtracking line search, compiled, for any compiled cost.

It does not call the cost, it asks for it at one trial after the other:

    walk = new_descent(x)
    while asks(walk):
        tell(walk, rules, cost(walk.trial, walk.after))

References: Nocedal and Wright (2006), algorithms 7.4 and 7.5.
"""

# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array

_MEMORY = 6
"""Steps from which it learns curvature."""
_LEAST_DECREASE = 1e-4
"""Share of what the slope promises that a step must bring."""
_LEAST_CURVATURE = 1e-10
_COST, _SIZE, _FALL = range(3)
_STORED, _NEWEST, _GONE, _ASKED, _OVER = range(5)


class Rules(NamedTuple):
    """How to go, and when to stop.

    Attributes:
        first: Length of a step where nothing is known of curvature.
        shortest: Share of a step below which no shorter one is tried.
        tolerance: Decrease of the cost at which to stop, as a share of the cost or of 1, whichever is more.
        iterations: How many steps at most.
    """

    first: float
    shortest: float
    tolerance: float
    iterations: int


class Descent(NamedTuple):
    """Where a search stands, for coordinates of shape (k, n).

    Attributes:
        x, gradient: The best so far.
        trial, after: Where the cost is asked for, and where its gradient is to be written.
        direction: Of the present step.
        steps, changes: Of steps gone: the way, and by how much the gradient changed, shape (memory, k, n).
        numbers: Cost at x, share of the step that is tried, slope along it.
        counts: Steps remembered, the newest of them, steps gone, costs told, and whether it is over.
    """

    x: Array
    gradient: Array
    trial: Array
    after: Array
    direction: Array
    steps: Array
    changes: Array
    numbers: Array
    counts: np.ndarray


@jit
def new_descent(x):
    """Begin at coordinates x, shape (k, n), which will be moved in place."""
    steps, changes = np.empty((_MEMORY, *x.shape)), np.empty((_MEMORY, *x.shape))
    counts = np.zeros(5, dtype=np.int64)
    counts[_NEWEST] = -1
    gradient, after, direction = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    return Descent(x, gradient, x.copy(), after, direction, steps, changes, np.zeros(3), counts)


@jit
def _inner_product(a, b):
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total += a[i, j] * b[i, j]
    return total


@jit
def _downhill(walk):
    """Write the quasi-Newton direction from the steps remembered."""
    gradient, steps, changes, direction = walk.gradient, walk.steps, walk.changes, walk.direction
    stored, newest = walk.counts[_STORED], walk.counts[_NEWEST]
    alpha = np.empty(_MEMORY)
    direction[:] = gradient
    for k in range(stored):
        at = (newest - k) % _MEMORY
        alpha[at] = _inner_product(steps[at], direction) / _inner_product(steps[at], changes[at])
        direction -= alpha[at] * changes[at]
    if stored > 0:
        at = newest % _MEMORY
        curvature = _inner_product(changes[at], changes[at])
        direction *= _inner_product(steps[at], changes[at]) / curvature
    for k in range(stored - 1, -1, -1):
        at = (newest - k) % _MEMORY
        beta = _inner_product(changes[at], direction) / _inner_product(steps[at], changes[at])
        direction += (alpha[at] - beta) * steps[at]
    direction *= -1.0


@jit
def _set_out(walk, rules):
    """Choose a direction and try the first step along it."""
    numbers, counts = walk.numbers, walk.counts
    _downhill(walk)
    fall = _inner_product(walk.direction, walk.gradient)
    if fall >= 0.0:
        counts[_STORED] = 0
        walk.direction[:] = -walk.gradient
        fall = -_inner_product(walk.gradient, walk.gradient)
    known = counts[_STORED] > 0
    numbers[_SIZE] = 1.0 if known else min(1.0, rules.first / (np.sqrt(-fall) + 1e-12))
    numbers[_FALL] = fall
    walk.trial[:] = walk.x + numbers[_SIZE] * walk.direction
    counts[_OVER] = counts[_GONE] >= rules.iterations or numbers[_SIZE] <= rules.shortest


@jit
def _arrive(walk, found):
    """Take the step that was tried, and remember it where it tells of curvature."""
    counts = walk.counts
    counts[_NEWEST] += 1
    at = counts[_NEWEST] % _MEMORY
    step, change = walk.steps[at], walk.changes[at]
    step[:] = walk.trial - walk.x
    change[:] = walk.after - walk.gradient
    counts[_STORED] = min(counts[_STORED] + 1, _MEMORY)
    if _inner_product(step, change) <= _LEAST_CURVATURE * _inner_product(change, change):
        counts[_STORED], counts[_NEWEST] = 0, -1
    walk.x[:] = walk.trial
    walk.gradient[:] = walk.after
    walk.numbers[_COST] = found
    counts[_GONE] += 1


@jit
def asks(walk):
    """Whether the cost at `trial`, with its gradient in `after`, is wanted."""
    return walk.counts[_OVER] == 0


@jit
def tell(walk, rules, found):
    """Go on from the cost at the trial."""
    numbers, counts = walk.numbers, walk.counts
    cost, size, fall = numbers[_COST], numbers[_SIZE], numbers[_FALL]
    counts[_ASKED] += 1
    if counts[_ASKED] == 1:
        walk.gradient[:] = walk.after
        numbers[_COST] = found
        _set_out(walk, rules)
    elif found <= cost + _LEAST_DECREASE * size * fall:
        _arrive(walk, found)
        _set_out(walk, rules)
        if cost - found <= rules.tolerance * max(abs(found), 1.0):
            counts[_OVER] = 1
    else:
        size *= max(0.1, min(0.5, -0.5 * size * fall / (found - cost - size * fall)))
        numbers[_SIZE] = size
        walk.trial[:] = walk.x + size * walk.direction
        counts[_OVER] = size <= rules.shortest


@jit
def outcome(walk):
    """Return the cost reached and how often it was asked for."""
    return walk.numbers[_COST], walk.counts[_ASKED]
