"""What exports of networks as ONNX share: their forms timed, and written with a manifest, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robolab import __version__
from robolab.core.files import content_hash, new_folder, write_bytes, write_json
from robolab.export.onnx_model import session_of
from robolab.jobs.saved import MANIFEST
from robolab.learning.card import hardware

THREADS = 2
"""On which forms are tried: the cores of a small controller."""
_TOLD = {"best": 0.0, "median": 50.0, "99": 99.0, "worst": 100.0}
"""Percentiles of the times of a call; of fewer than a hundred, 99 % says no more than the worst, and is left out."""


def export_forms(
    policy: Path,
    out: Path,
    header: Mapping[str, Any],
    forms: Mapping[str, bytes],
    tried: Callable[[Any], Mapping[str, float]],
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """Write a network's forms as ONNX, each in a file of its name; return the manifest that is written with them.

    Args:
        policy: Folder that the network is from.
        header: What the manifest says of the network itself.
        forms: Serialised models by name.
        tried: Says what a form is worth; it is handed what runs it, on `THREADS` threads.
    Raises:
        ExportError: onnxruntime is not installed.
        OutputError: the folder cannot be written, or holds something else.
    """
    told: dict[str, Any] = {}
    for name, model in forms.items():
        progress(f"time {name}")
        figures = tried(session_of(model, THREADS))
        told[name] = {"file": f"{name}.onnx", "bytes": len(model), **figures}
    with new_folder(out, replaces=MANIFEST) as staged:
        for name, model in forms.items():
            write_bytes(staged / f"{name}.onnx", model)
        manifest = {
            "robolab": __version__,
            "policy": policy.name,
            **header,
            "threads": THREADS,
            "forms": told,
            "files": {f"{name}.onnx": content_hash(staged / f"{name}.onnx") for name in forms},
            "hardware": hardware(),
        }
        write_json(staged / MANIFEST, manifest)
    return manifest


def latency(
    session: Any, inputs: Sequence[Mapping[str, np.ndarray]], calls: int, unit: str
) -> dict[str, float]:
    """Return best, median, 99 % and worst time of a call; a busy machine shows in all but the first.

    Args:
        inputs: By name, call by call; they begin again when they run out. The first are also handed in once before.
        unit: `ms` or `us`, which the names of the figures begin with.
    """
    session.run(None, inputs[0])
    times: list[float] = []
    for k in range(calls):
        one = inputs[k % len(inputs)]
        begun = time.perf_counter()
        session.run(None, one)
        times.append(time.perf_counter() - begun)
    scaled = {"ms": 1e3, "us": 1e6}[unit] * np.array(times)
    told = {name: at for name, at in _TOLD.items() if name != "99" or calls >= 100}
    return {f"{unit}_{name}": float(np.percentile(scaled, at)) for name, at in told.items()}
