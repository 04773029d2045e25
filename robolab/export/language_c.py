"""Plain C99: a header, a source, and a test with recorded samples; no allocation, nothing but libm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.files import write_text
from robolab.export.numbers import WIDTH, number_rows
from robolab.export.written import STEP_WRITERS, Table, Written, filled

_KINDS = {"i8": "int", "i4": "int", "i1": "signed char", "f4": "float"}
"""Types in C of what arrays hold; all else is as precise as the state."""


@dataclass(frozen=True)
class CStep:
    """Writes `NAME.h`, `NAME.c` and `NAME_test.c`."""

    name: str = "c"
    description: str = "C99 without allocation: header, source, and a test with recorded samples"

    def write(self, step: Written, folder: Path) -> list[Path]:
        """See `StepWriter`."""
        sizes = "".join(
            f"#define {step.prefix}_{key} {int(table.value)} /* {table.says} */\n"
            for key, table in step.sizes.items()
        )
        texts = {
            ".h": filled(step, ".h", sizes=sizes),
            ".c": filled(step, ".c", tables=c_tables(step.tables, step.real)),
            "_test.c": filled(step, "_test.c"),
        }
        for suffix, text in texts.items():
            write_text(folder / (step.name + suffix), text)
        return [folder / (step.name + suffix) for suffix in texts]


def c_tables(tables: Mapping[str, Table], real: str) -> str:
    """Return constants as C: numbers by name, arrays in rows."""
    lines: list[str] = []
    for name, (value, says) in tables.items():
        if isinstance(value, np.ndarray):
            kind = _KINDS.get(value.dtype.str.lstrip("<|"), real)
            lines.append(f"static const {kind} {name}[{value.size}] = {{ /* {says} */")
            lines += [f"    {row}" for row in number_rows(value, WIDTH)]
            lines.append("};")
        else:
            lines.append(f"#define {name} {_c(value)} /* {says} */")
    return "\n".join(lines) + "\n"


def _c(value: float) -> str:
    text = repr(value)
    return f"({text})" if text.startswith("-") else text


STEP_WRITERS.register("c")(CStep())
