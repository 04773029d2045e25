"""Arrays that remember how they were computed, to turn numpy code into an ONNX graph without writing it again.

An array is an array of numbers of its elements: which element of which node's result each entry is, or which
constant. Indexing, reshaping, stacking and assigning only move these numbers; nodes come into being where something is
computed. What is computed from constants alone is computed at once. There is no control flow: an array has no
truth value, so that code which branches on one fails here instead of being traced wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

_NUMPY: dict[str, Callable[..., Any]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Max": np.maximum,
    "Min": np.minimum,
    "Less": np.less,
    "Greater": np.greater,
    "And": np.logical_and,
    "Neg": np.negative,
    "Abs": np.abs,
    "Sin": np.sin,
    "Cos": np.cos,
    "Tanh": np.tanh,
    "Exp": np.exp,
    "Log": np.log,
    "Sqrt": np.sqrt,
    "MatMul": np.matmul,
    "Where": np.where,
    "Cast": lambda x: np.asarray(x, float),  # pyright: ignore[reportUnknownLambdaType]
}
_TRUTH = {"Less", "Greater", "And"}
_REDUCED: dict[str, Callable[..., Any]] = {
    "ReduceSum": np.sum,
    "ReduceMean": np.mean,
    "ReduceMin": np.min,
    "ReduceMax": np.max,
}


class Node(NamedTuple):
    """One operation; its result is named after its place."""

    op: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


class Graph:
    """The nodes that arrays were computed by, in order, and the constants that they need."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.initial: dict[str, np.ndarray] = {}
        self.inputs: dict[str, tuple[int, ...]] = {}
        self.outputs: dict[str, tuple[int, ...]] = {}
        self._bases: list[int] = []
        self._names: list[str] = []
        self._shapes: list[tuple[int, ...]] = []
        self._next = 0
        self._constants: list[float] = []
        self._known: dict[Any, str] = {}

    def input(self, name: str, shape: tuple[int, ...]) -> Traced:
        """Return an array that is handed in."""
        self.inputs[name] = shape
        return self._value(name, shape, False)

    def output(self, name: str, array: Traced) -> None:
        """Hand an array out."""
        self.outputs[name] = array.shape
        self.nodes.append(Node("Identity", (self.name(array),), name, {}))

    def needed(self) -> list[Node]:
        """Return the nodes that an output depends on, in order."""
        wanted, kept = set(self.outputs), list[Node]()
        for node in reversed(self.nodes):
            if node.output in wanted:
                wanted.update(node.inputs)
                kept.append(node)
        return kept[::-1]

    def constant(self, value: Any) -> Traced:
        """Return an array of constants."""
        array = np.asarray(value)
        first = -len(self._constants) - 1
        self._constants.extend(array.astype(float).ravel().tolist())
        ids = first - np.arange(array.size).reshape(array.shape)
        return Traced(self, ids, array.dtype == bool)

    def array(self, value: Any) -> Traced:
        """Return anything as an array: traced ones as they are, nested lists of them stacked."""
        if isinstance(value, Traced):
            return value
        if isinstance(value, list | tuple) and any(_traced(item) for item in value):  # pyright: ignore[reportUnknownVariableType]
            parts = [self.array(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
            return Traced(self, np.stack([part.ids for part in parts]), parts[0].truth)
        return self.constant(value)

    def call(self, op: str, *values: Any) -> Traced:
        """Return the result of an operation on arrays, with numpy's rules of broadcasting."""
        arrays = [self.array(value) for value in values]
        known = [self.numbers(array) for array in arrays]
        if all(number is not None for number in known):
            return self.constant(_NUMPY[op](*known))
        zeros = [np.ones(array.shape, bool if array.truth else float) for array in arrays]
        shape = np.shape(_NUMPY[op](*zeros))
        attributes = {"to": 11} if op == "Cast" else {}
        truth = op in _TRUTH
        return self._emit(op, [self.name(array) for array in arrays], shape, truth, attributes)

    def reduce(self, op: str, value: Traced, axis: int | None, keep: bool) -> Traced:
        """Return a reduction along one axis, or over all."""
        known = self.numbers(value)
        if known is not None:
            return self.constant(_REDUCED[op](known, axis=axis, keepdims=keep))
        shape = np.sum(np.ones(value.shape), axis=axis, keepdims=keep).shape
        axes = list(range(value.ndim)) if axis is None else [axis % value.ndim]
        inputs = [self.name(value)]
        attributes: dict[str, Any] = {"keepdims": int(keep)}
        # In the opset that is written, sums take their axes as an input and so do all others.
        inputs.append(self._initial(np.array(axes, np.int64)))
        return self._emit(op, inputs, shape, False, attributes)

    def numbers(self, array: Traced) -> np.ndarray | None:
        """Return the values of an array of constants, or None."""
        if array.ids.size and array.ids.max() >= 0:
            return None
        values = np.array([self._constants[-i - 1] for i in array.ids.ravel().tolist()])
        return values.reshape(array.shape).astype(bool if array.truth else float)

    def name(self, array: Traced) -> str:
        """Return the name of a tensor that holds an array, made where there is none yet."""
        ids = array.ids
        known = self.numbers(array)
        if known is not None:
            return self._initial(known)
        key = (ids.tobytes(), ids.shape)
        if key not in self._known:
            self._known[key] = self._gathered(ids, array.truth)
        return self._known[key]

    def _gathered(self, ids: Ids, truth: bool) -> str:
        fixed = ids < 0
        which = np.searchsorted(self._bases, ids, side="right") - 1
        sources: list[int] = np.unique(which[~fixed]).tolist()
        places, offset, parts = np.zeros(ids.shape, np.int64), 0, list[str]()
        for source in sources:
            at = ~fixed & (which == source)
            places[at] = ids[at] - self._bases[source] + offset
            offset += int(np.prod(self._shapes[source]))
            parts.append(self._flat(source))
        if fixed.any():
            values: list[float] = [self._constants[-i - 1] for i in ids[fixed].tolist()]
            unique, where = np.unique(values, return_inverse=True)
            places[fixed] = where + offset
            offset += len(unique)
            parts.append(self._initial(unique.astype(bool if truth else float)))
        if np.array_equal(places.ravel(), np.arange(offset)):
            if len(sources) == 1 and not fixed.any() and self._shapes[sources[0]] == ids.shape:
                return self._names[sources[0]]
            flat = parts[0] if len(parts) == 1 else self._node("Concat", parts, {"axis": 0})
            return flat if ids.ndim == 1 else self._reshaped(flat, ids.shape)
        flat = parts[0] if len(parts) == 1 else self._node("Concat", parts, {"axis": 0})
        return self._node("Gather", [flat, self._initial(places)], {"axis": 0})

    def _flat(self, source: int) -> str:
        if len(self._shapes[source]) == 1:
            return self._names[source]
        key = ("flat", source)
        if key not in self._known:
            self._known[key] = self._reshaped(self._names[source], (-1,))
        return self._known[key]

    def _reshaped(self, name: str, shape: tuple[int, ...]) -> str:
        return self._node("Reshape", [name, self._initial(np.array(shape, np.int64))], {})

    def _initial(self, value: np.ndarray) -> str:
        key = (value.tobytes(), value.shape, value.dtype.str)
        if key not in self._known:
            self._known[key] = f"c{len(self.initial)}"
            self.initial[self._known[key]] = value
        return self._known[key]

    def _node(self, op: str, inputs: Sequence[str], attributes: dict[str, Any]) -> str:
        self.nodes.append(Node(op, tuple(inputs), f"v{len(self.nodes)}", attributes))
        return self.nodes[-1].output

    def _emit(
        self,
        op: str,
        inputs: Sequence[str],
        shape: tuple[int, ...],
        truth: bool,
        attributes: dict[str, Any],
    ) -> Traced:
        key = (op, tuple(inputs), str(attributes))
        if key not in self._known:
            self._known[key] = self._node(op, inputs, attributes)
        return self._value(self._known[key], shape, truth)

    def _value(self, name: str, shape: tuple[int, ...], truth: bool) -> Traced:
        count = int(np.prod(shape))
        ids = np.arange(self._next, self._next + count).reshape(shape)
        self._bases.append(self._next)
        self._names.append(name)
        self._shapes.append(shape)
        self._next += count
        return Traced(self, ids, truth)


class Traced:
    """An array whose entries are elements of a graph; see the module.

    Attributes:
        ids: The numbers of its elements, constants below 0.
        truth: Whether it holds truth values.
    """

    __array_ufunc__ = None  # numpy's arrays leave operations with these to them

    def __init__(self, graph: Graph, ids: Ids, truth: bool = False) -> None:
        self.graph, self.ids, self.truth = graph, ids, truth

    @property
    def shape(self) -> tuple[int, ...]:
        return self.ids.shape

    @property
    def ndim(self) -> int:
        return self.ids.ndim

    @property
    def T(self) -> Traced:
        return self._moved(self.ids.T)

    def _moved(self, ids: Ids) -> Traced:
        return Traced(self.graph, ids, self.truth)

    def __len__(self) -> int:
        return len(self.ids)

    def __bool__(self) -> bool:
        raise TypeError("a traced array has no truth value: use where")

    def __getitem__(self, key: Any) -> Traced:
        return self._moved(np.asarray(self.ids[key]).copy())

    def __setitem__(self, key: Any, value: Any) -> None:
        self.ids[key] = self.graph.array(value).ids

    def copy(self) -> Traced:
        return self._moved(self.ids.copy())

    def reshape(self, *shape: Any) -> Traced:
        return self._moved(self.ids.reshape(*shape))

    def swapaxes(self, a: int, b: int) -> Traced:
        return self._moved(self.ids.swapaxes(a, b))

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Traced:
        return self.graph.reduce("ReduceSum", self, axis, keepdims)

    def mean(self, axis: int | None = None, keepdims: bool = False) -> Traced:
        return self.graph.reduce("ReduceMean", self, axis, keepdims)

    def min(self, axis: int | None = None, keepdims: bool = False) -> Traced:
        return self.graph.reduce("ReduceMin", self, axis, keepdims)

    def max(self, axis: int | None = None, keepdims: bool = False) -> Traced:
        return self.graph.reduce("ReduceMax", self, axis, keepdims)

    def __neg__(self) -> Traced:
        return self.graph.call("Neg", self)

    def __pow__(self, power: int) -> Traced:
        if power != 2:
            raise TypeError(f"power {power} is not traced")
        return self * self

    def __and__(self, other: Any) -> Traced:
        return self.graph.call("And", self, other)

    def __gt__(self, other: Any) -> Traced:
        return self.graph.call("Greater", self, other)

    def __lt__(self, other: Any) -> Traced:
        return self.graph.call("Less", self, other)

    def __add__(self, other: Any) -> Traced:
        return self.graph.call("Add", self, other)

    def __radd__(self, other: Any) -> Traced:
        return self.graph.call("Add", other, self)

    def __sub__(self, other: Any) -> Traced:
        return self.graph.call("Sub", self, other)

    def __rsub__(self, other: Any) -> Traced:
        return self.graph.call("Sub", other, self)

    def __mul__(self, other: Any) -> Traced:
        return self.graph.call("Mul", self, other)

    def __rmul__(self, other: Any) -> Traced:
        return self.graph.call("Mul", other, self)

    def __truediv__(self, other: Any) -> Traced:
        return self.graph.call("Div", self, other)

    def __rtruediv__(self, other: Any) -> Traced:
        return self.graph.call("Div", other, self)

    def __matmul__(self, other: Any) -> Traced:
        return self.graph.call("MatMul", self, other)

    def __rmatmul__(self, other: Any) -> Traced:
        return self.graph.call("MatMul", other, self)


def _traced(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_traced(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return isinstance(value, Traced)
