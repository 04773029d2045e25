"""Figures of a fingertip's networks on presses that none has seen, beside plain guesses on the same presses."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from robolab.core.transforms import Array
from robolab.sensors.fingertip_touch import touch
from robolab.touch.tip import TipNetworks, TipReader
from robolab.touch.tip_draw import CLASSES, NORMAL, SHEAR, draw_load, draw_object
from robolab.touch.tip_frames import TIPS_EVERY, Tip
from robolab.touch.tip_hardness import hardness_of
from robolab.touch.tip_learn import answers, errors_of, shapes_of
from robolab.touch.tip_network import CURVATURE_UNIT
from robolab.touch.tip_shape import bent
from robolab.touch.tip_slip import RATE, WITHIN

_NINETY = 1.6449
_TRAVEL_NOISE = 2e-5
"""Of the finger's drive [m]."""
_EDGES = (0.5, 2.0, 8.0, 50.0)
"""Of the ranges of roughness that are told apart [um]."""


def press_figures(
    networks: TipNetworks, data: dict[str, Tensor], learned: dict[str, Tensor]
) -> dict[str, Any]:
    """Errors of forces and height map."""
    read = answers(networks.press, data)
    found = errors_of(read, data)
    ranges = {"shear": 2.0 * SHEAR, "normal": NORMAL[1] - NORMAL[0]}
    result: dict[str, Any] = {"presses": len(data["image"])}
    for key, span in ranges.items():
        error, std = found[key]
        mae = float(error.abs().mean())
        result[key] = {
            "mae_N": mae,
            "share_of_range": mae / span,
            "intervals_held": _held(error, networks.calibration[key] * std),
        }
    result["normal"]["guess_mae_N"] = float(
        (data["force"][:, 2] - learned["force"][:, 2].median()).abs().mean()
    )
    result["shear"]["guess_mae_N"] = float(data["force"][:, :2].abs().mean())
    off, std = found["height"]
    patch = data["height"] > 0.05
    inside = ((read.height - data["height"]).abs() * patch).sum() / patch.sum()
    result["height"] = {
        "mae_mm": float(off.mean()),
        "mae_in_patch_mm": float(inside),
        "guess_mae_in_patch_mm": float((data["height"] * patch).sum() / patch.sum()),
        "patch_overlap": _overlap(read.height > 0.05, patch),
        "intervals_held": _held(off, networks.calibration["height"] * std),
    }
    return result


def shape_figures(networks: TipNetworks, data: dict[str, Tensor]) -> dict[str, Any]:
    """Accuracy of the class and errors of the curvature, on plain shapes."""
    kinds, bend, std = shapes_of(networks.shape, data)
    guess, kind = kinds.argmax(1), data["kind"]
    true = data["curvature"][data["curvature"] >= 0.0]
    said = CURVATURE_UNIT * torch.sinh(bend + bent(true))
    by_class = {
        name: float((guess[kind == k] == k).double().mean()) for k, name in enumerate(CLASSES)
    }
    return {
        "presses": len(kind),
        "accuracy": float((guess == kind).double().mean()),
        "chance": float(torch.bincount(kind, minlength=len(CLASSES)).max()) / len(kind),
        "by_class": by_class,
        "curvature": {
            "mae_per_m": float((said - true).abs().mean()),
            "guess_mae_per_m": float((true - true.median()).abs().mean()),
            "intervals_held": _held(bend, networks.calibration["curvature"] * std),
        },
    }


def roughness_figures(networks: TipNetworks, data: dict[str, Tensor]) -> dict[str, Any]:
    """Errors of R_a as shares of it, over all and over ranges."""
    with torch.no_grad():
        mean, log = networks.roughness(data["features"])
    error = mean - data["target"]
    share = (error.exp() - 1.0).abs()
    truth = 5.0 * data["target"].exp()
    plain = (data["target"].median() - data["target"]).exp().sub(1.0).abs()
    result: dict[str, Any] = {
        "presses": len(error),
        "mean_share": float(share.mean()),
        "median_share": float(share.median()),
        "guess_median_share": float(plain.median()),
        "intervals_held": _held(error, networks.calibration["roughness"] * log.exp()),
    }
    for low, high in pairwise(_EDGES):
        rows = (truth >= low) & (truth < high)
        if rows.any():
            result[f"{low:g} to {high:g} um"] = {
                "presses": int(rows.sum()),
                "mean_share": float(share[rows].mean()),
                "median_share": float(share[rows].median()),
            }
    return result


def slip_figures(networks: TipNetworks, data: dict[str, Tensor]) -> dict[str, Any]:
    """How well slip is told within 30 ms of its beginning, beside a threshold on how fast dots move.

    A pull that slides counts by the largest of its frames within that time, one that never does by the largest of all.
    """
    with torch.no_grad():
        logits = networks.slip(data["marks"]).numpy().astype(float)
    since = data["since"].numpy()
    marks = data["marks"].numpy()
    speed = np.abs(np.diff(marks, axis=1, prepend=marks[:, :1])).max(axis=(2, 3, 4))
    size = np.abs(marks).max(axis=(2, 3, 4))
    soon = (since >= 0.0) & (since <= WITHIN)
    before = since < 0.0
    slid, never = soon.any(axis=1), before.all(axis=1)
    result: dict[str, Any] = {
        "pulls": len(since),
        "that_slide": int(slid.sum()),
        "frames_per_second": RATE,
    }
    for name, score in (("network", logits), ("speed_of_dots", speed), ("size_of_motion", size)):
        positive = np.where(soon, score, -np.inf).max(axis=1)[slid]
        negative = score.max(axis=1)[never]
        frames = auc(score[soon], score[before])
        result[name] = {"auc_pulls": auc(positive, negative), "auc_frames": frames}
    alarm = logits > 0.0
    result["network"] |= {
        "found_within_30_ms": float((alarm & soon).any(axis=1)[slid].mean()),
        "false_alarms_in_pulls_that_hold": float(alarm.any(axis=1)[never].mean()),
        "alarm_before_it_slides": float((alarm & before).any(axis=1)[slid].mean()),
    }
    return result


def hardness_figures(
    networks: TipNetworks, presses: int, rng: np.random.Generator
) -> dict[str, Any]:
    """How far off the modulus is, and how often its interval holds, on plain soft things and rigid ones."""
    ratios, held, told = list[float](), list[bool](), 0
    rigid, rigid_told_soft = 0, 0
    tip = Tip(rng)
    for number in range(presses):
        if number % TIPS_EVERY == 0:
            tip = Tip(rng)
        drawn, load = draw_object(rng, "test", plain=1.0), draw_load(rng)
        press = touch(tip.gel, [(drawn.body, drawn.X_gel_body)], load)
        marks = tip.gel.marks_at_rest() + tip.marks(press, rng).reshape(2, -1).T
        reading = TipReader(networks, tip.reference).read(tip.picture(press, rng), marks)
        travel = press.pressed.depth + _TRAVEL_NOISE * float(rng.standard_normal())
        found = hardness_of(reading, travel, _TRAVEL_NOISE, networks.peak)
        if np.isnan(found.modulus):
            continue
        told += 1
        truth = drawn.body.modulus
        if np.isinf(truth):
            rigid += 1
            rigid_told_soft += bool(np.isfinite(found.high))
        else:
            ratios.append(abs(float(np.log10(min(found.modulus, 1e8) / truth))))
            held.append(found.low <= truth <= found.high)
    return {
        "presses": presses,
        "told": told,
        "soft": len(ratios),
        "median_factor": float(10.0 ** np.median(ratios)) if ratios else None,
        "within_twofold": float(np.mean(np.array(ratios) < np.log10(2.0))) if ratios else None,
        "intervals_held": float(np.mean(held)) if held else None,
        "rigid": rigid,
        "rigid_told_soft": rigid_told_soft,
    }


def auc(positive: Array, negative: Array) -> float:
    """Chance that a positive scores above a negative; ties count half."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    upto = np.searchsorted(ordered, positive, side="right")
    return float((below + upto).mean() / 2.0 / len(negative))


def _held(error: Tensor, std: Tensor) -> float:
    """Share of errors within the interval that is to hold nine in ten."""
    return float((error.abs() <= _NINETY * std).double().mean())


def _overlap(a: Tensor, b: Tensor) -> float:
    """Mean over maps of intersection over union."""
    union = (a | b).sum((1, 2)).clamp(min=1)
    return float(((a & b).sum((1, 2)) / union).double().mean())
