"""How cases look: board, plastic and sacks with labels, tape and print; catalogues of prints differ by split."""

from __future__ import annotations

import numpy as np

from robolab.tasks.pallet_case import Colour, Kind, Mark, PrintSpec, Split

_BOARD = ((0.76, 0.6, 0.42), (0.68, 0.52, 0.35), (0.83, 0.7, 0.52), (0.92, 0.91, 0.88))
_PLASTIC = ((0.15, 0.3, 0.6), (0.25, 0.27, 0.3), (0.6, 0.12, 0.12), (0.12, 0.42, 0.25))
_SACK = ((0.85, 0.82, 0.74), (0.93, 0.93, 0.95))
_INK: dict[str, tuple[tuple[float, float, float], ...]] = {
    "train": ((0.1, 0.1, 0.12), (0.1, 0.25, 0.6), (0.7, 0.1, 0.1), (0.05, 0.4, 0.2)),
    "aside": ((0.3, 0.1, 0.4), (0.1, 0.35, 0.4)),
    "unseen": ((0.85, 0.45, 0.05), (0.4, 0.05, 0.3), (0.0, 0.35, 0.45), (0.35, 0.25, 0.05)),
}
_LABEL, _TAPE = (0.96, 0.96, 0.94), (0.72, 0.55, 0.3)
_TOP, _SIDES = (4, 5), (0, 1, 2, 3)


def draw_look(rng: np.random.Generator, kind: Kind, split: Split) -> PrintSpec:
    """Draw how a case looks; the inks of a split are its own."""
    grounds = {"box": _BOARD, "tote": _PLASTIC, "bag": _SACK}[kind]
    ground = np.array(grounds[int(rng.integers(len(grounds)))])
    dark = bool(rng.uniform() < 0.12)
    tone = rng.normal(0.0, 0.03, 3) + ground * (0.2 if dark else rng.uniform(0.85, 1.1))
    marks = _prints(rng, split) + (_tape(rng) if kind == "box" else ()) + _labels(rng)
    shiny = bool(rng.uniform() < (0.5 if kind == "tote" else 0.1))
    crushed = kind == "box" and bool(rng.uniform() < 0.08)
    return PrintSpec(_colour(tone), dark, shiny, crushed, marks, int(rng.integers(2**31)))


def _colour(rgb: np.ndarray) -> Colour:
    red, green, blue = np.clip(rgb, 0.02, 1.0)
    return round(float(red), 3), round(float(green), 3), round(float(blue), 3)


def _rectangle(rng: np.random.Generator, least: float, most: float) -> tuple[float, ...]:
    size = rng.uniform(least, most, 2)
    low = rng.uniform(0.02, 0.98 - size)
    return tuple(round(float(v), 3) for v in (*low, *(low + size)))


def _prints(rng: np.random.Generator, split: Split) -> tuple[Mark, ...]:
    inks = _INK[split]
    return tuple(
        Mark(
            "print",
            int(face),
            _four(_rectangle(rng, 0.15, 0.6)),
            inks[int(rng.integers(len(inks)))],
        )
        for face in rng.integers(6, size=int(rng.integers(0, 6)))
    )


def _tape(rng: np.random.Generator) -> tuple[Mark, ...]:
    if rng.uniform() < 0.3:
        return ()
    half = float(rng.uniform(0.07, 0.13))
    strip = (0.0, round(0.5 - half, 3), 1.0, round(0.5 + half, 3))
    return tuple(Mark("tape", face, strip, _TAPE) for face in _TOP)


def _labels(rng: np.random.Generator) -> tuple[Mark, ...]:
    faces = rng.choice((*_SIDES, _TOP[0]), size=int(rng.integers(0, 3)), replace=False)
    return tuple(Mark("label", int(f), _four(_rectangle(rng, 0.2, 0.4)), _LABEL) for f in faces)


def _four(values: tuple[float, ...]) -> tuple[float, float, float, float]:
    u0, v0, u1, v1 = values
    return u0, v0, u1, v1
