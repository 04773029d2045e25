"""The job behind `robolab see export`: the network that tells faces apart as ONNX, large and small, with latencies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robolab import __version__
from robolab.export.onnx_model import in_int8, session_of
from robolab.export.sight_onnx import INPUT, onnx_of
from robolab.jobs.onnx_export import THREADS, export_forms, latency
from robolab.sight.layers import layers_of
from robolab.sight.network import CHANNELS, load_edges, picture_of
from robolab.sight.pictures import photos

_SEED = 2000
_LEARNED_FROM, _TRIED_ON = 6, 4
"""Pallets whose photos give int8 its ranges, of the training catalogue, and on which forms are compared, unseen ones."""
_CALLS = 20

_Picture = dict[str, np.ndarray]
"""The network's input by its name, shape (1, CHANNELS, h, w)."""


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
    pictures = _pictures("unseen", _TRIED_ON)
    _, channels, rows, columns = pictures[0][INPUT].shape
    forms: dict[str, bytes] = {}
    for variant in ("full", "distilled"):
        says = f"robolab {__version__}, {variant} network of {policy.name}"
        layers = layers_of(load_edges(policy, variant).taught)
        forms[variant] = onnx_of(layers, channels, (rows, columns), says)
    progress("to int8")
    forms["distilled-int8"] = in_int8(forms["distilled"], _pictures("train", _LEARNED_FROM))
    reference = _borders(session_of(forms["full"], THREADS), pictures)

    def tried(session: Any) -> dict[str, float]:
        other = np.count_nonzero(_borders(session, pictures) ^ reference)
        same = 1.0 - float(other) / reference.size
        return {"same_as_full": same, **latency(session, pictures[:1], _CALLS, "ms")}

    header = {"input": {INPUT: [1, CHANNELS, rows, columns]}}
    return export_forms(policy, out, header, forms, tried, progress)


def _pictures(split: Any, pallets: int) -> list[_Picture]:
    return [
        {INPUT: picture_of(photo.colour, photo.depth)[None].astype(np.float32)}
        for number in range(pallets)
        for _, photo in photos(_SEED, split, number, 2)
    ]


def _borders(session: Any, pictures: Sequence[_Picture]) -> np.ndarray:
    """Where a model sees a border, shape (n, h, w), bool."""
    return np.array([session.run(None, picture)[0][0, 0] > 0.5 for picture in pictures])
