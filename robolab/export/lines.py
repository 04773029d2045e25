"""Exported files as text: lines and numbers, and errors that name them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from robolab.core.errors import ExportError


def files(paths: Sequence[Path], count: int) -> Sequence[Path]:
    """Return the paths if there are as many as an exporter writes.

    Raises:
        ExportError: there are more or fewer.
    """
    if len(paths) != count:
        raise ExportError(
            "cannot be read together", value=[str(p) for p in paths], expected=f"{count} file(s)"
        )
    return paths


def read_lines(path: Path) -> list[str]:
    """Return the lines of an exported ASCII file.

    Raises:
        ExportError: the file cannot be read, is not ASCII text, or its last line is cut short.
    """
    try:
        text = path.read_bytes().decode("ascii")
    except OSError as error:
        raise ExportError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise ExportError("is not ASCII text", file=path, value=error.start) from error
    lines = text.splitlines()
    if not text.endswith("\n"):
        last = max(len(lines) - 1, 0)
        raise malformed(path, last, lines[last] if lines else "", "a whole line at the end")
    return lines


def malformed(path: Path, line: int, text: str, expected: str) -> ExportError:
    """Return the error for a line, counted from 0, that cannot be understood."""
    shown = text.strip()
    if len(shown) > 80:
        shown = shown[:80] + "..."
    return ExportError(
        "cannot be understood", file=path, field=f"line {line + 1}", value=shown, expected=expected
    )


def number(path: Path, line: int, text: str) -> float:
    """Parse a finite number.

    Raises:
        ExportError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        raise malformed(path, line, text, "a number") from None
    if not math.isfinite(value):
        raise malformed(path, line, text, "a finite number")
    return value
