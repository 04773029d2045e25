"""Small trained networks, `learning.program`, as constants for exported code: a table of steps, and what they multiply by.

The code knows the kinds of steps and nothing of the network, so that any program is written by filling in tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from robolab import __version__
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.export.numbers import rows_of
from robolab.export.traced import Graph
from robolab.export.traced_numpy import TracedNumpy
from robolab.export.written import Table
from robolab.learning.program import Doing, Kind, Program, do, in_steps

COLUMNS = (
    *("kind", "function", "onto", "groups", "rows", "width", "outputs"),
    *("of", "other", "into", "weights", "exact", "biases", "pitch"),
)
"""Of the table of steps. `rows` are those of a group, `weights` and `exact` are where a step's begin; `biases` in how many rows they are."""
_CALLS = 24
_DECIMALS = 4


@dataclass(frozen=True)
class LayersStep:
    """A program, ready to be written in any language; see `written.Written`.

    Attributes:
        calls: Inputs to test the written code with, one after the other, shape (k, inputs).
        said: Outputs after each, shape (k, outputs).
    """

    program: Program
    calls: Array
    said: Array
    sizes: dict[str, Table]
    tables: dict[str, Table]
    kind: str = "layers"
    graph: Any = field(default=None)

    @property
    def name(self) -> str:
        """Stem of its files."""
        return self.program.name

    @property
    def prefix(self) -> str:
        """See `Written`."""
        return self.name.upper()

    @property
    def real(self) -> str:
        """See `Written`."""
        return f"{self.name}_real"

    @property
    def banner(self) -> str:
        """One line that says what a file is."""
        form = ", weights in steps" if self.program.int8 else ""
        return f"{self.program.says}{form}, by robolab {__version__}."

    def texts(self, suffix: str) -> dict[str, str]:
        """See `Written`."""
        names = {"name": self.name, "NAME": self.prefix, "Name": _camel(self.name)}
        lists = {"inputs": _listed(self.program.inputs), "outputs": _listed(self.program.outputs)}
        if suffix == "_test.c":
            return names | {"vector": self._vector()}
        if suffix != ".st":
            return names | lists
        sizes = {key: int(table.value) for key, table in self.sizes.items()}
        last = {
            f"last_{key.lower()}": str(max(sizes[key] - 1, 0))
            for key in ("INPUTS", "OUTPUTS", "STATES", "LENGTH", "SCRATCH")
        }
        return names | lists | last

    def more_sizes(self) -> dict[str, Table]:
        """See `Written`."""
        return {}

    def about(self, state: Array) -> dict[str, Any]:
        """See `Written`."""
        program = self.program
        return {
            "name": program.name,
            "says": program.says,
            "inputs": program.inputs,
            "outputs": program.outputs,
            "state": state,
        }

    def _vector(self) -> str:
        return "\n".join(
            [
                f"#define CALLS {len(self.calls)}",
                "",
                "/* What is handed in, call by call. */",
                f"static const double GIVEN[CALLS][{self.calls.shape[1]}] = {{",
                *rows_of(self.calls),
                "};",
                "",
                "/* And what has to come out. */",
                f"static const double EXPECTED[CALLS][{self.said.shape[1]}] = {{",
                *rows_of(self.said),
                "};",
                "",
            ]
        )


def layers_step(program: Program, calls: Array | None = None, seed: int = 0) -> LayersStep:
    """Return a program ready to be written.

    Args:
        calls: Inputs for its test, shape (k, inputs); none: drawn.
        seed: Of the draw.
    """
    if calls is None:
        rng = stream(seed, "layers", program.name)
        calls = rng.normal(size=(_CALLS, len(program.inputs)))
    # Few decimals keep the written numbers short; what is written is exactly what was computed from.
    calls = np.round(calls, _DECIMALS)
    rows, weights, exact = list[list[int]](), list[np.ndarray](), list[Array]()
    for doing in program.doings:
        at = sum(part.size for part in weights), sum(part.size for part in exact)
        rows.append(_row(doing, *at))
        trained, kept = _constants(doing, program.int8)
        weights += trained
        exact += kept
    kind = np.dtype(np.int8 if program.int8 else np.float32)
    return LayersStep(
        program,
        calls,
        _said(program, calls),
        _sizes(program),
        {
            "QUANTISED": Table(int(program.int8), "1: weights are steps of their row's scale"),
            "COLUMNS": Table(len(COLUMNS), "of the table of steps"),
            "STEP": Table(np.array(rows, dtype=np.int32), ", ".join(COLUMNS)),
            "WEIGHT": Table(_joined(weights, kind), "trained, by columns"),
            "EXACT": Table(
                _joined(exact, np.dtype(np.float64)),
                "scales, offsets, limits, biases, constant matrices",
            ),
        },
        graph=lambda: _graph(program),
    )


def _said(program: Program, calls: Array) -> Array:
    said, state = list[Array](), program.begin()
    for call in calls:
        outputs, state = program.run(call, state)
        said.append(outputs)
    return np.array(said)


def _sizes(program: Program) -> dict[str, Table]:
    scratch = max(_scratch(doing) for doing in program.doings)
    return {
        "INPUTS": Table(len(program.inputs), "numbers that are handed in"),
        "OUTPUTS": Table(len(program.outputs), "and out"),
        "STATES": Table(program.states, "numbers kept from call to call"),
        "LENGTH": Table(program.length, "numbers that steps work on"),
        "SCRATCH": Table(scratch, "and what one step needs besides"),
        "STEPS": Table(len(program.doings), "steps"),
        "RESULT": Table(program.result.start, "where the outputs lie"),
    }


def _scratch(doing: Doing) -> int:
    if doing.kind == Kind.GRU:
        assert doing.other is not None
        return 6 * doing.other.width
    return doing.into.width if doing.kind == Kind.DENSE else doing.of.rows // doing.groups


def _row(doing: Doing, weights: int, exact: int) -> list[int]:
    of, into, other = doing.of, doing.into, doing.other
    outputs = into.width if doing.kind != Kind.LOOKED or other is None else other.width
    if doing.kind == Kind.MIXED:
        assert doing.matrix is not None
        outputs = len(doing.matrix)
    biases = len(doing.bias) if doing.bias is not None and doing.bias.ndim == 2 else 1
    start = 0 if other is None else other.start
    return [
        *(int(doing.kind), int(doing.function), int(doing.onto), doing.groups),
        *(of.rows // doing.groups, of.width, outputs, of.start, start, into.start),
        *(weights, exact, biases, of.apart),
    ]


def _constants(doing: Doing, int8: bool) -> tuple[list[np.ndarray], list[Array]]:
    """Trained matrices by columns, and all else in the order in which the code reads it."""
    matrix = np.zeros((0, 0)) if doing.matrix is None else doing.matrix
    bias = np.zeros(0) if doing.bias is None else doing.bias
    if doing.kind == Kind.SCALED:
        return [], [bias, matrix, np.array([doing.limit])]
    if doing.kind in (Kind.MIXED, Kind.LOOKED):
        return [], [matrix]
    trained, scales = list[np.ndarray](), list[Array]()
    for one in [matrix] if doing.recurrent is None else [matrix, doing.recurrent]:
        steps, scale = in_steps(one) if int8 else (one, np.zeros(0))
        # By columns: the code runs down a column, not along a row.
        trained.append(steps.T)
        scales.append(scale)
    return trained, [*scales, bias]


def _joined(parts: Sequence[np.ndarray], kind: np.dtype[Any]) -> np.ndarray:
    flat = [np.ravel(part) for part in parts]
    return np.concatenate([*flat, np.zeros(0 if any(p.size for p in flat) else 1)]).astype(kind)


def _graph(program: Program) -> tuple[Graph, Array]:
    """Trace a call: `inputs` and `state` to `outputs` and `next_state`."""
    graph = Graph()
    shim = TracedNumpy(graph, 0, 0.0)
    first, states = len(program.inputs), program.states
    array = shim.zeros(program.length)
    array[:first] = graph.input("inputs", (first,))
    if states:
        array[first : first + states] = graph.input("state", (states,))
    for doing in program.doings:
        do(shim, array, doing)
    graph.output("outputs", array[program.result.slice])
    if states:
        graph.output("next_state", array[first : first + states])
    return graph, program.begin()


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _listed(names: Sequence[str]) -> str:
    """Names in a comment, a few of them where there are many."""
    if len(names) > 8:
        names = [*names[:3], "…", names[-1]]
    return ", ".join(names)
