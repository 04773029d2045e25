"""Structured Text (IEC 61131-3): one function block that needs nothing but standard functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.files import write_text
from robolab.export.load_c import number_rows
from robolab.export.load_contract import NAME, STEP_WRITERS, Step, Table, filled

_WIDTH = 110


@dataclass(frozen=True)
class StructuredText:
    """Writes `load_estimator.st`.

    Names differ from the C code's because upper and lower case are the same here: constants begin with C_.
    """

    name: str = "st"
    description: str = "Structured Text (IEC 61131-3): one function block"

    def write(self, step: Step, folder: Path) -> list[Path]:
        """See `StepWriter`."""
        size = {name: int(table.value) for name, table in step.sizes.items()}
        states = 4 + 3 * size["JOINTS"]
        sizes = {**step.sizes, "STATES": Table(states, "entries of the state")}
        points = step.tables["POINTS"].value
        # Bounds of arrays are written as numbers: not every controller takes names there.
        bounds = {
            "last_joint": size["JOINTS"] - 1,
            "last_body": size["BODIES"] - 1,
            "bodies": size["BODIES"],
            "last_sample": size["SPAN"] - 1,
            "last_state": states - 1,
            "last_point": int(points) - 1,
        }
        text = filled(
            step,
            ".st",
            period=f"{step.period:g}",
            sizes=st_constants(sizes),
            tables=st_constants(step.tables),
            **{name: str(bound) for name, bound in bounds.items()},
        )
        path = folder / f"{NAME}.st"
        write_text(path, text)
        return [path]


def st_constants(tables: Mapping[str, Table]) -> str:
    """Return the declarations of constants."""
    return "\n".join(line for name, table in tables.items() for line in _declared(name, table))


def _declared(name: str, table: Table) -> Iterator[str]:
    value, says = table
    if not isinstance(value, np.ndarray):
        kind = "INT" if isinstance(value, int) else "LREAL"
        yield f"    C_{name} : {kind} := {_literal(repr(value))}; (* {says} *)"
        return
    kind = "INT" if value.dtype.kind == "i" else "LREAL"
    yield f"    C_{name} : ARRAY[0..{value.size - 1}] OF {kind} := [ (* {says} *)"
    for row in number_rows(value, _WIDTH):
        cells = [_literal(cell) for cell in row.rstrip(",").split(", ")]
        yield "        " + ", ".join(cells) + ("," if row.endswith(",") else "")
    yield "    ];"


def _literal(number: str) -> str:
    """Exponents need a decimal point before and are written with E."""
    mantissa, exponent, power = number.partition("e")
    if exponent and "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}E{int(power)}" if exponent else mantissa


STEP_WRITERS.register("st")(StructuredText())
