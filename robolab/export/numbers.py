"""Arrays as text: numbers in lines that are not too long."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

WIDTH = 96


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


def rows_of(table: np.ndarray) -> Iterator[str]:
    """Yield the rows of a table, each in braces."""
    for row in table:
        yield "    {" + "\n     ".join(wrapped(row, WIDTH)) + "},"
