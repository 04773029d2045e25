"""Putting a program together, step by step; see `program`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.errors import BadInput
from robolab.core.transforms import Array
from robolab.learning.program import Doing, Function, Kind, Onto, Program, Values


class Builder:
    """Puts a program together: each call adds a step and returns where its result lies.

    Args:
        inputs: Names, one for each number.
        states: Numbers kept from call to call.
    """

    def __init__(self, inputs: Sequence[str], states: int = 0) -> None:
        self._inputs, self._states = tuple(inputs), states
        self._length, self._taken = len(self._inputs) + states, 0
        self._doings: list[Doing] = []
        self.input = Values(0, 1, len(self._inputs))

    def dense(
        self,
        of: Values,
        matrix: Array,
        bias: Array,
        function: Function = Function.SAME,
        to: tuple[Values, Onto] | None = None,
    ) -> Values:
        """Add a dense step over every row, or window of rows; a bias may differ by row; `to`: what the result is put onto, and how."""
        into, onto = to or (self._new(of.rows, len(matrix)), Onto.NOTHING)
        kept = np.asarray(matrix, np.float64), np.asarray(bias, np.float64)
        return self._add(Doing(Kind.DENSE, into, of, *kept, function=function, onto=onto))

    def scaled(self, of: Values, offset: Array, scale: Array, limit: float = 1e30) -> Values:
        """Add numbers less an offset, times a scale, within a limit."""
        kept = np.reshape(scale, (1, -1)), np.ravel(offset)
        into = self._new(of.rows, of.width)
        return self._add(Doing(Kind.SCALED, into, of, *kept, limit=limit))

    def added(self, of: Values, into: Values) -> Values:
        """Add numbers to others."""
        kept = np.ones((1, of.size)), np.zeros(of.size)
        return self._add(Doing(Kind.SCALED, into, of, *kept, onto=Onto.AFTER))

    def mixed(self, of: Values, matrix: Array, groups: int = 1) -> Values:
        """Add sums of rows within each group."""
        into = self._new(groups * len(matrix), of.width)
        return self._add(Doing(Kind.MIXED, into, of, np.asarray(matrix, float), groups=groups))

    def looked(self, of: Values, scores: Values, groups: int = 1) -> Values:
        """Add heads' weighted means of each group's rows, by a softmax over their scores."""
        into = self._new(groups * scores.width, of.width)
        return self._add(Doing(Kind.LOOKED, into, of, other=scores, groups=groups))

    def gru(self, of: Values, gates: Sequence[Array]) -> Values:
        """Add a gated unit: matrices of input and hidden row and their biases, as torch's GRUCell orders them.

        Raises:
            BadInput: more states than were asked for.
        """
        matrix, recurrent, own, past = gates
        width = recurrent.shape[1]
        if self._taken + width > self._states:
            raise BadInput("more states than there are", value=width, expected=str(self._states))
        hidden = Values(len(self._inputs) + self._taken, 1, width)
        self._taken += width
        bias = np.stack([own, past])
        return self._add(
            Doing(Kind.GRU, hidden, of, matrix, bias, other=hidden, recurrent=recurrent)
        )

    def joined(self, *parts: Values) -> Values:
        """Copy numbers behind each other into one row."""
        into = self._new(1, sum(part.size for part in parts))
        at = into.start
        for part in parts:
            there, ones = Values(at, part.rows, part.width), np.ones(part.size)
            self._add(Doing(Kind.SCALED, there, part, ones[None], np.zeros(part.size)))
            at += part.size
        return into

    def program(self, name: str, says: str, outputs: Sequence[str], result: Values) -> Program:
        """Return what has been put together.

        Raises:
            BadInput: another number of outputs than names.
        """
        if len(outputs) != result.size:
            raise BadInput("outputs and names differ", value=len(outputs), expected=f"{result.size}")  # fmt: skip
        return Program(
            name,
            says,
            self._inputs,
            tuple(outputs),
            self._states,
            self._length,
            tuple(self._doings),
            result,
        )

    def _new(self, rows: int, width: int) -> Values:
        made = Values(self._length, rows, width)
        self._length += made.size
        return made

    def _add(self, doing: Doing) -> Values:
        if doing.of.pitch and doing.kind != Kind.DENSE:
            raise BadInput("only a dense step looks through windows", value=doing.kind.name)
        self._doings.append(doing)
        return doing.into
