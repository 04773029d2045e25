"""A program's items in time, and the names and numbers that dialects give them."""

from __future__ import annotations

from collections.abc import Iterator

from robolab.trajectory.trajectory import Dwell, Leg, Output, Program


def timeline(program: Program) -> Iterator[tuple[float, Leg | Dwell | Output]]:
    """Yield each item with the time at which it begins [s]; outputs take no time."""
    time = 0.0
    for item in program.items:
        yield time, item
        if isinstance(item, Leg):
            time += item.trajectory.duration
        elif isinstance(item, Dwell):
            time += item.seconds


def output_numbers(program: Program) -> dict[str, int]:
    """Number the outputs of a program from 0 in the order in which they are first set."""
    names = dict.fromkeys(item.name for item in program.items if isinstance(item, Output))
    return {name: number for number, name in enumerate(names)}


def plain_name(text: str) -> str:
    """Make a text fit for file names, identifiers and comments of any dialect."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in text)
    return kept or "program"
