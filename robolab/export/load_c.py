"""Plain C99: a header, a source, and a test with recorded samples; no allocation, nothing but libm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.files import write_text
from robolab.export.load_contract import NAME, STEP_WRITERS, Recording, Step, Table, filled

_WIDTH = 96
_KINDS = {"i8": "int", "i4": "int", "i1": "signed char", "f4": "float"}
"""Types in C of what arrays hold; all else is as precise as the state."""


@dataclass(frozen=True)
class CStep:
    """Writes `load_estimator.h`, `load_estimator.c` and `load_estimator_test.c`."""

    name: str = "c"
    description: str = "C99 without allocation: header, source, and a test with recorded samples"

    def write(self, step: Step, folder: Path) -> list[Path]:
        """See `StepWriter`."""
        sizes = "".join(
            f"#define LOAD_{key} {int(table.value)} /* {table.says} */\n"
            for key, table in step.sizes.items()
        )
        texts = {
            ".h": filled(step, ".h", sizes=sizes, period=f"{step.period:g}"),
            ".c": filled(step, ".c", tables=c_tables(step.tables)),
            "_test.c": filled(step, "_test.c", vector=_vector(step.recording)),
        }
        for suffix, text in texts.items():
            write_text(folder / (NAME + suffix), text)
        return [folder / (NAME + suffix) for suffix in texts]


def c_tables(tables: Mapping[str, Table]) -> str:
    """Return constants as C: numbers by name, arrays in rows."""
    lines: list[str] = []
    for name, (value, says) in tables.items():
        if isinstance(value, np.ndarray):
            kind = _KINDS.get(value.dtype.str.lstrip("<|"), "load_real")
            lines.append(f"static const {kind} {name}[{value.size}] = {{ /* {says} */")
            lines += [f"    {row}" for row in number_rows(value, _WIDTH)]
            lines.append("};")
        else:
            lines.append(f"#define {name} {_c(value)} /* {says} */")
    return "\n".join(lines) + "\n"


def number_rows(value: np.ndarray, width: int) -> Iterator[str]:
    """Yield an array's numbers, separated by commas, a line or more for each of its first axis."""
    rows = value.reshape(len(value), -1) if value.ndim > 1 else value[None]
    for k, row in enumerate(rows):
        lines = list(wrapped(row, width))
        yield from lines[:-1]
        yield lines[-1] + ("," if k + 1 < len(rows) else "")


def wrapped(value: np.ndarray, width: int, nan: str = "NAN") -> Iterator[str]:
    """Yield numbers, separated by commas, in lines that are not too long."""
    line = ""
    # Nine digits say a number of single precision exactly.
    form = "{:.9g}".format if value.dtype == np.float32 else repr
    cells = [nan if number != number else form(number) for number in value.ravel().tolist()]
    for k, cell in enumerate(cells):
        text = cell + ("," if k + 1 < len(cells) else "")
        if line and len(line) + 1 + len(text) > width:
            yield line
            line = text
        else:
            line = f"{line} {text}" if line else text
    yield line


def _c(value: float) -> str:
    text = repr(value)
    return f"({text})" if text.startswith("-") else text


def _vector(recording: Recording) -> str:
    rows, columns = recording.samples.shape
    steps = len(recording.rows)
    return "\n".join(
        [
            f"#define SAMPLES {rows}",
            f"#define STEPS {steps}",
            f"#define FORGET {recording.forget} /* before which sample the load is forgotten */",
            "",
            "/* Time, positions, velocities, currents. */",
            f"static const double RECORDED[SAMPLES][{columns}] = {{",
            *_rows(recording.samples),
            "};",
            "",
            "/* Samples after which the estimate is compared. */",
            "static const int STEP_SAMPLE[STEPS] = {",
            *wrapped(recording.rows, _WIDTH),
            "};",
            "",
            "/* Mass, its deviation, centre of mass and its, known, times of a change and of a new clock (-1: none). */",
            f"static const double EXPECTED[STEPS][{recording.said.shape[1]}] = {{",
            *_rows(recording.said),
            "};",
            "",
        ]
    )


def _rows(table: np.ndarray) -> Iterator[str]:
    for row in table:
        yield "    {" + "\n     ".join(wrapped(row, _WIDTH)) + "},"


STEP_WRITERS.register("c")(CStep())
