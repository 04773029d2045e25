"""Structured Text (IEC 61131-3): one function block that needs nothing but standard functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.files import write_text
from robolab.export.numbers import number_rows
from robolab.export.written import STEP_WRITERS, Table, Written, filled

_WIDTH = 110
_SHORT = 2**15
"""Where INT ends."""
_KINDS = {"i8": "INT", "i4": "DINT", "i1": "SINT"}
"""Types of what arrays hold; all else is LREAL."""


@dataclass(frozen=True)
class StructuredText:
    """Writes `NAME.st`.

    Names differ from the C code's because upper and lower case are the same here: constants begin with C_.
    """

    name: str = "st"
    description: str = "Structured Text (IEC 61131-3): one function block"

    def write(self, step: Written, folder: Path) -> list[Path]:
        """See `StepWriter`."""
        text = filled(
            step,
            ".st",
            sizes=st_constants({**step.sizes, **step.more_sizes()}),
            tables=st_constants(step.tables),
        )
        path = folder / f"{step.name}.st"
        write_text(path, text)
        return [path]


def st_constants(tables: Mapping[str, Table]) -> str:
    """Return the declarations of constants."""
    return "\n".join(line for name, table in tables.items() for line in _declared(name, table))


def _declared(name: str, table: Table) -> Iterator[str]:
    value, says = table
    if not isinstance(value, np.ndarray):
        kind = ("INT" if abs(value) < _SHORT else "DINT") if isinstance(value, int) else "LREAL"
        yield f"    C_{name} : {kind} := {_literal(repr(value))}; (* {says} *)"
        return
    kind = _KINDS.get(value.dtype.str.lstrip("<|"), "LREAL")
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
