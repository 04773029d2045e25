"""Grasps that never were: a finger that presses harder reads less, and soft presses slip."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.touch.electrodes import BIOTAC_SP
from robolab.touch.grasps import FINGERS, Grasps, columns


def invented(objects: list[str], files: int = 2, each: int = 20, seed: int = 0) -> Grasps:
    """Each file has its own zero of every electrode, each object its own depth at which it holds."""
    rng = stream(seed, "grasps", *objects)
    zero = stream(9, "zero").uniform(2600.0, 3200.0, (files, 1, len(FINGERS), BIOTAC_SP.count))
    names = np.tile(np.repeat(objects, each), files)
    which = np.repeat(np.arange(files), each * len(objects))
    needed = np.tile(np.repeat(rng.uniform(0.0, 600.0, len(objects)), each), files)
    slipped = rng.random(len(names)) < 0.5
    depth = needed + np.where(slipped, -150.0, 150.0) + rng.normal(0.0, 60.0, len(names))
    near = np.exp(-0.5 * ((BIOTAC_SP.positions[:, 0] - 2e-3) / 4e-3) ** 2)
    readings = zero[which, 0] - depth[:, None, None] * near
    readings += rng.normal(0.0, 30.0, readings.shape)
    return Grasps(np.round(np.clip(readings, 0.0, 4095.0)), slipped, names, which)


def write(path: Path, grasps: Grasps, labels: bool = True) -> Path:
    rows = [["object", *(["slipped"] if labels else []), *columns()]]
    for k in range(len(grasps)):
        label = [str(int(grasps.slipped[k]))] if labels and grasps.slipped is not None else []
        numbers = [f"{value:g}" for value in grasps.readings[k].ravel()]
        rows.append([str(grasps.objects[k]), *label, *numbers])
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture(scope="session")
def known() -> Grasps:
    return invented([f"known {k}" for k in range(8)])


@pytest.fixture(scope="session")
def unknown() -> Grasps:
    return invented([f"unknown {k}" for k in range(5)])


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write_here(name: str, grasps: Grasps, labels: bool = True) -> Path:
        return write(tmp_path / name, grasps, labels)

    return write_here
