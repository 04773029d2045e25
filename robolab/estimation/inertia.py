"""Inertial parameters that a real body can have: coordinates in which every point is one.

A body's pseudo-inertia, 4 x 4, is positive definite exactly where its mass is positive and its inertia is that of
some distribution of mass. U U' with U upper triangular and a positive diagonal is always positive definite.

References: Rucker and Wensing (2022), "Smooth parameterization of rigid-body inertia".
"""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array

_LEAST_MASS = 1e-3
_LEAST_MOMENT = 1e-6
_UPPER = ((0, 1), (1, 2), (0, 2))


def pseudo_inertia(parameters: Array) -> Array:
    """Return the pseudo-inertia of ten parameters, shape (..., 4, 4)."""
    m, h = parameters[..., 0], parameters[..., 1:4]
    xx, xy, yy, xz, yz, zz = np.moveaxis(parameters[..., 4:], -1, 0)
    half = 0.5 * (xx + yy + zz)
    P = np.empty((*parameters.shape[:-1], 4, 4))
    P[..., 0, 0], P[..., 1, 1], P[..., 2, 2] = half - xx, half - yy, half - zz
    for (a, b), value in zip(((0, 1), (0, 2), (1, 2)), (-xy, -xz, -yz), strict=True):
        P[..., a, b] = P[..., b, a] = value
    P[..., :3, 3] = P[..., 3, :3] = h
    P[..., 3, 3] = m
    return P


def parameters_of(P: Array) -> Array:
    """Return the ten parameters of a pseudo-inertia, shape (..., 10)."""
    a, b, c = P[..., 0, 0], P[..., 1, 1], P[..., 2, 2]
    rest = [b + c, -P[..., 0, 1], a + c, -P[..., 0, 2], -P[..., 1, 2], a + b]
    return np.stack([P[..., 3, 3], *np.moveaxis(P[..., :3, 3], -1, 0), *rest], axis=-1)


def consistent(parameters: Array) -> bool:
    """Whether all bodies, shape (..., 10), could be real."""
    return bool(np.linalg.eigvalsh(pseudo_inertia(parameters)).min() > 0.0)


def coordinates_of(parameters: Array) -> Array:
    """Return the ten free coordinates of one body: log mass scale, log spreads (3), shears (3), centre of mass (3).

    A body of no mass or no extent counts as a speck, so that it has coordinates.
    """
    P = pseudo_inertia(parameters)
    P[3, 3] = max(P[3, 3], _LEAST_MASS)
    com = P[:3, 3] / P[3, 3]
    spread = P[:3, :3] - P[3, 3] * np.outer(com, com)
    values, vectors = np.linalg.eigh(spread)
    spread = vectors @ np.diag(np.maximum(values, _LEAST_MOMENT)) @ vectors.T
    P[:3, :3] = spread + P[3, 3] * np.outer(com, com)
    # Upper times its transpose, by the lower one of the matrix turned about.
    U = np.linalg.cholesky(P[::-1, ::-1])[::-1, ::-1]
    scale = U[3, 3]
    U = U / scale
    logs = np.log(np.diag(U)[:3])
    return np.concatenate([[np.log(scale)], logs, [U[a, b] for a, b in _UPPER], U[:3, 3]])


def body_of(coordinates: Array) -> tuple[Array, Array]:
    """Return the parameters of one body and their slopes, shapes (10,) and (10, 10)."""
    scale, spreads = np.exp(coordinates[0]), np.exp(coordinates[1:4])
    U = np.eye(4)
    U[range(3), range(3)] = spreads
    for (a, b), value in zip(_UPPER, coordinates[4:7], strict=True):
        U[a, b] = value
    U[:3, 3] = coordinates[7:]
    slopes = np.zeros((10, 4, 4))
    slopes[0] = U
    for k in range(3):
        slopes[1 + k, k, k] = spreads[k]
        slopes[4 + k][_UPPER[k]] = 1.0
        slopes[7 + k, k, 3] = 1.0
    half = scale**2 * slopes @ U.T
    return parameters_of(scale**2 * U @ U.T), parameters_of(half + half.swapaxes(1, 2)).T
