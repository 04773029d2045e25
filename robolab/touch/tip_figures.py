"""Figures of a fingertip's networks on presses that none has seen, beside plain guesses on the same presses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robolab.core.transforms import Array
from robolab.sensors.fingertip_touch import touch
from robolab.touch.tip import TipNetworks, TipReader
from robolab.touch.tip_draw import CLASSES, NORMAL, SHEAR, draw_load, draw_object
from robolab.touch.tip_frames import TIPS_EVERY, Tip
from robolab.touch.tip_hardness import hardness_of
from robolab.touch.tip_learn import answers, errors_of, rounded, shapes_of
from robolab.touch.tip_network import CURVATURE_UNIT
from robolab.touch.tip_pull import RATE
from robolab.touch.tip_roughness import PLACES, RoughnessNetwork, features_of, told_by
from robolab.touch.tip_shape import bent
from robolab.touch.tip_slip import FEATURES, WITHIN, SlipNetwork

_NINETY = 1.6449
_TRAVEL_NOISE = 2e-5
"""Of the finger's drive [m]."""
_EDGES = (0.5, 2.0, 8.0, 50.0)
"""Of the ranges of roughness that are told apart [um]."""
_SPEEDS = (5.0, 10.0, 20.0, 50.0)
"""Of the ranges of speed that are told apart [mm/s]."""


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


def roughness_figures(
    network: RoughnessNetwork, data: dict[str, Tensor], factor: float
) -> dict[str, Any]:
    """Errors of R_a as shares of it, from one place, three and six, and over ranges of R_a from six.

    Args:
        factor: By which deviations are multiplied.
    """
    result: dict[str, Any] = {"surfaces": len(data["target"])}
    truth = 5.0 * data["target"].exp()
    plain = (data["target"].median() - data["target"]).exp().sub(1.0).abs()
    share, features = plain, features_of(data)
    for places in (1, 3, PLACES):
        mean, std = told_by(network, features[:, :places])
        error = mean - data["target"]
        share = (error.exp() - 1.0).abs()
        held = _held(error, factor * std)
        result[f"places {places}"] = {**_shares(share), "intervals_held": held}
    result["guess_median_share"] = float(plain.median())
    for low, high in pairwise(_EDGES):
        rows = (truth >= low) & (truth < high)
        if rows.any():
            name = f"{low:g} to {high:g} um"
            result[name] = {"surfaces": int(rows.sum()), **_shares(share[rows])}
    return result


def _shares(share: Tensor) -> dict[str, float]:
    return {"mean_share": float(share.mean()), "median_share": float(share.median())}


def slip_figures(
    network: SlipNetwork, rough: dict[str, Tensor], smooth: dict[str, Tensor]
) -> dict[str, Any]:
    """How well slip is told within 30 ms of its beginning, beside thresholds on single features.

    A pull that slides counts by the largest of its frames within that time, one that never does by the largest of all.

    Args:
        rough, smooth: Pulls on rough things, and on perfectly smooth ones.
    """
    pulls = Told.of(network, rough)
    thresholds = {
        name: float(pulls.auc(rough["seen"][..., FEATURES.index(name)].numpy()))
        for name in ("apart_sure", "dots_largest", "dots_gone")
    }
    alarm = pulls.logits > 0.0
    um, speed = 1e6 * rough["roughness"].numpy(), 1e3 * rough["speed"].numpy()
    ranges = {f"R_a {a:g} to {b:g} um": (um >= a) & (um < b) for a, b in pairwise(_EDGES)}
    ranges |= {f"{a:g} to {b:g} mm/s": (speed >= a) & (speed < b) for a, b in pairwise(_SPEEDS)}
    plain = Told.of(network, smooth)
    return {
        "pulls": len(alarm),
        "that_slide": int(pulls.slid.sum()),
        "frames_per_second": RATE,
        "auc_pulls": pulls.auc(pulls.logits),
        "auc_frames": auc(pulls.logits[pulls.soon], pulls.logits[pulls.before]),
        "thresholds_auc_pulls": thresholds,
        "found_within_30_ms": float(np.any(alarm & pulls.soon, axis=1)[pulls.slid].mean()),
        "false_alarms_in_pulls_that_hold": float(np.any(alarm, axis=1)[pulls.never].mean()),
        "alarm_before_it_slides": float(np.any(alarm & pulls.before, axis=1)[pulls.slid].mean()),
        "auc_by": {name: pulls.auc(pulls.logits, rows) for name, rows in ranges.items()},
        "smooth": {
            "pulls": len(plain.logits),
            "that_slide": int(plain.slid.sum()),
            "auc_pulls": plain.auc(plain.logits),
        },
    }


def form_figures(
    networks: TipNetworks, rough: dict[str, Tensor], pulls: dict[str, Tensor]
) -> dict[str, dict[str, float]]:
    """What each form of an exported network reaches: as it is, narrow, and with rounded weights."""
    slip = {"slip": networks.slip, "slip-distilled": networks.slip_distilled}
    roughness = {
        "roughness": networks.roughness,
        "roughness-distilled": networks.roughness_distilled,
    }
    features, result = features_of(rough), dict[str, dict[str, float]]()
    for name, network in slip.items():
        for form, one in ((name, network), (f"{name}-int8", rounded(network))):
            told = Told.of(one, pulls)
            result[form] = {"auc_pulls": told.auc(told.logits)}
    for name, network in roughness.items():
        for form, one in ((name, network), (f"{name}-int8", rounded(network))):
            error = told_by(one, features)[0] - rough["target"]
            result[form] = _shares((error.exp() - 1.0).abs())
    return result


@dataclass(frozen=True)
class Told:
    """What a network says of pulls.

    Attributes:
        logits: That all slides, shape (N, T).
        soon, before: Whether a frame lies within 30 ms of the beginning of sliding, or before it, shape (N, T).
        slid, never: Which pulls slide in time to be noticed, and which never do, shape (N,).
    """

    logits: Array
    soon: NDArray[np.bool_]
    before: NDArray[np.bool_]
    slid: NDArray[np.bool_]
    never: NDArray[np.bool_]

    @staticmethod
    def of(network: SlipNetwork, data: dict[str, Tensor]) -> Told:
        """Ask a network about pulls."""
        with torch.no_grad():
            logits = network(data["seen"]).numpy().astype(float)
        since: Array = data["since"].numpy()
        soon, before = (since >= 0.0) & (since <= WITHIN), since < 0.0
        return Told(logits, soon, before, np.any(soon, axis=1), np.all(before, axis=1))

    def auc(self, score: Array, rows: NDArray[np.bool_] | None = None) -> float:
        """Return the area under the curve of a score of frames, over some of the pulls."""
        chosen = np.ones(len(score), np.bool_) if rows is None else rows
        positive = np.where(self.soon, score, -np.inf).max(axis=1)[self.slid & chosen]
        return auc(positive, score.max(axis=1)[self.never & chosen])


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
