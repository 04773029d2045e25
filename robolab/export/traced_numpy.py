"""The part of numpy that the estimator's step uses, for traced arrays, and copies of modules that go by it."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

import numpy as np

from robolab.export.traced import Graph, Traced

_LARGE = 1e300
_PAIRS = ((0, 1), (0, 2), (1, 2))


class TracedNumpy:
    """numpy's functions of the same names, on the arrays of one graph.

    Args:
        sweeps, tiny: Of the rotations that eigenvalues are found by, and what keeps them from dividing by 0.
    """

    newaxis = None
    ndarray = np.ndarray

    def __init__(self, graph: Graph, sweeps: int, tiny: float) -> None:
        self.graph, self._sweeps, self._tiny = graph, sweeps, tiny
        self.linalg = self

    def zeros(self, shape: Any) -> Traced:
        return self.graph.constant(np.zeros(shape))

    empty = zeros

    def ones(self, shape: Any) -> Traced:
        return self.graph.constant(np.ones(shape))

    def eye(self, n: int) -> Traced:
        return self.graph.constant(np.eye(n))

    def zeros_like(self, x: Traced) -> Traced:
        return self.zeros(x.shape)

    def ones_like(self, x: Traced) -> Traced:
        return self.ones(x.shape)

    def arange(self, *bounds: int) -> np.ndarray:
        return np.arange(*bounds)

    def array(self, value: Any) -> Any:
        return self.graph.array(value)

    asarray = array

    def broadcast_shapes(self, *shapes: Any) -> tuple[int, ...]:
        return np.broadcast_shapes(*shapes)

    def abs(self, x: Any) -> Traced:
        return self.graph.call("Abs", x)

    def sin(self, x: Any) -> Traced:
        return self.graph.call("Sin", x)

    def cos(self, x: Any) -> Traced:
        return self.graph.call("Cos", x)

    def tanh(self, x: Any) -> Traced:
        return self.graph.call("Tanh", x)

    def exp(self, x: Any) -> Traced:
        return self.graph.call("Exp", x)

    def log(self, x: Any) -> Traced:
        return self.graph.call("Log", x)

    def sqrt(self, x: Any) -> Traced:
        return self.graph.call("Sqrt", x)

    def maximum(self, a: Any, b: Any) -> Traced:
        return self.graph.call("Max", a, b)

    def minimum(self, a: Any, b: Any) -> Traced:
        return self.graph.call("Min", a, b)

    def where(self, truth: Any, a: Any, b: Any) -> Traced:
        return self.graph.call("Where", truth, a, b)

    def isfinite(self, x: Traced) -> Traced:
        # What is not a number is not less than anything.
        return self.abs(x) < _LARGE

    def hypot(self, a: Any, b: Any) -> Traced:
        return self.sqrt(self.graph.array(a) ** 2 + self.graph.array(b) ** 2)

    def clip(self, x: Any, low: float, high: float) -> Traced:
        return self.minimum(self.maximum(x, low), high)

    def outer(self, a: Any, b: Any) -> Traced:
        return self.graph.array(a)[:, None] * self.graph.array(b)

    def linspace(self, low: Any, high: Any, count: int) -> Traced:
        return low + (high - low) * (np.arange(count) / (count - 1))

    def stack(self, parts: Sequence[Any], axis: int = 0) -> Traced:
        arrays = [self.graph.array(part) for part in parts]
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
        ids = np.stack([np.broadcast_to(array.ids, shape) for array in arrays], axis)
        return Traced(self.graph, ids, arrays[0].truth)

    def concatenate(self, parts: Sequence[Any], axis: int = 0) -> Traced:
        arrays = [self.graph.array(part) for part in parts]
        ids = np.concatenate([array.ids for array in arrays], axis)
        return Traced(self.graph, ids, arrays[0].truth)

    def cross(self, a: Any, b: Any) -> Traced:
        a, b = self.graph.array(a), self.graph.array(b)
        on, over = [1, 2, 0], [2, 0, 1]
        return a[..., on] * b[..., over] - a[..., over] * b[..., on]

    def eigh(self, A: Traced) -> tuple[Traced, Traced]:
        """Values, in no order, and vectors of a symmetric matrix of 3 x 3, by Jacobi's rotations."""
        V: Any = self.eye(3)
        for p, q in self._sweeps * _PAIRS:
            off, apart = 2.0 * A[p, q], A[q, q] - A[p, p]
            size = self.abs(apart) + self.sqrt(apart * apart + off * off) + self._tiny
            t = self.where(apart < 0.0, -off, off) / size
            c = 1.0 / self.sqrt(t * t + 1.0)
            turn = self.eye(3)
            turn[p, p], turn[q, q] = c, c
            turn[p, q], turn[q, p] = t * c, -(t * c)
            A, V = turn.T @ A @ turn, V @ turn
        return A[range(3), range(3)], V


def traced_copies(names: Sequence[str], shim: TracedNumpy) -> dict[str, Any]:
    """Return copies of modules that compute with traced arrays; the modules themselves stay as they are.

    Args:
        names: Modules, each after those of the list that it imports from.
        shim: What the copies use for numpy.
    Returns:
        The copies by the last part of their names.
    """
    copies: dict[str, ModuleType] = {}
    for name in names:
        spec = find_spec(name)
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(name)
        copy = module_from_spec(spec)
        spec.loader.exec_module(copy)
        for key, value in list(vars(copy).items()):
            home = getattr(value, "__module__", None)
            if home in copies:
                setattr(copy, key, getattr(copies[home], key))
        vars(copy).update(_instead(copy, shim))
        copies[name] = copy
    return {name.rpartition(".")[2]: copy for name, copy in copies.items()}


def _instead(copy: ModuleType, shim: TracedNumpy) -> dict[str, Any]:
    """What a copy finds under names that mean numpy, or that would ask an array for its number."""

    def most(*values: Any) -> Any:
        return _extreme(builtins.max, shim.maximum, values)

    def least(*values: Any) -> Any:
        return _extreme(builtins.min, shim.minimum, values)

    def same(value: Any) -> Any:
        return value

    names: dict[str, Any] = {"np": shim, "float": same, "max": most, "min": least}
    return names | ({"cross": shim.cross} if hasattr(copy, "cross") else {})


def _extreme(plain: Any, traced: Any, values: tuple[Any, ...]) -> Any:
    return traced(*values) if any(isinstance(value, Traced) for value in values) else plain(*values)
