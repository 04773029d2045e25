"""Recorded grasps: what the fingertips read before a lift, and whether the object then slipped. Read and checked.

One grasp a line, with a header: object, slipped (1: it slid or fell, 0: it held; the column may be left out), and
`FINGER_biotac_K` for the fingers ff, mf and th and the electrodes 1 to 24.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.errors import TouchError
from robolab.core.transforms import Array
from robolab.touch.electrodes import BIOTAC_SP, Layout

FINGERS = ("ff", "mf", "th")
"""First finger, middle finger, thumb."""
_LABEL = {"0": False, "1": True}
_FEWEST = 8
"""So many grasps show whether an electrode is dead."""


@dataclass(frozen=True)
class Grasps:
    """Grasps of one or several files.

    Attributes:
        readings: Shape (n, fingers, taxels), in the sensor's counts; a dead electrode is NaN.
        slipped: Shape (n,), or None where a file does not say.
        objects: Name of what was grasped, shape (n,).
        files: Which of the files each comes from, shape (n,).
        omitted: What was left out and why, one sentence each.
    """

    readings: Array
    slipped: np.ndarray | None
    objects: np.ndarray
    files: np.ndarray
    omitted: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.readings)

    def part(self, rows: np.ndarray) -> Grasps:
        """Return some of the grasps."""
        slipped = None if self.slipped is None else self.slipped[rows]
        return Grasps(
            self.readings[rows], slipped, self.objects[rows], self.files[rows], self.omitted
        )


def read_grasps(
    paths: Sequence[Path], layout: Layout = BIOTAC_SP, labelled: bool = False
) -> Grasps:
    """Read files of grasps; electrodes that are dead throughout a file are left out of it and reported.

    Args:
        labelled: Whether each file has to say what slipped.
    Raises:
        TouchError: no such file, none given, wrong or missing columns, no rows, a reading that is no number or that this sensor
            cannot read, a label that is neither 0 nor 1; the message names file, line and column.
    """
    if not paths:
        raise TouchError("no file of grasps is given", expected="one or more")
    parts = [_read(path, layout) for path in paths]
    for path, part in zip(paths, parts, strict=True):
        if labelled and part.slipped is None:
            raise TouchError("column missing", file=path, field="slipped", expected="0 or 1")
    known = all(part.slipped is not None for part in parts)
    return Grasps(
        np.concatenate([part.readings for part in parts]),
        np.concatenate([part.slipped for part in parts]) if known else None,  # pyright: ignore[reportArgumentType,reportCallIssue]
        np.concatenate([part.objects for part in parts]),
        np.concatenate([np.full(len(part), k) for k, part in enumerate(parts)]),
        tuple(line for part in parts for line in part.omitted),
    )


def columns(layout: Layout = BIOTAC_SP) -> list[str]:
    """Return the names of the readings' columns, finger by finger."""
    return [f"{finger}_biotac_{k + 1}" for finger in FINGERS for k in range(layout.count)]


def _read(path: Path, layout: Layout) -> Grasps:
    header, *rows = _cells(path)
    names = columns(layout)
    _check_header(path, header, names)
    if not rows:
        raise TouchError("holds no grasps", file=path, expected="a line for each")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise TouchError(
                "wrong column count",
                file=path,
                field=f"line {number}",
                value=len(row),
                expected=f"{len(header)} columns",
            )
    where = [header.index(name) for name in names]
    readings = np.array(
        [
            [_number(path, line, name, row[at]) for name, at in zip(names, where, strict=True)]
            for line, row in enumerate(rows, 2)
        ]
    )
    _check_range(path, readings, names, layout)
    slipped = _labels(path, header, rows) if "slipped" in header else None
    objects = np.array([row[header.index("object")] for row in rows])
    dead = _dead(readings, layout)
    readings[:, dead] = np.nan
    told = tuple(
        f"{path.name}: {names[k]} reads the same in every grasp: left out"
        for k in np.flatnonzero(dead)
    )
    shape = (len(rows), len(FINGERS), layout.count)
    return Grasps(readings.reshape(shape), slipped, objects, np.zeros(len(rows), int), told)


def _cells(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TouchError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise TouchError("is not a text file", file=path, expected="comma-separated") from error
    rows = [[cell.strip() for cell in row] for row in csv.reader(text.rstrip().splitlines())]
    if not rows:
        raise TouchError("is empty", file=path, expected="a header, and a line for each grasp")
    return rows


def _check_header(path: Path, header: list[str], names: list[str]) -> None:
    wanted = ["object", *names]
    for name in wanted:
        if header.count(name) != 1:
            problem = "twice" if name in header else "missing"
            raise TouchError(
                f"column {problem}",
                file=path,
                field=name,
                expected=f"object, slipped, {names[0]} …",
            )
    unknown = [name for name in header if name not in {*wanted, "slipped"}]
    if unknown or header.count("slipped") > 1:
        raise TouchError(
            "unknown column",
            file=path,
            field=unknown[0] if unknown else "slipped",
            expected="object, slipped and " + f"{names[0]} … {names[-1]}",
        )


def _number(path: Path, line: int, name: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise TouchError(
            "not a finite number", file=path, field=f"line {line}, column {name}", value=cell
        )
    return value


def _check_range(path: Path, readings: Array, names: list[str], layout: Layout) -> None:
    outside = np.argwhere((readings < layout.least) | (readings > layout.most))
    if outside.size:
        row, column = outside[0]
        raise TouchError(
            f"beyond what {layout.name} can read",
            file=path,
            field=f"line {row + 2}, column {names[column]}",
            value=float(readings[row, column]),
            expected=f"{layout.least:g} to {layout.most:g}",
        )
    middle, (low, high) = float(np.median(readings)), layout.typical
    if not low <= middle <= high:
        raise TouchError(
            f"these are no readings of {layout.name}: their middle is elsewhere",
            file=path,
            value=middle,
            expected=f"{low:g} to {high:g}",
        )


def _labels(path: Path, header: list[str], rows: list[list[str]]) -> np.ndarray:
    at = header.index("slipped")
    for line, row in enumerate(rows, 2):
        if row[at] not in _LABEL:
            raise TouchError(
                "unknown label",
                file=path,
                field=f"line {line}, column slipped",
                value=row[at],
                expected="0 (held) or 1 (slipped)",
            )
    return np.array([_LABEL[row[at]] for row in rows])


def _dead(readings: Array, layout: Layout) -> np.ndarray:
    """Which electrodes stand still over many grasps, or at the end of their range in all."""
    at_end = (readings <= layout.least) | (readings >= layout.most)
    still = (np.ptp(readings, axis=0) == 0.0) & (len(readings) >= _FEWEST)
    return still | at_end.all(axis=0)
