"""A small trained network as a list of plain steps over one array of numbers: what is exported, and the original it is held to.

Every step reads some numbers and writes others further on, so that a controller needs one loop over a table of steps and no
knowledge of the network. Values lie as rows: `rows` of `width` numbers, one row a taxel, a finger or the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np

from robolab.core.errors import BadInput
from robolab.core.transforms import Array

_MOST = 127


class Kind(IntEnum):
    """What a step does; the number stands for it in exported code.

    DENSE: every row times a matrix, plus a bias, through a function.
    SCALED: numbers less an offset, times a scale, no further from zero than a limit.
    MIXED: within each group of rows, sums of rows as a constant matrix says.
    LOOKED: within each group, heads' weighted means of rows, weights from a softmax over what was scored.
    GRU: a gated unit whose hidden row is kept from call to call.
    """

    DENSE = 0
    SCALED = 1
    MIXED = 2
    LOOKED = 3
    GRU = 4


class Function(IntEnum):
    """What a dense step's sums go through."""

    SAME = 0
    RELU = 1
    TANH = 2
    SOFTPLUS = 3
    SIGMOID = 4


class Onto(IntEnum):
    """Whether what is there already is added: not at all, after the function, or before it."""

    NOTHING = 0
    AFTER = 1
    BEFORE = 2


@dataclass(frozen=True)
class Values:
    """Where numbers lie: `rows` of `width` from `start` on, each `pitch` after the one before (0: right behind it)."""

    start: int
    rows: int
    width: int
    pitch: int = 0

    @property
    def apart(self) -> int:
        """How far the rows' starts are apart."""
        return self.pitch or self.width

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.rows * self.width

    @property
    def slice(self) -> slice:
        """Where they are in the array."""
        return slice(self.start, self.start + self.size)

    def reshaped(self, rows: int, width: int) -> Values:
        """Return the same numbers in other rows."""
        if rows * width != self.size:
            raise BadInput("rows do not fit", value=(rows, width), expected=f"{self.size} numbers")
        return Values(self.start, rows, width)

    def windows(self, count: int, stride: int = 1) -> Values:
        """Return rows that each hold `count` of these, one behind the other: what a filter along the rows sees.

        Raises:
            BadInput: there are fewer rows.
        """
        if count > self.rows:
            raise BadInput("fewer rows", value=count, expected=f"up to {self.rows}")
        rows = (self.rows - count) // stride + 1
        return Values(self.start, rows, count * self.width, stride * self.width)

    def part(self, first: int, count: int) -> Values:
        """Return some of the numbers, in one row.

        Raises:
            BadInput: there are fewer.
        """
        if first + count > self.size:
            raise BadInput("fewer numbers", value=first + count, expected=f"up to {self.size}")
        return Values(self.start + first, 1, count)


@dataclass(frozen=True)
class Doing:
    """One step.

    Attributes:
        into, of: Where it writes and reads; `onto`: whether it adds to what is there; `other`: what else it reads (LOOKED: the scores, GRU: the hidden row).
        matrix: Shape (outputs, inputs); a GRU's hold reset, keep and fresh below each other, `recurrent` those of the hidden row.
        bias: Shape (outputs,) or (rows, outputs), of a GRU (2, 3 width). SCALED: the offsets, and `matrix` (1, n) the scales.
        groups: In how many groups the rows are (MIXED, LOOKED).
        limit: How far from zero (SCALED).
    """

    kind: Kind
    into: Values
    of: Values
    matrix: Array | None = None
    bias: Array | None = None
    other: Values | None = None
    recurrent: Array | None = None
    function: Function = Function.SAME
    groups: int = 1
    onto: Onto = Onto.NOTHING
    limit: float = 1e30


@dataclass(frozen=True)
class Program:
    """A network as steps.

    Attributes:
        name: A word for its files and functions, such as grasp_force.
        says: What it tells, in a few words.
        inputs, outputs: Names, one for each number; the inputs are the first numbers of the array.
        states: Numbers kept from call to call, zero at first; they follow the inputs.
        length: Of the array.
        result: Where the outputs lie.
        int8: Whether trained matrices are steps of their rows' scales.
        trained: By name of a metric, what this form reaches and the form it was made from, for the manifest.
    """

    name: str
    says: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    states: int
    length: int
    doings: tuple[Doing, ...]
    result: Values
    int8: bool = False
    trained: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def begin(self) -> Array:
        """Return the state before the first call, shape (states,)."""
        return np.zeros(self.states)

    def run(self, inputs: Array, state: Array | None = None) -> tuple[Array, Array]:
        """Take one step, in double precision.

        Args:
            inputs: Shape (inputs,).
            state: Shape (states,); none: before the first call.
        Returns:
            Outputs and the next state.
        """
        first, kept = len(self.inputs), self.begin() if state is None else state
        array = np.zeros(self.length)
        array[:first], array[first : first + self.states] = inputs, kept
        for doing in self.doings:
            do(np, array, doing)
        return array[self.result.slice].copy(), array[first : first + self.states].copy()

    def quantised(self) -> Program:
        """Return the same with trained matrices rounded to 255 steps of each row's scale (ADR 0018)."""
        doings = [
            replace(d, matrix=_rounded(d.matrix), recurrent=_rounded(d.recurrent))
            if d.kind in (Kind.DENSE, Kind.GRU)
            else d
            for d in self.doings
        ]
        return replace(self, doings=tuple(doings), int8=True)

    def multiplications(self) -> int:
        """Return how many products a call takes."""
        return sum(_products(doing) for doing in self.doings)


def in_steps(matrix: Array) -> tuple[np.ndarray, Array]:
    """Round a matrix (rows, columns) to int8 steps, symmetric about zero; return them, and a step's size by row."""
    scale = np.abs(matrix).max(axis=1) / _MOST
    scale = np.where(scale > 0.0, scale, 1.0)
    return np.round(matrix / scale[:, None]).astype(np.int8), scale


def do(np_: Any, array: Any, doing: Doing) -> None:
    """Do a step on an array in place; `np_` is numpy or, to trace a graph, what stands in for it."""
    of = doing.of
    if of.pitch:
        starts = range(of.start, of.start + of.rows * of.pitch, of.pitch)
        x = np_.stack([array[start : start + of.width] for start in starts])
    else:
        x = array[of.slice].reshape(of.rows, of.width)
    if doing.kind == Kind.DENSE:
        there = array[doing.into.slice].reshape(doing.into.rows, doing.into.width)
        y = x @ _held(doing.matrix).T + doing.bias
        y = _through(np_, doing.function, y + there if doing.onto == Onto.BEFORE else y)
        y = y + there if doing.onto == Onto.AFTER else y
    elif doing.kind == Kind.SCALED:
        y = (x.reshape(-1) - doing.bias) * _held(doing.matrix)[0]
        y = np_.minimum(np_.maximum(y, -doing.limit), doing.limit)
        y = y + array[doing.into.slice] if doing.onto == Onto.AFTER else y
    elif doing.kind == Kind.MIXED:
        rows = doing.of.rows // doing.groups
        y = _held(doing.matrix) @ x.reshape(doing.groups, rows, doing.of.width)
    elif doing.kind == Kind.LOOKED:
        y = _looked(np_, array, doing, x)
    else:
        y = _gated(np_, array, doing, x)
    array[doing.into.slice] = y.reshape(-1)


def _held(matrix: Array | None) -> Array:
    assert matrix is not None
    return matrix


def _looked(np_: Any, array: Any, doing: Doing, x: Any) -> Any:
    assert doing.other is not None
    heads, rows = doing.other.width, doing.of.rows // doing.groups
    scores = array[doing.other.slice].reshape(doing.groups, rows, heads)
    share = np_.exp(scores - scores.max(axis=1, keepdims=True))
    share = share / share.sum(axis=1, keepdims=True)
    return share.swapaxes(1, 2) @ x.reshape(doing.groups, rows, doing.of.width)


def _gated(np_: Any, array: Any, doing: Doing, x: Any) -> Any:
    assert doing.other is not None
    assert doing.bias is not None
    h, n = array[doing.other.slice], doing.other.width
    own = _held(doing.matrix) @ x.reshape(-1) + doing.bias[0]
    past = _held(doing.recurrent) @ h + doing.bias[1]
    reset, keep = (
        _through(np_, Function.SIGMOID, own[i : i + n] + past[i : i + n]) for i in (0, n)
    )
    fresh = np_.tanh(own[2 * n :] + reset * past[2 * n :])
    return (1.0 - keep) * fresh + keep * h


def _through(np_: Any, function: Function, x: Any) -> Any:
    if function == Function.RELU:
        return np_.maximum(x, 0.0)
    if function == Function.TANH:
        return np_.tanh(x)
    if function == Function.SIGMOID:
        return 0.5 + 0.5 * np_.tanh(0.5 * x)
    if function == Function.SOFTPLUS:
        return np_.maximum(x, 0.0) + np_.log(1.0 + np_.exp(-np_.abs(x)))
    return x


def _rounded(matrix: Array | None) -> Array | None:
    if matrix is None:
        return None
    steps, scale = in_steps(matrix)
    return steps * scale[:, None]


def _products(doing: Doing) -> int:
    if doing.kind == Kind.LOOKED:
        assert doing.other is not None
        return doing.of.size * doing.other.width
    if doing.kind == Kind.MIXED:
        return _held(doing.matrix).size * doing.of.width * doing.groups
    size = _held(doing.matrix).size + (0 if doing.recurrent is None else doing.recurrent.size)
    return size * (doing.of.rows if doing.kind == Kind.DENSE else 1)
