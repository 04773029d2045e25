"""The job behind `robolab see export`: the network that tells faces apart as ONNX, large and small, with latencies."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from robolab import __version__
from robolab.core.files import content_hash, new_folder, write_bytes, write_json
from robolab.export.sight_onnx import INPUT, in_int8, onnx_of, session_of
from robolab.learning.card import hardware
from robolab.sight.layers import layers_of
from robolab.sight.network import CHANNELS, load_edges, picture_of
from robolab.sight.pictures import photos

MANIFEST = "manifest.json"
THREADS = 2
_SEED = 2000
_LEARNED_FROM, _TRIED_ON = 6, 4
"""Pallets whose photos give int8 its ranges, of the training catalogue, and on which forms are compared, unseen ones."""
_RUNS = 20


def see_export(
    policy: Path, out: Path, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Write the full network, the distilled one and that in int8 as ONNX; return the manifest.

    The manifest says of each: its size, latency on two threads, and how often it says border where the full one does.

    Raises:
        WeightsError: the folder holds no networks.
        ExportError: onnx or onnxruntime is not installed.
        OutputError: the folder cannot be written, or holds something else.
    """
    tried = _pictures("unseen", _TRIED_ON)
    rows, columns = (int(side) for side in tried[0].shape[1:])
    size = (rows, columns)
    models: dict[str, bytes] = {}
    for variant in ("full", "distilled"):
        says = f"robolab {__version__}, {variant} network of {policy.name}"
        network = load_edges(policy, variant).taught
        models[variant] = onnx_of(layers_of(network), CHANNELS, size, says)
    progress("to int8")
    models["distilled-int8"] = in_int8(models["distilled"], _pictures("train", _LEARNED_FROM))
    reference = _borders(models["full"], tried)
    forms: dict[str, Any] = {}
    for name, model in models.items():
        progress(f"time {name}")
        same = 1.0 - float(np.count_nonzero(_borders(model, tried) ^ reference)) / reference.size
        forms[name] = {"file": f"{name}.onnx", "bytes": len(model), "same_as_full": same}
        forms[name] |= _latency(model, tried[0])
    with new_folder(out, replaces=MANIFEST) as staged:
        for name, model in models.items():
            write_bytes(staged / f"{name}.onnx", model)
        manifest = {
            "robolab": __version__,
            "policy": policy.name,
            "input": {INPUT: [1, CHANNELS, *size]},
            "threads": THREADS,
            "forms": forms,
            "files": {f"{name}.onnx": content_hash(staged / f"{name}.onnx") for name in models},
            "hardware": hardware(),
        }
        write_json(staged / MANIFEST, manifest)
    return manifest


def _pictures(split: Any, pallets: int) -> list[np.ndarray]:
    return [
        picture_of(photo.colour, photo.depth)
        for number in range(pallets)
        for _, photo in photos(_SEED, split, number, 2)
    ]


def _borders(model: bytes, pictures: list[np.ndarray]) -> np.ndarray:
    """Where a model sees a border, shape (n, h, w), bool."""
    session = session_of(model, THREADS)
    return np.array(
        [session.run(None, {INPUT: picture[None]})[0][0, 0] > 0.5 for picture in pictures]
    )


def _latency(model: bytes, picture: np.ndarray) -> dict[str, float]:
    """Best, median and worst time of a run [ms]; a busy machine shows in all but the first."""
    session = session_of(model, THREADS)
    session.run(None, {INPUT: picture[None]})
    times: list[float] = []
    for _ in range(_RUNS):
        begun = time.perf_counter()
        session.run(None, {INPUT: picture[None]})
        times.append(1e3 * (time.perf_counter() - begun))
    return {
        "ms_best": float(np.min(times)),
        "ms_median": float(np.median(times)),
        "ms_worst": float(np.max(times)),
    }
