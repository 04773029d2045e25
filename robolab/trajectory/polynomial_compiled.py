"""Values and bounds of piecewise polynomials, compiled: pieces are short, and what costs is to get from one to the next."""

# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

import numpy as np

from robolab.core.compiled import inlined, jit

_DEEPEST = 60
"""Parts of a piece that wait to be looked at, at most: one for each halving, and after so many a part is but a point."""


@jit
def jet(breaks, coefficients, t, first, out):
    """Fill in derivatives first, first + 1, ... at times held within the breaks.

    Args:
        breaks: Shape (m + 1,).
        coefficients: Ascending powers, shape (degree + 1, m, n).
        t: Shape (k,).
        out: Shape (orders, k, n).
    """
    powers, last, n = coefficients.shape[0], breaks.shape[0] - 2, coefficients.shape[2]
    weight = np.empty((out.shape[0], powers))
    for order in range(out.shape[0]):
        for power in range(powers):
            weight[order, power] = 1.0
            for k in range(first + order):
                weight[order, power] *= power - k
    piece = 0
    for row in range(t.shape[0]):
        time = min(max(t[row], breaks[0]), breaks[last + 1])
        if time < breaks[piece] or time >= breaks[piece + 1]:
            piece = min(max(np.searchsorted(breaks, time, side="right") - 1, 0), last)
        local = time - breaks[piece]
        for order in range(out.shape[0]):
            lowest = first + order
            for i in range(n):
                value = 0.0
                for power in range(powers - 1, lowest - 1, -1):
                    value = value * local + weight[order, power] * coefficients[power, piece, i]
                out[order, row, i] = value


@inlined
def _highest(row):
    most = row[0]
    for k in range(1, row.shape[0]):
        most = max(most, row[k])
    return most


@inlined
def _halve(row, right):
    """Split a polynomial over [0, 1] at its middle: the row keeps the left half, the right one is written.

    References: de Casteljau's algorithm.
    """
    degree = row.shape[0] - 1
    for k in range(degree + 1):
        right[degree - k] = row[degree]
        for j in range(degree, k, -1):
            row[j] = 0.5 * (row[j] + row[j - 1])


@inlined
def _search(stack, found, slack):
    """Greatest value, to within the slack, of the polynomial whose coefficients lie at the bottom of the stack."""
    waiting = 1
    while waiting > 0:
        top = waiting - 1
        if _highest(stack[top]) <= found + slack:
            waiting -= 1
        elif waiting == _DEEPEST:
            found = _highest(stack[top])
            waiting -= 1
        else:
            _halve(stack[top], stack[waiting])
            found = max(found, stack[waiting, 0])
            waiting += 1
    return found


@jit
def greatest(hull, accuracy, out):
    """Fill in the greatest value of each component over all pieces, exceeded by at most a share of the coefficients' size.

    Args:
        hull: Bernstein coefficients over [0, 1] of each piece, shape (degree + 1, m, n).
        accuracy: That share.
        out: Shape (n,).
    """
    powers, pieces, n = hull.shape
    stack = np.empty((_DEEPEST, powers))
    for i in range(n):
        size, found = 0.0, -np.inf
        for piece in range(pieces):
            for k in range(powers):
                size = max(size, abs(hull[k, piece, i]))
            found = max(found, max(hull[0, piece, i], hull[powers - 1, piece, i]))
        for piece in range(pieces):
            for k in range(powers):
                stack[0, k] = hull[k, piece, i]
            found = _search(stack, found, accuracy * size)
        out[i] = found + accuracy * size
